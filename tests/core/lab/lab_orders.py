"""Orders of small runs on the digits, and what a lab says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import Advanced, LabReport, Message, Order, RunEnded, StateChanged
from resnet_viewer.records.training import RunSpec
from tests.core.lab.lab_apart import digits_run

PLAIN, RESIDUAL = digits_run("cifar-plain-8"), digits_run("cifar-resnet-8")
STEPS = 5
Found = list[Progress | LabReport]


def order(folder: Path, *runs: RunSpec, **options: object) -> Order:
    keyed = tuple((run.network.name, run) for run in runs)
    return replace(Order(keyed, "digits", folder, "cpu", threads=1), **options)  # type: ignore[arg-type]


def told(
    asked: Order, when: Callable[[Progress | LabReport], object], *messages: Message, lab: Lab | None = None
) -> Found:
    """All reports; the messages are told at the first report for which `when` holds."""
    lab = lab or Lab()
    waiting = [*messages]
    found: Found = []
    for report in lab.answer(asked):
        found.append(report)
        if waiting and when(report):
            for message in waiting:
                lab.tell(message)
            waiting.clear()
    assert not waiting, "what the messages waited for never came"
    return found


def step_done(step: int, key: str = "") -> Callable[[Progress | LabReport], bool]:
    def holds(report: Progress | LabReport) -> bool:
        return (
            isinstance(report, Advanced)
            and key in ("", report.key)
            and any(s.at >= step for s in report.steps)
        )

    return holds


def states(found: Found, key: str) -> list[str]:
    return [report.state for report in found if isinstance(report, StateChanged) and report.key == key]


def ended(found: Found, key: str) -> RunEnded:
    (one,) = [report for report in found if isinstance(report, RunEnded) and report.key == key]
    return one


def steps_of(found: Found, key: str) -> list[int]:
    return [
        s.at for report in found if isinstance(report, Advanced) and report.key == key for s in report.steps
    ]
