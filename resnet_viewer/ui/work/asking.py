"""What every worker has in common, wherever it works: one request in flight, the newest waiting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot


def always(_waiting: object, _newer: object) -> bool:
    """Every newer request makes one that waits pointless: right for probes."""
    return True


class Asking(QObject):
    """Sends requests to whoever answers them, one at a time, and passes on what is heard.

    Tickets must rise. `replaces(waiting, newer)` says whether a newer request makes a waiting one pointless.
    Who inherits begins the work in `_begin`, ends it in `_end`, and calls `_reply`, `_fail` and `_finish` on this
    object's thread. Nothing is emitted for a ticket that was stopped, nor after `close`.
    """

    replied = Signal(int, object)
    failed = Signal(int, object)
    busy_changed = Signal(bool)

    def __init__(
        self, replaces: Callable[[object, object], bool] = always, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._replaces = replaces
        self._waiting: list[tuple[int, object]] = []
        self._in_flight: int | None = None
        self._newest = -1
        self._stopped_through = -1
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """A request is in flight."""
        return self._in_flight is not None

    def start(self) -> None:
        """Make what answers now, before the first request; asking does it too."""
        raise NotImplementedError

    def ask(self, ticket: int, request: object) -> None:
        """Answer `request` now if idle, else as soon as the one in flight has ended."""
        if self._is_closed:
            return
        self.start()
        self._newest = max(self._newest, ticket)
        self._waiting = [w for w in self._waiting if not self._replaces(w[1], request)]
        self._waiting.append((ticket, request))
        self._send()

    def forget_waiting(self) -> None:
        """Drop what waits; what is in flight goes on."""
        self._waiting.clear()

    def stop(self) -> None:
        """End what is in flight at its next yield, without a reply, and drop what waits."""
        self._waiting.clear()
        self._stopped_through = self._newest
        self._end(self._newest)

    def _begin(self, ticket: int, request: object) -> None:
        """Work on `request`, elsewhere."""
        raise NotImplementedError

    def _end(self, ticket: int) -> None:
        """Let work whose ticket is not above `ticket` end at its next yield."""
        raise NotImplementedError

    def _send(self) -> None:
        if self._in_flight is not None or not self._waiting:
            return
        ticket, request = self._waiting.pop(0)
        self._in_flight = ticket
        self.busy_changed.emit(True)
        self._begin(ticket, request)

    @Slot(int, object)
    def _reply(self, ticket: int, reply: object) -> None:
        if not self._is_closed and ticket > self._stopped_through:
            self.replied.emit(ticket, reply)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: object) -> None:
        if not self._is_closed and ticket > self._stopped_through:
            self.failed.emit(ticket, failure)

    @Slot(int)
    def _finish(self, _ticket: int) -> None:
        self._in_flight = None
        if self._is_closed:
            return
        self._send()
        if self._in_flight is None:
            self.busy_changed.emit(False)
