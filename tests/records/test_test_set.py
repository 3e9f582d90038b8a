"""Test sets, the readings of them, and Wilson's interval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import (
    NOT_SEEN,
    MeasureSet,
    SetPictures,
    SetReading,
    SetSide,
    TestSet,
    wilson,
)
from tests import fabricated


@pytest.mark.parametrize(
    ("wrong", "count", "low", "high"),
    [  # the last four: Newcombe 1998, Statistics in Medicine 17, Table I, method 3
        (0, 10, 0.0, 0.2775),
        (1, 10, 0.0179, 0.4042),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_that_of_published_tables(
    wrong: int, count: int, low: float, high: float
) -> None:
    assert [round(bound, 4) for bound in wilson(wrong, count)] == [low, high]


@pytest.mark.parametrize(("wrong", "count"), [(33, 300), (1680, 10_000), (299, 300), (1, 2)])
def test_wilsons_interval_ends_where_the_test_of_the_share_does(wrong: int, count: int) -> None:
    found = wrong / count
    for bound in wilson(wrong, count):
        deviation = (bound * (1 - bound) / count) ** 0.5
        assert abs(found - bound) == pytest.approx(1.959964 * deviation, rel=1e-6)


@pytest.mark.parametrize(("wrong", "count"), [(0, 0), (3, 2), (-1, 2)])
def test_no_pictures_have_no_interval(wrong: int, count: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(wrong, count)


def side(predicted: list[int], **others: Any) -> SetSide:
    classes = np.array(predicted, np.int64)
    return SetSide(classes, np.full(len(classes), 0.75, np.float32), **others)


def test_error_counts_the_pictures_that_were_seen() -> None:
    truth = np.array([0, 1, 2, 2, 2], np.int64)
    found = side([0, 1, 1, 3, NOT_SEEN], truth=truth)
    assert (found.seen, found.compared, found.error) == (4, 4, 50.0)
    assert found.interval == pytest.approx([100 * bound for bound in wilson(2, 4)])
    assert found.wrong.tolist() == [False, False, True, True, False]


def test_before_any_picture_was_seen_there_is_no_error() -> None:
    found = side([NOT_SEEN] * 3, truth=np.zeros(3, np.int64), right=np.zeros(3, np.float32))
    assert (found.seen, found.error, found.interval, found.mean_right) == (0, None, None, None)
    assert not found.is_alike


def test_what_the_reference_has_not_seen_yet_is_not_compared_with_it() -> None:
    found = side([3, 4, 5], truth=np.array([3, 5, NOT_SEEN], np.int64))
    assert (found.seen, found.compared, found.error) == (3, 2, 50.0)


def test_mean_probability_leaves_out_what_was_not_seen() -> None:
    found = side([0, 1, NOT_SEEN], right=np.array([0.5, 0.25, 0.0], np.float32))
    assert found.mean_right == 0.375


@pytest.mark.parametrize(
    ("predicted", "spread", "is_alike"),
    [
        ([7, 7, 7], 0.9, True),
        ([7, 7, 8], 0.9, False),
        ([7, 7, NOT_SEEN], 0.9, True),
        ([7, 8, 9], 0.0099, True),
        ([7, 8, 9], 0.01, False),
        ([7, 8, 9], None, False),
        ([7], 0.0, False),
        ([7, NOT_SEEN], 0.0, False),
    ],
)
def test_alike_is_one_class_or_the_same_probabilities(
    predicted: list[int], spread: float | None, is_alike: bool
) -> None:
    assert side(predicted, spread=spread).is_alike is is_alike


def test_a_test_set_has_a_name_or_is_a_folder() -> None:
    assert [TestSet.named(kind, 5, 7) for kind in ("crops", "digits", "cifar10")] == [
        TestSet("crops", None, 5, 7),
        TestSet("digits", None, 5, 7),
        TestSet("cifar10", None, 5, 7),
    ]
    for folder in ("./crops", "run", "folder"):
        assert TestSet.named(folder, None, 0) == TestSet("folder", Path(folder), None)


def test_a_test_set_is_a_key_and_has_a_title(tmp_path: Path) -> None:
    assert len({TestSet(), TestSet(sample=300), TestSet(seed=1)}) == 2
    titles = [
        TestSet("folder", tmp_path / "cats").title,
        TestSet("run", tmp_path / "plain-20").title,
        TestSet().title,
    ]
    assert titles == ["cats", "test pictures of run plain-20", "crops of the bundled pictures"]
    assert all(TestSet(kind).title for kind in ("digits", "cifar10"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "mnist"}, "kind must be"),
        ({"sample": 0}, "sample must be a whole number from 1"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"kind": "folder"}, "folder must be a folder, not None"),
        ({"folder": Path("cats")}, "folder must be left out for crops"),
    ],
)
def test_what_is_no_test_set_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        TestSet(**fields)


def question() -> MeasureSet:
    asked = Session(fabricated.setup()).measure_question()
    assert asked is not None
    return asked


def test_a_table_has_a_row_for_each_picture_with_classes_by_name(tmp_path: Path) -> None:
    asked = question()
    names = tuple(f"class {i}" for i in range(asked.now.network.classes))
    pictures = SetPictures(
        ("a.png", "crop 2", "c.png"),
        (tmp_path / "a.png", None, tmp_path / "c.png"),
        np.array([1, 0, 0], np.int64),
        names,
    )
    shares = np.array([0.25, 0.5, 0.0], np.float32)
    now = side([1, len(names), NOT_SEEN], right=shares, truth=pictures.labels)
    reading = SetReading(asked, pictures, now, side([1, 1, 0]))
    first, second, third = reading.table()
    assert first == {
        "picture": "a.png",
        "path": str(tmp_path / "a.png"),
        "true": "class 1",
        "predicted": "class 1",
        "probability": 0.75,
        "probability_of_true": 0.25,
        "reference_predicted": "class 1",
        "reference_probability": 0.75,
        "reference_probability_of_true": None,
    }
    assert (second["path"], second["predicted"]) == (None, "none")
    assert (third["predicted"], third["probability"], third["probability_of_true"]) == (None, None, None)
    assert list(reading.table(has_reference=False)[0]) == list(first)[:6]
    unnamed = replace(reading, pictures=replace(pictures, class_names=()))
    assert [row["predicted"] for row in unnamed.table()] == ["1", "none", None]


def test_the_test_set_stays_when_networks_change() -> None:
    session = replace(Session(fabricated.setup()), test_set=TestSet("digits"))
    other = replace(session.setup, state=replace(session.setup.state, class_names=("cat",)))
    assert session.with_setup(other).test_set == TestSet("digits")


def test_without_a_test_set_nothing_is_measured() -> None:
    assert Session(fabricated.setup(), test_set=None).measure_question() is None
