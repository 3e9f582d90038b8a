"""What is known when something goes wrong: the log file, and the faults that nobody caught."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from resnet_viewer.ui.work.worker import Failure
from resnet_viewer.versions import info

log = logging.getLogger("resnet_viewer")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

_MOST_OF_A_CRASH = 100_000
"""Letters that are copied into the log."""


@contextmanager
def refusing_to_abort() -> Iterator[None]:
    """Where Qt would abort inside, because it finds nothing to open a window on, one sentence and exit status 2.

    Nothing is caught: Qt does not come back from there. What it says else is said as before.
    """
    told: list[str] = []

    def take(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if kind != QtMsgType.QtFatalMsg:
            told.append(message)
            return
        reason = " ".join([*told, message][0].split()).rstrip(".")
        print(
            f"Qt cannot open a window here ({reason}); mend DISPLAY or QT_QPA_PLATFORM, or use `resnet-viewer probe "
            "PICTURE --out FOLDER` without a window.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(2)

    old = qInstallMessageHandler(take)
    try:
        yield
    finally:
        qInstallMessageHandler(old)
        for message in told:
            log.warning("Qt: %s", message)


class Diagnostics(QObject):
    """Writes the log from `start` to `close`, and puts every hook back afterwards.

    `happened` carries a Failure for each exception that reached no handler; it may be emitted on any thread, so
    connect it to methods of QObjects.
    """

    happened = Signal(object)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.log_file = folder / "resnet-viewer.log"
        self._crash_file = folder / "crash.txt"
        self.has_crashed = False
        """The run before this one ended with a crash of the process."""
        self._handler: logging.Handler = logging.NullHandler()
        self._crash: TextIO | None = None
        self._old_hook = sys.excepthook
        self._old_thread_hook = threading.excepthook
        self._old_qt_handler: Any = None  # Qt's stubs say "object"
        self._old_level = log.level

    def start(self) -> None:
        """Take the hooks. A folder that cannot be written means no log, not no window."""
        try:
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            for path in (self.log_file, self._crash_file):
                if path.exists() and not path.is_file():  # opening a pipe would wait for ever
                    raise OSError(f"{path} is not a regular file")
            self._handler = RotatingFileHandler(
                self.log_file, maxBytes=1_000_000, backupCount=2, encoding="utf-8"
            )
            self._take_over_crash_file()
        except OSError as error:
            log.info("no log file: %s", error)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        log.addHandler(self._handler)
        log.setLevel(logging.INFO)
        sys.excepthook = self._catch
        threading.excepthook = self._catch_in_thread
        self._old_qt_handler = qInstallMessageHandler(self._note_qt)
        log.info("started: %s", info().replace("\n", "; "))

    def close(self) -> None:
        """Put everything back."""
        log.info("ended")
        qInstallMessageHandler(self._old_qt_handler)
        sys.excepthook = self._old_hook
        threading.excepthook = self._old_thread_hook
        if self._crash is not None:
            faulthandler.disable()
            self._crash.close()
        log.removeHandler(self._handler)
        log.setLevel(self._old_level)
        self._handler.close()

    def _take_over_crash_file(self) -> None:
        if self._crash_file.is_file() and self._crash_file.stat().st_size:
            self.has_crashed = True
            log.addHandler(self._handler)
            with self._crash_file.open(encoding="utf-8", errors="replace") as crash:
                log.error("the run before this one crashed:\n%s", crash.read(_MOST_OF_A_CRASH))
            log.removeHandler(self._handler)
        if not faulthandler.is_enabled():
            self._crash = self._crash_file.open("w", encoding="utf-8")
            faulthandler.enable(self._crash)

    def _catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        if not issubclass(kind, KeyboardInterrupt):
            log.error("not caught\n%s", details)
            sentence = f"Something went wrong inside ({kind.__name__}); the log has the details."
            self.happened.emit(Failure(sentence, details))
        self._old_hook(kind, error, trace)

    def _catch_in_thread(self, hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            self._catch(hook.exc_type, hook.exc_value, hook.exc_traceback)

    def _note_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        log.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s", message)
        if self._old_qt_handler is not None:
            self._old_qt_handler(kind, context, message)
