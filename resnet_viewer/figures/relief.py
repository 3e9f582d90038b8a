"""A study's numbers over two axes on paper: cells in colours, lines of one value with their names, and a path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Axis, Chart, Floats, Room
from resnet_viewer.charts.study_relief import (
    DOT,
    END,
    HALO,
    LINE,
    LINE_OPACITY,
    PATH,
    WHITE,
    Relief,
    ReliefChart,
    scale_ticks,
)
from resnet_viewer.figures.page import (
    AROUND,
    Page,
    draw_colour_bar,
    draw_frame,
    printed,
    shortened,
    text_width,
    wrapped,
    write,
)
from resnet_viewer.figures.plot import PIXELS, draw, room_of

_POINTS = 72 / PIXELS
_LINE, _GAP = 0.14, 0.06
"""Inches: a line of words, and what stays free beside it."""
_BAR, _TICK = 0.12, 0.1
"""Inches: the colours of the scale across, and a tick with the gap before its number."""
_NOTE = palette.FONT - 1.5
"""Points of the words about what lies beyond the scale."""
_NOTE_LINES = 3


def draw_relief(
    sheet: Page, left: float, top: float, width: float, height: float, chart: ReliefChart
) -> None:
    """The plot in that place, as large as its numbers, its bar of colours and its words allow; in inches."""
    matrix, panel, font = chart.matrix, chart.matrix.panel, palette.FONT
    bar_words = [printed(tick.text) for tick in scale_ticks(matrix, height * PIXELS, 16.0)]
    beside = _GAP + _BAR + _GAP + max((text_width(text, font - 1) for text in bar_words), default=0.0)
    said = " ".join(map(printed, matrix.beyond_words.split(" ")))
    note = wrapped(said, width, _NOTE)[:_NOTE_LINES] if said else []
    below = _LINE + 2 * _GAP + (_LINE if panel.x.title else 0.0) + len(note) * 1.42 * _NOTE / 72
    _, y = chart.axes(room_of(max(width, 0.5), max(height, 0.5)))
    numbers = max((text_width(tick.text, font) for tick in y.numbers), default=0.0) + _TICK
    before = numbers + (_LINE + 0.02 if panel.y.title else 0.0)
    wide, high = max(width - before - beside, 0.5), max(height - below, 0.4)
    if chart.aspect is not None:
        wide, high = min(wide, high * chart.aspect), min(high, wide / chart.aspect)
    room = room_of(wide, high)
    axes = sheet.axes(left + before, top - high, wide, high)
    axes.set_label(panel.title)
    _draw(axes, chart, chart.laid_out(room), room)
    foot = top - high - _LINE - 2 * _GAP
    if panel.x.title:
        foot -= _LINE
        words = shortened(panel.x.title, before + wide + beside, font)
        half = text_width(words, font) / 2
        middle = min(max(left + before + wide / 2, left + half), left + width - half)
        sheet.write(middle, foot + 0.05, words, centre=True)
    if panel.y.title:
        words = shortened(panel.y.title, high, font)
        write(axes, -(numbers + 0.08) / wide, 0.5, words, rotation=90, transform=axes.transAxes)
    for number, line in enumerate(note):
        below_plot = foot - (number + 1) * 1.42 * _NOTE / 72 + 0.04
        sheet.write(left, below_plot, line, size=_NOTE, colour=palette.MUTED)
    above = _LINE + 0.04 if panel.unit else 0.0
    bar = sheet.axes(left + before + wide + _GAP, top - high, _BAR, high - above)
    bar.set_label("colour bar")
    ticks = scale_ticks(matrix, (high - above) * PIXELS, 16.0)
    draw_colour_bar(bar, replace(matrix.scale, ticks=tuple(map(tuple, ticks))))  # type: ignore[arg-type]
    if panel.unit:
        words = shortened(panel.unit, beside + _GAP, font - 1)
        sheet.write(left + before + wide + _GAP, top - 0.11, words, size=font - 1)


def _draw(axes: Axes, chart: ReliefChart, relief: Relief, room: Room) -> None:
    draw(axes, Chart(replace(relief.x, title=""), replace(relief.y, title="")), room)
    axes.imshow(
        chart.matrix.cells.rgb(),
        extent=chart.around,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        zorder=1,
    )
    axes.set_xlim(relief.x.low, relief.x.high)  # where the outer cells end is not where the plot ends
    axes.set_ylim(relief.y.low, relief.y.high)
    draw_frame(axes, AROUND, 0.6)
    scales = relief.x, relief.y
    for line in relief.lines:
        pieces = [_units(piece, scales, room) for piece in line.pieces]
        drawn = LineCollection(
            pieces, colors=line.colour, alpha=LINE_OPACITY, linewidths=LINE * _POINTS, zorder=2
        )
        drawn.set_label(f"level {chart.matrix.written(line.value)}")
        axes.add_collection(drawn, autolim=False)
    if len(relief.path_line):
        _draw_path(axes, _units(relief.path_line, scales, room), relief.path_colour)
    for word in relief.words:
        x, y = _units(np.array([[word.x, word.y]]), scales, room)[0].tolist()
        more: dict[str, Any] = {"rotation": -word.turned, "rotation_mode": "anchor", "zorder": 5}
        if word.has_halo:
            more["path_effects"] = [withStroke(linewidth=2.0, foreground=WHITE)]
        write(axes, x, y, printed(word.text), size=palette.FONT - 1, colour=word.colour, **more)


def _draw_path(axes: Axes, places: Floats, colour: str) -> None:
    """A line with dots: the first point is open, the last one a square."""
    x, y = places.T
    axes.plot(x, y, color=WHITE, linewidth=HALO * _POINTS, zorder=3)
    axes.plot(
        x, y, color=colour, linewidth=PATH * _POINTS, zorder=3.1,
        marker="o", markersize=DOT * _POINTS, markeredgecolor=WHITE, markeredgewidth=0.4, label="path",
    )  # fmt: skip
    ends: dict[str, Any] = {"linestyle": "none", "zorder": 3.2, "markeredgewidth": 1.1}
    axes.plot(
        *places[0], marker="o", markersize=END * _POINTS,
        markerfacecolor=WHITE, markeredgecolor=colour, label="start", **ends,
    )  # fmt: skip
    if len(places) > 1:
        axes.plot(
            *places[-1], marker="s", markersize=END * _POINTS,
            markerfacecolor=colour, markeredgecolor=WHITE, label="end", **ends,
        )  # fmt: skip


def _units(places: Floats, scales: tuple[Axis, Axis], room: Room) -> Floats:
    """From the room's pixels to the axes' units."""
    x, y = scales
    across = x.low + places[:, 0] / room.width * (x.high - x.low)
    up = y.high - places[:, 1] / room.height * (y.high - y.low)
    return np.stack([across, up], axis=1)
