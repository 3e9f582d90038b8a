"""What every question and every answer is: a request of a worker, and a finding that carries its question."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar, Protocol


class Request:
    """What a worker is asked. It says itself whether a newer one of its class makes it pointless while it waits."""

    newest_only: ClassVar[bool] = False

    def __init_subclass__(cls, *, newest_only: bool = False) -> None:
        cls.newest_only = newest_only


class Finding(Protocol):
    """An answer that carries its question. A reading is one; so is what work of low priority finds."""

    @property
    def request(self) -> Hashable:
        """The question."""
        ...

    @property
    def is_complete(self) -> bool:
        """False while more of it is being found."""
        ...

    @property
    def nbytes(self) -> int:
        """Memory that it keeps alive, in bytes."""
        ...
