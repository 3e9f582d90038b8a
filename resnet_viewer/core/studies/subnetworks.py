"""Measures every sub-network of a few blocks, in an order in which each next one begins as the one before it.

Counted down as binary numbers, of which the last blocks are the last digits, 2ⁿ sub-networks are a tree that is walked
depth first: with the activations before each block kept, block k is run 2ᵏ times instead of 2ⁿ times.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.studies.subnetworks import SubnetworksOptions, masks, wiring_of
from resnet_viewer.records.wiring import Wiring, number_ranges


def plan(bench: Bench, options: SubnetworksOptions) -> StudyPlan:
    """A point for each sub-network."""
    points: list[Point] = []
    before = None
    for mask in masks(bench.state, bench.plan, options):
        wiring = wiring_of(mask, bench.state.wiring, bench.plan.blocks)
        points.append(Point(mask, bench.cost(wiring, after=before), partial(_measured, bench, mask, wiring)))
        before = wiring
    return StudyPlan(points)


def _measured(bench: Bench, mask: str, wiring: Wiring) -> Work:
    side = yield from bench.side(wiring)
    wrong = side.wrong
    half = len(wrong) // 2
    kept = [number for number, is_kept in enumerate(mask, 1) if is_kept == "1"]
    return {
        "mask": mask,
        "kept": number_ranges(kept),
        "blocks": len(kept),
        "error": side.error,
        "right": side.mean_right,
        "error_first": _percent(wrong[:half]),
        "error_second": _percent(wrong[half:]),
    }


def _percent(wrong: NDArray[np.bool_]) -> float | None:
    return 100.0 * float(wrong.mean()) if len(wrong) else None
