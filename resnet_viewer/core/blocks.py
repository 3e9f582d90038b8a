"""Residual blocks with gates: `y = f(s · shortcut(x) + r · residual(x))`.

No operation works in place, so that what a hook keeps stays true. The gates are plain numbers outside the state
dict: setting one rebuilds nothing. A new block is a class here with a `residual` method and an entry in `BLOCKS`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_viewer.core.shortcuts import make_shortcut, merge
from resnet_viewer.records.network import BlockKind, BlockSpec, LayerSpec


class Block(nn.Module):
    """A block of He et al. 2015: batch normalisation after each convolution, ReLU after the addition.

    `shortcut_strength` and `branch_strength` lie between 0 and 1; what stands at 0 is not computed.
    """

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        self.spec = spec
        self.shortcut_strength = 1.0
        self.branch_strength = 1.0
        self.add_branch(spec.branch_layers)
        self.downsample = make_shortcut(spec)
        self.relu = nn.ReLU()

    def add_branch(self, layers: tuple[LayerSpec, ...]) -> None:
        """Make the residual branch's modules: conv1, bn1, relu1, conv2, bn2 …"""
        for index, layer in enumerate(layers, 1):
            outputs, inputs, kernel, _ = layer.weight_shape
            conv = nn.Conv2d(inputs, outputs, kernel, layer.stride, padding=kernel // 2, bias=False)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"bn{index}", nn.BatchNorm2d(outputs))
            if index < len(layers):
                self.add_module(f"relu{index}", nn.ReLU())

    def residual(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'): the branch, before the addition."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'). With both gates closed the output is zero."""
        residual = self.residual(x) if self.branch_strength else None
        shortcut = self.downsample(x) if self.downsample is not None and self.shortcut_strength else None
        if residual is None and shortcut is None:
            return x.new_zeros(
                x.shape[0], *self._output_shape(x), requires_grad=torch.is_grad_enabled()
            )  # a leaf: no gradient passes, but the one that arrives can be read
        total = merge(
            shortcut,
            residual,
            shortcut_strength=self.shortcut_strength,
            branch_strength=self.branch_strength,
        )
        output: Tensor = self.relu(total)
        return output

    def _output_shape(self, x: Tensor) -> tuple[int, int, int]:
        stride = max(layer.stride for layer in self.spec.branch_layers)
        height, width = ((side + stride - 1) // stride for side in x.shape[2:])
        return self.spec.output_shape[0], height, width


class BasicBlock(Block):
    """Two 3×3 convolutions (He et al. 2015, Figure 5 left)."""

    conv1: nn.Conv2d
    bn1: nn.BatchNorm2d
    relu1: nn.ReLU
    conv2: nn.Conv2d
    bn2: nn.BatchNorm2d

    def residual(self, x: Tensor) -> Tensor:
        """conv1, bn1, ReLU, conv2, bn2"""
        hidden = self.relu1(self.bn1(self.conv1(x)))
        output: Tensor = self.bn2(self.conv2(hidden))
        return output


class Bottleneck(Block):
    """1×1, 3×3, 1×1 convolutions (Figure 5 right), the stride in the 3×3, as torchvision places it."""

    conv1: nn.Conv2d
    bn1: nn.BatchNorm2d
    relu1: nn.ReLU
    conv2: nn.Conv2d
    bn2: nn.BatchNorm2d
    relu2: nn.ReLU
    conv3: nn.Conv2d
    bn3: nn.BatchNorm2d

    def residual(self, x: Tensor) -> Tensor:
        """conv1, bn1, ReLU, conv2, bn2, ReLU, conv3, bn3"""
        hidden = self.relu1(self.bn1(self.conv1(x)))
        hidden = self.relu2(self.bn2(self.conv2(hidden)))
        output: Tensor = self.bn3(self.conv3(hidden))
        return output


BLOCKS: dict[BlockKind, type[Block]] = {"basic": BasicBlock, "bottleneck": Bottleneck}
