"""Blocks that are left out: their input goes on unchanged, bit for bit, as in modules that were edited by hand."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision import models

from resnet_viewer.core.network import Network, ReplacedError
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, tiny
from tests.core.test_meter import Room, assert_is, plain_logits
from tests.core.test_parts import one_by_one


def free_blocks(network: Network) -> list[int]:
    return [block.number for block in blueprint(network.spec).blocks if not block.stays]


def edited_by_hand(network: Network, blocks: Sequence[int]) -> nn.Module:
    """A copy whose blocks are Identity, with the layers that stand before them in VGG and AlexNet."""
    found = copy.deepcopy(network, {id(tensor): tensor for tensor in network.parameters()})
    for number in blocks:
        block = blueprint(network.spec).blocks[number - 1]
        outside = [layer.name for layer in block.layers if not layer.name.startswith(f"{block.name}.")]
        norms = [f"features.{int(name.split('.')[1]) + 1}" for name in outside if network.spec.is_normalised]
        for path in (block.name, *outside, *norms):
            home, _, name = path.rpartition(".")
            found.get_submodule(home)._modules[name] = nn.Identity()
    return found


def logits(network: nn.Module, pictures: Tensor) -> Tensor:
    with torch.no_grad():
        found: Tensor = network(pictures)
    return found


@pytest.mark.parametrize(
    ("name", "free"),
    [
        ("cifar-plain-20", [1, 2, 3, 5, 6, 8, 9]),
        ("cifar-plain-14-nobn", [1, 2, 4, 6]),
        ("vgg16", [1, 3, 5, 6, 8, 9, 11, 12]),
        ("vgg16_bn", [1, 3, 5, 6, 8, 9, 11, 12]),
        ("alexnet", [4]),
        ("plain18", [1, 2, 4, 6, 8]),
        ("cifar-resnet-20", []),
    ],
)
def test_a_left_out_block_is_nn_identity_bit_for_bit(name: str, free: list[int]) -> None:
    network = tiny(name)
    assert free_blocks(network) == free
    pictures = images(2, 64 if network.spec.data == "ImageNet" else 32)
    intact = logits(network, pictures)
    for blocks in ([number] for number in free[:4]):
        network.set_wiring(Wiring.all_open(network.spec.block_count).with_left_out(blocks))
        found = logits(network, pictures)
        assert torch.equal(found, logits(edited_by_hand(network, blocks), pictures)), blocks
        assert torch.equal(found, one_by_one(network, pictures))
        assert not torch.equal(found, intact)
    network.set_wiring(Wiring.all_open(network.spec.block_count).with_left_out(free))
    assert network.wiring.left_out == tuple(free)
    assert torch.equal(logits(network, pictures), logits(edited_by_hand(network, free), pictures))
    network.set_wiring(Wiring.all_open(network.spec.block_count))
    assert torch.equal(logits(network, pictures), intact)


def test_torchvisions_own_vgg_without_the_same_layers_says_the_same() -> None:
    network = tiny("vgg16")
    stock = models.vgg16(weights=None).eval()
    stock.load_state_dict(network.state_dict())
    block = blueprint(network.spec).blocks[5 - 1]
    assert (block.name, block.layers[0].name) == ("features.13", "features.12")
    stock.features[12], stock.features[13] = nn.Identity(), nn.Identity()
    network.set_wiring(Wiring.all_open(network.spec.block_count).with_left_out([5]))
    pictures = images(2, 64)
    assert torch.equal(logits(network, pictures), logits(stock, pictures))


def test_dropping_a_plain_block_is_another_thing() -> None:
    network = tiny("cifar-plain-8")
    network.set_wiring(network.wiring.with_branches([1], 0.0))
    assert torch.equal(logits(network, images(1, seed=1)), logits(network, images(1, seed=2)))
    network.set_wiring(Wiring.all_open(3).with_left_out([1]))
    assert not torch.equal(logits(network, images(1, seed=1)), logits(network, images(1, seed=2)))


@pytest.mark.parametrize(
    ("name", "block", "sentence"),
    [
        ("cifar-resnet-8", 1, "Block 1 · conv2_x 1 has a shortcut, which carries its input on"),
        ("cifar-plain-8", 2, "Block 2 · conv3_x 1 makes maps of 32×16×16 of 16×32×32"),
        ("vgg16", 10, "cannot be left out"),
    ],
)
def test_where_a_shortcut_or_the_shape_forbids_it_nothing_is_changed(
    name: str, block: int, sentence: str
) -> None:
    network = tiny(name)
    before = network.wiring.with_branches([3], 0.5)
    network.set_wiring(before)
    with pytest.raises(UserError, match=sentence):
        network.set_wiring(Wiring.all_open(network.spec.block_count).with_left_out([block]))
    assert network.wiring == before


def test_layers_that_would_be_run_nevertheless_are_a_reason_to_refuse() -> None:
    network = tiny("vgg16")
    network.features = nn.Sequential(*network.features)
    with pytest.raises(ReplacedError, match="features of this VGG-16 was replaced by a Sequential"):
        network.set_wiring(network.wiring.with_left_out([3]))
    network = tiny("cifar-plain-8")
    network.layer1[0] = nn.Identity()
    with pytest.raises(ReplacedError, match="neither cut nor dropped nor left out"):
        network.set_wiring(network.wiring.with_left_out([1]))


def test_the_meter_measures_what_is_left_out_wherever_it_starts() -> None:
    room = Room(tiny("cifar-plain-20"))
    whole = room.state.wiring
    for wiring in (
        whole,
        whole.with_left_out([9]),
        whole.with_left_out([2]),
        whole.with_left_out([2, 9]),
        whole,
    ):
        now = replace(room.state, wiring=wiring)
        assert_is(room.ask(now).now, plain_logits(room.network, now, room.ask(now).request.test_set))
        assert room.network.wiring.is_open, "left behind"


def test_a_probe_reads_the_block_before_in_its_place() -> None:
    network = tiny("cifar-plain-20")
    network.set_wiring(network.wiring.with_left_out([1, 5]))
    with Probe(network) as probe:
        seen = probe.look(images())
        assert torch.equal(seen.kept["layer2.1"], seen.kept["layer2.0"])
        assert torch.equal(seen.kept["layer1.0"], seen.kept["stem"])
        assert "layer2.1.conv1" not in seen.kept
        read = probe.read(seen, [3])
    before, left_out = read.blocks[3], read.blocks[4]
    assert left_out.gradient_norm == before.gradient_norm > 0
    assert np.array_equal(left_out.cam, before.cam)
    norms = {layer.name: layer.gradient_norm for layer in read.layers}
    assert (norms["layer2.1.conv1"], norms["layer1.0.conv2"]) == (0.0, 0.0)
    assert norms["layer2.0.conv1"] > 0


def test_it_looks_no_further_than_what_it_is_given() -> None:
    plan = blueprint(spec("cifar-plain-20"))
    whole = Wiring.all_open(9)
    found = plan.samplings(whole.with_left_out([2, 3]))
    assert found["layer1.2"] == found["layer1.0"] == plan.samplings(whole)["layer1.0"]
    assert found["layer3.2"].field == plan.samplings(whole)["layer3.2"].field - 4 * 2
