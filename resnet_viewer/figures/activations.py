"""The activations of every block on paper, now beside the reference: the chart of the screen, and all its numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.activations import (
    BOXES,
    TICKS,
    TITLE,
    WHISKERS,
    activation_chart,
    side_names,
)
from resnet_viewer.charts.gradient_values import Role
from resnet_viewer.charts.shapes import Box, Outline, Rect
from resnet_viewer.charts.wiring_layout import lay_out
from resnet_viewer.figures.export import require_complete
from resnet_viewer.figures.page import MARGIN, USUAL, Entry, Paper, page
from resnet_viewer.figures.plot import draw, draw_shapes, room_of
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import have_same_plan, plan_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.distribution import PERCENTS, Distribution, Distributions, measured, outputs
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import ActivationScale

_LEFT, _RIGHT = 0.82, 0.2
_FOOT, _LOWEST, _GAP = 0.52, 0.9, 0.06
"""Inches of what stands under the plot, of the least height that a plot can be read at, and under the legend."""
_X_TITLES = "block, in the order of the forward pass; the stem stands before the first", "block"
VALUES = (
    "percentiles of all values that the stem or a block puts out for the picture, of the finite ones; zeros: share of "
    "all values; infinite, nan: their number"
)
"""What the columns of the table are."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    wished: ActivationScale = "auto",
    paper: Paper = USUAL,
) -> Figure:
    """Draw `activation_chart` of all blocks.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
    """
    require_complete(now)
    ours = _whole(now)
    theirs = None if reference is None or not reference.is_complete else _whole(reference)
    sheet = page(
        paper,
        f"{TITLE} · {captions.network_title(now)}",
        "",
        caption(now, reference),
        content=_FOOT + _LOWEST,
        legend=_entries(ours, theirs),
        below_legend=_GAP,
    )
    bottom, width = sheet.bottom + _FOOT, sheet.width - _LEFT - _RIGHT
    axes = sheet.axes(_LEFT, bottom, width, sheet.top - bottom)
    room = room_of(width, sheet.top - bottom)
    made = activation_chart(ours, theirs, lay_out(plan_of(now)), room, wished=wished, has_names=False)
    words = next((said for said in _X_TITLES if room.measure(said) <= room.width), _X_TITLES[-1])
    draw(axes, replace(made.chart, x=replace(made.chart.x, title=words)), room)
    title = "activations (log scale)" if made.scale.is_log else "activations"
    axes.set_ylabel(title, fontsize=palette.FONT, color=palette.TEXT)
    axes.yaxis.set_label_coords(-(_LEFT - MARGIN - 0.06) / width, 0.5)
    return sheet.figure


def caption(now: ProbeResult, reference: ProbeResult | None) -> str:
    """What was measured, in which state."""
    what = (
        "Activations behind the stem and every block, all channels and places together: line from 5 to 95 %, box "
        "from 25 to 75 %, tick at the median, below the share of zeros"
    )
    if reference is not None and not have_same_plan(plan_of(now), plan_of(reference)):
        what += "; by relative depth"
    return captions.measured(what, now, reference)


def _whole(result: ProbeResult) -> Distributions:
    *_, found = measured(result)
    return found


def _entries(ours: Distributions, theirs: Distributions | None) -> list[Entry]:
    sides: tuple[Role, Role] = ("now", "reference")
    names = side_names(ours, theirs)
    return [
        Entry(name, {}, sign=partial(_sign, role)) for role, name in zip(sides, names, strict=True) if name
    ]


def _sign(role: Role, axes: Axes, x: float, y: float) -> None:
    """A box beside its words, lying; in inches, from its left end."""
    box, ends = Rect(x + 0.06, y - 0.045, 0.14, 0.09), ((x, x + 0.06), (x + 0.2, x + 0.26))
    lines = [Outline(((left, y), (right, y)), is_closed=False) for left, right in ends]
    draw_shapes(axes, WHISKERS[role], lines)
    draw_shapes(axes, BOXES[role], [Box(box, 0.0)])
    draw_shapes(axes, TICKS[role], [Outline(((x + 0.12, y - 0.06), (x + 0.12, y + 0.06)), is_closed=False)])


def table(now: ProbeResult, reference: ProbeResult | None) -> Table:
    """Header and rows for `export.csv_bytes`: the stem and every block with all numbers of now and of the reference,
    written so that `float` reads them back exactly; empty where there is no such number.

    A reference of other layers has rows of its own after now's.

    Raises:
        IncompleteReadingError: `now` holds the logits alone; an incomplete reference counts as none.
    """
    require_complete(now)
    columns = (*(f"{percent}%" for percent in PERCENTS), "zeros", "infinite", "nan")
    header = (
        "output",
        "shape",
        "values",
        *(f"{side} {name}" for side in ("now", "reference") for name in columns),
    )
    ours, plan = _whole(now), plan_of(now)
    theirs = None if reference is None or not reference.is_complete else _whole(reference)
    is_alike = theirs is not None and have_same_plan(plan, theirs.plan)
    blank = ("",) * len(columns)
    rows: list[tuple[object, ...]] = []
    for name in outputs(plan):
        beside = _numbers(theirs.of(name)) if theirs is not None and is_alike else blank
        shape = plan.shape_of(name)
        rows.append((name, _times(shape), math.prod(shape), *_numbers(ours.of(name)), *beside))
    if theirs is not None and not is_alike:
        for name in outputs(theirs.plan):
            shape = theirs.plan.shape_of(name)
            rows.append((name, _times(shape), math.prod(shape), *blank, *_numbers(theirs.of(name))))
    return header, rows


def _numbers(found: Distribution | None) -> tuple[object, ...]:
    if found is None:
        return ("",) * (len(PERCENTS) + 3)
    percentiles = found.percentiles or ("",) * len(PERCENTS)
    return *percentiles, found.zeros, found.infinite, found.nan


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
