"""The study "Is this map to be trusted?": an attribution method's maps beside random ones of the same kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.layers import LayerSpec, Normalisation, Scalar, Steps
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.method import (
    METHODS,
    ExplainRequest,
    MethodInfo,
    MethodName,
    cost_of,
    is_signed,
    method_of,
)
from resnet_viewer.records.method import refusal as method_refusal
from resnet_viewer.records.papers import ADEBAYO_2018, PETSIUK_2018, YEH_2019
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import NetworkState, ProbeRequest
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option

Floats = NDArray[np.float64]
Curve = Literal["insertion", "deletion", "fading"]
CURVES: tuple[Curve, ...] = ("insertion", "deletion", "fading")
"""Put into the blurred picture; deleted to black; deleted to the blurred picture."""
CURVE_WORDS: dict[Curve, str] = {
    "insertion": "insertion into the blurred picture",
    "deletion": "deletion to black",
    "fading": "deletion to the blurred picture",
}
_LITTLE, _HARDLY = 0.3, 0.05
"""Of so much more rank correlation than random maps have little is left; what differs by less hardly does."""
_FOUND: dict[str, bool] = {
    "saliency": True,
    "grad_cam": True,
    "guided_backprop": False,
    "guided_grad_cam": False,
}
"""Methods of which Adebayo et al. say that their maps follow the weights, or that they do not."""


@dataclass(frozen=True)
class TrustOptions(Options):
    """Whose maps, and how many pictures, steps and random maps they are held against."""

    method: MethodName = option(
        "grad_cam",
        "Method",
        "that makes the maps, with its usual options",
        titles=tuple((method.name, method.title) for method in METHODS),
    )
    block: int = option(
        0,
        "Block",
        "whose map it is, for methods that look at one; 0 is the last",
        least=0,
        most=100_000,
        titles=(("0", "last"),),
    )
    pictures: int = option(24, "Pictures", "drawn from the test set", least=1, most=10_000)
    random_maps: int = option(5, "Random maps", "beside each of its maps", least=1, most=100)
    steps: int = option(
        32, "Steps", "in which the pixels of a picture are deleted or put in", least=2, most=1000
    )
    anew: Literal["block", "stage"] = option(
        "block", "Drawn anew by", "in what portions weights are drawn anew, from the classifier down"
    )
    squares: int = option(64, "Squares", "put to the mean colour, for the infidelity", least=4, most=10_000)
    neighbours: int = option(
        10, "Neighbours", "of a picture, whose maps are compared for the sensitivity", least=1, most=1000
    )
    radius: float = option(
        0.02,
        "Radius",
        "how far a neighbour's pixels are from the picture's at most, in units of the normalised picture",
        least=1e-6,
        most=10.0,
    )
    seed: int = option(0, "Seed", "of all that is drawn at random", least=0, most=2**31 - 1)

    @property
    def info(self) -> MethodInfo:
        """The method's entry."""
        return method_of(self.method)


class Portion(NamedTuple):
    """Weights that are drawn anew together."""

    name: str
    """ "classifier", "block 9", "conv4_x", "stem"."""
    modules: tuple[str, ...]
    """The paths of the modules that hold them."""


def portions(plan: Blueprint, anew: str) -> tuple[Portion, ...]:
    """What is drawn anew one after the other, from the classifier down: each keeps what was drawn before it."""
    found: list[Portion] = []
    classifier = plan.classifier
    assert classifier is not None, "what is required"
    found.append(Portion("classifier", (classifier.name,)))
    if rest := [name for name in _weighted(plan.head_steps) if name != classifier.name]:
        found.append(Portion("rest of the head", tuple(rest)))
    by_stage = anew == "stage"
    blocks = [
        (f"conv{block.stage}_x" if by_stage else f"block {block.number}", block)
        for block in reversed(plan.blocks)
    ]
    for name, group in groupby(blocks, key=lambda pair: pair[0]):
        modules: list[str] = []
        for _, block in group:
            modules.append(block.name)
            modules += [one for one in _weighted(block.steps) if not one.startswith(f"{block.name}.")]
        found.append(Portion(name, tuple(modules)))
    return (*found, Portion("stem", _weighted(plan.stem_steps)))


def _weighted(steps: Steps) -> tuple[str, ...]:
    """The paths of the modules that hold weights."""
    return tuple(step.name for step in steps if isinstance(step, LayerSpec | Normalisation | Scalar))


def request_of(state: NetworkState, options: TrustOptions, picture: Picture, target: int) -> ExplainRequest:
    """The question about a picture of the study: the method's usual options, and its block.

    Raises:
        ArgumentError: there is no such block.
    """
    needs_block = options.info.needs_block
    return ExplainRequest.of(
        ProbeRequest(state, picture, target),
        options.method,
        block=(options.block or state.network.block_count) if needs_block else None,
    )


_NOTHING = Picture.of(np.zeros((1, 1, 3), np.uint8), name="")


def question_of(result: StudyResult) -> ExplainRequest:
    """What was asked of each picture, but for the picture."""
    return request_of(result.order.state, options_of(result), _NOTHING, 0)


def map_passes(state: NetworkState, options: TrustOptions) -> float:
    """What a map costs, in forward passes: a backward one costs as much as two."""
    cost = cost_of(request_of(state, options, _NOTHING, 0))
    return cost.forward + 2.0 * cost.backward


def map_words(result: StudyResult) -> str:
    """ "Grad-CAM of block 9", "Saliency"."""
    asked = question_of(result)
    return asked.title if asked.block is None else f"{asked.title} of block {asked.block}"


def has_signs(result: StudyResult) -> bool:
    """Whether the method's maps have negative values that mean something."""
    asked = question_of(result)
    return is_signed(asked.method, asked.options, asked.over)


def options_of(result: StudyResult) -> TrustOptions:
    """The result's options."""
    options = result.order.options
    assert isinstance(options, TrustOptions)
    return options


def steps_of(result: StudyResult) -> tuple[str, ...]:
    """What is drawn anew after one another, by name."""
    state = result.order.state
    plan = blueprint(state.network, state.preprocessing.crop)
    return tuple(portion.name for portion in portions(plan, options_of(result).anew))


# What was measured


class Pair(NamedTuple):
    """A number of each of N pictures, of the method's map and of random maps of the same kind."""

    ours: Floats
    random: Floats


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """The mean of independent numbers, and its 95 % interval by Student's t; infinitely wide for a single one.

    Example:
        >>> [round(number, 2) for number in mean_interval(np.array([1.0, 2.0, 3.0, 4.0]))]
        [2.5, 0.45, 4.55]
    """
    count, mean = len(values), float(values.mean())
    if count < 2:
        return mean, -math.inf, math.inf
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers beyond 1e154
        half = t_quantile(count - 1) * float(values.std(ddof=1)) / math.sqrt(count)
    return mean, mean - half, mean + half


_SMALL_T = 12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622


def t_quantile(freedom: int) -> float:
    """Student's t of so many degrees of freedom that 97.5 % do not exceed; from ten on by Cornish and Fisher's series.

    Example:
        >>> round(t_quantile(23), 3)
        2.069
    """
    if freedom <= len(_SMALL_T):
        return _SMALL_T[freedom - 1]
    z, n = 1.959964, float(freedom)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / n + second / n**2 + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / n**3


def areas(result: StudyResult, curve: Curve) -> Pair:
    """Under each picture's curve: the mean probability of the class on the way."""
    return _pair(result.rows, f"{curve}_area", f"{curve}_area_random")


def curves(result: StudyResult, curve: Curve) -> tuple[Floats, Floats]:
    """(N, steps + 1) each: the probabilities of the class by share of pixels, by the map and by random ones."""
    count = options_of(result).steps + 1
    rows = [
        row
        for row in result.rows
        if _is_series(row.get(curve), count) and _is_series(row.get(f"{curve}_random"), count)
    ]
    ours, random = (
        np.array([row[name] for row in rows], np.float64).reshape(len(rows), count)
        for name in (curve, f"{curve}_random")
    )
    return ours, random


Alike = Literal["rank", "magnitude", "ssim"]
ALIKE: dict[Alike, str] = {
    "rank": "rank correlation",
    "magnitude": "rank correlation of magnitudes",
    "ssim": "structural similarity",
}


def alike(result: StudyResult, kind: Alike) -> tuple[Floats, Floats]:
    """How alike maps are to those of the trained network: (N, portions), nan where a map is blank, and (N,) of random
    maps.
    """
    count = len(steps_of(result))
    ours, random = [], []
    for row in result.rows:
        values, blank, beside = row.get(kind), row.get("blank_steps", ()), row.get(f"{kind}_random")
        if not _is_series(values, count) or not isinstance(beside, int | float):
            continue
        line = np.array(values, np.float64)
        if isinstance(blank, tuple):
            line[[int(step) for step in blank if 0 <= step < count]] = np.nan
        ours.append(line)
        random.append(float(beside))
    return np.array(ours, np.float64).reshape(len(ours), count), np.array(random, np.float64)


def infidelities(result: StudyResult) -> Pair:
    """What of the changes of the score a map does not tell: 0 for all, 1 for a map of zeros."""
    return _pair(result.rows, "untold", "untold_random")


def sensitivities(result: StudyResult) -> Pair:
    """How far a map moves at most when the picture hardly does; beside it how far two random maps are apart."""
    return _pair(result.rows, "sensitivity", "sensitivity_random")


MORE, LESS = "↑", "↓"
"""Which is better."""
COMPARED = (
    f"insertion {MORE}", f"deletion to black {LESS}", f"deletion to blurred {LESS}", f"rank, classifier anew {LESS}",
    f"rank, all anew {LESS}", f"infidelity {LESS}", f"sensitivity {LESS}",
)  # fmt: skip
"""What `compared` holds side by side."""


def compared(result: StudyResult) -> dict[str, Pair]:
    """By `COMPARED`, the numbers of every picture and of its random maps, where there are any."""
    ranks, chances = alike(result, "rank")

    def rank(step: int) -> Pair:
        is_known = ~np.isnan(ranks[:, step])
        return Pair(ranks[is_known, step], chances[is_known])

    found = (
        *(areas(result, curve) for curve in CURVES),
        rank(0),
        rank(-1),
        infidelities(result),
        sensitivities(result),
    )
    return {name: pair for name, pair in zip(COMPARED, found, strict=True) if len(pair.ours)}


def blank_maps(result: StudyResult) -> tuple[int, int]:
    """How many pictures have a blank map, and of how many."""
    told = [
        bool(row["is_blank"]) for row in result.rows if row.get("measure") == "curves" and "is_blank" in row
    ]
    return sum(told), len(told)


def _pair(rows: Iterable[Row], ours: str, random: str) -> Pair:
    found = [
        (float(one), float(other))
        for row in rows
        if isinstance(one := row.get(ours), int | float) and isinstance(other := row.get(random), int | float)
    ]
    both = np.array(found, np.float64).reshape(len(found), 2)
    both = both[np.isfinite(both).all(1)]
    return Pair(both[:, 0], both[:, 1])


def _is_series(value: object, count: int) -> bool:
    return isinstance(value, tuple) and len(value) == count and bool(np.isfinite(value).all())


# What is said of it


def refusal(state: NetworkState, plan: Blueprint, options: TrustOptions) -> str:
    """It needs a probability, a block that is there, and a method that applies."""
    if plan.classifier is None:
        return (
            f"{state.network.title} has no classifier, so there is no class whose probability could fall: choose a "
            "network with classes."
        )
    if options.info.needs_block and options.block > len(plan.blocks):
        return f"{state.network.title} has {counted(len(plan.blocks), 'block')}: there is no block {options.block}."
    return method_refusal(request_of(state, options, _NOTHING, 0))


class Check(NamedTuple):
    """One of the checks: whether the maps pass it, None where too few pictures tell, and with which numbers."""

    name: str
    is_passed: bool | None
    words: str

    @property
    def sentence(self) -> str:
        """ "Passes insertion into the blurred picture: …"."""
        verdict = {True: "Passes", False: "Fails", None: "Leaves open"}[self.is_passed]
        return f"{verdict} {self.name}: {self.words}."


def checks(result: StudyResult) -> tuple[Check, ...]:
    """Those of which there are numbers."""
    found = [_area_check(result, curve) for curve in CURVES if len(areas(result, curve).ours)]
    return (*found, *_anew_check(result), *_untold_check(result), *_sensitivity_check(result))


def conclusion(result: StudyResult) -> Sequence[str]:
    """Which checks the maps pass, each beside the number of random maps."""
    if not result.rows:
        return ()
    found = checks(result)
    said = [_begin(result, found)]
    blank, told = blank_maps(result)
    if blank:
        said.append(
            f"{counted(blank, 'map').capitalize()} of {told} {'is' if blank == 1 else 'are'} blank: there is nothing "
            "to hold against random maps."
        )
    return (*said, *(check.sentence for check in found))


def _begin(result: StudyResult, found: Sequence[Check]) -> str:
    options, words = options_of(result), map_words(result)
    count = len({row.get("number") for row in result.rows})
    so_far = "" if result.is_complete else f" so far, of {options.pictures}"
    on = f"on {counted(count, 'picture')}{so_far}"
    beside = f"{counted(options.random_maps, 'random map')} of the same values and smoothness beside each"
    if not any(check.is_passed is not None for check in found):
        return f"{words} {on}, {beside}."
    passed, left = (sum(check.is_passed is verdict for check in found) for verdict in (True, None))
    opened = f" and leaves {left} open" if left else ""
    return (
        f"{words} passes {passed} of {len(found)} checks{opened} {on}, {beside}; intervals are the 95 % ones of means "
        "over pictures."
    )


def _number(value: float) -> str:
    words = f"{value:.2f}" if abs(value) >= 0.005 or not value else f"{value:.1g}"
    return words.replace("-", "−")


def _span(low: float, high: float) -> str:
    return f"({_number(low)} to {_number(high)})"


def _with_interval(values: Floats, largest: float = math.inf) -> str:
    """The mean, and its interval as far as numbers of at most that size go."""
    mean, low, high = mean_interval(values)
    low, high = max(low, -largest), min(high, largest)
    return _number(mean) if len(values) < 2 else f"{_number(mean)} {_span(low, high)}"


def _beside(pair: Pair, whose: str, *, is_more: bool) -> tuple[str, bool | None]:
    """Both means with the interval of their difference, and whether ours is better by more than chance; None where
    pictures are too few to tell that from a difference that hardly is one.
    """
    ours, random = float(pair.ours.mean()), float(pair.random.mean())
    words = f"{_number(ours)} against {_number(random)} {whose}"
    if len(pair.ours) < 2:
        return words, None
    difference = pair.ours - pair.random
    _, low, high = mean_interval(difference if is_more else -difference)
    verdict = True if low > 0 else False if high < _HARDLY else None
    return f"{words}, a difference of {_with_interval(difference)}", verdict


def _area_check(result: StudyResult, curve: Curve) -> Check:
    pair = areas(result, curve)
    words, is_passed = _beside(pair, "of random maps", is_more=curve == "insertion")
    said = f"most important pixels first, the area under the probability of the class is {words}"
    if is_passed is not None and abs(float((pair.ours - pair.random).mean())) < _HARDLY:
        said += ", so it hardly differs"
    if len(pair.ours) > 2:
        low, high = np.percentile(pair.ours, [10, 90])
        said += f"; the middle 80 % of pictures have {_number(low)} to {_number(high)}"
    return Check(CURVE_WORDS[curve], is_passed, said)


def _anew_check(result: StudyResult) -> tuple[Check, ...]:
    """Whether little is left of a map at the end; the classifier alone comes first."""
    ours, random = alike(result, "rank")
    if not len(ours):
        return ()
    first = ours[~np.isnan(ours[:, 0]), 0]
    said, is_passed = [], None
    if len(first):
        said.append(
            f"with the classifier alone drawn anew the rank correlation is {_with_interval(first, 1.0)}"
        )
    kinds: list[Alike] = ["rank", "magnitude"] if has_signs(result) else ["rank"]
    verdicts: list[bool | None] = []
    for kind in kinds:
        values, chances = alike(result, kind)
        is_known = ~np.isnan(values[:, -1])
        last = values[is_known, -1]
        if not len(last):
            continue
        of = " of magnitudes" if kind == "magnitude" else " with everything drawn anew"
        said.append(f"that{of} {_with_interval(last, 1.0)}")
        _, low, high = mean_interval(last - chances[is_known])
        verdicts.append(True if high <= _LITTLE else False if low > _LITTLE else None)
    if verdicts:
        is_passed = False if False in verdicts else None if None in verdicts else True
    said.append(f"that of random maps {_with_interval(random, 1.0)}")
    if blank := int(np.isnan(ours).sum()):
        said.append(f"{100 * blank / ours.size:.0f} % of the maps drawn anew are blank and have none")
    words = ", ".join(said)
    if verdicts:
        words += f"; at most {_LITTLE:g} more than random maps passes"
    words += _agreement(result, is_passed)
    return (Check("weights drawn anew", is_passed, words),)


def _agreement(result: StudyResult, is_passed: bool | None) -> str:
    found = _FOUND.get(options_of(result).method)
    if found is None or is_passed is None or result.order.state.network.weights.is_untrained:
        return ""
    if found == is_passed:
        return "; so find Adebayo et al. of this method"
    return f"; Adebayo et al. find that this method {'passes' if found else 'fails'}"


def _untold_check(result: StudyResult) -> tuple[Check, ...]:
    pair = infidelities(result)
    if not len(pair.ours):
        return ()
    words, is_passed = _beside(pair, "of random maps", is_more=False)
    said = f"of how the score changes with squares of the picture, a map does not tell a share of {words}"
    return (Check("infidelity", is_passed, said),)


def _sensitivity_check(result: StudyResult) -> tuple[Check, ...]:
    pair = sensitivities(result)
    if not len(pair.ours):
        return ()
    words, is_passed = _beside(pair, "from one random map to another", is_more=False)
    said = (
        f"as a share of its size a map moves by at most {words}, when the picture moves by at most "
        f"{options_of(result).radius:g}; one that never moves would pass, too"
    )
    return (Check("sensitivity", is_passed, said),)


INFO = StudyInfo(
    name="trust",
    title="Is this map to be trusted?",
    question="Do its maps show what counts?",
    papers=(PETSIUK_2018, ADEBAYO_2018, YEH_2019),
    options=TrustOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "An attribution method's maps of the class that the network gives a picture, beside random maps of the same "
        "size, values and smoothness: how the class's probability follows when pixels are deleted or put in in the "
        "map's order, whether the map changes when weights are drawn anew, what of the score's changes it tells, and "
        "how far it moves when the picture hardly does."
    ),
)
