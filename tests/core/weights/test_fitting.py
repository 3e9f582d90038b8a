"""Which network a state dict belongs to, and that it is taken whole or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.deducing import Shapes
from resnet_viewer.core.weights.fitting import expected, fitted, matches, refusal
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec

NAMES = ("cifar-resnet-8", "cifar-plain-14", "resnet18", "resnet50", "plain50", "plain34")


def _shapes(network: NetworkSpec) -> Shapes:
    return {key: tuple(tensor.shape) for key, tensor in build(network).state_dict().items()}


@pytest.mark.parametrize("name", NAMES)
def test_expected_names_and_shapes_are_the_built_networks_in_order(name: str) -> None:
    network = replace(spec(name, classes=7), channels=2)
    assert list(expected(network).items()) == list(_shapes(network).items())


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_expected_names_and_shapes_are_torchvisions(depth: int) -> None:
    import torchvision

    with torch.device("meta"):
        theirs = torchvision.models.get_model(f"resnet{depth}").state_dict()
    assert list(expected(spec(f"resnet{depth}")).items()) == [(k, tuple(v.shape)) for k, v in theirs.items()]


@pytest.mark.parametrize(
    ("name", "also"),
    [
        *((f"resnet{depth}", []) for depth in (18, 34, 50, 101, 152)),
        ("wide_resnet50_2", []),
        ("resnext101_64x4d", []),
        ("resnet18-a", ["plain18"]),
        ("resnet101-a", ["plain101"]),
        ("resnet34-c", []),
        ("cifar-resnet-20-b", []),
        ("cifar-resnet-1202-c", []),
        ("cifar-resnet-8", ["cifar-plain-8"]),
        ("cifar-resnet-56", ["cifar-plain-56"]),
        ("cifar-plain-98", ["cifar-plain-98"]),
        ("cifar-resnet-1202", ["cifar-plain-1202"]),
    ],
)
def test_a_network_is_told_by_its_shapes(name: str, also: list[str]) -> None:
    network = replace(spec(name, classes=13), channels=1)
    found = [match.spec for match in matches(expected(network)) if not match.differences]
    assert [match.name for match in found[1:]] == also
    assert found[0].name == name.replace("cifar-plain", "cifar-resnet")
    assert (found[0].classes, found[0].channels) == (13, 1)


def test_without_projections_the_residual_network_comes_before_the_plain_one() -> None:
    shapes = {key: shape for key, shape in expected(spec("resnet18")).items() if "downsample" not in key}
    assert shapes == expected(spec("plain18"))
    assert [match.spec.name for match in matches(shapes) if not match.differences] == [
        "resnet18-a",
        "plain18",
    ]


def test_older_files_without_counters_are_completed_and_halves_widened() -> None:
    network = spec("cifar-resnet-8")
    state = build(network).state_dict()
    old = {k: v.half() for k, v in state.items() if not k.endswith("num_batches_tracked")}
    found = fitted(old, network, "w.th")
    assert list(found) == list(state)
    assert found["bn1.num_batches_tracked"].dtype == torch.int64
    assert all(v.dtype == torch.float32 for k, v in found.items() if k in old)
    assert torch.equal(found["conv1.weight"], state["conv1.weight"].half().float())
    build(network, found)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    network = spec("cifar-resnet-8")
    state = dict(build(network).state_dict())
    state["layer2.0.bn1.running_var"] = torch.full((32,), value)
    with pytest.raises(UserError, match=r"layer2\.0\.bn1\.running_var that are not finite"):
        fitted(state, network, "w.th")


def test_integers_for_weights_are_refused() -> None:
    network = spec("cifar-resnet-8")
    state = dict(build(network).state_dict())
    state["fc.weight"] = state["fc.weight"].to(torch.int8)
    with pytest.raises(UserError, match=r"fc\.weight as torch\.int8"):
        fitted(state, network, "w.th")


def _refused(shapes: Shapes) -> str:
    return str(refusal(matches(shapes), shapes, "w.pth"))


def test_what_fits_nothing_is_held_against_the_nearest_network() -> None:
    wide = expected(spec("resnet50")) | {"layer1.0.conv1.weight": (128, 64, 1, 1)}
    assert _refused(wide) == (
        "w.pth fits no network that is known here; the nearest is resnet50, "
        "which needs layer1.0.conv1.weight of 64×64×1×1, and the file has 128×64×1×1."
    )
    extended = expected(spec("resnet18")) | {"layer1.0.se.weight": (64,)}
    assert "resnet18, which has no layer1.0.se.weight, and the file holds it." in _refused(extended)
    gone = ("layer4.2.conv2.", "layer4.2.bn2.", "fc.bias")
    cut = {key: shape for key, shape in expected(spec("resnet34")).items() if not key.startswith(gone)}
    assert _refused(cut) == (
        "w.pth fits no network that is known here; the nearest is resnet34, which needs layer4.2.conv2.weight, and "
        "the file lacks it (also different: layer4.2.bn2.weight, layer4.2.bn2.bias, layer4.2.bn2.running_mean "
        "and 2 more)."
    )
    start = {
        key: shape for key, shape in expected(spec("resnet18")).items() if key.startswith(("conv1", "bn1"))
    }
    assert "the nearest is resnet18-a, which needs layer1.0.conv1.weight" in _refused(start)
    assert _refused({"encoder.embedding": (3, 4)}).endswith(
        "none of its 1 tensors is named as a ResNet's are (conv1.weight, layer1.0.conv1.weight …), "
        "but encoder.embedding."
    )


def test_a_deep_stem_is_held_against_the_nearest_network_with_one() -> None:
    theirs = expected(spec("resnet26t")) | {"layer1.0.se.fc1.weight": (4, 256, 1, 1)}
    assert _refused(theirs).endswith(
        "is resnet26t, which has no layer1.0.se.fc1.weight, and the file holds it."
    )
    start = {key: shape for key, shape in theirs.items() if key.startswith(("conv1", "bn1"))}
    assert "the nearest is resnet10t, which needs layer1.0.conv1.weight" in _refused(start)


@pytest.mark.parametrize(
    "shapes",
    [
        {"conv1.weight": ()},
        {"fc.weight": (0, 0)},
        {"conv1.weight": (0, 0, 0, 0)},
        {"layer1.9999.conv1.weight": (1,)},
    ],
)
def test_odd_shapes_are_refused_and_nothing_else_happens(shapes: Shapes) -> None:
    assert _refused(shapes).startswith("w.pth ")
