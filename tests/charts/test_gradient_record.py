"""Gradient records as pictures: right side up, one scale for all, spikes kept, and colours of their own for what has no
place on the scale.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resnet_viewer.charts.chart import Room, Stroke
from resnet_viewer.charts.gradient_record import (
    CLEAR,
    NOT_FINITE,
    ZERO,
    DepthLine,
    Record,
    RecordQuantity,
    RecordScale,
    Spread,
    depth_chart,
    depth_scale,
    every_words,
    power_text,
    reading_words,
    row_words,
    scale_for,
    series_of,
    stages_of,
)
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.training import NOT_COMPUTED
from tests.figures.runs import report

SCALE = RecordScale(-3.0, 0.0)
ROOM = Room(300.0, 100.0, lambda words: 6.0 * len(words), 14.0)


def spread(*values: float) -> Spread:
    made = Spread()
    made.grow(np.array([values]))
    return made


def scale_of(*values: float, quantity: RecordQuantity = "norms") -> RecordScale:
    return scale_for([spread(*values)], quantity)


def cells(values: list[list[float]], columns: int, scale: RecordScale = SCALE) -> list[list[int]]:
    """A record an epoch, a column an epoch."""
    record = Record(np.arange(float(len(values))), np.array(values), float(len(values)))
    found: list[list[int]] = record.cells(scale, (0.0, float(columns)), columns).tolist()
    return found


def shown(times: list[float], end: float, span: tuple[float, float], columns: int) -> list[int]:
    """Which record each column shows, −1 for none."""
    numbers = np.arange(float(len(times)))[:, None]
    made = Record(np.array(times), numbers, end).cells(RecordScale(0.0, 255.0, is_log=False), span, columns)
    return [-1 if cell == CLEAR else int(cell) for cell in made[0]]


def test_the_first_layer_is_at_the_top_and_time_runs_to_the_right() -> None:
    assert cells([[1e-3, 1.0, 1.0], [1.0, 1.0, 1e-3]], 3) == [
        [0, 255, CLEAR],
        [255, 255, CLEAR],
        [255, 0, CLEAR],
    ]


def test_nothing_is_painted_past_where_the_run_has_come_to() -> None:
    """A record every ten epochs, stopped at epoch 26 of 40."""
    times = [0.0, 10.0, 20.0]
    assert shown(times, 26.0, (0.0, 40.0), 8) == [0, 0, 1, 1, 2, -1, -1, -1]
    assert shown(times, 40.0, (0.0, 40.0), 8) == [0, 0, 1, 1, 2, 2, -1, -1], "until the next would have come"
    assert shown(times[:1], 2.0, (0.0, 4.0), 4) == [0, 0, -1, -1]
    assert shown([], 1.0, (0.0, 1.0), 3) == [-1, -1, -1]
    assert shown([1.0, 2.0], 3.0, (0.0, 4.0), 4) == [0, 0, 1, -1], "the first holds from the beginning"


def test_a_part_of_the_time_shows_what_holds_then() -> None:
    times = [float(n) for n in range(40)]
    assert shown(times, 40.0, (10.5, 12.5), 4) == [10, 11, 11, 12]
    assert shown(times, 40.0, (41.0, 42.0), 2) == [-1, -1]


def test_of_more_records_than_columns_the_lowest_and_the_highest_of_every_layer_are_shown() -> None:
    values = np.full((1000, 2), 0.1)
    values[417, 0], values[731, 1], values[55, 1] = 1e3, 1e-9, np.nan
    made = Record(np.arange(1000.0), values, 1000.0).cells(SCALE, (0.0, 1000.0), 40)
    usual = int(SCALE.levels(np.array([0.1]))[0])
    assert sorted(set(made[0].tolist())) == [usual, 255]
    assert abs(made[0].tolist().index(255) - 40 * 417 // 1000) <= 1, "where it was"
    assert made[1].tolist().count(0) == made[1].tolist().count(NOT_FINITE) == 1


def test_nothing_is_lost_of_a_run_that_has_only_begun() -> None:
    values = np.full((500, 1), 0.1)
    values[123] = 1e3
    made = Record(np.arange(500.0) / 100, values, 5.0).cells(SCALE, (0.0, 50.0), 400)
    assert made[0].tolist().count(255) == 1
    assert (made[0] == CLEAR).sum() == 360


@given(
    arrays(
        np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(1e-4, 1e4) | st.just(np.nan)
    ),
    st.integers(1, 40),
    st.floats(0.05, 1.0),
)
def test_the_lows_and_highs_of_any_records_are_shown(values: np.ndarray, columns: int, share: float) -> None:
    times = np.linspace(0.0, share, len(values), endpoint=False)
    made = Record(times, values, share).cells(SCALE, (0.0, 1.0), columns)
    levels = SCALE.levels(values)
    for layer in range(2):
        shown = set(made[layer].tolist()) - {CLEAR}
        assert shown <= set(levels[:, layer].tolist()), "a value that was not recorded"
        if shown:
            assert max(shown) == max(levels[:, layer]), "the highest, or what is not a number"
        if len(shown) > 1 and share == 1.0 and columns % 2 == 0:
            assert min(shown) == min(levels[:, layer])


def test_zeros_and_what_is_not_finite_have_places_of_their_own() -> None:
    made = cells([[0.0, np.nan, np.inf, -1.0, 1e-9, 1e9]], 1)
    assert made == [[ZERO], [NOT_FINITE], [NOT_FINITE], [NOT_FINITE], [0], [255]]


def test_a_dead_share_of_zero_is_a_value_like_others() -> None:
    scale = scale_of(0.0, 1.0, 0.5, quantity="dead")
    assert scale.ends == ("0 %", "100 %")
    assert cells([[0.0, 0.5, 1.0, np.nan]], 1, scale) == [[0], [127], [255], [NOT_FINITE]]


@given(arrays(np.float64, (5, 7), elements=st.floats(allow_nan=True)), st.integers(1, 20))
def test_any_values_make_a_picture(values: np.ndarray, columns: int) -> None:
    made = Spread()
    made.grow(values)
    scale = scale_for([made], "norms")
    assert scale.low < scale.high
    found = Record(np.arange(5.0), values, 5.0).cells(scale, (0.0, 4.0), columns)
    assert found.shape == (7, columns)
    assert (found < CLEAR).all() or np.isneginf(values).any()


def test_what_was_not_computed_is_blank_and_sets_no_scale() -> None:
    gone = NOT_COMPUTED
    assert cells([[1.0, gone, np.nan, 0.0]], 1) == [[255], [CLEAR], [NOT_FINITE], [ZERO]]
    values = np.array([[gone, gone], [1e-3, gone], [1.0, gone], [gone, gone], [gone, np.nan], [gone, gone]])
    together = Record(np.arange(6.0), values, 6.0).cells(SCALE, (0.0, 6.0), 2)
    assert sorted(together[0].tolist()) == [0, 255], "the lowest and the highest of what there is"
    assert together[1].tolist() == [NOT_FINITE, NOT_FINITE]
    blank = Record(np.arange(6.0), np.full((6, 1), gone), 6.0).cells(SCALE, (0.0, 6.0), 2)
    assert blank.tolist() == [[CLEAR, CLEAR]]
    scale = scale_of(1.0, 0.1, gone)
    assert (scale.low, scale.high, scale.has_odd, scale.has_zero) == (-1.0, 0.0, False, False)
    assert "blank: not computed in that step (stochastic depth)" in scale.bar(5).meaning
    assert "blank" not in scale_of(1.0, 0.1).bar(5).meaning
    log = RunLog("a", replace(report("cifar-resnet-8").spec, epochs=1))
    row = np.array([gone, 0.5])
    assert reading_words(log, "norms", 0, 1.0, row).endswith("not computed in this step (stochastic depth)")


def test_what_was_not_computed_is_no_point_by_depth() -> None:
    values = np.full(10, 0.1)
    values[3:5] = NOT_COMPUTED
    series = series_of(spec("cifar-resnet-8"), values)
    scale = depth_scale([spread(*values)], 100.0)
    assert scale.odd is None
    line = DepthLine("a", series, Stroke("depth 0"))
    assert len(line.beside[0]) == 0
    chart = depth_chart([line], scale, (0.0, 1.0), ROOM)
    assert np.flatnonzero(np.isnan(chart.curves[0].y)).tolist() == [3, 4], "a gap, not a line across it"
    odd = values.copy()
    odd[0] = np.nan
    found = DepthLine("a", series_of(spec("cifar-resnet-8"), odd), Stroke("depth 0"))
    dots = depth_chart([found], depth_scale([spread(*odd)], 100.0), (0.0, 1.0), ROOM).dots[0]
    assert dots.shapes == ("nan",)


def test_a_report_and_a_log_are_one_record() -> None:
    kept = report("cifar-resnet-8", epochs=2, more_steps=1)
    found = Record.of_report(kept)
    assert found.times.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert found.values.shape == (5, 8)
    assert (found.end, found.until) == (2.25, 2.25)
    in_steps = Record.of_report(report(with_steps=False), in_epochs=False)
    assert (in_steps.times[-1], in_steps.until) == (10.0, 12.0)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((0.019, 0.9), ("1e-2", "1e0")),
        ((0.04, 2.0), ("1e-2", "1e1")),
        ((5.1, 5.2), ("1e0", "1e1")),
        ((0.1, 0.1), ("1e-1", "1e0")),
        ((1e-20, 1e5), ("1e-20", "1e5")),
    ],
)
def test_the_scale_ends_at_decades(values: tuple[float, ...], ends: tuple[str, str]) -> None:
    assert scale_of(*values).ends == ends


def test_ticks_stand_at_decades_and_where_those_are_few_at_round_numbers_between() -> None:
    ticks = scale_of(1e-3, 1e1).bar(8).ticks
    assert [share for share, _ in ticks] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert [words for _, words in ticks] == ["1e-3", "1e-2", "1e-1", "1e0", "1e1"]
    below_a_decade = scale_of(0.012, 0.09).bar(8).ticks
    assert [words for _, words in below_a_decade] == ["1e-2", "2e-2", "5e-2", "1e-1"]
    assert below_a_decade[1][0] == pytest.approx(np.log10(2))
    shares = scale_of(0.1, quantity="dead").bar(8).ticks
    assert [words for _, words in shares] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert power_text(5, -3) == "5e-3"


def test_a_record_within_a_decade_of_the_others_is_on_the_scale() -> None:
    scale = scale_of(*([0.2] * 500 + [2.0] * 500 + [0.03]))
    assert scale.ends == ("1e-2", "1e1")
    assert not scale.is_clipped_below


def test_one_odd_record_does_not_set_the_scale_but_is_told() -> None:
    scale = scale_of(*([0.1] * 500 + [1.0] * 500 + [1e-12]))
    assert scale.low > -2.0
    assert (scale.is_clipped_below, scale.is_clipped_above) == (True, False)
    assert not scale_of(0.1, 1.0).is_clipped_below


def test_zeros_and_odd_values_are_noted_however_late_they_come() -> None:
    made = spread(1.0, 2.0)
    assert not scale_for([made], "norms").has_zero
    made.grow(np.array([[1.0, 2.0], [0.0, np.inf]]))
    scale = scale_for([made], "norms")
    assert (scale.has_zero, scale.has_odd) == (True, True)
    assert made.counts.sum() == 2, "old records were counted again"
    assert not scale_for([made], "dead").has_zero, "a share of zero has its place"


def test_two_runs_share_the_wider_scale() -> None:
    assert scale_for([spread(1e-4, 1e-3), spread(1.0, 6.0)], "norms").ends == ("1e-4", "1e1")
    assert scale_for([], "norms").ends == ("1e-3", "1e0")


def test_a_row_is_told_by_its_number_and_in_inspects_words() -> None:
    network = spec("cifar-plain-20")
    count = len(blueprint(network).layers)
    assert row_words(network, "norms", 0, count) == "layer 1, stem, conv1"
    assert row_words(network, "updates", 3, count) == "layer 4, block 2, conv2_x 2, conv1"
    assert row_words(network, "norms", count - 1, count) == f"layer {count}, classifier"
    assert row_words(network, "dead", 4, 9) == "block 5 · conv3_x 2"


def test_how_often_is_said_in_steps() -> None:
    runs = [replace(report().spec, record_every=every) for every in (1, 5, 5, 10)]
    assert every_words(runs[:1]) == "at every step"
    assert every_words(runs[1:]) == "every 5, 10 steps"


def test_a_record_of_another_length_has_numbers_alone() -> None:
    network = spec("cifar-plain-20")
    assert row_words(network, "norms", 3, 7) == "layer 4"
    assert row_words(network, "dead", 1, 2) == "block 2"


def test_projections_stand_beside_the_curve() -> None:
    network = spec("resnet18")
    series = series_of(network, np.ones(len(blueprint(network).layers)))
    assert np.count_nonzero(~series.is_joined) == 3
    assert series_of(network, np.ones(3)).names == ("",) * 3, "a network of other layers"


def test_words_for_the_status_line() -> None:
    log = RunLog("a", report("cifar-plain-20").spec)
    count = len(blueprint(log.run.network).layers)
    values = np.full(count, 0.02104)
    assert reading_words(log, "norms", 3, 4.31, values) == (
        "Plain-20 · layer 4, block 2, conv2_x 2, conv1 · epoch 4.3 · 0.02104"
    )
    shares = np.array([0.125, math.nan] * 5)[:9]
    assert reading_words(log, "dead", 0, 0.0, shares).endswith("12.5 % of the channels dead")
    assert reading_words(log, "dead", 1, 0.0, shares).endswith("nan (not a number)")


def test_stages_are_rows_of_layers() -> None:
    network = spec("cifar-resnet-20")
    assert [(s.label, s.first, s.last) for s in stages_of(network)] == [
        ("stem", 0, 0), ("conv2_x", 1, 6), ("conv3_x", 7, 12), ("conv4_x", 13, 18), ("head", 19, 19)
    ]  # fmt: skip
