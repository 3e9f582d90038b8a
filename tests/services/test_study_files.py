"""Studies that are kept: listed from their folders, opened by one, exported as files, removed without a trace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from resnet_viewer.core.lab.run_lock import RunLock, RunLockedError
from resnet_viewer.core.studies.files import POINTS, STUDY, StudyFileError, read_study
from resnet_viewer.records.requests import StudyPictures, WriteStudyFiles, Written
from resnet_viewer.records.study import KeptStudies, RemoveStudy, StudyResult
from resnet_viewer.services.files import FilesService
from resnet_viewer.services.studies import StudyService
from tests.core.studies import trial
from tests.ui.studies import workshop

pytestmark = pytest.mark.usefixtures("trial_study")


def made(folder: Path) -> StudyResult:
    """A study of few points that is done."""
    order = trial.order_in(folder, which="every second")
    *_, found = StudyService().answer(order)
    assert isinstance(found, StudyResult)
    return found


def heard(request: object) -> list[object]:
    return [reply for reply in FilesService().answer(request) if reply is not None]


def test_the_studies_of_a_folder_come_each_and_one_folder_alone(tmp_path: Path) -> None:
    found = made(tmp_path / "one")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / STUDY).write_text("{}")
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "one"):
        (kept,) = heard(KeptStudies(folder))
        assert isinstance(kept, StudyResult)
        assert (kept.rows, kept.order.folder) == (found.rows, tmp_path / "one")
    with pytest.raises(StudyFileError, match="damaged"):
        heard(KeptStudies(tmp_path / "damaged"))
    assert heard(KeptStudies(tmp_path / "nowhere")) == []


def test_a_removed_study_leaves_nothing_but_what_is_not_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made(tmp_path / name)
    (tmp_path / "two" / "notes.txt").write_text("mine")
    for name in ("one", "two", "two"):  # the second time there is nothing left to remove
        assert heard(request := RemoveStudy(tmp_path / name)) == [request]
    assert [path.name for path in tmp_path.rglob("*")] == ["two", "notes.txt"]


def test_a_study_at_work_is_not_removed(tmp_path: Path) -> None:
    made(tmp_path / "one")
    lock = RunLock(tmp_path / "one")
    lock.take()
    with pytest.raises(RunLockedError, match="is being measured by another process"):
        heard(RemoveStudy(tmp_path / "one"))
    lock.release()
    assert read_study(tmp_path / "one").is_complete


def test_what_is_no_study_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / STUDY).write_text("[]")
    with pytest.raises(StudyFileError, match="is no study"):
        heard(RemoveStudy(tmp_path))
    assert (tmp_path / STUDY).read_text() == "[]"


def test_all_files_of_a_result_are_its_figure_its_numbers_and_what_repeats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"resnet_viewer.charts.studies.{trial.NAME}"
    monkeypatch.setitem(sys.modules, name, workshop.charts(name))
    first, second = made(tmp_path / "one"), made(tmp_path / "two")
    out = tmp_path / "out"
    out.mkdir()
    (written,) = heard(WriteStudyFiles(StudyPictures((first, second)), out))
    assert isinstance(written, Written)
    assert {path.name for path in out.iterdir()} == {
        "trial.svg", "trial.pdf", "trial.png", "points.csv", STUDY, POINTS, "study-2.json", "points-2.jsonl",
    }  # fmt: skip
    assert (out / POINTS).read_bytes() == (tmp_path / "one" / POINTS).read_bytes()
    assert "block" in (out / "points.csv").read_text()
