"""What the architecture figure draws of a network: one box a layer or pooling, its shortcuts, what repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from resnet_viewer.records.blueprint import BlockSpec, Blueprint, ShortcutForm
from resnet_viewer.records.layers import ChannelPadding, GlobalPooling, LayerSpec, Pooling, Step

MOST_BOXES = 48
"""A column of more boxes draws blocks that repeat once, with their number: else it is longer than a page."""
OUTSIDE = 0
"""The stage of what lies outside the stages."""


@dataclass(frozen=True)
class Box:
    """One layer or pooling. `side` is that of its output, in pixels; `stage` as its network numbers it."""

    words: str
    side: int
    stage: int = OUTSIDE
    has_weights: bool = True


@dataclass(frozen=True)
class Bypass:
    """The shortcut of a block that is drawn: past the boxes `first` to `last`."""

    first: int
    last: int
    form: ShortcutForm
    changes_shape: bool
    has_gate: bool


@dataclass(frozen=True)
class Repeat:
    """The boxes `first` to `last` stand for `count` blocks in a row."""

    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Column:
    """A network as a column of boxes, from its picture to its last layer."""

    plan: Blueprint
    boxes: tuple[Box, ...]
    bypasses: tuple[Bypass, ...]
    repeats: tuple[Repeat, ...]


def column(plan: Blueprint) -> Column:
    """The column of a network; blocks that repeat stand once where all of them would make it too long."""
    full = _column(plan, is_short=False)
    return full if len(full.boxes) <= MOST_BOXES else _column(plan, is_short=True)


def _column(plan: Blueprint, *, is_short: bool) -> Column:
    boxes = list(_boxes(plan.stem_steps, plan.input_shape[1]))
    bypasses: list[Bypass] = []
    repeats: list[Repeat] = []
    for stage in plan.stages:
        for _, run in groupby(stage.blocks, _signature):
            alike = tuple(run)
            for block in alike[:1] if is_short else alike:
                first = len(boxes)
                boxes += _boxes(
                    (*block.before, *block.branch, *block.after), block.input_shape[1], stage.number
                )
                last = len(boxes) - 1
                if block.shortcut != "none":
                    changes = block.shortcut != "identity" and block.input_shape != block.output_shape
                    bypasses.append(Bypass(first, last, block.shortcut, changes, block.gate is not None))
                if is_short and len(alike) > 1:
                    repeats.append(Repeat(first, last, len(alike)))
    boxes += _boxes(plan.head_steps, plan.stages[-1].output_shape[1])
    return Column(plan, tuple(boxes), tuple(bypasses), tuple(repeats))


def _signature(block: BlockSpec) -> tuple[object, ...]:
    """Equal for blocks whose drawings are."""
    boxes = tuple(_boxes(block.branch, block.input_shape[1]))
    return boxes, block.shortcut, block.input_shape == block.output_shape


def _boxes(steps: Iterable[Step], side: int, stage: int = OUTSIDE) -> Iterator[Box]:
    for step in steps:
        before = side
        match step:
            case LayerSpec(kind="linear"):
                side = 1
                yield Box(f"fc {step.weight_shape[0]}", side)
            case LayerSpec():
                side = step.output_side(side)
                yield Box(_conv_words(step), side, stage)
            case Pooling():
                side = step.output_side(side)
                stride = f", /{step.stride}" if step.stride > 1 else ""
                yield Box(f"{_POOLS[step.kind]}{stride}", side, has_weights=False)
            case GlobalPooling():
                side = step.output_side(side)
                if (
                    side != before
                ):  # one that enlarges, as VGG's for small pictures, stays in the row before it
                    window = f", {side}×{side}" if side > 1 else ""
                    yield Box(f"{_POOLS[step.kind]}{window}", min(side, before), has_weights=False)
            case ChannelPadding():
                side = step.output_side(side)
            case _:
                pass


_POOLS = {"maximum": "max pool", "average": "avg pool"}


def _conv_words(layer: LayerSpec) -> str:
    """ "3×3 conv, 128, /2", with its groups as "C=32"."""
    outputs, _, kernel, _ = layer.weight_shape
    groups = f", C={layer.groups}" if layer.groups > 1 else ""
    stride = f", /{layer.stride}" if layer.stride > 1 else ""
    return f"{kernel}×{kernel} conv, {outputs}{groups}{stride}"
