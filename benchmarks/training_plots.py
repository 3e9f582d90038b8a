"""What the error plot costs with forty runs of ten thousand steps each.

Needs a display: `xvfb-run -a -s "-screen 0 1440x900x24" python -m benchmarks.training_plots`. Prints the medians, in
milliseconds of this thread's processor time, of drawing and painting after one run grew, after all did, and after the
pointer moved. The exit status is 1 where drawing all takes longer than the limit.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import Advanced, Began, EpochEnded
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import EpochReport, RunSpec, StepReport
from resnet_viewer.ui.train.error_plot import ErrorPlot

RUNS, EPOCHS, STEPS = 40, 100, 100
LIMIT_MS = 30.0


def log_of(number: int) -> RunLog:
    """A run whose errors fall with noise."""
    name = f"cifar-{'plain' if number % 2 else 'resnet'}-{20 if number % 4 < 2 else 56}"
    run = RunSpec(replace(spec(name), seed=number), "invented", EPOCHS)
    log = RunLog(f"run-{number}", run, STEPS)
    log.has_siblings = True
    count = EPOCHS * STEPS
    noise = np.random.default_rng(number).normal(0, 6, count)
    errors = np.clip(90 * np.exp(-np.arange(count) / 3000) + noise + number / 4, 0, 100).tolist()
    steps = tuple(
        StepReport(*divmod(at, STEPS), STEPS, 1.0, 1.0, None, error / 40 + 1e-3, error, 0.1)
        for at, error in enumerate(errors)
    )
    log.take(Began(log.key, run, STEPS))
    log.take(Advanced(log.key, steps, (), 1.0))
    for epoch in range(EPOCHS):
        mean = statistics.fmean(errors[epoch * STEPS : (epoch + 1) * STEPS])
        ended = EpochReport(epoch, 0.1, 1.0, mean, mean + 3, 1.0)
        log.take(EpochEnded(log.key, ended, np.zeros(1, np.int64), None))
    return log


def measured(application: QApplication, act: Callable[[int], None], count: int = 15) -> float:
    """Median milliseconds of an act and of painting what it changed."""
    found = []
    for i in range(count):
        started = time.thread_time()
        act(i)
        application.processEvents()
        found.append(1000 * (time.thread_time() - started))
    return statistics.median(found)


def main() -> int:
    """Measure and print."""
    application = QApplication(sys.argv)
    logs = tuple(log_of(number) for number in range(RUNS))
    panel = ErrorPlot()
    panel.resize(660, 400)
    panel.show()
    scene = LabScene(logs, 1)
    panel.render_lab(scene)
    application.processEvents()

    def grow(count: int, version: int) -> None:
        for log in logs[:count]:
            log.version += 1  # its curves are taken and drawn anew
        panel.render_lab(replace(scene, version=version))

    found = {
        "one run grew": measured(application, lambda i: grow(1, 100 + i)),
        "all runs grew": measured(application, lambda i: grow(RUNS, 200 + i)),
        "the pointer moved": measured(
            application, lambda i: panel.render_lab(replace(scene, version=214, time=float(i)))
        ),
    }
    print(json.dumps({name: round(value, 1) for name, value in found.items()}))
    return int(found["all runs grew"] > LIMIT_MS)


if __name__ == "__main__":
    raise SystemExit(main())
