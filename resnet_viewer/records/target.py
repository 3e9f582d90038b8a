"""What a gradient is taken of: a class's score, or a mean in the middle of the network."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.checking import require_types, shown
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec


@dataclass(frozen=True)
class BlockTarget:
    """The mean of one channel of a block's output, from 0, or of the whole output. Needs no classifier.

    Raises:
        ArgumentError: one is no whole number.
    """

    block: int
    channel: int | None = None

    def __post_init__(self) -> None:
        require_types(self)

    @property
    def name(self) -> str:
        """As in a list beside class names: "block 5, channel 12", "block 5, mean"."""
        return f"block {self.block}, {'mean' if self.channel is None else f'channel {self.channel}'}"

    @property
    def words(self) -> str:
        """In a sentence: "the mean of channel 12 of block 5"."""
        channel = "" if self.channel is None else f"channel {self.channel} of "
        return f"the mean of {channel}block {self.block}"

    @property
    def notation(self) -> str:
        """As the command line writes it: "block:5:12", "block:5"."""
        return f"block:{self.block}" + ("" if self.channel is None else f":{self.channel}")


Target = int | BlockTarget
"""A class index, or a mean of a block's output."""


def target_problem(target: Target, spec: NetworkSpec) -> str:
    """One sentence that says why a network has no such target; empty where it has."""
    if type(target) not in (int, BlockTarget):
        return f"target must be a class's index or a BlockTarget, not {shown(target)}."
    if not isinstance(target, BlockTarget):
        if 0 <= target < spec.classes:
            return ""
        if not spec.has_classifier:
            return f"{spec.title} has no classes; ask about a block's channel or its mean."
        return f"{spec.title} has no class {shown(target)}; give one of 0 to {spec.classes - 1}."
    if not 1 <= target.block <= spec.block_count:
        return f"There is no block {shown(target.block)}: {spec.title} has blocks 1 to {spec.block_count}."
    channels = blueprint(spec).blocks[target.block - 1].output_shape[0]
    if target.channel is not None and not 0 <= target.channel < channels:
        return (
            f"Block {target.block} has no channel {shown(target.channel)}; give one of 0 to {channels - 1}."
        )
    return ""


def question_problem(target: Target, spec: NetworkSpec, gradient_of: str) -> str:
    """The same of a target and whose gradient is taken: "score", or "loss"."""
    if problem := target_problem(target, spec):
        return problem
    if isinstance(target, BlockTarget) and gradient_of == "loss":
        return f"{target.name} has no loss: take the gradient of the score, or choose a class."
    return ""


def default_target(spec: NetworkSpec) -> BlockTarget | None:
    """What is asked about where nothing is chosen and there is no class: the mean of the last block. Else None."""
    return None if spec.has_classifier else BlockTarget(spec.block_count)
