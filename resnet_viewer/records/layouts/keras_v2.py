"""ResNet-50V2, -101V2, -152V2 as Keras defines them.

They differ from He et al. 2016: the stem has a bias and no activation, every block begins with one, the first block
of a stage projects (with a bias, without normalisation) and its last one takes the stride.
"""

from __future__ import annotations

from resnet_viewer.records.blueprint import BlockSpec, Blueprint, ShortcutForm, StageSpec
from resnet_viewer.records.layers import Normalisation, Pooling, ReLU, Shape, Steps, conv
from resnet_viewer.records.layouts.residual import EXPANSION, head
from resnet_viewer.records.network import NetworkSpec

EPSILON = 1.001e-5


def keras_v2(spec: NetworkSpec, size: int) -> Blueprint:
    """The layout for square pictures of `size` pixels."""
    stem = conv("conv1", (spec.channels, size, size), 64, 7, 2, has_bias=True)
    pooling = Pooling("maxpool", "maximum", 3, 2, (1, 1), zeros=True)
    side = pooling.output_side(stem.output_shape[1])
    shape: Shape = (64, side, side)
    stages: list[StageSpec] = []
    number = 0
    for stage, (count, width) in enumerate(zip(spec.stages, spec.widths, strict=True)):
        blocks: list[BlockSpec] = []
        for index in range(count):
            number += 1
            is_strided = index == count - 1 and stage < len(spec.stages) - 1
            blocks.append(_block(number, stage, index, width, 2 if is_strided else 1, shape))
            shape = blocks[-1].output_shape
        stages.append(StageSpec(stage + 2, tuple(blocks), shape))
    ending: Steps = (Normalisation("bn", shape[0], EPSILON), ReLU("last_relu"))
    return Blueprint(
        spec,
        (spec.channels, size, size),
        (stem, pooling),
        (64, side, side),
        tuple(stages),
        head(spec, shape, ending),
    )


def _block(number: int, stage: int, index: int, width: int, stride: int, shape: Shape) -> BlockSpec:
    name = f"layer{stage + 1}.{index}"
    outputs = width * EXPANSION
    first = conv(f"{name}.conv1", shape, width, 1, block=number)
    second = conv(f"{name}.conv2", first.output_shape, width, 3, stride, block=number)
    third = conv(f"{name}.conv3", second.output_shape, outputs, 1, block=number, has_bias=True)
    form: ShortcutForm = "projection" if index == 0 else "pooling" if stride > 1 else "identity"
    carry: Steps = ()
    if form == "projection":
        carry = (
            conv(
                f"{name}.downsample.0",
                shape,
                outputs,
                1,
                stride,
                kind="projection",
                block=number,
                has_bias=True,
            ),
        )
    elif form == "pooling":
        carry = (Pooling(f"{name}.downsample", "maximum", 1, stride),)
    return BlockSpec(
        number,
        stage + 2,
        index + 1,
        name,
        form,
        shape,
        third.output_shape,
        branch=(
            first,
            Normalisation(f"{name}.bn2", width, EPSILON),
            ReLU(f"{name}.relu2"),
            second,
            Normalisation(f"{name}.bn3", width, EPSILON),
            ReLU(f"{name}.relu3"),
            third,
        ),
        before=(Normalisation(f"{name}.bn1", shape[0], EPSILON), ReLU(f"{name}.relu1")),
        carry=carry,
        carries_preactivation=form == "projection",
    )
