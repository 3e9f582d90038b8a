"""Residual blocks with gates: `y = f(s · shortcut(x) + r · residual(x))`.

No operation works in place, so that what a hook keeps stays true. The gates are plain numbers outside the state
dict: setting one rebuilds nothing. A new block is a class here with other steps and an entry in `BLOCKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from resnet_viewer.core.shortcuts import make_shortcut, merge
from resnet_viewer.records.network import BlockKind, BlockSpec

Step = Callable[[Tensor], Tensor]


class Block(nn.Module):
    """A block of He et al. 2015: batch normalisation after each convolution, ReLU between and after the addition.

    Two 3×3 convolutions, or 1×1, 3×3, 1×1 (Figure 5), as the spec's layers say. `shortcut_strength` and
    `branch_strength` lie between 0 and 1; what stands at 0 is not computed.
    """

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        self.spec = spec
        self.shortcut_strength = 1.0
        self.branch_strength = 1.0
        self.branch = tuple(self.make_branch())  # a tuple: its modules are registered under their own names
        self.downsample = make_shortcut(spec)
        self.carry: tuple[Step, ...] = () if self.downsample is None else (self.downsample,)

    def make_branch(self) -> Iterator[Step]:
        """The steps of the residual branch, their modules registered: conv1, bn1, ReLU, conv2, bn2 …"""
        for index, layer in enumerate(self.spec.branch_layers, 1):
            outputs, inputs, kernel, _ = layer.weight_shape
            conv = nn.Conv2d(
                inputs * layer.groups,
                outputs,
                kernel,
                layer.stride,
                kernel // 2,
                groups=layer.groups,
                bias=False,
            )
            norm = nn.BatchNorm2d(outputs)
            self.add_module(f"conv{index}", conv)
            self.add_module(f"bn{index}", norm)
            if index > 1:
                yield torch.relu
            yield conv
            yield norm

    def residual(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'): the branch, before the addition."""
        for step in self.branch:
            x = step(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'). With both gates closed the output is zero."""
        residual = self.residual(x) if self.branch_strength else None
        shortcut = self.carry[0](x) if self.carry and self.shortcut_strength else None
        if residual is None and shortcut is None:
            return x.new_zeros(
                x.shape[0], *self._output_shape(x), requires_grad=torch.is_grad_enabled()
            )  # a leaf: no gradient passes, but the one that arrives can be read
        return torch.relu(
            merge(
                shortcut,
                residual,
                shortcut_strength=self.shortcut_strength,
                branch_strength=self.branch_strength,
            )
        )

    def _output_shape(self, x: Tensor) -> tuple[int, int, int]:
        stride = max(layer.stride for layer in self.spec.branch_layers)
        height, width = ((side + stride - 1) // stride for side in x.shape[2:])
        return self.spec.output_shape[0], height, width


BLOCKS: dict[BlockKind, type[Block]] = {"basic": Block, "bottleneck": Block}
