"""The study "Paths": what a gradient loses on paths of every length, and how long those are that carry it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.papers import VEIT_2016
from resnet_viewer.records.probe import GradientOf, NetworkState
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option, require_numbers

SHARE = 0.95
"""Of the product of count and gradient: effective lengths are the shortest run of lengths that has as much."""
_USUAL = 0.95
"""Of all paths, in the middle of their lengths."""
_CLEARLY, _HARDLY = 1.0, 0.25
"""Standard deviations of the paths' lengths by which the product's mean is shorter."""


@dataclass(frozen=True)
class PathsOptions(Options):
    """How many paths are followed, and what gradient."""

    samples: int = option(
        64,
        "Paths of each length",
        "Drawn at random among those of this length, each another; all of them where there are no more.",
        least=1,
        most=100_000,
    )
    pictures: int = option(
        8, "Pictures", "The first so many of the test set; each path is followed for all of them.", least=1
    )
    gradient_of: GradientOf = option(
        "score",
        "Gradient of",
        "The score of the true class, or its loss, whose gradient is tiny where the network is sure.",
    )
    seed: int = option(0, "Seed", "Which paths are drawn.", least=0, most=LARGEST_SEED)


@dataclass(frozen=True)
class Ways:
    """Which blocks of a network a gradient can pass in two ways.

    Example:
        >>> ways = Ways(choices=(1, 2, 4), always=(3,), closed=())
        >>> list(ways.lengths), ways.shares[2]
        ([1, 2, 3, 4], 0.375)
    """

    choices: tuple[int, ...]
    """Numbers of the blocks whose shortcut and branch both are open."""
    always: tuple[int, ...]
    """Those whose branch alone is open: they lengthen every path."""
    closed: tuple[int, ...]
    """Those with neither: no path leads through them."""

    @property
    def lengths(self) -> range:
        """Of paths, in residual branches that are passed."""
        return range(len(self.always), len(self.always) + len(self.choices) + 1)

    def log10_paths(self, length: int) -> float:
        """The number of paths of that length, as an exponent of ten."""
        count, chosen = len(self.choices), length - len(self.always)
        found = math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)
        return found / math.log(10)

    @property
    def shares(self) -> Mapping[int, float]:
        """Of all paths, by their length."""
        every = len(self.choices) * math.log10(2)
        return {length: 10 ** (self.log10_paths(length) - every) for length in self.lengths}

    @property
    def mean_length(self) -> float:
        """Of all paths."""
        return len(self.always) + len(self.choices) / 2

    @property
    def deviation(self) -> float:
        """The standard deviation of their lengths."""
        return math.sqrt(len(self.choices)) / 2

    @property
    def words(self) -> str:
        """ "134 217 728 paths", in powers of ten where that is long."""
        count = len(self.choices)
        return f"{thousands(2**count)} paths" if count < 34 else f"2^{count} paths"


def ways(state: NetworkState, plan: Blueprint) -> Ways:
    """Those of a network in its state."""
    found: dict[tuple[bool, bool], list[int]] = {}
    for block, shortcut, branch in zip(
        plan.blocks, state.wiring.shortcuts, state.wiring.branches, strict=True
    ):
        has_shortcut = block.shortcut != "none" and shortcut > 0
        found.setdefault((has_shortcut, branch > 0), []).append(block.number)
    return Ways(*(tuple(found.get(key, ())) for key in ((True, True), (False, True), (False, False))))


def ways_of(result: StudyResult) -> Ways:
    """Those of the network that a result is about."""
    state = result.order.state
    return ways(state, blueprint(state.network, state.preprocessing.crop))


def log10_products(result: StudyResult) -> dict[int, float]:
    """The number of paths times their gradient as exponents of ten, by length, shortest first; lengths that are not
    measured, whose gradients are zero or not finite are missing.
    """
    found = ways_of(result)
    return {
        length: found.log10_paths(length) + magnitude
        for length, row in sorted(rows_by_length(result).items())
        if isinstance(magnitude := row["log10_gradient"], float)
    }


def product_shares(result: StudyResult) -> dict[int, float]:
    """The same products, divided by their sum."""
    products = log10_products(result)
    if not products:
        return {}
    highest = max(products.values())
    parts = {length: 10 ** (product - highest) for length, product in products.items()}
    return {length: part / sum(parts.values()) for length, part in parts.items()}


def rows_by_length(result: StudyResult) -> dict[int, Row]:
    """What was measured, by the paths' length.

    Raises:
        ValueError: a row is none of this study.
    """
    for row in result.rows:
        require_numbers(row, "length", "paths", "gradient", "gradient_low", "gradient_high", "log10_gradient")
    return {int(row["length"]): row for row in result.rows}  # type: ignore[arg-type]  # written as a whole number


def effective(shares: Mapping[int, float], wanted: float = SHARE) -> tuple[int, int]:
    """The first and the last of the fewest successive lengths that have as much together; of equally few those with
    the largest share.

    Example:
        >>> effective({0: 0.02, 1: 0.5, 2: 0.46, 3: 0.02})
        (1, 2)
    """
    lengths = sorted(shares)
    runs = (
        (first, last, sum(shares[length] for length in lengths[first : last + 1]))
        for first in range(len(lengths))
        for last in range(first, len(lengths))
    )
    enough = [run for run in runs if run[2] >= wanted * (1 - 1e-12)]
    first, last, _ = min(enough, key=lambda run: (run[1] - run[0], -run[2]))
    return lengths[first], lengths[last]


def refusal(state: NetworkState, plan: Blueprint, options: PathsOptions) -> str:
    """Why there are no paths to choose among."""
    title, found = state.network.title, ways(state, plan)
    if not state.network.has_shortcuts:
        return (
            f"{title} has no shortcuts, so that one path alone leads through it: choose a residual network."
        )
    if not state.network.has_classifier:
        return f"{title} has no classifier, so there is no score to follow a gradient from: choose one with classes."
    if found.closed:
        return (
            f"Neither shortcut nor branch of block {found.closed[0]} of {title} is open, so that no path leads through "
            "it: restore one of them."
        )
    if not found.choices:
        return (
            f"No block of {title} has both its shortcut and its branch open, so that one path alone leads through it: "
            "restore some of them."
        )
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """What the paths say; of an incomplete result how far it is, and no verdict."""
    if not result.rows:
        return ()
    found, rows = ways_of(result), rows_by_length(result)
    options = result.order.options
    assert isinstance(options, PathsOptions)
    several = len(found.choices)
    said = [
        f"{several} of {len(result.order.state.wiring.shortcuts)} blocks can be passed in two ways, which makes "
        f"{found.words}; {_percent(_USUAL)} of them lead through {_span(effective(found.shares, _USUAL))} residual "
        "branches."
    ]
    shares = product_shares(result)
    if not shares:
        return (*said, "No gradient came through any path that was followed.")
    shortest, longest = min(shares), max(shares)
    said.append(
        f"The gradient of the {options.gradient_of} at the input through one path is {_magnitude(rows[shortest])} at "
        f"length {shortest} and {_magnitude(rows[longest])} at length {longest}: the mean of {options.samples} paths, "
        f"or of all that there are, for {rows[shortest]['pictures']} pictures."
    )
    if not result.is_complete:
        return (*said, f"{len(rows)} of {result.points} lengths are measured so far.")
    first, last = effective(shares)
    together = sum(shares[length] for length in shares if first <= length <= last)
    of_paths = sum(found.shares[length] for length in range(first, last + 1))
    said.append(
        f"{_percent(together)} of the product of count and gradient is at lengths {_span((first, last))} of "
        f"{found.lengths[-1]}, which {_percent(of_paths)} of the paths have."
    )
    mean = sum(length * share for length, share in shares.items())
    lengths = f"the product's mean length is {mean:.1f}, the paths' {found.mean_length:.1f}"
    paper = "Veit et al. (2016)"
    if mean <= found.mean_length - _CLEARLY * found.deviation:
        said.append(f"This agrees with {paper}: the paths that carry the gradient are short, {lengths}.")
    elif mean <= found.mean_length - _HARDLY * found.deviation:
        said.append(
            f"This hardly agrees with {paper}, who found that short paths carry the gradient: {lengths}, less than a "
            f"standard deviation ({found.deviation:.1f}) apart."
        )
    else:
        said.append(
            f"This does not agree with {paper}, who found that short paths carry the gradient: {lengths}."
        )
    return tuple(said)


def _span(ends: tuple[int, int]) -> str:
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"{ends[0]}"


def _percent(share: float) -> str:
    """ "97 %", "0.45 %": two digits, and none that says more than there is."""
    percent = 100 * share
    return f"{percent:.0f}\u00a0%" if percent >= 10 else f"{percent:.2g}\u00a0%"


def _magnitude(row: Row) -> str:
    log = row["log10_gradient"]
    assert isinstance(log, float)
    exponent = math.floor(log)
    return f"{10 ** (log - exponent):.1f}e{exponent}" if not -3 <= exponent < 4 else f"{10**log:.2g}"


INFO = StudyInfo(
    name="paths",
    title="Paths",
    question="How long are the paths its gradient takes?",
    papers=(VEIT_2016.at("Figure 6"),),
    options=PathsOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "Every block is passed by its residual branch or by its shortcut: a path is as long as it passes branches. The "
        "forward pass is the network's own; on the way back the gradient passes some blocks, drawn at random, by their "
        "branch only, all others by their shortcut only, and its norm is taken at the input. Times the number of paths "
        "of that length it says which lengths the gradient comes through."
    ),
)
