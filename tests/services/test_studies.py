"""The service of studies: what a process is told, and that it never falls asleep over its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viewer.lab_process import BUSY
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.report import EstimateReport, Reported, ReportOrder, ReportStep
from resnet_viewer.records.study import Estimate, EstimateStudy, StudyResult
from resnet_viewer.services.studies import StudyService
from tests.core.studies import trial

pytestmark = pytest.mark.usefixtures("trial_study")


def test_it_answers_orders_and_estimates(tmp_path: Path) -> None:
    service = StudyService()
    order = trial.order_in(tmp_path / "2026" / "one")
    *_, cost = service.answer(EstimateStudy(order))
    assert isinstance(cost, Estimate)
    *early, last = service.answer(order)
    assert isinstance(last, StudyResult)
    assert last.is_complete
    assert all(step is BUSY or isinstance(step, Progress | StudyResult) for step in early)
    assert early.count(BUSY) > 20, "there are many moments at which it can be stopped"


def test_it_makes_reports_and_says_what_their_studies_cost(tmp_path: Path) -> None:
    service = StudyService()
    order = trial.order_in(tmp_path / "one", which="every second", is_resumed=True)
    *_, cost = service.answer(EstimateReport((order,)))
    assert isinstance(cost, Estimate)
    *early, last = service.answer(ReportOrder(order.state, order.test_set, (order,), tmp_path / "report"))
    assert isinstance(last, Reported)
    assert last.page.is_file()
    assert last.sheets.is_file()
    assert isinstance(early[0], ReportStep)
    assert early.count(BUSY) > 20


def test_anything_else_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="no study is a str"):
        next(StudyService().answer("blocks"))
