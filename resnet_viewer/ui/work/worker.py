"""A thread that answers one request at a time, and works on what has time while nobody asks; all workers together."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from resnet_viewer.records.errors import Failure as Failure  # by this name for all of the window
from resnet_viewer.records.errors import UserError, failure_of
from resnet_viewer.ui.work.asking import Askers, Asking
from resnet_viewer.ui.work.process_worker import ProcessWorker

log = logging.getLogger(__name__)

REST_MS = 150
"""So long nothing must have been asked before a worker does what has time: by then its answer has been painted."""


class Answering(Protocol):
    """What a worker runs. It is made on the worker's thread and never leaves it."""

    def answer(self, request: object) -> Generator[object]:
        """Work on `request`; every yield but None is a reply, and each is a point at which the work can be stopped.

        Between two yields of work of low priority others may be answered: everything is put back before each of them,
        and none stands inside a with-statement that changes a mode.
        """
        ...


def describe_failure(error: BaseException) -> Failure:
    """An exception as a value: refusals in their own words, anything else logged with its traceback."""
    failure = failure_of(error)
    if not isinstance(error, UserError):
        log.error("unexpected failure\n%s", failure.details)
    return failure


class _Lane(QObject):
    """What is said of the requests of one priority."""

    replied = Signal(int, object)
    failed = Signal(int, object)
    finished = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stopped: set[int] = set()
        """Work with one of these tickets ends at its next yield. Changed by the GUI thread, read by the worker's."""


class _Hand(QObject):
    """Lives on the thread: makes the answering object there and works on what is sent."""

    def __init__(self, factory: Callable[[], Answering]) -> None:
        super().__init__()
        self._factory = factory
        self._made: Answering | None = None
        self.high, self.low = _Lane(self), _Lane(self)
        self._begun: deque[tuple[int, Generator[None]]] = deque()
        """Of low priority, not yet at its first step; it comes before the next step of what is at work."""
        self._at_work: deque[tuple[int, Generator[None]]] = deque()
        """Of low priority, whose turn it is first. Both with their tickets."""
        self._calm = QTimer(self, singleShot=True)
        self._calm.timeout.connect(self.step)

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
        for _ in self._steps(self.high, ticket, request):
            pass
        self._calm.start(REST_MS)

    @Slot(int, object)
    def begin_low(self, ticket: int, request: object) -> None:
        """Work on one more request of low priority, from when nothing was asked for a while."""
        self._end_stopped()
        self._begun.append((ticket, self._steps(self.low, ticket, request)))
        if not self._calm.isActive():
            self._calm.start(0)

    @Slot()
    def step(self) -> None:
        """One step of what has time, each work in its turn; what was asked meanwhile comes before the next."""
        if not (waiting := self._begun or self._at_work):
            return
        ticket, work = waiting.popleft()
        with suppress(StopIteration):
            next(work)
            self._at_work.append((ticket, work))
        self._calm.start(0)

    def _end_stopped(self) -> None:
        """End now what was stopped. Its turn may be long in coming, where one thing is asked after the other, and until
        then it would keep what it was asked about."""
        for works in (self._begun, self._at_work):
            for _ in range(len(works)):
                ticket, work = works.popleft()
                if ticket not in self.low.stopped:
                    works.append((ticket, work))
                    continue
                with suppress(StopIteration):
                    next(work)

    def _steps(self, lane: _Lane, ticket: int, request: object) -> Generator[None]:
        """Say each reply to a request, and how it ended."""
        try:
            if ticket not in lane.stopped:
                yield from self._replies(lane, ticket, request)
        except Exception as error:
            lane.failed.emit(ticket, describe_failure(error))
        finally:
            lane.finished.emit(ticket)

    def _replies(self, lane: _Lane, ticket: int, request: object) -> Generator[None]:
        if self._made is None:
            self._made = self._factory()
        with closing(self._made.answer(request)) as replies:
            for reply in replies:
                if reply is not None and ticket not in lane.stopped:
                    lane.replied.emit(ticket, reply)
                yield
                if ticket in lane.stopped:
                    return

    @Slot()
    def clear(self) -> None:
        """End the work and let go of the made object, on the thread that made it."""
        self._calm.stop()
        for _, work in self._at_work:
            work.close()
        self._begun.clear()
        self._at_work.clear()
        self._made = None


class _AskedLane(Asking):
    """Sends the requests of one priority to a hand."""

    _sent = Signal(int, object)

    def __init__(self, lane: _Lane, begin: Callable[[int, object], None], parent: QObject | None) -> None:
        """`begin` is a slot of the hand."""
        super().__init__(parent)
        self._lane = lane
        queued = Qt.ConnectionType.QueuedConnection
        self._sent.connect(begin, queued)
        lane.replied.connect(self._reply, queued)
        lane.failed.connect(self._fail, queued)
        lane.finished.connect(self._finish, queued)

    def _begin(self, ticket: int, request: object) -> None:
        self._sent.emit(ticket, request)

    def _end(self, ticket: int) -> None:
        self._lane.stopped.add(ticket)

    def _put_away(self, ticket: int) -> None:
        self._lane.stopped.discard(ticket)


class _LowPriority(_AskedLane):
    """What has time: all of it at work, a step each in turns. A newer request makes one of its kind pointless."""

    _most_in_flight = math.inf

    def __init__(self, hand: _Hand, worker: Worker) -> None:
        super().__init__(hand.low, hand.begin_low, worker)
        self._worker = worker

    def start(self) -> None:
        self._worker.start()

    def ask(self, ticket: int, request: object) -> None:
        for older in [known for known, at_work in self._in_flight.items() if type(at_work) is type(request)]:
            self.cancel(older)
        super().ask(ticket, request)


class Worker(_AskedLane):
    """One long-lived thread; one request in flight, others waiting.

    `factory` is called on the thread, so that what it imports (torch) is imported there. Tickets must rise.
    Connect `replied`, `failed` and `busy_changed` to methods of QObjects only: they are emitted on this
    object's own thread, but the habit keeps the rule.
    """

    def __init__(self, factory: Callable[[], Answering], *, name: str, parent: QObject | None = None) -> None:
        self._hand = _Hand(factory)
        super().__init__(self._hand.high, self._hand.work, parent)
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._hand.moveToThread(self._thread)
        self._thread.started.connect(self._hand.prepare)
        self._thread.finished.connect(self._hand.clear)  # emitted on the thread itself, before it ends
        self._low = _LowPriority(self._hand, self)
        self.low = Askers(self._low, self)
        """Work of low priority: it goes on a step at a time while nothing else is asked and was for a while."""

    def start(self) -> None:
        """Make the answering object now, before the first request; asking starts the thread too."""
        if not self._is_closed and not self._thread.isRunning():
            self._thread.start()

    def stop(self) -> None:
        """End what is at work at its next yield, also of low priority, without a reply, and drop what waits."""
        super().stop()
        self._low.stop()

    def close(self) -> None:
        """Stop, and wait until the thread has ended. Nothing is emitted afterwards."""
        if self._is_closed:
            return
        self._is_closed = self._low._is_closed = True
        self.stop()
        self._thread.quit()
        self._thread.wait()


@dataclass(frozen=True)
class Workers:
    """The threads behind the window, the process that trains and the one that studies; each answers its own kind of
    request.
    """

    probing: Worker
    files: Worker
    downloads: Worker
    lab: ProcessWorker
    studies: ProcessWorker

    @property
    def all(self) -> tuple[Worker | ProcessWorker, ...]:
        """In the order in which they are ended: the slowest to end first."""
        return self.lab, self.studies, self.probing, self.files, self.downloads

    def close(self) -> None:
        """End all of them: first tell each to stop, then wait for each."""
        for worker in self.all:
            worker.stop()
        for worker in self.all:
            worker.close()
