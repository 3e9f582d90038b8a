"""Where a network's values cease to be finite numbers, and which of its tensors does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_viewer.records.probe import NotFinite

_LARGE = 1e4
"""No trained network has a weight that large; what overflows with smaller ones grew over many layers."""


def highest(logits: Tensor) -> Tensor:
    """(N, classes) -> (N,), the highest class of each picture; `classes`, which is none, where the highest logit is not
    a finite number. A logit of −∞ beside finite ones is merely the lowest.

    Example:
        >>> highest(torch.tensor([[1.0, 2.0], [0.0, torch.nan], [-torch.inf, 3.0]])).tolist()
        [1, 2, 1]
    """
    values, indices = logits.max(1)
    return indices.masked_fill(~values.isfinite(), logits.shape[1])


def first_not_finite(network: nn.Module, images: Tensor) -> NotFinite | None:
    """Run the network once more, on (N, C, H, W), and find the first layer that puts out what is not finite; None where
    all are finite. Leaves no hook behind.
    """
    if not _is_finite(images):
        return NotFinite("", "input")
    seen: list[tuple[str, nn.Module]] = []
    with ExitStack() as undo, torch.no_grad():
        for name, module in network.named_modules():
            if name:
                handle = module.register_forward_hook(partial(_look, seen=seen, name=name))
                undo.callback(handle.remove)
        try:
            output = network(images)
        except _FoundError:
            return _explained(seen)
    return None if _is_finite(output) else NotFinite(seen[-1][0] if seen else "", "growth")


class _FoundError(Exception):
    """The pass need not go on."""


def _look(
    module: nn.Module, inputs: tuple[Any, ...], output: Any, *, seen: list[tuple[str, nn.Module]], name: str
) -> None:
    seen.append((name, module))
    if isinstance(output, Tensor) and not _is_finite(output):
        raise _FoundError


def _explained(seen: list[tuple[str, nn.Module]]) -> NotFinite:
    """The tensor behind it: a negative variance of the layer itself, else the largest number on the way to it."""
    layer, module = seen[-1]
    if (found := _negative_variance(layer, module)) is not None:
        return found
    largest = ("", 0.0, 0)
    for name, tensor in _factors(seen):
        values = tensor.flatten(1).abs().amax(1) if tensor.dim() > 1 else tensor.abs()
        values = values.nan_to_num(nan=torch.inf, posinf=torch.inf)
        if float(values.max()) > largest[1]:
            largest = name, float(values.max()), int(values.argmax())
    if largest[1] < _LARGE:
        return NotFinite(layer, "growth")
    return NotFinite(layer, "large value", *largest)


def _negative_variance(layer: str, module: nn.Module) -> NotFinite | None:
    variance = getattr(module, "running_var", None)
    if not isinstance(variance, Tensor) or not isinstance(epsilon := getattr(module, "eps", None), float):
        return None
    lowest = float(variance.min())
    if lowest + epsilon > 0:
        return None
    return NotFinite(layer, "negative variance", f"{layer}.running_var", lowest, int(variance.argmin()))


def _factors(seen: list[tuple[str, nn.Module]]) -> Iterator[tuple[str, Tensor]]:
    """What the layers multiply with and add, in their order."""
    for layer, module in seen:
        own = (
            *module.named_parameters(recurse=False),
            ("running_mean", getattr(module, "running_mean", None)),
        )
        for name, tensor in own:
            if isinstance(tensor, Tensor) and tensor.numel() and tensor.dim():
                yield f"{layer}.{name}", tensor.detach()


def _is_finite(values: Tensor) -> bool:
    return bool(values.isfinite().all())
