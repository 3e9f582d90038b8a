"""The study "Blocks, one at a time": what each block is worth, and what several together are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Literal, NamedTuple

import numpy as np

from resnet_viewer.records import notation
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.papers import VEIT_2016
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted, joined, percent, sentence, thousands
from resnet_viewer.records.study import (
    Options,
    Row,
    StudyInfo,
    StudyResult,
    option,
    require_numbers,
    without_error,
)
from resnet_viewer.records.trained_rows import rank_correlation
from resnet_viewer.records.wiring import number_ranges

Kind = Literal["base", "drop", "cut", "leave out", "drops", "leave outs", "swaps"]
"""What was done to the network at a point: nothing; one branch dropped (a lesion), one shortcut cut, one block left
out; several at once; blocks of equal shape swapped."""
SINGLE: tuple[Kind, ...] = ("drop", "leave out", "cut")
LITTLE = 5.0
"""Points of error that count as little."""
_TOLD = 5
"""So many numbers of a row of them are told."""


@dataclass(frozen=True)
class BlocksOptions(Options):
    """What is done to the blocks, how often, and by which draw."""

    lesions: bool = option(
        True,
        "Drop each branch",
        "Each residual branch dropped, the shortcut stays: a lesion. A block without a shortcut is left out instead, "
        "where shapes allow: its input goes on unchanged.",
    )
    cuts: bool = option(
        True, "Cut each shortcut", "Each shortcut cut, the residual branch stays: an ablation."
    )
    several: bool = option(
        True,
        "Drop several",
        "1, 2, 3 … random branches dropped together, or blocks without a shortcut left out.",
    )
    swaps: bool = option(True, "Swap blocks", "Random pairs of blocks of equal shape change places.")
    draws: int = option(
        8,
        "Draws",
        "How often several blocks are drawn, for each number of them; all there are, where these are fewer.",
        least=1,
        most=1000,
    )
    seed: int = option(0, "Seed", "Of the draws.", least=0, most=LARGEST_SEED)


class Targets(NamedTuple):
    """Numbers of the blocks whose branch can be dropped, whose shortcut can be cut, and which can be left out."""

    drop: tuple[int, ...]
    cut: tuple[int, ...]
    leave_out: tuple[int, ...]

    @property
    def several(self) -> tuple[int, ...]:
        """Those of which several are drawn, to be dropped or left out."""
        return self.drop or self.leave_out


def targets(state: NetworkState, plan: Blueprint) -> Targets:
    """What can be done to which blocks of a network as it begins; a gate that is closed is not closed again."""
    wiring = state.wiring
    has_shortcut = [block.number for block in plan.blocks if block.shortcut != "none"]
    is_run = {n for n, strength in enumerate(wiring.branches_run, 1) if strength > 0}
    return Targets(
        tuple(number for number in has_shortcut if number in is_run),
        tuple(number for number in has_shortcut if number not in wiring.cut),
        tuple(block.number for block in plan.blocks if not block.stays and block.number in is_run),
    )


def levels(most: int) -> tuple[int, ...]:
    """How many blocks are drawn together: 1 to 6, then a quarter more each time, and all of `most`.

    Example:
        >>> levels(27)
        (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 19, 24, 27)
    """
    found = list(range(1, min(most, 6) + 1))
    while found and found[-1] < most:
        found.append(min(most, round(found[-1] * 1.25)))
    return tuple(found)


def swap_levels(plan: Blueprint) -> tuple[int, ...]:
    """How many pairs of blocks change places: 1, 2, 4 … up to as many as there are blocks that may."""
    movable = sum(map(len, plan.alike))
    return tuple(2**power for power in range(movable.bit_length()))


def kendall_tau(order: Sequence[int]) -> float:
    """How far an order is the rising one (Kendall 1938): pairs that rise less those that fall, as a share of all. 1 is
    the rising one, −1 the falling one; all numbers differ.

    Example:
        >>> kendall_tau([2, 1, 3, 4])
        0.6666666666666666
    """
    found = rank_correlation(range(len(order)), order)
    return 1.0 if found is None else found


def base_of(result: StudyResult) -> Row | None:
    """What was found of the network as it begins; None before that."""
    return next(iter(result.chosen(kind="base")), None)


def by_block(result: StudyResult, kind: Kind) -> dict[int, Row]:
    """The points of a single block each, in the order of the blocks."""
    rows = {int(number_of(row, "block")): row for row in result.chosen(kind=kind)}
    return dict(sorted(rows.items()))


def by_count(result: StudyResult, kind: Kind) -> dict[int, tuple[Row, ...]]:
    """The draws of so many blocks, or of so many swaps, in rising order."""
    found: dict[int, list[Row]] = {}
    for row in result.chosen(kind=kind):
        found.setdefault(int(number_of(row, "count")), []).append(row)
    return {count: tuple(rows) for count, rows in sorted(found.items())}


def error_of(row: Row) -> float:
    """Its error, or disagreement, in percent."""
    return number_of(row, "error")


def number_of(row: Row, name: str) -> float:
    """A number that every row of its kind has."""
    value = row[name]
    assert isinstance(value, int | float)
    return value


def refusal(state: NetworkState, plan: Blueprint, options: BlocksOptions) -> str:
    """Where nothing of what is chosen can be done to the network, or nothing is chosen."""
    if not (options.lesions or options.cuts or options.several or options.swaps):
        return "Nothing is to be done to the blocks: choose at least one of lesions, cuts, several and swaps."
    if reason := without_error(state.network):
        return reason
    can = targets(state, plan)
    title, count = state.network.title, len(plan.blocks)
    if can.several and (options.lesions or options.several):
        return ""
    if (options.swaps and plan.alike) or (options.cuts and can.cut):
        return ""
    if can.several and not (options.lesions or options.several):
        reason = "has no shortcut that is open" if options.cuts else "has no two blocks of equal shape"
        return f"{title} {reason}: choose lesions, which also leave out blocks without a shortcut."
    return (
        f"None of the {counted(count, 'block')} of {title} has a branch to drop, and none can be left out: each "
        "changes the shape of its maps, or is closed already."
    )


def _require_whole(result: StudyResult, row: Row) -> None:
    """Nothing where the row has what its kind has.

    Raises:
        ValueError: it is none of this study.
    """
    kind, count = row.get("kind"), result.order.state.network.block_count
    facts = ("block",) if kind in SINGLE else ("count", "tau") if kind == "swaps" else ("count",)
    require_numbers(row, "error", "low", "high", *(() if kind == "base" else facts))
    if None in (row["error"], row["low"], row["high"], *(row[name] for name in facts if kind != "base")):
        raise ValueError(f"{row.get('point')}: a number is missing")
    if kind in SINGLE and row["block"] not in range(1, count + 1):
        raise ValueError(f"{row.get('point')}: there is no such block")
    if kind in ("drops", "leave outs"):
        try:
            notation.blocks(str(row.get("blocks")), count)
        except UserError as error:
            raise ValueError(f"{row.get('point')}: {error}") from error
    if kind == "swaps" and not isinstance(row.get("order"), str):
        raise ValueError(f"{row.get('point')}: it does not say in which order")


def conclusion(result: StudyResult) -> Sequence[str]:
    """What each block is worth, what several are, and whether that is what Veit, Wilber and Belongie found."""
    for row in result.rows:
        _require_whole(result, row)
    base = base_of(result)
    if base is None:
        return ["Nothing is measured yet."]
    case = _Case(result, base)
    return [
        sentence(text)
        for text in (
            _begun(case),
            *_lesions(case),
            *_leave_outs(case),
            _cuts(case),
            *_several(case),
            *_swaps(case),
            _untrained(case),
        )
        if text
    ]


class _Case:
    """A result with what its sentences ask for."""

    def __init__(self, result: StudyResult, base: Row) -> None:
        self.result, self.base, self.basis = result, base, result.basis
        self.options = result.order.options
        assert isinstance(self.options, BlocksOptions)
        state = result.order.state
        self.plan = blueprint(state.network, state.preprocessing.crop)
        self.title = state.network.title
        self.is_untrained = state.network.weights.is_untrained
        self.targets = targets(state, self.plan)
        self.error = error_of(base)
        self.chance = 100.0 * (1 - 1 / state.network.classes)
        """The error of guessing."""

    @property
    def bound(self) -> float:
        """Up to here a block is hardly missed: the base's interval, or a few points of disagreement."""
        return number_of(self.base, "high") if self.basis.has_labels else LITTLE

    @property
    def within(self) -> str:
        """For what is not above the bound: "an error in the interval of the whole network"."""
        if self.basis.has_labels:
            return "an error in the interval of the whole network"
        return f"a disagreement of at most {LITTLE:.0f} %"

    def so_far(self, found: int, planned: int) -> str:
        return "" if found >= planned else f" (so far, {found} of {planned} blocks)"


def _untrained(case: _Case) -> str:
    if not case.is_untrained:
        return ""
    return f"the weights of {case.title} are untrained, so nothing of this speaks for the paper or against it"


def _begun(case: _Case) -> str:
    pictures = thousands(case.basis.pictures)
    if not case.basis.has_labels:
        return (
            f"true classes are not known, so errors are {case.basis.measure}: on how many of {pictures} pictures "
            f"{case.title} takes them for something else than it does as it begins"
        )
    low, high = number_of(case.base, "low"), number_of(case.base, "high")
    return (
        f"as it begins, {case.title} has an error of {percent(case.error)} on {pictures} pictures (95 % interval "
        f"{low:.1f} to {percent(high)})"
    )


def _spread(case: _Case, found: Mapping[int, Row], what: str, of: int) -> str:
    """ "with one shortcut cut the error is 80.0 to 91.0 %, the median 88.0 %: least in block 4, most in block 20"."""
    errors = {block: error_of(row) for block, row in found.items()}
    least, most = min(errors, key=errors.__getitem__), max(errors, key=errors.__getitem__)
    measure = "error" if case.basis.has_labels else "disagreement"
    if len(errors) == 1:
        told = f"{percent(errors[least])} (block {least})"
    elif errors[least] == errors[most]:
        told = f"{percent(errors[least])} in each of {len(errors)} blocks"
    else:
        told = (
            f"{percent(errors[least], errors[most])}, in the median {percent(median(errors.values()))}: least in block "
            f"{least}, most in block {most}"
        )
    return f"{what} the {measure} is {told}{case.so_far(len(found), of)}"


def _lesions(case: _Case) -> list[str]:
    found, planned = by_block(case.result, "drop"), case.targets.drop
    if not found:
        return []
    errors = {block: error_of(row) for block, row in found.items()}
    spared = [block for block, error in errors.items() if error <= case.bound]
    told = [
        _spread(case, found, "with one residual branch dropped (a lesion)", len(planned)),
        f"{_of(len(spared), len(errors), 'branch', 'branches')} can be dropped alone with {case.within}"
        + (f": of {_blocks(spared)}" if 0 < len(spared) < len(errors) else ""),
    ]
    first = [block.number for block in case.plan.blocks if block.index == 1 and block.number in errors]
    rest = [error for block, error in errors.items() if block not in first]
    if not rest:
        return told
    if first:
        told.append(
            f"where a stage begins ({_blocks(first)}) it is {_listed([errors[block] for block in first])}, in the "
            f"other blocks {percent(median(rest))} in the median"
        )
    if len(found) < len(planned) or case.is_untrained:
        return told
    cost = median(rest) - case.error
    if cost <= LITTLE:
        told.append(
            f"that agrees with the paper (Figure 3): one branch within a stage is hardly missed, by {_points(cost)} in "
            "the median"
        )
    else:
        told.append(
            f"that does not agree with the paper (Figure 3), because one branch within a stage already costs "
            f"{_points(cost)} in the median, more than {LITTLE:.0f}"
        )
    return told


def _leave_outs(case: _Case) -> list[str]:
    found, planned = by_block(case.result, "leave out"), case.targets.leave_out
    if not found:
        return []
    fixed = [block.number for block in case.plan.blocks if block.shortcut == "none" and block.stays]
    told = [_spread(case, found, "with one block left out, its input going on unchanged,", len(planned))]
    if fixed:
        told.append(
            f"{_blocks(fixed)} change{'s' * (len(fixed) == 1)} the shape of the maps and cannot be left out"
        )
    if len(found) < len(planned) or case.is_untrained:
        return told
    cost, half = median(map(error_of, found.values())) - case.error, (case.chance - case.error) / 2
    if cost >= half:
        told.append(
            f"that agrees with the paper (Figure 3, VGG): without shortcuts one missing block costs {_points(cost)} in "
            f"the median, of {_points(case.chance - case.error)} up to guessing"
        )
    else:
        told.append(
            "that does not agree with the paper (Figure 3, VGG), because without shortcuts one missing block costs "
            f"only {_points(cost)} in the median, of {_points(case.chance - case.error)} up to guessing"
        )
    return told


def _cuts(case: _Case) -> str:
    found, planned = by_block(case.result, "cut"), case.targets.cut
    if not found:
        return ""
    text = _spread(case, found, "with one shortcut cut (an ablation)", len(planned))
    dropped = by_block(case.result, "drop")
    both = [block for block in found if block in dropped]
    if both:
        more = sum(error_of(found[block]) > error_of(dropped[block]) for block in both)
        text += f"; in {more} of {len(both)} blocks a cut costs more than dropping the same block's branch"
    return text


def _several(case: _Case) -> list[str]:
    kind: Kind = "drops" if case.targets.drop else "leave outs"
    found = by_count(case.result, kind)
    if not found:
        return []
    what = "random branches dropped" if kind == "drops" else "random blocks left out"
    means = {count: fmean(map(error_of, rows)) for count, rows in found.items()}
    told = [
        f"with {_series(means)} {what} together it is {_listed_of(means)} in the mean of {_draws(found)}"
        f"{_so_far(found, levels(len(case.targets.several)))}"
    ]
    if kind == "drops" and not case.is_untrained and not _so_far(found, levels(len(case.targets.several))):
        told.append(_smoothness({0: case.error, **means}, "Figure 5a", "the number of branches"))
    return told


def _draws(found: Mapping[int, Sequence[Row]]) -> str:
    """ "eight draws", "up to eight draws"."""
    most = max(map(len, found.values()))
    return f"{'up to ' * (most > min(map(len, found.values())))}{counted(most, 'draw')}"


def _so_far(found: Mapping[int, Sequence[Row]], counts: Sequence[int]) -> str:
    """ " (so far)" where not every draw of every count is measured."""
    is_whole = [*found] == [*counts] and all(
        len(rows) >= number_of(rows[0], "draws") for rows in found.values()
    )
    return "" if is_whole else " (so far)"


def _smoothness(means: Mapping[int, float], figure: str, by: str) -> str:
    """Whether what rises from the base to the last of the means does so bit by bit: no block, or swap, makes up more
    than half of it.
    """
    steps = [
        (count, count - before, means[count] - means[before]) for before, count in pairwise(sorted(means))
    ]
    whole = sum(rise for _, _, rise in steps)
    if whole <= LITTLE:
        return f"that does not agree with the paper ({figure}), because the error hardly rises, by {_points(whole)}"
    count, width, rise = max(steps, key=lambda step: step[2] / step[1])
    where = f"from {count - width} to {count}, by {rise:.1f} of {_points(whole)}"
    if rise / width <= whole / 2:
        return (
            f"that agrees with the paper ({figure}): the error grows with {by}, no step of it a cliff; the steepest "
            f"leads {where}"
        )
    if rise > whole:
        told = f"it rises by {rise:.1f} from {count - width} to {count}, and by all steps together only by"
        return f"that does not agree with the paper ({figure}), because {told} {_points(whole)}"
    return f"that does not agree with the paper ({figure}), because most of it comes in one step, {where}"


def _swaps(case: _Case) -> list[str]:
    found = by_count(case.result, "swaps")
    if not found:
        return []
    means = {count: fmean(map(error_of, rows)) for count, rows in found.items()}
    taus = {count: fmean(number_of(row, "tau") for row in rows) for count, rows in found.items()}
    told = [
        f"after {_series(means)} random swaps of blocks of equal shape it is {_listed_of(means)} in the mean of "
        f"{_draws(found)}, at a Kendall's τ of {joined([f'{taus[count]:.2f}' for count in _some(taus)])} to the order "
        f"in which they were trained{_so_far(found, swap_levels(case.plan))}"
    ]
    can_agree = case.result.order.state.network.has_shortcuts and not case.is_untrained
    if can_agree and not _so_far(found, swap_levels(case.plan)):
        told.append(_smoothness({0: case.error, **means}, "Figure 5b", "the number of swaps"))
    return told


def _some(values: Mapping[int, float]) -> list[int]:
    """A few keys from the first to the last."""
    keys = sorted(values)
    places = np.unique(np.linspace(0, len(keys) - 1, min(_TOLD, len(keys))).round().astype(int))
    return [keys[place] for place in places]


def _series(values: Mapping[int, float]) -> str:
    return joined([str(count) for count in _some(values)])


def _listed_of(values: Mapping[int, float]) -> str:
    return _listed([values[count] for count in _some(values)])


def _listed(errors: Sequence[float]) -> str:
    """ "40.0, 20.0 and 24.0 %"."""
    return f"{joined([f'{error:.1f}' for error in errors])}\u00a0%"


def _points(cost: float) -> str:
    return f"{cost:.1f} points"


def _of(count: int, whole: int, one: str, many: str) -> str:
    """ "23 of 27 branches", "no branch", "all 27 branches"."""
    if count in (0, whole):
        return f"no {one}" if not count else f"all {whole} {many}"
    return f"{count} of {whole} {many}"


def _blocks(numbers: Sequence[int]) -> str:
    """ "block 4", "blocks 1, 10 to 12"."""
    ranges = number_ranges(numbers).replace(",", ", ").replace("-", " to ")
    return f"block{'s' * (len(numbers) > 1)} {ranges}"


INFO = StudyInfo(
    "blocks",
    "Blocks, one at a time",
    "Which block can it live without?",
    (VEIT_2016.at("Figures 3 to 5"),),
    BlocksOptions,
    refusal,
    conclusion,
    explains=(
        "The error with each residual branch dropped alone (a lesion), and with each shortcut cut alone; a block "
        "without a shortcut is left out instead, its input going on unchanged. Then with several random branches "
        "dropped together, and with blocks of equal shape swapped. Nothing is retrained."
    ),
)
