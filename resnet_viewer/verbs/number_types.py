"""Types for `add_argument`: numbers of a range."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Whole numbers of that range."""

    def number(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must lie between {lowest} and {highest}")
        return value

    return number


seed = whole_number(0, 2**32 - 1)
positive = whole_number(1, 2**31 - 1)
