"""Invented training runs for the figures' tests, with numbers that one can check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunReport,
    RunSpec,
    StepReport,
)

STEPS = 4
"""Of an epoch."""


def report(
    name: str = "cifar-resnet-8",
    *,
    seed: int = 0,
    epochs: int = 3,
    more_steps: int = 0,
    norms: float = 1.0,
    shift: float = 0.0,
    interventions: tuple[Intervention, ...] = (),
    state: Literal["done", "stopped", "diverged"] = "done",
    with_steps: bool = True,
) -> RunReport:
    """A run of 4 steps an epoch, `more_steps` after its last whole one, and a gradient record every second step.

    Step s has a batch error of 90 − s (+ `shift`) percent, a loss of 1 / (s + 1), a rate of 0.1; epoch e a training
    error of 80 − 20e and a test error of 70 − 10e (+ `shift`). Record r has `norms` · 10⁻ʳ in every layer.
    """
    network = replace(spec(name), seed=seed)
    plan = blueprint(network)
    count = STEPS * epochs + more_steps
    steps = tuple(
        StepReport(
            s // STEPS, s % STEPS, STEPS, 1.0, 50.0,
            batch_loss=1 / (s + 1), batch_error=90.0 - s + shift, rate=0.1,
        )
        for s in range(count)
    )  # fmt: skip
    logs = tuple(
        EpochReport(e, 0.1, 2.0 - e / 2, 80.0 - 20 * e, 70.0 - 10 * e + shift, 1.0) for e in range(epochs)
    )
    records = tuple(
        GradientRecord(
            2 * r,
            tuple(norms * 10.0**-r for _ in plan.layers),
            tuple(0.1 for _ in plan.layers),
            tuple(0.25 for _ in plan.blocks),
        )
        for r in range((count + 1) // 2)
    )
    run = RunSpec(
        network, "digits", max(epochs, 3), augment="none", record_every=2, interventions=interventions
    )
    error = 6.0 if state == "done" else float("nan")
    return RunReport(run, logs, error, error, ("a", "b"), records, steps if with_steps else (), state)


def going(run: RunReport) -> RunReport:
    """The run as the window knows it before it has ended."""
    return replace(run, train_error=float("nan"), test_error=float("nan"))
