"""Arrays become images here, once, before anything is painted. An image owns its pixels; no array is kept."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from resnet_viewer.charts.colour_scale import Coloured
from resnet_viewer.charts.palette import lookup

_TALLEST = 16_384  # Qt's raster engine loses precision past 32 767 lines


@lru_cache(maxsize=32)
def colour_table(name: str) -> NDArray[np.uint32]:
    """256 opaque colours of a `cmap` colour map as 0xffRRGGBB, read-only.

    Raises:
        ValueError: `cmap` knows no colour map of that name.
    """
    table = np.full(256, 0xFF000000, np.uint32) | lookup(name) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    table.flags.writeable = False
    return table


@dataclass(frozen=True, eq=False)
class Tiles:
    """Many small maps of one size in one image, `columns` side by side, without gaps."""

    image: QImage
    width: int
    height: int
    count: int
    columns: int = 1

    def source(self, i: int) -> QRect:
        """Where map number `i` (from 0) lies in the image."""
        row, column = divmod(i, self.columns)
        return QRect(column * self.width, row * self.height, self.width, self.height)


def tiles_of(maps: Coloured) -> Tiles:
    """All maps in one image; what has no colour is clear."""
    count, height, width = maps.places.shape
    columns = -(-count * height // _TALLEST)
    index = _beside_each_other(maps.places, columns)  # (N, H, W) -> (rows · H, columns · W)
    image = _blank(index.shape[1], index.shape[0])
    pixels = _writable(image)
    np.take(colour_table(maps.colours), index, out=pixels, mode="clip")
    if maps.is_missing is not None:
        pixels[_beside_each_other(maps.is_missing, columns)] = 0
    return Tiles(image, width, height, count, columns)


def sheet_of_tiles(tiles: Tiles, *, columns: int, width: int, height: int, gap: int) -> QImage:
    """All tiles at once, `columns` in a row, each enlarged to `width` × `height` by repeating pixels.

    The gaps, of at least one pixel, stay clear. One image is painted in a millisecond, two thousand in fifty.
    """
    source = np.frombuffer(tiles.image.constBits(), np.uint32)
    source = source.reshape(-1, tiles.height, tiles.columns, tiles.width).swapaxes(1, 2)
    rows = -(-tiles.count // columns)
    cells = np.zeros((rows * columns, tiles.height, tiles.width), np.uint32)
    cells[: tiles.count] = source.reshape(-1, tiles.height, tiles.width)[: tiles.count]
    down = np.arange(height) * tiles.height // height
    across = np.arange(width) * tiles.width // width
    enlarged = cells[:, down][:, :, across].reshape(rows, columns, height, width)
    grid = np.zeros((rows, height + gap, columns, width + gap), np.uint32)
    grid[:, :height, :, :width] = enlarged.swapaxes(1, 2)
    flat = grid.reshape(rows * (height + gap), columns * (width + gap))[:-gap, :-gap]
    image = _blank(flat.shape[1], flat.shape[0])
    _writable(image)[:] = flat
    return image


def _beside_each_other(maps: NDArray[Any], columns: int) -> NDArray[Any]:
    count, height, width = maps.shape
    if columns == 1:
        return maps.reshape(count * height, width)
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width), maps.dtype)
    padded[:count] = maps
    grid = padded.reshape(rows, columns, height, width).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width)


def image_of_ramp(colours: str) -> QImage:
    """A colour map from left to right, 256 × 1."""
    return tiles_of(Coloured(np.arange(256, dtype=np.uint8)[None, None], None, colours)).image


def image_of_rgb(pixels: NDArray[np.uint8]) -> QImage:
    """An image of (H, W, 3) bytes, or of (H, W, 1) grey bytes."""
    height, width = pixels.shape[:2]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    # Bytes in place, without a wider copy: memory that was never touched costs more than the arithmetic.
    planes = _writable(image).view(np.uint8).reshape(height, width, 4)
    planes = planes[..., ::-1] if sys.byteorder == "little" else planes  # alpha, red, green, blue
    planes[..., 0] = 0xFF
    for place in range(3):
        planes[..., 1 + place] = pixels[..., min(place, pixels.shape[2] - 1)]
    return image


def image_of_rgba(pixels: NDArray[np.uint8]) -> QImage:
    """An image of (H, W, 4) bytes with their opacity."""
    height, width = pixels.shape[:2]
    image = QImage(np.ascontiguousarray(pixels).data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # which owns its pixels


def pixel(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    """Red, green and blue of one pixel."""
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


def _blank(width: int, height: int) -> QImage:
    return QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)


def _writable(image: QImage) -> NDArray[np.uint32]:
    """The image's own memory as (H, W); lines of 32-bit pixels have no padding."""
    if image.isNull():
        raise MemoryError("there is not enough memory for an image of that size")
    memory = np.frombuffer(image.bits(), dtype=np.uint32)
    return memory.reshape(image.height(), image.width())
