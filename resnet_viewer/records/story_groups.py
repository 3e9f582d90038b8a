"""Which training runs may be compared with each other, by which numbers, and when that is too early.

Compared are only runs that differ in depth and shortcuts alone: one data set, one recipe, one length, one seed, and
shortcuts that nobody touched. Until all of them are done, each is taken after the epochs that all of them have done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_run import StoryRun
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.training import RunSpec

MARGIN = 1.0
"""Errors that lie less than so many percentage points apart count as alike."""
CHANCE = 3.0
"""So do errors that lie less than so many standard errors of their difference apart."""
LEAST_STEPS = 100
"""Of the optimizer: after fewer the depths differ by how fast they begin, not by what they can learn."""
SETTLED_EPOCHS, SETTLED_SHARE = 3, 0.1
"""Over the last so many epochs a settled error changes by no more than this share of itself, or `MARGIN`."""
Verdict = Literal["more", "alike", "less"]


@dataclass(frozen=True)
class Measured:
    """The errors of one network in one seed, in percent, when its group is compared."""

    network: NetworkSpec
    train_error: float
    test_error: float


@dataclass(frozen=True)
class Group:
    """Runs of one seed that may be compared."""

    run: RunSpec
    """What they have in common."""
    measured: tuple[Measured, ...]
    epochs: int
    """How many all of them have done."""
    steps: int
    """Of the optimizer, in these epochs."""
    is_final: bool
    """All have done all of theirs: the training errors are those of their last weights."""
    is_settled: bool
    """No training error changed much over the last epochs."""
    has_ended: bool
    """Nothing more comes."""
    pictures: int
    """To train on; 0 where that is not known."""

    def error_of(self, network: NetworkSpec) -> Measured:
        """The errors of a network, whatever its seed."""
        return next(m for m in self.measured if seedless(m.network) == network)

    def verdict(self, network: NetworkSpec, other: NetworkSpec) -> Verdict:
        """Whether a network errs more on the training pictures than another, beyond what chance makes."""
        errors = [self.error_of(one).train_error for one in (network, other)]
        return verdict(errors[0], errors[1], self.pictures)

    @property
    def too_early(self) -> str:
        """Why nothing can be said about depth yet; empty where it can.

        Of runs that are done that is so after fewer than `LEAST_STEPS` steps, unless all err less than `MARGIN`; of
        others also while an error is not settled.
        """
        if self.is_final and all(m.train_error < MARGIN for m in self.measured):
            return ""
        if self.steps < LEAST_STEPS:
            length = self.run.length * self.steps // self.epochs
            of = "" if self.has_ended else f" of {length}"
            only = "only " if self.has_ended else ""
            number = counted(self.steps, "step") if not of else f"{self.steps}{of} steps"
            return f"each network has taken {only}{number}"
        if self.is_final or self.is_settled:
            return ""
        return "the training errors still changed" if self.has_ended else "the training errors still change"


def verdict(error: float, other: float, pictures: int = 0) -> Verdict:
    """Whether an error in percent is higher than another, alike, or lower.

    Alike are those that lie less than `MARGIN` apart, or less than `CHANCE` standard errors of the difference between
    two shares of so many `pictures` (each with one wrong and one right picture more, so that 0 % has an error too).
    """
    least = MARGIN
    if pictures:
        shares = [(value / 100 * pictures + 1) / (pictures + 2) for value in (error, other)]
        deviation = 100 * sqrt(sum(share * (1 - share) for share in shares) / pictures)
        least = max(least, CHANCE * deviation)
    if abs(error - other) < least:
        return "alike"
    return "more" if error > other else "less"


def groups_of(runs: Sequence[StoryRun], pictures: int = 0) -> list[Group]:
    """The runs that may be compared; those that diverged, failed or whose shortcuts were touched are in none."""
    alike: dict[RunSpec, list[StoryRun]] = {}
    for told in runs:
        if told.is_untouched and told.epochs and told.state not in ("diverged", "failed"):
            alike.setdefault(_common(told.run), []).append(told)
    groups = []
    for run, members in alike.items():
        going = [told for told in members if told.is_whole or not told.has_ended]
        groups.append(_group(run, going or members, pictures))
    return groups


def seedless(network: NetworkSpec) -> NetworkSpec:
    """The same network whatever its seed."""
    return replace(network, seed=0)


def _common(run: RunSpec) -> RunSpec:
    """The run without what may differ between runs that are compared."""
    network = replace(
        run.network, name="", depth=0, stages=(), shortcut="none", order="original", merge="addition"
    )
    recipe = replace(run.recipe, warm_up=0.0, warm_up_steps=0)  # the paper's depends on the depth
    lengths = tuple(
        replace(longer, step=0) for longer in run.extensions
    )  # runs in turn get one a few steps apart
    return replace(run, network=network, recipe=recipe, record_every=1, extensions=lengths, interventions=())


def _group(run: RunSpec, members: Sequence[StoryRun], pictures: int) -> Group:
    epochs = min(len(told.epochs) for told in members)
    is_final = all(told.is_whole for told in members)
    measured = []
    for told in members:
        reached = told.epochs[epochs - 1]
        final = told.final_train_error if is_final else None
        measured.append(
            Measured(told.run.network, reached.train_error if final is None else final, reached.test_error)
        )
    steps = epochs * min(told.steps_per_epoch for told in members)
    is_settled = all(_is_settled(told, epochs) for told in members)
    ended = all(told.has_ended for told in members)
    return Group(run, tuple(measured), epochs, steps, is_final, is_settled, ended, pictures)


def _is_settled(told: StoryRun, epochs: int) -> bool:
    if epochs < SETTLED_EPOCHS:
        return False
    errors = [epoch.train_error for epoch in told.epochs[epochs - SETTLED_EPOCHS : epochs]]
    return max(errors) - min(errors) <= max(MARGIN, SETTLED_SHARE * errors[-1])
