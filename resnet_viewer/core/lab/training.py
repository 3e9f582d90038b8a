"""Trains one network by one recipe: step by step, and from where it was stopped.

The same spec and the same number of torch's threads give the same weights on one machine's processor: everything
random comes from the spec's seed and the step's number, torch sums in one order there, and no step depends on what
was reported, recorded or saved.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_viewer.core.data.datasets import (
    Data,
    PictureSet,
    augmented_batches,
    on_device,
    settled,
    shuffled_batches,
)
from resnet_viewer.core.evaluating import Predicted, error_percent, predictions
from resnet_viewer.core.lab import checkpoints
from resnet_viewer.core.lab.checkpoints import Checkpoint, ResumeError
from resnet_viewer.core.lab.device_habits import drawing, is_awaited, layout, moved
from resnet_viewer.core.lab.optimizers import optimizer_for
from resnet_viewer.core.lab.recording import Recorder, with_interval
from resnet_viewer.core.lab.run_checks import is_finite, require_buildable, require_fitting, require_shortcuts
from resnet_viewer.core.lab.stochastic_depth import in_evaluation
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.not_finite import highest
from resnet_viewer.records.columns import GradientColumns, StepColumns
from resnet_viewer.records.stochastic_depth import not_computed, survivors
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    RunReport,
    RunSpec,
    StepReport,
)
from resnet_viewer.records.wiring import Wiring


@dataclass
class HeldStep:
    """A step that is done; `loss` and `wrong` are numbers on the device."""

    at: int
    rate: float
    loss: Tensor
    wrong: Tensor
    record: GradientRecord | None = None


class StepReports:
    """Makes reports of steps, of `batch` pictures each, as soon as their numbers are read."""

    def __init__(self, batch: int, steps_per_epoch: int) -> None:
        self._batch, self._steps_per_epoch = batch, steps_per_epoch
        self._held: list[HeldStep] = []
        self._loss = 0.0
        self._wrong = 0

    def __len__(self) -> int:
        """Steps that are held."""
        return len(self._held)

    def hold(self, step: HeldStep) -> None:
        """Report it with the others."""
        self._held.append(step)

    def begin_epoch(self, steps: Sequence[StepReport] = ()) -> None:
        """Means are from here on; `steps` of the epoch were reported before the run was resumed."""
        self._loss, self._wrong = 0.0, 0
        for step in steps:
            self._loss += step.batch_loss * self._batch
            self._wrong += round(step.batch_error * self._batch / 100.0)

    def told(self) -> list[StepReport]:
        """Of all that are held; of none behind one whose loss is not a finite number. Waits for the device."""
        held, self._held = self._held, []
        if not held:
            return []
        losses = torch.stack([step.loss for step in held]).float()
        wrongs = torch.stack([step.wrong for step in held]).float()
        numbers = torch.cat([losses, wrongs]).tolist()
        reports = []
        for step, loss, wrong in zip(held, numbers[: len(held)], numbers[len(held) :], strict=True):
            reports.append(self._report(step, loss, int(wrong)))
            if not math.isfinite(loss):
                break
        return reports

    def _report(self, step: HeldStep, loss: float, wrong: int) -> StepReport:
        self._loss += loss * self._batch
        self._wrong += wrong
        epoch, index = divmod(step.at, self._steps_per_epoch)
        seen = (index + 1) * self._batch
        return StepReport(
            epoch,
            index,
            self._steps_per_epoch,
            self._loss / seen,
            100.0 * self._wrong / seen,
            step.record,
            loss,
            100.0 * wrong / self._batch,
            step.rate,
        )


SAVE_EVERY = 60.0
"""Seconds after which a checkpoint is written within an epoch."""
_SAVED_SHARE = 64
"""A checkpoint holds every step, so it grows: one is written when this share of the steps is new."""
_HELD = 20
"""Steps whose losses are read together where reading one waits for the device."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a run leaves: its report and the weights (a state dict on the CPU) that it had after `at` steps.

    Those of a run that diverged are the last ones known to be finite: its last, or saved ones, or those that it began
    with. A run that was stopped just before it would have diverged has none.
    """

    report: RunReport
    state: dict[str, Tensor]
    at: int


Report = StepReport | EpochReport | Trained


def train(
    run: RunSpec, data: Data, *, checkpoint: Path | None = None, device: str = "cpu"
) -> Iterator[Report]:
    """Train `run` on `data`; yields a report for each step and epoch, then the result.

    With `checkpoint` the state is written there, whole or not at all: after an epoch, unless little is new beside what
    would be written, every `SAVE_EVERY` seconds, and when the generator is closed. A run that finds such a file goes
    on after its last step: on the CPU to the same weights as one that never stopped. On a GPU steps are reported some
    at a time.

    Raises:
        ResumeError: the checkpoint cannot be read or belongs to another run.
        UserError: the pictures do not fit the network, or its shortcuts are to be cut and it has none.
    """
    training = Training(run, data, checkpoint=checkpoint, device=device)
    try:
        for reports in training.work():
            yield from reports
    except GeneratorExit:
        training.save()
        raise


class Training:
    """One run at work: its network, its optimizer, and how far it has come. One thread owns it.

    Between two reports of `work` it may be saved, or be left, or `run` may be replaced by the same run with later
    interventions or extensions.
    """

    def __init__(
        self, run: RunSpec, data: Data, *, checkpoint: Path | None = None, device: str = "cpu"
    ) -> None:
        require_shortcuts(run)
        require_buildable(run)
        require_fitting(run, data)
        self.steps_per_epoch = max(1, len(data.train) // run.recipe.batch)
        self.run = with_interval(settled(run, data), self.steps_per_epoch)
        self.at = 0
        """Steps done."""
        self.epochs: list[EpochReport] = []
        self.gradients = GradientColumns()
        self.steps = StepColumns()
        self.has_diverged = False
        self._kept_at: int | None = None
        """Steps after which it had the weights that it went back to when it diverged."""
        self.measured: tuple[int, float, float] | None = None
        """After so many steps it has this training and test error in percent."""
        self.predicted = torch.empty(0, dtype=torch.int64)
        self.confidence: Tensor | None = None
        """Of `predicted`; None before an epoch's end, also where the run was resumed."""
        """The class that each test picture was given after the newest epoch, on the CPU."""
        self._data = on_device(data, device)
        self._device = torch.device(device)
        self.waits = is_awaited(self._device)
        """Whether reading a number waits for the device, so that steps are reported some at a time."""
        self.class_names = data.train.classes
        self.batch = min(run.recipe.batch, len(data.train))
        """Pictures of a step."""
        self._checkpoint = checkpoint
        network = build(run.network)
        self._network: Network = network.to(device, memory_format=layout(self._device))  # type: ignore[call-overload]
        self._optimizer = optimizer_for(network, run.recipe)
        self._recorder = Recorder(network)
        self._is_random = any(isinstance(module, torch.nn.Dropout) for module in network.modules())
        self._reports = StepReports(self.batch, self.steps_per_epoch)
        self._seconds = 0.0
        self._saved = time.monotonic()
        self._saved_at = 0
        if checkpoint is not None and checkpoint.exists():
            self._restore(checkpoints.resumed(checkpoint, run))

    @property
    def is_finished(self) -> bool:
        """Whether all its steps are done, or it diverged."""
        return self.has_diverged or self.at >= self.run.length * self.steps_per_epoch

    def work(self) -> Iterator[tuple[Report, ...]]:
        """Do what is left of the run; yields after every step and every piece of an evaluation, often with nothing.

        The last report is `Trained`. What is extended after that goes on with another call.
        """
        try:
            measured = None
            while measured is None or not self.is_finished:
                if self.has_diverged:
                    break
                while len(self.epochs) < self.run.length and not self.has_diverged:
                    yield from self._timed(self._epoch())
                measured = yield from self._measured()
        finally:
            self._network.eval()
        yield (self.trained("done", *(measured or ())),)

    def trained(
        self,
        state: Literal["done", "stopped"],
        train_error: float = math.nan,
        test_error: float = math.nan,
    ) -> Trained:
        """What it has learned so far."""
        weights = self.weights()
        report = RunReport(
            self.run,
            tuple(self.epochs),
            train_error=train_error,
            test_error=test_error,
            class_names=self.class_names,
            gradients=self.gradients.frozen(),
            steps=self.steps.frozen(),
            state="diverged" if self.has_diverged else state,
            pictures=self._data.counts,
        )
        at = self.at if self._kept_at is None else self._kept_at
        return Trained(report, weights if is_finite(weights) else {}, at)

    def weights(self) -> dict[str, Tensor]:
        """Its state dict as it is now in evaluation, a copy on the CPU."""
        state = {name: value.detach().cpu().clone() for name, value in self._network.state_dict().items()}
        return in_evaluation(state, self.run)

    def held_reports(self) -> tuple[StepReport, ...]:
        """The reports of steps that are done and were not reported yet; waits for the device."""
        reports = self._reports.told()
        for report in reports:
            self.steps.append(replace(report, gradients=None))
            if report.gradients is not None:
                self.gradients.append(report.gradients)
        if reports and not math.isfinite(reports[-1].batch_loss):
            self._diverge(reports[-1].at)
        return tuple(reports)

    def save(self) -> None:
        """Write the checkpoint, where there is to be one; weights that are lost do not replace those that are not.

        Raises:
            WriteError: it cannot be written; an older one is unchanged.
        """
        self.held_reports()
        self._saved, self._saved_at = time.monotonic(), self.at
        if self._checkpoint is None or not is_finite(self._network.state_dict()):
            return
        checkpoints.write(
            self._checkpoint,
            Checkpoint(
                self.run,
                self._network.state_dict(),
                self._optimizer.state_dict(),
                self.at,
                tuple(self.epochs),
                self.gradients.frozen(),
                self.steps.frozen(),
                self._seconds,
                self.predicted,
                self.has_diverged,
                self._kept_at,
            ),
        )

    def _epoch(self) -> Iterator[tuple[Report, ...]]:
        """What is left of an epoch."""
        run, epoch = self.run, len(self.epochs)
        self._network.train()
        done = self.at - epoch * self.steps_per_epoch
        draw = shuffled_batches
        if run.is_augmented:
            draw = partial(augmented_batches, is_flipped=run.augment == "crop+flip")
        seed = run.network.seed * 10_000 + epoch
        if done < self.steps_per_epoch:
            feed = draw(self._data.train, run.recipe.batch, mean=run.mean, std=run.std, seed=seed, skip=done)
            for images, labels in feed:
                yield self._step(images, labels)
                is_due = time.monotonic() - self._saved > SAVE_EVERY
                if is_due and not self.has_diverged:
                    yield self.held_reports()  # saving would take them in without a word
                if is_due or self.has_diverged:
                    self.save()
                if self.has_diverged:
                    return
        if not is_finite(self._network.state_dict()):  # the last step's loss was a number still
            self._diverge(self.at)
            self.save()
            return
        self.predicted, self.confidence = yield from self._predictions(self._in_evaluation(), self._data.test)
        last = self.steps[-1]
        self.epochs.append(
            EpochReport(
                epoch,
                last.rate,
                last.loss,
                last.error,
                error_percent(self.predicted, self._data.test),
                self._seconds,
            )
        )
        self._reports.begin_epoch()
        self._seconds = 0.0
        is_last = len(self.epochs) >= self.run.length
        if is_last or self.at - self._saved_at >= self.at // _SAVED_SHARE:
            self.save()
        yield (self.epochs[-1],)

    def _step(self, images: Tensor, labels: Tensor) -> tuple[StepReport, ...]:
        run, at, optimizer = self.run, self.at, self._optimizer
        images, labels = moved(images, self._device), moved(labels, self._device)
        rate = run.recipe.rate_at(at, run.epochs_at(at) * self.steps_per_epoch)
        self._set_gates(at)
        is_recorded = at % run.record_every == 0
        with (
            self._recorder.watching() if is_recorded else contextlib.nullcontext(),
            drawing(self._device, self.run.network.seed * 1_000_003 + at)  # for dropout
            if self._is_random
            else contextlib.nullcontext(),
            self._precision(),
        ):
            logits = self._network(images)
            loss = F.cross_entropy(logits, labels)
        step = HeldStep(at, rate, loss.detach(), (highest(logits.detach()) != labels).sum())
        self._reports.hold(step)
        if not self.waits and not math.isfinite(step.loss.item()):
            return self.held_reports()
        optimizer.forget_gradients()
        loss.backward()  # type: ignore[no-untyped-call]
        if is_recorded:
            missing = not_computed(run, at)
            step.record = self._recorder.step(lambda: optimizer.step(rate), at, missing=missing)
        else:
            optimizer.step(rate)
        self.at += 1
        is_last = self.at % self.steps_per_epoch == 0
        return self.held_reports() if not self.waits or is_last or len(self._reports) >= _HELD else ()

    def _measured(self) -> Generator[tuple[Report, ...], None, tuple[float, float] | None]:
        """Training and test error in percent, of the weights as they are."""
        if self.has_diverged:
            return None
        if self.measured is None or self.measured[0] != self.at:
            network = self._in_evaluation()
            train = yield from self._predictions(network, self._data.train)
            test = yield from self._predictions(network, self._data.test)
            errors = (
                error_percent(train.classes, self._data.train),
                error_percent(test.classes, self._data.test),
            )
            self.measured = (self.at, *errors)
        return self.measured[1:]

    def _predictions(
        self, network: Network, pictures: PictureSet
    ) -> Generator[tuple[Report, ...], None, Predicted]:
        """The class that each picture is given, on the CPU; nothing is reported on the way."""
        work = predictions(
            network,
            pictures,
            mean=self.run.mean,
            std=self.run.std,
            device=self._device,
        )
        try:
            while True:
                next(work)
                yield ()
        except StopIteration as end:
            found: Predicted = end.value
            return found

    def _timed(self, work: Iterator[tuple[Report, ...]]) -> Iterator[tuple[Report, ...]]:
        """The same, its time being the epoch's: what others do between two steps is not."""
        while True:
            started = time.perf_counter()
            reports = next(work, None)
            if reports is None:
                return
            if not any(isinstance(report, EpochReport) for report in reports):
                self._seconds += time.perf_counter() - started
            yield reports

    def _set_gates(self, at: int) -> None:
        """As they are in step `at`."""
        branches = tuple(map(float, survivors(self.run, at)))
        strength = self.run.strength_at(at, self.steps_per_epoch)
        self._network.set_wiring(Wiring((strength,) * len(branches), branches))

    def _in_evaluation(self) -> Network:
        """The network as it is now, with every branch: after a step in which some were not computed another one."""
        if self.run.recipe.survival == 1:
            return self._network
        network = build(self.run.network, self.weights())
        network.set_wiring(replace(network.wiring, shortcuts=self._network.wiring.shortcuts))
        made: Network = network.to(self._device, memory_format=layout(self._device))  # type: ignore[call-overload]
        return made

    def _precision(self) -> contextlib.AbstractContextManager[object]:
        if self.run.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self._device.type, dtype=torch.bfloat16)

    def _diverge(self, at: int) -> None:
        """Keep the last weights known to be finite; those that it began with can be drawn again."""
        self.has_diverged, self.at, self._kept_at = True, at, at
        if is_finite(self._network.state_dict()):
            return
        if self._checkpoint is None or not self._checkpoint.exists():
            self._network.load_state_dict(build(self.run.network).state_dict())
            self._kept_at = 0
            return
        found = checkpoints.read(self._checkpoint)
        self._network.load_state_dict(found.network)
        self._optimizer.load_state_dict(found.optimizer)
        self._kept_at = found.at

    def _restore(self, found: Checkpoint) -> None:
        if found.steps and found.steps[0].steps != self.steps_per_epoch:
            raise ResumeError(
                f"{self.run.data} has changed since this run began: an epoch had {found.steps[0].steps} steps, and now "
                f"has {self.steps_per_epoch}; bring the pictures back, or name another --out folder."
            )
        self.run, self.at, self.has_diverged = found.run, found.at, found.has_diverged
        self._network.load_state_dict(found.network)
        self._optimizer.load_state_dict(found.optimizer)
        self.epochs, self.gradients = list(found.epochs), found.gradients
        self.steps, self._seconds, self._saved_at = found.steps, found.seconds, found.at
        self.predicted, self.confidence, self._kept_at = found.predicted, None, found.kept_at
        self._reports.begin_epoch(self.steps[len(self.epochs) * self.steps_per_epoch :])
        if self.at:
            self._set_gates(self.at - 1)
