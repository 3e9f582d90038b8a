"""Gradient norms from the first layer to the classifier, of all runs at one time: plain against residual."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Slot
from PySide6.QtWidgets import QMenu, QWidget

from resnet_viewer.charts.chart import Floats
from resnet_viewer.charts.curves import at_time, time_words
from resnet_viewer.charts.gradient_record import (
    AXIS,
    DepthLine,
    Spread,
    Spreads,
    depth_chart,
    depth_scale,
    reading_words,
    series_of,
)
from resnet_viewer.charts.log_axis import Series, heights
from resnet_viewer.charts.run_names import scene_strokes
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.widgets.card import FigureCard
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.theme import DARK, Theme

TITLE = "Gradient norm by depth"
EMPTY = "Press Start: the gradient norm of every layer is drawn here, plain against residual."
_NEAR = 40.0
"""Pixels within which a point is told about."""
_LEAST_SPAN = 0.04


def series_at(log: RunLog, time: float | None) -> tuple[Series, float] | None:
    """A run's norms over relative depth, 0 to 1, at a time (None is the newest), and the record's own time."""
    times = log.record_times
    if not len(times):
        return None
    index = len(times) - 1 if time is None else at_time(times, time, log.reached)
    if index is None:
        return None
    return series_of(log.run.network, np.array(log.norms[index])), float(times[index])


class DepthPlot(FigureCard):
    """All runs at the scene's time; a run that has no record then is not drawn."""

    figure, figure_words = "by-depth", "gradient norms by depth"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.scene = LabScene()
        self.series: dict[str, tuple[Series, float]] = {}
        """By the run's key: what is drawn, and its record's time."""
        self.scale = depth_scale((), 1.0)
        self._spreads = Spreads()
        self._found: list[Spread] = []
        self._pointer: QPointF | None = None
        self._drawn: tuple[object, ...] = ()
        self.canvas = PlotCanvas("Gradient norms over relative depth")
        self.canvas.set_limits(-0.02, 1.02, _LEAST_SPAN)
        self.body.addWidget(self.canvas, 1)
        self.canvas.rearranged.connect(self._draw)
        self.canvas.pointed.connect(self._follow_pointer)
        self.render_lab(self.scene)
        self.apply_theme(DARK)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs at the scene's time."""
        asked = (scene.version, scene.time, tuple(map(id, scene.logs)), scene.selected)
        if asked == self._drawn:
            return
        self._drawn, self.scene = asked, scene
        found = {log.key: series_at(log, scene.time) for log in scene.logs}
        self._found = self._spreads.take(scene.logs, "norms")
        self.series = {key: of_run for key, of_run in found.items() if of_run is not None}
        self.set_subtitle(self._when())
        self._draw()

    def apply_theme(self, theme: Theme) -> None:
        self.canvas.apply_theme(theme)
        self._draw()

    def _when(self) -> str:
        if not self.scene.logs:
            return ""
        if self.scene.time is not None:
            return f"at the pointer: {time_words(self.scene.time)}"
        times = sorted({round(time, 1) for _, time in self.series.values()})
        if not times:
            return "" if self.scene.is_being_read else "no record yet"
        span = time_words(times[0]) if len(times) == 1 else f"epochs {times[0]:.1f} to {times[-1]:.1f}"
        return f"newest: {span}"

    @Slot()
    def _draw(self) -> None:
        logs = sorted(
            (log for log in self.scene.logs if log.key in self.series),
            key=lambda log: log.key == self.scene.selected,
        )
        room = self.canvas.room
        self.scale = depth_scale(self._found, room.height)
        strokes = scene_strokes(self.scene)
        lines = [DepthLine(log.key, self.series[log.key][0], strokes[log.key]) for log in logs]
        at_none = "No gradient record yet." if self.scene.time is None else "No record at this time."
        words = "" if self.scene.is_being_read else at_none
        self.chart = depth_chart(
            lines, self.scale, self.canvas.x_range, room, words if self.scene.logs else EMPTY
        )
        moment = ""
        if lines and self.subtitle_room < room.measure(self.subtitle):
            moment = "newest" if self.scene.time is None else time_words(self.scene.time)
            if room.measure(AXIS + moment) + 20 > room.width + self.canvas.frame.left_room:
                moment = ""
        self.chart = replace(self.chart, moment=moment)
        self.canvas.draw(self.chart)
        self._tell()

    def _pixels(self, points: Series) -> tuple[Floats, Floats]:
        return self.chart.place(self.canvas.size_of_plot, points.x, heights(points, self.scale))

    def nearest(self, point: QPointF) -> tuple[RunLog, int, QPointF] | None:
        """The run and the layer whose point is the nearest to one of the plot, where one is near."""
        best: tuple[float, RunLog, int, QPointF] | None = None
        for log in self.scene.logs:
            if log.key not in self.series:
                continue
            x, y = self._pixels(self.series[log.key][0])
            distances = np.hypot(x - point.x(), y - point.y())
            distances[np.isnan(distances)] = np.inf
            index = int(distances.argmin()) if len(distances) else -1
            if index >= 0 and distances[index] <= (_NEAR if best is None else best[0]):
                spot = QPointF(float(x[index]), float(y[index]))
                best = (float(distances[index]), log, index, spot)
        return None if best is None else best[1:]

    @Slot(object)
    def _follow_pointer(self, point: QPointF | None) -> None:
        was_told = self._pointer is not None
        self._pointer = point
        self._tell()
        if point is None and was_told:
            self.hovered.emit("")

    def _tell(self) -> None:
        found = None if self._pointer is None else self.nearest(self._pointer)
        if found is None:
            self.canvas.overlay.point_at(None)
            return
        log, index, spot = found
        points, time = self.series[log.key]
        self.canvas.overlay.point_at(None, ring=spot)
        self.hovered.emit(reading_words(log, "norms", index, time, points.values))

    def menu_at(self, where: QPoint) -> QMenu:
        self.has_figure = bool(self.series)
        menu = super().menu_at(where)
        menu.addAction("Show all layers", self.canvas.fit)
        return menu
