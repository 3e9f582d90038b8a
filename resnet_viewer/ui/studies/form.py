"""How the chosen study is to be made: what it takes from Inspect, its options, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import Estimate, Options, StudyInfo
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.ui.menus import escaped
from resnet_viewer.ui.studies.scene import estimate_words, gates_words, network_words, set_words
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import FittingLabel
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button, tooltip_text
from resnet_viewer.ui.widgets.options_form import OptionsForm
from resnet_viewer.ui.widgets.theme import DARK
from resnet_viewer.ui.work.worker import Failure

_LEAST_LETTERS, _LEAST_LINES = 26, 14
_WIDE_LETTERS = 48
TRAINS = "It trains its own networks: the one on the screen in Inspect has no part in it"
CHOOSE_SET = "This study needs a test set: choose one above, or in Inspect's error meter."


class _Area(QScrollArea):
    """Scrolls up and down where there is no room, never sideways."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(inside)
        for part in (self, inside):
            part.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)


class _Taken(QToolButton):
    """Says what is taken, as much of it as there is room for."""

    _BESIDE = 24
    """Pixels beside its words."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._words = self._sign = ""

    def say(self, words: str, sign: str = "") -> None:
        """The words, and a sign behind them that stays."""
        self._words, self._sign = words, sign
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(6 * self.fontMetrics().averageCharWidth(), super().minimumSizeHint().height())

    def _fit(self) -> None:
        letters = self.fontMetrics()
        sign = f" {self._sign}" if self._sign else ""
        room = self.width() - self._BESIDE - letters.horizontalAdvance(sign)
        text = escaped(letters.elidedText(self._words, Qt.TextElideMode.ElideRight, room)) + sign
        if text != self.text():
            self.setText(text)


def _labels(rows: QFormLayout) -> Iterator[QWidget]:
    for place in range(rows.rowCount()):
        item = rows.itemAt(place, QFormLayout.ItemRole.LabelRole)
        if item is not None and (label := item.widget()) is not None:
            yield label


class StudyFormCard(Card):
    """The fields are made of the study's options; what cannot be taken is said under them."""

    changed = Signal()
    """The options are others, or what is written in a field cannot be taken."""
    inspect_wished = Signal()
    """Network and wiring are chosen there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._info: StudyInfo | None = None
        self.about = muted(plain_label())
        self.about.setWordWrap(True)
        self.network = _Taken()
        self.gates = muted(FittingLabel())
        self.gates.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.test_set = _Taken()
        self.test_set.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.test_set.setMenu(QMenu(self.test_set))
        self.trained = muted(FittingLabel())
        self.trained.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.trained.set_wordings("its own, which it trains", "its own", tip=TRAINS)
        self.options = OptionsForm()
        self.reset_button = tool_button("Reset", "Options as by default")
        self.reset_button.hide()
        self.verdict = plain_label()
        self.verdict.setWordWrap(True)
        self.verdict.setAccessibleName("What the study would cost")
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, DARK.gap // 2, 0)
        rows.setSpacing(DARK.gap)
        takes = QFormLayout()
        takes.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        takes.setVerticalSpacing(5)
        for part in (takes, self.options.rows):
            part.setHorizontalSpacing(DARK.gap)
        takes.addRow("Network", self.network)
        takes.addRow("Wiring", self.gates)
        takes.addRow("Test set", self.test_set)
        takes.addRow("Networks", self.trained)
        self._takes = takes
        rows.addLayout(takes)
        rows.addWidget(self.options)
        rows.addWidget(self.about)
        rows.addStretch(1)
        self.area = _Area(inside)
        foot = QHBoxLayout()
        foot.addWidget(self.verdict, 1)
        foot.addWidget(self.reset_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addWidget(self.area, 1)
        self.body.addLayout(foot)
        self.options.changed.connect(self._note_change)
        self.reset_button.clicked.connect(self.options.reset)
        self.network.clicked.connect(self.inspect_wished)

    def show_study(self, info: StudyInfo, options: Options) -> None:
        """Ask for this study's options."""
        self._info = info
        self.set_title(info.title)
        self.set_subtitle(info.origin)
        self.about.setText(info.explains)
        self.about.setVisible(bool(info.explains))
        for row in range(2):
            self._takes.setRowVisible(row, not info.trains)
        self._takes.setRowVisible(2, info.needs == "test set")
        self._takes.setRowVisible(3, info.trains)
        self.options.show_options(options)
        self._align()

    def show_session(self, state: NetworkState, test_set: TestSet | None) -> None:
        """What the study takes from Inspect, as it is now."""
        told = network_words(state)
        self.network.say(told)
        self.network.setAccessibleName(f"Network: {told}; change it in Inspect")
        self.network.setToolTip(
            tooltip_text(f"{told}\nThe network on the screen in Inspect: change it there")
        )
        gates = gates_words(state)
        self.gates.set_wordings(gates, tip=f"{gates}\nAs it is on the screen in Inspect")
        named = set_words(test_set)
        self.test_set.say(named, "▾")
        self.test_set.setAccessibleName(f"Test set: {named}")
        self.test_set.setToolTip(tooltip_text(f"{named}\nThe test set of Inspect's error meter"))

    def say(self, verdict: Estimate | Failure | str, *, can_start: bool = True) -> None:
        """What the study would cost, or why it cannot be made, under the fields; `can_start` unless one is at work."""
        match verdict:
            case Estimate():
                words = f"{estimate_words(verdict)}.{' Press Start (F8).' if can_start else ''}"
            case Failure():
                words = verdict.sentence
            case _:
                words = verdict
        self.verdict.setText(words)
        self.verdict.setAccessibleDescription(words)

    def _align(self) -> None:
        """The fields of both parts of the form stand below one another, where names of networks have room for that."""
        labels = [*_labels(self._takes), *_labels(self.options.rows)]
        is_wide = self.width() >= _WIDE_LETTERS * self.fontMetrics().averageCharWidth()
        width = max(label.sizeHint().width() for label in labels) if is_wide else 0
        for label in labels:
            label.setMinimumWidth(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics()
        width = max(200, _LEAST_LETTERS * letters.averageCharWidth() + 2 * DARK.padding)
        return QSize(width, _LEAST_LINES * letters.height() + 2 * DARK.padding)

    @Slot()
    def _note_change(self) -> None:
        self.reset_button.setVisible(not self.options.is_usual)
        self.changed.emit()
