"""Grad-CAM: a block's map over the picture, now beside the reference, and every block's map in a filmstrip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import ceil, floor
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.palette import COLOUR_MAPS, ColourScale, lookup, scale_to
from resnet_viewer.charts.tiles import Coloured, coloured
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import CAM_REASONS
from resnet_viewer.records.comparing import plan_of, reading_beside
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box, Preprocessing, denormalised, visible_box
from resnet_viewer.records.probe import BlockReading, CamState, ProbeResult
from resnet_viewer.records.receptive_field import samplings

FAINT = 0.02
"""Below this share of the scale a map looks blank, and the words beside it say so."""
HAIRLINE = 16
"""Pictures that are more times as long as they are wide give way to what the network sees of them."""
DIGITS = 3
"""Of values beside a map."""
_AT_ONCE = 8192
"""Pixels that are mixed together; their floats fit into memory that is used again and again."""
_ENOUGH = 1024
"""Pixels a side from which on every other one of a picture is left out before it is averaged: to average 50 megapixels
would hold the window up.
"""
_BRIEF_REASONS: dict[CamState, str] = {
    "shown": "",
    "zero gradient": "gradients 0",
    "zero activation": "activations 0",
    "all negative": "all negative",
    "underflow": "underflow",
    "not finite": "not finite",
}
assert _BRIEF_REASONS.keys() == set(get_args(CamState))


@dataclass(frozen=True, eq=False)
class CamSide:
    """The map of a block of one of two readings."""

    name: str
    """With the block's number where it stands beside another."""
    reading: ProbeResult | None
    block: BlockReading | None
    limit: float
    """The value of the last colour."""

    @property
    def is_shown(self) -> bool:
        """There is a map, and it is not blank."""
        return self.block is not None and self.block.cam_states[0] == "shown"

    @property
    def highest(self) -> float:
        """The map's largest finite value, 0 where there is none."""
        return 0.0 if self.block is None else cam_maximum(self.block)

    @property
    def title(self) -> str:
        """Its name; a map of untrained weights is called so."""
        return (
            f"{self.name}, untrained" if self.reading is not None and self.reading.is_untrained else self.name
        )

    @property
    def value(self) -> str:
        """Its highest value to read."""
        return f"{self.highest:.{DIGITS}g}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Why the map is blank, or looks so, in ever fewer words; empty where it does not."""
        if self.block is None:
            return ()
        state = self.block.cam_states[0]
        if state != "shown":
            return f"blank: {CAM_REASONS[state]}", f"blank: {_BRIEF_REASONS[state]}", _BRIEF_REASONS[state]
        if not is_faint(self.highest, self.limit):
            return ()
        share = 100 * self.highest / self.limit
        value = f"≤ {share:.2g} %" if share >= 0.001 else "< 0.001 %"
        return f"{value} of the scale", f"{value} of scale", value

    def over(self, underlay: Underlay, colours: str, opacity: float) -> Pixels:
        """The map laid over what it belongs to; that alone where nothing is shown."""
        if self.reading is None or self.block is None or not self.is_shown:
            return underlay.pixels
        return overlay(
            underlay.pixels,
            self.block.cam[0],
            underlay.box,
            laid=cam_tiles(self.reading, self.block, underlay.box),
            vmax=self.limit,
            colours=colours,
            opacity=opacity,
        )

    def value_at(self, box: Box, x: float, y: float) -> float | None:
        """The map's value in the cell that looks nearest to a point, where `box` is what the network saw, in any units;
        None outside of it and without a map.
        """
        is_inside = box.left <= x < box.right and box.top <= y < box.bottom
        if self.reading is None or self.block is None or not is_inside:
            return None
        tiles, cam = cam_tiles(self.reading, self.block, box), self.block.cam[0]
        row = floor((y - tiles.top) / tiles.height * cam.shape[0])
        column = floor((x - tiles.left) / tiles.width * cam.shape[1])
        return float(cam[min(max(row, 0), cam.shape[0] - 1), min(max(column, 0), cam.shape[1] - 1)])


@dataclass(frozen=True, eq=False)
class CamChart:
    """A block's maps, now and reference."""

    number: int
    """Of the block, from 1."""
    sides: tuple[CamSide, CamSide]
    scale: ColourScale


def cam_chart(
    now: ProbeResult | None,
    reference: ProbeResult | None,
    *,
    plan: Blueprint,
    number: int,
    colours: str = COLOUR_MAPS[0],
) -> CamChart:
    """The map of block `number` of `plan`, now's network, and of the block beside it; readings are complete.

    One colour means one value in both.
    """
    ours = None if now is None else now.blocks[number - 1]
    theirs = None if reference is None else reading_beside(number, plan, reference)
    beside = "" if theirs is None or theirs.number == number else f", block {theirs.number}"
    top = max(0.0 if block is None else cam_maximum(block) for block in (ours, theirs))
    return CamChart(
        number,
        (CamSide("now", now, ours, top), CamSide(f"reference{beside}", reference, theirs, top)),
        scale_to(top, colours, digits=DIGITS),
    )


@dataclass(frozen=True, eq=False)
class Frame:
    """A block's map in a filmstrip."""

    number: int
    words: str
    is_blank: bool
    maps: Coloured
    """Of all blocks whose maps have this size."""
    place: int
    """Of its own among them."""


def filmstrip(result: ProbeResult, colours: str, limit: float) -> tuple[Frame, ...]:
    """The first picture's map of every block, cell by cell on one scale; `limit` is the value of the last colour."""
    frames: list[Frame] = []
    labels = [block.label for block in plan_of(result).blocks]
    for _, group in groupby(result.blocks, key=lambda block: block.cam.shape[1:]):
        blocks = tuple(group)
        maps = coloured(np.stack([block.cam[0] for block in blocks]), colours, 0.0, limit)
        for place, block in enumerate(blocks):
            state, highest = block.cam_states[0], cam_maximum(block)
            faint = ", hardly seen on this scale" if is_faint(highest, limit) else ""
            said = (
                f"highest {highest:.{DIGITS}g}{faint}" if state == "shown" else f"blank: {CAM_REASONS[state]}"
            )
            words = f"{labels[block.number - 1]} · {said}"
            frames.append(Frame(block.number, words, state != "shown", maps, place))
    return tuple(frames)


def cam_maximum(reading: BlockReading) -> float:
    """The largest finite value of a block's map for the first picture; 0 where there is none above."""
    cam = reading.cam[0]
    return float(np.max(cam, initial=0.0, where=np.isfinite(cam)))


def cam_scale(results: Iterable[ProbeResult]) -> float:
    """The largest finite value of all maps of all blocks: the one scale of a filmstrip."""
    return max((cam_maximum(block) for result in results for block in result.blocks), default=0.0)


def is_faint(highest: float, limit: float) -> bool:
    """A map that reaches `highest` on a scale that ends at `limit` can hardly be seen."""
    return 0 < highest < FAINT * limit


def is_hairline(width: int, height: int) -> bool:
    """Whether a picture is so long and thin that, drawn with its proportions, it could not be seen."""
    return max(width, height) > HAIRLINE * min(width, height)


@dataclass(frozen=True, eq=False)
class Underlay:
    """What a map is laid over, and the part of it that the network saw."""

    pixels: Pixels
    box: Box


def underlay(
    picture: Picture,
    preprocessing: Preprocessing,
    reading: ProbeResult | None,
    longest: int,
    *,
    sees_input: bool = False,
) -> Underlay:
    """The picture near `longest` pixels a side: large ones averaged, tiny ones with their pixels repeated.

    With `sees_input`, and in place of a hairline of a picture, what the network saw of it, its normalisation taken
    back, as soon as there is a reading.
    """
    if reading is not None and (sees_input or is_hairline(picture.width, picture.height)):
        seen = _repeated(denormalised(reading.network_input[0], preprocessing), longest)
        return Underlay(seen, Box(0, 0, seen.shape[1], seen.shape[0]))
    step = max(max(picture.pixels.shape[:2]) // _ENOUGH, 1)
    pixels = _repeated(shrunk(picture.pixels[::step, ::step], longest), longest)
    x, y = pixels.shape[1] / picture.width, pixels.shape[0] / picture.height
    box = visible_box(picture.width, picture.height, preprocessing)
    return Underlay(pixels, Box(box.left * x, box.top * y, box.right * x, box.bottom * y))


def _repeated(pixels: Pixels, longest: int) -> Pixels:
    times = max(longest // max(pixels.shape[:2]), 1)
    return pixels.repeat(times, axis=0).repeat(times, axis=1) if times > 1 else pixels


def shrunk(pixels: Pixels, longest: int) -> Pixels:
    """(H, W, C) bytes, averaged so that no side is longer than `longest`; the same array where none is."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    scale = longest / max(height, width)
    lower = _averaged(np.ascontiguousarray(pixels), max(round(height * scale), 1))
    across = np.ascontiguousarray(lower.swapaxes(0, 1))
    narrower = _averaged(across, max(round(width * scale), 1)) + np.float32(0.5)
    return np.ascontiguousarray(narrower.swapaxes(0, 1), dtype=np.uint8)


def _averaged(values: NDArray[Any], length: int) -> NDArray[np.float32]:
    """`length` rows in place of (N, ...), each the mean of those that it covers, in part or whole."""
    edges = np.linspace(0, len(values), length + 1)
    first, ratio = edges[:-1].astype(np.int64), len(values) / length
    found: NDArray[np.float32] = np.zeros((length, *values.shape[1:]), np.float32)
    for place in range(ceil(ratio) + 1):
        row = first + place
        share = np.clip(np.minimum(edges[1:], row + 1) - np.maximum(edges[:-1], row), 0, None) / ratio
        weights = share.astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
        found += np.multiply(values[np.minimum(row, len(values) - 1)], weights, dtype=np.float32)
    return found


def overlay(
    pixels: Pixels,
    cam: NDArray[np.float32],
    box: Box,
    *,
    laid: Box | None = None,
    vmax: float | None = None,
    colours: str = "inferno",
    opacity: float = 0.6,
) -> Pixels:
    """Lay a map over the part of the picture that the network saw.

    `box` is that part, in the pixels of `pixels`. `cam` (h, w) is stretched over `laid`, so that the middle of its
    cell (i, j) lies on the pixel that the cell looks at (see `tiles`); without `laid` over `box`, as is
    right for a map that looks at even parts of it. Between the middles it is interpolated bilinearly, and the
    outermost cells reach to the edges of `box`. `vmax` is the value of the last colour, the map's own maximum by
    default. A value v is mixed in with weight `opacity` · √(v / vmax), so that the picture stays itself
    where the map is zero, and outside of `box`. Values below zero and non-finite ones count as zero. The
    result is a new (H, W, 3) array, except where there is nothing to lay over.

    Example:
        >>> picture = np.zeros((4, 4, 3), np.uint8)
        >>> overlay(picture, np.ones((1, 1), np.float32), Box(0, 0, 4, 4)).shape
        (4, 4, 3)
    """
    height, width = pixels.shape[:2]
    finite = np.where(np.isfinite(cam), np.maximum(cam, 0), 0).astype(np.float64)
    top = float(finite.max(initial=0.0)) if vmax is None else vmax
    if not np.isfinite(top) or top <= 0 or not finite.any():
        return pixels
    laid = box if laid is None else laid
    rows, row_weights = _stretch(cam.shape[0], (box.top, box.bottom), (laid.top, laid.bottom), height)
    columns, column_weights = _stretch(cam.shape[1], (box.left, box.right), (laid.left, laid.right), width)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return pixels
    shares = np.minimum(finite / top, 1.0).astype(np.float32)
    across = shares @ column_weights.T
    keep, add = _mixing(colours, round(opacity, 4))
    result = pixels.copy()
    part = result[rows, columns]
    # A few rows at a time: memory that was never touched costs more than the arithmetic (eight times, measured).
    step = max(_AT_ONCE // part.shape[1], 1)
    for first in range(0, part.shape[0], step):
        some = slice(first, first + step)
        index = ((row_weights[some] @ across) * 255 + 0.5).astype(np.uint8)
        mixed = part[some] * keep.take(index, axis=0)
        mixed += add.take(index, axis=0)
        part[some] = mixed  # cuts what follows the point
    return result


def _stretch(
    cells: int, seen: tuple[float, float], laid: tuple[float, float], length: int
) -> tuple[slice, NDArray[np.float32]]:
    """Pixels of an axis of `length` whose centres lie in `seen`, and their weights on the cells (n, cells), whose tiles
    fill `laid`.
    """
    first = max(int(np.ceil(seen[0] - 0.5)), 0)
    last = min(int(np.ceil(seen[1] - 0.5)), length)
    start, stop = laid
    centres = np.arange(first, max(first, last)) + 0.5
    place = np.clip((centres - start) / (stop - start) * cells - 0.5, 0, cells - 1)
    distance = np.abs(place[:, None] - np.arange(cells)[None, :])
    return slice(first, last), np.maximum(1 - distance, 0).astype(np.float32)


@lru_cache(maxsize=64)
def _mixing(colours: str, opacity: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each of 256 values: the share (256, 1) that is kept of the picture, and what is added to it (256, 3).

    That has in it the half which makes a rounding of cutting the digits off.
    """
    alpha = (opacity * np.sqrt(np.linspace(0, 1, 256))).astype(np.float32)[:, None]
    return 1 - alpha, lookup(colours).astype(np.float32) * alpha + np.float32(0.5)


def tiles(sampling: Sampling, cells: tuple[int, int], side: int, box: Box) -> Box:
    """The rectangle whose even tiles, `cells` = (rows, columns) of them, have their middles where the cells look.

    `box` is the rectangle of the network's input of `side` pixels, in any units; the result has the same. A pixel's
    middle is half a pixel from its edge: tile i, `stride` wide, begins at pixel `stride · (i − ½) + offset + ½`.
    The rectangle need not have the edges of `box`: cells of a ResNet look at every 32nd pixel from 0 on, so that their
    tiles begin 15.5 pixels before the first.

    Example:
        >>> tiles(Sampling(32, 0.0), (7, 7), 224, Box(0, 0, 224, 224))
        Box(left=-15.5, top=-15.5, right=208.5, bottom=208.5)
    """
    rows, columns = cells
    x, y = box.width / side, box.height / side
    start = sampling.offset + 0.5 - sampling.stride / 2
    left, top = box.left + start * x, box.top + start * y
    return Box(left, top, left + columns * sampling.stride * x, top + rows * sampling.stride * y)


def cam_tiles(result: ProbeResult, block: BlockReading, box: Box) -> Box:
    """The rectangle of a block's Grad-CAM where what the network saw fills `box`, in its units, as `tiles` says."""
    rows, columns = block.cam.shape[-2:]
    side, state = result.network_input.shape[-1], result.request.state
    return tiles(samplings(state.network, side, state.wiring)[block.name], (rows, columns), side, box)


Pixels = NDArray[np.uint8]
