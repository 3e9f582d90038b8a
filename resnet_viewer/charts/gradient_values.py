"""The gradient norms along the wiring strip, now beside the reference: what is shown, where, and under what names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from resnet_viewer.charts.chart import (
    SAMPLE,
    Axis,
    Chart,
    Curve,
    Dots,
    Name,
    Rect,
    Room,
    Stroke,
    Tick,
    is_numbered,
    lonely,
    step_of,
)
from resnet_viewer.charts.log_axis import Scale, Series, heights, log_axis
from resnet_viewer.charts.plot_words import FreeSpace
from resnet_viewer.charts.wiring_layout import StripLayout, lay_out
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import have_same_plan, plan_of
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
_BETWEEN_NUMBERS = 22.0
_LONGEST = 0.6
"""Of the plot's width may a name take."""
_NAME_PLACES = (0.06, 0.16, 0.28, 0.42, 0.56, 0.7, 0.8, 0.9)
"""Where along the plot a name may stand, in the order of preference."""


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
        factor, shift = layout.beside(own)
        x = shift + factor * np.array([own.x_by_name[name] for name in names])
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

    now: Series | None = None
    reference: Series | None = None
    now_name: str = ""
    reference_name: str = ""

    def of(self, role: Role) -> Series | None:
        """One of both."""
        return self.now if role == "now" else self.reference

    @property
    def there(self) -> tuple[Series, ...]:
        """Those that there are, the reference first."""
        return tuple(points for role in ROLES if (points := self.of(role)) is not None)


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
    curves: GradientCurves,
    scale: Scale,
    span: tuple[float, float],
    layers: int,
    room: Room,
    *,
    has_names: bool = False,
    message: str = "",
) -> Chart:
    """The curves in the range `span` of the strip's x, now on top, and their names as far as they find room beside
    them; `layers` is the highest number on the x axis.

    Of now every layer has its mark; of the reference what no line reaches.
    """
    lines, dots = [], []
    for role in ROLES:
        if (points := curves.of(role)) is None:
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
    chart = Chart(x, y_axis, tuple(lines), tuple(dots), message=message)
    names: dict[Role, str] = {"now": curves.now_name, "reference": curves.reference_name}
    return replace(chart, names=_names(chart, names, room)) if has_names else chart


def _names(chart: Chart, names: Mapping[Role, str], room: Room) -> tuple[Name, ...]:
    """Each name clear of curves, marks and the other one, near its own curve and rather at the left. Where not all have
    room, perhaps their first words have.
    """
    short = replace(room, width=_LONGEST * room.width)
    whole = _placed(chart, {role: short.shortened(text) for role, text in names.items()}, room)
    if len(whole) == sum(map(bool, names.values())):
        return whole
    brief = _placed(chart, {role: text.partition(":")[0] for role, text in names.items()}, room)
    return brief if len(brief) > len(whole) else whole


def _placed(chart: Chart, names: Mapping[Role, str], room: Room) -> tuple[Name, ...]:
    size, high = room.size, math.ceil(room.line)
    tracks = {curve.key: chart.place(size, curve.x, curve.y) for curve in chart.curves}
    free_space = FreeSpace(size)
    free_space.cover_lines(tracks.values())
    for dots in chart.dots:
        for shape, x, y in zip(dots.shapes, *chart.place(size, dots.x, dots.y), strict=True):
            if shape != "dot" and 0 < x < size[0]:
                free_space.cover(Rect(x - 5, y - 5, 10, 10))
    found = []
    strokes = {curve.key: curve.stroke for curve in chart.curves}
    for role in reversed(ROLES):
        text, (xs, ys) = names.get(role, ""), tracks.get(role, (np.zeros(0), np.zeros(0)))
        known = np.isfinite(ys)
        if not text or not known.any():
            continue
        best: tuple[float, Rect] | None = None
        for order, share in enumerate(_NAME_PLACES):
            x = share * size[0]
            if best is not None and best[0] <= 10.0 * order:
                break
            if not xs[known][0] <= x <= xs[known][-1]:
                continue
            end = x, float(np.interp(x, xs[known], ys[known]))
            place = free_space.nearest(*end, SAMPLE + math.ceil(room.measure(text)), high)
            if place is not None:
                gap = max(place.top - end[1], end[1] - place.bottom, place.left - x, x - place.right, 0.0)
                if best is None or 10.0 * order + gap < best[0]:
                    best = 10.0 * order + gap, place
        if best is not None:
            free_space.cover(best[1].grown(6))
            found.append(Name(role, text, strokes[role], best[1]))
    return tuple(found)


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
    step = step_of(least)
    numbers = range(max(1, math.ceil(left)), min(layers, math.floor(right)) + 1)
    return [Tick(n, str(n)) for n in numbers if is_numbered(n, step)]
