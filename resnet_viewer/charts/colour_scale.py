"""What colours stand for: what is written beside a strip of them, and which of them a value takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.palette import lookup

Key = Literal["zero", "not finite"]
"""What has no place on a scale, and a colour of its own."""


@dataclass(frozen=True)
class ColourScale:
    """A table of colours as it is shown beside a picture, upright or lying."""

    colours: str
    """The table's name in cmap's catalogue."""
    ends: tuple[str, str]
    """What the first and the last colour stand for, in words; empty for what is not known."""
    ticks: tuple[tuple[float, str], ...]
    """Places from 0 (first colour) to 1 (last) with their words, for where there is room."""
    meaning: str = ""
    """What the ends leave open, in words."""
    keys: tuple[Key, ...] = ()

    @property
    def words(self) -> str:
        """All of it in one line."""
        low, high = self.ends
        return "; ".join(filter(None, (f"{self.colours} from {low} to {high}" if high else "", self.meaning)))


def scale_to(limit: float | None, colours: str, *, is_signed: bool = False, meaning: str = "") -> ColourScale:
    """From zero to the value `limit`, where values have both signs from -`limit`; None says that each picture has its
    own largest value, and zero that there is none.
    """
    if limit == 0:
        return ColourScale(colours, ("0", ""), ((0.5 if is_signed else 0.0, "0"),), meaning)
    high = "own max." if limit is None else f"{limit:.4g}"
    low = f"−{high}" if is_signed else "0"
    middle = ((0.5, "0"),) if is_signed else ()
    return ColourScale(colours, (low, high), ((0.0, low), *middle, (1.0, high)), meaning)


@dataclass(frozen=True, eq=False)
class Coloured:
    """Maps of one size as places in a table of 256 colours, so that every drawer gives a value the same colour."""

    places: NDArray[np.uint8]
    """(N, H, W)"""
    is_missing: NDArray[np.bool_] | None
    """(N, H, W): not finite, and without a colour; None where every value has one."""
    colours: str

    def rgb(self, *, missing: int = 255) -> NDArray[np.uint8]:
        """(N, H, W, 3) bytes; `missing` is the grey of what has no colour."""
        pixels = lookup(self.colours)[self.places]
        if self.is_missing is not None:
            pixels[self.is_missing] = missing
        return pixels


def coloured(
    maps: NDArray[Any], colours: str, low: NDArray[Any] | float, high: NDArray[Any] | float
) -> Coloured:
    """Colour (N, H, W) maps, each between its own limits or all between the same.

    `low` takes the first colour, `high` the last, and what lies outside is clipped; equal limits (a map of one value)
    take the first.
    """
    count = (len(maps),)
    low, high = (np.broadcast_to(np.asarray(limit, maps.dtype), count) for limit in (low, high))
    is_missing = None
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = _scaled(maps, low, high)
        if not np.isfinite(scaled.sum()):
            is_missing = ~np.isfinite(maps)
            # 1e38 + 3e38 is too much for float32
            scaled = _scaled(np.where(is_missing, 0.0, maps).astype(np.float64), low, high)
    np.clip(scaled, 0.0, 255.0, out=scaled)
    return Coloured(scaled.astype(np.uint8), is_missing, colours)


def _scaled(maps: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    """From 0 at `low` to 255.999 at `high`, in the type of `maps`; 0 where the two are one."""
    span = high.astype(maps.dtype) - low
    gain = np.divide(255.999, span, out=np.zeros_like(span), where=span > 0)
    scaled: NDArray[Any] = np.subtract(maps, low[:, None, None], dtype=maps.dtype)
    scaled *= gain[:, None, None]
    return scaled
