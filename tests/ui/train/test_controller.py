"""The controller on a lab that trains nothing: orders, messages, logs that grow, and how often the page hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.media.lending import lent
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import (
    AddRuns,
    Continue,
    DataRead,
    Extend,
    OpenShortcuts,
    Order,
    Pause,
    Publish,
    Published,
    RunEnded,
    StateChanged,
    Stop,
)
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.run_plan import Course, RunPlan
from resnet_viewer.records.training import RunReport
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.work.worker import Failure
from tests.ui.train.laboratory import Laboratory

RUNS = runs_of(RunPlan())
FIRST = "cifar-plain-20"


@pytest.fixture
def lab() -> Laboratory:
    return Laboratory()


@pytest.fixture
def controller(lab: Laboratory, tmp_path: Path, qapp: object) -> Iterator[TrainController]:
    made = TrainController(lab)
    made.begin(Order(tuple(reversed(RUNS)), "digits", tmp_path), "Digits")
    yield made
    made.deleteLater()


def keys(controller: TrainController) -> list[str]:
    return [log.key for log in controller.scene.logs]


def test_an_order_makes_waiting_logs_sorted_by_depth(controller: TrainController, lab: Laboratory) -> None:
    assert len(lab.orders) == 1
    assert keys(controller) == [
        "cifar-plain-20",
        "cifar-resnet-20",
        "cifar-plain-56",
        "cifar-resnet-56",
    ]
    assert {log.state for log in controller.scene.logs} == {"waiting"}
    assert controller.is_busy


def test_reports_reach_their_logs_and_the_page_hears_of_many_at_once(
    controller: TrainController, lab: Laboratory, qtbot: QtBot
) -> None:
    heard: list[LabScene] = []
    controller.scene_changed.connect(heard.append)
    lab.begin()
    lab.train(FIRST, RUNS[0][1], 3)
    assert heard == []
    qtbot.waitUntil(lambda: bool(heard))
    (scene,) = heard
    assert scene is controller.scene
    assert scene.data is not None
    assert scene.logs[0].steps == 33
    assert len(scene.logs[0].epochs) == 3
    assert not controller._timer.isActive(), "nothing changed, so nothing may be told"


def test_progress_of_the_reading_is_passed_on(
    controller: TrainController, lab: Laboratory, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(controller.progressed):
        lab.replied.emit(1, Progress(3, 10))
    with qtbot.waitSignal(controller.data_read):
        lab.begin()


def test_messages_go_to_the_lab_at_work(controller: TrainController, lab: Laboratory) -> None:
    controller.pause()
    controller.go_on(FIRST)
    controller.stop(FIRST)
    controller.extend(5, FIRST)
    controller.open_shortcuts(0.25)
    controller.publish(FIRST)
    assert lab.told == [
        Pause(),
        Continue(FIRST),
        Stop(FIRST),
        Extend(5, FIRST),
        OpenShortcuts(0.25),
        Publish(FIRST),
    ]
    assert len(lab.orders) == 1


def test_an_idle_lab_gets_the_run_once_more_to_go_on(controller: TrainController, lab: Laboratory) -> None:
    lab.begin()
    longer = replace(RUNS[0][1], epochs=13)
    lab.say(RunEnded(FIRST, RunReport(longer, (), 0.0, 0.0, ())))
    lab.end()
    controller.extend(5, FIRST)
    assert lab.order.is_resumed
    assert lab.order.runs == ((FIRST, longer),)
    assert lab.told == [Extend(5, FIRST)]


def test_runs_are_added_beside_the_others_or_after_them(controller: TrainController, lab: Laboratory) -> None:
    more = runs_of(RunPlan(depths="32"))
    controller.add(more)
    assert lab.told == [AddRuns(more)]
    assert keys(controller)[2:4] == ["cifar-plain-32", "cifar-resnet-32"]
    lab.end()
    controller.add(runs_of(RunPlan(depths="44", is_plain=False)))
    assert [key for key, _ in lab.order.runs] == ["cifar-resnet-44"]
    assert len(controller.scene.logs) == 7


def test_a_stopped_run_goes_on_beside_the_others(controller: TrainController, lab: Laboratory) -> None:
    lab.begin()
    lab.states("stopped", FIRST)
    controller.go_on(FIRST)
    assert lab.told == [AddRuns(RUNS[:1]), Continue(FIRST)]


def test_a_run_of_an_earlier_order_is_extended_beside_the_runs_at_work(
    controller: TrainController, lab: Laboratory
) -> None:
    """The lab knows the runs of its order alone, and passes over what is said to others."""
    lab.begin()
    lab.states("done", *(key for key, _ in RUNS))
    lab.end()
    controller.add(runs_of(RunPlan(depths="32")))
    controller.extend(3, FIRST)
    assert lab.told == [AddRuns(RUNS[:1]), Extend(3, FIRST)]
    controller.extend(3, FIRST)
    assert lab.told[2:] == [Extend(3, FIRST)], "now the lab knows it"


def test_a_failure_ends_what_was_under_way(
    controller: TrainController, lab: Laboratory, qtbot: QtBot
) -> None:
    lab.begin()
    lab.states("done", FIRST)
    with qtbot.waitSignal(controller.failed):
        lab.refuse("The training process ended.")
    states = {log.key: log.state for log in controller.scene.logs}
    assert states.pop(FIRST) == "done"
    assert set(states.values()) == {"failed"}
    assert controller.scene.logs[1].sentence == "The training process ended."


def test_what_an_ended_order_left_is_stopped(controller: TrainController, lab: Laboratory) -> None:
    lab.begin()
    lab.end()
    assert {log.state for log in controller.scene.logs} == {"stopped"}


def test_an_older_orders_reports_are_dropped(
    controller: TrainController, lab: Laboratory, tmp_path: Path
) -> None:
    lab.begin()
    lab.train(FIRST, RUNS[0][1], 1)
    controller.begin(Order(RUNS[:1], "digits", tmp_path), "Digits")
    published: list[object] = []
    controller.published.connect(published.append)
    lab.replied.emit(1, Published(FIRST, 3, tmp_path))
    assert keys(controller) == [FIRST]
    assert not published
    assert controller.scene.logs[0].steps == 0


def test_a_run_that_is_removed_stays_away(controller: TrainController, lab: Laboratory) -> None:
    lab.begin()
    controller.select(FIRST)
    controller.remove(FIRST)
    assert lab.told == [Stop(FIRST)]
    lab.train(FIRST, RUNS[0][1], 1)
    assert FIRST not in keys(controller)
    assert controller.scene.selected == ""


def test_a_depth_keeps_its_colour_whatever_comes_and_goes(
    controller: TrainController, lab: Laboratory, tmp_path: Path
) -> None:
    lab.begin()
    assert controller.scene.depths == (20, 56)
    controller.add(runs_of(RunPlan(depths="8, 32")))
    assert keys(controller)[0] == "cifar-plain-8"
    assert controller.scene.depths == (20, 56, 8, 32)
    controller.remove("cifar-plain-20")
    controller.remove("cifar-resnet-20")
    assert controller.scene.depths == (20, 56, 8, 32), "the others' colours stay"
    for key in keys(controller):
        controller.remove(key)
    controller.add(runs_of(RunPlan(depths="32")))
    assert controller.scene.depths == (32,), "with nothing on the screen they begin anew"
    controller.begin(Order(RUNS, "digits", tmp_path), "Digits")
    assert controller.scene.depths == (20, 56)


def test_a_start_selects_the_deepest_plain_network(
    controller: TrainController, lab: Laboratory, tmp_path: Path
) -> None:
    assert controller.scene.selected == "cifar-plain-56"
    controller.select(FIRST)
    controller.begin(Order(RUNS, "digits", tmp_path), "Digits")
    assert controller.scene.selected == "cifar-plain-56"
    controller.begin(Order(runs_of(RunPlan(is_plain=False)), "digits", tmp_path), "Digits")
    assert controller.scene.selected == "cifar-resnet-56"
    controller.begin(Order((), "digits", tmp_path), "Digits")
    assert controller.scene.selected == ""


def test_selecting_and_pointing_are_told(controller: TrainController, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.scene_changed):
        controller.select(FIRST)
    with qtbot.waitSignal(controller.scene_changed):
        controller.point(2.5)
    assert (controller.scene.selected, controller.scene.time) == (FIRST, 2.5)
    before = controller.scene
    controller.select(FIRST)
    controller.point(2.5)
    assert controller.scene is before


def test_seeds_are_named_where_there_are_several(
    controller: TrainController, lab: Laboratory, tmp_path: Path
) -> None:
    runs = runs_of(RunPlan(depths="20", is_plain=False, course=Course(seeds=2)))
    controller.begin(Order(runs, "digits", tmp_path), "Digits")
    assert [log.title for log in controller.scene.logs] == ["ResNet-20 seed 0", "ResNet-20 seed 1"]


def test_published_weights_are_announced(
    controller: TrainController, lab: Laboratory, qtbot: QtBot, tmp_path: Path
) -> None:
    lab.begin()
    with qtbot.waitSignal(controller.published) as heard:
        lab.say(Published(FIRST, 3, tmp_path / "x.safetensors"))
    assert heard.args == [Published(FIRST, 3, tmp_path / "x.safetensors")]


def test_a_run_that_fails_or_refuses_says_why_once_and_one_that_ends_does_not(
    lab: Laboratory, controller: TrainController
) -> None:
    said: list[str] = []
    controller.failed.connect(lambda failure: said.append(failure.sentence))
    first, second = (key for key, _ in RUNS[:2])
    lab.states("running", first, second)
    lab.say(StateChanged(first, "diverged", "Its loss is not a finite number."))
    assert said == []
    lab.say(StateChanged(second, "running", "It holds weights that are not finite numbers."))
    lab.say(StateChanged(second, "failed", "The disk is full."))
    assert said == ["It holds weights that are not finite numbers.", "The disk is full."]


def test_pictures_come_through_a_file_and_training_goes_on_without_them(
    controller: TrainController, lab: Laboratory, tmp_path: Path
) -> None:
    pictures = np.arange(2 * 1 * 4 * 4, dtype=np.uint8).reshape(2, 1, 4, 4)
    read = DataRead(7, pictures, np.arange(2), ("a", "b"))
    failures: list[Failure] = []
    heard: list[None] = []
    controller.failed.connect(failures.append)
    controller.data_read.connect(lambda: heard.append(None))
    with lent(read, tmp_path / "cache") as data:
        lab.say(data)
    assert controller.scene.data is not None
    assert np.array_equal(controller.scene.data.test_pictures, pictures)
    lab.say(replace(data, path=tmp_path / "gone"))
    assert [failure.sentence for failure in failures] == [
        f"The test pictures are not in {tmp_path} any more, and cannot be shown: start the runs again to see them."
    ]
    assert len(heard) == 2
    assert all(log.state == "waiting" for log in controller.scene.logs)


def test_what_is_gone_is_not_waited_for(controller: TrainController, lab: Laboratory) -> None:
    def left() -> float | None:
        return controller.scene.pace.seconds_left(now=0.0)

    lab.begin()
    lab.train(FIRST, RUNS[0][1], 2)
    everything = left()
    controller.remove(RUNS[1][0])
    lab.states("stopped", RUNS[1][0])
    without = left()
    assert everything is not None
    assert without is not None
    assert without < everything
    lab.end()
    assert left() == 0.0
