"""What the error meter tells of a test set, in marks and words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.charts.error_meter import MeterChart, not_finite
from resnet_viewer.records.test_set import wilson
from tests.fabricated import set_reading

LABELS = [0, 1, 2, 3] * 5
RIGHT_FIRST = [*LABELS[:4], *[9] * 16]


def test_errors_of_both_states_have_their_intervals() -> None:
    chart = MeterChart(set_reading(LABELS, RIGHT_FIRST, LABELS))
    assert chart.now is not None
    assert chart.reference is not None
    assert (chart.now.error, chart.reference.error) == (80.0, 0.0)
    assert (chart.now.low, chart.now.high) == pytest.approx([100 * bound for bound in wilson(16, 20)])
    assert (chart.now_words, chart.reference_words, chart.what_words) == (
        "80.0\u00a0%",
        "0.0\u00a0%",
        "wrong",
    )
    assert chart.count_words[0] == "20 pictures"
    assert chart.is_changed
    assert chart.sentence == "20 pictures: 80.0\u00a0% wrong, 0.0\u00a0% in the reference"
    for told in (
        "16 of 20",
        "mean probability of the right class",
        "20 pictures of 200, drawn with seed 0",
        "300 MB",
    ):
        assert told in chart.details


def test_without_true_classes_it_tells_how_many_differ() -> None:
    chart = MeterChart(set_reading(None, RIGHT_FIRST, LABELS))
    assert chart.now is not None
    assert chart.now.error == 80.0
    assert chart.reference is None
    assert (chart.what_words, chart.reference_words) == ("differ", "")
    assert "No true classes" in chart.details
    assert "wrong" not in chart.details


def test_a_partial_answer_says_how_much_of_it_is_there_and_how_long_the_rest_takes() -> None:
    partial = set_reading(LABELS, RIGHT_FIRST, LABELS, seen=12)
    chart = MeterChart(partial)
    assert chart.is_partial
    assert chart.count_words == ("12 of 20 pictures", "12 of 20", "12")
    assert MeterChart(partial, 200.0).count_words[0] == "12 of 20, 3 min left"
    assert MeterChart(partial, 1.0).count_words == chart.count_words, "what is over at once needs no time"
    assert "12 of 20 pictures so far" in chart.details


def test_it_says_when_all_pictures_get_the_same_answer() -> None:
    alike = MeterChart(set_reading(LABELS, [4] * 20, LABELS))
    assert alike.count_words[0] == "all 20 called deer"
    assert "Now: every picture gets the same answer: deer." in alike.details
    almost = MeterChart(set_reading(LABELS, [*[4] * 19, 5], LABELS))
    assert almost.count_words[0] == "20 pictures"
    flat = set_reading(LABELS, RIGHT_FIRST, LABELS)
    flat = replace(flat, now=replace(flat.now, spread=0.009))
    assert MeterChart(flat).count_words[0] == "all 20 alike", (
        "several classes, but hardly another probability"
    )


def test_the_reference_itself_is_compared_with_nothing() -> None:
    chart = MeterChart(set_reading(LABELS, LABELS))
    assert not chart.is_changed
    assert chart.now == chart.reference
    assert "Now is the reference" in chart.details
    assert "Reference:" not in chart.details


def test_pictures_without_a_class_are_counted() -> None:
    reading = set_reading(LABELS, [10, 10, *LABELS[2:]], LABELS)
    assert not_finite(reading, reading.now) == 2
    assert not_finite(reading, reading.reference) == 0
    assert "Now: 2 pictures get no class" in MeterChart(reading).details


def test_what_one_should_know_about_the_pictures_is_told() -> None:
    reading = set_reading(LABELS, LABELS)
    remark = "1 of 21 pictures cannot be read and is left out: b.png."
    told = replace(reading, pictures=replace(reading.pictures, remark=remark))
    assert remark in MeterChart(told).details.splitlines()


def test_before_any_picture_there_is_no_number() -> None:
    chart = MeterChart(set_reading(LABELS, RIGHT_FIRST, LABELS, seen=0))
    assert chart.now is None
    assert chart.now_words == "–"
