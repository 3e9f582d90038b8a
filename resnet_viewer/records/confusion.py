"""Which classes a network takes for which: counts of true and predicted labels, and the order of pictures."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


PictureRule = Literal["sample", "surest"]
SEED = 0
RULES: dict[PictureRule, str] = {
    "sample": f"a sample over the classes (seed {SEED})",
    "surest": "the surest mistakes first",
}
"""Which test pictures come first, in words."""


def confusion(labels: Integers, predicted: Integers, classes: int) -> Integers:
    """(C, C) counts of (N,) pictures: row t, column p holds those of class t that were taken for class p.

    Raises:
        ValueError: the two are not equally long, or a label is none of the classes.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    if labels.shape != predicted.shape:
        raise ValueError(f"{labels.size} labels do not belong to {predicted.size} predictions")
    for given in (labels, predicted):
        if given.size and not 0 <= given.min() <= given.max() < classes:
            raise ValueError(f"labels lie between 0 and {classes - 1}, not {given.min()} and {given.max()}")
    flat = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return flat.astype(np.int64, copy=False).reshape(classes, classes)


def picture_order(
    labels: Integers,
    predicted: Integers,
    *,
    rule: PictureRule = "sample",
    confidence: NDArray[np.float32] | None = None,
) -> Integers:
    """The indices of (N,) pictures in the order in which they are shown: those that were taken for another class first.

    "sample" lets the true classes take turns, each with its pictures in a random order that `SEED` fixes: the first so
    many are a sample over the classes. "surest" begins with the mistakes of the highest `confidence`, the probability
    (N,) of the predicted class, and ends with the right answers of the highest; without confidences it is "sample".

    Example:
        >>> picture_order(np.array([0, 0, 0, 1]), np.array([1, 1, 1, 0]))[:2].tolist()
        [3, 2]
    """
    is_right = labels == predicted
    shuffled = np.random.default_rng(SEED).permutation(len(labels))
    if rule == "surest" and confidence is not None:
        sureness = np.where(is_right, confidence, -confidence)[shuffled]
        return shuffled[np.lexsort((sureness, is_right[shuffled]))]
    by_class = shuffled[
        np.lexsort((labels[shuffled], is_right[shuffled]))
    ]  # stable: in each, as they were shuffled
    same = (labels[by_class][1:] == labels[by_class][:-1]) & (
        is_right[by_class][1:] == is_right[by_class][:-1]
    )
    starts = np.flatnonzero(np.concatenate(([True], ~same))) if len(labels) else np.zeros(0, np.int64)
    lengths = np.diff(np.append(starts, len(labels)))
    turn = np.arange(len(labels)) - np.repeat(starts, lengths)
    first = np.random.default_rng(SEED).permutation(
        int(labels.max(initial=-1)) + 1
    )  # else few pictures: low classes
    return by_class[np.lexsort((first[labels[by_class]], turn, is_right[by_class]))]


def class_errors(counts: Integers) -> Floats:
    """For each class of (C, C) counts the share of its pictures that were taken for others, in percent, (C,).

    Not a number for a class without pictures.

    Example:
        >>> class_errors(np.array([[3, 1], [0, 0]])).tolist()
        [25.0, nan]
    """
    totals = counts.sum(1)
    wrong = totals - np.diagonal(counts)
    errors = np.full(len(totals), np.nan)
    np.divide(100.0 * wrong, totals, out=errors, where=totals > 0)
    return errors


def row_shares(counts: Integers) -> Floats:
    """Each of (C, C) counts as a share of its row, from 0 to 1: of the pictures of that true class; 0 in an empty row.

    Example:
        >>> row_shares(np.array([[3, 1], [0, 0]])).tolist()
        [[0.75, 0.25], [0.0, 0.0]]
    """
    shares: Floats = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return shares
