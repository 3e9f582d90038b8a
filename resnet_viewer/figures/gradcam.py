"""Grad-CAM over the original picture: now beside the reference, and a filmstrip of every block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from resnet_viewer.charts import palette
from resnet_viewer.charts.colour_scale import scale_to
from resnet_viewer.charts.gradcam import FAINT, cam_maximum, is_faint
from resnet_viewer.charts.gradient_values import require_complete
from resnet_viewer.figures.filmstrip import draw_filmstrip, edge, filmstrip_height, seen_part
from resnet_viewer.figures.overlay import Pixels, is_hairline, overlay
from resnet_viewer.figures.page import MARGIN, Page, Without, draw_colour_bar, page, text_width, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import plan_of, reading_beside
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import Box, visible_box
from resnet_viewer.records.probe import BlockReading, ProbeResult
from resnet_viewer.records.registering import cam_tiles

CamScale = Literal["shared", "own"]
_BAR = 0.78
_GAP = 0.22
_HEAD, _LINE = 0.24, 0.14
_ROOM_FOR_UNTRAINED = 2.9
"""Inches of a panel from which on "reference, untrained" fits beside its maximum."""
_TALLEST = 5.0
"""Inches of height that a tall picture takes, if it leaves room at its sides."""
_PIXELS = 900
"""The longer side of a shown picture."""


@dataclass(frozen=True)
class _Panel:
    name: str
    result: ProbeResult
    reading: BlockReading

    @property
    def highest(self) -> float:
        return cam_maximum(self.reading)


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    block: int | None = None,
    class_names: tuple[str, ...] = (),
    colours: str = "inferno",
    opacity: float = 0.6,
    scale: CamScale = "shared",
    filmstrip: bool = True,
    width: float = 7.6,
    without: Without = (),
) -> Figure:
    """The map of `block` (from 1, the last by default) over the picture, now beside the reference.

    With scale "shared" one colour means one value on both pictures; with "own" each map has its own maximum,
    which is written above it. `filmstrip` adds the map of every block, all on one scale. A blank map carries
    the reason in words. Of a picture too thin to be seen only what the network saw is shown, and the page says so.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    number = _block_number(now, block)
    if reference is not None and not reference.is_complete:
        reference = None
    panels = [_Panel("now", now, now.blocks[number - 1])]
    if reference is not None:
        beside = reading_beside(number, plan_of(now), reference)
        name = "reference" if beside.number == number else f"reference, block {beside.number}"
        panels.append(_Panel(name, reference, beside))
    picture = now.request.picture
    room = (width - 2 * MARGIN - _BAR - _GAP * (len(panels) - 1)) / len(panels)
    shape, subtitle = (picture.width, picture.height), captions.network_title(now)
    if is_hairline(*shape):
        subtitle += f" · what the network saw of {picture.width} × {picture.height} pixels"
        high, across = seen_part(now)[0].shape[:2]
        shape = across, high
    shown_width = min(room, _TALLEST * shape[0] / shape[1])
    shown_height = shown_width * shape[1] / shape[0]
    cell = max(shown_width, min(room, 2.4))  # a tower of a picture still needs room for its words
    strips = filmstrip_height(_strips(panels), width - 2 * MARGIN) if filmstrip else 0.0
    plan = plan_of(now)
    name = captions.target_name(now.target, class_names)
    top = max(panel.highest for panel in panels)
    limits = [top if scale == "shared" else panel.highest for panel in panels]
    said = [_said(panel, limit, cell) for panel, limit in zip(panels, limits, strict=True)]
    head = _HEAD + max(len(lines) for _, lines in said) * _LINE
    sheet = page(
        title=f"Grad-CAM · {plan.blocks[number - 1].label} · {name}",
        subtitle=subtitle,
        caption=captions.cam_caption(now, reference, class_names, block=number),
        width=width,
        height=None,
        content=head + max(shown_height, 0.8) + 0.3 + strips,
        without=without,
    )
    # What is narrower than the page stands in its middle.
    start = MARGIN + (room - cell) * len(panels) / 2
    for column, panel in enumerate(panels):
        left = start + column * (cell + _GAP)
        size, limit = (shown_width, shown_height), limits[column]
        above = sheet.top - head
        _draw(sheet, panel, left=left, top=above, size=size, limit=limit, colours=colours, opacity=opacity)
        words, lines = said[column]
        sheet.write(left, sheet.top - 0.15, _name(panel, cell), bold=True)
        sheet.write(left + cell, sheet.top - 0.15, words, colour=palette.MUTED, right=True)
        for number_of_line, line in enumerate(lines, 1):
            sheet.write(left, sheet.top - 0.15 - number_of_line * _LINE, line, colour=palette.MUTED)
    left = start + len(panels) * (cell + _GAP) - _GAP + 0.12
    height = max(min(shown_height, 2.4), 0.6)
    bar = sheet.axes(left, sheet.top - head - height, 0.11, height)
    draw_colour_bar(bar, scale_to(top if scale == "shared" or not top else None, colours))
    if filmstrip:
        below = sheet.top - head - max(shown_height, 0.8) - 0.3
        draw_filmstrip(sheet, _strips(panels), below, selected=number, colours=colours, opacity=opacity)
    return sheet.figure


VALUES = (
    "Grad-CAM at the block's output, after the ReLU, before any scaling; one row a cell of the map, from 0; "
    "y and x are the pixel of the network's input that the cell looks at, from 0 at the pixels' centres"
)
"""What the numbers of the table are, for its header."""


def table(
    now: ProbeResult, reference: ProbeResult | None, *, block: int | None = None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: the map of `block` (from 1, the last by default), cell by cell.

    The values are those of `BlockReading.cam`; `float` reads them back exactly. `reference` is the map of the block
    beside it where that is another network; where that has another size its cells follow in rows of their own, under
    that block's number. y and x are of now, in such rows of the reference.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    number = _block_number(now, block)
    ours = now.blocks[number - 1].cam[0]
    beside = None
    if reference is not None and reference.is_complete:
        beside = reading_beside(number, plan_of(now), reference)
    theirs = None if beside is None else beside.cam[0]
    is_aligned = theirs is not None and theirs.shape == ours.shape
    where = blueprint(now.request.state.network).sampling(now.blocks[number - 1].name)
    rows: list[tuple[str, ...]] = []
    for (row, column), value in np.ndenumerate(ours):
        other = repr(float(theirs[row, column])) if theirs is not None and is_aligned else ""
        place = str(where.stride * row + where.offset), str(where.stride * column + where.offset)
        rows.append((str(number), str(row), str(column), repr(float(value)), other, *place))
    if reference is not None and beside is not None and not is_aligned:
        where = blueprint(reference.request.state.network).sampling(beside.name)
        for (row, column), value in np.ndenumerate(beside.cam[0]):
            place = str(where.stride * row + where.offset), str(where.stride * column + where.offset)
            rows.append((str(beside.number), str(row), str(column), "", repr(float(value)), *place))
    return ("block", "row", "column", "now", "reference", "y", "x"), rows


def _block_number(now: ProbeResult, block: int | None) -> int:
    require_complete(now)
    number = len(now.blocks) if block is None else block
    if not 1 <= number <= len(now.blocks):
        raise IndexError(f"there is no block {number}: this network has blocks 1 to {len(now.blocks)}")
    return number


def at_size(pixels: Pixels, box: Box, longest: int) -> tuple[Pixels, Box]:
    """A picture scaled, up or down, so that its longer side is `longest`, and the box in its new pixels."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    scaled = np.asarray(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))
    x, y = size[0] / width, size[1] / height
    return scaled, Box(box.left * x, box.top * y, box.right * x, box.bottom * y)


def _draw(
    sheet: Page,
    panel: _Panel,
    *,
    left: float,
    top: float,
    size: tuple[float, float],
    limit: float,
    colours: str,
    opacity: float,
) -> None:
    request = panel.result.request
    picture = request.picture
    if is_hairline(picture.width, picture.height):
        pixels, box = at_size(*seen_part(panel.result), _PIXELS)
    else:
        seen = visible_box(picture.width, picture.height, request.state.preprocessing)
        pixels, box = at_size(picture.pixels, seen, _PIXELS)
    laid = overlay(
        pixels,
        panel.reading.cam[0],
        box,
        tiles=cam_tiles(panel.result, panel.reading, box),
        vmax=limit,
        colours=colours,
        opacity=opacity,
    )
    axes = sheet.axes(left, top - size[1], *size)
    axes.set_axis_off()
    height, width = laid.shape[:2]
    axes.add_patch(edge((0, 0), width, height))
    axes.imshow(laid, extent=(0, width, height, 0), aspect="auto", interpolation="antialiased")
    if box.width < width - 1 or box.height < height - 1:
        for colour, dashes in (("black", "-"), ("white", (0, (3, 2)))):  # seen on every ground
            axes.add_patch(
                Rectangle(
                    (box.left, box.top),
                    box.width,
                    box.height,
                    fill=False,
                    edgecolor=colour,
                    linewidth=0.8,
                    linestyle=dashes,
                )
            )
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)


def _strips(panels: Sequence[_Panel]) -> list[tuple[str, ProbeResult]]:
    """Each reading with the name of its strip."""
    return [(panel.name.split(",")[0], panel.result) for panel in panels]


def _name(panel: _Panel, cell: float) -> str:
    is_named = panel.result.is_untrained and cell >= _ROOM_FOR_UNTRAINED
    return panel.name + (", untrained" if is_named else "")


def _said(panel: _Panel, limit: float, cell: float) -> tuple[str, list[str]]:
    """What the map amounts to: on the line of its name where `cell` inches have room, else on lines of its own."""
    words = _words(panel, limit)
    name = text_width(_name(panel, cell), palette.FONT, bold=True)
    if name + 0.15 + text_width(words, palette.FONT) <= cell:
        return words, []
    return "", wrapped(words, cell, palette.FONT)


def _words(panel: _Panel, limit: float) -> str:
    """What the map amounts to: its maximum, or why it is blank."""
    reason = captions.CAM_REASONS[panel.reading.cam_states[0]]
    if reason:
        return f"blank: {reason}"
    if is_faint(panel.highest, limit):
        return f"maximum {panel.highest:.3g}, under {FAINT:.0%} of the scale".replace("%", " %")
    return f"maximum {panel.highest:.3g}"
