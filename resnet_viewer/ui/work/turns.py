"""Work that may wait a moment, spread over the turns of the event loop."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QObject, QTimer, Signal, Slot


class Turns(QObject):
    """Does one piece of work in each turn of the event loop, in the order in which they were put, so that clicks and
    painting come between them. Of one kind only the newest is done, in the place of the oldest that waits.
    """

    rested = Signal()
    """Nothing waits any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[Hashable, Callable[[], object]] = {}
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._take_one)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def put(self, kind: Hashable, work: Callable[[], object]) -> None:
        """Do this soon, instead of what waits of its kind."""
        self._waiting[kind] = work
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Do all that waits, now."""
        while self._waiting:
            self._take_one()

    @Slot()
    def _take_one(self) -> None:
        try:
            if self._waiting:
                self._waiting.pop(next(iter(self._waiting)))()
        finally:
            if not self._waiting and self._timer.isActive():
                self._timer.stop()
                self.rested.emit()
