"""What a study shows, as values without a size: panels of lines, dots and bars, of a matrix, or of pictures.

`charts.study_chart` makes a chart of a panel for the room there is; the screen and paper draw that.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.captions import plain, weights_words
from resnet_viewer.records.study import StudyResult, option_words
from resnet_viewer.records.study_list import trains
from resnet_viewer.records.wiring import Wiring

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
"""(H, W, 3), red, green and blue."""
Looks = Literal["line", "dots", "bars", "steps"]
Colour = Literal["shortcut", "branch", "changed", "reference", "text", "first", "second", "third", "fourth"]
"""Roles: orange is the shortcut, blue the branch, red what changed, grey the reference; others by their order."""


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers over numbers: `x` rising, `y` with nan where there is none; `low` and `high` are a band around it."""

    name: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    looks: Looks = "line"
    colour: Colour = "text"
    is_dashed: bool = False
    across: tuple[Floats, Floats] | None = None
    """A spread of each dot along x, its lowest and its highest."""
    states: tuple[Wiring | None, ...] = ()
    """For each point the wiring that it was measured with, which "open in Inspect" takes; empty for none."""
    words: tuple[str, ...] = ()
    """For each point what is said under the pointer; empty for its numbers."""


@dataclass(frozen=True)
class Guide:
    """A straight line across the plot, with its name: y (or x) has this value."""

    name: str
    at: float
    is_upright: bool = False


@dataclass(frozen=True)
class Scale:
    """What an axis is called, with its unit, and how it is scaled."""

    title: str
    is_log: bool = False
    least: float | None = None
    most: float | None = None
    """What it must reach at least; it always holds every number."""
    is_whole: bool = False
    """Its ticks are whole numbers."""
    names: tuple[str, ...] = ()
    """Of a y axis: what stands at 1, 2 …, from below, in place of numbers."""


@dataclass(frozen=True, eq=False)
class LinesPanel:
    """Series on two axes. With `is_by_block` x is block numbers, which the ticks say."""

    title: str
    x: Scale
    y: Scale
    series: tuple[Series, ...]
    guides: tuple[Guide, ...] = ()
    is_by_block: bool = False
    message: str = ""
    """In place of everything: why there is nothing yet."""


@dataclass(frozen=True, eq=False)
class MatrixPanel:
    """Numbers by row and column, in colours; a diverging scale around 0 where `is_signed`.

    With `has_contours` it is numbers over two axes: rows are evenly spaced from `y.least`, at the bottom, to `y.most`,
    columns from `x.least` to `x.most`, and both ends are the plot's. A coarse picture has fewer rows and columns.
    """

    title: str
    x: Scale
    y: Scale
    values: Floats = field(repr=False)
    """(rows, columns), nan where there is none."""
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    unit: str = ""
    is_signed: bool = False
    states: tuple[tuple[Wiring | None, ...], ...] = ()
    message: str = ""
    is_log: bool = False
    """Colours, and heights, go by log10; what is not above zero has the first colour."""
    limits: tuple[float, float] | None = None
    """What the first and the last colour stand for, so that several panels share one scale; None for what there is."""
    clip: tuple[float, float] | None = None
    """What lies beyond is drawn as if it were these, and the scale says so; an end may be infinite."""
    has_contours: bool = False
    """Lines of one value each are drawn, and named where there is room."""
    path: Series | None = None
    """With contours: dots in their order, and the line through them, in the axes' units; its x need not rise."""
    is_relief: bool = False
    """With contours: it may be looked at as a surface, too."""
    is_table: bool = False
    """Its numbers are there to be read: rows are never lower than letters."""


@dataclass(frozen=True, eq=False)
class PictureRow:
    """Pictures of one kind with its name: one for each place of the panel, None where it is not made yet."""

    name: str
    pictures: tuple[Pixels | None, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class PicturesPanel:
    """Rows of pictures along `x`: all side by side, as many as fit, evenly chosen; or one place at a time, large, with
    a slider on the screen where `has_slider`. Panels of lines whose x has the same title follow the slider.

    Raises:
        ValueError: a row has not one picture for each place.
    """

    title: str
    x: Scale
    places: Floats
    """(N,), rising, in the units of `x`."""
    rows: tuple[PictureRow, ...]
    names: tuple[str, ...] = ()
    """What is said of each place; "" for its number, empty for the numbers of all."""
    has_slider: bool = False
    message: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.pictures) != len(self.places):
                raise ValueError(
                    f"{row.name or 'a row'} has {len(row.pictures)} pictures for {len(self.places)} places"
                )


Panel = LinesPanel | MatrixPanel | PicturesPanel


HUES: tuple[Colour, ...] = ("first", "second", "third", "fourth")
"""Colours of several results that are laid over one another, in their order."""


def hue_of(place: int, name: str) -> Colour:
    """Of the result at that place among several; of one that stands alone, and so has no name, the branch's."""
    return HUES[place % len(HUES)] if name else "branch"


def names(results: Sequence[StudyResult]) -> tuple[str, ...]:
    """What each of several results is called beside the others: its network, and what of weights, gates, options and
    pictures differs among those of one network; numbered where nothing does. A single result needs no name.

    Example:
        >>> names([])
        ()
    """
    if len(results) == 1:
        return ("",)
    titles = [network_of(result) for result in results]
    told = []
    for result, title in zip(results, titles, strict=True):
        ours = _traits(result)
        rivals = [_traits(other) for other, its in zip(results, titles, strict=True) if its == title]
        differing = (trait for place, trait in enumerate(ours) if len({rival[place] for rival in rivals}) > 1)
        told.append(", ".join((title, *filter(None, differing))))
    return tuple(
        f"{name} ({told[: place + 1].count(name)})" if told.count(name) > 1 else name
        for place, name in enumerate(told)
    )


def network_of(result: StudyResult) -> str:
    """What a result is of: its network, or that a study trained several, of which none gives it a name."""
    return "own networks" if trains(result.order.study) else result.order.state.network.title


def _traits(result: StudyResult) -> tuple[str, ...]:
    """What may differ between results of one network, a word or two each."""
    order = result.order
    state = order.state
    told = (plain(option_words(order.options, field)) for field in dataclasses.fields(order.options))
    chosen = (f"{words[:1].lower()}{words[1:]}" for words in told)
    return (
        weights_words(state.network),
        state.wiring.describe(has_shortcuts=state.network.has_shortcuts, longest=16),
        *chosen,
        "" if order.test_set is None else plain(order.test_set.title),
        str(result.basis.pictures) + " pictures",
        "" if order.test_set is None else f"drawing {order.test_set.seed}",
    )


def panels_of(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """What is drawn of results of one study, laid over one another; of none nothing."""
    if not results:
        return ()
    module = import_module(f"resnet_viewer.charts.studies.{results[0].order.study}")
    found: tuple[Panel, ...] = module.panels(results)
    return found


_BEST, _BEST_RELIEF = 1.45, 1.15
"""How much wider than high a panel best is; a relief is a square with its scale beside it."""


def best_shape(panels: Sequence[Panel]) -> float:
    """How much wider than high each of these panels best is."""
    count = sum(isinstance(panel, MatrixPanel) and panel.has_contours for panel in panels)
    return _BEST if 2 * count <= len(panels) else _BEST_RELIEF


def columns_for(count: int, size: tuple[float, float], least_width: float, best: float = _BEST) -> int:
    """In how many columns so many panels stand in a place of that size: those with which they come nearest to their
    best shape, `best` times as wide as high. A row that is not full costs a little; none is narrower than `least_width`
    beside another.

    Example:
        >>> columns_for(4, (700.0, 500.0), 200.0), columns_for(4, (300.0, 500.0), 200.0)
        (2, 1)
    """
    width, height = size

    def cost(columns: int) -> float:
        rows = -(-count // columns)
        shape = width / columns / max(height / rows, 1e-9)
        is_narrow = columns > 1 and width / columns < least_width
        return abs(math.log(max(shape, 1e-9) / best)) + 0.4 * (rows * columns - count) + 10.0 * is_narrow

    return min(range(1, count + 1), key=cost, default=1)
