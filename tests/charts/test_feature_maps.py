from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.feature_maps import (
    MapsChart,
    channel_chart,
    channel_order,
    dead_channels,
    is_signed,
    maps_chart,
    mark_words,
    not_finite_channels,
    statistics,
    value_words,
)
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View
from tests import fabricated

NAN = float("nan")


def maps(*channels: list[list[float]]) -> np.ndarray:
    return np.array(channels, np.float32)


FOUR = maps([[1, 2], [3, 4]], [[0, 0], [0, 0]], [[8, 0], [0, 0]], [[2, 2], [2, 2]])


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


def test_channels_that_are_not_finite_are_told_from_dead_ones_and_come_last() -> None:
    inf = float("inf")
    odd = maps([[inf, inf]], [[1.0, NAN]], [[0.0, 0.0]], [[3e38, 3e38]], [[1.0, -inf]])
    assert not_finite_channels(odd).tolist() == [True, True, False, False, True]
    assert dead_channels(odd).tolist() == [False, False, True, True, False]
    assert channel_order(odd, "maximum").tolist() == [3, 4, 2, 0, 1]
    assert channel_order(odd, "mean").tolist() == [3, 2, 0, 1, 4]
    assert channel_order(odd, "change", odd).tolist() == [2, 3, 0, 1, 4]


def reading(found: np.ndarray | None, layer: str = "layer1.0") -> ProbeResult:
    """ResNet-20's, with these maps (C, H, W) at its first block; None means that they were not computed."""
    result = fabricated.scene(spec("cifar-resnet-20")).now
    assert result is not None
    activations = {name: value for name, value in result.activations.items() if name != layer}
    return replace(result, activations=activations if found is None else {**activations, layer: found[None]})


PLAN = blueprint(spec("cifar-resnet-20"))


def chart(now: np.ndarray | None, reference: np.ndarray | None, **looks: object) -> MapsChart:
    view = View("layer1.0", **looks)  # type: ignore[arg-type]
    return maps_chart(reading(now), reading(reference), view, plan=PLAN)


def places(made: MapsChart, which: int = 0) -> list[list[list[int]]]:
    """Of one side, the places of its maps' pixels among the colours."""
    mosaic = made.sides[which].mosaic
    assert mosaic is not None
    return mosaic.maps.places.tolist()


def test_each_channel_has_the_scale_of_its_own_maximum_or_all_have_one() -> None:
    assert places(chart(FOUR, None)) == [
        [[63, 127], [191, 255]],
        [[0, 0], [0, 0]],
        [[255, 0], [0, 0]],
        [[255] * 2] * 2,
    ]
    shared = chart(FOUR, 2 * FOUR, map_scale="layer")
    assert (shared.scale.ends, places(shared)[2][0][0], places(shared, 1)[2][0][0]) == (("0", "16"), 127, 255)
    assert shared.ends == (0.0, 16.0)


def test_limits_are_by_hand_by_percentile_or_logarithmic() -> None:
    by_hand = chart(FOUR, None, map_limits=Limits(by_hand=(2.0, 4.0)))
    assert places(by_hand)[0] == [[0, 0], [127, 255]], "for every channel, whatever the scale was"
    assert (by_hand.scale.ends, by_hand.ends) == (("2", "4"), (2.0, 4.0))
    assert "by hand" in by_hand.scale.words
    half = chart(FOUR, None, map_limits=Limits(percentile=50.0))
    assert places(half)[0] == [[102, 204], [255, 255]], "of each channel: 2.5 is the middle of 1, 2, 3, 4"
    assert "each channel on its own scale; 50 % of the values" in half.scale.words
    layer = chart(FOUR, None, map_scale="layer", map_limits=Limits(percentile=100 * 14 / 15))
    assert layer.scale.ends == ("0", "4"), "but for the highest of sixteen"
    decades = chart(
        maps([[1, 10, 100, 0]], [[NAN, 1e4, np.inf, 0.5]]), None, map_limits=Limits(is_logarithmic=True)
    )
    assert places(decades)[0] == [[127, 191, 255, 0]]
    mosaic = decades.sides[0].mosaic
    assert mosaic is not None
    assert mosaic.maps.is_missing is not None
    assert mosaic.maps.is_missing[1].tolist() == [[True, False, True, False]]
    assert places(decades)[1][0][1] == 255
    assert "logarithmic" in decades.scale.words


def test_limits_by_hand_have_a_diverging_table_only_with_zero_in_their_middle() -> None:
    found = maps([[-4, 2, 0]])
    even = chart(found, None, map_limits=Limits(by_hand=(-8.0, 8.0)))
    assert (even.is_signed, places(even)) == (True, [[[63, 159, 127]]])
    uneven = chart(found, None, map_limits=Limits(by_hand=(-4.0, 2.0)))
    assert (uneven.is_signed, uneven.scale.colours, places(uneven)) == (False, "inferno", [[[0, 255, 170]]])
    logarithmic = chart(maps([[-100, 1, 0, 100]]), None, map_limits=Limits(is_logarithmic=True))
    assert places(logarithmic) == [[[0, 191, 127, 255]]]


def test_one_channel_has_the_limits_of_the_maps() -> None:
    view = View("layer1.0", 0, map_limits=Limits(by_hand=(1.0, 3.0)))
    made = channel_chart(reading(FOUR), None, view, plan=PLAN)
    assert made.sides[0].colours is not None
    assert made.sides[0].colours.places.tolist() == [[[0, 127], [255, 255]]]
    assert (made.scale.ends, made.ends) == (("1", "3"), (1.0, 3.0))


def test_a_marked_point_is_told_with_its_values_and_what_it_sees() -> None:
    base = fabricated.scene()
    made = maps_chart(base.now, base.reference, View("layer2.2"), plan=base.blueprint)
    mark = (12.5 / 32, 8.5 / 32)
    now, reference = (side.maps for side in made.sides)
    assert now is not None
    assert reference is not None
    assert mark_words(made.sides, mark, 7) == (
        f"marked: y 4, x 6 · now {now[7, 4, 6]:.4g} · reference {reference[7, 4, 6]:.4g} · "
        "sees 37 × 37 of 32 × 32 pixels"
    )
    assert mark_words(made.sides, mark, None) == "marked: y 4, x 6 · sees 37 × 37 of 32 × 32 pixels"
    assert mark_words(made.sides, None, 7) == ""
    assert mark_words(maps_chart(None, None, View("layer2.2"), plan=base.blueprint).sides, mark, 7) == ""
    deep = maps_chart(base.now, None, View("layer3.2"), plan=base.blueprint)
    assert mark_words(deep.sides, mark, None).endswith("sees 81 × 81 of 32 × 32 pixels: all of it")


def test_signed_maps_keep_zero_in_the_middle() -> None:
    made = chart(maps([[-4, 2, 0]]), FOUR, map_signed_colours="vik")
    assert made.is_signed
    assert (places(made), made.scale.colours) == ([[[0, 191, 127]]], "vik")
    assert not is_signed(FOUR)


def test_both_sides_have_one_order_and_what_is_there_is_taken_over() -> None:
    made = chart(FOUR, FOUR[::-1].copy(), map_order="maximum")
    assert made.order == (2, 0, 3, 1)
    assert [side.mosaic.order.tolist() for side in made.sides if side.mosaic] == [[2, 0, 3, 1]] * 2
    first = made.sides[0]
    again = maps_chart(
        first.reading, reading(2 * FOUR), View("layer1.0", map_order="maximum"), plan=PLAN, before=made
    )
    assert again.sides[0].mosaic is first.mosaic, "nothing of it has changed"
    assert again.sides[1].mosaic is not made.sides[1].mosaic
    other = maps_chart(first.reading, None, View("layer1.0", map_scale="layer"), plan=PLAN, before=made)
    assert other.sides[0].mosaic is not first.mosaic, "another scale"


def test_a_side_without_maps_says_why() -> None:
    made = chart(None, FOUR)
    assert (made.sides[0].message, made.sides[0].mosaic, made.sides[1].message) == ("not computed", None, "")
    assert made.order == (0, 1, 2, 3)
    nothing = maps_chart(None, None, View("layer1.0"), plan=PLAN)
    assert (nothing.order, [side.message for side in nothing.sides]) == ((), ["", ""])


def test_one_channel_is_on_the_scale_of_both_its_maps() -> None:
    made = channel_chart(
        reading(maps([[9, 9]], [[0, 1]])),
        reading(maps([[9, 9]], [[2, NAN]])),
        View("layer1.0", 1),
        plan=PLAN,
    )
    now, reference = made.sides
    assert now.colours is not None
    assert now.colours.places.tolist() == [[[0, 127]]]
    assert (now.odd, reference.odd, made.scale.ends) == (0, 1, ("0", "2"))
    assert (made.edges[0], made.edges[-1], len(made.edges)) == (1.0, 2.0, 41)
    assert (now.counts[0], now.counts.sum(), reference.counts[-1]) == (1, 1, 1), "zeros and NaN are left out"
    with pytest.raises(IndexError, match="no channel 16"):
        channel_chart(reading(FOUR), None, View("layer1.0", 16), plan=PLAN)
    with pytest.raises(KeyError):
        channel_chart(reading(FOUR), None, View("nothing"), plan=PLAN)


def test_a_value_is_told_with_the_one_beside_it() -> None:
    made = chart(FOUR, -FOUR)
    assert (
        value_words(made.sides, "now", 0, 1, 0) == "channel 0 (of 0 to 3) · y 1, x 0 · now 3 · reference -3"
    )
    wider = chart(FOUR, np.ones((4, 3, 3), np.float32))
    assert value_words(wider.sides, "reference", 0, 2, 2) == "channel 0 (of 0 to 3) · y 2, x 2 · reference 1"
    assert value_words(chart(None, FOUR).sides, "now", 0, 0, 0) == ""


def test_statistics_are_those_of_numpy_in_float64() -> None:
    found = statistics(FOUR)
    assert found.shape == (4, 5)
    assert found[0].tolist() == [2.5, np.std([1, 2, 3, 4]), 1, 4, 0]
    assert found[2, 4] == 0.75
