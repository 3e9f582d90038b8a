"""Work that may wait a moment, spread over the turns of the event loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

TURN_MS = 8.0
"""So long pieces are done in one turn: each turn repaints what they changed, which costs some milliseconds."""


class Turns(QObject):
    """Does pieces of work in the order in which they were put, in each turn of the event loop as many as it takes to
    fill `turn_ms` milliseconds, so that clicks and painting come between them. Of one kind only the newest is done, in
    the place of the oldest that waits.
    """

    rested = Signal()
    """Nothing waits any more."""

    def __init__(self, parent: QObject | None = None, *, turn_ms: float = TURN_MS) -> None:
        super().__init__(parent)
        self.turn_ms = turn_ms
        self._waiting: dict[Hashable, Callable[[], object]] = {}
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._take_turn)

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
    def _take_turn(self) -> None:
        ends = time.perf_counter() + self.turn_ms / 1000
        self._take_one()
        while self._waiting and time.perf_counter() < ends:
            self._take_one()

    def _take_one(self) -> None:
        try:
            if self._waiting:
                self._waiting.pop(next(iter(self._waiting)))()
        finally:
            if not self._waiting and self._timer.isActive():
                self._timer.stop()
                self.rested.emit()
