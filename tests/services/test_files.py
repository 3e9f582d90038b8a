"""Services answer with exactly what was asked for."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.core.lab.device_habits import available_devices
from resnet_viewer.core.network import build
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.weight_files import save_safetensors
from resnet_viewer.media import pictures
from resnet_viewer.records.album import Album
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.figure_list import AnimationChoice, Drawn, FigureChoice, Suffix
from resnet_viewer.records.lab import DataLent, DataRead, Order
from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    DownloadWeights,
    FindDevices,
    MakeThumbnails,
    OpenedNetwork,
    OpenNetwork,
    ReadBatch,
    ReadFolder,
    ReadPicture,
    RunPictures,
    StepPicture,
    Thumbnail,
    WriteAnimation,
    WriteFigure,
    Written,
)
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.services.figures import frames
from resnet_viewer.services.files import DownloadService, FilesService, catalog_entries, sample_pictures
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """1.png to 4.png, of which the first and the third cannot be read."""
    for number in range(1, 5):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(tmp_path / f"{number}.png")
    for number in (1, 3):
        (tmp_path / f"{number}.png").write_bytes(b"nothing")
    return tmp_path


def answers(request: object, service: FilesService | None = None) -> list[Any]:
    return list((service or FilesService()).answer(request))


def test_a_folder_is_opened_at_its_first_picture_that_can_be_read(folder: Path) -> None:
    [opened] = answers(ReadPicture((folder,)))
    assert opened.picture.name == "2.png"
    assert opened.album == Album(tuple(folder / f"{n}.png" for n in range(1, 5)))
    assert [said.split()[0] for said in opened.refusals] == ["1.png"]


def test_a_batch_is_what_of_it_can_be_read_and_what_is_at_hand_is_not_read_again(folder: Path) -> None:
    paths = tuple(folder / f"{n}.png" for n in range(1, 5))
    [opened] = answers(ReadBatch(paths))
    assert [opened.picture.name, *(other.name for other in opened.others)] == ["2.png", "4.png"]
    assert [said.split()[0] for said in opened.refusals] == ["1.png", "3.png"]
    (folder / "2.png").unlink()
    [again] = answers(ReadBatch(paths, at_hand=(opened.picture,)))
    assert again.picture is opened.picture
    with pytest.raises(UserError, match=r"^1\.png"):
        answers(ReadBatch(paths[:1]))


def test_many_unreadable_pictures_are_counted(tmp_path: Path) -> None:
    for number in range(1, 9):
        (tmp_path / f"{number}.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"1\.png .* 3\.png .* Nor can five other pictures be read\.$"):
        answers(ReadPicture((tmp_path,)))


def test_a_folder_is_listed_anew_only_where_it_has_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[Path] = []
    find = pictures.pictures_in

    def counting(folder: Path) -> tuple[Path, ...]:
        listed.append(folder)
        return find(folder)

    monkeypatch.setattr(pictures, "pictures_in", counting)
    service = FilesService()
    os.utime(folder, (1, 1))
    [first] = answers(ReadFolder(folder), service)
    [step] = answers(StepPicture(folder / "2.png", 2), service)
    [second] = answers(ReadFolder(folder), service)
    assert (step.picture.name, second.album is first.album, len(listed)) == ("4.png", True, 1)
    (folder / "5.png").write_bytes(b"")
    [third] = answers(ReadFolder(folder), service)
    assert third.album.paths[-1].name == "5.png"
    (folder / "6.png").write_bytes(b"")  # perhaps within the same tick of the clock
    [fourth] = answers(ReadFolder(folder), service)
    assert fourth.album.paths[-1].name == "6.png"


def test_steps_go_over_what_cannot_be_read_in_their_own_direction(folder: Path) -> None:
    for start, step, wished in ((2, 1, "4.png"), (4, -1, "2.png"), (2, -1, "4.png"), (4, 3, "4.png")):
        [opened] = answers(StepPicture(folder / f"{start}.png", step))
        assert opened.picture.name == wished, (start, step)


def test_thumbnails_come_one_by_one_and_say_what_cannot_be_read(folder: Path) -> None:
    made = FilesService().answer(MakeThumbnails((folder / "1.png", folder / "2.png"), 4))
    broken, small = cast(Thumbnail, next(made)), cast(Thumbnail, next(made))
    assert (broken.path.name, broken.pixels) == ("1.png", None)
    assert broken.problem.startswith("1.png")
    assert small.pixels is not None
    assert small.pixels.shape == (3, 4, 3)


def test_the_samples_are_there_and_the_first_one_begins() -> None:
    assert [path.name for path in sample_pictures()][:2] == ["cat.jpg", "astronaut.jpg"]
    assert len(sample_pictures()) == 6
    assert all(path.is_file() for path in sample_pictures())


def test_the_pictures_of_a_whole_page_are_of_one_size_though_one_says_more() -> None:
    states = [fabricated.scene(spec("cifar-resnet-20"), cut=cut) for cut in ((), (2,), tuple(range(1, 10)))]
    choice = AnimationChoice(figure="page", frames=3, width=6.4, height=3.6).picture
    sizes = {Image.open(io.BytesIO(picture)).size for picture in frames(states, choice)}
    assert len(sizes) == 1
    assert sizes.pop()[0] > 6.4 * choice.dpi
