"""The controls in the wiring strip's header: how far a gate of the selected block is open, and "fit"."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget
from superqt import QLabeledDoubleSlider

from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.fitting import ChoiceBox
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.theme import Theme

Gate = Literal["shortcut", "branch"]
STEP = 0.05
_GATE_TIP = "Which gate of the selected block the slider moves"
_TRACK = 140
"""Pixels of the slider without its number."""


class WiringControls(QWidget):
    """Emits the strength that the user drags to; `show_block` shows the wish and emits nothing."""

    shortcut_strength_chosen = Signal(int, float)
    branch_strength_chosen = Signal(int, float)
    fit_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._block: BlockSpec | None = None
        self._wiring: Wiring | None = None
        self._label = plain_label()
        self.gate = ChoiceBox()
        self.gate.addItem("shortcut", "shortcut")
        self.gate.addItem("residual branch", "branch")
        self.gate.setAccessibleName("Gate of the selected block")
        self.gate.setToolTip(_GATE_TIP)
        self.slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0.0, 1.0)
        self.slider.setSingleStep(STEP)  # type: ignore[arg-type]  # superqt takes floats
        self.slider.setPageStep(4 * STEP)  # type: ignore[arg-type]
        self.slider.setDecimals(2)
        self.slider.setValue(1.0)
        self.slider.setAccessibleName("Strength of the selected block's gate")
        self.slider.setToolTip("How far the gate of the selected block is open, from 0 (cut) to 1 (open)")
        self.fit_button = QToolButton()
        self.fit_button.setText("Fit")
        self.fit_button.setToolTip("Show the whole network (Home)")
        self.fit_button.setAccessibleName("Show the whole network")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._label, self.gate, self.slider, self.fit_button):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._choose)
        self.gate.currentIndexChanged.connect(self._show)
        self.fit_button.clicked.connect(self.fit_clicked)

    @property
    def chosen_gate(self) -> Gate:
        """Which gate the slider moves."""
        return "branch" if self.gate.currentData() == "branch" else "shortcut"

    def show_block(self, block: BlockSpec | None, wiring: Wiring) -> None:
        """The selected block, or None, and the wiring that is wished for."""
        if block is self._block and wiring == self._wiring:
            return
        self._block, self._wiring = block, wiring
        self._show()

    def apply_theme(self, theme: Theme) -> None:
        """Other colours; the font may be another, too."""
        colour_text(self._label, theme.muted)
        self.slider.setDecimals(2)  # makes the number's field as wide as it needs
        self.slider.setFixedWidth(_TRACK + self.slider.fontMetrics().horizontalAdvance("0.00"))

    def _show(self) -> None:
        block, wiring = self._block, self._wiring
        self._label.setText(f"block {block.number}" if block is not None else "")
        self._label.setToolTip(block.label if block is not None else "")
        has_shortcut = block is None or block.shortcut != "none"
        if not has_shortcut and self.chosen_gate == "shortcut":
            self.gate.blockSignals(True)
            self.gate.setCurrentIndex(1)
            self.gate.blockSignals(False)
        self.gate.setEnabled(block is not None and has_shortcut)
        self.gate.setToolTip(
            _GATE_TIP if has_shortcut else "This block has no shortcut, only a residual branch"
        )
        self.slider.setEnabled(block is not None)
        value = 1.0
        if block is not None and wiring is not None:
            gates = wiring.shortcuts if self.chosen_gate == "shortcut" else wiring.branches
            value = gates[block.number - 1]
        if self.slider.value() != value:
            self.slider.blockSignals(True)
            self.slider.setValue(value)
            self.slider.blockSignals(False)

    def _choose(self, value: float) -> None:
        if self._block is None or self._wiring is None:
            return
        strength = min(max(round(round(value / STEP) * STEP, 2), 0.0), 1.0)
        number = self._block.number
        is_shortcut = self.chosen_gate == "shortcut"
        gates = self._wiring.shortcuts if is_shortcut else self._wiring.branches
        if strength != gates[number - 1]:
            (self.shortcut_strength_chosen if is_shortcut else self.branch_strength_chosen).emit(
                number, strength
            )
