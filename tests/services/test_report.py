"""A report is made study by study: it resumes, takes what is there, and loses nothing to a failure."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.core.studies import running
from resnet_viewer.core.studies.bench import Bench, StudyPlan
from resnet_viewer.core.studies.files import Measured, StudyFileError, read_study
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.records.report import PAGE, SHEETS, LeftOut, Reported, ReportOrder, ReportStep
from resnet_viewer.records.study import Estimate, StudyOrder
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.services.report import estimated, reported, with_kept_options
from tests.core.studies import trial

pytestmark = pytest.mark.usefixtures("trial_study")


def asked(folder: Path, *, is_resumed: bool = True) -> ReportOrder:
    """Of both small studies."""
    first = trial.order_in(folder / "trial", is_resumed=is_resumed)
    second = trial.order_in(folder / "idle", study="idle", test_set=None, is_resumed=is_resumed)
    return ReportOrder(first.state, first.test_set, (first, second), folder)


def made(order: ReportOrder) -> Reported:
    *_, found = reported(order, Studies(told_every=0.0))
    assert isinstance(found, Reported)
    return found


@pytest.fixture
def measured_points(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the points that are measured while the test runs."""
    names: list[str] = []
    whole = running.measured

    def noted(*given: object) -> Iterator[Measured | None]:
        for found in whole(*given):  # type: ignore[arg-type]
            names.extend([found.name] if found is not None else [])
            yield found

    monkeypatch.setattr(running, "measured", noted)
    return names


def test_it_makes_each_study_in_its_folder_and_writes_a_page_and_sheets(tmp_path: Path) -> None:
    order = asked(tmp_path / "out")
    replies = [reply for reply in reported(order, Studies()) if isinstance(reply, ReportStep | Reported)]
    assert [
        (step.number, step.total, step.study.study) for step in replies[:-1] if isinstance(step, ReportStep)
    ] == [
        (1, 2, "trial"),
        (2, 2, "idle"),
    ]
    end = replies[-1]
    assert isinstance(end, Reported)
    assert (end.page, end.sheets) == (tmp_path / "out" / PAGE, tmp_path / "out" / SHEETS)
    assert end.page.read_text(encoding="utf-8").count("</section>") >= 4
    assert end.sheets.read_bytes().startswith(b"%PDF")
    for study in order.studies:
        assert read_study(study.folder).is_complete
    assert dict(end.report.versions).keys() >= {"ResNet Viewer", "torch"}
    assert end.report.error == "not known, as the true classes of these pictures are not"


def test_what_was_measured_there_before_is_taken_with_its_options(
    tmp_path: Path, measured_points: list[str]
) -> None:
    *_, _ = Studies().answer(trial.order_in(tmp_path / "trial", repeats=2))
    measured_points.clear()
    order = asked(tmp_path)
    order = replace(order, studies=tuple(map(with_kept_options, order.studies)))
    end = made(order)
    assert [result.points for result in end.report.results] == [18, 9]
    assert measured_points == [f"block {block}, 0" for block in range(9, 0, -1)], "of the other study alone"


def test_a_report_that_is_stopped_goes_on_with_the_point_where_it_was(
    tmp_path: Path, measured_points: list[str]
) -> None:
    order = asked(tmp_path)
    work = reported(order, Studies(told_every=0.0))
    for _ in work:
        if len(measured_points) == 4:
            break
    work.close()
    assert not (tmp_path / PAGE).exists()
    kept = len(read_study(tmp_path / "trial").rows)
    assert kept >= 3
    measured_points.clear()
    assert len(made(order).report.results) == 2
    assert len(measured_points) == 18 - kept


def test_a_study_that_fails_loses_no_other_one_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_bench: Bench, _options: object) -> StudyPlan:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(sys.modules["resnet_viewer.core.studies.trial"], "plan", broken)
    end = made(asked(tmp_path))
    caplog.clear()
    assert [result.order.study for result in end.report.results] == ["idle"]
    why = "Something went wrong inside (RuntimeError: no such thing)."
    assert end.report.failed == (LeftOut("trial", why),)
    assert f"<b>Trial</b>: {why}" in end.page.read_text(encoding="utf-8")


def test_a_study_that_fails_in_the_middle_is_told_as_far_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = running.measured

    def broken(bench: Bench, plan: StudyPlan, names: list[str]) -> Iterator[Measured | None]:
        yield from whole(bench, plan, names[:3])
        if len(bench):
            raise MemoryError

    monkeypatch.setattr(running, "measured", broken)
    end = made(asked(tmp_path))
    caplog.clear()
    first = end.report.results[0]
    assert (len(first.rows), first.points) == (3, 9)
    assert end.report.failed[0].why.startswith("There is not enough memory")
    assert "not complete: 3 of 9 points" in end.page.read_text(encoding="utf-8")


def test_a_study_that_cannot_be_drawn_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_results: object) -> None:
        raise KeyError("block")

    monkeypatch.setattr(sys.modules["resnet_viewer.charts.studies.trial"], "panels", broken)
    end = made(asked(tmp_path))
    caplog.clear()
    assert [result.order.study for result in end.report.results] == ["idle"]
    assert end.report.failed[0].why.startswith("It is measured, and cannot be drawn: ")
    assert read_study(tmp_path / "trial").is_complete


def test_another_study_in_a_folder_is_told_before_anything_is_measured(
    tmp_path: Path, measured_points: list[str]
) -> None:
    *_, _ = Studies().answer(
        trial.order_in(tmp_path / "idle", network="cifar-resnet-56", study="idle", test_set=None)
    )
    measured_points.clear()
    with pytest.raises(StudyFileError, match=r"holds another study: it is of ResNet-56"):
        made(asked(tmp_path))
    with pytest.raises(StudyFileError, match=r"already holds a study .* add --resume"):
        made(asked(tmp_path, is_resumed=False))
    assert measured_points == []


def test_the_error_is_measured_where_true_classes_are_known(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number, grey in enumerate((40, 200)):
            picture = Image.fromarray(np.full((32, 32, 3), grey, np.uint8))
            picture.save(tmp_path / "pictures" / name / f"{number}.png")
    test_set = TestSet("folder", tmp_path / "pictures", sample=4)
    order = trial.order_in(tmp_path / "trial", test_set=test_set, which="every second")
    end = made(ReportOrder(order.state, test_set, (order,), tmp_path))
    side = Studies().side(order)
    while True:
        try:
            next(side)
        except StopIteration as ended:
            error = ended.value.error
            break
    assert end.report.error.startswith(f"{error:.2f} % of 4 pictures (95 % interval ")


def test_each_study_has_an_estimate_or_the_reason_why_it_has_none(tmp_path: Path) -> None:
    order = asked(tmp_path)
    lost = replace(order.studies[0], test_set=TestSet("folder", tmp_path / "nowhere", 10))
    orders: tuple[StudyOrder, ...] = (lost, order.studies[1])
    found = [each for each in estimated(orders, Studies()) if isinstance(each, Estimate | LeftOut)]
    assert isinstance(found[0], LeftOut)
    assert "nowhere" in found[0].why
    assert isinstance(found[1], Estimate)
    assert found[1].points == 9
