"""Our optimizer against torch's own, over several steps of a small network."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn

from resnet_viewer.core.lab.optimizers import optimizer_for
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.recipe import RECIPES, Recipe

NETWORK = spec("cifar-resnet-8", classes=2)
RATES = (0.1, 0.05, 0.02, 0.02)


def gradients(network: Network, step: int) -> None:
    """The same ones for the same step, on every weight."""
    generator = torch.Generator().manual_seed(step)
    for weight in network.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator).to(memory_format=torch.preserve_format)


@pytest.mark.parametrize(
    "recipe",
    [
        *RECIPES.values(),
        Recipe("no momentum", momentum=0.0),
        Recipe("Adam that decays", optimizer="adam", weight_decay=0.01),
    ],
    ids=lambda recipe: str(recipe.name),
)
def test_it_steps_as_torchs_own_does(recipe: Recipe) -> None:
    ours, theirs = build(NETWORK), build(NETWORK)
    decayed = [p for p in theirs.parameters() if recipe.decays_all or p.ndim > 1]
    others = [p for p in theirs.parameters() if not (recipe.decays_all or p.ndim > 1)]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    known: torch.optim.Optimizer = (
        torch.optim.Adam(groups)
        if recipe.optimizer == "adam"
        else torch.optim.SGD(
            groups, lr=0.1, momentum=recipe.momentum, nesterov=recipe.nesterov and recipe.momentum > 0
        )
    )
    optimizer = optimizer_for(ours, recipe)
    for step, rate in enumerate(RATES):
        gradients(ours, step)
        gradients(theirs, step)
        optimizer.step(rate)
        for group in known.param_groups:
            group["lr"] = rate
        known.step()
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize("name", ["quick", "adam"])
def test_gradients_come_in_the_layout_of_their_weights(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is what a GPU insists on; autograd may count otherwise where a side is 1."""
    network = build(spec("cifar-resnet-8-b", classes=2)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    gradients(network, 0)
    weight = network.get_parameter("layer2.0.downsample.0.weight")
    assert weight.grad is not None
    inputs = weight.shape[1]
    expected = weight.grad.clone()
    weight.grad = expected.contiguous().as_strided(weight.shape, (inputs, 1, 1, 1))
    assert weight.grad.stride() != weight.stride()
    seen = []
    known = "sgd" if name == "quick" else "adam"
    monkeypatch.setattr(
        f"resnet_viewer.core.lab.optimizers.{known}",
        lambda weights, gradients, *rest, **_: seen.extend(zip(weights, gradients, strict=True)),
    )
    optimizer_for(network, RECIPES[name]).step(0.1)
    assert all(one.stride() == other.stride() for one, other in seen)
    (found,) = [gradient for one, gradient in seen if one is weight]
    assert torch.equal(found, expected)


def test_a_weight_without_a_gradient_rests_and_moves_again_later() -> None:
    network = build(NETWORK)
    optimizer = optimizer_for(network, RECIPES["quick"])
    resting = network.get_parameter("conv1.weight")
    before = resting.detach().clone()
    gradients(network, 0)
    resting.grad = None
    optimizer.step(0.1)
    assert torch.equal(resting, before)
    gradients(network, 1)
    assert resting.grad is not None
    expected = before - 0.1 * 1.9 * (resting.grad + 5e-4 * before)
    optimizer.step(0.1)
    torch.testing.assert_close(resting.detach(), expected)
    optimizer.forget_gradients()
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.parametrize("name", ["quick", "adam"])
def test_what_it_remembers_goes_on_in_another(name: str) -> None:
    first, second = build(NETWORK), build(NETWORK)
    one, other = (optimizer_for(network, replace(RECIPES[name])) for network in (first, second))
    gradients(first, 0)
    one.step(0.1)
    nn.Module.load_state_dict(second, first.state_dict())
    other.load_state_dict(one.state_dict())
    for network, optimizer in ((first, one), (second, other)):
        gradients(network, 1)
        optimizer.step(0.1)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_no_compiler_is_imported_for_it() -> None:
    code = (
        "import sys, torch\n"
        "from resnet_viewer.core.network import build\n"
        "from resnet_viewer.core.weights.catalog import spec\n"
        "from resnet_viewer.core.lab.optimizers import optimizer_for\n"
        "from resnet_viewer.records.recipe import RECIPES\n"
        "network = build(spec('cifar-resnet-8'))\n"
        "network(torch.zeros(1, 3, 32, 32)).sum().backward()\n"
        "for name in ('quick', 'adam'):\n"
        "    optimizer_for(network, RECIPES[name]).step(0.1)\n"
        "assert not {'torch._dynamo', 'sympy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
