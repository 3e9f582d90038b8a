"""Which layer of one network stands beside which of another."""

from __future__ import annotations

import pytest

from resnet_viewer.core.catalog import spec
from resnet_viewer.records.comparing import block_beside, have_same_layers, layer_beside, spread
from resnet_viewer.records.laying_out import blueprint
from tests import fabricated


def test_ends_stand_beside_ends() -> None:
    assert spread(5, 1, 3) == [1, 1.5, 2, 2.5, 3]
    assert spread(1, 1, 3) == [2]
    assert spread(0, 1, 3) == []
    assert [block_beside(number, of=9, among=27) for number in (1, 5, 9)] == [1, 14, 27]
    assert [block_beside(number, of=27, among=9) for number in (1, 14, 27)] == [1, 5, 9]
    assert block_beside(1, of=1, among=4) == 4


@pytest.mark.parametrize(
    ("ours", "name", "theirs", "beside"),
    [
        ("cifar-resnet-56", "layer3.8", "cifar-plain-20", "layer3.2"),
        ("cifar-resnet-56", "layer3.8.conv2", "cifar-plain-20", "layer3.2.conv2"),
        ("cifar-resnet-56", "stem", "resnet18", "stem"),
        ("cifar-resnet-56", "conv1", "vgg19", "features.0"),
        ("resnet18", "layer4.0.downsample.0", "plain18", None),
        ("resnet50", "layer4.2.conv3", "resnet18", None),
        ("vgg19", "features.34", "alexnet", "features.10"),
        ("vgg19", "features.35", "resnet18", "layer4.1"),
        ("vgg19", "classifier.6", "resnet18", None),
    ],
)
def test_a_layer_stands_beside_the_same_part_at_the_same_depth(
    ours: str, name: str, theirs: str, beside: str | None
) -> None:
    assert layer_beside(name, blueprint(spec(ours)), blueprint(spec(theirs))) == beside


def test_a_plain_network_has_the_layers_of_its_twin() -> None:
    residual, plain, shallower = (
        fabricated.scene(spec(name)).now for name in ("cifar-resnet-20", "cifar-plain-20", "cifar-resnet-14")
    )
    assert residual is not None
    assert plain is not None
    assert shallower is not None
    assert have_same_layers(residual, plain)
    assert not have_same_layers(residual, shallower)
