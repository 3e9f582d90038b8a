"""One page more is one more entry of the list that the window is given; the rest comes from what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QVBoxLayout
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.bars import Messages
from resnet_viewer.ui.commands import Command, Commands, Submenu
from resnet_viewer.ui.help import Facts
from resnet_viewer.ui.layout import Splitter
from resnet_viewer.ui.page import Fact, Page, PageBar, PageFacts
from resnet_viewer.ui.panels import PagePanels
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme
from resnet_viewer.ui.window import MainWindow
from tests.ui.windows import INSPECT, PAGES, TRAIN, Desk

NOTES = len(PAGES)


class Notes(Page):
    """A page that keeps what it is asked."""

    key, title, welcome = "notes", "Notes", "a note"

    def __init__(self) -> None:
        first, self.second = Card("First"), Card("Second")
        self.second.body.addWidget(QLabel("a note"))
        parts = Splitter(Qt.Orientation.Vertical, first, self.second, shares=(0.25, 0.75))
        super().__init__(PagePanels(notes=parts))
        self.asked: list[str] = []
        self.bar = PageBar()
        self.panels.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        QVBoxLayout(self.bar).addWidget(QLabel("its own row"))
        offered = (
            Command("note_here", "&Here", "Notes", lambda: self.asked.append("here"), "F9"),
            Command("note", "&Note", "Notes", lambda: self.asked.append("note"), shows_page=True, place=200),
            Submenu("&Old notes", "Notes", lambda menu: self.asked.append(f"fill {menu.title()}"), 200),
        )
        self.commands = Commands(offered, self, show=self.wished.emit)
        self.menus: dict[str, QMenu] = {}
        self.is_idle = self.has_something_to_end = True

    @property
    def facts(self) -> PageFacts:
        return PageFacts("noting", Fact("all notes", "notes"), Fact("one note"))

    def enter(self) -> None:
        self.asked.append("enter")
        self.panels.setFocus()

    def take_mime(self, mime: QMimeData) -> None:
        self.asked.append(mime.text())

    def export(self) -> None:
        self.asked.append("export")

    def copy_figure(self) -> None:
        self.asked.append("copy")

    def escape(self) -> bool:
        self.asked.append("escape")
        return self.has_something_to_end

    def may_close(self) -> bool:
        return self.is_idle

    def close(self) -> None:
        self.asked.append("close")

    def apply_theme(self, theme: Theme) -> None:
        self.asked.append(theme.text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, notes: Notes) -> Iterator[MainWindow]:
    desk = Desk(qtbot, qapp, tmp_path)
    facts = Facts(lambda: "versions", tmp_path / "log.txt")
    made = MainWindow(
        (*desk.window.pages, notes), desk.workers, Messages(), desk.appearance, desk.settings, facts
    )
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    notes.is_idle = True
    made.close()
    desk.close()


def test_its_tab_key_menu_row_facts_and_focus_come_of_themselves(window: MainWindow, notes: Notes) -> None:
    tabs = window.toolbar.tabs
    assert [tabs.tabText(place).lower() for place in range(tabs.count())] == [*PAGES, "notes"]
    assert {"View: Notes", "Notes: Note"} <= {entry.text for entry in window.menus.entries()}
    assert "fill &Old notes" in notes.asked
    assert [action.text() for action in window.menuBar().actions()][-2:] == ["&Notes", "&Help"]
    assert "enter" not in notes.asked
    show = window.commands["show_notes"]
    assert show.shortcut().toString() == f"Ctrl+{NOTES + 1}"
    show.trigger()
    assert window.place == NOTES
    assert notes.bar.isVisible()
    assert not any(page.bar.isVisible() for page in window.pages[:NOTES])
    assert window.status.texts()[0] == "noting"
    assert window.status.texts()[3] == "one note"
    assert notes.asked[-1] == "enter"
    assert window.focusWidget() is notes.panels
    assert window.pages[INSPECT].panels.isHidden()


def test_what_is_dropped_exported_copied_and_ended_there_is_its_own(window: MainWindow, notes: Notes) -> None:
    window.show_page(NOTES)
    mime = QMimeData()
    mime.setUrls([QUrl("file:///note.txt")])
    mime.setText("a note")
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPointF(9, 9).toPoint(), copy, mime, left, none))
    assert window.status.texts()[2] == "Drop a note."
    window.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, left, none))
    for command in ("export", "copy_figure", "escape"):
        window.commands[command].trigger()
    assert notes.asked[-4:] == ["a note", "export", "copy", "escape"]
    notes.hovered.emit("pointed at")
    assert window.status.texts()[2] == "pointed at"
    window.show_page(TRAIN)
    assert window.status.texts()[2] == ""


def test_its_commands_rest_while_it_is_out_of_view_or_show_it(window: MainWindow, notes: Notes) -> None:
    assert not window.commands["note_here"].isEnabled()
    window.commands["note_here"].trigger()
    assert "here" not in notes.asked
    window.commands["note"].trigger()
    assert notes.asked[-1] == "note"
    assert window.place == NOTES
    assert window.commands["note_here"].isEnabled()
    assert not window.commands["next_layer"].isEnabled(), "Inspect's rest now"
    window.commands["note_here"].trigger()
    assert notes.asked[-1] == "here"


def test_it_is_asked_before_the_window_closes_and_told_when_it_does(
    window: MainWindow, notes: Notes, qapp: QApplication
) -> None:
    notes.is_idle = False
    assert not window.close()
    assert "close" not in notes.asked
    notes.is_idle = True
    assert window.close()
    assert notes.asked[-1] == "close"


def test_it_is_told_of_another_theme(window: MainWindow, notes: Notes) -> None:
    for theme in (LIGHT, DARK):
        window.apply_theme(theme)
        assert notes.asked[-1] == theme.text


def test_its_room_is_shared_as_it_says(window: MainWindow, notes: Notes) -> None:
    window.show_page(NOTES)
    splitter = notes.panels.splitters["notes"]
    splitter.setSizes([100, 100])
    window.reset_layout()
    first, second = splitter.sizes()
    assert first / (first + second) == pytest.approx(0.25, abs=0.05)


def test_its_panels_are_enlarged_and_get_windows_like_all_others(
    window: MainWindow, notes: Notes, qtbot: QtBot
) -> None:
    window.show_page(NOTES)
    notes.has_something_to_end = False
    splitter, (first, second) = notes.panels.splitters["notes"], notes.panels.all
    sizes = splitter.sizes()
    qtbot.mouseDClick(second, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert (first.isVisible(), second.isVisible(), notes.panels.large) == (False, True, second)
    window.commands["escape"].trigger()
    assert first.isVisible()
    assert splitter.sizes() == sizes
    window.show_page(INSPECT)
    notes.second.window_wished.emit()
    own = notes.panels.windows[second]
    with qtbot.waitActive(own):
        own.activateWindow()
    assert window.place == INSPECT, "the window shows what it showed"
    assert window.commands["note_here"].isEnabled(), "but the keys are those of the panel's page"
    assert not window.commands["next_layer"].isEnabled()
    qtbot.keyClick(own, Qt.Key.Key_F9)
    assert notes.asked[-1] == "here"
    own.close()
    with qtbot.waitActive(window):
        window.activateWindow()
    assert window.commands["next_layer"].isEnabled()
    window.show_page(NOTES)
    assert splitter.sizes() == sizes
