"""The confusion matrix: a row for each true class, a column for each predicted one, counts and shares of the row."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.colour_scale import ColourScale
from resnet_viewer.figures.page import (
    MARGIN,
    CaptionedFigure,
    Without,
    draw_colour_bar,
    page,
    shortened_inside,
    text_width,
)
from resnet_viewer.figures.picture_grid import state_words
from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import class_count, confusion, row_shares
from resnet_viewer.records.lab import Numbers
from resnet_viewer.records.training import RunReport

COLOURS = "colorbrewer:blues"
_BAR, _NAMES, _AXIS_WORDS = 0.62, 1.3, 0.24
_FULL, _COUNTS = 0.36, 0.2
"""Inches of a cell's side from which it holds count and percent in the usual font, and from which the count."""
_TINY = 0.062
"""Beneath this no cell and no class can be labelled: colours alone are drawn, and the table has the numbers."""
"""Beneath this no cell and no class can be labelled: colours alone are drawn, and the table has the numbers."""


def figure(
    labels: Numbers,
    predicted: Numbers,
    class_names: tuple[str, ...],
    run: RunReport,
    *,
    width: float | None = None,
    without: Without = (),
) -> CaptionedFigure:
    """Colours are shares of the true class; the cells hold counts, and percent of the row where there is room.

    `width` is in inches, by default what suits the classes; the page is as high as the matrix needs. Where cells are
    too small for them, names and numbers are left to the table.

    Raises:
        ValueError: there is no picture, or labels and predictions are not as many, or no classes of `class_names`.
    """
    classes = class_count(predicted, class_names)
    counts = confusion(labels, predicted, classes)
    total = int(counts.sum())
    if not total:
        raise ValueError("no test picture to count")
    usual = 7.6 if classes <= 14 else 9.0 if classes <= 40 else 11.5
    width = width or usual
    font = float(np.clip(72 * 0.62 * max(width - 3.0, 0.5 * width) / classes, 3.2, palette.FONT))
    names = [class_name(index, class_names) for index in range(classes)]
    longest = max(text_width(name, font) for name in names)
    label = min(longest + 0.08, _NAMES, 0.25 * width)
    left = MARGIN + _AXIS_WORDS + label
    side = min((width - left - MARGIN - _BAR) / classes, 0.62)
    whole = side * classes
    error = 100 * (1 - np.trace(counts) / total)
    sheet = page(
        title=f"Confusion matrix · {run.spec.network.title} · {error:.1f} % error",
        subtitle=confusions_words(counts, names),
        caption=caption(counts, run, side=side, classes=len(class_names)),
        width=width,
        height=None,
        without=without,
        content=label + _AXIS_WORDS + whole + 0.12,
    )
    bottom = sheet.bottom + 0.06 + label + _AXIS_WORDS
    axes = sheet.axes(left, bottom, whole, whole)
    axes.set_label("matrix")
    _draw(axes, counts, side)
    shorts = [shortened_inside(name, label - 0.04, font) for name in names]
    style: dict[str, Any] = {
        "fontsize": font,
        "color": palette.TEXT,
        "fontfamily": "DejaVu Sans",
        "parse_math": False,
    }
    places = range(classes) if side >= _TINY else range(0)
    axes.set_yticks(places, shorts[: len(places)], **style)
    axes.set_xticks(places, shorts[: len(places)], rotation=90 if longest > side else 0, **style)
    sheet.write(left + whole / 2, sheet.bottom + 0.06, "predicted", centre=True)
    axes.text(
        -(label + 0.13) / whole,
        0.5,
        "true",
        transform=axes.transAxes,
        rotation=90,
        ha="center",
        va="center",
        fontsize=palette.FONT,
        color=palette.TEXT,
        fontfamily="DejaVu Sans",
    )
    height = min(whole, 1.9)
    bar = sheet.axes(left + whole + 0.16, bottom + whole - height, 0.11, height)
    bar.set_label("colour bar")
    ticks = tuple((share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1))
    draw_colour_bar(bar, ColourScale(COLOURS, ("0 %", "100 %"), ticks))
    return sheet.figure


def confusions_words(counts: NDArray[np.int64], names: list[str]) -> str:
    """The most frequent confusions: "most often: 3 taken for 8 (12), 9 taken for 4 (5)"."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong.ravel(), kind="stable")[:3]
    found = [(int(i) // len(names), int(i) % len(names)) for i in order]
    said = [f"{names[t]} taken for {names[p]} ({wrong[t, p]})" for t, p in found if wrong[t, p] > 0]
    return f"most often: {', '.join(said)}" if said else "every picture is right"


def caption(counts: NDArray[np.int64], run: RunReport, *, side: float, classes: int) -> str:
    """What was counted, in which network after how much training, as one sentence; a cell's side is in inches. Behind
    `classes` there may be one for pictures that have none.
    """
    total = int(counts.sum())
    wrong = total - int(np.trace(counts))
    numbers = "numbers: pictures, and percent of the row" if side >= _FULL else "numbers: pictures"
    empty = int((counts.sum(axis=1) == 0)[:classes].sum())
    none = f" · classes without a test picture: {empty}" if empty else ""
    if lost := int(counts[:, classes:].sum()):
        none += f" · no class, for their logits are not finite: {lost}"
    return (
        f"{wrong} of {total} test pictures are wrong · rows: true class, columns: predicted class · "
        f"{f'{numbers}, ' if side >= _TINY else ''}colours: share of the row{none} · {state_words(run)}."
    )


def table(
    counts: NDArray[np.int64], class_names: tuple[str, ...]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: every pair of classes with its count and its percent of the row.

    The percent is empty for a class without pictures.
    """
    shares = row_shares(counts)
    totals = counts.sum(axis=1)
    rows: list[tuple[str, ...]] = [
        (
            class_name(true, class_names),
            class_name(other, class_names),
            str(counts[true, other]),
            repr(float(100 * shares[true, other])) if totals[true] else "",
        )
        for true in range(len(counts))
        for other in range(len(counts))
    ]
    return ("true", "predicted", "count", "percent of true"), rows


def _draw(axes: Axes, counts: NDArray[np.int64], side: float) -> None:
    """`side` is a cell's in inches."""
    table_of_colours = palette.lookup(COLOURS)
    shares = row_shares(counts)
    drawn = table_of_colours[np.rint(shares * 255).astype(int)]
    axes.imshow(drawn, interpolation="nearest", aspect="auto")
    axes.tick_params(length=0, pad=2)
    classes = len(counts)
    if side >= 0.05:
        lines = np.arange(classes + 1) - 0.5
        axes.hlines(
            lines, -0.5, classes - 0.5, color="white" if side >= _COUNTS else palette.GRID, linewidth=0.4
        )
        axes.vlines(
            lines, -0.5, classes - 0.5, color="white" if side >= _COUNTS else palette.GRID, linewidth=0.4
        )
    for spine in axes.spines.values():
        spine.set_color(palette.REFERENCE)
        spine.set_linewidth(0.6)
    for true, other in zip(*np.nonzero(counts), strict=True) if side >= _TINY else ():
        count, share = int(counts[true, other]), float(shares[true, other])
        words = f"{count}\n{_percent(share)}" if side >= _FULL else str(count)
        longest = max(len(line) for line in words.split("\n"))
        high = 0.42 if side >= _FULL else 0.67
        size = min(palette.FONT, 72 * side * 0.9 / (0.64 * max(longest, 2)), 72 * side * high)
        axes.text(
            other,
            true,
            words,
            ha="center",
            va="center",
            fontsize=size,
            color="white" if share > 0.55 else palette.TEXT,
            fontfamily="DejaVu Sans",
            linespacing=1.15,
        )
    for place in range(classes) if side >= _TINY else ():
        axes.add_patch(
            Rectangle(
                (place - 0.5, place - 0.5),
                1,
                1,
                fill=False,
                edgecolor=palette.TEXT,
                linewidth=0.7 if side >= _COUNTS else 0.35,
                zorder=3,
            )
        )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share == 1 or share >= 0.01 else f"{100 * share:.1f} %"
