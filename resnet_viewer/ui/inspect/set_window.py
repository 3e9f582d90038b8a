"""The test set picture by picture: a table that is searched, filtered and sorted, beside its confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.charts.error_meter import set_name
from resnet_viewer.charts.set_table import SHOWN_WORDS, TITLES, Column, Order, RowChoice, SetRows
from resnet_viewer.records.csv_text import csv_text
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.test_set import MeasureSet, SetReading
from resnet_viewer.ui.inspect.meter import Measuring
from resnet_viewer.ui.widgets.confusion import ConfusionMatrix
from resnet_viewer.ui.widgets.fitting import FittingParagraph, ShorteningLabel, choice_box, part_wordings
from resnet_viewer.ui.widgets.labels import muted, tool_button, tooltip_text
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.widgets.table_model import (
    Cell,
    Table,
    TableModel,
    search_field,
    sorted_by_header,
)
from resnet_viewer.ui.widgets.theme import theme_of

_Index = QModelIndex | QPersistentModelIndex
_SIDE = 48
"""Pixels of a thumbnail's side."""
_KEPT = 400
"""Rows whose cells and thumbnails are kept."""
_SIZE, _TABLE_SHARE = QSize(1240, 680), 0.6
_NAME_WIDTH, _LEAST_WIDTH = 170, 64
_LONGEST = 5
"""So many names of the most letters are measured: another of them may be the widest."""
_NO_CHART = ConfusionChart(np.zeros((0, 0), np.int64), ())


class _Cells(Sequence[Sequence[Cell]]):
    """The rows that are shown, each made when it is looked at."""

    def __init__(self, rows: SetRows, order: Order, wrong: str) -> None:
        self.rows, self.order = rows, order
        self._wrong = wrong
        self._made: dict[int, tuple[Cell, ...]] = {}

    def __len__(self) -> int:
        return int(self.order.size)

    def __getitem__(self, place: Any) -> Any:  # a slice is never asked for
        if place not in self._made:
            if len(self._made) >= _KEPT:
                self._made.clear()
            self._made[place] = tuple(self._cell(int(self.order[place]), name) for name in self.rows.columns)
        return self._made[place]

    def _cell(self, row: int, column: Column) -> Cell:
        colour = self._wrong if self.rows.is_wrong(row, column) else ""
        return Cell(self.rows.cell(row, column), colour=colour, is_right=column.endswith("_p"))


class SetModel(TableModel):
    """Sorting is a wish: the order is made elsewhere, of whole columns at once."""

    sort_wished = Signal(int, bool)
    """A column, and whether downwards; -1 is the pictures' own order."""

    def __init__(self) -> None:
        super().__init__(tuple(TITLES.values()))
        self._thumbnails: dict[int, QPixmap] = {}
        self._source: SetRows | None = None
        self._order: Order = np.zeros(0, np.int64)

    def show_rows(self, rows: SetRows, order: Order, wrong: str) -> None:
        """These pictures in this order; what is `wrong` has that colour."""
        if self._source is None or rows.reading.pictures is not self._source.reading.pictures:
            self._thumbnails.clear()
        header = tuple(TITLES[column] for column in rows.columns)
        are_others = self._source is None or header != self.header or not np.array_equal(order, self._order)
        self._source, self._order, self.header = rows, order, header
        self.set_rows(_Cells(rows, order, wrong), are_others=are_others)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sort_wished.emit(column, order == Qt.SortOrder.DescendingOrder)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(int(self._order[index.row()])) if index.column() == 0 else None
        if role == Qt.ItemDataRole.ToolTipRole and self._source is not None:
            return tooltip_text(self._source.describe(int(self._order[index.row()])))
        return super().data(index, role)

    def _thumbnail(self, row: int) -> QPixmap | None:
        assert self._source is not None
        found = self._source.reading.pictures.thumbnails
        if row >= len(found):
            return None
        if row not in self._thumbnails:
            if len(self._thumbnails) >= _KEPT:
                self._thumbnails.clear()
            image: QImage = image_of_rgb(found[row])
            self._thumbnails[row] = QPixmap.fromImage(image)
        return self._thumbnails[row]


class SetWindow(QDialog):
    """Stays beside the window and follows what is measured. A click on a row wishes that picture in Inspect."""

    picture_wished = Signal(object, int)
    """A SetReading and the place of one of its pictures."""
    save_wished = Signal()

    def __init__(
        self, measuring: Measuring, shown_picture: Callable[[], Picture | None], parent: QWidget | None = None
    ) -> None:
        """`shown_picture` is the one that Inspect shows."""
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Test set")
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))
        self._measuring, self._shown_picture = measuring, shown_picture
        self.rows: SetRows | None = None
        self.choice = RowChoice()
        self.order: Order = np.zeros(0, np.int64)
        """The pictures that are shown, as places in the reading."""
        self._classes: Order = np.zeros(0, np.int64)
        self.model = SetModel()
        self.table = sorted_by_header(Table(self.model, "Pictures of the test set"))
        self.table.setIconSize(QSize(_SIDE, _SIDE))
        self.table.verticalHeader().setDefaultSectionSize(self._row_height)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.heading = muted(FittingParagraph(2))
        """What stands beside what; empty before anything is measured."""
        self.matrix = ConfusionMatrix()
        self.shown = choice_box("Which pictures", ())
        self.of_class = choice_box("Which class", ())
        self.search = search_field("Search pictures", "Search: ship, cat dog, 0012 …")
        self.pair = tool_button("", "Every cell", "Show the pictures of every cell of the matrix again")
        self.pair.hide()
        self.count = muted(ShorteningLabel(part_wordings))
        self.remark = muted(QLabel())
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.remark.setWordWrap(True)
        self.remark.hide()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        for part in (self.shown, self.of_class, self.pair):
            top.addWidget(part)
        top.addWidget(self.search, 1)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.table)
        halves.addWidget(self.matrix)
        halves.setSizes([round(_SIZE.width() * share) for share in (_TABLE_SHARE, 1 - _TABLE_SHARE)])
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for text, act in (("Copy as CSV", self.copy_csv), ("Save CSV…", self.save_wished)):
            button = self._buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            button.setAutoDefault(False)
            button.clicked.connect(act)
        bottom = QHBoxLayout()
        self.count.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bottom.addWidget(self.count, 1)
        bottom.addWidget(self._buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addLayout(top)
        layout.addWidget(halves, 1)
        layout.addWidget(self.remark)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self._buttons.rejected.connect(self.close)
        self._measuring.changed.connect(self.render_measured)
        self.model.sort_wished.connect(self._sort)
        self.shown.activated.connect(self._choose_shown)
        self.of_class.activated.connect(self._choose_class)
        self.search.textChanged.connect(self._choose_words)
        self.matrix.cells.chosen.connect(self._choose_pair)
        self.pair.clicked.connect(self._drop_pair)
        self.table.clicked.connect(self._open)
        self.table.activated.connect(self._open)

    # what is shown

    @Slot()
    def render_measured(self) -> None:
        """Show what is measured; nothing while the window is closed."""
        if not self.isVisible():
            return
        reading = self._measuring.reading
        if reading is not None and (self.rows is None or reading is not self.rows.reading):
            self._show(reading)
        elif reading is None and self.rows is not None:
            self.rows = None
            self.order = np.zeros(0, np.int64)
            self.model.set_rows(())
            self.matrix.show_chart(_NO_CHART)
            self.heading.set_wordings(("",))
            self.remark.hide()
        self._tell()

    def _show(self, reading: SetReading) -> None:
        before, self.rows = self.rows, SetRows(reading)
        rows = self.rows
        chart, self._classes = rows.matrix
        self.matrix.show_chart(chart)
        self.heading.set_wordings(rows.heading)
        is_other_set = before is None or before.reading.pictures.names != reading.pictures.names
        if is_other_set or before is None or before.offered != rows.offered:
            self.shown.clear()
            for name in rows.offered:
                self.shown.addItem(SHOWN_WORDS[name], name)
            self.shown.setCurrentIndex(max(self.shown.findData(self.choice.shown), 0))
        if (
            is_other_set
            or before is None
            or before.reading.pictures.class_names != reading.pictures.class_names
        ):
            self._offer_classes(rows)
        if is_other_set:
            self.choice, self.order = replace(self.choice, pair=None), np.zeros(0, np.int64)
        if self.choice.shown not in rows.offered:
            self.choice = replace(self.choice, shown="all")
        if self.choice.sorted_by not in (None, *rows.columns):
            self.choice = replace(self.choice, sorted_by=None)
        remark = reading.pictures.remark
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        self.remark.setToolTip(tooltip_text("\n".join(reading.pictures.left_out)))
        self._arrange()
        if is_other_set or before is None or before.columns != rows.columns:
            self._fit_columns(rows)
            self._mark_sorted(rows)

    def _offer_classes(self, rows: SetRows) -> None:
        names = rows.reading.pictures.class_names
        occurring = self._classes if len(names) > len(self._classes) else range(len(names))
        offered = [(-1, "every class"), *((int(index), rows.class_name(int(index))) for index in occurring)]
        known = [index for index, _ in offered]
        if self.choice.of_class not in known:
            self.choice = replace(self.choice, of_class=None)
        self.of_class.clear()
        for index, words in offered:
            self.of_class.addItem(words, index)
        self.of_class.setCurrentIndex(
            0 if self.choice.of_class is None else known.index(self.choice.of_class)
        )

    def _fit_columns(self, rows: SetRows) -> None:
        metrics = self.fontMetrics()
        names = [rows.class_name(int(index)) for index in self._classes]
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0) + 24
        others = 0
        for place, column in enumerate(rows.columns):
            if column == "picture":
                continue
            heading = metrics.horizontalAdvance(f"{TITLES[column]}   ")
            width = max(_LEAST_WIDTH, heading, min(widest, 160))
            if column == "change":
                width = max(heading, metrics.horizontalAdvance(SHOWN_WORDS["broken"]) + 24)
            elif column.endswith("_p"):
                width = max(heading, metrics.horizontalAdvance("> 99.9 %") + 24)
            self.table.setColumnWidth(place, width)
            others += width
        longest = sorted(rows.reading.pictures.names, key=len)[-_LONGEST:]
        needed = max(map(metrics.horizontalAdvance, longest), default=0) + _SIDE + 24
        left = self.table.viewport().width() - others  # the last column would take it without a need
        self.table.setColumnWidth(rows.columns.index("picture"), max(_NAME_WIDTH, min(needed, left)))

    def _mark_sorted(self, rows: SetRows) -> None:
        """A column may stand elsewhere than before."""
        name, down = self.choice.sorted_by, Qt.SortOrder.DescendingOrder
        with QSignalBlocker(self.table.horizontalHeader()):
            self.table.horizontalHeader().setSortIndicator(
                -1 if name is None else rows.columns.index(name),
                down if self.choice.is_descending else Qt.SortOrder.AscendingOrder,
            )

    def _arrange(self) -> None:
        """Choose and sort the pictures; the current one stays where it is still among them."""
        if self.rows is None:
            return
        current = self._current()
        self.order = self.rows.order(self.choice)
        scrolled = self.table.verticalScrollBar().value()
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_rows(self.rows, self.order, theme_of(self).changed)
            self.table.verticalScrollBar().setValue(scrolled)
            self._select(current)
        self._tell()

    def _tell(self) -> None:
        words = self._measuring.problem or self._measuring.words
        title = "Test set"
        if self.rows is not None:
            question = self.rows.reading.request
            assert isinstance(question, MeasureSet)
            title = f"Test set: {set_name(question.test_set)}"
            words = self.rows.count_words(self.order)
            chart = self._measuring.chart
            if self._measuring.is_stale:
                words += " · updating…"
            elif chart is not None:
                words = f"{words} · {chart.shares}"
                if chart.is_partial or chart.reading.now.is_alike:
                    words += f" · {chart.count_words[0]}"
        self.setWindowTitle(f"{title} – ResNet Viewer")
        self.count.setText(words)
        self.count.setToolTip(tooltip_text(words))
        pair = self.choice.pair
        self.pair.setVisible(pair is not None)
        if pair is not None and self.rows is not None:
            chart_words = self.rows.matrix[0]
            true, given = (self.rows.class_name(index) for index in pair)
            self.pair.setText(f"{chart_words.rows} {true}, {chart_words.columns} {given}  ✕")
        place = None if pair is None else self._cell_of(pair)
        self.matrix.cells.set_pair(place)

    def _cell_of(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        found = [np.flatnonzero(self._classes == index) for index in pair]
        return None if any(not len(places) for places in found) else (int(found[0][0]), int(found[1][0]))

    # what is done to it

    @Slot(int, bool)
    def _sort(self, column: int, is_descending: bool) -> None:
        name = None if self.rows is None or column < 0 else self.rows.columns[column]
        self._choose(replace(self.choice, sorted_by=name, is_descending=is_descending))

    def _choose(self, choice: RowChoice) -> None:
        if choice != self.choice:
            self.choice = choice
            self._arrange()

    @Slot(int)
    def _choose_shown(self, place: int) -> None:
        self._choose(replace(self.choice, shown=self.shown.itemData(place)))

    @Slot(int)
    def _choose_class(self, place: int) -> None:
        index = int(self.of_class.itemData(place))
        self._choose(replace(self.choice, of_class=None if index < 0 else index))

    @Slot(str)
    def _choose_words(self, words: str) -> None:
        self._choose(replace(self.choice, words=words))

    @Slot(object)
    def _choose_pair(self, cell: tuple[int, int]) -> None:
        pair = int(self._classes[cell[0]]), int(self._classes[cell[1]])
        self._choose(replace(self.choice, pair=None if pair == self.choice.pair else pair))

    @Slot()
    def _drop_pair(self) -> None:
        self._choose(replace(self.choice, pair=None))

    def _current(self) -> int | None:
        index = self.table.currentIndex()
        return int(self.order[index.row()]) if 0 <= index.row() < self.order.size else None

    def _select(self, row: int | None) -> None:
        found: list[int] = [] if row is None else np.flatnonzero(self.order == row).tolist()
        if found:
            self.table.setCurrentIndex(self.model.index(found[0], 0))

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        if self.rows is not None and index.isValid():
            self.picture_wished.emit(self.rows.reading, int(self.order[index.row()]))

    def step(self, step: int) -> bool:
        """Go on to the next or previous picture of the table, round and round, where Inspect shows one of it; False
        where it does not, or the window is closed.
        """
        shown = self._shown_picture()
        if not self.isVisible() or self.rows is None or shown is None or not self.order.size:
            return False
        pictures = self.rows.reading.pictures
        current = self._current()
        if current is None or (pictures.paths[current], pictures.names[current])[shown.path is None] != (
            shown.path or shown.name
        ):
            return False
        place = (self.table.currentIndex().row() + step) % self.order.size
        self.table.setCurrentIndex(self.model.index(int(place), 0))
        self._open(self.table.currentIndex())
        return True

    @Slot()
    def copy_csv(self) -> None:
        """What is on the screen, as it is sorted and filtered."""
        if self.rows is not None:
            rows = self.rows
            header = [column.replace("_p", " probability") for column in rows.columns]
            told = [[rows.cell(int(row), column) for column in rows.columns] for row in self.order]
            QGuiApplication.clipboard().setText(csv_text(header, told))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_buttons"):
            self.table.verticalHeader().setDefaultSectionSize(self._row_height)
            self._arrange()  # its words carry the theme's colours

    @property
    def _row_height(self) -> int:
        return max(_SIDE + 4, self.fontMetrics().height() + 8)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.render_measured()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
