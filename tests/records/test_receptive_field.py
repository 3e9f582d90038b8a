"""Receptive fields by hand and from the literature, and cells and marked points in each other's terms.

A second opinion by autograd stands in tests/core/test_sampling.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import Box, usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.receptive_field import (
    ReceptiveField,
    cell_field,
    marked_field,
    nearest_cell,
    samplings,
)
from resnet_viewer.records.wiring import Wiring


def state(name: str) -> NetworkState:
    network = spec(name)
    return NetworkState(network, usual_preprocessing(network), Wiring.all_open(network.block_count))


@pytest.mark.parametrize(
    ("name", "layer", "field"),
    [
        ("resnet18", "layer1.1", 43), ("resnet18", "layer2.1", 99), ("resnet18", "layer3.1", 211),
        ("resnet18", "layer4.1", 435), ("resnet50-paper", "layer4.2", 483),
        ("resnet50", "layer4.2", 427),  # torchvision's has its strides one layer later
        ("cifar-resnet-20", "conv1", 3), ("cifar-resnet-20", "layer1.2", 3 + 6 * 2),
        ("cifar-resnet-20", "layer2.2", 15 + 2 + 5 * 4), ("cifar-resnet-20", "layer3.2", 37 + 4 + 5 * 8),
        ("cifar-resnet-56", "layer3.8", 3 + 18 * 2 + 2 + 17 * 4 + 4 + 17 * 8),
        ("vgg16", "features.29", 196), ("alexnet", "features.10", 163),
    ],
)  # fmt: skip
def test_known_fields(name: str, layer: str, field: int) -> None:
    """Araujo et al. 2019 give 483 for ResNet-50's last block; CIFAR's are sums by hand: each 3×3 convolution adds two
    steps of the cells before it.
    """
    assert cell_field(state(name), layer, 0, 0).sampling.field == field


def test_only_open_paths_count() -> None:
    whole = state("cifar-resnet-20")
    blocks, wiring = blueprint(whole.network).blocks, whole.wiring
    for dropped, expected in (((), 15), ((1,), 11), ((1, 3), 7), ((1, 2, 3), 3)):
        gated = replace(whole, wiring=wiring.with_branches(dropped, 0.0))
        assert cell_field(gated, "layer1.2", 4, 4).sampling.field == expected
    weakened = replace(whole, wiring=wiring.with_branches([1], 0.1).with_shortcuts(range(1, 10), 0.0))
    assert cell_field(weakened, "layer1.2", 4, 4).sampling.field == 15, "a gate that is a little open is open"
    closed = replace(whole, wiring=wiring.with_branches([2], 0.0).with_shortcuts([2], 0.0))
    for name in ("layer1.1", "layer1.2.conv1", "layer3.2"):
        found = cell_field(closed, name, 3, 3)
        assert found.sampling == replace(samplings(whole.network, 32, wiring)[name], field=0)
        assert found.box is None
        assert "no open path" in found.words
    assert cell_field(closed, blocks[0].name, 4, 4).sampling.field == 7
    plain = state("vgg16")
    cut = replace(plain, wiring=plain.wiring.with_branches([3], 0.0))
    assert not cell_field(cut, "features.29", 4, 4).sampling.field


def test_a_field_is_clipped_and_says_so() -> None:
    field = ReceptiveField(Sampling(4, 0.0, 11), row=0, column=7, side=32)
    assert field.box == Box(23 / 32, 0.0, 1.0, 6 / 32)  # pixels 23 to 33 and -5 to 5
    assert field.mark == (28.5 / 32, 0.5 / 32)
    assert field.words == "11 × 11 of 32 × 32 pixels"
    large = replace(field, sampling=Sampling(4, 0.0, 67), column=4, row=3)
    assert large.is_everything
    assert large.words == "67 × 67 of 32 × 32 pixels: all of it"
    assert not replace(large, row=0, column=0, sampling=Sampling(4, 0.0, 61)).is_everything, (
        "one pixel is not seen"
    )
    assert replace(field, sampling=Sampling(4, -2.0, 3)).mark == (26.5 / 32, 0.0), "a middle outside is held"


@pytest.mark.parametrize(
    "name", ["resnet18", "cifar-resnet-56", "vgg16", "alexnet", "resnet50v2", "teaching-mnist"]
)
def test_a_cell_is_found_again_by_its_mark(name: str) -> None:
    found = state(name)
    plan = blueprint(found.network)
    for layer in (plan.map_names()[0], "stem", plan.blocks[len(plan.blocks) // 2].name, plan.blocks[-1].name):
        _, rows, columns = plan.shape_of(layer)
        for row, column in ((0, 0), (rows // 2, 0), (rows // 3, columns - 1)):
            cell = cell_field(found, layer, row, column)
            assert marked_field(found, layer, cell.mark) == cell, layer


def test_a_mark_lies_under_the_cell_whose_tile_it_is_in() -> None:
    """Cells of a stride of 32 look at every 32nd pixel from 0 on: the last one's tile ends 15.5 pixels before the edge,
    and what lies beyond belongs to it too.
    """
    places = [
        nearest_cell(Sampling(32, 0.0), (7, 7), 224, (x / 224, 0.0))[1] for x in (0, 16.4, 16.6, 208, 224)
    ]
    assert places == [0, 0, 1, 6, 6]
