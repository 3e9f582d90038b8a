"""What a network does step by step, described without building it: layers with weights, and the steps between them.

Everything is laid out for square maps; a shape is (C, H, W).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

LayerKind = Literal["conv", "projection", "linear", "gate"]
"""A gate is the convolution that says how far a gated shortcut is open."""
Shape = tuple[int, int, int]
"""Channels, height, width."""
Padding = tuple[int, int]
"""Rows before and after; the same of columns."""


@dataclass(frozen=True)
class LayerSpec:
    """One weighted layer. `output_shape` is (C, H, W); (classes, 1, 1) for the classifier."""

    name: str
    kind: LayerKind
    weight_shape: tuple[int, ...]
    output_shape: Shape
    stride: int
    parameters: int
    macs: int
    block: int | None = None
    """Number of the block it belongs to; None for the stem and the head."""
    groups: int = 1
    """A convolution's; `weight_shape` is (outputs, inputs / groups, kernel, kernel)."""
    padding: Padding = (0, 0)
    has_bias: bool = False

    def output_side(self, side: int) -> int:
        """Side of a convolution's output for an input of another side than it was laid out for."""
        return strided(side, self.weight_shape[-1], self.stride, self.padding)


@dataclass(frozen=True)
class Normalisation:
    """Batch normalisation (Ioffe & Szegedy 2015), named as its weights are."""

    name: str
    channels: int
    epsilon: float = 1e-5


@dataclass(frozen=True)
class ReLU:
    """The activation, one for each place where it stands."""

    name: str


@dataclass(frozen=True)
class Pooling:
    """Maximum or average over a window. Its border counts as minus infinity, or as zeros where `zeros` says so.

    With `keeps_rest` the rows and columns that fill no window have one too, and only they count in it.
    """

    name: str
    kind: Literal["maximum", "average"]
    kernel: int
    stride: int
    padding: Padding = (0, 0)
    zeros: bool = False
    keeps_rest: bool = False

    def output_side(self, side: int) -> int:
        """Side of the output."""
        rest = self.stride - 1 if self.keeps_rest else 0
        return strided(side + rest, self.kernel, self.stride, self.padding)


@dataclass(frozen=True)
class GlobalPooling:
    """Maximum or average over the whole map, or over as many windows a side as `side` says."""

    name: str
    kind: Literal["maximum", "average"]
    side: int = 1

    def output_side(self, side: int) -> int:
        """Side of the output, whatever the input's."""
        return self.side


@dataclass(frozen=True)
class ChannelPadding:
    """Option A of He et al. 2015: every `stride`-th row and column, `added` zero channels, half before, half after."""

    added: int
    stride: int

    def output_side(self, side: int) -> int:
        """Side of the output."""
        return strided(side, 1, self.stride)


@dataclass(frozen=True)
class Scaling:
    """Multiplication by a constant."""

    name: str
    factor: float


@dataclass(frozen=True)
class Scalar:
    """One number that training changes, from `start` on: whatever comes by is multiplied by it, or it is added."""

    name: str
    kind: Literal["multiplier", "bias"]
    start: float = 0.0


@dataclass(frozen=True)
class Dropout:
    """Zeros with this probability in training; nothing in evaluation (Srivastava et al. 2014)."""

    name: str
    rate: float = 0.5


NamedStep = LayerSpec | Normalisation | ReLU | Pooling | GlobalPooling | Scaling | Scalar | Dropout
"""What becomes a module of the live network, under its name."""
Step = NamedStep | ChannelPadding | Literal["flatten"]
"""What has no name moves numbers and computes none: it becomes a function, as in torchvision."""
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Sampling:
    """Where the cells of a map look in the network's input; rows and columns alike.

    Cell i stands for the pixel `stride · i + offset`, the middle of what it sees: `field` pixels, none where no open
    path leads to it from the picture. Pixels are counted from 0 at their centres, so that an offset of 0.5 lies between
    two; it may be negative.
    """

    stride: int = 1
    offset: float = 0.0
    field: int = 1

    def through(self, kernel: int, stride: int, before: int = 0) -> Sampling:
        """After a window of `kernel` pixels that moves by `stride`, with a border of `before` pixels before the map.

        Araujo et al. 2019, "Computing receptive fields of convolutional neural networks", forwards: with j, the stride
        so far, `field + (kernel − 1) · j`, `offset + ((kernel − 1) / 2 − before) · j` and `stride · j`.
        """
        return Sampling(
            self.stride * stride,
            self.offset + ((kernel - 1) / 2 - before) * self.stride,
            self.field + (kernel - 1) * self.stride if self.field else 0,
        )


def sampling(steps: Iterable[Step], start: Sampling | None = None) -> Sampling:
    """Where the cells of the map after these steps look, if those before them look as `start` says: at their own pixel.

    Example:
        >>> sampling([conv("conv1", (3, 224, 224), 64, 7, 2), Pooling("maxpool", "maximum", 3, 2, (1, 1))])
        Sampling(stride=4, offset=0.0, field=11)

    Raises:
        ValueError: a step looks at the whole map.
    """
    found = start or Sampling()
    for step in steps:
        match step:
            case LayerSpec(kind="linear") | GlobalPooling():
                raise ValueError(f"{step.name} looks at the whole map")
            case LayerSpec():
                found = found.through(step.weight_shape[-1], step.stride, step.padding[0])
            case Pooling():
                found = found.through(step.kernel, step.stride, step.padding[0])
            case ChannelPadding():
                found = found.through(1, step.stride)
    return found


def strided(side: int, kernel: int, stride: int, padding: Padding = (0, 0)) -> int:
    """Side of what a sliding window leaves."""
    return (side + sum(padding) - kernel) // stride + 1


def same(kernel: int) -> Padding:
    """The padding that keeps the side at stride 1, and rounds it up at any other."""
    return kernel // 2, kernel // 2


def same_as_tensorflow(side: int, kernel: int, stride: int) -> Padding:
    """TensorFlow's "same": as little as gives ⌈side / stride⌉, the odd row after."""
    needed = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
    return needed // 2, needed - needed // 2


def conv(
    name: str,
    shape: Shape,
    outputs: int,
    kernel: int,
    stride: int = 1,
    *,
    kind: LayerKind = "conv",
    padding: Padding | None = None,
    block: int | None = None,
    groups: int = 1,
    has_bias: bool = False,
) -> LayerSpec:
    """A convolution of an input of `shape`; without `padding` that of `same`."""
    inputs, side, _ = shape
    padding = same(kernel) if padding is None else padding
    weight_shape = (outputs, inputs // groups, kernel, kernel)
    weights = math.prod(weight_shape)
    after = strided(side, kernel, stride, padding)
    return LayerSpec(
        name,
        kind,
        weight_shape,
        (outputs, after, after),
        stride,
        weights + (outputs if has_bias else 0),
        weights * after * after,
        block,
        groups,
        padding,
        has_bias,
    )


def linear(name: str, inputs: int, outputs: int) -> LayerSpec:
    """A fully connected layer with a bias."""
    shape = (outputs, 1, 1)
    return LayerSpec(
        name, "linear", (outputs, inputs), shape, 1, (inputs + 1) * outputs, inputs * outputs, has_bias=True
    )


def layers_of(steps: Iterable[Step]) -> tuple[LayerSpec, ...]:
    """The weighted ones."""
    return tuple(step for step in steps if isinstance(step, LayerSpec))


def output_side(steps: Iterable[Step], side: int) -> int:
    """Side of the map after the steps, for an input of any side."""
    for step in steps:
        if isinstance(step, LayerSpec | Pooling | GlobalPooling | ChannelPadding):
            side = step.output_side(side)
    return side


def state_shapes(steps: Iterable[Step]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of the steps' weights and statistics, as PyTorch's state dict has them, in order."""
    for step in steps:
        if isinstance(step, LayerSpec):
            yield f"{step.name}.weight", step.weight_shape
            if step.has_bias:
                yield f"{step.name}.bias", step.weight_shape[:1]
        elif isinstance(step, Normalisation):
            for part in ("weight", "bias", "running_mean", "running_var"):
                yield f"{step.name}.{part}", (step.channels,)
            yield f"{step.name}.num_batches_tracked", ()
        elif isinstance(step, Scalar):
            yield f"{step.name}.{'weight' if step.kind == 'multiplier' else 'bias'}", (1,)
