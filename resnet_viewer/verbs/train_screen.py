"""What `resnet-viewer train` says while it works: a bar and a line an epoch on stderr, a line a run on stdout."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from resnet_viewer.records.lab import (
    Advanced,
    Began,
    DataRead,
    EpochEnded,
    LabReport,
    Numbers,
    RunEnded,
    StateChanged,
)
from resnet_viewer.records.pace import Pace
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.training import RunReport, RunSpec


class TrainScreen:
    """Shows reports as they come, and keeps those of runs that ended, which lie in `folder`.

    A context manager: leaving it takes the bar away.
    """

    def __init__(self, folder: Path) -> None:
        self.reports: dict[str, RunReport] = {}
        """Of the runs that are done or diverged, by key."""
        self.failed: list[str] = []
        self.data: DataRead | None = None
        self.predicted: dict[str, Numbers] = {}
        """The classes that each run gave to the test pictures, by key."""
        self._runs: dict[str, RunSpec] = {}
        self._folder = folder
        self._pace = Pace()
        self._started = time.monotonic()
        self._bar = _bar("picture", "reading")

    def __enter__(self) -> TrainScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, report: Progress | LabReport) -> None:
        """Say what a report means for whoever waits."""
        self._pace.take(report, now=time.monotonic())
        match report:
            case Progress():
                self._bar.total, self._bar.n = report.total, report.done
                self._bar.update(0)
            case DataRead():
                self.data = report
                self._bar.close()
                if report.remark:
                    self._say(report.remark)
                self._bar = _bar("step", "training", "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]")
            case Began() if report.key in self._runs:
                self._say(
                    f"{report.key}: begun again after {len(report.steps)} steps, because its worker was lost"
                )
            case Began():
                self._runs[report.key] = report.run
                if report.predicted is not None:
                    self.predicted[report.key] = report.predicted
                self._advance()
            case Advanced() if report.steps:
                last = report.steps[-1]
                self._advance(f"{report.key}: loss {last.loss:.3f}, error {last.error:.1f} %")
            case EpochEnded():
                epoch, run = report.epoch, self._runs[report.key]
                self.predicted[report.key] = report.predicted
                self._say(
                    f"{report.key} epoch {epoch.epoch + 1}/{run.length}: training error {epoch.train_error:.2f} %, "
                    f"test error {epoch.test_error:.2f} %, {epoch.seconds:.0f} s"
                )
            case StateChanged():
                if report.sentence:
                    self._say(f"{report.key}: {report.sentence}")
                if report.state == "failed":
                    self.failed.append(report.key)
                self._advance()
            case RunEnded() if report.report.state != "stopped":
                self.reports[report.key] = report.report
                if report.report.state == "done":
                    seconds = sum(epoch.seconds for epoch in report.report.epochs)
                    self._bar.write(
                        f"{report.key}: training error {report.report.train_error:.2f} %, test error "
                        f"{report.report.test_error:.2f} %, {duration(seconds)} of training, in "
                        f"{self._folder / report.key}",
                        file=sys.stdout,
                    )

    @property
    def taken(self) -> str:
        """How long all of it has taken so far."""
        return duration(time.monotonic() - self._started)

    def _advance(self, words: str = "") -> None:
        """As far as the runs are; one that has ended before its time leaves nothing to wait for."""
        self._bar.total = self._pace.steps
        left = self._pace.seconds_left(now=time.monotonic())
        if words:
            time_left = "" if left is None else f"about {duration(left)} left, "
            self._bar.set_postfix_str(time_left + words, refresh=False)
        self._bar.update(self._pace.steps_done - self._bar.n)

    def _say(self, line: str) -> None:
        self._bar.write(line, file=sys.stderr)


def duration(seconds: float) -> str:
    """Such as "12 s", "3 min 20 s" and "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60:02d} s"
        if whole < 3600
        else f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    )


def _bar(unit: str, description: str, form: str | None = None) -> tqdm[object]:
    return tqdm(
        total=None,
        unit=unit,
        desc=description,
        leave=False,
        delay=0.5,
        mininterval=1.0,
        file=sys.stderr,
        bar_format=form,
    )
