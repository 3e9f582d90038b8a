"""Gradients while training: a picture of layer × time for each run, the first layer on top, all on one colour scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Axis, Flag, Room, Tick
from resnet_viewer.charts.curves import epoch_ticks
from resnet_viewer.charts.gradient_record import (
    SYMBOLS,
    Record,
    RecordScale,
    Spread,
    Stage,
    colours_of,
    every_words,
    scale_for,
    stages_of,
)
from resnet_viewer.charts.plot_words import Told, done_in, interventions_in, lay_out
from resnet_viewer.charts.run_names import (
    dotted,
    end_words,
    recipe_words,
    run_names,
    so_far_words,
    steps_per_epoch,
    subtitle,
)
from resnet_viewer.figures.page import (
    AROUND,
    MARGIN,
    USUAL,
    CaptionedFigure,
    Entry,
    Paper,
    draw_colour_bar,
    draw_frame,
    page,
    wrapped,
    write,
)
from resnet_viewer.figures.plot import PIXELS, draw_flags, draw_numbers, room_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.training import RunReport

_HEAD, _FOOT, _LEFT, _GAP, _BAR = 0.24, 0.36, 0.58, 0.2, 0.62
_FONT = palette.FONT - 1
_LINE = 0.14
_STAGE = 0.115
_COLUMNS = 200
"""Of an inch: as fine as a page is printed."""


def figure(runs: Sequence[RunReport], paper: Paper = USUAL) -> CaptionedFigure:
    """The norms of every layer's weight gradient, for every run, in decades.

    Values that are zero, and those that are not finite, have colours of their own.

    Raises:
        ValueError: no run has a gradient record.
    """
    shown = [run for run in runs if run.gradients]
    if not shown:
        raise ValueError("no run has a gradient record")
    is_in_epochs = all(steps_per_epoch(run) for run in shown)
    records = [Record.of_report(run, in_epochs=is_in_epochs) for run in shown]
    scale, width = scale_of(records), paper.width
    columns = min(2 if width >= 5 else 1, len(shown))
    lines = math.ceil(len(shown) / columns)
    cell = (width - 2 * MARGIN - _BAR - columns * _LEFT - (columns - 1) * _GAP) / columns
    height = min(1.9, max(0.9, 5.5 / lines))
    limits = (0.0, max(record.until for record in records))
    room = room_of(cell, height)
    ticks = epoch_ticks(limits, room.width, room.measure)
    if not is_in_epochs:
        ticks = tuple(Tick(place, text.replace("epoch", "step")) for place, text in ticks)
    x = Axis(*limits, ticks)
    bands = [_flags(run, limits, room) if is_in_epochs else ((), 0.0) for run in shown]
    titles = [wrapped(title, cell, palette.FONT, bold=True) for title in _run_titles(shown)]
    own = [
        _HEAD + (len(title) - 1) * _LINE + band / PIXELS
        for title, (_, band) in zip(titles, bands, strict=True)
    ]
    heads = [max(own[row * columns : (row + 1) * columns]) for row in range(lines)]
    legend = _legend(scale)
    sheet = page(
        paper,
        "Gradient record: gradient norms",
        subtitle(shown, "one row a layer, the first on top", "one colour scale"),
        caption(shown, scale=scale),
        content=sum(heads) + lines * (height + _FOOT) + (0.02 if legend else 0.0),
        is_as_high_as_needed=True,
        legend=legend,
    )
    top = sheet.top
    colours, bar_bottom = colours_of(palette.REFERENCE, palette.NOW), 0.0
    for index, (run, record, name) in enumerate(zip(shown, records, run_names(shown), strict=True)):
        row, column = divmod(index, columns)
        left = MARGIN + _LEFT + column * (cell + _LEFT + _GAP)
        bottom = top - sum(heads[: row + 1]) - (row + 1) * height - row * _FOOT
        bar_bottom = bottom if row == 0 else bar_bottom
        axes = sheet.axes(left, bottom, cell, height)
        axes.set_label(name)
        cells = record.cells(scale, limits, round(cell * _COLUMNS))
        _draw(axes, colours[cells], limits)
        draw_numbers(axes, x, room)
        _mark_rows(axes, stages_of(run.spec.network), len(cells), cell, height)
        above = bottom + height
        flags, band = bands[index]
        draw_flags(axes, flags, room, above=band, halo=True)
        for line, words_of_line in enumerate(reversed(titles[index])):
            place = above + band / PIXELS + 0.07 + line * _LINE
            sheet.write(left, place, words_of_line, bold=True)
    bar = sheet.axes(width - MARGIN - _BAR + 0.16, bar_bottom, 0.11, height)
    bar.set_label("colour bar")
    draw_colour_bar(bar, scale.bar(max(2, int(height / 0.16))))
    sheet.write(width - MARGIN, bar_bottom + height + 0.09, SYMBOLS["norms"], size=_FONT, right=True)
    return sheet.figure


def caption(runs: Sequence[RunReport], *, scale: RecordScale) -> str:
    """What was measured, in which networks, trained how, as one sentence."""
    names = ", ".join(dict.fromkeys(run.spec.network.title for run in runs))
    steps = every_words(run.spec for run in runs)
    what = (
        "L2 norm of the gradient of the loss (mean cross-entropy of a batch) for every layer's weight, from the "
        f"training's own backward pass {steps}"
    )
    parts = [what, names, recipe_words(runs)]
    if scale.is_clipped_below or scale.is_clipped_above:
        ends = ["below"] * scale.is_clipped_below + ["above"] * scale.is_clipped_above
        beyond = " and ".join(f"at most half a percent of the values {end}" for end in ends)
        parts.append(f"beyond the colour scale lie {beyond}")
    if scale.has_gaps:
        parts.append("blank where a residual branch was not computed in that step (stochastic depth)")
    return dotted(*parts, so_far_words(runs)) + "."


def table(runs: Sequence[RunReport]) -> Table:
    """Header and rows for `export.csv_bytes`: a row a run and record, a column a layer from 1 on.

    `step` counts from 0 over the whole run, `time` is in epochs at the step's beginning (empty where the report tells
    none); shorter networks leave the last columns empty, layers that were not computed in that step theirs.
    """
    count = max((len(record.norms) for run in runs for record in run.gradients), default=0)
    header = ("run", "network", "seed", "step", "time (epochs)", *(f"layer {n + 1}" for n in range(count)))
    rows: list[Sequence[object]] = []
    for name, run in zip(run_names(runs), runs, strict=True):
        steps = steps_per_epoch(run)
        whose = (name, run.spec.network.name, run.spec.network.seed)
        for record in run.gradients:
            values = [*record.norms_told, *[""] * (count - len(record.norms))]
            rows.append((*whose, record.step, record.step / steps if steps else "", *values))
    return header, rows


def _flags(run: RunReport, limits: tuple[float, float], room: Room) -> tuple[tuple[Flag, ...], float]:
    """What was done to a run, for a band above its picture, and how high that is."""
    done = done_in(interventions_in([Told(run.spec, "", steps_per_epoch(run) or 0)]), limits, room.width)
    return lay_out([(one.time / limits[1] * room.width, one) for one in done], room)


def _run_titles(runs: Sequence[RunReport]) -> list[str]:
    """The names, with where a run ended before its time."""
    return [
        name if end_words(run) in name else f"{name} · {end_words(run)}"
        for name, run in zip(run_names(runs), runs, strict=True)
    ]


def scale_of(records: Sequence[Record]) -> RecordScale:
    """The screen's: one for all records."""
    return scale_for([Spread.of(record.values) for record in records], "norms")


def _legend(scale: RecordScale) -> list[Entry]:
    found = ((palette.REFERENCE, "zero", scale.has_zero), (palette.NOW, "not finite (∞, NaN)", scale.has_odd))
    return [
        Entry(text, {"color": colour, "linewidth": 0}, filled=True)
        for colour, text, is_there in found
        if is_there
    ]


def _draw(axes: Axes, picture: NDArray[np.uint8], limits: tuple[float, float]) -> None:
    extent = (*limits, len(picture), 0)
    axes.imshow(picture, extent=extent, aspect="auto", origin="upper", interpolation="nearest")
    axes.set_xlim(*limits)
    axes.set_ylim(len(picture), 0)
    axes.tick_params(colors=palette.TEXT, width=0.6, length=2)
    draw_frame(axes, AROUND, 0.6)


def _mark_rows(axes: Axes, stages: Sequence[Stage], rows: int, width: float, height: float) -> None:
    """A line between stages, and their names where there is room for them; the axes' size is in inches."""
    axes.set_yticks([stage.first for stage in stages] + [rows], [""] * (len(stages) + 1))
    for stage in stages[1:]:
        axes.axhline(stage.first, color="white", linewidth=0.5, alpha=0.7, zorder=5)
    for stage in stages:
        if (stage.last + 1 - stage.first) / rows * height < _STAGE:
            continue
        middle = 1 - (stage.first + stage.last + 1) / 2 / rows
        write(
            axes, -0.06 / width, middle, stage.label, size=_FONT - 0.5, ha="right", transform=axes.transAxes
        )
