"""A study's pictures: which are shown in the room there is, how large, and what is said of each.

A room is measured in its drawer's units from its upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from resnet_viewer.charts.chart import Room, shortened_inside
from resnet_viewer.charts.shapes import Rect
from resnet_viewer.charts.study_chart import NOTHING
from resnet_viewer.charts.study_panel import PicturesPanel, Pixels

_NAMES_SHARE = 0.28
"""Of the room's width, for the names of rows at most."""
_WIDER = 2.0
"""How much wider than need be a picture is at most, so that the name under it has room."""
_GAP = 0.3
"""Of a line of text, between two pictures."""
_BANDS = 12


class Tile(NamedTuple):
    """Where a picture stands."""

    row: int
    place: int
    box: Rect


class Words(NamedTuple):
    """A line of text in its box, in the middle of it or at its right end."""

    text: str
    box: Rect
    is_right: bool = False


@dataclass(frozen=True)
class Arranged:
    """What is shown of a panel."""

    tiles: tuple[Tile, ...] = ()
    words: tuple[Words, ...] = ()

    @property
    def places(self) -> tuple[int, ...]:
        """The places of which pictures are shown."""
        return tuple(dict.fromkeys(tile.place for tile in self.tiles))


@dataclass(frozen=True, eq=False)
class PicturesChart:
    """What is drawn of a panel."""

    panel: PicturesPanel

    @property
    def message(self) -> str:
        """In place of everything; "" where there is a picture."""
        is_empty = all(picture is None for row in self.panel.rows for picture in row.pictures)
        return self.panel.message or (NOTHING if is_empty else "")

    def picture(self, row: int, place: int) -> Pixels | None:
        """(H, W, 3); None where it is not made."""
        return self.panel.rows[row].pictures[place]

    @cached_property
    def aspect(self) -> float:
        """How wide for its height a picture is: the widest."""
        sizes = [picture.shape for row in self.panel.rows for picture in row.pictures if picture is not None]
        return max((width / height for height, width, *_ in sizes), default=1.0)

    def name(self, place: int) -> str:
        """What stands under a place's pictures: its name, or its number."""
        names = self.panel.names
        if place < len(names) and names[place]:
            return names[place]
        return f"{self.panel.places[place]:.3g}".replace("-", "−", 1)

    def place_words(self, place: int) -> str:
        """A place, named: "conv3_x", "lag: 3"."""
        title, name = self.panel.x.title, self.name(place)
        is_named = place < len(self.panel.names) and self.panel.names[place]
        return name if is_named or not title else f"{title}: {name}"

    def words(self, row: int, place: int) -> str:
        """A picture in words: "Grad-CAM · lag: 3"."""
        said = [self.panel.rows[row].name, self.place_words(place)]
        if self.picture(row, place) is None:
            said.append("not made yet")
        return " · ".join(filter(None, said))

    def nearest(self, x: float) -> int:
        """The place that is nearest to x."""
        return int(np.abs(self.panel.places - x).argmin())

    def side_by_side(self, room: Room, least: float, most: int | None = None) -> Arranged:
        """As many places as have pictures of at least the width `least` (and `most` at most), evenly chosen, their
        pictures as large as there is room, in several bands where they are larger so; names stand below and left.
        """
        count, rows = len(self.panel.places), len(self.panel.rows)
        if self.message or not count:
            return Arranged()
        gap = _GAP * room.line
        named = [row.name for row in self.panel.rows]
        left = 0.0
        if any(named):
            widest = max(map(room.measure, (*named, self.panel.x.title)))
            left = min(widest, _NAMES_SHARE * room.width) + 2 * gap
        wide = max(room.width - left, 0.05 * room.line)
        needed = max(room.measure(self.name(place)) for place in range(count)) + gap
        floor = max(least, min(needed, _WIDER * least))
        shown, bands, across = self._fitted(min(count, most or count), wide, room, floor)
        down = across / self.aspect
        columns = -(-shown // bands)
        pitch = max(across + gap, min(wide / columns, max(needed, across + gap)))
        band = rows * (down + gap) + room.line + gap
        chosen = np.linspace(0, count - 1, shown).round().astype(int).tolist() if shown > 1 else [count - 1]
        tiles: list[Tile] = []
        words: list[Words] = []
        for number, place in enumerate(chosen):
            below, beside = divmod(number, columns)
            x, top = left + beside * pitch, below * band
            for row in range(rows):
                y = top + row * (down + gap)
                tiles.append(Tile(row, place, Rect(x + (pitch - gap - across) / 2, y, across, down)))
                if not beside and named[row]:
                    box = Rect(0.0, y + (down - room.line) / 2, left - 2 * gap, room.line)
                    words.append(self._cut(named[row], box, room, is_right=True))
            y = top + rows * (down + gap)
            words.append(self._cut(self.name(place), Rect(x, y, pitch - gap, room.line), room))
            if not beside and left and self.panel.x.title:
                words.append(
                    self._cut(
                        self.panel.x.title, Rect(0.0, y, left - 2 * gap, room.line), room, is_right=True
                    )
                )
        return Arranged(tuple(tiles), tuple(words))

    def _fitted(self, most: int, wide: float, room: Room, floor: float) -> tuple[int, int, float]:
        """How many places, in how many bands, and the width of a picture: at least the floor, or where so many rows are
        not high enough for that, what one place alone would have; names below have the room of the floor.
        """
        gap, rows = _GAP * room.line, len(self.panel.rows)

        def width(shown: int, bands: int) -> float:
            high = (room.height / bands - room.line - gap) / rows - gap
            return min(wide / -(-shown // bands) - gap, high * self.aspect)

        for shown in range(most, 0, -1):
            bands = max(range(1, min(shown, _BANDS) + 1), key=lambda bands: width(shown, bands))
            has_names = wide / -(-shown // bands) >= floor
            if shown == 1 or (has_names and width(shown, bands) >= min(floor, width(1, 1))):
                return shown, bands, max(width(shown, bands), 0.05 * room.line)
        raise AssertionError("one place always fits")

    def one_at_a_time(self, place: int, room: Room) -> Arranged:
        """The pictures of one place, as large as there is room, each over its row's name."""
        rows = len(self.panel.rows)
        if self.message or not 0 <= place < len(self.panel.places):
            return Arranged()
        gap = _GAP * room.line
        line = room.line if any(row.name for row in self.panel.rows) else 0.0

        def width(columns: int) -> float:
            high = room.height / -(-rows // columns) - line - gap
            return min(room.width / columns - gap, high * self.aspect)

        columns = max(range(1, rows + 1), key=width)
        across = max(width(columns), 0.05 * room.line)
        down = across / self.aspect
        pitch = room.width / columns
        tiles, words = [], []
        for row in range(rows):
            below, beside = divmod(row, columns)
            x, y = beside * pitch, below * (down + line + gap)
            tiles.append(Tile(row, place, Rect(x + (pitch - across) / 2, y, across, down)))
            if name := self.panel.rows[row].name:
                words.append(self._cut(name, Rect(x, y + down, pitch - gap, line), room))
        return Arranged(tuple(tiles), tuple(words))

    @staticmethod
    def _cut(text: str, box: Rect, room: Room, *, is_right: bool = False) -> Words:
        return Words(shortened_inside(text, box.width, room.measure), box, is_right)


def inside_box(picture: Pixels, box: Rect) -> Rect:
    """Where a picture lies in its box: as large as it can be, in the middle."""
    height, width = picture.shape[:2]
    scale = min(box.width / width, box.height / height)
    across, down = scale * width, scale * height
    return Rect(box.left + (box.width - across) / 2, box.top + (box.height - down) / 2, across, down)
