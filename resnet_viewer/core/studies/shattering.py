"""Takes the gradient of a score at the input along straight lines, and how alike it is some points apart."""

from __future__ import annotations

import random
from collections.abc import Generator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size
from resnet_viewer.core.network import wired
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.shattering import Floats, ShatteringOptions, autocorrelation

_PASSES = 3
"""That a gradient costs: one forward, and one backward as much as two."""
_PIXELS = 4096
"""Whose products are summed at a time: some milliseconds."""


def plan(bench: Bench, options: ShatteringOptions) -> StudyPlan:
    """A point for each line.

    Raises:
        UserError: there are no two pictures to draw a line between.
    """
    if options.ends == "pictures" and len(bench) < 2:
        raise UserError("A line needs two pictures: take a larger sample, or lines between noise.")
    passes = float(_PASSES * options.points)
    return StudyPlan(
        [
            Point(f"line {number}", passes, partial(_measured, bench, options, number))
            for number in range(1, options.lines + 1)
        ]
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
    target, gradients = yield from along(bench, start, end, options.points)
    largest = float(gradients.abs().max())
    is_usable = np.isfinite(largest) and largest > 0
    scale = largest if is_usable else 1.0
    found = None
    if is_usable:
        products = np.zeros((options.points, options.points))
        for part in torch.split(gradients, _PIXELS, dim=1):
            numbers: Floats = part.double().numpy() / scale
            products += numbers @ numbers.T
            yield
        found = autocorrelation(products, options.farthest)
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
    }


def along(bench: Bench, start: Tensor, end: Tensor, points: int) -> Generator[None, None, tuple[int, Tensor]]:
    """The class whose score is highest at the start of a line, and its gradient at evenly spaced points on it, the ends
    among them: (points, values of the input), on the CPU. Start and end are (1, C, S, S); yields after each batch.
    """
    network, wiring = bench.network, bench.state.wiring
    with wired(network, wiring), torch.no_grad(), exact():
        target = int(network(start)[0].argmax())
    bench.count(1)
    yield
    shares = torch.linspace(0, 1, points, device=start.device)[:, None, None, None]
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
