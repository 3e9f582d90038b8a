"""Networks without shortcuts, for comparison: VGG (Simonyan & Zisserman 2015) and AlexNet (Krizhevsky et al. 2012).

As torchvision builds them, with its names. The first convolution is the stem; every other one, with its
normalisation and ReLU, is a block, named as torchvision names that ReLU; a pooling comes first in the block after it.
"""

from __future__ import annotations

from resnet_viewer.records.blueprint import BlockSpec, Blueprint, StageSpec
from resnet_viewer.records.layers import (
    Dropout,
    GlobalPooling,
    LayerSpec,
    Normalisation,
    Pooling,
    ReLU,
    Shape,
    Step,
    Steps,
    conv,
    linear,
    output_side,
)
from resnet_viewer.records.layouts.residual import pooled
from resnet_viewer.records.network import NetworkSpec

_HIDDEN = 4096


def vgg(spec: NetworkSpec, size: int) -> Blueprint:
    """`stages` holds the convolutions of each stage; the first one of the first stage is the stem, and not counted."""
    position = 0

    def unit(shape: Shape, width: int, block: int | None) -> tuple[str, Steps]:
        """A convolution and what belongs to it, and the name of its ReLU."""
        nonlocal position
        layer = conv(f"features.{position}", shape, width, 3, block=block, has_bias=True)
        steps: list[Step] = [layer]
        if spec.is_normalised:
            steps.append(Normalisation(f"features.{position + 1}", width))
        name = f"features.{position + len(steps)}"
        position += len(steps) + 1
        return name, tuple(steps)

    stem_end, stem_layers = unit((spec.channels, size, size), spec.widths[0], None)
    stem_steps: Steps = (*stem_layers, ReLU(stem_end))
    stem_shape: Shape = (spec.widths[0], size, size)
    shape = stem_shape
    stages: list[StageSpec] = []
    number = 0
    for stage, (count, width) in enumerate(zip(spec.stages, spec.widths, strict=True)):
        blocks: list[BlockSpec] = []
        for index in range(count):
            number += 1
            pooling: Steps = ()
            inside = shape
            if stage > 0 and index == 0:
                halving = _halving(position)
                pooling, position = (halving,), position + 1
                inside = _pooled(shape, halving)
            name, steps = unit(inside, width, number)
            blocks.append(_block(number, stage + 1, index + 1, name, shape, (*pooling, *steps)))
            shape = blocks[-1].output_shape
        stages.append(StageSpec(stage + 1, tuple(blocks), shape))
    if not spec.has_classifier:
        return Blueprint(
            spec,
            (spec.channels, size, size),
            stem_steps,
            stem_shape,
            tuple(stages),
            _features(spec, _halving(position)),
        )
    flat = 49 * spec.widths[-1]
    head: Steps = (
        _halving(position), GlobalPooling("avgpool", "average", 7), "flatten",
        linear("classifier.0", flat, _HIDDEN), ReLU("classifier.1"), Dropout("classifier.2"),
        linear("classifier.3", _HIDDEN, _HIDDEN), ReLU("classifier.4"), Dropout("classifier.5"),
        linear("classifier.6", _HIDDEN, spec.classes),
    )  # fmt: skip
    return Blueprint(spec, (spec.channels, size, size), stem_steps, stem_shape, tuple(stages), head)


def alexnet(spec: NetworkSpec, size: int) -> Blueprint:
    """Five convolutions, three of them after a pooling, in the widths of torchvision's one-column form."""
    stem = conv(
        "features.0", (spec.channels, size, size), spec.widths[0], 11, 4, padding=(2, 2), has_bias=True
    )
    shape = stem_shape = stem.output_shape
    stages: list[StageSpec] = []
    plan = (
        (3, 5, True),
        (6, 3, True),
        (8, 3, False),
        (10, 3, False),
    )  # torchvision's index, kernel, pooled before
    for number, (position, kernel, is_pooled) in enumerate(plan, 1):
        before = _overlapping(position - 1)
        pooling: Steps = (before,) if is_pooled else ()
        inside = _pooled(shape, before) if is_pooled else shape
        layer = conv(f"features.{position}", inside, spec.widths[number], kernel, block=number, has_bias=True)
        block = _block(number, number + 1, 1, f"features.{position + 1}", shape, (*pooling, layer))
        shape = block.output_shape
        stages.append(StageSpec(number + 1, (block,), shape))
    if not spec.has_classifier:
        head = _features(spec, _overlapping(12))
    else:
        head = (
            _overlapping(12), GlobalPooling("avgpool", "average", 6), "flatten",
            Dropout("classifier.0"), linear("classifier.1", 36 * spec.widths[-1], _HIDDEN), ReLU("classifier.2"),
            Dropout("classifier.3"), linear("classifier.4", _HIDDEN, _HIDDEN), ReLU("classifier.5"),
            linear("classifier.6", _HIDDEN, spec.classes),
        )  # fmt: skip
    return Blueprint(
        spec, (spec.channels, size, size), (stem, ReLU("features.1")), stem_shape, tuple(stages), head
    )


def _block(number: int, stage: int, index: int, name: str, shape: Shape, steps: Steps) -> BlockSpec:
    (layer,) = (step for step in steps if isinstance(step, LayerSpec))
    side = output_side(steps, shape[1])
    output_shape = layer.output_shape[0], side, side
    return BlockSpec(
        number, stage, index, name, "none", shape, output_shape, steps, after=(ReLU(f"{name}.relu"),)
    )


def _halving(position: int) -> Pooling:
    return Pooling(f"features.{position}", "maximum", 2, 2)


def _overlapping(position: int) -> Pooling:
    return Pooling(f"features.{position}", "maximum", 3, 2)


def _pooled(shape: Shape, pooling: Pooling) -> Shape:
    channels, side, _ = shape
    return channels, pooling.output_side(side), pooling.output_side(side)


def _features(spec: NetworkSpec, pooling: Pooling) -> Steps:
    if spec.top_pooling == "none":
        return (pooling,)
    return pooling, *pooled(spec.top_pooling)
