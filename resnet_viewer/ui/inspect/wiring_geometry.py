"""The wiring strip in pixels: the outlines to paint for a wiring, and what lies under a point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath

from resnet_viewer.charts.wiring_layout import UNKNOWN, Node, Openings, Part, Span, StripLayout
from resnet_viewer.records.wiring import Wiring

REACH = 8.0
"""How far from an arc's line, in pixels, a click still means the arc."""
BOX_REACH = 2.0
"""How far above and below a box a click still means the box."""
NARROW = 34.0
"""Blocks narrower than this many pixels give the whole inside of their arc to the arc."""
RIBBON = 7.0
"""Blocks narrower than this many pixels are drawn as runs of equal blocks."""
_GAP = (0.40, 0.60)
"""The part of a cut arc that is missing, along its curve."""


@dataclass(frozen=True)
class StripFrame:
    """The mapping from the shared axis to the strip's pixels. `scale` is in pixels for one unit of x."""

    left: float
    scale: float
    width: float
    height: float
    text_height: float

    def px(self, x: float) -> float:
        """Pixels from the strip's left edge."""
        return (x - self.left) * self.scale

    def x(self, px: float) -> float:
        """The inverse of `px`."""
        return self.left + px / self.scale

    @property
    def right(self) -> float:
        """x at the strip's right edge."""
        return self.x(self.width)

    @property
    def half_width(self) -> float:
        """Half a box's width."""
        return max(0.7, min(9.0, 0.31 * self.scale))

    @property
    def half_height(self) -> float:
        """Half a box's height."""
        return 8.0 if self.height >= 84 else 7.0

    @property
    def base(self) -> float:
        """y of the line that joins the boxes."""
        return self.height - self.text_height - 4 - self.half_height

    @property
    def arc_top(self) -> float:
        """y of the arcs' tops."""
        return self.text_height + 10.0

    def is_ribbon(self, span: Span) -> bool:
        """Whether a block is too narrow for an arc of its own."""
        return (span.right - span.left) * self.scale < RIBBON

    def box(self, x: float) -> QRectF:
        """The box of the layer at x."""
        return QRectF(
            self.px(x) - self.half_width,
            self.base - self.half_height,
            2 * self.half_width,
            2 * self.half_height,
        )

    def diamond_radius(self) -> float:
        """Half a projection mark's diagonal."""
        return max(2.5, min(6.5, 0.5 * self.scale))


@dataclass(frozen=True, eq=False)
class StripDrawing:
    """Outlines in pixels, sorted by the way of painting; made by `draw`.

    Arcs and boxes are kept one by one: painting fifty of them as a single path takes thirteen times as long.
    """

    is_ribbon: bool = False
    trunk: list[QLineF] = field(default_factory=list)
    broken_trunk: list[QLineF] = field(default_factory=list)
    junctions: list[QRectF] = field(default_factory=list)
    open_arcs: list[QPainterPath] = field(default_factory=list)
    cut_arcs: list[QPainterPath] = field(default_factory=list)
    """Two pieces for each cut shortcut."""
    cut_ends: list[QLineF] = field(default_factory=list)
    weak_arcs: list[tuple[QPainterPath, float, QPointF | None]] = field(default_factory=list)
    """Path, strength, and where the strength can be written, if there is room."""
    preview: list[QPainterPath] = field(default_factory=list)
    ends: list[QRectF] = field(default_factory=list)
    """Boxes of the stem and the classifier."""
    boxes: list[QRectF] = field(default_factory=list)
    dropped: list[QRectF] = field(default_factory=list)
    weak_boxes: list[tuple[QRectF, float]] = field(default_factory=list)
    open_diamonds: list[QPainterPath] = field(default_factory=list)
    cut_diamonds: list[QPainterPath] = field(default_factory=list)
    open_ribbon: list[QRectF] = field(default_factory=list)
    cut_ribbon: list[QRectF] = field(default_factory=list)
    gates: list[QRectF] = field(default_factory=list)
    """The squares around gate layers' discs."""
    gate_levels: list[tuple[QPainterPath, QPointF | None, float]] = field(default_factory=list)
    """How far a disc is filled, where its number can be written, if there is room, and the opening."""
    gate_profile: QPainterPath = field(default_factory=QPainterPath)
    """In a ribbon: one step a block, as high in its bar as its gate layer is open."""


def arc(frame: StripFrame, span: Span, start: float = 0.0, stop: float = 1.0) -> QPainterPath:
    """The piece of a block's arc between two parameters of its cubic curve (0: input, 1: output)."""
    x0, x1 = frame.px(span.left), frame.px(span.right)
    top = frame.base - (frame.base - frame.arc_top) * 4 / 3
    corners = [QPointF(x0, frame.base), QPointF(x0, top), QPointF(x1, top), QPointF(x1, frame.base)]
    corners = _split(corners, stop)[0]
    if start > 0.0:
        corners = _split(corners, start / stop)[1]
    path = QPainterPath(corners[0])
    path.cubicTo(corners[1], corners[2], corners[3])
    return path


def _split(corners: list[QPointF], t: float) -> tuple[list[QPointF], list[QPointF]]:
    """De Casteljau: the cubic before and after t."""
    if t >= 1.0:
        return corners, corners
    rows = [corners]
    while len(rows[-1]) > 1:
        rows.append([a * (1 - t) + b * t for a, b in zip(rows[-1], rows[-1][1:], strict=False)])
    return [row[0] for row in rows], [row[-1] for row in reversed(rows)]


def diamond(frame: StripFrame, node: Node) -> QPainterPath:
    """A projection's mark on the top of its arc."""
    x, y, r = frame.px(node.x), frame.arc_top, frame.diamond_radius()
    path = QPainterPath(QPointF(x, y - r))
    for dx, dy in ((r, 0.0), (0.0, r), (-r, 0.0)):
        path.lineTo(x + dx, y + dy)
    path.closeSubpath()
    return path


def gate_disc(frame: StripFrame, span: Span) -> QRectF:
    """The square around a gate layer's disc: on the top of its arc, or under the projection that stands there."""
    r = frame.diamond_radius()
    y = frame.arc_top + (2 * r + 1 if span.projection else 0.0)
    return QRectF(frame.px(span.centre) - r, y - r, 2 * r, 2 * r)


def _gate_level(disc: QRectF, opening: float) -> QPainterPath:
    """The lower part of a disc, as high as its gate is open."""
    whole, below = QPainterPath(), QPainterPath()
    whole.addEllipse(disc)
    below.addRect(disc.adjusted(0, disc.height() * (1 - opening), 0, 0))
    return whole.intersected(below)


def block_rect(frame: StripFrame, span: Span) -> QRectF:
    """The ground of a block: from under the stage's label to the strip's lower edge."""
    top = frame.text_height + 4
    left = frame.px(span.left)
    return QRectF(left, top, frame.px(span.right) - left, frame.height - top)


def draw(
    layout: StripLayout,
    frame: StripFrame,
    wiring: Wiring,
    preview: frozenset[int] = frozenset(),
    openings: Openings = UNKNOWN,
) -> StripDrawing:
    """Outline everything that is in view for `wiring`; blocks in `preview` are outlined once more."""
    spans = layout.visible(frame.left, frame.right)
    is_ribbon = bool(spans) and frame.is_ribbon(spans[0])
    drawing = StripDrawing(is_ribbon=is_ribbon)
    for node in (*layout.stem, *layout.head):
        drawing.ends.append(frame.box(node.x))
    _line(drawing.trunk, frame, layout.start, layout.spans[0].left)
    _line(drawing.trunk, frame, layout.spans[-1].right, layout.end)
    if is_ribbon:
        _draw_ribbon(drawing, frame, spans, wiring, preview)
        _draw_profile(drawing.gate_profile, frame, spans, openings)
        return drawing
    for span in spans:
        _draw_branch(drawing, frame, span, wiring.branches[span.number - 1])
        if span.has_shortcut:
            _draw_shortcut(drawing, frame, span, wiring.shortcuts[span.number - 1])
            _draw_gate(drawing, frame, span, wiring.shortcuts[span.number - 1], openings.of(span.number))
            if span.number in preview:
                drawing.preview.append(arc(frame, span))
            radius = max(1.0, min(2.2, 0.1 * frame.scale))
            for x in (span.left, span.right):
                drawing.junctions.append(
                    QRectF(frame.px(x) - radius, frame.base - radius, 2 * radius, 2 * radius)
                )
    return drawing


def _draw_branch(drawing: StripDrawing, frame: StripFrame, span: Span, strength: float) -> None:
    if strength == 0.0:
        # The line breaks off before the first box and takes up again behind the last one.
        pad = 0.5 * frame.scale - frame.half_width
        _line(drawing.broken_trunk, frame, span.left, span.left + 0.45 * pad / frame.scale)
        _line(drawing.broken_trunk, frame, span.right - 0.45 * pad / frame.scale, span.right)
    else:
        _line(drawing.trunk, frame, span.left, span.right)
    for node in span.boxes:
        rect = frame.box(node.x)
        if strength == 0.0:
            drawing.dropped.append(rect)
        elif strength == 1.0:
            drawing.boxes.append(rect)
        else:
            drawing.weak_boxes.append((rect, strength))


def _draw_shortcut(drawing: StripDrawing, frame: StripFrame, span: Span, strength: float) -> None:
    if strength == 1.0:
        drawing.open_arcs.append(arc(frame, span))
    elif strength == 0.0:
        before, after = arc(frame, span, 0.0, _GAP[0]), arc(frame, span, _GAP[1], 1.0)
        drawing.cut_arcs.extend((before, after))
        if (span.right - span.left) * frame.scale >= 16:
            for point in (before.currentPosition(), after.pointAtPercent(0.0)):
                drawing.cut_ends.append(QLineF(point.x(), point.y() - 3, point.x(), point.y() + 3))
    else:
        has_room = (span.right - span.left) * frame.scale >= 2.4 * frame.text_height
        spot = QPointF(frame.px(span.centre), (frame.arc_top + frame.base - frame.half_height) / 2 + 1)
        if span.gate is not None:
            has_room = has_room and spot.y() - 0.4 * frame.text_height > gate_disc(frame, span).bottom()
        drawing.weak_arcs.append((arc(frame, span), strength, spot if has_room else None))
    if span.projection is not None:
        target = drawing.cut_diamonds if strength == 0.0 else drawing.open_diamonds
        target.append(diamond(frame, span.projection))


def _draw_gate(
    drawing: StripDrawing, frame: StripFrame, span: Span, strength: float, opening: float | None
) -> None:
    """A disc; its number gives way to the shortcut's own strength."""
    if span.gate is None:
        return
    disc = gate_disc(frame, span)
    drawing.gates.append(disc)
    if opening is not None:
        top = disc.bottom() + 2
        is_wide = (span.right - span.left) * frame.scale >= 3.4 * frame.text_height
        is_high = top + 0.9 * frame.text_height <= frame.base - frame.half_height
        has_room = is_wide and is_high and strength in (0.0, 1.0)
        spot = QPointF(frame.px(span.centre), top + frame.text_height / 2 - 1) if has_room else None
        drawing.gate_levels.append((_gate_level(disc, opening), spot, opening))


def _draw_profile(path: QPainterPath, frame: StripFrame, spans: tuple[Span, ...], openings: Openings) -> None:
    low = frame.base - frame.half_height - 3
    is_begun = False
    for span in spans:
        opening = openings.of(span.number)
        if span.gate is None or opening is None:
            is_begun = False
            continue
        y = low - (low - frame.arc_top) * opening
        for x in (span.left, span.right):
            (path.lineTo if is_begun else path.moveTo)(frame.px(x), y)
            is_begun = True


def _draw_ribbon(
    drawing: StripDrawing, frame: StripFrame, spans: tuple[Span, ...], wiring: Wiring, preview: Iterable[int]
) -> None:
    """Blocks of one or two pixels: bars as high as the gate is open, over runs of blocks with equal gates."""
    marked = set(preview)
    depth = frame.base - frame.half_height - 3 - frame.arc_top
    for (shortcut, branch, is_marked), group in groupby(
        spans,
        key=lambda s: (wiring.shortcuts[s.number - 1], wiring.branches[s.number - 1], s.number in marked),
    ):
        run = list(group)
        left, right = frame.px(run[0].left), frame.px(run[-1].right)
        box = QRectF(left, frame.base - frame.half_height, max(right - left, 1.0), 2 * frame.half_height)
        if branch in (0.0, 1.0):
            (drawing.boxes if branch else drawing.dropped).append(box)
        else:
            drawing.weak_boxes.append((box, branch))
        if not run[0].has_shortcut:
            continue
        height = depth * (shortcut or 1.0)
        bar = QRectF(left, frame.arc_top + depth - height, max(right - left, 1.0), height)
        (drawing.open_ribbon if shortcut else drawing.cut_ribbon).append(bar)
        if is_marked:
            outline = QPainterPath()
            outline.addRect(bar)
            drawing.preview.append(outline)


def _line(lines: list[QLineF], frame: StripFrame, start: float, stop: float) -> None:
    lines.append(QLineF(frame.px(start), frame.base, frame.px(stop), frame.base))


def part_at(layout: StripLayout, frame: StripFrame, px: float, py: float) -> Part | None:
    """What lies under a point: a box before a projection or gate before an arc before a block's ground."""
    x = frame.x(px)
    span = layout.span_at(x)
    boxes = span.boxes if span else (*layout.stem, *layout.head)
    nearest = min(boxes, key=lambda node: abs(node.x - x))
    if (
        abs(py - frame.base) <= frame.half_height + BOX_REACH
        and abs(px - frame.px(nearest.x)) <= frame.half_width + 1.5
    ):
        return nearest.part
    if span is None:
        return None
    is_ribbon = frame.is_ribbon(span)  # its bars have no marks
    if span.projection is not None and not is_ribbon:
        distance = abs(px - frame.px(span.projection.x)) + abs(py - frame.arc_top)
        if distance <= frame.diamond_radius() + 2:
            return span.projection.part
    if (
        span.gate is not None
        and not is_ribbon
        and gate_disc(frame, span).adjusted(-1, -1, 1, 1).contains(px, py)
    ):
        return span.gate.part
    if span.has_shortcut and _is_on_arc(frame, span, px, py):
        return Part("arc", span.name, span.number)
    return Part("block", span.name, span.number)


def arc_around(layout: StripLayout, frame: StripFrame, px: float, py: float) -> int | None:
    """The block in the band of whose arc a point lies, from the arc's top down to above the boxes; a drag from there
    sweeps. None outside, and where there is no shortcut."""
    span = layout.span_at(frame.x(px))
    if span is None or not span.has_shortcut:
        return None
    is_inside = frame.arc_top - REACH <= py < frame.base - frame.half_height - BOX_REACH
    return span.number if is_inside else None


def _is_on_arc(frame: StripFrame, span: Span, px: float, py: float) -> bool:
    if py > frame.base - frame.half_height or py < frame.arc_top - REACH:
        return False
    if (span.right - span.left) * frame.scale < NARROW:
        return True
    path = arc(frame, span)
    points = (path.pointAtPercent(i / 48) for i in range(49))
    return any((p.x() - px) ** 2 + (p.y() - py) ** 2 <= REACH**2 for p in points)
