"""What the window knows of each training run, grown from the lab's reports; the Train tab's panels only read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Literal

import numpy as np

from resnet_viewer.records.columns import GradientColumns, Rows, StepColumns, Values
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    Confidences,
    DataRead,
    EpochEnded,
    Intervened,
    Numbers,
    OfRun,
    RunEnded,
    RunState,
    StateChanged,
    StateKept,
)
from resnet_viewer.records.pace import Pace
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunReport,
    RunSpec,
    StepReport,
)

_AT, _LOSS, _ERROR, _BATCH_LOSS, _BATCH_ERROR, _RATE, _SMOOTHED, _SUM = range(8)
"""Columns of the steps; `_SUM` is that of the batch errors up to and with this step."""


def run_title(run: RunSpec, variant: str, *, has_seed: bool) -> str:
    """What a run is called: "Plain-56", "Plain-56 adam seed 1"."""
    return " ".join(
        filter(None, (run.network.title, variant, f"seed {run.network.seed}" if has_seed else ""))
    )


class RunLog:
    """One training run as it is now: its steps, gradient records, epochs and newest predictions.

    The arrays are read-only views of memory that grows by doubling; one that was handed out before keeps its values
    and its length. Errors are in percent.
    """

    def __init__(self, key: str, run: RunSpec, steps_per_epoch: int = 0, *, is_read: bool = True) -> None:
        self.key = key
        self.run = run
        self.state: RunState = "waiting"
        self.sentence = ""
        self.steps_per_epoch = steps_per_epoch
        """0 until the data are read."""
        self.is_read = is_read
        """What an earlier start has done of it is here, or there is none; else nothing is known of it yet."""
        self.awaits_errors = False
        """An earlier start has done all of it; the errors of its last weights are still to come."""
        self.epochs: list[EpochReport] = []
        self.pictures_per_second = np.nan
        """Not a number before the first step."""
        self.predicted: Numbers | None = None
        self.confidence: Confidences | None = None
        """(N,) the class given to each test picture after the newest epoch."""
        self.states: dict[int, Path] = {}
        """Epochs done -> the file of the weights that were kept then; after 0 those that it began with."""
        self.ended: RunReport | None = None
        self.has_siblings = False
        """Another seed of the same network is trained beside it; set by whoever knows the other runs."""
        self.variant = ""
        """What else tells it from other runs of the same network, "adam"; set likewise."""
        self.version = 0
        """Rises with every report taken."""
        self._is_coming = False
        """It has begun; its steps come piece by piece."""
        self._changed_at = 0
        """The step from which on the newest intervention acts: steps are told later than it is."""
        self._steps = Rows(8)
        self._records: Rows | None = None
        self._layers = self._blocks = 0

    def take(self, report: OfRun) -> None:
        """Grow by what the lab reports of this run."""
        assert report.key == self.key
        self.version += 1
        match report:
            case Began():
                self._begin(report)
            case Advanced():
                self._add_steps(report.steps)
                self._add_records(report.gradients)
                self.pictures_per_second = report.pictures_per_second
            case EpochEnded(epoch=epoch):
                del self.epochs[epoch.epoch :]  # a run that was resumed does its last epochs again
                self.epochs.append(epoch)
                self.predicted, self.confidence = report.predicted, report.confidence
                if report.state is not None:
                    self.states[epoch.epoch + 1] = report.state
            case StateKept(epochs_done=done, path=path):
                self.states[done] = path
            case StateChanged():
                self.state, self.sentence = report.state, report.sentence
                self.is_read |= self._is_coming  # what comes with a beginning has come before the next word
                self._is_coming = False
            case Intervened(run=run, intervention=made):
                self.run = run
                self.ended = None
                self.awaits_errors = False
                self._changed_at = self._changed_at if made is None else made.step
            case RunEnded(report=ended):
                self.run, self.ended, self.state = ended.spec, ended, ended.state
                self.awaits_errors = False

    def _begin(self, began: Began) -> None:
        self.run, self.steps_per_epoch = began.run, began.steps_per_epoch
        if not began.is_read:
            return
        self.is_read, self._is_coming, self.awaits_errors = False, True, began.is_whole
        self.ended, self._changed_at = None, 0
        self.epochs = list(began.epochs)
        self.states = dict(began.states)
        self.predicted, self.confidence = began.predicted, None
        self._steps.cut(0)
        self._records = None
        self._add_steps(began.steps)
        self._add_records(began.gradients)

    def _add_steps(self, steps: Sequence[StepReport]) -> None:
        width = max(1, self.steps_per_epoch)
        for step in steps:
            rows = self._steps
            if len(rows) and step.at <= rows.values[-1, _AT]:
                rows.cut(int(np.searchsorted(rows.values[:, _AT], step.at)))
            known = rows.values[:, _SUM]
            count = len(known)
            total = step.batch_error + (known[-1] if count else 0.0)
            before = known[count - width] if count >= width else 0.0
            smoothed = (total - before) / min(count + 1, width)
            rows.append(
                (
                    step.at,
                    step.loss,
                    step.error,
                    step.batch_loss,
                    step.batch_error,
                    step.rate,
                    smoothed,
                    total,
                )
            )

    def _add_records(self, records: Sequence[GradientRecord]) -> None:
        for record in records:
            if self._records is None:
                self._layers, self._blocks = len(record.norms), len(record.dead)
                self._records = Rows(1 + 2 * self._layers + self._blocks)
            rows = self._records
            if len(rows) and record.step <= rows.values[-1, 0]:
                rows.cut(int(np.searchsorted(rows.values[:, 0], record.step)))
            rows.append((record.step, *record.norms, *record.updates, *record.dead))

    @property
    def is_at_work(self) -> bool:
        """It has not ended: it runs, waits for its turn, or is paused."""
        return self.state in ("waiting", "running", "paused")

    @property
    def is_being_read(self) -> bool:
        """It has not ended, and what is known of it so far may be wrong: another start has done more."""
        return self.is_at_work and (not self.is_read or self.awaits_errors)

    @property
    def newest_intervention(self) -> Intervention | None:
        """The one that is in force by now: what is to be done to the shortcuts at a later step is not done yet."""
        now = max(self.steps, self._changed_at)
        return next((made for made in reversed(self.run.interventions) if made.step <= now), None)

    @property
    def strength(self) -> float:
        """How far its shortcuts are open by now: in the newest step, or where they were set since."""
        if self.newest_intervention is not None:
            return self.newest_intervention.strength
        return self.run.strength_at(self.steps - 1, self.steps_per_epoch)

    @property
    def shortcut_times(self) -> tuple[float, ...]:
        """When something was, or will be, done to the shortcuts, in epochs, the ends of their schedule among it; none
        until the length of epochs is known.
        """
        width = self.steps_per_epoch
        made = tuple(made.step / width for made in self.run.interventions) if width else ()
        return (*self.run.schedule_turns(width), *made)

    @property
    def steps(self) -> int:
        """Steps done, over the whole run."""
        return int(self._steps.values[-1, _AT]) + 1 if len(self._steps) else 0

    @property
    def reached(self) -> float:
        """How far it has come, in epochs."""
        return self.steps / max(1, self.steps_per_epoch)

    @property
    def length(self) -> int:
        """Epochs that the run will have, with every extension."""
        return self.run.length

    @property
    def times(self) -> Values:
        """(n,) the end of each step, in epochs."""
        return (self._steps.values[:, _AT] + 1) / max(1, self.steps_per_epoch)

    @property
    def losses(self) -> Values:
        """(n,) each step's batch alone, before the step."""
        return self._steps.values[:, _BATCH_LOSS]

    @property
    def errors(self) -> Values:
        """(n,) percent, each step's batch alone, before the step."""
        return self._steps.values[:, _BATCH_ERROR]

    @property
    def rates(self) -> Values:
        """(n,) the learning rate that each step took."""
        return self._steps.values[:, _RATE]

    @property
    def smoothed_errors(self) -> Values:
        """(n,) percent, the mean of the last epoch's worth of batches; of fewer at the start."""
        return self._steps.values[:, _SMOOTHED]

    @property
    def record_times(self) -> Values:
        """(m,) when each gradient record was taken, in epochs: at its step's beginning, where interventions act."""
        return self._of_records(0, 1)[:, 0] / max(1, self.steps_per_epoch)

    @property
    def norms(self) -> Values:
        """(m, L) gradient norms of the weighted layers, in the order of the forward pass."""
        return self._of_records(1, self._layers)

    @property
    def updates(self) -> Values:
        """(m, L) how long each record's step was beside the weight."""
        return self._of_records(1 + self._layers, self._layers)

    @property
    def dead(self) -> Values:
        """(m, B) the share of dead channels of each block."""
        return self._of_records(1 + 2 * self._layers, self._blocks)

    def _of_records(self, first: int, count: int) -> Values:
        if self._records is None:
            return np.empty((0, count))
        return self._records.values[:, first : first + count]

    @property
    def train_error(self) -> float:
        """Percent: of the weights at the end, on the training pictures as they are; else over the newest epoch.

        Not a number as long as that of a run which an earlier start has done is not known.
        """
        if not self.is_read or self.awaits_errors:
            return np.nan
        if self.ended is not None and not np.isnan(self.ended.train_error):
            return self.ended.train_error
        return self.epochs[-1].train_error if self.epochs else np.nan

    @property
    def test_error(self) -> float:
        """Percent: of the weights at the end, else after the newest epoch; not a number likewise."""
        if not self.is_read or self.awaits_errors:
            return np.nan
        if self.ended is not None and not np.isnan(self.ended.test_error):
            return self.ended.test_error
        return self.epochs[-1].test_error if self.epochs else np.nan

    @property
    def title(self) -> str:
        """ "Plain-56"; with its variant, and its seed where the same network is trained from several."""
        return run_title(self.run, self.variant, has_seed=self.has_siblings)

    @property
    def group_title(self) -> str:
        """The same without the seed: "Plain-56 adam"."""
        return run_title(self.run, self.variant, has_seed=False)

    def report(self, class_names: tuple[str, ...] = ()) -> RunReport:
        """The run so far as a record, for figures and tables.

        One that is still going is a report in the state "done" whose errors are not a number.
        """
        return self.reporting(class_names)()

    def reporting(self, class_names: tuple[str, ...] = ()) -> Callable[[], RunReport]:
        """What gives the report of this moment, on whichever thread and whenever it is called.

        A long run has many thousand steps; copying their numbers would hold the window up.
        """
        ended = self.ended
        state: Literal["done", "stopped", "diverged"] = "done"
        if self.state in ("stopped", "diverged", "failed"):
            state = "diverged" if self.state == "diverged" else "stopped"
        head = RunReport(
            self.run,
            tuple(self.epochs),
            train_error=ended.train_error if ended else np.nan,
            test_error=ended.test_error if ended else np.nan,
            class_names=ended.class_names if ended else class_names,
            state=ended.state if ended else state,
        )
        steps = self._steps.values
        records = self._of_records(0, 1)[:, 0], self.norms, self.updates, self.dead
        return partial(_whole, head, steps, max(1, self.steps_per_epoch), records)


def _whole(
    head: RunReport, steps: Values, width: int, records: tuple[Values, Values, Values, Values]
) -> RunReport:
    """The report with its steps and gradient records."""
    gradients = GradientColumns.together(*records)
    together = StepColumns.together(steps[:, _AT], steps[:, _LOSS : _RATE + 1], width)
    return replace(head, gradients=gradients, steps=together)


@dataclass(frozen=True, eq=False)
class LabScene:
    """All runs of the Train tab as they are now; `version` rises whenever anything changed.

    The logs are live: what a panel keeps of them it copies, or takes as the views that they hand out.
    """

    logs: tuple[RunLog, ...] = ()
    version: int = 0
    data: DataRead | None = None
    data_name: str = ""
    selected: str = ""
    """The key of the run chosen in the table; "" where there is none."""
    time: float | None = None
    """Epochs under the pointer, the same in all plots; None is the newest."""
    pace: Pace = field(default_factory=Pace)
    """How fast the runs are; live as the logs are."""
    clock: Callable[[], float] = monotonic
    """Of the pace."""
    arrived: tuple[int, ...] = ()
    """Depths in the order in which they came, also of runs that were taken out."""
    is_busy: bool = False
    """An order is in flight."""

    @property
    def is_paused(self) -> bool:
        """Nothing runs, and at least one run is paused."""
        states = {log.state for log in self.logs}
        return "paused" in states and "running" not in states

    @property
    def chosen(self) -> RunLog | None:
        """The selected run."""
        return self.log(self.selected)

    def log(self, key: str) -> RunLog | None:
        """The run of that key."""
        return next((log for log in self.logs if log.key == key), None)

    @property
    def is_being_read(self) -> bool:
        """What an earlier start has done of some of the runs is not known yet, or not all of it."""
        return any(log.is_being_read for log in self.logs)

    @property
    def depths(self) -> tuple[int, ...]:
        """Depths in the order of their colours: as they came, so that no run that comes or goes changes any."""
        return tuple(dict.fromkeys((*self.arrived, *(log.run.network.depth for log in self.logs))))
