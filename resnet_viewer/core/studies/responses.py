"""Measures how far the outputs of all layers spread, in one pass over the pictures that all points share."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size
from resnet_viewer.core.network import found, wired
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.studies.responses import Place, ResponsesOptions, is_run, places

_Moments = tuple[int, float, float]
"""Of the values seen so far: their number, their mean, and the sum of squared differences from it."""


def plan(bench: Bench, options: ResponsesOptions) -> StudyPlan:
    """A point for each layer. The first one that is measured costs a pass over all pictures, the others nothing."""
    listened = [place for place in places(bench.plan, options) if is_run(place, bench.state)]
    pictures = min(options.pictures, len(bench.pictures))
    spread = _Spread(bench, listened, pictures)
    return StudyPlan(
        tuple(
            Point(place.layer.name, pictures / len(listened), partial(_measured, bench, spread, place))
            for place in listened
        )
    )


class _Spread:
    """The moments of every layer's responses, computed when they are first asked for."""

    def __init__(self, bench: Bench, listened: Sequence[Place], pictures: int) -> None:
        self._bench, self.pictures = bench, pictures
        network = bench.network
        self._modules = {place.module: found(network, place.module, network.spec) for place in listened}
        self._moments: dict[str, _Moments] = {}

    def all(self) -> Generator[None, None, dict[str, _Moments]]:
        """By the names of the modules; yields after every batch."""
        if self._moments:
            return self._moments
        size, moments = batch_size(self._bench.state, self._bench.device), dict[str, _Moments]()
        for start in range(0, self.pictures, size):
            stop = min(start + size, self.pictures)
            for name, seen in self._seen(start, stop).items():
                moments[name] = together(moments.get(name, (0, 0.0, 0.0)), seen)
            self._bench.count(stop - start)
            yield
        self._moments = moments
        return moments

    def _seen(self, start: int, stop: int) -> dict[str, _Moments]:
        bench, moments = self._bench, dict[str, _Moments]()
        with (
            torch.no_grad(),
            exact(),
            wired(bench.network, bench.state.wiring),
            _listening(self._modules, moments),
        ):
            bench.network(bench.inputs(start, stop))
        return moments


@contextmanager
def _listening(modules: dict[str, nn.Module], moments: dict[str, _Moments]) -> Iterator[None]:
    with ExitStack() as undo:
        for name, module in modules.items():

            def hook(module: nn.Module, given: object, output: Tensor, name: str = name) -> None:
                moments[name] = moments_of(output)

            undo.callback(module.register_forward_hook(hook).remove)
        yield


def moments_of(values: Tensor) -> _Moments:
    """In float64."""
    flat = values.detach().cpu().double().flatten()  # MPS has no float64
    variance, mean = torch.var_mean(flat, correction=0)
    return flat.numel(), float(mean), float(variance) * flat.numel()


def together(one: _Moments, other: _Moments) -> _Moments:
    """The moments of both sets of values (Chan, Golub and LeVeque 1983)."""
    count = one[0] + other[0]
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / count
    return count, mean, one[2] + other[2] + apart * apart * one[0] * other[0] / count


def _measured(bench: Bench, spread: _Spread, place: Place) -> Work:
    moments = yield from spread.all()
    count, mean, squares = moments[place.module]
    deviation = math.sqrt(squares / count) if math.isfinite(squares) else math.nan
    block = place.block
    return {
        "layer": place.layer.name,
        "block": None if block is None else block.number,
        "described": bench.plan.describe(place.layer.name),
        "deviation": deviation if math.isfinite(deviation) else None,
        "mean": mean if math.isfinite(mean) else None,
        "is_added": place.is_last and bench.state.network.has_shortcuts,
        "pictures": spread.pictures,
    }
