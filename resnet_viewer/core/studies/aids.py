"""Trains plain, residual and highway networks, with stochastic depth, and with shortcuts weakened to nothing."""

from __future__ import annotations

from dataclasses import replace

from resnet_viewer.core.lab.planned import planned
from resnet_viewer.core.studies.training import PlannedRun, TrainingPlan
from resnet_viewer.core.weights import catalog
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course
from resnet_viewer.records.studies.aids import AIDS, HIGHWAY, PLAIN, STOCHASTIC, WEAKENED, AidsOptions
from resnet_viewer.records.training import RunSpec


def runs(options: AidsOptions) -> TrainingPlan:
    """All with seed 0, depth by depth, then with seed 1 …, by the quick recipe with what each adds to it."""
    return TrainingPlan(
        options.data,
        tuple(
            PlannedRun(
                f"{aid.name}-{depth}-seed-{seed}",
                _run(aid.name, depth, seed, options),
                {"aid": aid.name, "depth": depth},
            )
            for seed in range(options.seeds)
            for depth in options.each_depth
            for aid in AIDS
        ),
    )


def _run(aid: str, depth: int, seed: int, options: AidsOptions) -> RunSpec:
    name = f"cifar-{'plain' if aid == PLAIN else 'resnet'}-{depth}"
    recipe = RECIPES["quick"]
    if aid == HIGHWAY:
        name += f"-{catalog.written('highway', options.bias)}"
    elif aid == STOCHASTIC:
        recipe = replace(recipe, survival=options.survival).named
    elif aid == WEAKENED:
        recipe = replace(recipe, shortcuts=options.weakening).named
    spec = replace(catalog.spec(name), seed=seed)
    return planned(spec, options.data, Course(recipe=recipe, epochs=options.epochs))
