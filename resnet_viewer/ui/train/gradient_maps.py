"""The gradient record: for each run a picture of layers over time, all on one colour scale."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QMenu, QScrollArea, QStackedLayout, QWidget

from resnet_viewer.charts.curves import length_of, time_words
from resnet_viewer.charts.log_axis import norm_text
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.plot_items import strokes_of
from resnet_viewer.ui.train.record_pixels import (
    CHOICES,
    FORMULAS,
    ColourScale,
    Quantity,
    Spreads,
    block_labels,
    layer_label,
    scale_for,
    share_text,
    told,
)
from resnet_viewer.ui.train.run_picture import RunPicture, Spot, least_height
from resnet_viewer.ui.widgets.card import Card, colour_text
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.theme import DARK, Theme

TITLE = "Gradient record"
EMPTY = "Press Start: the gradients of every layer are recorded here while the networks learn."
_LEAST_WIDTH = 170
"""Pixels of a picture under which there are fewer columns of them."""


def columns_for(count: int, width: int) -> int:
    """How many pictures stand side by side: two, three from five runs on, four from nine on, where they have room."""
    wished = 1 if count < 2 else 2 if count <= 4 else 3 if count <= 6 else 4
    return max(1, min(wished, width // _LEAST_WIDTH))


class GradientMaps(Card):
    """Signals are wishes. Only pictures whose records grew, or whose scale or width is another, are made anew."""

    hovered = Signal(str)
    export_requested = Signal(str)
    copy_requested = Signal(str)
    time_pointed = Signal(object)
    """Epochs, or None when the pointer left."""
    run_selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.scene = LabScene()
        self.quantity: Quantity = "norms"
        self.scale = ColourScale(-3.0, 0.0)
        self.pictures: dict[str, RunPicture] = {}
        self._spreads = Spreads()
        self._span: tuple[float, float] | None = None
        self._spot: Spot | None = None
        self._columns = 0
        self.bar = ColourBar()
        self.choice = choice_box("What the pictures show", CHOICES.items())
        self.choice.activated.connect(self._choose)
        self.add_control(self.bar)
        self.add_control(self.choice)
        self._sheet = QWidget()
        self._grid = QGridLayout(self._sheet)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(DARK.padding)
        self._grid.setVerticalSpacing(6)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setWidget(self._sheet)
        self._sheet.setAutoFillBackground(False)  # a scroll area switches it on
        self._empty = plain_label(EMPTY)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.area)
        self.body.addLayout(self._stack, 1)
        self.show_quantity("norms")
        self.apply_theme(DARK)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs as they are now."""
        old, self.scene = self.scene, scene
        if scene.version != old.version or scene.logs != old.logs or scene.selected != old.selected:
            self._show_runs()
        if scene.time != old.time or scene.logs != old.logs:
            for picture in self.pictures.values():
                picture.show_time(scene.time)
        if self._spot is not None and scene.version != old.version:
            self._tell(self._spot)

    def show_quantity(self, quantity: Quantity) -> None:
        """Show gradient norms, updates or dead channels."""
        self.quantity = quantity
        self.choice.setCurrentIndex(self.choice.findData(quantity))
        self._show_runs()

    @Slot(float, float)
    def show_span(self, left: float, right: float) -> None:
        """Show the epochs between these, as the error plot does; the whole time stays whole, however long it gets."""
        length = length_of(self.scene.logs)
        span = None if left <= 0.0 and right >= length else (left, right)
        if span != self._span:
            self._span = span
            self._show_runs()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.bar.apply_theme(theme)
        colour_text(self._empty, theme.muted)
        for picture in self.pictures.values():
            picture.apply_theme(theme)
        self._show_runs()

    def _show_runs(self) -> None:
        logs = self.scene.logs
        self._stack.setCurrentIndex(1 if logs else 0)
        self._make_scale()
        self.bar.show_scale(self.scale)
        self._fit()
        self._say()
        self._place(columns_for(len(logs), self.area.width()))
        span = self._span or (0.0, length_of(logs))
        rows = -(-len(logs) // max(self._columns, 1))
        strokes = strokes_of(self.scene, self._theme)
        for place, log in enumerate(logs):
            picture = self.pictures[log.key]
            is_lowest = place // self._columns == rows - 1 or place + self._columns >= len(logs)
            picture.show_looks(
                strokes[log.key], is_selected=log.key == self.scene.selected, has_axis=is_lowest
            )
            picture.show_records(log, self.quantity, self.scale, span)

    def _make_scale(self) -> None:
        """The figure's: from all records of the runs that are shown, live, reopened or exported."""
        self.scale = scale_for(self._spreads.take(self.scene.logs, self.quantity), self.quantity)

    def _say(self) -> None:
        """The scale's ends stand beside the colour bar; in the tooltip they are told too."""
        every = {log.run.record_every for log in self.scene.logs}
        at = f"at {step_words(every.pop())}" if len(every) == 1 and all(every) else "at every recorded step"
        first = "block" if self.quantity == "dead" else "layer"
        scale = "one colour scale, {} to {}".format(*self.scale.ends)
        words = f"{FORMULAS[self.quantity]} {at} · top: first {first}"
        has_runs = bool(self.scene.logs)
        self.set_subtitle(words if has_runs else "", whole=f"{words} · {scale}" if has_runs else "")

    def _place(self, columns: int) -> None:
        """Put a picture for each run into the grid."""
        keys = [log.key for log in self.scene.logs]
        if keys == list(self.pictures) and columns == self._columns:
            return
        for gone in self.pictures.keys() - set(keys):
            picture = self.pictures.pop(gone)
            self._grid.removeWidget(picture)
            picture.hide()  # it is deleted only when the event loop is back where this was called from
            picture.deleteLater()
        for old in range(self._grid.columnCount()):
            self._grid.setColumnStretch(old, 0)
        self._columns = columns
        self.pictures = {log.key: self.pictures.get(log.key) or self._picture(log) for log in self.scene.logs}
        for place, picture in enumerate(self.pictures.values()):
            self._grid.addWidget(picture, *divmod(place, columns))
        for picture in reversed(self.pictures.values()):
            QWidget.setTabOrder(self.choice, picture)  # else Tab comes to them last of all
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
        for before, after in pairwise((self.choice, *self.pictures.values())):
            QWidget.setTabOrder(before, after)  # else they come after all that was made before the runs

    def _picture(self, log: RunLog) -> RunPicture:
        picture = RunPicture(log)
        picture.apply_theme(self._theme)
        picture.show_time(self.scene.time)
        picture.pointed.connect(self._follow_pointer)
        picture.chosen.connect(self.run_selected)
        picture.menu_wanted.connect(self._open_menu)
        return picture

    def minimumSizeHint(self) -> QSize:
        """The colour bar gives way: its ends stand in the subtitle's tooltip, too."""
        bar = 0 if self.bar.isHidden() else self.bar.sizeHint().width() + self.header.spacing()
        hint = super().minimumSizeHint()
        return QSize(hint.width() - bar, hint.height())

    def _fit(self) -> None:
        """Show the colour bar where it has room beside the whole title, and never less than a row of pictures."""
        parts = (self._title, self.bar, self.choice)
        needed = sum(part.sizeHint().width() + self.header.spacing() for part in parts)
        has_room = self.width() - 2 * DARK.padding >= needed
        self.bar.setVisible(bool(self.scene.logs) and has_room)
        self.area.setMinimumHeight(
            least_height(QFontMetricsF(self.font()), has_axis=True) if self.scene.logs else 0
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_empty"):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if columns_for(len(self.pictures), self.area.width()) != self._columns:
            self._show_runs()

    # Time

    @Slot(object)
    def _follow_pointer(self, spot: Spot | None) -> None:
        if spot is None and self._spot is None:
            return
        self._spot = spot
        self.time_pointed.emit(None if spot is None else spot.time)
        if spot is None:
            self.hovered.emit("")
        else:
            self._tell(spot)

    def _tell(self, spot: Spot) -> None:
        log = spot.log
        if log.key not in self.pictures:
            return
        record = self.pictures[log.key].record_at(spot.time)
        if record is None or spot.row is None or spot.row >= len(record):
            why = "nothing recorded then"
            self.hovered.emit(" · ".join((log.title, time_words(spot.time), why)))
            return
        value = float(record[spot.row])
        if self.quantity == "dead":
            place = block_labels(log.run.network, len(record))[spot.row]
            words = share_text(value)
        else:
            place = layer_label(log.run.network, spot.row, len(record))
            words = norm_text(value)
        self.hovered.emit(told(log.title, place, spot.time, words))

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.show_quantity(self.choice.itemData(index))

    @Slot(object)
    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        export = menu.addAction("Export the gradient record…")
        export.triggered.connect(self._export)
        copy = menu.addAction("Copy")
        copy.setEnabled(bool(self.scene.logs))
        copy.triggered.connect(self._copy)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    @property
    def figure(self) -> str:
        """The figure that it is, by its name."""
        return "gradients"

    @Slot()
    def _copy(self) -> None:
        self.copy_requested.emit(self.figure)

    @Slot()
    def _export(self) -> None:
        self.export_requested.emit("gradients")


def step_words(every: int) -> str:
    """How often something is recorded.

    Example:
        >>> step_words(1), step_words(2), step_words(13), step_words(21)
        ('every step', 'every 2nd step', 'every 13th step', 'every 21st step')
    """
    if every <= 1:
        return "every step"
    is_teen = every % 100 in (11, 12, 13)
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(every % 10, "th")
    return f"every {every}{ending} step"
