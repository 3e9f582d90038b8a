"""Which studies a report is made of, what each costs, and where it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from resnet_viewer.records.captions import plain
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.pace import duration
from resnet_viewer.records.report import PAGE, SHEETS, LeftOut
from resnet_viewer.records.study import Estimate, StudyInfo, StudyOrder
from resnet_viewer.ui.studies.controller import StudyController
from resnet_viewer.ui.studies.scene import estimate_words, points_words
from resnet_viewer.ui.widgets.form import OK, Form
from resnet_viewer.ui.widgets.labels import tool_button
from resnet_viewer.ui.work.worker import Failure

ESTIMATING = "estimating…"
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
        self.list = QTreeWidget(columnCount=2)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels(["Study", "What it costs"])
        self.list.setAccessibleName("Studies of the report")
        self._items: dict[str, QTreeWidgetItem] = {}
        for offer in offers:
            self._items[offer.info.name] = self._item(offer)
        self.list.addTopLevelItems(list(self._items.values()))
        for column in range(2):
            self.list.resizeColumnToContents(column)
        rows = min(len(offers), 14) + 2
        self.list.setMinimumSize(460, rows * (self.list.fontMetrics().height() + 6))
        self.folder = QLineEdit(str(folder))
        self.folder.setMinimumWidth(340)
        choose = tool_button("Choose…", "Choose the folder in which the report is written")
        choose.clicked.connect(self._choose_folder)
        beside = QHBoxLayout()
        beside.addWidget(self.folder, 1)
        beside.addWidget(choose)
        self.rows.addRow(self.list)
        self.rows.addRow("&Folder", beside)
        label = self.rows.labelForField(beside)
        if label is not None:
            label.setBuddy(self.folder)  # type: ignore[attr-defined]
        self.buttons.button(OK).setText("Make the report")
        self.list.itemChanged.connect(self._follow)
        self.folder.textChanged.connect(self._follow)
        self._follow()

    @property
    def answer(self) -> ReportChoice:
        ticked = self.ticked
        orders = tuple(order for name in ticked if (order := self._offers[name].order) is not None)
        if not orders:
            raise UserError(NOTHING)
        folder = self.folder.text().strip()
        if not folder:
            raise UserError(NO_FOLDER)
        others = tuple(
            name for name, offer in self._offers.items() if offer.order is not None and name not in ticked
        )
        return ReportChoice(orders, Path(folder).expanduser(), others)

    @property
    def ticked(self) -> tuple[str, ...]:
        """Names of the studies that are wished for."""
        return tuple(
            name for name, item in self._items.items() if item.checkState(0) == Qt.CheckState.Checked
        )

    @Slot(object)
    def take(self, found: Estimate | LeftOut | Failure) -> None:
        """What one of them costs, or why it cannot be made."""
        match found:
            case Estimate():
                self._seconds[found.order.study] = found.seconds
                self._say(found.order.study, estimate_words(found))
            case LeftOut():
                self._say(found.study, found.why)
                if (item := self._items.get(found.study)) is not None:
                    item.setCheckState(0, Qt.CheckState.Unchecked)
            case Failure():
                for name, item in self._items.items():
                    if item.text(1) == ESTIMATING:
                        self._say(name, "not known")
        self._follow()

    def _item(self, offer: Offer) -> QTreeWidgetItem:
        item = QTreeWidgetItem([offer.info.title, ""])
        item.setToolTip(0, offer.info.question)
        if offer.order is None:
            words = offer.why
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        else:
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
            )
            is_ticked = offer.is_complete or not offer.info.is_long
            item.setCheckState(0, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
            words = f"measured: {points_words(offer.measured)}" if offer.is_complete else ESTIMATING
        item.setText(1, plain(words))
        item.setToolTip(1, plain(words))
        return item

    def _say(self, name: str, words: str) -> None:
        if (item := self._items.get(name)) is not None:
            offer = self._offers[name]
            there = f", {points_words(offer.measured)} are there" if offer.measured else ""
            item.setText(1, plain(f"{words}{there}"))
            item.setToolTip(1, item.text(1))

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

    @Slot()
    def _choose_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Folder of the report", self.folder.text())
        if found:
            self.folder.setText(found)


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
