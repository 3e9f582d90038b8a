"""What a run makes of the test set: its pictures with true and predicted classes, or the confusion matrix, in one card.

It shows the selected run, and where none is selected the one with the highest test error. Pictures are painted by one
widget from images that are made when its data, its size or its page change. A list view with a model would bring
scrolling, but its items' frames and marks would be painted by a delegate all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.picture_grid import NO_PICTURES, Choice, PictureChart, Tiles, tiles_for
from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import PictureRule
from resnet_viewer.records.lab import Confidences, DataRead, Numbers
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.widgets.card import FigureCard
from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.confusion import ConfusionMatrix
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, choice_box, part_wordings
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button, tooltip_text
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.widgets.theme import DARK, Theme

GAP = 6
SIDES = 40, 80
"""Pixels that a picture's side takes at least and at most, unless it is larger by itself."""
_LEAST = 24
"""The smallest side; pictures are no larger than wished, and smaller where only so two rows of them fit."""
_ENLARGED_BELOW = 65
"""Pictures of fewer pixels are enlarged by whole numbers, pixels repeated; larger ones are made smaller, smoothly."""
_WIDEST_TITLE = 96
_NOTCH = 120
"""Of a wheel."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture on the page."""

    index: int
    place: QRect
    image: QImage
    title: str
    is_wrong: bool


class PicturesGrid(Cells):
    """Its cells are places in the order of the pictures. `picture_wished` carries a test picture's index; `paged` says
    that another page is shown.
    """

    picture_wished = Signal(int)
    pair_wished = Signal(object)
    paged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Test pictures", parent)
        self._data: DataRead | None = None
        self._source = ""
        self.chart = NO_PICTURES
        self.choice: Choice = "all"
        """Which pictures are shown: the chart's choices, and "surest": the wrong ones in that order."""
        self.frames: list[Frame] = []
        """Of the page."""
        self._tiles = Tiles(0, 0, 0, 1, 1)
        self._first = 0
        self._menu = QMenu(self)
        self._wheel = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.restyled.connect(self._make_page)

    # what is shown

    @property
    def shown(self) -> tuple[int, ...]:
        """Indices of the pictures on this page."""
        return tuple(frame.index for frame in self.frames)

    @property
    def chosen(self) -> int:
        """The index of the picture that was chosen last, else of the page's first; 0 where there is none."""
        order = self.chart.order
        return int(order[self.current]) if self.current < order.size else 0

    @property
    def words(self) -> str:
        """ "1–24 of 360, 57 wrong"; of how many wrong ones are among the chosen."""
        return self.chart.page_words(self._first, len(self.frames))

    @property
    def has_page(self) -> tuple[bool, bool]:
        """Whether there is a page before this one, and one after it."""
        return self._first > 0, self._first + self._tiles.count < self.chart.order.size

    def show_pictures(
        self,
        data: DataRead | None,
        predicted: Numbers | None,
        source: str,
        confidence: Confidences | None = None,
    ) -> None:
        """Show test pictures with the classes that a network gave them and how sure it was; `source` names it. None for
        none.
        """
        if data is None or predicted is None:
            data, made = None, NO_PICTURES
        elif data is self._data and predicted is self.chart.predicted and source == self._source:
            return
        else:
            made = PictureChart(data.test_labels, predicted, data.class_names, confidence)
        is_other = data is not self._data or source != self._source
        self._data, self._source, self.chart = data, source, made
        self._arrange(keep_page=not is_other)

    def choose(self, choice: Choice) -> None:
        """Show all pictures, the wrong ones, the surest of these first, or those of one pair (true, predicted)."""
        if choice != self.choice:
            self.choice = choice
            self._arrange(keep_page=False)

    def turn(self, pages: int) -> None:
        """Go that many pages on, or back."""
        first = min(max(self._first + pages * self._tiles.count, 0), self._page_of(self.chart.order.size - 1))
        if first != self._first:
            self._first = self.current = first
            self._make_page()

    def _page_of(self, place: int) -> int:
        """Where the page begins that has a place of the order."""
        return max(0, place // self._tiles.count * self._tiles.count)

    def _arrange(self, *, keep_page: bool) -> None:
        """Which pictures, in which order."""
        rule: PictureRule = "surest" if self.choice == "surest" else "sample"
        self.chart = replace(self.chart, wished_rule=rule, choice=self.choice)
        if not keep_page:
            self._first = self.current = 0
        self._make_page()

    # the page

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() - 1, 6.0))
        return font

    def _make_page(self) -> None:
        """Lay out the page and make its images."""
        self.frames = []
        if self._data is not None and self.width() > 0:
            metrics = QFontMetrics(self._title_font())
            self._tiles = self._laid_out(self._data, metrics)
            self._first = min(self._first, self._page_of(self.chart.order.size - 1))
            shown = self.chart.order[self._first : self._first + self._tiles.count].tolist()
            self.frames = [self._frame(self._data, *placed, metrics) for placed in enumerate(shown)]
        self.current = min(max(self.current, self._first), max(self._first + len(self.frames) - 1, 0))
        self.setAccessibleDescription(self.words)
        self.update()
        self.paged.emit()

    def _laid_out(self, data: DataRead, metrics: QFontMetrics) -> Tiles:
        """As many pictures as fit with their titles, in two rows at least where they can be so small."""
        widest = max((metrics.horizontalAdvance(name) for name in data.class_names), default=0)
        title = min(2 * widest + metrics.horizontalAdvance(" / ") + 2, _WIDEST_TITLE)
        pixels = data.test_pictures.shape[-1]
        wished = min(max(self.width() // 8, title, SIDES[0]), SIDES[1])
        sides = [*range(wished, _LEAST, -8)]
        if pixels < _ENLARGED_BELOW:
            largest = max(1, round(wished / pixels))
            sides = [pixels * i for i in range(largest, 0, -1) if pixels * i >= _LEAST] or [pixels * largest]
        room = Room(self.width() - 2, self.height() - 2, metrics.horizontalAdvance, metrics.height())
        return tiles_for(room, sides, title, gap=GAP)

    def _frame(self, data: DataRead, place: int, index: int, metrics: QFontMetrics) -> Frame:
        tiles, (row, column) = self._tiles, divmod(place, self._tiles.columns)
        side, pitch = round(tiles.side), self.width() / tiles.columns
        image = image_of_rgb(data.test_pictures[index].transpose(1, 2, 0))
        if image.width() >= _ENLARGED_BELOW:
            fit = round(side * self.devicePixelRatioF())
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(QSize(fit, fit), Qt.AspectRatioMode.KeepAspectRatio, smooth)
        rect = QRect(round(column * pitch + (pitch - side) / 2), round(2 + row * tiles.down), side, side)
        title = self.chart.title(index, tiles.width + 2, metrics.horizontalAdvance)[0]
        return Frame(index, rect, image, title, bool(self.chart.is_wrong[index]))

    @property
    def count(self) -> int:
        return int(self.chart.order.size) if self.frames else 0

    def rect_of(self, cell: int) -> QRect:
        return self.frames[cell - self._first].place

    def cell_at(self, position: QPoint) -> int | None:
        below = QFontMetrics(self._title_font()).height()
        for place, frame in enumerate(self.frames):
            if frame.place.adjusted(-2, -2, 2, below).contains(position):
                return self._first + place
        return None

    def words_of(self, cell: int) -> str:
        return self.chart.describe(int(self.chart.order[cell]))

    def beside(self, across: int, down: int) -> int | None:
        cell = self.current + across + down * self._tiles.columns
        return cell if 0 <= cell < self.count else None

    def focus_frame(self) -> QRect:
        return self.rect_of(self.current).adjusted(-4, -3, 3, 2)

    def sizeHint(self) -> QSize:
        return QSize(300, 130)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * (SIDES[0] + GAP), SIDES[0] + self.fontMetrics().height() + GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_page()

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        theme = self.theme
        painter.setFont(self._title_font())
        height = painter.fontMetrics().height()
        for frame in self.frames:
            rect = frame.place
            painter.drawImage(rect, frame.image)  # without smoothing: pixels are repeated
            painter.setBrush(Qt.BrushStyle.NoBrush)
            colour = theme.changed if frame.is_wrong else theme.border
            painter.setPen(QPen(QColor(colour), 2.0 if frame.is_wrong else 1.0))
            painter.drawRect(rect.adjusted(-1, -1, 0, 0))
            if frame.is_wrong:
                self._paint_mark(painter, rect)
            painter.setPen(QColor(theme.changed if frame.is_wrong else theme.muted))
            below = QRect(rect.left() - 40, rect.bottom() + 2, rect.width() + 80, height)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, frame.title)

    def _paint_mark(self, painter: QPainter, rect: QRect) -> None:
        """A cross in the corner: wrong ones differ by shape, too."""
        badge = QRectF(rect.right() - 8, rect.top() - 1, 10, 10)
        painter.fillRect(badge, QColor(self.theme.changed))
        painter.setPen(QPen(QColor(self.theme.panel), 1.6))
        inner = badge.adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(QPointF(inner.topLeft()), QPointF(inner.bottomRight()))
        painter.drawLine(QPointF(inner.topRight()), QPointF(inner.bottomLeft()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # what is done to it

    def offer(self, index: int) -> QMenu:
        """The menu of what can be done with a picture."""
        self._menu.clear()
        self._menu.addAction(self.chart.describe(index).replace("&", "&&")).setEnabled(False)
        self.add_actions(self._menu, index)
        return self._menu

    def add_actions(self, menu: QMenu, index: int) -> None:
        """Open the picture, or show only those of its kind."""
        menu.addAction("Open in Inspect", lambda: self.picture_wished.emit(index))
        pair, (true, given) = self.chart.pair(index), self.chart.names(index)
        if self.choice != pair:
            words = f"Show only true {true}, predicted {given}"
            menu.addAction(words.replace("&", "&&"), lambda: self.pair_wished.emit(pair))

    def take_at(self, position: QPoint) -> int | None:
        """Choose the picture at a point: its index, or None where there is none."""
        cell = self.cell_at(position)
        if cell is None:
            return None
        self.current = cell
        self.update()
        return int(self.chart.order[cell])

    def take(self, cell: int, where: QPoint) -> None:
        self.current = cell
        self.update()
        self.offer(int(self.chart.order[cell])).popup(where)

    def go(self, cell: int) -> None:
        """Make another picture the current one, on its page."""
        self.current = cell
        if (page := self._page_of(cell)) != self._first:
            self._first = page
            self._make_page()
        super().go(cell)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        pages = int(self._wheel / _NOTCH)  # towards zero: a touchpad sends a notch in parts
        self._wheel -= pages * _NOTCH
        self.turn(-pages)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        many = int(self.chart.order.size)
        pages = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1, Qt.Key.Key_Home: -many, Qt.Key.Key_End: many}
        if (key := Qt.Key(event.key())) in pages:
            self.turn(pages[key])
        else:
            super().keyPressEvent(event)


Shown = Literal["pictures", "confusion"]
_NAMES: dict[Shown, tuple[str, str]] = {
    "pictures": ("Test pictures", "Pictures"),
    "confusion": ("Confusion matrix", "Confusion"),
}
_HINTS: dict[Shown, str] = {"pictures": "true / predicted", "confusion": "rows true, columns predicted"}
EMPTY = "Press Start: test pictures with their classes are shown here."
_CHOICES = ("all", "all"), ("wrong", "wrong"), ("surest", "surest mistakes")
_PAIR = len(_CHOICES)
"""The place of a pair of classes among the choices of pictures."""
_NARROW = 26
"""The width of a button with one sign in it, in pixels."""


def run_of(scene: LabScene) -> RunLog | None:
    """The run whose predictions are shown: the selected one, else the one with the highest test error so far."""
    if scene.chosen is not None:
        return scene.chosen
    known = [log for log in scene.logs if log.predicted is not None and log.epochs]
    return max(known, key=lambda log: log.epochs[-1].test_error, default=None)


class PicturesPanel(FigureCard):
    """The card. `picture_wished` wants a test picture, by its index, opened in Inspect with the run that is shown."""

    picture_wished = Signal(int)
    rule_chosen = Signal(str)
    """By which rule the first pictures are chosen, here and in figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Test pictures", parent)
        self._title.hide()
        self._subtitle.hide()
        self._scene = LabScene()
        self._data: DataRead | None = None
        self._tabs: dict[Shown, QToolButton] = {}
        group = QButtonGroup(self)
        for place, (shown, (words, _)) in enumerate(_NAMES.items()):
            tab = tool_button(words, tip=f"{words} of the selected run")
            tab.setCheckable(True)
            tab.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            group.addButton(tab, place)
            self.header.insertWidget(place, tab)
            self._tabs[shown] = tab
        group.idClicked.connect(lambda place: self.show_what(tuple(_NAMES)[place]))
        self.header.setSpacing(4)
        self.header.insertStretch(self.header.indexOf(self.window_corner), 1)
        self.whose = muted(ShorteningLabel(part_wordings))
        self._message = muted(plain_label())
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.grid, self.matrix = PicturesGrid(), ConfusionMatrix()
        self.grid.picture_wished.connect(self.picture_wished)
        self.grid.pair_wished.connect(self.choose_pair)
        self.grid.hovered.connect(self.hovered)
        self.matrix.cells.chosen.connect(self.choose_pair)
        self.matrix.cells.hovered.connect(self.hovered)
        self._stack = QStackedWidget()
        for page in (self._pictures_page(), self.matrix, self._message):
            self._stack.addWidget(page)
        self.grid.paged.connect(self._tell_page)  # now that there is what it tells
        self.body.setSpacing(4)
        self.body.addWidget(self.whose)
        self.body.addWidget(self._stack, 1)
        self.shown: Shown = "pictures"
        self.figure, self.figure_words = "pictures", "test pictures"
        self._tabs["pictures"].setChecked(True)
        self.apply_theme(DARK)
        self.render_lab(LabScene())

    def _pictures_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.grid, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.back, self.forward = tool_button("‹", "Page before"), tool_button("›", "Next page")
        for button in (self.back, self.forward):
            button.setMaximumWidth(_NARROW)
            row.addWidget(button)
        self.back.clicked.connect(lambda: self.grid.turn(-1))
        self.forward.clicked.connect(lambda: self.grid.turn(1))
        self.page = muted(ShorteningLabel(partial(part_wordings, separator=", ")))
        row.addWidget(self.page, 1)
        self.filter = choice_box("Which test pictures", _CHOICES)
        self.filter.setToolTip(
            "All test pictures, or the wrong ones: a sample over the classes, or those first of which the network was "
            "surest; a cell of the confusion matrix chooses those of one pair"
        )
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.filter.setMinimumContentsLength(3)
        self.filter.setMinimumWidth(64)
        self.filter.activated.connect(self._filter_chosen)
        row.addWidget(self.filter)
        layout.addLayout(row)
        return page

    # what is shown

    @property
    def message(self) -> str:
        """The words in place of pictures; empty while there are some."""
        return self._message.text() if self._stack.currentWidget() is self._message else ""

    def render_lab(self, scene: LabScene) -> None:
        """Show the scene's run; nothing is made again while its predictions are the same."""
        self._scene = scene
        log = run_of(scene)
        data, predicted = scene.data, None if log is None else log.predicted
        if data is None or log is None or predicted is None or len(predicted) != len(data.test_labels):
            self._show_message(log)
            data = predicted = None
        if data is not self._data or log is None:
            self._drop_pair()
        self._data = data
        confidence = None if log is None or predicted is None else log.confidence
        self.grid.show_pictures(data, predicted, "" if log is None else log.key, confidence)
        self.matrix.show_predictions(self.grid.chart)
        if predicted is not None:
            self._stack.setCurrentIndex(tuple(_NAMES).index(self.shown))
        self._tell_whose(log if predicted is not None else None)

    def show_what(self, shown: Shown) -> None:
        """Show the pictures, or the confusion matrix."""
        self.shown = self.figure = shown
        self.figure_words = _NAMES[shown][0].lower()
        self._tabs[shown].setChecked(True)
        self.set_title(_NAMES[shown][0])
        self.render_lab(self._scene)

    @Slot(object)
    def choose_pair(self, pair: tuple[int, int]) -> None:
        """Show the pictures of one true class that were taken for one class."""
        self._drop_pair()
        names = () if self._data is None else self._data.class_names
        words = f"{class_name(pair[0], names)} / {class_name(pair[1], names)}"
        self.filter.addItem(words, pair)
        self.filter.setCurrentIndex(_PAIR)
        self._filter(pair)
        self.show_what("pictures")

    def apply_theme(self, theme: Theme) -> None:
        self._fit_tabs()

    def _show_message(self, log: RunLog | None) -> None:
        words = "no run has finished an epoch yet" if self._scene.logs else EMPTY
        if log is not None:
            words = f"{log.title} has not finished an epoch yet"
        if self._scene.is_being_read:
            words = "what the runs have done is being read"
        self._message.setText(words)
        self._stack.setCurrentWidget(self._message)

    def _tell_whose(self, log: RunLog | None) -> None:
        words = ""
        if log is not None:
            epoch = f"after epoch {len(log.epochs)}" if log.epochs else ""
            rule = self.grid.chart.rule_words if self.shown == "pictures" else ""
            words = " · ".join(part for part in (log.title, _HINTS[self.shown], epoch, rule) if part)
        if words != self.whose.text():
            self.whose.setText(words)
            self.whose.setToolTip(tooltip_text(words))

    @Slot()
    def _tell_page(self) -> None:
        back, forward = self.grid.has_page
        self.back.setEnabled(back)
        self.forward.setEnabled(forward)
        self.page.setText(self.grid.words)
        self.page.setToolTip(tooltip_text(f"{self.grid.words}, {self.grid.chart.rule_words}"))

    # what is done to it

    def _drop_pair(self) -> None:
        """Only one pair is offered at a time."""
        if self.filter.count() > _PAIR:
            was_chosen = self.filter.currentIndex() == _PAIR
            self.filter.removeItem(_PAIR)
            if was_chosen:
                self.filter.setCurrentIndex(0)
                self._filter("all")

    def _filter(self, choice: Choice) -> None:
        self.grid.choose(choice)
        self.rule_chosen.emit("surest" if choice == "surest" else "sample")
        self.render_lab(self._scene)
        self.matrix.cells.set_pair(choice if isinstance(choice, tuple) else None)

    @Slot(int)
    def _filter_chosen(self, index: int) -> None:
        choice = self.filter.itemData(index)
        self._filter(choice if isinstance(choice, str) else (int(choice[0]), int(choice[1])))

    def menu_at(self, where: QPoint) -> QMenu:
        """What can be done with the picture there, where there is one, and then with all of what is shown."""
        menu = QMenu(self)
        index = self.grid.take_at(self.grid.mapFromGlobal(where)) if self.grid.isVisible() else None
        if index is not None:
            self.grid.add_actions(menu, index)
            menu.addSeparator()
        self.add_figure_actions(menu)
        return menu

    # fitting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tabs()

    def _fit_tabs(self) -> None:
        """Write the tabs' names in full where there is room."""
        metrics = self.fontMetrics()
        one = self._tabs["pictures"]
        padding = one.sizeHint().width() - metrics.horizontalAdvance(one.text())
        self.filter.setMaximumWidth(max(76, (self.width() - 2 * DARK.padding) // 4))
        room = self.width() - 2 * DARK.padding - self.corner_width - self.header.spacing()
        whole = sum(metrics.horizontalAdvance(words) + padding for words, _ in _NAMES.values())
        for shown, tab in self._tabs.items():
            words, short = _NAMES[shown]
            tab.setText(words if whole <= room else short)
            tab.setMinimumWidth(metrics.horizontalAdvance(short) + padding)
