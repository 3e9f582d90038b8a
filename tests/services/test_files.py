"""Services answer with exactly what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.core.lab.device_habits import available_devices
from resnet_viewer.core.network import build
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.weight_files import save_safetensors
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.figure_list import AnimationChoice, Drawn, FigureChoice, Suffix
from resnet_viewer.records.lab import DataLent, DataRead, Order
from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    DownloadWeights,
    FindDevices,
    OpenedNetwork,
    OpenNetwork,
    RunPictures,
    WriteAnimation,
    WriteFigure,
    Written,
)
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.services.files import DownloadService, FilesService, catalog_entries
from resnet_viewer.services.lab import LabService
from tests import fabricated


@pytest.mark.parametrize("member", ["IMAGENET1K_V1", "IMAGENET1K_V2"])
def test_the_weights_that_a_spec_names_are_downloaded_and_it_is_opened(
    member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[WeightsRef] = []

    def download(ref: WeightsRef, _spec: NetworkSpec) -> Iterator[Progress]:
        fetched.append(ref)
        yield Progress(1, 2)

    monkeypatch.setattr(weights, "download", download)
    ref = WeightsRef("torchvision", member)
    wanted = replace(spec("resnet50"), weights=ref, input_size=160)
    *_, opened = DownloadService().answer(DownloadWeights("resnet50", wanted))
    assert isinstance(opened, OpenedNetwork)
    assert (fetched, opened.spec) == ([ref], wanted)
    assert opened.preprocessing.crop == 160
    *_, usual = DownloadService().answer(DownloadWeights("resnet50"))
    assert isinstance(usual, OpenedNetwork)
    assert usual.spec.weights.name == "IMAGENET1K_V2", "torchvision's default"


def test_the_window_begins_with_a_network_that_is_built_otherwise() -> None:
    (begun,) = FilesService().answer(Begin("cifar-resnet-8", None, (), options=BuildOptions(classes=4)))
    assert begun.network.spec.classes == 4  # type: ignore[attr-defined]
    (begun,) = FilesService().answer(Begin("cifar-resnet-56", "bundled", (), options=BuildOptions(classes=4)))
    assert "10 classes" in begun.refusals[0]  # type: ignore[attr-defined]


def test_devices_are_those_that_torch_can_use() -> None:
    assert list(FilesService().answer(FindDevices())) == [available_devices()]


def test_the_menus_list_every_download() -> None:
    downloads = {entry.name: entry.download for entry in catalog_entries() if entry.download}
    assert downloads["resnet50"] == "98 MB"
    assert downloads["vgg19"] == "548 MB"


def test_the_lab_lends_its_test_pictures_and_takes_them_back_when_it_is_stopped() -> None:
    work = LabService().answer(Order((), "digits", Path("unused"), device="cpu"))
    data = next(report for report in work if isinstance(report, DataLent))
    assert data.shape == (359, 1, 8, 8)
    assert data.read.count == 1438
    assert data.path.stat().st_size == 359 * 64
    work.close()  # type: ignore[attr-defined]
    assert not data.path.exists()


@pytest.mark.parametrize(
    ("suffix", "is_told"), [("png", True), ("pdf", True), ("svg", False), ("csv", False)]
)
def test_names_that_no_font_can_draw_are_told_where_they_are_boxes(
    suffix: Suffix, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resnet_viewer.services.files.drawn", lambda *_: Drawn(b"drawn"))
    unassigned = "\u0378"
    monkeypatch.setattr("resnet_viewer.figures.fonts.lacking", lambda text: unassigned * (unassigned in text))
    data = DataRead(1, np.zeros((0, 1, 8, 8), np.uint8), np.zeros(0, np.int64), ("cat", unassigned))
    request = WriteFigure(
        RunPictures({}, data, {}), FigureChoice("confusion", suffix), tmp_path / f"x.{suffix}"
    )
    (written,) = FilesService().answer(request)
    assert isinstance(written, Written)
    assert ("they are boxes" in written.remark) == is_told


def test_a_file_is_opened_with_its_shortcuts_as_training_left_them(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    told = {"network": "cifar-resnet-8", "shortcut_strength": "0.5"}
    save_safetensors(path, build(spec("cifar-resnet-8")).state_dict(), metadata=told)
    (opened,) = FilesService().answer(OpenNetwork(path))
    assert isinstance(opened, OpenedNetwork)
    assert opened.state.wiring == Wiring.evenly(3, 0.5)
    assert "all shortcuts open by 0.5" in opened.sentence
    (begun,) = FilesService().answer(Begin("", str(path)))
    assert isinstance(begun, Begun)
    assert begun.network.state == opened.state


@pytest.mark.parametrize("goes_back", [True, False])
def test_an_animation_has_a_picture_of_every_state(tmp_path: Path, goes_back: bool) -> None:
    shown = fabricated.scene(spec("cifar-resnet-20"))
    scenes = tuple(
        replace(shown, now=fabricated.scene(spec("cifar-resnet-20"), cut=cut).now)
        for cut in ((), (2,), (2, 3))
    )
    choice = AnimationChoice(frames=3, seconds=1.0, goes_back=goes_back, width=4.0, height=3.0)
    answers = list(FilesService().answer(WriteAnimation(scenes, choice, tmp_path / "a.gif")))
    assert answers == [Progress(1, 3), Progress(2, 3), Progress(3, 3), Written(tmp_path / "a.gif")]
    with Image.open(tmp_path / "a.gif") as made:
        assert made.n_frames == (4 if goes_back else 3)
