"""The runs as a table: a sample of each run's line, its network, and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from resnet_viewer.charts.chart import Stroke
from resnet_viewer.records.pace import duration
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.plot_items import paint_sample, strokes_of
from resnet_viewer.ui.widgets.table_model import Cell, Table, TableModel
from resnet_viewer.ui.widgets.theme import DARK, Theme


def shortest(log: RunLog) -> str:
    """What is always left: "Plain-56", "ResNet-8… s2"."""
    head, middle, tail = _parts(log)
    return f"{head}{'…' if middle else ''}{tail}"


def fitting(log: RunLog, metrics: QFontMetrics, room: int) -> str:
    """As much of the name as has room: first "seed" is a letter, then what stands in the middle is cut off."""
    head, middle, tail = _parts(log)
    for name in (log.title, f"{head}{middle}{tail}"):
        if metrics.horizontalAdvance(name) <= room:
            return name
    left = room - metrics.horizontalAdvance(head + tail)
    cut = metrics.elidedText(middle, Qt.TextElideMode.ElideRight, left) if middle else ""
    return f"{head}{cut}{tail}" if cut else shortest(log)


def _parts(log: RunLog) -> tuple[str, str, str]:
    """ "ResNet-8", " (no BN) adam", " s2"; the parts that it lacks are empty."""
    head = log.run.network.title.partition(" (")[0]
    tail = f" s{log.run.network.seed}" if log.has_siblings else ""
    return head, log.group_title.removeprefix(head), tail


class NameDelegate(QStyledItemDelegate):
    """Draws names so, in a column whose `UserRole` is the run."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        log = index.data(Qt.ItemDataRole.UserRole)
        widget = option.widget
        if not isinstance(log, RunLog) or widget is None:
            return
        style = widget.style()
        words = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, widget)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, widget) + 1
        option.text = fitting(log, option.fontMetrics, words.width() - 2 * margin)
        option.textElideMode = Qt.TextElideMode.ElideRight


_Index = QModelIndex | QPersistentModelIndex
_SAMPLE = QSize(26, 12)
_LEAST_ROWS = 4
_TIGHT, _CLOSE, _LOOSE = 2, 6, 14
"""Pixels of a row's height beside its letters: where rows would not fit else, as many rows like it, and at most."""
_BESIDE_TITLE = 14
"""Pixels of a header's section beside its words."""
_WHOLE_NAME = 24
"""Letters; names of so many are whole before a column comes whose number is `_BEFORE_NAMES` or more."""
_BEFORE_NAMES = 4


@dataclass(frozen=True)
class _Column:
    title: str
    words: Callable[[LabScene, RunLog], str]
    widest: Callable[[LabScene, RunLog], str] = lambda _scene, _log: ""
    """What it will come to show, where that is longer than what it shows now."""
    is_number: bool = True
    goes: int = 0
    """Columns get room in this order, those that have none are left out; 0 stays."""
    about: str = ""
    """What its tooltip says."""


def doing(scene: LabScene, log: RunLog) -> str:
    """A run's state, or what it does in it: the data are read, or the errors of its last weights are measured."""
    if log.state == "waiting" and (scene.data is None or not log.is_read):
        return "reading"
    if log.state == "running" and log.steps and len(log.epochs) >= log.length:
        return "measuring"
    return log.state


def _state(scene: LabScene, log: RunLog) -> str:
    """How long a run still runs, as soon as that is known; else what it does."""
    doing_now = doing(scene, log)
    left = scene.pace.seconds_left(now=scene.clock(), key=log.key) if doing_now == "running" else None
    return doing_now if left is None else f"{duration(left)} left"


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"


def _epoch(_scene: LabScene, log: RunLog) -> str:
    return f"{len(log.epochs)} / {log.length}" if log.is_read else ""


def _speed(scene: LabScene, log: RunLog) -> str:
    speed = log.pictures_per_second
    is_told = log.state != "running" or scene.pace.is_known
    return thousands(round(speed)) if is_told and not math.isnan(speed) else ""


def _widest_state(_scene: LabScene, log: RunLog) -> str:
    return "59 min left" if log.is_at_work else ""


def _widest_percent(_scene: LabScene, _log: RunLog) -> str:
    return "100.0"


_COLUMNS = (
    _Column("network", lambda _, log: log.title, is_number=False),
    _Column("state", _state, _widest_state, is_number=False, goes=2),
    _Column("epoch", _epoch, lambda _, log: f"{log.length} / {log.length}", goes=4),
    _Column(
        "train %",
        lambda _, log: _percent(log.train_error),
        _widest_percent,
        goes=1,
        about="errors on the training pictures, over the newest whole epoch while the weights moved; once the run is "
        "done, of its last weights on the pictures as they are",
    ),
    _Column(
        "test %",
        lambda _, log: _percent(log.test_error),
        _widest_percent,
        goes=3,
        about="errors on the test set after the newest whole epoch",
    ),
    _Column("pictures/s", _speed, lambda *_: thousands(9999), goes=6),
    _Column("recipe", lambda _, log: log.run.recipe.name, is_number=False, goes=5),
)


_MARKED = ("network", "state")
"""Columns that stand out in a run that went wrong: the state is left out beside long names."""


def told(scene: LabScene, log: RunLog) -> str:
    """Everything about a run, a line each, for its tooltip."""
    facts = [(column.title, column.words(scene, log)) for column in _COLUMNS[1:]]
    lines = [log.title, *(f"{title}: {words}" for title, words in facts if words)]
    if log.sentence:
        lines.append(log.sentence)
    if log.is_read and log.steps_per_epoch and (last := log.newest_intervention) is not None:
        at = last.step / log.steps_per_epoch
        lines.append(f"since epoch {at:.1f} its shortcuts are open by {last.strength:g}")
    elif log.is_read and log.run.recipe.shortcuts is not None:
        lines.append(f"its shortcuts are open by {log.strength:.3g} now")
    lines += log.run.recipe.depth_words
    if log.ended is not None and not math.isnan(log.ended.train_error):
        lines.append("errors of its last weights, on the training pictures as they are and on the test set")
    elif log.epochs and not log.awaits_errors:
        lines.append("train: over the newest whole epoch, while the weights moved; test: after it")
    return "\n".join(lines)


class RunsModel(TableModel):
    """Rows are the scene's logs in order."""

    def __init__(self) -> None:
        super().__init__([column.title for column in _COLUMNS])
        self._scene = LabScene()
        self._theme = DARK
        self.keys: tuple[str, ...] = ()
        """The runs' keys, row by row."""
        self.pixel_ratio = 1.0
        self._strokes: dict[str, Stroke] = {}
        self._samples: dict[str, QIcon] = {}
        """By the run's key, made before a row is painted."""

    def show_scene(self, scene: LabScene) -> bool:
        """Take the scene; True where rows came or went."""
        keys = tuple(log.key for log in scene.logs)
        is_other = keys != self.keys
        self._scene, self.keys = scene, keys
        strokes = strokes_of(scene, self._theme)
        if strokes != self._strokes:
            self._strokes = strokes
            self._samples = {key: self._sample(stroke) for key, stroke in strokes.items()}
        self.set_rows([self._cells(log) for log in scene.logs], are_others=is_other)
        return is_other

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme, self._strokes = theme, {}
        self.show_scene(self._scene)

    def _cells(self, log: RunLog) -> tuple[Cell, ...]:
        wrong = self._theme.changed if log.state in ("failed", "diverged") else ""
        return tuple(
            Cell(
                column.words(self._scene, log),
                colour=wrong if column.title in _MARKED else "",
                is_right=column.is_number,
            )
            for column in _COLUMNS
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        match role:
            case Qt.ItemDataRole.UserRole:
                return self._scene.logs[index.row()]
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(told(self._scene, self._scene.logs[index.row()]))
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return self._samples[self.keys[index.row()]]
        return super().data(index, role)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(_COLUMNS[section].about)
        return super().headerData(section, orientation, role)

    def _sample(self, stroke: Stroke) -> QIcon:
        """A stretch of such a line, as in the plots, selected or not."""
        pixmap = QPixmap(_SAMPLE * self.pixel_ratio)
        pixmap.setDevicePixelRatio(self.pixel_ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_sample(painter, stroke, QPointF(0, _SAMPLE.height() / 2), _SAMPLE.width())
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        return icon


class RunsTable(Table):
    """Columns that do not fit are left out, the least important first; a row's tooltip says everything."""

    selected = Signal(str)
    """The key of the run that was chosen here."""
    menu_wished = Signal(QPoint)
    """On the screen, for the selected run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._model = RunsModel()
        super().__init__(self._model, "Runs", parent)
        self.setObjectName("runs")  # the style sheet knows it
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegateForColumn(0, NameDelegate(self))
        self.setIconSize(_SAMPLE)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setMinimumSectionSize(1)  # the style's own is higher than rows that stand close
        header = self.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._wish_menu)
        self.selectionModel().currentRowChanged.connect(self._note_row)
        self._is_rendering = False
        self._scene = LabScene()
        self._widths: tuple[int, ...] = ()

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs; the selection follows the scene."""
        self._scene = scene
        self._is_rendering = True
        if self._model.show_scene(scene) or self._needed() != self._widths:
            self._fit()
        keys = self._model.keys
        if scene.selected in keys:
            if not self.selectionModel().isRowSelected(row := keys.index(scene.selected)):
                flags = (
                    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                )
                self.selectionModel().setCurrentIndex(self._model.index(row, 0), flags)
                self._show_selected()
        else:
            self.selectionModel().clear()
        self._is_rendering = False

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._model.pixel_ratio = self.devicePixelRatioF()
        self._model.apply_theme(theme)

    def sizeHint(self) -> QSize:
        """As high as its rows, as far as there is room."""
        rows = max(1, len(self._model.keys))
        return QSize(super().sizeHint().width(), self._height_of(rows))

    def minimumSizeHint(self) -> QSize:
        """A few rows stay in view."""
        rows = min(max(1, len(self._model.keys)), _LEAST_ROWS)
        return QSize(160, self._height_of(rows))

    def _height_of(self, rows: int) -> int:
        row = self.fontMetrics().height() + (_CLOSE if len(self._model.keys) > _LEAST_ROWS else _LOOSE)
        return self.horizontalHeader().sizeHint().height() + rows * row + 2

    def fit_rows(self, room: int) -> int:
        """Divide so many pixels among the rows, so that as many as can be are seen; what is left over."""
        rows, letters = len(self._model.keys), self.fontMetrics().height()
        row = min(letters + _LOOSE, max(letters + _TIGHT, room // max(1, rows)))
        if row != self.verticalHeader().defaultSectionSize():
            self.verticalHeader().setDefaultSectionSize(row)
            self._show_selected()
        return room % row if row <= room < rows * row else 0

    def _show_selected(self) -> None:
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._show_selected()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._fit)  # when the header has the font too

    def _needed(self) -> tuple[int, ...]:
        """Pixels of each column with what it holds and will hold; the first with whole names, and last with short."""
        metrics, header, scene = self.fontMetrics(), self.horizontalHeader(), self._scene
        logs = scene.logs
        if not logs:
            return ()
        letters = header.fontMetrics().horizontalAdvance
        cell = self._model.index(0, 2)
        beside_words = self.sizeHintForIndex(cell).width() - metrics.horizontalAdvance(str(cell.data()))
        beside_words += metrics.averageCharWidth() // 2  # Qt's hint is some pixels short in a large font
        widths = []
        for place, column in enumerate(_COLUMNS):
            words = {row[place].text for row in self._model.rows} | {
                column.widest(scene, log) for log in logs
            }
            held = max(map(metrics.horizontalAdvance, words)) + beside_words
            widths.append(max(held, letters(column.title) + _BESIDE_TITLE))
        beside_sample = _SAMPLE.width() + beside_words + 6
        whole = min(widths[0] - beside_words, _WHOLE_NAME * metrics.averageCharWidth())
        short = max(metrics.horizontalAdvance(shortest(log)) for log in logs)
        return (max(whole, short) + beside_sample, *widths[1:], short + beside_sample)

    @Slot()
    def _fit(self) -> None:
        """As many columns as have room, each as wide as what it holds."""
        self._widths = self._needed()
        if not self._widths:
            return
        (whole, *widths, short), room = self._widths, self.viewport().width()
        shown, taken = {0}, 0
        for place in sorted(range(1, len(_COLUMNS)), key=lambda place: _COLUMNS[place].goes):
            is_minor = _COLUMNS[place].goes >= _BEFORE_NAMES
            names = whole if is_minor else short
            if is_minor and len(shown) < _COLUMNS[place].goes:
                break  # nothing of less weight in the room of what had none
            if names + taken + widths[place - 1] <= room:
                shown.add(place)
                taken += widths[place - 1]
        for place, width in enumerate(widths, 1):
            self.setColumnHidden(place, place not in shown)
            self.setColumnWidth(place, width)
        self.updateGeometry()

    @Slot(QModelIndex, QModelIndex)
    def _note_row(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._is_rendering and now.isValid():
            self.selected.emit(self._model.keys[now.row()])

    @Slot(QPoint)
    def _wish_menu(self, place: QPoint) -> None:
        if self.indexAt(place).isValid():
            self.menu_wished.emit(self.viewport().mapToGlobal(place))
