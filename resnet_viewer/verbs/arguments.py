"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from resnet_viewer.core.opening import Opening, adjusted, open_network
from resnet_viewer.records import notation
from resnet_viewer.records.preprocessing import LARGEST_SIDE
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.wiring import Wiring

DEVICES = ("auto", "cpu", "cuda", "mps")


def add_network(parser: argparse.ArgumentParser) -> None:
    """`--network`, `--weights`, `--seed`, `--mean`, `--std`, `--resize`, `--crop`, `--classes` and `--device`."""
    parser.add_argument("--network", metavar="NAME", help="a name that `networks` lists")
    parser.add_argument(
        "--weights", metavar="FILE|NAME|none", help="a weight file, torchvision's name, or none"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of untrained weights (default 0)")
    parser.add_argument("--mean", metavar="R,G,B", help="normalisation: mean of values between 0 and 1")
    parser.add_argument("--std", metavar="R,G,B", help="normalisation: standard deviation")
    parser.add_argument("--resize", type=_side, metavar="N", help="pixels of the picture's shorter side")
    parser.add_argument("--crop", type=_side, metavar="N", help="pixels a side of what the network sees")
    parser.add_argument(
        "--classes", type=Path, metavar="FILE", help="class names: one a line, or a JSON list"
    )
    parser.add_argument("--device", default="auto", choices=DEVICES)


def add_wiring(parser: argparse.ArgumentParser) -> None:
    """`--cut`, `--drop` and `--strength`; blocks are numbered from 1 over the whole network."""
    parser.add_argument(
        "--cut", default="none", metavar="BLOCKS", help="shortcuts to cut: all, none, or 3,5-9"
    )
    parser.add_argument("--drop", default="none", metavar="BLOCKS", help="residual branches to drop: 3,5-9")
    parser.add_argument("--strength", default="", metavar="4=0.5,…", help="strength of shortcuts, 0 to 1")


def opened(arguments: argparse.Namespace) -> Opening:
    """The network that the arguments name; what was chosen or assumed is said on stderr.

    Raises:
        UserError: something does not fit; the message says what.
    """
    mean = None if arguments.mean is None else notation.channels(arguments.mean)
    std = None if arguments.std is None else notation.channels(arguments.std, positive=True)
    with tqdm(unit="B", unit_scale=True, desc="downloading", leave=False, delay=0.5, file=sys.stderr) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        opening = open_network(arguments.network, arguments.weights, seed=arguments.seed, progress=show)
    opening = adjusted(
        opening,
        mean=mean,
        std=std,
        resize=arguments.resize,
        crop=arguments.crop,
        classes=arguments.classes,
    )
    for sentence in opening.sentences:
        print(sentence, file=sys.stderr)
    return opening


def wiring(arguments: argparse.Namespace, opening: Opening) -> Wiring:
    """The gates that the arguments set.

    Raises:
        UserError: a block is not there, or a list is badly written.
    """
    return notation.wiring(opening.spec, cut=arguments.cut, drop=arguments.drop, strength=arguments.strength)


def command_line(arguments: argparse.Namespace) -> str:
    """The command as one would type it, with the machine's folders left out, for records of what was done."""
    return shlex.join(["resnet-viewer", *map(_without_folder, arguments.words)])


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A type for `add_argument`: whole numbers of that range."""

    def number(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must lie between {lowest} and {highest}")
        return value

    return number


seed = whole_number(0, 2**32 - 1)
_side = whole_number(1, LARGEST_SIDE)


def _without_folder(word: str) -> str:
    option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return option + sign + (Path(value).name if Path(value).is_absolute() else value)
