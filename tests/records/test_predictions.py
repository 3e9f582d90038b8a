from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.records.predictions import not_finite_words, percent, scale_end, shown_classes, top_classes
from resnet_viewer.records.probe import ProbeResult
from tests.fabricated import scene


def reading(probabilities: list[float]) -> ProbeResult:
    made = scene().now
    assert made is not None
    values = np.array([probabilities], np.float32)
    return replace(made, probabilities=values, logits=values)


def test_the_references_order_leads_and_nows_highest_is_added() -> None:
    reference = reading([0.0, 0.4, 0.3, 0.1, 0.1, 0.05, 0.05])
    assert top_classes(reading([0.9, 0.1, 0, 0, 0, 0, 0]), reference) == (1, 2, 3, 4, 5, 0)
    assert top_classes(reading([0.1, 0.1, 0.8, 0, 0, 0, 0]), reference) == (1, 2, 3, 4, 5)
    assert top_classes(None, reference) == (1, 2, 3, 4, 5)


def test_without_a_usable_reference_now_leads() -> None:
    now = reading([0.2, 0.5, 0.3])
    assert top_classes(now, None) == (1, 2, 0)
    assert top_classes(now, reading([0.5, 0.5])) == (1, 2, 0)
    assert top_classes(None, None) == ()


def test_where_a_probability_is_no_number_no_class_is_the_highest() -> None:
    lost = reading([float("nan"), 0.1, 0.2])
    assert top_classes(lost, None) == ()
    assert top_classes(lost, reading([0.1, 0.6, 0.3])) == (1, 2, 0), "the reference has a highest class"
    assert top_classes(reading([0.1, 0.6, 0.3]), lost) == (1, 2, 0), "now leads where the reference has none"
    assert shown_classes(replace(lost, target=1), None) == (1,)


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.081, "8.1 %"),
        (0.0999, "10 %"),
        (0.123, "12 %"),
        (0.9965, "99.7 %"),
        (0.99999, "> 99.9 %"),
        (1e-9, "< 0.1 %"),
        (np.nan, "NaN"),
    ],
)
def test_percentages(probability: float, words: str) -> None:
    assert percent(probability) == words


def test_a_target_that_is_none_of_the_highest_is_shown_last() -> None:
    reference = replace(reading([0.0, 0.4, 0.3, 0.1, 0.1, 0.05, 0.05]), target=1)
    now = replace(reading([0.9, 0.1, 0, 0, 0, 0, 0]), target=6)
    assert shown_classes(now, reference) == (1, 2, 3, 4, 5, 0, 6)
    assert shown_classes(replace(now, target=0), reference) == (1, 2, 3, 4, 5, 0)
    assert shown_classes(None, reference) == (1, 2, 3, 4, 5)
    assert shown_classes(None, None) == ()


def test_bars_end_at_the_highest_where_all_are_small() -> None:
    assert scale_end(0.007, 0.004, None, float("nan")) == 0.007
    assert scale_end(0.1, 0.004) == 1.0
    assert scale_end(0.0, None) == 1.0


def test_a_network_without_a_classifier_overflows_nothing() -> None:
    assert not_finite_words(reading([])) == ""
    assert not_finite_words(reading([float("nan")])) != ""
