"""The verbs' arguments, declared without torch, so that a wrong one is refused at once."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from resnet_viewer.records import notation
from resnet_viewer.records.network import MOST_CLASSES, BuildOptions
from resnet_viewer.records.own_input import OwnInput
from resnet_viewer.records.preprocessing import LARGEST_SIDE
from resnet_viewer.verbs import VERBS, train_flags
from resnet_viewer.verbs.argument_types import given, path, positive, seed, whole_number

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


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
    group.add_argument("--input-channels", type=_channels, metavar="1|3", help="grey or colour")
    group.add_argument(
        "--no-classifier", action="store_true", help="end with the last maps; trained weights allow it too"
    )
    group.add_argument(
        "--pooling", choices=("none", "average", "maximum"), help="of the last maps, with --no-classifier"
    )


def _channels(text: str) -> int:
    if text not in ("1", "3"):
        raise argparse.ArgumentTypeError(f"must be 1 or 3, not {text!r}")
    return int(text)


def build_options(arguments: argparse.Namespace) -> BuildOptions:
    """What they say."""
    return BuildOptions(
        arguments.class_count,
        arguments.input_side,
        arguments.input_channels,
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


def _probe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("picture", type=path, metavar="PICTURE")
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
    add_build_flags(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=path, metavar="FOLDER", help="one subfolder of pictures for each class"
    )
    add_network(parser)
    _wiring(parser)
    _twelve_bits(parser)
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="take N pictures, evenly spread over the folder"
    )
    parser.add_argument(
        "--json", action="store_true", help='print {"error": …, "pictures": …, …} alone on stdout'
    )


def _train(parser: argparse.ArgumentParser) -> None:
    train_flags.add(parser, device=_device)


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
    """`--cut`, `--drop` and `--strength`; blocks are numbered from 1 over the whole network."""
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
