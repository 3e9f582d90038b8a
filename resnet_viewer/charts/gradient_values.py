"""The numbers of the gradient plot and its table: now beside the reference, layer by layer or block by
block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from resnet_viewer.records.comparing import have_same_plan, plan_of
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity

ValueKind = Literal["positive", "zero", "not finite", "missing"]


class IncompleteReadingError(UserError):
    """A figure was asked of a reading that holds the logits alone."""


@dataclass(frozen=True)
class Row:
    """One layer's or block's values. `reference` is None where the reference has no such layer."""

    name: str
    kind: str
    shape: tuple[int, ...]
    now: float
    reference: float | None


def require_complete(result: ProbeResult) -> None:
    """Refuse a reading that holds the logits alone.

    Raises:
        IncompleteReadingError: it does.
    """
    if not result.is_complete:
        raise IncompleteReadingError("The full reading is not there yet; wait for it, then export again.")


def kind_of_value(value: float | None) -> ValueKind:
    """How a norm is drawn. A negative number is no norm, and counts as not finite."""
    if value is None:
        return "missing"
    if not math.isfinite(value) or value < 0:
        return "not finite"
    return "zero" if value == 0 else "positive"


def other_rows(
    now: ProbeResult, reference: ProbeResult | None, quantity: GradientQuantity
) -> tuple[Row, ...]:
    """The reference's own rows, their values as `reference` and `now`, where it is a network of other layers."""
    if reference is None or not reference.is_complete or have_same_plan(plan_of(now), plan_of(reference)):
        return ()
    return tuple(replace(row, reference=row.now) for row in rows(reference, None, quantity))


def rows(now: ProbeResult, reference: ProbeResult | None, quantity: GradientQuantity) -> tuple[Row, ...]:
    """Every weighted layer in the order of the forward pass; for "output" every block.

    The reference's value is there where its network has the same layers; else `other_rows` has them.

    Raises:
        IncompleteReadingError: `now` holds the logits alone; an incomplete reference counts as none.
    """
    require_complete(now)
    if reference is not None and not have_same_plan(plan_of(now), plan_of(reference)):
        reference = None
    if quantity == "output":
        norms = {} if reference is None else {block.number: block.gradient_norm for block in reference.blocks}
        return tuple(
            Row(
                block.name, "block", _map_shape(now, block.name), block.gradient_norm, norms.get(block.number)
            )
            for block in now.blocks
        )
    theirs = {} if reference is None else {(layer.name, layer.shape): layer for layer in reference.layers}
    found: list[Row] = []
    for layer in now.layers:
        other = theirs.get((layer.name, layer.shape))
        if quantity == "weight":
            pair = layer.gradient_norm, None if other is None else other.gradient_norm
        else:
            pair = layer.relative_norm, None if other is None else other.relative_norm
        found.append(Row(layer.name, layer.kind, layer.shape, *pair))
    return tuple(found)


def table(
    now: ProbeResult, reference: ProbeResult | None, *, quantity: GradientQuantity = "weight"
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`; numbers are written so that `float` reads them back exactly.

    The shape is the weight's ("16x3x3x3"), for a block its output's (channels x height x width). A reference of
    other layers has rows of its own after now's: `reference` is empty in these, `now` in those.
    """
    header = ("block" if quantity == "output" else "layer", "kind", "shape", "now", "reference")
    lines: list[tuple[str, ...]] = [
        (
            row.name,
            row.kind,
            "x".join(map(str, row.shape)),
            repr(float(row.now)),
            "" if row.reference is None else repr(float(row.reference)),
        )
        for row in rows(now, reference, quantity)
    ]
    lines += [
        (row.name, row.kind, "x".join(map(str, row.shape)), "", repr(float(row.now)))
        for row in other_rows(now, reference, quantity)
    ]
    return header, lines


def _map_shape(result: ProbeResult, name: str) -> tuple[int, ...]:
    maps = result.maps(name)
    return () if maps is None else tuple(maps.shape)
