"""Errors, losses and learning rates of runs over time: their curves, thinned to what can be seen, scale, and names.

Training is thin, test is bold, the colour is the depth, dashed is plain and solid residual.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import (
    BOLD,
    MIDDLE,
    THIN,
    Axis,
    Chart,
    Curve,
    Floats,
    Rect,
    Room,
    Sign,
    Stroke,
    Tick,
    inside,
)
from resnet_viewer.charts.log_axis import Scale, extent_of, log_axis, round_above, round_below, scale_of
from resnet_viewer.charts.plot_words import Done, FreeSpace, Wish, done_in, lay_out, name_lines
from resnet_viewer.records.columns import StepColumns
from resnet_viewer.records.lab import RunState
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.training import RunReport

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
EMPTY: dict[Quantity, str] = {
    "error": "Press Start: training and test errors of every run grow here.",
    "loss": "Press Start: the training loss of every run grows here.",
    "rate": "Press Start: the learning rate of every run is drawn here.",
}
SIGNS: dict[RunState, Literal["diverged", "stopped"]] = {
    "diverged": "diverged", "stopped": "stopped", "failed": "stopped",
}  # fmt: skip
BRIEF: dict[Quantity, str] = {
    "error": "thin: training · bold: test · dashed: plain · solid: residual",
    "loss": "training · dashed: plain · solid: residual",
    "rate": "dashed: plain · solid: residual",
}
_STEPS = (1.0, 2.0, 5.0, 10.0)
_HEADROOM = 1.04
_LARGEST = 1e307
_PARTS = 6.0
"""There are at most so many steps from number to number on the time axis, however wide the plot."""
_WHOLE = 2.0
"""From so many epochs on only whole ones are numbered."""
_WORDS_APART = 8.0
_DOT, _SIGN = 5.0, 6.0
"""Around the end of a bold line, and around a sign, that no name covers."""


@dataclass(frozen=True, eq=False)
class Course:
    """A quantity over time: `x` in epochs, rising; `is_bold` for what was measured on the test set, once an epoch.

    `band` is the lowest and the highest of the seeds that it is the mean of.
    """

    x: Floats
    y: Floats
    is_bold: bool = False
    band: tuple[Floats, Floats] | None = None


def has_steps(run: RunReport) -> bool:
    """Whether the report has each step's batch: older ones have only the mean over the epoch so far."""
    return bool(step_columns(run)[:, 5:].any())


def step_columns(run: RunReport) -> Floats:
    """(n, 8): epoch, step, steps of an epoch, loss and error over the epoch so far, those of the batch, rate."""
    steps = run.steps if isinstance(run.steps, StepColumns) else StepColumns(run.steps)
    return steps.values.reshape(len(steps), -1) if len(steps) else np.zeros((0, 8))


def step_times(columns: Floats) -> Floats:
    """(n,) the end of each step, in epochs."""
    return (columns[:, 0] * columns[:, 2] + columns[:, 1] + 1) / columns[:, 2]


def courses_of(run: RunLog | RunReport, quantity: Quantity) -> tuple[Course, ...]:
    """The lines of one run, the bold one last.

    Errors and losses are means of the batches over the last epoch's worth of steps, while the weights moved; of a
    report without steps they are the means of its epochs.
    """
    training = _of_log(run, quantity) if isinstance(run, RunLog) else _of_report(run, quantity)
    if quantity != "error":
        return (training,)
    tests = np.array([epoch.test_error for epoch in run.epochs], dtype=np.float64)
    return training, Course(_ends(run), tests, is_bold=True)


def _of_log(log: RunLog, quantity: Quantity) -> Course:
    match quantity:
        case "error":
            return Course(log.times, log.smoothed_errors)
        case "loss":
            return Course(log.times, running_mean(log.losses, log.steps_per_epoch))
        case "rate":
            return Course(log.times, log.rates)


def _of_report(run: RunReport, quantity: Quantity) -> Course:
    columns = step_columns(run)
    if columns[:, 5:].any():
        values = columns[:, {"loss": 5, "error": 6, "rate": 7}[quantity]]
        width = 1 if quantity == "rate" else int(columns[-1, 2])
        return Course(step_times(columns), running_mean(values, width))
    field = {"error": "train_error", "loss": "train_loss", "rate": "rate"}[quantity]
    return Course(_ends(run), np.array([getattr(epoch, field) for epoch in run.epochs], dtype=np.float64))


def _ends(run: RunLog | RunReport) -> Floats:
    return np.array([epoch.epoch + 1 for epoch in run.epochs], dtype=np.float64)


def over_seeds(courses: Sequence[Course]) -> Course:
    """The mean of several seeds, with their band, as far as all of them go."""
    length = min(len(course.x) for course in courses)
    values = np.stack([course.y[:length] for course in courses])
    band = (values.min(axis=0), values.max(axis=0)) if len(courses) > 1 else None
    return Course(courses[0].x[:length], values.mean(axis=0), courses[0].is_bold, band)


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


def visible(course: Course, left: float, right: float) -> Course:
    """The part between two times; where the line goes on beyond one it has a point there."""
    if not len(course.x) or (left <= course.x[0] and course.x[-1] <= right):
        return course
    first = int(np.searchsorted(course.x, left))
    last = int(np.searchsorted(course.x, right, side="right"))
    ends = [time for time in (left, right) if course.x[0] < time < course.x[-1]]
    x = np.union1d(course.x[first:last], ends)
    with np.errstate(invalid="ignore"):  # between a number and infinity
        parts = [np.interp(x, course.x, y) for y in (course.y, *(course.band or ()))]
    return Course(x, parts[0], course.is_bold, (parts[1], parts[2]) if course.band else None)


def thinned(course: Course, columns: int) -> Course:
    """The same line for so many columns: of each column's points the lowest and the highest, the band's too.

    Nothing that stands out is lost; points that are not finite stay if their column has no others.
    """
    count = len(course.x)
    size = -(-count // max(columns, 1))
    if size <= 2:
        return course
    whole = count // size * size
    start = np.arange(whole // size) * size
    keep = np.zeros(count, dtype=bool)
    keep[[0, -1]] = keep[whole:] = True
    for values in (course.y, *(course.band or ())):
        blocks = values[:whole].reshape(-1, size)
        is_whole = not np.isnan(blocks).any()
        low = (blocks if is_whole else np.where(np.isnan(blocks), np.inf, blocks)).argmin(axis=1)
        high = (blocks if is_whole else np.where(np.isnan(blocks), -np.inf, blocks)).argmax(axis=1)
        keep[start + low] = keep[start + high] = True
    band = (course.band[0][keep], course.band[1][keep]) if course.band else None
    return Course(course.x[keep], course.y[keep], course.is_bold, band)


@dataclass(frozen=True)
class Heights:
    """What the heights of a plot mean. `scale` is there where they are logarithmic."""

    bottom: float
    top: float
    scale: Scale | None = None

    def below(self, band: float, height: float) -> Heights:
        """The same with `band` of the plot's `height` free above it."""
        if not band:
            return self
        unit = (self.top - self.bottom) / max(height - band, 1.0)
        top = self.top + band * unit
        return Heights(self.bottom, top, None if self.scale is None else replace(self.scale, top=top))

    def is_off(self, values: Floats) -> NDArray[np.bool_]:
        """Which values lie on a lane beside the logarithm, or have no place."""
        is_odd: NDArray[np.bool_] = ~np.isfinite(values)
        return is_odd if self.scale is None else is_odd | ~(values > 0.0)

    def of(self, values: Floats) -> Floats:
        """Values as places between `bottom` and `top`; nan for what has none."""
        return (
            np.where(np.isfinite(values), values, np.nan) if self.scale is None else self.scale.place(values)
        )

    def curve(self, key: Hashable, course: Course, stroke: Stroke, width: float) -> Curve:
        """The course as a line; none leads to a lane, or from one."""
        y = self.of(course.y)
        leaves = np.flatnonzero(np.diff(self.is_off(course.y))) + 1
        x = np.insert(course.x, leaves, course.x[leaves])
        band = None
        if course.band:
            edges = [np.where(self.is_off(edge), np.nan, self.of(edge)) for edge in course.band]
            band = (np.insert(edges[0], leaves, np.nan), np.insert(edges[1], leaves, np.nan))
        return Curve(key, x, np.insert(y, leaves, np.nan), stroke, width, band)

    def axis(self, room: Room, band: float, title: str) -> Axis:
        """The y axis with its numbers, none in the `band` above the curves."""
        if self.scale is not None:
            return log_axis(self.scale, room.height, room.line, title)
        # far apart, or closer together in a low plot that would have few
        wide = round_numbers(self.bottom, self.top, room.height, 3.0 * room.line)
        numbers = (
            wide if len(wide) > 3 else round_numbers(self.bottom, self.top, room.height, 1.3 * room.line)
        )
        highest = self.top - band * (self.top - self.bottom) / room.height
        return Axis(self.bottom, self.top, tuple(Tick(*n) for n in numbers if n[0] <= highest), title=title)


def heights_for(courses: Iterable[Course], quantity: Quantity, height: float) -> Heights:
    """The range that shows every point of the courses; errors and rates from zero, losses by their logarithm.

    Its ends are round: while the runs train, it stays as it is for long.
    """
    values = [y for course in courses for y in (course.y, *(course.band or ())) if len(y)]
    together = np.concatenate(values) if values else np.zeros(0)
    if quantity == "loss":
        found, lanes = extent_of(together)
        ends = None if found is None else (round_below(found[0]), round_above(found[1]))
        scale = scale_of(ends, lanes, height)
        return Heights(scale.bottom, scale.top, scale)
    finite = together[np.isfinite(together)]
    highest = float(finite.max()) if finite.size else 0.0
    if highest <= 0.0:
        highest = 100.0 if quantity == "error" else 0.1
    digit = 10.0 ** math.floor(math.log10(highest))
    return Heights(0.0, _HEADROOM * min(math.ceil(highest / digit - 1e-9) * digit, _LARGEST))


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
    if rough < sys.float_info.min:
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * s for s in _STEPS if power * s >= rough * (1 - 1e-9)), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(i * step, f"{i * step:.{digits}f}") for i in range(first, last + 1)]


def epoch_ticks(
    span: tuple[float, float], width: float, measure: Callable[[str], float], *, beyond: float = 0.0
) -> tuple[Tick, ...]:
    """Round epochs under an axis of `width`, the last with its unit; whoever draws them keeps them `inside`."""
    left, right = span
    length = right - left
    least = max(length / _PARTS, 1.0 if length >= _WHOLE else 0.0)
    numbers = round_numbers(left, right, length, least)
    if not numbers:
        return ()
    widest = 1.5 * max(measure(text) for _, text in numbers) + _WORDS_APART
    if len(numbers) > 1 and (numbers[1][0] - numbers[0][0]) / length * width < widest:
        numbers = round_numbers(left, right, width, widest)
    ticks = [Tick(*number) for number in numbers[:-1]] + [
        Tick(place, f"epoch {text}") for place, text in numbers[-1:]
    ]

    def edges(tick: Tick) -> tuple[float, float]:
        half = measure(tick.text) / 2
        middle = inside((tick.place - left) / length * width, half, width, beyond)
        return middle - half, middle + half

    end = edges(ticks[-1])[0] - _WORDS_APART
    return (*(tick for tick in ticks[:-1] if edges(tick)[1] <= end), ticks[-1])


@dataclass(frozen=True, eq=False)
class ShownRun:
    """A run as a chart shows it, or the seeds of a network as their mean; without a `name` it has none at its end."""

    key: str
    owner: str
    """Its network: a name may stand beside any line of it."""
    stroke: Stroke
    courses: tuple[Course, ...]
    state: RunState = "running"
    name: str = ""


def curves_chart(
    runs: Sequence[ShownRun],
    quantity: Quantity,
    span: tuple[float, float],
    room: Room,
    *,
    done: Sequence[Done] = (),
    selected: str = "",
    beyond: float = 0.0,
    before: Chart | None = None,
) -> Chart:
    """The runs between two times; training beneath test, the selected run above all others.

    What was `done` gets a band of words above the curves. Names that stood in the chart `before` stay where they were
    while they can.
    """
    if not runs:
        return Chart(Axis(*span), Axis(0.0, 1.0), message=EMPTY[quantity])
    columns = max(int(room.width / 2), 1)
    courses = {(r.key, i): thinned(visible(c, *span), columns) for r in runs for i, c in enumerate(r.courses)}
    in_span = done_in(done, span, room.width)
    x = Axis(*span, epoch_ticks(span, room.width, room.measure, beyond=beyond))
    flags, band = lay_out([(x.share(one.time) * room.width, one) for one in in_span], room)
    heights = heights_for(courses.values(), quantity, room.height - band).below(band, room.height)
    by_key = {run.key: run for run in runs}
    order = sorted(courses, key=lambda place: (place[0] == selected, place[1]))
    curves = []
    for place in order:
        course, stroke = courses[place], by_key[place[0]].stroke
        width = MIDDLE if quantity != "error" else BOLD if course.is_bold else THIN
        curves.append(heights.curve(place, course, stroke, width))
    bare = Chart(x, heights.axis(room, band, AXES[quantity]), tuple(curves), flags=flags)
    lines = {at: bare.place(room.size, curve.x, curve.y) for at, curve in zip(order, curves, strict=True)}
    signs = []
    for run in runs:
        end = end_of(*lines[run.key, 0], room.width)
        if run.state in SIGNS and end is not None and run.courses[0].x[-1] <= span[1]:
            signs.append(Sign(*end, SIGNS[run.state], run.stroke.colour))
    covered = [Rect(0.0, 0.0, room.width, band)]
    covered += [Rect(sign.x, sign.y, 0, 0).grown(_SIGN, _SIGN) for sign in signs]
    wished = []
    for run in runs:
        ends = [end_of(*lines[run.key, index], room.width) for index in range(len(run.courses))]
        if run.courses[-1].is_bold and ends[-1] is not None:
            covered.append(Rect(*ends[-1], 0, 0).grown(_DOT, _DOT))
        end = ends[-1] or ends[0]
        if run.name and end is not None:
            wished.append(Wish(run.key, run.owner, run.name, run.stroke, end))
    free_space = FreeSpace((room.width, room.height))
    free_space.cover_lines(lines.values())
    for rect in covered:
        free_space.cover(rect)
    owned = [(by_key[key[0]].owner, *line) for key, line in lines.items()]
    kept = {} if before is None else {name.key: name.rect for name in before.names}
    frame = None if before is None else before.legend
    names, legend = name_lines(wished, room, free_space, owned, [flag.x for flag in flags], kept, frame)
    return replace(bare, signs=tuple(signs), names=names, legend=legend)


def end_of(x: Floats, y: Floats, width: float) -> tuple[float, float] | None:
    """Where a line ends in a plot that is so wide."""
    found = np.flatnonzero(np.isfinite(y) & (x >= -0.5))
    if not len(found):
        return None
    end = min(float(x[found[-1]]), width)
    return end, float(np.interp(end, x[found], y[found]))


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
