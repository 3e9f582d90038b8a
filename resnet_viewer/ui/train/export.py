"""The export of the Train page's figures: the runs as they are at that moment, and all files at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.records.confusion import PictureRule
from resnet_viewer.records.figure_list import FigureChoice, FigureName, figure_of
from resnet_viewer.records.requests import RunPictures, WriteAllRunFigures
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui.figure_export import FigureExport, Outbox
from resnet_viewer.ui.menus import add_entry
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.story import story_of


class RunExport(FigureExport):
    """Some figures are of the selected run, the others of all."""

    def __init__(
        self, controller: TrainController, outbox: Outbox, settings: Settings, window: QWidget
    ) -> None:
        super().__init__(FigureChoice("curves", height=4.6), outbox, settings, window)
        self._controller = controller
        self._rule: PictureRule = "sample"

    def fill(self, menu: QMenu) -> None:
        super().fill(menu)
        add_entry(menu, "Export a figure…", self.ask)
        add_entry(menu, "All files of the runs…", self.export_all)

    def refusal(self, figure: FigureName) -> str:
        logs, needs = self._logs(figure), figure_of(figure).needs
        if any(log.is_being_read for log in logs):
            return "The runs are still being read; wait until the table says how far they have come."
        if needs == "answers" and not logs:
            return "No test picture has been classified yet; wait for the end of an epoch."
        if needs == "record" and not any(len(log.norms) for log in logs):
            return "There is no gradient record yet; start a training first."
        return (
            "" if any(log.steps for log in logs) else "There is nothing to draw yet; start a training first."
        )

    def source(self, figure: FigureName) -> RunPictures:
        scene, logs = self._controller.scene, self._logs(figure)
        names = scene.data.class_names if scene.data is not None else ()
        reports = {log.key: log.reporting(names) for log in logs if log.steps}
        predicted = {log.key: log.predicted for log in logs if log.predicted is not None}
        sure = {log.key: log.confidence for log in logs if log.confidence is not None}
        return RunPictures(reports, scene.data, predicted, sure, self._rule, scene.time, story_of(scene))

    def stem(self, choice: FigureChoice) -> str:
        is_of_one = figure_of(choice.figure).needs == "answers"
        return f"{choice.figure}-{self._logs(choice.figure)[0].key}" if is_of_one else choice.figure

    @Slot()
    def export_all(self) -> None:
        """Ask for a folder, then write every figure and table."""
        if not self._can_draw("curves"):
            return
        found = QFileDialog.getExistingDirectory(
            self._window, "Folder for the figures", str(self._folder or "")
        )
        if found:
            self._folder = Path(found)
            self._outbox.save(WriteAllRunFigures(self.source("curves"), self._folder))

    @Slot(str)
    def set_rule(self, rule: PictureRule) -> None:
        """Choose test pictures for figures by the rule of those on the screen."""
        self._rule = rule

    def _logs(self, figure: FigureName) -> list[RunLog]:
        """Those that the figure shows."""
        scene = self._controller.scene
        if figure_of(figure).needs != "answers":
            return list(scene.logs)
        known = [log for log in scene.logs if log.predicted is not None]
        chosen = scene.chosen
        return [chosen] if chosen in known and chosen is not None else known[-1:]
