"""Readings and findings seen before, the least recently used forgotten first."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable

from resnet_viewer.records.question import Finding
from resnet_viewer.records.test_set import SetReading

BYTES = 512 * 2**20
ALWAYS_KEPT = 2
"""Now and the reference stay, however large the network."""


class Answers:
    """A cache of whole answers by their questions, bounded by the bytes that they keep alive."""

    def __init__(self, max_bytes: int = BYTES) -> None:
        self._max_bytes = max_bytes
        self._results: OrderedDict[Hashable, Finding] = OrderedDict()
        self._holders: Counter[int] = Counter()
        """How many answers hold a part, by its identity."""
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all answers held; a picture that several readings share is counted with each, the pictures of a test
        set once.
        """
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
        for part, nbytes in _parts(result).items():
            self._nbytes += 0 if self._holders[part] else nbytes
            self._holders[part] += 1
        if old is not None:
            self._let_go(old)
        self._results[result.request] = result
        while self._nbytes > self._max_bytes and len(self._results) > ALWAYS_KEPT:
            _, forgotten = self._results.popitem(last=False)
            self._let_go(forgotten)

    def _let_go(self, result: Finding) -> None:
        for part, nbytes in _parts(result).items():
            self._holders[part] -= 1
            if not self._holders[part]:
                del self._holders[part]
                self._nbytes -= nbytes


def _parts(result: Finding) -> dict[int, int]:
    """Bytes by the identity of what holds them: all readings of a test set show the same thumbnails."""
    if not isinstance(result, SetReading):
        return {id(result): result.nbytes}
    thumbnails = result.pictures.thumbnails
    return {id(result): result.nbytes - thumbnails.nbytes, id(thumbnails): thumbnails.nbytes}
