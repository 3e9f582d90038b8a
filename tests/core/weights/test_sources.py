"""Weights by name, by file, and by download; what a file tells, what is remembered for it, what is refused."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from resnet_viewer import paths
from resnet_viewer.core import preprocessing
from resnet_viewer.core.network import build
from resnet_viewer.core.weights import published
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.cards import Card, remember
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import described
from resnet_viewer.core.weights.weight_files import WeightFileError, save_safetensors
from resnet_viewer.media.downloads import DownloadError
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import (
    CIFAR10_CLASSES,
    CIFAR10_PREPROCESSING,
    IMAGENET_PREPROCESSING,
    Preprocessing,
)
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef

OWN = Preprocessing(40, 32, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, torch's cache and the assets of their own."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(paths, "asset", lambda *parts: tmp_path.joinpath("assets", *parts))
    (tmp_path / "assets" / "weights").mkdir(parents=True)
    return tmp_path


def _state(network: NetworkSpec) -> dict[str, Tensor]:
    return dict(build(network).state_dict())


def _same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[key], wanted[key]) for key in wanted)


def _bundle(home: Path, network: NetworkSpec) -> dict[str, Tensor]:
    card = {
        "network": network.name,
        "mean": json.dumps([0.4914, 0.4822, 0.4465]),
        "std": json.dumps([0.2470, 0.2435, 0.2616]),
        "input_size": "32",
        "classes": json.dumps(CIFAR10_CLASSES),
        "card": "{}",
    }
    state = _state(network)
    save_safetensors(home / "assets" / "weights" / f"{network.name}.safetensors", state, metadata=card)
    return state


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_torchvisions_networks_come_back_from_every_kind_of_file(
    tmp_path: Path, name: str, kind: str
) -> None:
    import torchvision

    state = torchvision.models.get_model(name, num_classes=5).state_dict()
    path = tmp_path / "own.pth"
    if kind == "safetensors":
        save_file(state, path)
    else:
        wrapped = {"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 90}
        torch.save(wrapped, path, _use_new_zipfile_serialization=kind == "zip")
    report = weights.identify(path)
    assert (report.spec.name, report.spec.classes, report.others, report.sentence) == (name, 5, (), "")
    assert report.spec.weights.source == "file"
    assert (report.preprocessing, report.class_names) == (None, ())
    found = weights.resolve(report.spec)
    assert _same(found, state)
    build(report.spec, found)


def test_of_two_that_fit_the_residual_one_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "w.th"
    torch.save(_state(spec("cifar-resnet-14")), path)
    report = weights.identify(path)
    assert report.spec.name == "cifar-resnet-14"
    assert [other.name for other in report.others] == ["cifar-plain-14"]
    assert report.others[0].weights == report.spec.weights
    assert report.sentence == (
        "w.th fits ResNet-14 and Plain-14 alike, because option A shortcuts have no weights; "
        "it is taken for ResNet-14, the residual one of the paper's own form."
    )


def test_a_card_tells_network_preprocessing_and_names(home: Path) -> None:
    state = _bundle(home, spec("cifar-plain-8"))
    report = weights.identify(home / "assets" / "weights" / "cifar-plain-8.safetensors")
    assert (report.spec.name, report.sentence) == ("cifar-plain-8", "")
    assert [other.name for other in report.others] == ["cifar-resnet-8"]
    assert (report.preprocessing, report.class_names) == (CIFAR10_PREPROCESSING, CIFAR10_CLASSES)
    assert preprocessing.default_for(report.spec) == (CIFAR10_PREPROCESSING, CIFAR10_CLASSES)
    assert not described(report.spec).is_assumed
    assert _same(weights.resolve(report.spec), state)


def test_a_card_that_names_another_network_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_safetensors(
        path, _state(spec("cifar-resnet-8")), metadata={"network": "resnet50", "mean": "[0", "std": "x"}
    )
    report = weights.identify(path)
    assert report.spec.name == "cifar-resnet-8"
    assert report.sentence.startswith(
        "w.safetensors says that it is resnet50, which its weights do not fit; it fits"
    )
    assert report.preprocessing is None


def test_what_was_chosen_for_a_file_is_kept_for_it(tmp_path: Path) -> None:
    path = tmp_path / "w.th"
    torch.save(_state(spec("cifar-resnet-8", classes=2)), path)
    first = weights.identify(path)
    assert described(first.spec).is_assumed
    assert preprocessing.default_for(first.spec) == (CIFAR10_PREPROCESSING, ())
    remember(first.spec.weights.digest, Card("cifar-plain-8", OWN, ("cat", "dog")))
    path.rename(tmp_path / "renamed.th")
    again = weights.identify(tmp_path / "renamed.th")
    assert (again.spec.name, again.preprocessing, again.class_names) == ("cifar-plain-8", OWN, ("cat", "dog"))
    assert again.sentence == "renamed.th is taken for Plain-8, as you chose before."
    assert preprocessing.default_for(again.spec) == (OWN, ("cat", "dog"))


def test_one_channel_is_read_and_four_are_refused(tmp_path: Path) -> None:
    for channels in (1, 4):
        torch.save(_state(replace(spec("cifar-resnet-8"), channels=channels)), tmp_path / f"{channels}.pth")
    grey = weights.identify(tmp_path / "1.pth").spec
    assert grey.channels == 1
    assert preprocessing.default_for(grey)[0] == Preprocessing(32, 32, (0.0,), (1.0,))
    with pytest.raises(UserError, match="4 channels, and pictures have 1 or 3"):
        weights.identify(tmp_path / "4.pth")


def test_another_networks_file_is_refused_with_the_first_difference(tmp_path: Path) -> None:
    torch.save({"encoder.0.weight": torch.ones(3), "encoder.0.bias": torch.ones(3)}, tmp_path / "vit.pth")
    with pytest.raises(UserError, match=r"vit\.pth holds no network that is known here"):
        weights.identify(tmp_path / "vit.pth")
    torch.save(_state(spec("cifar-resnet-8")), tmp_path / "w.pth")
    ref = WeightsRef("file", str(tmp_path / "w.pth"))
    with pytest.raises(UserError, match=r"w\.pth does not fit cifar-resnet-14, which needs layer1\.1\.conv1"):
        weights.resolve(replace(spec("cifar-resnet-14"), weights=ref))


def test_a_file_that_changed_since_is_another_network(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(_state(spec("cifar-resnet-8")), path)
    opened = weights.identify(path).spec
    torch.save(_state(replace(spec("cifar-resnet-8"), seed=1)), path)
    with pytest.raises(UserError, match="has changed since it was opened"):
        weights.resolve(opened)


def test_bundled_weights_come_first_and_none_means_the_seed(home: Path) -> None:
    network = spec("cifar-resnet-8")
    assert weights.default_for(network) == NO_WEIGHTS
    assert weights.resolve(network) == {}
    state = _bundle(home, network)
    ref = weights.default_for(network)
    assert ref == WeightsRef("bundled", "cifar-resnet-8")
    assert weights.is_cached(ref, network)
    assert _same(weights.resolve(replace(network, weights=ref)), state)
    assert list(weights.download(ref, network)) == []
    assert weights.default_for(spec("cifar-resnet-8", classes=3)) == NO_WEIGHTS
    with pytest.raises(UserError, match="no weights called cifar-resnet-8"):
        weights.resolve(replace(spec("cifar-resnet-14"), weights=ref))


class TestParse:
    """`--weights FILE|NAME|none`."""

    def test_none_and_bundled(self, home: Path) -> None:
        network = spec("cifar-resnet-8")
        _bundle(home, network)
        bundled = replace(network, weights=WeightsRef("bundled", network.name))
        assert weights.parse("none", bundled) == (network, None)
        assert weights.parse("Bundled", network) == (bundled, None)

    def test_a_file_tells_its_network_or_must_be_the_named_one(self, tmp_path: Path) -> None:
        path = tmp_path / "w.th"
        torch.save(_state(spec("cifar-resnet-8", classes=4)), path)
        told, report = weights.parse(str(path), None)
        assert (told.name, told.classes) == ("cifar-resnet-8", 4)
        assert report is not None
        plain, report = weights.parse(str(path), spec("cifar-plain-8"))
        assert (plain.name, plain.classes, plain.weights) == ("cifar-plain-8", 4, told.weights)
        assert report is not None
        assert (report.spec, report.others, report.sentence) == (plain, (told,), "")
        with pytest.raises(UserError, match=r"w\.th holds cifar-resnet-8 or cifar-plain-8, not resnet18"):
            weights.parse(str(path), spec("resnet18"))

    @pytest.mark.parametrize(
        ("text", "network", "reason"),
        [
            ("gone.pth", None, r"There is no file gone\.pth"),
            ("IMAGENET1K_V2", None, "say which with --network NAME"),
            ("none", None, "say which with --network NAME"),
            (
                "IMAGENET1K_V2",
                "resnet18",
                "resnet18 has no weights called IMAGENET1K_V2.*it has IMAGENET1K_V1 and none",
            ),
            ("IMAGENET1K_V1", "cifar-resnet-8", "it has only none"),
            ("DEFAULT", "plain18", "plain18 has no weights called DEFAULT"),
            ("bundled", "resnet50", "it has IMAGENET1K_V2, IMAGENET1K_V1 and none"),
            ("ResNet18_Weights.DEFAULT", "resnet50", "weights of resnet18, not of resnet50"),
            (
                "imagenet1k_v1",
                "resnet50",
                "IMAGENET1K_V1 for resnet50 are not on this computer yet: download them",
            ),
            ("DEFAULT", "resnet50", "IMAGENET1K_V2 for resnet50 are not on this computer yet"),
        ],
    )
    def test_what_is_wrong_is_said_in_a_sentence(self, text: str, network: str | None, reason: str) -> None:
        with pytest.raises((UserError, WeightFileError), match=reason):
            weights.parse(text, spec(network) if network else None)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Tensor]]:
    """torchvision's ResNet-18, at the same file name, on loopback; the state dict that is served."""
    import hashlib

    state = _state(spec("resnet18"))
    (tmp_path / "served").mkdir()
    path = tmp_path / "served" / "unnamed"
    torch.save(state, path)
    prefix = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    path.rename(tmp_path / "served" / f"resnet18-{prefix}.pth")
    handler = partial(_Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        theirs = published.look_up("resnet18", "IMAGENET1K_V1")
        url = f"http://127.0.0.1:{serving.server_port}/resnet18-{prefix}.pth"
        ours = replace(theirs, url=url, sha256_prefix=prefix)
        monkeypatch.setattr(published, "look_up", lambda *_: ours)
        try:
            yield state
        finally:
            serving.shutdown()
            thread.join()


V1 = WeightsRef("torchvision", "IMAGENET1K_V1")


def test_torchvisions_weights_are_downloaded_once_and_loaded(server: dict[str, Tensor], home: Path) -> None:
    network = spec("resnet18")
    assert weights.available(network) == (V1,)
    assert not weights.is_cached(V1, network)
    with pytest.raises(UserError, match="not on this computer yet"):
        weights.resolve(replace(network, weights=V1))
    seen: list[Progress] = []
    parsed, report = weights.parse("ResNet18_Weights.DEFAULT", None, progress=seen.append)
    assert (parsed, report) == (replace(network, weights=V1), None)
    assert seen[-1].done == seen[-1].total == next((home / "torch/hub/checkpoints").iterdir()).stat().st_size
    assert list(weights.download(V1, network)) == [], "it is here already"
    assert weights.default_for(network) == V1
    assert _same(weights.resolve(parsed), server)
    found, names = preprocessing.default_for(parsed)
    assert found == IMAGENET_PREPROCESSING
    assert (len(names), names[0]) == (1000, "tench")


def test_a_cancelled_download_leaves_nothing(server: dict[str, Tensor], home: Path) -> None:
    running = weights.download(V1, spec("resnet18"))
    next(running)
    running.close()
    assert list((home / "torch/hub/checkpoints").iterdir()) == []


def test_a_damaged_download_or_cache_is_refused(server: dict[str, Tensor], home: Path) -> None:
    network = replace(spec("resnet18"), weights=V1)
    list(weights.download(V1, network))
    (cached,) = (home / "torch/hub/checkpoints").iterdir()
    torch.save(_state(replace(network, seed=1, weights=NO_WEIGHTS)), cached)
    with pytest.raises(UserError, match="is damaged: delete it from"):
        weights.resolve(network)
    cached.unlink()
    served = home / "served" / cached.name
    served.write_bytes(served.read_bytes()[:-1] + b"\1")
    with pytest.raises(DownloadError, match="damaged"):
        list(weights.download(V1, network))
    assert list((home / "torch/hub/checkpoints").iterdir()) == []


def test_weights_that_torchvision_does_not_have_are_not_downloaded() -> None:
    with pytest.raises(UserError, match="no weights called IMAGENET1K_V9"):
        list(weights.download(WeightsRef("torchvision", "IMAGENET1K_V9"), spec("resnet18")))


def _shared() -> Path | None:
    folders = (parent / "shared" / "data" / "checkpoints" for parent in Path(__file__).resolve().parents)
    return next((folder for folder in folders if folder.is_dir()), None)


@pytest.mark.data
@pytest.mark.parametrize(("depth", "file"), [(20, "resnet20-12fca82f.th"), (56, "resnet56-4bfd9763.th")])
def test_the_checkpoints_of_others_tell_their_network(depth: int, file: str) -> None:
    folder = _shared()
    if folder is None or not (folder / file).is_file():
        pytest.skip(f"{file} is not on this computer")
    report = weights.identify(folder / file)
    assert report.spec.name == f"cifar-resnet-{depth}"
    assert [other.name for other in report.others] == [f"cifar-plain-{depth}"]
    assert report.spec.classes == 10
    assert report.spec.weights.digest.startswith(file.partition("-")[2].partition(".")[0])
    theirs = torch.load(folder / file, map_location="cpu", weights_only=True)["state_dict"]
    network = build(report.spec, weights.resolve(report.spec))
    assert torch.equal(network.fc.weight, theirs["module.linear.weight"])
    assert torch.equal(network.conv1.weight, theirs["module.conv1.weight"])
