"""Networks built otherwise than usual, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core import network
from resnet_viewer.core.weights.build_options import built, smallest_side, with_options
from resnet_viewer.core.weights.catalog import names, spec
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.paths import asset
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import USUAL, BuildOptions
from resnet_viewer.records.weights import WeightsRef


def test_usual_options_change_nothing() -> None:
    for name in names():
        assert with_options(spec(name), USUAL) == spec(name)


def test_every_option_is_in_the_network_that_is_built() -> None:
    made = built("resnet18", BuildOptions(classes=5, input_size=64, channels=1), seed=3)
    live = network.build(made)
    assert live(torch.zeros(1, 1, 64, 64)).shape == (1, 5)
    assert (made.seed, blueprint(made).input_shape) == (3, (1, 64, 64))
    assert blueprint(made).parameters == sum(p.numel() for p in live.parameters())


@pytest.mark.parametrize(
    ("pooling", "shape"),
    [("average", (1, 64)), (None, (1, 64)), ("maximum", (1, 64)), ("none", (1, 64, 8, 8))],
)
def test_a_network_without_a_classifier_ends_with_its_maps(
    pooling: str | None, shape: tuple[int, ...]
) -> None:
    made = built("cifar-resnet-8", BuildOptions(has_classifier=False, pooling=pooling))  # type: ignore[arg-type]
    assert network.build(made)(torch.zeros(1, 3, 32, 32)).shape == shape


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("resnet50", BuildOptions(input_size=31), "32 to 4096 pixels a side, not of 31"),
        ("alexnet", BuildOptions(input_size=40), "63 to 4096"),
        ("resnet50", BuildOptions(input_size=5000), "not of 5000"),
        ("cifar-resnet-20", BuildOptions(input_size=4), "8 to 4096"),
        ("resnet50", BuildOptions(classes=0), "1 to 100000 classes, not 0"),
        ("resnet50", BuildOptions(channels=4), "1 or 3 channels, not 4"),
        ("resnet50", BuildOptions(pooling="maximum"), "only where there is no classifier"),
        ("resnet50", BuildOptions(classes=5, has_classifier=False), "no classes"),
    ],
)
def test_what_cannot_be_built_is_one_sentence(name: str, options: BuildOptions, said: str) -> None:
    with pytest.raises(UserError, match=said) as refusal:
        built(name, options)
    assert str(refusal.value).count(". ") == 0


@pytest.mark.parametrize(
    "name", ["alexnet", "vgg16", "resnet18", "cifar-resnet-20", "teaching-keras", "resnet50v2"]
)
def test_the_smallest_side_can_be_computed(name: str) -> None:
    usual = spec(name)
    made = with_options(usual, BuildOptions(input_size=smallest_side(usual)))
    side, channels = made.input_size, made.channels
    assert network.build(made)(torch.zeros(1, channels, side, side)).shape == (1, usual.classes)


def test_trained_weights_leave_only_the_side_free() -> None:
    ref = WeightsRef("torchvision", "IMAGENET1K_V1")
    with pytest.raises(
        UserError, match=r"ImageNet weights have 1000 classes; choose weights “none” for another"
    ):
        built("resnet18", BuildOptions(classes=5), weights=ref)
    with pytest.raises(UserError, match="3 channels"):
        built("resnet18", BuildOptions(channels=1), weights=ref)
    headless = built("resnet18", BuildOptions(has_classifier=False), weights=ref)
    assert (headless.weights, headless.classes) == (ref, 0)
    assert built("resnet18", BuildOptions(input_size=96), weights=ref).weights == ref


def test_opening_with_options() -> None:
    plain = open_network("cifar-resnet-56")
    assert plain.spec.weights.source == "bundled"
    smaller = open_network("cifar-resnet-56", options=BuildOptions(input_size=64))
    assert smaller.spec == replace(plain.spec, input_size=64)
    assert (smaller.preprocessing.resize, smaller.preprocessing.crop) == (64, 64)
    assert smaller.preprocessing.mean == plain.preprocessing.mean
    other = open_network("cifar-resnet-56", options=BuildOptions(classes=7))
    assert (other.spec.weights.source, other.spec.classes, other.class_names) == ("none", 7, ())
    with pytest.raises(UserError, match="CIFAR-10 weights have 10 classes"):
        open_network("cifar-resnet-56", "bundled", options=BuildOptions(classes=7))


def test_nothing_is_downloaded_for_options_that_do_not_fit() -> None:
    with pytest.raises(UserError, match="1000 classes"):
        open_network("resnet18", "DEFAULT", options=BuildOptions(classes=7), progress=pytest.fail)


def test_a_weight_file_tells_its_classes(tmp_path: Path) -> None:
    from resnet_viewer.core.weights.weight_files import save_safetensors

    made = spec("cifar-resnet-8", classes=3)
    path = tmp_path / "three.safetensors"
    save_safetensors(path, network.build(made).state_dict(), metadata={"network": "cifar-resnet-8"})
    assert open_network(None, str(path), options=BuildOptions(classes=3)).spec.classes == 3
    with pytest.raises(UserError, match=r"three\.safetensors has 3 classes"):
        open_network("cifar-resnet-8", str(path), options=BuildOptions(classes=4))


@pytest.mark.parametrize("weights", [None, "bundled", "file"])
def test_without_its_classifier_a_trained_network_keeps_its_weights(weights: str | None) -> None:
    name = "cifar-resnet-20"
    named = str(asset("weights", f"{name}.safetensors")) if weights == "file" else weights
    opened = open_network(name, named, options=BuildOptions(has_classifier=False, pooling="average"))
    assert opened.spec.weights.source == ("file" if weights == "file" else "bundled")
    assert opened.class_names == ()
    whole = spec(name)
    trained = resolve(replace(whole, weights=WeightsRef("bundled", name)))
    found = resolve(opened.spec)
    assert trained.keys() - found.keys() == {"fc.weight", "fc.bias"}
    images = torch.rand(2, 3, 32, 32)
    features = network.build(opened.spec, found)(images)
    logits = network.build(whole, trained)(images)
    torch.testing.assert_close(features @ trained["fc.weight"].T + trained["fc.bias"], logits)
