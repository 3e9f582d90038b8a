"""A probe of a network into which something else was put: its own numbers, or a refusal in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune

from resnet_viewer import Model, probe
from resnet_viewer.core.network import Network, ReplacedError
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.probing import Probe
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, CIFAR10_PREPROCESSING
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, tiny

PICTURE = Picture.of(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8), name="noise")


def model(network: Network) -> Model:
    return Model(network, CIFAR10_PREPROCESSING, CIFAR10_CLASSES)


def changed(change: Callable[[Any], object]) -> Network:
    network = tiny("cifar-resnet-8", seed=4)
    torch.manual_seed(1)
    change(network)
    return network.eval()


def test_a_new_classifier_has_its_own_classes() -> None:
    network = changed(lambda net: setattr(net, "fc", nn.Linear(64, 3)))
    found = probe(PICTURE, model(network))
    with torch.no_grad():
        logits = network(prepare(PICTURE, CIFAR10_PREPROCESSING))
    assert found.probabilities.shape == (1, 3)
    assert np.array_equal(found.logits, logits.numpy())
    np.testing.assert_allclose(found.probabilities, logits.softmax(1).numpy(), rtol=1e-5)
    assert found.target == int(logits.argmax())
    assert found.layers[-1].shape == (3, 64)
    assert found.layers[-1].gradient_norm > 0.0
    assert found.request.state.network.classes == 3
    with pytest.raises(UserError, match="There is no class 'horse'; give an index from 0 to 2"):
        probe(PICTURE, model(network), target="horse")
    with pytest.raises(UserError, match="target must be a whole number from 0 to 2, not 7"):
        probe(PICTURE, model(network), target=7)


def gradient_of_copy(network: Network, at: str, weight: Tensor, x: Tensor, target: int) -> Tensor:
    """The score's gradient for a layer that is given this weight as its own, by `torch.func`."""
    layer = network.get_submodule(at)
    bias = layer.bias
    plain = nn.Conv2d(
        layer.in_channels, layer.out_channels, layer.kernel_size, layer.stride, layer.padding, bias=False
    )
    assert bias is None
    plain.weight = nn.Parameter(weight.detach().clone())
    way, _, name = at.rpartition(".")
    setattr(network.get_submodule(way), name, plain)
    (gradient,) = torch.autograd.grad(network(x)[0, target], plain.weight)
    return gradient


class Doubled(nn.Module):
    """A parametrization."""

    def forward(self, weight: Tensor) -> Tensor:
        return 2 * weight


AT = "layer2.0.conv2"
WEIGHTS: dict[str, Callable[[nn.Module], object]] = {
    "as built": lambda layer: None,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 0.6),
    "pruned twice": lambda layer: [prune.random_unstructured(layer, "weight", 0.3) for _ in range(2)],
    "parametrized": lambda layer: parametrize.register_parametrization(layer, "weight", Doubled()),
    "weight normalisation": parametrizations.weight_norm,
    "spectral normalisation": parametrizations.spectral_norm,
    "the old weight normalisation": nn.utils.weight_norm,
    "the old spectral normalisation": nn.utils.spectral_norm,
}


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.filterwarnings("ignore:.*spectral_norm")
@pytest.mark.parametrize("made", WEIGHTS)
def test_the_gradient_is_of_the_weight_that_is_computed_with(made: str) -> None:
    network = changed(lambda net: WEIGHTS[made](net.get_submodule(AT)))
    with Probe(network) as opened:
        seen = opened.look(images(seed=2))
        reading = opened.read(seen, [3])
        again = opened.read(opened.look(images(seed=2)), [3])
    place = [layer.name for layer in reading.layers].index(AT)
    weight = network.get_submodule(AT).weight
    assert isinstance(weight, Tensor)
    weight = weight.detach().clone()
    found = reading.layers[place]
    assert found.weight_norm == pytest.approx(float(weight.double().norm()), rel=1e-6)
    expected = gradient_of_copy(network, AT, weight, images(seed=2), 3)
    assert found.gradient_norm == pytest.approx(float(expected.double().norm()), rel=1e-5)
    assert again.layers[place].gradient_norm == pytest.approx(found.gradient_norm, rel=1e-6)
    assert found.gradient_norm > 0


def test_a_pruned_layer_behind_a_closed_gate_has_none() -> None:
    network = changed(lambda net: prune.l1_unstructured(net.get_submodule(AT), "weight", 0.5))
    network(images())
    network.set_wiring(Wiring.all_open(3).with_branches([2], 0.0))
    with Probe(network) as opened:
        reading = opened.read(opened.look(images()), [0])
    assert {layer.name: layer.gradient_norm for layer in reading.layers}[AT] == 0.0


def test_what_was_put_in_is_what_is_read() -> None:
    def change(net: Any) -> None:
        net.layer1[0].conv1 = nn.Conv2d(16, 16, 5, padding=2)
        net.layer2[0].relu = nn.GELU()

    network = changed(change)
    found = probe(PICTURE, model(network))
    assert found.layers[1].shape == (16, 16, 5, 5)
    with torch.no_grad():
        x = network.conv1(prepare(PICTURE, CIFAR10_PREPROCESSING))
        x = network.relu(network.bn1(x))
        expected = network.layer1[0].conv1(x)
    assert np.array_equal(found.activations["layer1.0.conv1"], expected.numpy())
    assert found.activations["layer2.0"].min() < 0, "a GELU's"


@pytest.mark.parametrize("at", ["layer2.0", "layer1.0.conv1"])
def test_the_maps_are_what_forward_hooks_make_of_them(at: str) -> None:
    network = changed(lambda net: None)
    network.get_submodule(at).register_forward_hook(lambda module, given, output: output[:, :1] * output)
    outputs = {}
    with network.get_submodule(at).register_forward_hook(
        lambda module, given, output: outputs.update(own=output)
    ):
        network(prepare(PICTURE, CIFAR10_PREPROCESSING))[0, 3].backward(inputs=list(network.parameters()))
    own = outputs["own"].detach()
    found = probe(PICTURE, model(network), target=3)
    assert np.array_equal(found.activations[at], own.numpy())
    if at == "layer2.0":
        leaf = own.clone().requires_grad_()
        logits = network.fc(torch.flatten(network.avgpool(network.layer3(leaf)), 1))
        (gradient,) = torch.autograd.grad(logits[0, 3], leaf)
        assert found.blocks[1].gradient_norm == pytest.approx(float(gradient.norm()), rel=1e-5)
    assert len(network.get_submodule(at)._forward_hooks) == 1, "the recorder's own is gone"


def test_the_maps_are_what_a_hook_on_every_module_makes_of_them() -> None:
    network = changed(lambda net: None)
    block = network.layer2[0]

    def doubled(module: nn.Module, given: object, output: Tensor) -> Tensor | None:
        return output * 2 if module is block else None

    plain = probe(PICTURE, model(network), target=3)
    hook = nn.modules.module.register_module_forward_hook(doubled)
    try:
        found = probe(PICTURE, model(network), target=3)
    finally:
        hook.remove()
    assert np.array_equal(found.activations["layer2.0"], 2 * plain.activations["layer2.0"])


@pytest.mark.parametrize(
    "around", [torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", dtype=torch.bfloat16)]
)
def test_torchs_modes_around_it_change_nothing(around: Callable[[], Any]) -> None:
    expected = probe(PICTURE, model(tiny("cifar-resnet-8", seed=4)))
    with around():
        made = model(tiny("cifar-resnet-8", seed=4))
        found = probe(PICTURE, made)
    for each in (found, probe(PICTURE, made)):
        assert np.array_equal(each.logits, expected.logits)
        assert [layer.gradient_norm for layer in each.layers] == [
            layer.gradient_norm for layer in expected.layers
        ]


def _shared(net: Any) -> None:
    net.layer1[0].conv2 = net.layer1[0].conv1


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "a block without layers": (
        lambda net: net.layer2.__setitem__(0, nn.Conv2d(16, 32, 1, 2)),
        r"This ResNet-8 has no layer2\.0\.conv1 any more",
    ),
    "a stage": (lambda net: setattr(net, "layer3", nn.Identity()), r"has no layer3\.0 any more"),
    "no classifier": (
        lambda net: setattr(net, "fc", nn.Identity()),
        "fc of this ResNet-8 was replaced by a Identity, which has no weight of its own",
    ),
    "maps of another size": (
        lambda net: setattr(net, "conv1", nn.Conv2d(3, 16, 3, 2, 1)),
        "conv1 of this ResNet-8 puts out 16×16×16 values where a ResNet-8 has 16×32×32",
    ),
    "a stage that skips its blocks": (
        lambda net: setattr(net.layer2, "forward", nn.Conv2d(16, 32, 1, 2).forward),
        r"layer2\.0 of this ResNet-8 is not run any more",
    ),
    "TorchScript": (
        lambda net: net.layer1.__setitem__(0, torch.jit.trace(net.layer1[0], torch.zeros(1, 16, 32, 32))),
        r"layer1\.0 of this ResNet-8 is TorchScript",
    ),
    "half the digits": (
        lambda net: net.half(),
        r"is float16, but a probe computes in float32: call float\(\)",
    ),
    "twice the digits": (lambda net: net.fc.double(), r"fc\.weight of this ResNet-8 is float64"),
    "no values": (lambda net: net.to("meta"), "lies on the meta device and has no values"),
    "no values yet": (
        lambda net: setattr(net, "fc", nn.LazyLinear(3)),
        r"fc\.weight of this ResNet-8 has no values yet",
    ),
    "an inference tensor": (
        torch.inference_mode()(lambda net: setattr(net, "fc", nn.Linear(64, 3))),
        r"fc\.weight of this ResNet-8 was made under torch\.inference_mode",
    ),
    "one module in two places": (
        _shared,
        r"layer1\.0\.conv1 and layer1\.0\.conv2 of this ResNet-8 are one module",
    ),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(what: str) -> None:
    change, words = REFUSED[what]
    network = changed(change)
    before = {name: vars(module).get("forward") for name, module in network.named_modules()}
    with pytest.raises(ReplacedError, match=words) as caught:
        probe(PICTURE, model(network))
    assert "\n" not in str(caught.value)
    assert {name: vars(module).get("forward") for name, module in network.named_modules()} == before
