"""A lab on several devices, which are the processor under two names: at the same time, and told as one."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.lab import Bench, Lab
from resnet_viewer.core.lab.lab_run import LabRun
from resnet_viewer.core.lab.run_files import CHECKPOINT, read_run
from resnet_viewer.core.lab.training import Training
from resnet_viewer.core.network import Network
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.records.lab import (
    AddRuns,
    Continue,
    Extend,
    Idle,
    LabReport,
    OpenShortcuts,
    Pause,
    Publish,
    Published,
    RunEnded,
    StateChanged,
    Stop,
)
from tests.core.lab.lab_orders import PLAIN, RESIDUAL, STEPS, Found, order, states, step_done, steps_of, told

LONGEST = 100.0
"""Seconds after which what one thread waits for will not come."""
THIRD = replace(RESIDUAL, network=replace(RESIDUAL.network, seed=1))
Before = Callable[[Network], None]


@pytest.fixture(autouse=True)
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_viewer.core.lab.lab.devices_for", lambda wanted: ("cpu", "cpu:0"))


@pytest.fixture
def before_steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[Before], None]:
    """Have something done before every forward pass of a step, in the thread that makes it."""
    forward = Network.forward

    def install(act: Before) -> None:
        def acting(self: Network, x: Tensor) -> Tensor:
            if self.training:
                act(self)
            return forward(self, x)

        monkeypatch.setattr(Network, "forward", acting)

    return install


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lab on")]


def same_weights(one: Path, other: Path, key: str) -> bool:
    first, second = (read(folder / key / CHECKPOINT).network for folder in (one, other))
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_every_step_of_one_run_is_made_beside_a_step_of_the_other(
    tmp_path: Path, before_steps: Callable[[Before], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other in the middle of its step: by turns neither would ever go on."""
    meeting = threading.Barrier(2)
    before_steps(lambda network: meeting.wait(LONGEST) and None)
    found = list(Lab().answer(order(tmp_path / "both", PLAIN, RESIDUAL)))
    for run in (PLAIN, RESIDUAL):
        assert states(found, run.network.name) == ["waiting", "running", "done"]
        assert steps_of(found, run.network.name) == list(range(2 * STEPS))
    assert not threads()
    before_steps(lambda network: None)
    monkeypatch.setattr("resnet_viewer.core.lab.lab.devices_for", lambda wanted: ("cpu",))
    list(Lab().answer(order(tmp_path / "alone", PLAIN, RESIDUAL)))
    assert all(same_weights(tmp_path / "both", tmp_path / "alone", r.network.name) for r in (PLAIN, RESIDUAL))


def test_a_run_in_the_middle_of_a_step_holds_up_no_other_device(
    tmp_path: Path, before_steps: Callable[[Before], None]
) -> None:
    """The plain one cannot make a step before the third has ended, which waited for a place on the other device."""
    may = threading.Event()
    before_steps(lambda network: None if network.spec.has_shortcuts else _let(may))
    found: Found = []
    asked = order(tmp_path, PLAIN, RESIDUAL, side_by_side=1)
    for report in Lab().answer(replace(asked, runs=(*asked.runs, ("third", THIRD)))):
        found.append(report)
        if isinstance(report, RunEnded) and report.key == "third":
            assert "done" in states(found, "cifar-resnet-8"), "one at a time on each device"
            assert not steps_of(found, "cifar-plain-8")
            may.set()
    assert [isinstance(report, Idle) for report in found], "whoever reads is not held up either"
    assert {key: states(found, key)[-1] for key in ("cifar-plain-8", "cifar-resnet-8", "third")} == {
        "cifar-plain-8": "done",
        "cifar-resnet-8": "done",
        "third": "done",
    }


def _let(may: threading.Event) -> None:
    assert may.wait(LONGEST), "nobody let it go on"


def test_a_device_that_is_slow_to_begin_gets_its_share(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, may = LabRun.start, threading.Event()
    dealt: dict[str, list[str]] = {"cpu": [], "cpu:0": []}

    def starting(self: LabRun, data: Data, device: str) -> Iterator[LabReport]:
        dealt[device].append(self.key)
        if device == "cpu":
            _let(may)
        yield from start(self, data, device)

    monkeypatch.setattr(LabRun, "start", starting)
    asked = order(tmp_path)
    runs = tuple((f"run-{n}", replace(PLAIN, network=replace(PLAIN.network, seed=n))) for n in range(4))
    for report in Lab().answer(replace(asked, runs=runs)):
        if step_done(0)(report):
            may.set()
    assert dealt["cpu"][0] == "run-0"
    assert dealt["cpu:0"] == ["run-1", "run-2"], "the fourth is the other's, whenever that comes"


def test_what_is_told_is_obeyed_between_two_steps_and_can_be_repeated(tmp_path: Path, eager: None) -> None:
    key = "cifar-resnet-8"
    found = told(
        order(tmp_path / "first", PLAIN, RESIDUAL),
        step_done(3, key),
        OpenShortcuts(0.0),
        Publish(key),
        Extend(1, key),
        AddRuns((("third", THIRD),)),
    )
    assert steps_of(found, key) == list(range(3 * STEPS))
    assert states(found, "third") == ["waiting", "running", "done"]
    (published,) = [report for report in found if isinstance(report, Published)]
    assert identify(published.path, key).spec.name == key
    run = read_run(tmp_path / "first" / key)
    assert [made.strength for made in run.interventions] == [0.0]
    list(Lab().answer(order(tmp_path / "again", run)))
    assert same_weights(tmp_path / "first", tmp_path / "again", key)


def test_a_pause_stands_on_all_devices_and_a_stop_keeps_the_run(tmp_path: Path, eager: None) -> None:
    lab = Lab()
    found: Found = []
    idle = 0
    longer = [replace(run, epochs=6) for run in (PLAIN, RESIDUAL)]
    for report in lab.answer(order(tmp_path, *longer)):
        found.append(report)
        if step_done(2, "cifar-resnet-8")(report) and not idle:
            lab.tell(Pause())
        if states(found, "cifar-plain-8")[-1:] == states(found, "cifar-resnet-8")[-1:] == ["paused"]:
            idle += isinstance(report, Idle)
            assert isinstance(report, (Idle, StateChanged)), "nothing goes on while all are paused"
            if idle == 3:
                lab.tell(Stop("cifar-plain-8"))
                lab.tell(Continue())
    assert states(found, "cifar-plain-8") == ["waiting", "running", "paused", "stopped"]
    assert states(found, "cifar-resnet-8") == ["waiting", "running", "paused", "running", "done"]
    assert steps_of(found, "cifar-resnet-8") == list(range(6 * STEPS))
    done = len(steps_of(found, "cifar-plain-8"))
    assert read(tmp_path / "cifar-plain-8" / CHECKPOINT).at == done > 0


def test_a_failing_run_does_not_hold_up_the_other_device(
    tmp_path: Path, before_steps: Callable[[Before], None], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(network: Network) -> None:
        if not network.spec.has_shortcuts:
            raise RuntimeError("CUDA error: unspecified launch failure\nwith details")

    before_steps(fail)
    found = list(Lab().answer(order(tmp_path, PLAIN, RESIDUAL)))
    (said,) = [report for report in found if isinstance(report, StateChanged) and report.sentence]
    assert (said.key, said.state) == ("cifar-plain-8", "failed")
    assert said.sentence == "Plain-8 could not go on: CUDA error: unspecified launch failure."
    assert states(found, "cifar-resnet-8")[-1] == "done"
    assert "cifar-plain-8 failed" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB)"),
    ],
)
def test_a_run_without_enough_memory_says_so_and_gives_back_what_it_has(
    error: Exception, tmp_path: Path, before_steps: Callable[[Before], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resnet_viewer.core.lab.lab.devices_for", lambda wanted: ("cpu",))
    networks: list[weakref.ref[Network]] = []
    given_back = []

    def fail(network: Network) -> None:
        if not network.spec.has_shortcuts:
            networks.append(weakref.ref(network))
            raise type(error)(*error.args)

    before_steps(fail)
    monkeypatch.setattr(
        "resnet_viewer.core.lab.lab.give_memory_back",
        lambda device: given_back.append([network() for network in networks]),
    )
    found = list(Lab().answer(order(tmp_path, PLAIN, RESIDUAL)))
    (said,) = [report for report in found if isinstance(report, StateChanged) and report.sentence]
    assert said.sentence == (
        "There is not enough memory to train Plain-8: take a smaller batch, or train fewer networks side by side."
    )
    assert given_back == [[None], [None]], "at once, and at the end; nothing holds the network then"
    assert states(found, "cifar-resnet-8")[-1] == "done"


def test_closing_saves_the_runs_of_all_devices_and_ends_the_threads(tmp_path: Path, eager: None) -> None:
    longer = [replace(run, epochs=50) for run in (PLAIN, RESIDUAL)]
    work = Lab().answer(order(tmp_path, *longer))
    found: Found = []
    while not all(steps_of(found, run.network.name) for run in longer):
        found.append(next(work))
    assert len(threads()) == 2
    work.close()  # type: ignore[attr-defined]
    assert not threads()
    for run in longer:
        key = run.network.name
        assert read(tmp_path / key / CHECKPOINT).at >= len(steps_of(found, key)) > 0
        assert read(tmp_path / key / CHECKPOINT).at < 50 * STEPS


def test_nothing_is_saved_in_the_middle_of_a_step(
    tmp_path: Path, eager: None, before_steps: Callable[[Before], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, may, inside = threading.Event(), threading.Event(), threading.Event()
    rest, save = Bench.rest, Training.save
    saved_inside = []

    def hold(network: Network) -> None:
        if held.is_set() and not network.spec.has_shortcuts:
            inside.set()
            _let(may)
            inside.clear()

    def resting(self: Bench) -> None:
        may.set()
        rest(self)

    def saving(self: Training) -> None:
        saved_inside.append(inside.is_set())
        may.set()
        save(self)

    before_steps(hold)
    work = Lab().answer(order(tmp_path, *(replace(run, epochs=50) for run in (PLAIN, RESIDUAL))))
    next(report for report in work if step_done(0, "cifar-plain-8")(report))
    held.set()
    while not inside.is_set():
        next(work)
    monkeypatch.setattr(Bench, "rest", resting)
    monkeypatch.setattr(Training, "save", saving)
    work.close()  # type: ignore[attr-defined]
    assert len(saved_inside) >= 2
    assert not any(saved_inside)
