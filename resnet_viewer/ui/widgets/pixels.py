"""Arrays become images here, once, before anything is painted. An image owns its pixels; no array is kept."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from cmap import Colormap
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

Limits = tuple[float, float]
"""The values that take the first and the last colour."""

COLOUR_MAPS = ("inferno", "magma", "viridis", "cividis", "plasma", "gray")
"""Offered for maps that are zero or more; all but gray are perceptually uniform, cividis for every eye."""

SIGNED_COLOURS = "CET-D1"
"""For maps with both signs, always with limits symmetric about zero (Kovesi 2015)."""

SIGNED_COLOUR_MAPS = (SIGNED_COLOURS, "vik", "PuOr_r", "berlin")
"""Offered for maps with both signs; none puts red against green. Berlin is dark about zero (Crameri 2018)."""


Array = NDArray[np.float32]
_TALLEST = 16_384  # Qt's raster engine loses precision past 32 767 lines


@lru_cache(maxsize=32)
def colour_table(name: str) -> NDArray[np.uint32]:
    """256 opaque colours of a `cmap` colour map as 0xffRRGGBB, read-only.

    Raises:
        ValueError: `cmap` knows no colour map of that name.
    """
    channels = np.round(Colormap(name).lut(256)[:, :3] * 255).astype(np.uint32)
    table = np.full(256, 0xFF000000, np.uint32) | channels @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    table.flags.writeable = False
    return table


def image_of_values(values: Array, colours: str, limits: Limits) -> QImage:
    """Colour (H, W) values: `limits` take the ends of the map, what lies outside is clipped.

    What is not finite is transparent. Equal limits (a map of one value) take the first colour.
    """
    low, high = np.array([limits[0]], np.float32), np.array([limits[1]], np.float32)
    return tiles_of_maps(values[None], colours, low, high).image


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


def tiles_of_maps(maps: Array, colours: str, low: Array, high: Array) -> Tiles:
    """Colour (N, H, W) maps, each between its own limits `low` and `high`, as `image_of_values` does."""
    table = colour_table(colours)
    count, height, width = maps.shape
    is_missing = None
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = _scaled(maps, low, high)
        if not np.isfinite(scaled.sum()):
            is_missing = ~np.isfinite(maps)
            scaled = _scaled(
                np.where(is_missing, 0.0, maps).astype(np.float64), low, high
            )  # 1e38 + 3e38 is too much
    np.clip(scaled, 0.0, 255.0, out=scaled)
    columns = -(-count * height // _TALLEST)
    index = _beside_each_other(scaled.astype(np.uint8), columns)  # (N, H, W) -> (rows · H, columns · W)
    image = QImage(index.shape[1], index.shape[0], QImage.Format.Format_ARGB32_Premultiplied)
    pixels = _writable(image)
    np.take(table, index, out=pixels, mode="clip")
    if is_missing is not None:
        pixels[_beside_each_other(is_missing, columns)] = 0
    return Tiles(image, width, height, count, columns)


def _scaled(maps: NDArray[Any], low: Array, high: Array) -> NDArray[Any]:
    """From 0 at `low` to 255.999 at `high`, in the type of `maps`; 0 where the two are one."""
    span = high.astype(maps.dtype) - low
    gain = np.divide(255.999, span, out=np.zeros_like(span), where=span > 0)
    scaled: NDArray[Any] = np.subtract(maps, low[:, None, None], dtype=maps.dtype)
    scaled *= gain[:, None, None]
    return scaled


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
    image = QImage(flat.shape[1], flat.shape[0], QImage.Format.Format_ARGB32_Premultiplied)
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
    return image_of_values(np.arange(256, dtype=np.float32)[None], colours, (0.0, 255.0))


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


def _writable(image: QImage) -> NDArray[np.uint32]:
    """The image's own memory as (H, W); lines of 32-bit pixels have no padding."""
    if image.isNull():
        raise MemoryError("there is not enough memory for an image of that size")
    memory = np.frombuffer(image.bits(), dtype=np.uint32)
    return memory.reshape(image.height(), image.width())
