"""The MNIST teaching network against the same written as a plain module; benchmarks/keras_agreement.py has Keras's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from tests.core.invented import random_state


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, *, concatenates: bool) -> None:
        super().__init__()
        self.concatenates = concatenates
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        carried = self.downsample(x)
        return functional.relu(torch.cat([carried, y], 1) if self.concatenates else carried + y)


class _Teaching(nn.Module):
    def __init__(self, *, concatenates: bool) -> None:
        super().__init__()
        times = 2 if concatenates else 1
        self.conv1 = nn.Conv2d(1, 32, 7, 2, 3)
        self.layer1 = nn.Sequential(_Block(32, 32, 1, concatenates=concatenates))
        self.layer2 = nn.Sequential(_Block(32 * times, 64, 2, concatenates=concatenates))
        self.layer3 = nn.Sequential(_Block(64 * times, 128, 2, concatenates=concatenates))
        self.fc = nn.Linear(128 * times, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 3, 2, 1)
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


@pytest.mark.parametrize("name", ["teaching-mnist", "teaching-mnist-concat"])
def test_it_computes_what_the_plain_module_does(name: str) -> None:
    theirs = _Teaching(concatenates=name.endswith("concat")).eval()
    theirs.load_state_dict(random_state(theirs.state_dict()))
    ours = build(spec(name), theirs.state_dict())
    pictures = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        found, wanted = ours(pictures), theirs(pictures)
    assert torch.allclose(found, wanted, atol=1e-4)
    assert float(wanted.std()) > 0.01
