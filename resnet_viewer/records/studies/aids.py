"""The study "What helps depth": plain, residual, highway, stochastic depth, and shortcuts weakened to nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.papers import HE_2015, HUANG_2016, SRIVASTAVA_2015
from resnet_viewer.records.recipe import ShortcutSchedule
from resnet_viewer.records.story_words import counted, joined
from resnet_viewer.records.study import Options, StudyInfo, StudyResult, option
from resnet_viewer.records.trained_rows import Group, differs, grouped, require_depth, spread_words

_MOST_DEPTHS = 3


class Aid(NamedTuple):
    """What a deep network is helped by."""

    name: str
    title: str


PLAIN, RESIDUAL, HIGHWAY, STOCHASTIC, WEAKENED = "plain", "residual", "highway", "stochastic", "weakened"
AIDS: tuple[Aid, ...] = (
    Aid(PLAIN, "plain"),
    Aid(RESIDUAL, "residual"),
    Aid(HIGHWAY, "highway"),
    Aid(STOCHASTIC, "stochastic depth"),
    Aid(WEAKENED, "weakened to plain"),
)
TITLES: Mapping[str, str] = {aid.name: aid.title for aid in AIDS}


@dataclass(frozen=True)
class AidsOptions(Options):
    """What is trained, on what and how often."""

    data: Literal["digits", "cifar10"] = option(
        "digits", "Data", "The bundled digits, or CIFAR-10, which takes days without a GPU."
    )
    depths: str = option("20, 56", "Depths", f"Up to {_MOST_DEPTHS}, with commas, each of the form 6n + 2.")
    epochs: int = option(24, "Epochs", "How long each is trained.", least=4, most=10_000)
    seeds: int = option(4, "Seeds", "How often each is trained, with seeds 0, 1 …", least=1, most=20)
    bias: float = option(
        -3.0,
        "Gates' first bias",
        "Of the highway's gates: negative lets the input through.",
        least=-10,
        most=10,
    )
    survival: float = option(
        0.5,
        "Survival",
        "Of the last block's branch in each step of stochastic depth; the first block's always is computed.",
        least=0.01,
        most=0.99,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for depth in self.each_depth:
            require_depth("depths", depth)

    @property
    def each_depth(self) -> tuple[int, ...]:
        """The depths, the lowest first.

        Raises:
            ArgumentError: they are none, or too many.
        """
        words = self.depths.replace(",", " ").split()
        if not 0 < len(set(words)) <= _MOST_DEPTHS or not all(
            w.isascii() and w.isdecimal() and len(w) < 5 for w in words
        ):
            raise ArgumentError(
                "depths", f"up to {_MOST_DEPTHS} depths with commas, such as 20, 56", self.depths
            )
        return tuple(sorted(set(map(int, words))))

    @property
    def weakening(self) -> ShortcutSchedule:
        """From whole to nothing over the middle half of the run; the last quarter trains a plain network."""
        return ShortcutSchedule(self.epochs / 4, 3 * self.epochs / 4)


def options_of(result: StudyResult) -> AidsOptions:
    """What the result was made with."""
    assert isinstance(result.order.options, AidsOptions)
    return result.order.options


def found(result: StudyResult) -> dict[tuple[str, int], Group]:
    """What was measured, by aid and depth: depth by depth, in the order of the aids."""
    groups = grouped(result.rows, "aid", "depth")
    return {
        (aid.name, depth): groups[aid.name, depth]
        for depth in options_of(result).each_depth
        for aid in AIDS
        if (aid.name, depth) in groups
    }


def conclusion(result: StudyResult) -> Sequence[str]:
    """At each depth what is better than plain and residual networks; and what the papers say."""
    groups, options = found(result), options_of(result)
    if not groups:
        return ()
    said: list[str] = []
    if not result.is_complete:
        said.append(f"{len(result.rows)} of {result.points} runs have ended so far.")
    for depth in options.each_depth:
        there = {name: group for (name, at), group in groups.items() if at == depth}
        if len(there) < len(AIDS):
            continue
        told = joined([f"{TITLES[name]} {spread_words(group)}" for name, group in there.items()])
        trained = f"{counted(options.epochs, 'epoch')} on {NAMED[options.data].title}"
        said.append(f"With {depth} layers, after {trained}, errors are: {told}.")
        if min(group.count for group in there.values()) > 1:
            said += _beside_plain(there, depth)
            said += _beside_residual(there, depth)
    if not result.is_complete:
        return said
    return (*said, *_deeper(groups, options.each_depth))


def _better(one: Group, other: Group) -> bool:
    """By more than the seeds differ."""
    return differs(one, other) and (other.mean is None or (one.mean is not None and one.mean < other.mean))


def _beside_plain(there: Mapping[str, Group], depth: int) -> list[str]:
    plain = there[PLAIN]
    helped = [TITLES[name] for name, group in there.items() if name != PLAIN and _better(group, plain)]
    if not helped:
        return [
            f"None of them is better than the plain network of {depth} layers by more than the seeds differ."
        ]
    return [
        f"Better than the plain network of {depth} layers by more than the seeds differ: {joined(helped)}."
    ]


def _beside_residual(there: Mapping[str, Group], depth: int) -> list[str]:
    """Stochastic depth against residual networks, and what is left when shortcuts are weakened against plain ones."""
    said: list[str] = []
    residual, stochastic, weakened, plain = (there[name] for name in (RESIDUAL, STOCHASTIC, WEAKENED, PLAIN))
    if None in (residual.training_mean, stochastic.training_mean):
        return said
    assert residual.training_mean is not None
    assert stochastic.training_mean is not None
    if _better(stochastic, residual):
        verdict = "as Huang et al. found"
    elif _better(residual, stochastic):
        verdict = "Huang et al. found the contrary"
    else:
        verdict = "by no more than the seeds differ, where Huang et al. found it better"
    said.append(
        f"Stochastic depth beside the residual network ({depth} layers): {stochastic.mean:.1f} against "
        f"{residual.mean:.1f} % on test pictures, {stochastic.training_mean:.1f} against "
        f"{residual.training_mean:.1f} % on training pictures; {verdict}."
    )
    how = "better" if _better(weakened, plain) else "worse" if _better(plain, weakened) else ""
    if how:
        said.append(
            f"The plain network that weakened shortcuts leave is {how} than one that was plain from the start."
        )
    return said


def _deeper(groups: Mapping[tuple[str, int], Group], depths: Sequence[int]) -> list[str]:
    """Which are worse the deeper, which are not."""
    if len(depths) < 2:
        return []
    low, high = depths[0], depths[-1]
    both = {aid.name: (groups[aid.name, low], groups[aid.name, high]) for aid in AIDS}
    if min(group.count for pair in both.values() for group in pair) < 2:
        return []
    worse = [TITLES[name] for name, (shallow, deep) in both.items() if _better(shallow, deep)]
    better = [TITLES[name] for name, (shallow, deep) in both.items() if _better(deep, shallow)]
    said: list[str] = []
    if worse:
        said.append(
            f"From {low} to {high} layers these get worse by more than the seeds differ: {joined(worse)}."
        )
    if better:
        said.append(f"From {low} to {high} layers these get better: {joined(better)}.")
    is_as_he = TITLES[PLAIN] in worse and TITLES[RESIDUAL] not in worse
    verdict = "agrees with" if is_as_he else "does not agree with"
    said.append(
        f"That {verdict} He et al. (2015), whose plain networks get worse with depth and whose residual ones do not."
    )
    return said


INFO = StudyInfo(
    name="aids",
    title="What helps depth",
    question="What lets a deep network learn?",
    papers=(HE_2015.at("Section 4.2"), SRIVASTAVA_2015, HUANG_2016),
    options=AidsOptions,
    refusal=lambda state, plan, options: "",
    conclusion=conclusion,
    needs="runs",
    explains=(
        "Plain, residual and highway networks, a residual one with stochastic depth, and one whose shortcuts are "
        "weakened from whole to nothing over the middle half of its training, so that a plain network is left: trained "
        "alike, with the same seeds. The last one's errors are those of the plain network that it has become."
    ),
)
