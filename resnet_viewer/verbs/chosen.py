"""The network and the wiring that a verb's arguments name."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from resnet_viewer.core.opening import Opening, adjusted, open_network
from resnet_viewer.records import notation
from resnet_viewer.records.build_options import USUAL, BuildOptions
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.wiring import Wiring


def opened(arguments: argparse.Namespace, options: BuildOptions = USUAL) -> Opening:
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

        opening = open_network(
            arguments.network, arguments.weights, seed=arguments.seed, options=options, progress=show
        )
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
