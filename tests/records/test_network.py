"""Blueprints by hand: shapes, counts, names and words."""

from __future__ import annotations

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint


def test_resnet20_laid_out_by_hand() -> None:
    plan = blueprint(spec("cifar-resnet-20"))
    assert plan.input_shape == (3, 32, 32)
    assert plan.stem_layers[0].weight_shape == (16, 3, 3, 3)
    assert plan.stem_shape == (16, 32, 32)
    assert [(s.number, len(s.blocks), s.output_shape) for s in plan.stages] == [
        (2, 3, (16, 32, 32)), (3, 3, (32, 16, 16)), (4, 3, (64, 8, 8)),
    ]  # fmt: skip
    by_hand = 3 * 16 * 9 * 32**2 + 6 * 16 * 16 * 9 * 32**2
    by_hand += (16 * 32 + 5 * 32 * 32) * 9 * 16**2 + (32 * 64 + 5 * 64 * 64) * 9 * 8**2 + 640
    assert plan.macs == by_hand
    assert sum(la.parameters for la in plan.layers) == 269_722 - 2 * (7 * 16 + 6 * 32 + 6 * 64)


def test_a_bottleneck_laid_out_by_hand() -> None:
    block = blueprint(spec("resnet50")).blocks[3]
    assert (block.number, block.stage, block.index, block.name) == (4, 3, 1, "layer2.0")
    assert (block.input_shape, block.output_shape) == ((256, 56, 56), (512, 28, 28))
    assert [(la.name, la.kind, la.weight_shape, la.output_shape, la.stride) for la in block.layers] == [
        ("layer2.0.conv1", "conv", (128, 256, 1, 1), (128, 56, 56), 1),
        ("layer2.0.conv2", "conv", (128, 128, 3, 3), (128, 28, 28), 2),
        ("layer2.0.conv3", "conv", (512, 128, 1, 1), (512, 28, 28), 1),
        ("layer2.0.downsample.0", "projection", (512, 256, 1, 1), (512, 28, 28), 2),
    ]
    assert block.projection == block.layers[-1]
    assert block.branch_layers == block.layers[:-1]
    assert {layer.block for layer in block.layers} == {4}
    assert block.layers[1].macs == 128 * 128 * 9 * 28 * 28


def test_a_deep_stem_laid_out_by_hand() -> None:
    plan = blueprint(spec("resnet26t"))
    assert [(la.name, la.weight_shape, la.output_shape, la.stride) for la in plan.stem_layers] == [
        ("conv1.0", (24, 3, 3, 3), (24, 112, 112), 2),
        ("conv1.3", (32, 24, 3, 3), (32, 112, 112), 1),
        ("conv1.6", (64, 32, 3, 3), (64, 112, 112), 1),
    ]
    assert plan.stem_shape == plan.blocks[0].input_shape == (64, 56, 56)
    assert plan.map_names()[:5] == ("conv1.0", "conv1.3", "conv1.6", "stem", "layer1.0.conv1")
    assert [plan.describe(name) for name in plan.map_names()[2:4]] == ["stem · conv1.6", "stem"]
    assert plan.block_of("conv1.3") is None
    projection = plan.blocks[2].projection
    assert projection is not None
    assert (projection.name, projection.stride, projection.macs) == (
        "layer2.0.downsample.1",
        1,
        512 * 256 * 28**2,
    )


@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-plain-56", "resnet50", "plain34"])
def test_everything_is_found_by_its_name(name: str) -> None:
    plan = blueprint(spec(name))
    assert [block.number for block in plan.blocks] == list(range(1, plan.spec.block_count + 1))
    assert len(set(plan.map_names())) == len(plan.map_names())
    assert len(plan.map_names()) == len(plan.layers) - 1 + 1 + len(plan.blocks), "no classifier, one stem"
    for layer in plan.layers:
        assert plan.layer(layer.name) is layer
        assert plan.shape_of(layer.name) == layer.output_shape
    for block in plan.blocks:
        assert plan.block_named(block.name) is block
        assert plan.shape_of(block.name) == block.output_shape
        for part in (block.name, *(layer.name for layer in block.layers)):
            assert plan.block_of(part) is block
    assert plan.block_of("conv1") is plan.block_of("fc") is plan.block_of("stem") is None
    assert plan.layer("layer9.0.conv1") is plan.block_named("layer9.0") is None
    with pytest.raises(KeyError, match=r"layer9\.0"):
        plan.shape_of("layer9.0")


def test_block_10_is_not_taken_for_block_1_of_its_stage() -> None:
    plan = blueprint(spec("cifar-resnet-110"))
    found = plan.block_of("layer1.10.conv1")
    assert found is not None
    assert found.name == "layer1.10"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conv1", "stem · conv1"),
        ("stem", "stem"),
        ("layer3.1", "block 6 · conv4_x 2"),
        ("layer3.1.conv2", "block 6 · conv4_x 2 · conv2"),
        ("layer3.0.downsample.0", "block 5 · conv4_x 1 · projection"),
        ("fc", "classifier"),
    ],
)
def test_names_in_words(name: str, words: str) -> None:
    assert blueprint(spec("resnet18")).describe(name) == words


def test_a_stage_in_words() -> None:
    assert blueprint(spec("cifar-resnet-56")).stages[1].label == "conv3_x · 32 ch · 16×16"


@pytest.mark.parametrize(("size", "last"), [(224, 7), (225, 8), (64, 2), (33, 2), (32, 1)])
def test_other_input_sizes_round_up_at_every_stride(size: int, last: int) -> None:
    for name in ("resnet18", "resnet18d"):
        plan = blueprint(spec(name), size)
        assert plan.blocks[-1].output_shape == (512, last, last)
        projections = [block.projection for block in plan.blocks if block.projection]
        assert [layer.output_shape for layer in projections] == [
            stage.output_shape for stage in plan.stages[1:]
        ]
        assert plan.parameters == blueprint(spec(name)).parameters


def test_a_plain_network_has_the_residual_ones_layers_without_projections() -> None:
    plain, residual = blueprint(spec("plain34")), blueprint(spec("resnet34"))
    kept = [layer for layer in residual.layers if layer.kind != "projection"]
    assert list(plain.layers) == kept
    assert {block.shortcut for block in plain.blocks} == {"none"}
    padded, plain_cifar = blueprint(spec("cifar-resnet-56")), blueprint(spec("cifar-plain-56"))
    assert padded.parameters == plain_cifar.parameters, "option A adds no parameter"
