"""The error plot in words: what lies under the pointer, and the names of the lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from resnet_viewer.charts.curves import Curve, Quantity, at_time, time_words
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.training import EpochReport

EMPTY: dict[Quantity, str] = {
    "error": "Press Start: training and test errors of every run grow here.",
    "loss": "Press Start: the training loss of every run grows here.",
    "rate": "Press Start: the learning rate of every run is drawn here.",
}
NOBODY = "no run has come this far"
_TENTH = 0.05
"""Epochs by which the time that is told is rounded."""
_FEW = 12
"""So many names at most stand at lines' ends."""


def value_words(log: RunLog, curves: Sequence[Curve], quantity: Quantity, time: float) -> str:
    """One run at a time: "Plain-56: training 82.1 %, test 83.0 % after epoch 4"; empty where it has no step."""
    drawn = curves[0]
    index = at_time(drawn.x, time)
    if index is None:
        return ""
    value = float(drawn.y[index])
    match quantity:
        case "error":
            words = f"training {value:.1f} %"
            if (epoch := tested_before(log, time)) is not None:
                words += f", test {epoch.test_error:.1f} % after epoch {epoch.epoch + 1}"
        case "loss":
            words = f"loss {value:.4g}" if math.isfinite(value) else "loss not finite"
        case "rate":
            words = f"learning rate {value:.4g}"
    return f"{log.title}: {words}"


def tested_before(log: RunLog, time: float) -> EpochReport | None:
    """The newest epoch whose test error was measured by then; a time that reads "epoch 4.0" is after epoch 4."""
    return next((epoch for epoch in reversed(log.epochs) if epoch.epoch + 1 <= time + _TENTH), None)


def hovered_words(time: float, values: str, *, is_pinned: bool, done: str = "") -> str:
    """For the status line: "epoch 4.3 · shortcuts cut · Plain-56: training 82.1 %"; `done` is what was done then."""
    hint = "pinned, click or Esc to release" if is_pinned else "click to pin"
    return " · ".join(part for part in (time_words(time), done, values or NOBODY, hint) if part)


def named(logs: Sequence[RunLog]) -> list[tuple[RunLog, str]]:
    """Which runs have a name beside their line: one of each network, with the number of its seeds."""
    groups: dict[str, list[RunLog]] = {}
    for log in logs:
        groups.setdefault(log.group_title, []).append(log)
    several = [
        (alike[0], title if len(alike) == 1 else f"{title}, {len(alike)} seeds")
        for title, alike in groups.items()
    ]
    return several[:_FEW]
