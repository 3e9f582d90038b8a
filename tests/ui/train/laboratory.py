"""A lab for tests of what is shown: it trains nothing, keeps what it is asked and told, and says what it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from resnet_viewer.records.lab import (
    Advanced,
    Began,
    DataRead,
    EpochEnded,
    LabReport,
    Order,
    RunState,
    StateChanged,
)
from resnet_viewer.records.training import EpochReport, GradientRecord, RunSpec, StepReport
from resnet_viewer.ui.work.worker import Failure

STEPS = 11
"""In an epoch, as with the digits."""


class Laboratory(QObject):
    """With the face of the worker that trains."""

    replied = Signal(int, object)
    failed = Signal(int, object)
    busy_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[Order] = []
        self.told: list[object] = []
        self.is_busy = False
        self.is_closed = self.is_started = False
        self._ticket = -1

    @property
    def order(self) -> Order:
        """The newest."""
        return self.orders[-1]

    def start(self) -> None:
        self.is_started = True

    def ask(self, ticket: int, request: object) -> None:
        assert isinstance(request, Order)
        self.orders.append(request)
        self._ticket, self.is_busy = ticket, True
        self.busy_changed.emit(True)

    def tell(self, message: object) -> None:
        self.told.append(message)

    def stop(self) -> None:
        self.end()

    def close(self) -> None:
        self.is_closed = True
        self.is_busy = False

    def say(self, *reports: LabReport) -> None:
        """As the lab would."""
        for report in reports:
            self.replied.emit(self._ticket, report)

    def refuse(self, sentence: str) -> None:
        """The order cannot be worked on."""
        self.failed.emit(self._ticket, Failure(sentence))
        self.end()

    def end(self) -> None:
        """The order is done."""
        self.is_busy = False
        self.busy_changed.emit(False)

    def begin(self) -> None:
        """The data are read and every run of the order has begun."""
        pictures = np.random.default_rng(0).integers(0, 255, (40, 1, 8, 8), dtype=np.uint8)
        names = tuple("0123456789")
        self.say(DataRead(1437, pictures, np.arange(40) % 10, names))
        for key, run in self.order.runs:
            self.say(Began(key, run, STEPS), StateChanged(key, "running"))

    def train(self, key: str, run: RunSpec, epochs: int, *, folder: Path | None = None) -> None:
        """So many whole epochs, from the first."""
        for epoch in range(epochs):
            error = 90.0 / (epoch + 1)
            steps = tuple(
                StepReport(epoch, step, STEPS, 2.0, error, None, 2.0, error, 0.1) for step in range(STEPS)
            )
            record = GradientRecord(epoch * STEPS, (0.5,) * 20, (0.01,) * 20, (0.0,) * 9)
            self.say(Advanced(key, steps, (record,), 1000.0))
            report = EpochReport(epoch, 0.1, 2.0, error, error / 2, 1.5)
            state = None if folder is None else folder / key / f"epoch-{epoch + 1}.safetensors"
            self.say(EpochEnded(key, report, np.arange(40) % 10, state))

    def states(self, state: RunState, *keys: str) -> None:
        """These runs are now so."""
        for key in keys:
            self.say(StateChanged(key, state))
