"""What every worker has in common, wherever it works, and how each of its answers finds who asked.

The order of events: a request is asked and gets a ticket; it waits while another is in flight, and is dropped there if
a newer one makes it pointless; then it is begun, its replies and its failure are heard, and it is finished.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.question import Request

Asker = Callable[..., Any] | SignalInstance
"""A bound method of the QObject that asks, or a signal of it, which takes what is heard."""


class Asking(QObject):
    """Sends requests to whoever answers them, one at a time unless `_most_in_flight` says more, and passes on what is
    heard.

    Tickets must rise. Who inherits begins the work in `_begin`, ends it in `_end`, and calls `_reply`, `_fail` and
    `_finish` on this object's thread. Nothing is heard of a ticket that was stopped, nor after `close`.
    """

    replied = Signal(int, object)
    failed = Signal(int, object)
    ended = Signal(int)
    """Nothing more will be heard of this ticket: its work has ended, or it was dropped while it waited."""
    busy_changed = Signal(bool)
    _most_in_flight: ClassVar[float] = 1

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[tuple[int, object]] = []
        self._in_flight: dict[int, object] = {}
        """Requests by their tickets."""
        self._stopped: set[int] = set()
        """Those in flight of which nothing more is to be heard."""
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """A request is in flight."""
        return bool(self._in_flight)

    def start(self) -> None:
        """Make what answers now, before the first request; asking does it too."""
        raise NotImplementedError

    def ask(self, ticket: int, request: object) -> None:
        """Answer `request` now if idle, else as soon as the one in flight has ended."""
        if self._is_closed:
            return
        self.start()
        pointless = {waiting for waiting, older in self._waiting if self._is_pointless(older, request)}
        self._waiting.append((ticket, request))
        self._drop(pointless)
        self._send()

    def forget_waiting(self) -> None:
        """Drop what waits; what is in flight goes on."""
        self._drop({ticket for ticket, _ in self._waiting})

    def stop(self) -> None:
        """End what is in flight at its next yield, without a reply, and drop what waits."""
        self.forget_waiting()
        for ticket in tuple(self._in_flight):
            self.cancel(ticket)

    def cancel(self, ticket: int) -> None:
        """End this one at its next yield, without a reply, or drop it where it waits."""
        if ticket in self._in_flight:
            self._stopped.add(ticket)
            self._end(ticket)
        else:
            self._drop({ticket})

    def _is_pointless(self, older: object, newer: object) -> bool:
        """Nobody wants `older`, which was not answered yet, now that `newer` is asked: it says so itself."""
        return isinstance(older, Request) and older.newest_only and type(older) is type(newer)

    def _begin(self, ticket: int, request: object) -> None:
        """Work on `request`, elsewhere."""
        raise NotImplementedError

    def _end(self, ticket: int) -> None:
        """Let the work on `ticket` end at its next yield."""
        raise NotImplementedError

    def _put_away(self, ticket: int) -> None:
        """Nothing is left of the work on `ticket`."""

    def _drop(self, tickets: set[int]) -> None:
        gone = [ticket for ticket, _ in self._waiting if ticket in tickets]
        self._waiting = [waiting for waiting in self._waiting if waiting[0] not in tickets]
        for ticket in () if self._is_closed else gone:
            self.ended.emit(ticket)

    def _send(self) -> None:
        while self._waiting and len(self._in_flight) < self._most_in_flight:
            ticket, request = self._waiting.pop(0)
            self._in_flight[ticket] = request
            self.busy_changed.emit(True)
            self._begin(ticket, request)

    @Slot(int, object)
    def _reply(self, ticket: int, reply: object) -> None:
        if not self._is_closed and ticket not in self._stopped:
            self.replied.emit(ticket, reply)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: object) -> None:
        if not self._is_closed and ticket not in self._stopped:
            self.failed.emit(ticket, failure)

    @Slot(int)
    def _finish(self, ticket: int) -> None:
        """Not for others to override: a slot that is, runs on the thread of whoever emits, queued or not."""
        self._put_away(ticket)
        self._in_flight.pop(ticket, None)
        self._stopped.discard(ticket)
        if self._is_closed:
            return
        self.ended.emit(ticket)
        self._send()
        if not self._in_flight:
            self.busy_changed.emit(False)


class _Asked(QObject):
    """What may be heard of one request. Qt takes its connections away when an asker dies."""

    replied = Signal(object)
    progressed = Signal(object)
    failed = Signal(object)


class Askers(QObject):
    """A worker as its askers see it: what is heard of a request goes to who asked it, and to nobody else."""

    busy_changed = Signal(bool)

    def __init__(self, worker: Asking, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._tickets = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        worker.replied.connect(self._reply)
        worker.failed.connect(self._fail)
        worker.ended.connect(self._forget)
        worker.busy_changed.connect(self.busy_changed)

    def ask(
        self,
        request: Request,
        then: Asker | None,
        failed: Asker,
        *,
        progressed: Asker | None = None,
    ) -> int:
        """Have `request` answered; the ticket is for `cancel`.

        `then` hears each answer (None for a request that is answered by nothing), `failed` the Failure, `progressed`
        each Progress. An asker that has died hears nothing.
        """
        ticket = next(self._tickets)
        asked = self._asked[ticket] = _Asked()
        for signal, asker in (
            (asked.replied, then),
            (asked.failed, failed),
            (asked.progressed, progressed),
        ):
            if asker is not None:
                signal.connect(asker)
        self._worker.ask(ticket, request)
        return ticket

    def cancel(self, ticket: int) -> None:
        """End this request at its next yield, or never begin it; of it nothing more is heard."""
        if self._asked.pop(ticket, None) is not None:
            self._worker.cancel(ticket)

    def stop(self) -> None:
        """End what is in flight at its next yield, without an answer, and drop what waits."""
        self._worker.stop()

    @Slot(int, object)
    def _reply(self, ticket: int, reply: object) -> None:
        if (asked := self._asked.get(ticket)) is not None:
            (asked.progressed if isinstance(reply, Progress) else asked.replied).emit(reply)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: object) -> None:
        if (asked := self._asked.get(ticket)) is not None:
            asked.failed.emit(failure)

    @Slot(int)
    def _forget(self, ticket: int) -> None:
        self._asked.pop(ticket, None)
