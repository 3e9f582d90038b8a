"""Two networks beside each other: which layer of one stands where in the other.

Where their layers are the same, each stands beside its own. Where they are not, depth is relative: the first layer
beside the first, the last beside the last, the others spread evenly between.
"""

from __future__ import annotations

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import Array, BlockReading, ProbeResult


def have_same_plan(ours: Blueprint, theirs: Blueprint) -> bool:
    """Whether two networks have the same weighted layers, by name and shape, and the same blocks.

    A plain network and its residual twin of option A have.
    """
    if ours is theirs:
        return True
    mine, yours = (
        ([(layer.name, layer.weight_shape) for layer in plan.layers], [block.name for block in plan.blocks])
        for plan in (ours, theirs)
    )
    return mine == yours


def spread(count: int, first: float, last: float) -> list[float]:
    """`count` places from `first` to `last`, evenly; a single one stands in the middle.

    Example:
        >>> spread(3, 1, 9)
        [1.0, 5.0, 9.0]
    """
    if count < 2:
        return [(first + last) / 2] * count
    return [first + (last - first) * index / (count - 1) for index in range(count)]


def block_beside(number: int, *, of: int, among: int) -> int:
    """Of `among` blocks the one at the relative depth of block `number` of `of`; both from 1.

    Example:
        >>> block_beside(27, of=27, among=9), block_beside(14, of=27, among=9)
        (9, 5)
    """
    return round(spread(of, 1, among)[number - 1]) if of > 1 else among


def layer_beside(name: str, ours: Blueprint, theirs: Blueprint) -> str | None:
    """What of `theirs` stands beside a name of `ours.map_names()`: the same part of the block at the same relative
    depth; None where it has no such part. The stem stands beside the stem, its only layer beside the last of several.
    """
    if name == "stem":
        return name
    before = [layer.name for layer in ours.stem_layers]
    if name in before:
        number = block_beside(before.index(name) + 1, of=len(before), among=len(theirs.stem_layers))
        return theirs.stem_layers[number - 1].name
    block = ours.block_of(name)
    if block is None:
        return None
    number = block_beside(block.number, of=len(ours.blocks), among=len(theirs.blocks))
    other = theirs.blocks[number - 1]
    if name == block.name:
        return other.name
    if len(block.layers) == len(other.layers) == 1:
        return other.layers[0].name
    if block.projection and name == block.projection.name:
        return other.projection.name if other.projection else None
    same_part = other.name + name.removeprefix(block.name)
    return same_part if any(layer.name == same_part for layer in other.layers) else None


def plan_of(result: ProbeResult) -> Blueprint:
    """The blueprint of the network that was read, at its input's size."""
    state = result.request.state
    return blueprint(state.network, state.preprocessing.crop)


def reading_beside(number: int, ours: Blueprint, theirs: ProbeResult) -> BlockReading:
    """The reading of the block of `theirs`, a full reading, beside block `number` of `ours`."""
    return theirs.blocks[block_beside(number, of=len(ours.blocks), among=len(theirs.blocks)) - 1]


def maps_beside(layer: str, ours: Blueprint, theirs: ProbeResult) -> Array | None:
    """The feature maps of `theirs` (C, H, W) beside a layer of `ours`; None where `why_no_maps` says why, or they
    were not computed.
    """
    beside = layer_beside(layer, ours, plan_of(theirs))
    return None if beside is None or why_no_maps(layer, ours, plan_of(theirs)) else theirs.maps(beside)


def why_no_maps(layer: str, ours: Blueprint, theirs: Blueprint) -> str:
    """Why another network has no maps to set beside a layer's; empty where it has."""
    beside = layer_beside(layer, ours, theirs)
    if beside is None:
        return f"{theirs.spec.title} has no such layer"
    mine, other = ours.shape_of(layer)[0], theirs.shape_of(beside)[0]
    if mine != other:
        return f"{theirs.spec.title} has {other} channels here, not {mine}"
    return ""
