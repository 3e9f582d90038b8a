"""The network and the wiring that a verb's arguments name."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from tqdm import tqdm

from resnet_viewer.core.weights.opened import adjusted, open_network
from resnet_viewer.records import notation
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.network import USUAL, BuildOptions
from resnet_viewer.records.requests import OpenedNetwork
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.verbs.arguments import own_input


def opened(arguments: argparse.Namespace, options: BuildOptions = USUAL) -> OpenedNetwork:
    """The network that the arguments name; what was chosen or assumed is said on stderr.

    Raises:
        UserError: something does not fit; the message says what.
    """
    own = own_input(arguments)
    network = adjusted(
        opened_by_name(arguments.network, arguments.weights, seed=arguments.seed, options=options), own
    )
    if arguments.cut is not None or arguments.strength:  # whatever the weights tell
        network = replace(network, shortcut_strength=1.0)
    say(network)
    return network


def opened_by_name(
    network: str | None, weights: str | None, *, seed: int, options: BuildOptions = USUAL
) -> OpenedNetwork:
    """A network by its name, its weights, or both, downloaded with a progress bar where they are not here.

    Raises:
        UserError: something does not fit; the message says what.
    """
    with tqdm(
        unit="B", unit_scale=True, desc="downloading", leave=False, delay=0.5, file=sys.stderr, disable=None
    ) as bar:

        def show(progress: Progress) -> None:
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        return open_network(network, weights, seed=seed, options=options, progress=show)


def say(opened: OpenedNetwork) -> None:
    """What was chosen or assumed, on stderr."""
    for sentence in opened.sentences:
        print(sentence, file=sys.stderr)


def wiring(arguments: argparse.Namespace, opened: OpenedNetwork) -> Wiring:
    """The gates that the arguments set; shortcuts of which they say nothing are as the weights tell.

    Raises:
        UserError: a block is not there, or a list is badly written.
    """
    cut = arguments.cut or "none"
    gates = notation.wiring(
        opened.spec,
        cut=cut,
        drop=arguments.drop,
        strength=arguments.strength or "",
        leave_out=arguments.leave_out,
    )
    if arguments.cut is None and not arguments.strength:
        return replace(gates, shortcuts=opened.state.wiring.shortcuts)
    return gates
