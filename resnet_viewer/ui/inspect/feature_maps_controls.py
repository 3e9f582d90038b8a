"""What one can choose about feature maps, and the legend of their colours."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from resnet_viewer.charts.palette import COLOUR_MAPS, SIGNED_COLOUR_MAPS
from resnet_viewer.records.session import MapOrder, MapScale, View
from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.fitting import ChoiceBox
from resnet_viewer.ui.widgets.theme import Theme

SCALES: dict[MapScale, str] = {"channel": "channel", "layer": "layer"}
ORDERS: dict[MapOrder, str] = {"index": "index", "mean": "mean", "maximum": "maximum", "change": "change"}

_GAP, _LEAST = 5, 56
"""Pixels between the choices, and of the narrowest one."""
_UNSIGNED_TIP = "Colour map, from zero up; maps with both signs have diverging ones of their own"
_SIGNED_TIP = "Diverging colour map: these maps have both signs, and zero lies in the middle"


class MapControls(QWidget):
    """Scale, order and colour map. Signals are wishes, sent only for what the user activates."""

    scale_chosen = Signal(str)
    order_chosen = Signal(str)
    colours_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale, self.order, self.colours = ChoiceBox(), ChoiceBox(), ChoiceBox()
        for scale, words in SCALES.items():
            self.scale.addItem(words, scale)
        for order, words in ORDERS.items():
            self.order.addItem(words, order)
        self._is_signed = False
        self.colours.addItems(COLOUR_MAPS)
        self._labels: list[QLabel] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        for words, combo, tip in (
            (
                "&Scale",
                self.scale,
                "Each channel from zero to its own maximum, or one scale for the whole layer",
            ),
            ("&Order", self.order, "Order of the channels: highest first; change is now against reference"),
            ("&Colours", self.colours, _UNSIGNED_TIP),
        ):
            label = QLabel(words)
            label.setBuddy(combo)
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._labels.append(label)
            combo.setAccessibleName(words.replace("&", "") + " of the feature maps")
            combo.setToolTip(tip)
            combo.setMinimumContentsLength(3)
            combo.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.setMinimumWidth(_LEAST)
            row.addWidget(label)
            row.addWidget(combo)
        row.addStretch(1)
        self.scale.activated.connect(self._tell_scale)
        self.order.activated.connect(self._tell_order)
        self.colours.textActivated.connect(self.colours_chosen)

    @property
    def is_signed(self) -> bool:
        """Whether diverging colour maps are offered."""
        return self._is_signed

    def render_view(self, view: View, *, is_signed: bool) -> None:
        """Show what is chosen; maps with values of both signs have colour maps of their own."""
        if is_signed != self._is_signed:
            self._is_signed = is_signed
            self.colours.clear()
            self.colours.addItems(SIGNED_COLOUR_MAPS if is_signed else COLOUR_MAPS)
            self.colours.setToolTip(_SIGNED_TIP if is_signed else _UNSIGNED_TIP)
        chosen = view.map_signed_colours if is_signed else view.map_colours
        self.scale.setCurrentIndex(self.scale.findData(view.map_scale))
        self.order.setCurrentIndex(self.order.findData(view.map_order))
        if self.colours.findText(chosen) < 0:
            self.colours.addItem(chosen)
        self.colours.setCurrentText(chosen)
        self._share_width()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for label in self._labels:
            colour_text(label, theme.muted)
        self._share_width()

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * 60, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        for label in self._labels:
            label.setVisible(self._fits_with_labels())
        self._share_width()

    def _share_width(self) -> None:
        """What is chosen stays whole where all three can; what might be chosen gives way first."""
        combos = (self.scale, self.order, self.colours)
        needs = [combo.width_for(combo.currentText()) for combo in combos]
        has_room = sum(needs) + (len(needs) - 1) * _GAP <= self.width()
        for combo, need in zip(combos, needs, strict=True):
            combo.setMinimumWidth(need if has_room else _LEAST)

    def _fits_with_labels(self) -> bool:
        combos = sum(combo.sizeHint().width() for combo in (self.scale, self.order, self.colours))
        return self.width() >= combos + sum(label.sizeHint().width() for label in self._labels) + 6 * _GAP

    def _tell_scale(self, index: int) -> None:
        self.scale_chosen.emit(self.scale.itemData(index))

    def _tell_order(self, index: int) -> None:
        self.order_chosen.emit(self.order.itemData(index))
