"""`build("resnet18")` beside torchvision's ResNet-18: every change that a module takes does the same to both."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune
from torchvision import models
from torchvision.models.resnet import BasicBlock

from resnet_viewer.core.network import Network, ReplacedError, build
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.network import BuildOptions
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, random_state, tiny

Change = Callable[[Any], Any]


def pair() -> tuple[Network, nn.Module]:
    """Ours and torchvision's with the same weights."""
    with torch.device("meta"):
        theirs = models.resnet18(weights=None).eval()
    state = random_state(theirs.state_dict(), seed=3)
    theirs.load_state_dict({name: value.clone() for name, value in state.items()}, assign=True)
    return build(spec("resnet18"), state), theirs


def _drawn(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(7)
    return make().eval()


def _set(path: str, make: Callable[[], nn.Module]) -> Change:
    def change(network: nn.Module) -> None:
        *way, name = path.split(".")
        setattr(network.get_submodule(".".join(way)), name, _drawn(make))

    return change


class Doubled(nn.Module):
    """A parametrization."""

    def forward(self, weight: Tensor) -> Tensor:
        return 2 * weight


def _pruned(network: Any) -> None:
    prune.l1_unstructured(network.layer1[0].conv1, "weight", 0.5)
    prune.ln_structured(network.fc, "weight", 0.25, n=2, dim=0)


def _parametrized(network: Any) -> None:
    parametrize.register_parametrization(network.conv1, "weight", Doubled())
    parametrize.register_parametrization(network.layer3[1].conv2, "weight", Doubled())
    parametrizations.weight_norm(network.fc)
    torch.manual_seed(0)
    parametrizations.spectral_norm(network.layer2[0].conv1)
    network.eval()


def _frozen_statistics(network: Any) -> None:
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.BatchNorm2d):
            network.set_submodule(name, _drawn(lambda module=module: nn.GroupNorm(8, module.num_features)))


def _gelu(network: Any) -> None:
    network.relu = nn.GELU()


def _taken_out(network: Any) -> None:
    del network.layer4[1]


def _appended(network: Any) -> None:
    network.layer4.append(_drawn(lambda: BasicBlock(512, 512)))


CHANGES: dict[str, Change] = {
    "the classifier": _set("fc", lambda: nn.Linear(512, 3)),
    "a classifier of two layers": _set(
        "fc", lambda: nn.Sequential(nn.Linear(512, 9), nn.ReLU(), nn.Linear(9, 3))
    ),
    "no classifier": _set("fc", nn.Identity),
    "the first convolution": _set("conv1", lambda: nn.Conv2d(3, 64, 3, 1, 1, bias=False)),
    "no first pooling": _set("maxpool", nn.Identity),
    "a pooling by the maximum": _set("avgpool", lambda: nn.AdaptiveMaxPool2d(1)),
    "another activation": _gelu,
    "a nested convolution": _set("layer1.0.conv1", lambda: nn.Conv2d(64, 64, 5, padding=2)),
    "a nested normalisation": _set("layer2.1.bn2", nn.Identity),
    "a projection": _set("layer2.0.downsample", lambda: nn.Conv2d(64, 128, 2, 2)),
    "part of a projection": _set("layer3.0.downsample.1", nn.Identity),
    "a projection where there was none": _set("layer1.1.downsample", lambda: nn.Conv2d(64, 64, 1)),
    "a block": _set("layer1.0", lambda: BasicBlock(64, 64)),
    "a stage": _set("layer4", lambda: nn.Conv2d(256, 512, 3, 2, 1)),
    "a block taken out": _taken_out,
    "a block more": _appended,
    "every normalisation": _frozen_statistics,
    "pruning": _pruned,
    "parametrizations": _parametrized,
    "old weight normalisation": lambda network: nn.utils.weight_norm(network.layer1[1].conv2),
    "half": lambda network: network.bfloat16(),
    "double": lambda network: network.double(),
    "channels last": lambda network: network.to(memory_format=torch.channels_last),
}


@pytest.mark.filterwarnings("ignore:.*weight_norm")
@pytest.mark.parametrize("changed", CHANGES)
def test_what_is_changed_is_changed(changed: str) -> None:
    ours, theirs = pair()
    before = ours(images(2, 64)).detach()
    for network in (ours, theirs):
        CHANGES[changed](network)
    dtype = next(ours.parameters()).dtype
    x = images(2, 64, seed=1).to(dtype)
    logits = [network(x) for network in (ours, theirs)]
    assert torch.equal(*logits), "the same bits"
    if changed not in ("half", "double", "channels last", "old weight normalisation"):
        again = ours(images(2, 64)).detach()
        assert again.shape != before.shape or not torch.allclose(again, before), "it changed nothing"
    for one in logits:
        one.square().sum().backward()
    theirs_by_name = dict(theirs.named_parameters())
    assert set(theirs_by_name) == {name for name, _ in ours.named_parameters()}
    for name, mine in ours.named_parameters():
        yours = theirs_by_name[name].grad
        assert (mine.grad is None) == (yours is None), name
        if yours is not None:
            assert torch.equal(mine.grad, yours), name
    state = ours.state_dict()
    assert set(state) == set(theirs.state_dict())
    assert all(torch.equal(value, state[name]) for name, value in theirs.state_dict().items())


def test_half_precision_runs() -> None:
    ours, theirs = (network.half() for network in pair())
    x = images(1, 64).half()
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


def test_a_new_classifier_learns() -> None:
    ours, _ = pair()
    ours.fc = nn.Linear(512, 3)
    before = ours.fc.weight.detach().clone()
    optimizer = torch.optim.SGD(ours.fc.parameters(), 0.1)
    nn.functional.cross_entropy(ours(images(2, 64)), torch.tensor([0, 2])).backward()
    optimizer.step()
    assert not torch.equal(ours.fc.weight, before)


def _saved(network: nn.Module) -> nn.Module:
    buffer = io.BytesIO()
    torch.save(network, buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=False)
    assert isinstance(again, nn.Module)
    return again


def _chain() -> Network:
    """VGG-16 without its 120 million weights of classifier."""
    return build(built("vgg16", BuildOptions(has_classifier=False), seed=0))


COPIES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda network: pickle.loads(pickle.dumps(network)),
    "torch.save": _saved,
}


@pytest.mark.parametrize("by", COPIES)
@pytest.mark.parametrize("name", ["resnet18", "cifar-resnet-8", "cifar-resnet-8-highway", "vgg-features"])
def test_a_copy_is_its_own_network(name: str, by: str) -> None:
    network = _chain() if name == "vgg-features" else tiny(name)
    wiring = Wiring.all_open(len(network.blocks)).with_branches([2], 0.5)
    network.set_wiring(wiring)
    x = images(1, 64)
    with torch.no_grad():
        expected = network(x)
        other = COPIES[by](network)
        assert isinstance(other, Network)
        assert other.wiring == wiring
        assert torch.equal(other(x), expected)
        other.set_wiring(Wiring.all_open(len(network.blocks)).with_branches([1], 0.0))
        for parameter in other.parameters():
            parameter.zero_()
        assert not torch.equal(other(x), expected)
        assert torch.equal(network(x), expected), "the copy shares something"
    assert network.wiring == wiring


@pytest.mark.parametrize(
    "name",
    ["resnet18", "cifar-resnet-8", "cifar-resnet-8-highway", "cifar-resnet-8-concat", "cifar-resnet-8-preact",
     "teaching-keras", "resnet26t"],
)  # fmt: skip
@pytest.mark.parametrize("gates", ["open", "some cut", "both closed"])
def test_fx_traces_what_runs(name: str, gates: str) -> None:
    network = tiny(name)
    count = len(network.blocks)
    match gates:
        case "some cut":
            network.set_wiring(Wiring.all_open(count).with_shortcuts([1], 0.0).with_branches([2], 0.5))
        case "both closed":
            network.set_wiring(Wiring.all_open(count).with_shortcuts([2], 0.0).with_branches([2], 0.0))
    traced = torch.fx.symbolic_trace(network)
    x = images(2, network.spec.input_size)
    with torch.no_grad():
        assert torch.equal(traced(x), network(x))
    called = {node.target for node in traced.graph.nodes if node.op == "call_module"}
    if gates == "open":
        leaves = {name for name, module in network.named_modules() if not list(module.children())}
        assert called == {
            name for name in leaves if type(network.get_submodule(name)).__module__.startswith("torch.nn")
        }


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*deprecated")
@pytest.mark.parametrize("name", ["resnet18", "cifar-resnet-8"])
def test_jit_traces_what_runs(name: str) -> None:
    network = tiny(name)
    network.set_wiring(Wiring.all_open(len(network.blocks)).with_shortcuts([2], 0.5))
    traced = torch.jit.trace(network, images(1, 64))
    x = images(2, 64, seed=1)
    with torch.no_grad():
        torch.testing.assert_close(traced(x), network(x))


def test_containers_are_indexed_and_iterated_as_torchvisions() -> None:
    ours, theirs = pair()
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        mine, yours = getattr(ours, stage), getattr(theirs, stage)
        assert isinstance(mine, nn.Sequential)
        assert len(mine) == len(yours) == 2
        assert [block is mine[place] for place, block in enumerate(mine)] == [True, True]
    assert isinstance(ours.layer2[0].downsample, nn.Sequential)
    assert isinstance(ours.layer2[0].downsample[1], nn.BatchNorm2d)
    assert ours.layer1[0].downsample is None
    assert ours.blocks[2] is ours.layer2[0]
    names = {name for name, _ in ours.named_modules()}
    assert {name for name, _ in theirs.named_modules()} <= names
    assert names - {name for name, _ in theirs.named_modules()} == {
        f"layer{stage}.{block}.relu1" for stage in range(1, 5) for block in range(2)
    }
    with torch.no_grad():
        x = images(1, 64)
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool"):
            x = getattr(ours, name)(x)
        assert torch.equal(ours.fc(torch.flatten(x, 1)), ours(images(1, 64)))


def test_features_of_vgg_are_torchvisions() -> None:
    for name in ("vgg16", "alexnet"):
        with torch.device("meta"):
            theirs = getattr(models, name)(weights=None).eval()
        state = random_state(theirs.state_dict())
        theirs.load_state_dict(state, assign=True)
        ours = build(spec(name), state)
        x = images(1, 64)
        with torch.no_grad():
            assert len(ours.features) == len(theirs.features)
            for mine, yours in zip(ours.features, theirs.features, strict=True):
                x, expected = mine(x), yours(x)
                assert torch.equal(x, expected)
            assert torch.equal(ours.features[:7](images(1, 64)), theirs.features[:7](images(1, 64)))
            assert torch.equal(ours(images(1, 224)), theirs(images(1, 224)))


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_a_dropped_block_of_a_chain_is_not_computed(strength: float) -> None:
    network = _chain()
    network.set_wiring(Wiring.all_open(12).with_branches([2], strength))  # after a pooling
    ran: list[str] = []
    for name, module in network.features.named_children():
        module.register_forward_hook(lambda _m, _i, _o, name=name: ran.append(name))
    kept: list[Tensor] = []
    network.blocks[1].register_forward_hook(lambda _m, _i, output: kept.append(output))
    with torch.no_grad():
        network(images(1, 64))
    assert ("5" in ran) == (strength > 0)
    assert ("4" in ran) == (strength > 0), "the pooling before it"
    assert kept[0].shape == (1, 128, 32, 32)
    assert bool(kept[0].any()) == (strength > 0)


def test_hooks_on_any_module_are_called_once() -> None:
    for name in ("resnet18", "alexnet", "cifar-resnet-8-highway", "teaching-keras"):
        network = tiny(name)
        called: list[str] = []
        for place, module in network.named_modules():
            module.register_forward_hook(lambda _m, _i, _o, place=place, called=called: called.append(place))
        with torch.no_grad():
            network(images(1, network.spec.input_size))
        assert sorted(called) == sorted(place for place, _ in network.named_modules())


def test_an_extra_module_is_not_run_and_a_missing_one_is_named() -> None:
    ours, _ = pair()
    ours.extra = nn.Linear(1, 1)
    ours(images(1, 64))
    del ours.layer1[0].conv1
    with pytest.raises(AttributeError, match="'Block' object has no attribute 'conv1'"):
        ours(images(1, 64))


def test_a_block_without_gates_cannot_be_cut() -> None:
    ours, _ = pair()
    ours.layer2[0] = BasicBlock(64, 128, 2, ours.layer2[0].downsample)
    assert ours.wiring == Wiring.all_open(8)
    with pytest.raises(
        ReplacedError, match=r"block 3 · conv3_x 1 of this ResNet-18 was replaced by a BasicBlock"
    ):
        ours.set_wiring(Wiring.all_open(8).with_shortcuts([1, 3], 0.0))
    assert ours.wiring == Wiring.all_open(8), "nothing is changed"
    ours.set_wiring(Wiring.all_open(8).with_shortcuts([1], 0.0))
    assert ours.blocks[0].shortcut_strength == 0.0
    del ours.layer4[1]
    with pytest.raises(ReplacedError, match=r"This ResNet-18 has no layer4\.1 any more"):
        _ = ours.wiring
