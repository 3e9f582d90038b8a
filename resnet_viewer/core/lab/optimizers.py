"""What a recipe's optimizer does, with torch's own arithmetic.

Not `torch.optim.SGD` and `Adam` themselves: the first of them that a process makes imports torch's compiler, with
sympy and all, which costs 3 to 5 seconds, and neither is compiled here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from resnet_viewer.core.lab.device_habits import is_fused
from resnet_viewer.core.network import Network
from resnet_viewer.records.recipe import Recipe

_NOT_TRAINED = (".running_mean", ".running_var", ".num_batches_tracked")
_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


@dataclass
class _Group:
    """Weights with one weight decay, and what the optimizer remembers of each: one or two tensors of its shape."""

    weights: list[Tensor]
    decay: float
    memories: tuple[list[Tensor], ...]
    steps: list[Tensor] = field(default_factory=list)


class Optimizer:
    """One network's. A weight without a gradient, such as a cut projection's, stays where it is."""

    def __init__(self, recipe: Recipe, groups: Iterable[tuple[list[Tensor], float]]) -> None:
        self._recipe = recipe
        self._groups = []
        for weights, decay in groups:
            is_adam = recipe.optimizer == "adam"
            count = 2 if is_adam else 1 if recipe.momentum else 0
            memories = tuple([torch.zeros_like(weight) for weight in weights] for _ in range(count))
            steps = (
                [torch.zeros((), device=_device_of_steps(weight)) for weight in weights] if is_adam else []
            )
            self._groups.append(_Group(weights, decay, memories, steps))

    def forget_gradients(self) -> None:
        """Before a backward pass."""
        for group in self._groups:
            for weight in group.weights:
                weight.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every weight that has a gradient."""
        for group in self._groups:
            there = [index for index, weight in enumerate(group.weights) if weight.grad is not None]
            weights = [group.weights[index] for index in there]
            gradients = [_laid_out(weight.grad, weight) for weight in weights if weight.grad is not None]
            if not weights:
                continue
            fused = is_fused(weights[0].device)
            memories = [[memory[index] for index in there] for memory in group.memories]
            if self._recipe.optimizer == "adam":
                means, squares = memories
                steps = [group.steps[index] for index in there]
                adam(
                    weights,
                    gradients,
                    means,
                    squares,
                    [],
                    steps,
                    fused=fused,
                    amsgrad=False,
                    beta1=_BETAS[0],
                    beta2=_BETAS[1],
                    lr=rate,
                    weight_decay=group.decay,
                    eps=_EPSILON,
                    maximize=False,
                )
            else:
                velocities: list[Tensor | None] = [*memories[0]] if memories else [None] * len(weights)
                sgd(
                    weights,
                    gradients,
                    velocities,
                    fused=fused,
                    weight_decay=group.decay,
                    momentum=self._recipe.momentum,
                    lr=rate,
                    dampening=0.0,
                    nesterov=self._recipe.nesterov and self._recipe.momentum > 0,
                    maximize=False,
                )

    def state_dict(self) -> dict[str, list[Tensor]]:
        """Everything that it remembers."""
        return {
            str(number): [tensor for part in (*group.memories, group.steps) for tensor in part]
            for number, group in enumerate(self._groups)
        }

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, list[Tensor]]) -> None:
        """Remember what another one of the same network and recipe did."""
        mine = self.state_dict()
        for number, tensors in mine.items():
            for ours, theirs in zip(tensors, state[number], strict=True):
                ours.copy_(theirs)


def memory_shapes(network: Mapping[str, tuple[int, ...]], recipe: Recipe) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of `Optimizer.state_dict` for a network whose state dict has these, nothing being built.

    Example:
        >>> memory_shapes({"fc.weight": (2, 3), "fc.bias": (2,)}, Recipe("adam", optimizer="adam"))
        {'0': [(2, 3), (2, 3), ()], '1': [(2,), (2,), ()]}
    """
    weights = [shape for name, shape in network.items() if not name.endswith(_NOT_TRAINED)]
    is_adam = recipe.optimizer == "adam"
    count = 2 if is_adam else 1 if recipe.momentum else 0
    decayed = [shape for shape in weights if recipe.decays_all or len(shape) > 1]
    others = [shape for shape in weights if not (recipe.decays_all or len(shape) > 1)]
    number_shape: tuple[int, ...] = ()
    return {
        str(number): shapes * count + [number_shape] * len(shapes) * is_adam
        for number, shapes in enumerate((decayed, others))
    }


def _device_of_steps(weight: Tensor) -> torch.device:
    """Where Adam's count of steps is: what does not update all weights in one go would wait for each count."""
    return weight.device if is_fused(weight.device) else torch.device("cpu")


def _laid_out(gradient: Tensor, weight: Tensor) -> Tensor:
    """The gradient with the strides of its weight.

    WORKAROUND: they may differ where a side is 1, as in a 1×1 convolution, and then updating all weights in one go is
    refused on CUDA (pytorch/pytorch#106951).
    """
    return gradient if gradient.stride() == weight.stride() else torch.empty_like(weight).copy_(gradient)


def optimizer_for(network: Network, recipe: Recipe) -> Optimizer:
    """The recipe's optimizer; what is not decayed (see `Recipe`) is a group of its own."""
    decayed: list[Tensor] = [p for p in network.parameters() if recipe.decays_all or p.ndim > 1]
    others: list[Tensor] = [p for p in network.parameters() if not (recipe.decays_all or p.ndim > 1)]
    return Optimizer(recipe, [(decayed, recipe.weight_decay), (others, 0.0)])
