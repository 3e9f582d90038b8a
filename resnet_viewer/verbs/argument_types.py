"""Types for `add_argument`: numbers of a range, and text that says something."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from resnet_viewer.records.checking import shown
from resnet_viewer.records.network import LARGEST_SEED


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
