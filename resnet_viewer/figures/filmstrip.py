"""The Grad-CAM of every block in a row, all on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from resnet_viewer.figures import palette
from resnet_viewer.figures.cam_scale import cam_scale
from resnet_viewer.figures.overlay import Pixels, overlay, shrunk
from resnet_viewer.figures.page import MARGIN, Page, text_width, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.preprocessing import Box, visible_box
from resnet_viewer.records.probe import CamState, ProbeResult
from resnet_viewer.records.registering import cam_tiles

_HEAD, _NUMBER, _GAP, _WORDS = 0.24, 0.15, 0.05, 0.16
_PIXELS = 128


def filmstrip_height(results: Sequence[ProbeResult], width: float) -> float:
    """Inches that `draw_filmstrip` needs at that width."""
    return sum(_height(result, width) for result in results)


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
    for name, result in results:
        per_row, tile, rows = _grid(len(result.blocks), width)
        sheet.write(MARGIN, top - 0.15, f"every block, {name}", bold=True)
        own = f"maximum {cam_scale([result]):.3g}"
        sheet.write(
            MARGIN + text_width(f"every block, {name}", palette.FONT, bold=True) + 0.15,
            top - 0.15,
            own,
            colour=palette.MUTED,
        )
        if result is results[0][1]:
            words = f"one scale, 0 to {limit:.3g}"
            sheet.write(sheet.width - MARGIN, top - 0.15, words, colour=palette.MUTED, right=True)
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
        top -= _height(result, width)


def _height(result: ProbeResult, width: float) -> float:
    _, tile, rows = _grid(len(result.blocks), width)
    return _HEAD + rows * (tile + _NUMBER) + len(_blank_lines(result, width)) * _WORDS + 0.1


def _blank_lines(result: ProbeResult, width: float) -> list[str]:
    words = blank_words(result)
    return wrapped(words, width, palette.FONT - 1) if words else []


def _grid(count: int, width: float) -> tuple[int, float, int]:
    """Tiles a row, side of a tile in inches, rows; rows as even as they can be."""
    rows = math.ceil(count / max(int(width / 0.5), 1))
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
