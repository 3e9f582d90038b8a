"""What carries a block's input around its residual branch.

A new kind of shortcut is a module here and a case in `make_shortcut`.
"""

from __future__ import annotations

from typing import assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.records.network import BlockSpec


class ZeroPadding(nn.Module):
    """Option A of He et al. 2015: every second row and column, zero channels half before and half after.

    Maps (N, C, H, W) to (N, `channels`, ⌈H/stride⌉, ⌈W/stride⌉) without a parameter.
    """

    def __init__(self, added_channels: int, stride: int) -> None:
        super().__init__()
        self.before = added_channels // 2
        self.after = added_channels - self.before
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C + added, ⌈H/stride⌉, ⌈W/stride⌉)"""
        kept = x[:, :, :: self.stride, :: self.stride]
        return F.pad(kept, (0, 0, 0, 0, self.before, self.after))


class Projection(nn.Sequential):
    """Options B and C: a strided 1×1 convolution and batch normalisation, torchvision's `downsample`."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


def make_shortcut(block: BlockSpec) -> nn.Module | None:
    """The shortcut of a block; None in a plain network."""
    inputs, outputs = block.input_shape[0], block.output_shape[0]
    stride = max(layer.stride for layer in block.branch_layers)
    match block.shortcut:
        case "none":
            return None
        case "identity":
            return nn.Identity()
        case "padding":
            return ZeroPadding(outputs - inputs, stride)
        case "projection":
            return Projection(inputs, outputs, stride)
        case unknown:
            assert_never(unknown)


def merge(
    shortcut: Tensor | None, residual: Tensor | None, *, shortcut_strength: float, branch_strength: float
) -> Tensor:
    """`s · shortcut + r · residual` without a wasted pass: a factor of 1 is not multiplied, a missing term not added.

    Both tensors have one shape. At s = r = 1 this is one addition, as in the stock network.

    Raises:
        ValueError: both are missing.
    """
    if residual is not None and branch_strength != 1.0:
        residual = residual * branch_strength
    if shortcut is None or residual is None:
        if shortcut is not None:
            return shortcut if shortcut_strength == 1.0 else shortcut * shortcut_strength
        if residual is None:
            raise ValueError("a block needs its shortcut or its residual branch")
        return residual
    return torch.add(residual, shortcut, alpha=shortcut_strength)
