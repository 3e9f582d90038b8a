"""Which runs the arguments of `resnet-viewer train` mean, by the names of their folders."""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import replace
from pathlib import Path

from resnet_viewer.core import catalog
from resnet_viewer.core.name_endings import VALUE, written
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import key_of
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.recipe import Recipe, recipe_for
from resnet_viewer.records.training import RunSpec
from resnet_viewer.verbs.number_types import LARGEST_SEED
from resnet_viewer.verbs.train_flags import SCHEDULES


def networks(arguments: argparse.Namespace) -> list[NetworkSpec]:
    """The networks of `--network`, and those that `--depth` and `--kind` make, as `--init` and the others want them.

    Raises:
        UserError: there are none, a name is not known, or they take pictures of different sizes.
    """
    ending = _ending(arguments)
    specs = [catalog.spec(_with(name, ending)) for name in _names(arguments)]
    if arguments.data not in NAMED:
        other = next((spec for spec in specs if spec.input_size != specs[0].input_size), None)
        if other is not None:
            raise UserError(
                f"{specs[0].name} and {other.name} take pictures of different sizes; train them one after the other."
            )
    return specs


def keyed(specs: list[NetworkSpec], arguments: argparse.Namespace) -> list[tuple[str, NetworkSpec]]:
    """A network for each seed, with the name of its folder."""
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    if seeds[-1] > LARGEST_SEED:
        raise UserError(
            f"There is no seed above {LARGEST_SEED}; begin with a lower --seed, or take fewer --seeds."
        )
    wanted = [replace(spec, seed=seed) for spec in specs for seed in seeds]
    return [(key_of(spec), spec) for spec in wanted]


def plan(spec: NetworkSpec, arguments: argparse.Namespace, kind: DataKind, *, epochs: int) -> RunSpec:
    """The run of one network, built for such pictures. A plain one takes none of the `--shortcuts`."""
    made = sorted(arguments.shortcuts, key=lambda intervention: intervention.step)
    return RunSpec(
        replace(spec, classes=kind.classes, input_size=kind.side, channels=kind.channels),
        _title(arguments.data),
        epochs,
        recipe(spec, arguments),
        kind.mean,
        kind.std,
        kind.is_augmented,
        record_every=arguments.record_every,
        interventions=tuple(made) if spec.has_shortcuts else (),
        precision=arguments.precision,
    )


def recipe(spec: NetworkSpec, arguments: argparse.Namespace) -> Recipe:
    """The named recipe with what the arguments want otherwise."""
    known = recipe_for(arguments.recipe, spec.depth)
    if (schedule := SCHEDULES.get(arguments.schedule or "", known.schedule)) != known.schedule:
        # a share of one cycle's rise would be a fifth of the run at a tenth of the rate by the other schedule
        usual = recipe_for("paper" if schedule == "steps" else "quick", spec.depth)
        known = replace(known, schedule=schedule, warm_up=usual.warm_up)
    own = {
        "batch": arguments.batch,
        "rate": arguments.rate,
        "optimizer": arguments.optimizer,
        "momentum": arguments.momentum,
        "weight_decay": arguments.weight_decay,
        "warm_up": arguments.warm_up,
    }
    return replace(known, **{name: value for name, value in own.items() if value is not None})


def _title(data: str) -> str:
    """A folder's own name, also where it was called "." or ".."."""
    path = Path(data)
    return path.resolve().name if path.name in ("", "..") else path.name


def _names(arguments: argparse.Namespace) -> list[str]:
    names = list(arguments.network)
    if arguments.depth is not None:
        depths = arguments.depth.split(",")
        if not all(depth.isascii() and depth.isdecimal() for depth in depths):
            raise UserError(f"{arguments.depth!r} is not a list of depths; write them as 20,56.")
        kinds = {"plain": "plain", "residual": "resnet"}
        chosen = arguments.kind.split(",")
        unknown = next((kind for kind in chosen if kind not in kinds), None)
        if unknown is not None:
            raise UserError(
                f"There is no kind {unknown!r}; write plain, residual, or both as plain,residual."
            )
        names += [f"cifar-{kinds[kind]}-{int(depth)}" for depth in depths for kind in chosen]
    if not names:
        raise UserError("Say which networks: --network NAME …, or --depth 20,56 with --kind plain,residual.")
    return list(dict.fromkeys(names))


def _ending(arguments: argparse.Namespace) -> list[str]:
    """The endings of names that build such networks."""
    endings = ["nobn"] if arguments.no_normalisation else []
    if arguments.init and arguments.init != "he":
        endings.append(_drawn(arguments.init))
    return endings


def _drawn(text: str) -> str:
    """The ending for an initialisation."""
    name, has_number, number = text.partition("=")
    if text in ("xavier", "normal"):
        return text
    try:
        deviation = float(number)
    except ValueError:
        deviation = 0.0
    if name != "normal" or not has_number or not re.fullmatch(VALUE, number) or not 0 < deviation < math.inf:
        raise UserError(f"There is no initialisation {text!r}; write he, xavier, normal or normal=0.01.")
    return written(name, deviation)


def _with(name: str, endings: list[str]) -> str:
    """The network of that name with these endings, where it does not have them already."""
    usual = catalog.spec(name).name
    return "-".join([usual, *(ending for ending in endings if ending not in usual.split("-"))])
