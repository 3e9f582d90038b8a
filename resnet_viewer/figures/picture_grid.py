"""Test pictures with what they are and what a network takes them for, the wrong ones first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.picture_grid import PictureChart, tiles_for
from resnet_viewer.charts.run_names import data_words, duration_words, epochs_done, is_going
from resnet_viewer.figures.page import (
    MARGIN,
    USUAL,
    CaptionedFigure,
    Page,
    Paper,
    draw_edge,
    page,
    text_width,
)
from resnet_viewer.records.captions import plain
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.lab import Pictures
from resnet_viewer.records.training import RunReport

MARK = "✗ "
"""Before the words of wrong ones."""
_FONT = palette.FONT - 1
_LINE, _GAP, _ABOVE = 0.125, 0.12, 0.1
_SIDES, _LARGEST = ((16, 0.46), (40, 0.56), (100, 0.8)), 1.1
"""Inches of a picture of at most so many pixels, and of larger ones."""
_ONE_LINE, _WIDEST = 0.85, 1.15
"""Of titles."""
_LEAST_ROWS = 2
"""For which the words around the pictures give way."""
_SMOOTH = 128
"""From this side on pictures are shrunk smoothly; smaller ones show their pixels."""


def figure(pictures: Pictures, chart: PictureChart, run: RunReport, paper: Paper = USUAL) -> CaptionedFigure:
    """As many of the pictures (N, C, S, S) as the page holds, in the chart's order, each over "true / predicted".

    Wrong ones are framed in red and marked with ✗.

    Raises:
        ValueError: there is no picture, or labels and predictions are not as many.
    """
    if not len(pictures) == len(chart.labels) == len(chart.predicted):
        raise ValueError(
            f"{len(pictures)} pictures do not fit {len(chart.labels)} labels, {len(chart.predicted)} predictions"
        )
    if not (total := len(chart.order)):
        raise ValueError("no test picture to draw")
    inner, measure = paper.width - 2 * MARGIN, partial(text_width, size=_FONT)
    side = min(next((s for most, s in _SIDES if pictures.shape[-1] <= most), _LARGEST), inner)
    names = {chart.names(int(index)) for index in chart.order}
    title, lines = max(measure(f"{MARK}{true} / {given}") for true, given in names), 1
    if title > max(side, _ONE_LINE):
        both = max(measure(words) for true, given in names for words in (f"{MARK}{true} /", f"{MARK}{given}"))
        title, lines = min(both, max(_WIDEST, side), inner), 2

    def made(paper: Paper, shown: int, rows: int, *, is_final: bool) -> Page:
        return page(
            paper,
            f"Test pictures · {run.spec.network.title}",
            f"{data_words([run])} · true / predicted · wrong ones first, framed and marked {MARK}".rstrip(),
            f"{chart.shown_words(shown)} · {state_words(run)}.",
            content=_ABOVE + rows * (side + lines * _LINE + _GAP),
            is_as_high_as_needed=is_final,
        )

    columns = tiles_for(Room(inner, 0, measure, _LINE), [side], title, gap=_GAP).columns
    empty = made(paper, total, min(_LEAST_ROWS, -(-total // columns)), is_final=False)
    room = Room(inner, empty.top - empty.bottom - _ABOVE - _GAP, measure, _LINE)
    tiles = tiles_for(room, [side], title, gap=_GAP, lines=lines)
    shown = min(total, tiles.count)
    lower = replace(paper, without=(*paper.without, *empty.figure.left_out))
    sheet = made(lower, shown, min(tiles.rows, -(-total // columns)), is_final=True)
    sheet.figure.left_out, sheet.figure.size_wished = empty.figure.left_out, empty.figure.size_wished
    axes = sheet.bare_axes(MARGIN, sheet.bottom, inner, sheet.top - sheet.bottom)
    axes.set_label("pictures")
    for place, index in enumerate(chart.order[:shown].tolist()):
        row, column = divmod(place, columns)
        left = column * (tiles.width + _GAP) + (tiles.width - side) / 2
        top = sheet.top - sheet.bottom - _ABOVE - row * tiles.down
        pixels, is_wrong = np.moveaxis(pictures[index], 0, -1), bool(chart.is_wrong[index])
        axes.imshow(
            np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels,
            extent=(left, left + side, top - side, top),
            aspect="auto",
            interpolation="antialiased" if len(pixels) >= _SMOOTH else "nearest",
            zorder=2,
        )
        colour, width = (palette.NOW, 1.8) if is_wrong else (palette.REFERENCE, 0.5)
        corner = (left, top - side)
        draw_edge(axes, corner, (side, side), colour, width, zorder=3)
        said = chart.title(index, tiles.width + 0.5 * _GAP, measure, lines=lines, mark=MARK)
        for number, line in enumerate(said, 1):
            sheet.write(
                MARGIN + left + side / 2,
                sheet.bottom + top - side - number * _LINE,
                line,
                size=_FONT,
                colour=palette.NOW if is_wrong else palette.MUTED,
                centre=True,
            )
    axes.set_xlim(0, inner)
    axes.set_ylim(0, sheet.top - sheet.bottom)
    return sheet.figure


def state_words(run: RunReport) -> str:
    """The network and how it was trained: "ResNet-20 after 12 epochs on Digits, recipe quick (…), seed 0"."""
    spec = run.spec
    so_far = " so far" if is_going(run) else "" if run.state == "done" else f" ({run.state})"
    return (
        f"{spec.network.title} after {duration_words(epochs_done(run))}{so_far} on {data_words([run])}, recipe "
        f"{plain(spec.recipe.name)} ({spec.recipe.words}), seed {spec.network.seed}"
    )


def table(chart: PictureChart) -> Table:
    """Header and rows for `export.csv_bytes`: every test picture, in the order of the figure.

    `picture` is its place in the test set, from 0; `wrong` is "yes" or "no".
    """
    rows = [
        (i, *chart.pair(i), *chart.names(i), "yes" if chart.is_wrong[i] else "no")
        for i in chart.order.tolist()
    ]
    return ("picture", "true", "predicted", "true class", "predicted class", "wrong"), rows
