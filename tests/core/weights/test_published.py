"""The table of torchvision's weights against torchvision itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision

from resnet_viewer.core.weights import published
from resnet_viewer.core.weights.catalog import names, spec
from resnet_viewer.core.weights.published import FILES
from resnet_viewer.records.preprocessing import IMAGENET_MEAN, IMAGENET_PREPROCESSING, IMAGENET_STD


@pytest.mark.parametrize("name", [name for name in names() if published.names(spec(name))])
def test_the_table_is_torchvisions_with_its_default_first(name: str) -> None:
    theirs = torchvision.models.get_model_weights(name)
    assert set(published.names(spec(name))) == {member.name for member in theirs} - {"IMAGENET1K_FEATURES"}
    assert published.names(spec(name))[0] == theirs["DEFAULT"].name
    for file in FILES[name]:
        assert theirs[file.member].url.endswith(f"/{file.file}")
        assert file.megabytes == round(theirs[file.member].meta["_file_size"])


def test_no_network_of_torchvisions_is_forgotten() -> None:
    """Each of ours that torchvision has too is in the table, SWAG's weights aside, which no ResNet has."""
    both = set(names()) & set(torchvision.models.list_models(module=torchvision.models))
    assert {name for name in names() if published.names(spec(name))} == both
    assert {"resnet152", "wide_resnet101_2", "resnext101_64x4d", "vgg19_bn", "alexnet"} <= both


@pytest.mark.parametrize(
    ("name", "member"), [(name, member) for name in names() for member in published.names(spec(name))]
)
def test_every_entry_has_an_address_a_hash_a_preprocessing_and_names(name: str, member: str) -> None:
    found = published.look_up(name, member)
    theirs = torchvision.models.get_model_weights(name)[member]
    assert found.url == theirs.url
    assert found.sha256_prefix in theirs.url
    assert len(found.sha256_prefix) >= 8
    preset = theirs.transforms()
    assert (found.preprocessing.resize, found.preprocessing.crop) == (*preset.resize_size, *preset.crop_size)
    assert found.class_names == tuple(theirs.meta["categories"])
    assert len(found.class_names) == spec(name).classes


def test_other_networks_have_none() -> None:
    others = (spec("plain50"), spec("cifar-resnet-56"), spec("resnet50", classes=10))
    assert [published.names(other) for other in (*others, replace(spec("resnet50"), channels=1))] == [()] * 4
    with pytest.raises(KeyError):
        published.look_up("resnet18", "IMAGENET1K_V2")


def test_address_hash_preprocessing_and_names_are_torchvisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    second = published.look_up("resnet50", "IMAGENET1K_V2")
    assert second.url == torchvision.models.ResNet50_Weights.IMAGENET1K_V2.url
    assert second.sha256_prefix == "11ad3fa6"
    assert second.preprocessing == replace(IMAGENET_PREPROCESSING, resize=232)
    assert (second.preprocessing.mean, second.preprocessing.std) == (IMAGENET_MEAN, IMAGENET_STD)
    assert second.class_names[1] == "goldfish"
    assert second.path == Path(torch.hub.get_dir()) / "checkpoints" / "resnet50-11ad3fa6.pth"
    assert published.look_up("resnet50", "IMAGENET1K_V1").preprocessing == IMAGENET_PREPROCESSING


def test_the_one_that_is_here_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert published.cached(spec("resnet50")) == ()
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "resnet50-0676ba61.pth").touch()
    assert published.cached(spec("resnet50")) == ("IMAGENET1K_V1",)
    assert published.cached(spec("resnet101")) == ()
