"""The gradient norms along the wiring strip, now beside the reference: what is shown, where, and under what names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from resnet_viewer.charts.chart import Axis, Chart, Curve, Dots, Room, Stroke, Tick, lonely
from resnet_viewer.charts.log_axis import Scale, Series, heights, log_axis
from resnet_viewer.charts.wiring_layout import StripLayout, lay_out
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import have_same_plan, plan_of
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.target import BlockTarget

TITLES: dict[GradientQuantity, str] = {
    "weight": "Gradient norm per layer",
    "relative": "Relative gradient norm per layer",
    "output": "Gradient norm per block",
}
_FORMULAS: dict[GradientQuantity, str] = {
    "weight": "‖∂{of}/∂W‖₂",
    "relative": "‖∂{of}/∂W‖₂ / ‖W‖₂",
    "output": "‖∂{of}/∂y‖₂",
}
Role = Literal["reference", "now"]
ROLES: tuple[Role, Role] = ("reference", "now")
WIDTHS: dict[Role, float] = {"now": 2.0, "reference": 1.4}
_LAYER_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_BETWEEN_NUMBERS = 22.0


class IncompleteReadingError(UserError):
    """A figure was asked of a reading that holds the logits alone."""


def require_complete(result: ProbeResult) -> None:
    """Refuse a reading that holds the logits alone.

    Raises:
        IncompleteReadingError: it does.
    """
    if not result.is_complete:
        raise IncompleteReadingError("The full reading is not there yet; wait for it, then export again.")


class Norm(NamedTuple):
    """One layer's or block's value, with the shape of its weight or output."""

    name: str
    kind: str
    shape: tuple[int, ...]
    value: float


def norms(result: ProbeResult, quantity: GradientQuantity) -> list[Norm]:
    """Every weighted layer in the order of the forward pass; for "output" every block."""
    if quantity == "output":
        plan = plan_of(result)
        return [
            Norm(block.name, "block", plan.shape_of(block.name), block.gradient_norm)
            for block in result.blocks
        ]
    return [
        Norm(
            layer.name,
            layer.kind,
            layer.shape,
            layer.relative_norm if quantity == "relative" else layer.gradient_norm,
        )
        for layer in result.layers
    ]


def series(result: ProbeResult, layout: StripLayout, quantity: GradientQuantity) -> Series:
    """The curve of a complete reading: weighted layers at their boxes, or blocks at their outputs.

    The reading of a network with other layers is laid over the whole strip: its depth is relative.
    """
    plan, found = plan_of(result), norms(result, quantity)
    names = tuple(norm.name for norm in found)
    if have_same_plan(layout.blueprint, plan):
        x = np.array([layout.x_by_name[name] for name in names], dtype=np.float64)
    else:
        own = lay_out(plan)
        share = (np.array([own.x_by_name[name] for name in names]) - own.start) / (own.end - own.start)
        x = layout.start + share * (layout.end - layout.start)
        names = tuple(f"{plan.spec.title}, {plan.describe(name)}" for name in names)
    return Series(
        names,
        tuple(norm.shape for norm in found),
        x,
        np.array([norm.value for norm in found], dtype=np.float64),
        np.array([norm.kind not in ("projection", "gate") for norm in found], dtype=bool),
        tuple(norm.kind for norm in found),
    )


@dataclass(frozen=True, eq=False)
class GradientCurves:
    """Now's values and the reference's over the strip, and what is written beside each."""

    now: Series | None
    reference: Series | None
    now_name: str
    reference_name: str


def gradient_curves(
    now: ProbeResult | None, reference: ProbeResult | None, quantity: GradientQuantity, layout: StripLayout
) -> GradientCurves:
    """The curves of two readings; None, or one that holds the logits alone, has none."""
    ours, theirs = (
        series(result, layout, quantity) if result is not None and result.is_complete else None
        for result in (now, reference)
    )
    return GradientCurves(ours, theirs, *curve_names(now, reference))


def gradient_chart(
    curves: Mapping[Role, Series | None],
    scale: Scale,
    span: tuple[float, float],
    layers: int,
    room: Room,
    message: str = "",
) -> Chart:
    """The curves in the range `span` of the strip's x, now on top; `layers` is the highest number on the x axis.

    Of now every layer has its mark; of the reference what no line reaches.
    """
    lines, dots = [], []
    for role in ROLES:
        if (points := curves[role]) is None:
            continue
        y, is_log, joined = heights(points, scale), ~np.isnan(points.logs), points.is_joined
        stroke = Stroke("changed" if role == "now" else "reference", is_dashed=role == "reference")
        on_line = np.where(is_log, y, np.nan)
        lines.append(Curve(role, points.x[joined], on_line[joined], stroke, WIDTHS[role]))
        shapes = [points.shape(index) for index in range(len(y))]
        is_bare = np.zeros(len(y), dtype=bool)
        if role == "reference":
            is_bare[joined] = ~lonely(on_line[joined])
        marked = [index for index, shape in enumerate(shapes) if shape != "dot" or not is_bare[index]]
        dots.append(
            Dots(
                role,
                points.x[marked],
                y[marked],
                tuple(shapes[index] for index in marked),
                stroke.colour,
                is_around=role == "reference",
                size=5.6 if room.width > 5 * (span[1] - span[0]) else 3.0,
            )
        )
    x = Axis(*span, tuple(_layer_numbers(span, layers, room)))
    y_axis = log_axis(scale, room.height, room.line)
    return Chart(x, y_axis, tuple(lines), tuple(dots), message=message)


def curve_names(now: ProbeResult | None, reference: ProbeResult | None) -> tuple[str, str]:
    """What stands beside each curve; one name for both where both are one state, and the other is empty."""
    if now is None:
        if reference is None:
            return "", ""
        state = reference.request.state
        return "", f"reference: {captions.wiring_words(state.network, state.wiring)}"
    state = now.request.state
    words = captions.wiring_words(state.network, state.wiring)
    if reference is not None and captions.is_same(now, reference):
        return f"now = reference: {words}", ""
    if reference is not None and reference.request.state.network != state.network:
        ours, theirs = captions.short_names(state, reference.request.state)
        return f"now: {ours}", f"reference: {theirs}"
    return f"now: {words}", f"reference: {captions.reference_words(now, reference)}"


def formula(quantity: GradientQuantity, now: ProbeResult) -> str:
    """What is measured, in symbols: "‖∂score/∂W‖₂"."""
    of = "mean" if isinstance(now.target, BlockTarget) else now.request.gradient_of
    return _FORMULAS[quantity].format(of=of)


def _layer_numbers(span: tuple[float, float], layers: int, room: Room) -> list[Tick]:
    """As many as have room, but always the first."""
    left, right = span
    least = (room.measure(str(layers)) + _BETWEEN_NUMBERS) * (right - left) / room.width
    step = next((s for s in _LAYER_STEPS if s >= least), _LAYER_STEPS[-1])
    rest = 1 if step == 2 else 0
    numbers = range(max(1, math.ceil(left)), min(layers, math.floor(right)) + 1)
    return [Tick(n, str(n)) for n in numbers if n % step == rest or n == 1]


def table(
    now: ProbeResult, reference: ProbeResult | None, *, quantity: GradientQuantity = "weight"
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`; numbers are written so that `float` reads them back exactly.

    The shape is the weight's ("16x3x3x3"), for a block its output's (channels x height x width). A reference of
    other layers has rows of its own after now's: `reference` is empty in these, `now` in those.

    Raises:
        IncompleteReadingError: `now` holds the logits alone; an incomplete reference counts as none.
    """
    require_complete(now)
    theirs = [] if reference is None else norms(reference, quantity)
    is_alike = reference is not None and have_same_plan(plan_of(now), plan_of(reference))
    beside = {norm.name: repr(float(norm.value)) for norm in theirs} if is_alike else {}
    lines: list[tuple[str, ...]] = [
        (norm.name, norm.kind, "x".join(map(str, norm.shape)), repr(float(norm.value)), beside.get(norm.name, ""))
        for norm in norms(now, quantity)
    ]  # fmt: skip
    if not is_alike:
        lines += [
            (norm.name, norm.kind, "x".join(map(str, norm.shape)), "", repr(float(norm.value)))
            for norm in theirs
        ]
    return ("block" if quantity == "output" else "layer", "kind", "shape", "now", "reference"), lines
