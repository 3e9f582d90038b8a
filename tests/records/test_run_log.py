"""A run's log: what it holds after each report, and that views handed out stay what they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    EpochEnded,
    Intervened,
    RunEnded,
    StateChanged,
)
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunReport,
    RunSpec,
    StepReport,
)

RUN = RunSpec(spec("cifar-plain-20"), "digits", 12)
WIDTH = 4
"""Steps in an epoch."""


def step(at: int, error: float = 50.0) -> StepReport:
    return StepReport(at // WIDTH, at % WIDTH, WIDTH, 2.0, 60.0, None, 1.0 + at, error, 0.1)


def record(at: int, layers: int = 3) -> GradientRecord:
    return GradientRecord(at, tuple(at + i for i in range(layers)), (0.5,) * layers, (0.25, 0.75))


def advanced(*steps: StepReport, gradients: tuple[GradientRecord, ...] = ()) -> Advanced:
    return Advanced("cifar-plain-20", steps, gradients, 321.0)


@pytest.fixture
def log() -> RunLog:
    return RunLog("cifar-plain-20", RUN, WIDTH)


def test_a_new_log_is_empty(log: RunLog) -> None:
    assert log.state == "waiting"
    assert log.steps == 0
    assert np.isnan(log.pictures_per_second)
    assert log.times.shape == log.smoothed_errors.shape == log.record_times.shape == (0,)
    assert log.norms.shape == (0, 0)
    assert log.report().state == "done"
    assert np.isnan(log.report().test_error), "it is still going"


def test_steps_become_arrays_on_the_epoch_clock(log: RunLog) -> None:
    log.take(advanced(*(step(at, 100.0 - 10 * at) for at in range(6))))
    assert log.steps == 6
    assert log.times.tolist() == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5]
    assert log.errors.tolist() == [100, 90, 80, 70, 60, 50]
    assert log.losses.tolist() == [1, 2, 3, 4, 5, 6]
    assert log.smoothed_errors.tolist() == [100, 95, 90, 85, 75, 65]  # the mean of the last four at most
    assert log.pictures_per_second == 321.0


def test_views_handed_out_keep_their_values_when_the_memory_grows(log: RunLog) -> None:
    log.take(advanced(*(step(at) for at in range(60))))
    before = log.losses
    log.take(advanced(*(step(at) for at in range(60, 200))))
    assert before.tolist() == [1.0 + at for at in range(60)]
    assert log.losses.tolist() == [1.0 + at for at in range(200)]
    with pytest.raises(ValueError, match="read-only"):
        log.losses[0] = 7.0


def test_steps_done_again_replace_those_known(log: RunLog) -> None:
    log.take(advanced(*(step(at) for at in range(8)), gradients=(record(0), record(4))))
    shown = log.errors
    log.take(advanced(step(4, 10.0), step(5, 10.0), gradients=(record(4, 3),)))
    assert log.steps == 6
    assert log.errors.tolist() == [50, 50, 50, 50, 10, 10]
    assert shown.tolist() == [50.0] * 8
    assert log.record_times.tolist() == [0.0, 1.0]


def test_gradient_records_become_matrices(log: RunLog) -> None:
    log.take(advanced(gradients=(record(0), record(10))))
    assert log.norms.tolist() == [[0, 1, 2], [10, 11, 12]]
    assert log.updates.tolist() == [[0.5] * 3] * 2
    assert log.dead.tolist() == [[0.25, 0.75]] * 2
    assert log.record_times.tolist() == [0.0, 2.5]


def test_epochs_states_and_predictions(log: RunLog) -> None:
    first, again = EpochReport(0, 0.1, 2.0, 80.0, 70.0, 1.0), EpochReport(0, 0.1, 2.0, 60.0, 50.0, 1.0)
    log.take(EpochEnded(log.key, first, np.array([1, 2]), Path("one.safetensors")))
    log.take(EpochEnded(log.key, again, np.array([3, 4]), None))
    assert log.epochs == [again]
    assert log.predicted is not None
    assert log.predicted.tolist() == [3, 4]
    assert log.states == {1: Path("one.safetensors")}


def test_what_an_earlier_run_did_comes_with_its_beginning(log: RunLog) -> None:
    log.take(advanced(step(0), step(1)))
    epoch = EpochReport(0, 0.1, 2.0, 80.0, 70.0, 1.0)
    log.take(Began(log.key, RUN, 5, tuple(step(at) for at in range(3)), (record(0),), (epoch,)))
    assert (log.steps, log.steps_per_epoch, log.epochs) == (3, 5, [epoch])
    assert len(log.norms) == 1


def test_states_and_interventions(log: RunLog) -> None:
    cut = Intervention(3, 0.0)
    changed = RunSpec(RUN.network, "digits", 20, interventions=(cut,))
    log.take(StateChanged(log.key, "failed", "No memory."))
    log.take(Intervened(log.key, changed, cut))
    assert (log.state, log.sentence) == ("failed", "No memory.")
    assert log.run.interventions == (cut,)


def test_its_report_holds_all_that_it_knows(log: RunLog) -> None:
    steps, epoch = tuple(step(at) for at in range(5)), EpochReport(0, 0.1, 2.0, 80.0, 70.0, 1.0)
    log.take(advanced(*steps, gradients=(record(0),)))
    log.take(EpochEnded(log.key, epoch, np.array([1]), None))
    report = log.report(("a", "b"))
    assert report.steps == steps
    assert report.gradients == (record(0),)
    assert report.epochs == (epoch,)
    assert (log.train_error, log.test_error) == (80.0, 70.0)
    log.take(StateChanged(log.key, "failed", "No memory."))
    assert log.report().state == "stopped"
    ended = RunReport(RUN, (epoch,), 79.0, 70.0, ("x",), state="diverged")
    log.take(RunEnded(log.key, ended))
    assert log.state == "diverged"
    assert (log.report().train_error, log.report().class_names) == (79.0, ("x",))


def test_a_report_is_of_the_moment_it_was_asked_for(log: RunLog) -> None:
    log.take(advanced(*(step(at) for at in range(3)), gradients=(record(0),)))
    reporting = log.reporting()
    log.take(advanced(*(step(at) for at in range(3, 200)), gradients=(record(4),)))
    assert len(reporting().steps) == 3
    assert reporting().gradients == (record(0),)


def test_a_seed_is_named_where_there_are_several(log: RunLog) -> None:
    assert log.title == "Plain-20"
    log.has_siblings = True
    assert log.title == "Plain-20 seed 0"


def test_depths_stand_in_the_order_in_which_they_come() -> None:
    deep = RunLog("cifar-resnet-56", RunSpec(spec("cifar-resnet-56"), "digits", 12))
    shallow = RunLog("cifar-plain-20", RUN)
    scene = LabScene((deep, shallow), selected="cifar-plain-20")
    assert scene.depths == (56, 20)
    assert scene.chosen is shallow
