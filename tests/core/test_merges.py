"""How a block's two paths come together, and in which order its steps stand: against the formulas, written out."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, relu

from resnet_viewer.core.blocks import Block, GradientPath
from resnet_viewer.core.network import build
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights.catalog import spec
from tests.core.invented import images, tiny

STRENGTHS = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.25), (0.0, 0.0)]


def _block(name: str, number: int = 1) -> Block:
    return tiny(name).blocks[number - 1]


def _input(block: Block) -> Tensor:
    return torch.randn(2, *block.spec.input_shape[:1], 8, 8, generator=torch.Generator().manual_seed(5))


def _conv(block: Block, name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = block.get_parameter(f"{name}.weight")
    bias = dict(block.named_parameters()).get(f"{name}.bias")
    return conv2d(x, weight, bias, stride, weight.shape[-1] // 2)


def _bn(block: Block, name: str, x: Tensor) -> Tensor:
    norm = block.get_submodule(name)
    return batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)


def _usual(block: Block, x: Tensor) -> Tensor:
    return _bn(block, "bn2", _conv(block, "conv2", relu(_bn(block, "bn1", _conv(block, "conv1", x)))))


@pytest.mark.parametrize(("s", "r"), STRENGTHS)
def test_scaling_halves_both(s: float, r: float) -> None:
    block = _block("cifar-resnet-8-scaled")
    x = _input(block)
    block.shortcut_strength, block.branch_strength = s, r
    torch.testing.assert_close(block(x), relu(s * 0.5 * x + r * 0.5 * _usual(block, x)))


@pytest.mark.parametrize(("s", "r"), STRENGTHS)
def test_a_highway_divides_between_branch_and_shortcut(s: float, r: float) -> None:
    """Srivastava et al. 2015, equation 3: `y = T(x)·H(x) + (1 − T(x))·x`."""
    block = _block("cifar-resnet-8-highway")
    x = _input(block)
    block.shortcut_strength, block.branch_strength = s, r
    gate = torch.sigmoid(_conv(block, "gate", x))
    torch.testing.assert_close(block(x), relu(s * (1 - gate) * x + r * gate * _usual(block, x)))


@pytest.mark.parametrize(("s", "r"), STRENGTHS)
def test_a_shortcut_gate_leaves_the_branch_alone(s: float, r: float) -> None:
    block = _block("cifar-resnet-8-gated")
    x = _input(block)
    block.shortcut_strength, block.branch_strength = s, r
    gate = torch.sigmoid(_conv(block, "gate", x))
    torch.testing.assert_close(block(x), relu(s * (1 - gate) * x + r * _usual(block, x)))


@pytest.mark.parametrize(("s", "r"), STRENGTHS)
@pytest.mark.parametrize("number", [1, 2])
def test_concatenation_keeps_both(s: float, r: float, number: int) -> None:
    block = _block("cifar-resnet-8-concat", number)
    x = _input(block)
    block.shortcut_strength, block.branch_strength = s, r
    stride = 1 if number == 1 else 2
    first = relu(_bn(block, "bn1", _conv(block, "conv1", x, stride)))
    branch = _bn(block, "bn2", _conv(block, "conv2", first))
    expected = relu(torch.cat([s * x[:, :, ::stride, ::stride], r * branch], dim=1))
    torch.testing.assert_close(block(x), expected)
    assert expected.shape[1] == x.shape[1] + 12


def test_dropout_takes_from_the_shortcut_in_training_alone() -> None:
    block = _block("cifar-resnet-8-dropout")
    x = _input(block)
    torch.testing.assert_close(block(x), relu(x + _usual(block, x)))
    block.get_submodule("dropout").train()
    torch.manual_seed(0)
    difference = block(x) - relu(2 * x + _usual(block, x))
    kept = difference.abs() < 1e-5
    assert 0.3 < float(kept.float().mean()) < 0.95, "half of the shortcut's values are doubled, half are gone"


@pytest.mark.parametrize(("s", "r"), STRENGTHS)
@pytest.mark.parametrize("order", ["bnafter", "relubefore", "relupre", "preact"])
def test_the_orders_of_table_2(order: str, s: float, r: float) -> None:
    """He et al. 2016, Figure 4 b to e, in the second block of a stage."""
    block = tiny(f"cifar-resnet-14-{order}").blocks[1]
    x = _input(block)
    block.shortcut_strength, block.branch_strength = s, r
    match order:
        case "bnafter":
            branch = _conv(block, "conv2", relu(_bn(block, "bn1", _conv(block, "conv1", x))))
            expected = relu(_bn(block, "bn2", s * x + r * branch))
        case "relubefore":
            expected = s * x + r * relu(_usual(block, x))
        case "relupre":
            inner = relu(_bn(block, "bn1", _conv(block, "conv1", relu(x))))
            expected = s * x + r * _bn(block, "bn2", _conv(block, "conv2", inner))
        case "preact":
            inner = _conv(block, "conv1", relu(_bn(block, "bn1", x)))
            expected = s * x + r * _conv(block, "conv2", relu(_bn(block, "bn2", inner)))
    torch.testing.assert_close(block(x), expected)


def test_a_gate_begins_where_its_name_says() -> None:
    bias = build(spec("cifar-resnet-8-highway=-3")).get_parameter("layer1.0.gate.bias")
    assert bias.tolist() == [-3.0] * 16


@pytest.mark.parametrize(
    ("ending", "deviation"),
    [("", (2 / (16 * 9)) ** 0.5), ("-xavier", (2 / (32 * 9)) ** 0.5), ("-normal=0.05", 0.05)],
)
def test_initialisations_have_the_deviation_of_their_formula(ending: str, deviation: float) -> None:
    network = build(spec(f"cifar-plain-56{ending}"))
    drawn = torch.cat([network.get_parameter(f"layer1.{i}.conv2.weight").flatten() for i in range(9)])
    assert float(drawn.detach().std()) == pytest.approx(deviation, rel=0.02)


def test_a_gates_opening_is_the_mean_of_its_decision() -> None:
    network = tiny("cifar-resnet-8-highway")
    pictures = images(2)
    with Probe(network) as probe:
        reading = probe.read(probe.look(pictures), [1, 2])
    with torch.no_grad():
        stem = network.relu(network.bn1(network.conv1(pictures)))
        gate = torch.sigmoid(network.get_submodule("layer1.0.gate")(stem))
    assert reading.blocks[0].opening == pytest.approx(float(gate.mean()), rel=1e-6)
    assert all(block.opening is not None for block in reading.blocks)
    network = tiny("cifar-resnet-8")
    with Probe(network) as probe:
        usual = probe.read(probe.look(pictures), [1, 2])
    assert all(block.opening is None for block in usual.blocks)


@pytest.mark.parametrize(
    "ending", ["", "-c", "-highway", "-gated", "-concat", "-scaled", "-preact", "-c-preact"]
)
@pytest.mark.parametrize("number", [1, 2])
def test_what_goes_back_through_either_path_alone_adds_up_to_the_gradient(ending: str, number: int) -> None:
    block = _block(f"cifar-resnet-8{ending}", number)
    x = _input(block).requires_grad_()
    block.shortcut_strength, block.branch_strength = 0.75, 0.5
    values, gradients = {}, {}
    for path in get_args(GradientPath):
        block.gradient_path = path
        values[path] = block(x)
        chosen = torch.randn(values[path].shape, generator=torch.Generator().manual_seed(1))
        (gradients[path],) = torch.autograd.grad(values[path], x, chosen)
    assert torch.equal(values["branch"], values["both"])
    assert torch.equal(values["shortcut"], values["both"])
    assert gradients["branch"].any()
    assert gradients["shortcut"].any()
    torch.testing.assert_close(gradients["branch"] + gradients["shortcut"], gradients["both"])
