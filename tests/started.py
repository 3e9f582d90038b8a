"""The real main(), run by a test."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer import app
from resnet_viewer.ui.window import MainWindow
from tests.ui.windows import inspect_page


class Session:
    """Runs the real main() and, inside it, what a user would do."""

    def __init__(self, qtbot: QtBot, qapp: QApplication) -> None:
        self.qtbot = qtbot
        self.qapp = qapp
        self.threads: list[QThread] = []
        self.error: BaseException | None = None
        self.is_done = False

    def run(self, argv: list[str], deeds: Callable[[MainWindow], None]) -> int:
        def act() -> None:
            window = next(w for w in self.qapp.topLevelWidgets() if isinstance(w, MainWindow))
            try:
                workers = window._workers
                self.threads = [w._thread for w in (workers.probing, workers.files, workers.downloads)]
                deeds(window)
                self.is_done = True
            except BaseException as error:  # handed to the test below, which main() would outlive
                self.error = error
            finally:
                window._settings.set_asks_to_close(False)  # nobody would answer
                window.close()

        QTimer.singleShot(0, act)
        status = app.main(argv)
        if self.error is not None:
            raise self.error
        assert self.is_done, "main() ended before the deeds were done"
        assert not any(thread.isRunning() for thread in self.threads), "main() left a thread running"
        return status

    def wait_fresh(self, window: MainWindow) -> None:
        def is_fresh() -> bool:
            page = inspect_page(window)
            scene = page.controller.scene
            return (
                page.turns.is_at_rest
                and scene.now is not None
                and scene.now.is_complete
                and not scene.is_stale
            )

        self.qtbot.waitUntil(is_fresh)
