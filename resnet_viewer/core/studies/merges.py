"""Trains networks that differ in how shortcuts join the branches, or in where normalisation and ReLU stand."""

from __future__ import annotations

from dataclasses import replace

from resnet_viewer.core.lab.planned import planned
from resnet_viewer.core.studies.training import PlannedRun, TrainingPlan
from resnet_viewer.core.weights import catalog
from resnet_viewer.records.run_plan import Course
from resnet_viewer.records.studies.merges import Kind, MergesOptions, kinds_of
from resnet_viewer.records.training import RunSpec


def runs(options: MergesOptions) -> TrainingPlan:
    """Every kind with seed 0, then with seed 1 …, by the quick recipe.

    Raises:
        UserError: there is no such network.
    """
    return TrainingPlan(
        options.data,
        tuple(
            PlannedRun(
                f"{kind.name}-seed-{seed}".replace(" ", "-"), _run(kind, options, seed), {"kind": kind.name}
            )
            for seed in range(options.seeds)
            for kind in kinds_of(options)
        ),
    )


def _run(kind: Kind, options: MergesOptions, seed: int) -> RunSpec:
    is_plain = kind.ending == "plain"
    name = f"cifar-plain-{options.depth}" if is_plain else f"cifar-resnet-{options.depth}{kind.ending}"
    run = planned(replace(catalog.spec(name), seed=seed), options.data, Course(epochs=options.epochs))
    return run if kind.strength == 1 else run.intervened(0, kind.strength)
