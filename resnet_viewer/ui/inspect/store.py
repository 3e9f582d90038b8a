"""The one document and the one way to change it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from resnet_viewer.records.session import Session, View
from resnet_viewer.ui.inspect.history import History, Step

MERGE_PAUSE_MS = 800
"""A slider that rests this long begins a new undo step."""


def _pictures(session: Session) -> Mapping[Hashable, int]:
    picture = session.setup.picture
    return {} if picture is None else {picture.digest: picture.pixels.nbytes}


class Store(QObject):
    """Owns the Session. `changed(old, new)` follows every change, undo and redo included."""

    changed = Signal(object, object)
    history_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._history: History[Session] = History(_pictures)
        self._is_closed = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(MERGE_PAUSE_MS)
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

    def restart(self, session: Session) -> None:
        """Begin anew with another session: nothing to undo."""
        if self._is_closed:
            return
        self._history.clear()
        self._replace(session)
        self.history_changed.emit()

    @Slot()
    def undo(self) -> None:
        """Take back the last edit; the view stays where it still makes sense."""
        if not self._is_closed and (step := self._history.undo()):
            self._replace(self._seen_as_now(step.before))
            self.history_changed.emit()

    @Slot()
    def redo(self) -> None:
        """Do the last undone edit again."""
        if not self._is_closed and (step := self._history.redo()):
            self._replace(self._seen_as_now(step.after))
            self.history_changed.emit()

    def close(self) -> None:
        """Refuse every further change."""
        self._is_closed = True
        self._pause.stop()

    def _seen_as_now(self, session: Session) -> Session:
        if session.setup.state.network != self._session.setup.state.network:
            return session
        return replace(session, view=self._session.view)

    def _replace(self, session: Session) -> None:
        old, self._session = self._session, session
        if old != session:
            self.changed.emit(old, session)

    @Slot()
    def _seal(self) -> None:
        self._history.seal()
