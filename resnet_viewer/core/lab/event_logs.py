"""Training runs as TensorBoard's event files, which TensorBoard itself reads.

The package `tensorboard` gives the messages and the framing of their records; its own writer, and torch's above it,
would import TensorFlow where that is installed, and write from a thread. Here a report becomes a few records, appended
at once: 0.1 ms a step, and 1 ms where the gradients of 56 layers are recorded.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from resnet_viewer.media.files import make_folder, refusal
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import Advanced, Began, EpochEnded, Intervened, LabReport
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import (
    NOT_COMPUTED,
    EpochReport,
    Extension,
    GradientRecord,
    Intervention,
    RunSpec,
    StepReport,
)

_log = logging.getLogger(__name__)


class EventLog:
    """The event file of one run, in a folder of its own; its steps are the run's, from 0.

    A run that is resumed is written again from its beginning, as far as it has come, into a new file, which begins by
    telling the reader to forget what it has read. The old one stays: a TensorBoard that is looking on would not get
    over its loss.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._records: Any = None  # tensorboard has no types
        self._layers: tuple[str, ...] = ()
        self._blocks = 0
        self._steps_per_epoch = 1
        self._run: RunSpec | None = None

    def take(self, report: Progress | LabReport) -> None:
        """Write down what a report of this run says; nothing where it says nothing for a log.

        Raises:
            WriteError: the file cannot be written.
        """
        try:
            match report:
                case Began():
                    self._begin(report)
                case Advanced():
                    self._note(report.steps, report.gradients)
                case EpochEnded():
                    self._note_epoch(report.epoch)
                case Intervened(run=run, intervention=made) if made is not None:
                    self._run = run
                    self._note_intervention(made)
                case Intervened(run=run):
                    self._run = run
                    self._note_extension(run.extensions[-1])
                case _:
                    return
            if self._file is not None:
                self._file.flush()
        except OSError as error:
            raise refusal(self._folder / "events", error) from error

    def close(self) -> None:
        """Nothing is lost without it but the file's handle."""
        if self._file is not None:
            with suppress(OSError):  # everything was flushed before
                self._file.close()
        self._file = None

    def _begin(self, report: Began) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.close()
        make_folder(self._folder)
        now = time.time()
        name = f"events.out.tfevents.{now:.6f}.{socket.gethostname()}.{os.getpid()}.resnet-viewer"
        self._file = (self._folder / name).open("xb")
        self._records = RecordWriter(self._file)
        self._records.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        start = Event(wall_time=now, step=0, session_log=SessionLog(status=SessionLog.START))
        self._records.write(start.SerializeToString())
        plan = blueprint(report.run.network)
        self._layers = tuple(layer.name for layer in plan.layers)
        self._blocks = len(plan.blocks)
        self._steps_per_epoch, self._run = report.steps_per_epoch, report.run
        self._text(0, "run", described(report.run))
        for made in report.run.interventions:
            self._note_intervention(made)
        for extension in report.run.extensions:
            self._note_extension(extension)
        self._note(report.steps, report.gradients)
        for epoch in report.epochs:
            self._note_epoch(epoch)

    def _note(self, steps: Iterable[StepReport], gradients: Iterable[GradientRecord]) -> None:
        for step in steps:
            values = {"batch/loss": step.batch_loss, "batch/error": step.batch_error, "batch/rate": step.rate}
            if self._run is not None and self._run.touches_shortcuts:
                strength = self._run.strength_at(step.at, self._steps_per_epoch)
                values["batch/shortcut strength"] = strength
            self._scalars(step.at, values)
        for record in gradients:
            values = {
                f"gradient norm/{name}": norm for name, norm in zip(self._layers, record.norms, strict=True)
            }
            values |= {
                f"update ratio/{name}": update
                for name, update in zip(self._layers, record.updates, strict=True)
            }
            values |= {f"dead channels/block {n:03d}": share for n, share in enumerate(record.dead, 1)}
            self._scalars(record.step, values)

    def _note_epoch(self, epoch: EpochReport) -> None:
        values = {
            "epoch/running training loss": epoch.train_loss,
            "epoch/running training error": epoch.train_error,
            "epoch/test error": epoch.test_error,
        }
        self._scalars((epoch.epoch + 1) * self._steps_per_epoch - 1, values)

    def _note_intervention(self, made: Intervention) -> None:
        self._text(made.step, "interventions", f"every shortcut open by {made.strength:g}")

    def _note_extension(self, made: Extension) -> None:
        self._text(made.step, "run", f"made {made.epochs} epochs long")

    def _scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One record; what is no number, or was not computed, is left out."""
        from tensorboard.compat.proto.event_pb2 import Event

        if self._file is None:
            return
        event = Event(wall_time=time.time(), step=step)
        for tag, value in values.items():
            if not math.isnan(value) and value != NOT_COMPUTED:
                event.summary.value.add(tag=tag, simple_value=value)
        self._records.write(event.SerializeToString())

    def _text(self, step: int, tag: str, words: str) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.types_pb2 import DT_STRING

        if self._file is None:
            return
        event = Event(wall_time=time.time(), step=step)
        value = event.summary.value.add(tag=tag)
        value.metadata.plugin_data.plugin_name = "text"
        value.tensor.dtype = DT_STRING
        value.tensor.tensor_shape.dim.add(size=1)
        value.tensor.string_val.append(words.encode())
        self._records.write(event.SerializeToString())


class EventLogs:
    """The logs of all runs of an order, each below `folder` under its key; without a folder none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._logs: dict[str, EventLog] = {}

    def take(self, report: Progress | LabReport) -> None:
        """Write it down. A log that cannot be written ends, with a warning; its run goes on."""
        key = getattr(report, "key", None)
        if self._folder is None or not isinstance(key, str):
            return
        if isinstance(report, Began):
            self._logs.setdefault(key, EventLog(self._folder / key))
        if (log := self._logs.get(key)) is not None:
            try:
                log.take(report)
            except UserError as error:
                self._logs.pop(key).close()
                _log.warning("the log of %s ends: %s", key, error)

    def close(self) -> None:
        """Of all."""
        for log in self._logs.values():
            log.close()


def described(run: RunSpec) -> str:
    """A run in a line."""
    return (
        f"{run.network.title}, seed {run.network.seed}, {run.data}, {run.epochs} epochs; {run.recipe.words}"
    )
