"""The Train page's export menu: every figure of the runs in every format, and all files at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.records.confusion import PictureRule
from resnet_viewer.records.figure_list import (
    SUFFIXES,
    FigureChoice,
    FigureName,
    Suffix,
    figure_of,
    figures_of,
)
from resnet_viewer.records.requests import (
    RunPictures,
    WriteAllRunFigures,
)
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui import export_dialog
from resnet_viewer.ui.export_dialog import ExportDialog
from resnet_viewer.ui.inspect.exporting import Exporting
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.work.worker import Failure


class RunExporting(QObject):
    """Asks where to, then has what the runs are at that moment drawn and written, which is said as of every file."""

    def __init__(
        self,
        window: QWidget,
        controller: TrainController,
        exporting: Exporting,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._settings = window, controller, settings
        self._exporting = exporting
        self._choice = settings.export("train", FigureChoice("curves", height=4.6))
        self._folder: Path | None = None
        self._rule: PictureRule = "sample"

    def fill(self, menu: QMenu) -> None:
        """Once: what cannot be drawn yet is refused in a sentence when it is asked for."""
        for figure in figures_of("train"):
            part = menu.addMenu(figure.title)
            for suffix in SUFFIXES:
                action = part.addAction(f"{figure.title} as {suffix.upper()}…")
                action.triggered.connect(partial(self._export_as, figure.name, suffix))
            part.addSeparator()
            part.addAction("Size and resolution…").triggered.connect(partial(self._export, figure.name))
        menu.addSeparator()
        menu.addAction("Export a figure…").triggered.connect(self.ask)
        menu.addAction("All files of the runs…").triggered.connect(self.export_all)

    def _export_as(self, figure: FigureName, suffix: Suffix, _is_checked: bool = False) -> None:
        self.export_as(figure, suffix)

    def _export(self, figure: FigureName, _is_checked: bool = False) -> None:
        self.export(figure)

    @Slot()
    def ask(self) -> None:
        """What, how and where to, beginning with the last figure."""
        self.export(self._choice.figure)

    @Slot(str)
    def export(self, figure: str) -> None:
        """A panel's own wish, by the figure's name: ask how and where to."""
        start = replace(self._choice, figure=figure)  # type: ignore[arg-type]
        if self._can_export(start):
            choice = ExportDialog(start, self._window, figures=figures_of("train")).asked()
            if choice is not None:
                self._save(choice)

    def export_as(self, figure: FigureName, suffix: Suffix) -> None:
        """A menu's entry: ask only where."""
        self._save(replace(self._choice, figure=figure, suffix=suffix))

    def _can_export(self, choice: FigureChoice) -> bool:
        """There is something to draw; else says so."""
        sentence = self._refusal(choice.figure, self._logs(choice.figure))
        if sentence:
            self._exporting.failed.emit(Failure(sentence))
        return not sentence

    def _save(self, choice: FigureChoice) -> None:
        if not self._can_export(choice):
            return
        self._choice = choice
        self._settings.set_export("train", choice)
        logs = self._logs(choice.figure)
        pictures = self._pictures(logs)  # as they are now, not when it is named
        name = (
            f"{choice.figure}-{logs[0].key}" if figure_of(choice.figure).needs == "answers" else choice.figure
        )
        suggestion = (self._folder or Path.home()) / f"{name}.{choice.suffix}"
        try:
            asked = export_dialog.ask_path(choice, suggestion, self._window)
        except export_dialog.SuffixError as refusal:
            self._exporting.failed.emit(Failure(str(refusal)))
            return
        if asked is not None:
            choice, path = asked
            self._folder = path.parent
            self._exporting.write(pictures, choice, path)

    @Slot()
    def export_all(self) -> None:
        """Ask for a folder, then write every figure and table."""
        logs = list(self._controller.scene.logs)
        if sentence := self._refusal("curves", logs):
            self._exporting.failed.emit(Failure(sentence))
            return
        found = QFileDialog.getExistingDirectory(
            self._window, "Folder for the figures", str(self._folder or "")
        )
        if found:
            self._folder = Path(found)
            self._exporting.save(WriteAllRunFigures(self._pictures(logs), Path(found)))
            self._exporting.said.emit("Drawing every figure…")

    @Slot(str)
    def copy(self, figure: str) -> None:
        """Put a figure on the clipboard; "" is the one that was exported last."""
        choice = replace(self._choice, figure=figure or self._choice.figure)  # type: ignore[arg-type]
        if self._can_export(choice):
            self._exporting.copy(self._pictures(self._logs(choice.figure)), choice)

    def _logs(self, figure: FigureName) -> list[RunLog]:
        """Those that the figure shows."""
        scene = self._controller.scene
        if figure_of(figure).needs != "answers":
            return list(scene.logs)
        known = [log for log in scene.logs if log.predicted is not None]
        chosen = scene.chosen
        return [chosen] if chosen in known and chosen is not None else known[-1:]

    @staticmethod
    def _refusal(figure: FigureName, logs: list[RunLog]) -> str:
        if any(log.is_being_read for log in logs):
            return "The runs are still being read; wait until the table says how far they have come."
        if figure_of(figure).needs == "answers" and not logs:
            return "No test picture has been classified yet; wait for the end of an epoch."
        if figure_of(figure).needs == "record" and not any(len(log.norms) for log in logs):
            return "There is no gradient record yet; start a training first."
        if not any(log.steps for log in logs):
            return "There is nothing to draw yet; start a training first."
        return ""

    def _pictures(self, logs: list[RunLog]) -> RunPictures:
        data = self._controller.scene.data
        names = data.class_names if data is not None else ()
        reports = {log.key: log.reporting(names) for log in logs if log.steps}
        predicted = {log.key: log.predicted for log in logs if log.predicted is not None}
        sure = {log.key: log.confidence for log in logs if log.confidence is not None}
        return RunPictures(reports, data, predicted, sure, self._rule, self._controller.scene.time)

    @Slot(str)
    def set_rule(self, rule: PictureRule) -> None:
        """Choose test pictures for figures by the rule of those on the screen."""
        self._rule = rule
