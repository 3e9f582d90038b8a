"""What must hold before a run can begin."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.core.lab.optimizers import memory_shapes
from resnet_viewer.core.lab.stochastic_depth import require_foldable
from resnet_viewer.core.pickle_scan import MOST_TENSORS
from resnet_viewer.core.weights.build_options import has_maps
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import RunSpec, shortcut_refusal

_DEEPEST = 20_000
_MOST_PARAMETERS = 500_000_000
"""A VGG-19 has 144 million."""
_OTHERS = 10
"""Tensors of a checkpoint besides those of its network and its optimizer."""


class NetworkError(UserError):
    """A network that is described but cannot be built or trained."""


class ShortcutError(UserError):
    """Shortcuts were to be cut or weakened where there are none or where they must stay, or after the last step."""


def require_buildable(run: RunSpec) -> None:
    """Nothing where the run's network could be built and its checkpoints read; nothing is built.

    Raises:
        NetworkError: it could not.
    """
    network = run.network
    called = network.name[:40]
    if (depth := 2 + 3 * sum(map(abs, network.stages))) > _DEEPEST:
        raise NetworkError(f"{called} has {depth} layers or so, which is too deep to be trained.")
    if min((*network.stages, *network.widths, *network.stem_widths, 1)) < 1:
        raise NetworkError(f"{called} cannot be built: it has stages without blocks or channels.")
    if any(width * network.widening % network.groups for width in network.widths):
        raise NetworkError(f"{called} cannot be built: its channels do not make {network.groups} groups.")
    try:
        plan = blueprint(network)
        memories = memory_shapes(plan.state_shapes, run.recipe)
    except (ValueError, ArithmeticError, LookupError) as error:
        raise NetworkError(f"{called} cannot be built: its parts do not fit each other.") from error
    if plan.parameters > _MOST_PARAMETERS:
        raise NetworkError(
            f"{called} has {plan.parameters:.3g} parameters, and {_MOST_PARAMETERS:.3g} are the most that are trained."
        )
    tensors = len(plan.state_shapes) + sum(map(len, memories.values()))
    if tensors > MOST_TENSORS - _OTHERS:
        raise NetworkError(
            f"{called} is too deep to be trained: with what the optimizer remembers it has {tensors} tensors, and a "
            f"checkpoint can have {MOST_TENSORS}."
        )


def require_shortcuts(run: RunSpec) -> None:
    """Nothing where everything that is to be done to the shortcuts, or needs them, can be done.

    Raises:
        ShortcutError: something cannot.
    """
    if why := shortcut_refusal(run):
        raise ShortcutError(why)
    if run.recipe.survival < 1:
        require_foldable(run)


def require_reached(run: RunSpec, steps_per_epoch: int) -> None:
    """Nothing where every intervention is made at a step that the run has.

    Raises:
        ShortcutError: one comes too late.
    """
    steps = run.length * steps_per_epoch
    late = next((made for made in run.interventions if made.step >= steps), None)
    if late is not None:
        raise ShortcutError(
            f"The shortcuts of {run.network.title} cannot be set at step {late.step}: its {steps} steps go from 0 to "
            f"{steps - 1}."
        )


def require_fitting(run: RunSpec, data: Data) -> None:
    """Nothing where the network takes these pictures and has a score for each of their classes.

    Raises:
        DatasetError: it does not.
    """
    network = run.network
    takes = (network.channels, network.classes)
    there = (data.train.images.shape[1], len(data.train.classes))
    if takes != there:
        raise DatasetError(
            f"{network.title} is for pictures of {_words(*takes)}, and {run.data} has {_words(*there)}: build the "
            "network for them."
        )
    side = data.train.images.shape[-1]
    if not has_maps(network, side):
        raise DatasetError(
            f"{network.title} halves its maps too often for the {side}×{side} pixels of {run.data}: choose larger "
            "pictures, or a network made for small ones."
        )


def is_finite(state: Mapping[str, Tensor]) -> bool:
    """Whether every number of a state dict is one."""
    return all(bool(value.isfinite().all()) for value in state.values())


def _words(channels: int, classes: int) -> str:
    return f"{channels} channel{'s' * (channels != 1)} and {classes} class{'es' * (classes != 1)}"
