"""The folder of a study, whatever is in it: one sentence, bounded memory, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resnet_viewer.core.lab.run_lock import RunLockedError
from resnet_viewer.core.studies import files
from resnet_viewer.core.studies.files import (
    POINTS,
    STUDY,
    StudyFileError,
    StudyFolder,
    kept_studies,
    read_study,
    row_of,
)
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.study import StudyResult
from tests.core.studies.trial import order_in

pytestmark = pytest.mark.usefixtures("trial_study")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    list(Studies().answer(order_in(tmp_path / "out", which="every second")))
    return tmp_path / "out"


def changed(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def set_within(path: Path, *way: str, value: object) -> None:
    content: Any = json.loads(path.read_text())
    inner = content
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "There is no file"),
        (lambda path: path.write_text(""), "is damaged, or no JSON"),
        (lambda path: path.write_text("[" * 100_000), "is damaged, or no JSON"),
        (lambda path: path.write_text("[]"), "is no study, or one of another version"),
        (lambda path: changed(path, format=2), "is no study, or one of another version"),
        (lambda path: changed(path, study="rm"), "cannot be read as a study"),
        (lambda path: changed(path, state=None), "cannot be read as a study"),
        (lambda path: changed(path, points="5"), "cannot be read as a study"),
        (lambda path: changed(path, options={"strength": 7}), "cannot be read as a study"),
        (lambda path: changed(path, options={"evil": 7}), "cannot be read as a study"),
        (lambda path: changed(path, test_set={"kind": "folder", "folder": 7}), "cannot be read as a study"),
        (
            lambda path: set_within(path, "state", "network", "stages", value=[10**9, 3, 3]),
            "there is no such network",
        ),
        (lambda path: set_within(path, "state", "network", "widths", value=[]), "there is no such network"),
        (lambda path: set_within(path, "state", "wiring", "branches", value=[]), "cannot be read as a study"),
        (lambda path: set_within(path, "state", "network", "stages", value=[3, 3, 2]), "of another network"),
    ],
)
def test_a_study_file_that_is_none_is_one_sentence(
    folder: Path, damage: Callable[[Path], object], words: str
) -> None:
    damage(folder / STUDY)
    with pytest.raises(StudyFileError, match=words):
        read_study(folder)
    assert list(kept_studies(folder.parent)) == [None]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "7",
        "[" * 100_000,
        '{"point": "", "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a"}',
        '{"point": "a", "cost": 7}',
        '{"point": "a", "cost": {"place": 0.5, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a", "deep": {"a": 1}, "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a", "deep": [[1]], "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a", "error": NaN, "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a", "error": 1e999, "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        '{"point": "a", "line": [1, -Infinity], "cost": {"place": 0, "seconds": 1, "passes": 1, "saved": 1}}',
        f'{{"point": "a", "error": 1{"0" * 400}, "cost": {{"place": 0, "seconds": 1, "passes": 1, "saved": 1}}}}',
        f'{{"point": "{"a" * 300}", "cost": {{"place": 0, "seconds": 1, "passes": 1, "saved": 1}}}}',
    ],
)
def test_a_line_that_is_no_point_is_named(folder: Path, line: str) -> None:
    first, *others = (folder / POINTS).read_text().splitlines(keepends=True)
    (folder / POINTS).write_text("".join([first, f"{line}\n", *others]))
    with pytest.raises(StudyFileError, match=r"points.jsonl is damaged in line 2: remove that line"):
        read_study(folder)


def test_rows_of_another_kind_are_passed_over_where_studies_are_listed(folder: Path) -> None:
    (whole,) = kept_studies(folder.parent)
    assert whole is not None
    lines = (folder / POINTS).read_text()
    (folder / POINTS).write_text(lines.replace('"error": ', '"mistakes": '))
    assert list(kept_studies(folder.parent)) == [None]
    with pytest.raises(StudyFileError, match=r"points.jsonl holds numbers of another kind than this study"):
        read_study(folder)
    with pytest.raises(StudyFileError, match="another kind"):
        list(Studies().answer(order_in(folder, which="every second", is_resumed=True)))


def test_files_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (folder / POINTS).stat().st_size
    monkeypatch.setattr(files, "_LARGEST_POINTS", size - 1)
    with pytest.raises(StudyFileError, match="is the most that can be opened"):
        read_study(folder)
    monkeypatch.setattr(files, "_LARGEST_POINTS", size)
    monkeypatch.setattr(files, "_MOST_POINTS", 4)
    with pytest.raises(StudyFileError, match="has more than 4 points"):
        read_study(folder)
    monkeypatch.setattr(files, "_MOST_POINTS", 5)
    assert read_study(folder).is_complete


def test_a_line_without_an_end_is_left_out_and_of_two_points_of_one_name_the_second(folder: Path) -> None:
    before = read_study(folder).rows
    lines = (folder / POINTS).read_text()
    twice = lines.splitlines()[0].replace('"error": ', '"error": 1')
    (folder / POINTS).write_text(f'{lines}{twice}\n{{"point": "bl')
    assert read_study(folder).rows == before


def test_points_that_are_not_planned_are_of_another_version(folder: Path) -> None:
    lines = (folder / POINTS).read_text()
    (folder / POINTS).write_text(lines.replace('"block 5, 0"', '"stage 5"'))
    order = order_in(folder, which="every second", is_resumed=True)
    with pytest.raises(StudyFileError, match="it has a point stage 5, which another version has measured"):
        list(Studies().answer(order))


def test_points_without_their_study_are_not_gone_on_with(folder: Path) -> None:
    (folder / STUDY).unlink()
    order = order_in(folder, which="every second", is_resumed=True)
    with pytest.raises(StudyFileError, match=r"holds points of a study, but no study.json"):
        list(Studies().answer(order))


def test_a_folder_is_worked_in_by_one_at_a_time(folder: Path) -> None:
    order = order_in(folder, which="every second", is_resumed=True)
    with (
        StudyFolder.taken(order),
        pytest.raises(RunLockedError, match=r"The study in .* is being measured by another process"),
        StudyFolder.taken(order),
    ):
        pass


def test_a_row_is_what_a_file_gives_back() -> None:
    row = row_of(
        "a",
        {"n": np.int64(3), "x": np.float32(0.5), "is": np.True_, "all": np.arange(3.0), "inf": float("inf")},
    )
    assert row == {"point": "a", "n": 3, "x": 0.5, "is": True, "all": (0.0, 1.0, 2.0), "inf": None}
    assert type(row["n"]) is int
    with pytest.raises(ValueError, match="no row has"):
        row_of("a", {"of": {"a": 1}})  # type: ignore[dict-item]


@pytest.mark.parametrize("name", ["point", "cost"])
def test_a_row_overwrites_nothing_that_its_line_says(name: str) -> None:
    with pytest.raises(ValueError, match=f"the point a measured something called {name}"):
        row_of("a", {name: 1.0, "error": 2.0})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_is_one_sentence_and_keeps_what_was_measured(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out", which="every second")
    work = Studies(told_every=0.0).answer(order)
    next(step for step in work if isinstance(step, StudyResult) and len(step.rows) == 2)
    assert work.gi_frame is not None
    folder = work.gi_frame.f_locals["folder"]
    folder._points.close()
    folder._points = open("/dev/full", "ab")  # noqa: PTH123, SIM115
    with pytest.raises(WriteError, match="the disk is full: make room"):
        list(work)
    assert len(read_study(order.folder).rows) == 2
    *_, last = Studies().answer(replace(order, is_resumed=True))
    assert isinstance(last, StudyResult)
    assert last.is_complete
