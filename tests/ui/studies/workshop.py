"""Studies for tests of what is shown: two that nobody measures, and a process that says what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Signal

from resnet_viewer.charts.study_panel import LinesPanel, Panel, Scale, Series, names
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.papers import Paper
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.session import Setup
from resnet_viewer.records.study import (
    Basis,
    Estimate,
    EstimateStudy,
    Options,
    Row,
    StudyInfo,
    StudyOrder,
    StudyResult,
    option,
)
from resnet_viewer.records.test_set import CROPS, TestSet
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated

POINTS = 9
"""A point for each block of a ResNet-20."""
NO_SHORTCUT = "This network has no shortcut to weigh; choose a residual one."


@dataclass(frozen=True)
class WeighOptions(Options):
    """What can be chosen of the first study."""

    kind: Literal["drop", "cut"] = option("drop", "What is done", "To one block at a time.")
    repeats: int = option(1, "Repeats", least=1, most=50)
    is_sorted: bool = option(False, "Sorted")


@dataclass(frozen=True)
class CountOptions(Options):
    """What can be chosen of the second study."""

    most: float = option(0.5, "Most", least=0, most=1)


def _refusal(state: NetworkState, _plan: Blueprint, _options: Options) -> str:
    return "" if state.network.has_shortcuts else NO_SHORTCUT


def _conclusion(result: StudyResult) -> tuple[str, ...]:
    worst = max(result.rows, key=lambda row: float(str(row["error"])))
    so_far = "" if result.is_complete else " so far"
    return (f"The heaviest block{so_far} is {worst['block']}.", "That agrees with the paper.")


WEIGHING = StudyInfo(
    "weighing",
    "Weighing",
    "Which block is the heaviest of all the blocks that a network has?",
    (Paper("Weigher and Scales", 2016, "On the weight of blocks", "NeurIPS", "Figure 3"),),
    WeighOptions,
    _refusal,
    _conclusion,
    explains="The error with each block left to itself.",
)
COUNTING = StudyInfo(
    "counting",
    "Counting",
    "How many are there?",
    (),
    CountOptions,
    lambda *_: "",
    _conclusion,
    needs="nothing",
)
TRAINING = replace(
    COUNTING, name="training", title="Training", question="What do its own networks learn?", needs="runs"
)
STUDIES = (WEIGHING, COUNTING, TRAINING)


def _panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    series = []
    for name, result in zip(names(results), results, strict=True):
        state, rows = result.order.state, result.rows
        places = np.array([float(str(row["block"])) for row in rows])
        errors = np.array([float(str(row["error"])) for row in rows])
        states = tuple(wiring_of(state, row) for row in rows)
        series.append(Series(name, places, errors, looks="dots", colour="branch", states=states))
    axes = Scale("block", is_whole=True), Scale("error, %", least=0)
    return (LinesPanel("Errors", *axes, tuple(series), is_by_block=True),)


def charts(name: str) -> ModuleType:
    """The module that draws a study."""
    made = ModuleType(name)
    made.panels = _panels  # type: ignore[attr-defined]
    return made


def wiring_of(state: NetworkState, row: Row) -> Wiring:
    """What a row was measured with."""
    return state.wiring.with_branches([int(str(row["block"]))], 0.0)


def order(
    folder: Path,
    setup: Setup | None = None,
    options: Options | None = None,
    test_set: TestSet | None = CROPS,
    study: StudyInfo = WEIGHING,
) -> StudyOrder:
    """Of a ResNet-20 with everything open, as is usual."""
    state = (setup or fabricated.setup()).state
    return StudyOrder(study.name, state, options or study.options(), test_set, folder)


def result(asked: StudyOrder, count: int = POINTS, *, points: int = POINTS) -> StudyResult:
    """The first of its points."""
    rows = tuple(
        {"point": f"block {n}", "block": n, "error": 10.0 + 7 * (n % 4)} for n in range(1, count + 1)
    )
    return StudyResult(
        asked, Basis(300, 300, True, device="cpu"), points, rows, 2.0 * count, 30.0 * count, 10.0 * count
    )


class Workshop(QObject):
    """With the face of the worker that studies."""

    replied = Signal(int, object)
    failed = Signal(int, object)
    ended = Signal(int)
    busy_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, object]] = []
        self.cancelled: list[int] = []
        self.is_busy = self.is_started = self.is_closed = False

    @property
    def orders(self) -> list[StudyOrder]:
        """All that were sent."""
        return [request for _, request in self.asked if isinstance(request, StudyOrder)]

    @property
    def estimates(self) -> list[EstimateStudy]:
        """All that was asked about costs."""
        return [request for _, request in self.asked if isinstance(request, EstimateStudy)]

    def start(self) -> None:
        self.is_started = True

    def ask(self, ticket: int, request: object) -> None:
        self.asked.append((ticket, request))
        self._set_busy(True)

    def cancel(self, ticket: int) -> None:
        self.cancelled.append(ticket)

    def stop(self) -> None:
        self.cancelled.append(0)

    def close(self) -> None:
        self.is_closed, self.is_busy = True, False

    def estimate(self, points: int = POINTS, seconds: float = 40.0) -> None:
        """Answer the newest question."""
        ticket, request = next(one for one in reversed(self.asked) if isinstance(one[1], EstimateStudy))
        assert isinstance(request, EstimateStudy)
        self.replied.emit(ticket, Estimate(request.order, points, 3000.0, seconds))
        self._end(ticket)

    def refuse(self, sentence: str) -> None:
        """What was asked last cannot be done."""
        ticket, _ = self.asked[-1]
        self.failed.emit(ticket, Failure(sentence))
        self._end(ticket)

    def read(self, done: int, total: int) -> None:
        """So many pictures are read for the study at work."""
        self.replied.emit(self._study, Progress(done, total))

    def measure(self, count: int = POINTS, *, points: int = POINTS, underway: float = 0.0) -> None:
        """The study at work has measured so many points, and so much of the next ones."""
        found = result(replace(self.orders[-1]), count, points=points)
        self.replied.emit(self._study, replace(found, underway=underway))

    def end(self) -> None:
        """The study at work is at its end."""
        self._end(self._study)

    @property
    def _study(self) -> int:
        return next(ticket for ticket, request in reversed(self.asked) if isinstance(request, StudyOrder))

    def _end(self, ticket: int) -> None:
        self.ended.emit(ticket)
        self._set_busy(False)

    def _set_busy(self, is_busy: bool) -> None:
        self.is_busy = is_busy
        self.busy_changed.emit(is_busy)
