"""Every paper can be cited: its BibTeX is read back, its key is its own, and all its authors are named."""

from __future__ import annotations

import re

import pytest

from resnet_viewer.records import papers
from resnet_viewer.records.method import METHODS
from resnet_viewer.records.papers import Paper, bibliography, latex, own_bibtex
from resnet_viewer.records.study_list import STUDIES

HOME = {name: paper for name, paper in vars(papers).items() if isinstance(paper, Paper)}


def parsed(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """Kind, key and fields of each entry, as BibTeX's grammar has them: braces are balanced, fields end with a comma.

    Raises:
        AssertionError: it is no BibTeX.
    """
    entries, place = [], 0
    while (start := text.find("@", place)) >= 0:
        head = re.compile(r"@(\w+)\{([^\s,{}]+),\s*").match(text, start)
        assert head, f"no entry begins at {text[start : start + 40]!r}"
        fields: dict[str, str] = {}
        place = head.end()
        while text[place] != "}":
            name = re.compile(r"(\w+)\s*=\s*\{").match(text, place)
            assert name, f"no field begins at {text[place : place + 40]!r}"
            depth, place = 1, name.end()
            begun = place
            while depth:
                depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1] != "\\" else 0
                place += 1
            fields[name[1]] = text[begun : place - 1]
            end = re.compile(r",\s*").match(text, place)
            assert end, f"{name[1]} has no end"
            place = end.end()
        entries.append((head[1], head[2], fields))
    return entries


def test_methods_and_studies_take_their_papers_from_their_one_home() -> None:
    taken = [method.paper for method in METHODS] + [paper for study in STUDIES for paper in study.papers]
    assert {paper.at("") for paper in taken} <= set(HOME.values())


@pytest.mark.parametrize("name", HOME)
def test_a_paper_is_read_back_from_its_bibtex(name: str) -> None:
    paper = HOME[name]
    assert paper.names, "all of its authors, as BibTeX has them"
    assert paper.bibtex.isascii()
    ((kind, key, fields),) = parsed(paper.bibtex)
    assert re.fullmatch("[a-z]+[0-9]{4}[a-z0-9]+", key)
    assert str(paper.year) in key
    for author in fields["author"].split(" and "):
        assert re.fullmatch(r"[^,]+, [^,]+", author), "family name, given names"
    assert paper.names.count(" and ") == fields["author"].count(" and ")
    assert len(fields["year"]) == 4
    assert fields["title"].strip("{}")
    assert "?" not in fields["author"], "every letter has a name in LaTeX"
    assert ("eprint" in fields) == bool(paper.arxiv)
    assert not paper.arxiv or re.fullmatch(r"\d{4}\.\d{4,5}", paper.arxiv)
    place = {"article": "journal", "inproceedings": "booktitle"}.get(kind)
    assert place is None or fields[place] in papers.VENUES.values(), f"VENUES lacks what {paper.where!r} is"
    assert place or paper.arxiv, "where it can be found"


def test_no_two_papers_have_one_key() -> None:
    keys = [paper.key for paper in HOME.values()]
    assert len(keys) == len(set(keys))


def test_an_entry_says_what_is_known() -> None:
    assert (
        papers.VEIT_2016.at("Figure 6").bibtex
        == """@inproceedings{veit2016residual,
  author        = {Veit, Andreas and Wilber, Michael and Belongie, Serge},
  title         = {{Residual Networks Behave Like Ensembles of Relatively Shallow Networks}},
  booktitle     = {Advances in Neural Information Processing Systems},
  year          = {2016},
  eprint        = {1605.06431},
  archivePrefix = {arXiv},
  url           = {https://arxiv.org/abs/1605.06431},
}"""
    )
    ((kind, key, fields),) = parsed(papers.HE_2015.bibtex)
    assert (kind, key, fields["year"]) == ("inproceedings", "he2015deep", "2016"), (
        "the year in which it appeared"
    )
    ((kind, _, fields),) = parsed(papers.BACH_2015.bibtex)
    assert (kind, fields["journal"], fields["volume"]) == ("article", "PLOS ONE", "10")
    ((kind, _, fields),) = parsed(papers.SMILKOV_2017.bibtex)
    assert kind == "misc"
    assert r"Vi{\'e}gas, Fernanda" in fields["author"]


def test_the_program_is_cited_in_its_version() -> None:
    ((kind, key, fields),) = parsed(own_bibtex("0.1.0"))
    assert (kind, key) == ("misc", "resnetviewer2026")
    assert fields["note"].endswith("version 0.1.0")
    assert fields["author"] == "{The ResNet Viewer authors}", "one name, which is not taken apart"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Jastrzębski", r"Jastrz{\k e}bski"),
        ("Müller & Łukasz", r"M{\"u}ller \& {\L}ukasz"),
        ("“5 %” – 10_000", r"``5 \%'' -- 10\_000"),
        ("漢", "?"),
    ],
)
def test_what_is_beyond_ascii_is_written_as_latex_has_it(text: str, made: str) -> None:
    assert latex(text) == made


def test_a_bibliography_has_each_paper_once_and_whole() -> None:
    mentioned = [
        papers.VEIT_2016.at("Figure 6"),
        papers.HE_2015.at("Figure 7"),
        papers.VEIT_2016.at("Figure 3"),
    ]
    assert bibliography(mentioned) == (papers.VEIT_2016, papers.HE_2015)
