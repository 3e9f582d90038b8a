"""The confusion matrix: a row for each true class, a column for each predicted one, counts and shares of the row."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import shortened_inside
from resnet_viewer.charts.confusion import TRUE, ConfusionChart, ramp
from resnet_viewer.charts.palette import PERCENT, ColourScale
from resnet_viewer.figures.page import (
    AROUND,
    MARGIN,
    CaptionedFigure,
    Paper,
    draw_colour_bar,
    draw_edge,
    draw_frame,
    page,
    text_width,
    write,
)
from resnet_viewer.records.csv_text import Table

_BAR, _NAMES, _AXIS_WORDS, _ABOVE = 0.66, 1.3, 0.24, 0.22
_GROUND = "#ffffff"
_FULL, _COUNTS = 0.36, 0.2
"""Inches of a cell's side from which it holds count and percent in the usual font, and from which the count."""
_TINY = 0.062
"""Beneath this no cell and no class can be labelled: colours alone are drawn, and the table has the numbers."""


def figure(chart: ConfusionChart, title: str, state: str, paper: Paper | None = None) -> CaptionedFigure:
    """Colours are shares of the true class, blue where it is right and red where not; the cells hold counts, and
    percent of the row where there is room. `title` names the network, `state` tells which one it is, on what.

    Without a paper it is as wide as suits the classes; the page is as high as the matrix needs. Where cells are too
    small for them, names and numbers are left to the table.

    Raises:
        ValueError: there is no picture.
    """
    count, total = len(chart.names), int(chart.counts.sum())
    if not total:
        raise ValueError("no test picture to count")
    paper = paper or Paper(7.6 if count <= 14 else 9.0 if count <= 40 else 11.5)
    width = paper.width
    font = float(np.clip(72 * 0.62 * max(width - 3.0, 0.5 * width) / count, 3.2, palette.FONT))
    longest = max(text_width(name, font) for name in chart.names)
    label = min(longest + 0.08, _NAMES, 0.25 * width)
    left = MARGIN + _AXIS_WORDS + label
    errors = max(text_width("100.0 %", font), text_width(chart.ratio, palette.FONT)) + 0.08
    room = width - left - MARGIN - _BAR
    if 72 * (room - errors) / count < 1.25 * font:  # rows lower than a line of numbers
        errors = 0.0
    side = min((room - errors) / count, 0.62)
    whole = side * count
    error = 100 * (1 - np.trace(chart.counts) / total)
    sheet = page(
        paper,
        f"Confusion matrix · {title} · {error:.1f} % {'error' if chart.rows == TRUE else 'differ'}",
        chart.most_often(),
        caption(chart, state, side=side),
        content=label + _AXIS_WORDS + whole + _ABOVE,
        is_as_high_as_needed=True,
    )
    bottom = sheet.bottom + 0.06 + label + _AXIS_WORDS
    axes = sheet.axes(left, bottom, whole, whole)
    axes.set_label("matrix")
    _draw(axes, chart, side)
    shorts = [shortened_inside(name, label - 0.04, partial(text_width, size=font)) for name in chart.names]
    style: dict[str, Any] = {"fontsize": font, "color": palette.TEXT, "parse_math": False}
    places = range(count) if side >= _TINY else range(0)
    axes.set_yticks(places, shorts[: len(places)], **style)
    axes.set_xticks(places, shorts[: len(places)], rotation=90 if longest > side else 0, **style)
    for true in places if errors else ():
        middle = bottom + whole - (true + 0.5) * side - 0.36 * font / 72
        colour = palette.NOW if chart.errors[true] > 0 else palette.MUTED
        words = chart.error_words(true)
        sheet.write(left + whole + errors, middle, words, size=font, colour=colour, right=True)
    if errors:
        sheet.write(left + whole + errors, bottom + whole + 0.04, chart.ratio, right=True)
    sheet.write(left + whole / 2, sheet.bottom + 0.06, chart.columns, centre=True)
    write(axes, -(label + 0.13) / whole, 0.5, chart.rows, rotation=90, transform=axes.transAxes)
    height = min(whole, 1.9)
    bar = sheet.axes(left + whole + errors + 0.12, bottom + whole - height, 0.15, height)
    bar.set_label("colour bar")
    tables = [ramp(colour, _GROUND) for colour in (palette.BRANCH, palette.NOW)]
    draw_colour_bar(bar, ColourScale("", *PERCENT), tables=tables)
    return sheet.figure


def caption(chart: ConfusionChart, state: str, *, side: float) -> str:
    """What was counted, in which network after how much training, as one sentence; a cell's side is in inches. Behind
    `classes` there may be one for pictures that have none.
    """
    counts, total = chart.counts, int(chart.counts.sum())
    wrong = total - int(np.trace(counts))
    numbers = "numbers: pictures, and percent of the row" if side >= _FULL else "numbers: pictures"
    empty = int((counts.sum(axis=1) == 0)[: chart.classes].sum())
    none = f" · classes without a test picture: {empty}" if empty else ""
    if lost := int(counts[:, chart.classes :].sum()):
        none += f" · no class, for their logits are not finite: {lost}"
    said = f"{numbers}, " if side >= _TINY else ""
    axes, blue = "rows: true class, columns: predicted class", "blue where right, red where wrong"
    if chart.rows != TRUE:
        axes, blue = "rows: class in the reference, columns: class now", "blue where alike, red where not"
    return (
        f"{wrong} of {total} test pictures are {chart.wrong} · {axes} · {said}colours: share of the row, {blue}{none}"
        f" · {state}."
    )


def table(chart: ConfusionChart) -> Table:
    """Header and rows for `export.csv_bytes`: every pair of classes with its count and its percent of the row.

    The percent is empty for a class without pictures.
    """
    totals = chart.counts.sum(axis=1)
    rows = [
        (
            chart.names[true],
            chart.names[other],
            count,
            100 * chart.shares[true, other] if totals[true] else "",
        )
        for (true, other), count in np.ndenumerate(chart.counts)
    ]
    return (chart.rows, chart.columns, "count", f"percent of {chart.rows}"), rows


def _draw(axes: Axes, chart: ConfusionChart, side: float) -> None:
    """`side` is a cell's in inches."""
    drawn, is_deep = chart.colours(ground=_GROUND, right=palette.BRANCH, wrong=palette.NOW, text=palette.TEXT)
    axes.imshow(drawn, interpolation="nearest", aspect="auto")
    axes.tick_params(length=0, pad=2)
    classes = len(chart.names)
    if side >= 0.05:
        lines = np.arange(classes + 1) - 0.5
        for draw in (axes.hlines, axes.vlines):
            draw(lines, -0.5, classes - 0.5, color=palette.GRID, linewidth=0.4)
    draw_frame(axes, AROUND, 0.6)
    for true, other in zip(*np.nonzero(chart.counts), strict=True) if side >= _TINY else ():
        said = chart.cell_words(int(true), int(other))[: 2 if side >= _FULL else 1]
        longest = max(map(len, said))
        high = 0.42 if side >= _FULL else 0.67
        size = min(palette.FONT, 72 * side * 0.9 / (0.64 * max(longest, 2)), 72 * side * high)
        colour = _GROUND if is_deep[true, other] else palette.TEXT
        write(axes, other, true, "\n".join(said), size=size, colour=colour, linespacing=1.15)
    for place in range(classes) if side >= _TINY else ():
        line = 0.7 if side >= _COUNTS else 0.35
        draw_edge(axes, (place - 0.5, place - 0.5), (1, 1), palette.TEXT, line, zorder=3)
