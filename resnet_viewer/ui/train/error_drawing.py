"""Draws the runs' curves into a plot: what changed is taken from the logs and drawn anew, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsItem

from resnet_viewer.charts.curves import (
    AXES,
    Axis,
    Curve,
    Floats,
    Quantity,
    at_time,
    axis_for,
    curves_of,
    length_of,
    round_numbers,
    thinned,
    time_words,
    visible,
)
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import EpochReport
from resnet_viewer.charts.interventions import Done, TimeMark, interventions_in, lay_out, together
from resnet_viewer.charts.name_places import FreeGround, Nearness, place_names
from resnet_viewer.ui.train.plot_items import SIGN, Cross, Name, Overlay, strokes_of
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.plot_axes import RIGHT_ROOM, Marks, epoch_ticks, log_marks
from resnet_viewer.ui.widgets.plot_lines import BOLD, MIDDLE, THIN, Line, Lines, Stroke
from resnet_viewer.ui.widgets.theme import DARK, Theme

EMPTY: dict[Quantity, str] = {
    "error": "Press Start: training and test errors of every run grow here.",
    "loss": "Press Start: the training loss of every run grows here.",
    "rate": "Press Start: the learning rate of every run is drawn here.",
}
NOBODY = "no run has come this far"
_TENTH = 0.05
"""Epochs by which the time that is told is rounded."""
_FEW = 12
"""So many names at most stand at lines' ends."""


def value_words(log: RunLog, curves: Sequence[Curve], quantity: Quantity, time: float) -> str:
    """One run at a time: "Plain-56: training 82.1 %, test 83.0 % after epoch 4"; empty where it has no step."""
    drawn = curves[0]
    index = at_time(drawn.x, time)
    if index is None:
        return ""
    value = float(drawn.y[index])
    match quantity:
        case "error":
            words = f"training {value:.1f} %"
            if (epoch := tested_before(log, time)) is not None:
                words += f", test {epoch.test_error:.1f} % after epoch {epoch.epoch + 1}"
        case "loss":
            words = f"loss {value:.4g}" if math.isfinite(value) else "loss not finite"
        case "rate":
            words = f"learning rate {value:.4g}"
    return f"{log.title}: {words}"


def tested_before(log: RunLog, time: float) -> EpochReport | None:
    """The newest epoch whose test error was measured by then; a time that reads "epoch 4.0" is after epoch 4."""
    return next((epoch for epoch in reversed(log.epochs) if epoch.epoch + 1 <= time + _TENTH), None)


def hovered_words(time: float, values: str, *, is_pinned: bool, done: str = "") -> str:
    """For the status line: "epoch 4.3 · shortcuts cut · Plain-56: training 82.1 %"; `done` is what was done then."""
    hint = "pinned, click or Esc to release" if is_pinned else "click to pin"
    return " · ".join(part for part in (time_words(time), done, values or NOBODY, hint) if part)


def named(logs: Sequence[RunLog]) -> list[tuple[RunLog, str]]:
    """Which runs have a name beside their line: one of each network, with the number of its seeds."""
    groups: dict[str, list[RunLog]] = {}
    for log in logs:
        groups.setdefault(log.group_title, []).append(log)
    several = [
        (alike[0], title if len(alike) == 1 else f"{title}, {len(alike)} seeds")
        for title, alike in groups.items()
    ]
    return several[:_FEW]


_LEAST_EPOCHS = 0.1
_NEAR, _CLOSE = 4.0, 14.0
"""Pixels from an intervention's line within which it is told, and between two of one run that are told as one."""
_DOT = 5.0
"""Pixels around the end of a bold line that no name covers."""
_INSIDE = 4.0
"""Pixels from the legend's frame to its names."""
_Place = tuple[str, int]
"""A run's key, and which of its curves."""


@dataclass(frozen=True)
class _LaidOut:
    """What every line depends on: with another one, all are drawn anew."""

    x_range: tuple[float, float]
    size: tuple[float, float]
    quantity: Quantity
    axis: Axis
    strokes: tuple[tuple[str, Stroke], ...]


class ErrorDrawing:
    """The lines of all runs with all that stands beside them, in the canvas that is handed in."""

    def __init__(self, canvas: PlotCanvas) -> None:
        self.canvas = canvas
        self.scene = LabScene()
        self.quantity: Quantity = "error"
        self.lines = Lines(canvas.box)
        self.overlay = Overlay(canvas.box, canvas.font())
        self.curves: dict[str, tuple[Curve, ...]] = {}
        """Of each run, all of it."""
        self._theme = DARK
        self._known: dict[str, tuple[RunLog, int]] = {}
        self._thin: dict[_Place, Curve] = {}
        self._laid_out: _LaidOut | None = None
        self._places: dict[str, QRectF | None] = {}
        self._done: list[Done] = []
        self._marks: tuple[TimeMark, ...] = ()
        self._band = 0.0
        # A point at the plot's end is drawn whole; lines are cut to the time that is shown before.
        canvas.box.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape, False)

    @property
    def axis(self) -> Axis:
        """The y axis."""
        return Axis(0.0, 1.0) if self._laid_out is None else self._laid_out.axis

    def show(self, scene: LabScene, quantity: Quantity) -> None:
        """Draw these runs as they are now."""
        if quantity != self.quantity:
            self._known.clear()
        self.scene, self.quantity = scene, quantity
        changed = self._take_changed()
        self.canvas.set_limits(0.0, length_of(scene.logs), _LEAST_EPOCHS)
        self._draw(changed)

    def rearrange(self) -> None:
        """Draw the same for the canvas's present size, font and x range."""
        self.overlay.set_font(self.canvas.font())
        self._laid_out = None
        self._draw(set())

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.overlay.apply_theme(theme)
        self._draw(set())

    def _take_changed(self) -> set[str]:
        """Keys of the runs that are not as they were drawn; their curves are taken from the logs."""
        logs = {log.key: log for log in self.scene.logs}
        changed = {key for key, log in logs.items() if self._known.get(key) != (log, log.version)}
        for key in changed:
            self.curves[key] = curves_of(logs[key], self.quantity)
            self._known[key] = (logs[key], logs[key].version)
        for gone in self.curves.keys() - logs.keys():
            del self.curves[gone], self._known[gone]
        return changed

    def _draw(self, changed: set[str]) -> None:
        """Draw these runs' curves anew, and all of them where the plot itself is another."""
        size, x_range = self.canvas.size_of_plot, self.canvas.x_range
        old = self._laid_out
        is_other = old is None or (old.x_range, old.size, old.quantity) != (x_range, size, self.quantity)
        order = self._order()
        for key, index in order:
            if is_other or key in changed:
                curve = visible(self.curves[key][index], *x_range)
                self._thin[key, index] = thinned(curve, max(int(size[0] / 2), 1))
        self._thin = {place: self._thin[place] for place in order}
        self._lay_out_marks(size)
        axis = axis_for(self._thin.values(), self.quantity, size[1] - self._band).below(self._band, size[1])
        strokes = strokes_of(self.scene, self._theme)
        laid_out = _LaidOut(x_range, size, self.quantity, axis, tuple(strokes.items()))
        if laid_out != old:
            changed, self._laid_out = set(self.curves), laid_out
        self.lines.set_size(size)
        self.overlay.set_size(size)
        for key, index in order:
            if key in changed:
                curve = self._thin[key, index]
                width = MIDDLE if self.quantity != "error" else BOLD if curve.is_bold else THIN
                self.lines.set_line((key, index), Line(*self._pixels(curve), strokes[key], width))
        self.lines.set_order(order)
        self._show_ground()
        if changed or not order:
            self._show_overlay(strokes)

    def _order(self) -> list[_Place]:
        """Thin lines below bold ones, the selected run above all others."""
        places = [(key, index) for key, curves in self.curves.items() for index in range(len(curves))]
        return sorted(places, key=lambda place: (place[0] == self.scene.selected, place[1]))

    def _pixels(self, curve: Curve) -> tuple[Floats, Floats]:
        (width, height), (left, right), axis = self.canvas.size_of_plot, self.canvas.x_range, self.axis
        x = (curve.x - left) * (width / (right - left))
        y = (axis.top - axis.heights(curve.y)) * (height / (axis.top - axis.bottom))
        leaves = np.flatnonzero(np.diff(axis.is_off(curve.y))) + 1  # no line leads to a lane, or from one
        return np.insert(x, leaves, x[leaves]), np.insert(y, leaves, np.nan)

    def _show_ground(self) -> None:
        (width, height), (left, right), axis = self.canvas.size_of_plot, self.canvas.x_range, self.axis
        metrics = self.canvas.text_metrics()
        if not self.scene.logs:
            self.canvas.show_marks(Marks(message=EMPTY[self.quantity]))
            return
        if axis.scale is not None:
            marks = log_marks(axis.scale, height, metrics.height())
        else:
            numbers = _numbers(axis, height, metrics.height())
            per_unit = height / (axis.top - axis.bottom)
            places = ((axis.top - y) * per_unit for y, _ in numbers)
            free = [(y, text) for y, (_, text) in zip(places, numbers, strict=True) if y >= self._band]
            marks = Marks(tuple(free))
        below = tuple(epoch_ticks((left, right), width, metrics, beyond=RIGHT_ROOM))
        self.canvas.show_marks(replace(marks, below=below, title=AXES[self.quantity]))

    def _lay_out_marks(self, size: tuple[float, float]) -> None:
        """What was done to the runs gets a band above the curves."""
        left, right = self.canvas.x_range
        per_pixel = (right - left) / size[0]
        done = together(interventions_in(self.scene.logs), _CLOSE * per_pixel)
        self._done = [one for one in done if left - 0.5 * per_pixel <= one.time <= right + 0.5 * per_pixel]
        places = [(self.canvas.pixel_at(one.time), one) for one in self._done]
        self._marks, self._band = lay_out(places, self.canvas.text_metrics(), size)

    def done_at(self, time: float) -> str:
        """What was done to the runs at about that time."""
        x = self.canvas.pixel_at(time)
        near = (one.words for one in self._done if abs(self.canvas.pixel_at(one.time) - x) <= _NEAR)
        return " · ".join(near)

    def _show_overlay(self, strokes: dict[str, Stroke]) -> None:
        size = self.canvas.size_of_plot
        ground = FreeGround(size)
        ground.cover_lines((line.x, line.y) for line in self.lines.lines.values())
        crosses = []
        for log in self.scene.logs:
            end = self._end(log.key, 0) if log.state == "diverged" else None
            if end is not None and self.curves[log.key][0].x[-1] <= self.canvas.x_range[1]:
                crosses.append(Cross(*end, strokes[log.key].colour))
                ground.cover(QRectF(end[0] - 6, end[1] - 6, 12, 12))
        ground.cover(QRectF(0.0, 0.0, size[0], self._band))
        for key, curves in self.curves.items():
            for index in range(len(curves)):
                if (end := self._end(key, index)) is not None and curves[index].is_bold:
                    ground.cover(QRectF(end[0] - _DOT, end[1] - _DOT, 2 * _DOT, 2 * _DOT))
        self.overlay.show_marks(self._marks, crosses, self._names(ground, strokes))

    def _names(self, ground: FreeGround, strokes: dict[str, Stroke]) -> list[Name]:
        """The names that find room at their lines' ends, on an intervention's line only where there is no other; the
        rest make a legend.
        """
        metrics = self.canvas.text_metrics()
        ends, wished = [], []
        for log, text in named(self.scene.logs):
            end = self._end(log.key, len(self.curves[log.key]) - 1) or self._end(log.key, 0)
            if end is not None:
                ends.append((*end, SIGN + math.ceil(metrics.horizontalAdvance(text))))
                wished.append((log.key, text))
        kept = [self._places.get(key) for key, _ in wished]
        height = math.ceil(metrics.height())
        titles = {log.key: log.group_title for log in self.scene.logs}
        lines = [(titles[key], self.lines.lines[key, index]) for key, index in self._order()]
        nearness = Nearness(ground.width, ((title, line.x, line.y) for title, line in lines))
        clear, beside = ground.copy(), ground.copy()
        for mark in self._marks:
            beside.cover(QRectF(mark.x - 1, 0.0, 2, ground.height))

        def place_some(numbers: Sequence[int], free: FreeGround) -> list[QRectF | None]:
            def suits(at: int, place: QRectF) -> bool:
                number = numbers[at]
                return nearness.is_own(titles[wished[number][0]], place, ends[number][:2])

            return place_names([ends[n] for n in numbers], height, free, [kept[n] for n in numbers], suits)

        places = place_some(range(len(ends)), beside)
        for place in places:
            if place is not None:
                ground.cover(place.adjusted(-6, 0, 6, 0))
        missing = [number for number, place in enumerate(places) if place is None and self._marks]
        for number, place in zip(missing, place_some(missing, ground), strict=True):
            places[number] = place
        self._places = {key: place for (key, _), place in zip(wished, places, strict=True)}
        missing = [number for number, place in enumerate(places) if place is None]
        if len(missing) > len(places) / 2:
            self._add_legend(range(len(places)), ends, places, height, clear)
        else:
            for place in places:
                clear.cover(QRectF() if place is None else place.adjusted(-6, 0, 6, 0))
            self._add_legend(missing, ends, places, height, clear)
        return [
            Name(text, strokes[key], place)
            for (key, text), place in zip(wished, places, strict=True)
            if place is not None
        ]

    def _add_legend(
        self,
        numbers: Sequence[int],
        ends: Sequence[tuple[float, float, float]],
        places: list[QRectF | None],
        height: float,
        ground: FreeGround,
    ) -> None:
        """Places for these names in a legend at the right, where there is room for all of them; else the table of runs
        is the legend.
        """
        old, self.overlay.legend = self.overlay.legend, None
        if not numbers:
            return
        wide = max(ends[number][2] for number in numbers) + 3 * _INSIDE
        for columns in (1, 2, 3):
            rows = -(-len(numbers) // columns)
            size = columns * wide + _INSIDE, rows * height + 2 * _INSIDE
            is_kept = old is not None and (old.width(), old.height()) == size and ground.is_free(old)
            frame = old if is_kept else ground.in_corner(*size)
            if frame is not None:
                break
        else:
            return
        self.overlay.legend = frame
        for at, number in enumerate(numbers):
            column, row = divmod(at, rows)
            left, top = frame.left() + 2 * _INSIDE + column * wide, frame.top() + _INSIDE + row * height
            places[number] = QRectF(left, top, ends[number][2], height)

    def _end(self, key: str, index: int) -> tuple[float, float] | None:
        """Where a curve ends in the visible part of the plot."""
        line = self.lines.lines[key, index]
        found = np.flatnonzero(np.isfinite(line.y) & (line.x >= -0.5))
        if not len(found):
            return None
        x, y = line.x[found], line.y[found]
        end = min(float(x[-1]), self.canvas.size_of_plot[0])
        return end, float(np.interp(end, x, y))

    # What lies where

    def height_at(self, log: RunLog, index: int, time: float) -> float:
        """Pixels from the plot's top to one of the run's curves at that time; nan where it has no point."""
        line = self.lines.lines.get((log.key, index))
        if line is None or not len(line.x):
            return math.nan
        x = self.canvas.pixel_at(time)
        return float(np.interp(x, line.x, line.y, left=line.y[0] if index == 0 else np.nan, right=np.nan))

    def nearest(self, time: float, y: float) -> tuple[RunLog, QPointF] | None:
        """The run one of whose curves is the nearest to that height at that time, and the point on it."""
        x = self.canvas.pixel_at(time)
        best: tuple[float, RunLog, float] | None = None
        for log in self.scene.logs:
            for index in range(len(self.curves[log.key])):
                height = self.height_at(log, index, time)
                if math.isfinite(height) and (best is None or abs(height - y) < best[0]):
                    best = (abs(height - y), log, height)
        return None if best is None else (best[1], QPointF(x, best[2]))


def _numbers(axis: Axis, height: float, line: float) -> list[tuple[float, str]]:
    """Numbers beside the y axis: far apart, or closer together in a low plot that would have few."""
    wide = round_numbers(axis.bottom, axis.top, height, 3.0 * line)
    return wide if len(wide) > 3 else round_numbers(axis.bottom, axis.top, height, 1.3 * line)
