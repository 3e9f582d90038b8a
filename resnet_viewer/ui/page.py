"""What the window asks of a page, so that one more is an entry in `app.py` and a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QMimeData, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.figure_export import FigureExport
from resnet_viewer.ui.panels import PagePanels
from resnet_viewer.ui.widgets.labels import tool_button
from resnet_viewer.ui.widgets.theme import Theme

LETTERS = (72, 60, 52, 44, 36, 30, 24, 19, 14)
"""Of the names in a bar, the most first."""
WORDS_FROM, SHORT = 44, 36
"""Letters of a name under which some buttons are icons, and under which all that can be are."""
ICON = QSize(17, 17)
_BETWEEN = 5
"""Pixels between two parts of a bar: with three tabs beside it Inspect's has words on its buttons in a usual window."""


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
    about: tuple[str, ...] = ()
    """What is on the page. Where that is another, what was said of the one before is over."""


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

    def lay_out(self, *parts: QWidget | None) -> None:
        """Side by side; None is the room that is left."""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_BETWEEN)
        for part in parts:
            if part is None:
                layout.addStretch(1)
            else:
                layout.addWidget(part)

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


class Page(QObject):
    """A tab of the window with all that the window shows of it, and asks it about."""

    key = ""
    """ "inspect": its command is "show_inspect"."""
    title = ""
    """On its tab, and in the View menu."""
    welcome = ""
    """What can be dropped on it, in words."""
    hovered = Signal(str)
    """What is under the pointer, in words; "" for nothing."""
    facts_changed = Signal()
    wished = Signal()
    """It has something to show: it wants to come into view."""
    bar: PageBar
    """Its row in the toolbar."""
    commands: Commands
    """What it offers in the menus and by keys."""
    menus: Mapping[str, QMenu]
    """What its bar offers and the menu bar does not, by the names that the command palette gives it."""
    exports: FigureExport

    def __init__(self, panels: PagePanels) -> None:
        super().__init__()
        self.panels = panels
        panels.hovered.connect(self.hovered)

    @property
    def facts(self) -> PageFacts:
        """For the status bar, now."""
        return PageFacts()

    def enter(self) -> None:
        """It comes into view: it takes the keyboard's focus, and gets ready."""

    def take_mime(self, mime: QMimeData) -> None:
        """Whatever was dropped or pasted while it is in view; says so where it is nothing for it."""

    def export(self) -> None:
        """Ask which of its figures goes to which file."""
        self.exports.ask()

    def copy_figure(self) -> None:
        """The figure that has the focus, else the one that was exported last, to the clipboard."""
        self.exports.copy(self.panels.figure_in_focus())

    def escape(self) -> bool:
        """End what Esc ends on it; False where there is nothing."""
        return False

    def may_close(self) -> bool:
        """Nothing is at work that closing would end, or the user wants it all the same."""
        return True

    def close(self) -> None:
        """The window closes: nothing is changed any more."""

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the toolbar gives them to its bar."""
        self.panels.apply_theme(theme)
