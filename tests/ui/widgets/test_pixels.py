"""Colours of single pixels, where a flip, a transpose or a wrong limit would show."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from cmap import Colormap
from PySide6.QtGui import QImage

from resnet_viewer.ui.widgets.pixels import (
    SIGNED_COLOURS,
    colour_table,
    image_of_rgb,
    image_of_values,
    pixel,
    sheet_of_tiles,
    tiles_of_maps,
)


def colour(name: str, place: float) -> tuple[int, int, int]:
    red, green, blue, _ = Colormap(name)(place).rgba8
    return red, green, blue


def test_limits_take_the_ends_of_the_map_and_rows_go_down() -> None:
    values = np.array([[0.0, 1.0, 2.0], [9.0, -9.0, 2.0]], np.float32)
    image = image_of_values(values, "viridis", (0.0, 2.0))
    assert (image.width(), image.height()) == (3, 2)
    assert pixel(image, 0, 0) == colour("viridis", 0.0)
    assert pixel(image, 2, 0) == colour("viridis", 1.0)
    assert pixel(image, 0, 1) == colour("viridis", 1.0), "values above the limit are clipped"
    assert pixel(image, 1, 1) == colour("viridis", 0.0), "values below the limit are clipped"


def test_what_is_not_finite_is_transparent_for_a_colour_would_be_a_value() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    image = image_of_values(values, "gray", (0.0, 1.0))
    assert [image.pixelColor(x, 0).alpha() for x in range(4)] == [0, 0, 0, 255]
    alone = image_of_values(np.full((1, 2), np.inf, np.float32), "gray", (0.0, 0.0))
    assert [alone.pixelColor(x, 0).alpha() for x in range(2)] == [0, 0]


def test_the_largest_numbers_have_colours() -> None:
    """The way from one end to the other is longer than float32 holds."""
    values = np.array([[-3e38, 0.0, 3e38]], np.float32)
    image = image_of_values(values, "gray", (-3e38, 3e38))
    assert [pixel(image, x, 0)[0] for x in range(3)] == [0, 127, 255]
    assert image.pixelColor(2, 0).alpha() == 255


def test_a_map_of_one_value_takes_the_first_colour() -> None:
    image = image_of_values(np.full((2, 2), 3, np.float32), "inferno", (3.0, 3.0))
    assert pixel(image, 1, 1) == colour("inferno", 0.0)


def test_zero_lies_in_the_middle_of_the_signed_map() -> None:
    values = np.array([[-2.0, 0.0, 2.0]], np.float32)
    image = image_of_values(values, SIGNED_COLOURS, (-2.0, 2.0))
    left, middle, right = (pixel(image, x, 0) for x in range(3))
    assert left[2] > left[0], "negative is blue"
    assert right[0] > right[2], "positive is red"
    assert max(middle) - min(middle) < 30, "zero is nearly grey"


def test_an_image_outlives_its_array() -> None:
    values = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    image = image_of_values(values, "inferno", (0.0, 1.0))
    before = pixel(image, 3, 5)
    del values
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


def test_each_map_has_its_own_limits() -> None:
    maps = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 1.0)]).astype(np.float32)
    tiles = tiles_of_maps(maps, "gray", np.zeros(2, np.float32), np.array([1.0, 2.0], np.float32))
    first, second = (tiles.source(i).topLeft() for i in range(2))
    assert pixel(tiles.image, first.x(), first.y()) == (255, 255, 255)
    assert pixel(tiles.image, second.x(), second.y()) == (127, 127, 127)


@pytest.mark.parametrize(("count", "side"), [(5, 3), (600, 40), (2048, 28)])
def test_tiles_lie_where_they_say(count: int, side: int) -> None:
    maps = np.zeros((count, side, side), np.float32)
    maps[:, 0, 1] = np.arange(count) / count
    tiles = tiles_of_maps(maps, "gray", np.zeros(count, np.float32), np.ones(count, np.float32))
    assert max(tiles.image.width(), tiles.image.height()) <= 32_767, "Qt cannot paint from further away"
    for i in (0, 1, count // 2, count - 1):
        corner = tiles.source(i).topLeft()
        expected = int(np.float32(i / count) * np.float32(255.999))
        assert pixel(tiles.image, corner.x() + 1, corner.y())[0] == pytest.approx(expected, abs=1)


def test_a_sheet_repeats_pixels_and_leaves_gaps_clear() -> None:
    maps = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)
    tiles = tiles_of_maps(maps, "gray", np.zeros(3, np.float32), np.full(3, 11, np.float32))
    sheet = sheet_of_tiles(tiles, columns=2, width=4, height=4, gap=1)
    assert (sheet.width(), sheet.height()) == (9, 9)
    table = colour_table("gray")
    assert sheet.pixel(0, 0) == sheet.pixel(1, 1) == table[0]
    assert sheet.pixel(7, 2) == table[int(7 / 11 * 255.999)], "second map, lower right"
    assert sheet.pixelColor(4, 0).alpha() == 0, "the gap"
    assert sheet.pixelColor(6, 6).alpha() == 0, "there is no fourth map"


def test_an_unknown_colour_map_is_refused() -> None:
    with pytest.raises(ValueError, match="not found"):
        colour_table("no such map")
