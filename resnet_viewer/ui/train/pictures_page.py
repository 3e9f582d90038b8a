"""One page of test pictures: how large they are, where each lies, its image, and its title below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.lab import DataRead, Numbers
from resnet_viewer.ui.widgets.pixels import image_of_rgb

GAP = 6
SIDES = 40, 80
"""Pixels that a picture's side takes at least and at most, unless it is larger by itself."""
_LEAST = 24
"""The smallest side; pictures are no larger than wished, and smaller where only so two rows of them fit."""
_ENLARGED_BELOW = 65
"""Pictures of fewer pixels are enlarged by whole numbers, pixels repeated; larger ones are made smaller, smoothly."""
_WIDEST_TITLE = 96


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture on the page."""

    index: int
    place: QRect
    image: QImage
    title: str
    is_wrong: bool


@dataclass(frozen=True)
class Sheet:
    """What the pages of one data set look like in a widget of `size`: so many rows and columns of pictures."""

    size: QSize
    side: int
    columns: int
    rows: int
    line: int
    """Pixels from one row to the next."""
    title: int
    """Pixels of a title's width at most."""
    is_enlarged: bool

    @property
    def count(self) -> int:
        """Pictures on a page."""
        return self.columns * self.rows


def sheet_for(data: DataRead, size: QSize, metrics: QFontMetrics) -> Sheet:
    """As many pictures as fit with their titles, in two rows at least where they can be so small."""
    widest = max((metrics.horizontalAdvance(name) for name in data.class_names), default=0)
    title = min(2 * widest + metrics.horizontalAdvance(" / ") + 2, _WIDEST_TITLE)
    pixels = data.test_pictures.shape[-1]
    wished = min(max(size.width() // 8, title, SIDES[0]), SIDES[1])
    is_small = pixels < _ENLARGED_BELOW
    times = max(1, round(wished / pixels))
    sides = [pixels * i for i in range(times, 0, -1)] if is_small else [wished, *range(wished, _LEAST, -8)]

    def rows_of(side: int) -> int:
        return max(1, (size.height() - 2 + GAP) // (side + metrics.height() + GAP))

    side = next((side for side in sides if side >= _LEAST and rows_of(side) > 1), sides[0])
    cell = max(side, title) + GAP
    columns = max(1, (size.width() - 2 + GAP) // cell)
    line = side + metrics.height() + GAP
    return Sheet(size, side, columns, rows_of(side), line, cell - GAP + 2, is_small)


def frames_of(
    sheet: Sheet,
    data: DataRead,
    predicted: Numbers,
    shown: Sequence[int],
    metrics: QFontMetrics,
    pixel_ratio: float,
) -> list[Frame]:
    """These test pictures in their places, with true and predicted class."""
    names = _names(data, metrics, sheet.title)
    pitch = sheet.size.width() / sheet.columns
    found = []
    for place, index in enumerate(shown):
        row, column = divmod(place, sheet.columns)
        left = round(column * pitch + (pitch - sheet.side) / 2)
        true, given = int(data.test_labels[index]), int(predicted[index])
        image = image_of_rgb(data.test_pictures[index].transpose(1, 2, 0))
        if not sheet.is_enlarged:
            fit = round(sheet.side * pixel_ratio)
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(QSize(fit, fit), Qt.AspectRatioMode.KeepAspectRatio, smooth)
        rect = QRect(left, 2 + row * sheet.line, sheet.side, sheet.side)
        found.append(Frame(index, rect, image, f"{names[true]} / {names[given]}", true != given))
    return found


def place_in(frames: Sequence[Frame], position: QPoint, below: int) -> int | None:
    """The place on the page whose picture, or title of `below` pixels, lies at a point."""
    for place, frame in enumerate(frames):
        if frame.place.adjusted(-2, -2, 2, below).contains(position):
            return place
    return None


def _names(data: DataRead, metrics: QFontMetrics, width: int) -> list[str]:
    """Every class's name, cut where two of them with a stroke are wider than `width`: own ones often begin alike."""
    room = (width - metrics.horizontalAdvance(" / ")) // 2
    names = (class_name(i, data.class_names) for i in range(len(data.class_names) + 1))
    return [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room) for name in names]
