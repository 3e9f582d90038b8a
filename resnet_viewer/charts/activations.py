"""The activations behind every block along the strip's axis, now over the reference.

A thin line from 5 to 95 %, a box from 25 to 75 %, a tick at the median; the share of zeros in a lane below, what is not
finite in a lane above. The reference's lines are dashed and its boxes hollow.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

import numpy as np

from resnet_viewer.charts.chart import (
    SAMPLE,
    Axis,
    Chart,
    Dots,
    Name,
    Rect,
    Room,
    Stroke,
    Tick,
    is_numbered,
    step_of,
)
from resnet_viewer.charts.chart import Shape as Mark
from resnet_viewer.charts.curves import round_numbers
from resnet_viewer.charts.gradient_values import ROLES, Role
from resnet_viewer.charts.log_axis import LANE_PIXELS
from resnet_viewer.charts.shapes import Box, Ink, Inked, Outline, Point
from resnet_viewer.charts.wiring_layout import StripLayout, lay_out
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import have_same_plan
from resnet_viewer.records.distribution import PERCENTS, Distribution, Distributions
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.session import ActivationScale

TITLE = "Activations by block"
SCALES: dict[ActivationScale, str] = {"auto": "automatic", "linear": "linear", "log": "logarithmic"}
KEY = "line 5–95 %, box 25–75 %, tick median"
"""What is drawn of a block."""
_FAR_APART = 100.0
"""Where the largest block has so many times the values of the smallest, one linear scale shows the small ones no
more."""
_ZEROS = 1.3
"""Lines of text that the lane of zeros is high."""
_LEAST_LINES, _NAMED_LINES = 4.5, 7.0
"""A plot of fewer lines of text has no lane of zeros, or no names."""
_RIBBON = 5.0
"""Blocks narrower than this are drawn as one band of steps."""
_WIDEST = 9.0
"""Of a box."""
_MARGIN = 3.0
_BETWEEN_NUMBERS = 14.0
_LARGE, _SMALL = 1e4, 1e-3
"""Beyond these numbers are written with their power of ten."""

Look = Literal["boxes", "steps"]


@dataclass(frozen=True)
class ValueScale:
    """From values to heights: proportional, or by decades on both sides of zero.

    `unit` is 0 for a linear scale; else values up to it lie proportionally between −1 and 1, ten times as large ones
    at 2, a hundred times as large ones at 3.
    """

    unit: float = 0.0

    @property
    def is_log(self) -> bool:
        """Whether it goes by decades."""
        return self.unit > 0.0

    def place(self, value: float) -> float:
        """The height of a finite value."""
        if not self.is_log:
            return value
        size = abs(value)
        height = size / self.unit if size <= self.unit else 1.0 + math.log10(size) - math.log10(self.unit)
        return math.copysign(height, value)

    def numbers(self, low: float, high: float, pixels: float, line: float) -> tuple[Tick, ...]:
        """Round numbers between two heights that are `pixels` apart."""
        if not self.is_log:
            found = round_numbers(low, high, pixels, 2.2 * line)
            if len(found) < 3:
                found = round_numbers(low, high, pixels, 1.3 * line)
            return tuple(Tick(place, number_text(place, text)) for place, text in found)
        first = round(math.log10(self.unit))
        step = step_of(1.4 * line * (high - low) / pixels)
        ends = (low, high)
        ticks = [Tick(0.0, "0")]
        for sign, end in zip((-1, 1), ends, strict=True):
            powers = range(first, first + max(math.floor(sign * end), 0))
            ticks += [
                Tick(sign * (1.0 + power - first), f"{'−' if sign < 0 else ''}1e{power}")
                for power in powers
                if (power - first) % step == step - 1
            ]
        return tuple(sorted(ticks))


def number_text(value: float, text: str) -> str:
    """A number beside an axis: its `text`, or its power of ten where it is very large or small."""
    if value == 0.0 or _SMALL <= abs(value) < _LARGE:
        return text
    mantissa, _, power = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa


def scale_for(found: Iterable[Distribution], wished: ActivationScale) -> ValueScale:
    """The scale that was wished for; by itself it is linear while one shows every block."""
    sizes = [size for each in found if (size := each.size) > 0.0]
    if wished == "linear" or not sizes or (wished == "auto" and max(sizes) <= _FAR_APART * min(sizes)):
        return ValueScale()
    return ValueScale(10.0 ** (math.floor(math.log10(min(sizes))) - 1))


def limits(layout: StripLayout) -> tuple[float, float]:
    """The range of the strip's axis that shows the stem and every block whole."""
    return layout.start - 0.8, layout.spans[-1].right + 0.8


@dataclass(frozen=True)
class Column:
    """The stem or a block at its place on the strip's axis."""

    name: str
    words: str
    left: float
    right: float
    found: Distribution | None
    is_known: bool
    """It was looked at: without a distribution it was not computed."""


def columns(found: Distributions, layout: StripLayout) -> tuple[Column, ...]:
    """Everything that was found, in units of the layout's axis; another network's by its relative depth."""
    plan = found.plan
    own = layout if have_same_plan(plan, layout.blueprint) else lay_out(plan)
    factor, shift = layout.beside(own)
    stem = ("stem", own.start - 0.5, own.spans[0].left)
    places = (stem, *((span.name, span.left, span.right) for span in own.spans))
    return tuple(
        Column(
            name,
            plan.describe(name),
            shift + factor * left,
            shift + factor * right,
            found.of(name),
            name in found.found,
        )
        for name, left, right in places
    )


@dataclass(frozen=True, eq=False)
class ActivationChart:
    """The plot, and the columns that it is made of; the reference's are empty where both are one state."""

    chart: Chart
    scale: ValueScale = ValueScale()
    now: tuple[Column, ...] = ()
    reference: tuple[Column, ...] = ()

    @property
    def named(self) -> tuple[Column, ...]:
        """The columns that a click chooses among: now's, or the reference's before there are any."""
        return self.now or self.reference

    def at(self, x: float) -> int | None:
        """The place among those of the one over x."""
        return _over(self.named, x)

    def beside(self, place: int) -> Column | None:
        """The reference's column beside one of now's: at the same depth."""
        column = self.named[place]
        found = _over(self.reference, (column.left + column.right) / 2)
        return None if found is None or not self.now else self.reference[found]

    def readout(self, place: int) -> str:
        """All numbers of a column, in one line."""
        column, beside = self.named[place], self.beside(place)
        words = [column.words, f"now {numbers_words(column)}"]
        if not self.now:
            words[1] = f"reference {numbers_words(column)}"
        if beside is not None:
            place_words = "" if beside.words == column.words else f"{beside.words}: "
            words.append(f"reference {place_words}{numbers_words(beside)}")
        return " · ".join(words)


def _over(found: Sequence[Column], x: float) -> int | None:
    place = bisect_right([column.left for column in found], x) - 1
    return place if place >= 0 and x <= found[place].right else None


def numbers_words(column: Column) -> str:
    """ "5 % 0, 25 % 0, median 0.12, 75 % 0.5, 95 % 1.3, zeros 45 %", as far as they are known."""
    found = column.found
    if found is None:
        return "not computed" if column.is_known else "computing…"
    said = [
        f"{'median' if share == 50 else f'{share} %'} {value:.4g}"
        for share, value in zip(PERCENTS, found.percentiles, strict=False)
    ]
    said.append(f"zeros {percent(found.zeros)}")
    said += [f"{count} of {found.count} {word}" for count, word in _odd(found) if count]
    return ", ".join(said)


def numbers_table(shown: ActivationChart, place: int) -> str:
    """The same as rich text: a row for each number, a column for each side."""
    column, beside = shown.named[place], shown.beside(place)
    sides = [("now" if shown.now else "reference", column)]
    sides += (
        [("reference" if beside.words == column.words else f"reference: {beside.words}", beside)]
        if beside
        else []
    )
    heads = [f"{share} %" if share != 50 else "median" for share in PERCENTS]
    rows = [["", *(name for name, _ in sides)]]
    for number, head in enumerate(heads):
        values = [each.found.percentiles if each.found is not None else () for _, each in sides]
        rows.append([head, *(f"{found[number]:.4g}" if found else "—" for found in values)])
    shares = [percent(each.found.zeros) if each.found is not None else "—" for _, each in sides]
    rows.append(["zeros", *shares])
    odd = [_odd(each.found) if each.found is not None else ((0, ""), (0, "")) for _, each in sides]
    if any(count for found in odd for count, _ in found):
        rows.append(
            ["not finite", *(", ".join(f"{n} {word}" for n, word in found if n) or "0" for found in odd)]
        )
    cells = "".join(
        f"<tr>{''.join(f'<td align=right>{escape(cell)}&nbsp;&nbsp;</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<b>{escape(column.words)}</b><table>{cells}</table>"


def _odd(found: Distribution) -> tuple[tuple[int, str], tuple[int, str]]:
    return (found.infinite, "infinite"), (found.nan, "NaN")


def side_names(now: Distributions | None, reference: Distributions | None) -> tuple[str, str]:
    """What is written of now and of the reference; one name for both where both are one state."""
    states = [None if found is None else found.request.state for found in (now, reference)]
    words = ["" if state is None else captions.wiring_words(state.network, state.wiring) for state in states]
    ours, theirs = states
    if ours is not None and ours == theirs:
        return f"now = reference: {words[0]}", ""
    if ours is not None and theirs is not None and ours.network != theirs.network:
        words = list(captions.short_names(ours, theirs))
    return words[0] and f"now: {words[0]}", words[1] and f"reference: {words[1]}"


def activation_chart(
    now: Distributions | None,
    reference: Distributions | None,
    layout: StripLayout,
    room: Room,
    *,
    span: tuple[float, float] | None = None,
    wished: ActivationScale = "auto",
    message: str = "",
    has_names: bool = True,
) -> ActivationChart:
    """Both over the whole strip, or the part `span` of its axis; a reference in the same state is not drawn twice."""
    left, right = span or limits(layout)
    names = side_names(now, reference)
    is_same = now is not None and reference is not None and now.request == reference.request
    sides: dict[Role, tuple[Column, ...]] = {
        "now": columns(now, layout) if now is not None else (),
        "reference": columns(reference, layout) if reference is not None and not is_same else (),
    }
    every = [column.found for role in ROLES for column in sides[role] if column.found is not None]
    if not every:
        return ActivationChart(
            Chart(Axis(left, right), Axis(0.0, 1.0), message=message), ValueScale(), **sides
        )
    scale = scale_for(every, wished)
    heights = [scale.place(value) for each in every for value in each.percentiles]
    low, high = min(0.0, *heights, 0.0), max(0.0, *heights, 0.0)
    high = high if high > low else low + 1.0
    zeros = _ZEROS * room.line if room.height >= _LEAST_LINES * room.line else 0.0
    above = LANE_PIXELS if any(each.infinite or each.nan for each in every) else 0.0
    written = room.line + 4 if has_names and room.height >= _NAMED_LINES * room.line else 0.0
    pixel = (high - low) / max(room.height - zeros - above - written - 2 * _MARGIN, 10.0)
    bottom, top = low - (zeros + _MARGIN) * pixel, high + (_MARGIN + above + written) * pixel
    y = Axis(bottom, top, scale.numbers(low, high, (high - low) / pixel, room.line))
    if zeros:
        lane = Tick(bottom + zeros * pixel / 2, "zeros")
        y = replace(y, lanes=(lane,), edges=(bottom + zeros * pixel,))
    odd = high + (_MARGIN + above / 2) * pixel
    if above:
        y = replace(y, lanes=(*y.lanes, Tick(odd, "∞ nan")), edges=(*y.edges, high + _MARGIN * pixel))
    x = Axis(left, right, _block_numbers(layout, (left, right), room))
    drawer = _Drawer(Chart(x, y), scale, room, zeros)
    inked: list[Inked] = []
    dots: list[Dots] = []
    is_beside = sides["now"] and sides["reference"] and _are_alike(sides["now"], sides["reference"])
    narrowest = min(column.right - column.left for column in sides["now"][1:] or sides["reference"][1:])
    is_narrow = narrowest * room.width / (right - left) < _RIBBON
    for role in ROLES:
        look: Look = (
            "steps" if is_narrow or (role == "reference" and sides["now"] and not is_beside) else "boxes"
        )
        half = 0.0 if not is_beside else -1.0 if role == "reference" else 1.0
        inked += drawer.steps(role, sides[role]) if look == "steps" else drawer.boxes(role, sides[role], half)
        dots += drawer.marks(role, sides[role], half, odd)
    chart = Chart(x, y, dots=tuple(dots), shapes=tuple(each for each in inked if each.shapes))
    if written:
        chart = replace(chart, names=_names(names, room))
    return ActivationChart(chart, scale, **sides)


def _are_alike(now: Sequence[Column], reference: Sequence[Column]) -> bool:
    """Whether each column of one stands where one of the other does."""
    return [column.left for column in now] == [column.left for column in reference]


def _block_numbers(layout: StripLayout, span: tuple[float, float], room: Room) -> tuple[Tick, ...]:
    """As many blocks' numbers as have room, but always the first."""
    left, right = span
    last = layout.spans[-1]
    width = (last.right - last.left) / (right - left) * room.width
    step = step_of((room.measure(str(last.number)) + _BETWEEN_NUMBERS) / width)
    return tuple(
        Tick(block.centre, str(block.number))
        for block in layout.visible(left, right)
        if is_numbered(block.number, step) and left <= block.centre <= right
    )


def _names(names: tuple[str, str], room: Room) -> tuple[Name, ...]:
    """In one row at the upper left; only "now" and "reference" where both have no room."""
    strokes = Stroke("changed"), Stroke("reference", is_dashed=True)
    for texts in (names, tuple(name.partition(":")[0] for name in names)):
        widths = [SAMPLE + math.ceil(room.measure(text)) if text else 0.0 for text in texts]
        if sum(widths) + 18 <= room.width:
            break
    found, left = [], 6.0
    for role, text, stroke, width in zip(("now", "reference"), texts, strokes, widths, strict=True):
        if text and left + width <= room.width:
            found.append(Name(role, text, stroke, Rect(left, 1.0, width, math.ceil(room.line))))
            left += width + 12
    return tuple(found)


WHISKERS: dict[Role, Ink] = {
    "now": Ink("changed", 1.3),
    "reference": Ink("reference", 1.2, dashes=(2.5, 1.7)),
}
BOXES: dict[Role, Ink] = {
    "now": Ink("changed", 1.0, fill="changed", fill_opacity=0.55),
    "reference": Ink("reference", 1.1),
}
TICKS: dict[Role, Ink] = {"now": Ink("text", 1.8), "reference": Ink("reference", 1.8)}
_BARS: dict[Role, Ink] = {"now": Ink(fill="changed", fill_opacity=0.75), "reference": Ink("reference", 1.0)}
_GONE: dict[Role, Ink] = {"now": Ink("changed", 1.2, 0.7), "reference": Ink("reference", 1.2, 0.7)}


@dataclass(frozen=True)
class _Drawer:
    """From distributions to shapes in the room's units."""

    chart: Chart
    scale: ValueScale
    room: Room
    zeros: float
    """How high the lane of zeros is."""

    def _x(self, x: float) -> float:
        return self.chart.x.share(x) * self.room.width

    def _y(self, value: float) -> float:
        return (1.0 - self.chart.y.share(self.scale.place(value))) * self.room.height

    def _spot(self, column: Column, half: float) -> tuple[float, float]:
        """The middle of a box and half of its width; `half` says on which side of the column's middle, or 0."""
        left, right = self._x(column.left), self._x(column.right)
        width = min((right - left) * (0.34 if half else 0.5), _WIDEST)
        return (left + right) / 2 + half * (width / 2 + 1.0), width / 2

    def boxes(self, role: Role, drawn: Sequence[Column], half: float) -> list[Inked]:
        """A box with whiskers each."""
        lines: list[Outline] = []
        boxes: list[Box] = []
        ticks: list[Outline] = []
        bars: list[Box] = []
        gone: list[Outline] = []
        for column in drawn:
            x, wide = self._spot(column, half)
            found = column.found
            if found is None:
                if column.is_known:
                    gone += _crossed(x, self._y(0.0) - 5, 3.5)
                continue
            if found.percentiles:
                p5, p25, p50, p75, p95 = (self._y(value) for value in found.percentiles)
                lines += [_line((x, p5), (x, p25)), _line((x, p75), (x, p95))]
                boxes.append(Box(Rect(x - wide, p75, 2 * wide, p25 - p75), 0.0))
                ticks.append(_line((x - wide - 1, p50), (x + wide + 1, p50)))
            if (bar := self._bar(found, x - wide, 2 * wide)) is not None:
                bars.append(bar)
        return [
            Inked(role, WHISKERS[role], tuple(lines)),
            Inked(role, BOXES[role], tuple(boxes)),
            Inked(role, TICKS[role], tuple(ticks)),
            Inked(role, _BARS[role], tuple(bars)),
            Inked(role, _GONE[role], tuple(gone)),
        ]

    def steps(self, role: Role, drawn: Sequence[Column]) -> list[Inked]:
        """One band over all columns: of now filled, of the reference its edges dashed."""
        known = [column for column in drawn if column.found is not None and column.found.percentiles]
        outer, inner, bars = [], [], []
        for column in known:
            assert column.found is not None
            left, width = self._x(column.left), self._x(column.right) - self._x(column.left)
            p5, p25, _, p75, p95 = (self._y(value) for value in column.found.percentiles)
            outer.append(Box(Rect(left, p95, width, max(p5 - p95, 0.8)), 0.0))
            inner.append(Box(Rect(left, p75, width, max(p25 - p75, 0.8)), 0.0))
            if (bar := self._bar(column.found, left, width)) is not None:
                bars.append(bar)

        def line(height: Callable[[Distribution], float]) -> tuple[Outline, ...]:
            points: list[Point] = []
            for column in known:
                assert column.found is not None
                y = height(column.found)
                points += [(self._x(column.left), y), (self._x(column.right), y)]
            return (Outline(tuple(points), is_closed=False),) if points else ()

        def of(place: int) -> tuple[Outline, ...]:
            return line(lambda found: self._y(found.percentiles[place]))

        if role == "now":
            return [
                Inked(role, Ink(fill="changed", fill_opacity=0.28), tuple(outer)),
                Inked(role, Ink(fill="changed", fill_opacity=0.5), tuple(inner)),
                Inked(role, Ink("text", 1.4), of(2)),
                Inked(role, _BARS[role], tuple(bars)),
            ]
        lane = line(lambda found: self.room.height - found.zeros * (self.zeros - 2)) if self.zeros else ()
        return [
            Inked(role, WHISKERS[role], of(0) + of(4)),
            Inked(role, Ink("reference", 1.0), of(1) + of(3)),
            Inked(role, TICKS[role], of(2)),
            Inked(role, Ink("reference", 1.1), lane),
        ]

    def _bar(self, found: Distribution, left: float, width: float) -> Box | None:
        """In the lane of zeros, as high as their share."""
        if not self.zeros or not found.zeros:
            return None
        high = found.zeros * (self.zeros - 2)
        return Box(Rect(left, self.room.height - high, width, high), 0.0)

    def marks(self, role: Role, drawn: Sequence[Column], half: float, y: float) -> list[Dots]:
        """Where values are not finite."""
        at: list[float] = []
        shapes: list[Mark] = []
        for column in drawn:
            if column.found is not None and (column.found.nan or column.found.infinite):
                x, _ = self._spot(column, half)
                at.append(self.chart.x.low + x / self.room.width * (self.chart.x.high - self.chart.x.low))
                shapes.append("nan" if column.found.nan else "infinite")
        if not at:
            return []
        colour = "changed" if role == "now" else "reference"
        return [
            Dots(
                role, np.array(at), np.full(len(at), y), tuple(shapes), colour, is_around=role == "reference"
            )
        ]


def _line(start: Point, end: Point) -> Outline:
    return Outline((start, end), is_closed=False)


def _crossed(x: float, y: float, half: float) -> list[Outline]:
    """An empty frame with a stroke: there is nothing to show."""
    corners = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return [Outline(corners), _line(corners[3], corners[1])]
