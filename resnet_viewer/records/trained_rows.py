"""Rows of studies that train: what several seeds of one kind found together, and how kinds are told apart."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.study import Row


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone; errors in percent."""

    errors: tuple[float, ...] = ()
    """On test pictures, at the end, in the order of the seeds; of those that did not diverge."""
    training: tuple[float, ...] = ()
    """On training pictures."""
    diverged: int = 0
    """How many have no error, as their loss was not finite any more."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.errors) + self.diverged

    @property
    def mean(self) -> float | None:
        """Of the test errors; None where all have diverged."""
        return statistics.fmean(self.errors) if self.errors else None

    @property
    def deviation(self) -> float:
        """The standard deviation of the test errors, that of a sample; 0 of a single one."""
        return statistics.stdev(self.errors) if len(self.errors) > 1 else 0.0

    @property
    def training_mean(self) -> float | None:
        """Of the training errors."""
        return statistics.fmean(self.training) if self.training else None

    @property
    def training_deviation(self) -> float:
        """Of the training errors."""
        return statistics.stdev(self.training) if len(self.training) > 1 else 0.0


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[object, ...], Group]:
    """The rows by what they say under these names, in the order in which such come first.

    Example:
        >>> grouped([{"kind": "a", "error": 2.0, "training_error": 1.0}], "kind")[("a",)].mean
        2.0
    """
    found: dict[tuple[object, ...], Group] = {}
    for row in rows:
        key = tuple(row.get(name) for name in names)
        group = found.get(key, Group())
        error, training = row.get("error"), row.get("training_error")
        if _is_number(error) and _is_number(training):
            group = Group((*group.errors, error), (*group.training, training), group.diverged)
        else:
            group = Group(group.errors, group.training, group.diverged + 1)
        found[key] = group
    return found


def differs(one: Group, other: Group) -> bool:
    """Whether their means lie further apart than twice the standard error of their difference, of which there is none
    with a single seed; what diverged with every one of several seeds differs from what did not.
    """
    if min(one.count, other.count) < 2:
        return False
    if one.mean is None or other.mean is None:
        return (one.mean is None) != (other.mean is None)
    if min(len(one.errors), len(other.errors)) < 2:
        return False
    spread = math.sqrt(one.deviation**2 / len(one.errors) + other.deviation**2 / len(other.errors))
    return abs(one.mean - other.mean) > 2 * spread


def spread_words(group: Group, *, training: bool = False) -> str:
    """ "1.8 ± 0.3 % (5 seeds)"; "nothing, as every run diverged". Of test errors, or of those on training pictures."""
    mean, deviation = group.mean, group.deviation
    if training:
        mean, deviation = group.training_mean, group.training_deviation
    if mean is None:
        return "nothing, as every run diverged"
    words = f"{mean:.1f}"
    if len(group.errors) > 1:
        words += f" ± {deviation:.1f}"
    gone = f", {group.diverged} diverged" if group.diverged else ""
    seeds = f"{len(group.errors)} seeds" if len(group.errors) > 1 else "1 seed"
    return f"{words} % ({seeds}{gone})"


def rank_correlation(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """Kendall's τ-b, which allows for ties: 1 where both have one order; None where one of them has none at all.

    Example:
        >>> rank_correlation([1, 2, 3], [10, 30, 20])
        0.3333333333333333
    """
    first, second = (np.sign(np.subtract.outer(values, values)) for values in (ones, others))
    size = math.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum()) / size if size else None


def require_depth(name: str, depth: int) -> None:
    """Nothing where there is a CIFAR network of so many layers.

    Raises:
        ArgumentError: there is none.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ArgumentError(name, "of the form 6n + 2, such as 20 or 56", depth)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
