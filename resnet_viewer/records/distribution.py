"""How a block's activations are distributed: exact percentiles of all its values, and the share of zeros."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import Array, NetworkState, ProbeResult
from resnet_viewer.records.question import Request

_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
PERCENTS = (5, 25, 50, 75, 95)
"""Of the values are at most as large as each percentile."""


@dataclass(frozen=True)
class Distribution:
    """The values of one picture behind the stem or a block, all channels and places together."""

    count: int
    """Of all values."""
    percentiles: tuple[float, ...]
    """By `PERCENTS`, of the finite values; empty where there is none."""
    zeros: float
    """The share of values that are exactly zero, from 0 to 1."""
    infinite: int = 0
    """Values that are ∞ or −∞."""
    nan: int = 0
    """Values that are no number."""

    @property
    def size(self) -> float:
        """The largest magnitude of the percentiles."""
        return max(map(abs, self.percentiles), default=0.0)


def distribution_of(values: Array) -> Distribution:
    """That of an array of any shape, with linear interpolation between neighbours, as `numpy.percentile` does it.

    Example:
        >>> distribution_of(np.array([0, 0, 1, 2, 3], np.float32)).percentiles[1:4]
        (0.0, 1.0, 2.0)
    """
    ordered = np.sort(values, axis=None)  # not np.partition: for five percentiles it takes ten times as long
    lowest = int(np.searchsorted(ordered, -np.inf, side="right"))
    first, behind = (int(np.searchsorted(ordered, 0.0, side=side)) for side in _SIDES)
    infinity, end = (int(np.searchsorted(ordered, np.inf, side=side)) for side in _SIDES)
    return Distribution(
        ordered.size,
        _percentiles(ordered[lowest:infinity]),
        (behind - first) / ordered.size,
        infinite=lowest + end - infinity,
        nan=ordered.size - end,  # which stand behind everything
    )


def _percentiles(ordered: Array) -> tuple[float, ...]:
    """In float64 between two neighbours."""
    if not ordered.size:
        return ()
    found = []
    for percent in PERCENTS:
        place = percent / 100 * (ordered.size - 1)
        below, above = (
            float(value) for value in ordered[[int(place), min(int(place) + 1, ordered.size - 1)]]
        )
        found.append(below + (place - int(place)) * (above - below))
    return tuple(found)


@dataclass(frozen=True)
class MeasureActivations(Request, newest_only=True):
    """Of low priority: how activations are distributed, block by block. Answered by Distributions.

    `result` is the full reading of that state and picture, which is looked at; what was found does not keep it.
    """

    state: NetworkState
    picture: Picture
    result: ProbeResult | None = field(default=None, compare=False, repr=False)

    @staticmethod
    def of(result: ProbeResult) -> MeasureActivations:
        """The question about a full reading."""
        return MeasureActivations(result.request.state, result.picture, result)


@dataclass(frozen=True, eq=False)
class Distributions:
    """What was found of one reading, by the names of `outputs`; those that were not computed are None."""

    request: MeasureActivations
    found: Mapping[str, Distribution | None] = field(default_factory=dict)
    is_complete: bool = False

    @property
    def nbytes(self) -> int:
        """Memory that it keeps alive, in bytes; about so much."""
        return 400 * len(self.found)

    @property
    def plan(self) -> Blueprint:
        """Of the network, at its input's size."""
        return blueprint(self.request.state.network, self.request.state.preprocessing.crop)

    def of(self, name: str) -> Distribution | None:
        """Behind the stem or a block; None where it was not computed, or not yet looked at."""
        return self.found.get(name)


def measured(result: ProbeResult) -> Iterator[Distributions]:
    """What is known after each block of a full reading, the whole at last."""
    question = replace(MeasureActivations.of(result), result=None)
    found: dict[str, Distribution | None] = {}
    names = outputs(plan_of(result))
    for name in names:
        maps = result.maps(name)
        found[name] = None if maps is None else distribution_of(maps)
        yield Distributions(question, MappingProxyType(dict(found)), is_complete=len(found) == len(names))


def outputs(plan: Blueprint) -> tuple[str, ...]:
    """The names of all that is looked at: the stem and every block."""
    return ("stem", *(block.name for block in plan.blocks))
