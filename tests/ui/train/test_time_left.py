"""The time left: hand-counted pictures at known speeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from resnet_viewer.records.lab import Advanced, DataRead, Order
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.training import StepReport
from resnet_viewer.run_plans import runs_of
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.run_log import LabScene
from resnet_viewer.ui.train.time_left import duration, seconds_left
from tests.ui.train.invented import begun, run
from tests.ui.train.laboratory import Laboratory

RUNS = runs_of(RunPlan())
EPOCH, TESTS, COUNT = 11 * 128, 40, 1437
FORWARD = 0.35


@pytest.fixture
def lab() -> Laboratory:
    return Laboratory()


@pytest.fixture
def controller(lab: Laboratory, tmp_path: Path, qapp: object) -> Iterator[TrainController]:
    made = TrainController(lab, itertools.count(1))
    made.begin(Order(RUNS, "digits", tmp_path), "Digits")
    lab.begin()
    yield made
    made.deleteLater()


def data_of(controller: TrainController) -> DataRead:
    assert controller.scene.data is not None
    return controller.scene.data


def test_it_counts_steps_and_what_is_classified(lab: Laboratory, controller: TrainController) -> None:
    first = controller.scene.logs[0]
    step = StepReport(0, 0, 11, 2.0, 90.0, None, 2.0, 90.0, 0.1)
    lab.say(Advanced(first.key, (step,), (), 1000.0))
    alone = seconds_left(LabScene((first,), data=data_of(controller)), first)
    classified = 13 * TESTS + COUNT  # after each of 12 epochs, and both sets at the end
    assert alone == pytest.approx((12 * EPOCH - 128 + FORWARD * classified) / 1000)


def test_once_an_epoch_is_done_its_time_counts(lab: Laboratory, controller: TrainController) -> None:
    first = controller.scene.logs[0]
    lab.train(first.key, first.run, 3)
    per_picture = 1.5 / (EPOCH + FORWARD * TESTS)
    expected = per_picture * (9 * EPOCH + FORWARD * (10 * TESTS + COUNT))
    assert seconds_left(LabScene((first,), data=data_of(controller)), first) == pytest.approx(expected)
    lab.train(first.key, first.run, 12)
    left = seconds_left(LabScene((first,), data=data_of(controller)), first)
    assert left == pytest.approx(per_picture * FORWARD * (TESTS + COUNT)), "its last weights are measured"


def test_it_counts_the_turns_of_the_others(lab: Laboratory, controller: TrainController) -> None:
    first, second = controller.scene.logs[:2]
    lab.states("waiting", *(log.key for log in controller.scene.logs[2:]))
    lab.train(first.key, first.run, 3)
    assert math.isnan(seconds_left(controller.scene, first)), "the other one's speed is not known yet"
    data = data_of(controller)
    alone = seconds_left(LabScene((first,), data=data), first)
    lab.train(second.key, second.run, 3)
    assert seconds_left(controller.scene, first) == pytest.approx(2 * alone)
    lab.train(second.key, second.run, 11)
    rest = seconds_left(LabScene((second,), data=data), second)
    assert seconds_left(controller.scene, first) == pytest.approx(alone + rest), "it ends long before"
    lab.states("paused", first.key)
    assert math.isnan(seconds_left(controller.scene, first))


def test_a_speed_of_nothing_leaves_the_time_unknown() -> None:
    log = begun(run())
    log.take(Advanced(log.key, (StepReport(0, 0, 10, 2.0, 60.0),), (), 0.0))
    assert math.isnan(seconds_left(LabScene((log,)), log))


@pytest.mark.parametrize(
    ("seconds", "words"), [(math.nan, ""), (41.6, "42 s"), (200, "3 min"), (7500, "2 h 05 min")]
)
def test_durations_fit_a_cell(seconds: float, words: str) -> None:
    assert duration(seconds) == words
