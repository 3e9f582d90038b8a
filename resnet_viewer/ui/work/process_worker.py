"""A worker that answers in a process of its own, so that long Python work leaves the window all of its interpreter.

Two pipes lead to the process and back; see `lab_process` for what goes through them. Two threads of ours stand at
them, because either end may block: one sends what is asked and told, one reads what comes. What the window has not
yet handled is bounded: beyond `_UNHANDLED` replies the reading thread waits, then the pipe fills, then the work
itself is held up, until the window goes on.
"""

from __future__ import annotations

import logging
import multiprocessing
import pickle
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from resnet_viewer import lab_process
from resnet_viewer.lab_process import Ask, End, Fault, Finished, Reply, Tell, TellableAnswering
from resnet_viewer.records.errors import Failure
from resnet_viewer.records.question import Request
from resnet_viewer.ui.work.asking import Asking

log = logging.getLogger(__name__)

GRACE = 1.5
"""Seconds that stopped work has to come to its next yield and put everything back, before its process is killed."""
_UNHANDLED = 256
"""Replies that may wait for the window."""
_LONGEST_SILENCE = 10.0
"""Seconds that a process which is to end may need for a word."""
_UNREADABLE = (
    "The process that worked on this sent what this window cannot read, which happens when the program was updated "
    "meanwhile: start the program again, then continue."
)


class ProcessWorker(Asking):
    """One spawned process; one request in flight, the newest waiting. The face of `Worker`, and `tell`.

    `factory` is picklable, and called in the process. A process that dies fails the request at hand with one
    sentence; the next request starts another. It ends with the window's process, however that ends. `grace`, in
    seconds, is for work: a process without any is ended at once. `advice` is what to do when it has died.
    """

    def __init__(
        self,
        factory: Callable[[], TellableAnswering],
        *,
        name: str,
        grace: float = GRACE,
        advice: str = "press Continue to go on",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._factory, self._advice = factory, advice
        self._child: _Child | None = None
        self._started = 0
        """Processes so far: what is still on its way from an earlier one is known by its number."""
        self._killing = QTimer(self, singleShot=True, interval=round(grace * 1000))
        self._killing.timeout.connect(self._kill)

    @property
    def pid(self) -> int | None:
        """The process that works, or None while there is none."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start the process and make the answering object there; asking does it too."""
        if self._is_closed:
            return
        if self._child is not None:
            if self.is_busy or not self._child.has_ended:
                return
            self._child.close(0)  # it died while nobody asked anything
        self._started += 1
        child = _Child(self._factory, self.objectName(), self._started, self._advice)
        queued = Qt.ConnectionType.QueuedConnection
        child.came.connect(self._take, queued)
        child.ended.connect(self._lose, queued)
        self._child = child
        child.begin()

    def tell(self, message: object) -> None:
        """Say something to the work at hand: it heeds it from its next yield on. Without work it says nothing."""
        if self._child is not None and self._in_flight and not self._is_closed:
            self._child.send(Tell(message))

    def close(self) -> None:
        """Stop, and wait until the process has ended. Nothing is emitted afterwards."""
        if self._is_closed:
            return
        self._is_closed = True
        self.stop()
        self._killing.stop()
        if self._child is not None:
            self._child.close(self._killing.interval() if self.is_busy else 0)
            self._child = None

    def _is_pointless(self, older: object, newer: object) -> bool:
        # an order of the lab's is no Request: there is one lab, and it works on one order
        return not isinstance(older, Request) or super()._is_pointless(older, newer)

    def _begin(self, ticket: int, request: object) -> None:
        assert self._child is not None, "asking has started it"
        self._child.send(Ask(ticket, request))

    def _end(self, ticket: int) -> None:
        if self._child is not None and self._in_flight:
            self._child.send(End(ticket))
            self._killing.start()

    @Slot(int, object)
    def _take(self, child: int, news: object) -> None:
        if self._child is None or child != self._child.number:
            return  # of a process that has been given up
        self._child.allow_one()
        match news:
            case Reply(ticket, value):
                self._reply(ticket, value)
            case Fault(ticket, failure, is_refusal):
                if not is_refusal:
                    log.error("unexpected failure\n%s", failure.details)
                self._fail(ticket, failure)
            case Finished(ticket):
                self._killing.stop()
                self._finish(ticket)

    @Slot(int, str)
    def _lose(self, child: int, sentence: str) -> None:
        """The process has ended: by our will, or not."""
        if self._child is None or child != self._child.number:
            return
        self._child.close(0)
        self._child = None
        self._killing.stop()
        if not self._in_flight or self._is_closed:
            return
        (ticket,) = self._in_flight
        if ticket not in self._stopped:
            log.error("the process of %s ended while it worked: %s", self.objectName(), sentence)
            self._fail(ticket, Failure(sentence))
        if self._waiting:
            self.start()
        self._finish(ticket)

    @Slot()
    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()


def ended_how(exitcode: int | None) -> str:
    """The end of a process as the end of a sentence."""
    if exitcode is None:
        return "could not be started"
    if exitcode == -getattr(signal, "SIGKILL", 9):
        return "was killed, which is what a system does when memory runs out"
    if exitcode < 0:
        with suppress(ValueError):
            return f"ended by the signal {signal.Signals(-exitcode).name}"
    return f"ended by itself (exit status {exitcode})"


class _Child(QThread):
    """A process, the thread that reads what it says, and one that sends to it. Owned by the window's thread."""

    came = Signal(int, object)
    """Its number, and what the process said."""
    ended = Signal(int, str)
    """Its number, and how the process ended, in a sentence; the last thing that is emitted."""

    def __init__(self, factory: Callable[[], TellableAnswering], name: str, number: int, advice: str) -> None:
        super().__init__()
        self._advice = advice
        self.number = number
        self.setObjectName(f"{name} reader")
        self._factory = factory
        self._outgoing: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._room = threading.Semaphore(_UNHANDLED)
        self._is_deaf = False
        """What comes is thrown away, so that a process that is to end can always speak. Set by the window's thread."""
        self._process: multiprocessing.process.BaseProcess | None = None
        self._news: Connection | None = None
        self._sender: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Of the process, once there is one."""
        return None if self._process is None else self._process.pid

    @property
    def has_ended(self) -> bool:
        """The process is gone, whether or not that has been noticed yet."""
        return self._process is None or bool(wait([self._process.sentinel], 0))

    def begin(self) -> None:
        """Start the process and both threads."""
        context = multiprocessing.get_context("spawn")
        asked, sending = context.Pipe(duplex=False)
        self._news, news = context.Pipe(duplex=False)
        process = context.Process(
            target=lab_process.main,
            args=(asked, news, self._factory),
            name=self.objectName(),
            daemon=True,  # should everything else fail, Python ends it when the window's process exits
        )
        try:
            process.start()
            self._process = process
        except (OSError, pickle.PicklingError, AttributeError, TypeError):
            log.exception("the process of %s could not be started", self.objectName())
        finally:  # the process has its own copies; ours would keep the pipes open after its end
            asked.close()
            news.close()
        self._sender = threading.Thread(
            target=_send_all, args=(self._outgoing, sending), name=f"{self.objectName()} sender", daemon=True
        )
        self._sender.start()
        self.start()

    def send(self, what: object) -> None:
        """Never waits; what the process can no longer take is lost with it."""
        self._outgoing.put(what)

    def allow_one(self) -> None:
        """The window has handled one piece of news."""
        self._room.release()

    def kill(self) -> None:
        """At once, whatever it does."""
        if self._process is not None:
            self._process.kill()

    def close(self, grace: int) -> None:
        """End it, by force after `grace` milliseconds, and wait until process and threads are gone."""
        self._is_deaf = True
        self._room.release()
        self._outgoing.put(None)
        if not self.wait(max(1, grace)):
            self.kill()
            self.wait()
        self._wait_for_process()  # for the case that the thread could not do it
        if self._sender is not None:
            self._sender.join()

    def run(self) -> None:
        """Read until the process is gone, and wait for it, whatever it says."""
        assert self._news is not None
        is_readable = True
        try:
            self._read(self._news)
        except (EOFError, OSError):
            pass
        except Exception:  # what unpickling raises: another version's classes, too little memory
            log.exception("the process of %s sent what cannot be read", self.objectName())
            is_readable = False
            self._outgoing.put(None)
            self._let_it_end(self._news)
        finally:
            exitcode = self._wait_for_process()
        self._news.close()
        how = f"The process that worked on this {ended_how(exitcode)}; {self._advice}."
        self.ended.emit(self.number, how if is_readable else _UNREADABLE)

    def _read(self, news: Connection) -> None:
        while self._process is not None:
            what = news.recv()
            if not self._is_deaf:
                self._room.acquire()
            if not self._is_deaf:
                self.came.emit(self.number, what)

    def _let_it_end(self, news: Connection) -> None:
        """It sees the end of what it is asked, and puts everything back; what it says to that is thrown away."""
        with suppress(EOFError, OSError):
            while news.poll(_LONGEST_SILENCE):
                news.recv_bytes()

    def _wait_for_process(self) -> int | None:
        """Its exit status once it is gone, by force where it has closed its pipe and stays; None: it never began."""
        if self._process is None:
            return None
        self._process.join(1)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        return self._process.exitcode


def _send_all(outgoing: queue.SimpleQueue[object], sending: Connection) -> None:
    """Until a None, or until nobody reads any more. The end of the pipe ends the process."""
    try:
        while (what := outgoing.get()) is not None:
            sending.send(what)
    except OSError:
        pass
    except Exception:
        log.exception("a request could not be sent")
    sending.close()
