"""What the network dialog is told about the networks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_viewer.core.weights.catalog import names, spec, variants
from resnet_viewer.core.weights.published import FILES, torch_cache
from resnet_viewer.services.network_entries import entries, entry_of


def test_every_network_and_variant_is_listed_under_its_own_name() -> None:
    found = entries()
    assert [entry.spec.name for entry in found] == [*names(), *variants()]
    for entry in found:
        assert entry.spec == spec(entry.base + "".join(entry.preset))


def test_every_ending_that_is_offered_is_a_network() -> None:
    for name in (*names(), "cifar-resnet-164-bottleneck"):
        entry = entry_of(name)
        for group in entry.groups:
            for choice in group.choices:
                made = spec(entry.base + choice.ending)
                assert made != spec(entry.base), "it must change something"
                assert "; =" not in choice.words, "that is how a name is typed"


def test_groups_fit_the_family() -> None:
    assert entry_of("vgg16").groups == ()
    assert [group.title for group in entry_of("resnet50").groups] == ["Shortcuts", "Stride"]
    assert [group.title for group in entry_of("teaching-mnist").groups] == ["Merge"]


def test_weights_on_the_disk_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    first, second = entry_of("resnet50").weights
    assert (first.is_here, first.words) == (False, "IMAGENET1K_V2 (download, 98 MB)")
    assert entry_of("resnet50").weights_words == "download, 98 MB"
    cached = torch_cache() / FILES["resnet50"][1].file
    cached.parent.mkdir(parents=True)
    cached.touch()
    first, second = entry_of("resnet50").weights
    assert (first.is_here, second.is_here) == (False, True)
    assert entry_of("resnet50").weights_words == "on disk"
    assert entry_of("cifar-resnet-56").weights_words == "bundled"
    assert entry_of("cifar-plain-8").weights_words == "none"


@pytest.mark.parametrize("home", ["TORCH_HOME", "XDG_CACHE_HOME", None])
def test_the_cache_is_torchs_own(home: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
