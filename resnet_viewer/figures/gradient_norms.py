"""The gradient-norm plot: every layer's norm now against the reference, under the shortcuts that made it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradient_values import Row, kind_of_value, other_rows, rows, table
from resnet_viewer.figures.gradient_axis import DecadeAxis, decade, place_of, prepare_x_axis, prepare_y_axis
from resnet_viewer.figures.page import MARGIN, Without, page, shortened
from resnet_viewer.figures.wiring_strip import (
    STRIP_HEIGHT,
    Legend,
    draw_legend_rows,
    draw_strip,
    legend_height,
)
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import spread
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.target import BlockTarget

__all__ = ["figure", "table"]

_LEFT, _RIGHT = 0.82, 0.2
_FOOT, _LOWEST = 0.52, 0.95
"""Inches of what stands under the plot, and of the least height that a plot can be read at."""
_MARKER_ORDER = "oDs^X"


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    quantity: GradientQuantity = "weight",
    class_names: tuple[str, ...] = (),
    size: tuple[float, float] = (7.6, 5.0),
    without: Without = (),
) -> Figure:
    """Draw the norms of `rows(now, reference, quantity)` on a log scale. `size` is in inches.

    Zeros stand on a row "0" below the axis, non-finite values on a row above it; none is dropped.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
    """
    values = rows(now, reference, quantity)
    others = other_rows(now, reference, quantity)
    entries = _legend(now, reference, values, others)
    brief = [entry for entry in entries if entry.kind in ("now", "reference")]
    sheet = page(
        title=f"{_title(quantity)} · {now.request.state.network.title}",
        subtitle="",
        caption=captions.caption(now, reference, class_names, quantity=quantity),
        width=size[0],
        height=size[1],
        content=_FOOT + _LOWEST + STRIP_HEIGHT,
        legend=legend_height(brief, size[0]),
        signs=legend_height(entries, size[0]) - legend_height(brief, size[0]),
        legend_words="; ".join(entry.words for entry in entries),
        without=without,
    )
    top = draw_legend_rows(sheet, entries if sheet.has_signs else brief) if sheet.has_legend else sheet.top
    bottom = sheet.bottom + _FOOT
    width = sheet.width - _LEFT - _RIGHT
    height = top - STRIP_HEIGHT - bottom
    axes = sheet.axes(_LEFT, bottom, width, height)
    strip = sheet.axes(_LEFT, bottom + height, width, STRIP_HEIGHT)
    strip.set_label("strip")
    limits = (0.4, len(values) + 0.6)
    draw_strip(
        strip,
        axes,
        now.request.state.wiring,
        blueprint(now.request.state.network, now.request.state.preprocessing.crop),
        by_block=quantity == "output",
        limits=limits,
        width=width,
        openings=[block.opening for block in now.blocks],
    )
    numbers = [number for row in (*values, *others) for number in (row.now, row.reference)]
    y = prepare_y_axis(axes, numbers, height)
    _draw(axes, values, others, y, width=width)
    prepare_x_axis(axes, limits, by_block=quantity == "output", width=width)
    axes.set_ylabel(
        _y_label(quantity, now), fontsize=palette.FONT, color=palette.TEXT, labelpad=6, parse_math=False
    )
    axes.yaxis.set_label_coords(-(_LEFT - MARGIN - 0.06) / width, 0.5)
    return sheet.figure


def _title(quantity: GradientQuantity) -> str:
    return {
        "weight": "Gradient norm of every layer's weight",
        "relative": "Relative gradient norm of every layer's weight",
        "output": "Gradient norm at every block's output",
    }[quantity]


def _y_label(quantity: GradientQuantity, now: ProbeResult) -> str:
    of = "mean" if isinstance(now.target, BlockTarget) else now.request.gradient_of
    return {
        "weight": f"‖∂{of}/∂W‖₂",
        "relative": f"‖∂{of}/∂W‖₂ / ‖W‖₂",
        "output": f"‖∂{of}/∂y‖₂, y a block's output",
    }[quantity]


def _legend(
    now: ProbeResult, reference: ProbeResult | None, values: Sequence[Row], others: Sequence[Row]
) -> list[Legend]:
    state = now.request.state
    network, wiring = state.network, state.wiring
    ours = captions.wiring_words(network, wiring)
    theirs = captions.reference_words(now, reference)
    if reference is not None and reference.request.state.network != network:
        ours, theirs = captions.short_names(state, reference.request.state)
    entries = [Legend("now", f"now: {ours}")]
    if others or any(row.reference is not None for row in values):
        entries.append(Legend("reference", f"reference: {theirs}"))
    if any(row.kind == "projection" for row in values):
        entries.append(Legend("projection", "projection"))
    if count := sum(row.kind == "linear" for row in values):
        entries.append(Legend("classifier", "classifier" if count == 1 else "linear layer"))
    if network.has_shortcuts:
        if any(strength == 1.0 for strength in wiring.shortcuts):
            entries.append(Legend("shortcut", "shortcut"))
        if wiring.weakened:
            entries.append(Legend("weakened", "weakened shortcut"))
        if wiring.cut:
            entries.append(Legend("cut", "cut shortcut"))
    if any(block.opening is not None for block in now.blocks):
        entries.append(Legend("gate", "opening of a gate layer"))
    if wiring.dropped:
        entries.append(Legend("dropped", "dropped branch"))
    return entries


def _draw(axes: Axes, values: Sequence[Row], others: Sequence[Row], y: DecadeAxis, *, width: float) -> None:
    """Both curves; a line breaks where a value is zero, not finite or missing, and its marker moves to the
    row. `others` are a reference's of other layers, spread over the whole width (in inches): its depth is relative.
    """
    markers = min(max(width / len(values) * 72 * 0.55, 1.1), 4.2)
    x = list(range(1, len(values) + 1))
    compared = others or values
    x_compared = spread(len(others), 1, len(values)) if others else x
    theirs = [place_of(row.reference, y) for row in compared]
    ours = [place_of(row.now, y) for row in values]
    axes.plot(
        x_compared,
        [decade(row.reference) for row in compared],
        color=palette.REFERENCE,
        linewidth=1.1,
        linestyle=(0, (4, 2)),
        marker="o",
        markersize=markers * 0.45,
        zorder=2,
    )
    axes.plot(x, [decade(row.now) for row in values], color=palette.NOW, linewidth=1.2, zorder=3)
    for marker in _MARKER_ORDER:
        chosen = [
            (at, place) for at, place, row in zip(x, ours, values, strict=True)
            if place is not None and _marker(row.now, row.kind) == marker
        ]  # fmt: skip
        if chosen:
            axes.plot(
                *zip(*chosen, strict=True),
                color=palette.NOW,
                linestyle="none",
                marker=marker,
                markersize=markers * (1.4 if marker in "^X" else 1.0),
                markeredgewidth=0,
                zorder=4,
            )
    beyond = [
        (at, place) for at, place, row in zip(x_compared, theirs, compared, strict=True)
        if place is not None and kind_of_value(row.reference) != "positive"
    ]  # fmt: skip
    if beyond:  # an open ring around the filled marker of now, so that both show
        axes.plot(
            *zip(*beyond, strict=True),
            color=palette.REFERENCE,
            linestyle="none",
            marker="o",
            markersize=markers * 1.7,
            markerfacecolor="none",
            markeredgewidth=0.8,
            zorder=4,
        )
    _name_not_finite(axes, [row.now for row in values], [row.reference for row in compared], y, width=width)


def _marker(value: float, kind: str) -> str:
    """A shape for the kind of layer; a triangle for infinity, a cross for what is no number."""
    if kind_of_value(value) == "not finite":
        return "X" if math.isnan(value) else "^"
    return {"projection": "D", "linear": "s"}.get(kind, "o")


def _name_not_finite(
    axes: Axes, ours: Sequence[float], theirs: Sequence[float | None], y: DecadeAxis, *, width: float
) -> None:
    """How many of each kind stand on the upper row, at its right end."""
    if y.not_finite is None:
        return
    counts: list[str] = []
    for whose, numbers in (("now", ours), ("reference", theirs)):
        found = [n for n in numbers if n is not None and kind_of_value(n) == "not finite"]
        not_numbers = sum(math.isnan(number) for number in found)
        words = [f"{len(found) - not_numbers} infinite (▲)"] if len(found) > not_numbers else []
        words += [f"{not_numbers} NaN (✖)"] if not_numbers else []
        if words:
            counts.append(f"{whose}: {', '.join(words)}")
    axes.annotate(
        shortened(" · ".join(counts), width - 0.1, palette.FONT - 1.5),
        xy=(1, y.top),
        xycoords=("axes fraction", "data"),
        xytext=(-3, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=palette.FONT - 1.5,
        color=palette.MUTED,
        fontfamily="DejaVu Sans",
    )
