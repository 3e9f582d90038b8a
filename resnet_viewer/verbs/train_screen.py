"""What `resnet-viewer train` says while it works: a bar and a line an epoch on stderr, a line a run on stdout.

The bar is for terminals; elsewhere a line comes now and then in its place. A reader that goes away, as `head -1` does,
or a terminal that is closed, does not hold the training up: it goes on without a word.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    DataRead,
    EpochEnded,
    Idle,
    LabReport,
    Numbers,
    RunEnded,
    StateChanged,
)
from resnet_viewer.records.pace import Pace
from resnet_viewer.records.training import RunReport, RunSpec
from resnet_viewer.standard_output import silence

_QUIET = 60.0
"""Seconds without a word after which a line takes the place of the bar."""
_NARROWEST = 20


class TrainScreen:
    """Shows reports as they come until it is closed, and keeps those of runs that ended, which lie in `folder`."""

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
        self._started = self._spoken = time.monotonic()
        self.steps: tuple[int, int | None] = (0, None)
        """Done, and in all, as far as that is known; pictures while the data are read."""
        self._words = ""
        self._bar = _bar("picture", "reading")

    def close(self) -> None:
        """Take the bar away."""
        with _audible():
            self._bar.close()

    def show(self, report: Progress | LabReport) -> None:
        """Say what a report means for whoever waits."""
        self._pace.take(report, now=time.monotonic())
        match report:
            case Progress():
                self._move(report.done, report.total)
            case DataRead():
                self.data = report
                self.close()
                if report.remark:
                    self.say(report.remark)
                self._bar = _bar("step", "training", "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]")
            case Began() if report.key in self._runs:
                self.say(
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
                self.say(
                    f"{report.key} epoch {epoch.epoch + 1}/{run.length}: running training error "
                    f"{epoch.train_error:.2f} %, test error {epoch.test_error:.2f} %, {epoch.seconds:.0f} s"
                )
                if epoch.epoch + 1 == run.length:
                    self._advance(f"{report.key}: measuring its errors")
            case StateChanged():
                if report.sentence:
                    self.say(f"{report.key}: {report.sentence}")
                if report.state == "failed":
                    self.failed.append(report.key)
                self._advance()
            case Idle():
                self._advance()
            case RunEnded() if report.report.state != "stopped":
                self.reports[report.key] = report.report
                if report.report.state == "done":
                    seconds = sum(epoch.seconds for epoch in report.report.epochs)
                    self.tell(
                        f"{report.key}: training error {report.report.train_error:.2f} %, test error "
                        f"{report.report.test_error:.2f} %, {duration(seconds)} of training, in "
                        f"{self._folder / report.key}"
                    )

    def say(self, line: str) -> None:
        """For whoever waits, on stderr."""
        self._spoken = time.monotonic()
        self._write(line, sys.stderr)

    def tell(self, *lines: str) -> None:
        """What came out, on stdout."""
        for line in lines:
            self._write(line, sys.stdout)

    @property
    def taken(self) -> str:
        """How long all of it has taken so far."""
        return duration(time.monotonic() - self._started)

    def _advance(self, words: str = "") -> None:
        """As far as the runs are; one that has ended before its time leaves nothing to wait for."""
        now = time.monotonic()
        left = self._pace.seconds_left(now=now)
        time_left = "" if left is None else f"about {duration(left)} left"
        self._words = words or self._words
        with _audible():
            self._bar.set_postfix_str(", ".join(filter(None, (time_left, self._words))), refresh=False)
        self._move(self._pace.steps_done, self._pace.steps)
        if not _is_terminal(sys.stderr) and now - self._spoken >= _QUIET:
            done, whole = self.steps
            self.say(", ".join(filter(None, (f"{done} of {whole} steps", time_left, self._words))))

    def _move(self, done: int, whole: int | None) -> None:
        self.steps = done, whole
        with _audible():
            self._bar.total = whole
            self._bar.n = done
            self._bar.update(0)

    def _write(self, line: str, stream: TextIO | None) -> None:
        if stream is not None:
            with _audible():
                self._bar.write(wrapped(line, stream), file=stream)
                stream.flush()


def wrapped(line: str, stream: TextIO) -> str:
    """The line, on a terminal broken between words where it is too long; a number keeps its unit."""
    if not _is_terminal(stream):
        return line
    with suppress(OSError, ValueError):
        width = max(_NARROWEST, os.get_terminal_size(stream.fileno()).columns - 1)
        kept = re.sub(r"(?<=\d) (?=%|(?:s|min|h)\b)", "\N{NO-BREAK SPACE}", line)
        parts = textwrap.wrap(
            kept, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        return "\n".join(parts).replace("\N{NO-BREAK SPACE}", " ")
    return line


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
        mininterval=0.5,
        miniters=0,  # time goes on while a run is measured, too
        file=sys.stderr,
        disable=not _is_terminal(sys.stderr),
        dynamic_ncols=True,
        bar_format=form,
    )


def _is_terminal(stream: TextIO | None) -> bool:
    with suppress(OSError, ValueError):
        return stream is not None and stream.isatty()
    return False


@contextmanager
def _audible() -> Iterator[None]:
    """What is said inside goes nowhere, from then on, where nobody listens any more."""
    try:
        yield
    except OSError:
        for stream in (sys.stdout, sys.stderr):
            try:
                if stream is not None:
                    stream.flush()
            except OSError:
                silence(stream)
