"""The error plot's numbers: nothing that stands out is thinned away, and every value has a place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resnet_viewer.charts.curves import (
    Course,
    Heights,
    at_time,
    courses_of,
    heights_for,
    length_of,
    round_numbers,
    running_mean,
    thinned,
    visible,
)
from resnet_viewer.records.training import Extension
from tests.ui.train.invented import begun, run, trained


def line(*values: float) -> Course:
    return Course(np.arange(1.0, len(values) + 1), np.array(values))


def test_training_is_drawn_by_steps_and_the_test_by_epochs() -> None:
    thin, bold = courses_of(trained(steps=25), "error")
    assert (len(thin.x), thin.is_bold) == (25, False)
    assert thin.x[:2].tolist() == [0.1, 0.2]
    assert (bold.x.tolist(), bold.y.tolist(), bold.is_bold) == ([1.0, 2.0], [86.0, 76.0], True)


def test_loss_is_averaged_over_an_epoch_and_the_rate_is_not() -> None:
    log = trained(steps=12)
    (loss,) = courses_of(log, "loss")
    assert loss.y[-1] == pytest.approx(np.mean([2.0 / (i + 1) for i in range(2, 12)]))
    (rate,) = courses_of(log, "rate")
    assert rate.y.tolist() == log.rates.tolist()


def test_a_mean_is_odd_only_where_it_holds_an_odd_value() -> None:
    values = np.array([1.0, 3.0, np.nan, 5.0, 7.0, 9.0])
    assert np.isnan(running_mean(values, 2)).tolist() == [False, False, True, True, False, False]
    assert running_mean(values, 2)[[0, 1, 4, 5]].tolist() == [1.0, 2.0, 6.0, 8.0]
    assert len(running_mean(np.zeros(0), 5)) == 0


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1e20)), st.integers(1, 70))
def test_a_mean_is_that_of_its_own_window_whatever_came_before(values: np.ndarray, width: int) -> None:
    wished = [values[max(end - width, 0) : end].mean() for end in range(1, len(values) + 1)]
    assert running_mean(values, width) == pytest.approx(wished)


@given(arrays(np.float64, st.integers(3, 400), elements=st.floats(-1e9, 1e9)), st.integers(1, 50))
def test_thinning_keeps_ends_and_extremes(values: np.ndarray, columns: int) -> None:
    found = thinned(line(*values), columns)
    assert (found.y.min(), found.y.max()) == (values.min(), values.max())
    assert (found.x[0], found.x[-1]) == (1.0, len(values))
    assert np.all(np.diff(found.x) > 0)
    assert len(found.x) <= max(4 * columns + 2, 2 * columns + len(values) / columns + 2)


def test_thinning_looks_past_what_is_not_a_number() -> None:
    values = np.ones(100)
    values[10:30] = np.nan
    values[33] = 9.0
    found = thinned(line(*values), 10)
    assert np.nanmax(found.y) == 9.0
    assert np.isnan(found.y).any(), "a gap was closed"


def test_the_visible_part_ends_at_the_edges_where_the_line_goes_on() -> None:
    part = visible(line(1, 2, 3, 4, 8), 2.5, 4.5)
    assert (part.x.tolist(), part.y.tolist()) == ([2.5, 3.0, 4.0, 4.5], [2.5, 3.0, 4.0, 6.0])
    assert visible(line(1, 2), 5.0, 9.0).x.tolist() == []
    assert visible(line(1, 2, 3), 0.0, 9.0).x.tolist() == [1.0, 2.0, 3.0]
    assert visible(line(1, 2, 3), 2.5, 9.0).x.tolist() == [2.5, 3.0]


def test_errors_begin_at_zero_and_nothing_has_a_plot_too() -> None:
    axis = heights_for([line(80, 20)], "error", 300)
    assert axis.bottom == 0.0
    assert 80.0 < axis.top < 90.0
    assert heights_for([], "error", 300).top > 50.0
    assert heights_for([line(0, 0)], "rate", 300).top > 0.0


_LOSSES = st.floats(allow_nan=True).filter(lambda loss: loss != -np.inf)  # which stands for none


@given(st.lists(_LOSSES, min_size=1, max_size=20), st.floats(30, 900))
def test_every_loss_has_a_place_whatever_it_is(values: list[float], height: float) -> None:
    axis = heights_for([line(*values)], "loss", height)
    places = axis.of(np.array(values))
    assert np.all(np.isfinite(places))
    assert np.all((places > axis.bottom) & (places < axis.top))


def test_an_error_that_is_not_finite_has_no_place() -> None:
    assert np.isnan(Heights(0.0, 100.0).of(np.array([np.inf, np.nan]))).all()


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [
        (0.0, 12.0, ["0", "2", "4", "6", "8", "10", "12"]),
        (0.4, 1.0, ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]),
    ],
)
def test_numbers_are_round_and_say_no_more_digits_than_they_need(
    low: float, high: float, numbers: list[str]
) -> None:
    assert [text for _, text in round_numbers(low, high, 600.0, 60.0)] == numbers


def test_numbers_of_an_empty_range_are_none() -> None:
    assert round_numbers(1.0, 1.0, 100.0, 10.0) == []
    assert round_numbers(0.0, float("nan"), 100.0, 10.0) == []


def test_the_newest_holds_until_the_next_and_the_last_for_as_long() -> None:
    times = np.array([1.0, 2.0, 3.0])
    assert [at_time(times, t) for t in (0.0, 1.0, 1.9, 2.0, 3.9, 4.1, -1.0)] == [0, 0, 0, 1, 2, None, None]
    assert at_time(np.zeros(0), 1.0) is None
    assert [at_time(times, t, end=3.5) for t in (3.5, 3.6)] == [2, None]
    assert at_time(times, float("nan")) is None


def test_the_time_axis_is_as_long_as_the_longest_run() -> None:
    assert length_of(()) == 1.0
    assert length_of((trained(epochs=4), begun(run("cifar-resnet-20", epochs=7)))) == 7.0
    longer = replace(run(epochs=4), extensions=(Extension(9, 9), Extension(12, 6)))
    assert length_of((begun(longer),)) == 6.0
