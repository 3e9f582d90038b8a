"""One run among others in a lab: its training, its folder, the state that it is in, and what it has to report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from resnet_viewer.core.data.datasets import Data, settled
from resnet_viewer.core.lab.recording import with_interval
from resnet_viewer.core.lab.resuming import found_in, require_alike
from resnet_viewer.core.lab.run_checks import is_finite, require_buildable, require_fitting, require_shortcuts
from resnet_viewer.core.lab.run_files import (
    CHECKPOINT,
    errors_of,
    is_kept,
    kept_states,
    prepare,
    read_origin,
    state_path,
    write_run,
    write_spec,
    write_state,
)
from resnet_viewer.core.lab.run_lock import RunLock
from resnet_viewer.core.lab.training import Report, Trained, Training
from resnet_viewer.media.files import make_folder
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    EpochEnded,
    Intervened,
    LabReport,
    Published,
    RunEnded,
    RunState,
    StateChanged,
    StateKept,
)
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunSpec,
    StepReport,
    in_force,
)

_TOLD_EVERY = 0.1
"""Seconds between two reports of a run's steps."""
_LONGEST_TURN = 0.05
"""Seconds after which a turn ends on a device whose numbers are waited for."""


class LabRun:
    """Reports are yielded by what makes them; every method may raise what makes a run fail.

    From `begin` until it has ended it holds its folder's lock.

    `turns` says how far it has come beside the others: one is an epoch's worth.
    """

    def __init__(
        self,
        key: str,
        run: RunSpec,
        folder: Path,
        *,
        commit: str | None,
        command: str,
        keeps_states: bool = True,
    ) -> None:
        self.key = key
        self.run = run
        self.state: RunState = "waiting"
        self.turns = 0.0
        self.is_whole = False
        """What an earlier run left in the folder has nothing to go on with."""
        self._folder = folder
        self._lock = RunLock(folder)
        self._origin = (commit, command)
        self._keeps_states = keeps_states
        self._training: Training | None = None
        self._work: Iterator[tuple[Report, ...]] = iter(())
        self._at = 0
        self._epoch_steps = 0
        """In an epoch; known once it has begun."""
        self._steps: list[StepReport] = []
        self._gradients: list[GradientRecord] = []
        self._with: dict[str, Any] = {}
        """What it goes on with, as it is written down."""
        self._spent, self._pictures, self._speed = 0.0, 0, 0.0
        self._told = 0.0

    @property
    def at(self) -> int:
        """Steps done."""
        return self._at if self._training is None else self._training.at

    def begin(
        self, data: Data, *, is_resumed: bool, threads: int = 0, until: float | None = None
    ) -> Iterator[LabReport]:
        """Make its folder, or find in it what it has done before; `threads` sum on the processor, 0 on a GPU.

        Another process that lets go of it is waited for `until` then, as `RunLock.take` does.

        Raises:
            UserError: it cannot be trained like this, or something else was trained in the folder.
        """
        length = self._epoch_steps = max(1, len(data.train) // self.run.recipe.batch)
        try:
            prepare(self._folder, is_resumed=is_resumed)
            self._lock.take(until)
            require_shortcuts(self.run)
            require_buildable(self.run)
            require_fitting(self.run, data)
            began, remark = self._found(data, length, threads)
            self._origin = read_origin(self._folder) or self._origin
            self._write_spec(self.run)
        except UserError:
            yield Began(self.key, self.run, length, is_read=False)
            raise
        yield began
        yield self.become("waiting", remark)

    def start(self, data: Data, device: str) -> Iterator[LabReport]:
        """Build the network, or take it from the checkpoint; from now on it has turns."""
        self._training = Training(self.run, data, checkpoint=self._folder / CHECKPOINT, device=device)
        self.run = self._training.run
        if self._training.is_finished and (errors := errors_of(self._folder, self.run, self.at)) is not None:
            self._training.measured = (self.at, *errors)
        if (path := self._kept_state(0)) is not None:
            yield StateKept(self.key, 0, path)
        self._work = self._training.work()
        self._told = time.monotonic()
        yield self.become("running")

    def turn(self, is_interrupted: Callable[[], bool]) -> Iterator[LabReport]:
        """The next step, or the next piece of an evaluation; on a GPU as many as it takes to have numbers."""
        training = self._live
        at, started = training.at, time.perf_counter()
        reports = next(self._work)
        while not reports and training.waits and not is_interrupted():
            if time.perf_counter() - started > _LONGEST_TURN:
                break
            self.turns += 1 / training.steps_per_epoch
            reports = next(self._work)
        spent = time.perf_counter() - started
        self.turns += 1 / training.steps_per_epoch
        for report in reports:
            match report:
                case StepReport():
                    self._note(report)
                case EpochReport():
                    yield from self._epoch_ended(report)
                case Trained():
                    yield from self._ended(report)
        if training.at > at:  # an evaluation is not what its speed is about
            self._spent += spent
        if self._steps and time.monotonic() - self._told >= _TOLD_EVERY:
            yield self._advanced()

    def become(self, state: RunState, sentence: str = "") -> StateChanged:
        """Say that it is in another state."""
        self.state = state
        return StateChanged(self.key, state, sentence)

    def pause(self) -> Iterator[LabReport]:
        """No turns until `go_on`."""
        yield from self._rest()
        yield self.become("paused")

    def go_on(self) -> Iterator[LabReport]:
        """Have turns again, or wait for the first one."""
        yield self.become("waiting" if self._training is None else "running")

    def stop(self) -> Iterator[LabReport]:
        """End it here, so that it can be resumed."""
        if self._training is None:
            self._lock.release()
            yield self.become("stopped", "" if self.at else f"{self.run.network.title} had not begun.")
            return
        yield from self._rest()
        self._training.save()
        yield from self._ended(self._training.trained("stopped"))

    def extend(self, epochs: int) -> Iterator[LabReport]:
        """Make it longer; one that is done waits for its next turn."""
        if epochs < 1:
            raise UserError("A run can only be made longer: by one epoch or more.")
        self._lock.take()
        self._change(replace(self.run.extended(self.at, epochs), **self._with))
        yield Intervened(self.key, self.run, None)
        if self.state == "done":
            yield self.become("waiting")

    def open_shortcuts(self, strength: float) -> Iterator[LabReport]:
        """From the next step on every shortcut is open by `strength`.

        Raises:
            UserError: it has no shortcuts, or no next step.
        """
        changed = self.run.intervened(self.at, strength)
        require_shortcuts(replace(changed, interventions=(Intervention(self.at, strength),)))
        if self.at >= self.run.length * self._epoch_steps:
            raise UserError(
                f"{self.run.network.title} has taken its last step: extend it to open or close its shortcuts."
            )
        if changed != self.run:
            self._change(changed)
            yield Intervened(self.key, self.run, Intervention(self.at, strength))

    def publish(self) -> Iterator[LabReport]:
        """Write its weights as they are now."""
        if self._training is None:
            path = self._folder / "weights.safetensors"
            if not path.exists():
                raise UserError(f"{self.run.network.title} has no weights yet.")
            yield Published(self.key, self.at, path)
            return
        yield from self._rest()
        weights = self._training.weights()
        if not is_finite(weights):
            raise UserError(f"{self.run.network.title} holds weights that are not finite numbers.")
        path = self._folder / "states" / f"step-{self.at:07d}.safetensors"
        self._write_state(path, weights)
        yield Published(self.key, self.at, path)

    def fail(self, sentence: str) -> Iterator[LabReport]:
        """It cannot go on."""
        self._at, self._training, self._work = self.at, None, iter(())
        self._lock.release()
        if self._steps:
            yield self._advanced()
        yield self.become("failed", sentence)

    def leave(self) -> None:
        """Save what it has done, where it is at work, and let others go on with it."""
        try:
            if self._training is not None:
                self._training.save()
        finally:
            self._lock.release()

    @property
    def _live(self) -> Training:
        if self._training is None:
            raise RuntimeError(f"{self.key} is not at work")
        return self._training

    def _found(self, data: Data, length: int, threads: int) -> tuple[Began, str]:
        """What an earlier run left (its record of what was done to it, its checkpoint), and what to say of that."""
        asked = self.run
        known, found = found_in(self._folder, replace(asked, data_digest="", threads=0))
        remark = require_alike(self._folder, known, found, data, threads)
        self.run = settled(replace(known, interventions=in_force(known.interventions, known.recipe)), data)
        self.run = with_interval(self.run, length)
        self._with = {"data_digest": data.digest, "threads": threads or known.threads}
        self.is_whole = found is not None and (found.has_diverged or found.at >= self.run.length * length)
        if not self.is_whole:
            self.run = replace(self.run, **self._with)
        else:  # these had no part in it
            remark = ""
        if found is not None and found.has_diverged and asked.epochs > found.run.epochs:
            remark = f"{asked.network.title} has diverged; it is not made longer."
        if found is None:
            return Began(self.key, self.run, length), remark
        self._at = found.at
        began = Began(
            self.key,
            self.run,
            length,
            found.steps,
            found.gradients,
            found.epochs,
            tuple(kept_states(self._folder).items()),
            found.predicted.numpy() if len(found.predicted) else None,
            is_whole=self.is_whole,
        )
        return began, remark

    def _change(self, run: RunSpec) -> None:
        """Go on as `run`, which the folder says before it takes effect."""
        self._write_spec(run)
        self.run = run
        if self._training is not None:
            self._training.run = run

    def _write_spec(self, run: RunSpec) -> None:
        commit, command = self._origin
        write_spec(self._folder, run, commit=commit, command=command)

    def _note(self, report: StepReport) -> None:
        self._steps.append(replace(report, gradients=None))
        if report.gradients is not None:
            self._gradients.append(report.gradients)
        self._pictures += self._live.batch

    def _advanced(self) -> Advanced:
        if self._spent:
            self._speed = self._pictures / self._spent
        told = Advanced(self.key, tuple(self._steps), tuple(self._gradients), self._speed)
        self._steps.clear()
        self._gradients.clear()
        self._spent, self._pictures = 0.0, 0
        self._told = time.monotonic()
        return told

    def _rest(self) -> Iterator[LabReport]:
        """Report everything that is done."""
        if self._training is not None:
            for report in self._training.held_reports():
                self._note(report)
        if self._steps:
            yield self._advanced()

    def _epoch_ended(self, report: EpochReport) -> Iterator[LabReport]:
        yield from self._rest()
        path = self._kept_state(report.epoch + 1)
        sure = self._live.confidence
        yield EpochEnded(
            self.key, report, self._live.predicted.numpy(), path, None if sure is None else sure.numpy()
        )

    def _ended(self, trained: Trained) -> Iterator[LabReport]:
        yield from self._rest()
        commit, command = self._origin
        if errors_of(self._folder, self.run, trained.at) is None:
            write_run(trained, self._folder, commit=commit, command=command)
        self._at, self._training, self._work = self.at, None, iter(())
        self._lock.release()
        sentence = _divergence(trained) if trained.report.state == "diverged" else ""
        yield self.become(trained.report.state, sentence)
        yield RunEnded(self.key, trained.report)

    def _kept_state(self, epochs_done: int) -> Path | None:
        """Where its weights are kept now, so many epochs being done; None where they are not kept after these."""
        training = self._live
        is_there = self.at == epochs_done * training.steps_per_epoch
        if not (is_there and self._keeps_states) or not is_kept(epochs_done, self.run.length):
            return None
        path = state_path(self._folder, epochs_done)
        self._write_state(path, training.weights())
        return path

    def _write_state(self, path: Path, weights: Mapping[str, Tensor]) -> None:
        make_folder(path.parent)
        live = self._live
        width = live.steps_per_epoch
        write_state(path, self.run, weights, live.class_names, self.at, steps_per_epoch=width)


def _divergence(trained: Trained) -> str:
    """What is said of a run that diverged: where, how it shows, and what is kept of it."""
    report = trained.report
    steps = len(report.steps)
    is_in_loss = steps > 0 and not math.isfinite(report.steps[-1].batch_loss)
    finite = steps - is_in_loss
    what = "loss is" if is_in_loss else "weights or running statistics are"
    if trained.at == finite:
        kept = "its last finite weights"
    elif trained.at:
        kept = f"its last finite weights that were saved, those after {trained.at} steps,"
    else:
        kept = "the weights that it began with"
    return (
        f"{report.spec.network.title} diverged at step {max(0, steps - 1)}: its {what} not finite any more; {kept} are "
        "kept."
    )
