"""Measures a network with its shortcuts weakened: errors over all pictures, gradient norms over a few of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import islice

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_viewer.core.engine import exact
from resnet_viewer.core.network import wired
from resnet_viewer.core.probing import Probe, norms
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.probe import GradientOf
from resnet_viewer.records.studies.strength import StrengthOptions, groups, strengths, wiring_of
from resnet_viewer.records.wiring import Wiring

_FAINT = 1e-25
"""Below this norm single values of a gradient may have come to nothing in float32 on their way back."""
_FACTOR = 2.0**80
"""What such a gradient is taken of again, times this; it is divided by it afterwards."""
_PASSES = 3
"""That a picture's gradients cost: one forward, and one backward as much as two."""


def plan(bench: Bench, options: StrengthOptions) -> StudyPlan:
    """A point for each strength of each group, the last stage first and from open to cut: activations before the first
    block of a group are as they were.
    """
    gradients = min(options.pictures, len(bench.pictures))
    points, before = [], None
    for name, blocks in reversed(groups(bench.plan, options).items()):
        for strength in reversed(strengths(options)):
            measure = partial(_measured, bench, options, name, blocks, strength)
            wiring = wiring_of(bench.state, blocks, strength)
            passes = bench.cost(wiring, after=before) + _PASSES * gradients
            points.append(Point(f"{name}={strength:g}", passes, measure))
            before = wiring
    return StudyPlan(tuple(points))


def _measured(
    bench: Bench, options: StrengthOptions, name: str, blocks: Sequence[int], strength: float
) -> Work:
    wiring = wiring_of(bench.state, blocks, strength)
    side = yield from bench.side(wiring)
    low, high = side.interval or (None, None)
    found: list[tuple[float, float]] = []
    for image, classes in islice(bench.batches(1), options.pictures):
        (target,) = classes.tolist()
        if target < bench.state.network.classes:  # that of a picture without a highest class is none
            found.append(gradient_norms(bench, wiring, image, target, options.gradient_of))
            bench.count(_PASSES)
        yield
    first, last = (_mean(values) for values in zip(*found, strict=True)) if found else (None, None)
    return {
        "shortcuts": name,
        "strength": strength,
        "error": side.error,
        "error_low": low,
        "error_high": high,
        "right": side.mean_right,
        "first_gradient": first,
        "last_gradient": last,
        "gradient_pictures": len(found),
    }


def gradient_norms(
    bench: Bench, wiring: Wiring, image: Tensor, target: int, gradient_of: GradientOf
) -> tuple[float, float]:
    """Of the first and the last layer's weight, for one picture, (1, C, S, S)."""
    with wired(bench.network, wiring), Probe(bench.network) as probe, exact():
        seen = probe.look(image)
        with torch.enable_grad():
            index = torch.tensor([target], device=seen.logits.device)
            end = seen.logits[0, target] if gradient_of == "score" else F.cross_entropy(seen.logits, index)
        weights = [seen.weights[0], seen.weights[-1]]
        first, last = norms(torch.autograd.grad(end, weights, retain_graph=True))
        if first < _FAINT:
            (larger,) = torch.autograd.grad(end * _FACTOR, weights[:1])
            first = norms([larger])[0] / _FACTOR
    return first, last


def _mean(values: Sequence[float]) -> float | None:
    mean = math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan
    return mean if math.isfinite(mean) else None
