"""What the window asks of a page, so that one more is an entry in `app.py` and a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QMimeData, QSize, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.layout import Splitter
from resnet_viewer.ui.widgets.labels import tool_button
from resnet_viewer.ui.widgets.theme import Theme

LETTERS = (72, 60, 52, 44, 36, 30, 24, 19, 14)
"""Of the names in a bar, the most first."""
WORDS_FROM, SHORT = 44, 36
"""Letters of a name under which some buttons are icons, and under which all that can be are."""
ICON = QSize(17, 17)


@dataclass(frozen=True)
class Fact:
    """Something that the status bar says: whole, shortened where there is no room, and at length in a tooltip."""

    whole: str = ""
    short: str = ""
    tip: str = ""


@dataclass(frozen=True)
class PageFacts:
    """What a page says in the status bar."""

    work: str = ""
    """Where it computes, and how long that takes."""
    subject: Fact = field(default_factory=Fact)
    """The network, the runs."""
    data: Fact = field(default_factory=Fact)
    """The picture, the data set."""


class PageBar(QWidget):
    """A page's row in the toolbar. The toolbar gives it the first of its shapes that fits."""

    needs_room = Signal()
    """Its words are others, and need another width."""
    shapes: tuple[tuple[int, int], ...] = ((0, LETTERS[0]),)
    """How many of its buttons are icons, and the letters that a name may have; the widest first."""

    def label(self, *, icons: int, letters: int) -> None:
        """Take a shape."""

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""

    def button(self, name: str) -> QToolButton:
        """A button with words on it."""
        button = tool_button(name)
        button.setIconSize(ICON)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        return button

    def menu_button(self, name: str) -> QToolButton:
        """A button that opens a menu."""
        button = self.button(name)
        button.setText(f"{name} ▾")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        return button


class Page(Protocol):
    """A tab of the window with all that the window shows of it, and asks it about. It is a QObject."""

    hovered: SignalInstance
    """What is under the pointer, in words; "" for nothing."""
    facts_changed: SignalInstance
    wished: SignalInstance
    """It has something to show: it wants to come into view."""

    @property
    def key(self) -> str:
        """ "inspect": its command is "show_inspect"."""

    @property
    def title(self) -> str:
        """On its tab, and in the View menu."""

    @property
    def panels(self) -> QWidget:
        """What is seen of it under the toolbar."""

    @property
    def bar(self) -> PageBar:
        """Its row in the toolbar."""

    @property
    def commands(self) -> Commands:
        """What it offers in the menus and by keys."""

    @property
    def menus(self) -> Mapping[str, QMenu]:
        """What its bar offers and the menu bar does not, by the names that the command palette gives it."""

    @property
    def facts(self) -> PageFacts:
        """For the status bar, now."""

    @property
    def splitters(self) -> Mapping[str, Splitter]:
        """By the keys under which their sizes are remembered, which no other page has."""

    @property
    def welcome(self) -> str:
        """What can be dropped on it, in words."""

    def enter(self) -> None:
        """It comes into view: it takes the keyboard's focus, and gets ready."""

    def take_mime(self, mime: QMimeData) -> None:
        """Whatever was dropped or pasted while it is in view; says so where it is nothing for it."""

    def export(self) -> None:
        """Ask which of its figures goes to which file."""

    def copy_figure(self) -> None:
        """The figure that has the focus, else the one that was exported last, to the clipboard."""

    def escape(self) -> bool:
        """End what Esc ends on it; False where there is nothing."""

    def may_close(self) -> bool:
        """Nothing is at work that closing would end, or the user wants it all the same."""

    def close(self) -> None:
        """The window closes: nothing is changed any more."""

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the toolbar gives them to its bar."""
