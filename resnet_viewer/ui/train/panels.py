"""The Train page: the runs, their errors, what their gradients did, and what that shows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.records.pace import duration
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui.layout import Splitter
from resnet_viewer.ui.panels import PagePanels
from resnet_viewer.ui.train.depth_plot import DepthPlot
from resnet_viewer.ui.train.error_plot import ErrorPlot
from resnet_viewer.ui.train.gradient_maps import GradientMaps
from resnet_viewer.ui.train.pictures import PicturesPanel
from resnet_viewer.ui.train.runs_table import RunsTable, doing
from resnet_viewer.ui.train.story import StoryPanel
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.explanations import explain
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button
from resnet_viewer.ui.widgets.theme import DARK, Theme

_LEAST_LETTERS = 22
"""The narrowest table of runs is as wide as so many."""
FIRST_WORDS = "Press Start: every network that is trained gets a row here."


class RunsCard(Card):
    """The table with what can be done; before the first run, a word about what a start does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Runs", parent)
        self.table = RunsTable()
        self.run_button = tool_button("Run ▾", "The selected run", "What can be done with the selected run")
        self.run_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.run_button.setMenu(QMenu(self.run_button))
        self.add_control(self.run_button)
        self._hint = muted(plain_label(FIRST_WORDS))
        self._hint.setWordWrap(True)
        self.resume = QPushButton("Resume the last runs")
        self.resume.hide()
        self._first = QWidget()
        first = QVBoxLayout(self._first)
        first.setContentsMargins(0, 0, 0, 0)
        first.addWidget(self._hint)
        first.addWidget(self.resume, 0, Qt.AlignmentFlag.AlignLeft)
        first.addStretch(1)
        self.body.addWidget(self._first, 1)
        self.body.addWidget(self.table, 1)
        self.table.hide()
        self.run_button.hide()

    def minimumSizeHint(self) -> QSize:
        """Narrow: the table leaves columns out. The words before the first run are always whole."""
        letters = _LEAST_LETTERS * self.fontMetrics().averageCharWidth() + 2 * DARK.padding
        width, left_over = max(220, letters), self.body.contentsMargins().bottom()
        height = super().minimumSizeHint().height() - left_over
        if not self._first.isHidden():  # a wrapped label does not tell a splitter how high it gets
            height += (
                self._hint.heightForWidth(width - 2 * DARK.padding) - self._hint.minimumSizeHint().height()
            )
        return QSize(width, height)

    def offer_resume(self, is_offered: bool) -> None:
        """Show the way back to earlier runs, where there are some."""
        self.resume.setVisible(is_offered)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs."""
        has_runs = bool(scene.logs)
        if has_runs == self.table.isHidden():
            self.table.setVisible(has_runs)
            self.run_button.setVisible(has_runs)
            self._first.setVisible(not has_runs)
        self.table.render_lab(scene)
        self.run_button.setEnabled(scene.chosen is not None)
        self.set_subtitle(_said(scene))
        self._show_whole_rows()

    def apply_theme(self, theme: Theme) -> None:
        self.table.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_whole_rows()

    def _show_whole_rows(self) -> None:
        """The table ends with a row: what is left of the height is the card's."""
        room = self.contentsRect().height() - self._around() - self.table.horizontalHeader().height()
        self.body.setContentsMargins(0, 0, 0, self.table.fit_rows(room))

    def _around(self) -> int:
        """Pixels of the card's height that the table does not have."""
        layout = self.layout()
        assert layout is not None
        margins = layout.contentsMargins()
        return margins.top() + self.header.geometry().height() + layout.spacing() + margins.bottom()


def _said(scene: LabScene) -> str:
    if not scene.logs:
        return ""
    states = [doing(scene, log) for log in scene.logs]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    words, now = [f"{count} {state}" for state, count in counts.items()], scene.clock()
    if "running" in counts and (left := scene.pace.seconds_left(now=now)) is not None:
        words.insert(0, f"{duration(left)} left")
    if "running" in counts and (speed := scene.pace.pictures_per_second(now=now)) is not None:
        words.append(f"{thousands(round(speed))} pictures/s")
    return " · ".join(words)


class TrainPanels(PagePanels):
    """Renders lab scenes; the panels' wishes are signals."""

    time_pointed = Signal(object)

    def __init__(self) -> None:
        runs, pictures, errors, story = RunsCard(), PicturesPanel(), ErrorPlot(), StoryPanel()
        gradients, by_depth = GradientMaps(), DepthPlot()
        explain(pictures, "test set", "error meter")
        explain(errors, "loss", "plain network")
        explain(story, "plain network", "shortcut", "test set")
        explain(gradients, "gradient norm", "dead channel", "stochastic depth", "stage")
        explain(by_depth, "gradient norm", "plain network")
        left = Splitter(Qt.Orientation.Vertical, runs, pictures, shares=(0.5, 0.5))
        top = Splitter(Qt.Orientation.Horizontal, left, errors, shares=(0.4, 0.6))
        rows = Splitter(Qt.Orientation.Vertical, top, gradients, shares=(0.51, 0.49))
        right = Splitter(Qt.Orientation.Vertical, story, by_depth, shares=(0.51, 0.49))
        columns = Splitter(Qt.Orientation.Horizontal, rows, right, shares=(0.72, 0.28))
        super().__init__(
            train_left=left, train_top=top, train_rows=rows, train_right=right, train_columns=columns
        )
        self.runs, self.pictures, self.errors, self.story = runs, pictures, errors, story
        self.gradients, self.by_depth = gradients, by_depth
        self.drawn = pictures, errors, gradients, by_depth
        """Those that can be exported."""
        self._panels = runs, pictures, errors, story, gradients, by_depth
        self._scene = LabScene()
        self._connect()

    def _connect(self) -> None:
        for panel in self.drawn:
            panel.hovered.connect(self.hovered)
        self.errors.range_changed.connect(self.gradients.show_span)
        for plot in (self.errors, self.gradients):
            plot.time_pointed.connect(self._point)

    def take_focus(self) -> None:
        """To the plot that is looked at first."""
        self.errors.canvas.setFocus()

    def figures(self) -> Mapping[QWidget, FigureName]:
        return {panel: panel.figure for panel in self.drawn}

    @Slot(object)
    def _point(self, time: float | None) -> None:
        """Where nobody points, the time that is pinned is shown, if one is."""
        self.time_pointed.emit(self.errors.pinned if time is None else time)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs; each panel touches only what differs. Nothing is drawn that nobody sees."""
        self._scene = scene
        if self.is_seen:
            for panel in self._panels:
                panel.render_lab(scene)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.render_lab(self._scene)
