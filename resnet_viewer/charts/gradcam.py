"""On which scale Grad-CAMs are coloured, for the window and for figures alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from resnet_viewer.records.probe import BlockReading, ProbeResult

FAINT = 0.02
"""Below this share of the scale a map looks blank, and the words beside it say so."""


def cam_maximum(reading: BlockReading) -> float:
    """The largest finite value of a block's map for the first picture; 0 where there is none above."""
    cam = reading.cam[0]
    return float(np.max(cam, initial=0.0, where=np.isfinite(cam)))


def cam_scale(results: Iterable[ProbeResult]) -> float:
    """The largest finite value of all maps of all blocks: the one scale of a filmstrip."""
    return max((cam_maximum(block) for result in results for block in result.blocks), default=0.0)


def is_faint(highest: float, limit: float) -> bool:
    """A map that reaches `highest` on a scale that ends at `limit` can hardly be seen."""
    return 0 < highest < FAINT * limit
