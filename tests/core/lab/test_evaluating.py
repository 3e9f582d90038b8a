"""Folders are taken for classes by name, or one for each class in order, or not at all."""

from __future__ import annotations

import pytest

from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.core.evaluating import Labelling, labelling
from resnet_viewer.core.weights import class_names
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES

NAMES = ("ant", "cat", "hot dog")


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (("ant", "cat", "hot dog"), (0, 1, 2)),
        (("cat", "ant"), (1, 0)),
        (("hot_dog",), (2,)),
        (("ANT", "Hot-Dog"), (0, 2)),
        (("hot  dog", "Cat"), (2, 1)),
    ],
)
def test_folders_that_are_named_after_classes_are_taken_by_name(
    folders: tuple[str, ...], classes: tuple[int, ...]
) -> None:
    assert labelling(folders, NAMES, 3) == Labelling(folders, classes, "name")
    assert labelling(folders, NAMES, 3).remark == ""


@pytest.mark.parametrize("folders", [("n01", "n02", "n03"), ("0", "1", "2"), ("ant", "b", "c")])
@pytest.mark.parametrize("names", [NAMES, ()])
def test_as_many_folders_as_classes_are_taken_in_order_which_is_said(
    folders: tuple[str, ...], names: tuple[str, ...]
) -> None:
    found = labelling(folders, names, 3)
    assert (found.classes, found.taken_by) == ((0, 1, 2), "order")
    assert found.remark.endswith("in sorted order they were taken for classes 0 to 2.")


@pytest.mark.parametrize(
    ("folders", "names", "said"),
    [
        (("foo", "bar"), CIFAR10_CLASSES, r"10 classes \(airplane, automobile, bird and 7 more\) .*\(foo and bar\)"),
        (("foo", "bar"), (), r"10 classes the 2 folders \(foo and bar\) hold cannot be told"),
        (("cat", "cow"), CIFAR10_CLASSES, "cow is no name of one"),
        (("cat", "Cat"), CIFAR10_CLASSES, "two are one class"),
        (tuple("abcdefghijk"), CIFAR10_CLASSES, r"the 11 folders \(a, b, c and 8 more\)"),
        ((*CIFAR10_CLASSES[1:], "zeppelin"), CIFAR10_CLASSES, "zeppelin is no name of one"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_both_named(
    folders: tuple[str, ...], names: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DatasetError, match=said):
        labelling(folders, names, 10)


def test_imagenets_numbers_are_names_where_the_class_names_begin_with_them() -> None:
    names = ("n01440764 tench", "n01443537 goldfish")
    assert labelling(("n01443537",), names, 2).classes == (1,)
    thousand = tuple(f"n{number:08}" for number in range(1000))
    assert labelling(thousand, class_names.imagenet(), 1000).taken_by == "order"


def test_a_name_of_two_classes_tells_neither() -> None:
    with pytest.raises(DatasetError, match="crane is no name of one"):
        labelling(("crane", "tench"), ("crane", "tench", "crane"), 3)
    with pytest.raises(DatasetError, match="hot-dog is no name of one"):
        labelling(("hot-dog",), ("hot dog", "Hot_dog"), 2)
