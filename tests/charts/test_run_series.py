from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.run_series import (
    errors_after_epochs,
    over_seeds,
    running_mean,
    thinned,
    training_curve,
)
from tests.figures.runs import report


def test_training_errors_are_running_means_over_an_epochs_worth_of_steps() -> None:
    times, errors = training_curve(report(epochs=2), "error")
    np.testing.assert_allclose(times, np.arange(1, 9) / 4)
    np.testing.assert_allclose(errors[:4], [90, 89.5, 89, 88.5], err_msg="fewer at the start")
    np.testing.assert_allclose(errors[4:], [87.5, 86.5, 85.5, 84.5])
    assert training_curve(report(), "rate")[1] == pytest.approx(0.1)


def test_a_report_without_the_steps_batches_gives_its_epochs() -> None:
    for run in (
        report(with_steps=False),
        replace(
            report(), steps=tuple(replace(s, batch_loss=0, batch_error=0, rate=0) for s in report().steps)
        ),
    ):
        times, errors = training_curve(run, "error")
        assert times.tolist() == [1, 2, 3]
        assert errors.tolist() == [80, 60, 40]
    assert errors_after_epochs(report())[1].tolist() == [70, 60, 50]


def test_what_is_no_number_spoils_only_the_steps_around_it() -> None:
    means = running_mean(np.array([1.0, np.nan, 1.0, 1.0, 1.0]), 2)
    assert np.isnan(means).tolist() == [False, True, True, False, False]
    assert len(running_mean(np.zeros(0), 3)) == 0


def test_seeds_are_compared_as_far_as_all_go() -> None:
    long, short = (np.array([1.0, 2.0]), np.array([10.0, 0.0])), (np.array([1.0]), np.array([20.0]))
    times, mean, low, high = over_seeds([long, short])
    assert [part.tolist() for part in (times, mean, low, high)] == [[1], [15], [10], [20]]


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    times = np.arange(100_000.0)
    kept, values = thinned(times, 2 * times)
    assert len(kept) <= 1500
    assert (kept[0], kept[-1], values[-1]) == (0, 99_999, 199_998)
