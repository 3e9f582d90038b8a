"""Grad-CAM over the original picture: now beside the reference, and a filmstrip of every block."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradcam import (
    DIGITS,
    CamSide,
    Frame,
    Pixels,
    cam_chart,
    cam_scale,
    filmstrip,
    is_hairline,
    underlay,
)
from resnet_viewer.charts.gradient_values import require_complete
from resnet_viewer.figures.page import MARGIN, Page, Without, draw_colour_bar, page, text_width, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import plan_of, reading_beside
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import CamState, ProbeResult

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
_NUMBER, _APART, _WORDS = 0.15, 0.05, 0.16
"""Inches of the filmstrip: a block's number, the room between two tiles, a line of words."""
_MOST_ROWS = 4
"""Of tiles of half an inch; where they would take more, tiles are smaller."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    block: int | None = None,
    class_names: tuple[str, ...] = (),
    colours: str = palette.COLOUR_MAPS[0],
    opacity: float = 0.6,
    scale: CamScale = "shared",
    has_filmstrip: bool = True,
    width: float = 7.6,
    without: Without = (),
) -> Figure:
    """The map of `block` (from 1, the last by default) over the picture, now beside the reference.

    With scale "shared" one colour means one value on both pictures; with "own" each map has its own maximum,
    which is written above it. `has_filmstrip` adds the map of every block, all on one scale. A blank map carries
    the reason in words. Of a picture too thin to be seen only what the network saw is shown, and the page says so.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    number, plan = _block_number(now, block), plan_of(now)
    if reference is not None and not reference.is_complete:
        reference = None
    chart = cam_chart(now, reference, plan=plan, number=number, colours=colours, is_shared=scale == "shared")
    panels = [side for side in chart.sides if side.reading is not None]
    picture, subtitle = now.request.picture, captions.network_title(now)
    if is_hairline(picture.width, picture.height):
        subtitle += f" · what the network saw of {picture.width} × {picture.height} pixels"
    lying = [
        underlay(picture, side.reading.request.state.preprocessing, side.reading, _PIXELS)
        for side in panels
        if side.reading is not None
    ]
    high, across = lying[0].pixels.shape[:2]
    room = (width - 2 * MARGIN - _BAR - _GAP * (len(panels) - 1)) / len(panels)
    shown_width = min(room, _TALLEST * across / high)
    shown_height = shown_width * high / across
    cell = max(shown_width, min(room, 2.4))  # a tower of a picture still needs room for its words
    strips = [("now", now)] + ([] if reference is None else [("reference", reference)])
    said = [_said(panel, cell) for panel in panels]
    head = _HEAD + max(len(lines) for _, lines in said) * _LINE
    sheet = page(
        title=f"Grad-CAM · {plan.blocks[number - 1].label} · {captions.target_name(now.target, class_names)}",
        subtitle=subtitle,
        caption=captions.cam_caption(now, reference, class_names, block=number),
        width=width,
        height=None,
        content=head
        + max(shown_height, 0.8)
        + 0.3
        + (filmstrip_height(strips, width - 2 * MARGIN) if has_filmstrip else 0.0),
        without=without,
    )
    # What is narrower than the page stands in its middle.
    start = MARGIN + (room - cell) * len(panels) / 2
    for column, (panel, under) in enumerate(zip(panels, lying, strict=True)):
        left, above = start + column * (cell + _GAP), sheet.top - head
        axes = sheet.axes(left, above - shown_height, shown_width, shown_height)
        _draw(axes, panel.over(under, colours, opacity), under.box)
        words, lines = said[column]
        sheet.write(left, sheet.top - 0.15, _name(panel, cell), bold=True)
        sheet.write(left + cell, sheet.top - 0.15, words, colour=palette.MUTED, right=True)
        for number_of_line, line in enumerate(lines, 1):
            sheet.write(left, sheet.top - 0.15 - number_of_line * _LINE, line, colour=palette.MUTED)
    left = start + len(panels) * (cell + _GAP) - _GAP + 0.12
    height = max(min(shown_height, 2.4), 0.6)
    draw_colour_bar(sheet.axes(left, sheet.top - head - height, 0.11, height), chart.scale)
    if has_filmstrip:
        below = sheet.top - head - max(shown_height, 0.8) - 0.3
        _draw_filmstrip(sheet, strips, below, selected=number, colours=colours)
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


def _draw(axes: Axes, laid: Pixels, box: Box) -> None:
    """A picture with a frame around what the network saw of it."""
    axes.set_axis_off()
    height, width = laid.shape[:2]
    axes.add_patch(_edge((0, 0), width, height))
    axes.imshow(laid, extent=(0, width, height, 0), aspect="auto", interpolation="antialiased")
    if box.width < width - 1 or box.height < height - 1:
        for colour, dashes in (("black", "-"), ("white", (0, (3, 2)))):  # seen on every picture
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


def _name(panel: CamSide, cell: float) -> str:
    return panel.title if cell >= _ROOM_FOR_UNTRAINED else panel.name


def _said(panel: CamSide, cell: float) -> tuple[str, list[str]]:
    """What the map amounts to, its maximum or why it is blank: on the line of its name where `cell` inches have room,
    else on lines of its own.
    """
    words = " · ".join(([f"maximum {panel.value}"] if panel.is_shown else []) + list(panel.notes[:1]))
    name = text_width(_name(panel, cell), palette.FONT, bold=True)
    if name + 0.15 + text_width(words, palette.FONT) <= cell:
        return words, []
    return "", wrapped(words, cell, palette.FONT)


def filmstrip_height(results: Sequence[tuple[str, ProbeResult]], width: float) -> float:
    """Inches that `draw_filmstrip` needs at that width."""
    lines = (_has_own_line(results, place, width) for place in range(len(results)))
    return sum(_height(result, width, has_line) for (_, result), has_line in zip(results, lines, strict=True))


def blank_words(result: ProbeResult) -> str:
    """Which blocks' maps are blank, and why; empty where none is."""
    groups: dict[CamState, list[int]] = {}
    for block in result.blocks:
        if block.cam_states[0] != "shown":
            groups.setdefault(block.cam_states[0], []).append(block.number)
    return "; ".join(
        f"blank in {captions.number_ranges(numbers)}: {captions.CAM_REASONS[state]}"
        for state, numbers in groups.items()
    )


def _draw_filmstrip(
    sheet: Page, results: Sequence[tuple[str, ProbeResult]], top: float, *, selected: int, colours: str
) -> None:
    """Below `top` (inches from the foot of the page): for each reading its blocks' maps, all on one scale."""
    width = sheet.width - 2 * MARGIN
    limit = cam_scale([result for _, result in results])
    for place, (_, result) in enumerate(results):
        per_row, tile, rows = _grid(len(result.blocks), width)
        first, own, scale = _head_words(results, place)
        sheet.write(MARGIN, top - 0.15, first, bold=True)
        x = MARGIN + text_width(first, palette.FONT, bold=True) + 0.15
        sheet.write(x, top - 0.15, own, colour=palette.MUTED)
        if has_line := _has_own_line(results, place, width):
            top -= _WORDS
            sheet.write(MARGIN, top - 0.15, scale, colour=palette.MUTED)
        else:
            sheet.write(sheet.width - MARGIN, top - 0.15, scale, colour=palette.MUTED, right=True)
        high = rows * (tile + _NUMBER)
        axes = sheet.bare_axes(MARGIN, top - _HEAD - high, width, high)
        for index, frame in enumerate(filmstrip(result, colours, limit)):
            left = (index % per_row) * (tile + _APART)
            bottom = high - (index // per_row + 1) * (tile + _NUMBER) + _NUMBER
            _draw_frame(axes, frame, left, bottom, tile, is_selected=frame.number == selected)
        axes.set_xlim(0, width)
        axes.set_ylim(0, high)
        for line, words in enumerate(_blank_lines(result, width)):
            y = top - _HEAD - high - 0.1 - line * _WORDS
            sheet.write(MARGIN, y, words, size=palette.FONT - 1, colour=palette.MUTED)
        top -= _height(result, width, has_line) - _WORDS * has_line


def _head_words(results: Sequence[tuple[str, ProbeResult]], place: int) -> tuple[str, str, str]:
    """The name of a strip, its own highest value, and over the first the scale of all."""
    name, result = results[place]
    own, limit = cam_scale([result]), cam_scale([each for _, each in results])
    scale = "" if place or not limit else f"one scale, 0 to {limit:.{DIGITS}g}"
    return f"every block, {name}", f"maximum {own:.{DIGITS}g}" if own else "no map", scale


def _has_own_line(results: Sequence[tuple[str, ProbeResult]], place: int, width: float) -> bool:
    """Whether the scale has no room beside the other words, in `width` inches."""
    first, own, scale = _head_words(results, place)
    used = text_width(first, palette.FONT, bold=True) + text_width(own, palette.FONT) + 0.3
    return bool(scale) and used + text_width(scale, palette.FONT) > width


def _height(result: ProbeResult, width: float, has_line: bool) -> float:
    _, tile, rows = _grid(len(result.blocks), width)
    return (
        _HEAD + _WORDS * has_line + rows * (tile + _NUMBER) + len(_blank_lines(result, width)) * _WORDS + 0.1
    )


def _blank_lines(result: ProbeResult, width: float) -> list[str]:
    words = blank_words(result)
    return wrapped(words, width, palette.FONT - 1) if words else []


def _grid(count: int, width: float) -> tuple[int, float, int]:
    """Tiles a row, side of a tile in inches, rows; rows as even as they can be."""
    rows = math.ceil(count / max(int(width / 0.5), 1))
    if rows > _MOST_ROWS:
        rows = math.ceil(count / max(int(width / 0.32), 1))
    per_row = math.ceil(count / rows)
    return per_row, min((width + _APART) / per_row - _APART, 0.9), rows


def _edge(corner: tuple[float, float], width: float, height: float) -> Rectangle:
    """A hairline around a picture: white ones would melt into the paper."""
    return Rectangle(
        corner, width, height, fill=False, edgecolor=palette.REFERENCE, linewidth=0.4, clip_on=False
    )


def _draw_frame(
    axes: Axes, frame: Frame, left: float, bottom: float, side: float, *, is_selected: bool
) -> None:
    """A map; a hollow frame with a stroke where it is blank."""
    axes.add_patch(_edge((left, bottom), side, side))
    if frame.is_blank:
        axes.plot([left, left + side], [bottom, bottom + side], color=palette.REFERENCE, linewidth=0.4)
    else:
        extent = (left, left + side, bottom, bottom + side)
        axes.imshow(frame.maps.rgb()[frame.place], extent=extent, aspect="auto", interpolation="antialiased")
    if is_selected:
        axes.add_patch(
            Rectangle((left, bottom), side, side, fill=False, edgecolor=palette.BRANCH, linewidth=1.4)
        )
    axes.text(
        left + side / 2,
        bottom - 0.035,
        str(frame.number),
        ha="center",
        va="top",
        fontsize=palette.FONT - 2,
        fontweight="bold" if is_selected else "normal",
        color=palette.BRANCH if is_selected else palette.MUTED,
        fontfamily="DejaVu Sans",
    )
