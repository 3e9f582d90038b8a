"""The lab on the digits: runs in turn, told what to do while they work, each failing on its own."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from resnet_viewer.core import training
from resnet_viewer.core.checkpoints import read
from resnet_viewer.core.lab import Lab
from resnet_viewer.core.network import Network
from resnet_viewer.core.run_files import CHECKPOINT, read_run
from resnet_viewer.core.training import Training
from resnet_viewer.core.weights import identify
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.lab import (
    AddRuns,
    Advanced,
    Began,
    Continue,
    DataRead,
    EpochEnded,
    Extend,
    Idle,
    Intervened,
    LabReport,
    Message,
    OpenShortcuts,
    Order,
    Pause,
    Publish,
    Published,
    RunEnded,
    StateChanged,
    Stop,
)
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.training import Extension, Intervention, RunSpec
from tests.core.lab_apart import digits_run

PLAIN, RESIDUAL = digits_run("cifar-plain-8"), digits_run("cifar-resnet-8")
STEPS = 5
Found = list[Progress | LabReport]


def order(folder: Path, *runs: RunSpec, **options: object) -> Order:
    keyed = tuple((run.network.name, run) for run in runs)
    return replace(Order(keyed, "digits", folder, "cpu", threads=1), **options)  # type: ignore[arg-type]


def told(
    asked: Order, when: Callable[[Progress | LabReport], object], *messages: Message, lab: Lab | None = None
) -> Found:
    """All reports; the messages are told at the first report for which `when` holds."""
    lab = lab or Lab()
    waiting = [*messages]
    found: Found = []
    for report in lab.answer(asked):
        found.append(report)
        if waiting and when(report):
            for message in waiting:
                lab.tell(message)
            waiting.clear()
    assert not waiting, "what the messages waited for never came"
    return found


def step_done(step: int, key: str = "") -> Callable[[Progress | LabReport], bool]:
    def holds(report: Progress | LabReport) -> bool:
        return (
            isinstance(report, Advanced)
            and key in ("", report.key)
            and any(s.at >= step for s in report.steps)
        )

    return holds


def states(found: Found, key: str) -> list[str]:
    return [report.state for report in found if isinstance(report, StateChanged) and report.key == key]


def ended(found: Found, key: str) -> RunEnded:
    (one,) = [report for report in found if isinstance(report, RunEnded) and report.key == key]
    return one


def steps_of(found: Found, key: str) -> list[int]:
    return [
        s.at for report in found if isinstance(report, Advanced) and report.key == key for s in report.steps
    ]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is reported at once."""
    monkeypatch.setattr("resnet_viewer.core.lab_run._TOLD_EVERY", 0.0)


def test_two_runs_advance_together_and_tell_everything(tmp_path: Path, eager: None) -> None:
    found = list(Lab().answer(order(tmp_path, PLAIN, RESIDUAL)))
    data, *others = found
    assert isinstance(data, DataRead)
    assert (data.count, data.test_pictures.shape, data.test_pictures.dtype) == (
        1438,
        (359, 1, 8, 8),
        np.uint8,
    )
    began = [report for report in others if isinstance(report, Began)]
    assert [(report.key, report.steps_per_epoch, report.steps) for report in began] == [
        ("cifar-plain-8", STEPS, ()),
        ("cifar-resnet-8", STEPS, ()),
    ]
    turns = [report.key for report in others if isinstance(report, Advanced)]
    assert turns == ["cifar-plain-8", "cifar-resnet-8"] * 2 * STEPS, "no run is more than a step ahead"
    for run in (PLAIN, RESIDUAL):
        key = run.network.name
        assert states(found, key) == ["waiting", "running", "done"]
        assert steps_of(found, key) == list(range(2 * STEPS))
        report = ended(found, key).report
        epochs = [report for report in others if isinstance(report, EpochEnded) and report.key == key]
        assert tuple(epoch.epoch for epoch in epochs) == report.epochs
        wrong = 100 * float((epochs[-1].predicted != data.test_labels).mean())
        assert wrong == pytest.approx(report.test_error)
        speeds = [report.pictures_per_second for report in others if isinstance(report, Advanced)]
        assert min(speeds) > 0
        records = [
            r for told in others if isinstance(told, Advanced) and told.key == key for r in told.gradients
        ]
        assert tuple(records) == report.gradients
        assert [record.step for record in records] == [0, 3, 6, 9]
        path = epochs[0].state
        assert path is not None
        assert identify(path, key).spec.name == key


def test_steps_are_told_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_viewer.core.lab_run._TOLD_EVERY", 1e9)
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    advanced = [report for report in found if isinstance(report, Advanced)]
    assert [len(report.steps) for report in advanced] == [STEPS, STEPS]
    assert sum(len(report.steps) * 256 for report in advanced) == 2 * STEPS * 256


def test_shortcuts_are_set_at_the_next_step_and_a_repeated_run_does_the_same(
    tmp_path: Path, eager: None
) -> None:
    found = told(
        order(tmp_path / "first", PLAIN, RESIDUAL),
        step_done(3, "cifar-resnet-8"),
        OpenShortcuts(0.0),
        Extend(1, "cifar-resnet-8"),
    )
    made = [report for report in found if isinstance(report, Intervened)]
    assert [report.key for report in made] == ["cifar-resnet-8"] * 2, "a plain run has nothing to cut"
    assert (made[0].intervention, made[1].intervention) == (Intervention(4, 0.0), None)
    run = read_run(tmp_path / "first" / "cifar-resnet-8")
    assert run == made[1].run == ended(found, "cifar-resnet-8").report.spec
    assert (run.interventions, run.extensions) == ((Intervention(4, 0.0),), (Extension(4, 3),))
    assert steps_of(found, "cifar-resnet-8") == list(range(3 * STEPS))

    list(Lab().answer(order(tmp_path / "again", run)))
    one, other = (
        read(tmp_path / name / "cifar-resnet-8" / CHECKPOINT).network for name in ("first", "again")
    )
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    list(Lab().answer(order(tmp_path / "uncut", replace(run, interventions=()))))
    uncut = read(tmp_path / "uncut" / "cifar-resnet-8" / CHECKPOINT).network
    assert not torch.equal(one["conv1.weight"], uncut["conv1.weight"])


def test_a_plain_run_refuses_in_a_sentence_and_goes_on(tmp_path: Path, eager: None) -> None:
    found = told(order(tmp_path, PLAIN), step_done(1), OpenShortcuts(0.0, "cifar-plain-8"))
    (said,) = [report for report in found if isinstance(report, StateChanged) and report.sentence]
    assert said == StateChanged(
        "cifar-plain-8",
        "running",
        "Plain-8 has no shortcuts to open or close: choose a residual network for that.",
    )
    assert states(found, "cifar-plain-8")[-1] == "done"


def test_a_paused_run_takes_no_step_and_the_lab_stays_awake(tmp_path: Path, eager: None) -> None:
    lab = Lab()
    found: Found = []
    idle = 0
    for report in lab.answer(order(tmp_path, PLAIN, RESIDUAL)):
        found.append(report)
        if step_done(2, "cifar-resnet-8")(report) and idle == 0:
            lab.tell(Pause())
        if isinstance(report, StateChanged) and report.state == "paused":
            idle = 1
        if idle and isinstance(report, Idle):
            idle += 1
            if idle == 4:
                lab.tell(Continue())
    pauses = [
        index
        for index, report in enumerate(found)
        if isinstance(report, StateChanged) and report.state == "paused"
    ]
    back = next(
        index
        for index, report in enumerate(found)
        if index > pauses[-1] and isinstance(report, StateChanged) and report.state == "running"
    )
    assert all(isinstance(report, Idle) for report in found[pauses[-1] + 1 : back])
    for key in ("cifar-plain-8", "cifar-resnet-8"):
        assert states(found, key) == ["waiting", "running", "paused", "running", "done"]
        assert steps_of(found, key) == list(range(2 * STEPS))


def test_a_stopped_run_is_kept_and_goes_on_to_the_same_weights(tmp_path: Path, eager: None) -> None:
    key = "cifar-resnet-8"
    found = told(order(tmp_path / "cut", PLAIN, RESIDUAL), step_done(6, key), Stop(key))
    assert states(found, key)[-1] == "stopped"
    assert states(found, "cifar-plain-8")[-1] == "done"
    report = ended(found, key).report
    assert (report.state, len(report.steps), len(report.epochs)) == ("stopped", 7, 1)
    assert np.isnan(report.test_error)
    folder = tmp_path / "cut" / key
    assert identify(folder / "weights.safetensors", key).spec.name == key
    assert "null" in (folder / "report.json").read_text()

    again = list(Lab().answer(order(tmp_path / "cut", RESIDUAL, is_resumed=True)))
    (began,) = [report for report in again if isinstance(report, Began)]
    assert ([step.at for step in began.steps], len(began.epochs)) == (list(range(7)), 1)
    assert began.states == ((1, folder / "states" / "epoch-0001.safetensors"),)
    assert began.predicted is not None
    assert steps_of(again, key) == [7, 8, 9]
    list(Lab().answer(order(tmp_path / "whole", RESIDUAL)))
    one, other = (read(tmp_path / name / key / CHECKPOINT).network for name in ("cut", "whole"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_run_that_is_done_goes_on_when_it_is_extended(tmp_path: Path, eager: None) -> None:
    def is_done(report: Progress | LabReport) -> bool:
        return isinstance(report, RunEnded) and report.key == "cifar-resnet-8"

    longer = replace(PLAIN, epochs=4)
    found = told(order(tmp_path, RESIDUAL, longer), is_done, Extend(1, "cifar-resnet-8"))
    assert states(found, "cifar-resnet-8") == ["waiting", "running", "done", "waiting", "running", "done"]
    assert steps_of(found, "cifar-resnet-8") == list(range(3 * STEPS))
    assert read_run(tmp_path / "cifar-resnet-8").length == 3

    run = read_run(tmp_path / "cifar-resnet-8")
    after = order(tmp_path, run.extended(3 * STEPS, 1), is_resumed=True)
    assert steps_of(list(Lab().answer(after)), "cifar-resnet-8") == list(range(3 * STEPS, 4 * STEPS))


def test_a_failing_run_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forward = Network.forward

    def failing(self: Network, x: torch.Tensor) -> torch.Tensor:
        if not self.spec.has_shortcuts:
            raise RuntimeError("the device went away\nwith details")
        return forward(self, x)

    monkeypatch.setattr(Network, "forward", failing)
    wrong = replace(RESIDUAL, network=replace(RESIDUAL.network, name="three", channels=3))
    found = list(Lab().answer(order(tmp_path, PLAIN, wrong, RESIDUAL)))
    failed = {
        report.key: report.sentence
        for report in found
        if isinstance(report, StateChanged) and report.sentence
    }
    assert failed["cifar-plain-8"] == "Plain-8 could not go on: the device went away."
    assert failed["three"].startswith(
        "ResNet-8 is for pictures of 3 channels and 10 classes, and digits has 1 channel"
    )
    assert states(found, "cifar-resnet-8")[-1] == "done"
    assert "cifar-plain-8 failed" in caplog.text


def test_runs_can_be_added_and_wait_for_their_turn(tmp_path: Path, eager: None) -> None:
    third = replace(RESIDUAL, network=replace(RESIDUAL.network, seed=1))
    found = told(
        order(tmp_path, PLAIN, RESIDUAL, side_by_side=1),
        step_done(1),
        AddRuns((("third", third), ("cifar-plain-8", PLAIN))),
    )
    keys = [report.key for report in found if isinstance(report, Advanced)]
    assert keys == [key for key in ("cifar-plain-8", "cifar-resnet-8", "third") for _ in range(2 * STEPS)]


def test_a_newcomer_does_not_starve_the_others(tmp_path: Path, eager: None) -> None:
    found = told(order(tmp_path, replace(PLAIN, epochs=4)), step_done(12), AddRuns((("late", RESIDUAL),)))
    keys = [report.key for report in found if isinstance(report, Advanced)]
    late = keys.index("late")
    assert set(keys[late : late + 6]) == {"late", "cifar-plain-8"}
    assert states(found, "cifar-plain-8")[-1] == "done"


def test_weights_are_published_as_they_are(tmp_path: Path, eager: None) -> None:
    found = told(order(tmp_path, RESIDUAL), step_done(3), Publish("cifar-resnet-8"))
    (published,) = [report for report in found if isinstance(report, Published)]
    assert published.step == 4
    report = identify(published.path, "cifar-resnet-8")
    assert (report.spec.channels, report.class_names[-1]) == (1, "9")
    assert report.preprocessing is not None
    assert report.preprocessing.crop == 8


def test_closing_saves_every_run_where_it_is(tmp_path: Path, eager: None) -> None:
    work = Lab().answer(order(tmp_path, PLAIN, RESIDUAL))
    assert isinstance(work, Iterator)
    next(report for report in work if step_done(2, "cifar-resnet-8")(report))
    work.close()  # type: ignore[attr-defined]
    assert [read(tmp_path / key / CHECKPOINT).at for key in ("cifar-plain-8", "cifar-resnet-8")] == [3, 3]


def test_a_run_that_diverges_is_stopped_marked_and_kept(tmp_path: Path) -> None:
    wild = replace(RESIDUAL, epochs=20, recipe=replace(RESIDUAL.recipe, rate=1e6, schedule="constant"))
    found = list(Lab().answer(order(tmp_path, wild, PLAIN)))
    key = "cifar-resnet-8"
    assert states(found, key)[-1] == "diverged"
    assert states(found, "cifar-plain-8")[-1] == "done"
    report = ended(found, key).report
    assert report.state == "diverged"
    assert not np.isfinite(report.steps[-1].batch_loss)
    assert all(np.isfinite(step.batch_loss) for step in report.steps[:-1])
    (said,) = [r.sentence for r in found if isinstance(r, StateChanged) and r.sentence]
    assert said.startswith(
        f"ResNet-8 diverged at step {len(report.steps) - 1}: its loss is not a finite number;"
    )
    assert len((tmp_path / key / "steps.csv").read_text().splitlines()) == len(report.steps) + 1
    again = list(Lab().answer(order(tmp_path, wild, is_resumed=True)))
    assert steps_of(again, key) == []
    assert states(again, key)[-1] == "diverged"


def test_the_weights_from_before_a_divergence_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is no number any more from the second epoch on."""
    real = training.F.cross_entropy
    calls = iter(range(1_000_000))

    def spoilt(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        loss = real(logits, labels)
        return loss * float("nan") if next(calls) == STEPS + 2 else loss

    monkeypatch.setattr(training.F, "cross_entropy", spoilt)
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    report = ended(found, "cifar-resnet-8").report
    assert (report.state, len(report.epochs), len(report.steps)) == ("diverged", 1, STEPS + 3)
    assert identify(tmp_path / "cifar-resnet-8" / "weights.safetensors", "cifar-resnet-8")


def test_another_run_in_the_folder_is_refused(tmp_path: Path) -> None:
    list(Lab().answer(order(tmp_path, RESIDUAL)))
    again = list(Lab().answer(order(tmp_path, RESIDUAL)))
    (said,) = [report for report in again if isinstance(report, StateChanged)]
    assert said.state == "failed"
    assert "already holds a run (run.json)" in said.sentence
    other = replace(RESIDUAL, record_every=4)
    (said,) = [
        report
        for report in Lab().answer(order(tmp_path, other, is_resumed=True))
        if isinstance(report, StateChanged)
    ]
    assert "belongs to a run with other settings (record_every)" in said.sentence


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are read some at a time, as on a GPU."""
    monkeypatch.setattr(training, "_waits", lambda device: True)


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
    monkeypatch.setattr("resnet_viewer.core.lab_run.time", hands)
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

    monkeypatch.setattr("resnet_viewer.core.lab.queue.SimpleQueue", Inbox)
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
