"""Round numbers on a scale of decades: never so few that one cannot read it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viewer.charts.log_axis import round_above, round_below, round_powers


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (-2.4, -1.4, [(5, -3), (1, -2), (2, -2)]),
        (0.0, 1.0, [(1, 0), (2, 0), (5, 0), (1, 1)]),
        (-3.0, 1.5, [(1, -3), (1, -2), (1, -1), (1, 0), (1, 1)]),
        (-20.0, 5.0, [(1, -20), (1, -15), (1, -10), (1, -5), (1, 0), (1, 5)]),
    ],
)
def test_decades_and_where_they_are_few_twice_and_five_times(
    low: float, high: float, found: list[tuple[int, int]]
) -> None:
    assert round_powers(low, high, 7) == found


@given(st.floats(-300, 300), st.floats(0.8, 400), st.integers(2, 12))
def test_there_are_numbers_inside_and_not_too_many(low: float, span: float, most: int) -> None:
    found = [n + math.log10(m) for m, n in round_powers(low, low + span, most)]
    assert len(found) <= most
    assert found == sorted(found)
    assert all(low - 1e-6 <= place <= low + span + 1e-6 for place in found)
    assert len(found) >= min(2, most) or span > 2 or most < 4


@given(st.floats(-300, 300))
def test_round_ends_lie_around(exponent: float) -> None:
    assert exponent - 0.4 < round_below(exponent) <= exponent + 1e-6
    assert exponent - 1e-6 <= round_above(exponent) < exponent + 0.4
