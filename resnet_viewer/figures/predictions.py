"""The prediction as bars: the reference's highest classes, now against the reference."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.predictions import prediction_chart, words_of
from resnet_viewer.figures.page import MARGIN, USUAL, Paper, draw_frame, page, shortened, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.predictions import comparable, percent
from resnet_viewer.records.probe import ProbeResult

_ROW = 0.29
_NAMES = 1.9
_NUMBERS, _CLOSE_NUMBERS, _ROOMY = 0.8, 0.66, 4.0
_AROUND = 0.5
"""Inches: the least that a row of two bars and a name needs, the column of names, each column of percentages (and that
of a figure less wide than the last), and what stands above and below the rows."""
_UNTRAINED = 0.15
"""Inches: the line under "now" and "reference" that says that their numbers are of untrained weights."""
_NAME = 9
"""Points."""
_SENTENCE, _SENTENCE_LINE = 9, 0.18
"""Points and inches of a line of the sentence in place of bars."""
_FULL_TICKS, _TWO_TICKS = 1.8, 0.8
"""Inches of bars from which on there is room for every number under them, and for those at both ends."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    class_names: tuple[str, ...] = (),
    paper: Paper = USUAL,
) -> Figure:
    """Two bars a class: now above in red, the reference beneath in grey. The scale is 0 to 100 %, or to the
    highest bar where all stay below 10 %; the axis says so. Where there is no classifier, or now's logits are not
    finite, there is a sentence in place of bars. The bars of untrained weights are hollow, and their numbers are called
    untrained.
    """
    width = paper.width
    chart = prediction_chart(now, reference, class_names)
    reference = comparable(now, reference)
    columns = 1 if reference is None else 2
    head = 0.2 + (_UNTRAINED if any(chart.untrained) else 0.0)
    around = _AROUND + head - 0.2
    said = wrapped(chart.message[0], width - 2 * MARGIN, _SENTENCE) if chart.message else []
    lines = max(len(chart.rows), len(said))
    sheet = page(
        paper,
        f"Prediction · {captions.network_title(now)}",
        "",
        captions.predictions_caption(now, reference),
        content=_ROW * lines + around,
    )
    if said:
        middle = (sheet.top + sheet.bottom + (len(said) - 1) * _SENTENCE_LINE) / 2
        for number, line in enumerate(said):
            sheet.write(MARGIN, middle - number * _SENTENCE_LINE, line, size=_SENTENCE)
        return sheet.figure
    spacing = (sheet.top - sheet.bottom - around) / lines
    names = min(_NAMES, 0.27 * width)
    numbers = _NUMBERS if width >= _ROOMY else _CLOSE_NUMBERS
    left = MARGIN + names
    bars = max(width - MARGIN - left - columns * numbers, 0.1)
    bottom = sheet.top - head - spacing * lines
    axes = sheet.axes(left, bottom, bars, spacing * lines)
    _prepare(axes, lines, chart.end, room=bars)
    for number, row in enumerate(chart.rows):
        y = bottom + spacing * (lines - number - 0.5) - 0.04
        name = row.name + (" · target" if row.is_target else "")
        is_bold = row.is_highest[0]
        name = shortened(name, names - 0.1, _NAME, bold=is_bold)
        sheet.write(left - 0.1, y, name, size=_NAME, right=True, bold=is_bold)
    sides = ("now", palette.NOW, -0.17 if columns == 2 else 0.0), ("reference", palette.REFERENCE, 0.17)
    for column, (side, colour, beside) in enumerate(sides[:columns]):
        place = left + bars + (column + 1) * numbers
        is_hollow = chart.untrained[column]
        sheet.write(place, sheet.top - 0.12, side, colour=colour, bold=True, right=True)
        if is_hollow:
            sheet.write(place, sheet.top - 0.12 - _UNTRAINED, "untrained", colour=colour, right=True)
        for number, row in enumerate(chart.rows):
            value = (row.now, row.reference)[column]
            y = bottom + spacing * (lines - number - 0.5) - 0.04
            sheet.write(place, y, words_of(value), colour=colour, right=True, bold=row.is_highest[column])
            share = 100 * value if value is not None and math.isfinite(value) else 0.0
            axes.barh(
                number + beside,
                share,
                height=0.28,
                facecolor="none" if is_hollow else colour,
                edgecolor=colour,
                linewidth=0.8 if is_hollow else 0,
            )
    return sheet.figure


def table(now: ProbeResult, reference: ProbeResult | None, *, class_names: tuple[str, ...] = ()) -> Table:
    """Header and rows for `export.csv_bytes`: every class in order, with its softmax probabilities (0 to 1).

    Numbers are written so that `float` reads them back exactly; `reference` is empty where there is none with
    the same classes.
    """
    ours = now.probabilities[0].tolist()
    beside = comparable(now, reference)
    theirs = None if beside is None else beside.probabilities[0].tolist()
    rows = [
        (index, captions.class_name(index, class_names), value, "" if theirs is None else theirs[index])
        for index, value in enumerate(ours)
    ]
    return ("index", "class", "now", "reference"), rows


def _prepare(axes: Axes, rows: int, end: float, *, room: float) -> None:
    axes.set_xlim(0, 100 * end)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    places = [0.0, 25.0, 50.0, 75.0, 100.0] if room >= _FULL_TICKS and end == 1 else [0.0, 100.0 * end]
    if room < _TWO_TICKS:
        places = places[-1:]
    labels = [percent(place / 100) for place in places]
    axes.set_xticks(places, labels, fontsize=palette.FONT - 1, color=palette.MUTED)
    axes.grid(axis="x", color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    draw_frame(axes, ("left",))
