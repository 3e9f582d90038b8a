"""What a command prints arrives, or one sentence says that it could not be written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

FAILED, PIPE_CLOSED = 1, 128 + 13


def delivered(run: Callable[[], int]) -> int:
    """The status of `run`, once everything that it printed is written.

    128 + SIGPIPE where whoever reads it has enough, as in `resnet-viewer networks | head -1`; 1, after a sentence,
    where it cannot be written, as on a full disk.

    Raises:
        SystemExit: `run` did, as argparse does after its help.
    """
    try:
        try:
            status = run()
        except SystemExit:
            _flush()
            raise
        _flush()
        return status
    except OSError as error:
        if error.filename is not None:  # of a file, not of a stream
            raise
        if sys.stdout is not None:
            silence(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return PIPE_CLOSED
        reason = (error.strerror or type(error).__name__).lower()
        sentence = (
            f"The output cannot be written; the system says: {reason}. Free some space, or write elsewhere."
        )
        try:
            print(sentence, file=sys.stderr, flush=True)
        except OSError:
            silence(sys.stderr)
        return FAILED


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def silence(stream: TextIO) -> None:
    """What it still holds, and all that follows, goes nowhere: the interpreter would try again, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    stream.flush()
