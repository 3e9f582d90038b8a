"""The axes of the gradient plot, made for the values that there are.

The y axis is linear in log10 of the norm, not matplotlib's log axis: that keeps every double from 1e-320 to
1e308 in place, and leaves room for a row of zeros below and one of non-finite values above, each behind a break.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Axis as ChartAxis
from resnet_viewer.charts.gradient_values import kind_of_value

_ROW = 0.26
"""Inches of height of the row of zeros and of the row of non-finite values."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PIXELS = 96.0
"""To the inch: the unit of lengths in charts."""
_STEPS = (1, 2, 3, 5, 10, 20, 25, 50, 100, 200)


@dataclass(frozen=True)
class DecadeAxis:
    """The y axis in decades: `low` to `high` for values, `bottom` to `top` with the rows beyond, None where
    there is no such row.
    """

    low: float
    high: float
    bottom: float
    top: float
    zero: float | None
    not_finite: float | None


def prepare_y_axis(axes: Axes, numbers: Sequence[float | None], height: float) -> DecadeAxis:
    """Set limits, ticks and grid for every value that there is; `height` of the axes in inches."""
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
    y = DecadeAxis(
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
    labels = [power_of_ten(d) for d in ticks]
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


def _break(axes: Axes, edge: float, height: float, y: DecadeAxis) -> None:
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


def power_of_ten(exponent: int) -> str:
    """ "10⁻³", as text."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def decade(value: float | None) -> float:
    """log10 of a norm above zero; NaN for what has no place on the axis, so that a line breaks there."""
    return math.log10(value) if value is not None and kind_of_value(value) == "positive" else math.nan


def place_of(value: float | None, y: DecadeAxis) -> float | None:
    """Where a marker goes: on the axis, on the row of zeros or of non-finite values; None where nothing is."""
    match kind_of_value(value):
        case "positive":
            return decade(value)
        case "zero":
            return y.zero
        case "not finite":
            return y.not_finite
        case "missing":
            return None


def draw_log_axis(axes: Axes, axis: ChartAxis) -> None:
    """The y axis with its numbers, grid and lanes."""
    axes.set_ylim(axis.low, axis.high)
    axes.set_yticks(
        [y for y, _ in (*axis.numbers, *axis.lanes)],
        [*(_power_words(text) for _, text in axis.numbers), *(text for _, text in axis.lanes)],
        fontsize=palette.FONT, color=palette.TEXT, fontfamily="DejaVu Sans",
    )  # fmt: skip
    axes.set_yticks(axis.minor, minor=True)
    for y, _ in axis.numbers:
        axes.axhline(y, color=palette.GRID, linewidth=0.6, zorder=0.5)
    for edge in axis.edges:
        axes.axhline(edge, color=palette.REFERENCE, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)


def _power_words(text: str) -> str:
    """ "1e-3" as "10⁻³", "3e-2" as "3·10⁻²"."""
    digit, exponent = text.split("e")
    return f"{'' if digit == '1' else f'{digit}·'}{power_of_ten(int(exponent))}"
