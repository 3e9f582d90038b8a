"""Means, deviations and ranks of runs that differ in their seed, against numpy and pairs counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.study import Row
from resnet_viewer.records.trained_rows import (
    Group,
    differs,
    grouped,
    rank_correlation,
    require_depth,
    spread_words,
)


def row(kind: str, error: float | None, training: float | None = 1.0) -> Row:
    return {"kind": kind, "error": error, "training_error": training}


def test_mean_and_deviation_are_numpy_s_and_what_diverged_is_counted_apart() -> None:
    errors = np.random.default_rng(0).uniform(1, 50, 6)
    rows = [row("a", error, error / 2) for error in errors.tolist()]
    groups = grouped([row("b", None, None), *rows, row("a", None, None)], "kind")
    assert list(groups) == [("b",), ("a",)]
    found = groups["a",]
    assert found.mean == pytest.approx(errors.mean())
    assert found.deviation == pytest.approx(errors.std(ddof=1))
    assert found.training_mean == pytest.approx(errors.mean() / 2)
    assert found.training_deviation == pytest.approx(errors.std(ddof=1) / 2)
    assert found.diverged == 1
    assert (groups["b",].mean, groups["b",].diverged) == (None, 1)


def test_two_differ_where_the_standard_error_of_their_difference_says_so() -> None:
    one, near, far = (
        Group((1.0, 2.0, 3.0), (0.0,) * 3),
        Group((2.0, 3.0, 4.0), (0.0,) * 3),
        Group((6.0, 7.0), ()),
    )
    assert not differs(one, near), "1 apart, and twice the standard error is 1.63"
    assert differs(one, far)
    assert not differs(Group((1.0,), (0.0,)), Group((90.0,), (0.0,))), "one seed tells nothing"
    assert differs(Group(diverged=3), one)
    assert not differs(Group(diverged=3), Group(diverged=2))
    assert not differs(Group(diverged=1), one), "nor does one that diverged"


def test_ranks_are_compared_by_pairs_and_ties_count_in_neither_direction() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, 1]) == -1
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    chance = np.random.default_rng(1)
    ones, others = chance.integers(0, 5, 12).tolist(), chance.integers(0, 5, 12).tolist()
    signs = [
        (np.sign(a - c), np.sign(b - d))
        for (a, b), (c, d) in itertools.combinations(zip(ones, others, strict=True), 2)
    ]
    expected = sum(x * y for x, y in signs) / np.sqrt(
        sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs)
    )
    assert rank_correlation(ones, others) == pytest.approx(expected)


def test_a_spread_is_said_with_its_seeds() -> None:
    assert spread_words(Group((1.0, 3.0), (0.0, 1.0), 1)) == "2.0 ± 1.4 % (2 seeds, 1 diverged)"
    assert spread_words(Group((1.0, 3.0), (0.0, 1.0)), training=True) == "0.5 ± 0.7 % (2 seeds)"
    assert spread_words(Group((1.0,), (0.0,))) == "1.0 % (1 seed)"
    assert spread_words(Group(diverged=2)) == "nothing, as every run diverged"


@pytest.mark.parametrize("depth", [2, 9, 57])
def test_a_depth_that_no_network_has_is_refused(depth: int) -> None:
    require_depth("depth", 56)
    with pytest.raises(ArgumentError, match=r"depth must be of the form 6n \+ 2, such as 20 or 56, not"):
        require_depth("depth", depth)
