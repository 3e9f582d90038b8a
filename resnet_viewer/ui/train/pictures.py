"""What a run makes of the test set: its pictures with true and predicted classes, or the confusion matrix, in one card.

It shows the selected run, and where none is selected the one with the highest test error.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import qtawesome
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
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

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.lab import DataRead
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.confusion import ConfusionMatrix
from resnet_viewer.ui.train.pictures_grid import Choice, PicturesGrid
from resnet_viewer.ui.widgets.card import Card, colour_text
from resnet_viewer.ui.widgets.fitting import ChoiceBox, ShorteningLabel, part_wordings
from resnet_viewer.ui.widgets.labels import plain_eliding_label, plain_label, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, Theme

_SIZE = QSize(760, 640)


class PicturesWindow(QWidget):
    """Around a panel, which it owns; deleted when it is closed."""

    def __init__(self, panel: QWidget, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._words = plain_eliding_label()
        layout = QVBoxLayout(self)
        layout.addWidget(panel, 1)
        layout.addWidget(self._words)
        self.resize(_SIZE)

    @property
    def words(self) -> str:
        """What is pointed at."""
        return str(self._words.text())

    @Slot(str)
    def say(self, words: str) -> None:
        """Tell what is pointed at."""
        self._words.setText(words)

    @Slot(str)
    def name(self, title: str) -> None:
        """Be called like what is shown."""
        self.setWindowTitle(f"{title} – ResNet Viewer")

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        colour_text(self._words, theme.muted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


Shown = Literal["pictures", "confusion"]
_NAMES: dict[Shown, tuple[str, str]] = {
    "pictures": ("Test pictures", "Pictures"),
    "confusion": ("Confusion matrix", "Confusion"),
}
_HINTS: dict[Shown, str] = {"pictures": "true / predicted", "confusion": "rows true, columns predicted"}
EMPTY = "Press Start: test pictures with their classes are shown here."
_PAIR = 3
"""The place of a pair of classes among the choices of pictures."""
_NARROW = 26
"""The width of a button with one sign in it, in pixels."""


def run_of(scene: LabScene) -> RunLog | None:
    """The run whose predictions are shown: the selected one, else the one with the highest test error so far."""
    if scene.chosen is not None:
        return scene.chosen
    known = [log for log in scene.logs if log.predicted is not None and log.epochs]
    return max(known, key=lambda log: log.epochs[-1].test_error, default=None)


class PicturesPanel(Card):
    """The card. `picture_wished` wants a test picture, by its index, opened in Inspect with the run that is shown.

    `export_requested` carries "pictures" or "confusion".
    """

    picture_wished = Signal(int)
    hovered = Signal(str)
    rule_chosen = Signal(str)
    """By which rule the first pictures are chosen, here and in figures."""
    export_requested = Signal(str)
    copy_requested = Signal(str)
    named = Signal(str)
    """The title of what is shown from now on."""

    def __init__(self, parent: QWidget | None = None, *, can_enlarge: bool = True) -> None:
        super().__init__("Test pictures", parent)
        self._title.hide()
        self._subtitle.hide()
        self._scene = LabScene()
        self._data: DataRead | None = None
        self._enlarged: PicturesWindow | None = None
        self._larger: PicturesPanel | None = None
        self._tabs: dict[Shown, QToolButton] = {}
        group = QButtonGroup(self)
        for place, (shown, (words, _)) in enumerate(_NAMES.items()):
            tab = QToolButton()
            tab.setText(words)
            tab.setCheckable(True)
            tab.setAccessibleName(words)
            tab.setToolTip(f"{words} of the selected run")
            tab.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            group.addButton(tab, place)
            self.header.insertWidget(place, tab)
            self._tabs[shown] = tab
        group.idClicked.connect(self._show_tab)
        self.header.setSpacing(4)
        self.header.addStretch(1)
        self.enlarge = QToolButton()
        self.enlarge.setToolTip("Show it in a window of its own")
        self.enlarge.setAccessibleName("Enlarge")
        self.enlarge.setVisible(can_enlarge)
        self.enlarge.clicked.connect(self._open_enlarged)
        self.header.addWidget(self.enlarge)
        self._whose = ShorteningLabel(part_wordings)
        self._message = plain_label()
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.grid, self.matrix = PicturesGrid(), ConfusionMatrix()
        self.grid.picture_wished.connect(self.picture_wished)
        self.grid.pair_wished.connect(self.choose_pair)
        self.grid.hovered.connect(self.hovered)
        self.grid.paged.connect(self._tell_page)
        self.matrix.pair_chosen.connect(self.choose_pair)
        self.matrix.hovered.connect(self.hovered)
        self._stack = QStackedWidget()
        for page in (self._pictures_page(), self.matrix, self._message):
            self._stack.addWidget(page)
        self.body.setSpacing(4)
        self.body.addWidget(self._whose)
        self.body.addWidget(self._stack, 1)
        self._shown: Shown = "pictures"
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
        self.back, self.forward = QToolButton(), QToolButton()
        for button, words, name in ((self.back, "‹", "Page before"), (self.forward, "›", "Next page")):
            button.setText(words)
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setMaximumWidth(_NARROW)
            row.addWidget(button)
        self.back.clicked.connect(self._turn_back)
        self.forward.clicked.connect(self._turn_on)
        self._page = ShorteningLabel(partial(part_wordings, separator=", "))
        row.addWidget(self._page, 1)
        self.filter = ChoiceBox()
        self.filter.setAccessibleName("Which test pictures")
        self.filter.setToolTip(
            "All test pictures, or the wrong ones: a sample over the classes, or those first of which the network was "
            "surest; a cell of the confusion matrix chooses those of one pair"
        )
        self.filter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.filter.setMinimumContentsLength(3)
        self.filter.setMinimumWidth(64)
        self.filter.addItem("all", "all")
        self.filter.addItem("wrong", "wrong")
        self.filter.addItem("surest mistakes", "surest")
        self.filter.activated.connect(self._filter_chosen)
        row.addWidget(self.filter)
        layout.addLayout(row)
        return page

    # what is shown

    @property
    def shown(self) -> Shown:
        """Which of the two."""
        return self._shown

    @property
    def whose(self) -> str:
        """The run's name and how to read what is shown."""
        return str(self._whose.text())

    @property
    def page_words(self) -> str:
        """ "1–24 of 360, 57 wrong"."""
        return str(self._page.text())

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
        labels, names = (None, ()) if data is None else (data.test_labels, data.class_names)
        self.matrix.show_predictions(labels, predicted, names)
        if predicted is not None:
            self._stack.setCurrentIndex(tuple(_NAMES).index(self._shown))
        self._tell_whose(log if predicted is not None else None)
        if self._larger is not None:
            self._larger.render_lab(scene)

    def show_what(self, shown: Shown) -> None:
        """Show the pictures, or the confusion matrix."""
        self._shown = shown
        self._tabs[shown].setChecked(True)
        self.setAccessibleName(_NAMES[shown][0])
        self.named.emit(_NAMES[shown][0])
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
        super().apply_theme(theme)
        for label in (self._whose, self._message, self._page):
            colour_text(label, theme.muted)
        self.grid.apply_theme(theme)
        self.matrix.apply_theme(theme)
        self.enlarge.setIcon(qtawesome.icon("mdi6.arrow-expand", color=theme.text))
        self._fit_tabs()
        if self._larger is not None and self._enlarged is not None:
            self._larger.apply_theme(theme)
            self._enlarged.apply_theme(theme)

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
            rule = self.grid.rule_words if self._shown == "pictures" else ""
            words = " · ".join(part for part in (log.title, _HINTS[self._shown], epoch, rule) if part)
        if words != self._whose.text():
            self._whose.setText(words)
            self._whose.setToolTip(tooltip_text(words))

    @Slot()
    def _tell_page(self) -> None:
        back, forward = self.grid.has_page
        self.back.setEnabled(back)
        self.forward.setEnabled(forward)
        self._page.setText(self.grid.words)
        self._page.setToolTip(tooltip_text(f"{self.grid.words}, {self.grid.rule_words}"))

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
        self.matrix.set_pair(choice if isinstance(choice, tuple) else None)

    @Slot(int)
    def _filter_chosen(self, index: int) -> None:
        choice = self.filter.itemData(index)
        self._filter(choice if isinstance(choice, str) else (int(choice[0]), int(choice[1])))

    @Slot(int)
    def _show_tab(self, place: int) -> None:
        self.show_what(tuple(_NAMES)[place])

    @Slot()
    def _turn_back(self) -> None:
        self.grid.turn(-1)

    @Slot()
    def _turn_on(self) -> None:
        self.grid.turn(1)

    @Slot()
    def _open_enlarged(self) -> None:
        if self._enlarged is not None:
            self._enlarged.raise_()
            self._enlarged.activateWindow()
            return
        larger = PicturesPanel(can_enlarge=False)
        larger.picture_wished.connect(self.picture_wished)
        larger.rule_chosen.connect(self.rule_chosen)
        larger.export_requested.connect(self.export_requested)
        larger.copy_requested.connect(self.copy_requested)
        larger.apply_theme(self._theme)
        window = PicturesWindow(larger, self)
        window.apply_theme(self._theme)
        larger.hovered.connect(window.say)
        larger.named.connect(window.name)
        self._enlarged, self._larger = window, larger
        window.destroyed.connect(self._forget_enlarged)
        larger.render_lab(self._scene)
        larger.show_what(self._shown)
        window.show()

    @Slot()
    def _forget_enlarged(self) -> None:
        self._enlarged = self._larger = None

    @property
    def larger(self) -> PicturesPanel | None:
        """The same in a window of its own, while that is open."""
        return self._larger

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(event.globalPos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu_at(self, where: QPoint) -> QMenu:
        """What can be done with the picture there, where there is one, and then with all of what is shown."""
        menu = QMenu(self)
        index = self.grid.take_at(self.grid.mapFromGlobal(where)) if self.grid.isVisible() else None
        if index is not None:
            self.grid.add_actions(menu, index)
            menu.addSeparator()
        menu.addAction(f"Export {_NAMES[self._shown][0].lower()}…", self.request_export)
        menu.addAction("Copy", self._copy)
        return menu

    @property
    def figure(self) -> str:
        """The figure that it shows, by its name."""
        return self._shown

    @Slot()
    def _copy(self) -> None:
        self.copy_requested.emit(self.figure)

    @Slot()
    def request_export(self) -> None:
        """Ask for the figure of what is shown."""
        self.export_requested.emit(self._shown)

    # fitting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tabs()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_tabs"):
            self._fit_tabs()

    def _fit_tabs(self) -> None:
        """Write the tabs' names in full where there is room."""
        metrics = self.fontMetrics()
        one = self._tabs["pictures"]
        padding = one.sizeHint().width() - metrics.horizontalAdvance(one.text())
        self.filter.setMaximumWidth(max(76, (self.width() - 2 * DARK.padding) // 4))
        room = self.width() - 2 * DARK.padding - self.enlarge.sizeHint().width() - 2 * self.header.spacing()
        whole = sum(metrics.horizontalAdvance(words) + padding for words, _ in _NAMES.values())
        for shown, tab in self._tabs.items():
            words, short = _NAMES[shown]
            tab.setText(words if whole <= room else short)
            tab.setMinimumWidth(metrics.horizontalAdvance(short) + padding)
