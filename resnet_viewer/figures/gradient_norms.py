"""The gradient-norm plot: every layer's norm now against the reference, under the shortcuts that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Rect
from resnet_viewer.charts.gradient_values import (
    ROLES,
    TITLES,
    GradientCurves,
    Role,
    formula,
    gradient_chart,
    gradient_curves,
    require_complete,
    table,
)
from resnet_viewer.charts.log_axis import Series, scale_for
from resnet_viewer.charts.wiring_drawing import Arc, Box, Disc, Kind, ink_of, level
from resnet_viewer.charts.wiring_layout import lay_out, openings
from resnet_viewer.figures.page import MARGIN, Page, Without, page, shortened, text_width
from resnet_viewer.figures.plot import PIXELS, draw, room_of, shape_style
from resnet_viewer.figures.wiring_strip import draw_shapes, draw_strip, prepare_pixels, strip_height
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import GradientQuantity

__all__ = ["figure", "table"]

_LEFT, _RIGHT = 0.82, 0.2
_FOOT, _LOWEST = 0.52, 0.85
"""Inches of what stands under the plot, and of the least height that a plot can be read at."""
_SIGN, _BETWEEN, _ROW, _BENEATH = 0.3, 0.22, 0.2, 0.05
"""Inches of the legend: a sign before its words, between two entries, a row, under the last."""
_CURVES: dict[str, dict[str, Any]] = {
    "reference": {"color": palette.REFERENCE, "linewidth": 1.1, "linestyle": (0, (4, 2)), "zorder": 2},
    "now": {"color": palette.NOW, "linewidth": 1.5, "zorder": 3},
}
_SIGNED: dict[str, dict[str, Any]] = {
    "now": {"marker": "o", "markersize": 4, "markevery": [1]}, "reference": {}
}  # fmt: skip
Sign = Kind | Literal["now", "reference", "log", "square"]


@dataclass(frozen=True)
class Legend:
    """One entry of the legend: what is drawn, and its words."""

    kind: Sign
    words: str


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    quantity: GradientQuantity = "weight",
    class_names: tuple[str, ...] = (),
    size: tuple[float, float] = (7.6, 5.0),
    without: Without = (),
) -> Figure:
    """Draw the curves of `gradient_chart` on a log scale, under the strip. `size` is in inches.

    Zeros stand on a row "0" below the axis, non-finite values on a row above it; none is dropped.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
    """
    require_complete(now)
    layout = lay_out(plan_of(now))
    curves = gradient_curves(now, reference, quantity, layout)
    entries = _legend(now, curves)
    brief = [entry for entry in entries if entry.kind in _CURVES]
    strip_high = strip_height(layout)
    sheet = page(
        title=f"{TITLES[quantity]} · {now.request.state.network.title}",
        subtitle="",
        caption=captions.caption(now, reference, class_names, quantity=quantity),
        width=size[0],
        height=size[1],
        content=_FOOT + _LOWEST + strip_high,
        legend=_legend_height(brief, size[0]),
        signs=_legend_height(entries, size[0]) - _legend_height(brief, size[0]),
        legend_words="; ".join(entry.words for entry in entries),
        without=without,
    )
    top = _draw_legend(sheet, entries if sheet.has_signs else brief) if sheet.has_legend else sheet.top
    bottom = sheet.bottom + _FOOT
    width = sheet.width - _LEFT - _RIGHT
    height = top - strip_high - bottom
    axes = sheet.axes(_LEFT, bottom, width, height)
    strip = sheet.axes(_LEFT, bottom + height, width, strip_high)
    strip.set_label("strip")
    found = openings(now, reference, is_stale=False)
    draw_strip(strip, axes, layout, now.request.state.wiring, found, width=width)
    points: dict[Role, Series | None] = {"reference": curves.reference, "now": curves.now}
    room = room_of(width, height)
    scale = scale_for([shown for shown in points.values() if shown is not None], room.height)
    chart = gradient_chart(points, scale, layout.limits, layout.depth, room)
    wordings = ("layer, in the order of the forward pass", "layer")
    words = next((w for w in wordings if text_width(w, palette.FONT) <= width), wordings[-1])
    x, y = replace(chart.x, title=words), replace(chart.y, title=formula(quantity, now))
    draw(axes, replace(chart, x=x, y=y), room)
    _name_not_finite(axes, points, chart.y.high, width=width)
    axes.yaxis.set_label_coords(-(_LEFT - MARGIN - 0.06) / width, 0.5)
    return sheet.figure


def _name_not_finite(axes: Axes, curves: Mapping[Role, Series | None], top: float, *, width: float) -> None:
    """How many of each kind stand on the upper row, at its right end."""
    counts: list[str] = []
    for role in reversed(ROLES):
        points = curves[role]
        marks = [] if points is None else [points.lane(index) for index in range(len(points.x))]
        kinds = (("infinite", "infinite (▲)"), ("nan", "NaN (✖)"))
        if words := [f"{marks.count(lane)} {name}" for lane, name in kinds if lane in marks]:
            counts.append(f"{role}: {', '.join(words)}")
    if counts:
        axes.annotate(
            shortened(" · ".join(counts), width - 0.1, palette.FONT - 1.5),
            xy=(1, top),
            xycoords=("axes fraction", "data"),
            xytext=(-3, -3),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=palette.FONT - 1.5,
            color=palette.MUTED,
            fontfamily="DejaVu Sans",
        )


def _legend(now: ProbeResult, curves: GradientCurves) -> list[Legend]:
    state = now.request.state
    wiring, kinds = state.wiring, set(curves.now.kinds if curves.now is not None else ())
    beside = " or ".join(
        words for kind, words in (("projection", "projection"), ("gate", "gate layer")) if kind in kinds
    )
    linear = (curves.now.kinds if curves.now is not None else ()).count("linear")
    has_shortcuts = state.network.has_shortcuts
    has_openings = any(block.opening is not None for block in now.blocks)
    entries: list[tuple[bool, Sign, str]] = [
        (True, "now", curves.now_name),
        (curves.reference is not None and bool(curves.reference_name), "reference", curves.reference_name),
        (bool(beside), "log", beside),
        (bool(linear), "square", "classifier" if linear == 1 else "linear layer"),
        (has_shortcuts and 1.0 in wiring.shortcuts, "open arc", "shortcut"),
        (has_shortcuts and bool(wiring.weakened), "weak arc", "weakened shortcut"),
        (has_shortcuts and bool(wiring.cut), "cut arc", "cut shortcut"),
        (has_openings, "gate", "opening of a gate layer"),
        (bool(wiring.dropped), "dropped", "dropped branch"),
    ]
    return [Legend(kind, words) for is_there, kind, words in entries if is_there]


def _legend_height(entries: Sequence[Legend], width: float) -> float:
    """Inches that the legend takes on a page of `width` inches, with the gap beneath it."""
    return _ROW * len(_rows_of(entries, width - 2 * MARGIN)) + _BENEATH


def _draw_legend(sheet: Page, entries: Sequence[Legend]) -> float:
    """Draw the legend below the title, wrapped to the page; gives the height left beneath, in inches."""
    inner = sheet.width - 2 * MARGIN
    rows = _rows_of(entries, inner)
    height = _ROW * len(rows)
    axes = sheet.axes(MARGIN, sheet.top - height, inner, height)
    axes.set_label("legend")
    prepare_pixels(axes, PIXELS * inner, PIXELS * height)
    for index, line in enumerate(rows):
        y = (index + 0.5) * _ROW
        for left, words, kind in line:
            _draw_sign(axes, kind, PIXELS * left, PIXELS * y)
            sheet.write(MARGIN + left + _SIGN, sheet.top - y - 0.035, words)
    return sheet.top - height - _BENEATH


def _rows_of(entries: Sequence[Legend], inner: float) -> list[list[tuple[float, str, Sign]]]:
    """Place in inches, words, cut where a row is too short for them, and kind of each entry, row by row."""
    rows: list[list[tuple[float, str, Sign]]] = [[]]
    x = 0.0
    for entry in entries:
        words = shortened(entry.words, inner - _SIGN, palette.FONT)
        width = _SIGN + text_width(words, palette.FONT) + _BETWEEN
        if rows[-1] and x + width - _BETWEEN > inner:
            rows.append([])
            x = 0.0
        rows[-1].append((x, words, entry.kind))
        x += width
    return rows


def _draw_sign(axes: Axes, kind: Sign, x: float, y: float) -> None:
    arc = Arc((x, y + 5), (x, y - 8), (x + 21, y - 8), (x + 21, y + 5))
    square = Rect(x + 9, y - 5, 10, 10)
    match kind:
        case "now" | "reference":
            axes.plot([x, x + 10.5, x + 21], [y] * 3, **_CURVES[kind], **_SIGNED[kind])
        case "log" | "square":
            axes.plot([x + 14], [y], **shape_style(kind, palette.NOW))
        case "cut arc":
            draw_shapes(axes, ink_of(kind), (arc.piece(0.0, 0.4), arc.piece(0.6, 1.0)))
        case "weak arc" | "open arc":
            draw_shapes(axes, ink_of(kind, 0.5), [arc])
        case "gate":
            draw_shapes(axes, ink_of(kind), [Disc(square)])
            draw_shapes(axes, ink_of("gate level"), [level(square, 0.5)])
        case _:
            draw_shapes(axes, ink_of(kind), [Box(square, 3.0)])
