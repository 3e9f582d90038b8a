"""Data sets read from invented folders; augmentation traced pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from resnet_viewer.core.datasets import (
    Data,
    PictureSet,
    augmented_batches,
    batches,
    load,
    normalised,
    read_folder,
)
from resnet_viewer.core.picture_folders import DatasetError, class_names_of, labelled_files
from resnet_viewer.records.progress import Progress

MEAN, STD = (0.5, 0.25, 0.125), (0.25, 0.5, 1.0)
PLAIN = {"mean": (0.0,) * 3, "std": (1.0,) * 3}


def write_folder(
    folder: Path, classes: tuple[str, ...] = ("a", "b"), *, each: int = 3, side: int = 8
) -> None:
    """PNG pictures whose red tells the class and whose green tells the number."""
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = np.zeros((side, side, 3), np.uint8)
            pixels[..., 0], pixels[..., 1] = 40 * label, 10 * number
            pixels[0, 0] = 255
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def write_data(folder: Path, **options: int) -> Path:
    write_folder(folder / "train", **options)
    write_folder(folder / "test", each=1)
    return folder


def asymmetric(count: int, side: int = 12) -> PictureSet:
    """Pictures whose every pixel has another value, none of them black."""
    generator = torch.Generator().manual_seed(3)
    pixels = torch.stack([torch.randperm(side * side, generator=generator) for _ in range(count * 3)]) + 1
    images = pixels.to(torch.uint8).reshape(count, 3, side, side)
    return PictureSet(images, torch.arange(count), tuple(map(str, range(count))))


def test_a_folder_becomes_labelled_bytes(tmp_path: Path) -> None:
    *progress, data = load(write_data(tmp_path), 8)
    assert isinstance(data, Data)
    assert progress
    assert all(isinstance(step, Progress) and step.total in (6, 2) for step in progress)
    assert data.train.classes == data.test.classes == ("a", "b")
    assert (len(data.train), len(data.test)) == (6, 2)
    assert data.train.images.dtype == torch.uint8
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.train.images[:, 0, 4, 4].tolist() == [0, 0, 0, 40, 40, 40]
    assert data.train.images[:, 1, 4, 4].tolist() == [0, 10, 20, 0, 10, 20]
    assert data.train.images[:, :, 0, 0].unique().tolist() == [255], "upright, not mirrored"


def test_pictures_of_another_size_are_resized_and_cropped(tmp_path: Path) -> None:
    (tmp_path / "only").mkdir()
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 20:] = 200
    Image.fromarray(pixels).save(tmp_path / "only" / "wide.png")
    *_, found = read_folder(tmp_path, 8)
    assert isinstance(found, PictureSet)
    assert found.images.shape == (1, 3, 8, 8)
    assert found.images[0, 0, 4].tolist()[:3] == [0, 0, 0], (
        "the centre square is kept: black left, grey right"
    )
    assert found.images[0, 0, 4].tolist()[5:] == [200, 200, 200]


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
    with pytest.raises(DatasetError, match="train holds no pictures in subfolders"):
        class_names_of(tmp_path / "empty")


def test_a_picture_that_cannot_be_read_is_named_with_its_folder(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "b" / "1.png").write_text("junk")
    with pytest.raises(DatasetError, match=r"b.1[.]png cannot be read as a picture; mend or remove it"):
        list(read_folder(tmp_path, 8))


def test_one_folder_is_split_by_seed_a_fifth_of_every_class(tmp_path: Path) -> None:
    write_folder(tmp_path / "shapes", each=10)
    *_, data = load(tmp_path / "shapes", 8, seed=1)
    *_, again = load(tmp_path / "shapes", 8, seed=1)
    *_, other = load(tmp_path / "shapes", 8, seed=2)
    assert isinstance(data, Data)
    assert isinstance(again, Data)
    assert isinstance(other, Data)
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
    (tmp_path / "only").mkdir()
    Image.new("RGB", (8, 8), (200, 100, 0)).save(tmp_path / "only" / "a.png")
    *_, found = read_folder(tmp_path, 8, channels=1)
    assert isinstance(found, PictureSet)
    assert found.images.shape == (1, 1, 8, 8)
    assert found.images.unique().tolist() == [round(0.299 * 200 + 0.587 * 100)]


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    (folder / "train" / "b" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    with pytest.raises(ValueError, match=r"1\.png"):
        list(load(folder, 8))


def test_normalisation_by_hand() -> None:
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 1, 1, 3).expand(2, 3, 4, 3)
    found = normalised(images, MEAN, STD)
    x = torch.tensor([0.0, 0.2, 1.0])
    for channel in range(3):
        expected = ((x - MEAN[channel]) / STD[channel]).expand(2, 4, 3)
        torch.testing.assert_close(found[:, channel], expected)
    assert found.dtype == torch.float32


def test_batches_are_in_order_and_whole() -> None:
    pictures = asymmetric(7)
    found = list(batches(pictures, 3, mean=MEAN, std=STD))
    assert [len(labels) for _, labels in found] == [3, 3, 1]
    assert torch.cat([labels for _, labels in found]).tolist() == list(range(7))
    torch.testing.assert_close(
        torch.cat([images for images, _ in found]), normalised(pictures.images, MEAN, STD)
    )


def shift_of(found: Tensor, original: Tensor, padding: int) -> tuple[int, int, bool] | None:
    """The crop's top, left and flip, by trying all of them on the padded picture."""
    side = original.shape[-1]
    padded = np.pad(original.numpy(), ((0, 0), (padding,) * 2, (padding,) * 2))
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            crop = padded[:, top : top + side, left : left + side]
            for flipped in (False, True):
                if np.array_equal(crop[:, :, ::-1] if flipped else crop, found.numpy()):
                    return top, left, flipped
    return None


def test_augmented_pictures_are_shifts_and_mirror_images_of_their_own_picture() -> None:
    pictures = asymmetric(120)
    shifts: list[tuple[int, int, bool]] = []
    for images, labels in augmented_batches(pictures, 40, seed=5, padding=2, **PLAIN):
        bytes_again = (images * 255).round().to(torch.uint8)
        for image, label in zip(bytes_again, labels.tolist(), strict=True):
            found = shift_of(image, pictures.images[label], 2)
            assert found is not None, f"picture {label} is no crop of its own"
            shifts.append(found)
    assert len(shifts) == 120
    assert {top for top, _, _ in shifts} == {left for _, left, _ in shifts} == set(range(5))
    assert 40 < sum(flipped for _, _, flipped in shifts) < 80
    assert abs(np.corrcoef([s[0] for s in shifts], [s[1] for s in shifts])[0, 1]) < 0.3


def test_an_epoch_sees_every_picture_once_and_leaves_out_a_batch_that_is_not_full() -> None:
    pictures = asymmetric(10)
    labels = [
        label for _, found in augmented_batches(pictures, 4, seed=1, **PLAIN) for label in found.tolist()
    ]
    assert len(labels) == len(set(labels)) == 8
    assert labels != sorted(labels)
    only = list(augmented_batches(pictures, 64, seed=1, **PLAIN))
    assert [sorted(found.tolist()) for _, found in only] == [list(range(10))]


def test_the_seed_decides_everything_and_the_process_is_left_alone() -> None:
    pictures = asymmetric(8)
    before = torch.get_rng_state()

    def epoch(seed: int) -> Tensor:
        return torch.cat([images for images, _ in augmented_batches(pictures, 4, seed=seed, **PLAIN)])

    assert torch.equal(epoch(1), epoch(1))
    assert not torch.equal(epoch(1), epoch(2))
    assert torch.equal(torch.get_rng_state(), before)


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
