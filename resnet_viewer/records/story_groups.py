"""Which training runs may be compared with each other, by which numbers, and when that is too early.

Compared are only runs that differ in depth and shortcuts alone: one data set, one recipe, one length, one seed, and
shortcuts that nobody touched. Until all of them are done, each is taken after the epochs that all of them have done.
One that was extended when its epochs were done is taken after those that it shares with the others; one that was
extended on the way had another schedule, and is in a group apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Literal

import numpy as np

from resnet_viewer.records.lab import RunState
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.training import EpochReport, Extension, Intervention, RunSpec, in_force

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class StoryRun:
    """What a story takes from one run. Errors in percent, times in epochs."""

    title: str
    """"Plain-56"; where several seeds are there, the seed beside it."""
    run: RunSpec
    state: RunState
    steps_per_epoch: int
    epochs: tuple[EpochReport, ...] = ()
    sentence: str = ""
    """Why it ended before its time."""
    final_train_error: float | None = None
    """Of its last weights on the training pictures as they are; None while it has not ended."""
    errors: Floats = field(default_factory=lambda: np.empty(0))
    """(n,) the training error of each step's batch."""
    record_times: Floats = field(default_factory=lambda: np.empty(0))
    """(m,) when the gradients were recorded: at the beginning of those steps."""
    norms: Floats = field(default_factory=lambda: np.empty((0, 0)))
    """(m, L) the gradient norms then, layers in the forward pass's order."""
    is_read: bool = True
    """What an earlier start has done of it is known."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes, unless it is made longer."""
        return self.state in ("done", "stopped", "diverged", "failed")

    @property
    def is_whole(self) -> bool:
        """Whether all of its epochs are done."""
        return self.state == "done" and len(self.epochs) >= self.length

    @property
    def length(self) -> int:
        """Epochs that it will have, with every extension."""
        return self.run.length

    @property
    def is_untouched(self) -> bool:
        """Whether its shortcuts were left as they are from the start."""
        return not self.run.touches_shortcuts

    def strength_at(self, step: int) -> float:
        """How far the shortcuts are open at a step; 1 where there are none."""
        return self.run.strength_at(step, self.steps_per_epoch) if self.run.network.has_shortcuts else 1.0

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Those that change how far the shortcuts are open; of several at one step the last."""
        return in_force(self.run.interventions, self.run.recipe) if self.run.network.has_shortcuts else ()


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
    length: int
    """The epochs that it has in all, with those that its group does not share."""
    last_error: float | None = None
    """On the training pictures after these; None where they are the group's, or not done."""


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
    is_complete: bool
    """These are all that they share."""
    is_final: bool
    """And all that they have: the training errors are those of their last weights."""
    is_settled: bool
    """No training error changed much over the last epochs."""
    has_ended: bool
    """Nothing more comes."""
    pictures: int
    """To train on; 0 where that is not known."""
    is_apart: bool
    """Runs of the same beginnings are in another group: some were extended on the way."""

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

        Of runs that have done what they share that is so after fewer than `LEAST_STEPS` steps, unless all err less than
        `MARGIN`; of others also while an error is not settled.
        """
        if self.is_complete and all(m.train_error < MARGIN for m in self.measured):
            return ""
        if self.steps < LEAST_STEPS:
            length = self.run.length * self.steps // self.epochs
            of = "" if self.has_ended else f" of {length}"
            only = "only " if self.has_ended else ""
            number = counted(self.steps, "step") if not of else f"{self.steps}{of} steps"
            return f"each network has taken {only}{number}"
        if self.is_complete or self.is_settled:
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
    """The runs that may be compared: none whose shortcuts were touched, or that broke before the others' end."""
    alike: dict[RunSpec, list[StoryRun]] = {}
    for told in runs:
        if told.is_untouched and told.epochs:
            alike.setdefault(_common(told.run), []).append(told)
    groups = []
    for run, members in alike.items():
        parts = []
        for lengths, part in _parts(_going(members, run.epochs)):
            shared = replace(run, extensions=tuple(Extension(0, length) for length in lengths))
            if going := _going(part, shared.length):
                parts.append((shared, going))
        groups += [_group(shared, going, pictures, is_apart=len(parts) > 1) for shared, going in parts]
    return groups


def seedless(network: NetworkSpec) -> NetworkSpec:
    """The same network whatever its seed."""
    return replace(network, seed=0)


def kind_of(network: NetworkSpec) -> NetworkSpec:
    """What a network has in common with those that differ from it by their depth alone, whatever the seed."""
    return replace(network, name="", depth=0, stages=(), seed=0)


def are_twins(network: NetworkSpec, other: NetworkSpec) -> bool:
    """Whether they differ by their shortcuts alone: one has some, the other has none."""
    is_alike = replace(other, name=network.name, shortcut=network.shortcut) == network
    return is_alike and network.has_shortcuts != other.has_shortcuts


def _common(run: RunSpec) -> RunSpec:
    """The run without what may differ between runs that are compared: depth, and shortcuts alone."""
    network = replace(kind_of(run.network), shortcut="none", seed=run.network.seed)
    recipe = replace(run.recipe, warm_up=0.0, warm_up_steps=0)  # the paper's depends on the depth
    return replace(run, network=network, recipe=recipe, record_every=1, extensions=(), interventions=())


def _going(members: Sequence[StoryRun], length: int) -> list[StoryRun]:
    """Those that have done so many epochs, or will; where none does, those that were stopped."""
    going = [told for told in members if len(told.epochs) >= length or not told.has_ended]
    return going or [told for told in members if told.state not in ("diverged", "failed")]


def _parts(members: Sequence[StoryRun]) -> list[tuple[tuple[int, ...], list[StoryRun]]]:
    """The runs that had one schedule as far as their first end, with the lengths that all of a part were extended to.

    Runs in turn are extended a few steps apart: that is one schedule.
    """
    if len({_lengths(told) for told in members}) == 1:
        return [(_lengths(members[0]), [*members])]
    early: dict[tuple[int, ...], list[StoryRun]] = {}
    for told in members:
        changed = [made.epochs for made in told.run.extensions if _changes(made, told, told.run.epochs)]
        early.setdefault(tuple(changed), []).append(told)
    parts = []
    for lengths, alike in early.items():
        shared = _shared(alike, len(lengths))
        if shared is not None:
            parts.append((shared, alike))
            continue
        whole: dict[tuple[int, ...], list[StoryRun]] = {}
        for told in alike:
            whole.setdefault(_lengths(told), []).append(told)
        parts += whole.items()
    return parts


def _shared(members: Sequence[StoryRun], least: int) -> tuple[int, ...] | None:
    """The most lengths, `least` or more, that all were extended to before they differ; None where there are none."""
    lengths = _lengths(members[0])
    for count in range(len(lengths), least - 1, -1):
        first = lengths[:count]
        end = first[-1] if first else members[0].run.epochs
        if all(
            _lengths(told)[:count] == first
            and not any(_changes(made, told, end) for made in told.run.extensions[count:])
            for told in members
        ):
            return first
    return None


def _changes(made: Extension, told: StoryRun, epochs: int) -> bool:
    """Whether a run took other learning rates within so many epochs because it was extended."""
    return told.run.recipe.schedule != "constant" and made.step < epochs * told.steps_per_epoch


def _lengths(told: StoryRun) -> tuple[int, ...]:
    return tuple(made.epochs for made in told.run.extensions)


def _group(run: RunSpec, members: Sequence[StoryRun], pictures: int, *, is_apart: bool) -> Group:
    epochs = min(run.length, *(len(told.epochs) for told in members))
    is_final = all(told.is_whole and told.length == run.length for told in members)
    measured = []
    for told in members:
        reached = told.epochs[epochs - 1]
        train_error, last = reached.train_error, told.final_train_error
        if is_final and last is not None:
            train_error = last
        is_longer = told.is_whole and told.length > run.length
        measured.append(
            Measured(
                told.run.network, train_error, reached.test_error, told.length, last if is_longer else None
            )
        )
    return Group(
        run,
        tuple(measured),
        epochs,
        steps=epochs * min(told.steps_per_epoch for told in members),
        is_complete=all(len(told.epochs) >= run.length for told in members),
        is_final=is_final,
        is_settled=all(_is_settled(told, epochs) for told in members),
        has_ended=all(told.has_ended or len(told.epochs) >= run.length for told in members),
        pictures=pictures,
        is_apart=is_apart,
    )


def _is_settled(told: StoryRun, epochs: int) -> bool:
    if epochs < SETTLED_EPOCHS:
        return False
    errors = [epoch.train_error for epoch in told.epochs[epochs - SETTLED_EPOCHS : epochs]]
    return max(errors) - min(errors) <= max(MARGIN, SETTLED_SHARE * errors[-1])
