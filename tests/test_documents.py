"""README and pages: short enough; every link leads somewhere, every command and example is taken by the program."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viewer import app
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.study_list import STUDIES
from resnet_viewer.verbs import VERBS
from resnet_viewer.verbs.arguments import parsed

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
if not README.exists():
    pytest.skip("an installed program has no README", allow_module_level=True)
PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [README, *PAGES, ROOT / "GLOSSARY.md", ROOT / "CHANGELOG.md"]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(
    r"\b(?:(?:resnet_viewer|tests)[./])?(?:records|charts|core|media|figures|services|ui|verbs)"
    r"(?:/[a-z_]+)*(?:/[a-z_]+\.py\b|\.[a-z_]+(?:\.[a-z_]+)*)"
)
"""A file in a folder, or a module and what is in it."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(document: Path) -> str:
    """Without its blocks of code."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """The headings as links name them: small letters, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(document: Path) -> Iterator[list[str]]:
    """The lines of a document's code that can be typed as they stand, as words."""
    for language, code in _FENCE.findall(document.read_text(encoding="utf-8")):
        if not language and "[-" not in code:  # which stands for flags that may be left away
            yield from map(shlex.split, code.replace("\\\n", " ").splitlines())


def by_name(path: Path) -> str:
    return path.name


def test_the_readme_is_for_a_newcomer() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 120, "the rest belongs to a page in docs"


def test_the_readme_leads_to_every_page() -> None:
    links = {link.partition("#")[0] for link in _LINK.findall(prose(README))}
    assert {f"docs/{page.name}" for page in PAGES} <= links


@pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in _LINK.findall(prose(document)):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.is_file(), f"{document.name} links to {link}, which is not there"
        assert not heading or heading in anchors(target), (
            f"{document.name}: {target.name} has no heading {heading}"
        )


def test_modules_that_are_named_are_there() -> None:
    """In decisions, and between backticks in the program."""
    decisions = [
        page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))
    ]
    sources = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "resnet_viewer").rglob("*.py"))]
    named = [name for text in (*decisions, *sources) for name in re.findall(r"`([^`\n]+)`", text)]
    found = {name for name in named if _MODULE.fullmatch(name)}
    assert len(found) > 20
    for name in found:
        parts = re.split(r"[./]", name.removesuffix(".py"))
        start = ROOT if parts[0] in ("resnet_viewer", "tests") else ROOT / "resnet_viewer"
        places = [start.joinpath(*parts[:count]) for count in range(2, len(parts) + 1)]
        is_there = any(place.with_suffix(".py").is_file() for place in places) or places[-1].is_dir()
        assert is_there, f"{name} is named, and is not there"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_what_a_page_links_to_travels_with_it(page: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert wheel["docs"] == "resnet_viewer/docs"
    for link in _LINK.findall(prose(page)):
        if "://" not in link and (name := link.partition("#")[0]):
            target = (page.parent / name).resolve().relative_to(ROOT).as_posix()
            travelling = [start for start in wheel if target == start or target.startswith(f"{start}/")]
            assert travelling, f"{page.name} links to {target}, which no wheel holds"
            assert wheel[travelling[0]] == f"resnet_viewer/{travelling[0]}", (
                "at the same place beside the page"
            )


@pytest.mark.parametrize("document", [README, *PAGES], ids=by_name)
def test_every_command_is_taken(document: Path) -> None:
    for words in commands(document):
        if words[0] == "resnet-viewer":
            named = getattr(parsed(words[1:]), "network", None) or ()
            for name in [named] if isinstance(named, str) else named:
                assert spec(name).name == name


def test_the_commands_of_the_first_page_are_those_that_the_checks_run() -> None:
    found = [" ".join(words) for words in commands(README)]
    assert found == ["pip install uv && uv run main.py", "pip install uv && uv run --group test pytest -n 2"]
    assert f"check {found[1].partition(' && ')[2]}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_tools_stay_out_of_what_the_program_needs() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["uv"]["default-groups"] == []
    needed = {re.split(r"[<>=]", line)[0] for line in settings["project"]["dependencies"]}
    tools = {
        re.split(r"[<>=]", line)[0] for group in settings["dependency-groups"].values() for line in group
    }
    assert {"ray", "mypy", "ruff", "pytest"} <= tools
    assert not needed & tools
    named = set(re.findall(r"--group (\w+)", "".join(page.read_text(encoding="utf-8") for page in DOCUMENTS)))
    assert named <= set(settings["dependency-groups"])


@pytest.mark.parametrize("document", [README, *PAGES], ids=by_name)
def test_every_flag_is_one_of_the_programs(
    document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    helps = [app.parser().format_help()]
    studies = ["all", *(study.name for study in STUDIES)]
    for verb in (*([verb] for verb in VERBS), *(["study", name] for name in studies)):
        with pytest.raises(SystemExit):
            parsed([*verb, "--help"])
        helps.append(capsys.readouterr().out)
    known = set(re.findall(r"--[a-z][a-z-]*", " ".join(helps)))
    known |= {"--group", "--extra", "--no-sync", "--torch-backend", "--editable"}  # uv's
    known |= {"--logdir"}  # tensorboard's
    used = set(re.findall(r"--[a-z][a-z-]*", document.read_text(encoding="utf-8")))
    assert used <= known


def test_every_example_in_python_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("cat", "ship"):
        (tmp_path / name).mkdir()
        shutil.copy(ROOT / "assets" / "pictures" / "cat.jpg", tmp_path / name)
    examples = [
        code for language, code in _FENCE.findall((ROOT / "docs" / "python.md").read_text()) if language
    ]
    names: dict[str, object] = {}
    for code in examples:
        there = code.replace("cifar10/test", tmp_path.as_posix())
        exec(compile(there, "docs/python.md", "exec"), names)
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    *printed, said, trained = printed
    assert len(printed) == 56, "a line for every layer"
    assert "paths" in said
    assert {"plain", "residual", "highway"} <= set(trained)
    assert len(names["rows"]) == len(names["paths"].rows)  # type: ignore[arg-type, attr-defined]
    assert float(printed[0][2]) < 1e-6 * float(printed[0][1]), "without shortcuts the first gradient vanishes"
    assert 50.0 <= names["found"].error == 50.0 * len(names["wrong"])  # type: ignore[arg-type, attr-defined, operator]
    assert names["network"].fc.out_features == 7  # type: ignore[attr-defined]


def test_the_gallery_has_every_study_and_small_figures() -> None:
    text = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for study in STUDIES:
        assert f"## {study.title}\n" in text, "benchmarks.gallery has no entry, or was not run"
    shown = set(re.findall(r"\]\((gallery/[^)]+)\)", text))
    kept = {f"gallery/{path.name}" for path in (ROOT / "docs" / "gallery").iterdir()}
    assert shown == kept
    for name in kept:
        content = (ROOT / "docs" / name).read_bytes()
        assert len(content) <= 300_000
        assert b"/tmp/" not in content, "it names a folder of the machine that made it"
        assert b"/home/" not in content
