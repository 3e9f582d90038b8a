"""What is written beside a strip of colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Key = Literal["zero", "not finite"]
"""What has no place on a scale, and a colour of its own."""


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
    high = "own max." if limit is None else f"{limit:.{digits}g}"
    low = f"−{high}" if is_signed else "0"
    middle = ((0.5, "0"),) if is_signed else ()
    return ColourScale(colours, (low, high), ((0.0, low), *middle, (1.0, high)), meaning)
