"""The pictures of a test set one by one: what each is taken for now and in the reference, chosen and sorted, as words.

Whole columns are compared at once: ten thousand pictures are sorted within a frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.records.captions import class_name, plain, wiring_words
from resnet_viewer.records.confusion import confusion
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.test_set import NOT_SEEN, MeasureSet, SetReading, SetSide

Column = Literal["picture", "true", "now", "now_p", "reference", "reference_p", "change"]
TITLES: dict[Column, str] = {
    "picture": "picture",
    "true": "true",
    "now": "now",
    "now_p": "probability",
    "reference": "reference",
    "reference_p": "probability",
    "change": "what changed",
}
assert tuple(TITLES) == get_args(Column)
Shown = Literal["all", "wrong", "changed", "broken", "mended"]
"""Which pictures: those that are wrong now; those with another class than in the reference, and of these the ones that
were right there, or are right now."""
SHOWN_WORDS: dict[Shown, str] = {
    "all": "all pictures",
    "wrong": "wrong now",
    "changed": "another class than in the reference",
    "broken": "right → wrong",
    "mended": "wrong → right",
}
assert tuple(SHOWN_WORDS) == get_args(Shown)
_UNKNOWN, _SAME, _OTHER, _MENDED, _BROKEN = range(5)
_CHANGE_WORDS = "", "", "another class", SHOWN_WORDS["mended"], SHOWN_WORDS["broken"]
Order = NDArray[np.int64]
_ALL_CLASSES = 40
"""Of more classes the confusion matrix has only those that occur."""


@dataclass(frozen=True)
class RowChoice:
    """Which pictures are shown, and in which order."""

    shown: Shown = "all"
    pair: tuple[int, int] | None = None
    """Only those of this cell of the confusion matrix: row and column."""
    of_class: int | None = None
    """Only those of this true class; where true classes are not known, those that are called so in either state."""
    words: str = ""
    """Only those in whose row every one of these words occurs."""
    sorted_by: Column | None = None
    """None for their own order."""
    is_descending: bool = False


@dataclass(frozen=True, eq=False)
class SetRows:
    """A row for each picture of a reading, in the reading's order."""

    reading: SetReading

    def __len__(self) -> int:
        return len(self.reading.pictures)

    @property
    def is_compared(self) -> bool:
        """Now is another state than the reference."""
        question = self.reading.request
        assert isinstance(question, MeasureSet)
        return question.now != question.reference

    @property
    def heading(self) -> tuple[str, ...]:
        """Which states are beside each other, what a row is, and what a click does; in ever fewer words."""
        question = self.reading.request
        assert isinstance(question, MeasureSet)
        now, reference = (
            f"{state.network.title}, {wiring_words(state.network, state.wiring)}"
            for state in (question.now, question.reference)
        )
        states = (
            f"Now: {now}. Reference: {reference}." if self.is_compared else f"Now is the reference: {now}."
        )
        one = "crop of a bundled picture" if question.test_set.kind == "crops" else "picture"
        row = f"Each row is one {one}" + (", the same for both." if self.is_compared else ".")
        clicks = (
            "A click on a row opens it in Inspect, one on a cell of the matrix shows that cell's pictures."
        )
        return f"{states} {row} {clicks}", f"{states} {row}", states

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Those in which there is something to say."""
        left_out: set[Column] = set() if self.reading.has_labels else {"true"}
        if not self.is_compared:
            left_out |= {"reference", "reference_p", "change"}
        return tuple(column for column in TITLES if column not in left_out)

    @cached_property
    def offered(self) -> tuple[Shown, ...]:
        """The choices of pictures that there are: without true classes nothing is right or wrong."""
        if not self.is_compared:
            return ("all", "wrong") if self.reading.has_labels else ("all",)
        return get_args(Shown) if self.reading.has_labels else ("all", "changed")

    @cached_property
    def classes(self) -> NDArray[np.int64]:
        """(N,) of each picture its row in the confusion matrix: its true class, else the one in the reference."""
        labels = self.reading.pictures.labels
        return self.reading.reference.predicted if labels is None else labels

    @cached_property
    def _changes(self) -> NDArray[np.int64]:
        now, reference = self.reading.now.predicted, self.reading.reference.predicted
        found = np.where(now == reference, _SAME, _OTHER)
        if (labels := self.reading.pictures.labels) is not None:
            found[(now != reference) & (reference == labels)] = _BROKEN
            found[(now != reference) & (now == labels)] = _MENDED
        return np.where((now != NOT_SEEN) & (reference != NOT_SEEN), found, _UNKNOWN)

    def order(self, choice: RowChoice) -> Order:
        """The pictures that are shown, as they follow each other."""
        chosen = np.flatnonzero(self._is_shown(choice))
        if choice.sorted_by is None:
            return chosen
        keys = self._keys(choice.sorted_by)[chosen].astype(np.float64)
        return chosen[np.argsort(-keys if choice.is_descending else keys, kind="stable")]

    def _is_shown(self, choice: RowChoice) -> NDArray[np.bool_]:
        now, reference = self.reading.now.predicted, self.reading.reference.predicted
        shown = np.ones(len(now), np.bool_)
        match choice.shown:
            case "wrong":
                shown &= self.reading.now.wrong
            case "changed":
                shown &= self._changes >= _OTHER
            case "broken":
                shown &= self._changes == _BROKEN
            case "mended":
                shown &= self._changes == _MENDED
        if choice.pair is not None:
            shown &= (self.classes == choice.pair[0]) & (now == choice.pair[1])
        if choice.of_class is not None:
            is_called = (now == choice.of_class) | (reference == choice.of_class)
            shown &= (self.classes == choice.of_class) if self.reading.has_labels else is_called
        for word in choice.words.casefold().split():
            shown &= np.fromiter((word in text for text in self._texts), np.bool_, len(now))
        return shown

    @cached_property
    def _texts(self) -> list[str]:
        """What is searched of each row."""
        told = [column for column in self.columns if not column.endswith("_p")]
        return [" ".join(self.cell(row, column) for column in told).casefold() for row in range(len(self))]

    def _keys(self, column: Column) -> NDArray[np.int64] | NDArray[np.float32]:
        """(N,) numbers that sort as the column does."""
        reading = self.reading
        match column:
            case "picture":
                return self._name_ranks
            case "true":
                return self._ranked(self.classes)
            case "now":
                return self._ranked(reading.now.predicted)
            case "reference":
                return self._ranked(reading.reference.predicted)
            case "now_p":
                return reading.now.probability
            case "reference_p":
                return reading.reference.probability
            case "change":
                return self._changes

    @cached_property
    def _name_ranks(self) -> NDArray[np.int64]:
        return _ranks([name.casefold() for name in self.reading.pictures.names])

    def _ranked(self, classes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Classes as their names follow each other; behind them what has none, before them what is not known yet."""
        names = self.reading.pictures.class_names
        if not names:
            return classes
        ranks = np.append(_ranks([name.casefold() for name in names]), (len(names), NOT_SEEN))
        return ranks[np.minimum(classes, len(names))]  # NOT_SEEN, -1, is the last place

    def cell(self, row: int, column: Column) -> str:
        """What stands there, in words; empty where that is not known yet."""
        reading = self.reading
        match column:
            case "picture":
                return plain(reading.pictures.names[row])
            case "true":
                return self.class_name(int(self.classes[row]))
            case "now":
                return self.class_name(int(reading.now.predicted[row]))
            case "reference":
                return self.class_name(int(reading.reference.predicted[row]))
            case "now_p":
                return _probability(reading.now, row)
            case "reference_p":
                return _probability(reading.reference, row)
            case "change":
                return _CHANGE_WORDS[self._changes[row]]

    def is_wrong(self, row: int, column: Column) -> bool:
        """The class or probability there is that of a wrong picture; or the change there is for the worse, or none to
        a right class."""
        match column:
            case "now" | "now_p":
                return bool(self.reading.now.wrong[row])
            case "reference" | "reference_p":
                return self.reading.has_labels and bool(self.reading.reference.wrong[row])
            case "change":
                return bool(self._changes[row] in (_BROKEN, _OTHER))
        return False

    @cached_property
    def matrix(self) -> tuple[ConfusionChart, Order]:
        """The pictures seen in both states, counted by true class and now's, or by the reference's and now's where true
        classes are not known; and the class of every row and column.
        """
        is_seen = (self.classes != NOT_SEEN) & (self.reading.now.predicted != NOT_SEEN)
        rows, columns = self.classes[is_seen], self.reading.now.predicted[is_seen]
        occurring = np.unique(np.concatenate((rows, columns)))
        names = self.reading.pictures.class_names
        if 0 < len(names) <= _ALL_CLASSES:
            occurring = np.union1d(np.arange(len(names)), occurring)
        places = np.searchsorted(occurring, rows), np.searchsorted(occurring, columns)
        chart = ConfusionChart(
            confusion(*places, len(occurring)),
            tuple(self.class_name(int(index)) for index in occurring),
            int((occurring < len(names)).sum()),
        )
        if not self.reading.has_labels:
            chart = replace(
                chart, rows="reference", columns="now", ratio="differs", wrong="called otherwise now"
            )
        return chart, occurring

    def class_name(self, index: int) -> str:
        """Of a class; empty where it is not known yet."""
        return "" if index == NOT_SEEN else class_name(index, self.reading.pictures.class_names)

    def describe(self, row: int) -> str:
        """A picture in words: "ship/12.png · true ship · now deer 57 % · reference ship 98 %"."""
        told = [self.cell(row, "picture")]
        if self.reading.has_labels:
            told.append(f"true {self.cell(row, 'true')}")
        told.append(f"now {self.cell(row, 'now')} {self.cell(row, 'now_p')}".rstrip())
        if self.is_compared:
            told.append(f"reference {self.cell(row, 'reference')} {self.cell(row, 'reference_p')}".rstrip())
        return " · ".join(told)

    def count_words(self, order: Order) -> str:
        """ "273 of 300 pictures"."""
        words = f"{thousands(len(self))} pictures" if len(self) != 1 else "1 picture"
        return words if order.size == len(self) else f"{thousands(order.size)} of {words}"


def _probability(side: SetSide, row: int) -> str:
    return "" if side.predicted[row] == NOT_SEEN else percent(float(side.probability[row]))


def _ranks(texts: list[str]) -> NDArray[np.int64]:
    """The place of each among the others, alphabetically; equal texts have equal places."""
    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.array([places[text] for text in texts], np.int64)
