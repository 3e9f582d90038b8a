"""The one document and the one way to change it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from resnet_viewer.records.session import Session, View

T = TypeVar("T")

STEPS = 200
BYTES = 256 * 2**20


@dataclass(frozen=True)
class Step(Generic[T]):
    """One edit. Consecutive steps with the same `merge_key` (a slider's drag) are one step."""

    label: str
    before: T
    after: T
    merge_key: Hashable | None = None


class History(Generic[T]):
    """The steps done and undone.

    QUndoStack counts steps only. Ours also counts the bytes that the steps keep alive, so that memory stays
    flat over hundreds of opened pictures: `weigh` tells the large parts of a value by an identity that equal
    parts share, and each is counted once. The oldest steps go first; the newest one always stays.
    """

    def __init__(
        self,
        weigh: Callable[[T], Mapping[Hashable, int]],
        *,
        steps: int = STEPS,
        max_bytes: int = BYTES,
    ) -> None:
        self._weigh = weigh
        self._max_steps = steps
        self._max_bytes = max_bytes
        self._done: list[Step[T]] = []
        self._undone: list[Step[T]] = []
        self._is_sealed = True

    @property
    def undo_label(self) -> str | None:
        """What the next undo takes back, or None."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """What the next redo does again, or None."""
        return self._undone[-1].label if self._undone else None

    @property
    def nbytes(self) -> int:
        """Bytes that all steps keep alive."""
        ends = (end for step in (*self._done, *self._undone) for end in (step.before, step.after))
        parts: dict[Hashable, int] = {}
        for one in {id(end): end for end in ends}.values():  # a step begins where the one before ended
            parts.update(self._weigh(one))
        return sum(parts.values())

    def __len__(self) -> int:
        return len(self._done)

    def push(self, step: Step[T]) -> None:
        """Add a step that was just done; what was undone before is gone."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last and step.merge_key is not None and last.merge_key == step.merge_key and not self._is_sealed:
            self._done.pop()
            step = replace(step, before=last.before)
        self._is_sealed = False
        if step.before != step.after:
            self._done.append(step)
        self._trim()

    def seal(self) -> None:
        """The next step begins a new one, whatever its merge key."""
        self._is_sealed = True

    def undo(self) -> Step[T] | None:
        """Take back the last step and return it; None where there is none."""
        self.seal()
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Step[T] | None:
        """Do the last undone step again and return it; None where there is none."""
        self.seal()
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def replay(self, onto: Callable[[T], T]) -> None:
        """Let every step lead from and to what `onto` makes of its ends; one that then changes nothing is gone."""
        for steps in (self._done, self._undone):
            moved = [replace(step, before=onto(step.before), after=onto(step.after)) for step in steps]
            steps[:] = [step for step in moved if step.before != step.after]

    def _trim(self) -> None:
        del self._done[: -self._max_steps]
        while len(self._done) > 1 and self.nbytes > self._max_bytes:
            del self._done[0]


MERGE_PAUSE_MS = 800
"""A slider that rests this long begins a new undo step."""


def _pictures(session: Session) -> Mapping[Hashable, int]:
    return {picture.digest: picture.pixels.nbytes for picture in session.setup.batch}


class Store(QObject):
    """Owns the Session. `changed(old, new)` follows every change, undo and redo included."""

    changed = Signal(object, object)
    history_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._history: History[Session] = History(_pictures)
        self._is_closed = False
        self._pause = QTimer(self, singleShot=True, interval=MERGE_PAUSE_MS)
        self._pause.timeout.connect(self._seal)

    @property
    def session(self) -> Session:
        """The present one."""
        return self._session

    @property
    def undo_label(self) -> str | None:
        """The name of what undo takes back."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str | None:
        """The name of what redo does again."""
        return self._history.redo_label

    def edit(self, session: Session, label: str, merge_key: Hashable | None = None) -> None:
        """Replace the session as one undoable step; nothing happens where nothing differs."""
        if self._is_closed or session == self._session:
            return
        self._history.push(Step(label, self._session, session, merge_key))
        if merge_key is not None:
            self._pause.start()
        self._replace(session)
        self.history_changed.emit()

    def look(self, view: View) -> None:
        """Look at the same numbers in another way; not undoable."""
        if not self._is_closed and view != self._session.view:
            self._replace(self._session.with_view(view))

    def begin(self, first: Session, begun: Session) -> bool:
        """What was waited for since the session was `first` is there: what was done meanwhile is done to it, and can be
        undone. Says whether that was possible: not where its network is laid out in another way.
        """
        if self._is_closed:
            return True
        carried = partial(Session.carried, first=first, begun=begun)
        count = len(self._history)
        self._history.replay(carried)
        self._replace(carried(self._session))
        self.history_changed.emit()
        return len(self._history) > 0 or not count

    @Slot()
    def undo(self) -> None:
        """Take back the last edit; the view stays where it still makes sense."""
        if not self._is_closed and (step := self._history.undo()):
            self._go_to(step.before)

    @Slot()
    def redo(self) -> None:
        """Do the last undone edit again."""
        if not self._is_closed and (step := self._history.redo()):
            self._go_to(step.after)

    def close(self) -> None:
        """Refuse every further change."""
        self._is_closed = True
        self._pause.stop()

    def _go_to(self, session: Session) -> None:
        if session.setup.state.network == self._session.setup.state.network:
            session = session.with_view(self._session.view)
        self._replace(session)
        self.history_changed.emit()

    def _replace(self, session: Session) -> None:
        old, self._session = self._session, session
        if old != session:
            self.changed.emit(old, session)

    @Slot()
    def _seal(self) -> None:
        self._history.seal()
