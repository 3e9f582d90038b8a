"""Stem, stages, classifier: a live network made from its spec, with torchvision's parameter names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_viewer.core.blocks import BLOCKS, Block
from resnet_viewer.records.network import NetworkSpec, StageSpec, blueprint
from resnet_viewer.records.wiring import Wiring


class ResNet(nn.Module):
    """A residual or plain network of He et al. 2015 whose gates can be set at any time."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        plan = blueprint(spec)
        self.spec = spec
        width, channels, kernel, _ = plan.stem.weight_shape
        self.conv1 = nn.Conv2d(channels, width, kernel, plan.stem.stride, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if spec.stem == "imagenet" else nn.Identity()
        self.stages = tuple(f"layer{index}" for index in range(1, len(plan.stages) + 1))
        for name, stage in zip(self.stages, plan.stages, strict=True):
            self.add_module(name, _stage(spec, stage))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(plan.classifier.weight_shape[1], spec.classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes): the logits."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        logits: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return logits

    @property
    def blocks(self) -> tuple[Block, ...]:
        """In forward order; `blocks[n - 1]` is block n."""
        return tuple(block for block in self.modules() if isinstance(block, Block))

    @property
    def wiring(self) -> Wiring:
        """The gates as they stand."""
        blocks = self.blocks
        return Wiring(
            tuple(block.shortcut_strength for block in blocks),
            tuple(block.branch_strength for block in blocks),
        )

    def set_wiring(self, wiring: Wiring) -> None:
        """Set every gate.

        Raises:
            ValueError: the wiring is for another number of blocks.
        """
        blocks = self.blocks
        if wiring.block_count != len(blocks):
            raise ValueError(
                f"a wiring of {wiring.block_count} blocks does not fit a network of {len(blocks)}"
            )
        for block, shortcut, branch in zip(blocks, wiring.shortcuts, wiring.branches, strict=True):
            block.shortcut_strength, block.branch_strength = shortcut, branch


@contextmanager
def wired(network: ResNet, wiring: Wiring) -> Iterator[ResNet]:
    """The network with these gates inside the with-block, with its old ones after it."""
    before = network.wiring
    network.set_wiring(wiring)
    try:
        yield network
    finally:
        network.set_wiring(before)


def build(spec: NetworkSpec, state: Mapping[str, Tensor] | None = None) -> ResNet:
    """Make the network that a spec describes, in evaluation mode, on the CPU.

    Without `state` (a state dict in torchvision's names) its weights are drawn from the spec's seed: He et al.'s
    normal initialisation for convolutions, PyTorch's uniform one for the classifier. The process-wide random
    state is left alone.

    Raises:
        RuntimeError: `state` does not fit.

    Example:
        >>> from resnet_viewer.core.catalog import spec
        >>> build(spec("resnet18"))(torch.zeros(1, 3, 224, 224)).shape
        torch.Size([1, 1000])
    """
    with torch.device("meta"):
        network = ResNet(spec)
    network.to_empty(device="cpu")
    if state:
        network.load_state_dict(dict(state))
    else:
        _initialise(network, torch.Generator().manual_seed(spec.seed))
    return network.eval()


def _stage(spec: NetworkSpec, stage: StageSpec) -> nn.Sequential:
    make = BLOCKS[spec.block]
    return nn.Sequential(OrderedDict((str(block.index - 1), make(block)) for block in stage.blocks))


def _initialise(network: ResNet, generator: torch.Generator) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
