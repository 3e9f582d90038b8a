"""Readings and findings seen before, the least recently used forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from resnet_viewer.records.question import Finding

BYTES = 512 * 2**20
ALWAYS_KEPT = 2
"""Now and the reference stay, however large the network."""


class Answers:
    """A cache of whole answers by their questions, bounded by the bytes that they keep alive."""

    def __init__(self, max_bytes: int = BYTES) -> None:
        self._max_bytes = max_bytes
        self._results: OrderedDict[Hashable, Finding] = OrderedDict()
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all answers held; a picture that several share is counted with each."""
        return self._nbytes

    def __len__(self) -> int:
        return len(self._results)

    def get(self, question: Hashable) -> Finding | None:
        """The answer to that question if it is still here; it counts as used."""
        found = self._results.get(question)
        if found is not None:
            self._results.move_to_end(question)
        return found

    def put(self, result: Finding) -> None:
        """Remember an answer that is complete under its own question."""
        old = self._results.pop(result.request, None)
        self._nbytes += result.nbytes - (old.nbytes if old is not None else 0)
        self._results[result.request] = result
        while self._nbytes > self._max_bytes and len(self._results) > ALWAYS_KEPT:
            _, forgotten = self._results.popitem(last=False)
            self._nbytes -= forgotten.nbytes
