from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.limits import DECADES, Span, span_of
from resnet_viewer.records.limits import Limits


def test_the_usual_span_goes_from_zero_to_the_highest_finite_value() -> None:
    maps = [np.array([[0.5, np.inf]], np.float32), np.array([[np.nan, -9.0, 2.0]], np.float32)]
    assert span_of(Limits(), maps) == Span(0.0, 2.0)
    assert span_of(Limits(), maps, is_signed=True) == Span(-9.0, 9.0)
    assert span_of(Limits(), []).is_empty
    assert span_of(Limits(percentile=50.0), [np.full((2, 2), np.nan)]).is_empty


def test_a_percentile_leaves_a_share_of_the_values_beyond_the_last_colour() -> None:
    maps = [np.arange(51.0), np.arange(51.0, 101.0)]
    span = span_of(Limits(percentile=90.0), maps)
    assert span.high == pytest.approx(90.0)
    beyond = sum((values > span.high).sum() for values in maps)
    assert beyond == 10
    assert span.shares(np.array([100.0])) == 1
    assert span_of(Limits(percentile=50.0), [-np.arange(101.0)], is_signed=True).high == 50


def test_limits_by_hand_are_taken_as_they_are() -> None:
    span = span_of(Limits(percentile=50.0, by_hand=(1.0, 3.0)), [np.array([100.0])])
    shares = span.shares(np.array([0.0, 1.0, 1.5, 3.0, 7.0, np.nan]))
    assert shares[:5].tolist() == [0, 0, 0.25, 1, 1]
    assert np.isnan(shares[5])
    assert [span.value(share) for share in (0.0, 0.25, 1.0)] == [1, 1.5, 3]


def test_on_a_logarithmic_span_equal_ratios_are_equally_far_apart() -> None:
    span = Span(0.0, 10.0, is_logarithmic=True)
    assert span.first == pytest.approx(10.0 * 10**-DECADES)
    shares = span.shares(np.array([0.0, -3.0, 0.001, 0.01, 0.1, 1.0, 10.0]))
    assert shares.tolist() == pytest.approx([0, 0, 0, 0.25, 0.5, 0.75, 1])
    assert [span.value(share) for share in (0.0, 0.5, 1.0)] == pytest.approx([0.001, 0.1, 10])
    by_hand = Span(0.1, 1000.0, is_logarithmic=True)
    assert by_hand.shares(np.array([0.1, 10.0, 1000.0])).tolist() == pytest.approx([0, 0.5, 1])
    signed = Span(-10.0, 10.0, is_logarithmic=True)
    shares = signed.shares(np.array([-10.0, -0.1, -0.0005, 0.0, 0.0005, 0.1, 10.0]))
    assert shares.tolist() == pytest.approx([0, 0.25, 0.5, 0.5, 0.5, 0.75, 1])
    assert [signed.value(share) for share in (0.0, 0.25, 0.75)] == pytest.approx([-10, -0.1, 0.1])


@pytest.mark.parametrize("is_logarithmic", [False, True])
def test_values_that_would_overflow_keep_their_place(is_logarithmic: bool) -> None:
    span = Span(-3e38, 3e38, is_logarithmic)
    shares = span.shares(np.array([-3e38, 0.0, 3e38], np.float32))
    assert shares.tolist() == pytest.approx([0, 0.5, 1])


def test_the_scale_says_the_ends() -> None:
    assert Span(0.0, 2.5).scale("gray").ends == ("0", "2.5")
    assert Span(-2.5, 2.5).scale("vik").ends == ("−2.5", "2.5")
    assert (0.5, "0") in Span(-2.5, 2.5).scale("vik").ticks
    assert Span(0.0, 0.0).scale("gray").ends == ("0", "")
    scale = Span(0.0, 10.0, is_logarithmic=True).scale("gray", meaning="all blocks")
    assert scale.ends == ("0.001", "10")
    assert scale.words == "gray from 0.001 to 10; all blocks; logarithmic"
