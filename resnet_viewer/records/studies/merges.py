"""The study "Shortcuts and orders": He et al. 2016, Tables 1 and 2, trained anew; and what its errors say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_viewer.records.data import NAMED
from resnet_viewer.records.papers import HE_2016
from resnet_viewer.records.story_words import counted, joined
from resnet_viewer.records.study import Options, StudyInfo, StudyResult, option
from resnet_viewer.records.trained_rows import (
    Group,
    differs,
    grouped,
    rank_correlation,
    require_depth,
    spread_words,
)

_NAMED = 4
"""Pairs that are told one by one."""
FAILED = 20.0
"""Percent: what does worse on CIFAR-10 He et al. call a failure, without a number."""


class Kind(NamedTuple):
    """A row of the tables: a network, and what the paper found of it."""

    name: str
    title: str
    table: Literal[1, 2]
    ending: str
    """Of the name `cifar-resnet-N`; "plain" stands for `cifar-plain-N`."""
    paper: float | None
    """Test error of ResNet-110 on CIFAR-10, in percent; None for a failure."""
    strength: float = 1.0
    """Of every shortcut, from the first step on."""


ORIGINAL = "original"
KINDS: tuple[Kind, ...] = (
    Kind(ORIGINAL, "original", 1, "", 6.61),
    Kind("no shortcut", "no shortcut, plain", 1, "plain", None),
    Kind("half shortcut", "half shortcut", 1, "", None, strength=0.5),
    Kind("both halved", "both halved", 1, "-scaled", 12.35),
    Kind("exclusive 0", "exclusive gate, 0", 1, "-highway=0", None),
    Kind("exclusive -6", "exclusive gate, −6", 1, "-highway", 8.70),
    Kind("shortcut gate 0", "shortcut gate, 0", 1, "-gated=0", 12.86),
    Kind("shortcut gate -6", "shortcut gate, −6", 1, "-gated", 6.91),
    Kind("convolution", "1×1 convolution", 1, "-c", 12.22),
    Kind("dropout", "dropout", 1, "-dropout", None),
    Kind("bn after", "BN after addition", 2, "-bnafter", 8.17),
    Kind("relu before", "ReLU before addition", 2, "-relubefore", 7.84),
    Kind("relu only", "ReLU-only pre-activation", 2, "-relupre", 6.71),
    Kind("full", "full pre-activation", 2, "-preact", 6.37),
)
"""He et al. 2016, Table 1 with f = ReLU, and Table 2, both of ResNet-110 on CIFAR-10. The original is a row of both."""
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class MergesOptions(Options):
    """What is trained, on what and how often."""

    data: Literal["digits", "cifar10"] = option(
        "digits", "Data", "The bundled digits, or CIFAR-10, which takes days without a GPU."
    )
    tables: Literal["both", "1", "2"] = option(
        "both", "Tables", "Kinds of shortcuts (Table 1), orders in a block (Table 2), or both."
    )
    depth: int = option(56, "Depth", "Layers of every network: 6n + 2.", least=8, most=1202)
    epochs: int = option(
        24,
        "Epochs",
        "How long each is trained: after 12 the slower ones have not learnt yet what they can.",
        least=1,
        most=10_000,
    )
    seeds: int = option(4, "Seeds", "How often each is trained, with seeds 0, 1 …", least=1, most=20)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_depth("depth", self.depth)


def kinds_of(options: MergesOptions) -> tuple[Kind, ...]:
    """The rows that are trained; the original always is."""
    wanted = {1, 2} if options.tables == "both" else {int(options.tables)}
    return tuple(kind for kind in KINDS if kind.table in wanted or kind.name == ORIGINAL)


def options_of(result: StudyResult) -> MergesOptions:
    """What the result was made with."""
    assert isinstance(result.order.options, MergesOptions)
    return result.order.options


def found(result: StudyResult) -> dict[str, Group]:
    """What was measured of each kind, in the order of the tables; without those of which nothing was."""
    groups = grouped(result.rows, "kind")
    return {kind.name: groups[kind.name,] for kind in kinds_of(options_of(result)) if (kind.name,) in groups}


def conclusion(result: StudyResult) -> Sequence[str]:
    """How the kinds compare, beside the paper's order."""
    groups, options = found(result), options_of(result)
    if ORIGINAL not in groups:
        return ()
    original = groups[ORIGINAL]
    said = [
        f"The original ResNet-{options.depth} errs on {spread_words(original)} of the test pictures of "
        f"{NAMED[options.data].title} after {counted(options.epochs, 'epoch')}."
    ]
    others = {name: group for name, group in groups.items() if name != ORIGINAL}
    if not result.is_complete:
        said.append(f"{len(result.rows)} of {result.points} runs have ended so far.")
    if not others or original.mean is None:
        return said
    if len(original.errors) > 1:
        said += _told_apart(original, {name: group for name, group in others.items() if group.count > 1})
    best = min(groups, key=lambda name: _rank(groups[name]))
    if best != ORIGINAL and result.is_complete:
        is_sure = min(groups[best].count, original.count) < 2 or differs(groups[best], original)
        sure = "" if is_sure else ", which is less than the seeds differ by"
        said.append(f"The lowest mean is that of {BY_NAME[best].title}: {spread_words(groups[best])}{sure}.")
    return (*said, *_beside_the_paper(groups, options, is_complete=result.is_complete))


def _rank(group: Group) -> float:
    """Its mean error; what diverged is worse than anything."""
    return 101.0 if group.mean is None else group.mean


def _mean(group: Group) -> str:
    return "diverged" if group.mean is None else f"{group.mean:.1f} %"


def _told_apart(original: Group, others: Mapping[str, Group]) -> list[str]:
    """Which kinds differ from the original by more than their seeds do."""
    assert original.mean is not None
    worse = [
        name for name, group in others.items() if differs(group, original) and _rank(group) > original.mean
    ]
    better = [
        name for name, group in others.items() if differs(group, original) and _rank(group) < original.mean
    ]
    same = [name for name in others if name not in worse and name not in better]
    said = []
    for names, how in ((worse, "worse than"), (better, "better than")):
        if names:
            told = joined([f"{BY_NAME[name].title} ({_mean(others[name])})" for name in names])
            said.append(f"By more than twice the seeds' standard error {how} the original: {told}.")
    if same:
        told = joined([f"{BY_NAME[name].title} ({_mean(others[name])})" for name in same])
        said.append(f"Not to be told from the original with so many seeds and pictures: {told}.")
    return said


def _beside_the_paper(groups: Mapping[str, Group], options: MergesOptions, *, is_complete: bool) -> list[str]:
    """Whether the order is the paper's."""
    names = list(groups)
    ours = [_rank(groups[name]) for name in names]
    papers = [_paper(BY_NAME[name]) for name in names]
    tau = rank_correlation(ours, papers)
    if tau is None or len(names) < 4 or not is_complete:
        return []
    judged = "agrees with" if tau >= 0.6 else "agrees in part with" if tau >= 0.3 else "does not agree with"
    failures = joined([BY_NAME[name].title for name in names if BY_NAME[name].paper is None])
    said = [
        f"The order of the {len(names)} {judged} the paper's (ResNet-110 on CIFAR-10): Kendall's τ is {tau:.2f}."
    ]
    if failures:
        said.append(f"In the paper these failed, with more than {FAILED:.0f} % errors: {failures}.")
    if turned := _turned(groups):
        more = f", and {len(turned) - _NAMED} pairs more" if len(turned) > _NAMED else ""
        said.append(
            f"Against the paper's order, and by more than the seeds differ: {'; '.join(turned[:_NAMED])}{more}."
        )
    if options.data == "digits":
        said.append(
            "The digits are easier and their test set smaller than CIFAR-10, so errors are not to be compared, and "
            "differences of a few tenths, such as between the paper's 6.6 and 6.4 %, cannot show."
        )
    return said


def _paper(kind: Kind) -> float:
    """Its error, with all failures alike."""
    return 100.0 if kind.paper is None else kind.paper


def _turned(groups: Mapping[str, Group]) -> list[str]:
    """Kinds that are better than one that is better in the paper: the pairs whose order is turned for sure."""
    said = []
    for name, group in groups.items():
        for other, against in groups.items():
            is_sure = differs(group, against) and _rank(group) < _rank(against)
            if is_sure and _paper(BY_NAME[name]) > _paper(BY_NAME[other]):
                said.append(f"{BY_NAME[name].title} before {BY_NAME[other].title}")
    return said


INFO = StudyInfo(
    name="merges",
    title="Shortcuts and orders",
    question="Which kind of shortcut, and which order in a block, trains best?",
    papers=(HE_2016.at("Tables 1 and 2"),),
    options=MergesOptions,
    refusal=lambda state, plan, options: "",
    conclusion=conclusion,
    needs="runs",
    explains=(
        "Networks that differ in how their shortcuts join the branches, or in where normalisation and ReLU stand, are "
        "trained alike with several seeds; their test errors, with mean and standard deviation. A gate's number is the "
        "bias that it begins with; shortcuts and branches that are halved are so from the first step on."
    ),
)
