"""The main loop of a spawned process in which long work runs, beside a window in another process. Without Qt.

The order of events: the process lowers its priority, makes the answering object, and waits for a request. While it
works it looks into the pipe after every yield: messages are told to the answering object, a stop closes the
generator, so that `finally` puts everything back, and an end of the pipe does the same and ends the process. What
the generator yields goes back; `BUSY` says that there is nothing to tell yet; a yielded None that nothing can be done
until a message comes (all is paused), and waits for one.

Memory is bounded on both sides: a send waits while the pipe is full, and so holds the work up, until whoever reads
goes on or is gone.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Protocol

from resnet_viewer.records.errors import Failure, UserError, failure_of

NICENESS = 5
"""How far this process stands back behind the window where both want the same core."""
_LAST_WILL = 5.0
"""Seconds in which work that has lost its window may put everything back."""
_NAP = 0.5
"""Seconds that work with nothing to do waits for a message before it is asked again."""


class Busy(Enum):
    """Of one member, so that it is the same one everywhere."""

    BUSY = "busy"


BUSY = Busy.BUSY
"""Yielded by work that goes on, and has nothing to tell."""


class TellableAnswering(Protocol):
    """What runs in the process: like what runs on a worker, and it listens while it works."""

    def answer(self, request: object) -> Generator[object]:
        """Work on `request`; every yield but None and BUSY is a reply, and every one a point at which the work can be
        stopped.
        """
        ...

    def tell(self, message: object) -> None:
        """Something to heed from the next step on. Called between two yields, on the same thread."""
        ...


# what goes to the process


@dataclass(frozen=True)
class Ask:
    """Answer this."""

    ticket: int
    request: object


@dataclass(frozen=True)
class Tell:
    """Say this to the work at hand; when there is none, it is of no use any more."""

    message: object


@dataclass(frozen=True)
class End:
    """Let work whose ticket is not above this one end."""

    ticket: int


# what comes from it


@dataclass(frozen=True, eq=False)
class Reply:
    """What the work yielded."""

    ticket: int
    value: object


@dataclass(frozen=True)
class Fault:
    """The work failed; `is_refusal`: with a sentence of its own, and not by a mistake of ours."""

    ticket: int
    failure: Failure
    is_refusal: bool


@dataclass(frozen=True)
class Finished:
    """The work has ended, in whatever way; the next request may come."""

    ticket: int


def main(asked: Connection, news: Connection, factory: Callable[[], TellableAnswering]) -> None:
    """Answer what `asked` brings, into `news`, until either has nobody at its other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the window's to heed
    _stand_back()
    threading.Thread(target=_end_with_the_parent, name="end with the window", daemon=True).start()
    with suppress(EOFError, OSError):  # the other end is gone: nobody is left to tell
        _Loop(asked, news, factory).run()


class _Loop:
    def __init__(self, asked: Connection, news: Connection, factory: Callable[[], TellableAnswering]) -> None:
        self._asked = asked
        self._news = news
        self._factory = factory
        self._made: TellableAnswering | None = None

    def run(self) -> None:
        """Until the pipe ends, which is an EOFError."""
        with suppress(Exception):  # it is tried again, and told, with the first request
            self._made = self._factory()
        while True:
            match self._asked.recv():
                case Ask(ticket, request):
                    try:
                        self._answer(ticket, request)
                    except (EOFError, BrokenPipeError):
                        raise
                    except Exception as error:
                        self._news.send(Fault(ticket, failure_of(error), isinstance(error, UserError)))
                    self._news.send(Finished(ticket))
                case _:  # for work that has ended meanwhile
                    pass

    def _answer(self, ticket: int, request: object) -> None:
        if self._made is None:
            self._made = self._factory()
        with closing(self._made.answer(request)) as replies:
            for value in replies:
                if value is not None and value is not BUSY:
                    self._news.send(Reply(ticket, value))
                if self._is_ended(ticket, self._made, wait=0.0 if value is not None else _NAP):
                    return

    def _is_ended(self, ticket: int, made: TellableAnswering, *, wait: float) -> bool:
        """Take in everything that has come, and say whether the work is to end."""
        while self._asked.poll(wait):
            wait = 0.0
            match self._asked.recv():
                case Tell(message):
                    made.tell(message)
                case End(through) if ticket <= through:
                    return True
                case _:
                    pass
        return False


def _stand_back() -> None:
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(NICENESS)


def _end_with_the_parent() -> None:
    """A pipe's end is seen between two yields; this ends work that does not come to its next one."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        threading.Event().wait(_LAST_WILL)
        os._exit(1)
