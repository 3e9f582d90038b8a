"""Two networks beside each other: which layer of one stands where in the other.

Where their layers are the same, each stands beside its own. Where they are not, depth is relative: the first layer
beside the first, the last beside the last, the others spread evenly between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from resnet_viewer.records.blueprint import BlockSpec, Blueprint
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
    depth, or where that has no such part, what lies at the same relative depth in it; None for a layer of the head.
    The stem stands beside the stem, its only layer beside the last of several.
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
    if block.projection and other.projection and name == block.projection.name:
        return other.projection.name
    same_part = other.name + name.removeprefix(block.name)
    if same_part in [layer.name for layer in other.layers]:
        return same_part
    inside, beside = (
        [layer.name for layer in each.layers if layer.kind not in ("projection", "gate")]
        for each in (block, other)
    )
    place = (
        inside.index(name) + 1 if name in inside else len(inside)
    )  # what lies beside the branch ends with it
    return beside[block_beside(place, of=len(inside), among=len(beside)) - 1]


def plan_of(result: ProbeResult) -> Blueprint:
    """The blueprint of the network that was read, at its input's size."""
    state = result.request.state
    return blueprint(state.network, state.preprocessing.crop)


def reading_beside(number: int, ours: Blueprint, theirs: ProbeResult) -> BlockReading:
    """The reading of the block of `theirs`, a full reading, beside block `number` of `ours`."""
    return theirs.blocks[block_beside(number, of=len(ours.blocks), among=len(theirs.blocks)) - 1]


def maps_beside(layer: str, ours: Blueprint, theirs: ProbeResult) -> Array | None:
    """The feature maps of `theirs` (C, H, W) beside a layer of `ours`, of whatever size and number they are; None
    where they were not computed.
    """
    beside = layer_beside(layer, ours, plan_of(theirs))
    return None if beside is None else theirs.maps(beside)


def words_beside(layer: str, ours: Blueprint, theirs: Blueprint) -> str:
    """What of `theirs` stands beside a layer of `ours`, in words, with the network's name where that is another."""
    if theirs.spec == ours.spec:
        return ours.describe(layer)
    beside = layer_beside(layer, ours, theirs)
    return theirs.spec.title if beside is None else f"{theirs.spec.title} · {theirs.describe(beside)}"


def lacking_words(maps: Array | None, channel: int) -> str:
    """Why maps (C, H, W) that are there have nothing to show of a channel; empty where they have."""
    return "" if maps is None or channel < len(maps) else f"only channels 0 to {len(maps) - 1} here"


@dataclass(frozen=True)
class BlockChange:
    """How far a block's output now lies from the reference's.

    `distance` is `‖now − reference‖₂ / ‖reference‖₂` over all channels and places; infinite where the reference is zero
    and now is not.
    """

    block: BlockSpec
    distance: float

    @property
    def words(self) -> str:
        """One sentence."""
        number = self.block.number
        if self.distance == math.inf:
            return f"Block {number} changed most: the reference puts out zeros alone there."
        return (
            f"Block {number} changed most: its maps lie {self.distance:.3g} times the reference's norm away from them "
            "(L2, over all channels and places)."
        )


def block_changes(now: ProbeResult, reference: ProbeResult) -> tuple[BlockChange, ...]:
    """Of every block whose output both full readings have, in one shape and finite; in order.

    In another network a block stands beside the one at the same relative depth.
    """
    ours, found = plan_of(now), []
    for block in ours.blocks:
        mine, beside = now.maps(block.name), maps_beside(block.name, ours, reference)
        if mine is None or beside is None or mine.shape != beside.shape:
            continue
        with np.errstate(invalid="ignore"):  # infinity less infinity
            away = float(np.linalg.norm(mine.astype(np.float64) - beside))
        norm = float(np.linalg.norm(beside.astype(np.float64)))
        if math.isfinite(away) and math.isfinite(norm):
            found.append(BlockChange(block, away / norm if norm else (math.inf if away else 0.0)))
    return tuple(found)


def most_changed(now: ProbeResult, reference: ProbeResult) -> BlockChange | str:
    """The block whose output changed most, the first of equal ones; a sentence where none did or can be compared."""
    changes = block_changes(now, reference)
    if not changes:
        return "No block of now can be compared: none puts out finite maps in the shape of the reference's."
    most = max(changes, key=lambda change: change.distance)
    if not most.distance:
        return "Nothing changed: every block puts out what it does in the reference."
    return most
