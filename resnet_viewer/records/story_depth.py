"""Whether depth costs training error, and what shortcuts change about it, in sentences from measured errors.

Compared are only runs that differ in depth and shortcuts alone: one data set, one recipe, one length, one seed, and
shortcuts that nobody touched. Until all of them are done, each is taken after the epochs that all of them have done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_run import StoryRun
from resnet_viewer.records.story_words import counted, joined, percent
from resnet_viewer.records.training import RunSpec

MARGIN = 1.0
"""Errors that lie less than so many percentage points apart count as alike."""
Verdict = Literal["more", "alike", "less"]
_VERDICTS: tuple[Verdict, ...] = ("more", "alike", "less")


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
    is_final: bool
    """All have done all of theirs: the training errors are those of their last weights."""
    has_ended: bool
    """Nothing more comes."""

    def error_of(self, network: NetworkSpec) -> Measured:
        """The errors of a network, whatever its seed."""
        return next(m for m in self.measured if _seedless(m.network) == network)


def depth_sentences(runs: Sequence[StoryRun]) -> list[str]:
    """What the runs say about depth; empty where nothing was measured yet."""
    by_seed: dict[RunSpec, list[Group]] = {}
    for group in _groups(runs):
        key = replace(group.run, network=_seedless(group.run.network))
        by_seed.setdefault(key, []).append(group)
    said: list[str] = []
    for run, groups in by_seed.items():
        sentences = _of_seeds(groups)
        if which := _which(run, list(by_seed)):
            sentences[0] = f"{which}: {sentences[0]}"
        said += sentences
    plain_depths = {told.run.network.depth for told in runs if not told.run.network.has_shortcuts}
    if said and len(plain_depths) == 1:
        said.append("degradation shows between two depths of plain networks; here is one")
    compared = {m.network for groups in by_seed.values() for group in groups for m in group.measured}
    left_out = [told for told in runs if told.epochs and told.run.network not in compared]
    if compared and left_out:
        touched = [told.title for told in left_out if not told.is_untouched]
        others = [told.title for told in left_out if told.is_untouched]
        if touched:
            said.append(
                f"Not compared here, because their shortcuts were changed on the way: {joined(touched)}"
            )
        if others:
            said.append(f"Not compared here, because they ended before their time: {joined(others)}")
    return said


def _which(run: RunSpec, others: Sequence[RunSpec]) -> str:
    """Recipe, length and data, as far as they tell it from the others: "recipe adam, on Digits"."""

    def differs(part: Callable[[RunSpec], object]) -> bool:
        return len({part(other) for other in others}) > 1

    parts = []
    if differs(lambda one: one.recipe):
        is_named = differs(lambda one: one.recipe.name)
        parts.append(f"recipe {plain(run.recipe.name)}" if is_named else run.recipe.words)
    if differs(lambda one: one.length):
        parts.append(counted(run.length, "epoch"))
    if differs(lambda one: one.data):
        parts.append(f"on {NAMED[run.data].title if run.data in NAMED else plain(run.data)}")
    return ", ".join(parts)


def verdict(error: float, other: float) -> Verdict:
    """Whether an error is higher than another, alike, or lower, by `MARGIN`."""
    if abs(error - other) < MARGIN:
        return "alike"
    return "more" if error > other else "less"


def _groups(runs: Sequence[StoryRun]) -> list[Group]:
    alike: dict[RunSpec, list[StoryRun]] = {}
    for told in runs:
        if told.is_untouched and told.epochs and told.state not in ("diverged", "failed"):
            alike.setdefault(_common(told.run), []).append(told)
    groups = []
    for run, members in alike.items():
        going = [told for told in members if told.is_whole or not told.has_ended]
        groups.append(_group(run, going or members))
    return groups


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


def _group(run: RunSpec, members: Sequence[StoryRun]) -> Group:
    epochs = min(len(told.epochs) for told in members)
    is_final = all(told.is_whole for told in members)
    measured = []
    for told in members:
        reached = told.epochs[epochs - 1]
        final = told.final_train_error if is_final else None
        measured.append(
            Measured(told.run.network, reached.train_error if final is None else final, reached.test_error)
        )
    return Group(run, tuple(measured), epochs, is_final, all(told.has_ended for told in members))


def _of_seeds(groups: Sequence[Group]) -> list[str]:
    """The sentences about groups that differ by their seed alone; the first begins with a small letter."""
    plains, residuals = _networks(groups, has_shortcuts=False), _networks(groups, has_shortcuts=True)
    by_plain, by_residual = _by_depth(groups, plains), _by_depth(groups, residuals)
    shown: set[NetworkSpec] = set()
    said = []
    if by_plain:
        said.append(_plain_words(groups, plains, by_plain))
        shown |= {*plains}
    is_final = all(group.is_final for group in groups)
    said += _degradation(by_plain, is_final=is_final)
    if by_residual:
        said.append(_residual_words(groups, residuals, by_residual, by_plain))
        shown |= {*residuals}
    rest = [network for network in (*plains, *residuals) if network not in shown]
    if rest:
        errors = [f"{percent(*_errors(groups, network))} for {network.title}" for network in rest]
        said.append(f"the training error is {joined(errors)}")
    said += _twins(groups, plains, residuals)
    everything = sorted(
        {*plains, *residuals}, key=lambda network: (network.depth, network.has_shortcuts, network.title)
    )
    if everything:
        tests = [
            f"{network.title}\u00a0{percent(*(group.error_of(network).test_error for group in groups))}"
            for network in everything
        ]
        said.append(f"on the test set: {', '.join(tests)}")
    if said and not is_final:
        after = counted(min(group.epochs for group in groups), "epoch")
        has_ended = all(group.has_ended for group in groups)
        said[0] = f"{'after' if has_ended else 'so far, after'} {after}, {said[0]}"
    return said or ["no network is there with every seed yet"]


def _seedless(network: NetworkSpec) -> NetworkSpec:
    return replace(network, seed=0)


def _networks(groups: Sequence[Group], *, has_shortcuts: bool) -> list[NetworkSpec]:
    """The networks of one kind that are there with every seed, the deepest first, with seed 0."""
    sets = [
        {_seedless(m.network) for m in group.measured if m.network.has_shortcuts is has_shortcuts}
        for group in groups
    ]
    return sorted(set.intersection(*sets), key=lambda network: (-network.depth, network.title))


def _numbers(groups: Sequence[Group], networks: Sequence[NetworkSpec]) -> str:
    """ "Plain-56 57.0 %, Plain-20 0.0 %"."""
    return ", ".join(f"{network.title}\u00a0{percent(*_errors(groups, network))}" for network in networks)


def _errors(groups: Sequence[Group], network: NetworkSpec) -> list[float]:
    return [group.error_of(network).train_error for group in groups]


def _compared(groups: Sequence[Group], network: NetworkSpec, other: NetworkSpec) -> list[Verdict]:
    pairs = zip(_errors(groups, network), _errors(groups, other), strict=True)
    return [verdict(mine, its) for mine, its in pairs]


def _by_depth(groups: Sequence[Group], networks: Sequence[NetworkSpec]) -> list[Verdict]:
    """For each seed, the deepest of these networks against the shallowest; empty where there is one depth."""
    if not networks or networks[0].depth == networks[-1].depth:
        return []
    return _compared(groups, networks[0], networks[-1])


def _names_of_depths(networks: Sequence[NetworkSpec]) -> tuple[str, str]:
    has_two = len({network.depth for network in networks}) == 2
    return ("deeper", "shallower") if has_two else ("deepest", "shallowest")


def _seeds_words(verdicts: Sequence[Verdict]) -> str:
    """ " in both seeds", " in all three seeds"; nothing for one."""
    match len(verdicts):
        case 1:
            return ""
        case 2:
            return " in both seeds"
        case count:
            return f" in all {counted(count, 'seed')}"


def _mixed_words(verdicts: Sequence[Verdict]) -> str:
    """ "errs more in 2 and alike in 1 of three seeds"."""
    counts = [f"{word} in {verdicts.count(word)}" for word in _VERDICTS if word in verdicts]
    return f"errs {joined(counts)} of {counted(len(verdicts), 'seed')}"


def _plain_words(groups: Sequence[Group], networks: Sequence[NetworkSpec], found: Sequence[Verdict]) -> str:
    deep, shallow = _names_of_depths(networks)
    numbers = _numbers(groups, networks)
    if len(set(found)) > 1:
        words = _mixed_words(found)
        return f"beside the {shallow}, the {deep} plain network {words} on the training pictures: {numbers}"
    seeds = _seeds_words(found)
    match found[0]:
        case "more":
            how = f"errs more than the {shallow} on the very pictures that it trains on"
        case "less":
            how = f"errs less than the {shallow} on the pictures that it trains on"
        case "alike":
            how = f"and the {shallow} err alike on the training pictures (within a percentage point)"
    return f"the {deep} plain network {how}{seeds}: {numbers}"


def _residual_words(
    groups: Sequence[Group],
    networks: Sequence[NetworkSpec],
    found: Sequence[Verdict],
    by_plain: list[Verdict],
) -> str:
    deep, shallow = _names_of_depths(networks)
    numbers = _numbers(groups, networks)
    if len(set(found)) > 1:
        return f"with shortcuts the {deep} network {_mixed_words(found)}, beside the {shallow}: {numbers}"
    where = "" if by_plain else " on the training pictures"
    seeds = _seeds_words(found)
    match found[0]:
        case "more":
            too = ", too" if set(by_plain) == {"more"} else ""
            how = f"the {deep} network errs more than the {shallow}{where}{too}"
        case "less":
            how = f"the {deep} network errs less than the {shallow}{where}"
        case "alike":
            how = f"the {deep} network and the {shallow} err alike{where} (within a percentage point)"
    return f"with shortcuts {how}{seeds}: {numbers}"


def _twins(
    groups: Sequence[Group], plains: Sequence[NetworkSpec], residuals: Sequence[NetworkSpec]
) -> list[str]:
    """The deepest residual network that has a plain one of its depth, against it; their errors stand elsewhere."""
    pairs = [(p, r) for p in plains for r in residuals if p.depth == r.depth]
    if not pairs:
        return []
    without, having = pairs[0]
    found = _compared(groups, having, without)
    if len(set(found)) > 1:
        return [f"beside {without.title}, {having.title} {_mixed_words(found)} on the training pictures"]
    how = {"more": "errs more than", "less": "errs less than", "alike": "errs like"}[found[0]]
    return [f"{having.title} {how} {without.title} on the training pictures{_seeds_words(found)}"]


def _degradation(found: Sequence[Verdict], *, is_final: bool) -> list[str]:
    """Whether this is what He et al. (2015) call degradation; nothing where one depth cannot tell."""
    if not found:
        return []
    if "more" not in found:
        return [f"the degradation of He et al. (2015) is not seen here{'' if is_final else ', or not yet'}"]
    if len(set(found)) > 1:
        seeds = f"in {found.count('more')} of {counted(len(found), 'seed')}"
        return [f"the degradation of He et al. (2015) is seen {seeds}{'' if is_final else ' so far'}"]
    return [
        f"He et al. (2015) call that degradation{'' if is_final else ', if it lasts to the end of training'}"
    ]
