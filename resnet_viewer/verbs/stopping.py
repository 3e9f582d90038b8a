"""Signals that end long work: the first one tells, so that what was done is kept; a later one does not wait."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_SAME = 0.5
"""Seconds in which a second signal is an echo of the first: a terminal and a launcher each send one for one Ctrl+C."""


class Stopping:
    """Whether a signal wants an end; `status` is then the exit status that says which, else 0."""

    def __init__(self) -> None:
        self.status = 0

    def __bool__(self) -> bool:
        return self.status != 0


@contextmanager
def stoppable(tell: Callable[[], object]) -> Iterator[Stopping]:
    """Inside, the first signal only tells; one that comes later, for whoever will not wait, acts as usual.

    A signal that is ignored, as by `nohup`, stays so.
    """
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    usual = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = [number for number, handler in usual.items() if handler not in (signal.SIG_IGN, None)]
    first = 0.0

    def note(number: int, frame: object) -> None:
        nonlocal first
        if not stopping:
            first = time.monotonic()
            stopping.status = 128 + number
            tell()
        elif time.monotonic() - first > _SAME:
            restore()
            signal.raise_signal(number)

    def restore() -> None:
        for number in heeded:
            signal.signal(number, usual[number])

    for number in heeded:
        signal.signal(number, note)
    try:
        yield stopping
    finally:
        restore()
