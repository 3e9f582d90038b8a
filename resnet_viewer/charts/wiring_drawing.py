"""The wiring strip as values: the shapes to draw for a wiring, with their ink, and what lies under a point.

Lengths are the drawer's, pixels on the screen and 1/96 inch on paper, from the strip's upper left corner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np

from resnet_viewer.charts.chart import is_numbered, step_of
from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.charts.shapes import Arc, Box, Disc, Ink, Outline, Point, Rect, Shape
from resnet_viewer.charts.wiring_layout import UNKNOWN, Openings, Part, Span, StripLayout
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.wiring import Wiring

REACH = 8.0
"""How far from an arc's line a click still means the arc."""
BOX_REACH = 2.0
"""How far above and below a box a click still means the box."""
NARROW = 34.0
"""Blocks narrower than this give the whole inside of their arc to the arc."""
RIBBON = 7.0
"""Blocks narrower than this are drawn as runs of equal blocks."""
STRIP_HEIGHT = 64.0
"""Of the arcs and boxes; two lines of text come on top."""
LOW_STRIP_HEIGHT = 44.0
PLAIN_STRIP_HEIGHT = 32.0
_GAP = (0.40, 0.60)
"""The part of a cut arc that is missing, along its curve."""
_SEGMENT = 13
"""Corners of a disc's filled part, beside its ends."""


class Label(NamedTuple):
    """Words in the middle of a rectangle, or at its left edge."""

    rect: Rect
    text: str
    role: str = "muted"
    opacity: float = 1.0
    is_left: bool = False


Kind = Literal[
    "trunk", "broken trunk", "preview", "cut arc", "cut end", "weak arc", "open arc", "cut ribbon", "open ribbon",
    "junction", "end", "box", "dropped", "open diamond", "cut diamond", "weak box", "weak level", "gate profile",
    "gate", "gate level",
]  # fmt: skip
_BROKEN = (2.2, 1.8)
_INKS: dict[Kind, Ink] = {
    "trunk": Ink("branch", 1.4),
    "broken trunk": Ink("faint", 1.4),
    "preview": Ink("changed", 7.0, 0.35),
    "cut arc": Ink("changed", 1.6, 1.0, (3.0, 2.4)),
    "cut end": Ink("changed", 2.0),
    "weak arc": Ink("shortcut", 1.2, 0.45, (5.0, 2.2)),
    "open arc": Ink("shortcut", 2.0),
    "cut ribbon": Ink("changed", 1.2, 1.0, (3.0, 2.6)),
    "open ribbon": Ink("shortcut", 1.0, fill="shortcut", fill_opacity=0.55),
    "junction": Ink(fill="branch"),
    "end": Ink("reference", 1.3, fill="raised"),
    "box": Ink("branch", 1.3, fill="branch_fill"),
    "dropped": Ink("faint", 1.3, dashes=_BROKEN, fill="panel"),
    "open diamond": Ink("shortcut", 1.3, fill="panel"),
    "cut diamond": Ink("changed", 1.3, dashes=_BROKEN, fill="panel"),
    "weak box": Ink("branch", 1.3, dashes=_BROKEN, fill="panel"),
    "weak level": Ink(fill="branch", fill_opacity=0.6),
    "gate profile": Ink("text", 1.3),
    "gate": Ink("shortcut", 1.3, fill="panel"),
    "gate level": Ink(fill="shortcut"),
}
"""In the order of drawing."""
_ORDER = {kind: place for place, kind in enumerate(_INKS)}
BAND_INK = Ink(fill="window", fill_opacity=0.55)


def ink_of(kind: Kind, strength: float = 1.0) -> Ink:
    """The ink of shapes of a kind; a weakened arc's tells its strength."""
    ink = _INKS[kind]
    if kind != "weak arc":
        return ink
    return Ink(ink.edge, ink.width + strength, ink.edge_opacity + 0.5 * strength, ink.dashes)


@dataclass(frozen=True)
class StripFrame:
    """The mapping from the shared axis to the strip. `scale` is the length of one unit of x."""

    left: float
    scale: float
    width: float
    height: float
    text_height: float
    has_bands: bool = True
    """The stages' names stand above the arcs."""

    def px(self, x: float) -> float:
        """From the strip's left edge."""
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
        return self.band_height + 10.0

    @property
    def band_height(self) -> float:
        """Of the stages' names."""
        return self.text_height if self.has_bands else 0.0

    @property
    def diamond_radius(self) -> float:
        """Half a projection mark's diagonal."""
        return max(2.5, min(6.5, 0.5 * self.scale))

    @property
    def cross_radius(self) -> float:
        """Half the width of the cross in a cut arc's gap."""
        return max(2.0, min(4.5, 0.25 * self.scale))

    def length(self, span: Span) -> float:
        """How wide a block is."""
        return (span.right - span.left) * self.scale

    def is_ribbon(self, span: Span) -> bool:
        """Whether a block is too narrow for an arc of its own."""
        return self.length(span) < RIBBON

    def box(self, x: float) -> Rect:
        """The box of the layer at x."""
        half, high = self.half_width, self.half_height
        return Rect(self.px(x) - half, self.base - high, 2 * half, 2 * high)

    def arc(self, span: Span) -> Arc:
        """A block's whole arc."""
        x0, x1, base = self.px(span.left), self.px(span.right), self.base
        top = base - (base - self.arc_top) * 4 / 3
        return Arc((x0, base), (x0, top), (x1, top), (x1, base))

    def diamond(self, x: float) -> Outline:
        """A projection's mark on the top of its arc."""
        x, y, r = self.px(x), self.arc_top, self.diamond_radius
        return Outline(((x, y - r), (x + r, y), (x, y + r), (x - r, y)))

    def gate_disc(self, span: Span) -> Rect:
        """The square around a gate layer's disc: on the top of its arc, or under the projection that stands there."""
        r = self.diamond_radius
        y = self.arc_top + (2 * r + 1 if span.projection else 0.0)
        return Rect(self.px(span.centre) - r, y - r, 2 * r, 2 * r)

    def block_rect(self, span: Span) -> Rect:
        """Where a block stands: from under the stage's label to the strip's lower edge."""
        top = self.band_height + 4
        return Rect(self.px(span.left), top, self.length(span), self.height - top)


class BlockLooks(NamedTuple):
    """All that the shapes of a block depend on, where the frame stays as it is."""

    shortcut: float
    branch: float
    is_left_out: bool
    opening: float | None
    is_preview: bool
    is_stale: bool


@dataclass(frozen=True, eq=False)
class StripDrawing:
    """Shapes by their kind and strength, and the numbers written on them; made by `draw`."""

    is_ribbon: bool = False
    radius: float = 0.0
    """Of the boxes' corners."""
    shapes: dict[tuple[Kind, float], list[Shape]] = field(default_factory=dict)
    is_narrow: bool = False
    is_stale: bool = False
    labels: list[Label] = field(default_factory=list)
    made_for: tuple[StripLayout, StripFrame] | None = None
    blocks: dict[int, tuple[BlockLooks, StripDrawing]] = field(default_factory=dict)
    """What is drawn of each block that has shapes of its own, by its number."""

    def add(self, kind: Kind, *shapes: Shape, strength: float = 1.0) -> None:
        """Shapes more of a kind."""
        self.shapes.setdefault((kind, strength), []).extend(shapes)

    def changed_since(self, before: StripDrawing) -> list[int] | None:
        """The blocks that look otherwise than in another drawing; None where more than blocks may."""
        if self.made_for is None or self.made_for != before.made_for or self.is_ribbon:
            return None
        return [number for number, drawn in self.blocks.items() if before.blocks.get(number) is not drawn]

    def of(self, kind: Kind) -> list[Shape]:
        """The shapes of one kind."""
        return [shape for (drawn, _), shapes in self.shapes.items() if drawn == kind for shape in shapes]

    def inked(self) -> list[tuple[Ink, list[Shape]]]:
        """Everything in the order of drawing, shape by shape: Qt takes 13 times as long for fifty arcs as one path."""
        found = []
        for (kind, strength), shapes in sorted(self.shapes.items(), key=lambda item: _ORDER[item[0][0]]):
            ink = ink_of(kind, strength)
            if self.is_narrow and ink.edge and ink.fill:  # boxes, diamonds, discs
                ink = replace(ink, width=0.8)
            if self.is_stale and kind in ("gate profile", "gate level"):
                ink = replace(ink, edge_opacity=STALE_OPACITY, fill_opacity=STALE_OPACITY)
            found.append((ink, shapes))
        return found


def draw(
    layout: StripLayout,
    frame: StripFrame,
    wiring: Wiring,
    preview: frozenset[int] = frozenset(),
    openings: Openings = UNKNOWN,
    *,
    before: StripDrawing | None = None,
) -> StripDrawing:
    """Outline everything that is in view for `wiring`; blocks in `preview` are outlined once more.

    Blocks that look as in the drawing `before` are taken from it: a toggle changes one of them.
    """
    spans = layout.visible(frame.left, frame.right)
    is_ribbon = bool(spans) and frame.is_ribbon(spans[0])
    radius = 0.0 if is_ribbon else min(3.0, frame.half_width)
    drawing = StripDrawing(
        is_ribbon,
        radius,
        is_narrow=frame.half_width <= 2,
        is_stale=openings.is_stale,
        made_for=(layout, frame),
    )
    drawing.add("end", *(Box(frame.box(node.x), radius) for node in (*layout.stem, *layout.head)))
    drawing.add("trunk", _line(frame, layout.start, layout.spans[0].left))
    drawing.add("trunk", _line(frame, layout.spans[-1].right, layout.end))
    if is_ribbon:
        _draw_ribbon(drawing, frame, spans, wiring, preview)
        _draw_profile(drawing, frame, spans, openings)
        return drawing
    made_for = layout, frame
    known = before.blocks if before is not None and before.made_for == made_for else {}
    branches = wiring.branches_run
    for span in spans:
        number = span.number
        looks = BlockLooks(
            wiring.shortcuts[number - 1],
            branches[number - 1],
            number in wiring.left_out,
            openings.of(number) if span.gate is not None else None,
            number in preview,
            openings.is_stale and span.gate is not None,
        )
        drawn = known.get(number)
        if drawn is None or drawn[0] != looks:
            drawn = looks, _block(frame, span, looks, radius)
        drawing.blocks[number] = drawn
        drawing.labels.extend(drawn[1].labels)
        for kind, shapes in drawn[1].shapes.items():
            drawing.shapes.setdefault(kind, []).extend(shapes)
    return drawing


def _block(frame: StripFrame, span: Span, looks: BlockLooks, radius: float) -> StripDrawing:
    """One block alone."""
    drawing = StripDrawing(radius=radius, is_stale=looks.is_stale)
    _draw_branch(drawing, frame, span, looks.branch, is_left_out=looks.is_left_out)
    if not span.has_shortcut:
        return drawing
    _draw_shortcut(drawing, frame, span, looks.shortcut)
    _draw_gate(drawing, frame, span, looks.shortcut, looks.opening)
    if looks.is_preview:
        drawing.add("preview", frame.arc(span))
    r = max(1.0, min(2.2, 0.1 * frame.scale))
    for x in (span.left, span.right):
        drawing.add("junction", Disc(Rect(frame.px(x) - r, frame.base - r, 2 * r, 2 * r)))
    return drawing


def _draw_branch(
    drawing: StripDrawing, frame: StripFrame, span: Span, strength: float, *, is_left_out: bool
) -> None:
    if strength == 0.0 and not is_left_out:
        # The line breaks off before the first box and takes up again behind the last one.
        stub = 0.45 * (0.5 - frame.half_width / frame.scale)
        ends = (span.left, span.left + stub), (span.right - stub, span.right)
        drawing.add("broken trunk", *(_line(frame, *end) for end in ends))
    else:
        drawing.add("trunk", _line(frame, span.left, span.right))
    for node in span.boxes:
        _add_box(drawing, frame.box(node.x), strength)


def _add_box(drawing: StripDrawing, rect: Rect, strength: float) -> None:
    if strength in (0.0, 1.0):
        drawing.add("box" if strength else "dropped", Box(rect, drawing.radius))
        return
    drawing.add("weak box", Box(rect, 3.0))
    top = rect.height * (1 - strength)
    level = Rect(rect.left + 1.5, rect.top + top, max(rect.width - 3, 0), max(rect.height - top - 1.5, 0))
    drawing.add("weak level", Box(level, 0.0))


def _draw_shortcut(drawing: StripDrawing, frame: StripFrame, span: Span, strength: float) -> None:
    arc = frame.arc(span)
    if strength == 1.0:
        drawing.add("open arc", arc)
    elif strength == 0.0:
        before, after = arc.piece(0.0, _GAP[0]), arc.piece(_GAP[1], 1.0)
        drawing.add("cut arc", before, after)
        if span.projection is None and span.gate is None:
            drawing.add("cut end", *cross(frame.px(span.centre), frame.arc_top, frame.cross_radius))
        elif frame.length(span) >= 16:  # the top is taken
            for x, y in (before.end, after.start):
                drawing.add("cut end", Outline(((x, y - 3), (x, y + 3)), is_closed=False))
    else:
        drawing.add("weak arc", arc, strength=strength)
        y = (frame.arc_top + frame.base - frame.half_height) / 2 + 1
        disc = frame.gate_disc(span)
        is_free = span.gate is None or y - 0.4 * frame.text_height > disc.bottom
        if is_free and frame.length(span) >= 2.4 * frame.text_height:
            rect = Rect(frame.px(span.centre) - 20, y - 10, 40, 20)
            drawing.labels.append(Label(rect, f"{strength:.2g}", "shortcut"))
    if span.projection is not None:
        drawing.add("open diamond" if strength else "cut diamond", frame.diamond(span.projection.x))


def _draw_gate(
    drawing: StripDrawing, frame: StripFrame, span: Span, strength: float, opening: float | None
) -> None:
    """A disc that is filled as far as its gate layer is open; its number gives way to the shortcut's own strength."""
    if span.gate is None:
        return
    disc = frame.gate_disc(span)
    drawing.add("gate", Disc(disc))
    if opening is None:
        return
    drawing.add("gate level", level(disc, opening))
    top = disc.bottom + 2
    is_wide = frame.length(span) >= 3.4 * frame.text_height
    is_high = top + 0.9 * frame.text_height <= frame.base - frame.half_height
    if is_wide and is_high and strength in (0.0, 1.0):
        rect = Rect(frame.px(span.centre) - 40, top + frame.text_height / 2 - 13, 80, 24)
        opacity = STALE_OPACITY if drawing.is_stale else 1.0
        drawing.labels.append(Label(rect, percent(opening), "shortcut", opacity))


def cross(x: float, y: float, r: float) -> tuple[Outline, Outline]:
    """The two strokes of a ✕ around a point."""
    return (
        Outline(((x - r, y - r), (x + r, y + r)), is_closed=False),
        Outline(((x - r, y + r), (x + r, y - r)), is_closed=False),
    )


def level(disc: Rect, opening: float) -> Outline:
    """The lower part of a disc, as high as its gate is open."""
    half = np.arccos(1 - 2 * min(max(opening, 0.0), 1.0))  # of the angle that the level's arc takes
    angles = np.linspace(-half, half, _SEGMENT)
    r, x, y = disc.width / 2, disc.left + disc.width / 2, disc.top + disc.height / 2
    return Outline(
        tuple(zip((x + r * np.sin(angles)).tolist(), (y + r * np.cos(angles)).tolist(), strict=True))
    )


def _draw_profile(
    drawing: StripDrawing, frame: StripFrame, spans: Sequence[Span], openings: Openings
) -> None:
    """In a ribbon one line over its bars: a step a block, as high as its gate layer is open."""
    low = frame.base - frame.half_height - 3
    found = [(span, openings.of(span.number) if span.gate is not None else None) for span in spans]
    for is_known, run in groupby(found, key=lambda pair: pair[1] is not None):
        if is_known:
            levels = [(span, low - (low - frame.arc_top) * (opening or 0.0)) for span, opening in run]
            points = ((frame.px(x), y) for span, y in levels for x in (span.left, span.right))
            drawing.add("gate profile", Outline(tuple(points), is_closed=False))


def _draw_ribbon(
    drawing: StripDrawing, frame: StripFrame, spans: Sequence[Span], wiring: Wiring, preview: frozenset[int]
) -> None:
    """Blocks of one or two pixels: bars as high as the gate is open, over runs of blocks with equal gates."""
    depth = frame.base - frame.half_height - 3 - frame.arc_top
    branches = wiring.branches_run
    for (shortcut, branch, is_marked), group in groupby(
        spans,
        key=lambda s: (wiring.shortcuts[s.number - 1], branches[s.number - 1], s.number in preview),
    ):
        run = list(group)
        left, right = frame.px(run[0].left), frame.px(run[-1].right)
        width, high = max(right - left, 1.0), frame.half_height
        _add_box(drawing, Rect(left, frame.base - high, width, 2 * high), branch)
        if not run[0].has_shortcut:
            continue
        height = depth * (shortcut or 1.0)
        bar = Box(Rect(left, frame.arc_top + depth - height, width, height), 0.0)
        drawing.add("open ribbon" if shortcut else "cut ribbon", bar)
        if is_marked:
            drawing.add("preview", bar)


def _line(frame: StripFrame, start: float, stop: float) -> Outline:
    return Outline(((frame.px(start), frame.base), (frame.px(stop), frame.base)), is_closed=False)


def bands(layout: StripLayout, frame: StripFrame) -> list[Box]:
    """The grounds of the stages in view."""
    edges = ((frame.px(band.left), frame.px(band.right)) for band in layout.bands)
    return [
        Box(Rect(left + 1, 0, right - left - 2, frame.height), 5.0)
        for left, right in edges
        if right >= 0 and left <= frame.width
    ]


def labels(
    layout: StripLayout, frame: StripFrame, measure: Callable[[str], float], *, beyond: float = 0.0
) -> list[Label]:
    """The stages' names, the blocks' numbers, and what stands at both ends. A stage's name stays in view while any of
    the stage is. Of the numbers there are as many as have room but always the first; "stem" goes where that needs its
    room; it may stand out of the strip by as much as `beyond`.
    """
    found: list[Label] = []
    for band in layout.bands if frame.has_bands else ():
        start, stop = max(frame.px(band.left), 0.0) + 6, min(frame.px(band.right), frame.width) - 4
        fitting = (text for text in band.wordings if measure(text) <= stop - start)
        if text := next(fitting, ""):
            found.append(Label(Rect(start, 1, stop - start, frame.text_height), text, is_left=True))
    height = frame.text_height
    top = frame.height - height - 1
    ending = "fc" if layout.head else "end"
    stem, head = measure("stem"), measure(ending)
    # Beside the blocks as far as the strip reaches, so that "stem" and "1" do not read as one word.
    left, right = layout.limits
    beside = frame.px(layout.stem[-1].x) + frame.half_width - stem
    centred = (frame.px(layout.start) + frame.px(layout.stem[-1].x) - stem) / 2
    stem_left = max(frame.px(left) + 1 - beyond, min(beside, centred))
    head_left = min(frame.px(right) - head - 1, frame.px(layout.end) - frame.half_width)
    found.append(Label(Rect(head_left, top, head + 1, height), ending))
    first = measure("1") / 2 + 4
    if stem_left + stem + first <= frame.px(layout.spans[0].centre):
        found.append(Label(Rect(stem_left, top, stem + 1, height), "stem"))
    spans = layout.visible(frame.left, frame.right)
    if not spans:
        return found
    widest = measure(str(spans[-1].number)) + 8
    step = step_of(widest / frame.length(spans[0]))
    last = -widest
    for span in spans:
        middle = frame.px(span.centre)
        if is_numbered(span.number, step) and last + widest <= middle <= head_left - widest / 2:
            last = middle
            found.append(Label(Rect(middle - widest / 2, top, widest, height), str(span.number)))
    return found


def shape_of(layout: StripLayout, frame: StripFrame, part: Part) -> Shape:
    """The outline of a part."""
    if part.block is not None and part.kind != "box":
        span = layout.spans[part.block - 1]
        if part.kind == "arc":
            return frame.arc(span)
        if part.kind == "block":
            return Box(frame.block_rect(span), 4.0)
        if part.kind == "gate":
            return Disc(frame.gate_disc(span).grown(1.0, 1.0))
        return frame.diamond(span.centre)
    return Box(frame.box(layout.spot(part)), 3.0)


def centre_of(layout: StripLayout, frame: StripFrame, part: Part) -> Point:
    """The middle of a part, or an arc's top: where a click on it belongs."""
    x = frame.px(layout.spot(part))
    if part.kind == "gate" and part.block is not None:
        disc = frame.gate_disc(layout.spans[part.block - 1])
        return x, disc.top + disc.height / 2
    if part.kind in ("arc", "projection"):
        return x, frame.arc_top
    return x, frame.base if part.kind == "box" else frame.height - 3


def focus_rect(layout: StripLayout, frame: StripFrame, part: Part) -> Rect:
    """The frame around the part that has the keyboard's focus."""
    if part.kind == "arc" and part.block is not None:
        rect = frame.block_rect(layout.spans[part.block - 1]).grown(1.0)
        return rect._replace(height=frame.base - frame.half_height - 3 - rect.top)
    if part.kind == "box":
        return frame.box(layout.spot(part)).grown(3.0, 3.0)
    (x, y), r = centre_of(layout, frame, part), frame.diamond_radius + 3
    return Rect(x - r, y - r, 2 * r, 2 * r)


def part_at(layout: StripLayout, frame: StripFrame, px: float, py: float) -> Part | None:
    """What lies under a point: a box before a projection or gate before an arc before a block's ground."""
    x = frame.x(px)
    span = layout.span_at(x)
    boxes = span.boxes if span else (*layout.stem, *layout.head)
    nearest = min(boxes, key=lambda node: abs(node.x - x))
    if frame.box(nearest.x).grown(1.5, BOX_REACH).holds(px, py):
        return nearest.part
    if span is None:
        return None
    has_marks = not frame.is_ribbon(span)
    if span.projection is not None and has_marks:
        distance = abs(px - frame.px(span.projection.x)) + abs(py - frame.arc_top)
        if distance <= frame.diamond_radius + 2:
            return span.projection.part
    if span.gate is not None and has_marks and frame.gate_disc(span).grown(1.0, 1.0).holds(px, py):
        return span.gate.part
    is_inside = span.has_shortcut and frame.arc_top - REACH <= py <= frame.base - frame.half_height
    if is_inside and (frame.length(span) < NARROW or frame.arc(span).is_near(px, py, REACH)):
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
