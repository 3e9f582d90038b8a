"""Where a value lies between the first and the last colour, from 0 to 1."""

from __future__ import annotations

import math
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
        if self.is_logarithmic:
            return shares(values, self.low, self.high, is_logarithmic=True)
        if self.is_empty:
            return np.zeros(values.shape, np.float32)
        unit = 1.0 if math.isfinite(self.high - self.low) else 0.25
        with np.errstate(invalid="ignore", over="ignore"):
            low, high = unit * self.low, unit * self.high
            return _clipped((unit * values.astype(np.float64) - low) / (high - low))

    def value(self, share: float) -> float:
        """The value whose share that is."""
        if not self.is_logarithmic:
            return self.low + share * (self.high - self.low)
        if self.is_signed:
            side = 2 * share - 1
            return float(np.sign(side)) * self._size(abs(side))
        return self._size(share)

    def _size(self, share: float) -> float:
        """So far from `first` to the end, by the logarithm; the quotient of the two may be too large a number."""
        if share in (0.0, 1.0):
            return self.high if share else self.first
        return float(10.0 ** ((1.0 - share) * math.log10(self.first) + share * math.log10(self.high)))

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


def shares(
    values: NDArray[Any], low: NDArray[Any] | float, high: NDArray[Any] | float, *, is_logarithmic: bool
) -> NDArray[np.float32]:
    """As `Span.shares`, where each of many maps (N, H, W) may have its own ends (N, 1, 1)."""
    low, high = (np.broadcast_to(np.asarray(end, np.float64), values.shape) for end in (low, high))
    is_empty = ~(low < high)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if not is_logarithmic:
            found = _clipped((values.astype(np.float64) - low) / (high - low))
        else:
            is_signed, first = low == -high, np.where(low <= 0, high * 10.0**-DECADES, low)
            sizes = np.where(is_signed, np.abs(values), values).astype(np.float64)
            sizes = np.where(sizes > 0, sizes, np.where(np.isnan(sizes), np.nan, first))
            found = _clipped((np.log(sizes) - np.log(first)) / (np.log(high) - np.log(first)))
            about = np.float32(0.5) + np.float32(0.5) * np.sign(values, dtype=np.float32) * found
            found = np.where(is_signed, about, found)
    found[is_empty] = 0
    return found


def spans_of(
    limits: Limits, maps: NDArray[Any], *, is_signed: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high (N,) of maps (N, H, W) that have each their own span, as `span_of` makes it."""
    count = len(maps)
    if limits.by_hand is not None:
        return np.full(count, limits.by_hand[0]), np.full(count, limits.by_hand[1])
    flat = maps.reshape(count, -1).astype(np.float64)
    flat = np.abs(flat) if is_signed else flat
    flat[~np.isfinite(flat)] = np.nan
    is_known = np.isfinite(flat).any(axis=1)
    high = np.zeros(count)
    if is_known.any():
        high[is_known] = np.nanpercentile(flat[is_known], limits.percentile, axis=1)
    high = np.maximum(high, 0.0)
    return (-high if is_signed else np.zeros(count)), high


def _highest(values: NDArray[Any], *, is_signed: bool) -> float:
    sizes = np.abs(values) if is_signed else values
    return float(np.max(sizes, initial=0.0, where=np.isfinite(values)))


def _clipped(shares: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.clip(shares, 0.0, 1.0).astype(np.float32)


def _written(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("-", "−", 1) if value < 0 else f"{value:.{digits}g}"
