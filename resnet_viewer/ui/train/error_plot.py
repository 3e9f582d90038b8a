"""The error plot of the papers, live: training thin, test bold, one colour a depth, plain networks dashed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QGraphicsItem, QMenu, QWidget

from resnet_viewer.charts.curves import (
    BRIEF,
    CHOICES,
    SUBTITLES,
    TITLES,
    Course,
    Quantity,
    ShownRun,
    at_time,
    courses_of,
    curves_chart,
    length_of,
    time_words,
)
from resnet_viewer.charts.plot_words import Done, Told, done_in, interventions_in
from resnet_viewer.charts.run_names import scene_strokes
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import EpochReport
from resnet_viewer.ui.widgets.card import FigureCard
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.plot_items import RIGHT_ROOM
from resnet_viewer.ui.widgets.theme import DARK, Theme

NOBODY = "no run has come this far"
_TENTH = 0.05
"""Epochs by which the time that is told is rounded."""
_FEW = 12
"""So many names at most stand at lines' ends."""
_LEAST_EPOCHS = 0.1
_NEAR = 4.0
"""Pixels from an intervention's line within which it is told."""
_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter})
_KEY_STEP = 0.01
"""How far an arrow key moves the time, as a share of what is visible."""


def value_words(log: RunLog, courses: Sequence[Course], quantity: Quantity, time: float) -> str:
    """One run at a time: "Plain-56: training 82.1 %, test 83.0 % after epoch 4"; empty where it has no step."""
    drawn = courses[0]
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


def named(logs: Sequence[RunLog]) -> list[tuple[str, str]]:
    """Which runs, by their keys, have a name beside their line: one of each network, with the number of its seeds."""
    groups: dict[str, list[RunLog]] = {}
    for log in logs:
        groups.setdefault(log.group_title, []).append(log)
    several = [
        (alike[0].key, title if len(alike) == 1 else f"{title}, {len(alike)} seeds")
        for title, alike in groups.items()
    ]
    return several[:_FEW]


class ErrorPlot(FigureCard):
    """Signals are wishes; the time that is drawn is the scene's, or the pointer's own until the scene follows.

    While a time is pinned, `pinned` is it, and the pointer changes no time: who steers the scene shows `pinned`
    where nobody points elsewhere.
    """

    figure_words = "the curves"
    time_pointed = Signal(object)
    """Epochs, or None when the pointer left."""
    range_changed = Signal(float, float)
    """The epochs that are visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLES["error"], parent)
        self.scene = LabScene()
        self.quantity: Quantity = "error"
        self.pinned: float | None = None
        self._pointer: QPointF | None = None
        self._before_clicks: float | None = None
        self.canvas = PlotCanvas("Training and test errors over epochs")
        self.canvas.keys = _KEYS
        self.courses: dict[str, tuple[Course, ...]] = {}
        """Of each run, all of it."""
        self.chart = curves_chart((), "error", self.canvas.x_range, self.canvas.room)
        self._known: dict[str, tuple[RunLog, int, Quantity]] = {}
        # A point at the plot's end is drawn whole; lines are cut to the time that is shown before.
        self.canvas.box.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape, False)
        self.choice = choice_box("What is drawn over time", CHOICES.items())
        self.choice.activated.connect(self._choose)
        self.add_control(self.choice)
        self.body.addWidget(self.canvas, 1)
        self.canvas.rearranged.connect(self._rearrange)
        self.canvas.pointed.connect(self._follow_pointer)
        self.canvas.clicked.connect(self._toggle_pin)
        self.canvas.double_clicked.connect(self._forget_clicks)
        self.canvas.key_pressed.connect(self._press_key)
        self.show_quantity("error")
        self.apply_theme(DARK)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs as they are now; only what changed is drawn anew."""
        old, self.scene = self.scene, scene
        if scene.version != old.version or scene.logs != old.logs or scene.selected != old.selected:
            self._show()
        self._place_time()

    def show_quantity(self, quantity: Quantity) -> None:
        """Draw errors, losses or learning rates."""
        self.quantity = quantity
        self.figure = "loss" if quantity == "loss" else "curves"
        self.choice.setCurrentIndex(self.choice.findData(quantity))
        self.set_title(TITLES[quantity])
        self.set_subtitle(BRIEF[quantity], whole=SUBTITLES[quantity])
        self._show()
        self._place_time()

    def apply_theme(self, theme: Theme) -> None:
        self.canvas.apply_theme(theme)
        self._draw()

    @Slot()
    def _rearrange(self) -> None:
        self._draw()
        self._place_time()
        self.range_changed.emit(*self.canvas.x_range)

    def _show(self) -> None:
        """Take from the logs what is not as it was drawn, and draw."""
        logs = {log.key: log for log in self.scene.logs}
        for key, log in logs.items():
            if self._known.get(key) != (log, log.version, self.quantity):
                self.courses[key] = courses_of(log, self.quantity)
                self._known[key] = (log, log.version, self.quantity)
        for gone in self.courses.keys() - logs.keys():
            del self.courses[gone], self._known[gone]
        self.canvas.set_limits(0.0, length_of(self.scene.logs), _LEAST_EPOCHS)
        self._draw()

    def _draw(self) -> None:
        logs = {log.key: log for log in self.scene.logs}
        names = dict(named(self.scene.logs))
        strokes = scene_strokes(self.scene)
        runs = [
            ShownRun(key, log.group_title, strokes[key], self.courses[key], log.state, names.get(key, ""))
            for key, log in logs.items()
        ]
        self.chart = curves_chart(
            runs,
            self.quantity,
            self.canvas.x_range,
            self.canvas.room,
            done=self._done(),
            selected=self.scene.selected,
            beyond=RIGHT_ROOM,
            before=self.chart,
        )
        self.canvas.draw(self.chart)

    def _done(self) -> list[Done]:
        return interventions_in([Told(log.run, log.title, log.steps_per_epoch) for log in self.scene.logs])

    def _done_at(self, time: float) -> str:
        """What was done to the runs at about that time."""
        x, width = self.canvas.pixel_at(time), self.canvas.size_of_plot[0]
        done = done_in(self._done(), self.canvas.x_range, width)
        return " · ".join(one.words for one in done if abs(self.canvas.pixel_at(one.time) - x) <= _NEAR)

    def _nearest(self, time: float, y: float) -> tuple[RunLog, QPointF] | None:
        """The run one of whose curves is the nearest to that height at that time, and the point on it."""
        x = self.canvas.pixel_at(time)
        found: list[tuple[float, int, float]] = []
        for place, log in enumerate(self.scene.logs):
            for index in range(len(self.courses[log.key])):
                line = self.canvas.lines.lines[log.key, index]
                if len(line.x):
                    before = line.y[0] if index == 0 else np.nan
                    height = float(np.interp(x, line.x, line.y, left=before, right=np.nan))
                    found += [(abs(height - y), place, height)] if math.isfinite(height) else []
        if not found:
            return None
        _, place, height = min(found)
        return self.scene.logs[place], QPointF(x, height)

    # Time

    def _place_time(self) -> None:
        time = self._time_shown()
        if time is None:
            self.canvas.overlay.point_at(None)
            return
        ring, told = None, ""
        if self._pointer is not None:
            found = self._nearest(time, self._pointer.y())
            words = ""
            if found is not None:
                log, ring = found
                words, told = self._words(log, time), log.title
            done = self._done_at(time)
            self.hovered.emit(hovered_words(time, words, is_pinned=self.pinned is not None, done=done))
        is_pinned = self.pinned is not None and time == self.pinned
        self.canvas.overlay.point_at(self.canvas.pixel_at(time), is_pinned=is_pinned, ring=ring, told=told)

    def _words(self, log: RunLog, time: float) -> str:
        return value_words(log, self.courses[log.key], self.quantity, time)

    def _time_shown(self) -> float | None:
        if self._pointer is not None:
            return self.pinned if self.pinned is not None else self._time_at(self._pointer)
        return self.scene.time if self.scene.time is not None else self.pinned

    def _time_at(self, point: QPointF) -> float:
        left, right = self.canvas.x_range
        return min(max(self.canvas.x_at(point.x()), left), right)

    @Slot(object)
    def _follow_pointer(self, point: QPointF | None) -> None:
        if not self.scene.logs:
            return
        self._pointer = point
        if self.pinned is None:
            self.time_pointed.emit(None if point is None else self._time_at(point))
        self._place_time()
        if point is None:
            self.hovered.emit("")

    @Slot(QPointF)
    def _toggle_pin(self, point: QPointF) -> None:
        if self.scene.logs:
            self._before_clicks = self.pinned
            self._pin(self._time_at(point) if self.pinned is None else None)

    @Slot()
    def _forget_clicks(self) -> None:
        """The first click of a double click was none."""
        if self.pinned != self._before_clicks:
            self._pin(self._before_clicks)

    def _pin(self, time: float | None) -> None:
        self.pinned = time
        self.canvas.keys = _KEYS if time is None else _KEYS | {Qt.Key.Key_Escape}
        if time is None and self._pointer is not None:
            time = self._time_at(self._pointer)
        self.time_pointed.emit(time)
        self._place_time()

    def release(self) -> bool:
        """Let go of the pinned time; False where none is."""
        was_pinned = self.pinned is not None
        if was_pinned:
            self._pin(None)
            self._tell_pinned()
        return was_pinned

    @Slot(object)
    def _press_key(self, key: Qt.Key) -> None:
        if not self.scene.logs:
            return
        left, right = self.canvas.x_range
        time = self._time_shown()
        match key:
            case Qt.Key.Key_Escape:
                self._pin(None)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._pin(right if time is None else time if self.pinned is None else None)
            case _:
                step = _KEY_STEP * (right - left) * (1 if key == Qt.Key.Key_Right else -1)
                self._pin(min(max((right if time is None else time) + step, left), right))
        self._before_clicks = self.pinned
        self._tell_pinned()

    def _tell_pinned(self) -> None:
        """All runs at the pinned time, for who steers by keys."""
        if self.pinned is None:
            self.hovered.emit("")
            return
        found = [self._words(log, self.pinned) for log in self.scene.logs]
        words = " · ".join(words for words in found if words)
        self.hovered.emit(hovered_words(self.pinned, words, is_pinned=True))

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.show_quantity(self.choice.itemData(index))

    def menu_at(self, where: QPoint) -> QMenu:
        self.has_figure = bool(self.scene.logs)
        menu = super().menu_at(where)
        menu.addAction("Show the whole time", self.canvas.fit)
        return menu
