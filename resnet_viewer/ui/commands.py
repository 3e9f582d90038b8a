"""Everything that can be done by menu or key: what the window and its pages offer, for the menu bar, the toolbar,
the shortcut sheet and the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import qtawesome
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from resnet_viewer.ui.widgets.theme import Theme

FIRST_MENUS, LAST_MENU = ("File", "Edit", "View"), "Help"
"""The menu bar begins and ends with these; the menus of the pages stand between them."""
PLAIN_KEYS = {
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_B: "B",
    Qt.Key.Key_D: "D",
    Qt.Key.Key_O: "O",
    Qt.Key.Key_R: "R",
    Qt.Key.Key_M: "M",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDown",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_Escape: "Esc",
}
"""Keys without a modifier: the focused control may want them itself, so they are no Qt shortcuts; the window
takes them when nobody else did."""


@dataclass(frozen=True)
class Command:
    """Something that can be done. `keys` is a Qt key sequence in portable text, or a name from PLAIN_KEYS.

    A page's command acts where the page stands: while another one is in view it is disabled, and its key does nothing.
    """

    id: str
    text: str
    menu: str
    slot: Callable[[], object]
    keys: str = ""
    icon: str = ""
    tip: str = ""
    place: int = 100
    """Among what its menu offers; where the hundreds change, a line is drawn."""
    shows_page: bool = False
    """It shows its page first, and so is there while another one is in view."""

    @property
    def is_plain(self) -> bool:
        """Its key is taken only when no control wanted it."""
        return self.keys in PLAIN_KEYS.values()

    @property
    def keys_text(self) -> str:
        """The keys as people write them on this system."""
        return self.keys if self.is_plain else keys_text(self.keys)

    @property
    def plain_text(self) -> str:
        """The text without a mnemonic."""
        return self.text.replace("&", "")


@dataclass(frozen=True)
class Submenu:
    """A menu in a menu, filled whenever it opens; `place` is as a command's."""

    text: str
    menu: str
    fill: Callable[[QMenu], None]
    place: int = 100


@dataclass(frozen=True)
class Entry:
    """Something that a menu offers: the menus' names and its own, and its keys as people write them here."""

    text: str
    keys: str
    action: QAction


class Commands:
    """What the window, or one of its pages, offers, with the QActions made of it.

    Raises:
        ValueError: two commands share an id or a key.
    """

    def __init__(
        self,
        offered: Iterable[Command | Submenu],
        parent: QObject,
        *,
        show: Callable[[], object] | None = None,
        pages: Sequence[Commands] = (),
    ) -> None:
        """`show` brings the page into view that these are about; the window's have those of all `pages` among them."""
        own = tuple(offered)
        self._own = tuple(one for one in own if isinstance(one, Command))
        self._show, self._pages = show, pages
        everything = (*own, *(one for page in pages for one in page.offered))
        self.offered: tuple[Command | Submenu, ...] = tuple(sorted(everything, key=lambda one: one.place))
        self.table = tuple(one for one in self.offered if isinstance(one, Command))
        _check(self.table)
        self.actions = {command.id: self._action(command, parent) for command in self._own}
        for page in pages:
            self.actions |= page.actions
        self._is_in_view = True
        self._impossible: set[str] = set()

    def __getitem__(self, command_id: str) -> QAction:
        return self.actions[command_id]

    def set_possible(self, command_id: str, is_possible: bool) -> None:
        """Whether there is something for a command to do, on the page that it is about."""
        self._impossible.discard(command_id)
        if not is_possible:
            self._impossible.add(command_id)
        self._enable()

    def set_in_view(self, is_in_view: bool) -> None:
        """Their page comes into view, or leaves it; then they rest."""
        self._is_in_view = is_in_view
        self._enable()

    def _enable(self) -> None:
        for command in self._own:
            is_here = self._is_in_view or command.shows_page
            self.actions[command.id].setEnabled(is_here and command.id not in self._impossible)

    def of_menu(self, menu: str) -> tuple[Command | Submenu, ...]:
        """What a menu offers, in order."""
        return tuple(one for one in self.offered if one.menu == menu)

    def take_key(self, event: QKeyEvent) -> bool:
        """Run the command of a key without modifiers; False where there is none or it is disabled."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        name = PLAIN_KEYS.get(Qt.Key(event.key())) if modifiers == Qt.KeyboardModifier.NoModifier else None
        for command in self.table:
            if name and command.keys == name and self.actions[command.id].isEnabled():
                self.actions[command.id].trigger()
                return True
        return False

    def apply_theme(self, theme: Theme) -> None:
        """Draw the icons in the theme's colours."""
        for command in self.table:
            if command.icon:
                icon = qtawesome.icon(command.icon, color=theme.text, color_disabled=theme.faint)
                self.actions[command.id].setIcon(icon)

    def _action(self, command: Command, parent: QObject) -> QAction:
        action = QAction(command.text, parent)
        action.setObjectName(command.id)
        if command.is_plain:
            action.setText(f"{command.text}\t{command.keys}")
        elif command.keys:
            action.setShortcut(QKeySequence(command.keys))
        tip = command.tip or command.plain_text
        action.setToolTip(f"{tip} ({command.keys_text})" if command.keys else tip)
        action.setIconVisibleInMenu(False)
        action.triggered.connect(lambda _checked=False: self._run(command))
        return action

    def _run(self, command: Command) -> None:
        if command.shows_page and self._show is not None:
            self._show()
        command.slot()


def menus_of(offered: Iterable[Command | Submenu]) -> tuple[str, ...]:
    """The menus of the bar, in order."""
    named = dict.fromkeys((*FIRST_MENUS, *(one.menu for one in offered)))
    return (*(name for name in named if name != LAST_MENU), LAST_MENU)


def keys_text(keys: str) -> str:
    """A key sequence in portable text, as people write it on this system."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _check(table: tuple[Command, ...]) -> None:
    for what in ("id", "keys"):
        seen = [getattr(command, what) for command in table if getattr(command, what)]
        if double := {value for value in seen if seen.count(value) > 1}:
            raise ValueError(f"two commands have the same {what}: {', '.join(sorted(double))}")
