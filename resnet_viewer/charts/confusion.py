"""The confusion matrix: true classes in rows, predicted ones in columns, and each class's error beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import class_errors, confusion, row_shares
from resnet_viewer.records.lab import Numbers

_FAINTEST, _STRONGEST = 0.16, 0.85
"""How much of its colour the cell of a single picture, and that of a whole row, is mixed with."""
TRUE, PREDICTED, ERROR = "true", "predicted", "error"
"""What rows, columns and the percentages of rows are called where true classes are known."""
Colours = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConfusionChart:
    """(C, C) counts with the classes' names; behind the `classes` there may be one for pictures that have none."""

    counts: Numbers
    names: tuple[str, ...]
    classes: int = 0
    rows: str = TRUE
    columns: str = PREDICTED
    ratio: str = ERROR
    wrong: str = "wrong"
    """What a picture is that is not on the diagonal."""

    @staticmethod
    def of(labels: Numbers, predicted: Numbers, class_names: tuple[str, ...]) -> ConfusionChart:
        """Count (N,) pictures by true and predicted class.

        Raises:
            ValueError: labels and predictions are not as many, or below zero.
        """
        classes = max(len(class_names), *(int(given.max(initial=-1)) + 1 for given in (labels, predicted)))
        names = tuple(class_name(index, class_names) for index in range(classes))
        return ConfusionChart(confusion(labels, predicted, classes), names, len(class_names))

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """(C, C) of each row's pictures, from 0 to 1."""
        return row_shares(self.counts)

    @cached_property
    def errors(self) -> NDArray[np.float64]:
        """(C,) percent of each class's pictures; nan for a class without any."""
        return class_errors(self.counts)

    def error_words(self, true: int) -> str:
        """A class's error: "12.5 %"."""
        return "–" if isnan(self.errors[true]) else f"{self.errors[true]:.1f} %"

    def cell_words(self, true: int, given: int) -> tuple[str, str]:
        """What stands in a cell: its count, and its percent of the row where there is room."""
        share = float(self.shares[true, given])
        return str(self.counts[true, given]), f"{100 * share:.{0 if share >= 0.01 else 1}f} %"

    def describe(self, true: int, given: int) -> str:
        """A cell in words, or with -1 a row: "true 8, predicted 2: 13 of 36 (36 %)"."""
        total = int(self.counts[true].sum())
        what, count = f", {self.columns} {self.names[given]}", int(self.counts[true, given])
        if given < 0:
            what, count = "", total - int(self.counts[true, true])
        share = f" ({100 * count / total:.0f} %)" if total else ""
        how = f" {self.wrong}" if given < 0 else ""
        return f"{self.rows} {self.names[true]}{what}: {count} of {total}{how}{share}"

    def most_often(self) -> str:
        """The most frequent confusions: "most often: 3 taken for 8 (12), 9 taken for 4 (5)"."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        pairs = [divmod(int(i), len(wrong)) for i in np.argsort(-wrong.ravel(), kind="stable")[:3]]
        said = [f"{self.names[t]} taken for {self.names[p]} ({wrong[t, p]})" for t, p in pairs if wrong[t, p]]
        return f"most often: {', '.join(said)}" if said else "every picture is right"

    def colours(
        self, *, ground: str, right: str, wrong: str, text: str
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Red, green and blue of the cells, (C, C, 3), and where words in the ground's colour stand out more than in
        the text's, (C, C): the share of the row is so much of `right` or of `wrong`. A cell without pictures has the
        ground's colour.
        """
        is_right = np.eye(len(self.counts), dtype=bool)[..., None]
        amount = np.where(self.counts > 0, self.shares, np.nan)[..., None]
        mixed = mixture(amount, np.where(is_right, _channels(right), _channels(wrong)), _channels(ground))
        lights = lights_of(mixed)
        is_deep = contrast_of(lights, lights_of(_channels(ground))) > contrast_of(
            lights, lights_of(_channels(text))
        )
        return np.rint(mixed).astype(np.uint8), is_deep


def ramp(colour: str, ground: str) -> NDArray[np.uint8]:
    """The (256, 3) colours of shares from 0 to 1."""
    shares = np.linspace(0, 1, 256)[:, None]
    return np.rint(mixture(shares, _channels(colour), _channels(ground))).astype(np.uint8)


def mixture(shares: Colours, full: Colours, ground: Colours) -> Colours:
    """Shares of the row as colours; the ground's where there is no number."""
    mixed: Colours = ground + np.nan_to_num(_FAINTEST + (_STRONGEST - _FAINTEST) * shares) * (full - ground)
    return mixed


def _channels(colour: str) -> Colours:
    return np.array([*bytes.fromhex(colour[1:])], np.float64)


def lights_of(colours: Colours) -> Colours:
    """Relative luminance of (…, 3) colours from 0 to 255, as WCAG 2 computes it."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lights: Colours = linear @ np.array([0.2126, 0.7152, 0.0722])
    return lights


def contrast_of(one: Colours, other: Colours) -> Colours:
    """The contrast of two luminances, from 1 to 21."""
    contrast: Colours = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return contrast
