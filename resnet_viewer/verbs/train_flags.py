"""What `resnet-viewer train` takes."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import get_args

from resnet_viewer.records.checking import shown
from resnet_viewer.records.data import NAMED, Augmentation
from resnet_viewer.records.recipe import RECIPES, WARM_UP_STEPS, WARMED_DEPTH, Optimizer, Schedule
from resnet_viewer.records.training import Intervention, Precision
from resnet_viewer.verbs.argument_types import given, path, positive, real_number, seed, whole_number

MOST_SEEDS, MOST_THREADS = 1000, 1024
_rate = real_number(lambda value: 0 < value < math.inf, "must be above 0")
_not_negative = real_number(lambda value: 0 <= value < math.inf, "must be 0 or above")
_below_one = real_number(lambda value: 0 <= value < 1, "must be 0 or above, and below 1")
SCHEDULES: dict[str, Schedule] = {name.replace(" ", "-"): name for name in get_args(Schedule)}


def add(parser: argparse.ArgumentParser, *, device: Callable[[argparse.ArgumentParser], None]) -> None:
    """All of its arguments; `device` adds `--device`."""
    parser.add_argument(
        "--data",
        type=given,
        required=True,
        help=f"one of {', '.join(NAMED)}, or a folder: with the files of one of these, with train/<class>/ and "
        "test/<class>/, or with <class>/ alone, a fifth of which is kept for testing",
    )
    _networks(parser)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--epochs", type=positive, metavar="N", help="in all, those of a resumed run too")
    length.add_argument(
        "--steps", type=positive, metavar="N", help="in place of epochs, rounded up to whole ones"
    )
    parser.add_argument(
        "--out", required=True, type=path, metavar="FOLDER", help="one folder a network is made in it"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="the first seed (default 0)")
    parser.add_argument(
        "--seeds",
        type=whole_number(1, MOST_SEEDS),
        default=1,
        metavar="N",
        help="how many seeds (default 1); the table at the end has the mean and the sample standard deviation (n − 1) "
        "of their errors, those of the last weights; any seed but 0 is in the folder's name",
    )
    _recipe(parser)
    parser.add_argument(
        "--shortcuts",
        type=_intervention,
        action="append",
        default=[],
        metavar="STEP=STRENGTH",
        help="from step STEP (from 0) on, open every shortcut by STRENGTH: 0 cuts, 1 restores; may be repeated",
    )
    parser.add_argument(
        "--record-every",
        type=positive,
        metavar="N",
        help="steps between two gradient records (default: 1 to 10, by the number of steps)",
    )
    parser.add_argument("--precision", choices=get_args(Precision), help="of the passes (default: float32)")
    device(parser)
    parser.add_argument(
        "--threads",
        type=whole_number(1, MOST_THREADS),
        metavar="N",
        help="processor threads (default: as many as there are cores, on --resume as many as the run had)",
    )
    parser.add_argument(
        "--in-turn", action="store_true", help="train one network after the other, not side by side"
    )
    parser.add_argument(
        "--ray",
        type=given,
        metavar="ADDRESS|local",
        help="train on the Ray cluster at ADDRESS, or on one begun here: a task a run (needs the extra `cluster`)",
    )
    parser.add_argument("--log-dir", type=path, metavar="DIR", help="write TensorBoard's event files there")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the runs found in --out, with their own settings where no flag says otherwise; with more "
        "--epochs than they had, the schedule runs to the new end from the step on where they were",
    )


def _networks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--network", nargs="+", type=given, default=[], metavar="NAME", help="names as `networks` lists them"
    )
    parser.add_argument(
        "--depth", type=given, metavar="20,56", help="CIFAR networks of these depths, of every --kind"
    )
    parser.add_argument("--kind", help="of --depth: plain, residual, or both (the default: plain,residual)")
    parser.add_argument(
        "--no-normalisation", action="store_true", help="build the networks without batch normalisation"
    )
    parser.add_argument(
        "--init",
        type=given,
        metavar="he|xavier|normal[=S]",
        help="how the weights are drawn; S is a standard deviation (default 0.01)",
    )


def _recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recipe",
        choices=tuple(RECIPES),
        help="; ".join(
            [
                *(f"{name}: {recipe.words}" for name, recipe in RECIPES.items()),
                f"paper from {WARMED_DEPTH} layers on: a tenth of the rate in the first {WARM_UP_STEPS} steps, a "
                "tenth of the run at most (default: quick)",
            ]
        ).replace("%", "%%"),
    )
    parser.add_argument(
        "--augment",
        choices=get_args(Augmentation),
        help="training pictures padded by 4 and cropped at random, and mirrored at random (default: crop+flip for "
        "CIFAR and folders of pictures, none for digits and clothes)",
    )
    another = "another %s than the recipe's"
    parser.add_argument("--batch", type=positive, metavar="N", help=another % "batch")
    parser.add_argument("--rate", type=_rate, metavar="R", help=another % "highest learning rate")
    parser.add_argument("--optimizer", choices=get_args(Optimizer), help=another % "optimizer")
    parser.add_argument("--schedule", choices=tuple(SCHEDULES), help=another % "schedule")
    parser.add_argument("--momentum", type=_below_one, metavar="M", help=another % "momentum")
    parser.add_argument("--weight-decay", type=_not_negative, metavar="D", help=another % "weight decay")
    parser.add_argument(
        "--warm-up",
        type=_below_one,
        metavar="SHARE",
        help="another share of all steps for the rise of the rate, with --schedule steps for a tenth of it",
    )


def _intervention(text: str) -> Intervention:
    step, _, strength = text.partition("=")
    try:
        return Intervention(int(step), float(strength))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a step and a strength, not {shown(text)}: write 500=0 to cut all shortcuts at step 500, 900=1 to "
            "restore them"
        ) from None
