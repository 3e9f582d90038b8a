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
from resnet_viewer.records.layers import LayerSpec, Normalisation, Steps
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
_ALIKE = 0.1
"""A rank correlation up to here counts as none."""
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
        0, "Block", "whose map it is, for methods that look at one; 0 is the last", least=0, most=100_000
    )
    pictures: int = option(24, "Pictures", "drawn from the test set", least=1, most=10_000)
    random_maps: int = option(5, "Random maps", "beside each of its maps", least=1, most=100)
    steps: int = option(
        32, "Steps", "in which the pixels of a picture are deleted or put in", least=2, most=1000
    )
    anew: Literal["block by block", "stage by stage"] = option(
        "block by block", "Drawn anew", "in what portions the weights are, from the classifier down"
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
    by_stage = anew == "stage by stage"
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
    return tuple(step.name for step in steps if isinstance(step, LayerSpec | Normalisation))


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


def conclusion(result: StudyResult) -> Sequence[str]:
    """Which checks the maps pass, each beside the number of random maps."""
    if not result.rows:
        return ()
    blank, told = blank_maps(result)
    said = [_begin(result)]
    if blank:
        said.append(
            f"{counted(blank, 'map')} of {told} {'is' if blank == 1 else 'are'} blank: there is nothing to hold "
            "against random maps."
        )
    said += [_area_words(result, curve) for curve in CURVES if len(areas(result, curve).ours)]
    said += _anew_words(result)
    said += _infidelity_words(result)
    said += _sensitivity_words(result)
    return said


def _begin(result: StudyResult) -> str:
    options, words = options_of(result), map_words(result)
    count = len({row.get("number") for row in result.rows})
    so_far = "" if result.is_complete else f" so far, of {options.pictures}"
    return (
        f"{words} on {counted(count, 'picture')}{so_far}, each beside {counted(options.random_maps, 'random map')} of "
        "its values and its smoothness; every interval is the 95 % one of a mean over pictures."
    )


def _number(value: float) -> str:
    return (
        f"{value:.2f}".replace("-", "−")
        if abs(value) >= 0.005 or not value
        else f"{value:.1g}".replace("-", "−")
    )


def _passes(is_passed: bool | None) -> str:
    if is_passed is None:
        return "one picture does not tell whether it passes"
    return "it passes this check" if is_passed else "it fails this check"


def _beside(pair: Pair, *, is_more: bool) -> tuple[str, bool | None]:
    """Both means with the interval of their difference, and whether ours is better, beyond chance."""
    ours, random = float(pair.ours.mean()), float(pair.random.mean())
    difference, low, high = mean_interval(pair.ours - pair.random)
    if len(pair.ours) < 2:
        return f"{_number(ours)} against {_number(random)} of random maps", None
    words = (
        f"{_number(ours)} against {_number(random)} of random maps, a difference of {_number(difference)} "
        f"({_number(low)} to {_number(high)})"
    )
    return words, low > 0 if is_more else high < 0


def _area_words(result: StudyResult, curve: Curve) -> str:
    pair = areas(result, curve)
    words, is_passed = _beside(pair, is_more=curve == "insertion")
    low, high = np.percentile(pair.ours, [10, 90])
    spread = f" (the middle 80 % of pictures {_number(low)} to {_number(high)})" if len(pair.ours) > 2 else ""
    how = "most important pixels first"
    title = CURVE_WORDS[curve]
    said = f"{title[0].upper()}{title[1:]}, {how}: the area under the probability of the class is {words}{spread}"
    if is_passed is False and abs(float((pair.ours - pair.random).mean())) < 0.05:
        said += ", which hardly differs"
    return f"{said}; {_passes(is_passed)}."


def _anew_words(result: StudyResult) -> list[str]:
    ours, random = alike(result, "rank")
    if not len(ours):
        return []
    names, said = steps_of(result), []
    first, last = (_known(ours[:, place]) for place in (0, -1))
    beside = mean_interval(random)
    chance = f"random maps have {_number(beside[0])} ({_number(beside[1])} to {_number(beside[2])})"
    if len(random) < 2:
        chance = f"random maps have {_number(beside[0])}"
    if len(first):
        said.append(
            f"With the classifier alone drawn anew the map's rank correlation with the trained network's is "
            f"{_with_interval(first)}; {chance}."
        )
    if len(last):
        kinds: list[Alike] = ["rank", "magnitude"] if has_signs(result) else ["rank"]
        words, verdicts = [], []
        for kind in kinds:
            values, chances = alike(result, kind)
            known = ~np.isnan(values[:, -1])
            words.append(f"{ALIKE[kind]} {_with_interval(values[known, -1])}")
            _, low, _ = mean_interval(values[known, -1] - chances[known])
            verdicts.append(None if len(values[known]) < 2 else low <= _ALIKE)
        is_passed = None if None in verdicts else all(verdicts)
        said.append(
            f"With all weights drawn anew, from the classifier down to the {names[-1]}: {', '.join(words)}. A map "
            "that stays as it is cannot tell what the network has learned; "
            f"{_passes(is_passed)}{_agrees(result, is_passed)}."
        )
    blank = int(np.isnan(ours).sum())
    if blank:
        share = 100 * blank / ours.size
        said.append(
            f"{share:.0f} % of the maps of weights drawn anew are blank and have no rank correlation."
        )
    return said


def _agrees(result: StudyResult, is_passed: bool | None) -> str:
    found = _FOUND.get(options_of(result).method)
    if found is None or is_passed is None:
        return ""
    if found == is_passed:
        return ", as Adebayo et al. find of this method"
    return f", where Adebayo et al. find that this method {'passes' if found else 'fails'}"


def _known(values: Floats) -> Floats:
    known: Floats = values[~np.isnan(values)]
    return known


def _with_interval(values: Floats) -> str:
    mean, low, high = mean_interval(values)
    return _number(mean) if len(values) < 2 else f"{_number(mean)} ({_number(low)} to {_number(high)})"


def _infidelity_words(result: StudyResult) -> list[str]:
    pair = infidelities(result)
    if not len(pair.ours):
        return []
    words, is_passed = _beside(pair, is_more=False)
    return [
        f"Infidelity: of how much the score changes when squares of the picture are put to the mean colour, the sum of "
        f"the map in the square does not tell a share of {words}; {_passes(is_passed)}."
    ]


def _sensitivity_words(result: StudyResult) -> list[str]:
    pair = sensitivities(result)
    if not len(pair.ours):
        return []
    words, is_passed = _beside(pair, is_more=False)
    words = words.replace("of random maps", "from one random map to another")
    return [
        f"Sensitivity: between neighbours that differ by at most {options_of(result).radius:g} a map moves by at most "
        f"{words}, as a share of its size; {_passes(is_passed)}. A map that never moves would pass, too."
    ]


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
