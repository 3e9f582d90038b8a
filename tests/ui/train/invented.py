"""Invented logs of training runs for the tests of the Train tab's plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import Advanced, Began, EpochEnded, RunState, StateChanged
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunSpec,
    StepReport,
)

PER_EPOCH = 10
Norms = Callable[[int, int], Sequence[float]]
"""From a step and the number of layers to a record's norms."""


def rising(step: int, layers: int) -> list[float]:
    """The norm of layer i (from 0) is 10^(i / layers − 2) at every step."""
    return [10 ** (i / layers - 2) for i in range(layers)]


def run(name: str = "cifar-plain-20", *, epochs: int = 4, seed: int = 0) -> RunSpec:
    """A run of steps recorded at every second one."""
    return RunSpec(replace(spec(name), seed=seed), "invented", epochs, record_every=2)


def begun(run: RunSpec, *, state: RunState = "running") -> RunLog:
    """A run without a step; its key is made of its name and seed."""
    key = f"{run.network.name}-{run.network.seed}"
    log = RunLog(key, run, PER_EPOCH)
    log.take(Began(key, run, PER_EPOCH))
    log.take(StateChanged(key, state))
    return log


def grow(
    log: RunLog,
    steps: int,
    *,
    error: Callable[[int], float] = lambda step: 90.0 - step,
    loss: Callable[[int], float] = lambda step: 2.0 / (step + 1),
    norms: Norms = rising,
    dead: float = 0.25,
) -> None:
    """Train `steps` steps more: errors, losses and norms by the step; test errors are 5 above the training's."""
    plan = blueprint(log.run.network)
    layers, blocks = len(plan.layers), len(plan.blocks)
    for at in range(log.steps, log.steps + steps):
        epoch, step = divmod(at, PER_EPOCH)
        report = StepReport(
            epoch, step, PER_EPOCH, 1.0, 50.0, None, loss(at), error(at), log.run.recipe.rate_at(at, 40)
        )
        records = ()
        if at % log.run.record_every == 0:
            values = tuple(norms(at, layers))
            records = (GradientRecord(at, values, tuple(v / 10 for v in values), (dead,) * blocks),)
        log.take(Advanced(log.key, (report,), records, 100.0))
        if step == PER_EPOCH - 1:
            ended = EpochReport(epoch, 0.1, loss(at), error(at), error(at) + 5.0, 1.0)
            log.take(EpochEnded(log.key, ended, np.zeros(3, np.int64), None))


def trained(name: str = "cifar-plain-20", steps: int = 25, *, seed: int = 0, epochs: int = 4) -> RunLog:
    """A run with so many steps behind it."""
    log = begun(run(name, seed=seed, epochs=epochs))
    grow(log, steps)
    return log


def with_interventions(log: RunLog, *made: tuple[int, float]) -> RunLog:
    """The log after shortcuts were opened: (step, strength)."""
    log.run = replace(log.run, interventions=tuple(Intervention(*each) for each in made))
    log.version += 1
    return log
