"""Arrays become images here, once, before anything is painted. An image owns its pixels; no array is kept."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from resnet_viewer.charts.gradcam import veil
from resnet_viewer.charts.palette import lookup
from resnet_viewer.charts.tiles import Coloured, Grid, sheet

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
    whole = sheet(maps, Grid(columns, -(-count // columns), width, height, 0))
    _, down, across = whole.places.shape
    image = QImage(across, down, QImage.Format.Format_ARGB32_Premultiplied)
    pixels = _writable(image)
    np.take(colour_table(maps.colours), whole.places[0], out=pixels, mode="clip")
    if whole.is_missing is not None:
        pixels[whole.is_missing[0]] = 0
    return Tiles(image, width, height, count, columns)


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


def image_of_veil(places: NDArray[np.uint8], colours: str, *, is_signed: bool = False) -> QImage:
    """Places (H, W) in a table of colours as an image that is laid over another with an opacity, see `gradcam.veil`."""
    height, width = places.shape
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    red, green, blue, alpha = veil(colours, is_signed=is_signed).astype(np.uint32).T
    np.take(alpha << 24 | red << 16 | green << 8 | blue, places, out=_writable(image), mode="clip")
    return image


def _writable(image: QImage) -> NDArray[np.uint32]:
    """The image's own memory as (H, W); lines of 32-bit pixels have no padding."""
    if image.isNull():
        raise MemoryError("there is not enough memory for an image of that size")
    memory = np.frombuffer(image.bits(), dtype=np.uint32)
    return memory.reshape(image.height(), image.width())
