"""A Grad-CAM laid over the original picture: arrays in, arrays out, for the window and for figures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_viewer.charts.palette import lookup
from resnet_viewer.records.preprocessing import Box

Pixels = NDArray[np.uint8]

_AT_ONCE = 8192
"""Pixels that are mixed together; their floats fit into memory that is used again and again."""
HAIRLINE = 16
"""Pictures that are more times as long as they are wide give way to what the network sees of them."""


def is_hairline(width: int, height: int) -> bool:
    """Whether a picture is so long and thin that, drawn with its proportions, it could not be seen."""
    return max(width, height) > HAIRLINE * min(width, height)


def shrunk(pixels: Pixels, longest: int | None) -> Pixels:
    """(H, W, 3) bytes, scaled down so that no side is longer than `longest`; the same array where none is."""
    height, width = pixels.shape[:2]
    if longest is None or max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))


def overlay(
    pixels: Pixels,
    cam: NDArray[np.float32],
    box: Box,
    *,
    tiles: Box | None = None,
    vmax: float | None = None,
    colours: str = "inferno",
    opacity: float = 0.6,
    longest: int | None = None,
) -> Pixels:
    """Lay a map over the part of the picture that the network saw.

    `box` is that part, in the pixels of `pixels`. `cam` (h, w) is stretched over `tiles`, so that the middle of its
    cell (i, j) lies on the pixel that the cell looks at (`records.registering`); without `tiles` over `box`, as is
    right for a map that looks at even parts of it. Between the middles it is interpolated bilinearly, and the
    outermost cells reach to the edges of `box`. `vmax` is the value of the last colour, the map's own maximum by
    default. A value v is mixed in with weight `opacity` · √(v / vmax), so that the picture stays itself
    where the map is zero, and outside of `box`. Values below zero and non-finite ones count as zero. With
    `longest` the picture is first scaled down to at most that many pixels a side. The result is a new (H, W, 3) array,
    except where there is nothing to lay over.

    Example:
        >>> picture = np.zeros((4, 4, 3), np.uint8)
        >>> overlay(picture, np.ones((1, 1), np.float32), Box(0, 0, 4, 4)).shape
        (4, 4, 3)
    """
    shown = shrunk(pixels, longest)
    height, width = shown.shape[:2]
    x_scale, y_scale = width / pixels.shape[1], height / pixels.shape[0]
    finite = np.where(np.isfinite(cam), np.maximum(cam, 0), 0).astype(np.float64)
    top = float(finite.max(initial=0.0)) if vmax is None else vmax
    if not np.isfinite(top) or top <= 0 or not finite.any():
        return shown
    laid = box if tiles is None else tiles
    rows, row_weights = _stretch(
        cam.shape[0], (box.top, box.bottom), (laid.top, laid.bottom), y_scale, height
    )
    columns, column_weights = _stretch(
        cam.shape[1], (box.left, box.right), (laid.left, laid.right), x_scale, width
    )
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return shown
    shares = np.minimum(finite / top, 1.0).astype(np.float32)
    across = shares @ column_weights.T
    keep, add = _mixing(colours, round(opacity, 4))
    result = shown.copy()
    part = result[rows, columns]
    # A few rows at a time: memory that was never touched costs more than the arithmetic (eight times, measured).
    step = max(_AT_ONCE // part.shape[1], 1)
    for first in range(0, part.shape[0], step):
        some = slice(first, first + step)
        index = ((row_weights[some] @ across) * 255 + 0.5).astype(np.uint8)
        mixed = part[some] * keep.take(index, axis=0)
        mixed += add.take(index, axis=0)
        part[some] = mixed  # cuts what follows the point
    return result


def _stretch(
    cells: int, seen: tuple[float, float], laid: tuple[float, float], scale: float, length: int
) -> tuple[slice, NDArray[np.float32]]:
    """Pixels of an axis of `length` whose centres lie in `scale` · [seen), and their weights on the cells (n, cells),
    whose tiles fill `scale` · laid.
    """
    first = max(int(np.ceil(seen[0] * scale - 0.5)), 0)
    last = min(int(np.ceil(seen[1] * scale - 0.5)), length)
    start, stop = laid[0] * scale, laid[1] * scale
    centres = np.arange(first, max(first, last)) + 0.5
    place = np.clip((centres - start) / (stop - start) * cells - 0.5, 0, cells - 1)
    distance = np.abs(place[:, None] - np.arange(cells)[None, :])
    return slice(first, last), np.maximum(1 - distance, 0).astype(np.float32)


@lru_cache(maxsize=64)
def _mixing(colours: str, opacity: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each of 256 values: the share (256, 1) that is kept of the picture, and what is added to it (256, 3).

    That has in it the half which makes a rounding of cutting the digits off.
    """
    alpha = (opacity * np.sqrt(np.linspace(0, 1, 256))).astype(np.float32)[:, None]
    return 1 - alpha, lookup(colours).astype(np.float32) * alpha + np.float32(0.5)
