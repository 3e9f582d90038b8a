"""A thread that answers one request at a time, and keeps only the newest of those that wait."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from resnet_viewer.records.errors import Failure as Failure  # by this name for all of the window
from resnet_viewer.records.errors import UserError, failure_of
from resnet_viewer.ui.work.asking import Asking, always

log = logging.getLogger(__name__)

REST_MS = 150
"""So long nothing must have been asked before a worker does what can wait: by then its answer has been painted."""


class Answering(Protocol):
    """What a worker runs. It is made on the worker's thread and never leaves it."""

    def answer(self, request: object) -> Iterator[object]:
        """Work on `request`; every yield is a reply, and a point at which the work can be stopped."""
        ...


@runtime_checkable
class Resting(Protocol):
    """What an answering object may have beside: work that can wait until nobody asks."""

    def rest(self) -> Iterator[object]:
        """Begun when nothing was asked for a while; every yield is a reply, and lets a question come in between."""
        ...


def describe_failure(error: BaseException) -> Failure:
    """An exception as a value: refusals in their own words, anything else logged with its traceback."""
    failure = failure_of(error)
    if not isinstance(error, UserError):
        log.error("unexpected failure\n%s", failure.details)
    return failure


class _Bench(QObject):
    """Lives on the thread: makes the answering object there and works on what is sent."""

    replied = Signal(int, object)
    failed = Signal(int, object)
    finished = Signal(int)

    def __init__(self, factory: Callable[[], Answering]) -> None:
        super().__init__()
        self._factory = factory
        self._made: Answering | None = None
        self._calm: QTimer | None = None
        self._rest: Iterator[object] = iter(())
        self._newest = -1
        self.stopped_through = -1
        """Work whose ticket is not above it ends at its next yield. Written by the GUI thread, read here."""

    @Slot()
    def prepare(self) -> None:
        """Make the answering object before the first question, so that the first answer is sooner."""
        try:
            self._made = self._factory()
        except Exception as error:
            log.info("not ready yet: %s", error)

    @Slot(int, object)
    def work(self, ticket: int, request: object) -> None:
        """Answer one request, to its end or to the first yield after a stop."""
        self._newest = ticket
        if self._calm is not None:
            self._calm.stop()
        try:
            if ticket > self.stopped_through:
                self._run(ticket, request)
        except Exception as error:
            self.failed.emit(ticket, describe_failure(error))
        finally:
            self.finished.emit(ticket)
            self._begin_rest()

    def _begin_rest(self) -> None:
        made: object = self._made
        if not isinstance(made, Resting):
            return
        self._rest = made.rest()
        if self._calm is None:
            self._calm = (
                QTimer()
            )  # made on the thread that it counts for; without a parent, so that it ends there
            self._calm.timeout.connect(self.go_on_resting)
        self._calm.start(REST_MS)

    @Slot()
    def go_on_resting(self) -> None:
        """One step of what can wait."""
        assert self._calm is not None
        try:
            self.replied.emit(self._newest, next(self._rest))
            self._calm.start(0)
        except StopIteration:
            self._calm.stop()
        except Exception as error:
            self._calm.stop()
            self.failed.emit(self._newest, describe_failure(error))

    def _run(self, ticket: int, request: object) -> None:
        if self._made is None:
            self._made = self._factory()
        replies = self._made.answer(request)
        try:
            for reply in replies:
                if ticket <= self.stopped_through:
                    return
                self.replied.emit(ticket, reply)
        finally:
            close = getattr(replies, "close", None)
            if close is not None:
                close()

    @Slot()
    def clear(self) -> None:
        """Let go of the made object, and of the timer, on the thread that made them."""
        if self._calm is not None:
            self._calm.stop()
        self._made, self._calm, self._rest = None, None, iter(())


class Worker(Asking):
    """One long-lived thread; one request in flight, the newest waiting.

    `factory` is called on the thread, so that what it imports (torch) is imported there. Tickets must rise.
    Connect `replied`, `failed` and `busy_changed` to methods of QObjects only: they are emitted on this
    object's own thread, but the habit keeps the rule. `replaces(waiting, newer)` says whether a newer request
    makes a waiting one pointless; by default it always does, which is right for probes.
    """

    _sent = Signal(int, object)

    def __init__(
        self,
        factory: Callable[[], Answering],
        *,
        name: str,
        replaces: Callable[[object, object], bool] = always,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(replaces, parent)
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._bench = _Bench(factory)
        self._bench.moveToThread(self._thread)
        queued = Qt.ConnectionType.QueuedConnection
        self._thread.started.connect(self._bench.prepare)
        self._sent.connect(self._bench.work, queued)
        self._thread.finished.connect(self._bench.clear)  # emitted on the thread itself, before it ends
        self._bench.replied.connect(self._reply, queued)
        self._bench.failed.connect(self._fail, queued)
        self._bench.finished.connect(self._finish, queued)

    def start(self) -> None:
        """Make the answering object now, before the first request; asking starts the thread too."""
        if not self._is_closed and not self._thread.isRunning():
            self._thread.start()

    def close(self) -> None:
        """Stop, and wait until the thread has ended. Nothing is emitted afterwards."""
        if self._is_closed:
            return
        self._is_closed = True
        self.stop()
        self._thread.quit()
        self._thread.wait()

    def _begin(self, ticket: int, request: object) -> None:
        self._sent.emit(ticket, request)

    def _end(self, ticket: int) -> None:
        self._bench.stopped_through = ticket
