"""What a plot draws, as values: the screen draws them with Qt, paper with Matplotlib, and neither thinks again.

Lengths and places are those of the drawer, pixels or points, from the plot's upper left corner: a chart is made for a
`Room`. Curves and the ticks of axes are in the axes' own units.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.shapes import Inked
from resnet_viewer.charts.shapes import Rect as Rect

Floats = NDArray[np.float64]
THIN, MIDDLE, BOLD = 1.0, 1.6, 2.4
"""Widths of lines."""
DASHES = (5.0, 3.0)
"""Drawn and left out, however wide the line."""
MARK_APART = 48.0
"""From one mark of a line to the next."""
DOT = 5.6
"""A dot on a curve whose points are not close together."""
SAMPLE = 22.0
"""Of a name's piece of line, with the gap after it."""


@dataclass(frozen=True)
class Room:
    """The plot's size, the width of a text in it, and the height of a line of text."""

    width: float
    height: float
    measure: Callable[[str], float]
    line: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.width, self.height

    def shortened(self, text: str) -> str:
        """The text, its end cut off where it is wider than the room."""
        if self.measure(text) <= self.width:
            return text
        length = next(
            (n for n in range(len(text) - 1, 0, -1) if self.measure(f"{text[:n]}…") <= self.width), 0
        )
        return f"{text[:length].rstrip()}…"


def shortened_inside(text: str, width: float, measure: Callable[[str], float]) -> str:
    """The text, its middle cut out where it is wider: names that begin alike differ at their ends.

    Example:
        >>> shortened_inside("class of pictures 7", 9, len)
        'clas…es 7'
    """

    def cut(kept: int) -> str:
        return f"{text[: kept - kept // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"

    if measure(text) <= width:
        return text
    return cut(max(bisect_right(range(len(text)), width, key=lambda kept: measure(cut(kept))) - 1, 2))


def inside(middle: float, half: float, width: float, beyond: float) -> float:
    """The middle of words, moved so that they stand out of an axis of `width` by no more than `beyond`."""
    return min(max(middle, half - beyond), width + beyond - half)


STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def step_of(least: float) -> int:
    """The smallest of 1, 2, 5, 10 … 500 that is not below."""
    return next((step for step in STEPS if step >= least), STEPS[-1])


def is_numbered(number: int, step: int) -> bool:
    """Whether a number is written where one of each `step` is; the first always is, and of each two the odd ones."""
    return number == 1 or number % step == (1 if step == 2 else 0)


class Tick(NamedTuple):
    """A place in an axis's units, and what is written there."""

    place: float
    text: str


@dataclass(frozen=True)
class Axis:
    """What the plot's ends stand for (x: left and right, y: bottom and top), and what is written beside it.

    Numbers have a line each, `minor` are finer lines without numbers. Lanes, outside a logarithm, hold what has none:
    their names, and the edges between.
    """

    low: float
    high: float
    numbers: tuple[Tick, ...] = ()
    minor: tuple[float, ...] = ()
    lanes: tuple[Tick, ...] = ()
    edges: tuple[float, ...] = ()
    title: str = ""

    def share(self, value: float) -> float:
        """How far along a value lies, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn: whole or dashed, with small marks on it where another line has the same.

    The colour is "#rrggbb", or a role that a drawer has its own for: "depth 0", "changed", "reference", "text".
    """

    colour: str
    is_dashed: bool = False
    mark: str = ""
    """By the letter that Matplotlib has for a shape; "" for none."""
    has_line: bool = True
    """False where there are marks alone."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A line in the axes' units with rising x, broken where y is not a number; a point between two gaps is a dot.

    `band` is the lowest and the highest of what the line is the mean of.
    """

    key: Hashable
    x: Floats
    y: Floats
    stroke: Stroke
    width: float = MIDDLE
    band: tuple[Floats, Floats] | None = None


Shape = Literal["dot", "square", "log", "zero", "infinite", "nan", "s", "D", "^", "v", "P"]
"""Of a point: a dot or, for a classifier, a square on a curve, a diamond beside it, or what has no logarithm: a
triangle down or up, a cross; and the marks of a `Stroke`, filled as on its line."""


@dataclass(frozen=True, eq=False)
class Dots:
    """Points beside a curve, in the axes' units; with `is_around` they show around another curve's."""

    key: Hashable
    x: Floats
    y: Floats
    shapes: tuple[Shape, ...]
    colour: str
    is_around: bool = False
    size: float = DOT
    """Of a dot."""


@dataclass(frozen=True)
class Name:
    """A curve's name at its place, behind a sample of the line that is `SAMPLE` long; the key is whose it is."""

    key: str
    text: str
    stroke: Stroke
    rect: Rect


@dataclass(frozen=True)
class Sign:
    """Where a run ended before its time."""

    x: float
    y: float
    kind: Literal["diverged", "stopped"]
    colour: str


@dataclass(frozen=True)
class Flag:
    """A line across the plot at `x`, from `top` down, and the word beside it: what was done then.

    Where no row has room for the word there is none.
    """

    x: float
    word: str
    rect: Rect
    top: float


@dataclass(frozen=True, eq=False)
class Chart:
    """Everything in and around a plot; a later curve lies over an earlier one, and all over the shapes."""

    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    dots: tuple[Dots, ...] = ()
    signs: tuple[Sign, ...] = ()
    flags: tuple[Flag, ...] = ()
    names: tuple[Name, ...] = ()
    legend: Rect | None = None
    """The frame around the names that stand at no line's end."""
    message: str = ""
    moment: str = ""
    """When it was measured."""
    shapes: tuple[Inked, ...] = ()
    """In the order of drawing."""

    def place(self, size: tuple[float, float], x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Points in the axes' units as places in a room of that width and height."""
        across, down = (
            (x - self.x.low) / (self.x.high - self.x.low),
            (self.y.high - y) / (self.y.high - self.y.low),
        )
        return across * size[0], down * size[1]

    def at(self, size: tuple[float, float], x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Places in such a room as points in the axes' units."""
        across, up = x / size[0], 1 - y / size[1]
        return self.x.low + across * (self.x.high - self.x.low), self.y.low + up * (self.y.high - self.y.low)


def lonely(y: Floats) -> NDArray[np.bool_]:
    """Points of a line between two gaps, which no piece of the line reaches."""
    is_there = np.concatenate(([False], np.isfinite(y), [False]))
    found: NDArray[np.bool_] = is_there[1:-1] & ~is_there[:-2] & ~is_there[2:]
    return found


def marked(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Where the marks of a line stand, in the room's units: at equal steps of x, one on the shortest; y may be nan."""
    if not np.isfinite(y).any():
        return np.zeros(0), np.zeros(0)
    first = MARK_APART * (np.floor(float(x[0]) / MARK_APART - 0.5) + 1.5)
    at = np.arange(first, float(x[-1]), MARK_APART)
    heights = np.interp(at, x, y)
    is_there = np.isfinite(heights)
    if not is_there.any():
        known = np.flatnonzero(np.isfinite(y))
        middle = known[len(known) // 2]
        return x[middle : middle + 1], y[middle : middle + 1]
    return at[is_there], heights[is_there]
