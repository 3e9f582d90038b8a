"""A study's numbers over two axes: lines of one value with their names, a path over them, and the surface they make.

Levels are chosen here, once, from the scale alone, so that a line means the same on screen and paper and in every panel
that shares the scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import contourpy
import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import Axis, Floats, Room, Tick
from resnet_viewer.charts.confusion import contrast_of, lights_of
from resnet_viewer.charts.curves import round_numbers
from resnet_viewer.charts.palette import PAPER, TEXT, lookup, printed
from resnet_viewer.charts.study_chart import level_numbers, numbers_along
from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import Scale

WHITE = "#ffffff"
LINE, LINE_OPACITY = 1.0, 0.75
"""Of a line of one value: its width in pixels."""
PATH, HALO, DOT = 1.6, 3.8, 5.0
"""Pixels: the widths of a path and of the white around it, and the diameter of its dots; its ends are larger."""
END = 9.0
START_WORD, END_WORD = "start", "end"
_MOST_LEVELS = 12
_STEPS = ((1, 2, 5), (1, 3), (1,))
"""Of a decade's numbers those that are levels; fewer where decades are many."""
_FEW = 3
_STRAIGHT = 0.93
"""How long the chord under a name is at least, as a share of the line under it."""
_ALONG = 6.0
"""Pixels from one place for a name to the next one that is tried."""
_TRIED = 24
"""Places of one line that are tried."""
_MOST_NAMED = 6
"""Lines of one value that may have its name."""
_LONG = 4.0
"""A line of so many names' lengths may have a second name."""
_APART = 26.0
"""Pixels from one name to another at least, besides their own lengths."""
_BETWEEN = 12
"""Pieces of a path's line over a surface from point to point."""
_FINE = 128
"""Rows and columns between which lines and surface run straight: of fewer, measured ones those between are interpolated
in both directions, on the colours' scale."""


@dataclass(frozen=True, eq=False)
class Line:
    """All that is drawn of one value: pieces (n, 2) in pixels, with gaps where the value's name stands."""

    value: float
    colour: str
    pieces: tuple[Floats, ...]


@dataclass(frozen=True)
class Word:
    """A name in the plot, around its middle, turned by degrees clockwise; with a halo where it stands on no gap."""

    text: str
    x: float
    y: float
    turned: float
    colour: str
    has_halo: bool = False


@dataclass(frozen=True, eq=False)
class Relief:
    """What is drawn over the cells, in a room's pixels."""

    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    words: tuple[Word, ...]
    path: Floats
    """(n, 2) of the points of the path; nan where one has no place."""
    path_colour: str

    @property
    def path_line(self) -> Floats:
        """(m, 2) of the points that have a place: the line goes through them, and skips the others."""
        found: Floats = self.path[np.isfinite(self.path).all(axis=1)]
        return found


@dataclass(frozen=True, eq=False)
class Surface:
    """Vertices in a cube of side 1 around 0, the heights from −0.5 to 0.5 or less, with the matrix's colours."""

    vertices: Floats
    """(N, 3)"""
    faces: NDArray[np.intp]
    """(M, 3) of places among the vertices."""
    colours: Floats
    """(N, 4) from 0 to 1."""
    lines: Floats
    """(2 K, 3): both ends of every piece of a line of one value."""
    line_colours: Floats
    """(2 K, 4), which stand out of the surface's; opaque, for the ends of pieces lie over each other."""
    path: Floats
    """(n, 3), of the path's points and of places between them, on the surface."""


@dataclass(frozen=True, eq=False)
class ReliefChart:
    """What is drawn of a matrix over two axes."""

    matrix: MatrixChart

    @property
    def ends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Of both axes: where the plot begins and ends."""
        panel, (rows, columns) = self.matrix.panel, self.matrix.shape
        return _ends(panel.x, columns), _ends(panel.y, rows)

    @property
    def aspect(self) -> float | None:
        """Width to height where one unit is as long on both axes; None where that makes too long a plot."""
        (left, right), (bottom, top) = self.ends
        ratio = (right - left) / (top - bottom)
        return ratio if 0.4 <= ratio <= 2.5 else None

    @property
    def around(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of all cells in the axes' units: the outer ones reach beyond the plot by half,
        because a cell is what was measured in its middle.
        """
        (left, right), (bottom, top) = self.ends
        rows, columns = self.matrix.shape
        half_x, half_y = (right - left) / max(columns - 1, 1) / 2, (top - bottom) / max(rows - 1, 1) / 2
        half_x, half_y = half_x * (columns > 1), half_y * (rows > 1)
        return left - half_x, right + half_x, bottom - half_y, top + half_y

    def cell_at(self, across: float, up: float) -> tuple[int, int]:
        """Row and column of what lies at these shares of the plot, from the left and from below."""
        rows, columns = self.matrix.shape
        column, row = math.floor(across * (columns - 1) + 0.5), math.floor(up * (rows - 1) + 0.5)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """The values that have lines, from the lowest: round ones, and the scale's end where there is more beyond."""
        return levels_of(self.matrix)

    @cached_property
    def _finer(self) -> tuple[Floats, NDArray[np.bool_]]:
        return _finer(self.matrix.heights)

    @cached_property
    def contours(self) -> tuple[tuple[float, tuple[Floats, ...]], ...]:
        """For each level its lines (n, 2), as shares of the plot from the left and from below."""
        heights, is_known = self._finer
        rows, columns = heights.shape
        if min(rows, columns) < 2 or self.matrix.message:
            return ()
        made = contourpy.contour_generator(
            np.linspace(0.0, 1.0, columns),
            np.linspace(0.0, 1.0, rows),
            np.ma.array(heights, mask=~is_known),
            name="serial",
            line_type=contourpy.LineType.Separate,
        )
        found = []
        for level in self.levels:
            height = float(self.matrix.span.shares(np.array([level]))[0])
            lines = made.lines(min(height, 1.0 - 1e-6))  # of the scale's end: around what lies beyond
            found.append((level, tuple(np.asarray(line, np.float64) for line in lines)))
        return tuple(found)

    def axes(self, room: Room) -> tuple[Axis, Axis]:
        """x and y, with the numbers that have room."""
        (left, right), (bottom, top) = self.ends
        panel = self.matrix.panel
        return (
            Axis(left, right, numbers_along(left, right, room), title=panel.x.title),
            Axis(bottom, top, level_numbers(bottom, top, room.height, room.line), title=panel.y.title),
        )

    def laid_out(self, room: Room) -> Relief:
        """All of it for a plot of that size."""

        def placed(shares: Floats) -> Floats:
            found: Floats = shares * (room.width, -room.height) + (0.0, room.height)
            return found

        path = placed(self._shares_of_path())
        drawn = [[placed(line) for line in shares] for _, shares in self.contours]
        names = _Names(room, path[np.isfinite(path).all(axis=1)], drawn)
        ends = names.path_ends()
        lines = []
        for place, (level, _) in enumerate(self.contours):
            colour = self.ink(level)
            pieces = names.named(self.matrix.written(level), colour, place)
            lines.append(Line(level, colour, tuple(pieces)))
        return Relief(*self.axes(room), tuple(lines), (*names.found, *ends), path, self.path_colour)

    def ink(self, value: float) -> str:
        """What stands out of that value's colour."""
        share = float(self.matrix.span.shares(np.array([value]))[0])
        light = lights_of(lookup(self.matrix.colours)[int(255.999 * share)].astype(np.float64))
        white, dark = (
            contrast_of(light, lights_of(np.array([*bytes.fromhex(ink[1:])], np.float64)))
            for ink in (WHITE, TEXT)
        )
        return WHITE if white > dark else TEXT

    @property
    def path_colour(self) -> str:
        """As on paper, whatever the theme: it lies on the colours of the numbers."""
        path = self.matrix.panel.path
        return printed(path.colour) if path is not None else PAPER["text"]

    def path_words(self, point: int) -> str:
        """What is said of a point of the path: its own words, or where it lies."""
        panel, path = self.matrix.panel, self.matrix.panel.path
        assert path is not None
        name = path.name or "path"
        if point < len(path.words) and path.words[point]:
            return f"{name} · {path.words[point]}"
        where = " · ".join(
            f"{scale.title}: {value:.4g}".replace("-", "−")
            for scale, value in ((panel.x, path.x[point]), (panel.y, path.y[point]))
        )
        return f"{name}, point {point + 1} of {len(path.x)} · {where}"

    def _shares_of_path(self) -> Floats:
        """(n, 2) from the left and from below; nan for what is not finite."""
        path = self.matrix.panel.path
        if path is None or self.matrix.message:
            return np.zeros((0, 2))
        (left, right), (bottom, top) = self.ends
        found: Floats = np.stack([(path.x - left) / (right - left), (path.y - bottom) / (top - bottom)], 1)
        found[~np.isfinite(found).all(axis=1)] = np.nan
        return found

    @cached_property
    def surface(self) -> Surface:
        """The heights of the scale, what lies beyond it as a plateau; nothing where there is no number."""
        (left, right), (bottom, top) = self.ends
        long = max(right - left, top - bottom) if self.aspect is not None else 0.0
        wide, deep = ((right - left) / long, (top - bottom) / long) if long else (1.0, 1.0)
        sides = np.array([wide, deep, HIGH])

        def placed(shares: Floats) -> Floats:
            found: Floats = (shares - 0.5) * sides
            return found

        heights, is_known = self._finer
        rows, columns = heights.shape
        up, across = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
        vertices = placed(np.stack([across.ravel(), up.ravel(), heights.ravel()], axis=1))
        place = np.arange(rows * columns).reshape(rows, columns)
        corners = place[:-1, :-1], place[:-1, 1:], place[1:, :-1], place[1:, 1:]
        halves = [
            np.stack([corners[0], corners[1], corners[2]], -1),
            np.stack([corners[2], corners[1], corners[3]], -1),
        ]
        faces = np.concatenate([half.reshape(-1, 3) for half in halves])
        faces = faces[is_known.ravel()[faces].all(axis=1)]
        table = lookup(self.matrix.colours).astype(np.float64) / 255
        colours = np.ones((rows * columns, 4))
        colours[:, :3] = table[(255.999 * heights.ravel()).astype(np.intp)]
        pieces, inks = [np.zeros((0, 3))], [np.zeros((0, 4))]
        for level, lines in self.contours:
            ink = [*(channel / 255 for channel in bytes.fromhex(self.ink(level)[1:])), 1.0]
            height = float(self.matrix.span.shares(np.array([level]))[0])
            for line in lines:
                lifted = placed(np.column_stack([line, np.full(len(line), height)]))
                pieces.append(np.repeat(lifted, 2, axis=0)[1:-1])
                inks.append(np.tile(ink, (len(pieces[-1]), 1)))
        path = self._shares_of_path()
        path = path[np.isfinite(path).all(axis=1)]
        at = np.arange(_BETWEEN * max(len(path) - 1, 0) + bool(len(path))) / _BETWEEN
        path = (
            np.stack([np.interp(at, np.arange(len(path)), axis) for axis in path.T], 1) if len(path) else path
        )
        path = path[((path >= 0) & (path <= 1)).all(axis=1)]
        on = np.array([_height_at(self.matrix.heights, *point) for point in path.tolist()])
        lifted_path = placed(np.column_stack([path, on])) if len(path) else np.zeros((0, 3))
        return Surface(vertices, faces, colours, np.concatenate(pieces), np.concatenate(inks), lifted_path)


HIGH = 0.62
"""Of a surface, as a share of its longer side."""


def levels_of(matrix: MatrixChart) -> tuple[float, ...]:
    """The values that have lines on a matrix's scale: at most about a dozen round ones within it, from the lowest; and
    its ends where numbers lie beyond them.
    """
    span = matrix.span
    if span.is_empty:
        return ()
    first, last = (span.value(share) for share in (0.0, 1.0))
    found = _powers(first, last) if span.is_logarithmic and not span.is_signed else []
    if len(found) < _FEW:
        found = [value for value, _ in round_numbers(first, last, 1.0, 1.0 / _MOST_LEVELS)]
    margin = 1e-6
    shares = span.shares(np.array(found)) if found else np.zeros(0)
    found = [v for v, share in zip(found, shares.tolist(), strict=True) if margin < share < 1.0 - margin]
    return (*found, last) if matrix.beyond[1] else tuple(found)


def _powers(first: float, last: float) -> list[float]:
    """Numbers of every decade, or of some."""
    low, high = math.floor(math.log10(first)), min(math.ceil(math.log10(last)), 308)
    for digits in _STEPS:
        found = [m * 10.0**n for n in range(low, high + 1) for m in digits if first <= m * 10.0**n <= last]
        if len(found) <= _MOST_LEVELS:
            return found
    step = -(-(high - low) // _MOST_LEVELS)
    return [10.0**n for n in range(low - low % step, high + 1, step) if first <= 10.0**n <= last]


def _ends(scale: Scale, count: int) -> tuple[float, float]:
    low, high = scale.least, scale.most
    if low is None or high is None:
        low, high = 1.0, float(count)
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def _finer(heights: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """At least `_FINE` rows and columns where there are fewer, each measured one among them, and where they are known;
    0 elsewhere.
    """
    known = np.isfinite(heights)
    filled = np.where(known, heights, 0.0)
    for axis in (0, 1):
        count = heights.shape[axis]
        times = max(-(-_FINE // max(count - 1, 1)), 1) if count > 1 else 1
        at = np.arange((count - 1) * times + 1) / times
        under = np.minimum(at.astype(np.intp), max(count - 2, 0))
        over = np.minimum(under + 1, count - 1)
        share = np.expand_dims(at - under, 1 - axis)
        filled = np.take(filled, under, axis) * (1 - share) + np.take(filled, over, axis) * share
        known = (np.take(known, under, axis) | (share == 1)) & (np.take(known, over, axis) | (share == 0))
    return np.clip(filled, 0.0, 1.0), known


def _height_at(heights: Floats, across: float, up: float) -> float:
    """Between the measured points around it; 1 where there is none."""
    rows, columns = heights.shape
    x, y = across * (columns - 1), up * (rows - 1)
    column, row = min(int(x), max(columns - 2, 0)), min(int(y), max(rows - 2, 0))
    found = heights[row : row + 2, column : column + 2]
    if found.shape != (2, 2):
        return float(np.nan_to_num(found.ravel()[0], nan=1.0))
    weights = np.outer([1 - (y - row), y - row], [1 - (x - column), x - column])
    known = np.isfinite(found)
    if not known.any():
        return 1.0
    return float((np.where(known, found, 0.0) * weights).sum() / max((known * weights).sum(), 1e-12))


class _Names:
    """Finds places for names on lines, level by level: where a line is straight, away from others and the path."""

    def __init__(self, room: Room, path: Floats, levels: Sequence[Sequence[Floats]]) -> None:
        self.room = room
        self.found: list[Word] = []
        self._path = path
        along = _along(path) if len(path) else np.zeros(0)
        self._path_line = _at(path, along, np.arange(0.0, along[-1] + _ALONG, _ALONG)) if len(path) else path
        """Also between its points."""
        self._levels = levels
        self._taken: list[tuple[float, float, float]] = []
        """Discs: middle and radius."""
        lines = [line for level in levels for line in level]
        self._firsts = np.cumsum([0, *map(len, levels)])
        """The number of each level's first line among all."""
        self._points = np.concatenate([np.zeros((0, 2)), *lines])
        self._owners = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        self._alongs = [_along(line) for line in lines]
        self._along = np.concatenate([np.zeros(0), *self._alongs])

    def path_ends(self) -> list[Word]:
        """The words beside the first and the last point of a path."""
        room = self.room
        words: list[Word] = []
        ends = [(START_WORD, self._path[0]), (END_WORD, self._path[-1])] if len(self._path) > 1 else []
        for text, (x, y) in ends:
            half = room.measure(text) / 2
            is_inside = 0.0 <= x <= room.width and 0.0 <= y <= room.height
            if not is_inside or room.width < 6 * half or room.height < 4 * room.line:
                continue
            beside = x + END / 2 + 3 + half
            if beside + half > room.width:
                beside = x - END / 2 - 3 - half
            middle = min(max(y, room.line / 2), room.height - room.line / 2)
            if any(abs(word.x - beside) < 2 * half and abs(word.y - middle) < room.line for word in words):
                middle += room.line if middle + 1.5 * room.line <= room.height else -room.line
            words.append(Word(text, beside, middle, 0.0, PAPER["text"], has_halo=True))
            self._take(np.array([beside, middle]), np.array([1.0, 0.0]), half)
        return words

    def named(self, text: str, colour: str, level: int) -> Iterator[Floats]:
        """A level's lines, with gaps where they are named, which is once for the longest, or for several long ones."""
        needed = self.room.measure(text) + 4.0
        lines, first = self._levels[level], int(self._firsts[level])
        lengths = [float(along[-1]) for along in self._alongs[first : first + len(lines)]]
        for rank, place in enumerate(sorted(range(len(lines)), key=lambda place: -lengths[place])):
            gap, length = None, lengths[place]
            if rank < _MOST_NAMED and length >= (_LONG if rank else 1.6) * needed:
                gap = self._name(text, colour, lines[place], first + place, needed)
            if gap is None:
                yield lines[place]
            else:
                yield from _broken(lines[place], *gap)

    def _name(
        self, text: str, colour: str, line: Floats, number: int, needed: float
    ) -> tuple[float, float] | None:
        """Put the name on the straightest free part of the line; from where to where along it, None for no place."""
        along = self._alongs[number]
        starts = np.arange(0.0, along[-1] - needed, _ALONG)
        if not len(starts):
            return None
        begin, end, middle = (_at(line, along, starts + by) for by in (0.0, needed, needed / 2))
        chord = end - begin
        length = np.hypot(*chord.T)
        straight = length / needed
        margin = self.room.line / 2
        low, high = np.minimum(begin, end), np.maximum(begin, end)
        is_fit = (straight >= _STRAIGHT) & (low >= margin).all(axis=1)
        is_fit &= (high <= np.array(self.room.size) - margin).all(axis=1)
        is_flat = np.abs(chord[:, 0]) / np.maximum(length, 1e-9)
        order = np.argsort(-(straight + 0.15 * is_flat), kind="stable")
        for place in order[is_fit[order]][:_TRIED].tolist():
            direction = chord[place] / length[place]
            own = (self._owners == number) & (self._along >= starts[place] - 2.0)
            own &= self._along <= starts[place] + needed + 2.0
            if not self._is_free(middle[place], direction, needed / 2, self._points[~own]):
                continue
            self._take(middle[place], direction, needed / 2)
            across, down = direction if direction[0] > 0 else -direction
            x, y = middle[place].tolist()
            self.found.append(Word(text, x, y, math.degrees(math.atan2(down, across)), colour))
            return float(starts[place]), float(starts[place] + needed)
        return None

    def _discs(self, middle: Floats, direction: Floats, half: float) -> list[Floats]:
        return [middle + share * half * direction for share in (-0.8, -0.4, 0.0, 0.4, 0.8)]

    def _is_free(self, middle: Floats, direction: Floats, half: float, others: Floats) -> bool:
        """Of names, of the path, and of all other lines' points."""
        radius = self.room.line / 2
        for disc in self._discs(middle, direction, half):
            if any(math.hypot(disc[0] - x, disc[1] - y) < radius + r + _APART / 2 for x, y, r in self._taken):
                return False
            if len(self._path) and np.hypot(*(self._path_line - disc).T).min() < radius + END / 2:
                return False
        away = np.abs((others - middle) @ np.array([direction, (-direction[1], direction[0])]).T)
        return not ((away[:, 0] < half) & (away[:, 1] < radius)).any()

    def _take(self, middle: Floats, direction: Floats, half: float) -> None:
        radius = self.room.line / 2
        self._taken += [(float(x), float(y), radius) for x, y in self._discs(middle, direction, half)]


def _along(line: Floats) -> Floats:
    """How far along a line each of its points lies."""
    found: Floats = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    return found


def _at(line: Floats, along: Floats, places: Floats) -> Floats:
    """Points (n, 2) so far along a line."""
    return np.stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)], axis=1)


def _broken(line: Floats, begin: float, end: float) -> Iterator[Floats]:
    """What is left of a line before and behind a gap along it."""
    along = _along(line)
    for first, last in ((0.0, begin), (end, float(along[-1]))):
        ends = _at(line, along, np.array([first, last]))
        yield np.concatenate([ends[:1], line[(along > first) & (along < last)], ends[1:]])


def scale_ticks(matrix: MatrixChart, room: float, apart: float) -> tuple[Tick, ...]:
    """What stands beside a bar of colours `room` long: the ends, and levels with room of `apart` between."""
    found = [Tick(share, words) for share, words in matrix.scale.ticks if share in (0.0, 1.0)]
    taken = [tick.place * room for tick in found]
    for level in levels_of(matrix):
        share = float(matrix.span.shares(np.array([level]))[0])
        if all(abs(share * room - other) >= apart for other in taken):
            found.append(Tick(share, matrix.written(level)))
            taken.append(share * room)
    return tuple(sorted(found))
