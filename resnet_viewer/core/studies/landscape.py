"""Measures the loss where the weights of a network are moved along directions, random ones or those of a run's path.

A copy of the network is moved, never the network itself: between points there are the two directions, the copy, and
nothing of it on the disk. Two networks whose layers have the same names and shapes get the same random numbers from
one seed, each scaled by its own filters.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viewer.core.lab.run_files import kept_states, read_run
from resnet_viewer.core.meter import Tally
from resnet_viewer.core.network import Network
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.landscape import Floats, LandscapeOptions, places_in_order
from resnet_viewer.records.study import Value
from resnet_viewer.records.test_set import Integers

Direction = Mapping[str, Tensor]
"""By the names of the weights that it moves, a tensor of the shape of each."""
_STEP_NUMBERS = 1 << 20
"""Weights that are set, or added up, between two yields: some milliseconds."""
_BESIDE = 0.15
"""Of a path's extent, what the plane reaches beyond it on each side."""
_LEAST_STATES = 3
_ON_A_LINE = 1e-9
"""Of the variation along the first direction: with less along the second the states lie on a line."""


def plan(bench: Bench, options: LandscapeOptions) -> StudyPlan:
    """A point for each place, the coarsest grid first; of a run its path and the network itself before them.

    Raises:
        UserError: the folder holds no run, none of its states is this network, or they are too few.
    """
    states = states_of(Path(options.run), bench.network) if options.run else {}
    ground = _Ground(bench, options, states)
    points = []
    if states:
        points = [
            Point("path", 0.0, partial(_path, ground)),
            Point("centre", len(bench), partial(_centre, ground)),
        ]
    points += [
        Point(f"place {row}, {column}", len(bench), partial(_place, ground, row, column))
        for row, column in places_in_order(options)
    ]
    if bench.labels is None:  # the classes that the network itself gives come first
        at = next(at for at, point in enumerate(points) if point.passes)
        points[at] = points[at]._replace(passes=2 * points[at].passes)
    return StudyPlan(points)


def moved(network: nn.Module, *, has_normalisation: bool = False) -> dict[str, nn.Parameter]:
    """The weights that are moved, by their names: convolutions' and linear layers', whose filters are `weight[i]`;
    biases, and what a normalisation has learned, only where that is wished for. Running statistics are none.
    """
    found = network.named_parameters()
    return {name: parameter for name, parameter in found if parameter.ndim > 1 or has_normalisation}


def random_direction(
    weights: Mapping[str, Tensor], seed: int, number: int
) -> Generator[None, None, Direction]:
    """Normally distributed, each filter as long as that of the weights: d[i] · |θ[i]| / |d[i]|. What has no filters,
    such as a bias, counts as one. Yields after each layer.
    """
    found = {}
    for name, weight in weights.items():
        chance = random.Random(f"{seed} direction {number} {name}")
        generator = torch.Generator().manual_seed(chance.getrandbits(63))
        drawn = torch.randn(weight.shape, generator=generator)
        filters = len(drawn) if drawn.ndim > 1 else 1
        ours, theirs = (tensor.detach().cpu().reshape(filters, -1) for tensor in (drawn, weight))
        lengths, wanted = (
            torch.linalg.vector_norm(tensor, dim=1, keepdim=True, dtype=torch.float64)
            for tensor in (ours, theirs)
        )
        scale = torch.where(lengths > 0, wanted / lengths, 0.0).float()
        found[name] = (ours * scale).reshape(weight.shape).to(weight.device)
        yield
    return found


def states_of(folder: Path, network: Network) -> dict[int, Path]:
    """The kept states of a run up to the one that the network is, by how many epochs were done.

    Raises:
        UserError: the folder holds no run, none of its states is this network, or they are too few.
    """
    run = read_run(folder)
    if run.network.name != network.spec.name:
        raise UserError(
            f"The run in {folder} is of {run.network.title}, not of {network.spec.title}: open its weights first."
        )
    states = kept_states(folder)
    for epochs in sorted(states, reverse=True):
        with _opened([states[epochs]]) as (file,):
            if _is_alike(file, network):
                found = {number: path for number, path in states.items() if number <= epochs}
                break
    else:
        raise UserError(
            f"None of the {len(states)} states that the run in {folder} keeps is this network: open its "
            "weights.safetensors, or a file of its states, as weights first."
        )
    if len(found) < _LEAST_STATES:
        raise UserError(
            f"The path of a run needs {_LEAST_STATES} states at least, and in {folder} there are {len(found)} up to "
            "this network."
        )
    return found


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[list[Any]]:
    """The files of states, open together.

    Raises:
        UserError: one cannot be read, or lacks a weight that was asked for.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with ExitStack() as stack:
            yield [stack.enter_context(safe_open(path, framework="pt")) for path in paths]
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"The states in {paths[0].parent} cannot be read as those of a run of this network: choose another run."
        ) from error


def _is_alike(file: Any, network: Network) -> bool:
    names = set(file.keys())
    return all(
        name in names and torch.equal(file.get_tensor(name), parameter.detach().cpu())
        for name, parameter in network.named_parameters()
    )


class Trail(NamedTuple):
    """The path of a run: the two directions in which its states vary most, of length 1 and at right angles, the places
    of the states in the plane through the last of them, (states, 2), and which share of the variation each holds.
    """

    directions: tuple[Direction, Direction]
    places: Floats
    shares: tuple[float, float]


def trail(states: Sequence[Path], weights: Mapping[str, Tensor]) -> Generator[None, None, Trail]:
    """Principal component analysis of the states, the last one being the `weights`: all of them as rows, the mean taken
    away. Reads a part of one layer of all of them at a time, and everything twice; yields in between.

    Raises:
        UserError: they cannot be read, hold numbers that are not finite, or lie on a line.
    """
    home, products = states[0].parent, np.zeros((len(states), len(states)))
    with _opened(states) as files:
        for name, weight in weights.items():
            for _, apart in _parts(files, name, weight):
                products += apart @ apart.T
                yield
        if not np.isfinite(products).all():
            raise UserError(f"A state in {home} holds numbers that are not finite: choose another run.")
        centred = products - products.mean(0) - products.mean(1)[:, None] + products.mean()
        variances, vectors = np.linalg.eigh(centred)  # rising
        sizes = variances[[-1, -2]]
        if not sizes[1] > _ON_A_LINE * sizes[0]:
            raise UserError(f"The states in {home} lie on one line, or in one place: a path needs a plane.")
        shares = vectors[:, [-1, -2]] / np.sqrt(sizes)  # (states, 2): how much of each makes up a direction
        shares *= np.where((products @ shares)[0] > 0, -1.0, 1.0)  # it begins at the lower left
        directions: tuple[dict[str, Tensor], dict[str, Tensor]] = {}, {}
        for name, weight in weights.items():
            made = torch.empty(2, *weight.shape)
            for part, apart in _parts(files, name, weight):
                made[:, part] = torch.from_numpy(shares.T @ apart).reshape(2, -1, *weight.shape[1:])
                yield
            for direction, one in zip(directions, made, strict=True):
                direction[name] = one.to(weight.device)
    first, second = map(float, sizes / np.trace(centred))
    return Trail(directions, products @ shares, (first, second))


def _parts(files: Sequence[Any], name: str, weight: Tensor) -> Iterator[tuple[slice, Floats]]:
    """Some of the filters of a weight after the others, and how far those of each state are from these, (states,
    numbers).
    """
    found = [file.get_slice(name) for file in files]
    if any(tuple(one.get_shape()) != tuple(weight.shape) for one in found):
        raise UserError(
            f"A state of the run has another shape of {name} than this network: choose another run."
        )
    count = max(1, _STEP_NUMBERS // (len(files) * weight[0].numel()))
    for start in range(0, len(weight), count):
        part = slice(start, start + count)
        centre = weight[part].detach().cpu().double()
        yield part, torch.stack([(one[part].double() - centre).flatten() for one in found]).numpy()


class LossTally(Tally):
    """Keeps the cross-entropy of every picture, too."""

    def __init__(self, count: int, classes: int, labels: Integers | None) -> None:
        super().__init__(count, classes, labels)
        self.losses: NDArray[np.float64] = np.full(count, np.nan)

    def add(self, start: int, logits: Tensor) -> None:
        """The pictures from place `start` on: (n, classes)."""
        super().add(start, logits)
        if self.labels is not None:
            stop = start + len(logits)
            self.losses[start:stop] = cross_entropies(logits, self.labels[start:stop])


def cross_entropies(logits: Tensor, labels: Integers) -> Floats:
    """(n,): −log of the probability of its class, of each picture, in float64. Infinite where a logit of another class
    is, or its own is −∞; nan where that cannot be said, and where a picture has no class.
    """
    scores = logits.detach().cpu().double()  # MPS has no float64
    known = torch.nn.functional.pad(scores, (0, 1), value=torch.nan)
    own = known[torch.arange(len(known)), torch.from_numpy(np.array(labels))]
    found: Floats = (torch.logsumexp(scores, 1) - own).numpy()
    return found


class _Ground:
    """The plane, or the line: made when it is first stepped on, by yielding steps."""

    def __init__(self, bench: Bench, options: LandscapeOptions, states: Mapping[int, Path]) -> None:
        self._bench, self._options, self._states = bench, options, dict(states)
        self._copy: Network | None = None
        self._labels = bench.labels
        self._directions: tuple[Direction, ...] = ()
        self.trail: Trail | None = None

    @property
    def epochs(self) -> tuple[int, ...]:
        """That were done in each of the states."""
        return tuple(self._states)

    def begun(self) -> Generator[None]:
        """Have the directions."""
        if self._directions:
            return
        weights = self._moved(self._bench.network)
        if self._states:
            self.trail = yield from trail([*self._states.values()], weights)
            self._directions = self.trail.directions
            return
        count = 2 if self._options.shape == "plane" else 1
        made = []
        for number in range(1, count + 1):
            made.append((yield from random_direction(weights, self._options.seed, number)))
        self._directions = tuple(made)

    def _moved(self, network: Network) -> dict[str, nn.Parameter]:
        return moved(network, has_normalisation=self._options.has_normalisation)

    def place(self, row: int, column: int) -> tuple[float, float]:
        """Where that is, how far along each direction."""
        rows, columns = self._options.size
        low, high = (np.full(2, end * self._options.reach) for end in (-1.0, 1.0))
        if self.trail is not None:
            low, high = self.trail.places.min(0), self.trail.places.max(0)
            low, high = low - _BESIDE * (high - low), high + _BESIDE * (high - low)
        if rows == 1:
            return float(np.linspace(low[0], high[0], columns)[column]), 0.0
        return (
            float(np.linspace(low[0], high[0], columns)[column]),
            float(np.linspace(low[1], high[1], rows)[row]),
        )

    def measured(self, x: float, y: float) -> Generator[None, None, dict[str, Value]]:
        """Loss and error there."""
        bench = self._bench
        if self._labels is None:
            own = Tally(len(bench), bench.state.network.classes, None)
            yield from bench.through(bench.network, own)
            self._labels = own.predicted
        if self._copy is None:
            self._copy = copy.deepcopy(bench.network)
        yield from self._move(self._copy, (x, y))
        tally = LossTally(len(bench), bench.state.network.classes, self._labels)
        yield from bench.through(self._copy, tally)
        with np.errstate(invalid="ignore"):
            loss = float(tally.losses.mean())
        return {
            "x": x,
            "y": y,
            "loss": loss if np.isfinite(loss) else str(loss),
            "error": 100.0 * tally.wrong / len(bench),
            "not_finite": int((~np.isfinite(tally.losses)).sum()),
        }

    def _move(self, taken: Network, way: Sequence[float]) -> Generator[None]:
        """Put the copy's weights so far along each direction."""
        own, done = self._moved(taken), 0
        for name, centre in self._moved(self._bench.network).items():
            with torch.no_grad():
                own[name].copy_(centre)
                for direction, step in zip(self._directions, way, strict=False):  # a line has one
                    own[name].add_(direction[name], alpha=step)
            done += centre.numel()
            if done >= _STEP_NUMBERS:
                done = 0
                yield


def _place(ground: _Ground, row: int, column: int) -> Work:
    yield from ground.begun()
    found = yield from ground.measured(*ground.place(row, column))
    return {"kind": "place", "row": row, "column": column, **found}


def _centre(ground: _Ground) -> Work:
    yield from ground.begun()
    found = yield from ground.measured(0.0, 0.0)
    return {"kind": "centre", **found}


def _path(ground: _Ground) -> Work:
    yield from ground.begun()
    yield
    made = ground.trail
    assert made is not None, "there is a run"
    x, y = made.places.T
    return {
        "kind": "path",
        "epochs": tuple(map(float, ground.epochs)),
        "path_x": tuple(map(float, x)),
        "path_y": tuple(map(float, y)),
        "shares": tuple(map(float, made.shares)),
    }
