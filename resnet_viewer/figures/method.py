"""What an attribution method found, over the picture: now beside the reference; and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viewer.charts.gradcam import underlay
from resnet_viewer.charts.method import MethodSide, method_chart
from resnet_viewer.figures.gradcam import PIXELS, draw_laid
from resnet_viewer.figures.page import (
    HEAD,
    HEAD_LINE,
    MARGIN,
    USUAL,
    CaptionedFigure,
    Paper,
    beside,
    draw_colour_bar,
    page,
)
from resnet_viewer.records import captions
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.method import Explanation
from resnet_viewer.records.session import View

_BAR, _GAP, _TALLEST, _NARROWEST = 0.78, 0.22, 5.0, 2.4
"""Inches: the colour bar with its numbers, what lies between panels, the highest picture, the narrowest panel."""
VALUES = (
    "the method's map before any scaling, now and in the reference; one row a cell of the map, from 0; y and x are the "
    "pixel of the network's input that the cell looks at, from 0 at the pixels' centres"
)
"""What the numbers of the table are, for its header."""


def figure(
    now: Explanation,
    reference: Explanation | None,
    view: View | None = None,
    *,
    class_names: tuple[str, ...] = (),
    paper: Paper = USUAL,
) -> CaptionedFigure:
    """The map over the picture, now beside the reference, on one scale; signed maps in diverging colours."""
    view = View() if view is None else view
    chart = method_chart(now, reference, view=view)
    panels = [side for side in chart.sides if side.found is not None]
    asked = now.request
    lying = [
        underlay(
            side.found.request.question.picture,
            side.found.request.state.preprocessing,
            None,
            PIXELS,
            view=view,
        )
        for side in panels
        if side.found is not None
    ]
    high, across = lying[0].pixels.shape[:2]
    room = (paper.width - 2 * MARGIN - _BAR - _GAP * (len(panels) - 1)) / len(panels)
    wide = min(room, _TALLEST * across / high)
    tall = wide * high / across
    cell = max(wide, min(room, _NARROWEST))
    said = [beside(side.title, _said(side), cell) for side in panels]
    head = HEAD + max(len(lines) for _, lines in said) * HEAD_LINE
    subtitle = [asked.state.network.title, asked.options_words, chart.scale.meaning]
    sheet = page(
        paper,
        f"{asked.title} · {captions.target_name(now.target, class_names)}",
        " · ".join(filter(None, subtitle)),
        captions.method_caption(now, reference, class_names),
        content=head + max(tall, 0.8) + 0.1,
        is_as_high_as_needed=True,
    )
    start = MARGIN + (room - cell) * len(panels) / 2
    for column, (side, under) in enumerate(zip(panels, lying, strict=True)):
        left = start + column * (cell + _GAP)
        axes = sheet.axes(left, sheet.top - head - tall, wide, tall)
        draw_laid(
            axes,
            side.over(under, chart.colours, max(view.cam_opacity, 0.8 if chart.is_signed else 0)),
            under.box,
        )
        sheet.write_head(left, sheet.top, cell, side.title, said[column])
    left = start + len(panels) * (cell + _GAP) - _GAP + 0.12
    length = max(min(tall, 2.4), 0.6)
    draw_colour_bar(sheet.axes(left, sheet.top - head - length, 0.11, length), chart.scale)
    return sheet.figure


def _said(side: MethodSide) -> list[str]:
    return [words for words in (side.value, side.delta, side.progress) if words]


def table(now: Explanation, reference: Explanation | None) -> Table:
    """Header and rows for `export.csv_bytes`: the map cell by cell; `float` reads the values back exactly. A map of
    another size in the reference follows in rows of its own.
    """
    is_aligned = reference is not None and reference.map.shape == now.map.shape
    ours, theirs = now.table(), [] if reference is None else reference.table()
    others: list[object] = [cell["value"] for cell in theirs] if is_aligned else [""] * len(ours)
    rows: list[Sequence[object]] = [
        (cell["row"], cell["column"], cell["value"], other, cell["y"], cell["x"])
        for cell, other in zip(ours, others, strict=True)
    ]
    if not is_aligned:
        rows += [(cell["row"], cell["column"], "", cell["value"], cell["y"], cell["x"]) for cell in theirs]
    return ("row", "column", "now", "reference", "y", "x"), rows


def described(
    now: Explanation, reference: Explanation | None, class_names: tuple[str, ...]
) -> Mapping[str, str]:
    """What only a method's file tells, by name."""
    asked = now.request
    told = {
        "method": asked.method,
        "method title": asked.title,
        "method options": asked.options_words or "none",
        "map": asked.reduction,
        "block": "none" if asked.block is None else str(asked.block),
        "passes": str(now.passes),
        "caption": captions.method_caption(now, reference, class_names),
        "values": VALUES,
    }
    for key, found in (("", now), ("reference ", reference)):
        if found is not None and found.delta is not None:
            told[f"{key}convergence delta"] = repr(found.delta)
        if found is not None and found.score is not None:
            told[f"{key}score"] = repr(found.score)
        if found is not None and found.baseline_score is not None:
            told[f"{key}baseline score"] = repr(found.baseline_score)
    return told
