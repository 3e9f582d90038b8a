"""The gradient-norm plot: every layer's norm now against the reference, under the shortcuts that made it.

The axis is linear in log10 of the norm, not matplotlib's log axis: that keeps every double from 1e-320 to
1e308 in place, and leaves room for a row of zeros below and one of non-finite values above, each behind a
break.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.figures import palette
from resnet_viewer.figures.gradient_values import Row, kind_of_value, rows, table
from resnet_viewer.figures.page import MARGIN, Page, page
from resnet_viewer.figures.wiring_strip import STRIP_HEIGHT, Legend, draw_strip, legend_rows
from resnet_viewer.records import captions
from resnet_viewer.records.network import blueprint
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity

__all__ = ["figure", "table"]

_LEFT, _RIGHT = 0.82, 0.2
_ROW = 0.26
"""Inches of height of the row of zeros and of the row of non-finite values."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_STEPS = (1, 2, 3, 5, 10, 20, 25, 50, 100, 200)
_MARKER_ORDER = "oDs^X"


@dataclass(frozen=True)
class _Axis:
    """Where the y axis ends, in decades: `low` to `high` for values, and the rows beyond, None where not
    needed.
    """

    low: float
    high: float
    bottom: float
    top: float
    zero: float | None
    not_finite: float | None


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    quantity: GradientQuantity = "weight",
    class_names: tuple[str, ...] = (),
    size: tuple[float, float] = (7.6, 5.0),
) -> Figure:
    """Draw the norms of `rows(now, reference, quantity)` on a log scale. `size` is in inches.

    Zeros stand on a row "0" below the axis, non-finite values on a row above it; none is dropped.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
    """
    values = rows(now, reference, quantity)
    sheet = page(
        title=f"{_title(quantity)} · {now.request.state.network.title}",
        subtitle="",
        caption=captions.caption(now, reference, class_names, quantity=quantity),
        width=size[0],
        height=size[1],
    )
    top = _legend(sheet, now, reference, values)
    bottom = sheet.bottom + 0.52
    width = sheet.width - _LEFT - _RIGHT
    height = max(top - STRIP_HEIGHT - bottom, 0.8)
    axes = sheet.axes(_LEFT, bottom, width, height)
    strip = sheet.axes(_LEFT, bottom + height, width, STRIP_HEIGHT)
    limits = (0.4, len(values) + 0.6)
    draw_strip(
        strip,
        axes,
        now.request.state.wiring,
        blueprint(now.request.state.network, now.request.state.preprocessing.crop),
        by_block=quantity == "output",
        limits=limits,
        width=width,
    )
    y = _y_axis(axes, values, height)
    _draw(axes, values, y, spacing=width / len(values))
    _x_axis(axes, limits, by_block=quantity == "output")
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
    of = now.request.gradient_of
    return {
        "weight": f"‖∂{of}/∂W‖₂",
        "relative": f"‖∂{of}/∂W‖₂ / ‖W‖₂",
        "output": f"‖∂{of}/∂y‖₂, y a block's output",
    }[quantity]


def _legend(sheet: Page, now: ProbeResult, reference: ProbeResult | None, values: Sequence[Row]) -> float:
    state = now.request.state
    network, wiring = state.network, state.wiring
    entries = [Legend("now", f"now: {captions.wiring_words(network, wiring) or 'all branches open'}")]
    if any(row.reference is not None for row in values):
        entries.append(Legend("reference", f"reference: {captions.reference_words(now, reference)}"))
    if any(row.kind == "projection" for row in values):
        entries.append(Legend("projection", "projection"))
    if network.has_shortcuts:
        entries.append(Legend("shortcut", "shortcut"))
        if wiring.weakened:
            entries.append(Legend("weakened", "weakened shortcut"))
        if wiring.cut:
            entries.append(Legend("cut", "cut shortcut"))
    if wiring.dropped:
        entries.append(Legend("dropped", "dropped branch"))
    return legend_rows(sheet, entries)


def _y_axis(axes: Axes, values: Sequence[Row], height: float) -> _Axis:
    """Set limits, ticks and grid for every value that there is; `height` of the axes in inches."""
    numbers = [number for row in values for number in (row.now, row.reference)]
    kinds = {kind_of_value(number) for number in numbers}
    decades = [math.log10(n) for n in numbers if n is not None and kind_of_value(n) == "positive"]
    low, high = (min(decades), max(decades)) if decades else (-1.0, 0.0)
    if high - low < 2:
        low, high = math.floor(low), math.ceil(high)
        high = max(high, low + 1)
    margin = (0.045 + 0.13 / height) * (high - low)
    low, high = low - margin, high + margin
    beyond = _ROW * (("zero" in kinds) + ("not finite" in kinds))
    unit = (high - low) / max(height - beyond, 0.3)
    row = _ROW * unit
    y = _Axis(
        low,
        high,
        low - row if "zero" in kinds else low,
        high + row if "not finite" in kinds else high,
        low - row / 2 if "zero" in kinds else None,
        high + row / 2 if "not finite" in kinds else None,
    )
    first, last = math.ceil(low), math.floor(high)
    step = next((s for s in _STEPS if (high - low) / s <= max(height - beyond, 0.3) / 0.2), _STEPS[-1])
    clear = 0.12 * unit if beyond else 0.0  # a label at the very end would lie on the break
    ticks = [d for d in range(first, last + 1) if d % step == 0 and low + clear <= d <= high - clear]
    ticks = ticks if decades else []
    labels = ["10" + str(d).translate(_SUPERSCRIPT) for d in ticks]
    places = [float(d) for d in ticks]
    for row_at, label in ((y.zero, "0"), (y.not_finite, "∞, NaN")):
        if row_at is not None:
            places.append(row_at)
            labels.append(label)
    axes.set_ylim(y.bottom, y.top)
    axes.set_yticks(places, labels, fontsize=palette.FONT, color=palette.TEXT, fontfamily="DejaVu Sans")
    if step == 1 and high - low <= 6 and decades:
        minor = [d + math.log10(m) for d in range(first - 1, last + 1) for m in range(2, 10)]
        axes.set_yticks([place for place in minor if low <= place <= high], minor=True)
    for tick in ticks:
        axes.axhline(tick, color=palette.GRID, linewidth=0.6, zorder=0.5)
    for row_at, edge in ((y.zero, low), (y.not_finite, high)):
        if row_at is not None:
            _break(axes, edge, height, y)
    return y


def _break(axes: Axes, edge: float, height: float, y: _Axis) -> None:
    """The sign of a broken axis: two slashes across the left spine, and a dotted line across the plot."""
    axes.axhline(edge, color=palette.REFERENCE, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
    place = (edge - y.bottom) / (y.top - y.bottom)
    for shift in (-0.025, 0.025):
        centre = place + shift / height
        axes.plot(
            [-0.007, 0.007],
            [centre - 0.03 / height, centre + 0.03 / height],
            transform=axes.transAxes,
            color=palette.TEXT,
            linewidth=0.8,
            clip_on=False,
            zorder=5,
        )


def _draw(axes: Axes, values: Sequence[Row], y: _Axis, *, spacing: float) -> None:
    """Both curves; a line breaks where a value is zero, not finite or missing, and its marker moves to the
    row.
    """
    markers = min(max(spacing * 72 * 0.55, 1.1), 4.2)
    x = list(range(1, len(values) + 1))
    theirs = [_place(row.reference, y) for row in values]
    ours = [_place(row.now, y) for row in values]
    axes.plot(
        x,
        [_on_curve(row.reference) for row in values],
        color=palette.REFERENCE,
        linewidth=1.1,
        linestyle=(0, (4, 2)),
        marker="o",
        markersize=markers * 0.45,
        zorder=2,
    )
    axes.plot(x, [_on_curve(row.now) for row in values], color=palette.NOW, linewidth=1.2, zorder=3)
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
        (at, place) for at, place, row in zip(x, theirs, values, strict=True)
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
    _name_not_finite(axes, values, y)


def _marker(value: float, kind: str) -> str:
    """A shape for the kind of layer; a triangle for infinity, a cross for what is no number."""
    if kind_of_value(value) == "not finite":
        return "X" if math.isnan(value) else "^"
    return {"projection": "D", "linear": "s"}.get(kind, "o")


def _name_not_finite(axes: Axes, values: Sequence[Row], y: _Axis) -> None:
    """How many of each kind stand on the upper row, at its right end."""
    if y.not_finite is None:
        return
    counts: list[str] = []
    for whose, numbers in (("now", [r.now for r in values]), ("reference", [r.reference for r in values])):
        found = [n for n in numbers if n is not None and kind_of_value(n) == "not finite"]
        not_numbers = sum(math.isnan(number) for number in found)
        words = [f"{len(found) - not_numbers} infinite (▲)"] if len(found) > not_numbers else []
        words += [f"{not_numbers} NaN (✖)"] if not_numbers else []
        if words:
            counts.append(f"{whose}: {', '.join(words)}")
    axes.annotate(
        " · ".join(counts),
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


def _on_curve(value: float | None) -> float:
    return math.log10(value) if value is not None and kind_of_value(value) == "positive" else math.nan


def _place(value: float | None, y: _Axis) -> float | None:
    match kind_of_value(value):
        case "positive":
            return _on_curve(value)
        case "zero":
            return y.zero
        case "not finite":
            return y.not_finite
        case "missing":
            return None


def _x_axis(axes: Axes, limits: tuple[float, float], *, by_block: bool) -> None:
    count = round(limits[1] - 0.6)
    axes.set_xlim(*limits)
    step = next((s for s in _STEPS if count / s <= 12), _STEPS[-1])
    ticks = sorted({1, *range(step, count + 1, step)})
    axes.set_xticks(ticks, [str(t) for t in ticks], fontsize=palette.FONT, fontfamily="DejaVu Sans")
    axes.tick_params(colors=palette.TEXT, width=0.7, length=3)
    axes.tick_params(which="minor", length=1.6, width=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(palette.REFERENCE)
        axes.spines[side].set_linewidth(0.8)
    words = "block" if by_block else "layer, in the order of the forward pass"
    axes.set_xlabel(words, fontsize=palette.FONT, color=palette.TEXT, fontfamily="DejaVu Sans", labelpad=4)
