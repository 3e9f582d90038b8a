"""The network and the wiring that a verb's arguments name."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from resnet_viewer.core.opening import Opening, adjusted, open_network
from resnet_viewer.records import notation
from resnet_viewer.records.progress import Progress
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.verbs.arguments import own_input


def opened(arguments: argparse.Namespace) -> Opening:
    """The network that the arguments name; what was chosen or assumed is said on stderr.

    Raises:
        UserError: something does not fit; the message says what.
    """
    own = own_input(arguments)
    with tqdm(unit="B", unit_scale=True, desc="downloading", leave=False, delay=0.5, file=sys.stderr) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        opening = open_network(arguments.network, arguments.weights, seed=arguments.seed, progress=show)
    opening = adjusted(opening, own)
    for sentence in opening.sentences:
        print(sentence, file=sys.stderr)
    return opening


def wiring(arguments: argparse.Namespace, opening: Opening) -> Wiring:
    """The gates that the arguments set.

    Raises:
        UserError: a block is not there, or a list is badly written.
    """
    return notation.wiring(opening.spec, cut=arguments.cut, drop=arguments.drop, strength=arguments.strength)
