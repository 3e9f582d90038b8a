"""The command line: a verb runs without a window, anything else opens it.

`main.py` never comes through here with a verb: there, a picture that is called "train" is a picture.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

from resnet_viewer.records.errors import UserError, failure_of
from resnet_viewer.standard_output import delivered
from resnet_viewer.verbs import VERBS


def main(argv: Sequence[str] | None = None) -> int:
    """Run `resnet-viewer`; returns the exit status, as `verbs.arguments.STATUSES` lists them."""
    words = list(sys.argv[1:] if argv is None else argv)
    return delivered(lambda: _run(words))


def _run(words: list[str]) -> int:
    if not words or words[0] not in VERBS:
        if words and (sentence := misspelt(words[0])):
            print(sentence, file=sys.stderr)
            return 2
        from resnet_viewer.app import main as open_window

        return open_window(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character shows "?" in its place
    try:
        from resnet_viewer.verbs.arguments import parsed

        arguments = parsed(words)
        status: int = import_module(f"resnet_viewer.verbs.{words[0]}").run(arguments)
    except (UserError, MemoryError) as error:
        print(failure_of(error).sentence, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 128 + 2
    return status


def misspelt(word: str) -> str:
    """The sentence for a word that is neither a verb nor a file, but nearly a verb; else "".

    Example:
        >>> misspelt("proeb")
        'There is no verb or picture proeb: did you mean `resnet-viewer probe`?'
    """
    near = get_close_matches(word.lower(), VERBS, n=1, cutoff=0.7)
    if not near or word.startswith("-") or os.path.lexists(word):
        return ""
    return f"There is no verb or picture {word}: did you mean `resnet-viewer {near[0]}`?"


if __name__ == "__main__":
    raise SystemExit(main())
