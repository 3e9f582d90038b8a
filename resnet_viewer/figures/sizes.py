"""Sizes of figures by what they are for. Imports nothing, so that a dialog can offer them."""

from __future__ import annotations

from typing import NamedTuple


class Preset(NamedTuple):
    """A size in inches. Figures whose height follows from their width take the width alone."""

    name: str
    width: float
    height: float


PRESETS = (
    Preset("single column", 3.3, 3.0),
    Preset("double column", 7.0, 4.6),
    Preset("slide, 16:9", 6.4, 3.6),
)
"""A column of a paper, both columns, and a slide of half its usual size: put on one, letters are twice as large as on
paper. At 300 dpi it has 1920 × 1080 pixels."""
