"""What the tests of the process worker let run in a process. Imported there: no Qt, no test framework."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from resnet_viewer.records.errors import UserError


class Foreign:
    """Can only be read where it was made."""

    def __init__(self, home: int) -> None:
        if os.getpid() != home:
            raise AttributeError("Can't get attribute 'Foreign'")
        self.home = home

    def __reduce__(self) -> tuple[object, ...]:
        return Foreign, (self.home,)


class Fake:
    """Does what a request's first word says."""

    def __init__(self, note: Path | None = None) -> None:
        self.told: list[object] = []
        self.note = note
        if note is not None and note.name == "refuses":
            raise UserError("torch is missing; install it.")

    def tell(self, message: object) -> None:
        """Remember it."""
        self.told.append(message)

    def answer(self, request: object) -> Iterator[object]:
        """Begin with "begun", and note that the end was orderly."""
        word, *rest = request if isinstance(request, tuple) else (request,)
        try:
            yield "begun"
            yield from getattr(self, word)(*rest)
        finally:
            if self.note is not None:
                with self.note.open("a") as file:
                    file.write(f"{word} closed\n")

    def count(self, upto: int) -> Iterator[object]:
        """Numbers."""
        yield from range(upto)

    def facts(self) -> Iterator[object]:
        """Of the process."""
        qt = [name for name in sys.modules if name.startswith(("PySide6", "torch"))]
        yield {"pid": os.getpid(), "nice": os.nice(0), "imported": qt}

    def arrays(self, megabytes: int) -> Iterator[object]:
        """A large array, whose sum can be checked."""
        yield np.arange(megabytes * 131_072, dtype=np.float64)

    def listen(self, wanted: int) -> Iterator[object]:
        """Nothing to do until so many messages have come."""
        while len(self.told) < wanted:
            yield None
        yield tuple(self.told)

    def forever(self) -> Iterator[object]:
        """As fast as can be taken."""
        number = 0
        while True:
            number += 1
            yield number

    def stuck(self) -> Iterator[object]:
        """Never comes to its next yield."""
        threading.Event().wait()
        yield "never"

    def refuse(self) -> Iterator[object]:
        """A refusal of the work's own."""
        raise UserError("This is refused; try another.")
        yield

    def fault(self) -> Iterator[object]:
        """A mistake of ours."""
        raise KeyError("inner")
        yield

    def unsayable(self) -> Iterator[object]:
        """A reply that no pipe takes."""
        yield lambda: None

    def unreadable(self) -> Iterator[object]:
        """A reply of a class that the window does not have, and more that it will never hear."""
        yield Foreign(os.getpid())
        yield from self.forever()

    def die(self) -> Iterator[object]:
        """As when memory runs out."""
        os.kill(os.getpid(), signal.SIGKILL)
        yield


def window_that_works(note: str) -> None:
    """A window's process with work that never ends: writes the working process's number to `note`, and goes on."""
    from PySide6.QtCore import QCoreApplication, QObject, Slot

    from resnet_viewer.ui.work.process_worker import ProcessWorker

    class Ear(QObject):
        @Slot(int, object)
        def hear(self, _ticket: int, reply: object) -> None:
            if reply == "begun":
                Path(note).write_text(str(worker.pid))

    application = QCoreApplication([])
    worker = ProcessWorker(Fake, name="test-orphan")
    ear = Ear()
    worker.replied.connect(ear.hear)
    worker.ask(0, "stuck")
    application.exec()
