"""Colours of single values, where a wrong limit would show, and how tiles lie."""

from __future__ import annotations

import numpy as np
import pytest
from cmap import Colormap

from resnet_viewer.charts.palette import SIGNED_COLOURS, lookup
from resnet_viewer.charts.tiles import Coloured, Grid, coloured, fitted_grid, sheet


def one(values: list[list[float]], colours: str, low: float, high: float) -> Coloured:
    return coloured(np.array([values], np.float32), colours, low, high)


def table_colour(name: str, place: float) -> tuple[int, ...]:
    return Colormap(name)(place).rgba8[:3]


def test_limits_take_the_ends_of_the_table_and_what_lies_outside_is_clipped() -> None:
    found = one([[0.0, 1.0, 2.0], [9.0, -9.0, 2.0]], "viridis", 0.0, 2.0)
    assert found.places.tolist() == [[[0, 127, 255], [255, 0, 255]]]
    assert tuple(found.rgb()[0, 0]) == table_colour("viridis", 0.0)
    assert tuple(found.rgb()[0, 2]) == table_colour("viridis", 1.0)


def test_each_map_has_its_own_colours() -> None:
    maps = coloured(np.array([[[0.0, 0.0]], [[1.0, np.nan]]], np.float32), "gray", 0.0, 1.0)
    assert maps.rgb(0).tolist() == [[[0] * 3] * 2]
    assert maps.rgb(1).tolist() == [[[255] * 3] * 2]


def test_what_is_not_finite_has_no_colour_for_a_colour_would_be_a_value() -> None:
    found = one([[np.nan, np.inf, -np.inf, 0.5]], "gray", 0.0, 1.0)
    assert found.is_missing is not None
    assert found.is_missing.tolist() == [[[True, True, True, False]]]
    assert found.rgb()[0].tolist() == [[255] * 3] * 3 + [[127] * 3]
    alone = one([[np.inf, np.inf]], "gray", 0.0, 0.0)
    assert alone.is_missing is not None
    assert alone.is_missing.all()


def test_the_largest_numbers_have_colours() -> None:
    """The way from one end to the other is longer than float32 holds."""
    found = one([[-3e38, 0.0, 3e38]], "gray", -3e38, 3e38)
    assert found.places.tolist() == [[[0, 127, 255]]]
    assert found.is_missing is None or not found.is_missing.any()


def test_a_map_of_one_value_takes_the_first_colour() -> None:
    assert not one([[3.0, 3.0]], "inferno", 3.0, 3.0).places.any()


def test_zero_lies_in_the_middle_of_the_signed_table() -> None:
    left, middle, right = (one([[-2.0, 0.0, 2.0]], SIGNED_COLOURS, -2.0, 2.0).rgb()[0]).astype(int)
    assert left[2] > left[0], "negative is blue"
    assert right[0] > right[2], "positive is red"
    assert max(middle) - min(middle) < 30, "zero is nearly grey"


def test_each_map_has_its_own_limits() -> None:
    maps = np.ones((2, 2, 2), np.float32)
    assert coloured(maps, "gray", np.zeros(2), np.array([1.0, 2.0])).places[:, 0, 0].tolist() == [255, 127]


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="not found"):
        lookup("no such map")


def test_a_sheet_repeats_pixels_and_gaps_have_no_colour() -> None:
    maps = coloured(np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2), "gray", 0.0, 11.0)
    grid = Grid(columns=2, rows=2, width=4, height=4, gap=1)
    whole = sheet(maps, grid)
    assert (grid.size, whole.places.shape) == ((9, 9), (1, 9, 9))
    assert whole.is_missing is not None
    assert whole.places[0, 0, 0] == whole.places[0, 1, 1] == 0
    assert whole.places[0, 2, 7] == int(7 / 11 * 255.999), "second map, lower right"
    assert grid.corner(1) == (5, 0)
    assert whole.is_missing[0, 0, 4], "the gap"
    assert whole.is_missing[0, 6, 6], "there is no fourth map"
    assert whole.rgb()[6, 6].tolist() == [255] * 3


@pytest.mark.parametrize(("count", "columns"), [(16, 4), (32, 6), (64, 8), (128, 12), (1, 1), (7, 3)])
def test_tiles_fit_and_rows_are_full_where_that_costs_little(count: int, columns: int) -> None:
    grid = fitted_grid(count, 8, 8, 400, 380)
    assert grid.columns == columns
    assert grid.size[0] <= 400
    assert grid.size[1] <= 380
    assert grid.columns * grid.rows >= count
