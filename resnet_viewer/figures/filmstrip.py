"""The Grad-CAM of every block in a row, all on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradcam import cam_scale
from resnet_viewer.figures.overlay import Pixels, overlay, shrunk
from resnet_viewer.figures.page import MARGIN, Page, text_width, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.preprocessing import Box, visible_box
from resnet_viewer.records.probe import CamState, ProbeResult
from resnet_viewer.records.registering import cam_tiles

_HEAD, _NUMBER, _GAP, _WORDS = 0.24, 0.15, 0.05, 0.16
_PIXELS = 128
_MOST_ROWS = 4
"""Of tiles of half an inch; where they would take more, tiles are smaller."""


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


def draw_filmstrip(
    sheet: Page,
    results: Sequence[tuple[str, ProbeResult]],
    top: float,
    *,
    selected: int,
    colours: str,
    opacity: float,
) -> None:
    """Below `top` (inches from the foot of the page): for each reading its blocks' maps over what the
    network saw.
    """
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
        ground, box = seen_part(result)
        for index, block in enumerate(result.blocks):
            left = (index % per_row) * (tile + _GAP)
            bottom = high - (index // per_row + 1) * (tile + _NUMBER) + _NUMBER
            tiles = cam_tiles(result, block, box)
            laid = overlay(
                ground, block.cam[0], box, tiles=tiles, vmax=limit, colours=colours, opacity=opacity
            )
            _tile(axes, laid, left, bottom, tile, number=block.number, is_selected=block.number == selected)
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
    scale = "" if place or not limit else f"one scale, 0 to {limit:.3g}"
    return f"every block, {name}", f"maximum {own:.3g}" if own else "no map", scale


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
    return per_row, min((width + _GAP) / per_row - _GAP, 0.9), rows


def seen_part(result: ProbeResult) -> tuple[Pixels, Box]:
    """The part of the picture that the network saw, small, and where a map lies on it."""
    picture = result.request.picture
    box = visible_box(picture.width, picture.height, result.request.state.preprocessing)
    left, top = max(math.floor(box.left), 0), max(math.floor(box.top), 0)
    right, bottom = min(math.ceil(box.right), picture.width), min(math.ceil(box.bottom), picture.height)
    part = picture.pixels[top:bottom, left:right]
    small = shrunk(part, _PIXELS)
    repeat = max(_PIXELS // max(small.shape[:2]), 1)
    small = small.repeat(repeat, axis=0).repeat(repeat, axis=1)
    x, y = small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]
    return small, Box(
        (box.left - left) * x, (box.top - top) * y, (box.right - left) * x, (box.bottom - top) * y
    )


def edge(corner: tuple[float, float], width: float, height: float) -> Rectangle:
    """A hairline around a picture: white ones would melt into the paper."""
    return Rectangle(
        corner, width, height, fill=False, edgecolor=palette.REFERENCE, linewidth=0.4, clip_on=False
    )


def _tile(
    axes: Axes, pixels: Pixels, left: float, bottom: float, side: float, *, number: int, is_selected: bool
) -> None:
    extent = (left, left + side, bottom, bottom + side)
    axes.imshow(pixels, extent=extent, aspect="auto", interpolation="antialiased")
    axes.add_patch(edge((left, bottom), side, side))
    if is_selected:
        axes.add_patch(
            Rectangle((left, bottom), side, side, fill=False, edgecolor=palette.BRANCH, linewidth=1.4)
        )
    axes.text(
        left + side / 2,
        bottom - 0.035,
        str(number),
        ha="center",
        va="top",
        fontsize=palette.FONT - 2,
        fontweight="bold" if is_selected else "normal",
        color=palette.BRANCH if is_selected else palette.MUTED,
        fontfamily="DejaVu Sans",
    )
