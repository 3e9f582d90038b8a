"""The lab on the digits: runs in turn, told what to do while they work, each failing on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import CHECKPOINT, read_run, write_spec
from resnet_viewer.core.network import Network
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.records.errors import Progress
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
    OpenShortcuts,
    Pause,
    Publish,
    Published,
    RunEnded,
    StateChanged,
    Stop,
)
from resnet_viewer.records.training import Extension, Intervention
from tests.core.lab.lab_orders import (
    PLAIN,
    RESIDUAL,
    STEPS,
    Found,
    ended,
    order,
    states,
    step_done,
    steps_of,
    told,
)


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
    monkeypatch.setattr("resnet_viewer.core.lab.lab_run._TOLD_EVERY", 1e9)
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
    kept = [folder / "states" / f"epoch-000{epoch}.safetensors" for epoch in range(2)]
    assert began.states == tuple(enumerate(kept))
    assert began.predicted is not None
    assert steps_of(again, key) == [7, 8, 9]
    list(Lab().answer(order(tmp_path / "whole", RESIDUAL)))
    one, other = (read(tmp_path / name / key / CHECKPOINT).network for name in ("cut", "whole"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_runs_that_are_shown_take_no_step_until_they_are_told_to(tmp_path: Path, eager: None) -> None:
    plain, residual = "cifar-plain-8", "cifar-resnet-8"
    told(order(tmp_path, PLAIN, RESIDUAL), step_done(6, residual), Stop(residual))
    shown = list(Lab().answer(order(tmp_path, PLAIN, RESIDUAL, is_resumed=True, is_shown=True)))
    assert [len(report.steps) for report in shown if isinstance(report, Began)] == [2 * STEPS, 7]
    assert states(shown, plain) == ["waiting", "running", "done"]
    assert states(shown, residual) == ["waiting", "stopped"]
    assert not any(isinstance(report, Advanced) for report in shown)
    again = list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True)))
    assert steps_of(again, residual) == [7, 8, 9], "its folder is free"


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


def test_a_run_of_an_earlier_order_goes_on_beside_others(tmp_path: Path, eager: None) -> None:
    told(order(tmp_path, PLAIN), lambda _: False)
    later = order(tmp_path, RESIDUAL, is_resumed=True)
    found = told(later, step_done(1), AddRuns((("cifar-plain-8", PLAIN),)), Extend(1, "cifar-plain-8"))
    assert states(found, "cifar-plain-8")[-1] == "done"
    steps = [report for report in found if isinstance(report, Advanced) and report.key == "cifar-plain-8"]
    assert len(steps) == STEPS, "of the third epoch"


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


def test_an_order_that_is_closed_while_its_runs_begin_leaves_none_behind(tmp_path: Path) -> None:
    lab = Lab()
    work = lab.answer(order(tmp_path / "first", PLAIN))
    assert any(isinstance(report, Began) for report in work)
    work.close()  # type: ignore[attr-defined]
    list(lab.answer(order(tmp_path / "second", PLAIN)))
    assert (tmp_path / "second" / "cifar-plain-8" / "report.json").exists()
    assert not (tmp_path / "first" / "cifar-plain-8" / "report.json").exists()
    assert not (tmp_path / "first" / "cifar-plain-8" / ".lock").exists()


def test_a_run_that_diverges_is_stopped_marked_and_kept(tmp_path: Path) -> None:
    wild = replace(RESIDUAL, epochs=20, recipe=replace(RESIDUAL.recipe, rate=1e30, schedule="constant"))
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
        f"ResNet-8 diverged at step {len(report.steps) - 1}: its loss is not finite any more; "
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
    assert "already holds a run" in said.sentence
    other = replace(RESIDUAL, record_every=4)
    (said,) = [
        report
        for report in Lab().answer(order(tmp_path, other, is_resumed=True))
        if isinstance(report, StateChanged)
    ]
    assert "other settings (record_every)" in said.sentence


def test_an_interval_that_was_chosen_is_written_down_and_stays_what_it_was(tmp_path: Path) -> None:
    run = replace(RESIDUAL, record_every=0)
    first = told(order(tmp_path, run), step_done(2), Stop())
    assert ended(first, "cifar-resnet-8").report.spec.record_every == 1
    assert read_run(tmp_path / "cifar-resnet-8").record_every == 1
    other = replace(run, record_every=4)
    refused = [
        r for r in Lab().answer(order(tmp_path, other, is_resumed=True)) if isinstance(r, StateChanged)
    ]
    assert "(record_every)" in refused[0].sentence
    (folder := tmp_path / "earlier" / "cifar-resnet-8").mkdir(parents=True)
    write_spec(folder, replace(run, record_every=4))
    again = list(Lab().answer(order(tmp_path / "earlier", run.extended(5, 1), is_resumed=True)))
    assert ended(again, "cifar-resnet-8").report.spec.record_every == 4, "as its folder says"
