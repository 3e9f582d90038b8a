"""A colour scale in one line: its first value, the colours, its last, and the colours of what has no place on it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.gradient_record import COLOURS, ColourScale
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.pixels import image_of_ramp
from resnet_viewer.ui.widgets.theme import DARK, Theme

_RAMP, _GAP = 72.0, 5.0
_TICK, _TICKS_APART = 2.5, 8.0
"""Pixels: a tick under the colours is so high, and so far from the next."""


class ColourBar(QWidget):
    """As wide as what it says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self.scale = ColourScale()
        self._ramp = image_of_ramp(COLOURS)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()

    def show_scale(self, scale: ColourScale) -> None:
        """Another scale."""
        if scale != self.scale:
            self.scale = scale
            self._say()
            self.updateGeometry()
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    @property
    def words(self) -> str:
        """The scale in words."""
        words = "colours from {} to {}".format(*self.scale.ends)
        if self.scale.is_clipped_below or self.scale.is_clipped_above:
            words += "; what lies beyond takes the end's colour"
        if self.scale.has_zero:
            words += "; grey: exactly zero"
        if self.scale.has_odd:
            words += "; red: not finite"
        return words

    def _say(self) -> None:
        self.setToolTip(tooltip_text(self.words))
        self.setAccessibleName(self.words)

    def _keys(self) -> list[tuple[str, str]]:
        """Colours beside the scale, and what they mean."""
        theme, scale = self._theme, self.scale
        found = ((theme.reference, "0", scale.has_zero), (theme.changed, "∞ nan", scale.has_odd))
        return [(colour, text) for colour, text, is_there in found if is_there]

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self.font())
        wide = sum(map(metrics.horizontalAdvance, self.scale.ends)) + _RAMP + 2 * _GAP
        for _, text in self._keys():
            wide += 2 * _GAP + metrics.ascent() + _GAP + metrics.horizontalAdvance(text)
        return QSize(math.ceil(wide), math.ceil(metrics.height()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetricsF(self.font())
        high, base = metrics.capHeight() + 2, (self.height() + metrics.capHeight()) / 2
        top = (self.height() - high) / 2
        low_text, high_text = self.scale.ends
        with QPainter(self) as painter:
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QPointF(0, base), low_text)
            x = metrics.horizontalAdvance(low_text) + _GAP
            painter.drawImage(QRectF(x, top, _RAMP, high), self._ramp)
            for share, _ in self.scale.ticks(int(_RAMP / _TICKS_APART)):
                if 1e-6 < share < 1 - 1e-6:  # the ends' words stand beside the colours
                    at = round(x + share * _RAMP) + 0.5
                    painter.drawLine(QPointF(at, top + high), QPointF(at, top + high + _TICK))
            x += _RAMP + _GAP
            painter.drawText(QPointF(x, base), high_text)
            x += metrics.horizontalAdvance(high_text) + 2 * _GAP
            for colour, text in self._keys():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colour))
                painter.drawRect(QRectF(x, top, high, high))
                x += metrics.ascent() + _GAP
                painter.setPen(QColor(self._theme.muted))
                painter.drawText(QPointF(x, base), text)
                x += metrics.horizontalAdvance(text) + 2 * _GAP
