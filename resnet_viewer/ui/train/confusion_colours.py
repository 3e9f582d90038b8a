"""The colours of a confusion matrix: blue where the class is right, red where it is not, by the share of the row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from resnet_viewer.records.confusion import row_shares
from resnet_viewer.records.lab import Numbers
from resnet_viewer.ui.widgets.theme import Theme

_FAINTEST, _STRONGEST = 0.16, 0.85
"""How much of its colour the cell of a single picture, and that of a whole row, is mixed with."""


def cell_colours(counts: Numbers, theme: Theme) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Red, green and blue of (C, C) counts, (C, C, 3), and where words in the panel's colour stand out more than in
    the text's, (C, C). A cell without pictures has the panel's colour.
    """
    panel, right, wrong, text = (
        _channels(name) for name in (theme.panel, theme.branch, theme.changed, theme.text)
    )
    amount = np.where(counts > 0, _FAINTEST + (_STRONGEST - _FAINTEST) * row_shares(counts), 0.0)[..., None]
    full = np.where(np.eye(len(counts), dtype=bool)[..., None], right, wrong)
    mixed = panel + amount * (full - panel)
    lights = _lights(mixed)
    is_deep = _contrast(lights, _lights(panel)) > _contrast(lights, _lights(text))
    return np.rint(mixed).astype(np.uint8), is_deep


def _channels(name: str) -> NDArray[np.float64]:
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], np.float64)


def _lights(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance of (…, 3) colours from 0 to 255, as WCAG 2 computes it."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lights: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return lights


def _contrast(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The contrast of two luminances, from 1 to 21."""
    contrast: NDArray[np.float64] = (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
    return contrast
