"""The Train page's export menu: every figure of the runs in every format, and all files at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.ui import dialogs, export_dialog
from resnet_viewer.ui.requests import (
    RUN_FIGURES,
    RunFigure,
    RunPictures,
    Suffix,
    WriteAllRunFigures,
    WriteRunFigure,
)
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.run_log import RunLog
from resnet_viewer.ui.worker import Failure, Worker

_OF_ONE: tuple[RunFigure, ...] = ("pictures", "confusion")
"""Figures of the selected run alone."""


class RunExporting(QObject):
    """Asks where to, then lets the files worker draw and write what the runs are at that moment.

    What became of it is said as of every file: by `ui.exporting` where it is written, by `ui.opening` where not.
    """

    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self, window: QWidget, controller: TrainController, files: Worker, tickets: Iterator[int]
    ) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._files, self._tickets = files, tickets
        self._folder: Path | None = None

    def fill(self, menu: QMenu) -> None:
        """Once: what cannot be drawn yet is refused in a sentence when it is asked for."""
        for figure, title in RUN_FIGURES.items():
            part = menu.addMenu(title)
            for suffix in export_dialog.SUFFIXES:
                action = part.addAction(f"{title} as {suffix.upper()}…")
                action.triggered.connect(partial(self._export_as, figure, suffix))
        menu.addSeparator()
        menu.addAction("All files of the runs…").triggered.connect(self.export_all)

    def _export_as(self, figure: RunFigure, suffix: Suffix, _is_checked: bool = False) -> None:
        self.export_as(figure, suffix)

    @Slot(str)
    def export(self, figure: str) -> None:
        """A panel's own wish, by the figure's name."""
        self.export_as(figure, "svg")  # type: ignore[arg-type]

    def export_as(self, figure: RunFigure, suffix: Suffix) -> None:
        """Ask only where."""
        logs = self._logs(figure)
        if sentence := self._refusal(figure, logs):
            self.failed.emit(Failure(sentence))
            return
        name = f"{figure}-{logs[0].key}" if figure in _OF_ONE else figure
        suggestion = (self._folder or Path.home()) / f"{name}.{suffix}"
        asked = dialogs.SaveAs.ask("Export", suggestion, self._window)
        if asked is None:
            return
        typed = asked.suffix.lower().removeprefix(".")
        if typed and typed not in export_dialog.SUFFIXES:
            self.failed.emit(
                Failure(
                    f"A figure cannot be saved as {asked.name}; choose a name that ends in .svg, .pdf, .png or .csv."
                )
            )
            return
        path = asked if typed else asked.with_name(f"{asked.name.rstrip('.')}.{suffix}")
        if path != asked and path.exists() and not dialogs.ask_to_replace(path, self._window):
            return
        self._folder = path.parent
        self._ask(WriteRunFigure(self._pictures(logs), figure, path, self._controller.scene.time))

    @Slot()
    def export_all(self) -> None:
        """Ask for a folder, then write every figure and table."""
        logs = list(self._controller.scene.logs)
        if sentence := self._refusal("curves", logs):
            self.failed.emit(Failure(sentence))
            return
        found = QFileDialog.getExistingDirectory(
            self._window, "Folder for the figures", str(self._folder or "")
        )
        if found:
            self._folder = Path(found)
            self.said.emit("Drawing every figure…")
            self._ask(WriteAllRunFigures(self._pictures(logs), Path(found), self._controller.scene.time))

    def _logs(self, figure: RunFigure) -> list[RunLog]:
        """Those that the figure shows."""
        scene = self._controller.scene
        if figure not in _OF_ONE:
            return list(scene.logs)
        known = [log for log in scene.logs if log.predicted is not None]
        chosen = scene.chosen
        return [chosen] if chosen in known and chosen is not None else known[-1:]

    @staticmethod
    def _refusal(figure: RunFigure, logs: list[RunLog]) -> str:
        if figure in _OF_ONE and not logs:
            return "No test picture has been classified yet; wait for the end of an epoch."
        if figure in ("gradients", "by-depth") and not any(len(log.norms) for log in logs):
            return "There is no gradient record yet; start a training first."
        if not any(log.steps for log in logs):
            return "There is nothing to draw yet; start a training first."
        return ""

    def _pictures(self, logs: list[RunLog]) -> RunPictures:
        data = self._controller.scene.data
        names = data.class_names if data is not None else ()
        reports = {log.key: log.reporting(names) for log in logs if log.steps}
        predicted = {log.key: log.predicted for log in logs if log.predicted is not None}
        return RunPictures(reports, data, predicted)

    def _ask(self, request: object) -> None:
        self._files.ask(next(self._tickets), request)
