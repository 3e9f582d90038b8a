"""A report's page and sheets: all is in them, nothing that was measured can break them, and nothing is fetched."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts.study_panel import LinesPanel, Panel
from resnet_viewer.figures import export, report_page, report_sheets
from resnet_viewer.figures.report import Chapter
from resnet_viewer.figures.report_page import element, inline
from resnet_viewer.records import study_list
from resnet_viewer.records.captions import plain
from resnet_viewer.records.papers import VEIT_2016
from resnet_viewer.records.report import LeftOut, Report, ReportOrder
from resnet_viewer.records.study import Basis, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.weights import WeightsRef
from tests import panels
from tests.core.studies import trial
from tests.figures.layout import overlapping

pytestmark = pytest.mark.usefixtures("trial_study")
HOSTILE = "<script>alert('1')</script>\"]]>&amp;</p>\x00\ud800"
SVG = "{http://www.w3.org/2000/svg}"


def report(folder: Path, *, count: int = 9, **fields: object) -> Report:
    """Of the small study, with a block a point."""
    order = trial.order_in(folder / "trial")
    rows = tuple({"point": f"block {n}", "block": n, "error": 10.0 * (n % 4)} for n in range(1, count + 1))
    result = StudyResult(order, Basis(10, 30, True, device="cpu"), 9, rows, 2.0)
    asked = ReportOrder(
        order.state,
        order.test_set,
        (order,),
        folder,
        (LeftOut("idle", "It was not wished for."),),
        "resnet-viewer study all --out out",
    )
    made = Report(
        asked,
        (result,),
        error="12.00 % of 10 pictures",
        made=date(2026, 1, 9),
        versions=(("ResNet Viewer", "0.1.0"),),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def page_of(found: Report) -> tuple[str, ElementTree.Element]:
    """Its text, and what it is made of: it is XML as well."""
    text = report_page.page(found, [report_page.chapter(Chapter(result)) for result in found.results])
    assert text.startswith("<!DOCTYPE html>\n")
    return text, ElementTree.fromstring(text.encode().split(b"\n", 1)[1])


def words_of(root: ElementTree.Element) -> str:
    return " ".join("".join(root.itertext()).split())


@pytest.fixture
def every_panel(monkeypatch: pytest.MonkeyPatch) -> tuple[Panel, ...]:
    """The small study is drawn as every kind of panel."""
    every = tuple(panels.every())

    def drawn(_results: Sequence[StudyResult]) -> tuple[Panel, ...]:
        return every

    monkeypatch.setattr(sys.modules["resnet_viewer.charts.studies.trial"], "panels", drawn)
    return every


def test_the_page_says_what_was_found_of_which_network_and_how_to_make_it_again(tmp_path: Path) -> None:
    _, root = page_of(report(tmp_path))
    told = words_of(root)
    for words in (
        "ResNet-20: a report",
        "9 January 2026 · ResNet Viewer 0.1.0",
        "269 722",
        "12.00 % of 10 pictures",
        "Which block does it need most?",
        "Block 3 is needed most: 30.0 % error.",
        "10 of 30 pictures (seed 0)",
        "Options: Strength 0.0, Repeats 1, Blocks all, Last first on.",
        "resnet-viewer study trial --network cifar-resnet-20 --data crops --sample 10 --out trial",
        "resnet-viewer study all --out out",
        "Nobody 2016, Figure 0: Nothing",
        "@misc{nobody2016nothing",
        "@misc{resnetviewer2026",
        "version 0.1.0",
        "All 20 layers with weights",
        "It was not wished for.",
    ):
        assert words in told, words


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(
    tmp_path: Path, every_panel: tuple[Panel, ...]
) -> None:
    _, root = page_of(report(tmp_path))
    for part in root.iter():
        name = part.tag.rpartition("}")[2]
        assert name not in {"script", "link", "iframe", "object", "foreignObject"}
        for key, value in part.attrib.items():
            assert not key.lower().startswith("on")
            if key.rpartition("}")[2] in ("href", "src"):
                assert value.startswith(("#", "data:image/png;base64,")), f"{name} fetches {value[:80]}"
            assert "url(" not in value or "url(#" in value
    assert "@import" not in report_page._style()
    assert "url(" not in report_page._style()
    policies = [meta.get("content") for meta in root.iter("meta") if meta.get("http-equiv")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_every_figure_is_there_wide_and_narrow_and_no_two_of_them_share_an_id(
    tmp_path: Path, every_panel: tuple[Panel, ...]
) -> None:
    _, root = page_of(report(tmp_path))
    drawn = [(part.get("class"), len(list(part.iter(f"{SVG}svg")))) for part in root.iter("div")]
    assert [entry for entry in drawn if "paper" in str(entry[0])] == [
        ("paper wide", 1),
        ("paper narrow", 1),
    ] * 2
    ids = [own for part in root.iter() if (own := part.get("id")) is not None]
    assert len(ids) == len(set(ids))
    referred = {
        name
        for part in root.iter()
        for key, value in part.attrib.items()
        for name in [*re.findall(r"url\(#([^)]+)\)", value), *([value[1:]] if key.endswith("href") else [])]
        if not value.startswith("data:")
    }
    assert referred <= set(ids)
    assert any(name.startswith("trial-wide-") for name in referred), "clip paths and markers"
    for svg in root.iter(f"{SVG}svg"):
        assert svg.get("role") == "img"
        assert len(svg.get("aria-label") or "") > 20
        assert svg.get("viewBox")
        assert svg.get("width") is None, "it is as wide as its place"


def test_two_figures_that_are_alike_keep_their_own_ids() -> None:
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().plot([1, 2, 3], marker="o")
    svg = export.render(figure, "svg", metadata={})
    one, two = (ElementTree.fromstring(inline(svg, prefix, "A line.")) for prefix in ("one", "two"))
    ours, theirs = ({own for part in root.iter() if (own := part.get("id"))} for root in (one, two))
    assert ours
    assert ours.isdisjoint(theirs)
    assert not list(one.iter(f"{SVG}metadata"))
    assert not list(one.iter(f"{SVG}style")), "which would be the whole page's"


def test_what_is_hostile_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(tmp_path)
    (result,) = found.results
    info = replace(
        trial.INFO,
        title=HOSTILE,
        question=HOSTILE,
        explains=HOSTILE,
        conclusion=lambda _: [HOSTILE],
        papers=(VEIT_2016._replace(title=HOSTILE, authors=HOSTILE),),
    )
    monkeypatch.setitem(study_list._BY_NAME, "trial", info)
    state = result.order.state
    weights = WeightsRef("file", f"/tmp/{HOSTILE}.pth", digest="0" * 64)
    state = replace(
        state, network=replace(state.network, weights=weights), class_names=(HOSTILE,) * state.network.classes
    )
    test_set = TestSet("folder", Path(f"/tmp/{HOSTILE}"[:40]), 10)
    order = replace(result.order, state=state, test_set=test_set)
    result = replace(result, order=order)
    drawn = panels.every()[0]
    assert isinstance(drawn, LinesPanel)
    said = plain(HOSTILE)  # as charts make their words
    hostile = (replace(drawn, title=said, x=replace(drawn.x, title=said)),)
    monkeypatch.setattr(sys.modules["resnet_viewer.charts.studies.trial"], "panels", lambda _: hostile)
    asked = replace(
        found.order, state=state, test_set=test_set, left_out=(LeftOut("trial", HOSTILE),), command=HOSTILE
    )
    found = replace(found, order=asked, results=(result,), error=HOSTILE)
    text, root = page_of(found)
    assert not [part for part in root.iter() if part.tag.rpartition("}")[2] == "script"]
    assert "<script" not in text
    told = words_of(root)
    assert told.count("<script>alert('1')</script>\"]]>&amp;</p>") >= 8
    assert all("script" not in key for part in root.iter() for key in part.attrib)
    *_, content = report_sheets.sheets(found)
    assert content is not None
    assert content.startswith(b"%PDF")


def test_an_element_escapes_its_words_and_its_attributes() -> None:
    assert element("p", 'a < "b"', element("b", "&"), class_='x"y') == (
        '<p class="x&quot;y">a &lt; &quot;b&quot;<b>&amp;</b></p>'
    )
    assert element("meta", charset="utf-8") == '<meta charset="utf-8"/>'


def texts(sheet: Figure) -> list[str]:
    return [text.get_text() for text in sheet.texts]


def laid_out(found: Report) -> list[Figure]:
    work = report_sheets.laid_out(found)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return list(end.value)


def test_the_sheets_are_a_title_a_study_each_and_the_citations(
    tmp_path: Path, every_panel: tuple[Panel, ...]
) -> None:
    found = report(tmp_path)
    made = laid_out(found)
    title, *others = (texts(sheet) for sheet in made)
    assert title[0] == "ResNet-20: a report"
    assert {"269\u00a0722", "12.00 % of 10 pictures", "Contents"} <= set(title)
    assert f"{len(made)} of {len(made)}" in others[-1]
    for name in ("Trial", "Not in this report, citations"):
        told = int(title[title.index(name) + 1])
        head = {"Trial": "Trial"}.get(name, "Not in this report")
        assert head in texts(made[told - 1]), f"{name} begins on sheet {told}"
    ends = [words for sheet in others for words in sheet]
    assert "@misc{nobody2016nothing," in ends
    for sheet in made:
        assert tuple(sheet.get_size_inches()) == (report_sheets.WIDTH, report_sheets.HEIGHT)
        assert overlapping(sheet) == []
    *_, content = report_sheets.sheets(found)
    assert content is not None
    assert len(re.findall(rb"/Type /Page\b", content)) == len(made)


def test_a_long_text_goes_on_with_the_next_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [
        f"Sentence {n} says something of a block that is dropped or cut in this network." for n in range(120)
    ]
    monkeypatch.setitem(study_list._BY_NAME, "trial", replace(trial.INFO, conclusion=lambda _: said))
    made = laid_out(report(tmp_path))
    told = [words for sheet in made for words in texts(sheet)]
    assert [words for words in told if words.startswith("Sentence ")] == said
    for sheet in made:
        assert overlapping(sheet) == []


def test_a_report_of_nothing_says_so(tmp_path: Path) -> None:
    _, root = page_of(report(tmp_path, results=(), failed=(LeftOut("trial", "The disk is full."),)))
    told = words_of(root)
    assert "No study found anything." in told
    assert "Trial: The disk is full." in told
    assert len(laid_out(report(tmp_path, results=()))) == 2


def test_a_result_that_is_not_complete_says_so(tmp_path: Path) -> None:
    _, root = page_of(report(tmp_path, count=4))
    assert "not complete: 4 of 9 points" in words_of(root)


def test_points_are_counted_by_what_was_measured(tmp_path: Path) -> None:
    for count, words in ((1, "1 point in 2 s."), (4, "4 points in 2 s.")):
        (result,) = report(tmp_path, count=count).results
        assert Chapter(result).measured[-1] == words
