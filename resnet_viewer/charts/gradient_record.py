"""Gradient records: as pictures, layers down and time across, on one colour scale; and by depth at one moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import MIDDLE, Axis, Chart, Curve, Dots, Floats, Room, Shape, Stroke, Tick
from resnet_viewer.charts.curves import at_time, time_words
from resnet_viewer.charts.log_axis import (
    Lane,
    Scale,
    Series,
    heights,
    log_axis,
    logs_of,
    norm_text,
    round_powers,
    scale_of,
)
from resnet_viewer.charts.palette import PERCENT, ColourScale, Key
from resnet_viewer.charts.run_names import steps_per_epoch
from resnet_viewer.records.layers import LayerSpec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.training import NOT_COMPUTED, RunReport, RunSpec

RecordQuantity = Literal["norms", "updates", "dead"]
CHOICES: dict[RecordQuantity, str] = {
    "norms": "norms",
    "updates": "update ratios",
    "dead": "dead channels",
}
SYMBOLS: dict[RecordQuantity, str] = {
    "norms": "‖∂L/∂W‖₂",
    "updates": "‖Δw‖₂/‖w‖₂",
    "dead": "dead",
}
COLOURS = "viridis"
ZERO, NOT_FINITE, CLEAR = 256, 257, 258
"""Places behind the 256 colours: of zeros of a logarithm, of what is not finite, and of times without a record."""
_LOWEST, _BIN, _BINS = -324.0, 0.05, 12_700
"""Bins of log10, from the smallest to the largest number there is."""
_TAIL, _FAR = 0.005, 1.0
"""The share of values at either end that may take the end colours where they lie more than so many decades beyond all
others: one odd record does not set the scale.
"""


@dataclass(frozen=True, eq=False)
class Record:
    """One run's records of a quantity, the first layer first. Times are in epochs, or in steps where nobody knows how
    many make an epoch.
    """

    times: Floats
    """(m,) rising."""
    values: Floats
    """(m, layers or blocks)."""
    end: float
    """Where the run has come to."""

    @staticmethod
    def of_log(log: RunLog, quantity: RecordQuantity) -> Record:
        """That of a run on the screen; views of its memory."""
        return Record(
            log.record_times,
            {"norms": log.norms, "updates": log.updates, "dead": log.dead}[quantity],
            log.reached,
        )

    @staticmethod
    def of_report(run: RunReport, *, in_epochs: bool = True) -> Record:
        """The norms of a run as it is kept in files."""
        unit = (steps_per_epoch(run) or 1) if in_epochs else 1
        steps = np.array([record.step for record in run.gradients], dtype=np.float64)
        values = np.array([record.norms for record in run.gradients], dtype=np.float64)
        last = steps[-1] + 1 if len(steps) else 0
        end = max(run.steps[-1].at + 1, last) if run.steps else last - 1 + max(run.spec.record_every, 1)
        return Record(steps / unit, values.reshape(len(steps), -1), float(end) / unit)

    @property
    def until(self) -> float:
        """How long the last one holds: as long as the one before it, and not past `end`."""
        lasts = float(self.times[-1] - self.times[-2]) if len(self.times) > 1 else math.inf
        return min(float(self.times[-1]) + lasts, self.end) if len(self.times) else 0.0

    def at(self, time: float) -> Floats | None:
        """What holds at a time, (layers or blocks,)."""
        index = at_time(self.times, time, self.end)
        return None if index is None or not self.values.shape[1] else self.values[index]

    def cells(self, scale: RecordScale, span: tuple[float, float], columns: int) -> NDArray[np.uint16]:
        """(layers, columns) places in `colours_of`: each column shows what holds at its middle, the first record from
        the beginning on.

        Of several records that begin within two columns these show every layer's lowest and highest, so that nothing
        that stands out is lost. What was not computed is as clear as times without a record.
        """
        width, even = (span[1] - span[0]) / max(columns, 1), columns + columns % 2
        middles = span[0] + (np.arange(even) + 0.5) * width
        is_shown = (middles <= self.until) & (np.arange(even) < columns)
        cells = np.full((self.values.shape[1], columns), CLEAR, np.uint16)
        if not len(self.times) or not is_shown.any():
            return cells
        index = np.maximum(np.searchsorted(self.times, middles, side="right") - 1, 0)
        starts = np.searchsorted(self.times, span[0] + 2 * width * np.arange(even // 2 + 1))
        counts, is_whole = np.diff(starts), is_shown[1::2]
        index[1::2][counts == 1] = starts[:-1][counts == 1]  # else one that begins late might be passed over
        index[::2][(counts == 1) & ~is_whole] = starts[:-1][(counts == 1) & ~is_whole]
        shown, pairs = self.values[index], np.flatnonzero(counts > 1)
        low, high, is_rising = self._ends(starts[pairs], starts[pairs + 1])
        shown[2 * pairs] = np.where(is_rising & is_whole[pairs, None], low, high)
        shown[2 * pairs + 1] = np.where(is_rising, high, low)
        cells[:, is_shown[:columns]] = scale.levels(shown[is_shown]).T
        return cells

    def _ends(
        self, first: NDArray[np.intp], after: NDArray[np.intp]
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """The lowest and the highest (n, layers) of the records from `first` to before `after`, (n,), and where values
        rise over these; what is not a number is highest.
        """
        low = high = self.values[first]
        is_rising = self.values[after - 1] >= low
        low = np.where(np.isneginf(low), np.nan, low)
        for more in range(1, int((after - first).max(initial=1))):
            found = self.values[np.minimum(first + more, after - 1)]
            low = np.fmin(low, np.where(np.isneginf(found), np.nan, found))
            high = np.maximum(high, found)
        return np.where(np.isneginf(high), high, low), high, is_rising


def colours_of(zero: str, not_finite: str) -> NDArray[np.uint8]:
    """The (259, 4) colours that cells name, with their opacity: those of the map, then "#rrggbb" and nothing."""
    own = [[*bytes.fromhex(colour[1:]), 255] for colour in (zero, not_finite)]
    opaque = np.insert(palette.lookup(COLOURS), 3, 255, axis=1)
    return np.concatenate((opaque, np.array([*own, [0] * 4], np.uint8)))


class Spread:
    """How the values of one run's records are spread; grows with the records."""

    def __init__(self) -> None:
        self.records = 0
        self.counts = np.zeros(_BINS, np.int64)
        """Positive values by log10."""
        self.has_gaps = False
        """Some layers were not computed."""
        self.range = (math.inf, -math.inf)
        """log10 of the smallest and the largest positive value."""
        self.lanes: set[Lane] = set()
        """Of what has no logarithm."""

    @staticmethod
    def of(values: Floats) -> Spread:
        """That of all records of a run."""
        spread = Spread()
        spread.grow(values)
        return spread

    def grow(self, values: Floats) -> None:
        """Take in the records from number `records` on."""
        new = values[self.records :]
        self.records = len(values)
        logs, lanes = logs_of(new)
        self.lanes |= lanes
        self.has_gaps |= bool(np.isneginf(new).any())
        self.counts += np.bincount(((logs - _LOWEST) / _BIN).astype(np.int64), minlength=_BINS)
        if len(logs):
            self.range = (min(self.range[0], float(logs.min())), max(self.range[1], float(logs.max())))


class Spreads:
    """Those of all runs of a scene, by their keys; a run that began again is counted again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RunLog, RecordQuantity, Spread]] = {}

    def take(self, logs: Sequence[RunLog], quantity: RecordQuantity) -> list[Spread]:
        """Count the new records of these runs, and forget all others."""
        kept: dict[str, tuple[RunLog, RecordQuantity, Spread]] = {}
        for log in logs:
            values = Record.of_log(log, quantity).values
            known, counted, spread = self._known.get(log.key, (log, quantity, Spread()))
            if known is not log or counted != quantity or len(values) < spread.records:
                spread = Spread()
            if len(values) > spread.records:
                spread.grow(values)
            kept[log.key] = (log, quantity, spread)
        self._known = kept
        return [spread for _, _, spread in kept.values()]


@dataclass(frozen=True)
class RecordScale:
    """What the first and the last colour stand for, exponents of ten where `is_log`; values beyond take them too."""

    low: float = -3.0
    high: float = 0.0
    is_log: bool = True
    is_clipped_below: bool = False
    is_clipped_above: bool = False
    has_zero: bool = False
    """Zeros have no place on it, and a colour of their own."""
    has_odd: bool = False
    """So has what is not finite."""
    has_gaps: bool = False
    """What was not computed has none."""

    @property
    def ends(self) -> tuple[str, str]:
        """Both ends in words."""
        if not self.is_log:
            return PERCENT[0]
        return power_text(1, round(self.low)), power_text(1, round(self.high))

    def bar(self, most: int) -> ColourScale:
        """What stands beside the colours, with at most so many ticks."""
        ticks, span = PERCENT[1], self.high - self.low
        if self.is_log:
            powers = round_powers(self.low, self.high, most)
            ticks = tuple(((n + math.log10(m) - self.low) / span, power_text(m, n)) for m, n in powers)
        beyond = "what lies beyond takes the end's colour"
        meaning = [beyond] * (self.is_clipped_below or self.is_clipped_above)
        meaning += ["grey: exactly zero"] * self.has_zero + ["red: not finite"] * self.has_odd
        meaning += ["blank: not computed in that step (stochastic depth)"] * self.has_gaps
        known: tuple[tuple[Key, bool], ...] = ("zero", self.has_zero), ("not finite", self.has_odd)
        keys = tuple(key for key, is_there in known if is_there)
        return ColourScale(COLOURS, self.ends, ticks, "; ".join(meaning), keys)

    def levels(self, values: Floats) -> NDArray[np.uint16]:
        """The place of each value among the colours, `ZERO`, `NOT_FINITE`, or `CLEAR` where nothing was computed."""
        is_odd = ~((values >= 0.0) & (values < np.inf))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.log10(values) if self.is_log else np.array(values)
        shares -= self.low
        shares *= 255.999 / (self.high - self.low)
        np.clip(shares, 0.0, 255.0, out=shares)
        shares[is_odd] = 0.0
        levels = shares.astype(np.uint16)
        levels[is_odd] = NOT_FINITE
        levels[np.isneginf(values)] = CLEAR
        if self.is_log:
            levels[values == 0.0] = ZERO
        return levels


def power_text(m: int, n: int) -> str:
    """m · 10ⁿ as numbers are written on the screen: "5e-3"."""
    return f"{m}e{n}"


def lanes_of(spreads: Sequence[Spread]) -> set[Lane]:
    """The lanes of all of them."""
    return set().union(*(spread.lanes for spread in spreads))


def scale_for(spreads: Sequence[Spread], quantity: RecordQuantity) -> RecordScale:
    """One scale for all runs: shares from 0 to 1; all else by the logarithm, every decade that there is but for the
    outermost half percent at either end where that shortens it by more than a decade.
    """
    lanes = lanes_of(spreads)
    has_odd, has_gaps = bool(lanes & {"infinite", "nan"}), any(spread.has_gaps for spread in spreads)
    if quantity == "dead":
        return RecordScale(0.0, 1.0, is_log=False, has_odd=has_odd)
    has_zero = "zero" in lanes
    cumulated = sum((spread.counts for spread in spreads), np.zeros(_BINS, np.int64)).cumsum()
    total = int(cumulated[-1])
    if not total:
        return RecordScale(has_zero=has_zero, has_odd=has_odd, has_gaps=has_gaps)
    first = int(np.searchsorted(cumulated, _TAIL * total, side="right"))
    last = int(np.searchsorted(cumulated, (1 - _TAIL) * total))
    least, most = min(spread.range[0] for spread in spreads), max(spread.range[1] for spread in spreads)
    inner = max(_LOWEST + _BIN * first, least), min(_LOWEST + _BIN * (last + 1), most)
    low = float(math.floor((inner[0] if inner[0] - least > _FAR else least) + 1e-9))
    high = max(float(math.ceil((inner[1] if most - inner[1] > _FAR else most) - 1e-9)), low + 1.0)
    return RecordScale(
        low,
        high,
        is_clipped_below=least < low - 1e-9,
        is_clipped_above=most > high + 1e-9,
        has_zero=has_zero,
        has_odd=has_odd,
        has_gaps=has_gaps,
    )


def recorded_layers(network: NetworkSpec, count: int) -> tuple[LayerSpec, ...]:
    """The layers of a record of so many; none where the network has others."""
    layers = blueprint(network).layers
    return layers if len(layers) == count else ()


def every_words(runs: Iterable[RunSpec]) -> str:
    """How often the runs' gradients are recorded: "at every step", "every 5, 10 steps"."""
    every = dict.fromkeys(max(run.record_every, 1) for run in runs)
    return "at every step" if list(every) == [1] else f"every {', '.join(map(str, every))} steps"


def row_words(network: NetworkSpec, quantity: RecordQuantity, row: int, count: int) -> str:
    """A row of `count`, from 0: "layer 4, block 2, conv2_x 2, conv1"; a block is "block 21 · conv4_x 3"."""
    if quantity == "dead":
        blocks = blueprint(network).blocks
        return blocks[row].label if len(blocks) == count else f"block {row + 1}"
    if not (layers := recorded_layers(network, count)):
        return f"layer {row + 1}"
    return f"layer {row + 1}, {blueprint(network).describe(layers[row].name).replace(' · ', ', ')}"


def reading_words(log: RunLog, quantity: RecordQuantity, row: int, time: float, values: Floats) -> str:
    """One of a record's `values`: "Plain-56 · layer 4, block 2, conv2_x 2, conv1 · epoch 4.3 · 0.02104"."""
    value = float(values[row])
    is_share = quantity == "dead" and math.isfinite(value)
    words = f"{100 * value:.1f} % of the channels dead" if is_share else norm_text(value)
    if value == NOT_COMPUTED:
        words = "not computed in this step (stochastic depth)"
    return " · ".join(
        (log.title, row_words(log.run.network, quantity, row, len(values)), time_words(time), words)
    )


AXIS = "gradient norm"
_SHARES = {4: ((0.25, "¼"), (0.5, "½"), (0.75, "¾")), 2: ((0.5, "½"),)}
"""Depths between the ends, by how many times the words of both ends have room."""


def series_of(network: NetworkSpec, norms: Floats) -> Series:
    """A record's norms over relative depth, 0 to 1; without names where the network has other layers."""
    count = len(norms)
    layers = recorded_layers(network, count)
    x = np.linspace(0.0, 1.0, count) if count > 1 else np.zeros(count)
    names = tuple(layer.name for layer in layers) or ("",) * count
    shapes = tuple(layer.weight_shape for layer in layers) or ((),) * count
    is_joined = [layer.kind not in ("projection", "gate") for layer in layers] or [True] * count
    return Series(names, shapes, x, norms, np.array(is_joined, dtype=bool))


def depth_scale(spreads: Sequence[Spread], height: float) -> Scale:
    """The same at every moment: whole decades around all records that there are."""
    low = min((spread.range[0] for spread in spreads), default=math.inf)
    high = max((spread.range[1] for spread in spreads), default=-math.inf)
    found = (float(math.floor(low)), float(math.ceil(high))) if low <= high else None
    return scale_of(found, lanes_of(spreads), height)


@dataclass(frozen=True, eq=False)
class DepthLine:
    """One run's norms at the moment."""

    key: str
    series: Series
    stroke: Stroke

    @property
    def beside(self) -> tuple[NDArray[np.intp], tuple[Shape, ...]]:
        """Numbers of the layers that stand beside the line, projections and what has no logarithm, and their shapes."""
        found = np.flatnonzero((~self.series.is_joined | np.isnan(self.series.logs)) & self.series.is_there)
        return found, tuple(self.series.lane(int(index)) for index in found)


def depth_chart(
    lines: Sequence[DepthLine], scale: Scale, span: tuple[float, float], room: Room, message: str = ""
) -> Chart:
    """The lines, the last one on top; a projection's norm is a point beside them, as what has no logarithm is."""
    if not lines:
        return Chart(Axis(*span), Axis(0.0, 1.0), message=message)
    curves, dots = [], []
    for line in lines:
        points, y = line.series, heights(line.series, scale)
        joined = points.is_joined
        on_line = np.where(np.isnan(points.logs), np.nan, y)[joined]
        curves.append(Curve(line.key, points.x[joined], on_line, line.stroke, MIDDLE))
        beside, shapes = line.beside
        is_around = not line.stroke.is_dashed
        dots.append(Dots(line.key, points.x[beside], y[beside], shapes, line.stroke.colour, is_around))
    first, last = "first layer", "classifier"
    if room.measure(first + last) + 20 > room.width:
        first, last = "first", "last"
    times = room.width / (room.measure(first + last) + 20)
    between = next((shares for least, shares in _SHARES.items() if times >= least), ())
    ticks = (Tick(*at) for at in ((0.0, first), *between, (1.0, last)) if span[0] <= at[0] <= span[1])
    x = Axis(*span, tuple(ticks), title="relative depth")
    return Chart(x, log_axis(scale, room.height, room.line, AXIS), tuple(curves), dots=tuple(dots))


@dataclass(frozen=True)
class Stage:
    """A run of rows of the picture, `first` to `last` from 0."""

    label: str
    first: int
    last: int


def stages_of(network: NetworkSpec) -> list[Stage]:
    """The stages as rows of layers; "stem" and "head" around them."""
    plan = blueprint(network)
    labels: list[str] = []
    for block in (plan.block_of(layer.name) for layer in plan.layers):
        around = "head" if labels and labels[-1] != "stem" else "stem"
        labels.append(f"conv{block.stage}_x" if block else around)
    firsts = [row for row in range(len(labels)) if row == 0 or labels[row] != labels[row - 1]]
    return [
        Stage(labels[first], first, after - 1)
        for first, after in zip(firsts, [*firsts[1:], len(labels)], strict=True)
    ]
