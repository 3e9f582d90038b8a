"""Data sets read from invented folders, whole and damaged."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viewer.core import preprocessing
from resnet_viewer.core.data import folder_data
from resnet_viewer.core.data import folder_data as memory
from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.folder_data import load
from resnet_viewer.core.data.picture_folders import DatasetError, class_names_of, labelled_files
from resnet_viewer.media.pictures import PictureError
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.training import PictureCounts
from tests.core.data.folders_written import write_data, write_folder


def read(folder: Path, **options: int) -> Data:
    *_, data = load(folder, 8, **options)
    assert isinstance(data, Data)
    return data


def numbers(data: Data) -> list[list[tuple[int, int]]]:
    """Each side's pictures, as class and number in their class."""
    return [
        list(zip(part.labels.tolist(), (part.images[:, 1, 4, 4] // 10).tolist(), strict=True))
        for part in (data.train, data.test)
    ]


def test_a_folder_becomes_labelled_bytes(tmp_path: Path) -> None:
    *progress, data = load(write_data(tmp_path), 8)
    assert isinstance(data, Data)
    assert progress
    assert all(isinstance(step, Progress) and step.total == 8 for step in progress)
    assert data.train.classes == data.test.classes == ("a", "b")
    assert (len(data.train), len(data.test)) == (6, 2)
    assert data.train.images.dtype == torch.uint8
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.train.images[:, 0, 4, 4].tolist() == [0, 0, 0, 40, 40, 40]
    assert data.train.images[:, 1, 4, 4].tolist() == [0, 10, 20, 0, 10, 20]
    assert data.train.images[:, :, 0, 0].unique().tolist() == [255], "upright, not mirrored"


def test_pictures_of_another_size_are_resized_and_cropped(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 20:] = 200
    write_data(tmp_path)
    Image.fromarray(pixels).save(tmp_path / "test" / "a" / "0.png")
    found = read(tmp_path).test.images
    assert found.shape == (2, 3, 8, 8)
    assert found[0, 0, 4].tolist()[:3] == [0, 0, 0], "the centre square is kept: black left, grey right"
    assert found[0, 0, 4].tolist()[5:] == [200, 200, 200]


def test_files_are_sorted_by_class_and_number(tmp_path: Path) -> None:
    write_folder(tmp_path, ("zebra", "ant"), each=11)
    classes, files = labelled_files(tmp_path)
    assert classes == ("ant", "zebra")
    assert [path.stem for path, _ in files[:11]] == [str(n) for n in range(11)]
    assert [label for _, label in files] == [0] * 11 + [1] * 11


def test_what_is_no_data_set_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="There is no folder"):
        list(load(tmp_path / "nowhere", 8))
    with pytest.raises(DatasetError, match="holds no pictures in subfolders"):
        list(load(tmp_path, 8))
    write_folder(tmp_path / "train")
    with pytest.raises(DatasetError, match="holds no folder called test"):
        list(load(tmp_path, 8))
    write_folder(tmp_path / "test", ("a", "c"))
    with pytest.raises(DatasetError, match=r"classes in .* differ"):
        list(load(tmp_path, 8))
    (tmp_path / "empty" / "a").mkdir(parents=True)
    with pytest.raises(DatasetError, match="holds no pictures in subfolders"):
        labelled_files(tmp_path / "empty")
    with pytest.raises(DatasetError, match="is not a folder"):
        labelled_files(tmp_path / "train" / "a" / "0.png")


def test_classes_are_told_without_reading_a_picture(tmp_path: Path) -> None:
    write_folder(tmp_path / "train")
    for path in (tmp_path / "train").rglob("*.png"):
        path.write_text("junk")
    assert class_names_of(tmp_path / "train") == ("a", "b")
    write_folder(tmp_path / "test", ("a", "c"))
    with pytest.raises(DatasetError, match=r"classes in .* differ"):
        class_names_of(tmp_path)
    write_folder(tmp_path / "one", ("only",))
    with pytest.raises(DatasetError, match="holds one class, only; give two or more"):
        class_names_of(tmp_path / "one")
    (tmp_path / "empty" / "test").mkdir(parents=True)
    (tmp_path / "empty" / "train").mkdir()
    with pytest.raises(DatasetError, match="train holds no pictures"):
        class_names_of(tmp_path / "empty")


def test_one_folder_is_split_by_seed_a_fifth_of_every_class(tmp_path: Path) -> None:
    write_folder(tmp_path / "shapes", each=10)
    data, again, other = (read(tmp_path / "shapes", seed=seed) for seed in (1, 1, 2))
    assert data.test.labels.tolist() == [0, 0, 1, 1]
    assert len(data.train) == 16
    assert torch.equal(data.test.images, again.test.images)
    assert not torch.equal(data.test.images, other.test.images)
    greens = [part.images[:, 1, 4, 4] + part.labels for part in (data.train, data.test)]
    assert len(torch.cat(greens).unique()) == 20, "every picture is on one side, with its own label"
    assert data.remark == (
        "shapes has no test set of its own: a fifth of each class, drawn with seed 1, is kept for testing "
        "(4 of 20 pictures)."
    )
    assert class_names_of(tmp_path / "shapes") == ("a", "b")


def test_a_class_with_one_picture_cannot_be_split(tmp_path: Path) -> None:
    write_folder(tmp_path, each=1)
    with pytest.raises(DatasetError, match="holds 1 picture of a; each class needs two"):
        list(load(tmp_path, 8))


def test_pictures_become_grey_for_networks_of_one_channel(tmp_path: Path) -> None:
    write_data(tmp_path)
    Image.new("RGB", (8, 8), (200, 100, 0)).save(tmp_path / "test" / "a" / "0.png")
    found = read(tmp_path, channels=1).test.images
    assert found.shape == (2, 1, 8, 8)
    assert found[0].unique().tolist() == [round(0.299 * 200 + 0.587 * 100)]


def test_hidden_folders_are_no_classes(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    (folder / "train" / ".ipynb_checkpoints").mkdir()
    assert class_names_of(folder) == ("a", "b")


def test_a_class_without_pictures_is_refused_before_any_is_read(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    for part in ("train", "test"):
        (folder / part / "c").mkdir()
    for refused in (class_names_of, lambda path: next(load(path, 8))):
        with pytest.raises(DatasetError, match="c holds no pictures; fill that folder, or remove it"):
            refused(folder)


def test_one_class_alone_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, ("a",))
    with pytest.raises(DatasetError, match="holds one class, a; give two or more"):
        class_names_of(tmp_path)


def test_pictures_that_cannot_be_read_are_left_out_and_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", each=20)
    write_folder(tmp_path / "test", each=5)
    for broken in ("train/a/3.png", "train/b/0.png", "test/b/2.png"):
        (tmp_path / broken).write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    data = read(tmp_path)
    assert data.remark == (
        "3 of 50 pictures cannot be read and are left out: train/a/3.png, train/b/0.png and test/b/2.png."
    )
    assert data.counts == PictureCounts(38, 9, 3)
    train, test = numbers(data)
    assert train == [(0, n) for n in range(20) if n != 3] + [(1, n) for n in range(1, 20)]
    assert test == [(0, n) for n in range(5)] + [(1, n) for n in range(5) if n != 2]


def test_pictures_whose_pixels_are_damaged_are_left_out_and_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", each=20, side=24)
    write_folder(tmp_path / "test", each=5, side=24)
    for damaged in ("train/a/3.png", "test/b/2.png"):
        data = bytearray((tmp_path / damaged).read_bytes())
        data[data.index(b"IDAT") + 12] ^= 4
        (tmp_path / damaged).write_bytes(data)
    assert read(tmp_path).remark == (
        "2 of 50 pictures cannot be read and are left out: train/a/3.png and test/b/2.png."
    )


def test_a_strip_is_cut_before_it_would_grow_to_gigabytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resize = Image.Image.resize

    def watched(image: Image.Image, size: tuple[int, int], *rest: object) -> Image.Image:
        assert size[0] * size[1] <= 1000, "the whole strip is resized"
        return resize(image, size, *rest)

    write_data(tmp_path)
    Image.new("RGB", (3, 9000), (9, 8, 7)).save(tmp_path / "test" / "a" / "0.png")
    monkeypatch.setattr(preprocessing, "_LARGEST_RESIZED", 1000)
    monkeypatch.setattr(Image.Image, "resize", watched)
    assert read(tmp_path).test.images[0, :, 4, 4].tolist() == [9, 8, 7]


def test_pictures_of_16_bits_that_may_have_12_are_counted(tmp_path: Path) -> None:
    write_data(tmp_path)
    for name, value in (("0", 4000), ("1", 5000), ("2", 300)):
        Image.fromarray(np.full((8, 8), value, np.uint16)).save(tmp_path / "train" / "a" / f"{name}.png")
    assert read(tmp_path).remark.startswith(
        "2 of the pictures have 16 bits a pixel, use no more than 12 of them"
    )


def test_a_class_without_test_pictures_is_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", ("a", "b", "c"))
    write_folder(tmp_path / "test", ("a", "b", "c"))
    for name in ("b", "c"):
        for path in (tmp_path / "test" / name).iterdir():
            path.unlink()
    assert read(tmp_path).remark == (
        "There are no test pictures of b and c: the test error says nothing of such pictures."
    )


def test_only_the_first_few_of_many_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "shapes", each=25)
    for number in range(5):
        (tmp_path / "shapes" / "a" / f"{number}.png").write_text("junk")
    data = read(tmp_path / "shapes")
    assert data.left_out == 5
    assert data.remark.endswith(
        "(10 of 50 pictures). 5 of 50 pictures cannot be read and are left out: a/0.png, a/1.png, a/2.png and 2 more."
    )
    (tmp_path / "shapes" / "b" / "9.png").write_text("junk")
    with pytest.raises(
        DatasetError, match=r"More than one in ten of the 50 .* \(a/0[.]png.* and 3 more\); mend"
    ):
        read(tmp_path / "shapes")


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_that_cannot_be_read_moves_no_other_to_the_other_side(seed: int, tmp_path: Path) -> None:
    write_folder(tmp_path, each=12)
    whole = numbers(read(tmp_path, seed=seed))
    (tmp_path / "a" / "4.png").write_text("junk")
    assert numbers(read(tmp_path, seed=seed)) == [[one for one in side if one != (0, 4)] for side in whole]


def test_a_class_that_is_left_without_pictures_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", each=20)
    write_folder(tmp_path / "test", each=1)
    (tmp_path / "test" / "b" / "0.png").write_text("junk")
    with pytest.raises(
        DatasetError, match=r"No picture of b in .* can be read, test/b/0[.]png among them; mend"
    ):
        read(tmp_path)


def test_a_lack_of_memory_is_no_fault_of_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(path: Path) -> None:
        raise PictureError(f"{path.name} needs more memory than there is.") from MemoryError()

    write_data(tmp_path)
    monkeypatch.setattr(folder_data, "read", starve)
    with pytest.raises(PictureError, match="needs more memory than there is"):
        read(tmp_path)


def test_pictures_that_do_not_fit_into_memory_are_refused_before_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_data(tmp_path / "flowers")
    monkeypatch.setattr(memory, "free_bytes", lambda: 3 << 30)
    with pytest.raises(UserError) as caught:
        next(load(tmp_path / "flowers", 20_000))
    assert str(caught.value) == (
        "The 8 pictures of flowers take 9.6 GB of memory at 20000×20000 pixels, and this computer has 2.1 GB for them: "
        "choose a smaller side, or give fewer pictures."
    )
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    assert len(read(tmp_path / "flowers").train) == 6


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
@pytest.mark.parametrize("place", ["", "train/a"])
def test_a_folder_whose_name_is_not_text_is_refused_before_a_run_writes_it(
    place: str, tmp_path: Path
) -> None:
    data = write_data(tmp_path / "data")
    strange = (data / place).rename((data / place).with_name(os.fsdecode(b"\xc4pfel")))
    folder = data if place else strange
    for refused in (class_names_of, lambda path: next(load(path, 8))):
        with pytest.raises(DatasetError, match=r"\?pfel is not written in UTF-8, .* rename it") as raised:
            refused(folder)
        str(raised.value).encode()
