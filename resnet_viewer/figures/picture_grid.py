"""Test pictures with what they are and what a network takes them for, the wrong ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from resnet_viewer.charts import palette
from resnet_viewer.charts.run_names import data_words, duration_words, epochs_done, is_going
from resnet_viewer.figures.page import (
    MARGIN,
    CaptionedFigure,
    Page,
    Without,
    page,
    shortened_inside,
    text_width,
)
from resnet_viewer.records.captions import class_name, plain
from resnet_viewer.records.confusion import RULES, PictureRule, picture_order
from resnet_viewer.records.lab import Confidences, Numbers, Pictures
from resnet_viewer.records.training import RunReport

WRONG_MARK = "✗"
_FONT = palette.FONT - 1
_LINE, _GAP, _ABOVE = 0.125, 0.12, 0.1
_SMALLEST, _WIDEST = 0.46, 1.15
_LEAST_ROWS = 2
"""For which the words around the pictures give way."""
_SMOOTH = 128
"""From this side on pictures are shrunk smoothly; smaller ones show their pixels."""


@dataclass(frozen=True)
class _Cells:
    """Inches: a picture's side, and the place that it takes with its title of `lines` lines."""

    side: float
    width: float
    lines: int

    @property
    def height(self) -> float:
        return self.side + self.lines * _LINE + _GAP


def figure(
    pictures: Pictures,
    labels: Numbers,
    predicted: Numbers,
    class_names: tuple[str, ...],
    run: RunReport,
    *,
    rule: PictureRule = "sample",
    confidence: Confidences | None = None,
    size: tuple[float, float] = (7.6, 4.6),
    without: Without = (),
) -> CaptionedFigure:
    """As many of the pictures (N, C, S, S) as the page holds, each under "true / predicted".

    Wrong ones come first, framed in red and marked with ✗; the right ones follow; of both, those come first that
    `records.confusion.picture_order` chooses. `size` is in inches.

    Raises:
        ValueError: there is no picture, or labels and predictions are not as many.
    """
    if not len(pictures) == len(labels) == len(predicted):
        raise ValueError(
            f"{len(pictures)} pictures do not fit {len(labels)} labels, {len(predicted)} predictions"
        )
    rule = "sample" if confidence is None else rule
    order = picture_order(labels, predicted, rule=rule, confidence=confidence)
    if not len(order):
        raise ValueError("no test picture to draw")
    titles = [_title(labels[i], predicted[i], class_names) for i in order]
    inner = size[0] - 2 * MARGIN
    cells = _cells(titles, pictures.shape[-1], inner)
    columns = max(1, int((inner + _GAP) / (cells.width + _GAP)))

    def made(height: float | None, shown: int, content: float, without: Without) -> Page:
        return page(
            title=f"Test pictures · {run.spec.network.title}",
            subtitle=f"{data_words([run])} · true / predicted · wrong ones first, framed and marked {WRONG_MARK}",
            caption=caption(labels, predicted, run, shown=shown, rule=rule),
            width=size[0],
            height=height,
            content=content,
            without=without,
        )

    empty = made(
        size[1], len(order), _ABOVE + min(_LEAST_ROWS, -(-len(order) // columns)) * cells.height, without
    )
    rows = max(1, int((empty.top - empty.bottom - _ABOVE) / cells.height))
    rows = min(rows, -(-len(order) // columns))
    shown = min(len(order), rows * columns)
    sheet = made(None, shown, _ABOVE + rows * cells.height, (*without, *empty.figure.left_out))
    sheet.figure.left_out = empty.figure.left_out
    sheet.figure.size_wished = empty.figure.size_wished
    axes = sheet.bare_axes(MARGIN, sheet.bottom, inner, sheet.top - sheet.bottom)
    axes.set_label("pictures")
    for place, index in enumerate(order[:shown]):
        row, column = divmod(place, columns)
        left = column * (cells.width + _GAP)
        top = sheet.top - sheet.bottom - _ABOVE - row * cells.height
        is_wrong = bool(labels[index] != predicted[index])
        _draw(axes, pictures[index], left + (cells.width - cells.side) / 2, top, cells.side, is_wrong)
        _write(sheet, titles[place], is_wrong, MARGIN + left + cells.width / 2, sheet.bottom + top, cells)
    axes.set_xlim(0, inner)
    axes.set_ylim(0, sheet.top - sheet.bottom)
    return sheet.figure


def caption(
    labels: Numbers, predicted: Numbers, run: RunReport, *, shown: int, rule: PictureRule = "sample"
) -> str:
    """How many are wrong, which of them are shown, in which network after how much training, as one sentence."""
    count, wrong = len(labels), int((labels != predicted).sum())
    parts = [
        f"{wrong} of {count} test pictures are wrong ({100 * wrong / count:.1f} %)",
        _shown_words(shown, wrong, count, rule),
        state_words(run),
    ]
    return " · ".join(part for part in parts if part) + "."


def state_words(run: RunReport) -> str:
    """The network and how it was trained: "ResNet-20 after 12 epochs on Digits, recipe quick (…), seed 0"."""
    spec = run.spec
    so_far = " so far" if is_going(run) else "" if run.state == "done" else f" ({run.state})"
    return (
        f"{spec.network.title} after {duration_words(epochs_done(run))}{so_far} on {data_words([run])}, recipe "
        f"{plain(spec.recipe.name)} ({spec.recipe.words}), seed {spec.network.seed}"
    )


def table(
    labels: Numbers,
    predicted: Numbers,
    class_names: tuple[str, ...],
    *,
    rule: PictureRule = "sample",
    confidence: Confidences | None = None,
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: every test picture, in the order of the figure.

    `picture` is its place in the test set, from 0; `wrong` is "yes" or "no".
    """
    header = ("picture", "true", "predicted", "true class", "predicted class", "wrong")
    rows: list[tuple[str, ...]] = [
        (
            str(index),
            str(labels[index]),
            str(predicted[index]),
            class_name(int(labels[index]), class_names),
            class_name(int(predicted[index]), class_names),
            "yes" if labels[index] != predicted[index] else "no",
        )
        for index in picture_order(labels, predicted, rule=rule, confidence=confidence)
    ]
    return header, rows


def _shown_words(shown: int, wrong: int, count: int, rule: PictureRule) -> str:
    if shown == count:
        return "all are shown"
    if shown < wrong:
        return f"{shown} of them are shown, {RULES[rule]}"
    right = f"{shown - wrong} of the right ones" if shown > wrong else ""
    parts = " and ".join(part for part in ("all wrong ones" if wrong else "", right) if part)
    return f"{parts} are shown, {RULES[rule]}"


def _title(label: Any, predicted: Any, class_names: tuple[str, ...]) -> tuple[str, str]:
    return class_name(int(label), class_names), class_name(int(predicted), class_names)


def _cells(titles: Sequence[tuple[str, str]], pixels: int, inner: float) -> _Cells:
    """Wide enough for the titles on one line, or else on two; large pictures are larger on the page too."""
    side = min(_SMALLEST if pixels <= 16 else 0.56 if pixels <= 40 else 0.8 if pixels <= 100 else 1.1, inner)
    mark = text_width(f"{WRONG_MARK} ", _FONT)
    one = max(text_width(f"{true} / {other}", _FONT) for true, other in titles) + mark
    if one <= max(side, 0.85):
        return _Cells(side, max(side, one), 1)
    two = max(max(text_width(f"{true} /", _FONT), text_width(other, _FONT)) for true, other in titles) + mark
    return _Cells(side, min(max(side, two), max(_WIDEST, side), inner), 2)


def _draw(axes: Axes, picture: Pictures, left: float, top: float, side: float, is_wrong: bool) -> None:
    shown = np.moveaxis(picture, 0, -1)
    axes.imshow(
        np.repeat(shown, 3, axis=-1) if shown.shape[-1] == 1 else shown,
        extent=(left, left + side, top - side, top),
        aspect="auto",
        interpolation="antialiased" if shown.shape[0] >= _SMOOTH else "nearest",
        zorder=2,
    )
    axes.add_patch(
        Rectangle(
            (left, top - side),
            side,
            side,
            fill=False,
            edgecolor=palette.NOW if is_wrong else palette.REFERENCE,
            linewidth=1.8 if is_wrong else 0.5,
            zorder=3,
        )
    )


def _write(
    sheet: Page, title: tuple[str, str], is_wrong: bool, centre: float, top: float, cells: _Cells
) -> None:
    """The picture's title beneath it, on one line or two."""
    true, other = title
    mark = f"{WRONG_MARK} " if is_wrong else ""
    lines = [f"{mark}{true} / {other}"] if cells.lines == 1 else [f"{mark}{true} /", other]
    for number, line in enumerate(lines, 1):
        sheet.write(
            centre,
            top - cells.side - number * _LINE,
            shortened_inside(line, cells.width + 0.5 * _GAP, _FONT),
            size=_FONT,
            colour=palette.NOW if is_wrong else palette.MUTED,
            centre=True,
        )
