"""SkipInit and Fixup against hand-written networks with the same weights, and what their papers say of the start."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.deducing import deduced
from resnet_viewer.records.laying_out import blueprint

NAMES = [
    "cifar-resnet-14-skipinit", "cifar-resnet-14-fixup", "cifar-resnet-14-b-fixup", "cifar-resnet-14-c-skipinit",
    "cifar-resnet-14-preact-fixup", "cifar-resnet-14-preact-skipinit", "cifar-resnet-20-bottleneck-fixup",
    "cifar-resnet-20-bottleneck-skipinit",
]  # fmt: skip


def shaken(name: str) -> Network:
    """No weight of it is zero any more."""
    network = build(spec(name))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return network


class Written:
    """The whole network once more, on nothing but a state dict."""

    def __init__(self, state: Mapping[str, Tensor], name: str) -> None:
        self.state = state
        self.is_fixup, self.is_preact = "fixup" in name, "preact" in name
        self.convolutions = 3 if "bottleneck" in name else 2

    def scalar(self, name: str) -> Tensor:
        return self.state[f"{name}.bias"] if self.is_fixup else torch.zeros(1)

    def conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = self.state[f"{name}.weight"]
        return nn.functional.conv2d(x, weight, self.state.get(f"{name}.bias"), stride, weight.shape[-1] // 2)

    def shortcut(self, block: str, x: Tensor, channels: int, stride: int) -> Tensor:
        if f"{block}.downsample.0.weight" in self.state:
            return self.conv(f"{block}.downsample.0", x, stride)
        if stride == 1:
            return x
        more = channels - x.shape[1]
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more // 2, more - more // 2))

    def original(self, block: str, x: Tensor, stride: int) -> Tensor:
        """bias, conv, bias, ReLU, bias, conv, multiplier, bias; the addition; ReLU."""
        last = self.convolutions
        entered = branch = x + self.scalar(f"{block}.bias1a")
        for index in range(1, last + 1):
            if index > 1:
                branch = branch + self.scalar(f"{block}.bias{index}a")
            strided = stride if index == (2 if last == 3 else 1) else 1
            branch = self.conv(f"{block}.conv{index}", branch, strided)
            if index < last:
                branch = nn.functional.relu(branch + self.scalar(f"{block}.bias{index}b"))
        branch = branch * self.state[f"{block}.scale.weight"] + self.scalar(f"{block}.bias{last}b")
        has_projection = f"{block}.downsample.0.weight" in self.state
        shortcut = self.shortcut(block, entered if has_projection else x, branch.shape[1], stride)
        return nn.functional.relu(branch + shortcut)

    def preactivated(self, block: str, x: Tensor, stride: int, *, is_first: bool) -> Tensor:
        last, branch = self.convolutions, x
        entered = x
        for index in range(1, last + 1):
            if index > 1 or not is_first:
                branch = nn.functional.relu(branch + self.scalar(f"{block}.bias{index}a"))
                entered = branch if index == 1 else entered
                branch = branch + self.scalar(f"{block}.bias{index}b")
            else:
                branch = branch + self.scalar(f"{block}.bias1a")
                entered = branch if self.is_fixup else x
            strided = stride if index == (2 if last == 3 else 1) else 1
            branch = self.conv(f"{block}.conv{index}", branch, strided)
        branch = branch * self.state[f"{block}.scale.weight"]
        has_projection = f"{block}.downsample.0.weight" in self.state
        return branch + self.shortcut(block, entered if has_projection else x, branch.shape[1], stride)

    def __call__(self, x: Tensor) -> Tensor:
        x = nn.functional.relu(self.conv("conv1", x) + self.scalar("bias1"))
        for stage in (1, 2, 3):
            index = 0
            while f"layer{stage}.{index}.conv1.weight" in self.state:
                block, stride = f"layer{stage}.{index}", 2 if stage > 1 and index == 0 else 1
                if self.is_preact:
                    x = self.preactivated(block, x, stride, is_first=stage == 1 and index == 0)
                else:
                    x = self.original(block, x, stride)
                index += 1
        if self.is_preact:
            x = nn.functional.relu(x + self.scalar("last_bias"))
        x = x.mean((2, 3)) + self.scalar("bias2")
        return nn.functional.linear(x, self.state["fc.weight"], self.state["fc.bias"])


@pytest.mark.parametrize("name", NAMES)
def test_a_hand_written_network_with_the_same_weights_gives_the_same_logits(name: str) -> None:
    network = shaken(name)
    x = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        found, expected = network(x), Written(network.state_dict(), name)(x)
    assert found.abs().max() > 0.01
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    plan = blueprint(network.spec)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert shapes == plan.state_shapes
    assert plan.parameters == sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_file_says_which_of_them_it_is(name: str) -> None:
    found = [each.name for each in deduced(blueprint(spec(name)).state_shapes)]
    wanted = name if "fixup" in name else name.replace("-preact", "")  # of SkipInit no order can be read off
    assert found == [wanted]


def test_skipinit_begins_with_shortcuts_alone_and_its_multipliers_move_first() -> None:
    network = build(spec("cifar-resnet-14-skipinit"))
    blocks = [name for name, _ in network.named_modules() if name.count(".") == 1]
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    seen: list[Tensor] = []
    for part in ("layer1.0", "layer1.0.relu"):
        network.get_submodule(part).register_forward_pre_hook(lambda module, given: seen.extend(given))
    with torch.no_grad():
        network(x)
    assert torch.equal(*seen), "what is added to the shortcut is nothing"
    classes = torch.arange(4)
    nn.functional.cross_entropy(network(x), classes).backward()
    for block in blocks:
        for layer in ("conv1", "conv2"):
            gradient = network.get_parameter(f"{block}.{layer}.weight").grad
            assert gradient is not None
            assert not gradient.any(), "before the first step"
        multiplier = network.get_parameter(f"{block}.scale.weight")
        assert multiplier.tolist() == [0.0]
        assert multiplier.grad is not None
        assert multiplier.grad.abs() > 0
    with torch.no_grad():
        for parameter in network.parameters():
            assert parameter.grad is not None
            parameter -= 0.1 * parameter.grad
    network.zero_grad()
    nn.functional.cross_entropy(network(x), classes).backward()
    for block in blocks:
        gradient = network.get_parameter(f"{block}.conv1.weight").grad
        assert gradient is not None
        assert gradient.any(), "after it"


@pytest.mark.parametrize(
    ("name", "last", "power"),
    [("cifar-resnet-56-fixup", "conv2", -1 / 2), ("cifar-resnet-56-bottleneck-fixup", "conv3", -1 / 4)],
)
def test_fixup_begins_as_its_paper_says(name: str, last: str, power: float) -> None:
    network = build(spec(name))
    usual = build(spec(name.replace("fixup", "nobn")))
    count = network.spec.block_count
    assert count == (27 if last == "conv2" else 18)
    for key, tensor in network.state_dict().items():
        part = key.split(".")[-2]
        if part in (last, "fc"):
            assert not tensor.any(), key
        elif part == "scale":
            assert tensor.tolist() == [1.0]
        elif part.startswith(("bias", "last_bias")):
            assert tensor.tolist() == [0.0]
        else:
            factor = count**power if key.startswith("layer") and "downsample" not in key else 1.0
            torch.testing.assert_close(tensor, usual.state_dict()[key] * factor)
    weight = network.get_parameter("layer1.1.conv1.weight")
    outputs, _, kernel, _ = weight.shape
    expected = math.sqrt(2 / (outputs * kernel**2)) * count**power
    assert float(weight.detach().std()) == pytest.approx(expected, rel=0.15)
    x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    assert not network(x).any(), "every class is as likely as any other"


def test_they_can_be_cut_and_dropped_as_others() -> None:
    for name in NAMES:
        network = shaken(name)
        x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(2))
        opened = network.wiring
        with torch.no_grad():
            whole = network(x)
            for wiring in (opened.with_shortcuts([2], 0.0), opened.with_branches([2, 3], 0.0)):
                network.set_wiring(wiring)
                changed = network(x)
                assert torch.isfinite(changed).all()
                assert not torch.equal(changed, whole)
                network.set_wiring(opened)
            assert torch.equal(network(x), whole)
