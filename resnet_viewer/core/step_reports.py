"""The steps of a run whose numbers may still be on their way from the device, and the means of the epoch so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from resnet_viewer.records.training import GradientRecord, StepReport


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
