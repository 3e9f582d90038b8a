"""Which studies a report is made of, what each costs, and where it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from resnet_viewer.records.captions import plain
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.pace import duration
from resnet_viewer.records.report import PAGE, SHEETS, LeftOut
from resnet_viewer.records.story_words import points_words
from resnet_viewer.records.study import Estimate, StudyInfo, StudyOrder
from resnet_viewer.ui.menus import escaped
from resnet_viewer.ui.studies.controller import StudyController
from resnet_viewer.ui.studies.scene import estimate_words
from resnet_viewer.ui.widgets.form import OK, FolderLine, Form, on_change, value_of
from resnet_viewer.ui.widgets.labels import muted, plain_label, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK
from resnet_viewer.ui.work.worker import Failure

ESTIMATING = "estimating…"
_COST_LETTERS = 36
NOTHING = "Tick at least one study."
NO_FOLDER = "Say in which folder the report is written."


@dataclass(frozen=True)
class Offer:
    """A study that a report may have."""

    info: StudyInfo
    order: StudyOrder | None
    """None where it cannot be made."""
    measured: int = 0
    """Points that are there already."""
    is_complete: bool = False
    why: str = ""
    """Why it cannot be made, in a sentence."""


@dataclass(frozen=True)
class ReportChoice:
    """What the dialog gives."""

    studies: tuple[StudyOrder, ...]
    folder: Path
    unticked: tuple[str, ...]
    """Names of those that could be made."""


class ReportDialog(Form[ReportChoice]):
    """What is measured already costs nothing; of the others estimates come in while it is open."""

    def __init__(
        self, title: str, offers: Sequence[Offer], folder: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self._offers = {offer.info.name: offer for offer in offers}
        self._seconds: dict[str, float] = {}
        self.boxes: dict[str, QCheckBox] = {}
        self.costs: dict[str, QLabel] = {}
        """By the studies' names."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * DARK.gap)
        grid.setColumnStretch(1, 1)
        for row, offer in enumerate(offers):
            box, cost = self._row(offer)
            grid.addWidget(box, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(cost, row, 1)
        self.folder = FolderLine("Folder of the report", str(folder))
        self.folder.field.setMinimumWidth(340)
        self.rows.addRow(grid)
        self.rows.addRow("&Folder", self.folder)
        self.buttons.button(OK).setText("Make the report")
        on_change((*self.boxes.values(), self.folder), self._follow)
        self._follow()

    @property
    def answer(self) -> ReportChoice:
        ticked = self.ticked
        orders = tuple(order for name in ticked if (order := self._offers[name].order) is not None)
        if not orders:
            raise UserError(NOTHING)
        folder = value_of(self.folder)
        if not folder:
            raise UserError(NO_FOLDER)
        others = tuple(
            name for name, offer in self._offers.items() if offer.order is not None and name not in ticked
        )
        return ReportChoice(orders, Path(folder).expanduser(), others)

    @property
    def ticked(self) -> tuple[str, ...]:
        """Names of the studies that are wished for."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    @Slot(object)
    def take(self, found: Estimate | LeftOut | Failure) -> None:
        """What one of them costs, or why it cannot be made."""
        match found:
            case Estimate():
                self._seconds[found.order.study] = found.seconds
                self._say(found.order.study, estimate_words(found))
            case LeftOut():
                self._say(found.study, found.why)
                if (box := self.boxes.get(found.study)) is not None:
                    box.setChecked(False)
            case Failure():
                for name, cost in self.costs.items():
                    if cost.text() == ESTIMATING:
                        self._say(name, "not known")
        self._follow()

    def _row(self, offer: Offer) -> tuple[QCheckBox, QLabel]:
        name, title = offer.info.name, offer.info.title
        box, cost = QCheckBox(escaped(title)), muted(plain_label())
        box.setToolTip(tooltip_text(offer.info.question))
        cost.setWordWrap(True)
        cost.setMinimumWidth(_COST_LETTERS * cost.fontMetrics().averageCharWidth())
        self.boxes[name], self.costs[name] = box, cost
        if offer.order is None:
            box.setEnabled(False)
            words = offer.why
        else:
            box.setChecked(offer.is_complete or not offer.info.is_long)
            words = f"measured: {points_words(offer.measured)}" if offer.is_complete else ESTIMATING
        cost.setText(plain(words))
        box.setAccessibleDescription(cost.text())
        return box, cost

    def _say(self, name: str, words: str) -> None:
        if (cost := self.costs.get(name)) is not None:
            measured = self._offers[name].measured
            there = f", measured so far: {points_words(measured)}" if measured else ""
            cost.setText(plain(f"{words}{there}"))
            self.boxes[name].setAccessibleDescription(cost.text())

    @Slot()
    def _follow(self) -> None:
        """What the ticked ones cost together."""
        try:
            choice = self.answer
        except UserError as refused:
            self.say(str(refused))
            self.buttons.button(OK).setEnabled(False)
            return
        self.buttons.button(OK).setEnabled(True)
        missing = [order.study for order in choice.studies if not self._offers[order.study].is_complete]
        known = [self._seconds[name] for name in missing if name in self._seconds]
        if not missing:
            told = "All of it is measured already."
        elif len(known) == len(missing):
            told = f"About {duration(max(1.0, sum(known)))} of measuring."
        else:
            told = "Estimating the time…"
        self.say(f"{told} {PAGE} and {SHEETS} are written into the folder.")


def ask(
    title: str, offers: Sequence[Offer], folder: Path, controller: StudyController, parent: QWidget | None
) -> ReportChoice | None:
    """What is wished for; None where the user leaves. Costs are asked for while it is open."""
    dialog = ReportDialog(title, offers, folder, parent)
    controller.report_estimated.connect(dialog.take)
    waiting = tuple(offer.order for offer in offers if offer.order is not None and not offer.is_complete)
    if waiting:
        controller.estimate_report(waiting)
    try:
        return dialog.asked()
    finally:
        controller.report_estimated.disconnect(dialog.take)
        controller.forget_report_estimates()
