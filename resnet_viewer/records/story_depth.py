"""Whether depth costs training error, and what shortcuts change about it, in sentences from measured errors.

The sizes are weighed: first what depth does to the plain networks, then what is left of it with shortcuts. They turn
it round where they take away nine tenths of what the deeper plain network errs more, or more than that; what is left
then is told beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_groups import (
    MARGIN,
    Group,
    StoryRun,
    Verdict,
    are_twins,
    groups_of,
    kind_of,
    seedless,
)
from resnet_viewer.records.story_words import counted, joined, percent, some_of
from resnet_viewer.records.training import RunSpec

LEARNED, LOST = 20.0, 20.0
"""Percent of the running training error, and percentage points by which it rises."""
_TOLD = 3
"""So many are told with their numbers, those that lost most; of the others the names are."""


@dataclass(frozen=True)
class _Collapse:
    told: StoryRun
    before: int
    """The epoch, from 0, of the lowest running training error before it rose, and that of the highest since."""
    after: int

    @property
    def rise(self) -> float:
        """In percentage points."""
        epochs = self.told.epochs
        return epochs[self.after].train_error - epochs[self.before].train_error


def collapse_sentences(runs: Sequence[StoryRun]) -> list[str]:
    """What was lost when, at which learning rates, and where the run is now."""
    found = [one for told in runs if told.is_untouched and (one := _collapse(told)) is not None]
    found.sort(key=lambda one: -one.rise)
    said = [_sentence(one) for one in found[:_TOLD]]
    if others := found[_TOLD:]:
        said.append(
            f"so did {counted(len(others), 'other run')}: {joined([one.told.title for one in others])}"
        )
    if found:
        said.append(
            "such a loss is no degradation in the sense of He et al. (2015): it depends on the seed and on how long "
            "the steps are; another seed, or a lower learning rate, shows whether it comes again"
        )
    return said


def _collapse(told: StoryRun) -> _Collapse | None:
    """The largest rise of a run, where it is one."""
    errors = np.array([epoch.train_error for epoch in told.epochs])
    if len(errors) < 2:
        return None
    lowest = np.minimum.accumulate(errors)
    rises = np.where(lowest < LEARNED, errors - lowest, 0.0)
    after = int(rises.argmax())
    if not rises[after] > LOST:
        return None
    return _Collapse(told, int(errors[:after].argmin()), after)


def _sentence(found: _Collapse) -> str:
    epochs, before, after = found.told.epochs, found.before, found.after
    rates = [epoch.rate for epoch in epochs[before : after + 1]]
    low, high = f"{min(rates):.2g}", f"{max(rates):.2g}"
    last = ""
    if len(epochs) > after + 1:
        last = f"; in epoch {len(epochs)} it is {percent(epochs[-1].train_error)}"
    return (
        f"{found.told.title} lost what it had learned: its running training error rose from "
        f"{percent(epochs[before].train_error)} in epoch {before + 1} to {percent(epochs[after].train_error)} in epoch "
        f"{after + 1}, while the learning rate was {low if low == high else f'{low} to {high}'}{last}"
    )


FAR = 10.0
"""Percentage points from which on a network errs *far* more than another."""
REMAINDER = 0.1
"""Share of the plain networks' degradation that may be left where shortcuts turn it round."""


def depth_sentences(runs: Sequence[StoryRun], pictures: int = 0) -> tuple[list[str], list[str]]:
    """What the runs say about depth on the `pictures` that they train on, and on the test set beside it."""
    groups = groups_of(runs, pictures)
    by_seed: dict[RunSpec, list[Group]] = {}
    for group in groups:
        by_seed.setdefault(replace(group.run, network=seedless(group.run.network)), []).append(group)
    said: list[str] = []
    tests: list[str] = []
    for run, alike in by_seed.items():
        sentences = _of_seeds(alike)
        which, tested = _which(run, list(by_seed)), _on_test(alike)
        if which:
            sentences[0] = f"{which}: {sentences[0]}"
        said += [*sentences, *_later(alike)]
        if tested:
            tests.append(f"{tested} ({which})" if which else tested)
    said += _apart(runs, groups)
    plains = [told.run.network for told in runs if not told.run.network.has_shortcuts]
    if said and len({network.depth for network in plains}) == 1 and plains[0].is_normalised:
        said.append("degradation shows between two depths of plain networks; here is one")
    beside = [f"errors on the test set: {'; '.join(tests)}"] if tests else []
    return said, beside + _left_out(runs, groups)


def _later(groups: Sequence[Group]) -> list[str]:
    """The errors of runs that were extended beyond what they share with the others."""
    found: dict[int, dict[NetworkSpec, list[float]]] = {}
    for m in (m for group in groups for m in group.measured):
        if m.last_error is not None:
            found.setdefault(m.length, {}).setdefault(seedless(m.network), []).append(m.last_error)
    said = []
    for length, networks in found.items():
        errors = [f"{_title(network)}\u00a0{percent(*some)}" for network, some in networks.items()]
        said.append(f"the training error{'s' * (len(errors) > 1)} after {length} epochs: {', '.join(errors)}")
    return said


def _apart(runs: Sequence[StoryRun], groups: Sequence[Group]) -> list[str]:
    """Which runs are not compared with others because they were extended on the way."""
    networks = {
        m.network for group in groups if group.is_apart and group.run.extensions for m in group.measured
    }
    by_length: dict[int, list[str]] = {}
    for told in runs:
        if told.run.network in networks and told.run.extensions:
            by_length.setdefault(told.length, []).append(told.title)
    said = []
    for length, titles in by_length.items():
        was, its, it_is = ("was", "its", "it is") if len(titles) == 1 else ("were", "their", "they are")
        said.append(
            f"{some_of(titles, len(runs))} {was} extended to {length} epochs on the way, which changed {its} learning "
            f"rates: {it_is} not compared with the others"
        )
    return said


def _left_out(runs: Sequence[StoryRun], groups: Sequence[Group]) -> list[str]:
    compared = {m.network for group in groups for m in group.measured}
    left_out = [told for told in runs if told.epochs and told.run.network not in compared]
    touched = [told.title for told in left_out if not told.is_untouched]
    others = [told.title for told in left_out if told.is_untouched]
    said = []
    if compared and touched:
        said.append(
            f"not compared here, because their shortcuts were changed on the way: {some_of(touched, len(runs))}"
        )
    if compared and others:
        said.append(f"not compared here, because they ended before their time: {some_of(others, len(runs))}")
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


def _of_seeds(groups: Sequence[Group]) -> list[str]:
    """The sentences about groups that differ by their seed alone; the first begins with a small letter."""
    plains, residuals = _networks(groups, has_shortcuts=False), _networks(groups, has_shortcuts=True)
    everything = [*plains, *residuals]
    if not everything:
        return ["no network is there with every seed yet"]
    if len(everything) == 1:
        said = [
            f"the training error of {_title(everything[0])} is {percent(*_errors(groups, everything[0]))}"
        ]
    elif early := next((group.too_early for group in groups if group.too_early), ""):
        return _early(groups, everything, early)
    elif _has_depths(plains):
        said = _degradation(groups, plains, residuals)
    elif _has_depths(_series(residuals)):
        said = [_residual_words(groups, plains, residuals)]
    else:
        said = _twins(groups, plains, residuals)
    if not all(group.is_final for group in groups):
        said[0] = f"{_so_far(groups)}, {said[0]}"
        is_one = len(everything) == 1
        these = (
            "this is a running training error, the mean"
            if is_one
            else "these are running training errors, means"
        )
        said.append(f"{these} over an epoch in which the weights move")
    return said


def _early(groups: Sequence[Group], networks: Sequence[NetworkSpec], why: str) -> list[str]:
    """That nothing can be said yet, why, and the errors as they are."""
    first = "too little training" if all(group.has_ended for group in groups) else "too early"
    what = "what depth does" if _has_depths(networks) else "how the networks compare"
    errors = "the training errors"
    if not all(group.is_final for group in groups):
        errors = f"{_so_far(groups)}, the running training errors are"
    return [f"{first} to tell {what}: {why}", f"{errors}: {_numbers(groups, networks)}"]


def _so_far(groups: Sequence[Group]) -> str:
    if all(group.is_complete for group in groups):
        epochs = groups[0].epochs
        return f"after {epochs} epoch{'s' * (epochs > 1)}"
    return f"so far, after {min(group.epochs for group in groups)} of {groups[0].run.length} epochs"


def _degradation(
    groups: Sequence[Group], plains: Sequence[NetworkSpec], residuals: Sequence[NetworkSpec]
) -> list[str]:
    """The plain networks' depths against each other, then what is left of that with shortcuts."""
    found = [group.verdict(plains[0], plains[-1]) for group in groups]
    deep, shallow = _names_of_depths(plains)
    first, *others = _error_words(groups, plains)
    numbers = ", ".join([f"{first} of them", *others])
    is_normalised = plains[0].is_normalised
    bare = "" if is_normalised else "without batch normalisation "
    if "more" not in found and any(
        group.is_apart for group in groups
    ):  # a deeper one may be in another group
        return [f"on the training pictures {joined([first, *others])}", *_remaining(groups, residuals)]
    if "more" not in found:
        less = "less" if set(found) == {"less"} else "no more"
        said = [
            f"{bare}the {deep} plain network errs {less} than the {shallow} on the training pictures: {numbers}"
        ]
        if any(_is_chance(group, plains[0], plains[-1]) for group in groups):
            said.append(f"chance alone makes such a difference on {counted(groups[0].pictures, 'picture')}")
        if is_normalised:
            said.append("no degradation, as He et al. (2015) call it, shows here")
        return said + _remaining(groups, residuals)
    gaps = [_gap(group, plains[0], plains[-1]) for group in groups]
    far = "far " if min(gaps) >= FAR else ""
    seeds = _seeds_words(found)
    said = [
        f"{bare}the {deep} plain network errs {far}more than the {shallow}{seeds}, on the very pictures that it trains "
        f"on: {numbers}"
    ]
    if not is_normalised:
        said.append(
            "that is not the degradation of He et al. (2015), whose plain networks have batch normalisation; these "
            "have none, and without it gradients may vanish or explode: look at them"
        )
    else:
        lasting = "" if all(group.is_complete for group in groups) else ", if it lasts to the end of training"
        said.append(f"He et al. (2015) call that degradation{lasting}")
        said.append("it is no overfitting, which would show on new pictures alone")
    return said + _turned(groups, plains, residuals)


def _turned(
    groups: Sequence[Group], plains: Sequence[NetworkSpec], residuals: Sequence[NetworkSpec]
) -> list[str]:
    """What the deepest residual network that has a plain twin takes away of its error."""
    twin = next((r for r in _series(residuals) if are_twins(r, plains[0])), None)
    twin = twin or next((r for r in residuals if are_twins(r, plains[0])), None)
    if twin is None:
        return _remaining(groups, residuals)
    deep = plains[0]
    others = [network for network in residuals if network != twin]
    rest = f" ({_numbers(groups, others)})" if others else ""
    error, instead = (percent(*_errors(groups, network)) for network in (twin, deep))
    found = [group.verdict(twin, deep) for group in groups]
    if set(found) != {"less"}:
        how = "do not turn it round here" if "less" not in found else "do not turn it round in every seed"
        return [f"shortcuts {how}: {_title(twin)} errs on {error}, {_title(deep)} on {instead}{rest}"]
    alike = (r for r in residuals if are_twins(r, plains[-1]) and kind_of(r) == kind_of(twin))
    shallow = next(alike, plains[-1])
    left = [_gap(g, twin, shallow) / max(_gap(g, deep, plains[-1]), MARGIN) for g in groups]
    part = "" if max(left) <= REMAINDER else " in part"
    return [
        f"shortcuts turn it round{part}: {_title(twin)} errs on {error} instead of its twin's {instead}{rest}"
    ]


def _remaining(groups: Sequence[Group], residuals: Sequence[NetworkSpec]) -> list[str]:
    return [f"with shortcuts: {_numbers(groups, residuals)}"] if residuals else []


def _residual_words(
    groups: Sequence[Group], plains: Sequence[NetworkSpec], residuals: Sequence[NetworkSpec]
) -> str:
    """Depths of residual networks alone."""
    alike = _series(residuals)
    found = [group.verdict(alike[0], alike[-1]) for group in groups]
    deep, shallow = _names_of_depths(alike)
    plains = [*(r for r in residuals if r not in alike), *plains]
    how = {"more": "errs more than", "alike": "errs like", "less": "errs less than"}
    words = how[found[0]] if len(set(found)) == 1 else "does not err in every seed as"
    rest = f" (beside them {_numbers(groups, plains)})" if plains else ""
    return (
        f"with shortcuts the {deep} network {words} the {shallow} on the training pictures: "
        f"{_numbers(groups, alike)}{rest}"
    )


def _twins(
    groups: Sequence[Group], plains: Sequence[NetworkSpec], residuals: Sequence[NetworkSpec]
) -> list[str]:
    """Networks of one depth each."""
    everything = [*residuals, *plains]
    numbers = f"on the training pictures {joined(_error_words(groups, everything))}"
    if not plains or not residuals or not are_twins(residuals[0], plains[0]):
        return [numbers]
    found = [group.verdict(residuals[0], plains[0]) for group in groups]
    how = {"more": "more than", "alike": "like", "less": "less than"}
    words = how[found[0]] if len(set(found)) == 1 else "not in every seed as"
    return [f"{_title(residuals[0])} errs {words} {_title(plains[0])}: {numbers}"]


def _error_words(groups: Sequence[Group], networks: Sequence[NetworkSpec]) -> list[str]:
    first, *others = [(_title(network), percent(*_errors(groups, network))) for network in networks]
    return [f"{first[0]} errs on {first[1]}", *(f"{name} on {error}" for name, error in others)]


def _on_test(groups: Sequence[Group]) -> str:
    everything = sorted(
        {*_networks(groups, has_shortcuts=False), *_networks(groups, has_shortcuts=True)},
        key=lambda network: (network.depth, network.has_shortcuts, network.title),
    )
    tests = [
        f"{_title(network)}\u00a0{percent(*(group.error_of(network).test_error for group in groups))}"
        for network in everything
    ]
    return ", ".join(tests)


def _networks(groups: Sequence[Group], *, has_shortcuts: bool) -> list[NetworkSpec]:
    """The networks of one kind that are there with every seed, the deepest first, with seed 0."""
    sets = [
        {seedless(m.network) for m in group.measured if m.network.has_shortcuts is has_shortcuts}
        for group in groups
    ]
    return sorted(set.intersection(*sets), key=lambda network: (-network.depth, network.title))


def _series(networks: Sequence[NetworkSpec]) -> list[NetworkSpec]:
    """Those that differ by their depth alone, the deepest first: of several kinds the one with most depths."""
    kinds: dict[NetworkSpec, list[NetworkSpec]] = {}
    for network in networks:
        kinds.setdefault(kind_of(network), []).append(network)
    return max(kinds.values(), key=len, default=[])


def _has_depths(networks: Sequence[NetworkSpec]) -> bool:
    return len({network.depth for network in networks}) > 1


def _title(network: NetworkSpec) -> str:
    return network.title.replace(" ", "\u00a0")


def _numbers(groups: Sequence[Group], networks: Sequence[NetworkSpec]) -> str:
    """ "Plain-56 57.0 %, Plain-20 0.0 %"."""
    return ", ".join(f"{_title(network)}\u00a0{percent(*_errors(groups, network))}" for network in networks)


def _errors(groups: Sequence[Group], network: NetworkSpec) -> list[float]:
    return [group.error_of(network).train_error for group in groups]


def _gap(group: Group, network: NetworkSpec, other: NetworkSpec) -> float:
    return group.error_of(network).train_error - group.error_of(other).train_error


def _is_chance(group: Group, network: NetworkSpec, other: NetworkSpec) -> bool:
    return group.verdict(network, other) == "alike" and _gap(group, network, other) >= MARGIN


def _names_of_depths(networks: Sequence[NetworkSpec]) -> tuple[str, str]:
    has_two = len({network.depth for network in networks}) == 2
    return ("deeper", "shallower") if has_two else ("deepest", "shallowest")


def _seeds_words(found: Sequence[Verdict]) -> str:
    """ " in both seeds", " in 2 of three seeds"; nothing for one."""
    count, more = len(found), found.count("more")
    if count == 1:
        return ""
    if more < count:
        return f" in {more} of {counted(count, 'seed')}"
    return " in both seeds" if count == 2 else f" in all {counted(count, 'seed')}"
