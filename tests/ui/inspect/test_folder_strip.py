"""The strip of a folder's pictures: what is decoded, chosen, marked and told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.records.album import Album
from resnet_viewer.records.requests import Thumbnail
from resnet_viewer.ui.inspect import thumbnails as thumbnails_module
from resnet_viewer.ui.inspect.folder_strip import SIDE, FolderStrip
from resnet_viewer.ui.inspect.thumbnails import Thumbnails
from resnet_viewer.ui.widgets.theme import DARK
from tests.ui.inspect.test_loader import Held
from tests.ui.windows import Desk, inspect_page


class Row:
    """A strip on the screen, 500 pixels wide, of which nothing is answered yet."""

    def __init__(self, qtbot: QtBot) -> None:
        self.files = Held()
        self.thumbnails = Thumbnails(self.files)
        self.strip = FolderStrip(self.thumbnails)
        self.wished: list[object] = []
        for signal in (self.strip.picture_wished, self.strip.together_wished, self.strip.refused):
            signal.connect(self.wished.append)
        qtbot.addWidget(self.strip)
        self.strip.resize(500, SIDE + 10)

    def show(self, count: int, shown: int = 0, words: str = "") -> Album:
        album = Album(tuple(Path(f"/p/{n}.png") for n in range(count)))
        self.strip.show_album(album, (album.paths[shown],), words)
        self.strip.resize(500, SIDE + 10)
        self.settle()
        return album

    def settle(self) -> None:
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def click(self, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        where = self.strip.list.visualRect(self.strip.model.index(row)).center()
        QTest.mouseClick(self.strip.list.viewport(), Qt.MouseButton.LeftButton, modifier, where)
        self.settle()

    def asked(self) -> list[int]:
        """The pictures whose thumbnails were asked for last."""
        return [int(path.stem) for path in self.files.asked[-1][0].paths]

    def make(self, *, broken: tuple[int, ...] = ()) -> None:
        """Answer that."""
        request, then, _ = self.files.asked[-1]
        for path in request.paths:
            is_broken = int(path.stem) in broken
            pixels = None if is_broken else np.full((64, 128, 3), (0, 200, 0), np.uint8)
            then(Thumbnail(path, pixels, f"{path.name} is no picture." if is_broken else ""))
        self.settle()


@pytest.fixture
def row(qtbot: QtBot) -> Iterator[Row]:
    made = Row(qtbot)
    yield made
    made.strip.hide()


def test_of_a_hundred_thousand_pictures_those_in_view_are_decoded(row: Row) -> None:
    album = row.show(100_000)
    first = row.asked()
    assert first[0] == 0
    assert len(first) < 30
    row.make()
    row.strip.show_album(album, (album.paths[70_000],), "")
    row.settle()
    there = row.asked()
    assert 70_000 in there
    assert len(there) < 40
    row.make()
    row.strip.show_album(album, (album.paths[70_001],), "")
    row.settle()
    assert len(row.files.asked) <= 3, "what is made is not made again"


def test_a_bounded_number_of_thumbnails_is_kept(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails_module, "KEPT", 50)
    album = row.show(100_000)
    for place in range(0, 5_000, 100):
        row.strip.show_album(album, (album.paths[place],), "")
        row.settle()
        if row.thumbnails._asked:
            row.make()
    assert len(row.thumbnails._found) <= 50
    assert row.thumbnails.image(album.paths[place]) is not None


def test_a_hidden_strip_asks_for_nothing(row: Row) -> None:
    row.strip.set_wanted(False)
    row.show(12)
    assert not row.files.asked
    row.strip.set_wanted(True)
    row.settle()
    assert row.asked() == list(range(12))
    row.show(1)
    assert row.strip.isHidden(), "one picture makes no row"


def test_a_click_wishes_a_picture_and_more_with_ctrl_or_shift_several(row: Row) -> None:
    album = row.show(12)
    assert not row.wished, "showing is no wish"
    row.click(3)
    row.click(5, Qt.KeyboardModifier.ControlModifier)
    row.click(7, Qt.KeyboardModifier.ShiftModifier)
    three, five, six, seven = (album.paths[place] for place in (3, 5, 6, 7))
    assert row.wished == [three, (three, five), (three, five, six, seven)]


def test_keys_go_from_picture_to_picture(row: Row) -> None:
    album = row.show(12, shown=4)
    QTest.keyClick(row.strip.list, Qt.Key.Key_Right)
    row.settle()
    QTest.keyClick(row.strip.list, Qt.Key.Key_End)
    row.settle()
    QTest.keyClick(row.strip.list, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    row.settle()
    assert row.wished == [album.paths[5], album.paths[11], album.paths[10:]]


def test_a_selection_of_thousands_is_counted(row: Row) -> None:
    row.show(100_000)
    QTest.keyClick(row.strip.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    row.settle()
    assert row.wished == [100_000]


def test_what_is_on_the_screen_is_framed_and_what_cannot_be_read_is_hollow_and_named(row: Row) -> None:
    album = row.show(6, shown=1, words="2 of 6")
    row.make(broken=(2,))
    image = row.strip.list.grab().toImage()

    def colours(place: int) -> set[str]:
        rect = row.strip.list.visualRect(row.strip.model.index(place))
        return {
            image.pixelColor(QPoint(x, y)).name()
            for x in range(rect.left(), rect.right())
            for y in range(rect.top(), rect.bottom())
        }

    green, accent = "#00c800", DARK.accent.lower()
    assert green in colours(0)
    assert (green in colours(1), accent in colours(1), accent in colours(0)) == (True, True, False)
    assert green not in colours(2)
    index = row.strip.model.index(2)
    assert "2.png is no picture." in index.data(Qt.ItemDataRole.ToolTipRole)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "2.png, cannot be read"
    assert row.strip.model.index(1).data(Qt.ItemDataRole.ToolTipRole) == "<qt>1.png · 2 of 6</qt>"
    assert row.strip.words.text() == "2 of 6"
    row.strip.show_album(Album(album.paths[:5]), (album.paths[1],), "")
    row.settle()
    assert row.asked() == [2], "its folder has changed, so it is tried again"


def test_the_window_shows_hides_and_remembers_it(desk: Desk) -> None:
    desk.window.show()
    page = inspect_page(desk.window)
    strip = page.panels.folder_strip
    desk.files.in_folders = ("a.png", "b.png", "bad.png")
    page.loader.open_paths((Path("/p/a.png"),))
    desk.qtbot.waitUntil(strip.isVisible)
    assert strip.words.text() == "1 of 3"
    assert page.facts.data.whole.startswith("a.png · 1 of 3 · ")
    assert "a.png (1 of 3)" in desk.window.windowTitle()
    strip.hide_button.click()
    assert strip.isHidden()
    assert not desk.settings.shows_folder()
    page.commands["folder_strip"].trigger()
    assert strip.isVisible()


def test_a_folder_is_looked_at_together_and_undone(desk: Desk) -> None:
    page = inspect_page(desk.window)
    desk.files.in_folders = ("a.png", "b.png", "c.png")
    page.loader.open_paths((Path("/p/a.png"),))
    desk.qtbot.waitUntil(lambda: page.loader.place_words == "1 of 3")
    page.commands["folder_together"].trigger()
    desk.qtbot.waitUntil(lambda: len(desk.store.session.setup.batch) == 3)
    assert desk.store.undo_label == "open 3 pictures"
    assert page.panels.folder_strip.model.shown == {Path(f"/p/{name}.png") for name in "abc"}


def test_the_menu_of_pictures_has_the_samples_as_they_look(desk: Desk) -> None:
    page = inspect_page(desk.window)
    menu = page.bar.open_button.menu()
    menu.aboutToShow.emit()
    entry = next(action for action in menu.actions() if action.text() == "Horse")
    sample = Path("/samples/horse.jpg")
    menu_thumbnails = page.panels.folder_strip.model.thumbnails
    desk.qtbot.waitUntil(lambda: menu_thumbnails.image(sample) is not None)
    assert entry.icon().pixmap(40, 40).toImage().pixelColor(20, 10).red() == 200
    entry.trigger()
    desk.qtbot.waitUntil(lambda: page.loader.shown_path == sample)
