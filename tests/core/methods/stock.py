"""torchvision's ResNet-18 with the same weights as ours; its ReLUs and additions are modules of their own, as captum
needs them. Its shortcuts are cut by hand."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

import numpy as np
from captum.attr._utils.custom_modules import Addition_Module
from torch import Tensor, nn
from torchvision import models
from torchvision.models.resnet import BasicBlock

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.probe import NetworkState, ProbeRequest
from resnet_viewer.records.target import Target
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import random_state

SIDE = 64
INPUT = Preprocessing(SIDE, SIDE, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLASS = 2


class StockBlock(BasicBlock):
    """torchvision's, with two ReLUs, and an addition that captum can see."""

    def __init__(self, block: BasicBlock, *, is_cut: bool) -> None:
        nn.Module.__init__(self)
        for name, child in block.named_children():
            self.add_module(name, child)
        self.downsample = block.downsample
        self.relu, self.relu2, self.is_cut = nn.ReLU(), nn.ReLU(), is_cut
        self.addition = Addition_Module()

    def forward(self, x: Tensor) -> Tensor:
        """As torchvision's."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if not self.is_cut:
            out = self.addition(out, x if self.downsample is None else self.downsample(x))
        return self.relu2(out)


@lru_cache
def _weights() -> dict[str, Tensor]:
    return random_state(models.resnet18(weights=None).state_dict(), seed=5)


def stock(cut: Collection[int] = ()) -> nn.Module:
    """With the shortcuts of some blocks, counted from 1, taken out."""
    network = models.resnet18(weights=None).eval()
    network.load_state_dict(_weights())
    network.relu = nn.ReLU()
    number = 0
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        for place, block in enumerate(stage):
            number += 1
            stage[place] = StockBlock(block, is_cut=number in cut)
    return network.eval()


def blocks_of(network: nn.Module) -> list[nn.Module]:
    """In forward order."""
    return [
        block for stage in (network.layer1, network.layer2, network.layer3, network.layer4) for block in stage
    ]


def engine() -> ProbeEngine:
    """Ours, with these weights."""
    return ProbeEngine(device="cpu", weights=lambda _: _weights())


@lru_cache
def picture() -> Picture:
    """Four fields with a little noise."""
    pixels = np.random.default_rng(3).integers(0, 30, (SIDE, SIDE, 3)).astype(np.uint8)
    pixels[:20, :30] += np.array([200, 150, 10], np.uint8)
    pixels[20:, :30, 2] += 170
    pixels[40:, 30:, 1] += 120
    return Picture.of(pixels, name="fields.png")


def shown() -> Tensor:
    """(1, 3, 64, 64): the picture as a network sees it, for captum."""
    return prepare(picture(), INPUT).requires_grad_()


def question(cut: Collection[int] = (), target: Target = CLASS) -> ProbeRequest:
    """About the picture."""
    network = spec("resnet18")
    wiring = Wiring.all_open(network.block_count)
    state = NetworkState(network, INPUT, wiring.with_shortcuts(tuple(cut), 0.0) if cut else wiring)
    return ProbeRequest(state, picture(), target)


def difference(found: np.ndarray, expected: Tensor) -> float:
    """The sum of all differences, divided by that of all expected magnitudes."""
    theirs = expected.detach().numpy()
    assert found.shape == theirs.shape
    assert np.abs(theirs).max() > 0
    return float(np.abs(found - theirs).sum() / np.abs(theirs).sum())
