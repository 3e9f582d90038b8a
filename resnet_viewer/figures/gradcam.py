"""Grad-CAM over the original picture: now beside the reference, and a filmstrip of every block."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradcam import (
    CONTOUR_WIDTHS,
    DIGITS,
    CamSide,
    Frame,
    Pixels,
    cam_chart,
    cam_maximum,
    field_of,
    filmstrip,
    has_one_scale,
    ink_of,
    inside,
    is_hairline,
    looks_words,
    placed,
    scale_of,
    strip_spans,
    underlay,
)
from resnet_viewer.figures.export import complete_reference
from resnet_viewer.figures.page import (
    HEAD,
    HEAD_LINE,
    MARGIN,
    USUAL,
    Page,
    Paper,
    beside,
    draw_colour_bar,
    draw_edge,
    page,
    wrapped,
    write,
)
from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import block_beside, plan_of, reading_beside
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import BlockReading, ProbeResult
from resnet_viewer.records.receptive_field import Mark, samplings
from resnet_viewer.records.session import View

_USUAL = View()
_BAR = 0.78
_GAP = 0.22
_ROOM_FOR_UNTRAINED = 2.9
"""Inches of a panel from which on "reference, untrained" fits beside its maximum."""
_TALLEST = 5.0
"""Inches of height that a tall picture takes, if it leaves room at its sides."""
PIXELS = 900
"""The longer side of a shown picture."""
_NUMBER, _APART = 0.15, 0.05
"""Inches of the filmstrip: a block's number, the room between two tiles."""
StripRows = Literal["none", "one", "several"]
"""Of the filmstrip of each reading: in one row its tiles are small; it takes more where there are too many."""
_MOST_ROWS = 4
"""Of tiles of half an inch; where they would take more, tiles are smaller."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    view: View = _USUAL,
    *,
    class_names: tuple[str, ...] = (),
    paper: Paper = USUAL,
    strip_rows: StripRows = "several",
) -> Figure:
    """The map of the view's block over the picture, now beside the reference, and, in strips, the maps of every block.

    What lies over the picture, and on which scale, is as the view has it; on the shared one a colour means one value on
    both pictures, and one in all the small ones. A blank map carries the reason in words.
    Of a picture too thin to be seen only what the network saw is shown, and the page says so.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    reference = complete_reference(now, reference)
    number, plan, colours = _block_number(now, view.cam_block), plan_of(now), view.cam_colours
    chart = cam_chart(now, reference, plan=plan, number=number, view=view)
    panels = [side for side in chart.sides if side.reading is not None]
    picture = now.picture
    subtitle = " · ".join([captions.network_title(now), *looks_words(view)])
    if is_hairline(picture.width, picture.height):
        subtitle += f" · what the network saw of {picture.width} × {picture.height} pixels"
    lying = [
        underlay(picture, side.reading.request.state.preprocessing, side.reading, PIXELS, view=view)
        for side in panels
        if side.reading is not None
    ]
    high, across = lying[0].pixels.shape[:2]
    width = paper.width
    room = (width - 2 * MARGIN - _BAR - _GAP * (len(panels) - 1)) / len(panels)
    shown_width = min(room, _TALLEST * across / high)
    shown_height = shown_width * high / across
    cell = max(shown_width, min(room, 2.4))  # a tower of a picture still needs room for its words
    readings = [now] if reference is None else [now, reference]
    strips = _strips(readings, view, width - 2 * MARGIN, strip_rows) if strip_rows != "none" else []
    said = [_said(panel, cell) for panel in panels]
    head = HEAD + max(len(lines) for _, lines in said) * HEAD_LINE
    sheet = page(
        paper,
        f"Grad-CAM · {plan.blocks[number - 1].label} · {captions.target_name(now.target, class_names)}",
        subtitle,
        captions.cam_caption(now, reference, class_names, block=number),
        content=head + max(shown_height, 0.8) + 0.3 + sum(strip.height for strip in strips),
        is_as_high_as_needed=True,
    )
    # What is narrower than the page stands in its middle.
    start = MARGIN + (room - cell) * len(panels) / 2
    for column, (panel, under) in enumerate(zip(panels, lying, strict=True)):
        left, above = start + column * (cell + _GAP), sheet.top - head
        axes = sheet.axes(left, above - shown_height, shown_width, shown_height)
        has_heat = view.picture_shows == "overlay" and view.cam_style == "heat"
        draw_laid(axes, panel.over(under, colours, view.cam_opacity) if has_heat else under.pixels, under.box)
        if view.picture_shows == "overlay" and view.cam_style == "contours":
            _draw_contours(axes, panel, under.box, view)
        if view.mark is not None:
            _draw_mark(axes, panel, under.box, view.mark, view.layer, plan)
        sheet.write_head(left, sheet.top, cell, _name(panel, cell), said[column])
    left = start + len(panels) * (cell + _GAP) - _GAP + 0.12
    height = max(min(shown_height, 2.4), 0.6)
    draw_colour_bar(sheet.axes(left, sheet.top - head - height, 0.11, height), chart.scale)
    below = sheet.top - head - max(shown_height, 0.8) - 0.3
    for strip in strips:
        beside_it = block_beside(number, of=len(now.blocks), among=len(strip.frames))
        _draw_strip(sheet, strip, below, selected=beside_it)
        below -= strip.height
    return sheet.figure


VALUES = (
    "Grad-CAM at the block's output, after the ReLU, before any scaling; one row a cell of the map, from 0; "
    "y and x are the pixel of the network's input that the cell looks at, from 0 at the pixels' centres"
)
"""What the numbers of the table are, for its header."""


def table(now: ProbeResult, reference: ProbeResult | None, *, block: int | None = None) -> Table:
    """Header and rows for `export.csv_bytes`: the map of `block` (from 1, the last by default), cell by cell.

    The values are those of `BlockReading.cam`; `float` reads them back exactly. `reference` is the map of the block
    beside it where that is another network; where that has another size its cells follow in rows of their own, under
    that block's number. y and x are of now, in such rows of the reference.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        IndexError: there is no such block.
    """
    reference = complete_reference(now, reference)
    number, plan = _block_number(now, block), plan_of(now)
    ours = now.blocks[number - 1]
    theirs = None if reference is None else reading_beside(number, plan, reference)
    is_aligned = theirs is not None and theirs.cam.shape == ours.cam.shape
    rows: list[Sequence[object]] = []
    for cell, value, y, x in _cells(now, ours):
        other = float(theirs.cam[0][cell]) if theirs is not None and is_aligned else ""
        rows.append((number, *cell, value, other, y, x))
    if reference is not None and theirs is not None and not is_aligned:
        for cell, value, y, x in _cells(reference, theirs):
            rows.append((theirs.number, *cell, "", value, y, x))
    return ("block", "row", "column", "now", "reference", "y", "x"), rows


def _cells(result: ProbeResult, block: BlockReading) -> Iterator[tuple[tuple[int, int], float, float, float]]:
    """Row and column, value, and the pixel of the network's input that the cell looks at."""
    state, side = result.request.state, result.network_input.shape[-1]
    where = samplings(state.network, side, state.wiring)[block.name]
    for (row, column), value in np.ndenumerate(block.cam[0]):
        y, x = (where.stride * place + where.offset for place in (row, column))
        yield (row, column), float(value), y, x


def _block_number(now: ProbeResult, block: int | None) -> int:
    number = len(now.blocks) if block is None else block
    if not 1 <= number <= len(now.blocks):
        raise IndexError(f"there is no block {number}: this network has blocks 1 to {len(now.blocks)}")
    return number


def draw_laid(axes: Axes, laid: Pixels, box: Box) -> None:
    """A picture with a frame around what the network saw of it."""
    axes.set_axis_off()
    height, width = laid.shape[:2]
    _edge(axes, (0, 0), (width, height), palette.REFERENCE, 0.4)  # white ones would melt into the paper
    axes.imshow(laid, extent=(0, width, height, 0), aspect="auto", interpolation="antialiased")
    if box.width < width - 1 or box.height < height - 1:
        for colour, dashes in (("black", "-"), ("white", (0, (3, 2)))):  # seen on every picture
            _edge(axes, (box.left, box.top), (box.width, box.height), colour, 0.8, linestyle=dashes)
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)


def _draw_contours(axes: Axes, panel: CamSide, box: Box, view: View) -> None:
    """In the colours of their values, wider for higher ones."""
    contours = panel.contours()
    for place, contour in enumerate(contours):
        strokes = [line * (box.width, box.height) + (box.left, box.top) for line in joined(contour.strokes)]
        colour, edge = ink_of(contour, view.cam_colours)
        for ink, wider in ((edge, 0.9), (colour, 0.0)):
            shade = tuple(part / 255 for part in ink)
            lines = LineCollection(
                strokes, colors=[shade], linewidths=CONTOUR_WIDTHS[place] * 0.6 + wider,
                alpha=view.cam_opacity, capstyle="round", joinstyle="round", zorder=2 if wider else 3,
            )  # fmt: skip
            axes.add_collection(lines, autolim=False)


def joined(strokes: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Strokes (N, 2, 2) as lines (n, 2) that are as long as can be: where single strokes meet, ink that is not opaque
    would be twice as dark.
    """
    ends = [tuple(map(tuple, pair)) for pair in strokes.round(9).tolist()]
    at: dict[tuple[float, ...], list[int]] = {}
    for place, pair in enumerate(ends):
        for end in pair:
            at.setdefault(end, []).append(place)
    left = set(range(len(ends)))

    def followed(end: tuple[float, ...]) -> list[tuple[float, ...]]:
        line = [end]
        while (place := next((one for one in at[line[-1]] if one in left), None)) is not None:
            left.remove(place)
            first, second = ends[place]
            line.append(second if first == line[-1] else first)
        return line

    lines = []
    while left:
        first, second = ends[left.pop()]
        lines.append(np.array([*followed(first)[::-1], *followed(second)]))
    return lines


def _draw_mark(axes: Axes, panel: CamSide, box: Box, mark: Mark, layer: str, plan: Blueprint) -> None:
    """A cross at the marked point, and what the selected layer's cell there sees; white on black."""
    field = None if panel.reading is None else field_of(panel.reading, layer, plan, mark)
    for shade, wide in (("black", 2.0), ("white", 0.8)):
        x, y = placed(box, mark)
        axes.plot(
            [x], [y], "+", color=shade, markersize=8 + wide, markeredgewidth=wide, zorder=5, clip_on=False
        )
        if field is not None:
            lying = inside(box, field)
            _edge(axes, (lying.left, lying.top), (lying.width, lying.height), shade, wide, zorder=4)


def _name(panel: CamSide, cell: float) -> str:
    return panel.title if cell >= _ROOM_FOR_UNTRAINED else panel.name


def _said(panel: CamSide, cell: float) -> tuple[str, list[str]]:
    """What the map amounts to: its maximum, and why it is blank or looks so."""
    words = [f"maximum {panel.value}"] if panel.is_shown else []
    return beside(_name(panel, cell), [*words, *panel.notes[:1]], cell)


def blank_words(result: ProbeResult) -> str:
    """Which blocks' maps are blank, and why; empty where none is."""
    groups: dict[str, list[int]] = {}
    for block in result.blocks:
        if reason := captions.cam_reason(result, block):
            groups.setdefault(reason, []).append(block.number)
    return "; ".join(
        f"blank in {captions.number_ranges(numbers)}: {reason}" for reason, numbers in groups.items()
    )


@dataclass(frozen=True)
class _Strip:
    """The filmstrip of one reading, laid out."""

    name: str
    said: tuple[str, list[str]]
    frames: tuple[Frame, ...]
    blank: list[str]
    """Lines below it."""
    per_row: int
    tile: float
    """Inches of a side."""
    high: float
    """Inches of all rows with their numbers."""

    @property
    def head(self) -> float:
        """Inches above the tiles."""
        return HEAD + len(self.said[1]) * HEAD_LINE

    @property
    def height(self) -> float:
        """Inches of all of it."""
        return self.head + self.high + len(self.blank) * HEAD_LINE + 0.1


def _strips(results: Sequence[ProbeResult], view: View, width: float, strip_rows: StripRows) -> list[_Strip]:
    """For each reading its blocks' maps, all on one scale or each on its own."""
    found: list[_Strip] = []
    spans = strip_spans(results, view)
    titles = [result.request.state.network.title for result in results]
    for name, title, result, own in zip(("now", "reference"), titles, results, spans, strict=False):
        highest = max(map(cam_maximum, result.blocks))
        words = [f"maximum {highest:.{DIGITS}g}" if highest else "no map"]
        scale = scale_of(own[0], view)
        if not found and scale.ends[1]:
            one = f"one scale, {' to '.join(scale.ends)}"
            words.append(one if has_one_scale(view) else "each on its own scale")
        per_row, tile, rows = _grid(len(result.blocks), width, is_one_row=strip_rows == "one")
        blank, is_named = blank_words(result), len(set(titles)) > 1
        head = f"every block, {name}: {title}" if is_named else f"every block, {name}"
        found.append(
            _Strip(
                head,
                beside(head, words, width),
                filmstrip(result, own, view.cam_colours),
                wrapped(blank, width, palette.FONT) if blank else [],
                per_row,
                tile,
                rows * (tile + _NUMBER),
            )
        )
    return found


def _draw_strip(sheet: Page, strip: _Strip, top: float, *, selected: int) -> None:
    """Below `top`, inches from the foot of the page."""
    width = sheet.width - 2 * MARGIN
    sheet.write_head(MARGIN, top, width, strip.name, strip.said)
    axes = sheet.bare_axes(MARGIN, top - strip.head - strip.high, width, strip.high)
    for index, frame in enumerate(strip.frames):
        left = (index % strip.per_row) * (strip.tile + _APART)
        bottom = strip.high - (index // strip.per_row + 1) * (strip.tile + _NUMBER) + _NUMBER
        _draw_frame(axes, frame, left, bottom, strip.tile, is_selected=frame.number == selected)
    axes.set_xlim(0, width)
    axes.set_ylim(0, strip.high)
    sheet.write_lines(MARGIN, top - strip.head - strip.high - 0.1, strip.blank)


def _grid(count: int, width: float, *, is_one_row: bool = False) -> tuple[int, float, int]:
    """Tiles a row, side of a tile in inches, rows; rows as even as they can be."""
    rows = math.ceil(count / max(int(width / (0.2 if is_one_row else 0.5)), 1))
    if rows > _MOST_ROWS and not is_one_row:
        rows = math.ceil(count / max(int(width / 0.32), 1))
    per_row = math.ceil(count / rows)
    return per_row, min((width + _APART) / per_row - _APART, 0.9), rows


_edge = partial(draw_edge, clip_on=False)


def _draw_frame(
    axes: Axes, frame: Frame, left: float, bottom: float, side: float, *, is_selected: bool
) -> None:
    """A map; a hollow frame with a stroke where it is blank."""
    _edge(axes, (left, bottom), (side, side), palette.REFERENCE, 0.4)
    if frame.is_blank:
        axes.plot([left, left + side], [bottom, bottom + side], color=palette.REFERENCE, linewidth=0.4)
    else:
        extent = (left, left + side, bottom, bottom + side)
        pixels = frame.maps.rgb(frame.place)
        axes.imshow(pixels, extent=extent, aspect="auto", interpolation="antialiased")
    if is_selected:
        _edge(axes, (left, bottom), (side, side), palette.BRANCH, 1.4)
    colour, place = palette.BRANCH if is_selected else palette.MUTED, (left + side / 2, bottom - 0.035)
    write(axes, *place, str(frame.number), va="top", size=palette.FONT - 2, colour=colour, bold=is_selected)
