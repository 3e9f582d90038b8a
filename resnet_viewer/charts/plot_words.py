"""What is written in a plot of runs: their names, and what was done to them.

Names stand on free space near the ends of their lines, on no line and on no other name, and never where another run's
line is nearer than its own; those that find no place make a legend together. What was done stands in a band above the
curves, each at its line, told once for all runs that it was done to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import SAMPLE, Flag, Floats, Name, Rect, Room, Stroke
from resnet_viewer.records.story import is_one_turn
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import RunSpec

_CELL = 4.0
"""Of the raster on which free space is looked for."""
_FARTHEST = 5.0
"""Lines of text from a line's end beyond which a name would belong to nobody."""
_INSIDE = 4.0
"""From the legend's frame to its names."""
_TRIED, _EVERY = 240, 8
"""So many of the nearest places are looked at, one of every so many."""


Together = Literal["some", "all or none", "all"]
"""Which of the names make a legend: those without room at their ends, all where one has none, or all."""


class FreeSpace:
    """A plot's raster of what is covered."""

    def __init__(self, size: tuple[float, float]) -> None:
        self.width, self.height = size
        self._columns, self._rows = (max(int(side / _CELL), 1) for side in size)
        self._covered: NDArray[np.int32] = np.zeros((self._rows, self._columns), np.int32)

    def copy(self) -> FreeSpace:
        """The same space, covered on its own from now on."""
        other = FreeSpace((self._columns * _CELL, self.height))
        other._covered = self._covered.copy()
        return other

    def cover_lines(self, lines: Iterable[tuple[Floats, Floats]]) -> None:
        """Lines lie here, each with rising x; where y is not a number they are taken to run on."""
        at = np.arange(self._columns + 1) * _CELL
        found = []
        for x, y in lines:
            has_place = np.isfinite(y)
            if has_place.any():
                x, y = x[has_place], y[has_place]
                heights = np.interp(at, x, y) / _CELL
                heights[(at < x[0] - _CELL) | (at > x[-1] + _CELL)] = np.nan
                found.append(heights)
        edges = np.array(found).reshape(-1, len(at))
        ends = np.stack((edges[:, :-1], edges[:, 1:]))
        number, column = np.nonzero(np.isfinite(ends).all(axis=0))
        ends = ends[:, number, column]
        low = np.clip(np.floor(ends.min(axis=0)), 0, self._rows - 1).astype(int)
        high = np.clip(np.floor(ends.max(axis=0)), 0, self._rows - 1).astype(int)
        shape = (self._rows + 1, self._columns)
        begun, ended = (
            np.bincount(row * self._columns + column, minlength=shape[0] * shape[1]).reshape(shape)
            for row in (low, high + 1)
        )
        self._covered |= (begun - ended).cumsum(axis=0)[:-1] > 0

    def cover(self, rect: Rect) -> None:
        """Something else lies here."""
        left, top = max(int(rect.left / _CELL), 0), max(int(rect.top / _CELL), 0)
        right, bottom = int(np.ceil(rect.right / _CELL)), int(np.ceil(rect.bottom / _CELL))
        self._covered[top:bottom, left:right] = 1

    def is_free(self, rect: Rect) -> bool:
        """Whether nothing lies there and it is inside the plot."""
        left, top = int(rect.left / _CELL), int(rect.top / _CELL)
        right, bottom = int(np.ceil(rect.right / _CELL)), int(np.ceil(rect.bottom / _CELL))
        is_inside = left >= 0 and top >= 0 and right <= self._columns and bottom <= self._rows
        return is_inside and not self._covered[top:bottom, left:right].any()

    def _free_places(self, width: float, height: float) -> tuple[Floats, Floats]:
        """Left and top, in cells, of every free rectangle of that size."""
        wide, high = int(np.ceil(width / _CELL)) + 1, int(np.ceil(height / _CELL))
        if wide > self._columns or high > self._rows:
            return np.zeros(0), np.zeros(0)
        total = np.zeros((self._rows + 1, self._columns + 1), np.int32)
        total[1:, 1:] = self._covered.cumsum(0).cumsum(1)
        count = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
        top, left = np.nonzero(count == 0)
        return left.astype(float), top.astype(float)

    def in_corner(self, width: float, height: float) -> Rect | None:
        """The free rectangle of that size nearest to the right edge, and of those to the top."""
        left, top = self._free_places(width, height)
        if not len(left):
            return None
        best = int(np.lexsort((top, -left))[0])
        return Rect(left[best] * _CELL, top[best] * _CELL, width, height)

    def nearest(
        self, x: float, y: float, width: float, height: float, suits: Callable[[Rect], bool] | None = None
    ) -> Rect | None:
        """The free rectangle of that size nearest to a point that `suits`, or None where there is none near it."""
        left, top = self._free_places(width, height)
        if not len(left):
            return None
        wide, high = int(np.ceil(width / _CELL)) + 1, int(np.ceil(height / _CELL))
        gap_x = np.maximum(np.maximum(left * _CELL - x, x - (left + wide) * _CELL), 0.0)
        gap_y = np.maximum(np.maximum(top * _CELL - y, y - (top + high) * _CELL), 0.0)
        # beside the line's end before above it, above before below, to the right before to the left
        cost = np.hypot(gap_x, gap_y) + 0.02 * (top * _CELL - y + height) - 0.05 * (left * _CELL - x)
        cost[np.hypot(gap_x, gap_y) > _FARTHEST * height] = np.inf
        for best in np.argsort(cost, kind="stable")[:_TRIED:_EVERY]:
            place = Rect(left[best] * _CELL, top[best] * _CELL, width, height)
            if not np.isfinite(cost[best]):
                return None
            if suits is None or suits(place):
                return place
        return None


class Nearness:
    """Whose line is the nearest to a place."""

    def __init__(self, width: float, lines: Iterable[tuple[str, Floats, Floats]]) -> None:
        """Of each line its owner and its course, with rising x."""
        at = np.arange(int(width / _CELL) + 1) * _CELL
        self._owners: list[str] = []
        courses = []
        for owner, x, y in lines:
            is_known = np.isfinite(y)
            if is_known.any():
                self._owners.append(owner)
                courses.append(np.interp(at, x[is_known], y[is_known], left=np.nan, right=np.nan))
        self._courses = np.array(courses).reshape(-1, len(at))

    def is_own(self, owner: str, place: Rect, end: tuple[float, float]) -> bool:
        """Whether no other one's line is nearer to the place than the `end` of the owner's own."""
        left, right = int(place.left / _CELL), int(np.ceil(place.right / _CELL)) + 1
        courses = self._courses[:, left:right]
        gaps = np.maximum(np.maximum(place.top - courses, courses - place.bottom), 0.0)
        gaps[np.isnan(gaps)] = np.inf
        own = float(
            np.hypot(
                max(place.left - end[0], end[0] - place.right, 0.0),
                max(place.top - end[1], end[1] - place.bottom, 0.0),
            )
        )
        nearest = gaps.min(axis=1, initial=np.inf)
        return all(own <= gap for one, gap in zip(self._owners, nearest, strict=True) if one != owner)


@dataclass(frozen=True)
class Wish:
    """A name for the line that ends at `end`; it may stand beside any line of its `owner`."""

    key: str
    owner: str
    text: str
    stroke: Stroke
    end: tuple[float, float]


def name_lines(
    wished: Sequence[Wish],
    room: Room,
    free_space: FreeSpace,
    lines: Sequence[tuple[str, Floats, Floats]],
    verticals: Sequence[float] = (),
    kept: Mapping[str, Rect] = MappingProxyType({}),
    frame: Rect | None = None,
    *,
    together: Together = "some",
) -> tuple[tuple[Name, ...], Rect | None]:
    """The names that find room at their lines' ends, on one of the `verticals` only where there is no other; the rest
    make a legend, in the frame that they had while it is free. With "all or none" all do as soon as one has to, with
    "all" none stands at an end.

    `lines` are all lines with their owners; `kept` are the places that names have now.
    """
    nearness = Nearness(free_space.width, lines)
    high = math.ceil(room.line)
    ends = [(*wish.end, SAMPLE + math.ceil(room.measure(wish.text))) for wish in wished]
    clear, beside = free_space.copy(), free_space.copy()
    for x in verticals:
        beside.cover(Rect(x - 1, 0.0, 2, free_space.height))

    def place_some(numbers: Sequence[int], free: FreeSpace) -> list[Rect | None]:
        def suits(at: int, place: Rect) -> bool:
            return nearness.is_own(wished[numbers[at]].owner, place, wished[numbers[at]].end)

        old = [kept.get(wished[number].key) for number in numbers]
        return place_names([ends[number] for number in numbers], high, free, old, suits)

    places: list[Rect | None] = [None] * len(wished)
    if together != "all":
        places = place_some(range(len(wished)), beside)
    for place in places:
        if place is not None:
            free_space.cover(place.grown(6))
    missing = [
        number for number, place in enumerate(places) if place is None and verticals and together != "all"
    ]
    for number, place in zip(missing, place_some(missing, free_space), strict=True):
        places[number] = place
    missing = [number for number, place in enumerate(places) if place is None]
    legend = None
    if missing:
        if together == "all or none" or len(missing) > len(places) / 2:
            missing = list(range(len(places)))
        for number, place in enumerate(places):
            if place is not None and number not in missing:
                clear.cover(place.grown(6))
        legend = _add_legend(missing, [end[2] for end in ends], places, high, clear, frame)
    names = (
        Name(wish.key, wish.text, wish.stroke, place)
        for wish, place in zip(wished, places, strict=True)
        if place is not None
    )
    return tuple(names), legend


def _add_legend(
    numbers: Sequence[int],
    widths: Sequence[float],
    places: list[Rect | None],
    high: float,
    free_space: FreeSpace,
    old: Rect | None,
) -> Rect | None:
    """Places for these names in a legend at the right, where there is room for all of them; else the table of runs
    is the legend.
    """
    wide = max(widths[number] for number in numbers) + 3 * _INSIDE
    for columns in (1, 2, 3):
        rows = -(-len(numbers) // columns)
        size = columns * wide + _INSIDE, rows * high + 2 * _INSIDE
        is_kept = old is not None and old[2:] == size and free_space.is_free(old)
        frame = old if is_kept else free_space.in_corner(*size)
        if frame is not None:
            break
    else:
        return None
    for at, number in enumerate(numbers):
        column, row = divmod(at, rows)
        left, top = frame.left + 2 * _INSIDE + column * wide, frame.top + _INSIDE + row * high
        places[number] = Rect(left, top, widths[number], high)
    return frame


def place_names(
    ends: Sequence[tuple[float, float, float]],
    height: float,
    free_space: FreeSpace,
    kept: Sequence[Rect | None] = (),
    suits: Callable[[int, Rect], bool] = lambda _number, _place: True,
) -> list[Rect | None]:
    """A rectangle for each of `ends`, (x, y, width of the name), or None where it finds no room.

    `kept` are places that names have now: each stays while it is free and near its end, so that names of growing
    lines do not jump about. A place that does not suit the one of that number is none.
    """
    found: list[Rect | None] = []
    for index, (x, y, width) in enumerate(ends):
        old = kept[index] if index < len(kept) else None
        place = None
        if old is not None and (old.width, old.height) == (width, height) and free_space.is_free(old):
            place = old if old.grown(40, 24).holds(x, y) and suits(index, old) else None
        place = place or free_space.nearest(x, y, width, height, partial(suits, index))
        if place is not None:
            free_space.cover(place.grown(6))
        found.append(place)
    return found


_NAMED = 2
"""So many runs at most are named; more are counted."""
_GAP = 5.0
_CLOSE = 14.0
"""Between two interventions of one run that are told as one."""
_ROWS, _HIGHEST = 5, 0.3
"""The band has so many rows at most, and so much of the plot's height."""


@dataclass(frozen=True)
class Done:
    """What was done at a time, in epochs. `whom` is empty where it was done to all runs with shortcuts."""

    time: float
    strengths: tuple[float, ...]
    whom: str = ""
    is_gradual: bool = False
    """A schedule begins, which goes from the first strength to the last."""

    @property
    def words(self) -> str:
        """ "shortcuts cut: 4 runs", "shortcuts cut, then restored"."""
        words = strength_words(self.strengths[0])
        if self.is_gradual:
            words = f"shortcuts {self._ends}"
        elif len(self.strengths) == 2:
            words = f"{words}, then {strength_words(self.strengths[1]).removeprefix('shortcuts ')}"
        elif len(self.strengths) > 1:
            words = f"shortcuts {self._range} ({len(self.strengths)} changes)"
        return self._of_whom(words)

    @property
    def brief(self) -> str:
        """ "cut: 4 runs", "cut, then restored", "open by 0.9 … 0.1"."""
        if self.is_gradual:
            return self._of_whom(self._ends)
        if len(self.strengths) == 1 or self.strengths in ((0.0, 1.0), (1.0, 0.0)):
            return self.words.removeprefix("shortcuts ")
        return self._of_whom(self._range)

    @property
    def _ends(self) -> str:
        return f"{self.strengths[0]:.3g} → {self.strengths[-1]:.3g}"

    @property
    def _range(self) -> str:
        return f"open by {self.strengths[0]:.3g} … {self.strengths[-1]:.3g}"

    def _of_whom(self, words: str) -> str:
        return f"{words}: {self.whom}" if self.whom else words


class Told(NamedTuple):
    """A run to tell of, by its name; `steps_per_epoch` is 0 where nobody knows yet."""

    run: RunSpec
    title: str
    steps_per_epoch: int


def interventions_in(runs: Sequence[Told]) -> list[Done]:
    """Every intervention that a run comes to, and where a schedule of its shortcuts begins and ends; what is done to
    several runs is told once, where their turns lie side by side.

    None of a run of whose epochs nobody knows yet how long they are.
    """
    made = sorted((step, done, place) for place, told in enumerate(runs) for step, done in _done_to(told))
    groups: list[tuple[float, _What, list[int]]] = []
    for step, what, place in made:
        for first, known, places in reversed(groups):
            is_same = what == known and is_one_turn(step - first, runs[place].steps_per_epoch)
            if is_same and place not in places:
                places.append(place)
                break
        else:
            groups.append((step, what, [place]))
    return [
        Done(
            first / runs[places[0]].steps_per_epoch,
            what.strengths,
            _whom([runs[place] for place in sorted(places)], runs, is_said=what.is_gradual),
            what.is_gradual,
        )
        for first, what, places in groups
    ]


class _What(NamedTuple):
    strengths: tuple[float, ...]
    is_gradual: bool = False


def _done_to(told: Told) -> Iterator[tuple[float, _What]]:
    """The steps at which something is done to one run's shortcuts."""
    width, schedule = told.steps_per_epoch, told.run.recipe.shortcuts
    turns = told.run.schedule_turns(width)
    if turns and schedule is not None:
        yield turns[0] * width, _What((schedule.first, schedule.last), is_gradual=True)
        for end in turns[1:]:
            yield end * width, _What((schedule.last,))
    for change in told.run.interventions:
        if change.step < told.run.length * width:
            yield change.step, _What((change.strength,))


def _whom(changed: Sequence[Told], runs: Sequence[Told], *, is_said: bool) -> str:
    """All runs with shortcuts are not named; whole networks are before seeds, and more than two runs are counted. What
    tells these runs from others of their networks may be said beside their names.
    """
    residual = [told for told in runs if told.run.network.has_shortcuts]
    if len(changed) >= len(residual):
        return ""
    networks = list(dict.fromkeys(told.run.network.title for told in changed))
    seeds = sum(told.run.network.title in networks for told in residual)
    if len(networks) <= _NAMED and (is_said or seeds == len(changed)):
        return ", ".join(networks)
    return ", ".join(told.title for told in changed) if len(changed) <= _NAMED else f"{len(changed)} runs"


def together(done: Sequence[Done], least: float) -> list[Done]:
    """The same, where what was done to the same runs again and again, less than `least` epochs apart, is one."""
    found: list[Done] = []
    newest: dict[str, tuple[int, float]] = {}
    for one in sorted(done, key=lambda one: one.time):
        place, time = newest.get(one.whom, (-1, -math.inf))
        if one.time - time < least:
            found[place] = replace(found[place], strengths=found[place].strengths + one.strengths)
        else:
            place = len(found)
            found.append(one)
        newest[one.whom] = (place, one.time)
    return found


def done_in(done: Sequence[Done], span: tuple[float, float], width: float) -> list[Done]:
    """What was done in a span that is so wide; what would lie on each other there is told as one."""
    per_unit = (span[1] - span[0]) / width
    return [
        one
        for one in together(done, _CLOSE * per_unit)
        if span[0] - 0.5 * per_unit <= one.time <= span[1] + 0.5 * per_unit
    ]


def lay_out(done: Sequence[tuple[float, Done]], room: Room) -> tuple[tuple[Flag, ...], float]:
    """A flag for each of `done`, at its x, in a plot of that room, and how high the band is: 0 without any.

    Words stand right of their line, or left of it at the plot's end, and on no other line. Where more of them have
    room in brief, or on the other side, they are so; those that have none even so are left out.
    """
    line = math.ceil(room.line)
    most = max(1, min(_ROWS, int(_HIGHEST * room.height / line)))
    forms = [(x, one.words) for x, one in done], [(x, one.brief) for x, one in done]
    tried = [
        _placed(form, room, most, from_right=from_right, left_first=left_first)
        for left_first in (False, True)
        for from_right in (True, False)
        for form in forms
    ]
    placed = max(tried, key=lambda words: sum(one.is_whole for one in words))
    rows = 1 + max((one.row for one in placed), default=-1)
    band = rows * line + 4.0 if rows else 0.0
    flags = []
    for one in placed:
        top = (rows - 1 - one.row) * line if one.text else band
        rect = Rect(one.left, top, one.right - one.left, line) if one.text else Rect(0, 0, 0, 0)
        flags.append(Flag(one.x, one.text, rect, top))
    return tuple(flags), band


@dataclass(frozen=True)
class _Word:
    """A word's place: `row` counts from the lowest; without a text it has none."""

    x: float
    text: str = ""
    row: int = -1
    left: float = 0.0
    right: float = 0.0

    @property
    def is_whole(self) -> bool:
        """It is there, and not cut."""
        return bool(self.text) and not self.text.endswith("…")


def _placed(
    done: Sequence[tuple[float, str]],
    room: Room,
    most: int,
    *,
    from_right: bool,
    left_first: bool,
) -> list[_Word]:
    """By their place; one after the other from one side, each got the lowest of `most` rows that had room."""
    placed: list[_Word] = []
    for x, words in sorted(done, key=lambda one: -one[0] if from_right else one[0]):
        text = room.shortened(words)
        wide = math.ceil(room.measure(text))
        lefts = _lefts(x, wide, room.width)[:: -1 if left_first else 1]
        tries = (_Word(x, text, row, left, left + wide) for left in lefts for row in range(most))
        placed.append(next((word for word in tries if _is_clear(word, placed)), _Word(x)))
    return placed[::-1] if from_right else placed


def _lefts(x: float, wide: float, width: float) -> list[float]:
    """Where a word may begin: beside its line, and where both sides are too short, as far right as it fits."""
    sides = [left for left in (x + _GAP, x - _GAP - wide) if left >= 0 and left + wide <= width]
    return sides or [max(width - wide, 0.0)]


def _is_clear(wished: _Word, placed: Sequence[_Word]) -> bool:
    """Whether a word lies on no other one and on no line, and its line on no word."""
    for other in placed:
        if not other.text:
            continue
        is_beside = wished.left >= other.right + 2 * _GAP or other.left >= wished.right + 2 * _GAP
        if wished.row == other.row and not is_beside:
            return False
        if other.row >= wished.row and wished.left - 2 < other.x < wished.right + 2:
            return False
        if other.row < wished.row and other.left - 2 < wished.x < other.right + 2:
            return False
    return True
