"""Takes the gradient of a score at the input along straight lines, and how alike it is some points apart."""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size, gated
from resnet_viewer.core.network import Network, Part, wired
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.shattering import (
    LEVELS,
    Floats,
    ShatteringOptions,
    autocorrelation,
    takes_line,
)
from resnet_viewer.records.study import Row, Value

_PASSES, _LINE_PASSES = 3, 4
"""That a gradient costs: one forward, one backward as much as two; of a whole line at once another one forward."""
_PIXELS = 4096
"""Whose products are summed at a time: some milliseconds."""
_LINE_BYTES = 2 << 30
"""Of a line that goes through a network at once."""
_SIGHTS, _NUMBERS, _SIDE, _PAIRED = 32, 100_000, 96, 56
"""Places whose gradients are kept to be looked at, the numbers of all of them, pixels of a picture's side, and places
that are held against each other.
"""
_CUT = 0.99
"""Of a gradient's values: the others are drawn as if they were not larger than these."""


def plan(bench: Bench, options: ShatteringOptions) -> StudyPlan:
    """A point for each line.

    Raises:
        UserError: there are no two pictures to draw a line between, or a line is too long to go through at once.
    """
    if options.ends == "pictures" and len(bench) < 2:
        raise UserError("A line needs two pictures: take a larger sample, or lines between noise.")
    is_whole = takes_line(bench.state, options)
    if is_whole:
        _require_room(bench, options.points)
    passes = float((_LINE_PASSES if is_whole else _PASSES) * options.points)
    return StudyPlan(
        [
            Point(f"line {number}", passes, partial(_measured, bench, options, number))
            for number in range(1, options.lines + 1)
        ]
    )


def _require_room(bench: Bench, points: int) -> None:
    plan = bench.plan
    inside = max(sum(math.prod(layer.output_shape) for layer in block.layers) for block in plan.blocks)
    inputs = sum(math.prod(block.input_shape) for block in plan.blocks) + math.prod(plan.input_shape)
    each = 4 * (inputs + 3 * inside)  # behind each layer a normalisation and a ReLU
    if points * each > _LINE_BYTES:
        raise UserError(
            f"Batch normalisation takes the statistics of a whole line, so its {points} points go through "
            f"{plan.spec.title} at once, in about {points * each / 1e9:.1f} GB: take {_LINE_BYTES // each} points at "
            "most, or the statistics of training."
        )


def _measured(bench: Bench, options: ShatteringOptions, number: int) -> Work:
    chance = random.Random(f"{options.seed} line {number}")
    if options.ends == "pictures":
        places = chance.sample(range(len(bench)), 2)
        start, end = (bench.inputs(place, place + 1) for place in places)
        names = [bench.pictures.names[place] for place in places]
    else:
        generator = torch.Generator().manual_seed(chance.getrandbits(63))
        shape = 2, *bench.plan.input_shape
        start, end = torch.split(torch.randn(shape, generator=generator).to(bench.device), 1)
        names = ["noise", "noise"]
    is_whole = takes_line(bench.state, options)
    target, gradients = yield from along(bench, start, end, options.points, is_whole=is_whole)
    largest = float(gradients.abs().max())
    is_usable = np.isfinite(largest) and largest > 0
    scale = largest if is_usable else 1.0
    found, seen = None, dict[str, Value]()
    if is_usable:
        products = np.zeros((options.points, options.points))
        for part in torch.split(gradients, _PIXELS, dim=1):
            numbers: Floats = part.double().numpy() / scale
            products += numbers @ numbers.T
            yield
        found = autocorrelation(products, options.farthest)
        if number == 1 and found is not None:
            seen = {**_seen(bench, start, end, gradients), "pairs": _pairs(products)}
            yield
    way = (end - start).flatten().cpu().double().numpy()
    length = float(np.linalg.norm(way))
    slope = None
    if is_usable and length > 0:
        slope = tuple(float(gradient.double().numpy() @ way) / length for gradient in gradients)
    return {
        "line": number,
        "from": names[0],
        "to": names[1],
        "class": target,
        "lag_1": None if found is None else float(found[1]),
        "autocorrelation": None if found is None else tuple(map(float, found)),
        "slope": slope,
        "statistics": "the line's"
        if is_whole
        else "training's"
        if bench.state.network.is_normalised
        else None,
        **seen,
    }


def _places(count: int, most: int) -> NDArray[np.int64]:
    """Some of so many, evenly chosen, both ends among them."""
    found: NDArray[np.int64] = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(np.int64))
    return found


def _pairs(products: Floats) -> tuple[float, ...]:
    """The correlation of each of some points' gradients with each, row by row, from their products, (N, N)."""
    centred = products - products.mean(0) - products.mean(1)[:, None] + products.mean()
    sizes = np.sqrt(np.maximum(np.diagonal(centred), np.finfo(np.float64).tiny))
    places = _places(len(products), _PAIRED)
    return tuple((centred / np.outer(sizes, sizes))[np.ix_(places, places)].round(3).ravel().tolist())


def _seen(bench: Bench, start: Tensor, end: Tensor, gradients: Tensor) -> Row:
    """What a line looks like at some of its places, as `records.studies.shattering.sights` reads it."""
    channels, side, _ = bench.plan.input_shape
    count = len(gradients)
    places = _places(count, _SIGHTS)
    small = min(side, math.isqrt(_NUMBERS // (channels * len(places))))
    maps = functional.adaptive_avg_pool2d(gradients[places].view(-1, channels, side, side), small)
    largest = maps.abs().flatten(1).quantile(_CUT, dim=1)
    levels = maps / torch.where(largest > 0, largest, 1.0)[:, None, None, None]
    levels = (levels.clamp(-1, 1) * LEVELS).round()
    preprocessing = bench.state.preprocessing
    mean, deviation = (
        torch.tensor(values)[:, None, None] for values in (preprocessing.mean, preprocessing.std)
    )
    ends = (
        functional.adaptive_avg_pool2d(each[0].cpu() * deviation + mean, min(side, _SIDE))
        for each in (start, end)
    )
    first, last = (tuple(round(value, 3) for value in each.flatten().tolist()) for each in ends)
    return {
        "shares": tuple(round(place / (count - 1), 6) for place in places.tolist()),
        "start": first,
        "end": last,
        "gradients": tuple(map(int, levels.flatten().tolist())),
        "largest": tuple(float(f"{value:.4g}") for value in largest.tolist()),
    }


def along(
    bench: Bench, start: Tensor, end: Tensor, points: int, *, is_whole: bool = False
) -> Generator[None, None, tuple[int, Tensor]]:
    """The class whose score is highest at the start of a line, and its gradient at evenly spaced points on it, the ends
    among them: (points, values of the input), on the CPU. Start and end are (1, C, S, S); yields now and then.

    With `is_whole` all points are one batch, and batch normalisation takes its statistics: a point's gradient is that
    of the sum of all scores, of which others depend on it through these.
    """
    shares = torch.linspace(0, 1, points, device=start.device)[:, None, None, None]
    if is_whole:
        target, gradient = yield from _whole(bench, start * (1 - shares) + end * shares)
        bench.count(_LINE_PASSES * points)
        return target, gradient.flatten(1).cpu()
    network, wiring = bench.network, bench.state.wiring
    with wired(network, wiring), torch.no_grad(), exact():
        target = int(network(start)[0].argmax())
    bench.count(1)
    yield
    found = []
    for some in torch.split(shares, batch_size(bench.state, bench.device)):
        place = (start * (1 - some) + end * some).requires_grad_()  # (n, C, S, S)
        with wired(network, wiring), torch.enable_grad(), exact():
            score = network(place)[:, target].sum()
            (gradient,) = (
                torch.autograd.grad(score, place, materialize_grads=True)
                if score.requires_grad
                else (torch.zeros_like(place),)
            )
        found.append(gradient.flatten(1).cpu())
        bench.count(_PASSES * len(some))
        yield
    return target, torch.cat(found)


def _whole(bench: Bench, x: Tensor) -> Generator[None, None, tuple[int, Tensor]]:
    """The same of one batch of places, (n, C, S, S): what goes into each part is kept, and on the way back each part is
    run once more, so that no graph is longer than a part. Yields after each.
    """
    network, parts = bench.network, bench.network.parts()

    def run(part: Part, x: Tensor) -> Tensor:
        with exact(), gated(part, network.blocks, bench.state.wiring), _by_batch(network):
            return part.run(x)

    entered = []
    for part in parts:
        entered.append(x)
        with torch.no_grad():
            x = run(part, x)
        yield
    target = int(x[0].argmax())
    gradient = torch.zeros_like(x)
    gradient[:, target] = 1.0
    for part in reversed(parts):
        x = entered.pop().detach().requires_grad_()
        with torch.enable_grad():
            y = run(part, x)
            (gradient,) = (
                torch.autograd.grad(y, x, gradient, materialize_grads=True)
                if y.requires_grad
                else (torch.zeros_like(x),)
            )
        yield
    return target, gradient


@contextmanager
def _by_batch(network: Network) -> Iterator[None]:
    """Batch normalisation takes the statistics of what comes by inside the with-block, and keeps none of it."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    before = [(norm.training, norm.track_running_stats) for norm in norms]
    try:
        for norm in norms:
            norm.training, norm.track_running_stats = True, False
        yield
    finally:
        for norm, (is_training, is_tracking) in zip(norms, before, strict=True):
            norm.training, norm.track_running_stats = is_training, is_tracking
