"""Training, in a process of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from resnet_viewer import paths
from resnet_viewer.records.lab import DataRead, Message, Order, in_pieces

SAVING_SECONDS = 15.0
"""How long training that is to end may take to save its runs: two dozen long ones take five seconds, measured."""


class LabService:
    """Trains, in a process of its own."""

    def __init__(self) -> None:
        from resnet_viewer.core.lab.lab import Lab

        self._lab = Lab()

    def answer(self, request: object) -> Generator[object]:
        """Everything that the lab reports until its runs have ended, in pieces that do not hold a window up.

        Raises:
            UserError: the data cannot be read, or there is no such device.
        """
        from resnet_viewer.media.lending import lent

        assert isinstance(request, Order)
        with closing(self._lab.answer(request)) as work:  # type: ignore[type-var]
            for report in work:
                if isinstance(report, DataRead):
                    with lent(report, paths.cache_dir() / "pictures") as data:
                        yield data
                else:
                    yield from in_pieces(report)

    def tell(self, message: object) -> None:
        """To the runs at work."""
        assert isinstance(message, Message)
        self._lab.tell(message)
