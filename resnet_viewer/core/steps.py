"""The steps of a blueprint as modules and functions. None works in place, so that what a recorder keeps stays true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.records import layers
from resnet_viewer.records.layers import LayerSpec, Step

Function = Callable[[Tensor], Tensor]


class Conv2d(nn.Conv2d):
    """A convolution whose padding differs before and after, as TensorFlow's "same" does."""

    def __init__(self, layer: LayerSpec) -> None:
        outputs, inputs, kernel, _ = layer.weight_shape
        super().__init__(
            inputs * layer.groups, outputs, kernel, layer.stride, groups=layer.groups, bias=layer.has_bias
        )
        self.border = (*layer.padding, *layer.padding)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')"""
        return super().forward(F.pad(x, self.border))


def make(step: Step) -> Function:
    """One step, its weights not yet drawn."""
    match step:
        case "relu":
            return torch.relu
        case "flatten":
            return partial(torch.flatten, start_dim=1)
        case LayerSpec(kind="linear"):
            outputs, inputs = step.weight_shape
            return nn.Linear(inputs, outputs, bias=step.has_bias)
        case LayerSpec():
            return _convolution(step)
        case layers.Normalisation():
            return nn.BatchNorm2d(step.channels, step.epsilon)
        case layers.Pooling():
            return _pooling(step)
        case layers.GlobalPooling():
            return (nn.AdaptiveAvgPool2d if step.kind == "average" else nn.AdaptiveMaxPool2d)(step.side)
        case layers.ChannelPadding():
            return partial(padded, added=step.added, stride=step.stride)
        case layers.Scaling():
            return partial(torch.mul, other=step.factor)
        case layers.Dropout():
            return nn.Dropout(step.rate)
        case unknown:
            assert_never(unknown)


def padded(x: Tensor, *, added: int, stride: int) -> Tensor:
    """Option A: (N, C, H, W) -> (N, C + added, ⌈H/stride⌉, ⌈W/stride⌉), the zero channels half before, half after."""
    kept = x[:, :, ::stride, ::stride]
    return F.pad(kept, (0, 0, 0, 0, added // 2, added - added // 2)) if added else kept


def run(steps: Iterable[Function], x: Tensor) -> Tensor:
    """One after the other."""
    for step in steps:
        x = step(x)
    return x


def _convolution(layer: LayerSpec) -> nn.Conv2d:
    before, after = layer.padding
    if before != after:
        return Conv2d(layer)
    outputs, inputs, kernel, _ = layer.weight_shape
    return nn.Conv2d(
        inputs * layer.groups, outputs, kernel, layer.stride, before, groups=layer.groups, bias=layer.has_bias
    )


def _pooling(pooling: layers.Pooling) -> Function:
    make: Callable[..., nn.Module] = nn.MaxPool2d
    if pooling.kind == "average":
        make = partial(nn.AvgPool2d, count_include_pad=not pooling.keeps_rest)
    make = partial(make, ceil_mode=pooling.keeps_rest)
    before, after = pooling.padding
    if before == after and not pooling.zeros:
        return make(pooling.kernel, pooling.stride, before)
    border = 0.0 if pooling.zeros else -torch.inf
    return partial(
        _bordered,
        border=(before, after, before, after),
        value=border,
        pool=make(pooling.kernel, pooling.stride),
    )


def _bordered(x: Tensor, *, border: tuple[int, ...], value: float, pool: nn.Module) -> Tensor:
    found: Tensor = pool(F.pad(x, border, value=value))
    return found
