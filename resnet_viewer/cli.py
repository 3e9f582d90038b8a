"""The command line: a verb runs without a window, anything else opens it.

`main.py` never comes through here with a verb: there, a picture that is called "train" is a picture.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from resnet_viewer.records.errors import UserError

VERBS = {
    "probe": "read one picture without a window: gradient norms, Grad-CAM, feature maps, predictions, as files",
    "evaluate": "measure a network's error over an image folder",
    "train": "train networks on a folder of pictures",
    "networks": "list the networks and the weights there are for them",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `resnet-viewer`; returns the exit status: 0, or 2 with one sentence on stderr for bad input."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in VERBS:
        from resnet_viewer.app import main as open_window

        return open_window(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character shows "?" in its place
    try:
        parser, run = _verb(words[0])
        arguments = parser.parse_args(words[1:], argparse.Namespace(words=words))
        status = run(arguments)
        sys.stdout.flush()
    except UserError as error:
        print(error, file=sys.stderr)
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


def _verb(name: str) -> tuple[argparse.ArgumentParser, Callable[[argparse.Namespace], int]]:
    module = import_module(f"resnet_viewer.verbs.{name}")
    parser = argparse.ArgumentParser(prog=f"resnet-viewer {name}", description=VERBS[name])
    module.add(parser)
    run: Callable[[argparse.Namespace], int] = module.run
    return parser, run


if __name__ == "__main__":
    raise SystemExit(main())
