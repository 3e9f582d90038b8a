"""What a spec amounts to: blocks, stages, stem and head with their shapes, without building anything.

Blocks are numbered from 1 over the whole network. Every step that computes has the name of its module in the live
network (`layer2.0.conv1`, `layer2.0.bn1`, `maxpool`), torchvision's wherever it has the network, so that weights load
as they are. torchvision runs one ReLU several times in a block; here each has a name of its own: `layer2.0.relu1`
belongs to conv1 and its normalisation, whichever comes first, and `layer2.0.relu`, where there is one, ends the block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Literal

from resnet_viewer.records.layers import (
    LayerSpec,
    NamedStep,
    Normalisation,
    Sampling,
    Scalar,
    Shape,
    Steps,
    layers_of,
    sampling,
    state_shapes,
)
from resnet_viewer.records.network import Merge, NetworkSpec
from resnet_viewer.records.wiring import Wiring

ShortcutForm = Literal["none", "identity", "padding", "projection", "pooling"]
"""What one block's shortcut does; "pooling" takes every second row and column."""


@dataclass(frozen=True)
class BlockSpec:
    """One block, `y = after(merge(shortcut(x), residual(x)))`.

    The steps of `before` come first, for the residual branch and, if `carries_preactivation`, for the shortcut too.
    `branch` is the residual branch, `carry` what the shortcut does (nothing for the identity). `gate` opens a gated
    shortcut (`merge` says how). A step's name begins with the block's, but for the layers of VGG and AlexNet, which
    torchvision keeps beside the ReLU that ends the block.
    """

    number: int
    stage: int
    """2 for conv2_x, as He et al. 2015 name their stages."""
    index: int
    """From 1 within its stage."""
    name: str
    """Its module's name, such as `layer2.0`."""
    shortcut: ShortcutForm
    input_shape: Shape
    output_shape: Shape
    branch: Steps
    before: Steps = ()
    carry: Steps = ()
    after: Steps = ()
    merge: Merge = "addition"
    gate: LayerSpec | None = None
    carries_preactivation: bool = False

    @property
    def steps(self) -> Steps:
        """All of them; gate and shortcut come last."""
        gate = () if self.gate is None else (self.gate,)
        return (*self.before, *self.branch, *self.after, *gate, *self.carry)

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """In the order of the forward pass; gate and projection come last."""
        return layers_of(self.steps)

    @property
    def label(self) -> str:
        """Number and place, as everywhere on the screen: "block 21 · conv4_x 3"."""
        return f"block {self.number} · conv{self.stage}_x {self.index}"

    @property
    def branch_layers(self) -> tuple[LayerSpec, ...]:
        """The layers of the residual branch."""
        return layers_of(self.branch)

    @property
    def stays(self) -> str:
        """Why the block cannot be left out, in a sentence; empty where it can."""
        if self.shortcut != "none":
            return (
                f"B{self.label[1:]} has a shortcut, which carries its input on when its residual branch is dropped: "
                "drop that, and leave out blocks without one."
            )
        if self.input_shape != self.output_shape:
            before, after = ("×".join(map(str, shape)) for shape in (self.input_shape, self.output_shape))
            return (
                f"B{self.label[1:]} makes maps of {after} of {before}, so its input cannot go on in place of its "
                "output: it cannot be left out."
            )
        return ""

    @property
    def projection(self) -> LayerSpec | None:
        """The layer on the shortcut, where there is one."""
        return next((layer for layer in layers_of(self.carry) if layer.kind == "projection"), None)


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

    `stem_steps` begin with a convolution and may hold several. `head_steps` follow the last block and end with the
    classifier, where the network has one.
    """

    spec: NetworkSpec
    input_shape: Shape
    stem_steps: Steps
    stem_shape: Shape
    """Shape of the stem's output, after pooling where it has any."""
    stages: tuple[StageSpec, ...]
    head_steps: Steps = field(repr=False)

    @cached_property
    def stem_layers(self) -> tuple[LayerSpec, ...]:
        """The layers before the blocks: one convolution, three in a deep stem."""
        return layers_of(self.stem_steps)

    @cached_property
    def head(self) -> tuple[LayerSpec, ...]:
        """The layers after the blocks, the classifier last; empty where the network was built without one."""
        return layers_of(self.head_steps)

    @property
    def classifier(self) -> LayerSpec | None:
        """The layer that gives the logits, where there is one."""
        return self.head[-1] if self.head else None

    @cached_property
    def blocks(self) -> tuple[BlockSpec, ...]:
        """All blocks; `blocks[n - 1]` is block n."""
        return tuple(block for stage in self.stages for block in stage.blocks)

    @cached_property
    def steps(self) -> Steps:
        """Every step, in the order of the forward pass."""
        inside = chain.from_iterable(block.steps for block in self.blocks)
        return (*self.stem_steps, *inside, *self.head_steps)

    @cached_property
    def layers(self) -> tuple[LayerSpec, ...]:
        """Every weighted layer in the order of the forward pass."""
        return layers_of(self.steps)

    @cached_property
    def parameters(self) -> int:
        """Numbers that training changes."""
        return sum(layer.parameters for layer in self.layers) + self.parameters_of_norms + self.scalars

    @cached_property
    def parameters_of_norms(self) -> int:
        """Those of batch normalisations."""
        return sum(2 * step.channels for step in self.steps if isinstance(step, Normalisation))

    @cached_property
    def scalars(self) -> int:
        """Those that stand alone: multipliers and scalar biases."""
        return sum(isinstance(step, Scalar) for step in self.steps)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one picture: one for each product of a weight with an input value.

        Normalisation, activation, pooling and additions are not counted.
        """
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the whole state dict, in its order."""
        return dict(state_shapes(self.steps))

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the blocks that may change places, by their shape: what one of them takes and gives, all of them
        do. Groups of two or more.
        """
        groups: dict[Shape, list[int]] = {}
        for block in self.blocks:
            if block.input_shape == block.output_shape:
                groups.setdefault(block.input_shape, []).append(block.number)
        return tuple(tuple(group) for group in groups.values() if len(group) > 1)

    def layer(self, name: str) -> LayerSpec | None:
        """The weighted layer of that name, or None."""
        return self._layers.get(name)

    def block_named(self, name: str) -> BlockSpec | None:
        """The block of that module name (`layer2.0`), or None."""
        return self._blocks.get(name)

    def block_of(self, name: str) -> BlockSpec | None:
        """The block that a layer's or a block's name points into, or None for stem and head."""
        layer = self.layer(name)
        if layer is not None and layer.block is not None:
            return self.blocks[layer.block - 1]
        return self.block_named(name)

    @property
    def stem_end(self) -> str:
        """Name of the module that puts out the stem's maps: its last step's."""
        last = self.stem_steps[-1]
        assert isinstance(last, NamedStep)
        return last.name

    def map_names(self) -> tuple[str, ...]:
        """Everything that has feature maps, in order: the stem's layers, `stem`, each block's layers and the block."""
        inside = (name for block in self.blocks for name in (*(la.name for la in block.layers), block.name))
        return (*(layer.name for layer in self.stem_layers), "stem", *inside)

    def shape_of(self, name: str) -> Shape:
        """Output shape of what `map_names` lists, or of a layer of the head.

        Raises:
            KeyError: no layer and no block has that name.
        """
        if name == "stem":
            return self.stem_shape
        if found := self.layer(name) or self.block_named(name):
            return found.output_shape
        raise KeyError(name)

    def sampling(self, name: str) -> Sampling:
        """Where the cells of a map that `map_names` lists look in the network's input.

        Of a block by its longest path, which sees most: that through the residual branch. A shortcut that pools looks
        half a cell beside it.

        Raises:
            KeyError: it has no feature maps.
        """
        return self._samplings[name]

    def samplings(self, wiring: Wiring) -> dict[str, Sampling]:
        """The same of all, by the longest path whose gates are not closed: with its branch dropped a block looks
        through its shortcut alone, with both closed it sees nothing, and left out it sees what comes before it.
        """
        found: dict[str, Sampling] = {}
        left_out = frozenset(wiring.left_out)

        def follow(steps: Steps, start: Sampling) -> Sampling:
            for step in steps:
                start = sampling([step], start)
                if isinstance(step, LayerSpec):
                    found[step.name] = start
            return start

        found["stem"] = end = follow(self.stem_steps, Sampling())
        for block, shortcut, branch in zip(self.blocks, wiring.shortcuts, wiring.branches, strict=True):
            opened = follow(block.before, end)
            carried = follow(block.carry, opened if block.carries_preactivation else end)
            if block.gate is not None:
                follow((block.gate,), end)
            through = follow(block.branch, opened)
            paths = [through] if branch else []
            paths += [carried] if shortcut and block.shortcut != "none" else []
            if block.number not in left_out:
                end = max(paths, key=lambda path: path.field, default=replace(through, field=0))
            found[block.name] = end
        return found

    def describe(self, name: str) -> str:
        """A layer or block in the words of the screen: "block 21 · conv4_x 3 · conv1"."""
        if name == "stem":
            return "stem"
        if any(name == layer.name for layer in self.stem_layers):
            return f"stem · {name}"
        block = self.block_of(name)
        if block is None:
            return "classifier" if self.classifier and name == self.classifier.name else f"head · {name}"
        if name == block.name:
            return block.label
        layer = self.layer(name)
        part = name.removeprefix(f"{block.name}.")
        kinds = {"projection": "projection", "gate": "gate layer"}
        return f"{block.label} · {kinds.get(layer.kind, part) if layer else part}"

    @cached_property
    def _samplings(self) -> dict[str, Sampling]:
        return self.samplings(Wiring.all_open(len(self.blocks)))

    @cached_property
    def _layers(self) -> dict[str, LayerSpec]:
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def _blocks(self) -> dict[str, BlockSpec]:
        return {block.name: block for block in self.blocks}
