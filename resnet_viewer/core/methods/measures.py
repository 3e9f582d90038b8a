"""How good a map is: captum's infidelity and sensitivity a small batch at a time, and how alike two maps are."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]
Scores = Generator[None, None, Tensor]
"""Yields on the way; returns the score of each of N pictures, (N,)."""
Maps = Generator[None, None, Tensor]
"""Yields on the way; returns the map of one picture, of any shape."""


def infidelity(
    score: Callable[[Tensor], Scores],
    perturb: Callable[[Tensor], tuple[Tensor, Tensor]],
    image: Tensor,
    maps: Sequence[Tensor],
    *,
    samples: int,
    batch: int,
    normalize: bool = False,
) -> Generator[None, None, tuple[Floats, float]]:
    """The mean over perturbations I of (I · map − (f(x) − f(x perturbed)))² (Yeh et al. 2019) for each of several maps
    of one picture x, (1, C, H, W), as `captum.metrics.infidelity` has it; and the mean of (f(x) − f(x perturbed))²,
    which is the infidelity of a map of zeros.

    `perturb` makes of (n, C, H, W) equal pictures the perturbations I and the perturbed pictures. With `normalize` each
    map is multiplied by the number with which it fits best. Yields after each step of `score`.
    """
    clean = float((yield from score(image))[0])
    count = len(maps)
    squared, crossed, changes = np.zeros(count), np.zeros(count), 0.0
    for start in range(0, samples, batch):
        many = image.expand(min(batch, samples - start), *image.shape[1:])
        perturbation, perturbed = perturb(many)
        change = clean - (yield from score(perturbed)).cpu().double().numpy()  # (n,)
        changes += float((change**2).sum())
        for place, one in enumerate(maps):
            told = (perturbation * one).cpu().double().flatten(1).sum(1).numpy()
            squared[place] += float((told**2).sum())
            crossed[place] += float((told * change).sum())
    factor = np.ones(count)
    if normalize:
        factor = np.divide(crossed, squared, out=np.zeros(count), where=squared != 0)
    found = (factor**2 * squared - 2 * factor * crossed + changes) / samples
    return found, changes / samples


def in_reach(generator: torch.Generator, image: Tensor, radius: float) -> Tensor:
    """A picture none of whose values differs by more than `radius`: captum's `default_perturb_func`."""
    return image + torch.empty(image.shape).uniform_(-radius, radius, generator=generator).to(image)


def sensitivity_max(
    explain: Callable[[Tensor], Maps],
    image: Tensor,
    neighbours: Sequence[Tensor],
    first: Tensor | None = None,
) -> Generator[None, None, float]:
    """How far the map of a neighbour of the picture is from the picture's at most, as a share of that one's norm
    (Yeh et al. 2019; `captum.metrics.sensitivity_max`). `first` is the picture's own map where it is known.
    """
    own = (yield from explain(image)) if first is None else first
    own = own.cpu().double()
    norm = float(own.norm()) or 1.0
    farthest = 0.0
    for neighbour in neighbours:
        found = yield from explain(neighbour)
        distance = float((found.cpu().double() - own).norm()) / norm
        farthest = max(farthest, distance) if np.isfinite(distance) else distance
    return farthest


def spearman(one: Floats, other: Floats) -> float:
    """The rank correlation of two maps of one shape, of equal values the mean rank; nan where one of them is constant.

    Example:
        >>> spearman(np.array([1.0, 2.0, 5.0]), np.array([0.1, 0.2, 0.3]))
        1.0
    """
    ranks = [_ranks(values.ravel()) for values in (one, other)]
    first, second = (rank - rank.mean() for rank in ranks)
    norms = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / norms if norms else float("nan")


def _ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[places]
    return ranks


_WINDOW = 7
"""Pixels a side, or the largest odd number that the map has."""


def similarity(one: Floats, other: Floats, *, is_signed: bool) -> float:
    """The structural similarity (Wang et al. 2004) of two maps, (H, W), each scaled to 0…1, or −1…1 where it is signed:
    the mean over all windows of 7 × 7 cells, each cell counting alike; nan where one of them is blank.
    """
    span = 2.0 if is_signed else 1.0
    ours, theirs = (_scaled(values, is_signed=is_signed) for values in (one, other))
    if ours is None or theirs is None:
        return float("nan")
    side = min(_WINDOW, *one.shape)
    window = side - 1 + side % 2, side - 1 + side % 2
    first, second = (np.lib.stride_tricks.sliding_window_view(values, window) for values in (ours, theirs))
    axes = 2, 3
    means = first.mean(axes), second.mean(axes)
    variances = first.var(axes), second.var(axes)
    both = (first * second).mean(axes) - means[0] * means[1]
    low, high = (0.01 * span) ** 2, (0.03 * span) ** 2
    found = ((2 * means[0] * means[1] + low) * (2 * both + high)) / (
        (means[0] ** 2 + means[1] ** 2 + low) * (variances[0] + variances[1] + high)
    )
    return float(found.mean())


def _scaled(values: Floats, *, is_signed: bool) -> Floats | None:
    if is_signed:
        largest = float(np.abs(values).max())
        return values / largest if largest else None
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else None
