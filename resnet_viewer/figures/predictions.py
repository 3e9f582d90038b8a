"""The prediction as bars: the reference's highest classes, now against the reference."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.figures import palette
from resnet_viewer.figures.page import MARGIN, page, shortened
from resnet_viewer.records import captions
from resnet_viewer.records.predictions import percent, top_classes
from resnet_viewer.records.probe import ProbeResult

_ROW = 0.36
_NAMES = 1.9
_NUMBERS = 0.8
"""Inches: a row, the column of names, each column of percentages."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    class_names: tuple[str, ...] = (),
    width: float = 6.4,
) -> Figure:
    """Two bars a class on a scale of 0 to 100 %: now above in red, the reference beneath in grey."""
    if reference is not None and reference.logits.shape[-1] != now.logits.shape[-1]:
        reference = None
    classes = top_classes(now, reference)
    columns = 1 if reference is None else 2
    content = _ROW * len(classes) + 0.5
    sheet = page(
        title=f"Prediction · {now.request.state.network.title}",
        subtitle="",
        caption=captions.predictions_caption(now, reference),
        width=width,
        height=None,
        content=content,
    )
    left = MARGIN + _NAMES
    bars = width - MARGIN - left - columns * _NUMBERS
    bottom = sheet.top - 0.2 - _ROW * len(classes)
    axes = sheet.axes(left, bottom, bars, _ROW * len(classes))
    _prepare(axes, len(classes))
    right = left + bars
    sheet.write(right + _NUMBERS, sheet.top - 0.12, "now", colour=palette.NOW, bold=True, right=True)
    if reference is not None:
        place = right + 2 * _NUMBERS
        sheet.write(place, sheet.top - 0.12, "reference", colour=palette.REFERENCE, bold=True, right=True)
    for row, index in enumerate(classes):
        y = bottom + _ROW * (len(classes) - row - 0.5) - 0.04
        name = captions.class_name(index, class_names) + (" · target" if index == now.target else "")
        sheet.write(left - 0.1, y, shortened(name, _NAMES - 0.1, palette.FONT + 1), size=9, right=True)
        ours = float(now.probabilities[0][index])
        _bar(axes, row - 0.17 if reference is not None else row, ours, palette.NOW)
        sheet.write(right + _NUMBERS, y, percent(ours), colour=palette.NOW, right=True)
        if reference is not None:
            theirs = float(reference.probabilities[0][index])
            _bar(axes, row + 0.17, theirs, palette.REFERENCE)
            sheet.write(right + 2 * _NUMBERS, y, percent(theirs), colour=palette.REFERENCE, right=True)
    return sheet.figure


def _prepare(axes: Axes, rows: int) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    places = [0, 25, 50, 75, 100]
    labels = [f"{place} %" for place in places]
    axes.set_xticks(places, labels, fontsize=palette.FONT - 1, color=palette.MUTED, fontfamily="DejaVu Sans")
    axes.grid(axis="x", color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color(palette.REFERENCE)


def _bar(axes: Axes, y: float, probability: float, colour: str) -> None:
    share = 100 * probability if math.isfinite(probability) else 0.0
    axes.barh(y, share, height=0.28, color=colour, linewidth=0)
