"""Several pictures that were looked at together: Grad-CAM of each in a grid, tables with a column for the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import shortened_inside
from resnet_viewer.charts.gradcam import cam_chart, underlay
from resnet_viewer.figures.export import complete_reference
from resnet_viewer.figures.page import MARGIN, USUAL, Paper, draw_edge, page, text_width
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View

_USUAL = View()
_GAP, _APART = 0.16, 0.04
"""Inches between pictures, and between now and the reference of one."""
_LINE, _FONT = 0.14, palette.FONT - 1
_LARGEST = 2.4
"""Inches of a picture's side."""
_PIXELS = 400
"""The longer side of a picture."""


def pairs(
    now: ProbeResult, reference: ProbeResult | None
) -> Iterator[tuple[ProbeResult, ProbeResult | None]]:
    """Now and the reference of each picture."""
    for shown in (now.whole or now).each():
        yield shown, None if reference is None else reference.alone(shown.place)


def table(
    tabulate: Callable[[ProbeResult, ProbeResult | None], Table],
    now: ProbeResult,
    reference: ProbeResult | None,
) -> Table:
    """What `tabulate` makes of a reading; of a batch that of each picture, its name in front."""
    if now.batch_size == 1:
        return tabulate(now, reference)
    header: list[str] = []
    rows: list[tuple[object, ...]] = []
    for shown, beside in pairs(now, reference):
        columns, own = tabulate(shown, beside)
        header = ["picture", *columns]
        rows += ((captions.plain(shown.picture.name), *row) for row in own)
    return header, rows


def grid(
    now: ProbeResult,
    reference: ProbeResult | None,
    view: View = _USUAL,
    *,
    class_names: tuple[str, ...] = (),
    paper: Paper = USUAL,
) -> Figure:
    """Grad-CAM of the view's block over every picture of a batch, now beside the reference where that is another.

    Each picture has a scale of its own, which now and the reference share; its end stands under it.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    now = now.whole or now
    view = replace(view, cam_scale="shared", picture_shows="overlay")
    reference = complete_reference(now, reference)
    if reference is not None and captions.is_same(now, reference.whole or reference):
        reference = None
    plan, number = plan_of(now), view.cam_block or len(now.blocks)
    block, count, sides = plan.blocks[number - 1], now.batch_size, 1 if reference is None else 2
    inner = paper.width - 2 * MARGIN
    columns = min(count, math.ceil(math.sqrt(count * (1.5 if sides == 1 else 0.8))))
    cell = (inner - _GAP * (columns - 1)) / columns
    side = min((cell - _APART * (sides - 1)) / sides, _LARGEST)
    down = side + 2 * _LINE + _GAP
    rows = math.ceil(count / columns)
    what = "now | reference" if sides == 2 else "now = reference"
    sheet = page(
        paper,
        f"Grad-CAM of {count} pictures · {block.label}",
        f"{captions.network_title(now)} · {what} · each picture on its own scale",
        captions.batch_cam_caption(now, reference, class_names, block=number),
        content=rows * down,
        is_as_high_as_needed=True,
    )
    axes = sheet.bare_axes(MARGIN, sheet.bottom, inner, sheet.top - sheet.bottom)
    high, measure = sheet.top - sheet.bottom, partial(text_width, size=_FONT)
    for place, (shown, beside) in enumerate(pairs(now, reference)):
        row, column = divmod(place, columns)
        left, top = column * (cell + _GAP), high - row * down
        chart = cam_chart(shown, beside, plan=plan, number=number, view=view)
        for which, panel in enumerate(chart.sides[:sides]):
            if panel.reading is None:
                continue
            preprocessing = panel.reading.request.state.preprocessing
            under = underlay(shown.picture, preprocessing, panel.reading, _PIXELS, view=view)
            laid = panel.over(under, view.cam_colours, view.cam_opacity)
            scale = side / max(laid.shape[:2])
            width, height = laid.shape[1] * scale, laid.shape[0] * scale
            x, y = left + which * (side + _APART) + (side - width) / 2, top - side + (side - height) / 2
            extent = (x, x + width, y, y + height)
            axes.imshow(laid, extent=extent, aspect="auto", interpolation="antialiased", zorder=2)
            draw_edge(axes, (x, y), (width, height), palette.REFERENCE, 0.4, zorder=3)
        said = [panel.value if panel.is_shown else panel.notes[0] for panel in chart.sides[:sides]]
        named = captions.target_name(shown.target, class_names)
        for line, words in enumerate(
            (captions.plain(shown.picture.name), f"{named} · ≤ {' | '.join(said)}"), 1
        ):
            sheet.write(
                MARGIN + left,
                sheet.bottom + top - side - line * _LINE,
                shortened_inside(words, cell, measure),
                size=_FONT,
                colour=palette.MUTED if line == 2 else palette.TEXT,
            )
    axes.set_xlim(0, inner)
    axes.set_ylim(0, high)
    return sheet.figure
