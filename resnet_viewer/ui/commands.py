"""The table of everything that can be done by menu or key: one place for the menu bar, the toolbar, the
shortcut sheet and the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import qtawesome
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence

from resnet_viewer.ui.widgets.theme import Theme

Page = Literal["inspect", "train"]
Menu = Literal["File", "Edit", "View", "Network", "Train", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Network", "Train", "Help")
PLAIN_KEYS = {
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_B: "B",
    Qt.Key.Key_D: "D",
    Qt.Key.Key_R: "R",
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
    """Something that can be done. `keys` is a Qt key sequence in portable text, or a name from PLAIN_KEYS."""

    id: str
    text: str
    menu: Menu
    slot: Callable[[], object]
    keys: str = ""
    icon: str = ""
    starts_group: bool = False
    tip: str = ""
    page: Page | None = None
    """The page that it acts on where it stands: in view of another one it is disabled, and its key does nothing."""

    @property
    def is_plain(self) -> bool:
        """Its key is taken only when no control wanted it."""
        return self.keys in PLAIN_KEYS.values()

    @property
    def keys_text(self) -> str:
        """The keys as people write them on this system."""
        if not self.keys or self.is_plain:
            return self.keys
        return QKeySequence(self.keys).toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def plain_text(self) -> str:
        """The text without a mnemonic."""
        return self.text.replace("&", "")


@dataclass(frozen=True)
class Entry:
    """Something that a menu offers: the menus' names and its own, and its keys as people write them here."""

    text: str
    keys: str
    action: QAction


class Commands:
    """The table with the QActions made of it.

    Raises:
        ValueError: two commands share an id or a key.
    """

    def __init__(self, table: Iterable[Command], parent: QObject) -> None:
        self.table = tuple(table)
        _check(self.table)
        self.actions = {command.id: self._action(command, parent) for command in self.table}
        self._page: Page = "inspect"
        self._impossible: set[str] = set()
        self._plain = {command.keys: self.actions[command.id] for command in self.table if command.is_plain}

    def __getitem__(self, command_id: str) -> QAction:
        return self.actions[command_id]

    def set_possible(self, command_id: str, is_possible: bool) -> None:
        """Whether there is something for a command to do, on the page that it is about."""
        self._impossible.discard(command_id)
        if not is_possible:
            self._impossible.add(command_id)
        self._enable()

    def show_page(self, page: Page) -> None:
        """That page is in view; the commands of the other rest."""
        self._page = page
        self._enable()

    def _enable(self) -> None:
        for command in self.table:
            is_here = command.page in (None, self._page)
            self.actions[command.id].setEnabled(is_here and command.id not in self._impossible)

    def of_menu(self, menu: Menu) -> tuple[Command, ...]:
        """A menu's commands in order."""
        return tuple(command for command in self.table if command.menu == menu)

    def take_key(self, event: QKeyEvent) -> bool:
        """Run the command of a key without modifiers; False where there is none or it is disabled."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        name = PLAIN_KEYS.get(Qt.Key(event.key())) if modifiers == Qt.KeyboardModifier.NoModifier else None
        action = self._plain.get(name) if name else None
        if action is None or not action.isEnabled():
            return False
        action.trigger()
        return True

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
        action.triggered.connect(lambda _checked=False: command.slot())
        return action


def _check(table: tuple[Command, ...]) -> None:
    for what in ("id", "keys"):
        seen = [getattr(command, what) for command in table if getattr(command, what)]
        if double := {value for value in seen if seen.count(value) > 1}:
            raise ValueError(f"two commands have the same {what}: {', '.join(sorted(double))}")
