"""A network's parts, one after the other, are its forward pass, bit for bit, whatever was put into it."""

from __future__ import annotations

from functools import reduce

import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, tiny

FAMILIES = [
    "cifar-resnet-8",
    "cifar-plain-8",
    "cifar-resnet-8-highway",
    "cifar-resnet-8-preact",
    "cifar-resnet-8-concat",
    "vgg16",
    "vgg16_bn",
    "alexnet",
    "resnet18",
    "resnet50d",
    "teaching-keras",
    "teaching-mnist",
    "teaching-mnist-concat",
]


def one_by_one(network: Network, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        return reduce(lambda x, part: part.run(x), network.parts(), pictures)


def wirings(blocks: int) -> list[Wiring]:
    cut = Wiring.all_open(blocks).with_shortcuts([1, blocks], 0.0)
    weak = Wiring.evenly(blocks, 0.5)
    dropped = Wiring((1.0,) * blocks, tuple(float(n % 2) for n in range(blocks)))
    return [Wiring.all_open(blocks), cut, weak, dropped, Wiring((0.0,) * blocks, (0.0,) * blocks)]


@pytest.mark.parametrize("name", FAMILIES)
def test_stem_blocks_and_head_one_by_one_are_the_forward_pass_bit_for_bit(name: str) -> None:
    described = spec(name)
    network = build(described)
    held = [part.blocks for part in network.parts()]
    assert [blocks for blocks in held if blocks] == [(n,) for n in range(1, described.block_count + 1)]
    assert held[-1] == ()
    side = 64 if described.data == "ImageNet" else described.input_size
    pictures = torch.randn(2, described.channels, side, side, generator=torch.Generator().manual_seed(0))
    for wiring in wirings(described.block_count):
        network.set_wiring(wiring)
        with torch.no_grad():
            assert torch.equal(one_by_one(network, pictures), network(pictures)), wiring


def test_a_stage_with_a_hook_or_of_another_kind_is_one_part() -> None:
    class Doubled(nn.Sequential):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002
            return 2 * super().forward(input)

    network = tiny("cifar-resnet-14")
    network.layer1.register_forward_hook(lambda module, given, output: output + 1)
    network.layer2 = Doubled(*network.layer2)
    assert [part.blocks for part in network.parts()] == [(), (1, 2), (3, 4), (5,), (6,), ()]
    with torch.no_grad():
        assert torch.equal(one_by_one(network, images()), network(images()))


def test_a_network_with_a_hook_is_one_part() -> None:
    network = tiny()
    network.register_forward_hook(lambda module, given, output: output + 1)
    assert [part.blocks for part in network.parts()] == [(1, 2, 3)]
    with torch.no_grad():
        assert torch.equal(one_by_one(network, images()), network(images()))


def test_a_replaced_block_is_the_part_of_its_number() -> None:
    network = tiny()
    network.get_submodule("layer2").add_module("0", nn.Conv2d(16, 32, 3, 2, 1))
    assert [part.blocks for part in network.parts()] == [(), (1,), (2,), (3,), ()]
    with torch.no_grad():
        assert torch.equal(one_by_one(network, images()), network(images()))
