"""What was seen in this session: a few numbers of every full reading and of every complete set reading.

Sentences compare with it what is on the screen now: a branch that was dropped earlier, another picture in this state.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from resnet_viewer.records.predictions import has_highest_class
from resnet_viewer.records.probe import GradientOf, NetworkState, ProbeResult
from resnet_viewer.records.target import Target
from resnet_viewer.records.test_set import MeasureSet, SetReading

MOST_SEEN = 300
"""So many readings, and so many set readings, are remembered; the newest are."""
_CLASSES = 5
"""Of the highest so many are remembered."""


class _Keyed(Protocol):
    @property
    def key(self) -> Hashable: ...


Thing = TypeVar("Thing", bound=_Keyed)


@dataclass(frozen=True)
class SeenReading:
    """A full reading's numbers. Norms as in the reading, probabilities from 0 to 1."""

    state: NetworkState
    pictures: tuple[str, ...]
    """Their digests: of one, or of a batch."""
    picture_name: str
    """Of the first."""
    target: Target
    gradient_of: GradientOf
    first_norm: float
    """The gradient norm of the first layer's weight."""
    top: tuple[tuple[int, float], ...]
    """The highest classes with their probabilities, the highest first; empty where none is the highest."""
    target_probability: float | None
    """Of the target, where that is a class and probabilities are numbers."""

    @property
    def key(self) -> Hashable:
        """What was asked; a newer answer to it takes its place."""
        return self.state, self.pictures, self.target, self.gradient_of


@dataclass(frozen=True)
class SeenSet:
    """A complete set reading's numbers, as the error meter shows them. In percent."""

    request: MeasureSet
    count: int
    has_labels: bool
    error: float
    interval: tuple[float, float]

    @property
    def key(self) -> Hashable:
        """What was asked."""
        return self.request


@dataclass(frozen=True)
class Seen:
    """The memory of a session, bounded; the newest last."""

    readings: tuple[SeenReading, ...] = ()
    sets: tuple[SeenSet, ...] = ()

    def with_reading(self, result: ProbeResult) -> Seen:
        """The same with a full reading's numbers; the first picture of a batch counts."""
        batch, is_known = result.request.batch, has_highest_class(result)
        probabilities = result.probabilities[0] if is_known else np.zeros(0, np.float32)
        highest = np.argsort(-probabilities, kind="stable")[:_CLASSES]
        target = result.target
        found = SeenReading(
            result.request.state,
            tuple(picture.digest for picture in batch),
            batch[0].name,
            target,
            result.request.gradient_of,
            result.layers[0].gradient_norm,
            tuple((int(index), float(probabilities[index])) for index in highest),
            float(probabilities[target]) if is_known and isinstance(target, int) else None,
        )
        return replace(self, readings=_with(self.readings, found))

    def with_set(self, reading: SetReading) -> Seen:
        """The same with the numbers of a complete set reading; unchanged where it has no error."""
        error, interval = reading.now.error, reading.now.interval
        if error is None or interval is None:
            return self
        found = SeenSet(reading.request, reading.now.compared, reading.has_labels, error, interval)
        return replace(self, sets=_with(self.sets, found))


def _with(known: tuple[Thing, ...], found: Thing) -> tuple[Thing, ...]:
    others = tuple(one for one in known if one.key != found.key)
    return (*others, found)[-MOST_SEEN:]
