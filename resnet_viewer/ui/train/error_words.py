"""The error plot in words: what lies under the pointer, and what was done to the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import EpochReport, Intervention
from resnet_viewer.ui.train.error_curves import Curve, Quantity, at_time, time_words
from resnet_viewer.ui.train.run_log import RunLog

EMPTY: dict[Quantity, str] = {
    "error": "Press Start: training and test errors of every run grow here.",
    "loss": "Press Start: the training loss of every run grows here.",
    "rate": "Press Start: the learning rate of every run is drawn here.",
}
NOBODY = "no run has come this far"
_APART = 2
"""Steps by which runs that have turns may differ when the same is done to all of them."""
_WIDEST_SHARE = 0.45
"""Of the plot's width that the words beside an intervention may take."""
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


def hovered_words(time: float, values: str, *, is_pinned: bool) -> str:
    """For the status line: "epoch 4.3 · Plain-56: training 82.1 %"."""
    hint = "pinned, click or Esc to release" if is_pinned else "click to pin"
    return " · ".join((time_words(time), values or NOBODY, hint))


def intervention_words(intervention: Intervention, logs: Sequence[RunLog], *, everybody: int) -> str:
    """What was done then, and to whom where it was not to all runs with shortcuts."""
    words = strength_words(intervention.strength)
    return words if len(logs) >= everybody else f"{words}: {', '.join(log.title for log in logs)}"


def interventions_in(logs: Sequence[RunLog]) -> list[tuple[float, str]]:
    """Time and words of every intervention; one on several runs is told once, where their turns lie side by side."""
    made = sorted(
        (
            (change.step, change.strength, place)
            for place, log in enumerate(logs)
            for change in log.run.interventions
        )
    )
    groups: list[tuple[Intervention, list[int]]] = []
    for step, strength, place in made:
        for first, places in reversed(groups):
            is_same = first.strength == strength and step - first.step <= _APART
            if is_same and place not in places:
                places.append(place)
                break
        else:
            groups.append((Intervention(step, strength), [place]))
    everybody = sum(log.run.network.has_shortcuts for log in logs)
    return [
        (
            found.step / max(logs[places[0]].steps_per_epoch, 1),
            intervention_words(found, [logs[place] for place in sorted(places)], everybody=everybody),
        )
        for found, places in groups
    ]


def brief_words(told: Sequence[str], metrics: QFontMetricsF, room: float) -> list[str]:
    """What was done then in a plot `room` pixels wide: without "shortcuts" where that is too much, and elided last."""
    if max(map(metrics.horizontalAdvance, told), default=0.0) > _WIDEST_SHARE * room:
        told = [words.removeprefix("shortcuts ") for words in told]
    return [metrics.elidedText(words, Qt.TextElideMode.ElideRight, _WIDEST_SHARE * room) for words in told]


def named(logs: Sequence[RunLog]) -> list[tuple[RunLog, str]]:
    """Which runs have a name beside their line: one of each network, with the number of its seeds."""
    groups: dict[str, list[RunLog]] = {}
    for log in logs:
        groups.setdefault(log.run.network.title, []).append(log)
    several = [
        (alike[0], title if len(alike) == 1 else f"{title}, {len(alike)} seeds")
        for title, alike in groups.items()
    ]
    return several[:_FEW]
