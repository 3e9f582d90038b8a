"""Holds an attribution method's maps against random ones: what pixels do to the class's probability in the map's order,
what drawing weights anew does to the map, what of the score's changes it tells, and how steady it is.

The live network is never changed: weights are drawn anew in a copy of it.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size, gated
from resnet_viewer.core.methods.asked import Asked
from resnet_viewer.core.methods.explained import at_work, reduced
from resnet_viewer.core.methods.measures import (
    Floats,
    Scores,
    in_reach,
    infidelity,
    sensitivity_max,
    similarity,
    spearman,
)
from resnet_viewer.core.network import Network, found, initialise
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.method import ExplainRequest, is_signed
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.receptive_field import samplings
from resnet_viewer.records.studies.trust import (
    CURVES,
    Curve,
    TrustOptions,
    map_passes,
    portions,
    request_of,
)
from resnet_viewer.records.study import Value

BLUR = 8
"""The blurred picture's standard deviation: one part in so many of the input's side."""
_SHOWN = 64, 32
"""Pixels a side of the picture, and of maps, that are kept to be shown, at most."""
_DIGITS = 4
Integers = NDArray[np.int64]
Made = Generator[None, None, Tensor]


def plan(bench: Bench, options: TrustOptions) -> StudyPlan:
    """Three points for each picture."""
    count = min(options.pictures, len(bench))
    places = random.Random(f"{options.seed} pictures").sample(range(len(bench)), count)
    each = map_passes(bench.state, options)
    lines = 1 + options.random_maps
    anew = len(portions(bench.plan, options.anew))
    points = []
    for number, place in enumerate(places, 1):
        subject = _Subject(bench, options, number, place)
        points += [
            Point(
                f"picture {number}, curves",
                1 + each + 3 + 3 * (options.steps - 1) * lines,
                partial(_curves, subject),
            ),
            Point(f"picture {number}, weights drawn anew", 1 + each * (1 + anew), partial(_anew, subject)),
            Point(
                f"picture {number}, changes",
                2 + options.squares + each * (1 + options.neighbours),
                partial(_changes, subject),
            ),
        ]
    return StudyPlan(points)


@dataclass(frozen=True)
class _Subject:
    """A picture of the study."""

    bench: Bench
    options: TrustOptions
    number: int
    place: int
    """Among the bench's pictures."""

    @property
    def image(self) -> Tensor:
        """(1, C, S, S)"""
        return self.bench.inputs(self.place, self.place + 1)

    def asked(self, target: int) -> ExplainRequest:
        """The question about it; its picture is already cut to the network's size."""
        state = self.bench.state
        cut = replace(state.preprocessing, resize=state.preprocessing.crop)
        picture = self.bench.picture(self.place)
        return request_of(replace(state, preprocessing=cut), self.options, picture, target)

    def chance(self, what: str) -> random.Random:
        """What is drawn for one measurement of it."""
        return random.Random(f"{self.options.seed} picture {self.number}, {what}")

    def row(self, measure: str, target: int) -> dict[str, Value]:
        """What every row begins with."""
        name = self.bench.pictures.names[self.place]
        return {"measure": measure, "number": self.number, "picture": name, "class": target}


def logits_of(bench: Bench, images: Tensor) -> Made:
    """(N, C, S, S) -> (N, classes) by the session's network; yields after each part of the pass."""
    network, x = bench.network, images
    for part in network.parts():
        with torch.no_grad(), exact(), gated(part, network.blocks, bench.state.wiring):
            x = part.run(x)
        yield
    bench.count(len(images))
    return x


def _class(subject: _Subject) -> Generator[None, None, int]:
    """The one that the network gives the picture."""
    logits = yield from logits_of(subject.bench, subject.image)
    return int(logits[0].argmax())


def map_of(bench: Bench, network: Network, asked: ExplainRequest, target: int, image: Tensor) -> Made:
    """The method's map of a picture (1, C, S, S) in that network, (H, W), at its block's output or at the input."""
    work = at_work(Asked(asked, lambda _: network, target, device=bench.device), image)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return reduced(asked, end.value.values).detach()
        yield


def _numbers(values: Tensor) -> Floats:
    numbers: Floats = values.cpu().double().numpy()  # MPS has no float64
    return numbers


def is_blank(values: Floats) -> bool:
    """Nothing is more important than anything else in it, or something is not finite."""
    return not np.isfinite(values).all() or float(values.min()) == float(values.max())


def random_map(values: Floats, chance: np.random.Generator) -> Floats:
    """A map of the same size, values and smoothness with everything somewhere else.

    The Fourier amplitudes of the map with phases of white noise; then the map's own values in the order of that
    (Theiler et al. 1992).
    """
    shape = values.shape
    amplitudes = np.abs(np.fft.rfft2(values - values.mean()))
    phases = np.angle(np.fft.rfft2(chance.normal(size=shape)))
    made = np.fft.irfft2(amplitudes * np.exp(1j * phases), s=shape)
    ranks = made.ravel().argsort().argsort()
    drawn: Floats = np.sort(values.ravel())[ranks].reshape(shape)
    return drawn


def random_maps(
    values: Floats, count: int, chance: np.random.Generator
) -> Generator[None, None, list[Floats]]:
    """So many of them; yields after each."""
    found = []
    for _ in range(count):
        found.append(random_map(values, chance))
        yield
    return found


def enlarged(values: Floats, where: Sampling, side: int) -> Floats:
    """A map for each pixel of the input, (H, W) -> (side, side): linear between the pixels that its cells look at."""
    rows, columns = (_weights(count, where, side) for count in values.shape)
    large: Floats = rows @ values @ columns.T
    return large


def _weights(count: int, where: Sampling, side: int) -> Floats:
    """(side, count)"""
    at = ((np.arange(side) - where.offset) / where.stride).clip(0, count - 1)
    weights: Floats = np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(count)))
    return weights


def places_in_order(importance: Floats, chance: np.random.Generator) -> Integers:
    """When each pixel's turn comes, from 0 on, the most important first; equal ones in an order drawn at random."""
    order = np.lexsort((chance.permutation(importance.size), -importance.ravel()))
    turns = np.empty(importance.size, np.int64)
    turns[order] = np.arange(importance.size)
    return turns.reshape(importance.shape)


def blurred(image: Tensor) -> Tensor:
    """(1, C, S, S) blurred so far that hardly a class is left: a Gaussian of an eighth of the side, edges mirrored."""
    side = image.shape[-1]
    deviation = side / BLUR
    reach = min(round(3 * deviation), side - 1)
    at = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    weights = torch.exp(-(at**2) / (2 * deviation**2))
    kernel = (weights / weights.sum()).repeat(image.shape[1], 1, 1, 1)  # (C, 1, 1, 2 reach + 1)
    channels = image.shape[1]
    across = F.conv2d(F.pad(image, (reach, reach, 0, 0), "reflect"), kernel, groups=channels)
    return F.conv2d(F.pad(across, (0, 0, reach, reach), "reflect"), kernel.transpose(2, 3), groups=channels)


def _curves(subject: _Subject) -> Work:
    bench, options = subject.bench, subject.options
    target = yield from _class(subject)
    image, asked = subject.image, subject.asked(target)
    values = _numbers((yield from map_of(bench, bench.network, asked, target, image)))
    bench.count(map_passes(bench.state, options))
    row = {**subject.row("curves", target), "is_blank": is_blank(values)}
    if is_blank(values):
        return row
    chance = np.random.default_rng(subject.chance("curves").getrandbits(63))
    maps = [values, *(yield from random_maps(values, options.random_maps, chance))]
    side, where = image.shape[-1], _where(asked)
    turns = []
    for each in maps:
        turns.append(places_in_order(enlarged(each, where, side), chance))
        yield
    blur = blurred(image)
    work = Asked(asked, lambda _: bench.network, target, device=bench.device)
    black = work.baseline("black", image).expand_as(image)
    ends: dict[Curve, tuple[Tensor, Tensor]] = {
        "insertion": (blur, image),
        "deletion": (image, black),
        "fading": (image, blur),
    }
    bare = yield from _probabilities(bench, iter([image, blur, black]), 3, target)
    first = {"insertion": bare[1], "deletion": bare[0], "fading": bare[0]}
    last = {"insertion": bare[0], "deletion": bare[2], "fading": bare[1]}
    counts = [round(step * side * side / options.steps) for step in range(1, options.steps)]
    for curve in CURVES:
        start, end = ends[curve]
        between = yield from _probabilities(
            bench,
            (
                torch.where(torch.from_numpy(turn < count).to(image.device), end, start)
                for turn in turns
                for count in counts
            ),
            len(turns) * len(counts),
            target,
        )
        lines = np.pad(between.reshape(len(turns), len(counts)), ((0, 0), (1, 1)))
        lines[:, 0], lines[:, -1] = first[curve], last[curve]
        if not np.isfinite(lines).all():
            continue
        under = (lines[:, 1:] + lines[:, :-1]).mean(1) / 2
        row |= {
            curve: _rounded(lines[0]),
            f"{curve}_random": _rounded(lines[1:].mean(0)),
            f"{curve}_area": float(under[0]),
            f"{curve}_area_random": float(under[1:].mean()),
            f"{curve}_areas_random": _rounded(under[1:]),
        }
    if subject.number == 1:
        row |= _shown(bench, image, blur, turns[0])
    return row


def _probabilities(
    bench: Bench, images: Iterator[Tensor], count: int, target: int
) -> Generator[None, None, Floats]:
    """(count,), of the class, of so many pictures (1, C, S, S)."""
    size = batch_size(bench.state, bench.device)
    found: list[Floats] = []
    while some := tuple(islice(images, size)):
        logits = yield from logits_of(bench, torch.cat(some))
        found.append(_numbers(logits.cpu().double().softmax(1)[:, target]))
    probabilities = np.concatenate(found)
    assert len(probabilities) == count
    return probabilities


def _where(asked: ExplainRequest) -> Sampling:
    """Where the cells of the question's map look in the input."""
    if asked.info.place == "input" or asked.block is None:
        return Sampling()
    state = asked.state
    where = samplings(state.network, state.preprocessing.crop, state.wiring)
    return where[asked.plan.blocks[asked.block - 1].name]


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values.ravel())


def _shown(bench: Bench, image: Tensor, blur: Tensor, turns: Integers) -> dict[str, Value]:
    """The picture, the blurred one, and when the turn of each pixel comes, as a share: what is drawn of the first."""
    side = min(image.shape[-1], _SHOWN[0])
    share = torch.from_numpy(turns / turns.size)[None, None]
    made = {"shown_picture": _bytes(bench, image), "shown_blurred": _bytes(bench, blur), "shown_turns": share}
    return {
        "shown_side": side,
        **{
            name: tuple(
                round(float(value), 3) for value in F.adaptive_avg_pool2d(each.double(), side).flatten()
            )
            for name, each in made.items()
        },
    }


def _bytes(bench: Bench, image: Tensor) -> Tensor:
    """(1, C, S, S) as the network sees it -> (1, C, S, S) from 0 to 255."""
    preprocessing = bench.state.preprocessing
    mean, std = (torch.tensor(each)[None, :, None, None] for each in (preprocessing.mean, preprocessing.std))
    return ((image.cpu() * std + mean) * 255).clamp(0, 255).round()


def draw_anew(module: nn.Module, name: str, spec: NetworkSpec, chance: random.Random) -> None:
    """Weights and statistics of the network's module at that path as in a network that is made anew."""
    fresh = copy.deepcopy(module).cpu()
    generator = torch.Generator().manual_seed(chance.getrandbits(63))
    initialise(fresh, spec, generator, prefix=name)
    module.load_state_dict(fresh.state_dict())


def _anew(subject: _Subject) -> Work:
    bench, options = subject.bench, subject.options
    target = yield from _class(subject)
    image, asked = subject.image, subject.asked(target)
    each = map_passes(bench.state, options)
    values = _numbers((yield from map_of(bench, bench.network, asked, target, image)))
    bench.count(each)
    row = {**subject.row("weights drawn anew", target), "is_blank": is_blank(values)}
    if is_blank(values):
        return row
    has_signs = is_signed(asked.method, asked.options, asked.over)
    chance = subject.chance("weights drawn anew")
    drawn = np.random.default_rng(chance.getrandbits(63))
    other = yield from random_maps(values, options.random_maps, drawn)
    spec, network = bench.state.network, copy.deepcopy(bench.network)
    maps: list[Floats] = []
    for portion in portions(bench.plan, options.anew):
        for name in portion.modules:
            draw_anew(found(network, name, spec), name, spec, chance)
            yield
        maps.append(_numbers((yield from map_of(bench, network, asked, target, image))))
        bench.count(each)
    compared: dict[str, Callable[[Floats, Floats], float]] = {
        "rank": spearman,
        "magnitude": lambda one, other: spearman(np.abs(one), np.abs(other)),
        "ssim": partial(similarity, is_signed=has_signs),
    }
    blank = [step for step, one in enumerate(maps) if is_blank(one)]
    for name, compare in compared.items():
        alike, chances = [], []
        for step, one in enumerate(maps):
            alike.append(0.0 if step in blank else compare(values, one))
            yield
        for one in other:
            chances.append(compare(values, one))
            yield
        row |= {name: _rounded(np.array(alike)), f"{name}_random": float(np.mean(chances))}
    row["blank_steps"] = tuple(map(float, blank))
    if subject.number == 1:
        shown = [_small(np.zeros_like(values) if step in blank else one) for step, one in enumerate(maps)]
        first = _small(values)
        row |= {
            "shown_rows": first.shape[0],
            "shown_columns": first.shape[1],
            "shown_maps": _short(np.concatenate([first.ravel(), *(one.ravel() for one in shown)])),
        }
    return row


def _small(values: Floats) -> Floats:
    """A map as it is shown: means of its cells where it has too many."""
    size = tuple(min(side, _SHOWN[1]) for side in values.shape)
    numbers: Floats = F.adaptive_avg_pool2d(torch.from_numpy(values)[None, None], size)[0, 0].numpy()
    return numbers


def _short(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.3g}") for value in values)


def _squares(chance: np.random.Generator, side: int, images: Tensor) -> tuple[Tensor, Tensor]:
    """In each picture (n, C, S, S) one square put to the mean colour: where it is (1 there, 0 elsewhere), and the
    pictures with it.
    """
    mask = np.zeros((len(images), 1, side, side), np.float32)
    for one in mask:
        size = int(chance.integers(max(side // 8, 1), max(side // 2, 1), endpoint=True))
        top, left = chance.integers(0, side - size, size=2, endpoint=True)
        one[:, top : top + size, left : left + size] = 1
    where = torch.from_numpy(mask).to(images)
    return where.expand_as(images), images * (1 - where)


def _changes(subject: _Subject) -> Work:
    bench, options = subject.bench, subject.options
    target = yield from _class(subject)
    image, asked = subject.image, subject.asked(target)
    each = map_passes(bench.state, options)
    own = yield from map_of(bench, bench.network, asked, target, image)
    bench.count(each)
    values = _numbers(own)
    row = {**subject.row("changes", target), "is_blank": is_blank(values)}
    if is_blank(values):
        return row
    chance = subject.chance("changes")
    drawn = np.random.default_rng(chance.getrandbits(63))
    others = yield from random_maps(values, options.random_maps + 1, drawn)
    side, where, channels = image.shape[-1], _where(asked), image.shape[1]
    # all channels of a pixel share its value, so that a square's sum is the map's
    maps = [
        torch.from_numpy(enlarged(one, where, side) / channels)[None, None].to(image).expand_as(image)
        for one in (values, *others[:-1])
    ]

    def score(images: Tensor) -> Scores:
        logits = yield from logits_of(bench, images)
        return logits[:, target]

    found_infidelity, nothing = yield from infidelity(
        score,
        partial(_squares, drawn, side),
        image,
        maps,
        samples=options.squares,
        batch=batch_size(bench.state, bench.device),
        normalize=True,
    )
    untold = found_infidelity / nothing if nothing else np.full(len(maps), np.nan)
    generator = torch.Generator().manual_seed(chance.getrandbits(63))

    def explain(neighbour: Tensor) -> Made:
        made = yield from map_of(bench, bench.network, asked, target, neighbour)
        bench.count(each)
        return made

    neighbours = [in_reach(generator, image, options.radius) for _ in range(options.neighbours)]
    sensitivity = yield from sensitivity_max(explain, image, neighbours, own)
    norm = float(np.linalg.norm(values)) or 1.0
    return {
        **row,
        "infidelity": float(found_infidelity[0]),
        "infidelity_random": float(found_infidelity[1:].mean()),
        "infidelity_of_nothing": nothing,
        "untold": float(untold[0]),
        "untold_random": float(untold[1:].mean()),
        "sensitivity": sensitivity,
        "sensitivity_random": max(float(np.linalg.norm(one - others[-1])) for one in others[:-1]) / norm,
    }
