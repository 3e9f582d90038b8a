"""Applies build options to a spec, and refuses what cannot be built in one sentence."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from resnet_viewer.core.weights import catalog
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.layers import LayerSpec, output_side
from resnet_viewer.records.laying_out import LAYOUTS
from resnet_viewer.records.network import MOST_CLASSES, BuildOptions, NetworkSpec
from resnet_viewer.records.preprocessing import LARGEST_SIDE
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef

SMALLEST_SIDE, SMALL_INPUT = 32, 32
"""Pixels: the least side of a network that was made for sides above `SMALL_INPUT`."""
_SMALLEST_OF_SMALL = 8


def with_options(spec: NetworkSpec, options: BuildOptions) -> NetworkSpec:
    """The spec with the options, without weights where it had none.

    Raises:
        UserError: they do not fit it, or each other.

    Example:
        >>> with_options(catalog.spec("resnet18"), BuildOptions(classes=5, input_size=64)).input_size
        64
    """
    if not options.has_classifier and options.classes is not None:
        raise UserError("A network without a classifier has no classes; leave out one of the two.")
    if options.has_classifier and options.pooling is not None:
        raise UserError(
            "The pooling is a choice only where there is no classifier; leave out one of the two."
        )
    if options.classes is not None and not 1 <= options.classes <= MOST_CLASSES:
        raise UserError(f"A network has 1 to {MOST_CLASSES} classes, not {options.classes}.")
    if options.channels not in (None, 1, 3):
        raise UserError(f"Pictures have 1 or 3 channels, not {options.channels}.")
    changed = replace(spec, channels=options.channels or spec.channels)
    if not options.has_classifier:
        changed = replace(changed, classes=0, top_pooling=options.pooling or "average")
    elif options.classes is not None:
        changed = replace(changed, classes=options.classes)
    if options.input_size is not None:
        _require_side(changed, options.input_size)
        changed = replace(changed, input_size=options.input_size)
    return changed


def with_trained(spec: NetworkSpec, options: BuildOptions) -> NetworkSpec:
    """The same for a spec that is as its trained weights have it: the side is free then, and the classifier may go.

    Raises:
        UserError: the options do not fit the weights.
    """
    changed = with_options(spec, options)
    for what, wanted, have in (
        ("classes", changed.classes, spec.classes),
        ("channels", changed.channels, spec.channels),
    ):
        if wanted != have and not (what == "classes" and wanted == 0):
            whose = f"{spec.data} weights" if spec.weights.source != "file" else spec.weights.title
            verb = "has" if spec.weights.source == "file" else "have"
            raise UserError(f"{whose} {verb} {have} {what}; choose weights “none” for another number.")
    return changed


def built(name: str, options: BuildOptions, weights: WeightsRef = NO_WEIGHTS, seed: int = 0) -> NetworkSpec:
    """The spec of a named network with options, weights and, for untrained ones, a seed.

    Raises:
        UserError: there is no such network, or the options fit it or the weights not.
    """
    spec = replace(catalog.spec(name), weights=weights, seed=seed)
    return with_options(spec, options) if weights.source == "none" else with_trained(spec, options)


def smallest_side(spec: NetworkSpec) -> int:
    """The least side of a picture, in pixels, with which every map has a pixel."""
    side = _SMALLEST_OF_SMALL if catalog.spec(spec.name).input_size <= SMALL_INPUT else SMALLEST_SIDE
    while not has_maps(spec, side):
        side += 1
    return side


def _require_side(spec: NetworkSpec, side: int) -> None:
    smallest = smallest_side(spec)
    if not smallest <= side <= LARGEST_SIDE:
        raise UserError(
            f"{spec.title} takes pictures of {smallest} to {LARGEST_SIDE} pixels a side, not of {side}."
        )


def has_maps(spec: NetworkSpec, side: int) -> bool:
    """Whether every map has a pixel where the picture has `side` pixels a side."""
    plan = LAYOUTS[spec.family](replace(spec, input_size=side), side)
    branches = chain.from_iterable((*block.before, *block.branch, *block.after) for block in plan.blocks)
    for step in (*plan.stem_steps, *branches, *plan.head_steps):
        if not isinstance(step, LayerSpec) or step.kind != "linear":
            side = output_side((step,), side)
            if side < 1:
                return False
    return True
