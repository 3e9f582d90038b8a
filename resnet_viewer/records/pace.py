"""How far training runs have come, and how long they will still take: their steps, and the evaluations between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    DataRead,
    EpochEnded,
    Intervened,
    LabReport,
    RunState,
    StateChanged,
)
from resnet_viewer.records.training import RunSpec

_FORWARD = 1 / 3
"""What a picture costs in an evaluation beside a step, as long as none was measured: its forward pass alone."""
_TURN = 256
"""Pictures that are classified in a run's turn."""
_LEAST_SECONDS = 1.0
"""Of steps, before a speed is told: the first ones are not like the rest."""


@dataclass
class _Run:
    run: RunSpec
    steps_per_epoch: int
    steps: int
    """Done, also before it was resumed."""
    epochs: int
    state: RunState = "waiting"
    measured_steps: int = 0
    step_seconds: float = 0.0
    """Of all measured ones together."""
    evaluations: list[float] = field(default_factory=list)
    """Seconds of each that was measured."""

    @property
    def has_ended(self) -> bool:
        return self.state in ("done", "stopped", "diverged", "failed")

    @property
    def steps_left(self) -> int:
        return 0 if self.has_ended else max(0, self.run.length * self.steps_per_epoch - self.steps)


def duration(seconds: float) -> str:
    """In words that fit a cell: "42 s", "3 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


class Pace:
    """Grows by a lab's reports; every time is in seconds of a clock of the caller's.

    Example:
        >>> pace = Pace()
        >>> pace.seconds_left(now=0.0) is None
        True
    """

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._pictures = (0, 0)
        """To train on, and to test on."""
        self._started = math.nan

    def take(self, report: Progress | LabReport, *, now: float) -> None:
        """Note what a report says of it."""
        match report:
            case DataRead():
                self._pictures = (report.count, len(report.test_labels))
            case Began():
                self._runs[report.key] = _Run(
                    report.run, report.steps_per_epoch, len(report.steps), len(report.epochs)
                )
            case Advanced() if report.steps:
                known = self._runs[report.key]
                known.steps = report.steps[-1].at + 1
                if report.pictures_per_second > 0:
                    batch = min(known.run.recipe.batch, self._pictures[0])
                    seconds = len(report.steps) * batch / report.pictures_per_second
                    known.measured_steps += len(report.steps)
                    known.step_seconds += seconds
                    if math.isnan(self._started):
                        self._started = now - seconds
            case EpochEnded():
                known = self._runs[report.key]
                known.epochs = report.epoch.epoch + 1
                if (
                    known.measured_steps >= known.steps_per_epoch
                ):  # else a part of it was done before a resume
                    of_steps = known.steps_per_epoch * self._step(known)
                    known.evaluations.append(max(0.0, report.epoch.seconds - of_steps))
            case StateChanged():
                if (found := self._runs.get(report.key)) is not None:
                    found.state = report.state
            case Intervened():
                self._runs[report.key].run = report.run

    @property
    def is_known(self) -> bool:
        """Whether enough was measured to tell a speed."""
        return sum(known.step_seconds for known in self._runs.values()) >= _LEAST_SECONDS

    @property
    def steps_done(self) -> int:
        """Of all runs, also before they were resumed."""
        return sum(known.steps for known in self._runs.values())

    @property
    def steps(self) -> int:
        """That there will be when all runs have ended."""
        return sum(known.steps + known.steps_left for known in self._runs.values())

    def seconds_left(self, *, now: float, key: str = "") -> float | None:
        """Until all runs have ended, or the one with a key, while it has turns with those that run beside it.

        None before a second of steps was measured, and of a run that has no turns. What is left costs what the like of
        it has cost; runs that advance at the same time take less of the clock than they cost, and that ratio stays.
        """
        if not self.is_known:
            return None
        if not key:
            return self._ratio(now) * sum(
                self._cost(known) for known in self._runs.values() if not known.has_ended
            )
        mine = self._runs.get(key)
        if mine is None or mine.state != "running":
            return None
        turns = self._turns(mine)
        left = sum(
            self._cost(other) * min(1.0, turns / max(1.0, self._turns(other)))
            for other in self._runs.values()
            if other.state == "running"
        )
        return left * self._ratio(now)

    def pictures_per_second(self, *, now: float) -> float | None:
        """That all running ones together learn from, evaluations apart; None before a second of steps was measured."""
        if not self.is_known:
            return None
        running = [
            known for known in self._runs.values() if known.state == "running" and known.measured_steps
        ]
        seconds = sum(known.step_seconds / known.measured_steps for known in running) * self._ratio(now)
        pictures = sum(min(known.run.recipe.batch, self._pictures[0]) for known in running)
        return pictures / seconds if seconds else None

    def _ratio(self, now: float) -> float:
        """Seconds of the clock for a second of a run's own."""
        measured = [known for known in self._runs.values() if known.measured_steps]
        spent = sum(known.step_seconds + sum(known.evaluations) for known in measured)
        ratio = min(1.0, (now - self._started) / spent) if spent else 1.0
        return ratio if ratio > 0 else 1.0

    def _turns(self, known: _Run) -> float:
        """Steps, and pieces of the sets that are classified: the test set an epoch, and both at the end."""
        train, test = self._pictures
        classified = (known.run.length - known.epochs + 1) * test + train
        return known.steps_left + classified / _TURN

    def _cost(self, known: _Run) -> float:
        """What is left of a run: its steps, an evaluation on the test pictures an epoch, and one on all at the end."""
        train, test = self._pictures
        evaluation = self._evaluation(known)
        whole = evaluation * (1 + train / max(1, test))
        return known.steps_left * self._step(known) + (known.run.length - known.epochs) * evaluation + whole

    def _step(self, known: _Run) -> float:
        """A step's seconds; where none was measured as many as the other runs' for their depths."""
        if known.measured_steps:
            return known.step_seconds / known.measured_steps
        others = [other for other in self._runs.values() if other.measured_steps]
        per_layer = [self._step(other) / other.run.network.depth for other in others]
        return known.run.network.depth * sum(per_layer) / max(1, len(per_layer))

    def _evaluation(self, known: _Run) -> float:
        """Seconds of one on the test pictures."""
        if known.evaluations:
            return sum(known.evaluations) / len(known.evaluations)
        batch = max(1, min(known.run.recipe.batch, self._pictures[0]))
        return _FORWARD * self._step(known) / batch * self._pictures[1]
