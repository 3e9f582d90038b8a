"""The pictures of test sets: drawn by a seed, read a few at a time, what cannot be read left out."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.core.data import named_data, test_sets
from resnet_viewer.core.data.folder_data import split
from resnet_viewer.core.data.picture_folders import DatasetError, class_names_of, labelled_files
from resnet_viewer.core.data.test_sets import Drawn, Prepared, draw, prepared
from resnet_viewer.core.lab.run_files import RunFileError, write_spec
from resnet_viewer.core.preprocessing import prepare, scaled
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, DIGITS, Preprocessing
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.training import RunSpec
from tests.core.data.idx_written import write_idx

SMALL = Preprocessing(32, 32, (0.5,) * 3, (0.25,) * 3)
GREY = Preprocessing(8, 8, (0.3,), (0.4,))
R = TypeVar("R")


def end_of(work: Generator[Any, None, R]) -> R:
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: R = end.value
            return found


def drawn(test_set: TestSet) -> Drawn:
    return end_of(draw(test_set))


def read(test_set: TestSet, preprocessing: Preprocessing = SMALL) -> Prepared:
    (found,) = end_of(prepared(drawn(test_set), (preprocessing,)))
    return found


@pytest.fixture
def by_class(tmp_path: Path) -> Path:
    for shade, name in enumerate(("cat", "dog", "owl")):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(20):
            path = tmp_path / "set" / name / f"{number}.png"
            Image.new("RGB", (40, 30), (80 * shade, 10 * number, 0)).save(path)
    return tmp_path / "set"


def test_crops_are_three_hundred_without_labels_and_the_same_to_the_bit() -> None:
    first, again, other = read(TestSet()), read(TestSet()), read(TestSet(seed=1))
    assert first.pixels.shape == (300, 32, 32, 3)
    assert first.kinds is None
    assert first.pictures.paths == (None,) * 300
    assert len(set(first.pictures.names)) == 300
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)
    assert first.pictures.thumbnails.shape == (300, 48, 48, 3)
    places = [drawn(TestSet()).read(place) for place in range(12)]
    assert [each.width for each in places[:6]] == [456, 144, 339, 232, 255, 203], (
        "a seed means other crops than it did"
    )
    assert min(min(each.width, each.height) for each in places) >= 90


def test_crops_come_from_every_bundled_picture_and_lie_inside_it() -> None:
    found = drawn(TestSet(sample=600))
    assert {name.split(",")[0] for name in found.names} == {
        "astronaut",
        "cat",
        "coffee",
        "horse",
        "photographer",
        "rocket",
    }
    assert all(each.width == each.height for each in map(found.read, range(0, 600, 37)))


def test_a_sample_of_a_folder_is_drawn_by_its_seed_and_the_first_of_it_are_one_too(by_class: Path) -> None:
    whole = drawn(TestSet("folder", by_class, None))
    some = drawn(TestSet("folder", by_class, 12))
    assert sorted(whole.names) == sorted(f"{c}/{n}.png" for c in ("cat", "dog", "owl") for n in range(20))
    assert some.names == whole.names[:12]
    assert some.names == drawn(TestSet("folder", by_class, 12)).names
    assert some.names != drawn(TestSet("folder", by_class, 12, seed=5)).names
    assert (some.total, len(some), some.classes) == (60, 12, ("cat", "dog", "owl"))
    assert some.kinds is not None
    assert [some.classes[kind] for kind in some.kinds] == [name.split("/")[0] for name in some.names]


def test_a_draw_is_fair(by_class: Path) -> None:
    counts = np.zeros(60)
    for seed in range(200):
        found = drawn(TestSet("folder", by_class, 6, seed))
        assert found.kinds is not None
        for name, kind in zip(found.names, found.kinds, strict=True):
            counts[int(name.split("/")[1].split(".")[0]) + 20 * kind] += 1
    assert counts.sum() == 1200
    assert 5 <= counts.min() <= counts.max() <= 40  # 20 each, on average


def test_pictures_beside_each_other_have_no_classes(by_class: Path) -> None:
    found = drawn(TestSet("folder", by_class / "cat"))
    assert (found.kinds, found.classes, len(found)) == (None, (), 20)
    assert set(found.names) == {f"{n}.png" for n in range(20)}


def test_what_is_hidden_or_no_picture_is_not_drawn(by_class: Path) -> None:
    (by_class / ".hidden").mkdir()
    (by_class / ".hidden" / "1.png").write_bytes(b"")
    (by_class / "cat" / ".2.png").write_bytes(b"")
    (by_class / "cat" / "notes.txt").write_text("no picture")
    (by_class / "cat" / "folder.png").mkdir()
    (by_class / "beside.png").write_bytes(b"not by class")
    assert len(drawn(TestSet("folder", by_class, None))) == 60


def test_of_a_folder_with_train_and_test_the_test_part_is_taken(by_class: Path, tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    by_class.rename(tmp_path / "both" / "test")
    (tmp_path / "both" / "train").mkdir()
    found = drawn(TestSet("folder", tmp_path / "both"))
    assert len(found) == 60
    assert found.remark == "Of both the part test is taken."


def test_a_folder_that_holds_a_data_sets_own_files_is_that_set(tmp_path: Path) -> None:
    found = drawn(TestSet("folder", write_idx(tmp_path)))
    assert (found.labelled, found.classes) == ("by set", DIGITS)


@pytest.mark.parametrize("name", ["nothing", "file.txt", "empty"])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    with pytest.raises(DatasetError, match="; give a folder of pictures, or of a subfolder for each class"):
        drawn(TestSet("folder", tmp_path / name))


def test_a_folder_of_too_many_files_is_refused(by_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_sets, "MOST_LISTED", 59)
    with pytest.raises(DatasetError, match="holds more than 59 files: choose a smaller folder"):
        drawn(TestSet("folder", by_class))


def test_what_cannot_be_read_is_named_and_left_out(by_class: Path) -> None:
    (by_class / "dog" / "3.png").write_bytes(b"broken")
    (by_class / "owl" / "4.png").write_bytes(b"")
    found = read(TestSet("folder", by_class, None))
    assert sorted(found.pictures.left_out) == ["dog/3.png", "owl/4.png"]
    assert len(found.pictures) == len(found.pixels) == 58
    assert "2 of 60 pictures cannot be read and are left out" in found.pictures.remark
    assert found.kinds is not None
    for name, kind, square in zip(found.pictures.names, found.kinds, found.pixels, strict=True):
        title, number = name.removesuffix(".png").split("/")
        assert ("cat", "dog", "owl")[kind] == title
        assert square[16, 16].tolist() == [80 * kind, 10 * int(number), 0]


def test_more_than_one_in_ten_that_cannot_be_read_are_refused(by_class: Path) -> None:
    for number in range(7):
        (by_class / "dog" / f"{number}.png").write_bytes(b"broken")
    with pytest.raises(DatasetError, match="one in ten"):
        read(TestSet("folder", by_class, None))


def test_pictures_are_what_a_probe_prepares_bit_for_bit() -> None:
    found = drawn(TestSet(sample=7))
    coarse = Preprocessing(24, 20, (0.1, 0.2, 0.3), (0.3, 0.2, 0.1), "bicubic")
    for preprocessing, squares in zip((SMALL, coarse), end_of(prepared(found, (SMALL, coarse))), strict=True):
        batch = scaled(squares.pixels, preprocessing)
        for place in range(7):
            assert batch[place].equal(prepare(found.read(place), preprocessing)[0])


def test_a_slow_picture_ends_the_step(by_class: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_sets, "_TURN", 0.0)
    reading = prepared(drawn(TestSet("folder", by_class, None)), (SMALL,))
    assert list(reading) == list(range(1, 61))
    assert len(list(draw(TestSet("folder", by_class)))) >= 60


def test_the_bundled_digits_keep_their_labels_and_values() -> None:
    test = named_data.digits().test
    found = read(TestSet("digits", sample=None), GREY)
    assert found.kinds is not None
    order = [int(name.removeprefix("test picture ")) - 1 for name in found.pictures.names]
    assert sorted(order) == list(range(len(test)))
    assert found.kinds.tolist() == test.labels[order].tolist()
    assert np.array_equal(found.pixels[..., 0], test.images[order][:, 0].numpy())


def test_cifar10_that_is_not_here_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_data, "cache_folder", lambda: tmp_path)
    with pytest.raises(DatasetError, match="CIFAR-10 is not on this computer"):
        drawn(TestSet("cifar10"))


def test_cifar10_that_was_fetched_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    monkeypatch.setattr(named_data, "cache_folder", lambda: tmp_path)
    digits = named_data.digits().test
    asked: list[tuple[Path, str, bool]] = []

    def load_part(folder: Path, name: str, *, is_train: bool) -> named_data.PictureSet:
        asked.append((folder, name, is_train))
        return named_data.PictureSet(digits.images, digits.labels, CIFAR10_CLASSES)

    monkeypatch.setattr(named_data, "load_part", load_part)
    found = drawn(TestSet("cifar10", sample=5))
    assert asked == [(tmp_path, "cifar10", False)]
    assert (found.classes, found.total, len(found)) == (CIFAR10_CLASSES, 359, 5)


def run_in(folder: Path, data: str) -> Path:
    folder.mkdir()
    write_spec(folder, RunSpec(spec("cifar-resnet-8"), data, 1))
    return folder


def test_a_runs_own_test_set_are_the_pictures_that_were_kept_for_it(by_class: Path, tmp_path: Path) -> None:
    found = drawn(TestSet("run", run_in(tmp_path / "run", str(by_class)), None))
    _, kept = split(labelled_files(by_class)[1], class_names_of(by_class), "set", 0)
    assert found.kinds is not None
    assert sorted(zip(found.paths, found.kinds.tolist(), strict=True)) == sorted(kept)
    assert len(found) == 12


def test_a_run_on_digits_is_tested_on_the_test_digits(tmp_path: Path) -> None:
    found = drawn(TestSet("run", run_in(tmp_path / "run", "digits"), None))
    assert len(found) == len(named_data.digits().test)


def test_a_run_whose_pictures_are_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not there any more"):
        drawn(TestSet("run", run_in(tmp_path / "run", str(tmp_path / "gone"))))
    with pytest.raises(RunFileError, match="holds no run"):
        drawn(TestSet("run", tmp_path))
