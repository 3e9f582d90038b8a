"""The steps of a blueprint as modules and functions, and how a module runs its children.

None works in place, so that what a recorder keeps stays true. What runs children holds their *names* and takes what is
registered under them at every call, so that a replaced one is run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeGuard, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.records import layers
from resnet_viewer.records.layers import LayerSpec, NamedStep, Step

Function = Callable[[Tensor], Tensor]
Flow = tuple[str | Function, ...]
"""What runs one after the other: children by their names, and what has none."""


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


class Scale(nn.Module):
    """Multiplication by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return x * self.factor


class Multiplier(nn.Module):
    """Multiplication by one number that is learned; `start` is what it begins as."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.start = start
        self.weight = nn.Parameter(torch.empty(1))

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return x * self.weight


class Bias(nn.Module):
    """Addition of one number that is learned, from `start` on."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.start = start
        self.bias = nn.Parameter(torch.empty(1))

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return x + self.bias


def is_named(step: Step) -> TypeGuard[NamedStep]:
    """Whether a step becomes a module."""
    return isinstance(step, NamedStep)


def function(step: Step) -> Function:
    """A step that becomes no module: captum and others have no rules for such ones, and need none."""
    match step:
        case "flatten":
            return partial(torch.flatten, start_dim=1)
        case layers.ChannelPadding():
            return partial(padded, added=step.added, stride=step.stride)
    raise ValueError(f"{step.name} is a module")


def make(step: NamedStep) -> nn.Module:
    """The module of one step, its weights not yet drawn."""
    match step:
        case layers.ReLU():
            return nn.ReLU()
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
        case layers.Scaling():
            return Scale(step.factor)
        case layers.Scalar():
            return (Multiplier if step.kind == "multiplier" else Bias)(step.start)
        case layers.Dropout():
            return nn.Dropout(step.rate)
        case unknown:
            assert_never(unknown)


def padded(x: Tensor, *, added: int, stride: int) -> Tensor:
    """Option A: (N, C, H, W) -> (N, C + added, ⌈H/stride⌉, ⌈W/stride⌉), the zero channels half before, half after."""
    kept = x[:, :, ::stride, ::stride]
    return F.pad(kept, (0, 0, 0, 0, added // 2, added - added // 2)) if added else kept


def register(root: nn.Module, path: str, module: nn.Module) -> None:
    """Register a module under a dotted path, with containers on the way."""
    *way, name = path.split(".")
    for part in way:
        if part not in root._modules:
            root.add_module(part, nn.Sequential())
        root = root.get_submodule(part)
    root.add_module(name, module)


def flow(steps: Iterable[Step], inside: str = "") -> Flow:
    """The children that run the steps whose names begin with `inside`, each once, and the steps without a name.

    Example:
        >>> from resnet_viewer.records.layers import ReLU
        >>> flow([ReLU("layer1.0.relu1"), ReLU("layer1.0.downsample.0"), ReLU("layer1.0.downsample.1")], "layer1.0.")
        ('relu1', 'downsample')
    """
    found: dict[str | Function, None] = {}
    for step in steps:
        if not is_named(step):
            found[function(step)] = None
        elif step.name.startswith(inside):
            found[step.name.removeprefix(inside).split(".")[0]] = None
    return tuple(found)


def run(home: nn.Module, steps: Flow, x: Tensor) -> Tensor:
    """The steps one after the other, children of `home` as they are registered now."""
    children = home._modules  # its own look-up costs ten times as much; it is left what is missing here
    for step in steps:
        x = (children.get(step) or getattr(home, step))(x) if isinstance(step, str) else step(x)
    return x


def _convolution(layer: LayerSpec) -> nn.Conv2d:
    before, after = layer.padding
    if before != after:
        return Conv2d(layer)
    outputs, inputs, kernel, _ = layer.weight_shape
    return nn.Conv2d(
        inputs * layer.groups, outputs, kernel, layer.stride, before, groups=layer.groups, bias=layer.has_bias
    )


def _pooling(pooling: layers.Pooling) -> nn.Module:
    make: Callable[..., nn.Module] = nn.MaxPool2d
    if pooling.kind == "average":
        make = partial(nn.AvgPool2d, count_include_pad=not pooling.keeps_rest)
    make = partial(make, ceil_mode=pooling.keeps_rest)
    before, after = pooling.padding
    if before == after and not pooling.zeros:
        return make(pooling.kernel, pooling.stride, before)
    border = nn.ConstantPad2d((before, after, before, after), 0.0 if pooling.zeros else -torch.inf)
    return nn.Sequential(OrderedDict(border=border, pool=make(pooling.kernel, pooling.stride)))
