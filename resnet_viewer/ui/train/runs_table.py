"""The runs as a table: a sample of each run's line, its network, and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
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
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from resnet_viewer.ui.labels import tooltip_text
from resnet_viewer.ui.panels.plot_lines import BOLD
from resnet_viewer.ui.theme import DARK, Theme
from resnet_viewer.ui.train.plot_items import strokes_of
from resnet_viewer.ui.train.run_log import LabScene, RunLog

_Index = QModelIndex | QPersistentModelIndex
_SAMPLE = QSize(26, 12)
_LEAST_ROWS = 4
_PADDING = 14
"""Pixels that a cell keeps beside its words."""
_LEAST_NETWORK = 14
"""Letters of a run's title that are left before a column goes for it; longer ones are elided in the middle."""


@dataclass(frozen=True)
class _Column:
    title: str
    words: Callable[[LabScene, RunLog], str]
    widest: str
    """The longest that it usually shows."""
    is_number: bool = True
    goes: int = 0
    """Where there is no room the column with the highest number goes first; 0 stays."""
    about: str = ""
    """What its tooltip says."""


def doing(scene: LabScene, log: RunLog) -> str:
    """A run's state, or what it does in it: the data are read, or the errors of its last weights are measured."""
    if log.state == "waiting" and scene.data is None:
        return "reading"
    if log.state == "running" and log.steps and len(log.epochs) >= log.length:
        return "measuring"
    return log.state


def duration(seconds: float) -> str:
    """In words that fit a cell: "42 s", "3 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _state(scene: LabScene, log: RunLog) -> str:
    """How long a run still runs, as soon as that is known; else what it does."""
    doing_now = doing(scene, log)
    left = scene.pace.seconds_left(now=scene.clock(), key=log.key) if doing_now == "running" else None
    return doing_now if left is None else f"{duration(left)} left"


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"


def _epoch(_scene: LabScene, log: RunLog) -> str:
    return f"{len(log.epochs)} / {log.length}"


def _speed(_scene: LabScene, log: RunLog) -> str:
    speed = log.pictures_per_second
    return "" if math.isnan(speed) else f"{speed:.0f}"


_COLUMNS = (
    _Column("network", lambda _, log: log.title, "ResNet-1202 seed 10", is_number=False),
    _Column("state", _state, "59 min left", is_number=False, goes=4),
    _Column("epoch", _epoch, "12 / 12", goes=3),
    _Column(
        "train %",
        lambda _, log: _percent(log.train_error),
        "100.0",
        goes=2,
        about="errors on the training pictures, over the newest whole epoch while the weights moved; once the run is "
        "done, of its last weights on the pictures as they are",
    ),
    _Column(
        "test %",
        lambda _, log: _percent(log.test_error),
        "100.0",
        goes=1,
        about="errors on the test set after the newest whole epoch",
    ),
    _Column("pictures/s", _speed, "10000", goes=5),
    _Column("recipe", lambda _, log: log.run.recipe.name, "quick, changed", is_number=False, goes=6),
)


_MARKED = ("network", "state")
"""Columns that stand out in a run that went wrong: the state is left out beside long names."""


def told(scene: LabScene, log: RunLog) -> str:
    """Everything about a run, a line each, for its tooltip."""
    facts = [(column.title, column.words(scene, log)) for column in _COLUMNS[1:]]
    lines = [log.title, *(f"{title}: {words}" for title, words in facts if words)]
    if log.sentence:
        lines.append(log.sentence)
    if log.run.interventions:
        last = log.run.interventions[-1]
        at = last.step / log.steps_per_epoch
        lines.append(f"since epoch {at:.1f} its shortcuts are open by {last.strength:g}")
    if log.ended is not None and not math.isnan(log.ended.train_error):
        lines.append("errors of its last weights, on the training pictures as they are and on the test set")
    elif log.epochs:
        lines.append("train: over the newest whole epoch, while the weights moved; test: after it")
    return "\n".join(lines)


class RunsModel(QAbstractTableModel):
    """Read-only; rows are the scene's logs in order."""

    def __init__(self) -> None:
        super().__init__()
        self._scene = LabScene()
        self._keys: tuple[str, ...] = ()
        self._theme = DARK
        self.pixel_ratio = 1.0

    @property
    def keys(self) -> tuple[str, ...]:
        """The runs' keys, row by row."""
        return self._keys

    def show_scene(self, scene: LabScene) -> bool:
        """Take the scene; True where rows came or went."""
        keys = tuple(log.key for log in scene.logs)
        is_other = keys != self._keys
        if is_other:
            self.beginResetModel()
        self._scene, self._keys = scene, keys
        if is_other:
            self.endResetModel()
        elif keys:
            self._all_changed()
        return is_other

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        if self._keys:
            self._all_changed()

    def _all_changed(self) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._keys) - 1, len(_COLUMNS) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._keys)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        log, column = self._scene.logs[index.row()], _COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.words(self._scene, log)
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(told(self._scene, log))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _aligned(column)
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return self._sample(log)
            case Qt.ItemDataRole.ForegroundRole if column.title in _MARKED and log.state in (
                "failed",
                "diverged",
            ):
                return QColor(self._theme.changed)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return _COLUMNS[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _aligned(_COLUMNS[section])
            if role == Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(_COLUMNS[section].about)
        return None

    def _sample(self, log: RunLog) -> QIcon:
        """A stretch of its line in the plots, selected or not."""
        pixmap = QPixmap(_SAMPLE * self.pixel_ratio)
        pixmap.setDevicePixelRatio(self.pixel_ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        stroke = strokes_of(self._scene, self._theme)[log.key]
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            stroke.paint_sample(painter, QPointF(0, _SAMPLE.height() / 2), _SAMPLE.width(), BOLD)
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)
        return icon


def _aligned(column: _Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class RunsTable(QTableView):
    """Columns that do not fit are left out, the least important first; a row's tooltip says everything."""

    selected = Signal(str)
    """The key of the run that was chosen here."""
    menu_wished = Signal(QPoint)
    """On the screen, for the selected run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RunsModel()
        self.setModel(self._model)
        self.setObjectName("runs")  # the style sheet knows it
        self.setAccessibleName("Runs")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)
        self.setIconSize(_SAMPLE)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._wish_menu)
        self.selectionModel().currentRowChanged.connect(self._note_row)
        self._is_rendering = False
        self._scene = LabScene()

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs; the selection follows the scene."""
        self._scene = scene
        self._is_rendering = True
        if self._model.show_scene(scene):
            self._fit()
        keys = self._model.keys
        if scene.selected in keys:
            if self.currentIndex().row() != (row := keys.index(scene.selected)):
                flags = (
                    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                )
                self.selectionModel().setCurrentIndex(self._model.index(row, 0), flags)
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
        height = (
            self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        )
        return QSize(super().sizeHint().width(), height + 2)

    def minimumSizeHint(self) -> QSize:
        """A few rows stay in view."""
        rows = min(max(1, len(self._model.keys)), _LEAST_ROWS)
        height = (
            self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        )
        return QSize(160, height + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self._fit)  # when the header has the font too

    @Slot()
    def _fit(self) -> None:
        """As many columns as have room, each as wide as what it usually shows."""
        metrics = self.fontMetrics()
        is_long = len(self._model.keys) > _LEAST_ROWS
        self.verticalHeader().setDefaultSectionSize(metrics.height() + (6 if is_long else 14))
        header = self.horizontalHeader()
        letters = [header.fontMetrics().horizontalAdvance(column.title) for column in _COLUMNS]
        widths = [
            max(title + 14, metrics.horizontalAdvance(column.widest) + _PADDING)
            for title, column in zip(letters, _COLUMNS, strict=True)
        ]
        widest = max((metrics.horizontalAdvance(log.title) for log in self._scene.logs), default=0)
        most = _LEAST_NETWORK * metrics.averageCharWidth()
        widths[0] = min(widest, most) + _SAMPLE.width() + _PADDING + 6
        shown = set(range(len(_COLUMNS)))
        room = self.viewport().width()
        for place in sorted(shown, key=lambda place: -_COLUMNS[place].goes):
            if _COLUMNS[place].goes and sum(widths[shown_one] for shown_one in shown) > room:
                shown.discard(place)
        for place, width in enumerate(widths):
            self.setColumnHidden(place, place not in shown)
            if place:
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
