"""Follows a gradient back along single paths: some blocks by their branch only, all others by their shortcut only.

The order of events: `Pass.forward` runs the network's own forward pass a part at a time and keeps each part's graph
apart, of a block with two ways one for each; `Pass.back` then goes from the class to the input by one way through every
block. A block that is passed by its identity costs next to nothing, and one forward pass serves all paths. No gradient
underflows: after every part it is brought back near 1 by a power of two, which is kept beside it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from resnet_viewer.core.blocks import Block, GradientPath
from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size, gated
from resnet_viewer.core.network import Network, Part, ReplacedError
from resnet_viewer.core.probing import norms
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.probe import GradientOf
from resnet_viewer.records.studies.paths import PathsOptions, Ways, ways
from resnet_viewer.records.study import Row
from resnet_viewer.records.wiring import Wiring

_LARGEST_POWER = 126
"""Of two, that float32 and its inverse hold."""


class _Piece(NamedTuple):
    """A part of a forward pass: what went in, and what came out by each way that a gradient may go back."""

    block: int
    """Its number; 0 of parts that have one way only."""
    x: Tensor
    y: Mapping[GradientPath, Tensor]


class Pass:
    """One forward pass of n pictures, and the gradients of its scores, or losses, along single paths.

    Nothing of it stays in the network between two yields.
    """

    def __init__(self, network: Network, wiring: Wiring, found: Ways, gradient_of: GradientOf) -> None:
        self._blocks, self._wiring, self._gradient_of = network.blocks, wiring, gradient_of
        self._parts = parts(network, found)
        self._choices = frozenset(found.choices)
        self._pieces: list[_Piece] = []
        self._start: Tensor | None = None

    def forward(self, x: Tensor, classes: Tensor | None) -> Generator[None]:
        """Run (n, C, H, W) for these classes, (n,), or for each picture's highest; yields after each part."""
        for part in self._parts:
            (block,) = self._choices.intersection(part.blocks) or (0,)
            x = x.detach().requires_grad_()
            ways: tuple[GradientPath, ...] = ("shortcut", "branch") if block else ("both",)
            y = {way: self._run(part, x, way) for way in ways}
            self._pieces.append(_Piece(block, x, y))
            x = y[ways[-1]]
            yield
        with torch.enable_grad():
            index = x.argmax(1) if classes is None else classes
            if self._gradient_of == "score":
                end = x.gather(1, index[:, None]).sum()
            else:
                end = F.cross_entropy(x, index, reduction="sum")
        (self._start,) = torch.autograd.grad(end, x, retain_graph=True)

    def back(self, branches: Collection[int]) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The gradient at the input along the path through these blocks' branches and all others' shortcuts.

        It is `gradient · 2^powers`: (n, C, H, W) of values near 1, and (n,) whole numbers.
        """
        assert self._start is not None
        gradient, powers = _scaled(self._start)
        for piece in reversed(self._pieces):
            way: GradientPath = (
                "both" if not piece.block else "branch" if piece.block in branches else "shortcut"
            )
            with exact():
                (gradient,) = torch.autograd.grad(piece.y[way], piece.x, gradient, retain_graph=True)
            gradient, more = _scaled(gradient)
            powers = powers + more
            yield
        return gradient, powers

    def _run(self, part: Part, x: Tensor, way: GradientPath) -> Tensor:
        own = [self._blocks[number - 1] for number in part.blocks]
        with torch.enable_grad(), exact(), gated(part, self._blocks, self._wiring), _one_way(own, way):
            return part.run(x)


@contextmanager
def _one_way(blocks: Collection[torch.nn.Module], way: GradientPath) -> Iterator[None]:
    """Gradients of what these blocks put out inside the with-block go back that way."""
    own = [block for block in blocks if isinstance(block, Block)]
    try:
        for block in own:
            block.gradient_path = way
        yield
    finally:
        for block in own:
            block.gradient_path = "both"


def _scaled(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Each picture's gradient over the power of two that brings its largest value near 1, and that power, (n,)."""
    largest = gradient.flatten(1).abs().amax(1).cpu()
    powers = torch.frexp(largest).exponent.clamp(-_LARGEST_POWER, _LARGEST_POWER)
    factors = torch.ldexp(torch.ones_like(largest), -powers).to(gradient.device)
    return gradient * factors.view(-1, *(1,) * (gradient.ndim - 1)), powers


def parts(network: Network, found: Ways) -> tuple[Part, ...]:
    """What a forward pass runs, so divided that each block with two ways is by itself.

    Raises:
        ReplacedError: one was replaced, or stands in a stage that was, so that its two ways cannot be told apart.
    """
    divided, blocks, spec = network.parts(), network.blocks, network.spec
    for part in divided:
        for number in set(part.blocks) & set(found.choices):
            if len(part.blocks) > 1 or not isinstance(blocks[number - 1], Block):
                raise ReplacedError(
                    f"Block {number} of this {spec.title}, or what runs it, was replaced or has hooks, so that its "
                    "shortcut and its branch cannot be told apart: put back what was there."
                )
    return divided


def plan(bench: Bench, options: PathsOptions) -> StudyPlan:
    """A point for each length."""
    found = ways(bench.state, bench.plan)
    parts(bench.network, found)  # which refuses what cannot be told apart
    pictures = min(options.pictures, len(bench.pictures))
    points = []
    for length in found.lengths:
        name = f"length {length}"
        paths = drawn(found, length, options.samples, f"{options.seed} {name}")
        passes = pictures * _passes(found, length, len(paths))
        points.append(Point(name, passes, partial(_measured, bench, options, found, length, paths)))
    return StudyPlan(tuple(points))


def drawn(found: Ways, length: int, samples: int, seed: str) -> tuple[tuple[int, ...], ...]:
    """Paths of that length, no two alike, each as the numbers of the blocks whose branch it passes; all of them where
    there are not more than `samples`.
    """
    chosen = length - len(found.always)
    if math.comb(len(found.choices), chosen) <= samples:
        return tuple(combinations(found.choices, chosen))
    generator = random.Random(seed)
    paths: dict[tuple[int, ...], None] = {}
    while len(paths) < samples:
        paths[tuple(sorted(generator.sample(found.choices, chosen)))] = None
    return tuple(paths)


def _passes(found: Ways, length: int, paths: int) -> float:
    """What a picture costs, in forward passes, about: two for both ways, and on the way back as much as forward."""
    return 2 + paths * length / (len(found.always) + len(found.choices))


def _measured(
    bench: Bench, options: PathsOptions, found: Ways, length: int, paths: tuple[tuple[int, ...], ...]
) -> Work:
    pictures = min(options.pictures, len(bench.pictures))
    size = batch_size(bench.state, bench.device)
    logs = np.full((len(paths), pictures), -math.inf)
    for start in range(0, pictures, size):
        stop = min(start + size, pictures)
        passed = Pass(bench.network, bench.state.wiring, found, options.gradient_of)
        classes = None
        if bench.labels is not None:
            classes = torch.from_numpy(np.array(bench.labels[start:stop])).to(bench.device)
        yield from passed.forward(bench.inputs(start, stop), classes)
        for place, branches in enumerate(paths):
            gradient, powers = yield from passed.back(branches)
            logs[place, start:stop] = log10_norms(gradient, powers)
        bench.count((stop - start) * _passes(found, length, len(paths)))
    return _row(found, length, logs)


def log10_norms(gradient: Tensor, powers: Tensor) -> NDArray[np.float64]:
    """(n,), the logarithm of each picture's L2 norm; minus infinity of zero."""
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log10(norms([*gradient])) + powers.numpy() * math.log10(2)
    return found


def _row(found: Ways, length: int, logs: NDArray[np.float64]) -> Row:
    """From the logarithms of norms by path and picture: a path's gradient is the mean over the pictures."""
    by_path = log10_means(logs)
    mean = float(log10_means(by_path[None])[0])
    low, high = (float(each) for each in np.quantile(by_path, (0.1, 0.9), method="nearest"))
    with np.errstate(over="ignore"):
        gradients = 10.0**by_path
    is_told = math.isfinite(mean) and np.isfinite(gradients).all()
    return {
        "length": length,
        "share_of_paths": found.shares[length],
        "log10_paths": found.log10_paths(length),
        "paths": len(by_path),
        "pictures": logs.shape[1],
        "gradient": _value(mean),
        "gradient_low": _value(low),
        "gradient_high": _value(high),
        "log10_gradient": mean if math.isfinite(mean) else None,
        "gradients": tuple(gradients.tolist()) if is_told else None,
    }


def log10_means(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of the means of numbers, given by their logarithms, over the last axis."""
    highest = logs.max(-1)
    shift = np.where(np.isfinite(highest), highest, 0.0)
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = shift + np.log10((10.0 ** (logs - shift[..., None])).mean(-1))
    return found


def _value(log: float) -> float | None:
    """The number of a logarithm; None where it is none, or too large for one."""
    return None if math.isnan(log) or log > 308 else 10**log
