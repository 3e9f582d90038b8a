"""A training run from a network, data by name, and a course. Imports no torch, so it may be called anywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.data.picture_folders import class_names_of
from resnet_viewer.core.data.sources import fitted, named_kind
from resnet_viewer.records.data import NAMED, augmentation
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.recipe import RECIPES, Recipe, recipe_for
from resnet_viewer.records.run_plan import Course
from resnet_viewer.records.training import RunSpec


def planned(spec: NetworkSpec, data: str, course: Course) -> RunSpec:
    """The run of that network, built for such pictures, its weights drawn by its own seed.

    Raises:
        UserError: it is none for them, or there are none.

    Example:
        >>> planned(catalog.spec("cifar-resnet-8"), "digits", Course(epochs=2)).network.channels  # doctest: +SKIP
        1
    """
    kind = named_kind(data)
    network = fitted(spec, kind)
    if kind is None:
        network = replace(network, classes=len(class_names_of(Path(data))))
    run = RunSpec(
        network,
        data if data in NAMED else Path(data).name,
        course.epochs,
        _recipe(course.recipe, spec.depth),
        record_every=course.record_every,
        precision=course.precision,
    )
    if kind is None:
        return replace(run, mean=(), std=(), augment=course.augment or run.augment)
    return replace(run, mean=kind.mean, std=kind.std, augment=augmentation(course.augment, kind))


def _recipe(recipe: Recipe, depth: int) -> Recipe:
    """The paper's recipe warms very deep networks up; one that the user changed is followed as it is."""
    return recipe_for("paper", depth) if recipe == RECIPES["paper"] else recipe
