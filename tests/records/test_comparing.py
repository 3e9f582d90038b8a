"""Which layer of one network stands beside which of another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.comparing import (
    BlockChange,
    block_beside,
    block_changes,
    have_same_plan,
    layer_beside,
    maps_beside,
    most_changed,
    reading_beside,
    spread,
    words_beside,
)
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import ProbeResult
from tests import fabricated


def test_ends_stand_beside_ends() -> None:
    assert spread(5, 1, 3) == [1, 1.5, 2, 2.5, 3]
    assert spread(1, 1, 3) == [2]
    assert spread(0, 1, 3) == []
    assert [block_beside(number, of=9, among=27) for number in (1, 5, 9)] == [1, 14, 27]
    assert [block_beside(number, of=27, among=9) for number in (1, 14, 27)] == [1, 5, 9]
    assert block_beside(1, of=1, among=4) == 4


@pytest.mark.parametrize(
    ("ours", "name", "theirs", "beside"),
    [
        ("cifar-resnet-56", "layer3.8", "cifar-plain-20", "layer3.2"),
        ("cifar-resnet-56", "layer3.8.conv2", "cifar-plain-20", "layer3.2.conv2"),
        ("cifar-resnet-56", "stem", "resnet18", "stem"),
        ("cifar-resnet-56", "conv1", "vgg19", "features.0"),
        ("resnet18", "layer4.0.downsample.0", "plain18", "layer4.0.conv2"),
        ("resnet50", "layer4.2.conv3", "resnet18", "layer4.1.conv2"),
        ("resnet34", "layer2.1.conv1", "vgg19", "features.12"),
        ("vgg19", "features.10", "resnet34", "layer2.0.conv2"),
        ("vgg19", "features.34", "alexnet", "features.10"),
        ("vgg19", "features.35", "resnet18", "layer4.1"),
        ("vgg19", "classifier.6", "resnet18", None),
        ("resnet50", "conv1", "resnet50d", "conv1.6"),
        ("resnet50d", "conv1.0", "resnet50", "conv1"),
        ("resnet26t", "conv1.3", "resnet50d", "conv1.3"),
        ("resnet50", "layer3.0.downsample.0", "resnet50d", "layer3.0.downsample.1"),
        ("resnet50d", "layer3.0.downsample.1", "plain50", "layer3.0.conv3"),
    ],
)
def test_a_layer_stands_beside_the_same_part_at_the_same_depth(
    ours: str, name: str, theirs: str, beside: str | None
) -> None:
    assert layer_beside(name, blueprint(spec(ours)), blueprint(spec(theirs))) == beside


def test_a_plain_network_has_the_layers_of_its_twin() -> None:
    residual, plain, shallower, projected = (
        blueprint(spec(f"cifar-{name}")) for name in ("resnet-20", "plain-20", "resnet-14", "resnet-20-c")
    )
    assert have_same_plan(residual, plain)
    assert have_same_plan(residual, residual)
    assert not have_same_plan(residual, shallower)
    assert not have_same_plan(residual, projected)


def test_maps_of_any_size_stand_beside_a_layer() -> None:
    ours, other = blueprint(spec("cifar-resnet-56")), blueprint(spec("resnet18"))
    reading = fabricated.scene(spec("cifar-plain-20")).now
    assert reading is not None
    found = maps_beside("layer3.8", ours, reading)
    assert found is reading.maps("layer3.2") or np.shares_memory(found, reading.maps("layer3.2"))
    wider = maps_beside("layer2.1", other, reading)
    assert wider is not None
    assert wider.shape == reading.maps("layer2.1").shape != other.shape_of("layer2.1")
    assert maps_beside("fc", other, reading) is None, "a layer of the head has no maps"
    assert reading_beside(27, ours, reading) is reading.blocks[8]


@pytest.mark.parametrize(
    "theirs", ["vgg19", "plain34", "teaching-mnist", "resnet50d", "alexnet", "cifar-resnet-20-highway"]
)
@pytest.mark.parametrize("ours", ["resnet34", "vgg19", "cifar-resnet-20", "teaching-mnist"])
def test_every_layer_has_one_beside_it_that_has_maps(ours: str, theirs: str) -> None:
    mine, other = blueprint(spec(ours)), blueprint(spec(theirs))
    known = other.map_names()
    places = []
    for name in mine.map_names():
        beside = layer_beside(name, mine, other)
        assert beside in known, name
        if mine.block_named(name):
            places.append(known.index(beside))
        whose = "" if ours == theirs else other.spec.title
        assert words_beside(name, mine, other) == f"{whose} · {other.describe(beside)}".removeprefix(" · ")
    assert places == sorted(places), "deeper stands beside deeper"


def changed_by(factors: dict[str, float]) -> tuple[ProbeResult, ProbeResult]:
    """A reading and its reference, whose maps differ by these factors."""
    base = fabricated.setup()
    question = base.question(base.state)
    assert question is not None
    reference = fabricated.result(question)
    with np.errstate(invalid="ignore"):
        maps = {
            name: np.float32(factors.get(name, 1.0)) * found for name, found in reference.activations.items()
        }
    return replace(reference, activations=maps), reference


def test_the_block_that_changed_most_is_found_by_its_relative_distance() -> None:
    now, reference = changed_by({"layer1.1": 1.5, "layer2.0": 0.0, "layer3.2": 1.25, "layer3.2.conv1": 9.0})
    found = {change.block.name: change.distance for change in block_changes(now, reference)}
    assert len(found) == 9
    assert found == pytest.approx(
        dict.fromkeys(found, 0.0) | {"layer1.1": 0.5, "layer2.0": 1.0, "layer3.2": 0.25}
    )
    most = most_changed(now, reference)
    assert isinstance(most, BlockChange)
    assert most.block.name == "layer2.0"
    assert "Block 4 changed most: its maps lie 1 times" in most.words


def test_what_cannot_be_compared_is_no_change() -> None:
    now, reference = changed_by({"layer1.1": np.inf, "layer2.0": np.nan, "layer3.1": 1.5})
    missing = {name: maps for name, maps in now.activations.items() if name != "layer2.1"}
    most = most_changed(replace(now, activations=missing), reference)
    assert isinstance(most, BlockChange)
    assert most.block.name == "layer3.1"
    assert [change.block.number for change in block_changes(replace(now, activations=missing), reference)] == [
        1, 3, 6, 7, 8, 9,
    ]  # fmt: skip
    nothing = most_changed(reference, reference)
    assert isinstance(nothing, str)
    assert "Nothing changed" in nothing
    assert "can be compared" in str(most_changed(replace(now, activations={}), reference))
    lit = replace(
        reference, activations=reference.activations | {"layer1.0": np.zeros((1, 16, 32, 32), np.float32)}
    )
    most = most_changed(reference, lit)
    assert isinstance(most, BlockChange)
    assert (most.block.number, most.distance) == (1, np.inf)
    assert "zeros alone" in most.words
    large = replace(
        reference, activations={name: maps * np.float32(1e30) for name, maps in lit.activations.items()}
    )
    assert isinstance(most_changed(large, reference), BlockChange), (
        "squares beyond float32 are finite in float64"
    )
