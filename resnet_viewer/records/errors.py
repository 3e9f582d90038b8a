"""What is refused, what went wrong, and how it is said."""

from __future__ import annotations

import traceback
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units (bytes for a download, pictures for an evaluation); total None where unknown."""

    done: int
    total: int | None = None


class UserError(ValueError):
    """A refusal. Its text is the one sentence for the user: what is wrong, and what to do."""


@dataclass(frozen=True)
class Failure:
    """What went wrong: one sentence for the user, and the details to copy."""

    sentence: str
    details: str = ""


def failure_of(error: BaseException) -> Failure:
    """An exception as a value: a refusal in its own words, lack of memory and our own faults in ours."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, UserError):
        return Failure(str(error), details)
    name = type(error).__name__
    if isinstance(error, MemoryError) or name == "OutOfMemoryError":  # torch's, of a GPU
        return Failure("There is not enough memory for this; try a smaller network.", details)
    return Failure(f"Something went wrong inside ({name}: {_first_line(error)}).", details)


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:160].rstrip(".") if text else "no message"
