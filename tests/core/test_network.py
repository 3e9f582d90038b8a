"""Our networks against torchvision's, the paper's table, and their own blueprints."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from resnet_viewer.core.network import Network, build, wired
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import forward_order, images, random_state, tiny

PARAMETERS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "resnext101_64x4d": 83_455_272,
    "cifar-resnet-20": 269_722,
    "cifar-resnet-32": 464_154,
    "cifar-resnet-44": 658_586,
    "cifar-resnet-56": 853_018,
    "cifar-resnet-110": 1_727_962,
}
"""torchvision's documentation; He et al. 2015, Table 6: 0.27, 0.46, 0.66, 0.85, 1.7 million for CIFAR."""


def on_meta(name: str) -> Network:
    with torch.device("meta"):
        return Network(spec(name))


def stock(name: str) -> nn.Module:
    from torchvision import models

    with torch.device("meta"):
        network = getattr(models, name)(weights=None)
    assert isinstance(network, nn.Module)
    return network


@pytest.mark.parametrize("name", [name for name in PARAMETERS if not name.startswith("cifar")])
def test_state_has_torchvisions_names_and_shapes_in_its_order(name: str) -> None:
    ours, theirs = on_meta(name).state_dict(), stock(name).state_dict()
    assert [(key, value.shape) for key, value in ours.items()] == [(k, v.shape) for k, v in theirs.items()]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "wide_resnet50_2", "resnext50_32x4d"])
def test_open_network_equals_torchvision_bit_for_bit(name: str) -> None:
    """The deeper ones repeat these blocks."""
    theirs = stock(name)
    state = random_state(theirs.state_dict(), seed=3)
    theirs.load_state_dict(state, assign=True)
    theirs.eval()
    ours = build(spec(name), state)
    pictures = images(2, 64, seed=1)
    with torch.no_grad():
        expected = theirs(pictures)
        assert torch.equal(ours(pictures), expected)
        assert expected.std() > 0, "the invented weights let nothing through: nothing was compared"


def test_training_mode_equals_torchvision_bit_for_bit() -> None:
    theirs = stock("resnet18")
    state = random_state(theirs.state_dict(), seed=4)
    theirs.load_state_dict({name: value.clone() for name, value in state.items()}, assign=True)
    ours = build(spec("resnet18"), state)
    pictures = images(2, 64)
    logits = [network.train()(pictures) for network in (ours, theirs)]
    assert torch.equal(*logits)
    for one in logits:
        one.square().sum().backward()
    for (name, mine), yours in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert mine.grad is not None
        assert yours.grad is not None
        assert torch.equal(mine.grad, yours.grad), name
    assert torch.equal(ours.bn1.running_mean, theirs.get_buffer("bn1.running_mean"))


@pytest.mark.parametrize("name", [*PARAMETERS, "cifar-plain-20", "plain18", "plain50"])
def test_parameters_of_blueprint_and_network_agree_with_the_paper(name: str) -> None:
    counted = sum(parameter.numel() for parameter in on_meta(name).parameters())
    assert blueprint(spec(name)).parameters == counted
    assert PARAMETERS.get(name, counted) == counted


def test_the_deepest_network_is_counted_without_building_it() -> None:
    assert blueprint(spec("cifar-resnet-1202")).parameters == 19_421_274


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("cifar-resnet-20", 32),
        ("cifar-resnet-14", 19),
        ("cifar-plain-14", 32),
        ("resnet18", 75),
        ("resnet50", 64),
        ("plain18", 64),
    ],
)
def test_blueprint_lists_what_the_forward_pass_runs(name: str, side: int) -> None:
    plan = blueprint(spec(name), side)
    network = build(spec(name))
    ran = forward_order(network, images(1, side))
    assert [layer.name for layer in plan.layers] == [layer for layer, _, _ in ran]
    for layer, (_, module, output) in zip(plan.layers, ran, strict=True):
        weight = module.weight
        assert isinstance(weight, torch.Tensor)
        assert layer.weight_shape == tuple(weight.shape), layer.name
        assert layer.output_shape == (*output, *(1,) * (3 - len(output))), layer.name
        assert layer.parameters == sum(p.numel() for p in module.parameters()), layer.name
        if isinstance(module, nn.Conv2d):
            assert module.stride == (layer.stride, layer.stride), layer.name
    macs = sum(m.weight.numel() // m.weight.shape[0] * torch.Size(shape).numel() for _, m, shape in ran)
    assert plan.macs == macs


def test_macs_of_resnet18_are_the_published_ones() -> None:
    assert blueprint(spec("resnet18")).macs == 1_814_073_344


@pytest.mark.parametrize("name", ["cifar-resnet-14", "cifar-plain-14", "resnet18"])
def test_blueprint_blocks_have_the_shapes_that_the_blocks_give(name: str) -> None:
    plan = blueprint(spec(name), 48)
    network = build(spec(name))
    shapes: dict[str, tuple[int, ...]] = {}
    for block in plan.blocks:

        def note(_module: nn.Module, _inputs: object, output: torch.Tensor, name: str = block.name) -> None:
            shapes[name] = tuple(output.shape[1:])

        network.get_submodule(block.name).register_forward_hook(note)
    with torch.no_grad():
        network(images(1, 48))
    assert [(block.name, block.output_shape) for block in plan.blocks] == list(shapes.items())
    assert [block.spec for block in network.blocks] == [
        block for stage in blueprint(spec(name)).stages for block in stage.blocks
    ]


def test_seed_draws_the_weights_and_nothing_else_moves() -> None:
    before = torch.get_rng_state()
    one, again, other = (build(spec("cifar-resnet-8")), build(spec("cifar-resnet-8")), build(_seeded(5)))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), again.parameters(), strict=True))
    assert not torch.equal(one.conv1.weight, other.conv1.weight)
    assert not torch.equal(one.fc.bias, other.fc.bias)
    assert not any(module.training for module in one.modules())


def _seeded(seed: int) -> NetworkSpec:
    return replace(spec("cifar-resnet-8"), seed=seed)


def test_initialisation_is_that_of_he_et_al() -> None:
    network = build(spec("cifar-resnet-20"))
    weight = network.get_parameter("layer3.1.conv1.weight")
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert weight.mean().item() == pytest.approx(0, abs=0.001)
    assert network.fc.weight.abs().max().item() <= 64**-0.5
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert torch.equal(module.weight, torch.ones_like(module.weight))
            assert module.running_var is not None
            assert torch.equal(module.running_var, torch.ones_like(module.running_var))


def test_a_state_that_does_not_fit_is_refused() -> None:
    state = tiny("cifar-resnet-8").state_dict()
    with pytest.raises(RuntimeError, match=r"layer1\.1\.conv1"):
        build(spec("cifar-resnet-14"), state)


def test_gates_lie_outside_the_state_dict() -> None:
    network = tiny()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.set_wiring(Wiring((0.0, 0.5, 1.0), (1.0, 0.25, 0.0)))
    assert list(network.state_dict()) == list(before)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_wiring_is_read_back_and_shortcuts_gate_the_whole_network() -> None:
    network = tiny()
    wiring = Wiring((0.0, 0.5, 1.0), (1.0, 0.25, 0.0))
    with torch.no_grad():
        intact = network(images())
        network.set_wiring(wiring)
        assert network.wiring == wiring
        cut = network(images())
        network.set_wiring(Wiring.all_open(3))
        assert torch.equal(network(images()), intact)
    assert not torch.allclose(cut, intact)


@pytest.mark.parametrize("blocks", [0, 2, 4])
def test_a_wiring_for_another_number_of_blocks_is_refused(blocks: int) -> None:
    network = tiny()
    with pytest.raises(ValueError, match=f"A wiring of {blocks} blocks does not fit a network of 3"):
        network.set_wiring(Wiring.all_open(blocks))
    assert network.wiring.is_open


def test_wired_restores_the_gates_after_an_exception() -> None:
    network = tiny()
    old = Wiring((1.0, 0.0, 0.5), (1.0, 1.0, 0.5))
    network.set_wiring(old)

    def stop_inside() -> None:
        with wired(network, Wiring((0.0,) * 3, (1.0,) * 3)) as changed:
            assert changed.wiring.cut == (1, 2, 3)
            raise KeyError("stopped inside")

    with pytest.raises(KeyError, match="stopped inside"):
        stop_inside()
    assert network.wiring == old
