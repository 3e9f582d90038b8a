"""Grad-CAM of every block at once, and why a map is blank."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from resnet_viewer.records.probe import Array, CamState

Cams = tuple[Array, tuple[CamState, ...]]
"""One block's maps after the ReLU, (N, H, W), read-only, and the state of each picture's map."""

_TOGETHER = 262_144
"""Values of one product. Many small maps are multiplied together, which halves the time; large ones one by one."""


def grad_cams(activations: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> Iterator[Cams]:
    """Grad-CAM, `ReLU(Σ_c mean_hw(∂score/∂A_c) · A_c)` (Selvaraju et al. 2017, equations 1 and 2), block by block.

    Each activation and its gradient are (N, C, H, W) with one N; a gradient of None counts as zero.
    """
    pairs = [
        (activation, torch.zeros_like(activation) if gradient is None else gradient)
        for activation, gradient in zip(activations, gradients, strict=True)
    ]
    for shape, alike in groupby(pairs, key=lambda pair: pair[0].shape):
        blocks = list(alike)
        count = max(1, _TOGETHER // shape.numel())
        for start in range(0, len(blocks), count):
            yield from _cams(blocks[start : start + count])


def _cams(blocks: Sequence[tuple[Tensor, Tensor]]) -> Iterator[Cams]:
    """The maps of blocks of one shape."""
    pictures = len(blocks[0][0])
    with torch.inference_mode():
        activations, gradients = (
            torch.cat(tensors) if len(tensors) > 1 else tensors[0] for tensors in zip(*blocks, strict=True)
        )
        raw = grad_cam(activations, gradients)  # (blocks · N, H, W)
        lowest, highest = (values.tolist() for values in raw.flatten(1).aminmax(dim=1))
        maps: Array = raw.clamp(min=0).cpu().numpy()
    maps.flags.writeable = False
    for start in range(0, len(maps), pictures):
        states = tuple(
            cam_state(lowest[n], highest[n], activations[n], gradients[n])
            for n in range(start, start + pictures)
        )
        yield maps[start : start + pictures], states


def grad_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM before its ReLU: `Σ_c mean_hw(gradient_c) · activation_c`; both (N, C, H, W), the result (N, H, W)."""
    count, _, height, width = activation.shape
    weights = gradient.flatten(2).mean(2, keepdim=True).mT  # (N, C, H, W) -> (N, 1, C)
    return torch.bmm(weights, activation.flatten(2)).view(count, height, width)


def cam_state(lowest: float, highest: float, activation: Tensor, gradient: Tensor) -> CamState:
    """Why a map, between `lowest` and `highest` before the ReLU, is blank after it; or "shown".

    An extreme is not a number where any value is not. `activation` and `gradient` are the picture's, (C, H, W).
    """
    if 0 < highest < math.inf:
        return "shown"
    if -math.inf < lowest < 0 and highest <= 0:
        return "all negative"
    if not (math.isfinite(highest) and math.isfinite(lowest)):
        return "not finite"  # before the gradient: 0 · NaN is not 0
    if not bool(gradient.any()):
        return "zero gradient"
    return "underflow" if bool(activation.any()) else "zero activation"
