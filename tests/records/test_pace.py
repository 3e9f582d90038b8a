"""The time left counts the evaluations that are to come, and leaves out what will not come any more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    DataRead,
    EpochEnded,
    Intervened,
    LabReport,
    StateChanged,
)
from resnet_viewer.records.pace import Pace
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import EpochReport, RunSpec, StepReport

STEPS, TRAIN, TEST = 10, 1000, 500
SHALLOW = RunSpec(spec("cifar-plain-8"), "digits", 4, Recipe("invented", batch=100))
DEEP = replace(SHALLOW, network=spec("cifar-plain-20"))
DATA = DataRead(TRAIN, np.zeros((TEST, 1, 8, 8), np.uint8), np.zeros(TEST, np.int64), ("a", "b"))


def advanced(key: str, first: int, count: int, *, seconds: float) -> Advanced:
    """So many steps, each of which took so long."""
    steps = tuple(StepReport(at // STEPS, at % STEPS, STEPS, 1.0, 50.0) for at in range(first, first + count))
    return Advanced(key, steps, (), SHALLOW.recipe.batch / seconds)


def epoch(key: str, number: int, *, seconds: float) -> EpochEnded:
    return EpochEnded(key, EpochReport(number, 0.1, 1.0, 50.0, 50.0, seconds), np.zeros(TEST, np.int64), None)


def after(*reports: LabReport, pace: Pace | None = None, now: float = 0.0) -> Pace:
    pace = pace or Pace()
    for report in reports:
        pace.take(report, now=now)
    return pace


def test_nothing_is_said_before_something_was_measured() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS))
    assert pace.seconds_left(now=1.0) is None
    assert (pace.steps_done, pace.steps) == (0, 40)


def test_evaluations_to_come_are_counted_as_measured() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), advanced("a", 0, 10, seconds=1.0))
    after(epoch("a", 0, seconds=16.0), pace=pace)  # 10 steps, and 6 seconds of evaluation
    steps, evaluations, last = 30 * 1.0, 3 * 6.0, 6.0 * (1 + TRAIN / TEST)
    assert pace.seconds_left(now=16.0) == pytest.approx(steps + evaluations + last)


def test_an_evaluation_that_was_not_measured_costs_its_forward_passes() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), advanced("a", 0, 4, seconds=3.0))
    evaluation = TEST / SHALLOW.recipe.batch * 3.0 / 3
    assert pace.seconds_left(now=12.0) == pytest.approx(36 * 3.0 + 4 * evaluation + 3 * evaluation)


def test_a_run_that_waits_is_reckoned_by_its_depth_and_one_that_diverged_not_at_all() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), advanced("a", 0, 10, seconds=0.8))
    alone = pace.seconds_left(now=8.0)
    assert alone is not None
    after(Began("b", DEEP, STEPS), pace=pace)
    both = pace.seconds_left(now=8.0)
    assert both is not None
    assert both > alone + 40 * 0.8 * 20 / 8
    after(StateChanged("b", "diverged"), pace=pace)
    assert pace.seconds_left(now=8.0) == alone
    assert (pace.steps_done, pace.steps) == (10, 40)


def test_what_was_done_before_a_resume_tells_no_speed() -> None:
    done = advanced("a", 0, 20, seconds=1.0).steps
    epochs = tuple(epoch("a", number, seconds=100.0).epoch for number in range(2))
    pace = after(DATA, Began("a", SHALLOW, STEPS, steps=done, epochs=epochs))
    assert (pace.steps_done, pace.seconds_left(now=0.0)) == (20, None)
    after(advanced("a", 20, 2, seconds=1.0), pace=pace)
    evaluation = TEST / 100 / 3
    assert pace.seconds_left(now=2.0) == pytest.approx(18 + 2 * evaluation + 3 * evaluation)


def test_no_speed_is_told_before_a_second_of_steps_and_the_first_counts_its_own_time() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), StateChanged("a", "running"))
    after(advanced("a", 0, 2, seconds=0.4), pace=pace, now=100.8)
    assert (pace.seconds_left(now=100.8), pace.seconds_left(now=100.8, key="a")) == (None, None)
    assert pace.pictures_per_second(now=100.8) is None
    after(advanced("a", 2, 1, seconds=0.4), pace=pace, now=101.2)
    assert pace.pictures_per_second(now=101.2) == pytest.approx(100 / 0.4), (
        "the clock began with the first step"
    )


def test_an_epoch_that_was_begun_before_a_resume_measures_no_evaluation() -> None:
    done = advanced("a", 0, 8, seconds=1.0).steps
    pace = after(DATA, Began("a", SHALLOW, STEPS, steps=done))
    after(advanced("a", 8, 2, seconds=1.0), pace=pace, now=2.0)
    after(epoch("a", 0, seconds=300.0), pace=pace, now=2.0)
    forward = TEST / 100 / 3
    assert pace.seconds_left(now=2.0) == pytest.approx(30 + 3 * forward + 3 * forward)


def test_runs_at_the_same_time_take_less_of_the_clock() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), Began("b", SHALLOW, STEPS))
    after(advanced("a", 0, 10, seconds=1.0), advanced("b", 0, 10, seconds=1.0), pace=pace, now=10.0)
    assert pace.seconds_left(now=10.0) == pytest.approx((60 + 2 * (4 + 3) * TEST / 100 / 3) / 2)


def test_an_extension_counts_and_the_end_is_the_end() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), advanced("a", 0, 40, seconds=1.0))
    after(*(epoch("a", number, seconds=10.0) for number in range(4)), pace=pace)
    assert pace.seconds_left(now=40.0) == 0.0
    after(Intervened("a", SHALLOW.extended(40, 1), None), pace=pace)
    assert pace.seconds_left(now=40.0) == pytest.approx(10.0)
    after(StateChanged("a", "done"), pace=pace)
    assert pace.seconds_left(now=40.0) == 0.0


def test_a_run_takes_turns_with_those_that_run_beside_it() -> None:
    began = Began("a", SHALLOW, STEPS), Began("b", SHALLOW, STEPS), Began("c", SHALLOW, STEPS)
    going = StateChanged("a", "running"), StateChanged("b", "running"), StateChanged("c", "paused")
    pace = after(DATA, *began, *going)
    assert pace.seconds_left(now=0.0, key="a") is None
    after(advanced("a", 0, 10, seconds=1.0), advanced("b", 0, 30, seconds=1.0), pace=pace, now=10.0)
    evaluations = 7 * TEST / 100 / 3  # one an epoch, and three times as many pictures for the last weights
    mine, others = 30 + evaluations, 10 + evaluations
    assert pace.seconds_left(now=40.0, key="a") == pytest.approx(mine + others), "the other one ends before"
    first = pace.seconds_left(now=40.0, key="b")
    assert first is not None
    assert others < first < mine + others
    assert pace.seconds_left(now=40.0, key="c") is None, "it is paused"
    after(StateChanged("b", "done"), pace=pace)
    assert pace.seconds_left(now=40.0, key="a") == pytest.approx(mine)


def test_pictures_of_all_running_runs_count_in_seconds_of_the_clock() -> None:
    pace = after(DATA, Began("a", SHALLOW, STEPS), Began("b", SHALLOW, STEPS))
    after(StateChanged("a", "running"), StateChanged("b", "running"), pace=pace)
    assert pace.pictures_per_second(now=0.0) is None
    after(advanced("a", 0, 10, seconds=1.0), advanced("b", 0, 10, seconds=3.0), pace=pace, now=10.0)
    assert pace.pictures_per_second(now=40.0) == pytest.approx(200 / 4.0), "in turn"
    assert pace.pictures_per_second(now=20.0) == pytest.approx(200 / 2.0), "at the same time"
