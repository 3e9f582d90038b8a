"""Arguments that several verbs share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from resnet_viewer.core.opening import Opening, adjusted, open_network
from resnet_viewer.records import notation
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.wiring import Wiring

DEVICES = ("auto", "cpu", "cuda", "mps")


def add_network(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """`--network`, `--weights`, `--seed`, `--mean`, `--std`, `--classes` and `--device`."""
    parser.add_argument("--network", metavar="NAME", required=required, help="a name that `networks` lists")
    parser.add_argument(
        "--weights", metavar="FILE|NAME|none", help="a weight file, torchvision's name, or none"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of untrained weights (default 0)")
    parser.add_argument("--mean", metavar="R,G,B", help="normalisation: mean of values between 0 and 1")
    parser.add_argument("--std", metavar="R,G,B", help="normalisation: standard deviation")
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
    opening = adjusted(opening, mean=mean, std=std, classes=arguments.classes)
    for sentence in opening.sentences:
        print(sentence, file=sys.stderr)
    return opening


def wiring(arguments: argparse.Namespace, opening: Opening) -> Wiring:
    """The gates that the arguments set.

    Raises:
        UserError: a block is not there, or a list is badly written.
    """
    return notation.wiring(opening.spec, cut=arguments.cut, drop=arguments.drop, strength=arguments.strength)


def command_line() -> list[str]:
    """The present command's words, with the machine's folders left out, for records of what was done."""
    return [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
