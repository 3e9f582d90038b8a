"""What the error plot draws of a run: its curves in numbers, thinned to what a screen can show, and their scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.log_axis import Lane, Scale, scale_of
from resnet_viewer.charts.log_ticks import round_above, round_below
from resnet_viewer.records.run_log import RunLog

Floats = NDArray[np.float64]
Quantity = Literal["error", "loss", "rate"]
CHOICES: dict[Quantity, str] = {"error": "error", "loss": "loss (log)", "rate": "learning rate"}
TITLES: dict[Quantity, str] = {"error": "Errors", "loss": "Loss", "rate": "Learning rate"}
AXES: dict[Quantity, str] = {"error": "error (%)", "loss": "loss (cross-entropy)", "rate": "learning rate"}
SUBTITLES: dict[Quantity, str] = {
    "error": "thin: training, mean of the last epoch's steps · bold: test · dashed: plain · solid: residual"
    " · marks: what else differs · each seed a line of its own",
    "loss": "cross-entropy in training, mean of the last epoch's steps · log scale · dashed: plain"
    " · solid: residual · marks: what else differs · each seed a line of its own",
    "rate": "what each step took · dashed: plain · solid: residual",
}
BRIEF: dict[Quantity, str] = {
    "error": "thin: training · bold: test · dashed: plain · solid: residual",
    "loss": "training · dashed: plain · solid: residual",
    "rate": "dashed: plain · solid: residual",
}
_STEPS = (1.0, 2.0, 5.0, 10.0)
_HEADROOM = 1.04
_LARGEST = 1e307


@dataclass(frozen=True, eq=False)
class Curve:
    """A line: `x` in epochs, rising; `is_bold` for what was measured on the test set, once an epoch."""

    x: Floats
    y: Floats
    is_bold: bool = False


def curves_of(log: RunLog, quantity: Quantity) -> tuple[Curve, ...]:
    """The lines of one run, the bold one last."""
    match quantity:
        case "error":
            x = np.array([epoch.epoch + 1 for epoch in log.epochs], dtype=np.float64)
            y = np.array([epoch.test_error for epoch in log.epochs], dtype=np.float64)
            return Curve(log.times, log.smoothed_errors), Curve(x, y, is_bold=True)
        case "loss":
            return (Curve(log.times, running_mean(log.losses, log.steps_per_epoch)),)
        case "rate":
            return (Curve(log.times, log.rates),)


def running_mean(values: Floats, width: int) -> Floats:
    """The mean of the last `width` values up to each, of fewer at the start.

    A value that is not finite makes the means that hold it not finite, and no other.
    """
    count, width = len(values), max(1, width)
    blocks = -(-count // width)
    padded = np.zeros((blocks, width))
    padded.ravel()[:count] = values
    # A window is the end of one block and the beginning of the next: sums no longer than that keep small values
    # beside large ones, which one sum over everything would swallow.
    with np.errstate(over="ignore", invalid="ignore"):
        begun = padded.cumsum(axis=1).ravel()[:count]
        rest = padded[:, ::-1].cumsum(axis=1)[:, ::-1].ravel()
        total = begun.copy()
        start = np.arange(width, count) - width + 1
        is_split = start % width != 0
        total[width:][is_split] += rest[start[is_split]]
        means: Floats = total / np.minimum(np.arange(1, count + 1), width)
    return means


def visible(curve: Curve, left: float, right: float) -> Curve:
    """The part between two times; where the line goes on beyond one it has a point there."""
    if not len(curve.x) or (left <= curve.x[0] and curve.x[-1] <= right):
        return curve
    first = int(np.searchsorted(curve.x, left))
    last = int(np.searchsorted(curve.x, right, side="right"))
    ends = [time for time in (left, right) if curve.x[0] < time < curve.x[-1]]
    x = np.union1d(curve.x[first:last], ends)
    with np.errstate(invalid="ignore"):  # between a number and infinity
        return Curve(x, np.interp(x, curve.x, curve.y), curve.is_bold)


def thinned(curve: Curve, columns: int) -> Curve:
    """The same line for a screen of so many columns: of each column's points the lowest and the highest.

    Nothing that stands out is lost; points that are not finite stay if their column has no others.
    """
    count = len(curve.x)
    size = -(-count // max(columns, 1))
    if size <= 2:
        return curve
    whole = count // size * size
    blocks = curve.y[:whole].reshape(-1, size)
    is_whole = not np.isnan(blocks).any()
    low = (blocks if is_whole else np.where(np.isnan(blocks), np.inf, blocks)).argmin(axis=1)
    high = (blocks if is_whole else np.where(np.isnan(blocks), -np.inf, blocks)).argmax(axis=1)
    start = np.arange(len(blocks)) * size
    picked = np.concatenate((start + low, start + high))
    keep = np.zeros(count, dtype=bool)
    keep[[0, -1]] = keep[picked] = keep[whole:] = True
    return Curve(curve.x[keep], curve.y[keep], curve.is_bold)


@dataclass(frozen=True)
class Axis:
    """The y axis: what the heights of a plot mean. `scale` is there where it is logarithmic."""

    bottom: float
    top: float
    scale: Scale | None = None

    def below(self, band: float, height: float) -> Axis:
        """The same with `band` of the plot's `height` pixels free above it."""
        if not band:
            return self
        unit = (self.top - self.bottom) / max(height - band, 1.0)
        top = self.top + band * unit
        return Axis(self.bottom, top, None if self.scale is None else replace(self.scale, top=top))

    def is_off(self, values: Floats) -> NDArray[np.bool_]:
        """Which values lie on a lane beside the logarithm, or have no place."""
        is_odd: NDArray[np.bool_] = ~np.isfinite(values)
        return is_odd if self.scale is None else is_odd | ~(values > 0.0)

    def heights(self, values: Floats) -> Floats:
        """Values as places between `bottom` and `top`; nan for what has none."""
        if self.scale is None:
            return np.where(np.isfinite(values), values, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.log10(values)
        found[~np.isfinite(found)] = np.nan
        if self.scale.zero is not None:
            found[values == 0.0] = self.scale.zero
        if self.scale.odd is not None:
            found[~(values >= 0.0) | np.isinf(values)] = self.scale.odd
        return found


def axis_for(curves: Iterable[Curve], quantity: Quantity, height: float) -> Axis:
    """The range that shows every point of the curves; errors and rates from zero, losses by their logarithm.

    Its ends are round: while the runs train, it stays as it is for long.
    """
    values = [curve.y for curve in curves if len(curve.y)]
    together = np.concatenate(values) if values else np.zeros(0)
    if quantity == "loss":
        return _log_axis(together, height)
    finite = together[np.isfinite(together)]
    highest = float(finite.max()) if finite.size else 0.0
    if highest <= 0.0:
        highest = 100.0 if quantity == "error" else 0.1
    digit = 10.0 ** math.floor(math.log10(highest))
    return Axis(0.0, _HEADROOM * min(math.ceil(highest / digit - 1e-9) * digit, _LARGEST))


def _log_axis(values: Floats, height: float) -> Axis:
    lanes: set[Lane] = set()
    positive = values[np.isfinite(values) & (values > 0.0)]
    if np.any(values == 0.0):
        lanes.add("zero")
    if np.any(np.isposinf(values)):
        lanes.add("infinite")
    if np.any(np.isnan(values) | (values < 0.0)):
        lanes.add("nan")
    found = (
        (round_below(math.log10(positive.min())), round_above(math.log10(positive.max())))
        if positive.size
        else None
    )
    scale = scale_of(found, lanes, height)
    return Axis(scale.bottom, scale.top, scale)


def round_numbers(low: float, high: float, pixels: float, least: float) -> list[tuple[float, str]]:
    """Round numbers from `low` to `high`, at least `least` of all `pixels` apart, as (number, words).

    Example:
        >>> round_numbers(0.0, 90.0, 300.0, 40.0)[:3]
        [(0.0, '0'), (20.0, '20'), (40.0, '40')]
    """
    span = high - low
    if not (span > 0.0 and math.isfinite(span) and pixels > 0.0):
        return []
    rough = span * least / pixels
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * s for s in _STEPS if power * s >= rough * (1 - 1e-9)), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(i * step, f"{i * step:.{digits}f}") for i in range(first, last + 1)]


def at_time(times: Floats, time: float, end: float = math.inf) -> int | None:
    """Which of the rising `times` was the newest at `time`, or None: it is before the first or after the last.

    The first one holds from the beginning, the last one as long as the one before, but not past `end`.
    """
    count = len(times)
    if not count or not math.isfinite(time) or time < 0.0:
        return None
    lasts = float(times[-1] - times[-2]) if count > 1 else float(times[0]) or end
    if time > min(times[-1] + max(lasts, 1e-9), end) * (1 + 1e-9):
        return None
    return max(int(np.searchsorted(times, time, side="right")) - 1, 0)


def length_of(logs: Sequence[RunLog]) -> float:
    """Epochs of the longest run: what every time axis of the tab shows."""
    return max((max(log.length, log.steps / max(log.steps_per_epoch, 1)) for log in logs), default=1.0)


def time_words(time: float) -> str:
    """A time as everywhere in the tab: "epoch 4.3"."""
    return f"epoch {time:.1f}"
