"""Types for `add_argument`: names and paths that are not empty, as a shell's variable is that was not set."""

from __future__ import annotations

import argparse
from pathlib import Path


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
