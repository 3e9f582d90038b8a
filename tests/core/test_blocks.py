"""A block's gates against `y = f(s · shortcut(x) + r · residual(x))`, written out in float64."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from resnet_viewer.core.blocks import Block
from tests.core.invented import images, tiny

STRENGTHS = [0.0, 0.3, 1.0]


def normalised(x: Tensor, bn: nn.Module) -> Tensor:
    assert isinstance(bn, nn.BatchNorm2d)
    assert bn.running_mean is not None
    assert bn.running_var is not None
    mean, var, scale, shift = (
        t.double()[None, :, None, None] for t in (bn.running_mean, bn.running_var, bn.weight, bn.bias)
    )
    return (x - mean) / (var + bn.eps).sqrt() * scale + shift


def written_out(block: Block, x: Tensor, s: float, r: float) -> Tensor:
    """The formula, naively, in float64; the shortcut of option A with loops."""
    stride = max(layer.stride for layer in block.spec.branch_layers)
    residual = x
    for index, layer in enumerate(block.spec.branch_layers, 1):
        conv, bn = block.get_submodule(f"conv{index}"), block.get_submodule(f"bn{index}")
        weight = conv.weight.double()
        residual = normalised(
            conv2d(residual, weight, stride=layer.stride, padding=weight.shape[-1] // 2, groups=layer.groups),
            bn,
        )
        if index < len(block.spec.branch_layers):
            residual = residual.clamp(min=0)
    match block.spec.shortcut:
        case "none":
            shortcut = torch.zeros_like(residual)
        case "identity":
            shortcut = x
        case "padding":
            shortcut = torch.zeros_like(residual)
            offset = (residual.shape[1] - x.shape[1]) // 2
            for channel in range(x.shape[1]):
                shortcut[:, offset + channel] = x[:, channel, ::stride, ::stride]
        case "projection":
            projection = block.get_submodule("downsample.0").weight.double()
            shortcut = normalised(conv2d(x, projection, stride=stride), block.get_submodule("downsample.1"))
    return (s * shortcut + r * residual).clamp(min=0)


@pytest.mark.parametrize("s", STRENGTHS)
@pytest.mark.parametrize("r", STRENGTHS)
@pytest.mark.parametrize(
    ("network", "number"),
    [
        ("cifar-resnet-8", 1),
        ("cifar-resnet-8", 2),
        ("cifar-plain-8", 2),
        ("resnet18", 3),
        ("resnet50", 4),
        ("cifar-resnet-8-c", 1),
        ("resnet50-a", 1),
        ("resnet50-a", 4),
        ("resnet50-paper", 4),
        ("resnext50_32x4d", 4),
    ],
)
def test_gates_follow_the_formula(network: str, number: int, s: float, r: float) -> None:
    block = _blocks(network)[number - 1]
    block.shortcut_strength, block.branch_strength = s, r
    channels = block.spec.input_shape[0]
    x = torch.randn(2, channels, 9, 8, generator=torch.Generator().manual_seed(number))
    with torch.no_grad():
        y = block(x)
        expected = written_out(block, x.double(), s, r)
    assert y.shape == expected.shape
    torch.testing.assert_close(y.double(), expected, rtol=1e-4, atol=1e-5)
    if s == r == 0.0:
        assert not y.any()


_NETWORKS: dict[str, tuple[Block, ...]] = {}


def _blocks(name: str) -> tuple[Block, ...]:
    if name not in _NETWORKS:
        _NETWORKS[name] = tiny(name).blocks
    return _NETWORKS[name]


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_plain_block_has_no_shortcut_whatever_its_gate_says(strength: float) -> None:
    block = copy.deepcopy(_blocks("cifar-plain-8")[0])
    block.branch_strength = 1.0
    x = images(2, 8, seed=2).repeat(1, 6, 1, 1)[:, :16]
    with torch.no_grad():
        block.shortcut_strength = 1.0
        expected = block(x)
        block.shortcut_strength = strength
        assert torch.equal(block(x), expected)


def test_a_closed_branch_is_not_run_and_gets_no_gradient() -> None:
    block = copy.deepcopy(_blocks("cifar-resnet-8")[0])
    block.shortcut_strength, block.branch_strength = 1.0, 0.0
    ran: list[nn.Module] = []
    block.get_submodule("conv1").register_forward_hook(lambda module, _inputs, _output: ran.append(module))
    x = images(1, 8).repeat(1, 6, 1, 1)[:, :16].requires_grad_()
    y = block(x)
    assert ran == []
    assert torch.equal(y, x.clamp(min=0))


def test_no_module_works_in_place() -> None:
    for name in ("cifar-resnet-8", "resnet50"):
        for block in _blocks(name):
            assert not any(getattr(module, "inplace", False) for module in block.modules())
    block = copy.deepcopy(_blocks("cifar-resnet-8")[0])
    block.shortcut_strength = block.branch_strength = 1.0
    kept: list[Tensor] = []
    copies: list[Tensor] = []
    for module in block.modules():
        if module is not block:
            module.register_forward_hook(
                lambda _module, _inputs, output: (kept.append(output), copies.append(output.clone()), None)[2]
            )
    with torch.no_grad():
        block(images(1, 8).repeat(1, 6, 1, 1)[:, :16])
    assert len(kept) == 6, "two convolutions, each with its normalisation and ReLU"
    assert all(torch.equal(now, then) for now, then in zip(kept, copies, strict=True))
