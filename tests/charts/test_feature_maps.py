import numpy as np
import pytest

from resnet_viewer.charts.feature_maps import (
    channel_order,
    dead_channels,
    is_signed,
    layer_limit,
    mosaic,
    not_finite_channels,
)

NAN = float("nan")


def maps(*channels: list[list[float]]) -> np.ndarray:
    return np.array(channels, np.float32)


FOUR = maps([[1, 2], [3, 4]], [[0, 0], [0, 0]], [[8, 0], [0, 0]], [[2, 2], [2, 2]])


def test_each_channel_is_divided_by_its_own_maximum() -> None:
    made = mosaic(FOUR, gap=1)
    expected = [
        [0.25, 0.5, NAN, 0, 0],
        [0.75, 1, NAN, 0, 0],
        [NAN] * 5,
        [1, 0, NAN, 1, 1],
        [0, 0, NAN, 1, 1],
    ]
    np.testing.assert_array_equal(made.image, np.array(expected, np.float32))
    np.testing.assert_array_equal(made.channels, [[0, 1], [2, 3]])
    np.testing.assert_array_equal(made.limits, [4, 0, 8, 2])


def test_a_layers_scale_is_shared_and_may_be_given() -> None:
    made = mosaic(FOUR, gap=1, scale="layer")
    assert made.image[0, 0] == 1 / 8
    assert mosaic(FOUR, gap=1, scale="layer", limit=16.0).image[3, 0] == 0.5
    assert layer_limit(FOUR, None, 3 * FOUR) == 24


def test_signed_maps_keep_zero_in_the_middle() -> None:
    made = mosaic(maps([[-4, 2]]), gap=1)
    assert made.signed
    np.testing.assert_array_equal(made.image, [[-1, 0.5]])
    assert is_signed(None, maps([[-1]]))
    assert not is_signed(FOUR)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("index", [0, 1, 2, 3]), ("mean", [0, 2, 3, 1]), ("maximum", [2, 0, 3, 1]), ("change", [3, 0, 1, 2])],
)
def test_orders(order: str, expected: list[int]) -> None:
    reference = FOUR.copy()
    reference[3] += 5
    assert channel_order(FOUR, order, reference).tolist() == expected  # type: ignore[arg-type]


def test_change_without_a_fitting_reference_is_the_order_by_index() -> None:
    assert channel_order(FOUR, "change").tolist() == [0, 1, 2, 3]
    assert channel_order(FOUR, "change", FOUR[:2]).tolist() == [0, 1, 2, 3]


def test_dead_channels_are_constant_ones() -> None:
    assert dead_channels(FOUR).tolist() == [False, True, False, True]
    assert dead_channels(maps([[0.0]], [[3.0]])).tolist() == [True, False]


def test_values_that_are_no_numbers_stay_visible_as_such() -> None:
    made = mosaic(maps([[NAN, 2], [float("inf"), 1]]), gap=1)
    np.testing.assert_array_equal(made.image, [[NAN, 1], [NAN, 0.5]])


def test_channels_that_are_not_finite_are_told_from_dead_ones_and_come_last() -> None:
    inf = float("inf")
    odd = maps([[inf, inf]], [[1.0, NAN]], [[0.0, 0.0]], [[3e38, 3e38]], [[1.0, -inf]])
    assert not_finite_channels(odd).tolist() == [True, True, False, False, True]
    assert dead_channels(odd).tolist() == [False, False, True, True, False]
    made = mosaic(odd)
    assert made.not_finite.tolist() == [True, True, False, False, True]
    assert channel_order(odd, "maximum").tolist() == [3, 4, 2, 0, 1]
    assert channel_order(odd, "mean").tolist() == [3, 2, 0, 1, 4]
    assert channel_order(odd, "change", odd).tolist() == [2, 3, 0, 1, 4]


def test_every_channel_has_one_tile_at_odd_counts_and_shapes() -> None:
    made = mosaic(np.random.default_rng(0).random((13, 3, 7), np.float32), order="mean", aspect=2.0)
    placed = made.channels[made.channels >= 0]
    assert sorted(placed.tolist()) == list(range(13))
    assert made.image.shape[1] > made.image.shape[0]
