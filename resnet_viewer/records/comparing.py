"""Two networks beside each other: which layer of one stands where in the other.

Where their layers are the same, each stands beside its own. Where they are not, depth is relative: the first layer
beside the first, the last beside the last, the others spread evenly between.
"""

from __future__ import annotations

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.probe import ProbeResult


def have_same_layers(ours: ProbeResult, theirs: ProbeResult) -> bool:
    """Whether two full readings have the same weighted layers, by name and shape, and the same blocks.

    A plain network and its residual twin of option A have.
    """
    if ours.request.state.network == theirs.request.state.network:
        return True
    mine, yours = (
        ([(layer.name, layer.shape) for layer in result.layers], [block.name for block in result.blocks])
        for result in (ours, theirs)
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
    depth; None where it has no such part. The stem stands beside the stem.
    """
    if name == "stem":
        return name
    if name == ours.stem.name:
        return theirs.stem.name
    block = ours.block_of(name)
    if block is None:
        return None
    number = block_beside(block.number, of=len(ours.blocks), among=len(theirs.blocks))
    other = theirs.blocks[number - 1]
    if name == block.name:
        return other.name
    if len(block.layers) == len(other.layers) == 1:
        return other.layers[0].name
    same_part = other.name + name.removeprefix(block.name)
    return same_part if any(layer.name == same_part for layer in other.layers) else None
