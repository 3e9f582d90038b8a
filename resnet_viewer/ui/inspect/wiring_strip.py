"""Paints the wiring strip from outlines that are ready before the paint event comes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.wiring_layout import UNKNOWN, Band, Openings, Part, StripLayout, layer_part
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.picture import STALE_OPACITY
from resnet_viewer.ui.inspect.wiring_geometry import (
    StripDrawing,
    StripFrame,
    arc,
    block_rect,
    diamond,
    draw,
    gate_disc,
)
from resnet_viewer.ui.widgets.theme import Theme

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class StripState:
    """All that the strip shows. `preview` holds the blocks of a sweep under way, at `preview_strength`."""

    layout: StripLayout
    wiring: Wiring
    selected: str = ""
    hovered: Part | None = None
    focused: Part | None = None
    preview: frozenset[int] = frozenset()
    preview_strength: float = 0.0
    openings: Openings = UNKNOWN


class StripItem(QGraphicsObject):
    """The whole strip as one item, in the pixels of its parent; it moves with `set_frame`."""

    def __init__(self, parent: QGraphicsItem | None, theme: Theme, font: QFont) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._state: StripState | None = None
        self._frame = StripFrame(0.0, 1.0, 1.0, 1.0, self._metrics.height())
        self._drawing = StripDrawing()
        self._labels: list[tuple[QRectF, str, Qt.AlignmentFlag]] = []
        self._bands: list[QRectF] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def frame(self) -> StripFrame:
        """The mapping in force."""
        return self._frame

    @property
    def state(self) -> StripState | None:
        """What is shown."""
        return self._state

    def set_font(self, font: QFont) -> None:
        """Write in another font; the strip's height is its owner's to change."""
        self._font, self._metrics = font, QFontMetricsF(font)
        self._frame = replace(self._frame, text_height=self._metrics.height())
        self._prepare()

    def set_frame(self, left: float, right: float, width: float, height: float) -> None:
        """Show the range of x from `left` to `right` in that many pixels."""
        scale = width / (right - left) if right > left and width > 0 else 1.0
        frame = StripFrame(left, scale, width, height, self._metrics.height())
        if frame == self._frame:
            return
        if (frame.width, frame.height) != (self._frame.width, self._frame.height):
            self.prepareGeometryChange()
        self._frame = frame
        self._prepare()

    def set_state(self, state: StripState) -> None:
        """Show another state; outlines are made again only where the wiring or the sweep changed."""
        old, self._state = self._state, state
        if state == old:
            return
        if (
            old is None
            or (old.layout, old.wiring) != (state.layout, state.wiring)
            or old.preview != state.preview
            or old.preview_strength != state.preview_strength
            or old.openings.now != state.openings.now
        ):
            self._prepare()
        else:
            self.update()

    def adjust(self, **changes: object) -> None:
        """Replace fields of the state."""
        if self._state is not None:
            self.set_state(replace(self._state, **changes))  # type: ignore[arg-type]

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._frame.width, self._frame.height)

    def _prepare(self) -> None:
        state, frame = self._state, self._frame
        if state is None:
            return
        wiring = state.wiring
        if state.preview:
            wiring = wiring.with_shortcuts(state.preview, state.preview_strength)
        self._drawing = draw(state.layout, frame, wiring, state.preview, state.openings)
        self._bands = []
        self._labels = []
        for band in state.layout.bands:
            self._place_band(band)
        self._place_numbers(state.layout)
        self.update()

    def _place_band(self, band: Band) -> None:
        """A label stays in view while any of its stage is."""
        frame = self._frame
        left, right = frame.px(band.left), frame.px(band.right)
        if right < 0 or left > frame.width:
            return
        self._bands.append(QRectF(left + 1, 0, right - left - 2, frame.height))
        start, stop = max(left, 0.0) + 6, min(right, frame.width) - 4
        for text in (band.label, band.short_label):
            if self._metrics.horizontalAdvance(text) <= stop - start:
                rect = QRectF(start, 1, stop - start, self._metrics.height())
                self._labels.append((rect, text, Qt.AlignmentFlag.AlignLeft))
                return

    def _place_numbers(self, layout: StripLayout) -> None:
        """Block numbers under the boxes, as many as there is room for but always the first; `stem` and `fc` at
        the ends. "stem" goes where the first number needs its room.
        """
        frame, height = self._frame, self._metrics.height()
        top = frame.height - height - 1
        ending = "fc" if layout.head else "end"
        stem, head = self._metrics.horizontalAdvance("stem"), self._metrics.horizontalAdvance(ending)
        # Beside the blocks as far as the strip reaches, so that "stem" and "1" do not read as one word.
        left, right = layout.limits
        beside = frame.px(layout.stem[-1].x) + frame.half_width - stem
        centred = (frame.px(layout.start) + frame.px(layout.stem[-1].x) - stem) / 2
        stem_left = max(frame.px(left) + 1, min(beside, centred))
        head_left = min(frame.px(right) - head - 1, frame.px(layout.end) - frame.half_width)
        centre = Qt.AlignmentFlag.AlignHCenter
        self._labels.append((QRectF(head_left, top, head + 1, height), ending, centre))
        spans = layout.visible(frame.left, frame.right)
        first = self._metrics.horizontalAdvance("1") / 2 + 4
        if stem_left + stem + first <= frame.px(layout.spans[0].centre):
            self._labels.append((QRectF(stem_left, top, stem + 1, height), "stem", centre))
        if not spans:
            return
        widest = self._metrics.horizontalAdvance(str(spans[-1].number)) + 8
        pitch = (spans[0].right - spans[0].left) * frame.scale
        step = next((s for s in _STEPS if s * pitch >= widest), _STEPS[-1])
        last = -widest
        for span in spans:
            middle = frame.px(span.centre)
            is_counted = span.number == 1 or span.number % step == (1 if step == 2 else 0)
            if is_counted and last + widest <= middle <= head_left - widest / 2:
                last = middle
                rect = QRectF(middle - widest / 2, top, widest, height)
                self._labels.append((rect, str(span.number), centre))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        state = self._state
        if state is None:
            return
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        self._paint_ground(painter, state)
        self._paint_lines(painter)
        self._paint_arcs(painter, state)
        self._paint_boxes(painter, state)
        self._paint_gates(painter, state)
        self._paint_marked(painter, state)
        self._paint_focus(painter, state)
        painter.setPen(_pen(self._theme.muted))
        for rect, text, alignment in self._labels:
            painter.drawText(rect, alignment, text)

    def _paint_ground(self, painter: QPainter, state: StripState) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(self._theme.window, 0.55))
        for band in self._bands:
            painter.drawRoundedRect(band, 5, 5)
        block = state.layout.blueprint.block_of(state.selected)
        if block is None or self._drawing.is_ribbon:
            return
        span = state.layout.spans[block.number - 1]
        painter.setBrush(_colour(self._theme.accent, 0.16))
        if state.selected == span.name:
            painter.setPen(_pen(self._theme.accent, 1.2))
        painter.drawRoundedRect(block_rect(self._frame, span).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_lines(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(self._theme.branch, 1.4))
        painter.drawLines(self._drawing.trunk)
        painter.setPen(_pen(self._theme.faint, 1.4))
        painter.drawLines(self._drawing.broken_trunk)

    def _paint_arcs(self, painter: QPainter, state: StripState) -> None:
        drawing, theme = self._drawing, self._theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if state.preview:
            painter.setPen(_pen(_colour(theme.changed, 0.35), 7))
            _draw_paths(painter, drawing.preview)
        painter.setPen(_pen(_colour(theme.reference, 0.85), 1.3, [3.0, 2.4]))
        _draw_paths(painter, drawing.cut_arcs)
        painter.setPen(_pen(_colour(theme.reference, 0.85), 1.3))
        painter.drawLines(drawing.cut_ends)
        for path, strength, spot in drawing.weak_arcs:
            painter.setPen(_pen(_colour(theme.shortcut, 0.45 + 0.5 * strength), 1.2 + strength, [5.0, 2.2]))
            painter.drawPath(path)
            if spot is not None:
                painter.setPen(_pen(theme.shortcut))
                rect = QRectF(spot.x() - 20, spot.y() - 10, 40, 20)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{strength:.2g}")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(theme.shortcut, 2.0))
        _draw_paths(painter, drawing.open_arcs)
        if state.hovered is not None and state.hovered.kind == "arc" and not drawing.is_ribbon:
            span = state.layout.spans[(state.hovered.block or 1) - 1]
            painter.setPen(_pen(_colour(theme.shortcut, 0.35), 7))
            painter.drawPath(arc(self._frame, span))
        painter.setPen(_pen(theme.faint, 1.0, [3.0, 2.6]))
        painter.drawRects(drawing.cut_ribbon)
        painter.setPen(_pen(theme.shortcut, 1.0))
        painter.setBrush(_colour(theme.shortcut, 0.55))
        painter.drawRects(drawing.open_ribbon)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.branch))
        for dot in drawing.junctions:
            painter.drawEllipse(dot)

    def _paint_boxes(self, painter: QPainter, state: StripState) -> None:
        drawing, theme = self._drawing, self._theme
        line = 1.3 if self._frame.half_width > 2 else 0.8
        radius = 0 if drawing.is_ribbon else min(3.0, self._frame.half_width)
        for boxes, edge, fill, dash in (
            (drawing.ends, theme.reference, theme.raised, None),
            (drawing.boxes, theme.branch, theme.branch_fill, None),
            (drawing.dropped, theme.faint, theme.panel, [2.2, 1.8]),
        ):
            painter.setPen(_pen(edge, line, dash))
            painter.setBrush(QColor(fill))
            for box in boxes:
                painter.drawRoundedRect(box, radius, radius)
        for diamonds, edge, dash in (
            (drawing.open_diamonds, theme.shortcut, None),
            (drawing.cut_diamonds, theme.reference, [2.2, 1.8]),
        ):
            painter.setPen(_pen(edge, line, dash))
            painter.setBrush(QColor(theme.panel))
            _draw_paths(painter, diamonds)
        for rect, strength in drawing.weak_boxes:
            painter.setPen(_pen(theme.branch, line, [2.2, 1.8]))
            painter.setBrush(QColor(theme.panel))
            painter.drawRoundedRect(rect, 3, 3)
            filled = rect.adjusted(1.5, rect.height() * (1 - strength), -1.5, -1.5)
            painter.fillRect(filled, _colour(theme.branch, 0.6))

    def _paint_gates(self, painter: QPainter, state: StripState) -> None:
        """Discs that are filled as far as their gate layers are open; in a ribbon one line over its bars."""
        drawing, theme = self._drawing, self._theme
        opacity = STALE_OPACITY if state.openings.is_stale else 1.0
        painter.setPen(_pen(_colour(theme.text, opacity), 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(drawing.gate_profile)
        painter.setPen(_pen(theme.shortcut, 1.3 if self._frame.half_width > 2 else 0.8))
        painter.setBrush(QColor(theme.panel))
        for disc in drawing.gates:
            painter.drawEllipse(disc)
        for level, spot, opening in drawing.gate_levels:
            painter.fillPath(level, _colour(theme.shortcut, opacity))
            if spot is not None:
                painter.setPen(_colour(theme.shortcut, opacity))
                rect = QRectF(spot.x() - 40, spot.y() - 12, 80, 24)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, percent(opening))

    def _paint_marked(self, painter: QPainter, state: StripState) -> None:
        """The layer under the pointer and the selected one, filled; a gate's disc has a ring: its filling tells."""
        name = state.layout.stem[-1].layer.name if state.selected == "stem" else state.selected
        for part, opacity in ((state.hovered, 0.35), (self._part_named(state, name), 1.0)):
            if part is not None and part.kind == "gate":
                painter.setPen(_pen(_colour(self._theme.text, opacity), 1.6))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(self._outline(state, part))
            elif part is not None and part.kind in ("box", "projection"):
                theme = self._theme
                colour = theme.shortcut if part.kind == "projection" else theme.branch
                painter.setPen(_pen(colour, 1.3))
                painter.setBrush(_colour(colour, opacity))
                painter.drawPath(self._outline(state, part))

    def _part_named(self, state: StripState, name: str) -> Part | None:
        layer = state.layout.blueprint.layer(name)
        if layer is None:
            return None
        return layer_part(layer)

    def _outline(self, state: StripState, part: Part) -> QPainterPath:
        if part.kind == "projection" and part.block is not None:
            node = state.layout.spans[part.block - 1].projection
            if node is not None:
                return diamond(self._frame, node)
        path = QPainterPath()
        if part.kind == "gate" and part.block is not None:
            path.addEllipse(gate_disc(self._frame, state.layout.spans[part.block - 1]).adjusted(-1, -1, 1, 1))
            return path
        path.addRoundedRect(self._frame.box(state.layout.spot(part)), 3, 3)
        return path

    def _paint_focus(self, painter: QPainter, state: StripState) -> None:
        if state.focused is None:
            return
        painter.setBrush(QBrush(Qt.BrushStyle.NoBrush))
        painter.setPen(_pen(self._theme.text, 1.3, [1.5, 1.8]))
        if state.focused.kind == "arc":
            span = state.layout.spans[(state.focused.block or 1) - 1]
            rect = block_rect(self._frame, span)
            rect.setBottom(self._frame.base - self._frame.half_height - 3)
            painter.drawRoundedRect(rect.adjusted(-1, 0, 1, 0), 4, 4)
        else:
            rect = self._outline(state, state.focused).boundingRect()
            painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), 4, 4)

    def centre_of(self, part: Part) -> QPointF:
        """The middle of a part, or an arc's top, in the strip's pixels: where a click on it belongs."""
        assert self._state is not None
        x = self._frame.px(self._state.layout.spot(part))
        if part.kind == "gate" and part.block is not None:
            return gate_disc(self._frame, self._state.layout.spans[part.block - 1]).center()
        if part.kind in ("arc", "projection"):
            return QPointF(x, self._frame.arc_top)
        return QPointF(x, self._frame.base if part.kind == "box" else self._frame.height - 3)


def _draw_paths(painter: QPainter, paths: list[QPainterPath]) -> None:
    for path in paths:
        painter.drawPath(path)


def _colour(name: str, opacity: float = 1.0) -> QColor:
    colour = QColor(name)
    colour.setAlphaF(opacity)
    return colour


def _pen(colour: str | QColor, width: float = 1.0, dash: list[float] | None = None) -> QPen:
    pen = QPen(QColor(colour), width)
    if dash:
        pen.setDashPattern(dash)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
