"""Gradient norms as heights: log10 where there is a logarithm, lanes for zeros and non-finite values.

The logarithm is taken here, in float64, so every number that float64 can hold has its place, from 5e-324 to
1.8e308, and none is left out in silence. Minus infinity stands for what was not computed, `NOT_COMPUTED`: it has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import STEPS, Axis, Floats, Shape, Tick, step_of

Lane = Literal["log", "zero", "infinite", "nan"]
LANE_PIXELS = 18.0
LABEL_OVERHANG = 4.0
"""Pixels that a number beside the axis may reach beyond the plot: there stand the layers' numbers, and the title."""
MARGIN_PIXELS = (7.0, 16.0)
"""Least and most free space above the highest and under the lowest point: a tenth of the height between."""
LEAST_DECADES = 2.0
_FEW = 3
"""So many numbers let one read an axis."""
_THIRD = math.log10(3)
"""The smaller distance between a decade, its third and the next decade."""
_FINE = 36.0
"""From so much height of a decade on it has fine lines, too."""


@dataclass(frozen=True, eq=False)
class Series:
    """One curve: norms over the shared x axis.

    `is_joined` is False for projections and gate layers: their norm is a point beside the curve, not a step along it.
    `shapes` are those of the weights, or of the blocks' outputs.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    x: Floats
    values: Floats
    is_joined: NDArray[np.bool_]
    kinds: tuple[str, ...] = ()
    """Of the layers, where they are known: a classifier's mark is a square."""
    logs: Floats = field(init=False)
    """log10 of the values; nan for what has no finite logarithm."""

    def __post_init__(self) -> None:
        has_log = np.isfinite(self.values) & (self.values > 0)
        logs = np.full(self.values.shape, np.nan)
        logs[has_log] = np.log10(self.values[has_log])
        object.__setattr__(self, "logs", logs)

    @property
    def is_there(self) -> NDArray[np.bool_]:
        """Which points there are: not those of layers that were not computed."""
        return ~np.isneginf(self.values)

    def lane(self, index: int) -> Lane:
        """Where a point belongs. A negative norm does not exist and counts as not a number."""
        value = float(self.values[index])
        if value == 0.0:
            return "zero"
        if math.isinf(value) and value > 0:
            return "infinite"
        return "log" if value > 0 else "nan"

    def shape(self, index: int) -> Shape:
        """The shape of a point."""
        lane = self.lane(index)
        if lane != "log" or not self.is_joined[index]:
            return lane
        return "square" if self.kinds[index : index + 1] == ("linear",) else "dot"

    def value_of(self, name: str) -> float | None:
        """The norm of that layer or block, or None."""
        return float(self.values[self.names.index(name)]) if name in self.names else None


@dataclass(frozen=True)
class Scale:
    """The y axis in decades. `bottom` and `top` are its ends; a lane exists only if something lies on it."""

    low: float
    high: float
    bottom: float
    top: float
    zero: float | None = None
    """Middle of the lane for zeros, below `low`."""
    odd: float | None = None
    """Middle of the lane for infinite values and what is not a number, above `high`."""
    odd_label: str = ""

    def place(self, values: Floats) -> Floats:
        """y of values, lanes included; nan for what has none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.log10(values)
        found[~np.isfinite(found)] = np.nan
        if self.zero is not None:
            found[values == 0.0] = self.zero
        if self.odd is not None:
            found[~(values >= 0.0) | np.isinf(values)] = self.odd
            found[np.isneginf(values)] = np.nan
        return found


def logs_of(values: Floats) -> tuple[Floats, set[Lane]]:
    """The log10 of the values that have one, and the lanes of the others."""
    has_log = np.isfinite(values) & (values > 0.0)
    others = values[~has_log & ~np.isneginf(values)]
    kinds: dict[Lane, bool] = {
        "zero": bool(np.any(others == 0.0)),
        "infinite": bool(np.any(np.isposinf(others))),
        "nan": bool(np.any(np.isnan(others) | (others < 0.0))),
    }
    return np.log10(values[has_log]), {lane for lane, is_there in kinds.items() if is_there}


def extent_of(values: Floats) -> tuple[tuple[float, float] | None, set[Lane]]:
    """The lowest and highest log10 there is, None where there is none, and the lanes that are needed."""
    logs, lanes = logs_of(values)
    return (float(logs.min()), float(logs.max())) if logs.size else None, lanes


def scale_for(curves: Sequence[Series], height: float) -> Scale:
    """The range that shows every point of every curve, in a plot `height` pixels high."""
    return scale_of(*extent_of(np.concatenate([np.zeros(0), *(curve.values for curve in curves)])), height)


def scale_of(logs: tuple[float, float] | None, lanes: Set[Lane], height: float) -> Scale:
    """The same for the lowest and highest log10 there is, None where there is none, and the lanes that are needed."""
    low, high = logs or (-1.0, 1.0)
    if (short := LEAST_DECADES - (high - low)) > 0:
        low, high = low - short / 2, high + short / 2
    has_zero, odd = "zero" in lanes, lanes & {"infinite", "nan"}
    margin = min(max(0.1 * height, MARGIN_PIXELS[0]), MARGIN_PIXELS[1])
    room = max(height - LANE_PIXELS * (has_zero + bool(odd)) - 2 * margin, 20.0)
    pixel = (high - low) / room
    low, high = low - margin * pixel, high + margin * pixel
    lane = LANE_PIXELS * pixel
    return Scale(
        low=low,
        high=high,
        bottom=low - lane * has_zero,
        top=high + lane * bool(odd),
        zero=low - lane / 2 if has_zero else None,
        odd=high + lane / 2 if odd else None,
        odd_label=" ".join(text for name, text in (("infinite", "∞"), ("nan", "nan")) if name in odd),
    )


def heights(curve: Series, scale: Scale) -> Floats:
    """y of every point on that scale, lanes included."""
    return scale.place(curve.values)


def ticks(scale: Scale, height: float, label_height: float) -> list[tuple[float, str]]:
    """Whole decades with room for their labels between them and beside the lanes' names, as (y, "1e-14").

    At least three where that many labels have room: evenly spaced, round numbers where the plot is high enough; over
    too few whole decades their thirds, "3e-2".
    """
    pixels = height / (scale.top - scale.bottom)
    least = label_height / pixels
    edge = (label_height / 2 - LABEL_OVERHANG) / pixels
    low = max(scale.low, scale.bottom + edge if scale.zero is None else scale.zero + least)
    high = min(scale.high, scale.top - edge if scale.odd is None else scale.odd - least)
    first, last = math.ceil(low), math.floor(high)
    for room in (1.5, 1.0):  # rather close together than fewer than three
        step = step_of(room * least)
        powers = range(math.ceil(low / step) * step, last + 1, step)
        if len(powers) >= _FEW:
            return [(float(power), f"1e{power}") for power in powers]
    if (step := (last - first) // 2) >= least:  # a low plot: numbers less round
        return [(float(power), f"1e{power}") for power in (first, first + step, first + 2 * step)]
    thirds = [(k + math.log10(m), f"{m}e{k}") for k in range(first - 1, last + 1) for m in (1, 3)]
    thirds = [(y, text) for y, text in thirds if low <= y <= high]
    if len(thirds) >= _FEW and least <= _THIRD:
        return thirds
    if last - first >= least:
        return [(float(power), f"1e{power}") for power in (first, last)]
    return [(float(last), f"1e{last}")] if first <= last else thirds[:1]


def round_powers(low: float, high: float, most: int) -> list[tuple[int, int]]:
    """Numbers m · 10ⁿ between two exponents of ten, at most `most` of them, as (m, n) from the lowest on.

    Example:
        >>> round_powers(-2.4, -1.4, 8)
        [(5, -3), (1, -2), (2, -2)]
        >>> round_powers(-3.0, 1.5, 3)
        [(1, -2), (1, 0)]
    """
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if last - first + 1 < _FEW:
        fine = [(m, n) for n in range(first - 1, last + 1) for m in (1, 2, 5)]
        fine = [(m, n) for m, n in fine if low - 1e-9 <= n + math.log10(m) <= high + 1e-9]
        if len(fine) <= most:
            return fine
    step = next((step for step in STEPS if last // step - -(-first // step) < most), STEPS[-1])
    return [(1, n) for n in range(-(-first // step) * step, last + 1, step)]


def round_below(exponent: float) -> float:
    """The exponent of the largest of 1, 2 and 5 times a power of ten that is not above."""
    whole = math.floor(exponent + 1e-9)
    return max(found for m in (1, 2, 5) if (found := whole + math.log10(m)) <= exponent + 1e-9)


def round_above(exponent: float) -> float:
    """The exponent of the smallest that is not below.

    Example:
        >>> round(10 ** round_above(-1.9), 6), round(10 ** round_above(-1.0), 6)
        (0.02, 0.1)
    """
    whole = math.floor(exponent - 1e-9)
    return min(found for m in (1, 2, 5, 10) if (found := whole + math.log10(m)) >= exponent - 1e-9)


def log_axis(scale: Scale, height: float, line: float, title: str = "") -> Axis:
    """The y axis of a logarithmic plot of that height, with lines of text so high."""
    lanes, edges, minor = [], [], []
    if scale.zero is not None:
        lanes.append(Tick(scale.zero, "0"))
        edges.append(scale.low)
    if scale.odd is not None:
        lanes.append(Tick(scale.odd, scale.odd_label))
        edges.append(scale.high)
    if height > _FINE * (scale.top - scale.bottom):
        fine = (
            k + math.log10(m) for k in range(math.floor(scale.low), int(scale.high) + 1) for m in range(2, 10)
        )
        minor = [y for y in fine if scale.low < y < scale.high]
    numbers = tuple(Tick(*tick) for tick in ticks(scale, height, line))
    return Axis(scale.bottom, scale.top, numbers, tuple(minor), tuple(lanes), tuple(edges), title)


def norm_text(value: float) -> str:
    """A norm to read: four significant digits, zero and the non-finite ones in words that cannot be mistaken.

    Example:
        >>> norm_text(3.21e-14)
        '3.21e-14'
    """
    if value == 0.0:
        return "0 (exactly)"
    if math.isinf(value):
        return "∞ (overflow)"
    return "nan (not a number)" if math.isnan(value) else f"{value:.4g}"


def ratio_text(now: float, reference: float) -> str:
    """Now over reference as a factor, or why there is none."""
    if not (math.isfinite(now) and math.isfinite(reference)) or reference == 0.0:
        return "—"
    if now == 0.0:
        return "0"
    exponent = math.log10(now) - math.log10(reference)
    if abs(exponent) < 3:
        return f"{10**exponent:.3g}"
    mantissa, power = 10 ** (exponent - math.floor(exponent)), math.floor(exponent)
    return f"{mantissa:.2f}e{power:+d}"
