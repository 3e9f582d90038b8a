"""The ground of a plot: grid, lanes, and the numbers around it, painted from places that are ready before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.chart import Axis, inside
from resnet_viewer.ui.widgets.theme import Theme

BOTTOM_ROOM = 4.0
"""Pixels between the plot and the numbers under it."""
RIGHT_ROOM = 12.0
TOP_ROOM = 8.0
"""Pixels above the plot, or between its highest number and the y axis's title."""
_WIDEST = "1e-14", "∞ nan"
_APART = 12.0
"""Pixels beside the y axis's numbers."""

Tick = tuple[float, str]
"""Pixels from the plot's top or left edge, and what is written there."""


@dataclass(frozen=True)
class Marks:
    """What is drawn around a plot, in its pixels: the y axis's numbers with a line each, finer lines without numbers,
    the names of the lanes outside a logarithm and the lanes' edges, the x axis's numbers, a word before those,
    and a message in the middle.
    """

    numbers: tuple[Tick, ...] = ()
    minor: tuple[float, ...] = ()
    lanes: tuple[Tick, ...] = ()
    edges: tuple[float, ...] = ()
    below: tuple[Tick, ...] = ()
    corner: str = ""
    message: str = ""
    title: str = ""
    """What the y axis measures, above its numbers."""
    moment: str = ""
    """When it was measured, at the other end of the same line."""


def marks_of(
    x: Axis, y: Axis, size: tuple[float, float], measure: Callable[[str], float], **words: str
) -> Marks:
    """What stands around a plot of that size in pixels; `words` are its corner, message and moment."""
    width, height = size

    def down(place: float) -> float:
        return (1.0 - y.share(place)) * height

    below = (
        (inside(x.share(place) * width, measure(text) / 2, width, RIGHT_ROOM), text)
        for place, text in x.numbers
    )
    return Marks(
        tuple((down(place), text) for place, text in y.numbers),
        tuple(map(down, y.minor)),
        tuple((down(place), text) for place, text in y.lanes),
        tuple(map(down, y.edges)),
        tuple(below),
        title=y.title,
        **words,
    )


class Ground(QGraphicsObject):
    """Paints in the pixels of the plot's view box (its owner keeps it at that place), and the numbers around it.

    `corner` is the word before the x axis's numbers, where there is one.
    """

    def __init__(self, parent: QGraphicsItem, theme: Theme, font: QFont, corner: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._corner = corner
        self._size = (1.0, 1.0)
        self._marks = Marks()
        self.is_focused = False
        self.setZValue(-200)  # pyqtgraph puts view boxes at -100
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_font(self, font: QFont) -> None:
        """Write in another font, from the next `show_marks` on."""
        self.prepareGeometryChange()
        self._font, self._metrics = font, QFontMetricsF(font)

    @property
    def left_room(self) -> float:
        """Pixels left of the plot for the y axis's numbers and the corner's word; the plot's owner leaves them free."""
        widths = map(self._metrics.horizontalAdvance, (*_WIDEST, f"{self._corner}0"))
        return max(widths) + _APART

    def show_focus(self, is_focused: bool) -> None:
        """Frame the plot while the keys are its own."""
        if is_focused != self.is_focused:
            self.is_focused = is_focused
            self.update()

    @property
    def marks(self) -> Marks:
        """What is drawn, and where."""
        return self._marks

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def show_marks(self, marks: Marks, width: float, height: float) -> None:
        """Draw these around a plot of that size."""
        if self._size != (width, height):
            self.prepareGeometryChange()
        if (self._marks, self._size) != (marks, (width, height)):
            self._marks, self._size = marks, (width, height)
            self.update()

    def boundingRect(self) -> QRectF:
        width, height = self._size
        left, bottom = self.left_room, BOTTOM_ROOM + self._metrics.height()
        top = TOP_ROOM + self._metrics.height()
        return QRectF(-left, -top, width + left + RIGHT_ROOM, height + top + bottom)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        width, height = self._size
        theme, text_height, marks = self._theme, self._metrics.height(), self._marks
        painter.setFont(self._font)
        faint = QColor(theme.grid)
        faint.setAlphaF(0.45)
        painter.setPen(QPen(faint, 1.0))
        for y in marks.minor:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        painter.setPen(QPen(QColor(theme.grid), 1.0))
        for y, _ in marks.numbers:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        painter.setPen(QPen(QColor(theme.faint), 1.0, Qt.PenStyle.DotLine))
        for y in marks.edges:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        if marks.numbers:
            painter.setPen(QColor(theme.border))
            painter.drawLine(QPointF(0, height - 0.5), QPointF(width, height - 0.5))
        if self.is_focused:
            painter.setPen(QPen(QColor(theme.accent), 1.0))
            painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))
        painter.setPen(QColor(theme.muted))
        room = self.left_room
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for y, text in (*marks.numbers, *marks.lanes):
            painter.drawText(QRectF(-room, y - text_height / 2, room - 8, text_height), right, text)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip
        for x, text in marks.below:
            painter.drawText(QRectF(x - 30, height + BOTTOM_ROOM, 60, text_height), centre, text)
        free = room - 8 - self._metrics.horizontalAdvance(marks.corner)
        apart = max(
            min(self._metrics.horizontalAdvance("0"), free), 0.0
        )  # the first number stands around the corner
        corner = QRectF(-room, height + BOTTOM_ROOM, room - 8 - apart, text_height)
        painter.drawText(corner, right, marks.corner)
        if marks.title:
            above = QRectF(8 - room, -TOP_ROOM - text_height, width + room, text_height)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(above, left, marks.title)
            painter.drawText(above, right, marks.moment)
        if marks.message:
            middle = QRectF(0, 0, width, height)
            if not marks.numbers:  # nothing stands beside the plot
                middle.adjust(-room, 0, RIGHT_ROOM, 0)
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(middle, words, marks.message)


_PLACES = (0.06, 0.16, 0.28, 0.42, 0.56, 0.7, 0.8, 0.9)
"""Where along the plot a curve's name may begin, in the order of preference."""
_FREE_STEP = 6.0
"""Pixels between the heights tried for a name that finds no room beside its own curve."""
_KEPT = 8
"""How many places of each name are tried together with the other's."""
_ELIDED = Qt.TextElideMode.ElideRight
_SAMPLES = 24
_LOW = 60.0
"""Pixels of height under which a name that crosses a curve would hide too much of it."""


@dataclass(frozen=True)
class Track:
    """A curve in the plot's pixels, with the name to write beside it."""

    text: str
    role: str
    """`now` or `reference`: decides the colour."""
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    marks: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    """x and y of all that is marked, also beside the curve. Shape (marks, 2)."""


@dataclass(frozen=True)
class _Candidate:
    rect: QRectF
    cost: float
    is_clear: bool


def place_names(
    tracks: Sequence[Track], width: float, height: float, metrics: QFontMetricsF
) -> list[tuple[QRectF, bool]]:
    """A rectangle for every curve's name (two at most), and whether it is clear of curves, marks and names. Places
    that cover nothing, leave the other name alone, lie near their own curve and to the left come first.
    """
    choices = [_candidates(track, tracks, width, height, metrics) for track in tracks]
    best = min(product(*choices), key=_cost_together)
    apart = _are_apart(best)
    return [(candidate.rect, candidate.is_clear and apart) for candidate in best]


def _candidates(
    track: Track, tracks: Sequence[Track], width: float, height: float, metrics: QFontMetricsF
) -> list[_Candidate]:
    size = metrics.size(0, track.text)
    high, wide, lowest = size.height(), size.width(), max(height - size.height() - 1, 1.0)
    lefts = np.maximum(np.minimum(np.array(_PLACES) * width, width - wide - 6), 2.0)
    orders = np.arange(len(lefts), dtype=np.float64)
    has_curve = np.zeros(len(lefts), dtype=bool)
    if len(track.x):
        has_curve = (track.x[0] <= lefts + wide) & (track.x[-1] >= lefts)
    lefts, orders = lefts[has_curve], orders[has_curve]
    if not len(lefts):
        return [_Candidate(QRectF(0.06 * width, 4, wide, high), 0.0, False)]
    across = lefts[:, None] + np.linspace(0.0, wide, _SAMPLES)  # (places, samples)
    own = np.interp(across, track.x, track.y)
    top, bottom = own.min(axis=1)[:, None], own.max(axis=1)[:, None]
    free = np.tile(np.arange(1.0, lowest, _FREE_STEP), (len(lefts), 1))
    tops = np.clip(
        np.concatenate((top - high - 4, bottom + 4, free), axis=1), 1.0, lowest
    )  # (places, heights)
    covered = np.sum([_covered(other, across, tops, high) for other in tracks], axis=0)
    away = np.maximum(np.maximum(top - tops - high, tops - bottom) - 4, 0.0)
    costs = 10.0 * orders[:, None] + 3.0 * (tops > top) + 0.6 * away + 120.0 * covered
    best = np.argsort(costs, axis=None, kind="stable")[:_KEPT]
    return [
        _Candidate(QRectF(left, at, wide, high), cost, count == 0)
        for left, at, cost, count in zip(
            lefts[best // tops.shape[1]].tolist(),
            tops.flat[best].tolist(),
            costs.flat[best].tolist(),
            covered.flat[best].tolist(),
            strict=True,
        )
    ]


def _cost_together(chosen: tuple[_Candidate, ...]) -> float:
    return sum(candidate.cost for candidate in chosen) + (0.0 if _are_apart(chosen) else 1500.0)


def _are_apart(chosen: tuple[_Candidate, ...]) -> bool:
    return all(
        not one.rect.adjusted(-14, -1, 14, 1).intersects(other.rect) for one, other in combinations(chosen, 2)
    )


def _covered(
    track: Track, across: NDArray[np.float64], tops: NDArray[np.float64], high: float
) -> NDArray[np.float64]:
    """How many of a curve's points above `across` (places, samples), and of its marks, each rectangle covers.

    Shape as `tops`, (places, heights).
    """
    if len(track.x):
        samples = np.interp(across, track.x, track.y, left=np.nan, right=np.nan)
    else:
        samples = np.full(across.shape, np.nan)
    x, y = track.marks[:, 0], track.marks[:, 1]
    is_near = (x > across[:, :1] - 4) & (x < across[:, -1:] + 4)
    levels = np.concatenate((samples, np.where(is_near, y, np.nan)), axis=1)[:, None, :]
    inside = (levels > tops[:, :, None] - 3) & (levels < tops[:, :, None] + high + 3)
    counts: NDArray[np.float64] = inside.sum(axis=2, dtype=np.float64)
    return counts


@dataclass(frozen=True)
class CurveName:
    """A curve's name at its place. `is_clear`: nothing else lies there."""

    rect: QRectF
    text: str
    role: str
    opacity: float
    is_clear: bool


class CurveNames(QGraphicsObject):
    """The curves' names, above the curves; a patch keeps the grid, but never a curve, from crossing one."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, font: QFont) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._size = (1.0, 1.0)
        self._names: list[CurveName] = []
        self.setZValue(20)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_font(self, font: QFont) -> None:
        """Write in another font, from the next `prepare` on."""
        self._font, self._metrics = font, QFontMetricsF(font)

    @property
    def names(self) -> list[CurveName]:
        """What is written, and where."""
        return self._names

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def prepare(self, tracks: Sequence[Track], opacities: Sequence[float], size: tuple[float, float]) -> None:
        """Find the names' places. A track without a name is only kept clear of. Where a whole name would cross a curve
        its first word may not; a low plot shows only names that cross none.
        """
        if self._size != size:
            self.prepareGeometryChange()
        self._size = size
        longest = 0.6 * size[0]
        whole = [replace(t, text=self._metrics.elidedText(t.text, _ELIDED, longest)) for t in tracks]
        names = self._placed(whole, opacities)
        if not all(name.is_clear for name in names):
            brief = self._placed([replace(t, text=t.text.partition(":")[0]) for t in tracks], opacities)
            if sum(name.is_clear for name in brief) > sum(name.is_clear for name in names):
                names = brief
        is_low = size[1] < _LOW
        self._names = [name for name in names if name.is_clear or not is_low]
        self.update()

    def set_opacities(self, opacities: Mapping[str, float]) -> None:
        """Dim the names of curves by their roles, where they stand."""
        self._names = [replace(name, opacity=opacities[name.role]) for name in self._names]
        self.update()

    def _placed(self, tracks: Sequence[Track], opacities: Sequence[float]) -> list[CurveName]:
        places = place_names(tracks, *self._size, self._metrics)
        return [
            CurveName(rect, track.text, track.role, opacity, is_clear)
            for (rect, is_clear), track, opacity in zip(places, tracks, opacities, strict=True)
            if track.text
        ]

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setFont(self._font)
        ground = QColor(self._theme.panel)
        ground.setAlphaF(0.8)
        for name in self._names:
            if name.is_clear:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ground)
                painter.drawRoundedRect(name.rect.adjusted(-4, 0, 4, 0), 3, 3)
            painter.setOpacity(max(name.opacity, 0.6))
            painter.setPen(QColor(self._theme.changed if name.role == "now" else self._theme.muted))
            painter.drawText(name.rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, name.text)
            painter.setOpacity(1.0)
