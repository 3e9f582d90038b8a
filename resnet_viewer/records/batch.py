"""How many pictures may be looked at together."""

from __future__ import annotations

import math

from resnet_viewer.records.blueprint import Blueprint

MOST_PICTURES = 16
MOST_MAP_BYTES = 600_000_000
"""Of the maps that a reading of a batch keeps."""


def most_pictures(plan: Blueprint) -> int:
    """So many pictures may be a batch for a network: `MOST_PICTURES`, or fewer where its maps are large."""
    each = 4 * sum(math.prod(plan.shape_of(name)) for name in plan.map_names())  # float32
    return max(1, min(MOST_PICTURES, MOST_MAP_BYTES // each))


def batch_problem(count: int, plan: Blueprint) -> str:
    """One sentence that says why so many pictures are too many for a network; empty where they are not."""
    if count <= (most := most_pictures(plan)):
        return ""
    if most == MOST_PICTURES:
        return f"{count} pictures are too many at once: a batch has at most {most}. Choose fewer of them."
    together = f"at most {most} pictures together" if most > 1 else "one picture at a time"
    return f"{plan.spec.title} has large maps and looks at {together}, not at {count}: choose fewer of them."
