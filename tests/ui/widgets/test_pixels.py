"""Single pixels, where a flip, a transpose or a lost array would show."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PySide6.QtGui import QImage

from resnet_viewer.charts.tiles import Coloured, coloured
from resnet_viewer.ui.widgets.pixels import image_of_rgb, tiles_of
from tests.ui.pixel import pixel


def grey(maps: np.ndarray, high: float = 1.0) -> Coloured:
    return coloured(maps.astype(np.float32), "gray", 0.0, high)


def test_rows_go_down_and_what_has_no_colour_is_clear() -> None:
    maps = coloured(np.array([[[0, 1, 2], [9, np.nan, 2]]], np.float32), "viridis", 0.0, 2.0)
    image = tiles_of(maps).image
    assert (image.width(), image.height()) == (3, 2)
    for (y, x), colour in np.ndenumerate(maps.rgb()[..., 0]):
        assert (y, x) == (1, 1) or pixel(image, x, y)[0] == colour, "the paper's colours"
    assert image.pixelColor(1, 1).alpha() == 0


def test_an_image_outlives_its_array() -> None:
    maps = grey(np.random.default_rng(0).random((1, 64, 64)))
    image = tiles_of(maps).image
    before = pixel(image, 3, 5)
    del maps
    gc.collect()
    _others = [np.zeros((64, 64), np.float32) for _ in range(50)]
    assert pixel(image, 3, 5) == before


def test_rgb_keeps_channels_and_orientation() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 2] = 10, 20, 30
    pixels[1, 0] = 255, 0, 128
    image = image_of_rgb(pixels)
    assert image.format() == QImage.Format.Format_RGB32
    assert pixel(image, 2, 0) == (10, 20, 30)
    assert pixel(image, 0, 1) == (255, 0, 128)
    assert pixel(image_of_rgb(pixels[..., :1]), 2, 0) == (10, 10, 10)


@pytest.mark.parametrize(("count", "side"), [(5, 3), (600, 40), (2048, 28)])
def test_tiles_lie_where_they_say(count: int, side: int) -> None:
    maps = np.zeros((count, side, side), np.float32)
    maps[:, 0, 1] = np.arange(count) / count
    tiles = tiles_of(grey(maps))
    assert max(tiles.image.width(), tiles.image.height()) <= 32_767, "Qt cannot paint from further away"
    for i in (0, 1, count // 2, count - 1):
        corner = tiles.source(i).topLeft()
        expected = int(np.float32(i / count) * np.float32(255.999))
        assert pixel(tiles.image, corner.x() + 1, corner.y())[0] == pytest.approx(expected, abs=1)
