"""A colour scale in one line: its first value, the colours, its last, and the colours of what has no place on it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.palette import COLOUR_MAPS, ColourScale, scale_to
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.pixels import image_of_ramp
from resnet_viewer.ui.widgets.theme import theme_of

_RAMP, _GAP = 72.0, 5.0
_LEAST, _MOST = 20.0, 120.0
"""Pixels of colours where the bar stands in the middle of a wider place."""
_UPRIGHT = 7.0
"""Pixels of colours across."""
_TICK = 2.5
"""Pixels: a tick under the colours is so high."""


class ColourBar(QWidget):
    """As wide as what it says; where its place is another width, the colours take or give what they can, and the whole
    stands in the middle.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale = scale_to(None, COLOUR_MAPS[0])
        self._ramp = image_of_ramp(self.scale.colours)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: ColourScale) -> None:
        """Another scale."""
        if scale == self.scale:
            return
        self.scale = scale
        self._ramp = image_of_ramp(scale.colours)
        self.setToolTip(tooltip_text(scale.words))
        self.setAccessibleName(scale.words)
        self.updateGeometry()
        self.update()

    def _keys(self) -> list[tuple[str, str]]:
        """Colours beside the scale, and what they mean."""
        theme = theme_of(self)
        known = {"zero": (theme.reference, "0"), "not finite": (theme.changed, "∞ nan")}
        return [known[key] for key in self.scale.keys]

    def _width(self, ramp: float) -> float:
        metrics = QFontMetricsF(self.font())
        wide = sum(map(metrics.horizontalAdvance, self.scale.ends)) + ramp + 2 * _GAP
        for _, text in self._keys():
            wide += 2 * _GAP + metrics.ascent() + _GAP + metrics.horizontalAdvance(text)
        return wide

    def sizeHint(self) -> QSize:
        return QSize(math.ceil(self._width(_RAMP)), math.ceil(QFontMetricsF(self.font()).height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        metrics = QFontMetricsF(self.font())
        high, base = metrics.capHeight() + 2, (self.height() + metrics.capHeight()) / 2
        top = (self.height() - high) / 2
        low_text, high_text = self.scale.ends
        ramp = min(max(self.width() - self._width(0), _LEAST), _MOST)
        x = max(self.width() - self._width(ramp), 0) / 2
        with QPainter(self) as painter:
            painter.setPen(QColor(theme_of(self).muted))
            painter.drawText(QPointF(x, base), low_text)
            x += metrics.horizontalAdvance(low_text) + _GAP
            painter.drawImage(QRectF(x, top, ramp, high), self._ramp)
            for share, _ in self.scale.ticks:
                if 1e-6 < share < 1 - 1e-6:  # the ends' words stand beside the colours
                    at = round(x + share * ramp) + 0.5
                    painter.drawLine(QPointF(at, top + high), QPointF(at, top + high + _TICK))
            x += ramp + _GAP
            painter.drawText(QPointF(x, base), high_text)
            x += metrics.horizontalAdvance(high_text) + 2 * _GAP
            for colour, text in self._keys():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colour))
                painter.drawRect(QRectF(x, top, high, high))
                x += metrics.ascent() + _GAP
                painter.setPen(QColor(theme_of(self).muted))
                painter.drawText(QPointF(x, base), text)
                x += metrics.horizontalAdvance(text) + 2 * _GAP


class UprightColourBar(ColourBar):
    """The colours upright within the margins, the last one's value beside the top and the first one's beside the foot;
    nothing where there is no scale.
    """

    def sizeHint(self) -> QSize:
        wide = max(map(QFontMetricsF(self.font()).horizontalAdvance, self.scale.ends))
        return QSize(math.ceil(_UPRIGHT + _GAP + wide), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        low, high = self.scale.ends
        if not high:
            return
        area, ascent = self.contentsRect(), QFontMetricsF(self.font()).capHeight()
        with QPainter(self) as painter:
            painter.setPen(QColor(theme_of(self).muted))
            x = _UPRIGHT + _GAP
            painter.drawText(QPointF(x, area.top() + ascent), high)
            if area.height() >= 2 * ascent + 3:
                painter.drawText(QPointF(x, area.bottom() + 1), low)
            painter.translate(0, area.bottom() + 1)
            painter.rotate(-90)
            painter.drawImage(QRectF(0, 0, area.height(), _UPRIGHT), self._ramp)
