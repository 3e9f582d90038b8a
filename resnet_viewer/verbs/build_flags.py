"""The flags that build a network otherwise than usual; what they say is refused by `core.build_options`."""

from __future__ import annotations

import argparse

from resnet_viewer.records.build_options import BuildOptions
from resnet_viewer.records.network import MOST_CLASSES
from resnet_viewer.records.preprocessing import LARGEST_SIDE
from resnet_viewer.verbs.number_types import whole_number


def add(parser: argparse.ArgumentParser) -> None:
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


def chosen(arguments: argparse.Namespace) -> BuildOptions:
    """What they say."""
    return BuildOptions(
        arguments.class_count,
        arguments.input_side,
        arguments.input_channels,
        not arguments.no_classifier,
        arguments.pooling,
    )
