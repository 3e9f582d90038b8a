"""The table of the test set: what it shows, how it is filtered and sorted, and what a click wishes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.error_meter import MeterChart
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.test_set import SetReading
from resnet_viewer.ui.inspect.set_window import SetWindow
from tests import fabricated

LABELS = [3, 3, 4, 8, 8, 0]
NOW = [3, 4, 4, 4, 8, 8]
REFERENCE = [3, 3, 5, 8, 8, 0]


class Measured(QObject):
    """What `Measuring` tells, as the test wants it."""

    changed = Signal()

    def __init__(self, reading: SetReading | None) -> None:
        super().__init__()
        self.reading, self.words, self.is_stale = reading, "", False
        self.problem = ""

    @property
    def chart(self) -> MeterChart | None:
        return None if self.reading is None else MeterChart(self.reading)

    def show(self, reading: SetReading | None, words: str = "") -> None:
        self.reading, self.words = reading, words
        self.changed.emit()


class Room:
    """The window beside what is measured, and the picture that Inspect shows."""

    def __init__(self, qtbot: QtBot, reading: SetReading) -> None:
        self.measured = Measured(reading)
        self.picture: Picture | None = None
        self.window = SetWindow(self.measured, lambda: self.picture)  # type: ignore[arg-type]  # looks like it
        qtbot.addWidget(self.window)
        self.wished: list[int] = []
        self.window.picture_wished.connect(lambda _reading, place: self.wished.append(place))
        self.window.show()

    def shown(self) -> list[str]:
        model = self.window.table.model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    def click(self, row: int, column: int = 0) -> None:
        self.window.table.clicked.emit(self.window.table.model().index(row, column))


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made = Room(qtbot, fabricated.set_reading(LABELS, NOW, REFERENCE))
    yield made
    made.window.close()


def cell(room: Room, row: int, column: int, role: int = Qt.ItemDataRole.DisplayRole) -> object:
    return room.window.table.model().index(row, column).data(role)


def test_each_picture_has_a_row_with_its_thumbnail_and_what_it_is_taken_for(room: Room) -> None:
    assert [cell(room, 1, column) for column in range(7)] == [
        "0001.png", "cat", "deer", "76 %", "cat", "76 %", "right → wrong",
    ]  # fmt: skip
    thumbnail = cell(room, 4, 0, Qt.ItemDataRole.DecorationRole)
    assert isinstance(thumbnail, QPixmap)
    assert thumbnail.toImage().pixelColor(5, 5).red() == 4, "it is this picture's"
    assert cell(room, 1, 2, Qt.ItemDataRole.ForegroundRole) is not None, "what is wrong is coloured"
    assert cell(room, 1, 4, Qt.ItemDataRole.ForegroundRole) is None


def test_filters_search_and_sort_work_together(qtbot: QtBot, room: Room) -> None:
    window = room.window
    window.shown.setCurrentIndex(window.shown.findData("wrong"))
    window.shown.activated.emit(window.shown.currentIndex())
    assert room.shown() == ["0001.png", "0003.png", "0005.png"]
    window.search.setText("ship")
    assert room.shown() == ["0003.png", "0005.png"]
    assert window.count.text().startswith("2 of 6 pictures")
    window.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert room.shown() == ["0005.png", "0003.png"]
    window.search.clear()
    window.of_class.setCurrentIndex(window.of_class.findData(3))
    window.of_class.activated.emit(window.of_class.currentIndex())
    assert room.shown() == ["0001.png"]


def test_a_cell_of_the_matrix_filters_the_table_and_is_given_back(room: Room) -> None:
    window = room.window
    window.matrix.cells.chosen.emit((8, 4))
    assert room.shown() == ["0003.png"]
    assert window.pair.isVisible()
    assert window.pair.text().startswith("true ship, predicted deer")
    window.pair.click()
    assert len(room.shown()) == 6
    window.matrix.cells.chosen.emit((8, 4))
    window.matrix.cells.chosen.emit((8, 4))
    assert len(room.shown()) == 6, "the same cell again shows all"
    assert window.matrix.cells.chart.counts.sum() == 6


def test_a_click_wishes_the_picture_and_steps_walk_through_what_is_shown(room: Room) -> None:
    window = room.window
    window.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    window.table.setCurrentIndex(window.table.model().index(1, 0))
    room.click(1)
    assert room.wished == [4]
    assert not window.step(1), "Inspect does not show it yet"
    room.picture = Picture.of(np.zeros((2, 2, 3), np.uint8), name="0004.png", path=Path("/invented/0004.png"))
    assert window.step(1)
    assert room.wished == [4, 3]
    room.picture = replace(room.picture, path=Path("/invented/0003.png"))
    assert window.step(-1)
    assert room.wished == [4, 3, 4]
    room.picture = replace(room.picture, path=Path("/elsewhere/0004.png"))
    assert not window.step(1), "that is another picture"
    room.picture = None
    assert not window.step(1)


def test_a_new_reading_keeps_the_filters_the_order_and_the_current_picture(room: Room) -> None:
    window = room.window
    window.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    window.table.setCurrentIndex(window.table.model().index(0, 0))
    question = room.measured.reading.request if room.measured.reading else None
    other = fabricated.set_reading(LABELS, [*NOW[:5], 0], REFERENCE)
    other = replace(other, request=question)
    room.measured.show(other)
    assert room.shown()[0] == "0005.png"
    assert window.table.currentIndex().row() == 0
    assert not room.wished, "nothing is opened by itself"
    assert cell(room, 0, 2) == "airplane"


def test_without_true_classes_it_says_otherwise(qtbot: QtBot) -> None:
    room = Room(qtbot, fabricated.set_reading(None, NOW, REFERENCE))
    assert [room.window.shown.itemData(place) for place in range(room.window.shown.count())] == [
        "all",
        "changed",
    ]
    assert "differ" in room.window.count.text()
    assert room.window.matrix.cells.chart.rows == "reference"


def test_it_follows_only_while_it_is_open(room: Room) -> None:
    before = room.window.rows
    room.window.close()
    room.measured.show(fabricated.set_reading(LABELS, LABELS))
    assert room.window.rows is before
    room.window.show()
    assert room.window.rows is not before
    assert room.window.table.model().columnCount() == 4


def test_where_nothing_is_measured_it_is_empty_and_says_why(room: Room) -> None:
    room.measured.show(None, "No test set")
    assert room.shown() == []
    assert room.window.count.text() == "No test set"
    room.measured.problem = "There is no folder /gone any more; choose another one."
    room.measured.show(None, "Not measured")
    assert room.window.count.text() == room.measured.problem
    assert not room.window.step(1)
    room.window.copy_csv()


def test_what_cannot_be_read_is_named(qtbot: QtBot) -> None:
    reading = fabricated.set_reading(LABELS, NOW, REFERENCE, left_out=("bad.png",))
    pictures = replace(reading.pictures, remark="1 of 7 pictures cannot be read and is left out: bad.png.")
    room = Room(qtbot, replace(reading, pictures=pictures))
    assert room.window.remark.isVisible()
    assert "bad.png" in room.window.remark.text()


def test_what_is_on_the_screen_is_copied(room: Room) -> None:
    room.window.matrix.cells.chosen.emit((8, 4))
    room.window.copy_csv()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "picture,true,now,now probability,reference,reference probability,change"
    assert lines[1:] == ["0003.png,ship,deer,48 %,ship,48 %,right → wrong"]


def test_ten_thousand_rows_make_only_the_cells_that_are_looked_at(qtbot: QtBot) -> None:
    random = np.random.default_rng(0)
    labels, now = (random.integers(0, 10, 10_000).tolist() for _ in range(2))
    room = Room(qtbot, fabricated.set_reading(labels, now, labels))
    model = room.window.model
    assert model.rowCount(QModelIndex()) == 10_000
    room.window.table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    room.window.table.scrollToBottom()
    room.window.grab()
    assert len(model.rows._made) < 500  # type: ignore[attr-defined]


def test_another_set_begins_without_a_current_picture_and_marks_the_column_that_sorts(room: Room) -> None:
    window = room.window
    window.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    window.table.setCurrentIndex(window.table.model().index(2, 0))
    room.measured.show(fabricated.set_reading(None, [0, 1, 2], [0, 1, 1]))
    header = window.table.horizontalHeader()
    assert header.sortIndicatorSection() == 2, "the probability, now that there is no column of true classes"
    assert room.shown() == ["0000.png", "0001.png", "0002.png"]
    assert not window.table.currentIndex().isValid()
    room.measured.show(fabricated.set_reading([0, 1, 2], [0, 1, 2]))
    assert header.sortIndicatorSection() == 3


def test_names_are_whole_where_the_table_has_room(room: Room, qtbot: QtBot) -> None:
    window, reading = room.window, room.measured.reading
    assert reading is not None
    window.resize(1900, 700)
    qtbot.waitUntil(lambda: window.table.viewport().width() > 1000)
    names = tuple(f"photographer at the sea, crop {number}" for number in range(len(reading.pictures.names)))
    room.measured.show(replace(reading, pictures=replace(reading.pictures, names=names)))
    needed = window.fontMetrics().horizontalAdvance(names[0]) + window.table.iconSize().width()
    assert window.table.columnWidth(0) > needed


def test_its_heading_says_which_states_are_compared_and_what_a_row_and_a_click_are(room: Room) -> None:
    assert room.window.heading.whole == (
        "Now: ResNet-20, 1 of 9 shortcuts cut (3). Reference: ResNet-20, all shortcuts open. Each row is one picture, "
        "the same for both. A click on a row opens it in Inspect, one on a cell of the matrix shows that cell's "
        "pictures."
    )
    room.window.matrix.cells.chosen.emit((0, 0))
    assert len(room.shown()) < len(LABELS), "a cell's pictures"
    room.measured.show(fabricated.set_reading(LABELS, NOW))
    assert room.window.heading.whole.startswith(
        "Now is the reference: ResNet-20, all shortcuts open. Each row is one picture. "
    )
    room.measured.show(None, "Measuring…")
    assert not room.window.heading.whole
