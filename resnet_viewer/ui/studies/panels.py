"""The Studies page: which study, how it is made, its chart, what it found, and the results there are."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from resnet_viewer.charts.study_panel import panels_of
from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.records.study import StudyInfo, StudyResult
from resnet_viewer.ui.layout import Splitter
from resnet_viewer.ui.panels import PagePanels
from resnet_viewer.ui.studies.form import StudyFormCard
from resnet_viewer.ui.studies.found import FoundPanel
from resnet_viewer.ui.studies.results import ResultsCard
from resnet_viewer.ui.studies.scene import StudyScene, progress_words, studied_words
from resnet_viewer.ui.studies.study_list import StudyListCard
from resnet_viewer.ui.widgets.card import FigureCard
from resnet_viewer.ui.widgets.explanations import explain
from resnet_viewer.ui.widgets.study_plot import StudyPlot
from resnet_viewer.ui.widgets.theme import Theme

FIRST_WORDS = "Press Start: what is measured is drawn here, point by point."
_STEPS = 1000


class ChartCard(FigureCard):
    """The results that are ticked, laid over one another, and how far the study at work is."""

    figure, figure_words = "study", "the figure"
    opened = Signal(object)
    """The Wiring of a point."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.plot = StudyPlot()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.progress.setAccessibleName("How far the study is")
        self.progress.hide()
        self.body.addWidget(self.progress)
        self.body.addWidget(self.plot, 1)
        self.plot.hovered.connect(self.hovered)
        self.plot.opened.connect(self.opened)
        self._info: StudyInfo | None = None
        self._drawn: tuple[StudyResult, ...] = ()
        self.has_figure = False

    def render_studies(self, scene: StudyScene) -> None:
        """Draw what differs."""
        info, shown = scene.info, tuple(result for result in scene.shown if result.rows)
        self.set_title(info.title if info is not None else "Chart")
        self.set_subtitle(_said(scene))
        self.has_figure = bool(shown)
        self._show_progress(scene)
        is_same = len(shown) == len(self._drawn) and all(map(operator.is_, shown, self._drawn))
        if info is not self._info or not is_same:
            self._info, self._drawn = info, shown
            self.plot.show_panels(panels_of(shown), FIRST_WORDS)

    def _show_progress(self, scene: StudyScene) -> None:
        working = scene.working
        self.progress.setVisible(working is not None)
        if working is None:
            return
        if working.points:
            self.progress.setRange(0, _STEPS)
            self.progress.setValue(round(_STEPS * working.done / working.points))
        else:
            self.progress.setRange(0, 0)
        self.progress.setAccessibleDescription(progress_words(scene))

    def apply_theme(self, theme: Theme) -> None:
        self.plot.apply_theme(theme)


def _said(scene: StudyScene) -> str:
    """Whose results are shown, and how far the one at work is."""
    shown = scene.shown
    words = [studied_words(scene.info, shown[0].order.state)] if len(shown) == 1 else []
    if len(shown) > 1:
        words.append(f"{len(shown)} results")
    if len(shown) == 1 and shown[0].rows and not shown[0].is_complete and not scene.is_live(shown[0]):
        words.append(f"{len(shown[0].rows)} of {shown[0].points} points: it was ended before")
    if scene.live is not None:
        working = scene.working
        is_here = working is not None and scene.info is not None and working.order.study == scene.info.name
        words.append(progress_words(scene) if is_here else f"another study: {progress_words(scene)}")
    return " · ".join(words)


class StudiesPanels(PagePanels):
    """Renders scenes; the panels' wishes are signals."""

    alone_with_large_letters = "chart", "found"

    def __init__(self, studies: Sequence[StudyInfo]) -> None:
        listed, form, chart = StudyListCard(studies), StudyFormCard(), ChartCard()
        found, results = FoundPanel(), ResultsCard()
        explain(listed, "study", "ablation and lesion")
        left = Splitter(Qt.Orientation.Vertical, listed, form, shares=(0.36, 0.64))
        below = Splitter(Qt.Orientation.Horizontal, found, results, shares=(0.52, 0.48))
        right = Splitter(Qt.Orientation.Vertical, chart, below, shares=(0.64, 0.36))
        columns = Splitter(Qt.Orientation.Horizontal, left, right, shares=(0.28, 0.72))
        super().__init__(studies_left=left, studies_below=below, studies_right=right, studies_columns=columns)
        self.list, self.form, self.chart, self.found, self.results = listed, form, chart, found, results
        self._scene, self._refusal = StudyScene(), ""
        chart.hovered.connect(self.hovered)

    def take_focus(self) -> None:
        """To the list of studies."""
        self.list.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def figures(self) -> Mapping[QWidget, FigureName]:
        return {self.chart: self.chart.figure}

    def render_studies(self, scene: StudyScene, refusal: str = "") -> None:
        """Show a scene; nothing is drawn that nobody sees. `refusal` is why its study cannot be started."""
        self._scene, self._refusal = scene, refusal
        if self.is_seen:
            self.list.render_studies(scene)
            self.chart.render_studies(scene)
            self.found.render_studies(scene, refusal)
            self.results.render_studies(scene)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.render_studies(self._scene, self._refusal)
