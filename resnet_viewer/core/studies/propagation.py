"""Sends noise through freshly drawn networks, block by block, and a gradient back, and measures both on their way.

Networks are built here and let go: the session's own is not touched. A block's input is kept, and its graph is made
only when the gradient comes back to it, so that a network of 1202 layers needs the memory of its maps alone. Without
normalisation a signal grows by a factor a block: where it leaves what single precision holds, a draw is measured again
in double precision, which on a processor takes five times as long.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_viewer.core.blocks import Block, weighed
from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import gated, pass_cost
from resnet_viewer.core.network import Network, Part, build
from resnet_viewer.core.probing import norms
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.studies.propagation import (
    NOTHING_THERE,
    QUANTITIES,
    TOO_LARGE,
    Case,
    PropagationOptions,
    cases,
    point_of,
)
from resnet_viewer.records.wiring import Wiring

_PASSES = 4
"""Of one picture that a draw costs: twice forward, and once backward, as much as two."""
_DOUBLE = 5
"""Times as much in double precision."""
_LARGEST = 1e30
"""What values of single precision may come to; their inverse is the least."""
_ROUNDING = 1e-12
"""A squared mean of so much of the variance is what rounding leaves of none."""
_DIGITS = 6


def plan(bench: Bench, options: PropagationOptions) -> StudyPlan:
    """A point for each draw of each network."""
    points = []
    for case in cases(bench.state, options):
        cost = pass_cost(blueprint(case.network, bench.state.preprocessing.crop)) / pass_cost(bench.plan)
        passes = _PASSES * options.pictures * cost
        for number in range(1, options.draws + 1):
            measure = partial(_measured, bench, options, case, number, passes)
            points.append(Point(point_of(case, number), passes, measure))
    return StudyPlan(tuple(points))


def _measured(bench: Bench, options: PropagationOptions, case: Case, number: int, passes: float) -> Work:
    spec, device = case.drawn(options, number), bench.device
    network = build(spec)
    yield
    wiring = (
        bench.state.wiring if spec.depth == bench.state.network.depth else Wiring.all_open(spec.block_count)
    )
    crop = bench.state.preprocessing.crop
    found = yield from propagated(network.to(device), wiring, crop, options, spec.seed)
    bench.count(passes)
    if is_lost := _is_lost(found):
        device = "cpu" if device.startswith("mps") else device  # which has no doubles
        found = yield from propagated(network.to(device, torch.float64), wiring, crop, options, spec.seed)
        bench.count(_DOUBLE * passes)
    return {
        "network": case.words,
        "depth": spec.depth,
        "is_normalised": spec.is_normalised,
        "initialisation": spec.initialisation,
        "draw": number,
        "seed": spec.seed,
        "pictures": options.pictures,
        "is_double": is_lost,
        **{name: tuple(map(_kept, values)) for name, values in found.items()},
    }


def _is_lost(found: Mapping[str, Sequence[float]]) -> bool:
    """Whether a value came so near to what single precision does not hold that others may have been lost."""
    for name, values in found.items():
        largest = _LARGEST if name.endswith("gradient") else _LARGEST**2
        for value in values:
            if value > largest or 0 < value < 1 / largest:
                return True
    return False


def noise_of(seed: int) -> torch.Generator:
    """The chance of the noise of a draw: not that of its weights, whose numbers it would repeat."""
    return torch.Generator().manual_seed(random.Random(f"{seed} noise").getrandbits(32))


def propagated(
    network: Network, wiring: Wiring, side: int, options: PropagationOptions, seed: int
) -> Generator[None, None, Mapping[str, Sequence[float]]]:
    """What goes through this network and back, for noise of that seed on pictures of `side` pixels: by the names of
    `QUANTITIES` a number for each block, nan where there is none. The network is put into training, and stays so.
    Yields after every block.
    """
    chance = noise_of(seed)
    shape = options.pictures, network.spec.channels, side, side
    x = torch.randn(shape, generator=chance).to(next(network.parameters()))
    way = _Way(network.train(), wiring, seed)
    for part in way.parts:
        x = way.forward(part, x)
        yield
    gradient = way.start(x, options, chance)
    for place in reversed(range(way.last)):
        gradient = way.back(place, gradient)
        yield
    return way.found


@dataclass
class _Way:
    """A pass through a network in training, and back."""

    network: Network
    wiring: Wiring
    seed: int
    last: int = 0
    """How many parts the gradient comes back through."""
    _kept: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts, self._all = self.network.parts(), self.network.blocks
        self._plan = blueprint(self.network.spec)
        self.found = {name: [math.nan] * len(self._plan.blocks) for name in QUANTITIES}

    def forward(self, part: Part, x: Tensor) -> Tensor:
        """Run a part and measure its blocks' paths."""
        self._kept.append(x)
        seen: list[tuple[Tensor | None, Tensor | None]] = []
        with torch.no_grad(), self._running(part, len(self._kept) - 1), _watched(self._blocks(part), seen):
            y = part.run(x)
        for number, (residual, shortcut) in zip(part.blocks, seen, strict=False):
            self._note(number, "shortcut", shortcut)
            self._note(number, "branch", residual)
            self._note(number, "output", y)
            if shortcut is not None and residual is not None and shortcut.shape == y.shape:
                self._set(number, "change_variance", spread(y - shortcut)[0])
        return y

    def start(self, x: Tensor, options: PropagationOptions, chance: torch.Generator) -> Tensor:
        """The gradient that goes back, at the end of what the network puts out, or of its last block."""
        is_noise = options.gradient_of == "noise"
        if is_noise:
            self.last = max(place for place, part in enumerate(self.parts, 1) if part.blocks)
            x = self._kept[self.last] if self.last < len(self._kept) else x
            noise: Tensor = torch.randn(x.shape, generator=chance).to(x)
            lengths: Tensor = torch.linalg.vector_norm(noise.flatten(1), dim=1)
            return noise / lengths.view(-1, *(1,) * (x.ndim - 1))
        self.last = len(self.parts)
        classes = torch.randint(x.shape[1], (len(x),), generator=chance).to(x.device)
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            if options.gradient_of == "score":
                end = x.gather(1, classes[:, None]).sum()
            else:
                end = F.cross_entropy(x, classes, reduction="sum")
        (gradient,) = torch.autograd.grad(end, x)
        return gradient

    def back(self, place: int, gradient: Tensor) -> Tensor:
        """The gradient before a part, given that behind it; both sums over the pictures."""
        part = self.parts[place]
        x = self._kept[place].detach().requires_grad_()
        layers = {number: self._weights(number) for number in part.blocks}
        weights = [weight for own in layers.values() for weight in own]
        with torch.enable_grad(), self._running(part, place):
            y = part.run(x)
        found: Sequence[Tensor | None] = (
            torch.autograd.grad(y, [x, *weights], gradient, allow_unused=True) if y.requires_grad else ()
        )
        before, *of_weights = found or [None] * (1 + len(weights))
        for number, own in layers.items():
            lengths = norms([gradient, *of_weights[: len(own)]])
            of_weights = of_weights[len(own) :]
            self._set(number, "gradient", lengths[0] / math.sqrt(len(x)))
            self._set(number, "weight_gradient", math.hypot(*lengths[1:]) / len(x))
        return torch.zeros_like(x) if before is None else before

    @contextmanager
    def _running(self, part: Part, place: int) -> Iterator[None]:
        """The gates of a part, and the chance of its dropout, the same each time; torch's own is as before after it."""
        with exact(), gated(part, self._all, self.wiring), torch.random.fork_rng():
            torch.manual_seed(self.seed * 100_003 + place)
            yield

    def _blocks(self, part: Part) -> list[Block]:
        own = (self._all[number - 1] for number in part.blocks)
        return [block for block in own if isinstance(block, Block)]

    def _weights(self, number: int) -> list[Tensor]:
        """Of a block's branch, where it is run."""
        if not self.wiring.branches_run[number - 1]:
            return []
        layers = (layer for layer in self._plan.blocks[number - 1].branch_layers)
        return [self.network.get_parameter(f"{layer.name}.weight") for layer in layers]

    def _note(self, number: int, whose: str, maps: Tensor | None) -> None:
        if maps is not None:
            variance, mean = spread(maps)
            self._set(number, f"{whose}_variance", variance)
            self._set(number, f"{whose}_mean", mean)

    def _set(self, number: int, name: str, value: float) -> None:
        self.found[name][number - 1] = math.inf if math.isnan(value) else value


@contextmanager
def _watched(blocks: Sequence[Block], seen: list[tuple[Tensor | None, Tensor | None]]) -> Iterator[None]:
    """What each of these blocks brings to its merge is added to `seen`: of its branch and its shortcut, as its gates
    weigh it.
    """

    def watching(block: Block, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
        residual, shortcut = type(block).paths(block, x)
        seen.append((weighed(residual, block.branch_strength), weighed(shortcut, block.shortcut_strength)))
        return residual, shortcut

    try:
        for block in blocks:
            block.paths = partial(watching, block)  # type: ignore[method-assign]
        yield
    finally:
        for block in blocks:
            vars(block).pop("paths", None)


def spread(maps: Tensor) -> tuple[float, float]:
    """Of (N, C, H, W), the mean over the channels of each one's variance, and of its squared mean: the average channel
    variance and the average squared channel mean of Brock, De and Smith, the second 0 where it is mere rounding.
    """
    maps = maps.cpu() if maps.is_mps else maps  # which has no doubles
    by_channel = maps.transpose(0, 1).flatten(1).double()  # (N, C, H, W) -> (C, N · H · W)
    variances, means = torch.var_mean(by_channel, dim=1, correction=0)
    variance, square = float(variances.mean()), float(means.square().mean())
    return variance, 0.0 if square < _ROUNDING * variance else square


def _kept(value: float) -> float:
    if math.isnan(value):
        return NOTHING_THERE
    return float(f"{value:.{_DIGITS - 1}e}") if value < TOO_LARGE else TOO_LARGE
