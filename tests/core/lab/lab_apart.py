"""A lab in a process of its own, which says on stdout what it does: to be killed.

`python -m tests.core.lab.lab_apart FOLDER [STEP=STRENGTH]`: trains `RUN` in FOLDER, or goes on with it, and sets the
shortcuts once the step is done. A checkpoint is written after every step.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch

from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.lab import Advanced, OpenShortcuts, Order, RunEnded
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import RunSpec

DIGITS = NAMED["digits"]
KEY = "run"


def digits_run(name: str, epochs: int = 2, *, batch: int = 256) -> RunSpec:
    """A run on the digits, five steps an epoch."""
    return RunSpec(
        replace(spec(name), input_size=DIGITS.side, channels=DIGITS.channels),
        "digits",
        epochs,
        Recipe("invented", batch=batch, rate=0.05),
        DIGITS.mean,
        DIGITS.std,
        augment="none",
        record_every=3,
    )


RUN = digits_run("cifar-resnet-8", epochs=6)


def main() -> None:
    """Say every step that is done, and `done` at the end."""
    folder, *told = sys.argv[1:]
    training.SAVE_EVERY = 0.0
    torch.set_num_threads(1)
    lab = Lab()
    wanted = [(int(step), float(strength)) for step, _, strength in (text.partition("=") for text in told)]
    for report in lab.answer(Order(((KEY, RUN),), "digits", Path(folder), "cpu", is_resumed=True)):
        match report:
            case Advanced():
                for step in report.steps:
                    print("step", step.at, flush=True)
                    for at, strength in [*wanted]:
                        if step.at >= at:
                            wanted.remove((at, strength))
                            lab.tell(OpenShortcuts(strength))
            case RunEnded():
                print(report.report.state, flush=True)


if __name__ == "__main__":
    main()
