"""The pictures that previous and next walk through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from resnet_viewer.records.story_words import thousands


@dataclass(frozen=True)
class Album:
    """A folder's pictures, or those that were opened together, in their order."""

    paths: tuple[Path, ...] = ()

    @cached_property
    def places(self) -> dict[Path, int]:
        """Where each of them is, from 0. Takes a tenth of a second of 100 000, once."""
        return {path: place for place, path in enumerate(self.paths)}

    def words_of(self, path: Path | None) -> str:
        """ "3 of 12"; empty where there is but one picture, or this is none of them."""
        place = None if path is None or len(self.paths) < 2 else self.places.get(path)
        return "" if place is None else f"{thousands(place + 1)} of {thousands(len(self.paths))}"


NO_ALBUM = Album()
