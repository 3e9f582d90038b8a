"""The file tells its network: every listed one, and those of other depths and widths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.weights.catalog import names, spec, variants
from resnet_viewer.core.weights.deducing import deduced
from resnet_viewer.core.weights.fitting import expected, matches
from resnet_viewer.records.network import NetworkSpec

LEAVE_NO_TENSOR = ("scaled", "dropout", "bnafter", "relubefore", "relupre", "xavier", "normal", "paper")


def _fits(network: NetworkSpec, *wanted: str) -> list[NetworkSpec]:
    found = matches(expected(network), *wanted)
    return [match.spec for match in found if not match.differences]


def _told(name: str) -> str:
    """What can be told of a network by its tensors alone."""
    return "-".join(part for part in name.split("-") if part not in LEAVE_NO_TENSOR)


@pytest.mark.parametrize("name", [*names(), *variants()])
def test_every_listed_network_is_among_those_that_its_tensors_tell(name: str) -> None:
    network = replace(spec(name, classes=13), channels=1)
    found = _fits(network)
    assert _told(name) in [fit.name for fit in found]
    assert {(fit.classes, fit.channels) for fit in found} == {(13, 1)}
    assert len(found) <= 2, "few enough for a menu and a sentence"
    assert name in [fit.name for fit in _fits(network, name)], "asked for by name it is found too"


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("cifar-resnet-20-highway", ["cifar-resnet-20-highway", "cifar-resnet-20-gated"]),
        ("cifar-resnet-20-preact", ["cifar-resnet-20-preact", "cifar-plain-20-preact"]),
        ("cifar-resnet-20-nobn", ["cifar-resnet-20-nobn", "cifar-plain-20-nobn"]),
        ("cifar-resnet-29-bottleneck", ["cifar-resnet-29-bottleneck"]),
        ("cifar-resnet-29-bottleneck-a", ["cifar-resnet-29-bottleneck-a", "cifar-plain-29-bottleneck"]),
        ("cifar-resnet-8-c", ["cifar-resnet-8-c"]),
        ("cifar-resnet-20-concat", ["cifar-resnet-20-concat"]),
    ],
)
def test_what_fits_alike_comes_in_order(name: str, fits: list[str]) -> None:
    assert [fit.name for fit in _fits(spec(name))] == fits


@pytest.mark.parametrize(
    "name", ["resnet50", "cifar-resnet-20-b", "resnet50v2", "vgg16_bn", "alexnet", "teaching-mnist"]
)
def test_without_a_classifier_it_is_a_network_of_no_classes(name: str) -> None:
    network = replace(spec(name), classes=0)
    assert _fits(network) == [network]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"widths": (32, 64, 128, 256)}, "resnet50_channels32-64-128-256"),
        ({"stages": (2, 3, 2, 2)}, "resnet29_blocks2-3-2-2"),
        ({"stem_widths": (32, 32, 64), "stages": (2, 3, 2, 2)}, "resnet29c_blocks2-3-2-2"),
        ({"stem_widths": (8, 24, 64)}, "resnet50_stem8-24-64"),
        ({"stem_widths": (32, 64)}, "resnet50_stem32-64"),
        ({"pools_projections": True}, "resnet50_pooled"),
        ({"stem_widths": (24, 32, 64), "pools_projections": True, "widening": 3}, "wide_resnet50t_3"),
        ({"groups": 8, "widening": 2}, "resnext50_8x16d"),
        ({"widening": 3}, "wide_resnet50_3"),
    ],
)
def test_other_depths_and_widths_have_names_that_say_so(fields: dict[str, object], name: str) -> None:
    network = replace(spec("resnet50"), **fields)  # type: ignore[arg-type]
    (found,) = _fits(network)
    assert found == replace(network, name=name, depth=found.depth)


def test_a_cifar_network_in_four_stages_is_told() -> None:
    network = replace(spec("cifar-resnet-20-b"), stages=(2, 2, 2, 2), widths=(64, 128, 256, 512), depth=18)
    (found,) = _fits(network)
    assert found == replace(network, name="cifar-resnet-18-b_blocks2-2-2-2_channels64-128-256-512")


def test_zero_channels_can_only_be_added() -> None:
    narrowing = replace(spec("cifar-plain-8"), widths=(64, 32, 16))
    assert [fit.shortcut for fit in _fits(narrowing)] == ["none"]


def test_groups_that_do_not_divide_every_width_are_no_network() -> None:
    shapes = dict(expected(replace(spec("resnext50_32x4d"), widths=(64, 128, 256, 512))))
    shapes |= {"layer4.0.conv3.weight": (4 * 500, 1024, 1, 1)}
    assert list(deduced(shapes)) == []


def test_as_few_networks_are_laid_out_as_the_file_has_room_for() -> None:
    assert len(list(deduced(expected(spec("cifar-resnet-1202"))))) == 2
    assert list(deduced({"layer9.99999.conv1.weight": (1, 1, 1, 1)})) == []
