"""The choice of the values between which colours go: a small button that says it, and what opens under it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QLocale, QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from resnet_viewer.records.limits import Limits
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.labels import plain_label, tooltip_text

PERCENTILES = 100.0, 99.9, 99.0, 95.0, 90.0
"""Offered, in percent."""
AUTO_KEY = Qt.Key.Key_C
"""On a panel with limits: back to the usual ones."""


class LimitsButton(QToolButton):
    """`chosen` (Limits) is a wish; `show_limits` sets everything and emits nothing."""

    chosen = Signal(Limits)

    def __init__(self, of_what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._of_what = of_what
        self._limits = Limits()
        self._ends = 0.0, 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.folded = QFrame(self, Qt.WindowType.Popup)
        self.folded.setFrameShape(QFrame.Shape.StyledPanel)
        offered = [
            (percent, "highest value" if percent == 100 else f"{percent:g} %") for percent in PERCENTILES
        ]
        tip = "The last colour is the value that so many percent of all values do not exceed"
        self.percentile = choice_box("Percent of the values", [], tip)
        for percent, words in offered:
            self.percentile.addItem(words, percent)
        self.low, self.high = QLineEdit(), QLineEdit()
        for field, name in ((self.low, "First colour"), (self.high, "Last colour")):
            validator = QDoubleValidator(field)
            validator.setLocale(QLocale.c())
            field.setValidator(validator)
            field.setAccessibleName(f"{name}, by hand")
            field.setMaximumWidth(13 * field.fontMetrics().averageCharWidth())
            field.editingFinished.connect(self._take_by_hand)
        self.logarithmic = QCheckBox("&Logarithmic")
        self.logarithmic.setToolTip("Equal ratios look equally far apart")
        self.auto = QPushButton("&Auto  (C)")
        self.auto.setToolTip("Back to the usual limits: from zero to the highest value")
        self._sentence = plain_label()
        self._sentence.setWordWrap(True)
        self._sentence.hide()
        ends = QHBoxLayout()
        for part in (self.low, QLabel("to"), self.high):
            ends.addWidget(part)
        form = QFormLayout(self.folded)
        form.addRow("&Up to", self.percentile)
        by_hand = QLabel("By &hand")
        by_hand.setBuddy(self.low)
        form.addRow(by_hand, ends)
        form.addRow(self.logarithmic)
        form.addRow(self._sentence)
        form.addRow(self.auto)
        self.clicked.connect(self._unfold)
        self.percentile.activated.connect(self._take_percentile)
        self.logarithmic.toggled.connect(self._take_logarithmic)
        self.auto.clicked.connect(self.reset)
        self.show_limits(Limits(), (0.0, 0.0))

    def show_limits(self, limits: Limits, ends: tuple[float, float]) -> None:
        """Show what is chosen, and the values of the first and the last colour that follow from it now."""
        self._limits, self._ends = limits, ends
        words = limits.words or "auto"
        self.setText(f"{words.replace(', logarithmic', ' log').replace(' of the values', '')} ▾")
        told = f"Limits of the colours of {self._of_what}: {words}"
        self.setAccessibleName(told)
        self.setToolTip(tooltip_text(f"{told}\nC: auto"))
        percent = 100.0 if limits.by_hand else limits.percentile
        place = self.percentile.findData(percent)
        if place < 0:
            self.percentile.addItem(f"{percent:g} %", percent)
            place = self.percentile.count() - 1
        self.percentile.setCurrentIndex(place)
        for field, value in zip((self.low, self.high), limits.by_hand or ends, strict=True):
            if not field.hasFocus():
                field.setText(f"{value:.4g}")
        with QSignalBlocker(self.logarithmic):
            self.logarithmic.setChecked(limits.is_logarithmic)
        self.auto.setEnabled(not limits.is_usual)
        self._say("")

    @Slot()
    def reset(self) -> None:
        """Wish for the usual limits."""
        if not self._limits.is_usual:
            self.chosen.emit(Limits())

    @property
    def sentence(self) -> str:
        """What is wrong with what was typed."""
        return self._sentence.text()

    @Slot()
    def _unfold(self) -> None:
        self.folded.adjustSize()
        corner = self.mapToGlobal(QPoint(0, self.height() + 2))
        room = self.screen().availableGeometry()
        size = self.folded.size()
        corner.setX(max(room.left(), min(corner.x(), room.right() - size.width())))
        if corner.y() + size.height() > room.bottom():
            corner.setY(self.mapToGlobal(QPoint(0, -size.height() - 2)).y())
        self.folded.move(corner)
        self.folded.show()

    @Slot(int)
    def _take_percentile(self, place: int) -> None:
        percent = float(self.percentile.itemData(place))
        self._wish(replace(self._limits, percentile=percent, by_hand=None))

    @Slot(bool)
    def _take_logarithmic(self, is_logarithmic: bool) -> None:
        self._wish(replace(self._limits, is_logarithmic=is_logarithmic))

    @Slot()
    def _take_by_hand(self) -> None:
        """Both fields, where they were changed and can be limits."""
        known = self._limits.by_hand or self._ends
        if [self.low.text(), self.high.text()] == [f"{value:.4g}" for value in known]:
            return
        low, high = float(self.low.text()), float(self.high.text())
        if not low < high:
            self._say("The first value must be below the last one.")
            return
        self._wish(replace(self._limits, by_hand=(low, high)))

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))

    def _wish(self, limits: Limits) -> None:
        if limits != self._limits:
            self.chosen.emit(limits)
