"""How far a piece of long work has come."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units (bytes for a download, pictures for an evaluation); total None where unknown."""

    done: int
    total: int | None = None
