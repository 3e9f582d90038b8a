"""The errors on a test set: of all pictures and of each class, now against the reference, with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.error_meter import ErrorRow, Mark, MeterChart, error_rows
from resnet_viewer.figures.page import MARGIN, USUAL, CaptionedFigure, Paper, draw_frame, page, shortened
from resnet_viewer.records import captions
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.story_words import percent
from resnet_viewer.records.test_set import SetReading

_MOST_CLASSES = 40
"""Of more classes only all pictures together are drawn; the table has every picture."""
_ROW, _NAMES, _NUMBERS, _AROUND = 0.24, 1.5, 0.72, 0.5
"""Inches: the least that a row needs, the column of names, each column of percentages, what stands around the rows."""
_SIDES = ("now", palette.NOW), ("reference", palette.REFERENCE)


def figure(reading: SetReading, paper: Paper = USUAL) -> CaptionedFigure:
    """A mark for each share and a bar for its interval: now above in red, the reference beneath in grey.

    Raises:
        ValueError: no picture was seen.
    """
    rows = error_rows(reading)
    if rows[0].now is None:
        raise ValueError("no test picture was seen")
    rows = rows if len(rows) <= _MOST_CLASSES + 1 else rows[:1]
    chart = MeterChart(reading)
    columns = 2 if reading.has_labels and chart.is_changed else 1
    sheet = page(
        paper,
        f"Errors on the test set · {title(reading)}"
        if reading.has_labels
        else f"Test set · {title(reading)}",
        chart.sentence,
        caption(reading),
        content=_ROW * len(rows) + _AROUND,
    )
    spacing = (sheet.top - sheet.bottom - _AROUND) / len(rows)
    names = min(_NAMES, 0.3 * paper.width)
    left = MARGIN + names
    wide = max(paper.width - MARGIN - left - columns * _NUMBERS, 0.1)
    bottom = sheet.top - 0.2 - spacing * len(rows)
    axes = sheet.axes(left, bottom, wide, spacing * len(rows))
    _prepare(axes, len(rows), wide)
    for number, row in enumerate(rows):
        y = bottom + spacing * (len(rows) - number - 0.5) - 0.04
        name = shortened(row.name, names - 0.1, palette.FONT + 1)
        sheet.write(left - 0.1, y, name, size=palette.FONT + 1, right=True, bold=number == 0)
    for column, (side, colour) in enumerate(_SIDES[:columns]):
        place = left + wide + (column + 1) * _NUMBERS
        sheet.write(place, sheet.top - 0.12, side, colour=colour, bold=True, right=True)
        beside = 0.0 if columns == 1 else (-0.17, 0.17)[column]
        for number, mark in enumerate(_marks(rows, column)):
            if mark is None:
                continue
            y = bottom + spacing * (len(rows) - number - 0.5) - 0.04
            sheet.write(place, y, percent(mark.error), colour=colour, right=True)
            axes.barh(
                number + beside, mark.high - mark.low, 0.24, mark.low, color=colour, alpha=0.35, linewidth=0
            )
            axes.plot(
                [mark.error], [number + beside], "o" if column == 0 else "s", color=colour, markersize=3
            )
    return sheet.figure


def caption(reading: SetReading) -> str:
    """What was measured, on which pictures, in which states, as one sentence."""
    what = "Wrong pictures" if reading.has_labels else "Pictures that get another class than in the reference"
    return f"{what} with Wilson's 95 % intervals · {state_words(reading)}."


def title(reading: SetReading) -> str:
    """The network."""
    network = MeterChart(reading).question.now.network
    return network.title + (", untrained" if network.weights.source == "none" else "")


def state_words(reading: SetReading) -> str:
    """On which pictures, and in which states."""
    question = MeterChart(reading).question
    pictures = reading.pictures
    words = [
        f"{captions.plain(question.test_set.title)}, {len(pictures)} of {pictures.total} pictures (seed "
        f"{question.test_set.seed})",
        captions.state_words(question.now),
    ]
    ours, theirs = question.now, question.reference
    if theirs.network != ours.network:
        words.append(f"reference: {captions.state_words(theirs)}")
    elif theirs != ours:
        words.append(f"reference: {captions.wiring_words(theirs.network, theirs.wiring)}")
    return " · ".join(words)


def table(reading: SetReading) -> Table:
    """Header and rows for `export.csv_bytes`: every picture, as they were drawn; what is not known is empty."""
    rows = reading.table(has_reference=MeterChart(reading).is_changed)
    header = list(rows[0]) if rows else ["picture"]
    return header, [["" if row[name] is None else row[name] for name in header] for row in rows]


def _marks(rows: Sequence[ErrorRow], column: int) -> list[Mark | None]:
    return [(row.now, row.reference)[column] for row in rows]


def _prepare(axes: Axes, rows: int, room: float) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    places = [0, 25, 50, 75, 100] if room >= 1.8 else [0, 100] if room >= 0.8 else [100]
    labels = [f"{place} %" for place in places]
    axes.set_xticks(places, labels, fontsize=palette.FONT - 1, color=palette.MUTED)
    axes.grid(axis="x", color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    draw_frame(axes, ("left",))
