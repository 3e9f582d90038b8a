"""The command line: a verb runs without a window, anything else opens it.

`main.py` never comes through here with a verb: there, a picture that is called "train" is a picture.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from resnet_viewer.records.errors import UserError, failure_of
from resnet_viewer.verbs import VERBS


def main(argv: Sequence[str] | None = None) -> int:
    """Run `resnet-viewer`; returns the exit status: 0, or 2 with one sentence on stderr for bad input."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in VERBS:
        from resnet_viewer.app import main as open_window

        return open_window(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character shows "?" in its place
    try:
        from resnet_viewer.verbs.arguments import parsed

        arguments = parsed(words)
        status: int = import_module(f"resnet_viewer.verbs.{words[0]}").run(arguments)
        sys.stdout.flush()
    except (UserError, MemoryError) as error:
        print(failure_of(error).sentence, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 128 + 2
    except BrokenPipeError:  # whoever reads our output has enough, as in `resnet-viewer networks | head -1`
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # else the interpreter flushes and complains
        return 128 + 13
    return status


if __name__ == "__main__":
    raise SystemExit(main())
