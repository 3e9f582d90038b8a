import numpy as np
import pytest

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import class_errors, confusion, picture_order, row_shares

LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 2, 0, 1, 0, 2])


def test_rows_are_true_and_columns_predicted() -> None:
    counts = confusion(LABELS, PREDICTED, 4)
    assert counts.tolist() == [[2, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert counts.dtype == np.int64


def test_every_picture_is_counted_once() -> None:
    labels, predicted = np.random.default_rng(3).integers(0, 100, (2, 5000))
    counts = confusion(labels, predicted, 100)
    assert counts.sum() == 5000
    assert counts[17, 4] == int(((labels == 17) & (predicted == 4)).sum())


def test_no_pictures_give_zeros() -> None:
    nothing = np.zeros(0, np.int64)
    assert confusion(nothing, nothing, 2).tolist() == [[0, 0], [0, 0]]
    assert picture_order(nothing, nothing).tolist() == []


@pytest.mark.parametrize(
    ("labels", "predicted", "said"),
    [
        ([0, 1], [0], "2 labels"),
        ([0, 3], [0, 1], "between 0 and 2, not 0 and 3"),
        ([0, 1], [-1, 1], "not -1"),
    ],
)
def test_what_does_not_fit_is_refused(labels: list[int], predicted: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        confusion(np.array(labels), np.array(predicted), 3)


def test_wrong_ones_come_first_and_every_picture_once() -> None:
    order = picture_order(LABELS, PREDICTED)
    assert sorted(order[:2].tolist()) == [1, 4]
    assert sorted(order.tolist()) == list(range(6))


def test_the_first_pictures_are_a_sample_over_the_classes_and_the_same_every_time() -> None:
    """In a test set that is sorted by class, the first wrong ones are all of the first class."""
    labels = np.repeat(np.arange(10), 100)
    predicted = (labels + 1) % 10
    order = picture_order(labels, predicted)
    for shown in (10, 20, 30):
        assert np.bincount(labels[order[:shown]], minlength=10).tolist() == [shown // 10] * 10
    assert len(set(labels[order[:5]])) == 5
    assert set(labels[order[:5]]) != set(range(5)), "few pictures are not those of the first classes"
    assert (order == picture_order(labels, predicted)).all()
    assert order[:10].tolist() != [index * 100 for index in labels[order[:10]]], "not the first of each class"


def test_the_surest_mistakes_come_first_and_the_surest_right_ones_last() -> None:
    labels, predicted = np.array([0, 0, 1, 1, 2]), np.array([1, 0, 0, 1, 0])
    confidence = np.array([0.5, 0.9, 0.8, 0.4, 0.99], np.float32)
    assert picture_order(labels, predicted, rule="surest", confidence=confidence).tolist() == [4, 2, 0, 3, 1]
    unknown = picture_order(labels, predicted, rule="surest")
    assert unknown.tolist() == picture_order(labels, predicted).tolist()


def test_errors_of_classes_are_percent_and_unknown_without_pictures() -> None:
    errors = class_errors(confusion(LABELS, PREDICTED, 4))
    np.testing.assert_allclose(errors, [100 / 3, 50, 0, np.nan])


def test_shares_add_up_to_one_in_rows_with_pictures() -> None:
    shares = row_shares(confusion(LABELS, PREDICTED, 4))
    np.testing.assert_allclose(shares.sum(1), [1, 1, 1, 0])
    assert shares[1].tolist() == [0.5, 0.5, 0, 0]


def test_pictures_without_a_class_have_a_column_of_their_own_and_are_wrong() -> None:
    counts = confusion(np.array([0, 0, 1]), np.array([0, 2, 1]), 3)
    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert class_errors(counts)[:2].tolist() == [50.0, 0.0]
    names = ("cat", "dog")
    assert [class_name(index, names) for index in range(4)] == ["cat", "dog", "no class", "class 3"]
