"""What the colours of gradient records stand for: one scale from all records of the runs, on screen and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_LOWEST, _BIN = -324.0, 0.05
_BINS = 12_700
"""Bins of log10, from the smallest to the largest number there is."""
_TAIL, _FAR = 0.005, 1.0
"""The share of values at either end that may take the end colours where they lie more than so many decades beyond all
others: one odd record does not set the scale.
"""


class Spread:
    """How the values of one run's records are spread; grows with the records."""

    def __init__(self) -> None:
        self.records = 0
        self._counts = np.zeros(_BINS, np.int64)
        self.range = (math.inf, -math.inf)
        """log10 of the smallest and the largest positive value."""
        self.has_zero = self.has_infinite = self.has_nan = False

    @property
    def has_odd(self) -> bool:
        """Something is infinite, or no norm at all."""
        return self.has_infinite or self.has_nan

    @property
    def counts(self) -> NDArray[np.int64]:
        """Positive values by log10."""
        return self._counts

    def grow(self, values: Floats) -> None:
        """Take in the records from number `records` on."""
        new = values[self.records :]
        self.records = len(values)
        is_positive = np.isfinite(new) & (new > 0.0)
        if not is_positive.all():
            self.has_zero = self.has_zero or bool(np.any(new == 0.0))
            self.has_infinite = self.has_infinite or bool(np.any(np.isposinf(new)))
            self.has_nan = self.has_nan or bool(np.any(np.isnan(new) | (new < 0.0)))
        logs = np.log10(new[is_positive])
        self._counts += np.bincount(((logs - _LOWEST) / _BIN).astype(np.int64), minlength=_BINS)
        if len(logs):
            self.range = (min(self.range[0], float(logs.min())), max(self.range[1], float(logs.max())))


@dataclass(frozen=True)
class Decades:
    """Exponents of ten, whole ones, and whether there are values beyond them."""

    low: float
    high: float
    is_clipped_below: bool
    is_clipped_above: bool


def decades_of(spreads: Sequence[Spread]) -> Decades | None:
    """Every decade that there is, but for the outermost half percent at either end where that shortens it by more
    than a decade; None where no value is positive.
    """
    counts = np.sum([spread.counts for spread in spreads], axis=0) if spreads else np.zeros(_BINS, np.int64)
    total = int(counts.sum())
    if not total:
        return None
    cumulated = counts.cumsum()
    first = int(np.searchsorted(cumulated, _TAIL * total, side="right"))
    last = int(np.searchsorted(cumulated, (1 - _TAIL) * total))
    least, most = min(spread.range[0] for spread in spreads), max(spread.range[1] for spread in spreads)
    inner = max(_LOWEST + _BIN * first, least), min(_LOWEST + _BIN * (last + 1), most)
    low = float(math.floor((inner[0] if inner[0] - least > _FAR else least) + 1e-9))
    high = max(float(math.ceil((inner[1] if most - inner[1] > _FAR else most) - 1e-9)), low + 1.0)
    return Decades(low, high, least < low - 1e-9, most > high + 1e-9)
