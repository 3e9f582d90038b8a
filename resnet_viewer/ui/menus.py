"""The menu bar, built of what the window and its pages offer, and what every menu is made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from resnet_viewer.ui.commands import Command, Commands, Entry, menus_of


class Menus(QObject):
    """Builds them once; submenus are made anew whenever they open."""

    def __init__(self, bar: QMenuBar, commands: Commands, others: Mapping[str, QMenu]) -> None:
        """`others` are menus outside the bar, which the palette offers too."""
        super().__init__(bar)
        self._menus = {name: bar.addMenu(f"&{name}") for name in menus_of(commands.offered)}
        for name, menu in self._menus.items():
            place = None
            for one in commands.of_menu(name):
                if place is not None and one.place // 100 != place // 100:
                    menu.addSeparator()
                place = one.place
                if isinstance(one, Command):
                    menu.addAction(commands[one.id])
                else:
                    fill_on_open(menu.addMenu(one.text), one.fill)
        self._menus |= others

    def entries(self) -> tuple[Entry, ...]:
        """Everything that the menus offer now; what several of them offer comes once."""
        found: dict[QAction, Entry] = {}
        for name, menu in self._menus.items():
            for entry in _entries(menu, name):
                found.setdefault(entry.action, entry)
        return tuple(found.values())


def fill_on_open(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
    """Fill a menu anew whenever it opens, and now."""

    def refill() -> None:
        menu.clear()
        for part in menu.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
            part.deleteLater()
        fill(menu)

    menu.aboutToShow.connect(refill)
    refill()


def add_entry(menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
    """An entry with its name letter by letter: "&" is no mnemonic."""
    action = menu.addAction(escaped(text))
    action.triggered.connect(lambda _checked=False: act())
    return action


def add_choice(
    menu: QMenu, group: QActionGroup, text: str, is_chosen: bool, act: Callable[[], object]
) -> QAction:
    """One of several of which one is chosen."""
    action = add_entry(menu, text, act)
    action.setCheckable(True)
    action.setChecked(is_chosen)
    group.addAction(action)
    return action


def add_head(menu: QMenu, text: str) -> None:
    """A title in a menu; a style sheet hides the text of Qt's own sections."""
    menu.addAction(text).setEnabled(False)


def escaped(text: str) -> str:
    """A name on a button or in a menu: "&" is no mnemonic there."""
    return text.replace("&", "&&")


def _entries(menu: QMenu, path: str) -> Iterator[Entry]:
    menu.aboutToShow.emit()  # the lists of recent files, networks and targets are filled then
    # WORKAROUND: QAction.menu() hands the menu's ownership to Python, which deletes it (seen with PySide6 6.10)
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    parts = {part.menuAction(): part for part in menu.findChildren(QMenu, options=direct)}
    for action in menu.actions():
        text, _, key = action.text().partition("\t")
        text = f"{path}: {_plain(text).rstrip('…')}"
        if action in parts:
            yield from _entries(parts[action], text)
        elif action.isEnabled() and not action.isSeparator():
            yield Entry(
                text, key or action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), action
            )


def _plain(text: str) -> str:
    """Without mnemonics: "&&" stands for "&"."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
