"""The button Report…: which studies, what they cost, where to; then its course, its end, and what it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viewer import paths
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.report import (
    NOT_WISHED,
    TRAINS,
    EstimateReport,
    LeftOut,
    Report,
    Reported,
    ReportOrder,
    ReportStep,
)
from resnet_viewer.records.study import Estimate
from resnet_viewer.ui.studies import page as page_module
from resnet_viewer.ui.studies.page import StudiesPage
from resnet_viewer.ui.studies.report_dialog import (
    ESTIMATING,
    NOTHING,
    Offer,
    ReportChoice,
    ReportDialog,
)
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated
from tests.ui.studies.test_page import kept, settled
from tests.ui.studies.workshop import COUNTING, NO_SHORTCUT, POINTS, STUDIES, WEIGHING, order, result
from tests.ui.windows import Desk, inspect_page


def offers(folder: Path, **fields: object) -> list[Offer]:
    first = Offer(WEIGHING, order(folder / "one"), **fields)  # type: ignore[arg-type]
    return [first, Offer(COUNTING, order(folder / "two", test_set=None, study=COUNTING))]


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> ReportDialog:
    made = ReportDialog("Report", offers(tmp_path), tmp_path / "report")
    qtbot.addWidget(made)
    return made


def cells(dialog: ReportDialog, column: int) -> list[str]:
    return [part.text() for part in (dialog.costs if column else dialog.boxes).values()]


def test_the_dialog_offers_every_study_and_says_what_it_costs(dialog: ReportDialog, tmp_path: Path) -> None:
    assert cells(dialog, 0) == ["Weighing", "Counting"]
    assert cells(dialog, 1) == [ESTIMATING, ESTIMATING]
    assert "Estimating the time…" in dialog.sentence
    for offer, seconds in zip(offers(tmp_path), (40.0, 200.0), strict=True):
        assert offer.order is not None
        dialog.take(Estimate(offer.order, POINTS, 3000.0, seconds))
    assert cells(dialog, 1) == ["9 points, about 40 s", "9 points, about 3 min"]
    assert dialog.sentence.startswith("About 4 min of measuring.")
    dialog.boxes["counting"].setChecked(False)
    assert dialog.sentence.startswith("About 40 s of measuring.")
    found = dialog.answer
    assert [each.study for each in found.studies] == ["weighing"]
    assert (found.folder, found.unticked) == (tmp_path / "report", ("counting",))


def test_nothing_ticked_and_no_folder_are_refused(dialog: ReportDialog) -> None:
    for box in dialog.boxes.values():
        box.setChecked(False)
    assert dialog.sentence == NOTHING
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()
    dialog.boxes["weighing"].setChecked(True)
    dialog.folder.field.setText(" ")
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()


def test_its_folder_can_be_chosen(
    dialog: ReportDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(("", str(tmp_path / "chosen")))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(answers))
    dialog.folder.choose.click()
    assert dialog.answer.folder == tmp_path / "report", "nothing was chosen"
    dialog.folder.choose.click()
    assert dialog.answer.folder == tmp_path / "chosen"


def test_what_is_measured_costs_nothing_and_what_does_not_apply_says_why(
    qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = offers(tmp_path, measured=9, is_complete=True)
    dialog = ReportDialog("Report", [first, replace(second, order=None, why=NO_SHORTCUT)], tmp_path)
    qtbot.addWidget(dialog)
    assert cells(dialog, 1) == ["measured: 9 points", NO_SHORTCUT]
    assert not dialog.boxes["counting"].isEnabled()
    assert dialog.sentence.startswith("All of it is measured already.")
    assert dialog.answer.unticked == (), "what cannot be made was not left out by the user"


def test_long_studies_are_not_ticked_and_those_that_cannot_be_made_lose_their_tick(
    qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = offers(tmp_path)
    long = replace(first, info=replace(WEIGHING, is_long=True))
    dialog = ReportDialog("Report", [long, second], tmp_path)
    qtbot.addWidget(dialog)
    assert dialog.ticked == ("counting",)
    dialog.take(LeftOut("counting", "There are no pictures."))
    assert dialog.ticked == ()
    assert cells(dialog, 1)[1] == "There are no pictures."
    dialog.take(Failure("The process has ended."))
    assert cells(dialog, 1)[0] == "not known"


def test_one_point_is_called_one_point(qtbot: QtBot, tmp_path: Path) -> None:
    begun, _ = offers(tmp_path, measured=1)
    dialog = ReportDialog("Report", [begun], tmp_path)
    qtbot.addWidget(dialog)
    assert begun.order is not None
    dialog.take(Estimate(begun.order, POINTS, 3000.0, 40.0))
    assert cells(dialog, 1) == ["9 points, about 40 s, measured so far: 1 point"]


class Asked:
    """In place of the dialog: takes everything that is offered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.offers: list[Offer] = []

    def __call__(self, title: str, offers: list[Offer], folder: Path, *_: object) -> ReportChoice:
        self.title, self.offers, self.suggested = title, offers, folder
        orders = tuple(offer.order for offer in offers if offer.order is not None)
        return ReportChoice(orders, self.folder, ())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    made = Asked(tmp_path / "report")
    monkeypatch.setattr(page_module, "ask", made)
    return made


def sent(desk: Desk) -> tuple[int, ReportOrder]:
    """The newest order of a report."""
    return next(
        (ticket, request)
        for ticket, request in reversed(desk.workshop.asked)
        if isinstance(request, ReportOrder)
    )


def test_it_takes_what_is_measured_of_this_network_and_orders_the_rest(
    desk: Desk, page: StudiesPage, asked: Asked
) -> None:
    there = kept(desk)
    page.controller.open_folder(there.order.folder)
    desk.qtbot.waitUntil(lambda: len(page.controller.scene.results) == 1)
    page.bar.report_button.click()
    assert asked.title == "Report of ResNet-20, untrained (seed 0)"
    assert asked.suggested.name == f"{date.today()}-cifar-resnet-20-report"
    assert [(offer.measured, offer.is_complete) for offer in asked.offers] == [
        (9, True),
        (0, False),
        (0, False),
    ]
    _, order = sent(desk)
    assert [(each.study, each.is_resumed) for each in order.studies] == [
        ("weighing", True),
        ("counting", False),
    ]
    assert order.studies[0].folder == there.order.folder
    assert order.studies[1].folder.parent == paths.studies_dir()
    assert order.studies[1].test_set is None
    assert order.folder == asked.folder
    assert not page.bar.report_button.isEnabled()
    assert not page.bar.start_button.isEnabled()


def test_what_does_not_apply_is_offered_with_its_reason(desk: Desk, page: StudiesPage, asked: Asked) -> None:
    plain = fabricated.setup(spec("cifar-plain-20"))
    inspect_page(desk.window).editor.set_network(plain.state, plain.class_names)
    page.ask_report()
    trains = [info.name for info in STUDIES if info.trains]
    assert [offer.why for offer in asked.offers] == [NO_SHORTCUT, "", *[TRAINS] * len(trains)]
    assert sent(desk)[1].left_out == (
        LeftOut("weighing", NO_SHORTCUT),
        *(LeftOut(name, TRAINS) for name in trains),
    )


def test_its_course_is_told_and_its_results_stay(
    desk: Desk, page: StudiesPage, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(page, "_open_file", opened.append)
    page.ask_report()
    ticket, order = sent(desk)
    first, second = order.studies
    reply = desk.workshop.replied.emit
    reply(ticket, ReportStep(first, 1, 2))
    reply(ticket, result(first, 4))
    assert page.facts.work.startswith("studying: report, study 1 of 2 (weighing) · 4 of 9 points")
    reply(ticket, result(first))
    reply(ticket, ReportStep(second, 2, 2))
    reply(ticket, result(second))
    assert page.facts.work == "studying: writing the report"
    results = tuple(result(each) for each in order.studies)
    failed = (LeftOut("counting", "The disk is full."),)
    reply(
        ticket,
        Reported(Report(order, results, failed), asked.folder / "report.html", asked.folder / "report.pdf"),
    )
    desk.workshop._end(ticket)
    settled(desk, page)
    assert {found.order.folder for found in page.controller.scene.results} == {first.folder, second.folder}
    assert not page.controller.is_busy
    assert page.bar.report_button.isEnabled()
    bar = page._messages.bar
    assert bar.sentence == "The report of ResNet-20 is written. It lacks “Counting”, and says why."
    (choice,) = [entry for entry in bar._menu.actions() if entry.text() == "Open the page"]
    choice.trigger()
    assert opened == [asked.folder / "report.html"]


def test_it_can_be_cancelled_and_what_was_measured_stays(desk: Desk, page: StudiesPage, asked: Asked) -> None:
    page.ask_report()
    ticket, order = sent(desk)
    desk.workshop.replied.emit(ticket, ReportStep(order.studies[0], 1, 2))
    desk.workshop.replied.emit(ticket, result(order.studies[0], 4))
    page.cancel()
    assert desk.workshop.cancelled[-1] == ticket
    assert page.facts.work == "studying: being cancelled"
    desk.workshop.replied.emit(ticket, ReportStep(order.studies[1], 2, 2))
    assert page.facts.work == "studying: being cancelled", "also when it comes to the next one meanwhile"
    desk.workshop._end(ticket)
    settled(desk, page)
    (left,) = page.controller.scene.results
    assert (left.order.study, len(left.rows)) == ("weighing", 4)
    assert page.controller.scene.can_resume(left)


def test_a_refusal_is_told_and_ends_it(desk: Desk, page: StudiesPage, asked: Asked) -> None:
    page.ask_report()
    ticket, _ = sent(desk)
    failures: list[Failure] = []
    page.failed.connect(failures.append)
    desk.workshop.failed.emit(ticket, Failure("The disk is full."))
    desk.workshop._end(ticket)
    settled(desk, page)
    assert [failure.sentence for failure in failures] == ["The disk is full."]
    assert not page.controller.is_busy
    assert page.controller.scene.results == ()


def test_costs_are_asked_while_the_dialog_is_open_and_given_up_with_it(
    desk: Desk, page: StudiesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def leave(dialog: ReportDialog) -> None:
        ticket, request = desk.workshop.asked[-1]
        assert isinstance(request, EstimateReport)
        desk.workshop.replied.emit(ticket, Estimate(request.studies[0], POINTS, 3000.0, 40.0))
        seen.append(cells(dialog, 1)[:2])

    monkeypatch.setattr(ReportDialog, "asked", leave)
    before = page.panels.form.verdict.text()
    page.ask_report()
    assert seen == [["9 points, about 40 s", ESTIMATING]]
    assert desk.workshop.cancelled[-1] == desk.workshop.asked[-1][0]
    assert page.panels.form.verdict.text() != "9 points, about 40 s. Press Start (F8).", before
    assert not page.controller.is_busy
    assert NOT_WISHED
