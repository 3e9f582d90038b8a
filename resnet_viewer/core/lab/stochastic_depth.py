"""The weights that a network trained with stochastic depth has in evaluation.

There every residual branch is multiplied by the probability p_l with which it survived a step (Huang et al. 2016). The
last thing of a branch that has weights takes the factor in: p · (γ x̂ + β) = (pγ) x̂ + pβ, and what follows it is
homogeneous, ReLU(p x) = p ReLU(x). So a state of such a run is a network like any other, in every program, all of whose
gates stand at 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.layers import LayerSpec, Normalisation, Scalar
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.stochastic_depth import chances
from resnet_viewer.records.training import RunSpec


class FoldingError(UserError):
    """A residual branch has nothing that could take its factor in."""


def in_evaluation(state: Mapping[str, Tensor], run: RunSpec) -> dict[str, Tensor]:
    """The state dict with every branch's factor in it; `state` itself, which is that of a step, stays.

    Example:
        >>> in_evaluation(network.state_dict(), run)  # doctest: +SKIP
    """
    found = dict(state)
    blocks = blueprint(run.network).blocks
    for block, chance in zip(blocks, chances(run.recipe.survival, len(blocks)), strict=True):
        if chance < 1:
            found |= {name: state[name] * chance for name in _factors(block) if name in state}
    return found


def require_foldable(run: RunSpec) -> None:
    """Nothing where every branch can take its factor in.

    Raises:
        FoldingError: one cannot.
    """
    for block in blueprint(run.network).blocks:
        _ = [*_factors(block)]


def _factors(block: BlockSpec) -> Iterator[str]:
    """What is multiplied in a state dict where the block's branch is, as far as it is there."""
    for step in reversed(block.branch):
        match step:
            case Scalar(kind="bias"):  # what it is added to takes the factor in as well
                yield f"{step.name}.bias"
            case Scalar():
                yield f"{step.name}.weight"
                return
            case LayerSpec() | Normalisation():
                yield f"{step.name}.weight"
                yield f"{step.name}.bias"
                return
    raise FoldingError(
        f"The residual branch of {block.label} has no weights: it cannot be trained with stochastic depth."
    )
