"""The pictures of a batch beside each other, each with its own Grad-CAM over it; a click chooses one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from resnet_viewer.charts.chart import shortened_inside
from resnet_viewer.charts.gradcam import CamChart, Underlay, cam_chart, underlay
from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.charts.tiles import Grid, fitted_grid
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import plain, target_name
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View
from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.pixels import image_of_rgb

_PIXELS = 224
"""The longer side of a picture, which is painted larger or smaller."""
_GAP = 3


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture of the batch, as it is painted."""

    image: QImage
    words: str
    wordings: tuple[str, ...]
    """Its target with the map's highest value, in ever fewer words."""


class BatchGrid(Cells):
    """`chosen` wishes a picture by its place, from 0; `enlarged` wishes the chosen one large.

    Each picture's map has a scale of its own. Only now is drawn; beside the reference it stands where it is large.
    """

    chosen = Signal(int)
    enlarged = Signal()

    def __init__(self) -> None:
        super().__init__("Pictures of the batch")
        self.tiles: tuple[Tile, ...] = ()
        self.is_dimmed = False
        self.grid = Grid(1, 1, 1, 1, 0)
        self._underlays: dict[tuple[object, ...], Underlay] = {}
        self._drawn: tuple[object, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(48, 48)

    def show_batch(
        self, shown: ProbeResult | None, plan: Blueprint, number: int, view: View, names: tuple[str, ...]
    ) -> None:
        """The maps of block `number` for each picture of the batch; emits nothing. None before there is a reading."""
        whole = None if shown is None else shown.whole or shown
        looks = (
            view.cam_colours,
            view.cam_opacity,
            view.cam_limits,
            view.picture_shows,
            view.sees_network_input,
        )
        key = whole, number, names, looks
        if key != self._drawn:
            self._drawn = key
            each = () if whole is None else whole.each()
            self._underlays = {
                known: made
                for known, made in self._underlays.items()
                if known[0] in [reading.picture for reading in each]
            }
            self.tiles = tuple(self._tile(reading, plan, number, view, names) for reading in each)
            self._lay_out()
        self.current = min(view.of_batch, max(len(self.tiles) - 1, 0))
        self.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Show them as belonging to an older wish."""
        if is_dimmed != self.is_dimmed:
            self.is_dimmed = is_dimmed
            self.update()

    def _tile(
        self, reading: ProbeResult, plan: Blueprint, number: int, view: View, names: tuple[str, ...]
    ) -> Tile:
        chart: CamChart = cam_chart(reading, None, plan=plan, number=number, view=view)
        side, state = chart.sides[0], reading.request.state
        key = (reading.picture, state.preprocessing, view.picture_shows, view.sees_network_input)
        if key not in self._underlays:
            self._underlays[key] = underlay(reading.picture, state.preprocessing, reading, _PIXELS, view=view)
        under = self._underlays[key]
        is_overlay = view.picture_shows == "overlay"
        pixels = side.over(under, view.cam_colours, view.cam_opacity) if is_overlay else under.pixels
        name = target_name(reading.target, names)
        value, brief = (f"≤ {side.value}",) * 2 if side.is_shown else (side.notes[0], "blank")
        place = f"{reading.place + 1} of {reading.batch_size}"
        words = f"{plain(reading.picture.name)} · {place} · {name} · {value}"
        return Tile(image_of_rgb(pixels), words, (f"{name} {value}", f"{name} {brief}", name))

    # Cells
    @property
    def count(self) -> int:
        return len(self.tiles)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def _lay_out(self) -> None:
        line = self.fontMetrics().height()
        width, height = max(self.width() - 2 * _GAP, 1), max(self.height() - 2 * _GAP, 1)
        # A line of words under each picture: a tile is higher than it is wide by so much.
        side = max(fitted_grid(max(self.count, 1), 1, 1, width, height).width, 1)
        self.grid = fitted_grid(max(self.count, 1), side, side + line, width, height)

    def rect_of(self, cell: int) -> QRect:
        left, top = self.grid.corner(cell)
        across, down = self.grid.size
        start = QPoint((self.width() - across) // 2, (self.height() - down) // 2)
        return QRect(start.x() + left, start.y() + top, self.grid.width, self.grid.height)

    def cell_at(self, position: QPoint) -> int | None:
        return next((cell for cell in range(self.count) if self.rect_of(cell).contains(position)), None)

    def beside(self, across: int, down: int) -> int | None:
        cell = self.current + across + down * self.grid.columns
        return cell if 0 <= cell < self.count else None

    def words_of(self, cell: int) -> str:
        return self.tiles[cell].words

    def go(self, cell: int) -> None:
        self.chosen.emit(cell)  # a wish: the frame follows where it is granted

    def take(self, cell: int, where: QPoint) -> None:
        """The chosen one once more makes it large."""
        if cell == self.current:
            self.enlarged.emit()
        else:
            self.chosen.emit(cell)

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        theme, metrics = self.theme, self.fontMetrics()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for cell, tile in enumerate(self.tiles):
            rect = self.rect_of(cell)
            if not area.intersects(rect):
                continue
            words = QRect(rect.left(), rect.bottom() - metrics.height() + 1, rect.width(), metrics.height())
            room = rect.adjusted(0, 0, 0, -metrics.height())
            size = tile.image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(), size)
            place.moveCenter(room.center())
            painter.setOpacity(STALE_OPACITY if self.is_dimmed else 1.0)
            painter.drawImage(place, tile.image)
            painter.setOpacity(1.0)
            is_chosen = cell == self.current
            if is_chosen:
                painter.setPen(QPen(QColor(theme.accent), 2.0))
                painter.drawRect(place.adjusted(-1, -1, 0, 0))
            painter.setPen(QColor(theme.text if is_chosen else theme.muted))
            said = fitting(tile.wordings, rect.width(), self)
            said = shortened_inside(said, rect.width(), metrics.horizontalAdvance)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
