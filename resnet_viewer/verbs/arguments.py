"""The verbs' arguments, declared without torch, so that a wrong one is refused at once."""

from __future__ import annotations

import argparse
import math
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

from resnet_viewer.records import notation, study_list
from resnet_viewer.records.checking import ArgumentError, shown
from resnet_viewer.records.data import NAMED, Augmentation
from resnet_viewer.records.method import METHODS
from resnet_viewer.records.network import LARGEST_SEED, MOST_CLASSES, BuildOptions
from resnet_viewer.records.preprocessing import LARGEST_SIDE, OwnInput
from resnet_viewer.records.recipe import (
    RECIPES,
    WARM_UP_STEPS,
    WARMED_DEPTH,
    Optimizer,
    Schedule,
    ShortcutSchedule,
)
from resnet_viewer.records.study_command import flag_of
from resnet_viewer.records.test_set import LARGEST_SAMPLE, USUAL_SAMPLE
from resnet_viewer.records.training import Intervention, Precision
from resnet_viewer.verbs import VERBS
from resnet_viewer.verbs.option_flags import add_option_flags

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


def given(text: str) -> str:
    """Text that is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError(
            f"must not be empty: leave it out, or say what is meant, not {text!r}"
        )
    return text


def path(text: str) -> Path:
    """The name of a file or folder; "" would be the present folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"must be the name of a file or folder, not {text!r}")
    return Path(text)


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Whole numbers of that range."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be a whole number, not {shown(text)}") from None
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must lie between {lowest} and {highest}")
        return value

    return number


def real_number(holds: Callable[[float], bool], words: str) -> Callable[[str], float]:
    """Numbers for which something holds, said in `words`, as in "must be above 0"."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be a number, not {shown(text)}") from None
        if not holds(value):
            raise argparse.ArgumentTypeError(words)
        return value

    return number


seed = whole_number(0, LARGEST_SEED)
positive = whole_number(1, 2**31 - 1)


MOST_SEEDS, MOST_THREADS = 1000, 1024
_rate = real_number(lambda value: 0 < value < math.inf, "must be above 0")
_not_negative = real_number(lambda value: 0 <= value < math.inf, "must be 0 or above")
_below_one = real_number(lambda value: 0 <= value < 1, "must be 0 or above, and below 1")
_survival = real_number(lambda value: 0 < value <= 1, "must be above 0, and 1 at most")
SCHEDULES: dict[str, Schedule] = {name.replace(" ", "-"): name for name in get_args(Schedule)}


def add_build_flags(parser: argparse.ArgumentParser) -> None:
    """`--class-count`, `--input-side`, `--input-channels`, `--no-classifier` and `--pooling`."""
    group = parser.add_argument_group("building a network otherwise than usual, without trained weights")
    group.add_argument("--class-count", type=whole_number(1, MOST_CLASSES), metavar="N", help="classes")
    group.add_argument(
        "--input-side",
        type=whole_number(1, LARGEST_SIDE),
        metavar="N",
        help="pixels a side of its pictures; trained weights allow it too",
    )
    group.add_argument("--input-channels", choices=("1", "3"), metavar="1|3", help="grey or colour")
    group.add_argument(
        "--no-classifier", action="store_true", help="end with the last maps; trained weights allow it too"
    )
    group.add_argument(
        "--pooling", choices=("none", "average", "maximum"), help="of the last maps, with --no-classifier"
    )


def build_options(arguments: argparse.Namespace) -> BuildOptions:
    """What they say."""
    return BuildOptions(
        arguments.class_count,
        arguments.input_side,
        arguments.input_channels and int(arguments.input_channels),
        not arguments.no_classifier,
        arguments.pooling,
    )


STATUSES = (
    "Exit status: 0 done; 1 a run failed, or something could not be written; 2 bad input, after one sentence; "
    "130, 143, 129 stopped by Ctrl+C, SIGTERM or a closed terminal; 141 whoever reads the output has enough."
)
_CHOICE = re.compile(r"(argument .+): invalid choice: (.+) \(choose from (.+)\)", re.DOTALL)
_DEVICES = re.compile("auto|cpu|cuda(:[0-9]+)?|mps")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence and ends with status 2."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """As argparse does, which however says nothing where it cannot be written."""
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Called by argparse for a wrong argument."""
        if found := _CHOICE.fullmatch(message):
            *some, last = (choice.strip("'") for choice in found[3].split(", "))
            message = f"{found[1]}: must be {', '.join(some)} or {last}, not {found[2]}"
        self.exit(2, f"{message[:1].upper()}{message[1:]}; `{self.prog} --help` lists what there is.\n")


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """The arguments of a verb and what follows it; `words` itself is among them.

    Raises:
        SystemExit: a word is wrong (2, after one sentence on stderr), or help was asked for (0).
    """
    verb = words[0]
    parser = Parser(prog=f"resnet-viewer {verb}", description=VERBS[verb], epilog=STATUSES)
    {
        "probe": _probe,
        "evaluate": _evaluate,
        "train": _train,
        "study": _study,
        "networks": _networks,
    }[verb](parser)
    return parser.parse_args(words[1:], argparse.Namespace(words=list(words)))


def command_line(arguments: argparse.Namespace) -> str:
    """The command as one would type it, with the machine's folders left out, for records of what was done."""
    return shlex.join(["resnet-viewer", *map(_without_folder, arguments.words)])


def own_input(arguments: argparse.Namespace) -> OwnInput:
    """What `--mean`, `--std`, `--resize`, `--crop` and `--classes` say.

    Raises:
        UserError: the numbers are badly written, or one of mean and std is missing.
    """
    mean = None if arguments.mean is None else notation.channels(arguments.mean)
    std = None if arguments.std is None else notation.channels(arguments.std, positive=True)
    return OwnInput(mean, std, arguments.resize, arguments.crop, arguments.classes)


class _ListMethods(argparse.Action):
    """A flag that lists the attribution methods and ends the program, as --help does."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        for method in METHODS:
            print(f"{method.name}: {method.title}. {method.explains}")
            for field in fields(method.options):
                print(f"    {field.name}={getattr(method.options(), field.name)}")
        parser.exit(0)


def _probe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pictures",
        type=path,
        nargs="+",
        metavar="PICTURE",
        help="one picture, or several to be probed together",
    )
    parser.add_argument("--out", required=True, type=path, metavar="FOLDER", help="made if it is not there")
    add_network(parser)
    _wiring(parser)
    _twelve_bits(parser)
    parser.add_argument(
        "--target",
        type=given,
        metavar="INDEX|NAME|block:B[:C]",
        help="class asked about (default: the reference's highest), or the mean of block B or of its channel C",
    )
    parser.add_argument(
        "--reference-network",
        type=given,
        metavar="NAME",
        help="compare with another network (default: the same one with everything open)",
    )
    parser.add_argument(
        "--reference-weights",
        type=given,
        metavar="FILE|NAME|none",
        help="compare with these weights, as --weights; none and names are of the same network",
    )
    parser.add_argument(
        "--gradient", default="score", choices=("score", "loss"), help="whose gradient norms are taken"
    )
    parser.add_argument(
        "--layer",
        type=given,
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="whose feature maps are drawn (default: the stem's and the last block's)",
    )
    parser.add_argument(
        "--method",
        type=given,
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME",
        help="what attribution methods make of the picture too; --list-methods lists them",
    )
    parser.add_argument(
        "--method-option",
        type=given,
        action="append",
        default=[],
        metavar="[NAME.]KEY=VALUE",
        help="an option of all methods that have it, or of one of them",
    )
    parser.add_argument(
        "--method-block",
        type=whole_number(1, 10_000),
        metavar="B",
        help="the block whose output a method looks at (default: the last)",
    )
    parser.add_argument(
        "--list-methods",
        action=_ListMethods,
        nargs=0,
        default=argparse.SUPPRESS,
        help="list the methods with their options and what these are by default, and stop",
    )
    parser.add_argument(
        "--second-opinion",
        action="store_true",
        help="let captum compute Grad-CAM of up to three blocks too, and say how far it differs",
    )
    add_build_flags(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=path, metavar="FOLDER", help="one subfolder of pictures for each class"
    )
    add_network(parser)
    _wiring(parser)
    _twelve_bits(parser)
    parser.add_argument(
        "--sample",
        type=whole_number(1, LARGEST_SAMPLE),
        metavar="N",
        help="take N pictures, drawn at random (default: all)",
    )
    parser.add_argument(
        "--sample-seed", type=seed, default=0, metavar="S", help="what the sample is drawn by (default 0)"
    )
    parser.add_argument(
        "--table",
        type=path,
        metavar="FILE.csv",
        help="write a row for each picture: what it is, what it is taken for",
    )
    parser.add_argument(
        "--json", action="store_true", help='print {"error": …, "interval": …, …} alone on stdout'
    )


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=given,
        required=True,
        help=f"one of {', '.join(NAMED)}, or a folder: with the files of one of these, with train/<class>/ and "
        "test/<class>/, or with <class>/ alone, a fifth of which is kept for testing",
    )
    _trained_networks(parser)
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
        type=_shortcuts,
        action="append",
        default=[],
        metavar="STEP=STRENGTH|A..B=S..T",
        help="from step STEP (from 0) on, open every shortcut by STRENGTH: 0 cuts, 1 restores; may be repeated. Or "
        "have their strength go linearly from S at the end of epoch A to T at the end of epoch B, as a part of the "
        "recipe: 2..10=1..0; what is set at a step ends that. Plain networks take neither",
    )
    parser.add_argument(
        "--record-every",
        type=positive,
        metavar="N",
        help="steps between two gradient records (default: 1 to 10, by the number of steps)",
    )
    parser.add_argument("--precision", choices=get_args(Precision), help="of the passes (default: float32)")
    _device(parser)
    _threads(
        parser,
        "processor threads (default: as many as there are cores, on --resume as many as the run had)",
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


def _study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--list", action="store_true", help="print a line a study, its name and its question, and leave"
    )
    names = parser.add_subparsers(
        dest="study",
        metavar="STUDY",
        title="studies",
        description="each has --help of its own, with the study's options",
    )
    _report(names.add_parser(REPORT, help="every study that applies, as one report", epilog=STATUSES))
    for study in study_list.STUDIES:
        about = f"{study.question} {study.explains}".strip().replace("%", "%%")
        one = names.add_parser(study.name, help=study.question, description=about, epilog=STATUSES)
        _measured(one, has_pictures=study.needs == "test set", trains=study.trains)
        origin = f"after {study.origin}" if study.papers else study.origin
        own = one.add_argument_group(f"options of this study, {origin}")
        add_option_flags(own, study.options, partial(flag_of, study.name))


REPORT = "all"
"""In place of a study's name: all of them."""


def _report(parser: argparse.ArgumentParser) -> None:
    """Of the studies that a network is reported by."""
    parser.description = (
        "Make every study that applies to the network, each in a folder of its own name in --out, with its options as "
        "by default, and write one HTML page and one PDF of what they found. With --resume what lies in these folders "
        "already is taken, with its own options."
    )
    _measured(parser, has_pictures=True)
    for flag, words in (("--only", "no others"), ("--without", "all but these")):
        parser.add_argument(
            flag,
            type=_names,
            default=(),
            metavar="STUDY,…",
            help=f"{words}: names that `study --list` lists",
        )
    parser.add_argument(
        "--long", action="store_true", help="those too that take more than a few minutes each, or train"
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in given(text).split(","))))


def _measured(parser: argparse.ArgumentParser, *, has_pictures: bool, trains: bool = False) -> None:
    """What every study is given; one that trains its own networks is given none."""
    parser.add_argument("--out", required=True, type=path, metavar="FOLDER", help="made if it is not there")
    if trains:
        _device(parser)
    else:
        add_network(parser)
        _wiring(parser)
    if has_pictures:
        _test_set(parser)
    parser.add_argument(
        "--resume", action="store_true", help="go on with what is in --out: measure the points it lacks"
    )
    _threads(parser, "processor threads (default: as many as there are cores)")
    parser.add_argument(
        "--ray",
        nargs="?",
        const="local",
        type=given,
        metavar="ADDRESS|local",
        help=f"{'train each run as a task' if trains else 'share the points among tasks'} on the Ray cluster at "
        "ADDRESS, or on one begun here (needs the extra `cluster`)",
    )


def _test_set(parser: argparse.ArgumentParser) -> None:
    """`--data`, `--sample` and `--sample-seed`."""
    parser.add_argument(
        "--data",
        type=given,
        default="crops",
        metavar="FOLDER|crops|digits|cifar10",
        help="pictures: a folder of them, or a subfolder for each class; crops of the bundled ones (the default), "
        "which have no labels; the bundled digits; CIFAR-10's test pictures. Where these have other classes than the "
        "network, errors are disagreement with the network as it begins",
    )
    parser.add_argument(
        "--sample",
        type=_sample,
        default=USUAL_SAMPLE,
        metavar="N|all",
        help=f"take N pictures, drawn at random (default {USUAL_SAMPLE})",
    )
    parser.add_argument(
        "--sample-seed", type=seed, default=0, metavar="S", help="what the sample is drawn by (default 0)"
    )


def _sample(text: str) -> int | None:
    return None if text == "all" else whole_number(1, LARGEST_SAMPLE)(text)


def _threads(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--threads", type=whole_number(1, MOST_THREADS), metavar="N", help=words)


def _trained_networks(parser: argparse.ArgumentParser) -> None:
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
        metavar="he|xavier|normal[=S]|skipinit|fixup",
        help="how the weights are drawn; S is a standard deviation (default 0.01); with skipinit and fixup residual "
        "networks have multipliers in place of batch normalisation, and plain ones neither",
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
    parser.add_argument(
        "--survival",
        type=_survival,
        metavar="P",
        help="stochastic depth (Huang et al. 2016): in a step the residual branch of block l of L is computed with "
        "probability 1 - l/L (1 - P), else its shortcut alone carries on; 1 computes all (the default). Plain networks "
        "take none",
    )


def _shortcuts(text: str) -> Intervention | ShortcutSchedule:
    """What is done at a step, or over epochs."""
    if ".." in text:
        try:
            return ShortcutSchedule.written(text)
        except ArgumentError as error:
            words = str(error).removeprefix("The shortcuts' schedule ").removesuffix(".")
            raise argparse.ArgumentTypeError(words) from None
    step, _, strength = text.partition("=")
    try:
        return Intervention(int(step), float(strength))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a step and a strength, not {shown(text)}: write 500=0 to cut all shortcuts at step 500, 900=1 to "
            "restore them; or 2..10=1..0 to weaken them from epoch 2 to epoch 10"
        ) from None


def _networks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", type=given, metavar="NAME", help="this one alone")
    parser.add_argument("--layers", action="store_true", help="list the weighted layers of NAME")
    parser.add_argument("--json", action="store_true", help="print a list of objects alone on stdout")
    parser.add_argument(
        "--figure", type=path, metavar="FILE", help="draw networks as columns: .svg, .pdf or .png"
    )
    parser.add_argument(
        "--columns",
        type=given,
        metavar="NAMES",
        help="which, with commas (default: NAME, or vgg19,plain34,resnet34)",
    )


def add_network(parser: argparse.ArgumentParser) -> None:
    """`--network`, `--weights`, `--seed`, `--mean`, `--std`, `--resize`, `--crop`, `--classes` and `--device`."""
    parser.add_argument("--network", type=given, metavar="NAME", help="a name that `networks` lists")
    parser.add_argument(
        "--weights", type=given, metavar="FILE|NAME|none", help="a weight file, torchvision's name, or none"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of untrained weights (default 0)")
    parser.add_argument(
        "--mean", type=given, metavar="R,G,B", help="normalisation: mean of values between 0 and 1"
    )
    parser.add_argument("--std", type=given, metavar="R,G,B", help="normalisation: standard deviation")
    parser.add_argument("--resize", type=_side, metavar="N", help="pixels of the picture's shorter side")
    parser.add_argument("--crop", type=_side, metavar="N", help="pixels a side of what the network sees")
    parser.add_argument(
        "--classes", type=path, metavar="FILE", help="class names: one a line, or a JSON list"
    )
    _device(parser)


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        default="auto",
        type=_device_name,
        metavar="auto|cpu|cuda|cuda:N|mps",
        help="where the network is computed; auto (the default) takes a GPU (cuda or mps) where there is one, "
        "else the processor (cpu); of several GPUs cuda:1 is the second alone",
    )


def _device_name(text: str) -> str:
    if not _DEVICES.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be auto, cpu, cuda, cuda:N or mps, not {text!r}")
    return text


def _wiring(parser: argparse.ArgumentParser) -> None:
    """`--cut`, `--drop`, `--strength` and `--leave-out`; blocks are numbered from 1 over the whole network."""
    parser.add_argument(
        "--cut",
        type=given,
        metavar="BLOCKS",
        help="shortcuts to cut: all, none, or 3,5-9 (default: none, or as the weights' training left them)",
    )
    parser.add_argument(
        "--drop", type=given, default="none", metavar="BLOCKS", help="residual branches to drop: 3,5-9"
    )
    parser.add_argument("--strength", type=given, metavar="4=0.5,…", help="strength of shortcuts, 0 to 1")
    parser.add_argument(
        "--leave-out",
        type=given,
        default="none",
        metavar="BLOCKS",
        help="of a network without shortcuts the blocks whose input goes on unchanged: 3,5-6",
    )


def _twelve_bits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--twelve-bits",
        action="store_true",
        help="grey pictures of 16 bits that use 12 of them are white at 4095, where their files do not say",
    )


_side = whole_number(1, LARGEST_SIDE)


def _without_folder(word: str) -> str:
    option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return option + sign + (Path(value).name if Path(value).is_absolute() else value)
