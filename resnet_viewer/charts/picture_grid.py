"""Test pictures in rows, with what they are and what a network takes them for, the wrong ones first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import Room, shortened_inside
from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import RULES, PictureRule, picture_order
from resnet_viewer.records.lab import Confidences, Numbers
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.story_words import thousands

Choice = str | tuple[int, int]
"""Which pictures: "all", "wrong", or those of one true class that were taken for one class."""


@dataclass(frozen=True, eq=False)
class PictureChart:
    """(N,) labels, predictions and how sure the network was of these, where that is known."""

    labels: Numbers
    predicted: Numbers
    class_names: tuple[str, ...]
    confidence: Confidences | None = None
    wished_rule: PictureRule = "sample"
    choice: Choice = "all"

    @property
    def rule(self) -> PictureRule:
        """By which the first pictures are chosen; "sample" also where nobody knows how sure the network was."""
        return "sample" if self.confidence is None else self.wished_rule

    @property
    def rule_words(self) -> str:
        """It in words, and why it is not the one that was asked for."""
        is_missing = self.rule != self.wished_rule and self.labels.size > 0
        return RULES[self.rule] + "; how sure the network was is known from the next epoch on" * is_missing

    @cached_property
    def is_wrong(self) -> NDArray[np.bool_]:
        """(N,)"""
        return np.not_equal(self.labels, self.predicted)

    @cached_property
    def order(self) -> Numbers:
        """The indices of the chosen pictures, as they follow each other."""
        order = picture_order(self.labels, self.predicted, rule=self.rule, confidence=self.confidence)
        if isinstance(self.choice, tuple):
            is_chosen = (self.labels == self.choice[0]) & (self.predicted == self.choice[1])
        else:
            is_chosen = self.is_wrong | (self.choice == "all")
        chosen: Numbers = order[is_chosen[order]]
        return chosen

    def pair(self, index: int) -> tuple[int, int]:
        """A picture's true and predicted class."""
        return int(self.labels[index]), int(self.predicted[index])

    def names(self, index: int) -> tuple[str, str]:
        """Their names."""
        true, given = self.pair(index)
        return class_name(true, self.class_names), class_name(given, self.class_names)

    def title(
        self, index: int, width: float, measure: Callable[[str], float], *, lines: int = 1, mark: str = ""
    ) -> list[str]:
        """ "true / predicted" on one line or two, both names cut inside where they are too wide; `mark` stands before
        wrong ones.
        """
        mark, (true, given) = mark if self.is_wrong[index] else "", self.names(index)
        if lines == 1:
            room = (width - measure(f"{mark} / ")) / 2
            return [
                f"{mark}{shortened_inside(true, room, measure)} / {shortened_inside(given, room, measure)}"
            ]
        first = shortened_inside(true, width - measure(f"{mark} /"), measure)
        return [f"{mark}{first} /", shortened_inside(given, width, measure)]

    def describe(self, index: int) -> str:
        """A picture in words: its number, its class and the class that it was given, with full names."""
        true, given = self.names(index)
        sure = "" if self.confidence is None else f" with {percent(float(self.confidence[index]))}"
        how = "wrong" if self.is_wrong[index] else "right"
        return f"test picture {index} · true {true}, predicted {given}{sure} · {how}"

    def page_words(self, first: int, count: int) -> str:
        """ "1–24 of 360, 57 wrong"; of how many wrong ones are among the chosen."""
        if not self.order.size:
            return "none of these"
        wrong = f", {thousands(int(self.is_wrong.sum()))} wrong" if self.choice == "all" else ""
        return f"{first + 1}–{first + count} of {thousands(self.order.size)}{wrong}"

    def shown_words(self, shown: int) -> str:
        """How many are wrong, and which of them the first `shown` are."""
        count, wrong = len(self.labels), int(self.is_wrong.sum())
        said = f"{wrong} of {count} test pictures are wrong ({100 * wrong / count:.1f} %) · "
        if shown == count:
            return f"{said}all are shown"
        right = f"{shown - wrong} of the right ones" if shown > wrong else ""
        which = " and ".join(part for part in ("all wrong ones" if wrong else "", right) if part)
        return f"{said}{which if shown >= wrong else f'{shown} of them'} are shown, {RULES[self.rule]}"


NO_PICTURES = PictureChart(np.zeros(0, np.int64), np.zeros(0, np.int64), ())


@dataclass(frozen=True)
class Tiles:
    """A page of pictures in rows, in the drawer's units."""

    side: float
    width: float
    """Of a picture or its title."""
    down: float
    """From one row to the next."""
    columns: int
    rows: int

    @property
    def count(self) -> int:
        """Pictures on a page."""
        return self.columns * self.rows


def tiles_for(room: Room, sides: Sequence[float], title: float, *, gap: float, lines: int = 1) -> Tiles:
    """As many pictures as fit with titles of at most `title` on so many lines: of the first of `sides` of which two
    rows do, else of the first.
    """

    def rows_of(side: float) -> int:
        return max(1, int((room.height + gap) / (side + lines * room.line + gap)))

    side = next((side for side in sides if rows_of(side) > 1), sides[0])
    width = max(side, title)
    columns = max(1, int((room.width + gap) / (width + gap)))
    return Tiles(side, width, side + lines * room.line + gap, columns, rows_of(side))
