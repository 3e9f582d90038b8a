"""Gradient records as pictures: numbers in, colours out, for the printed figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.log_ticks import round_powers
from resnet_viewer.charts.gradient_record import Spread, decades_of
from resnet_viewer.figures.gradient_axis import power_of_ten
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import RunReport

RecordQuantity = Literal["norms", "updates", "dead"]
Numbers = NDArray[np.float64]
ZERO, NOT_FINITE, NOTHING = "#8fe3ff", "#ff2fd6", "#ffffff"
"""Colours that no map has: of a zero, of what is not finite, and of steps without a record."""


@dataclass(frozen=True)
class Scale:
    """What the first and the last colour stand for: decades, or plain numbers. Beyond them colours stay the same."""

    low: float
    high: float
    is_decades: bool
    is_clipped_below: bool = False
    is_clipped_above: bool = False

    def ticks(self, room: float) -> list[tuple[float, str]]:
        """Places from 0 to 1 with their labels, as many as `room` inches hold."""
        if not self.is_decades:
            return [(share, f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
        found = round_powers(self.low, self.high, max(2, int(room / 0.16)))
        return [
            (
                (n + math.log10(m) - self.low) / (self.high - self.low),
                power_of_ten(n) if m == 1 else f"{m}·{power_of_ten(n)}",
            )
            for m, n in found
        ]

    def place(self, values: Numbers) -> Numbers:
        """From 0 (first colour) to 1 (last); what has no place on the scale is anything."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log10(values) if self.is_decades else values
        share = (scaled - self.low) / (self.high - self.low)
        return np.asarray(np.clip(np.nan_to_num(share, nan=0.0), 0.0, 1.0))


def record_of(run: RunReport, quantity: RecordQuantity) -> Numbers:
    """The quantity as (layers or blocks, records)."""
    return np.array([getattr(record, quantity) for record in run.gradients], dtype=np.float64).T


def scale_of(records: Sequence[Numbers], quantity: RecordQuantity) -> Scale:
    """One scale for all records, the screen's; shares go from 0 to 1."""
    if quantity == "dead":
        return Scale(0.0, 1.0, is_decades=False)
    spreads = [Spread() for _ in records]
    for spread, record in zip(spreads, records, strict=True):
        spread.grow(record)
    found = decades_of(spreads)
    if found is None:
        return Scale(-1.0, 1.0, is_decades=True)
    clipped = {"is_clipped_below": found.is_clipped_below, "is_clipped_above": found.is_clipped_above}
    return Scale(found.low, found.high, is_decades=True, **clipped)


def kinds_in(records: Sequence[Numbers], scale: Scale) -> tuple[bool, bool]:
    """Whether some value is a zero without a place on the scale, and whether some is not finite."""
    zero = scale.is_decades and any(bool((record == 0).any()) for record in records)
    return zero, any(not bool(np.isfinite(record).all()) for record in records)


def pixels(
    record: Numbers, steps: Sequence[int], every: int, scale: Scale, colours: str
) -> NDArray[np.uint8]:
    """The picture (layers, columns, 3): a column every `every` steps from the first record on, white without one."""
    table = palette.lookup(colours)
    drawn = table[np.rint(scale.place(record) * 255).astype(np.uint8)].copy()
    if scale.is_decades:
        drawn[record == 0] = _rgb(ZERO)
    drawn[~np.isfinite(record) | (record < 0)] = _rgb(NOT_FINITE)
    columns = (np.asarray(steps) - steps[0]) // max(every, 1)
    whole = np.empty((len(record), int(columns[-1]) + 1, 3), dtype=np.uint8)
    whole[:] = _rgb(NOTHING)
    whole[:, columns] = drawn
    return whole


@dataclass(frozen=True)
class Stage:
    """A run of rows of the picture, `first` to `last` from 0."""

    label: str
    first: int
    last: int


def stages_of(run: RunReport, quantity: RecordQuantity) -> list[Stage]:
    """The stages as rows of layers, or of blocks where those are counted; "stem" and "head" around them."""
    plan = blueprint(run.spec.network)
    if quantity == "dead":
        labels = [f"conv{block.stage}_x" for block in plan.blocks]
    else:
        labels = []
        for layer in plan.layers:
            block = plan.block_of(layer.name)
            labels.append(
                f"conv{block.stage}_x" if block else "head" if labels and labels[-1] != "stem" else "stem"
            )
    found: list[Stage] = []
    for row, label in enumerate(labels):
        if found and found[-1].label == label:
            found[-1] = Stage(label, found[-1].first, row)
        else:
            found.append(Stage(label, row, row))
    return found


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
