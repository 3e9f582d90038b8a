"""What was done to the runs, above their curves: a band of words that covers nothing, each at its line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from resnet_viewer.charts.chart import Flag, Rect, Room
from resnet_viewer.records.story_interventions import is_one_turn
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import Intervention, RunSpec

_NAMED = 2
"""So many runs at most are named; more are counted."""
_GAP = 5.0
_ROWS, _HIGHEST = 5, 0.3
"""The band has so many rows at most, and so much of the plot's height."""


@dataclass(frozen=True)
class Done:
    """What was done at a time, in epochs. `whom` is empty where it was done to all runs with shortcuts."""

    time: float
    strengths: tuple[float, ...]
    whom: str = ""

    @property
    def words(self) -> str:
        """ "shortcuts cut: 4 runs"."""
        words = strength_words(self.strengths[0])
        if len(self.strengths) > 1:
            first, last = self.strengths[0], self.strengths[-1]
            words = f"shortcuts open by {first:.3g} … {last:.3g} ({len(self.strengths)} changes)"
        return f"{words}: {self.whom}" if self.whom else words

    @property
    def brief(self) -> str:
        """ "cut: 4 runs", "open by 0.9 … 0.1"."""
        return self.words.replace("shortcuts ", "", 1).replace(f" ({len(self.strengths)} changes)", "")


class Told(NamedTuple):
    """A run to tell of, by its name; `steps_per_epoch` is 0 where nobody knows yet."""

    run: RunSpec
    title: str
    steps_per_epoch: int


def interventions_in(runs: Sequence[Told]) -> list[Done]:
    """Every intervention that a run comes to; one on several runs is told once, where their turns lie side by side.

    None of a run of whose epochs nobody knows yet how long they are.
    """
    made = sorted(
        (change.step, change.strength, place)
        for place, told in enumerate(runs)
        for change in told.run.interventions
        if change.step < told.run.length * told.steps_per_epoch
    )
    groups: list[tuple[Intervention, list[int]]] = []
    for step, strength, place in made:
        for first, places in reversed(groups):
            is_same = first.strength == strength
            is_same = is_same and is_one_turn(step - first.step, runs[place].steps_per_epoch)
            if is_same and place not in places:
                places.append(place)
                break
        else:
            groups.append((Intervention(step, strength), [place]))
    return [
        Done(
            found.step / runs[places[0]].steps_per_epoch,
            (found.strength,),
            _whom([runs[place] for place in sorted(places)], runs),
        )
        for found, places in groups
    ]


def _whom(changed: Sequence[Told], runs: Sequence[Told]) -> str:
    """All runs with shortcuts are not named; whole networks are before seeds, and more than two runs are counted."""
    residual = [told for told in runs if told.run.network.has_shortcuts]
    if len(changed) >= len(residual):
        return ""
    networks = list(dict.fromkeys(told.run.network.title for told in changed))
    seeds = sum(told.run.network.title in networks for told in residual)
    if len(networks) <= _NAMED and seeds == len(changed):
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


def lay_out(
    done: Sequence[tuple[float, Done]], room: Room, *, has_words: bool = True
) -> tuple[tuple[Flag, ...], float]:
    """A flag for each of `done`, at its x, in a plot of that room, and how high the band is: 0 without any.

    Words stand right of their line, or left of it at the plot's end, and on no other line. Where more of them have
    room in brief, or on the other side, they are so; those that have none even so are left out.
    Without `has_words` all are.
    """
    if not has_words:
        return tuple(Flag(x, "", Rect(0, 0, 0, 0), 0.0) for x, _ in done), 0.0
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
