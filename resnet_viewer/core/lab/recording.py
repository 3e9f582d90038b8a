"""What is written down of a training step: gradient norms, how far every weight went, and dead channels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viewer.core.lab.device_habits import is_awaited
from resnet_viewer.core.network import Network
from resnet_viewer.core.probing import norms
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.stochastic_depth import Drawn
from resnet_viewer.records.training import NOT_COMPUTED, GradientRecord, RunSpec

_FIRST = 4
"""Pictures of a batch that are looked at first: most channels are alive in one of them."""
_RECORDS, _RAREST = 100, 10
"""A run whose interval is open has at least so many records, or every step; none are further apart than ten steps."""


def with_interval(run: RunSpec, steps_per_epoch: int) -> RunSpec:
    """The run with so many steps between two gradient records as its length asks for, where it leaves that open.

    What is made longer later keeps what it had: the epochs that it began with count.
    """
    if run.record_every:
        return run
    steps = run.epochs * steps_per_epoch
    return replace(run, record_every=min(max(1, steps // _RECORDS), _RAREST))


class Recorder:
    """Records steps of one network. Its hooks are there during the forward pass of a recorded step alone."""

    def __init__(self, network: Network) -> None:
        self._blocks = network.blocks
        self._weights = [
            network.get_parameter(f"{layer.name}.weight") for layer in blueprint(network.spec).layers
        ]
        self._dead: list[Tensor] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, a forward pass counts the dead channels of every block's output."""
        self._dead.clear()
        handles = []
        try:
            handles += [block.register_forward_hook(self._count) for block in self._blocks]
            yield
        finally:
            for handle in handles:
                handle.remove()

    def step(self, step: Callable[[], object], at: int, *, missing: Drawn | bool = False) -> GradientRecord:
        """Take the optimizer's `step` after a pass that was watched, and say what it did.

        `missing`, (layers,), says which layers were not computed, so that they have no gradient.
        """
        before = [weight.detach().clone() for weight in self._weights]
        gradients = [weight.grad for weight in self._weights]
        step()
        ways = [weight.detach() - old for weight, old in zip(self._weights, before, strict=True)]
        found = norms([*gradients, *before, *ways])  # together: a device is waited for once
        count = len(before)
        lengths, moved = found[count : 2 * count], found[2 * count :]
        updates = (way / length if length else math.nan for way, length in zip(moved, lengths, strict=True))
        dead = torch.stack(self._dead).tolist() if self._dead else ()
        own = np.where(missing, NOT_COMPUTED, found[:count])
        return GradientRecord(at, tuple(own.tolist()), tuple(updates), tuple(dead))

    def _count(self, _block: nn.Module, _inputs: object, output: Tensor) -> None:
        self._dead.append(dead_share(output.detach()))


def dead_share(maps: Tensor) -> Tensor:
    """(N, C, H, W) -> the share of the C channels that are zero everywhere in every picture, from 0 to 1.

    Example:
        >>> float(dead_share(torch.tensor([[[[0.0]], [[2.0]]]])))
        0.5
    """
    rows = maps.permute(0, 2, 3, 1)  # (N, H, W, C)
    silent = ~_alive(rows) if is_awaited(maps.device) else ~_alive(rows[:_FIRST])
    if not is_awaited(maps.device) and bool(silent.any()):  # a question that waits for the device
        silent = ~_alive(rows)
    return silent.to(
        torch.float32 if maps.device.type == "mps" else torch.float64
    ).mean()  # MPS has no float64


def _alive(rows: Tensor) -> Tensor:
    """(N, H, W, C) -> (C,): whether any value is not zero; what is no number is not."""
    return (rows != 0).reshape(-1, rows.shape[-1]).any(0)
