"""A run in a lab: what it reports, however its numbers come, it is told, paused, saved or left."""

from __future__ import annotations

import queue
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import CHECKPOINT, read_run
from resnet_viewer.core.lab.training import Training
from resnet_viewer.core.network import Network
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.lab import (
    Advanced,
    Continue,
    Extend,
    Idle,
    Intervened,
    Message,
    OpenShortcuts,
    Pause,
    RunEnded,
    StateChanged,
    Stop,
)
from tests.core.lab.lab_orders import (
    PLAIN,
    RESIDUAL,
    STEPS,
    order,
    states,
    step_done,
    steps_of,
    told,
)


def test_a_checkpoint_in_between_loses_no_report(
    tmp_path: Path, eager: None, waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVE_EVERY", 0.0)
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    assert steps_of(found, "cifar-resnet-8") == list(range(2 * STEPS))


def test_the_speed_is_that_of_the_steps_alone(
    tmp_path: Path, eager: None, waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock by which a step takes a second, and each piece of an evaluation a hundred."""
    clock = SimpleNamespace(now=0.0)
    forward = Network.forward

    def slow(self: Network, x: torch.Tensor) -> torch.Tensor:
        clock.now += 1.0 if self.training else 100.0
        return forward(self, x)

    monkeypatch.setattr(Network, "forward", slow)
    hands = SimpleNamespace(perf_counter=lambda: clock.now, monotonic=time.monotonic)
    monkeypatch.setattr("resnet_viewer.core.lab.lab_run.time", hands)
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    speeds = [report.pictures_per_second for report in found if isinstance(report, Advanced)]
    assert speeds == [256.0] * len(speeds)
    assert speeds


def test_what_is_told_while_all_are_paused_is_heard_in_its_order(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming: list[Message] = [Continue(), Pause()]

    class Inbox(queue.SimpleQueue[Message]):
        """Both messages come while the lab waits for one."""

        def get(self, block: bool = True, timeout: float | None = None) -> Message:
            while timeout is not None and coming:
                self.put(coming.pop(0))
            return super().get(block, timeout)

    monkeypatch.setattr("resnet_viewer.core.lab.lab.queue.SimpleQueue", Inbox)
    lab, found = Lab(), []
    for report in lab.answer(order(tmp_path, RESIDUAL)):
        found.append(report)
        if step_done(2)(report) and not step_done(3)(report):
            lab.tell(Pause())
        if isinstance(report, Idle):
            lab.tell(Continue())
    assert states(found, "cifar-resnet-8") == [
        "waiting", "running", "paused", "running", "paused", "running", "done",
    ]  # fmt: skip


def test_a_run_that_goes_on_after_a_pause_does_not_starve_the_others(tmp_path: Path, eager: None) -> None:
    lab, keys = Lab(), []
    for report in lab.answer(order(tmp_path, replace(PLAIN, epochs=4), replace(RESIDUAL, epochs=4))):
        if isinstance(report, Advanced):
            keys.append(report.key)
        if step_done(1, "cifar-plain-8")(report) and len(keys) < 5:
            lab.tell(Pause("cifar-plain-8"))
        if step_done(14, "cifar-resnet-8")(report):
            lab.tell(Continue("cifar-plain-8"))
    back = max(
        index for index, key in enumerate(keys[:-1]) if keys[index - 8 : index] == ["cifar-resnet-8"] * 8
    )
    assert set(keys[back + 1 : back + 5]) == {"cifar-plain-8", "cifar-resnet-8"}


def test_a_run_is_extended_at_its_very_end(tmp_path: Path, eager: None) -> None:
    found = told(order(tmp_path, RESIDUAL), lambda report: isinstance(report, RunEnded), Extend(1))
    assert steps_of(found, "cifar-resnet-8") == list(range(3 * STEPS))


def test_what_was_told_to_an_order_is_not_for_the_next_one(tmp_path: Path, eager: None) -> None:
    lab = Lab()
    work = lab.answer(order(tmp_path / "first", RESIDUAL))
    next(report for report in work if step_done(1)(report))
    lab.tell(Stop())
    work.close()  # type: ignore[attr-defined]
    found = list(lab.answer(order(tmp_path / "second", PLAIN)))
    assert states(found, "cifar-plain-8") == ["waiting", "running", "done"]


def test_a_full_disk_is_told_also_where_all_are_stopped(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Training) -> None:
        raise WriteError("Cannot write checkpoint.pt: the disk is full.")

    monkeypatch.setattr(Training, "save", full)
    found = told(order(tmp_path, RESIDUAL), step_done(1), Stop())
    assert [(report.state, report.sentence) for report in found if isinstance(report, StateChanged)][2:] == [
        ("running", "Cannot write checkpoint.pt: the disk is full."),
        ("failed", "Cannot write checkpoint.pt: the disk is full."),
    ]


def test_a_run_that_cannot_be_saved_does_not_keep_the_others_from_it(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    save = Training.save

    def broken(self: Training) -> None:
        if not self.run.network.has_shortcuts:
            raise RuntimeError("the device went away")
        save(self)

    monkeypatch.setattr(Training, "save", broken)
    work = Lab().answer(order(tmp_path, PLAIN, RESIDUAL))
    next(report for report in work if step_done(2, "cifar-resnet-8")(report))
    work.close()  # type: ignore[attr-defined]
    assert read(tmp_path / "cifar-resnet-8" / CHECKPOINT).at == 3
    assert "cifar-plain-8 was left unsaved" in caplog.text


def test_a_run_that_was_never_cut_is_not_restored(tmp_path: Path, eager: None) -> None:
    """One that was added after the others were cut hears the word to all."""
    found = told(order(tmp_path, RESIDUAL), step_done(3), OpenShortcuts(1.0))
    assert not [report for report in found if isinstance(report, Intervened)]
    assert read_run(tmp_path / "cifar-resnet-8").interventions == ()


def test_shortcuts_cut_and_restored_between_two_steps_were_never_cut(tmp_path: Path, eager: None) -> None:
    messages = [OpenShortcuts(strength) for strength in (0.0, 1.0, 0.0, 1.0)]
    found = told(order(tmp_path, RESIDUAL), step_done(3), *messages)
    assert [report.run.interventions == () for report in found if isinstance(report, Intervened)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert read_run(tmp_path / "cifar-resnet-8").interventions == ()


@pytest.mark.parametrize("is_to_all", [True, False])
def test_shortcuts_are_not_set_after_the_last_step(tmp_path: Path, eager: None, is_to_all: bool) -> None:
    key = "" if is_to_all else "cifar-resnet-8"
    found = told(order(tmp_path, RESIDUAL), step_done(2 * STEPS - 1), OpenShortcuts(0.5, key))
    assert not [report for report in found if isinstance(report, Intervened)]
    assert read_run(tmp_path / "cifar-resnet-8").interventions == ()
    said = [report.sentence for report in found if isinstance(report, StateChanged) and report.sentence]
    assert said == (
        [] if is_to_all else ["ResNet-8 has taken its last step: extend it to open or close its shortcuts."]
    )


def test_shortcuts_are_set_at_the_end_of_a_run_that_is_made_longer(tmp_path: Path, eager: None) -> None:
    found = told(order(tmp_path, RESIDUAL), step_done(2 * STEPS - 1), Extend(1), OpenShortcuts(0.5))
    assert len([report for report in found if isinstance(report, Intervened)]) == 2
    (made,) = read_run(tmp_path / "cifar-resnet-8").interventions
    assert (made.step, made.strength) == (2 * STEPS, 0.5)
