"""A network described without building it: its spec, and the blueprint of its blocks and layers that follows.

Blocks are numbered from 1 over the whole network. Layer names are torchvision's module names
(`layer2.0.conv1`), so that weights load as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef

BlockKind = Literal["basic", "bottleneck"]
ShortcutKind = Literal["none", "padding", "projection", "projection everywhere"]
StemKind = Literal["imagenet", "cifar"]
LayerKind = Literal["conv", "projection", "linear"]
Shape = tuple[int, int, int]
"""Channels, height, width."""

EXPANSION: dict[BlockKind, int] = {"basic": 1, "bottleneck": 4}
"""How many times its width a block's output has in channels."""
OPTIONS: dict[ShortcutKind, str] = {"padding": "A", "projection": "B", "projection everywhere": "C"}
"""The letters of He et al. 2015, section 4.1, for the kinds of shortcuts."""


@dataclass(frozen=True)
class NetworkSpec:
    """Everything that fixes a network and its weights; hashable, so it is the key of a network cache.

    `stages` holds the number of blocks of each stage, `widths` the channels of each stage's inner convolutions
    (the block's output has `EXPANSION[block]` times as many). A bottleneck's may be `widening` times as wide (Wide
    ResNet: Zagoruyko & Komodakis 2016) and its 3×3 split into `groups` (ResNeXt: Xie et al. 2017). `shortcut` is
    the kind used where the shape changes ("padding" is option A of He et al. 2015, "projection" option B, and
    "projection everywhere", option C, has one in the other blocks too); elsewhere a shortcut is the identity; "none"
    makes a plain network. `strides_first`: a bottleneck takes its stride in the first 1×1, as in the paper, and not in
    the 3×3, as in torchvision. `input_size` is the side of the square picture that it was made for.
    """

    name: str
    family: str
    depth: int
    block: BlockKind
    shortcut: ShortcutKind
    stem: StemKind
    stages: tuple[int, ...]
    widths: tuple[int, ...]
    classes: int
    input_size: int
    channels: int = 3
    widening: int = 1
    groups: int = 1
    strides_first: bool = False
    weights: WeightsRef = NO_WEIGHTS
    seed: int = 0

    @property
    def has_shortcuts(self) -> bool:
        """False for a plain network."""
        return self.shortcut != "none"

    @property
    def block_count(self) -> int:
        """Number of blocks over all stages."""
        return sum(self.stages)

    @property
    def title(self) -> str:
        """The name as people write it: "ResNet-56", "Plain-34", "ResNeXt-50 32×4d", "ResNet-34 (C)"."""
        if self.groups > 1:
            title = f"ResNeXt-{self.depth} {self.groups}×{self.widths[0] * self.widening // self.groups}d"
        elif self.widening > 1:
            title = f"Wide ResNet-{self.depth}-{self.widening}"
        else:
            title = f"{'ResNet' if self.has_shortcuts else 'Plain'}-{self.depth}"
        usual = "padding" if self.stem == "cifar" else "projection"
        option = OPTIONS.get(self.shortcut, "") if self.shortcut != usual else ""
        placement = "stride in the 1×1" if self.strides_first else ""
        unusual = ", ".join(part for part in (option, placement) if part)
        return f"{title} ({unusual})" if unusual else title


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
    """Number of the block it belongs to; None for the stem and the classifier."""
    groups: int = 1
    """A convolution's; `weight_shape` is (outputs, inputs / groups, kernel, kernel)."""


@dataclass(frozen=True)
class BlockSpec:
    """One block: `y = f(shortcut(x) + residual(x))`."""

    number: int
    stage: int
    """2 for conv2_x, as He et al. 2015 name their stages."""
    index: int
    """From 1 within its stage."""
    name: str
    """torchvision's module name, such as `layer2.0`."""
    shortcut: Literal["none", "identity", "padding", "projection"]
    input_shape: Shape
    output_shape: Shape
    layers: tuple[LayerSpec, ...]
    """In the order of the forward pass; a projection comes last."""

    @property
    def label(self) -> str:
        """Number and place, as everywhere on the screen: "block 21 · conv4_x 3"."""
        return f"block {self.number} · conv{self.stage}_x {self.index}"

    @property
    def branch_layers(self) -> tuple[LayerSpec, ...]:
        """The layers of the residual branch."""
        return tuple(layer for layer in self.layers if layer.kind == "conv")

    @property
    def projection(self) -> LayerSpec | None:
        """The layer on the shortcut, where there is one."""
        return next((layer for layer in self.layers if layer.kind == "projection"), None)


@dataclass(frozen=True)
class StageSpec:
    """A run of blocks with one output shape."""

    number: int
    blocks: tuple[BlockSpec, ...]
    output_shape: Shape

    @property
    def label(self) -> str:
        """As on the wiring strip: "conv3_x · 32 ch · 16×16"."""
        channels, height, width = self.output_shape
        return f"conv{self.number}_x · {channels} ch · {height}×{width}"


@dataclass(frozen=True)
class Blueprint:
    """What a spec amounts to for one input size.

    `macs` counts one multiply-accumulate for each product of a convolution's or the classifier's weight with an
    input value, for one picture; normalisation, activation, pooling and additions are not counted.
    """

    spec: NetworkSpec
    input_shape: Shape
    stem: LayerSpec
    stem_shape: Shape
    """Shape of the stem's output, after pooling where it has any."""
    stages: tuple[StageSpec, ...]
    classifier: LayerSpec
    parameters: int
    macs: int
    layers: tuple[LayerSpec, ...] = field(repr=False)
    """Every weighted layer in the order of the forward pass."""

    @property
    def blocks(self) -> tuple[BlockSpec, ...]:
        """All blocks; `blocks[n - 1]` is block n."""
        return tuple(block for stage in self.stages for block in stage.blocks)

    def layer(self, name: str) -> LayerSpec | None:
        """The weighted layer of that name, or None."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def block_named(self, name: str) -> BlockSpec | None:
        """The block of that module name (`layer2.0`), or None."""
        return next((block for block in self.blocks if block.name == name), None)

    def block_of(self, name: str) -> BlockSpec | None:
        """The block that a layer's or a block's name points into, or None for stem and classifier."""
        return next((b for b in self.blocks if name == b.name or name.startswith(b.name + ".")), None)

    def map_names(self) -> tuple[str, ...]:
        """Everything that has feature maps, in order: `conv1`, `stem`, each block's layers, then the block."""
        inside = (name for block in self.blocks for name in (*(la.name for la in block.layers), block.name))
        return (self.stem.name, "stem", *inside)

    def shape_of(self, name: str) -> Shape:
        """Output shape of what `map_names` lists, or of the classifier.

        Raises:
            KeyError: no layer and no block has that name.
        """
        if name == "stem":
            return self.stem_shape
        if found := self.layer(name) or self.block_named(name):
            return found.output_shape
        raise KeyError(name)

    def describe(self, name: str) -> str:
        """A layer or block in the words of the screen: "block 21 · conv4_x 3 · conv1"."""
        if name == "stem":
            return "stem"
        if name == self.stem.name:
            return "stem · conv1"
        block = self.block_of(name)
        if block is None:
            return "classifier"
        part = name.removeprefix(block.name).lstrip(".")
        return (
            f"{block.label} · {'projection' if part.startswith('downsample') else part}"
            if part
            else block.label
        )


@lru_cache(maxsize=64)
def blueprint(spec: NetworkSpec, size: int | None = None) -> Blueprint:
    """Lay out `spec` for square pictures of `size` pixels (its own input size by default).

    Example:
        >>> from resnet_viewer.core.catalog import spec
        >>> blueprint(spec("cifar-resnet-56")).parameters
        853018
    """
    side = size or spec.input_size
    kernel, stem_stride = (7, 2) if spec.stem == "imagenet" else (3, 1)
    stem_width = 64 if spec.stem == "imagenet" else spec.widths[0]
    after_conv = _strided(side, stem_stride)
    stem = _conv("conv1", spec.channels, stem_width, kernel, stem_stride, after_conv)
    normalised = [stem]
    after_stem = _strided(after_conv, 2) if spec.stem == "imagenet" else after_conv
    stages: list[StageSpec] = []
    shape: Shape = (stem_width, after_stem, after_stem)
    number = 0
    for stage_index, (count, width) in enumerate(zip(spec.stages, spec.widths, strict=True)):
        blocks: list[BlockSpec] = []
        for index in range(count):
            number += 1
            stride = 2 if stage_index > 0 and index == 0 else 1
            block = _block(spec, number, stage_index, index, width, stride, shape)
            blocks.append(block)
            normalised.extend(block.layers)
            shape = block.output_shape
        stages.append(StageSpec(stage_index + 2, tuple(blocks), shape))
    classifier = LayerSpec(
        "fc", "linear", (spec.classes, shape[0]), (spec.classes, 1, 1), 1,
        (shape[0] + 1) * spec.classes, shape[0] * spec.classes,
    )  # fmt: skip
    layers = (*normalised, classifier)
    batch_norms = sum(2 * layer.weight_shape[0] for layer in normalised)
    return Blueprint(
        spec=spec,
        input_shape=(spec.channels, side, side),
        stem=stem,
        stem_shape=(stem_width, after_stem, after_stem),
        stages=tuple(stages),
        classifier=classifier,
        parameters=sum(layer.parameters for layer in layers) + batch_norms,
        macs=sum(layer.macs for layer in layers),
        layers=layers,
    )


def _strided(side: int, stride: int) -> int:
    """Side of a "same"-padded convolution's or pooling's output."""
    return (side + stride - 1) // stride


def _conv(
    name: str,
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int,
    side: int,
    block: int | None = None,
    groups: int = 1,
) -> LayerSpec:
    shape = (outputs, inputs // groups, kernel, kernel)
    weights = math.prod(shape)
    kind: LayerKind = "projection" if ".downsample." in name else "conv"
    macs = weights * side * side
    return LayerSpec(name, kind, shape, (outputs, side, side), stride, weights, macs, block, groups)


def _block(
    spec: NetworkSpec, number: int, stage_index: int, index: int, width: int, stride: int, shape: Shape
) -> BlockSpec:
    name = f"layer{stage_index + 1}.{index}"
    inputs, side_in, _ = shape
    outputs = width * EXPANSION[spec.block]
    side = _strided(side_in, stride)
    layers = list(_branch(spec, name, number, inputs, width, stride, side_in, side))
    shape_changes = stride != 1 or inputs != outputs
    kind: Literal["none", "identity", "padding", "projection"] = "identity"
    if spec.shortcut == "projection everywhere":
        kind = "projection"
    elif spec.shortcut == "none" or shape_changes:
        kind = spec.shortcut
    if kind == "projection":
        layers.append(_conv(f"{name}.downsample.0", inputs, outputs, 1, stride, side, number))
    return BlockSpec(
        number, stage_index + 2, index + 1, name, kind, shape, (outputs, side, side), tuple(layers)
    )


def _branch(
    spec: NetworkSpec, name: str, number: int, inputs: int, width: int, stride: int, side_in: int, side: int
) -> Iterator[LayerSpec]:
    if spec.block == "basic":
        yield _conv(f"{name}.conv1", inputs, width, 3, stride, side, number)
        yield _conv(f"{name}.conv2", width, width, 3, 1, side, number)
        return
    inner = width * spec.widening
    first, middle = (stride, 1) if spec.strides_first else (1, stride)
    yield _conv(f"{name}.conv1", inputs, inner, 1, first, _strided(side_in, first), number)
    yield _conv(f"{name}.conv2", inner, inner, 3, middle, side, number, spec.groups)
    yield _conv(f"{name}.conv3", inner, width * EXPANSION[spec.block], 1, 1, side, number)
