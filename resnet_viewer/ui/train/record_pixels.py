"""Gradient records as images: layers down, time across, one colour scale for all runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from resnet_viewer.charts.curves import time_words
from resnet_viewer.charts.log_axis import norm_text
from resnet_viewer.charts.log_ticks import round_powers
from resnet_viewer.charts.gradient_record import Spread, decades_of
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui.widgets.pixels import colour_table


@dataclass(frozen=True)
class Layers:
    """The weighted layers of a network as its records list them."""

    names: tuple[str, ...]
    places: tuple[str, ...]
    """In the words of the screen: "block 2 · conv2_x 2 · conv1"."""
    shapes: tuple[tuple[int, ...], ...]
    is_joined: tuple[bool, ...]
    """False for projections and gate layers, which stand beside the curve."""


@lru_cache(maxsize=64)
def layers_of(network: NetworkSpec, count: int) -> Layers:
    """Names and shapes of the `count` layers of a record; numbers alone where the network has others."""
    plan = blueprint(network)
    layers = plan.layers
    if len(layers) != count:
        return Layers(("",) * count, ("",) * count, ((),) * count, (True,) * count)
    return Layers(
        tuple(layer.name for layer in layers),
        tuple(plan.describe(layer.name) for layer in layers),
        tuple(layer.weight_shape for layer in layers),
        tuple(layer.kind not in ("projection", "gate") for layer in layers),
    )


@lru_cache(maxsize=64)
def block_labels(network: NetworkSpec, count: int) -> tuple[str, ...]:
    """The `count` blocks of a record in words: "block 21 · conv4_x 3"."""
    blocks = blueprint(network).blocks
    if len(blocks) != count:
        return tuple(f"block {i + 1}" for i in range(count))
    return tuple(block.label for block in blocks)


def layer_label(network: NetworkSpec, index: int, count: int) -> str:
    """One of `count` layers, from 0, in words: "layer 4, block 2, conv2_x 2, conv1"."""
    place = layers_of(network, count).places[index].replace(" · ", ", ")
    return f"layer {index + 1}, {place}" if place else f"layer {index + 1}"


def told(title: str, place: str, time: float, value: str) -> str:
    """For the status line: "Plain-56 · layer 4, block 2, conv2_x 2, conv1 · epoch 4.3 · 0.02104"."""
    return " · ".join((title, place, time_words(time), value))


def share_text(share: float) -> str:
    """A share of dead channels to read: "12.5 % of the channels dead"."""
    return f"{100 * share:.1f} % of the channels dead" if share == share else norm_text(share)


Floats = NDArray[np.float64]
Quantity = Literal["norms", "updates", "dead"]
CHOICES: dict[Quantity, str] = {
    "norms": "norms",
    "updates": "update ratios",
    "dead": "dead channels",
}
FORMULAS: dict[Quantity, str] = {
    "norms": "‖∂L/∂W‖₂ of every layer",
    "updates": "‖Δw‖₂/‖w‖₂ of every layer",
    "dead": "share of dead channels of every block",
}
COLOURS = "viridis"


def values_of(log: RunLog, quantity: Quantity) -> Floats:
    """(records, layers or blocks), a view."""
    match quantity:
        case "norms":
            return log.norms
        case "updates":
            return log.updates
        case "dead":
            return log.dead


class Spreads:
    """Those of all runs of a scene, by their keys; a run that began again is counted again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RunLog, Quantity, Spread]] = {}

    def take(self, logs: Sequence[RunLog], quantity: Quantity) -> list[Spread]:
        """Count the new records of these runs, and forget all others."""
        kept: dict[str, tuple[RunLog, Quantity, Spread]] = {}
        for log in logs:
            values = values_of(log, quantity)
            known, counted, spread = self._known.get(log.key, (log, quantity, Spread()))
            if known is not log or counted != quantity or len(values) < spread.records:
                spread = Spread()
            if len(values) > spread.records:
                spread.grow(values)
            kept[log.key] = (log, quantity, spread)
        self._known = kept
        return [spread for _, _, spread in kept.values()]


@dataclass(frozen=True)
class ColourScale:
    """What the first and the last colour stand for: exponents of ten where `is_log`."""

    low: float
    high: float
    is_log: bool = True
    is_clipped: bool = False
    """Values beyond either end take its colour."""
    has_zero: bool = False
    has_odd: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """Both ends in words."""
        if not self.is_log:
            return f"{100 * self.low:.0f} %", f"{100 * self.high:.0f} %"
        return power_text(self.low), power_text(self.high)

    def ticks(self, most: int) -> list[float]:
        """Where round numbers lie, from 0 to 1: at most so many, none at the ends."""
        if not self.is_log:
            return [0.25, 0.5, 0.75]
        places = [n + math.log10(m) for m, n in round_powers(self.low, self.high, most)]
        shares = [(place - self.low) / (self.high - self.low) for place in places]
        return [share for share in shares if 1e-6 < share < 1 - 1e-6]

    def shares(self, values: Floats) -> Floats:
        """How far along the colours each value lies; nan for zeros of a logarithm and what is not finite."""
        if not self.is_log:
            return np.where(np.isfinite(values), (values - self.low) / (self.high - self.low), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(values)
        found: Floats = np.where(np.isfinite(logs), (logs - self.low) / (self.high - self.low), np.nan)
        return found


def power_text(exponent: float) -> str:
    """A whole power of ten, or twice or five times one.

    Example:
        >>> power_text(-3.0), power_text(0.6989700043360189)
        ('1e-3', '5e0')
    """
    whole = int(np.floor(exponent + 1e-6))
    return f"{10 ** (exponent - whole):.0f}e{whole}"


def scale_for(spreads: Sequence[Spread], quantity: Quantity) -> ColourScale:
    """One scale for all runs, the figure's: shares from 0 to 100 %, all else by the logarithm in whole decades."""
    has_odd = any(spread.has_odd for spread in spreads)
    if quantity == "dead":
        return ColourScale(0.0, 1.0, is_log=False, has_odd=has_odd)
    has_zero = any(spread.has_zero for spread in spreads)
    found = decades_of(spreads)
    if found is None:
        return ColourScale(-3.0, 0.0, has_zero=has_zero, has_odd=has_odd)
    is_clipped = found.is_clipped_below or found.is_clipped_above
    return ColourScale(found.low, found.high, is_clipped=is_clipped, has_zero=has_zero, has_odd=has_odd)


def shown_records(times: Floats, columns: int, span: tuple[float, float], end: float) -> NDArray[np.int64]:
    """Which record each column of a picture shows, −1 for none: the newest at the column's middle.

    The first one holds from the beginning, and none past `end`, where the run has come to.
    """
    left, right = span
    middles = left + (np.arange(columns) + 0.5) * ((right - left) / max(columns, 1))
    if not len(times):
        return np.full(columns, -1)
    index = np.maximum(np.searchsorted(times, middles, side="right") - 1, 0)
    index[middles > painted_until(times, end)] = -1
    return index


def painted_until(times: Floats, end: float) -> float:
    """How long the last record holds: as long as the one before it, and not past `end`."""
    lasts = float(times[-1] - times[-2]) if len(times) > 1 else math.inf
    return min(float(times[-1]) + lasts, end)


def image_of_records(
    values: Floats, records: NDArray[np.int64], scale: ColourScale, zero: str, odd: str
) -> QImage | None:
    """(records, layers) as an image with the first layer at the top, one column for each of `records`.

    Zeros of a logarithm take the colour `zero`, what is not finite `odd`; columns of record −1 are clear. None where
    there is nothing to see.
    """
    if not values.shape[1] or not np.any(records >= 0):
        return None
    used, place = np.unique(records[records >= 0], return_inverse=True)
    seen = values[used]  # (records, layers)
    shares = scale.shares(seen)
    is_missing = np.isnan(shares)
    levels = np.clip(np.where(is_missing, 0.0, shares) * 255.999, 0.0, 255.0).astype(np.uint8)
    colours = colour_table(COLOURS)[levels]
    if is_missing.any():
        is_zero = is_missing & (seen == 0.0)
        colours[is_missing] = QColor(odd).rgba()
        colours[is_zero] = QColor(zero).rgba()
    pixels = np.zeros((values.shape[1], len(records)), np.uint32)
    pixels[:, records >= 0] = colours.T[:, place.ravel()]
    image = QImage(pixels.shape[1], pixels.shape[0], QImage.Format.Format_ARGB32)
    np.frombuffer(image.bits(), np.uint32).reshape(pixels.shape)[:] = pixels
    return image
