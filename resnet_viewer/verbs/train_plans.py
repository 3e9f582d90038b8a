"""Which runs the arguments of `resnet-viewer train` mean, by the names of their folders."""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.data.sources import fitted, named_kind
from resnet_viewer.core.weights import catalog
from resnet_viewer.core.weights.name_endings import VALUE, written
from resnet_viewer.records.data import NAMED, DataKind, augmentation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import key_of
from resnet_viewer.records.network import LARGEST_SEED, NetworkSpec
from resnet_viewer.records.recipe import RECIPES, Optimizer, Recipe, recipe_for
from resnet_viewer.records.training import RunSpec
from resnet_viewer.verbs.arguments import SCHEDULES

_RATES: dict[Optimizer, float] = {"sgd": RECIPES["quick"].rate, "adam": RECIPES["adam"].rate}
"""What is usual with each optimizer."""


def networks(arguments: argparse.Namespace) -> list[NetworkSpec]:
    """The networks of `--network`, and those that `--depth` and `--kind` make, as `--init` and the others want them.

    Raises:
        UserError: there are none, a name is not known or comes twice, one is not for such data, or they take pictures
            of different sizes.
    """
    ending = _ending(arguments)
    specs = [catalog.spec(_with(name, ending)) for name in _names(arguments)]
    names = [spec.name for spec in specs]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UserError(f"{twice} is named twice: name every network once; --seeds trains it several times.")
    steps = [made.step for made in arguments.shortcuts]
    if (step := next((step for step in steps if steps.count(step) > 1), None)) is not None:
        raise UserError(f"--shortcuts names step {step} twice: give one strength from it on.")
    for spec in specs:
        fitted(spec, named_kind(arguments.data))
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


def plan(
    spec: NetworkSpec,
    arguments: argparse.Namespace,
    kind: DataKind,
    *,
    epochs: int,
    known: RunSpec | None = None,
) -> RunSpec:
    """The run of one network, built for such pictures. A plain one takes none of the `--shortcuts`.

    What no flag says is as in the `known` run, which it is to go on with.

    Raises:
        UserError: a flag does not fit.
    """
    made = sorted(arguments.shortcuts, key=lambda intervention: intervention.step)
    augment = augmentation(arguments.augment, kind)
    return RunSpec(
        replace(spec, classes=kind.classes, input_size=kind.side, channels=kind.channels),
        _title(arguments.data),
        epochs,
        recipe(spec, arguments, known),
        kind.mean,
        kind.std,
        augment if known is None or arguments.augment else known.augment,
        record_every=arguments.record_every or (known.record_every if known else 0),
        interventions=tuple(made) if spec.has_shortcuts else (),
        precision=arguments.precision or (known.precision if known else "float32"),
    )


def known_run(folder: Path, arguments: argparse.Namespace) -> RunSpec | None:
    """The run that is to go on in a folder, or None.

    Raises:
        UserError: its record cannot be read.
    """
    from resnet_viewer.core.lab.run_files import RUN, read_run

    return read_run(folder) if arguments.resume and (folder / RUN).exists() else None


def recipe(spec: NetworkSpec, arguments: argparse.Namespace, known: RunSpec | None = None) -> Recipe:
    """The named recipe, or the `known` run's where another is not named, with what the arguments want otherwise.

    Raises:
        UserError: a flag would do nothing.
    """
    if known is not None and arguments.recipe in (None, known.recipe.name.removesuffix(", changed")):
        made = known.recipe
    else:
        made = recipe_for(arguments.recipe or "quick", spec.depth)
    if arguments.optimizer not in (None, made.optimizer):
        made = replace(made, optimizer=arguments.optimizer, rate=_RATES[arguments.optimizer])
    if (schedule := SCHEDULES.get(arguments.schedule or "", made.schedule)) != made.schedule:
        # a share of one cycle's rise would be a fifth of the run at a tenth of the rate by the other schedule
        usual = recipe_for("paper" if schedule == "steps" else "quick", spec.depth)
        made = replace(made, schedule=schedule, warm_up=usual.warm_up, warm_up_steps=usual.warm_up_steps)
    if arguments.warm_up is not None:
        made = replace(made, warm_up_steps=0)
    own = ("batch", "rate", "momentum", "weight_decay", "warm_up")
    _require_used(arguments, made)
    wanted = {name: getattr(arguments, name) for name in own if getattr(arguments, name) is not None}
    return replace(made, **wanted).named


def _require_used(arguments: argparse.Namespace, made: Recipe) -> None:
    """Nothing where every flag of the recipe does something."""
    if arguments.momentum is not None and made.optimizer == "adam":
        raise UserError("Adam has no such momentum: leave --momentum out, or add --optimizer sgd.")
    if arguments.warm_up is not None and made.schedule == "constant":
        raise UserError(
            "A constant rate has no warm-up: leave --warm-up out, or add --schedule one-cycle or steps."
        )


def _title(data: str) -> str:
    """A folder's own name, also where it was called "." or ".."."""
    path = Path(data)
    return path.resolve().name if path.name in ("", "..") else path.name


def _names(arguments: argparse.Namespace) -> list[str]:
    names = list(arguments.network)
    if arguments.depth is not None:
        depths = [depth.strip() for depth in arguments.depth.split(",")]
        if not all(depth.isascii() and depth.isdecimal() for depth in depths):
            raise UserError(f"{arguments.depth!r} is not a list of depths; write them as 20,56.")
        kinds = {"plain": "plain", "residual": "resnet"}
        chosen = [
            kind.strip()
            for kind in ("plain,residual" if arguments.kind is None else arguments.kind).split(",")
        ]
        unknown = next((kind for kind in chosen if kind not in kinds), None)
        if unknown is not None:
            raise UserError(
                f"There is no kind {unknown!r}; write plain, residual, or both as plain,residual."
            )
        names += [f"cifar-{kinds[kind]}-{depth.lstrip('0') or 0}" for depth in depths for kind in chosen]
    elif arguments.kind is not None:
        raise UserError(
            "--kind is of the networks that --depth makes: give --depth 20,56 too, or leave it out."
        )
    if not names:
        raise UserError("Say which networks: --network NAME …, or --depth 20,56 with --kind plain,residual.")
    return names


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
