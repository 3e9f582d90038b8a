"""The pane that shows all channels of a layer side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from resnet_viewer.charts.feature_maps import Mosaic
from resnet_viewer.charts.tiles import Grid, fitted_grid, sheet
from resnet_viewer.ui.inspect.picture import LookingPane
from resnet_viewer.ui.widgets.cells import ARROWS, TAKING
from resnet_viewer.ui.widgets.pixels import Tiles, tiles_of

_MANY = 100
_SMALLEST_MARKED = 16
"""Pixels across, of a tile that shows where the marked point lies."""
_LEAST_CELL = 3.0
"""Pixels across, of the outline of a cell."""


class MosaicPane(LookingPane):
    """All channels of one reading. Where the tiles are small, the wheel enlarges them.

    `channel_hovered(channel, y, x)` names the value under the pointer, `channel_clicked(channel)` a wish to see
    one channel alone; arrow keys and Enter do the same as the mouse. `marked(place or None)`
    lets others follow.
    """

    channel_hovered = Signal(int, int, int)
    channel_clicked = Signal(int)
    cell_clicked = Signal(int, int)
    """With Shift: y and x of a place of any map, to be marked."""
    marked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mosaic: Mosaic | None = None
        self.tiles: Tiles | None = None
        self.grid = Grid(1, 1, 1, 1, 1)
        self._sheet: QImage | None = None
        self._marked: int | None = None
        self.cell: tuple[int, int] | None = None
        """Row and column of the marked point in every map."""
        self._has_shift = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_mosaic(self, mosaic: Mosaic | None) -> None:
        """Replace the maps. The view stays where it was while number and size of the maps stay the same."""
        if mosaic is self.mosaic:
            return
        old, self.mosaic = self.mosaic, mosaic
        self.tiles = None if mosaic is None else tiles_of(mosaic.maps)
        if old is None or mosaic is None or old.maps.places.shape != mosaic.maps.places.shape:
            self._marked = None
            self._fit()
            self.look_at_all()
        else:
            self._make_sheet()
        self.update()

    def mark(self, place: int | None) -> None:
        """Frame the tile at that place (from 0); emits nothing."""
        if place != self._marked:
            self._marked = place
            self.update()

    @property
    def place(self) -> int | None:
        """Of the framed tile."""
        return self._marked

    def show_cell(self, cell: tuple[int, int] | None) -> None:
        """Outline that place in every map."""
        if cell != self.cell:
            self.cell = cell
            self.update()

    def content_size(self) -> QSizeF:
        return QSizeF() if self.mosaic is None else QSizeF(*self.grid.size)

    def tile_at(self, position: QPointF) -> tuple[int, int, int] | None:
        """Place, y and x of the map pixel at a point of the pane; None between tiles and outside."""
        if self.mosaic is None:
            return None
        grid, zoom, inside = self.grid, self.zoom, position - self.frame().topLeft()
        column, across = divmod(inside.x() / zoom, grid.width + grid.gap)
        row, down = divmod(inside.y() / zoom, grid.height + grid.gap)
        place = int(row) * grid.columns + int(column)
        is_outside = not 0 <= column < grid.columns or row < 0 or place >= len(self.mosaic.order)
        if is_outside or across >= grid.width or down >= grid.height:
            return None
        height, width = self.mosaic.maps.places.shape[1:]
        return place, int(down / grid.height * height), int(across / grid.width * width)

    def rect_of(self, place: int, corner: QPointF | None = None) -> QRect:
        """Where a tile lies in the pane, in whole pixels; `corner` is the frame's, where it is known."""
        grid, zoom, corner = self.grid, self.zoom, corner or self.frame().topLeft()
        left, top = grid.corner(place)
        size = QSizeF(grid.width * zoom, grid.height * zoom)
        return QRectF(corner + QPointF(left * zoom, top * zoom), size).toRect()

    def paint_content(self, painter: QPainter, frame: QRectF) -> None:
        if self.mosaic is None or self.tiles is None:
            return
        corner = frame.topLeft()
        if self._sheet is not None and self.zoom < 2.0:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.zoom == 1.0)
            painter.drawImage(frame, self._sheet, QRectF(self._sheet.rect()))
            places: Sequence[int] = range(len(self.mosaic.order))
        else:
            tiles, places = self.tiles, self._places_in_view(frame)
            is_smaller = self.grid.width * self.zoom * self.devicePixelRatioF() < tiles.width
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
            for place in places:
                painter.drawImage(self.rect_of(place, corner), tiles.image, tiles.source(place))
        self._paint_signs(painter, places, corner)
        if self.cell is not None and self.grid.width * self.zoom >= _SMALLEST_MARKED:
            rows, columns = self.mosaic.maps.places.shape[1:]
            for place in places:
                paint_cell(painter, QRectF(self.rect_of(place, corner)), self.cell, (rows, columns))
        self._paint_mark(painter)

    def _paint_signs(self, painter: QPainter, places: Sequence[int], corner: QPointF) -> None:
        """An empty tile with a cross for dead channels, a red stroke where values are not finite."""
        assert self.mosaic is not None
        for place in places:
            is_dead = bool(self.mosaic.is_dead[place])
            if not (is_dead or self.mosaic.is_not_finite[place]):
                continue
            tile = self.rect_of(place, corner)
            inner = tile.adjusted(0, 0, -1, -1)
            painter.setPen(QPen(QColor(self.theme.faint if is_dead else self.theme.changed), 1.0))
            if is_dead:
                painter.fillRect(tile, QColor(self.theme.panel))
                painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawRect(inner)
            painter.drawLine(inner.bottomLeft(), inner.topRight())

    def _paint_mark(self, painter: QPainter) -> None:
        if self.mosaic is None:
            return
        if self._marked is not None and self._marked < len(self.mosaic.order):
            painter.setOpacity(1.0)
            painter.setPen(QPen(QColor(self.theme.accent), 2.0))
            painter.drawRect(self.rect_of(self._marked).adjusted(-1, -1, 1, 1))

    def point_hovered(self, position: QPointF) -> None:
        found = self.tile_at(position)
        if found is None or self.mosaic is None:
            self._mark_and_tell(None)
            self.left.emit()
            return
        place, y, x = found
        self._mark_and_tell(place)
        self.channel_hovered.emit(int(self.mosaic.order[place]), y, x)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._has_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        super().mouseReleaseEvent(event)

    def point_clicked(self, position: QPointF) -> None:
        if self.mosaic is None or (found := self.tile_at(position)) is None:
            return
        place, y, x = found
        if self._has_shift:
            self.cell_clicked.emit(y, x)
        else:
            self.channel_clicked.emit(int(self.mosaic.order[place]))

    def resizeEvent(self, event: QEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.mosaic is None or self.message:
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in ARROWS and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across, down = ARROWS[key]
            place = 0 if self._marked is None else self._marked + across + down * self.grid.columns
            if 0 <= place < len(self.mosaic.order):
                self._mark_and_tell(place)
                height, width = self.mosaic.maps.places.shape[1:]
                self.channel_hovered.emit(int(self.mosaic.order[place]), height // 2, width // 2)
        elif key in TAKING and self._marked is not None:
            self.channel_clicked.emit(int(self.mosaic.order[self._marked]))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._mark_and_tell(None)
        super().leaveEvent(event)

    def _mark_and_tell(self, place: int | None) -> None:
        self.mark(place)
        self.marked.emit(place)

    def _fit(self) -> None:
        if self.mosaic is not None:
            (count, height, width), margin = self.mosaic.maps.places.shape, 4
            self.grid = fitted_grid(count, width, height, self.width() - margin, self.height() - margin)
        self._make_sheet()

    def _make_sheet(self) -> None:
        """Many tiles are put together once, for painting: as large as shown, or whole where they are shrunk."""
        self._sheet = None
        if self.mosaic is not None and len(self.mosaic.order) > _MANY:
            maps, grid = self.mosaic.maps, self.grid
            times = max(self.devicePixelRatioF(), maps.places.shape[2] / grid.width)
            width, height = round(grid.width * times), round(grid.height * times)
            fine = Grid(grid.columns, grid.rows, width, height, max(round(grid.gap * times), 1))
            self._sheet = tiles_of(sheet(maps, fine)).image

    def _places_in_view(self, frame: QRectF) -> list[int]:
        """Places of the tiles that a zoomed view shows at least in part."""
        assert self.mosaic is not None
        grid, seen = self.grid, QRectF(self.rect()).translated(-frame.topLeft())
        pitch_x, pitch_y = (grid.width + grid.gap) * self.zoom, (grid.height + grid.gap) * self.zoom
        columns = range(max(int(seen.left() / pitch_x), 0), min(ceil(seen.right() / pitch_x), grid.columns))
        rows = range(max(int(seen.top() / pitch_y), 0), min(ceil(seen.bottom() / pitch_y), grid.rows))
        count = len(self.mosaic.order)
        places = (row * grid.columns + column for row in rows for column in columns)
        return [place for place in places if place < count]


def paint_cell(painter: QPainter, area: QRectF, cell: tuple[int, int], cells: tuple[int, int]) -> None:
    """Outline a cell, row and column, of a map of so many rows and columns that fills `area`, seen on every colour."""
    (row, column), (rows, columns) = cell, cells
    across, down = area.width() / columns, area.height() / rows
    middle = QPointF(area.left() + (column + 0.5) * across, area.top() + (row + 0.5) * down)
    frame = QRectF(0, 0, max(across, _LEAST_CELL), max(down, _LEAST_CELL))
    frame.moveCenter(middle)
    wide = 1.0 if across < 16 else 2.0
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, out in (("black", wide), ("white", 0.0)):
        painter.setPen(QPen(QColor(ink), wide))
        painter.drawRect(frame.adjusted(-out, -out, out, out))
    painter.restore()
