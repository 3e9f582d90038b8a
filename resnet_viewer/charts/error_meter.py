"""The error meter: how many pictures of a test set are wrong now, and in the reference, as marks and words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viewer.records.captions import class_name, plain
from resnet_viewer.records.pace import duration
from resnet_viewer.records.story_words import percent, thousands
from resnet_viewer.records.test_set import NOT_SEEN, MeasureSet, SetReading, SetSide, TestSet, wilson

WHAT_WORDS = "wrong", "differ"
"""What a share of the pictures is one of, with true classes and without."""
_LONG = 3.0
"""Seconds from which on it is said how long something still takes."""


@dataclass(frozen=True)
class Mark:
    """A share of the pictures with its 95 % interval, in percent."""

    error: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class MeterChart:
    """What the meter tells of a reading, whole or partial."""

    reading: SetReading
    seconds_left: float | None = None
    """Until it is whole; None where that is not known."""

    @property
    def question(self) -> MeasureSet:
        """What was measured, in which states."""
        assert isinstance(self.reading.request, MeasureSet)
        return self.reading.request

    @property
    def is_partial(self) -> bool:
        """Not every picture was seen yet."""
        return not self.reading.is_complete

    @property
    def is_changed(self) -> bool:
        """Now is another state than the reference."""
        return self.question.now != self.question.reference

    @property
    def now(self) -> Mark | None:
        """Wrong pictures; without true classes those that the reference calls otherwise. None before any."""
        return _mark(self.reading.now)

    @property
    def reference(self) -> Mark | None:
        """The reference's; None without true classes, and before any."""
        return _mark(self.reading.reference)

    @property
    def count_words(self) -> tuple[str, ...]:
        """How many pictures it tells of, and where all are alike that: in ever fewer words."""
        reading, total = self.reading, len(self.reading.pictures)
        count = thousands(total)
        if self.is_partial:
            seen = thousands(reading.now.seen)
            wordings = f"{seen} of {count} pictures", f"{seen} of {count}", seen
            left = self.seconds_left
            return (
                wordings
                if left is None or left < _LONG
                else (f"{seen} of {count}, {duration(left)} left", *wordings)
            )
        if reading.now.is_alike:
            named = _only_class(reading.now)
            if named is None:
                return f"all {count} alike", "all alike", "alike"
            name = class_name(named, reading.pictures.class_names)
            return f"all {count} called {name}", f"all called {name}", f"all: {name}", "all alike", "alike"
        return f"{count} pictures" if total != 1 else "1 picture", count

    @property
    def now_words(self) -> str:
        """ "91.0 %", or "–" before any picture."""
        return _percent(self.now)

    @property
    def reference_words(self) -> str:
        """ "11.0 %"; empty without true classes."""
        return _percent(self.reference) if self.reading.has_labels else ""

    @property
    def what_words(self) -> str:
        """What the share is one of."""
        return WHAT_WORDS[0] if self.reading.has_labels else WHAT_WORDS[1]

    @property
    def shares(self) -> str:
        """ "91.0 % wrong, 11.0 % in the reference"."""
        words = f"{self.now_words} {self.what_words}"
        return f"{words}, {self.reference_words} in the reference" if self.reference_words else words

    @property
    def sentence(self) -> str:
        """All in one line, for who does not see the marks."""
        return f"{self.count_words[0]}: {self.shares}"

    @property
    def details(self) -> str:
        """Everything there is to tell, a line each."""
        reading, pictures = self.reading, self.reading.pictures
        chosen = self.question.test_set
        lines = [_whole_sentence(f"{set_name(chosen)}: {self._drawn_words()}")]
        if not reading.has_labels:
            lines.append(
                "No true classes for this network: told is how many it calls otherwise than the reference."
            )
        sides = (("Now", reading.now), ("Reference", reading.reference))
        for name, side in sides if self.is_changed else sides[:1]:
            lines.extend(self._side_lines(name, side))
        if not self.is_changed:
            lines.append("Now is the reference: change a shortcut or a branch to compare.")
        lines.append("Intervals are Wilson's, 95 %: what another sample of as many pictures may give.")
        lines.extend(filter(None, (pictures.remark,)))
        if reading.kept_bytes:
            lines.append(
                f"Kept for the next change: the activations before {reading.kept_blocks} blocks, "
                f"{reading.kept_bytes / 2**20:.0f} MB."
            )
        return "\n".join(lines)

    def _drawn_words(self) -> str:
        pictures, chosen = self.reading.pictures, self.question.test_set
        count, total = len(pictures), pictures.total
        seen = self.reading.now.seen
        words = (
            f"{thousands(seen)} of {thousands(count)} pictures so far"
            if self.is_partial
            else (f"{thousands(count)} pictures" if count != 1 else "1 picture")
        )
        if total > count + len(pictures.left_out):
            words += f" of {thousands(total)}, drawn with seed {chosen.seed}"
        return words

    def _side_lines(self, name: str, side: SetSide) -> list[str]:
        mark, lines = _mark(side), []
        if mark is not None:
            words = f"{name}: {percent(mark.error)} {self.what_words} ({int(side.wrong.sum())} of {side.compared})"
            words += f", between {mark.low:.1f} and {percent(mark.high)}"
            if side.mean_right is not None:
                words += f"; mean probability of the right class {percent(100 * side.mean_right)}"
            lines.append(f"{words}.")
        if side.is_alike:
            named = _only_class(side)
            what = "" if named is None else f": {class_name(named, self.reading.pictures.class_names)}"
            lines.append(f"{name}: every picture gets the same answer{what}.")
        if count := not_finite(self.reading, side):
            lines.append(
                f"{name}: {thousands(count)} pictures get no class, for their logits are not finite; they count as "
                f"{'wrong' if self.reading.has_labels else 'answers of their own'}."
            )
        return lines


def set_name(test_set: TestSet) -> str:
    """What it is called, as a part of a sentence."""
    title = plain(test_set.title)
    return f"folder {title}" if test_set.kind == "folder" else title


@dataclass(frozen=True)
class ErrorRow:
    """The errors of some of the pictures in both states; None where nothing was seen, and for the reference without
    true classes."""

    name: str
    now: Mark | None
    reference: Mark | None


def error_rows(reading: SetReading) -> tuple[ErrorRow, ...]:
    """Of all pictures, and where true classes are known of each class's."""
    sides = reading.now, reading.reference
    count = len(reading.pictures)
    rows = [ErrorRow(f"all {thousands(count)} pictures", *map(_mark, sides))]
    labels = reading.pictures.labels
    for index in () if labels is None else np.unique(labels).tolist():
        is_of_class = labels == index
        marks = [
            mark_of(int(side.wrong[is_of_class].sum()), int((side.predicted[is_of_class] != NOT_SEEN).sum()))
            for side in sides
        ]
        rows.append(ErrorRow(class_name(index, reading.pictures.class_names), *marks))
    return tuple(rows)


def mark_of(wrong: int, count: int) -> Mark | None:
    """So many wrong ones of so many pictures; None of none."""
    if not count:
        return None
    low, high = wilson(wrong, count)
    return Mark(100 * wrong / count, 100 * low, 100 * high)


def not_finite(reading: SetReading, side: SetSide) -> int:
    """Pictures whose logits are not finite: they have the class after the last."""
    question = reading.request
    assert isinstance(question, MeasureSet)
    state = question.reference if side is reading.reference else question.now
    return int((side.predicted == state.network.classes).sum())


def _mark(side: SetSide) -> Mark | None:
    error, interval = side.error, side.interval
    return None if error is None or interval is None else Mark(error, *interval)


def _percent(mark: Mark | None) -> str:
    return "–" if mark is None else percent(mark.error)


def _only_class(side: SetSide) -> int | None:
    """The class that every picture got; None where they got several."""
    given = side.predicted[side.predicted != NOT_SEEN]
    return int(given[0]) if len(given) and (given == given[0]).all() else None


def _whole_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
