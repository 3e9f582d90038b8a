"""Where a value lies between the first and the last colour, from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.palette import ColourScale
from resnet_viewer.records.limits import Limits

DECADES = 4
"""A logarithmic scale that begins at zero begins so many powers of ten below its end."""


@dataclass(frozen=True)
class Span:
    """The values of the first and of the last colour; equal ones say that there is nothing to colour."""

    low: float
    high: float
    is_logarithmic: bool = False

    @property
    def is_empty(self) -> bool:
        """No value has a colour of its own."""
        return not self.low < self.high

    @property
    def is_signed(self) -> bool:
        """Zero lies in its middle."""
        return self.low == -self.high

    @property
    def first(self) -> float:
        """The value of the first colour, above zero on a logarithmic scale; of a signed one the least size that is
        told from zero.
        """
        is_without_sign = self.is_logarithmic and self.low <= 0
        return self.high * 10.0**-DECADES if is_without_sign else self.low

    def shares(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """0 for the first colour, or less, to 1 for the last, or more; NaN stays NaN, and is 0 on an empty span.

        Of a signed logarithmic span what is smaller than `first` is 0.5.
        """
        if self.is_empty:
            return np.zeros(values.shape, np.float32)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if not self.is_logarithmic:
                return _clipped((values.astype(np.float64) - self.low) / (self.high - self.low))
            sizes = np.abs(values).astype(np.float64) if self.is_signed else values.astype(np.float64)
            sizes = np.where(sizes > 0, sizes, np.where(np.isnan(sizes), np.nan, self.first))
            found = _clipped(np.log(sizes / self.first) / np.log(self.high / self.first))
        return np.float32(0.5) + np.float32(0.5) * np.sign(values) * found if self.is_signed else found

    def value(self, share: float) -> float:
        """The value whose share that is."""
        if not self.is_logarithmic:
            return self.low + share * (self.high - self.low)
        if not self.is_signed:
            return float(self.first * (self.high / self.first) ** share)
        side = 2 * share - 1
        return float(np.sign(side) * self.first * (self.high / self.first) ** abs(side))

    def scale(self, colours: str, *, meaning: str = "", digits: int = 4) -> ColourScale:
        """As it is shown beside a picture."""
        said = "; ".join(filter(None, (meaning, "logarithmic" if self.is_logarithmic else "")))
        if self.is_empty:
            return ColourScale(colours, ("0", ""), ((0.5 if self.low < 0 else 0.0, "0"),), said)
        middle = ((0.5, "0"),) if self.is_signed else ()
        ends = tuple(_written(self.value(share), digits) for share in (0.0, 1.0))
        return ColourScale(colours, (ends[0], ends[1]), ((0.0, ends[0]), *middle, (1.0, ends[1])), said)


def span_of(limits: Limits, maps: Iterable[NDArray[Any]], *, is_signed: bool = False) -> Span:
    """The one span of all these maps; what is not finite counts for nothing.

    Without limits by hand it begins at zero, of maps with both signs (`is_signed`) it is symmetric about zero.

    Example:
        >>> span_of(Limits(), [np.array([0.0, 3.0]), np.array([5.0])])
        Span(low=0.0, high=5.0, is_logarithmic=False)
    """
    if limits.by_hand is not None:
        return Span(*limits.by_hand, is_logarithmic=limits.is_logarithmic)
    if limits.percentile == 100:
        high = max((_highest(values, is_signed=is_signed) for values in maps), default=0.0)
    else:
        every = np.concatenate([np.zeros(0), *(values.ravel() for values in maps)])
        every = np.abs(every[np.isfinite(every)]) if is_signed else every[np.isfinite(every)]
        high = max(float(np.percentile(every, limits.percentile)), 0.0) if every.size else 0.0
    return Span(-high if is_signed else 0.0, high, limits.is_logarithmic)


def _highest(values: NDArray[Any], *, is_signed: bool) -> float:
    sizes = np.abs(values) if is_signed else values
    return float(np.max(sizes, initial=0.0, where=np.isfinite(values)))


def _clipped(shares: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.clip(shares, 0.0, 1.0).astype(np.float32)


def _written(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("-", "−", 1) if value < 0 else f"{value:.{digits}g}"
