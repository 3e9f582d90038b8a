"""Names and the networks that they stand for."""

from __future__ import annotations

import pytest

from resnet_viewer.core.catalog import UnknownNetworkError, names, spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import blueprint


def test_every_listed_name_has_a_spec_of_that_name() -> None:
    assert len(set(names())) == len(names()) == 22
    for name in names():
        described = spec(name)
        assert described.name == name
        assert described.has_shortcuts == ("resnet" in name)
        assert described.title == f"{'ResNet' if 'resnet' in name else 'Plain'}-{described.depth}"
        assert described.family == ("cifar" if name.startswith("cifar") else "imagenet")
        assert described.weights.source == "none"


@pytest.mark.parametrize("name", names())
def test_the_depth_counts_the_weighted_layers_without_projections(name: str) -> None:
    plan = blueprint(spec(name))
    assert sum(layer.kind != "projection" for layer in plan.layers) == plan.spec.depth


@pytest.mark.parametrize(
    ("depth", "blocks"), [(8, 3), (20, 9), (56, 27), (110, 54), (1202, 600), (9998, 4998)]
)
def test_any_cifar_depth_of_the_form_6n_plus_2_can_be_named(depth: int, blocks: int) -> None:
    assert spec(f"cifar-resnet-{depth}").block_count == blocks


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cifar-resnet-57", "the depth of a CIFAR network is 6n.*not 57"),
        ("cifar-plain-2", "not 2"),
        ("cifar-plain-0", "not 0"),
        ("cifar-resnet-10000", "no network called cifar-resnet-10000"),
        ("resnet19", "no network called resnet19.*resnet18"),
        ("resnet", "no network called resnet"),
        ("ResNet50", "no network called ResNet50"),
        ("resnet50 ", "no network called"),
        ("", "no network called"),
    ],
)
def test_a_name_that_is_none_is_refused_in_a_sentence(name: str, message: str) -> None:
    with pytest.raises(UnknownNetworkError, match=message) as caught:
        spec(name)
    assert isinstance(caught.value, UserError)
    assert "\n" not in str(caught.value)


def test_the_class_count_can_be_another() -> None:
    assert spec("resnet18").classes == 1000
    assert spec("cifar-resnet-20").classes == 10
    assert blueprint(spec("cifar-resnet-20", classes=100)).classifier.weight_shape == (100, 64)
