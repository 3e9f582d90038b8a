"""A CIFAR ResNet of He et al. 2015 as people write it: modules for convolutions and normalisations, functions between.

No hooks, no gates. It shares nothing with the networks that it is compared with but the names of their weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class BareBlock(nn.Module):
    """Two 3×3 convolutions around an option A shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.padding = (outputs - inputs) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W')"""
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.padding:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        return functional.relu(y + x)


class BareResNet(nn.Module):
    """Depth 6n + 2: three stages of n blocks with 16, 32 and 64 channels."""

    def __init__(self, depth: int, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        count = (depth - 2) // 6
        self.layer1 = nn.Sequential(*(BareBlock(16, 16, 1) for _ in range(count)))
        self.layer2 = nn.Sequential(*(BareBlock(32 if n else 16, 32, 1 if n else 2) for n in range(count)))
        self.layer3 = nn.Sequential(*(BareBlock(64 if n else 32, 64, 1 if n else 2) for n in range(count)))
        self.fc = nn.Linear(64, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 32, 32) -> (N, classes)"""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: Tensor = self.fc(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))
        return logits
