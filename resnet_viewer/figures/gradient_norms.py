"""The gradient-norm plot: every layer's norm now against the reference, under the shortcuts that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Rect, Stroke
from resnet_viewer.charts.gradient_values import (
    ROLES,
    TITLES,
    WIDTHS,
    GradientCurves,
    Norm,
    formula,
    gradient_chart,
    gradient_curves,
    norms,
    series,
)
from resnet_viewer.charts.log_axis import scale_for
from resnet_viewer.charts.shapes import Arc, Box, Disc, Outline
from resnet_viewer.charts.wiring_drawing import Kind, cross, ink_of, level
from resnet_viewer.charts.wiring_layout import Openings, StripLayout, lay_out, openings
from resnet_viewer.figures.export import require_complete
from resnet_viewer.figures.page import MARGIN, Entry, Paper, page, shortened
from resnet_viewer.figures.plot import draw, draw_shapes, room_of, shape_style, style_of
from resnet_viewer.figures.wiring_strip import draw_grounds, draw_strip, strip_height
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import have_same_plan, plan_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.wiring import Wiring

_LEFT, _RIGHT = 0.82, 0.2
_FOOT, _LOWEST, _GAP = 0.52, 0.85, 0.05
"""Inches of what stands under the plot, of the least height that a plot can be read at, and under the legend."""

_USUAL = Paper(height=5.0)


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    quantity: GradientQuantity = "weight",
    class_names: tuple[str, ...] = (),
    paper: Paper = _USUAL,
    others: Sequence[ProbeResult] = (),
) -> Figure:
    """Draw `gradient_chart` under the wiring strip. The axis has room for the curves of `others`, which are not drawn:
    pictures of one network in several states have one scale.

    Zeros stand on a row "0" below the axis, non-finite values on a row above it; none is dropped.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
    """
    require_complete(now)
    layout = lay_out(plan_of(now))
    curves = gradient_curves(now, reference, quantity, layout)
    strips = _strips(now, reference, layout)
    strip_high = sum(strip_height(each.layout) for each in strips)
    sheet = page(
        paper,
        f"{TITLES[quantity]} · {now.request.state.network.title}",
        "",
        captions.caption(now, reference, class_names, quantity=quantity),
        content=_FOOT + _LOWEST + strip_high,
        legend=_curve_entries(curves),
        signs=_sign_entries(now, reference, curves),
        below_legend=_GAP,
    )
    bottom = sheet.bottom + _FOOT
    width = sheet.width - _LEFT - _RIGHT
    height = sheet.top - strip_high - bottom
    axes = sheet.axes(_LEFT, bottom, width, height)
    draw_grounds(axes, layout, width)
    top = sheet.top
    for each in strips:
        high = strip_height(each.layout)
        top -= high
        strip = sheet.axes(_LEFT, top, width, high)
        strip.set_label("strip")
        draw_strip(strip, each.layout, each.wiring, each.openings, width=width, over=layout)
        if len(strips) > 1:
            words = shortened(each.name, _LEFT - MARGIN - 0.05, palette.FONT - 1)
            sheet.write(MARGIN, top + 0.24, words, size=palette.FONT - 1, colour=palette.printed(each.colour))
    room = room_of(width, height)
    unseen = [series(other, layout, quantity) for other in others]
    scale = scale_for([*curves.there, *unseen], room.height)
    chart = gradient_chart(curves, scale, layout.limits, layout.depth, room)
    wordings = ("layer, in the order of the forward pass", "layer")
    words = next((words for words in wordings if room.measure(words) <= room.width), wordings[-1])
    draw(axes, replace(chart, x=replace(chart.x, title=words)), room)
    _name_not_finite(axes, curves, width)
    axes.set_ylabel(formula(quantity, now), fontsize=palette.FONT, color=palette.TEXT, parse_math=False)
    axes.yaxis.set_label_coords(-(_LEFT - MARGIN - 0.06) / width, 0.5)
    return sheet.figure


class _Strip(NamedTuple):
    """A wiring above the plot."""

    name: str
    colour: str
    layout: StripLayout
    wiring: Wiring
    openings: Openings


def _strips(now: ProbeResult, reference: ProbeResult | None, layout: StripLayout) -> list[_Strip]:
    """Now's, and the reference's where that is another network."""
    ours = now.request.state
    if reference is None or reference.request.state.network == ours.network:
        return [_Strip("now", "changed", layout, ours.wiring, openings(now, reference, is_stale=False))]
    theirs = reference.request.state
    beside = openings(reference, None, is_stale=False)
    return [
        _Strip("now", "changed", layout, ours.wiring, openings(now, None, is_stale=False)),
        _Strip("reference", "reference", lay_out(plan_of(reference)), theirs.wiring, beside),
    ]


def table(now: ProbeResult, reference: ProbeResult | None, *, quantity: GradientQuantity = "weight") -> Table:
    """Header and rows for `export.csv_bytes`; numbers are written so that `float` reads them back exactly.

    The shape is the weight's ("16x3x3x3"), for a block its output's (channels x height x width). A reference of
    other layers has rows of its own after now's: `reference` is empty in these, `now` in those.

    Raises:
        IncompleteReadingError: `now` holds the logits alone; an incomplete reference counts as none.
    """
    require_complete(now)
    theirs = [] if reference is None else norms(reference, quantity)
    is_alike = reference is not None and have_same_plan(plan_of(now), plan_of(reference))
    beside = {norm.name: float(norm.value) for norm in theirs} if is_alike else {}

    def line(norm: Norm, ours: object, other: object) -> tuple[object, ...]:
        return norm.name, norm.kind, "x".join(map(str, norm.shape)), ours, other

    lines = [line(norm, float(norm.value), beside.get(norm.name, "")) for norm in norms(now, quantity)]
    lines += [line(norm, "", float(norm.value)) for norm in theirs if not is_alike]
    return ("block" if quantity == "output" else "layer", "kind", "shape", "now", "reference"), lines


def _name_not_finite(axes: Axes, curves: GradientCurves, width: float) -> None:
    """How many of each kind stand on the upper row, at its right end."""
    counts: list[str] = []
    for role in reversed(ROLES):
        points = curves.of(role)
        lanes = [] if points is None else [points.lane(index) for index in range(len(points.x))]
        kinds = (("infinite", "infinite (▲)"), ("nan", "NaN (✖)"))
        if words := [f"{lanes.count(lane)} {name}" for lane, name in kinds if lane in lanes]:
            counts.append(f"{role}: {', '.join(words)}")
    axes.annotate(
        shortened(" · ".join(counts), width - 0.1, palette.FONT - 1.5),
        xy=(1, 1),
        xycoords="axes fraction",
        xytext=(-3, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=palette.FONT - 1.5,
        color=palette.MUTED,
    )


def _curve_entries(curves: GradientCurves) -> list[Entry]:
    entries = [
        Entry(curves.now_name, style_of(Stroke("changed", mark="o"), WIDTHS["now"]) | {"markersize": 4.2})
    ]
    if curves.reference is not None and curves.reference_name:
        style = style_of(Stroke("reference", is_dashed=True), WIDTHS["reference"])
        entries.append(Entry(curves.reference_name, style))
    return entries


def _sign_entries(now: ProbeResult, reference: ProbeResult | None, curves: GradientCurves) -> list[Entry]:
    """What the shapes of points, and of the strips, are."""
    kinds = curves.now.kinds if curves.now is not None else ()
    beside = " or ".join(
        words for kind, words in (("projection", "projection"), ("gate", "gate layer")) if kind in kinds
    )
    linear = kinds.count("linear")
    entries = [Entry(beside, shape_style("log", palette.NOW))] if beside else []
    if linear:
        words = "classifier" if linear == 1 else "linear layer"
        entries.append(Entry(words, shape_style("square", palette.NOW)))
    drawn = [now]
    if reference is not None and reference.request.state.network != now.request.state.network:
        drawn.append(reference)
    states = [reading.request.state for reading in drawn]
    wired = [state.wiring for state in states if state.network.has_shortcuts]
    signs: tuple[tuple[bool, Kind, str], ...] = (
        (any(1.0 in wiring.shortcuts for wiring in wired), "open arc", "shortcut"),
        (any(wiring.weakened for wiring in wired), "weak arc", "weakened shortcut"),
        (any(wiring.cut for wiring in wired), "cut arc", "cut shortcut"),
        (
            any(b.opening is not None for each in drawn for b in each.blocks),
            "gate",
            "opening of a gate layer",
        ),
        (any(state.wiring.dropped for state in states), "dropped", "dropped branch"),
        (any(state.wiring.left_out for state in states), "dropped", "block left out"),
    )
    return entries + [Entry(words, {}, sign=partial(_sign, kind)) for there, kind, words in signs if there]


def _sign(kind: Kind, axes: Axes, x: float, y: float) -> None:
    """A shape of the strip beside its words; in inches, from its left end, y upwards."""
    arc = Arc((x, y - 0.05), (x, y + 0.08), (x + 0.24, y + 0.08), (x + 0.24, y - 0.05))
    square = Rect(x + 0.08, y - 0.05, 0.1, 0.1)
    match kind:
        case "cut arc":
            draw_shapes(axes, ink_of(kind), (arc.piece(0.0, 0.4), arc.piece(0.6, 1.0)))
            draw_shapes(axes, ink_of("cut end"), cross(x + 0.12, y + 0.0475, 0.03))
        case "weak arc" | "open arc":
            draw_shapes(axes, ink_of(kind, 0.5), [arc])
        case "gate":
            lower = tuple((px, 2 * y - py) for px, py in level(square, 0.5).points)
            draw_shapes(axes, ink_of(kind), [Disc(square)])
            draw_shapes(axes, ink_of("gate level"), [Outline(lower)])
        case _:
            draw_shapes(axes, ink_of(kind), [Box(square, 0.03)])
