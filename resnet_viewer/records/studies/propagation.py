"""The study "Signal propagation at initialisation": what shortcut and branch carry before the first step."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.checking import shown
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.papers import BROCK_2021, DE_2020, YANG_2017, ZHANG_2019
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option
from resnet_viewer.records.weights import NO_WEIGHTS

Floats = NDArray[np.float64]
AS_IT_IS = "as it is"
MOST_DEPTHS, DEEPEST = 8, 1202
NOTHING_THERE = -1.0
"""In a row, of a block of which there is no such number: a file holds finite numbers only."""
TOO_LARGE = 1e300
"""In a row, from this on, in place of what is more than a double holds."""
QUANTITIES = (
    "shortcut_variance",
    "branch_variance",
    "output_variance",
    "change_variance",
    "shortcut_mean",
    "branch_mean",
    "output_mean",
    "gradient",
    "weight_gradient",
)
"""What is measured of every block; none is negative."""
_STEADY = 1.5
"""Up to so many times its least, within every stage, a variance is called steady."""
_CLEARLY = 0.8
"""One of two fits is called the better one where its error is below so much of the other's."""
_FAR = 0.2
"""Nor is one good that leaves more of the squared differences of the logarithms."""
_LEAST = 1e-6
"""A line that falls to zero or below is taken to miss a number by so much of it."""
_TINY = 1e-290
"""A number below it has no place on a logarithm that fits could trust."""
_FEWEST = 3
"""Blocks of a stage from which on a line can be told from a curve."""


@dataclass(frozen=True)
class PropagationOptions(Options):
    """Which networks are drawn, how often, and what goes through them."""

    draws_anew: ClassVar[bool] = True

    normalisation: Literal["both", "as it is", "with", "without"] = option(
        "both",
        "Batch normalisation",
        "The network with it beside the same one without it, or one of the two.",
    )
    depths: str = option(
        AS_IT_IS,
        "Depths",
        f"Of a CIFAR network, such as 8,20,56,110: up to {MOST_DEPTHS}, of up to {DEEPEST} layers.",
    )
    draws: int = option(5, "Draws", "Of the weights, and of the noise with them.", least=1, most=100)
    pictures: int = option(
        16, "Pictures", "Of noise: normally distributed, with variance 1.", least=2, most=256
    )
    gradient_of: Literal["noise", "score", "loss"] = option(
        "noise",
        "Gradient of",
        "Noise of norm 1 on the last block's maps; or the score, or the loss, of a class drawn for each picture.",
    )
    seed: int = option(0, "Seed", "Of the first draw; the others follow it.", least=0, most=2**31 - 1)


class Case(NamedTuple):
    """One network of those that are drawn."""

    network: NetworkSpec
    """Without weights, with its own seed."""
    is_changed: bool
    """It is another one than the session's."""

    @property
    def words(self) -> str:
        """ "ResNet-110 with BN", "ResNet-110 (no BN)"."""
        title = self.network.title
        return f"{title} with BN" if self.network.is_normalised and "BN" not in title else title

    def drawn(self, options: PropagationOptions, number: int) -> NetworkSpec:
        """The network of that draw, counted from 1."""
        return replace(self.network, seed=options.seed + number - 1)


def cases(state: NetworkState, options: PropagationOptions) -> tuple[Case, ...]:
    """The networks that are drawn, by depth, and of one depth the normalised one first.

    Raises:
        UserError: this network has not these depths, or normalisation is no choice.
    """
    network = replace(state.network, weights=NO_WEIGHTS, seed=0)
    found = []
    for depth in _depths(network, options.depths):
        deep = network if depth == network.depth else _of_depth(network, depth)
        for is_normalised in _normalisations(network, options.normalisation):
            one = deep if is_normalised == deep.is_normalised else replace(deep, is_normalised=is_normalised)
            found.append(Case(one, one != network))
    return tuple(found)


def _normalisations(network: NetworkSpec, wanted: str) -> tuple[bool, ...]:
    own = network.is_normalised
    if wanted == AS_IT_IS or (wanted == "both" and not _is_free(network)):
        return (own,)
    if wanted == "both":
        return True, False
    if (wanted == "with") != own and not _is_free(network):
        raise UserError(
            f"{network.title} is always {'with' if own else 'without'} batch normalisation: take it as it is."
        )
    return (wanted == "with",)


def _is_free(network: NetworkSpec) -> bool:
    """Whether batch normalisation can be added or taken away."""
    return network.family in ("cifar", "imagenet", "vgg") and not network.has_multipliers


def _depths(network: NetworkSpec, written: str) -> tuple[int, ...]:
    if written.strip() in (AS_IT_IS, ""):
        return (network.depth,)
    found = [part.strip() for part in written.split(",")]
    if not all(re.fullmatch("[0-9]{1,5}", part) for part in found) or len(found) > MOST_DEPTHS:
        raise UserError(
            f"{shown(written)} are no depths: write up to {MOST_DEPTHS} with commas between them, such as 8,20,56,110, "
            f"or “{AS_IT_IS}”."
        )
    depths = sorted({int(part) for part in found})
    if network.family != "cifar":
        if depths == [network.depth]:
            return (network.depth,)
        raise UserError(f"Only CIFAR networks come in every depth: take {network.title} as it is.")
    step = _layers_a_round(network)
    for depth in depths:
        if depth != network.depth and not (step + 2 <= depth <= DEEPEST and (depth - 2) % step == 0):
            raise UserError(
                f"The depth of such a network is {step}n + 2, from {step + 2} to {DEEPEST}, which {depth} is not."
            )
    return tuple(depths)


def _layers_a_round(network: NetworkSpec) -> int:
    """Layers that one more block in each of the three stages adds."""
    return 9 if network.block == "bottleneck" else 6


def _of_depth(network: NetworkSpec, depth: int) -> NetworkSpec:
    count = (depth - 2) // _layers_a_round(network)
    name = network.name.replace(f"-{network.depth}", f"-{depth}", 1)
    return replace(network, name=name, depth=depth, stages=(count,) * len(network.stages))


def point_of(case: Case, number: int) -> str:
    """What a draw is called in files."""
    return f"{case.words}, draw {number}"


@dataclass(frozen=True, eq=False)
class Drawn:
    """The draws of one network so far, each with its numbers block by block."""

    case: Case
    rows: tuple[Row, ...]
    plan: Blueprint

    def values(self, quantity: str) -> Floats:
        """(draws, blocks), nan where a block has no such number, inf where it is more than a double holds."""
        count = len(self.plan.blocks)
        kept = [row.get(quantity) for row in self.rows]
        lines = [line for line in kept if isinstance(line, tuple) and len(line) == count]
        found = np.array(lines, np.float64).reshape(len(lines), count)
        found[found < 0] = np.nan
        found[found >= TOO_LARGE] = np.inf
        return found

    def middle(self, quantity: str) -> Floats:
        """(blocks,), the geometric mean over the draws: what grows by a factor has no other that is near to most."""
        found = self.values(quantity)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs: Floats = np.log(found)
            return np.exp(logs.mean(0)) if len(found) else np.full(found.shape[1], np.nan)

    @cached_property
    def signal(self) -> str:
        """What tells how the signal grows: the variance of what the shortcut carries, or else of the output."""
        return "shortcut_variance" if self.case.network.has_shortcuts else "output_variance"

    @cached_property
    def growth(self) -> Growth:
        """How the signal grows."""
        middle = self.middle(self.signal)
        numbers = [[block.number - 1 for block in stage.blocks] for stage in self.plan.stages]
        return growth([middle[places] for places in numbers])


Kind = Literal["steady", "linear", "exponential", "unclear"]


class Growth(NamedTuple):
    """How something goes from block to block within stages."""

    kind: Kind
    number: float = math.nan
    """Of linear growth what a block adds, of exponential the factor of a block, in the mean over the stages."""

    @property
    def is_falling(self) -> bool:
        """It becomes less from block to block."""
        return (self.kind == "linear" and self.number < 0) or (self.kind == "exponential" and self.number < 1)


def growth(stages: Sequence[Floats]) -> Growth:
    """Whether numbers of successive blocks, stage by stage, grow on a line or by a factor.

    A line and an exponential are fitted in each stage, and the squared errors of their logarithms are compared. Where a
    stage begins shapes change, and what the stage before it left is halved or mixed anew.

    Example:
        >>> growth([np.array([1.0, 2.0, 3.0, 4.0])]).kind, growth([np.array([1.0, 2.0, 4.0, 8.0])])
        ('linear', Growth(kind='exponential', number=2.0))
    """
    if not all(np.isfinite(values).all() and (values > _TINY).all() for values in stages):
        return Growth("unclear")
    several = [values for values in stages if len(values) > 1]
    if several and all(values.max() <= _STEADY * values.min() for values in several):
        return Growth("steady")
    straight, curved, total, steps, factors, weights = 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for values in stages:
        if len(values) < _FEWEST:
            continue
        place = np.arange(len(values), dtype=np.float64)
        step, start = np.polyfit(place, values, 1, w=1 / values)
        logs = np.log(values)
        factor, log = np.polyfit(place, logs, 1)
        line = np.log(np.maximum((start + step * place) / values, _LEAST))
        straight += float((line**2).sum())
        curved += float(((log + factor * place - logs) ** 2).sum())
        total += float(((logs - logs.mean()) ** 2).sum())
        steps, factors, weights = (
            steps + step * len(values),
            factors + factor * len(values),
            weights + len(values),
        )
    best = min(straight, curved)
    if not weights or best >= _CLEARLY * max(straight, curved) or best > _FAR * total:
        return Growth("unclear")
    if straight < curved:
        return Growth("linear", float(steps / weights))
    return Growth("exponential", round(math.exp(factors / weights), 9))


def options_of(result: StudyResult) -> PropagationOptions:
    """The result's options."""
    options = result.order.options
    assert isinstance(options, PropagationOptions)
    return options


def drawn(result: StudyResult) -> tuple[Drawn, ...]:
    """What was measured so far of each network of which anything was."""
    state, options = result.order.state, options_of(result)
    rows: Mapping[str, Row] = {str(row["point"]): row for row in result.rows}
    found = []
    for case in cases(state, options):
        named = (point_of(case, number) for number in range(1, options.draws + 1))
        if measured := tuple(rows[name] for name in named if name in rows):
            found.append(Drawn(case, measured, blueprint(case.network, state.preprocessing.crop)))
    return tuple(found)


def refusal(state: NetworkState, plan: Blueprint, options: PropagationOptions) -> str:
    """Why such networks cannot be drawn."""
    try:
        every = cases(state, options)
    except UserError as error:
        return str(error)
    network = state.network
    if options.gradient_of != "noise" and not network.has_classifier:
        return f"{network.title} has no classifier, so there is no {options.gradient_of}: take the gradient of noise."
    if not state.wiring.is_open and any(case.network.depth != network.depth for case in every):
        return "Networks of other depths have other gates: open all gates, or take the depth as it is."
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """How the signal grows through each network, what becomes of the gradient, and whether the papers say so."""
    said = []
    for each in drawn(result):
        said += [
            *_signal_words(each),
            _gradient_words(each, options_of(result)),
            _agreement(each, result.order.state),
        ]
    if not result.is_complete and result.rows:
        said.append(f"{len(result.rows)} of {result.points} draws are measured so far.")
    return tuple(filter(None, said))


def _signal_words(found: Drawn) -> Iterator[str]:
    middle = found.middle(found.signal)
    carried = (
        "of what the shortcut carries" if found.signal == "shortcut_variance" else "of the block's output"
    )
    known = np.flatnonzero(~np.isnan(middle))
    if not len(known):
        return
    first, last = known[0], known[-1]
    start, end = (f"{_number(middle[place])} in block {place + 1}" for place in (first, last))
    number, way = found.growth.number, ""
    match found.growth.kind:
        case "steady":
            way = ": within a stage it hardly changes"
        case "linear":
            moves = "falls" if found.growth.is_falling else "grows"
            way = f": it {moves} on a line, by {_number(abs(number))} a block within a stage"
        case "exponential" if found.growth.is_falling:
            way = f": it falls exponentially, to {number:.3g} of itself a block within a stage"
        case "exponential":
            way = f": it grows exponentially, {number:.3g} times a block within a stage"
    draws = counted(len(found.rows), "draw")
    yield f"{found.case.words}, {draws}: the variance {carried} is {start} and {end}{way}."
    if found.signal != "shortcut_variance":
        return
    branch = found.middle("branch_variance")
    if np.isnan(branch).all():  # its gates close them
        return
    if (branch[~np.isnan(branch)] == 0).all():
        yield "Its branches add exactly nothing before the first step."
        return
    low, high = (_number(end) for end in (np.nanmin(branch), np.nanmax(branch)))
    words = f"What a branch adds has a variance of {low}" + (f" to {high}." if low != high else ".")
    change = found.middle("change_variance")
    known_change = change[~np.isnan(change)]
    if len(known_change) and not np.allclose(change, branch, rtol=0.02, equal_nan=True):
        words = (
            f"{words[:-1]}; what follows the addition leaves {_number(known_change.min())} to "
            f"{_number(known_change.max())} of it, the variance of a block's output less its shortcut."
        )
    yield words


def _gradient_words(found: Drawn, options: PropagationOptions) -> str:
    gradient = found.middle("gradient")
    known = gradient[~np.isnan(gradient)]
    if len(known) < 2:
        return ""
    if not known.any():
        is_meant = found.case.network.initialisation == "fixup" and options.gradient_of != "noise"
        why = ": its classifier is zero before the first step, and is the first to move" if is_meant else ""
        return f"No gradient of the {options.gradient_of} comes back to any block{why}."
    words = ""
    if known[-1] > 0 and math.isfinite(known[0]):
        ratio = known[0] / known[-1]
        words = f"The gradient at the output of block 1 is {_number(ratio)} times as large as at the last block's."
    weights = found.middle("weight_gradient")
    if found.case.network.initialisation == "skipinit" and (weights[~np.isnan(weights)] == 0).all():
        words += (
            " The layers of its branches get a gradient of exactly zero before the first step, because what multiplies "
            "them is zero: it is the first to move, and they follow."
        )
    return words.strip()


_UNCLEAR = (
    "Its stages are too short, or its draws too different, to tell a line from an exponential: a deeper network tells "
    "more."
)


def _agreement(found: Drawn, state: NetworkState) -> str:
    """Of De & Smith: with batch normalisation in the branches variance grows on a line, without exponentially."""
    network, kind = found.case.network, found.growth.kind
    if not state.wiring.is_open:
        return "Some of its gates are not open, which the papers do not measure."
    if not network.has_shortcuts:
        return "The papers say of networks with shortcuts how their variance grows; lay the residual one over it."
    if network.merge != "addition" or network.order == "bn after addition":
        return "The papers do not measure such blocks."
    if network.has_multipliers:
        return _agreement_of_multipliers(found)
    if network.initialisation != "he":
        return "The papers draw weights after He et al., and do not say what others do."
    if kind == "unclear":
        return _UNCLEAR
    wanted: Kind = "linear" if network.is_normalised else "exponential"
    whose = "batch normalisation in the branches" if network.is_normalised else "no normalisation"
    told = {"linear": "on a line with depth", "exponential": "exponentially with depth", "steady": "hardly"}
    moves = "falls" if found.growth.is_falling else "grows"
    if kind == wanted and moves == "grows":
        return f"It agrees with De and Smith (2020): with {whose} the variance grows {told[kind]}."
    return (
        f"It does not agree with De and Smith (2020), who find that with {whose} the variance grows {told[wanted]}: "
        f"here it {moves} {told[kind]}."
    )


def _agreement_of_multipliers(found: Drawn) -> str:
    """Of SkipInit and Fixup: their branches begin with nothing, so that the signal goes through as it is."""
    whose = (
        "De and Smith (2020)"
        if found.case.network.initialisation == "skipinit"
        else "Zhang, Dauphin and Ma (2019)"
    )
    branch = found.middle("branch_variance")
    adds_nothing = not branch[~np.isnan(branch)].any()
    if adds_nothing and found.growth.kind == "unclear":
        return _UNCLEAR
    if adds_nothing and found.growth.kind == "steady":
        return f"It agrees with {whose}: a block begins as its shortcut alone, so the signal does not grow with depth."
    return f"It does not agree with {whose}, after whom a block begins as its shortcut alone."


def _number(value: float) -> str:
    """ "0.34", "9.3", "3.1e13"."""
    if math.isinf(value):
        return "more than a double holds"
    if value and not 1e-2 <= value < 1e4:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


INFO = StudyInfo(
    name="propagation",
    title="Signal propagation at initialisation",
    question="Does its signal grow before it has learned anything?",
    papers=(
        DE_2020.at("Figures 2 to 4"),
        BROCK_2021.at("signal propagation plots"),
        YANG_2017,
        ZHANG_2019,
    ),
    options=PropagationOptions,
    refusal=refusal,
    conclusion=conclusion,
    needs="nothing",
    explains=(
        "Weights are drawn anew, never trained ones, and noise goes through the network as in its first step of "
        "training: batch normalisation takes the statistics of the batch. Of what each block's shortcut carries and "
        "its branch adds the variance and the squared mean of each channel are measured, in the mean over channels, "
        "and the norm of the gradient on its way back."
    ),
)
