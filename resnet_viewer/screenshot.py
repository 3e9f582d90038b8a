"""`--screenshot`: waits for the first full reading, saves the window as a PNG, and leaves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice, QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.page import InspectPage
from resnet_viewer.ui.work.worker import Failure

PATIENCE_MS = 300_000
SETTLE_MS = 400
"""Layouts and delayed painting come to rest."""


class Screenshot(QObject):
    """`problem` is the sentence about what went wrong; empty where the file is whole."""

    def __init__(self, window: QWidget, page: InspectPage, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self.problem = ""
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._save)
        QTimer.singleShot(PATIENCE_MS, self, self._give_up)
        page.controller.scene_changed.connect(self._look)
        page.controller.failed.connect(self._fail)
        page.loader.failed.connect(self._fail)

    @Slot(object)
    def _look(self, scene: Scene) -> None:
        is_whole = scene.now is not None and scene.now.is_complete and scene.reference is not None
        if is_whole and not scene.is_stale:
            self._settle.start()

    @Slot()
    def _save(self) -> None:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._window.grab().save(buffer, "PNG")
        try:
            write_whole(self._path, bytes(buffer.data().data()))
        except UserError as error:
            self.problem = str(error)
        self._leave()

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self.problem = self.problem or failure.sentence
        self._leave()

    @Slot()
    def _give_up(self) -> None:
        self.problem = "No full reading came within five minutes; try a smaller network."
        self._leave()

    def _leave(self) -> None:
        self._window.close()
        QCoreApplication.quit()
