"""The error plot of the papers, live: training thin, test bold, one colour a depth, plain networks dashed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QWidget

from resnet_viewer.charts.curves import BRIEF, CHOICES, SUBTITLES, TITLES, Quantity
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.error_drawing import ErrorDrawing, hovered_words, value_words
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.theme import DARK, Theme

_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter})
_KEY_STEP = 0.01
"""How far an arrow key moves the time, as a share of what is visible."""


class ErrorPlot(Card):
    """Signals are wishes; the time that is drawn is the scene's, or the pointer's own until the scene follows.

    While a time is pinned, `pinned` is it, and the pointer changes no time: who steers the scene shows `pinned`
    where nobody points elsewhere.
    """

    hovered = Signal(str)
    export_requested = Signal(str)
    copy_requested = Signal(str)
    time_pointed = Signal(object)
    """Epochs, or None when the pointer left."""
    range_changed = Signal(float, float)
    """The epochs that are visible."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLES["error"], parent)
        self.scene = LabScene()
        self.quantity: Quantity = "error"
        self.pinned: float | None = None
        self._pointer: QPointF | None = None
        self._before_clicks: float | None = None
        self.canvas = PlotCanvas("Training and test errors over epochs")
        self.canvas.keys = _KEYS
        self.drawing = ErrorDrawing(self.canvas)
        self.choice = choice_box("What is drawn over time", CHOICES.items())
        self.choice.activated.connect(self._choose)
        self.add_control(self.choice)
        self.body.addWidget(self.canvas, 1)
        self.canvas.rearranged.connect(self._rearrange)
        self.canvas.pointed.connect(self._follow_pointer)
        self.canvas.clicked.connect(self._toggle_pin)
        self.canvas.double_clicked.connect(self._forget_clicks)
        self.canvas.key_pressed.connect(self._press_key)
        self.canvas.menu_wanted.connect(self._open_menu)
        self.show_quantity("error")
        self.apply_theme(DARK)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs as they are now; only what changed is drawn anew."""
        old, self.scene = self.scene, scene
        if scene.version != old.version or scene.logs != old.logs or scene.selected != old.selected:
            self.drawing.show(scene, self.quantity)
        self._place_time()

    def show_quantity(self, quantity: Quantity) -> None:
        """Draw errors, losses or learning rates."""
        self.quantity = quantity
        self.choice.setCurrentIndex(self.choice.findData(quantity))
        self.set_title(TITLES[quantity])
        self.set_subtitle(BRIEF[quantity], whole=SUBTITLES[quantity])
        self.drawing.show(self.scene, quantity)
        self._place_time()

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.canvas.apply_theme(theme)
        self.drawing.apply_theme(theme)

    @Slot()
    def _rearrange(self) -> None:
        self.drawing.rearrange()
        self._place_time()
        self.range_changed.emit(*self.canvas.x_range)

    # Time

    def _place_time(self) -> None:
        time = self._time_shown()
        if time is None:
            self.drawing.overlay.point_at(None)
            return
        ring, told = None, ""
        if self._pointer is not None:
            found = self.drawing.nearest(time, self._pointer.y())
            words = ""
            if found is not None:
                log, ring = found
                words, told = self._words(log, time), log.title
            done = self.drawing.done_at(time)
            self.hovered.emit(hovered_words(time, words, is_pinned=self.pinned is not None, done=done))
        is_pinned = self.pinned is not None and time == self.pinned
        self.drawing.overlay.point_at(self.canvas.pixel_at(time), is_pinned=is_pinned, ring=ring, told=told)

    def _words(self, log: RunLog, time: float) -> str:
        return value_words(log, self.drawing.curves[log.key], self.quantity, time)

    def _time_shown(self) -> float | None:
        if self._pointer is not None:
            return self.pinned if self.pinned is not None else self._time_at(self._pointer)
        return self.scene.time if self.scene.time is not None else self.pinned

    def _time_at(self, point: QPointF) -> float:
        left, right = self.canvas.x_range
        return min(max(self.canvas.x_at(point.x()), left), right)

    @Slot(object)
    def _follow_pointer(self, point: QPointF | None) -> None:
        if not self.scene.logs:
            return
        self._pointer = point
        if self.pinned is None:
            self.time_pointed.emit(None if point is None else self._time_at(point))
        self._place_time()
        if point is None:
            self.hovered.emit("")

    @Slot(QPointF)
    def _toggle_pin(self, point: QPointF) -> None:
        if self.scene.logs:
            self._before_clicks = self.pinned
            self._pin(self._time_at(point) if self.pinned is None else None)

    @Slot()
    def _forget_clicks(self) -> None:
        """The first click of a double click was none."""
        if self.pinned != self._before_clicks:
            self._pin(self._before_clicks)

    def _pin(self, time: float | None) -> None:
        self.pinned = time
        self.canvas.keys = _KEYS if time is None else _KEYS | {Qt.Key.Key_Escape}
        if time is None and self._pointer is not None:
            time = self._time_at(self._pointer)
        self.time_pointed.emit(time)
        self._place_time()

    def release(self) -> bool:
        """Let go of the pinned time; False where none is."""
        was_pinned = self.pinned is not None
        if was_pinned:
            self._pin(None)
            self._tell_pinned()
        return was_pinned

    @Slot(object)
    def _press_key(self, key: Qt.Key) -> None:
        if not self.scene.logs:
            return
        left, right = self.canvas.x_range
        time = self._time_shown()
        match key:
            case Qt.Key.Key_Escape:
                self._pin(None)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._pin(right if time is None else time if self.pinned is None else None)
            case _:
                step = _KEY_STEP * (right - left) * (1 if key == Qt.Key.Key_Right else -1)
                self._pin(min(max((right if time is None else time) + step, left), right))
        self._before_clicks = self.pinned
        self._tell_pinned()

    def _tell_pinned(self) -> None:
        """All runs at the pinned time, for who steers by keys."""
        if self.pinned is None:
            self.hovered.emit("")
            return
        found = [self._words(log, self.pinned) for log in self.scene.logs]
        words = " · ".join(words for words in found if words)
        self.hovered.emit(hovered_words(self.pinned, words, is_pinned=True))

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.show_quantity(self.choice.itemData(index))

    @Slot(object)
    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        export = menu.addAction("Export the curves…")
        export.setEnabled(bool(self.scene.logs))
        export.triggered.connect(self._export)
        copy = menu.addAction("Copy")
        copy.setEnabled(bool(self.scene.logs))
        copy.triggered.connect(self._copy)
        menu.addAction("Show the whole time", self.canvas.fit)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    @property
    def figure(self) -> str:
        """The figure that it is, by its name."""
        return {"error": "curves", "loss": "loss", "rate": "curves"}[self.quantity]

    @Slot()
    def _copy(self) -> None:
        self.copy_requested.emit(self.figure)

    @Slot()
    def _export(self) -> None:
        self.export_requested.emit("curves")
