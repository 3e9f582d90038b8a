"""captum's methods that hook modules, on our networks and on torchvision's with a ReLU of its own at every use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from captum.attr import (
    LRP,
    Deconvolution,
    DeepLift,
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    Saliency,
)
from torch import Tensor, nn
from torchvision import models
from torchvision.models.resnet import BasicBlock

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.network import BuildOptions
from tests.core.invented import images, random_state, tiny

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")
"""It tells that it sets hooks, and that it asks for gradients."""


class Block(BasicBlock):
    """torchvision's, with two ReLUs."""

    def __init__(self, block: BasicBlock) -> None:
        nn.Module.__init__(self)
        for name, child in block.named_children():
            self.add_module(name, child)
        self.downsample = block.downsample
        self.relu, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """As torchvision's."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu2(out)


def pair() -> tuple[Network, nn.Module]:
    theirs = models.resnet18(weights=None).eval()
    state = random_state(theirs.state_dict(), seed=5)
    theirs.load_state_dict(state)
    theirs.relu = nn.ReLU()
    for stage in (theirs.layer1, theirs.layer2, theirs.layer3, theirs.layer4):
        for place, block in enumerate(stage):
            stage[place] = Block(block)
    return build(spec("resnet18"), state), theirs


METHODS: dict[str, Callable[[Any, Tensor], Tensor]] = {
    "guided backpropagation": lambda network, x: GuidedBackprop(network).attribute(x, target=2),
    "deconvolution": lambda network, x: Deconvolution(network).attribute(x, target=2),
    "DeepLift": lambda network, x: DeepLift(network).attribute(x, torch.zeros_like(x), target=2),
    "layer-wise relevance": lambda network, x: LRP(network).attribute(x, target=2),
    "integrated gradients": lambda network, x: IntegratedGradients(network).attribute(
        x, target=2, n_steps=3, internal_batch_size=2
    ),
    "guided Grad-CAM": lambda network, x: GuidedGradCam(network, network.layer4).attribute(x, target=2),
}


@pytest.mark.parametrize("method", METHODS)
def test_captum_sees_what_it_sees_in_torchvisions(method: str) -> None:
    ours, theirs = pair()
    x = images(1, 64, seed=6)
    found, expected = (METHODS[method](network, x.clone()).detach() for network in (ours, theirs))
    scale = expected.abs().sum() if method == "layer-wise relevance" else expected.abs().max()
    assert scale > 0
    assert float((found - expected).abs().max() / scale) < 1e-4
    gradient = Saliency(theirs).attribute(x.clone(), target=2, abs=False)
    plain = (x * gradient if method in ("DeepLift", "layer-wise relevance") else gradient).detach()
    if method != "guided Grad-CAM":
        assert not torch.allclose(found / scale, plain / plain.abs().max(), atol=1e-3), "the plain gradient"


NETWORKS = (
    "cifar-resnet-8", "cifar-resnet-8-preact", "cifar-resnet-8-concat", "cifar-resnet-8-nobn", "teaching-keras",
    "teaching-mnist-concat", "vgg16-features", "resnet26t", "cifar-resnet-8-skipinit", "cifar-resnet-8-fixup",
)  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_every_relu_of_every_family_is_guided(name: str) -> None:
    """A guided pass by hand: at each ReLU the gradient is cut where it is negative."""
    features = BuildOptions(has_classifier=False)
    network = build(built("vgg16", features)) if name == "vgg16-features" else tiny(name)
    x = images(1, min(network.spec.input_size, 64))[:, : network.spec.channels]
    found = GuidedBackprop(network).attribute(x.clone(), target=2).detach()
    relu, relu_of = torch.relu, nn.functional.relu
    given = x.clone().requires_grad_()

    def guided(values: Tensor, inplace: bool = False) -> Tensor:
        assert not inplace
        output = relu(values)
        output.register_hook(lambda gradient: gradient.clamp(min=0))
        return output

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.functional, "relu", guided)
        patch.setattr(torch, "relu", guided)
        (expected,) = torch.autograd.grad(network(given)[0, 2], given)
    assert nn.functional.relu is relu_of
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7 * float(expected.abs().max()))
    (plain,) = torch.autograd.grad(network(given)[0, 2], given)
    assert not torch.allclose(plain, expected)


@pytest.mark.parametrize("name", ["cifar-resnet-8", "cifar-resnet-8-concat", "cifar-resnet-8-preact"])
def test_deeplift_explains_the_whole_difference(name: str) -> None:
    """Its completeness (Shrikumar et al. 2017, equation 1): only where no non-linearity is missed."""
    network = tiny(name).double()
    x = images(1, network.spec.input_size).double()
    _, missing = DeepLift(network).attribute(x, torch.zeros_like(x), target=2, return_convergence_delta=True)
    with torch.no_grad():
        difference = float((network(x) - network(torch.zeros_like(x)))[0, 2])
    assert abs(float(missing)) < 1e-6 * abs(difference)
    plain = float(InputXGradient(network).attribute(x, target=2).detach().sum())
    assert abs(plain - difference) > 1e-3 * abs(difference), "the gradient explains as much"


def test_relevance_runs_through_option_a() -> None:
    network = tiny("cifar-resnet-8")
    found = LRP(network).attribute(images(), target=2)
    assert bool(torch.isfinite(found).all())
    assert bool(found.any())
