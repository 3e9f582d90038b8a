"""Which classes a network takes for which: counts of true and predicted labels, and pictures wrong ones first."""

from __future__ import annotations

import numpy as np

Integers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


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


def class_count(predicted: Integers, names: tuple[str, ...]) -> int:
    """How many classes a matrix of these predictions (N,) needs: the named ones, and one more where some picture has
    none because its logits were not finite.

    Example:
        >>> class_count(np.array([0, 2]), ("cat", "dog"))
        3
    """
    return len(names) + int(predicted.size > 0 and predicted.max() == len(names))


def wrong_first(labels: Integers, predicted: Integers) -> Integers:
    """The indices of (N,) pictures, those that were taken for another class first, each part in its own order.

    Example:
        >>> wrong_first(np.array([0, 1, 2, 3]), np.array([0, 3, 2, 1])).tolist()
        [1, 3, 0, 2]
    """
    return np.argsort(labels == predicted, kind="stable").astype(np.int64, copy=False)


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
