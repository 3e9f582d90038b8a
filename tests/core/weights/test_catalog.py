"""Names and the networks that they stand for."""

from __future__ import annotations

import pytest

from resnet_viewer.core.weights.catalog import UnknownNetworkError, names, of_plain, spec, variants
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint


def test_every_listed_name_has_a_spec_of_that_name() -> None:
    listed = (*names(), *variants())
    assert len(set(listed)) == len(listed)
    for name in listed:
        described = spec(name)
        assert described.name == name
        assert described.has_shortcuts == ("resne" in name or "teaching" in name)
        assert described.has_usual_classes
        assert described.weights.source == "none"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cifar-plain-20", "Plain-20"),
        ("resnet152", "ResNet-152"),
        ("wide_resnet101_2", "Wide ResNet-101-2"),
        ("resnext50_32x4d", "ResNeXt-50 32×4d"),
        ("resnext101_32x8d", "ResNeXt-101 32×8d"),
        ("resnext101_64x4d", "ResNeXt-101 64×4d"),
        ("resnet34-a", "ResNet-34 (A)"),
        ("cifar-resnet-56-c", "ResNet-56 (C)"),
        ("resnet50-paper", "ResNet-50 (stride in the 1×1)"),
        ("resnet50-c-paper", "ResNet-50 (C, stride in the 1×1)"),
        ("resnet152v2", "ResNet-152V2"),
        ("resnet50c", "ResNet-50-C"),
        ("resnet26t-c", "ResNet-26-T (C)"),
        ("resnext50d_32x4d", "ResNeXt-50-D 32×4d"),
        ("wide_resnet50s_2", "Wide ResNet-50-S-2"),
        ("vgg19_bn", "VGG-19 (BN)"),
        ("cifar-resnet-110-highway=-3", "ResNet-110 (highway)"),
        ("cifar-resnet-164-bottleneck-preact", "ResNet-164 (bottleneck, pre-activation)"),
        ("cifar-plain-56-nobn-normal=0.05", "Plain-56 (no BN, σ = 0.05)"),
        ("teaching-mnist-concat", "MNIST teaching ResNet (concatenation)"),
    ],
)
def test_titles_say_what_differs(name: str, title: str) -> None:
    assert spec(name).title == title


def test_no_two_networks_have_one_title() -> None:
    listed = (*names(), *variants())
    assert len({spec(name).title + spec(name).family for name in listed}) == len(set(listed)) == len(listed)


def test_the_usual_option_is_the_network_itself() -> None:
    assert spec("resnet34-b") == spec("resnet34")
    assert spec("cifar-resnet-20-a") == spec("cifar-resnet-20")


def test_endings_may_come_in_any_order_and_carry_numbers() -> None:
    assert spec("resnext50_32x4d-paper-c") == spec("resnext50_32x4d-c-paper")
    assert spec("cifar-plain-20-xavier-nobn").name == "cifar-plain-20-nobn-xavier"
    assert spec("cifar-resnet-20-highway=-3").gate_bias == -3
    assert spec("cifar-plain-20-normal=0.05").deviation == 0.05


@pytest.mark.parametrize(
    ("spellings", "name"),
    [
        (("normal", "normal=0.01", "normal=1e-2", "normal=.010"), "cifar-resnet-20-normal"),
        (("normal=0.05", "normal=5E-2", "normal=0.0500"), "cifar-resnet-20-normal=0.05"),
        (("normal=0.00001", "normal=1e-05"), "cifar-resnet-20-normal=0.00001"),
        (("normal=0.012345678",), "cifar-resnet-20-normal=0.012345678"),
        (("highway", "highway=-6.0"), "cifar-resnet-20-highway"),
        (("highway=0", "highway=-0"), "cifar-resnet-20-highway=0"),
        (("gated=-3", "gated=-3e0"), "cifar-resnet-20-gated=-3"),
    ],
)
def test_a_number_has_one_spelling_in_a_name(spellings: tuple[str, ...], name: str) -> None:
    found = {spec(f"cifar-resnet-20-{spelling}") for spelling in spellings}
    assert [made.name for made in found] == [name]
    assert found == {spec(name)}


@pytest.mark.parametrize(
    ("name", "giga_macs"),
    [
        ("resnet18", 1.8),
        ("resnet34", 3.6),
        ("resnet50-paper", 3.8),
        ("resnet101-paper", 7.6),
        ("resnet152-paper", 11.3),
        ("vgg19", 19.6),
    ],
)
def test_macs_are_the_papers_where_the_stride_is(name: str, giga_macs: float) -> None:
    """He et al. 2015, Table 1."""
    assert blueprint(spec(name)).macs / 1e9 == pytest.approx(giga_macs, rel=0.02)


@pytest.mark.parametrize(
    ("name", "millions", "giga_macs"),
    [
        ("resnet26d", 16.01, 2.60),
        ("resnet50c", 25.58, 4.35),
        ("resnet50d", 25.58, 4.35),
        ("resnet50s", 25.68, 5.47),
        ("resnet26t", 16.01, 3.35),
        ("resnet101d", 44.57, 8.08),
        ("resnet200d", 64.69, 20.0),
    ],
)
def test_sizes_are_timms(name: str, millions: float, giga_macs: float) -> None:
    plan = blueprint(spec(name), 256 if name in ("resnet26t", "resnet200d") else None)
    assert plan.parameters / 1e6 == pytest.approx(millions, abs=0.006)
    assert plan.macs / 1e9 == pytest.approx(giga_macs, rel=0.01)


@pytest.mark.parametrize("name", ["resnet50", "wide_resnet101_2", "resnext50_32x4d", "resnext101_64x4d"])
def test_macs_are_torchvisions(name: str) -> None:
    from torchvision.models import get_model_weights

    theirs = get_model_weights(name)["DEFAULT"].meta["_ops"]
    assert blueprint(spec(name)).macs / 1e9 == pytest.approx(theirs, abs=0.001)


@pytest.mark.parametrize("name", names())
def test_the_depth_counts_the_weighted_layers_without_projections(name: str) -> None:
    plan = blueprint(spec(name))
    assert sum(layer.kind in ("conv", "linear") for layer in plan.layers) == plan.spec.depth


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
        ("cifar-resnet-10000", "too deep.*6n . 2, 9998 at most"),
        ("cifar-plain-100000", "too deep.*9998 at most"),
        ("cifar-resnet-" + "9" * 5000, "too deep.*9998 at most"),
        ("cifar-resnet-100000-bottleneck", "too deep.*9n . 2, 9992 at most"),
        ("cifar-resnet-57", "the nearest are 56 or 62"),
        ("cifar-resnet-165-bottleneck", "the nearest are 164 or 173"),
        ("cifar-resnet-9997", "the nearest are 9992 or 9998"),
        ("cifar-resnet-3", "the nearest are 8 or 14"),
        ("", "no network called ;"),
        ("resnet19", "no network called resnet19; did you mean resnet1.*networks. lists all"),
        ("resnet", "no network called resnet"),
        ("plain18-a", "no network called plain18-a"),
        ("resnet18-paper", "no network called resnet18-paper"),
        ("resnet50-d", "no network called"),
        ("resnet50f", "no network called"),
        ("resnet50dv2", "no network called"),
        ("resnet200v2", "no network called"),
        ("resnet50d-a", "no network called resnet50d-a"),
        ("resnext50_32x4d-c-a", "no network called"),
        ("cifar-resnet-20-highway=x", "no network called"),
        ("cifar-resnet-20-normal=-1", "no network called"),
        ("cifar-resnet-20-nobn=3", "no network called"),
        ("cifar-plain-20-highway", "no network called"),
        ("cifar-resnet-20-highway-gated", "no network called"),
        ("resnet18-nobn", "no network called"),
        ("plain50v2", "no network called"),
        ("resnet34v2", "no network called"),
        ("cifar-resnet-32-bottleneck", "depth of a bottleneck CIFAR network is 9n.*not 32"),
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


def test_multipliers_of_branches_stand_for_batch_normalisation() -> None:
    skipinit, fixup = spec("cifar-resnet-56-skipinit"), spec("cifar-resnet-20-preact-fixup")
    assert (skipinit.title, fixup.title) == ("ResNet-56 (SkipInit)", "ResNet-20 (pre-activation, Fixup)")
    assert not skipinit.is_normalised
    assert skipinit.has_multipliers
    assert spec("cifar-resnet-56-nobn-skipinit") == skipinit, "that it has no BN is said already"
    for name in (
        "cifar-plain-20-skipinit", "cifar-resnet-20-fixup-xavier", "cifar-resnet-20-skipinit-fixup", "resnet18-fixup",
        "cifar-resnet-20-highway-skipinit", "cifar-resnet-20-bnafter-skipinit", "cifar-resnet-20-relubefore-fixup",
        "cifar-resnet-20-skipinit=1",
    ):  # fmt: skip
        with pytest.raises(UnknownNetworkError, match="no network called"):
            spec(name)
    assert {"cifar-resnet-56-skipinit", "cifar-resnet-56-fixup"} < set(variants())
    assert of_plain(["-skipinit", "-c"]) == ("-nobn",)
