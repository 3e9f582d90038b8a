"""Colours and sizes of exported figures, dark ink on white paper, and tables of colours with what stands beside them.

Orange is the shortcut, blue the residual branch, red what is shown now, grey the reference; each differs from
the others by shape or dash too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import cmap
import numpy as np
from numpy.typing import NDArray

NOW = "#c8281f"
REFERENCE = "#6d7486"
SHORTCUT = "#c46f00"
BRANCH = "#1667c7"
TEXT = "#191c24"
MUTED = "#5a6172"
GRID = "#e3e6ec"
BAND = "#f4f6f9"
PAPER = {
    "window": "#eef0f4", "panel": "#ffffff", "raised": "#f3f5f9", "text": TEXT, "muted": MUTED, "faint": "#a2a9b8",
    "grid": GRID, "shortcut": SHORTCUT, "branch": BRANCH, "branch_fill": "#d6e6fa", "changed": NOW,
    "reference": REFERENCE, "first": "#4a148c", "second": "#00897b", "third": "#d81b60", "fourth": "#6d4c00",
}  # fmt: skip
"""What the roles of colours in charts are on paper; on the screen its theme says."""
STALE_OPACITY = 0.55
"""Of what belongs to an older wish."""
COLOUR_MAPS = ("inferno", "magma", "viridis", "cividis", "plasma", "gray")
"""Offered for maps that are zero or more; all but gray are perceptually uniform, cividis for every eye."""
SIGNED_COLOURS = "CET-D1"
"""For maps with both signs, always with limits symmetric about zero (Kovesi 2015)."""
SIGNED_COLOUR_MAPS = (SIGNED_COLOURS, "vik", "PuOr_r", "berlin")
"""Offered for maps with both signs; none puts red against green. Berlin is dark about zero (Crameri 2018)."""

DEPTHS = ("#1667c7", "#c46f00", "#7a3fb3", "#1d8a5a", "#b3261e", "#5a6172")
"""Of trained networks, in the order in which their depths come; from the seventh depth on they begin again."""

FONT = 8.0
"""Points, of tick labels and captions."""
TITLE_FONT = 11.0


def colour_of(role: str, named: Mapping[str, Any], depths: Sequence[str]) -> str:
    """The colour of a chart's role: one of the `named`, "depth 3", or "#rrggbb" itself; depths begin again after the
    last.
    """
    name, _, number = role.partition(" ")
    if number:
        return depths[int(number) % len(depths)]
    return name if name.startswith("#") else str(named[name])


def printed(role: str) -> str:
    """That on paper."""
    return colour_of(role, PAPER, DEPTHS)


@lru_cache(maxsize=32)
def lookup(colours: str) -> NDArray[np.uint8]:
    """The 256 colours (256, 3) of the colour map of that name in cmap's catalogue, read-only.

    Raises:
        ValueError: cmap knows no such map.
    """
    table = np.round(cmap.Colormap(colours).lut(256)[:, :3] * 255).astype(np.uint8)
    table.flags.writeable = False
    return table


Key = Literal["zero", "not finite"]
"""What has no place on a scale, and a colour of its own."""


_OWN = "own max."


@dataclass(frozen=True)
class ColourScale:
    """A table of colours as it is shown beside a picture, upright or lying."""

    colours: str
    """The table's name in cmap's catalogue."""
    ends: tuple[str, str]
    """What the first and the last colour stand for, in words; empty for what is not known."""
    ticks: tuple[tuple[float, str], ...]
    """Places from 0 (first colour) to 1 (last) with their words, for where there is room."""
    meaning: str = ""
    """What the ends leave open, in words."""
    keys: tuple[Key, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether each picture has its own largest value."""
        return self.ends[1] == _OWN

    @property
    def words(self) -> str:
        """All of it in one line."""
        low, high = self.ends
        return "; ".join(filter(None, (f"{self.colours} from {low} to {high}" if high else "", self.meaning)))


PERCENT = ("0 %", "100 %"), tuple((share, f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
"""Ends and ticks of shares."""


def scale_to(
    limit: float | None, colours: str, *, is_signed: bool = False, meaning: str = "", digits: int = 4
) -> ColourScale:
    """From zero to the value `limit`, where values have both signs from -`limit`; None says that each picture has its
    own largest value, and zero that there is none.
    """
    if limit == 0:
        return ColourScale(colours, ("0", ""), ((0.5 if is_signed else 0.0, "0"),), meaning)
    high = _OWN if limit is None else f"{limit:.{digits}g}"
    low = f"−{high}" if is_signed else "0"
    middle = ((0.5, "0"),) if is_signed else ()
    return ColourScale(colours, (low, high), ((0.0, low), *middle, (1.0, high)), meaning)
