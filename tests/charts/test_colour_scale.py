"""Colours of single values, where a wrong limit would show, and the words beside them."""

from __future__ import annotations

import numpy as np
import pytest
from cmap import Colormap

from resnet_viewer.charts.colour_scale import Coloured, coloured, scale_to
from resnet_viewer.charts.palette import SIGNED_COLOURS, lookup


def one(values: list[list[float]], colours: str, low: float, high: float) -> Coloured:
    return coloured(np.array([values], np.float32), colours, low, high)


def table_colour(name: str, place: float) -> tuple[int, ...]:
    return Colormap(name)(place).rgba8[:3]


def test_limits_take_the_ends_of_the_table_and_what_lies_outside_is_clipped() -> None:
    found = one([[0.0, 1.0, 2.0], [9.0, -9.0, 2.0]], "viridis", 0.0, 2.0)
    assert found.places.tolist() == [[[0, 127, 255], [255, 0, 255]]]
    assert tuple(found.rgb()[0, 0, 0]) == table_colour("viridis", 0.0)
    assert tuple(found.rgb()[0, 0, 2]) == table_colour("viridis", 1.0)


def test_what_is_not_finite_has_no_colour_for_a_colour_would_be_a_value() -> None:
    found = one([[np.nan, np.inf, -np.inf, 0.5]], "gray", 0.0, 1.0)
    assert found.is_missing is not None
    assert found.is_missing.tolist() == [[[True, True, True, False]]]
    assert found.rgb()[0, 0].tolist() == [[255] * 3] * 3 + [[127] * 3]
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
    left, middle, right = (one([[-2.0, 0.0, 2.0]], SIGNED_COLOURS, -2.0, 2.0).rgb()[0, 0]).astype(int)
    assert left[2] > left[0], "negative is blue"
    assert right[0] > right[2], "positive is red"
    assert max(middle) - min(middle) < 30, "zero is nearly grey"


def test_each_map_has_its_own_limits() -> None:
    maps = np.ones((2, 2, 2), np.float32)
    assert coloured(maps, "gray", np.zeros(2), np.array([1.0, 2.0])).places[:, 0, 0].tolist() == [255, 127]


def test_the_scale_says_its_ends_and_where_zero_lies() -> None:
    assert scale_to(1.23456, "gray").ticks == ((0.0, "0"), (1.0, "1.235"))
    assert scale_to(4.0, "gray", is_signed=True).ticks == ((0.0, "−4"), (0.5, "0"), (1.0, "4"))
    assert scale_to(None, "gray", meaning="each on its own").words == (
        "gray from 0 to own max.; each on its own"
    )
    nothing = scale_to(0.0, "gray", is_signed=True)
    assert (nothing.ticks, nothing.words) == (((0.5, "0"),), ""), "there is no largest value"


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="not found"):
        lookup("no such map")
