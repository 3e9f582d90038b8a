"""Stochastic depth: which residual branches are computed in a step of training.

Huang, Sun, Liu, Sedra and Weinberger 2016, "Deep Networks with Stochastic Depth": block l of L survives a step with
probability p_l = 1 − (l / L)(1 − P), drawn anew for every batch. The branch of a block that does not is not computed,
its shortcut alone carries on; in evaluation every branch is computed and multiplied by p_l.
"""

from __future__ import annotations

import numpy as np

from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import RunSpec

Drawn = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
_PURPOSE = 2016
"""Sets these draws apart from others of the same seed."""


def chances(survival: float, blocks: int) -> tuple[float, ...]:
    """p_l of every block, the first one first; `survival` is P, that of the last.

    Example:
        >>> chances(0.5, 4)
        (0.875, 0.75, 0.625, 0.5)
    """
    return tuple(1.0 - number / blocks * (1.0 - survival) for number in range(1, blocks + 1))


def survivors(run: RunSpec, step: int) -> Drawn:
    """(blocks,) whether each block's branch is computed in that step of a run, by the run's seed and the step alone."""
    blocks = run.network.block_count
    if run.recipe.survival == 1:
        return np.ones(blocks, bool)
    draws = np.random.default_rng((run.network.seed, step, _PURPOSE)).random(blocks)
    return np.less(draws, chances(run.recipe.survival, blocks))


def not_computed(run: RunSpec, step: int) -> Drawn:
    """(layers,) which layers have no gradient in that step, because their branch is not computed."""
    drawn, plan = survivors(run, step), blueprint(run.network)
    closed = {
        layer.name
        for block, is_drawn in zip(plan.blocks, drawn, strict=True)
        for layer in block.branch_layers
        if not is_drawn
    }
    return np.array([layer.name in closed for layer in plan.layers])
