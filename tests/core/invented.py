"""Networks and pictures drawn from a seed, with batch normalisation that does something."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.catalog import spec


def random_state(shapes: Mapping[str, Tensor], seed: int = 0) -> dict[str, Tensor]:
    """A state dict of these names and shapes: weights that keep the signal's size, statistics away from 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    for name, like in shapes.items():
        noise = torch.empty(like.shape).uniform_(0, 1, generator=generator)
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(7)
        elif like.ndim > 1:
            fan_in = like[0].numel()
            state[name] = (noise - 0.5) * (24 / fan_in) ** 0.5  # a uniform of variance 2 / fan_in
        elif name.endswith(("running_var", "weight")):
            state[name] = noise + 0.5
        else:
            state[name] = 0.4 * (noise - 0.5)
    return state


def tiny(name: str = "cifar-resnet-8", *, seed: int = 0) -> Network:
    """A network with random weights and random batch normalisation statistics."""
    described = spec(name)
    with torch.device("meta"):
        shapes = Network(described).state_dict()
    return build(described, random_state(shapes, seed))


def images(count: int = 1, side: int = 32, *, seed: int = 0) -> Tensor:
    """(count, 3, side, side), normally distributed."""
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def forward_order(network: nn.Module, pictures: Tensor) -> list[tuple[str, nn.Module, tuple[int, ...]]]:
    """Name, module and output shape (without N) of every weighted layer, in the order in which they ran."""
    seen: list[tuple[str, nn.Module, tuple[int, ...]]] = []
    handles = []
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):

            def note(called: nn.Module, _inputs: object, output: Tensor, name: str = name) -> None:
                seen.append((name, called, tuple(output.shape[1:])))

            handles.append(module.register_forward_hook(note))
    try:
        with torch.no_grad():
            network(pictures)
    finally:
        for handle in handles:
            handle.remove()
    return seen
