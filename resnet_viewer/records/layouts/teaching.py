"""Two small residual networks of three blocks, as courses on Keras and on MNIST build them."""

from __future__ import annotations

from collections.abc import Callable

from resnet_viewer.records.blueprint import BlockSpec, Blueprint, StageSpec
from resnet_viewer.records.layers import (
    LayerSpec,
    Normalisation,
    Padding,
    Pooling,
    ReLU,
    Shape,
    Steps,
    conv,
    same,
    same_as_tensorflow,
)
from resnet_viewer.records.layouts.residual import head
from resnet_viewer.records.network import NetworkSpec

KERAS_EPSILON = 1e-3


def keras_teaching(spec: NetworkSpec, size: int) -> Blueprint:
    """Biases everywhere, TensorFlow's "same" padding, and nothing after the addition."""
    width = 64
    stem = conv(
        "conv1",
        (spec.channels, size, size),
        width,
        7,
        2,
        padding=same_as_tensorflow(size, 7, 2),
        has_bias=True,
    )
    pooling = Pooling("maxpool", "maximum", 3, 2, same_as_tensorflow(stem.output_shape[1], 3, 2))
    return _laid_out(
        spec, size, (stem, Normalisation("bn1", width, KERAS_EPSILON), ReLU("relu"), pooling), _keras_block
    )


def mnist_teaching(spec: NetworkSpec, size: int) -> Blueprint:
    """A bias in the stem and the projections alone, and ReLU after the addition or the concatenation."""
    stem = conv("conv1", (spec.channels, size, size), spec.widths[0], 7, 2, padding=(3, 3), has_bias=True)
    return _laid_out(
        spec, size, (stem, ReLU("relu"), Pooling("maxpool", "maximum", 3, 2, (1, 1))), _mnist_block
    )


_LayBlock = Callable[[NetworkSpec, int, int, Shape], BlockSpec]
"""Lays out the block of a number and a width for an input shape."""


def _laid_out(spec: NetworkSpec, size: int, stem: Steps, lay_block: _LayBlock) -> Blueprint:
    shape = stem_shape = _after(stem)
    stages = []
    for number, width in enumerate(spec.widths, 1):
        block = lay_block(spec, number, width, shape)
        shape = block.output_shape
        stages.append(StageSpec(number + 1, (block,), shape))
    return Blueprint(spec, (spec.channels, size, size), stem, stem_shape, tuple(stages), head(spec, shape))


def _after(stem: Steps) -> Shape:
    first, *_, last = stem
    assert isinstance(first, LayerSpec)
    assert isinstance(last, Pooling)
    side = last.output_side(first.output_shape[1])
    return first.output_shape[0], side, side


def _keras_block(spec: NetworkSpec, number: int, width: int, shape: Shape) -> BlockSpec:
    return _block(
        spec, number, width, shape, padding=same_as_tensorflow, epsilon=KERAS_EPSILON, has_bias=True
    )


def _mnist_block(spec: NetworkSpec, number: int, width: int, shape: Shape) -> BlockSpec:
    return _block(
        spec, number, width, shape, padding=lambda _side, kernel, _stride: same(kernel), ends_with_relu=True
    )


def _block(
    spec: NetworkSpec,
    number: int,
    width: int,
    shape: Shape,
    *,
    padding: Callable[[int, int, int], Padding],
    epsilon: float = 1e-5,
    has_bias: bool = False,
    ends_with_relu: bool = False,
) -> BlockSpec:
    """3×3, normalisation, ReLU, 3×3, normalisation; a 1×1 convolution with a bias as the shortcut."""
    name, stride, side = f"layer{number}.0", 1 if number == 1 else 2, shape[1]
    first = conv(
        f"{name}.conv1",
        shape,
        width,
        3,
        stride,
        padding=padding(side, 3, stride),
        block=number,
        has_bias=has_bias,
    )
    second = conv(f"{name}.conv2", first.output_shape, width, 3, block=number, has_bias=has_bias)
    carry = conv(
        f"{name}.downsample.0", shape, width, 1, stride, kind="projection", block=number, has_bias=True
    )
    side = second.output_shape[1]
    return BlockSpec(
        number,
        number + 1,
        1,
        name,
        "projection",
        shape,
        (width * (2 if spec.merge == "concatenation" else 1), side, side),
        branch=(
            first,
            Normalisation(f"{name}.bn1", width, epsilon),
            ReLU(f"{name}.relu1"),
            second,
            Normalisation(f"{name}.bn2", width, epsilon),
        ),
        carry=(carry,),
        after=(ReLU(f"{name}.relu"),) if ends_with_relu else (),
        merge=spec.merge,
    )
