"""A layer's feature maps as a figure: every channel, now beside the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.feature_maps import (
    STATISTICS,
    Maps,
    Mosaic,
    Side,
    maps_chart,
    statistics,
)
from resnet_viewer.charts.palette import ColourScale
from resnet_viewer.charts.tiles import Grid, fitted_grid, sheet
from resnet_viewer.figures.export import complete_reference
from resnet_viewer.figures.page import (
    HEAD,
    HEAD_LINE,
    MARGIN,
    USUAL,
    Paper,
    beside,
    draw_colour_bar,
    page,
    wrapped,
)
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import maps_beside, plan_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View

_BAR, _GAP, _EMPTY = 0.52, 0.3, 0.9
"""Inches: the colour bar below, the room between two pictures, the height of a place without maps."""
_SQUARE = 360.0
"""Hundredths of an inch: the screen's rows and columns of a square so large."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What stands on one side: pixels (H, W, 3), or a message in their place."""

    name: str
    words: tuple[str, ...]
    """Beside the name where there is room, else on lines below."""
    pixels: NDArray[np.uint8] | None
    message: str
    origin: tuple[str, ...] = ()
    """Lines below the name."""


def draw_pair(
    pictures: Sequence[Picture],
    scale: ColourScale,
    paper: Paper,
    around: tuple[str, str, str],
    *,
    largest: float,
) -> tuple[Figure, list[Axes]]:
    """A page with one picture or two, at most `largest` inches wide each, on one scale; and the axes of those that
    have pixels, in these; `around` it are title, subtitle and caption.
    """
    width = paper.width
    side = min((width - 2 * MARGIN - (len(pictures) - 1) * _GAP) / len(pictures), largest)
    heights = [_EMPTY if p.pixels is None else side * p.pixels.shape[0] / p.pixels.shape[1] for p in pictures]
    said = []
    for picture in pictures:
        words, below = beside(picture.name, picture.words, side)
        origin = [line for part in picture.origin for line in wrapped(part, side, palette.FONT)]
        said.append((words, origin + below))
    head = HEAD + max(len(lines) for _, lines in said) * HEAD_LINE
    sheet = page(paper, *around, content=head + max(heights) + _BAR, is_as_high_as_needed=True)
    found = []
    for column, (picture, high) in enumerate(zip(pictures, heights, strict=True)):
        left = MARGIN + column * (side + _GAP)
        sheet.write_head(left, sheet.top, side, picture.name, said[column])
        if picture.pixels is None:
            sheet.write_lines(left, sheet.top - head - 0.2, wrapped(picture.message, side, palette.FONT))
            continue
        axes = sheet.axes(left, sheet.top - head - high, side, high)
        axes.set_axis_off()
        rows, columns = picture.pixels.shape[:2]
        extent = (0, columns, rows, 0)
        axes.imshow(picture.pixels, extent=extent, aspect="auto", interpolation="antialiased")
        found.append(axes)
    bar = sheet.axes(MARGIN, sheet.bottom + 0.3, min(width - 2 * MARGIN, 2.6), 0.09)
    draw_colour_bar(bar, scale, is_horizontal=True)
    return sheet.figure, found


def figure(now: ProbeResult, reference: ProbeResult | None, view: View, paper: Paper = USUAL) -> Figure:
    """All channels of the view's layer, as `maps_chart` says; dead channels are crossed out, those with values that are
    not finite struck through.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
    """
    reference = complete_reference(now, reference)
    plan, layer, scale, order = plan_of(now), view.layer, view.map_scale, view.map_order
    size, limits = "{} × {}×{}".format(*plan.shape_of(layer)), view.map_limits
    chart = maps_chart(now, reference, view, plan=plan)
    shown = [side for side in chart.sides if side.reading is not None]
    grids = [None if side.mosaic is None else _grid(side.mosaic) for side in shown]
    figure, axes = draw_pair(
        [_picture(side, grid) for side, grid in zip(shown, grids, strict=True)],
        chart.scale,
        paper,
        (
            f"Feature maps · {plan.describe(layer)} · {now.request.state.network.title}",
            f"{size} · {captions.MAP_ORDERS[order]} · {captions.scale_words(scale, limits)}",
            captions.maps_caption(now, reference, layer=layer, scale=scale, order=order, limits=limits),
        ),
        largest=5.2,
    )
    drawn = [(side.mosaic, grid) for side, grid in zip(shown, grids, strict=True) if side.mosaic and grid]
    for place, (mosaic, grid) in zip(axes, drawn, strict=True):
        _cross_out(place, mosaic, grid)
    return figure


def _grid(mosaic: Mosaic) -> Grid:
    """In pixels of the maps."""
    count, height, width = mosaic.maps.places.shape
    fitted = fitted_grid(count, width, height, _SQUARE, _SQUARE)
    return Grid(fitted.columns, fitted.rows, width, height, max(1, round(min(height, width) / 14)))


def _picture(side: Side, grid: Grid | None) -> Picture:
    if side.mosaic is None or side.maps is None or grid is None:
        return Picture(side.name, (), None, side.message)
    dead, odd = int(side.mosaic.is_dead.sum()), int(side.mosaic.is_not_finite.sum())
    count = len(side.maps)
    said = (f"{dead} of {count} channels dead (×)", dead), (f"{odd} of {count} not finite (/)", odd)
    origin = (f"{side.words} · " + "{} × {}×{}".format(*side.maps.shape),) if side.is_other else ()
    pixels = sheet(side.mosaic.maps, grid).rgb()
    return Picture(side.name, tuple(words for words, found in said if found), pixels, "", origin)


def _cross_out(axes: Axes, mosaic: Mosaic, grid: Grid) -> None:
    lines: list[list[tuple[float, float]]] = []
    for place in np.flatnonzero(mosaic.is_dead | mosaic.is_not_finite):
        left, top = grid.corner(int(place))
        x = left + 0.3 * grid.width, left + 0.7 * grid.width
        y = top + 0.3 * grid.height, top + 0.7 * grid.height
        lines.append([(x[0], y[1]), (x[1], y[0])])
        if mosaic.is_dead[place]:
            lines.append([(x[0], y[0]), (x[1], y[1])])
    axes.add_collection(LineCollection(lines, colors="#9aa1b2", linewidths=0.6), autolim=False)


VALUES = (
    "mean, standard deviation, minimum, maximum and share of zeros of every channel; the maps themselves are too "
    "large for a table"
)
"""What the numbers of the table are, for its header."""


def table(now: ProbeResult, reference: ProbeResult | None, *, layer: str) -> Table:
    """Header and rows for `export.csv_bytes`: one row a channel (from 0), its statistics now and in the reference.

    `float` reads the numbers back exactly; they are empty where the maps were not computed, or one of two networks has
    fewer channels.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
    """
    reference, plan = complete_reference(now, reference), plan_of(now)
    theirs = None if reference is None else maps_beside(layer, plan, reference)
    channels = max(plan.shape_of(layer)[0], 0 if theirs is None else len(theirs))
    both = [_rows(maps, channels) for maps in (now.maps(layer), theirs)]
    header = ("channel", *(f"{whose} {name}" for whose in ("now", "reference") for name in STATISTICS))
    return header, [(channel, *chain(*rows)) for channel, rows in enumerate(zip(*both, strict=True))]


def _rows(maps: Maps | None, channels: int) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [] if maps is None else statistics(maps).tolist()
    return rows + [("",) * len(STATISTICS)] * (channels - len(rows))
