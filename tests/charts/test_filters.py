"""A layer's filters as tiles: which, in which order, in which colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.filters import MOST, MOST_TILES, FiltersChart, filters_chart
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.filters import filter_layer, weights_question
from resnet_viewer.records.layers import conv
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.session import View


def chart(weights: np.ndarray, **view: object) -> FiltersChart:
    outputs, inputs, kernel, _ = weights.shape
    layer = conv("conv", (inputs, 8, 8), outputs, kernel)
    return filters_chart(weights.astype(np.float32), layer, View(map_signed_colours="vik", **view))  # type: ignore[arg-type]


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape)


def test_filters_of_colours_are_in_colour_with_grey_for_zero() -> None:
    weights = np.zeros((2, 3, 2, 2))
    weights[0, 0, 0, 1], weights[0, 2, 1, 0], weights[1, 1, 1, 1] = 1.0, -0.5, 0.25
    made = chart(weights)
    assert made.kind == "colour"
    assert made.rgb is not None
    assert made.rgb[0].tolist() == [[[128] * 3, [255, 128, 128]], [[128, 128, 64], [128] * 3]]
    assert made.rgb[1, 1, 1].tolist() == [128, 159, 128]
    assert (made.scale.ends, made.words) == (("−1", "1"), "all 2 filters")
    each = chart(weights, filters_scale="each")
    assert each.rgb is not None
    assert each.rgb[1, 1, 1].tolist() == [128, 255, 128]
    assert made.value_words(0, 1, 0) == "filter 0 · y 1, x 0 · red 0, green 0, blue -0.5"
    weights[1] = np.nan
    lost = chart(weights)
    assert lost.rgb is not None
    assert lost.rgb[1].min() == 255
    assert lost.mosaic.is_not_finite.tolist() == [False, True]


def test_every_kernel_has_its_row_and_column() -> None:
    weights = drawn(5, 4, 3, 3)
    weights[2] *= 10
    made = chart(weights)
    assert (made.kind, made.columns) == ("matrix", 4)
    assert made.mosaic.order.tolist() == np.repeat(np.arange(5), 4).tolist()
    assert made.inputs.tolist() == list(range(4)) * 5
    assert made.words == "a row for each filter: all 5 filters × all 4 inputs"
    limit = np.abs(weights).max()
    places = made.mosaic.maps.places
    assert places[9].tolist() == np.clip((weights[2, 1] / limit + 1) * 128, 0, 255).astype(np.uint8).tolist()
    assert made.value_words(9, 1, 2).startswith("filter 2 · input 1 · y 1, x 2 · weight ")
    each = chart(weights, filters_scale="each")
    rows = each.mosaic.maps.places.reshape(5, 4, 9).astype(int)
    assert all(max(row.max(), 255 - row.min()) == 255 for row in rows), (
        "each filter reaches its own last colour"
    )
    assert "each filter on its own scale" in each.scale.words


def test_of_many_filters_the_strongest_are_on_the_first_page() -> None:
    weights = drawn(80, 50, 1, 1)
    weights[77] *= 9
    weights[:, 49] *= 5
    made = chart(weights)
    assert made.columns == MOST
    rows = made.mosaic.order[::MOST]
    strength = np.linalg.norm(weights.reshape(80, -1), axis=1)
    assert rows.tolist() == np.argsort(-strength.astype(np.float32), kind="stable")[:MOST].tolist()
    assert rows[0] == 77
    assert made.inputs[0] == 49
    assert made.words == (
        f"a row for each filter: {MOST} of 80 filters, the strongest first × {MOST} of 50 inputs, the strongest first"
        ", page 1 of 3"
    )
    last = chart(weights, filters_page=2)
    assert (last.page, last.pages, len(last.mosaic.order)) == (2, 3, (80 - 2 * MOST) * MOST)
    assert chart(weights, filters_page=99).page == 2, "a page that a smaller layer does not have"
    seen = [set(chart(weights, filters_page=page).mosaic.order.tolist()) for page in range(3)]
    assert set.union(*seen) == set(range(80))
    assert sum(map(len, seen)) == 80


def test_the_kernels_of_one_filter() -> None:
    weights = drawn(6, 700, 3, 3)
    made = chart(weights, channel=4)
    assert (made.kind, made.columns, made.pages) == ("tiles", None, 2)
    assert len(made.inputs) == MOST_TILES
    assert set(made.mosaic.order.tolist()) == {4}
    assert made.words.startswith(f"filter 4: {MOST_TILES} of 700 inputs, the strongest first")
    assert float(made.value_words(0, 0, 0).split()[-1]) == pytest.approx(
        np.float32(weights[4, made.inputs[0], 0, 0]), rel=1e-3
    )
    alone = chart(drawn(6, 1, 3, 3), channel=4)
    assert (alone.kind, len(alone.inputs)) == ("tiles", 6), "of one input the filter is its kernel"
    assert alone.value_words(3, 0, 0).startswith("filter 3 · y 0")
    assert chart(weights, channel=99).kind == "matrix", "a channel of a layer that has more"


def test_zeros_are_said_to_be_dead_and_have_no_scale() -> None:
    made = chart(np.zeros((2, 2, 3, 3)))
    assert made.mosaic.is_dead.all()
    assert made.scale.ends == ("0", "")
    assert (made.mosaic.maps.places == 0).all()


def test_which_filters_belong_to_what_is_selected() -> None:
    plan = blueprint(spec("cifar-resnet-20"))
    assert [filter_layer(plan, name).name for name in ("stem", "conv1", "layer2.0", "layer2.0.conv1")] == [
        "conv1", "conv1", "layer2.0.conv2", "layer2.0.conv1",
    ]  # fmt: skip
    assert weights_question(plan, "layer2.0").layer == "layer2.0.conv2"
    for name in ("resnet50", "vgg16", "alexnet", "resnet14t", "teaching-mnist", "cifar-resnet-20-highway"):
        whole = blueprint(spec(name))
        assert all(len(filter_layer(whole, maps).weight_shape) == 4 for maps in whole.map_names()), name
    with pytest.raises(KeyError):
        filter_layer(plan, "fc9")


def test_the_same_question_of_the_same_network_is_one() -> None:
    plan = blueprint(spec("cifar-resnet-20"))
    assert weights_question(plan, "layer2.0") == weights_question(plan, "layer2.0.conv2")
    other = replace(spec("cifar-resnet-20"), seed=5)
    assert weights_question(blueprint(other), "layer2.0") != weights_question(plan, "layer2.0")
