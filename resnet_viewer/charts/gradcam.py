"""Grad-CAM: a block's map over the picture, now beside the reference, and every block's map in a filmstrip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from math import ceil, floor
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.limits import Span, span_of
from resnet_viewer.charts.palette import ColourScale, lookup, scale_to
from resnet_viewer.charts.tiles import Coloured, coloured
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import cam_reason
from resnet_viewer.records.comparing import layer_beside, plan_of, reading_beside
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box, Preprocessing, denormalised, visible_box
from resnet_viewer.records.probe import BlockReading, CamState, ProbeResult
from resnet_viewer.records.receptive_field import Mark, marked_field, samplings
from resnet_viewer.records.session import View

FAINT = 0.02
"""Below this share of the scale a map looks blank, and the words beside it say so."""
HAIRLINE = 16
"""Pictures that are more times as long as they are wide give way to what the network sees of them."""
DIGITS = 3
"""Of values beside a map."""
LEVELS = 0.25, 0.5, 0.75
"""Where the scale's contours run, as shares of it."""
CONTOUR_WIDTHS = 1.3, 2.0, 2.8
"""Of their lines in device-independent pixels, so that colour alone does not tell them apart."""
HEAT_CENTRES = (np.arange(256) + 0.5) / 256
"""The pixels a side of what is laid over a picture on the screen, which makes it as large as it needs."""
_FINE = 8
"""Steps a cell of a map along its contours."""
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
    span: Span
    """The values of the first and the last colour."""

    @property
    def has_map(self) -> bool:
        """There is a map, which may be blank."""
        return self.block is not None

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
            whole = "" if self.reading is None else cam_reason(self.reading, self.block)
            brief = "behind the target" if whole.startswith("it lies behind") else _BRIEF_REASONS[state]
            return f"blank: {whole}", f"blank: {brief}", brief
        if not is_faint(self.highest, self.span):
            return ()
        share = 100 * float(self.span.shares(np.array([self.highest]))[0])
        if not share:
            return "below the scale", "below"
        value = f"≤ {share:.2g} %" if share >= 0.001 else "< 0.001 %"
        return f"{value} of the scale", f"{value} of scale", value

    def over(self, underlay: Underlay, colours: str, opacity: float) -> Pixels:
        """The map laid over what it belongs to, as heat; that alone where nothing is shown."""
        if self.reading is None or self.block is None or not self.is_shown:
            return underlay.pixels
        return overlay(
            underlay.pixels,
            self.block.cam[0],
            underlay.box,
            laid=cam_tiles(self.reading, self.block, underlay.box),
            span=self.span,
            colours=colours,
            opacity=opacity,
        )

    def heat(self) -> NDArray[np.uint8] | None:
        """What `over` lays over the part that the network saw, as places (H, W) in the table of colours, the first one
        clear (see `veil`); None where nothing is shown.
        """
        shares = self._shares_at(HEAT_CENTRES)
        return None if shares is None else heat_places(shares)

    def contours(self) -> tuple[Contour, ...]:
        """The lines along which the map, interpolated as in `over`, has the values of `LEVELS`; empty where nothing is
        shown.
        """
        if self.block is None:
            return ()
        count = max(self.block.cam.shape[1:]) * _FINE
        places = np.linspace(0, 1, count + 1)
        shares = self._shares_at(places)
        if shares is None:
            return ()
        return tuple(
            Contour(level, self.span.value(level), _isolines(shares, level) / count) for level in LEVELS
        )

    def _shares_at(self, places: NDArray[np.float64]) -> NDArray[np.float32] | None:
        """The map's shares of the scale at these rows and columns, in fractions of what the network saw."""
        if self.reading is None or self.block is None or not self.is_shown or self.span.is_empty:
            return None
        laid = cam_tiles(self.reading, self.block, Box(0, 0, 1, 1))
        return shares_at(places, self.block.cam[0], laid, self.span)

    def value_at(self, box: Box, x: float, y: float) -> float | None:
        """The map's value in the cell that looks nearest to a point, where `box` is what the network saw, in any units;
        None outside of it and without a map.
        """
        is_inside = box.left <= x < box.right and box.top <= y < box.bottom
        if self.reading is None or self.block is None or not is_inside:
            return None
        return cell_value(self.block.cam[0], cam_tiles(self.reading, self.block, box), x, y)


def shares_at(
    places: NDArray[np.float64], values: NDArray[np.float32], laid: Box, span: Span
) -> NDArray[np.float32]:
    """A map's shares of a scale at these rows and columns, in the units of `laid`, its rectangle; see `overlay`."""
    down = _weights(places, (laid.top, laid.bottom), values.shape[0])
    across = _weights(places, (laid.left, laid.right), values.shape[1])
    found: NDArray[np.float32] = down @ (_shares(values, span) @ across.T)
    return found


def heat_places(shares: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Shares of a scale as places in a table of 256 colours."""
    return (shares * 255 + 0.5).astype(np.uint8)


def cell_value(values: NDArray[np.float32], laid: Box, x: float, y: float) -> float:
    """A map's value in the cell that looks nearest to a point, where its tiles fill `laid`."""
    rows, columns = values.shape
    row, column = floor((y - laid.top) / laid.height * rows), floor((x - laid.left) / laid.width * columns)
    return float(values[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)])


@dataclass(frozen=True, eq=False)
class Contour:
    """A line along which a map has one value."""

    share: float
    """Of the scale."""
    value: float
    strokes: NDArray[np.float64]
    """(N, 2, 2): N strokes, each from one (x, y) to another, in fractions of what the network saw."""


def ink_of(contour: Contour, colours: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The colour of its value, and that of the edge around it, light about a dark one: seen on every picture."""
    red, green, blue = lookup(colours)[round(255 * contour.share)].tolist()
    is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 110
    return (red, green, blue), (255, 255, 255) if is_dark else (0, 0, 0)


def _isolines(values: NDArray[np.float32], level: float) -> NDArray[np.float64]:
    """Where values (H, W) on even crossings reach `level`: strokes (N, 2, 2) in steps from the first crossing.

    Marching squares (Lorensen and Cline 1987, in two dimensions): between two crossings a value runs straight, and
    where both of a square's diagonals could be joined its middle decides.
    """
    gap = values.astype(np.float64) - level
    corners = gap[:-1, :-1], gap[:-1, 1:], gap[1:, 1:], gap[1:, :-1]  # clockwise from the upper left
    starts = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)  # x and y of these
    rows, columns = np.indices(corners[0].shape)
    is_cut, points = [], []
    for edge in range(4):
        one, other = corners[edge], corners[(edge + 1) % 4]
        is_cut.append((one >= 0) != (other >= 0))
        along = np.divide(one, one - other, out=np.zeros_like(one), where=is_cut[-1])[..., None]
        steps = starts[edge] + along * (starts[(edge + 1) % 4] - starts[edge])
        points.append(steps + np.stack([columns, rows], axis=-1))
    crossed, ends = np.stack(is_cut, axis=-1), np.stack(points, axis=-2)  # (H, W, 4), (H, W, 4, 2)
    count = crossed.sum(axis=-1)
    single = ends[count == 2][crossed[count == 2]].reshape(-1, 2, 2)
    saddles, middles = ends[count == 4], np.mean([corner[count == 4] for corner in corners], axis=0)
    # Edge k leads from corner k on: the strokes cut the upper left corner off, or the upper right one.
    is_upper_left = (corners[0][count == 4] >= 0) != (middles >= 0)
    order = np.where(is_upper_left[:, None], [3, 0, 1, 2], [0, 1, 2, 3])
    double = np.take_along_axis(saddles, order[..., None], axis=1).reshape(-1, 2, 2)
    return np.concatenate([single, double])


@dataclass(frozen=True, eq=False)
class CamChart:
    """A block's maps, now and reference."""

    number: int
    """Of the block, from 1."""
    sides: tuple[CamSide, CamSide]
    scale: ColourScale
    """Of both; of maps that have scales of their own it names no values."""


def cam_chart(
    now: ProbeResult | None, reference: ProbeResult | None, *, plan: Blueprint, number: int, view: View
) -> CamChart:
    """The map of block `number` of `plan`, now's network, and of the block beside it; readings are complete.

    On the view's shared scale one colour means one value in both.
    """
    ours = None if now is None else now.blocks[number - 1]
    theirs = None if reference is None else reading_beside(number, plan, reference)
    beside = "" if theirs is None or theirs.number == number else f", block {theirs.number}"
    spans = spans_of([[] if block is None else [block.cam[0]] for block in (ours, theirs)], view)
    return CamChart(
        number,
        (CamSide("now", now, ours, spans[0]), CamSide(f"reference{beside}", reference, theirs, spans[1])),
        scale_of(spans[0], view),
    )


def looks_words(view: View) -> list[str]:
    """How maps are drawn, as far as it is not as usual: one scale for all, up to the highest value, as heat."""
    if view.picture_shows != "overlay":
        return ["the picture alone" if view.picture_shows == "original" else "what the network sees"]
    words = [] if has_one_scale(view) else ["each on its own scale"]
    words += [view.cam_limits.words] if view.cam_limits.words else []
    if view.cam_style == "contours":
        words.append(f"contours at {', '.join(f'{100 * level:.0f}' for level in LEVELS)} % of the scale")
    return words


def has_one_scale(view: View) -> bool:
    """A colour means one value in every map."""
    return view.cam_scale == "shared" or view.cam_limits.by_hand is not None


def spans_of(maps: Sequence[Sequence[NDArray[Any]]], view: View) -> list[Span]:
    """The span of each group of maps: one of all, or each its own, as the view has it."""
    if view.cam_scale == "shared":
        return [span_of(view.cam_limits, [one for group in maps for one in group])] * len(maps)
    return [span_of(view.cam_limits, group) for group in maps]


def scale_of(span: Span, view: View, meaning: str = "") -> ColourScale:
    """The scale of maps that share `span`; where each has its own, that one has."""
    if has_one_scale(view):
        return span.scale(view.cam_colours, meaning=meaning, digits=DIGITS)
    kind = view.cam_limits.words
    return scale_to(None, view.cam_colours, meaning=f"each on its own scale{f', {kind}' if kind else ''}")


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


def filmstrip(result: ProbeResult, spans: Sequence[Span], colours: str) -> tuple[Frame, ...]:
    """The first picture's map of every block, cell by cell, each on its span (see `strip_spans`)."""
    frames: list[Frame] = []
    labels = [block.label for block in plan_of(result).blocks]
    for _, group in groupby(result.blocks, key=lambda block: block.cam.shape[1:]):
        blocks = tuple(group)
        shares = np.stack([spans[block.number - 1].shares(block.cam[0]) for block in blocks])
        shares[~np.isfinite([block.cam[0] for block in blocks])] = np.nan
        maps = coloured(shares, colours, 0.0, 1.0)
        for place, block in enumerate(blocks):
            state, highest = block.cam_states[0], cam_maximum(block)
            faint = ", hardly seen on this scale" if is_faint(highest, spans[block.number - 1]) else ""
            reason = cam_reason(result, block)
            said = f"blank: {reason}" if reason else f"highest {highest:.{DIGITS}g}{faint}"
            words = f"{labels[block.number - 1]} · {said}"
            frames.append(Frame(block.number, words, state != "shown", maps, place))
    return tuple(frames)


def strip_spans(results: Sequence[ProbeResult], view: View) -> list[list[Span]]:
    """For each reading the span of every block's map: one of all readings' blocks, or each its own."""
    spans = iter(spans_of([[block.cam[0]] for result in results for block in result.blocks], view))
    return [list(islice(spans, len(result.blocks))) for result in results]


def cam_maximum(reading: BlockReading) -> float:
    """The largest finite value of a block's map for the first picture; 0 where there is none above."""
    cam = reading.cam[0]
    return float(np.max(cam, initial=0.0, where=np.isfinite(cam)))


def is_faint(highest: float, span: Span) -> bool:
    """A map that reaches `highest` can hardly be seen on that scale."""
    return highest > 0 and not span.is_empty and float(span.shares(np.array([highest]))[0]) < FAINT


def is_hairline(width: int, height: int) -> bool:
    """Whether a picture is so long and thin that, drawn with its proportions, it could not be seen."""
    return max(width, height) > HAIRLINE * min(width, height)


@dataclass(frozen=True, eq=False)
class Underlay:
    """What a map is laid over, and the part of it that the network saw."""

    pixels: Pixels
    box: Box


def sees_input(view: View) -> bool:
    """Whether the view is of what the network sees, alone or under a map."""
    return view.picture_shows == "input" or (view.picture_shows == "overlay" and view.sees_network_input)


def underlay(
    picture: Picture,
    preprocessing: Preprocessing,
    reading: ProbeResult | None,
    longest: int,
    *,
    view: View,
) -> Underlay:
    """The picture near `longest` pixels a side: large ones averaged, tiny ones with their pixels repeated.

    Where the view is of that, and in place of a hairline of a picture, what the network saw of it, its normalisation
    taken back, as soon as there is a reading.
    """
    if reading is not None and (sees_input(view) or is_hairline(picture.width, picture.height)):
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
    span: Span | None = None,
    colours: str = "inferno",
    opacity: float = 0.6,
) -> Pixels:
    """Lay a map over the part of the picture that the network saw.

    `box` is that part, in the pixels of `pixels`. `cam` (h, w) is stretched over `laid`, so that the middle of its
    cell (i, j) lies on the pixel that the cell looks at (see `tiles_over`); without `laid` over `box`, as is
    right for a map that looks at even parts of it. Between the middles it is interpolated bilinearly, and the
    outermost cells reach to the edges of `box`. `span` has the values of the first and the last colour, by default
    zero and the map's own maximum. A value that is the share s of it is mixed in with weight `opacity` · √s, so that
    the picture stays itself where the map is zero, and outside of `box`; on a signed span s is its size's share of the
    end. Non-finite values count as the first colour's, of a signed span as zero. The result is a new (H, W, 3) array,
    except where there is nothing to lay over.

    Example:
        >>> picture = np.zeros((4, 4, 3), np.uint8)
        >>> overlay(picture, np.ones((1, 1), np.float32), Box(0, 0, 4, 4)).shape
        (4, 4, 3)
    """
    height, width = pixels.shape[:2]
    span = span_of(Limits(), [cam]) if span is None else span
    shares = _shares(cam, span)
    if span.is_empty or not (shares != _clear(span)).any():
        return pixels
    laid = box if laid is None else laid
    rows, y = _covered(height, box.top, box.bottom)
    columns, x = _covered(width, box.left, box.right)
    if not len(x) or not len(y):
        return pixels
    down = _weights(y, (laid.top, laid.bottom), cam.shape[0])
    across = shares @ _weights(x, (laid.left, laid.right), cam.shape[1]).T
    keep, add = _mixing(colours, round(opacity, 4), is_signed=span.is_signed)
    result = pixels.copy()
    part = result[rows, columns]
    # A few rows at a time: memory that was never touched costs more than the arithmetic (eight times, measured).
    step = max(_AT_ONCE // part.shape[1], 1)
    for first in range(0, part.shape[0], step):
        some = slice(first, first + step)
        index = ((down[some] @ across) * 255 + 0.5).astype(np.uint8)
        mixed = part[some] * keep.take(index, axis=0)
        mixed += add.take(index, axis=0)
        part[some] = mixed  # cuts what follows the point
    return result


def _shares(cam: NDArray[np.float32], span: Span) -> NDArray[np.float32]:
    """Of the scale, 0 to 1; what is not finite is where nothing is laid."""
    found = span.shares(cam)
    found[~np.isfinite(cam)] = _clear(span)
    return found


def _clear(span: Span) -> float:
    """The share where nothing is laid: the first colour's, or the middle's."""
    return 0.5 if span.is_signed and not span.is_empty else 0.0


def _covered(length: int, start: float, stop: float) -> tuple[slice, NDArray[np.float64]]:
    """The pixels of an axis of `length` whose centres lie between `start` and `stop`, and these centres."""
    first = max(int(np.ceil(start - 0.5)), 0)
    last = max(min(int(np.ceil(stop - 0.5)), length), first)
    return slice(first, last), np.arange(first, last, dtype=np.float64) + 0.5


def _weights(places: NDArray[np.float64], laid: tuple[float, float], cells: int) -> NDArray[np.float32]:
    """Of the cells (n, cells), whose tiles fill `laid`, at places of an axis; the outermost reach on."""
    start, stop = laid
    place = np.clip((places - start) / (stop - start) * cells - 0.5, 0, cells - 1)
    distance = np.abs(place[:, None] - np.arange(cells)[None, :])
    weights: NDArray[np.float32] = np.maximum(1 - distance, 0).astype(np.float32)
    return weights


@lru_cache(maxsize=64)
def _mixing(
    colours: str, opacity: float, *, is_signed: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each of 256 values: the share (256, 1) that is kept of the picture, and what is added to it (256, 3).

    That has in it the half which makes a rounding of cutting the digits off.
    """
    alpha = (opacity * _weight(is_signed)).astype(np.float32)[:, None]
    return 1 - alpha, lookup(colours).astype(np.float32) * alpha + np.float32(0.5)


def _weight(is_signed: bool) -> NDArray[np.float64]:
    """By which each of 256 colours counts, (256,): the first not at all, of signed ones the two in the middle."""
    sizes = np.abs(np.arange(256) - 127.5) - 0.5 if is_signed else np.arange(256.0)
    weights: NDArray[np.float64] = np.sqrt(sizes / sizes[-1])
    return weights


@lru_cache(maxsize=32)
def veil(colours: str, *, is_signed: bool = False) -> NDArray[np.uint8]:
    """The table (256, 4) of red, green, blue, premultiplied, and alpha that, laid over a picture with an opacity, mixes
    as `overlay` does with it; read-only.
    """
    alpha = _weight(is_signed)[:, None]
    table: NDArray[np.uint8] = np.rint(np.concatenate([lookup(colours) * alpha, 255 * alpha], axis=1)).astype(
        np.uint8
    )
    table.flags.writeable = False
    return table


def tiles_over(sampling: Sampling, cells: tuple[int, int], side: int, box: Box) -> Box:
    """The rectangle whose even tiles, `cells` = (rows, columns) of them, have their middles where the cells look.

    `box` is the rectangle of the network's input of `side` pixels, in any units; the result has the same. A pixel's
    middle is half a pixel from its edge: tile i, `stride` wide, begins at pixel `stride · (i − ½) + offset + ½`.
    The rectangle need not have the edges of `box`: cells of a ResNet look at every 32nd pixel from 0 on, so that their
    tiles begin 15.5 pixels before the first.

    Example:
        >>> tiles_over(Sampling(32, 0.0), (7, 7), 224, Box(0, 0, 224, 224))
        Box(left=-15.5, top=-15.5, right=208.5, bottom=208.5)
    """
    rows, columns = cells
    x, y = box.width / side, box.height / side
    start = sampling.offset + 0.5 - sampling.stride / 2
    left, top = box.left + start * x, box.top + start * y
    return Box(left, top, left + columns * sampling.stride * x, top + rows * sampling.stride * y)


def cam_tiles(result: ProbeResult, block: BlockReading, box: Box) -> Box:
    """Where a block's Grad-CAM lies if what the network saw fills `box`, in its units, as `tiles_over` says."""
    rows, columns = block.cam.shape[-2:]
    side, state = result.network_input.shape[-1], result.request.state
    return tiles_over(samplings(state.network, side, state.wiring)[block.name], (rows, columns), side, box)


def placed(box: Box, mark: Mark) -> tuple[float, float]:
    """Where a point of the network's input, which fills `box`, lies."""
    return box.left + mark[0] * box.width, box.top + mark[1] * box.height


def field_of(reading: ProbeResult, layer: str, plan: Blueprint, mark: Mark) -> Box | None:
    """What the cell of `layer`'s map at a marked point sees of the network's input, in fractions of it; `layer` is one
    of `plan`'s names. None where it has no map, or sees nothing.
    """
    theirs = plan_of(reading)
    name = layer if theirs.spec == plan.spec else layer_beside(layer, plan, theirs)
    if name is None or name not in theirs.map_names():
        return None
    return marked_field(reading.request.state, name, mark).box


def inside(box: Box, part: Box) -> Box:
    """Where a part of the network's input, in fractions of it, lies if that fills `box`."""
    (left, top), (right, bottom) = placed(box, (part.left, part.top)), placed(box, (part.right, part.bottom))
    return Box(left, top, right, bottom)


Pixels = NDArray[np.uint8]
