"""Exports a run's weights with its card: those of its end, or as they are now while it trains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from resnet_viewer.records.lab import Published
from resnet_viewer.records.requests import WriteWeights
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.work.worker import Failure, Worker

WEIGHTS = "weights.safetensors"
"""What a run leaves in its folder at its end."""


class GivingWeights(QObject):
    """What became of it is said as of every file."""

    failed = Signal(object)

    def __init__(
        self, window: QWidget, controller: TrainController, files: Worker, tickets: Iterator[int]
    ) -> None:
        super().__init__(window)
        self._window, self._controller = window, controller
        self._files, self._tickets = files, tickets
        self._folder: Path | None = None
        self._awaited: dict[str, Path] = {}
        """By the runs' keys: where weights go that are on their way."""
        controller.published.connect(self._take)

    def can_give(self, log: RunLog) -> bool:
        """There are weights of the run, or will be when they are asked for."""
        return self._is_live(log) or self._left(log) is not None

    def export(self, log: RunLog | None) -> None:
        """Ask where to."""
        if log is None:
            self._refuse("No run is selected; choose one in the table of runs first.")
            return
        if not self.can_give(log):
            self._refuse(f"There are no weights of {log.title} to export yet; wait until it trains.")
            return
        at = f"step-{log.steps}" if self._is_live(log) else f"epoch-{len(log.epochs)}"
        suggestion = (self._folder or Path.home()) / f"{log.key}-{at}.safetensors"
        path = dialogs.SaveAs.ask(f"Export the weights of {log.title}", suggestion, self._window)
        if path is None:
            return
        if path.suffix.lower() != ".safetensors":
            path = path.with_name(f"{path.name}.safetensors")
        self._folder = path.parent
        if self._is_live(log):
            self._awaited[log.key] = path
            self._controller.publish(log.key)
        elif (left := self._left(log)) is not None:
            self._write(log, left, path)
        else:
            self._refuse(f"The weights of {log.title} are not in its folder any more.")

    @Slot(object)
    def _take(self, published: Published) -> None:
        path = self._awaited.pop(published.key, None)
        log = next((log for log in self._controller.scene.logs if log.key == published.key), None)
        if path is not None and log is not None:
            self._write(log, published.path, path)

    def _write(self, log: RunLog, source: Path, path: Path) -> None:
        data = self._controller.scene.data
        report = log.reporting(data.class_names if data is not None else ())
        self._files.ask(next(self._tickets), WriteWeights(source, report, path, self._is_live(log)))

    def _is_live(self, log: RunLog) -> bool:
        return log.state in ("running", "paused") and self._controller.is_busy

    def _left(self, log: RunLog) -> Path | None:
        """The weights of the run's end."""
        order = self._controller.order
        path = None if order is None else order.folder / log.key / WEIGHTS
        return (
            path if path is not None and log.state not in ("waiting", "running") and path.is_file() else None
        )

    def _refuse(self, sentence: str) -> None:
        self.failed.emit(Failure(sentence))
