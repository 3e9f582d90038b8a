"""How long a run still takes, from what the window knows of it and of those that run beside it."""

from __future__ import annotations

import math

from resnet_viewer.ui.train.run_log import LabScene, RunLog

_FORWARD = 0.35
"""What classifying a picture takes beside a step with it: a third of the passes, and nothing else (measured)."""
_TURN = 256
"""Pictures that are classified in a run's turn."""


def seconds_left(scene: LabScene, log: RunLog) -> float:
    """Until a run is done, while it takes turns, step by step, with those that run beside it.

    Not a number where a speed is not known yet, or it does not run.
    """
    if log.state != "running":
        return math.nan
    mine = _turns(scene, log)
    total = 0.0
    for other in scene.logs:
        if other.state == "running":
            total += _alone(scene, other) * min(1.0, mine / max(1.0, _turns(scene, other)))
    return total


def duration(seconds: float) -> str:
    """In words that fit a cell: "42 s", "3 min", "2 h 05 min"; "" where it is not known."""
    if math.isnan(seconds):
        return ""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _alone(scene: LabScene, log: RunLog) -> float:
    """Seconds that it takes with nobody beside it: its steps, the test set after every epoch, and both at the end.

    An epoch takes what the last one took; before the first has ended, what the speed of the steps makes of it.
    """
    steps, classified = log.all_steps - log.steps, _classified(scene, log)
    if log.epochs and scene.data is not None:
        tests, epoch = len(scene.data.test_labels), log.steps_per_epoch * log.run.recipe.batch
        per_picture = log.epochs[-1].seconds / (epoch + _FORWARD * tests)
    else:
        per_picture = 1 / (log.pictures_per_second or math.nan)
    return (steps * log.run.recipe.batch + _FORWARD * classified) * per_picture


def _turns(scene: LabScene, log: RunLog) -> float:
    return log.all_steps - log.steps + _classified(scene, log) / _TURN


def _classified(scene: LabScene, log: RunLog) -> int:
    """Pictures that are still to be classified: the test set for every epoch, and both sets for its last weights."""
    if scene.data is None:
        return 0
    tests = len(scene.data.test_labels)
    return (log.length - len(log.epochs) + 1) * tests + scene.data.count
