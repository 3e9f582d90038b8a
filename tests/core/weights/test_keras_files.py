"""Keras's ResNets from their files: the same logits, and refusals of what is none of them or not simply there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from resnet_viewer.core import preprocessing
from resnet_viewer.core.network import build
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import described
from resnet_viewer.core.weights.weight_files import WeightFileError, metadata, read
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import Preprocessing
from tests.core.weights.keras_written import layers, logits, write

CAFFE = Preprocessing(
    256, 224, (123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255, 1 / 255, 1 / 255)
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of their own."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("layout", ["weights", "model", "new"])
@pytest.mark.parametrize("name", ["resnet50-paper", "resnet50v2", "resnet101-paper", "resnet152v2"])
def test_logits_are_kerass_from_every_layout(tmp_path: Path, name: str, layout: str) -> None:
    is_second = name.endswith("v2")
    network = replace(spec(name, classes=5), widths=(8, 16, 24, 32), input_size=64)
    written = layers(network.depth, is_second=is_second)
    file = read(write(tmp_path / "w.h5", written, layout))
    assert file.network == name
    state = build(network).state_dict()
    assert isinstance(file.content, dict)
    model = build(network, {key: file.content.get(key, counter) for key, counter in state.items()})
    pictures = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    wanted = logits(written, pictures if is_second else pictures.flip(1)).float()
    with torch.no_grad():
        assert torch.allclose(model(pictures), wanted, atol=1e-4 * float(wanted.abs().max()))
    assert float(wanted.abs().max()) > 0.1


def test_the_files_network_preprocessing_and_missing_top_are_told(tmp_path: Path) -> None:
    written = layers(50, widths=(64, 128, 256, 512), classes=0)
    written["conv1_bn"]["moving_variance"][:] = 0.0
    path = write(tmp_path / "notop.h5", written, "weights")
    report = weights.identify(path)
    assert (report.spec.name, report.spec.classes, report.others) == ("resnet50-paper", 0, ())
    assert report.preprocessing == preprocessing.default_for(report.spec)[0] == CAFFE
    assert not described(report.spec).is_assumed
    assert report.sentence == (
        "notop.h5 holds no classifier, so it is opened as ResNet-50 (stride in the 1×1, no classifier)."
    )
    state = weights.resolve(report.spec)
    assert float(state["bn1.running_var"][0]) + 1e-5 == pytest.approx(1.001e-5, rel=1e-6)
    assert state["conv1.weight"][0, 0, 1, 2] == written["conv1_conv"]["kernel"][1, 2, 2, 0]
    with pytest.raises(UserError, match=r"notop\.h5 holds resnet50-paper, not resnet50: choose"):
        weights.parse(str(path), spec("resnet50"))


def _changed(change: Callable[[h5py.File], object]) -> Callable[[Path], object]:
    def written(path: Path) -> None:
        write(path, layers(50, widths=(2, 2, 2, 2)), "weights")
        with h5py.File(path, "r+") as file:
            change(file)

    return written


def _replaced(**how: object) -> Callable[[Path], object]:
    def change(file: h5py.File) -> None:
        del file["conv1_bn/conv1_bn/beta:0"]
        file.create_dataset("conv1_bn/conv1_bn/beta:0", **how)

    return _changed(change)


def _linked(link: object) -> Callable[[Path], object]:
    return _changed(lambda file: file["conv1_bn"].__setitem__("other", link))


def _linked_often(group: h5py.Group, times: int) -> None:
    empty = group.create_group("empty")
    for number in range(times):
        group[f"link{number}"] = empty


def _nameless(path: Path) -> None:
    with h5py.File(write(path, layers(50, widths=(2, 2, 2, 2)), "new"), "r+") as file:
        del file["layers/layer_3/vars"].attrs["name"]


def _virtual(path: Path) -> None:
    source = h5py.VirtualSource("other.h5", "data", shape=(64,))
    layout = h5py.VirtualLayout(shape=(64,), dtype="f4")
    layout[:] = source
    _changed(lambda file: file["conv1_bn"].create_virtual_dataset("gamma", layout))(path)


def _cut(path: Path) -> None:
    data = write(path, layers(50, widths=(2, 2, 2, 2)), "weights").read_bytes()
    path.write_bytes(data[: len(data) // 2])


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another network": (
        lambda path: write(path, {"block1_conv1": {"kernel": np.ones((3, 3, 3, 4), np.float32)}}, "weights"),
        "none of Keras's ResNets",
    ),
    "another layer": (_changed(lambda file: file.create_dataset("se_conv/kernel", data=np.ones(3, "f4"))), "se_conv"),
    "another variable": (_changed(lambda file: file["conv1_bn"].__setitem__("scale", np.ones(3, "f4"))), "scale"),
    "a missing variable": (_changed(lambda file: file.__delitem__("conv1_bn/conv1_bn/beta:0")), "damaged"),
    "a soft link": (_linked(h5py.SoftLink("/conv1_conv")), "other places"),
    "an external link": (_linked(h5py.ExternalLink("other.h5", "/")), "other places"),
    "a circle": (_changed(lambda file: file["conv1_bn"].__setitem__("conv1_bn/again", file["conv1_bn"])), "damaged"),
    "data outside": (_replaced(shape=(64,), dtype="f4", external=[("other.bin", 0, 256)]), "other places"),
    "virtual data": (_virtual, "other places"),
    "compressed": (_replaced(data=np.zeros(64, "f4"), compression="gzip"), "compressed"),
    "claims without data": (_replaced(shape=(1 << 40,), dtype="f4", chunks=(1 << 20,)), "claims to hold more"),
    "numbers that were never written": (
        _replaced(shape=(64,), dtype="f4", chunks=(64,)), "claims to hold more",
    ),
    "sizes that go round at 2^64": (
        _replaced(shape=(1 << 32, 1 << 32), dtype="f4", chunks=(1 << 12, 1 << 12)), "claims to hold more",
    ),
    "more layers than any": (_changed(lambda file: _linked_often(file, 21_000)), "more than the layers of a network"),
    "more links than any": (
        _changed(lambda file: [_linked_often(file.create_group(f"more{n}"), 300) for n in range(80)]), "damaged",
    ),
    "integers": (_replaced(data=np.zeros(64, "i4")), "int32 where weights are floating point"),
    "objects": (_replaced(data=np.zeros(64, "S4")), "S4 where weights"),
    "an early Keras 3": (_nameless, "without its layers' names"),
    "cut": (_cut, "damaged"),
    "the start alone": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n"), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_resnet_or_not_simply_in_the_file_is_refused(tmp_path: Path, kind: str) -> None:
    write_it, said = REFUSED[kind]
    write_it(path := tmp_path / "w.h5")
    with pytest.raises(WeightFileError, match=said) as caught:
        read(path)
    assert str(caught.value).startswith("w.h5 cannot be opened: it ")
    assert str(caught.value).endswith(".")
    metadata(path)


def test_a_network_of_other_shapes_is_refused_against_kerass(tmp_path: Path) -> None:
    path = write(tmp_path / "w.h5", layers(50, widths=(2, 2, 2, 2)), "weights")
    with pytest.raises(
        UserError, match=r"the nearest is resnet50-paper, which needs layer1\.0\.conv1\.weight of"
    ):
        weights.identify(path)
