"""Records as images: right side up, one scale for all, zeros and non-finite values in colours of their own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtGui import QColor, QImage

from resnet_viewer.charts.gradient_record import Spread
from resnet_viewer.ui.train.record_pixels import (
    COLOURS,
    ColourScale,
    Quantity,
    image_of_records,
    painted_until,
    power_text,
    scale_for,
    shown_records,
)
from resnet_viewer.ui.widgets.pixels import colour_table, pixel

ZERO, ODD = "#010203", "#fd0001"
SCALE = ColourScale(-3.0, 0.0)


def spread(*values: float) -> Spread:
    made = Spread()
    made.grow(np.array([values]))
    return made


def scale_of(*values: float, quantity: Quantity = "norms") -> ColourScale:
    return scale_for([spread(*values)], quantity)


def colour(step: int) -> tuple[int, int, int]:
    value = QColor.fromRgb(int(colour_table(COLOURS)[step]))
    return value.red(), value.green(), value.blue()


def image(values: list[list[float]], columns: int, scale: ColourScale = SCALE) -> QImage:
    records = np.array(values)
    times = np.arange(float(len(records)))
    shown = shown_records(times, columns, (0.0, float(columns)), float(len(records)))
    made = image_of_records(records, shown, scale, ZERO, ODD)
    assert made is not None
    return made


def test_the_first_layer_is_at_the_top_and_time_runs_to_the_right() -> None:
    made = image([[1e-3, 1.0, 1.0], [1.0, 1.0, 1e-3]], 3)
    assert (made.width(), made.height()) == (3, 3)
    assert pixel(made, 0, 0) == colour(0)
    assert pixel(made, 0, 2) == colour(255)
    assert pixel(made, 1, 0) == colour(255)
    assert pixel(made, 1, 2) == colour(0)


def test_what_is_not_trained_yet_stays_clear() -> None:
    made = image([[1.0], [1.0]], 8)
    opacity = [made.pixelColor(x, 0).alpha() for x in range(8)]
    assert opacity == [255, 255, 0, 0, 0, 0, 0, 0]


def test_nothing_is_painted_past_where_the_run_has_come_to() -> None:
    """A record every ten epochs, stopped at epoch 26 of 40."""
    times = np.array([0.0, 10.0, 20.0])
    assert shown_records(times, 8, (0.0, 40.0), 26.0).tolist() == [0, 0, 1, 1, 2, -1, -1, -1]
    assert shown_records(times, 8, (0.0, 40.0), 31.0).tolist() == [0, 0, 1, 1, 2, 2, -1, -1]
    assert shown_records(times[:1], 4, (0.0, 4.0), 2.0).tolist() == [0, 0, -1, -1]
    assert painted_until(times, 40.0) == 30.0, "where the next record would have come"


def test_zeros_and_what_is_not_finite_have_colours_of_their_own() -> None:
    made = image([[0.0, np.nan, np.inf, -1.0, 1e-9, 1e9]], 1)
    odd = (253, 0, 1)
    assert [pixel(made, 0, y) for y in range(6)] == [(1, 2, 3), odd, odd, odd, colour(0), colour(255)]


def test_a_dead_share_of_zero_is_a_value_like_others() -> None:
    scale = scale_of(0.0, 1.0, 0.5, quantity="dead")
    assert scale.ends == ("0 %", "100 %")
    made = image([[0.0, 1.0, np.nan]], 1, scale)
    assert [pixel(made, 0, y) for y in range(3)] == [colour(0), colour(255), (253, 0, 1)]


@given(arrays(np.float64, (5, 7), elements=st.floats(allow_nan=True)), st.integers(1, 20))
def test_any_values_make_an_image(values: np.ndarray, columns: int) -> None:
    made = Spread()
    made.grow(values)
    scale = scale_for([made], "norms")
    assert scale.low < scale.high
    found = image_of_records(
        values, shown_records(np.arange(5.0), columns, (0.0, 4.0), 5.0), scale, ZERO, ODD
    )
    assert found is not None


def test_there_is_no_image_without_a_record_or_a_layer() -> None:
    assert image_of_records(np.zeros((0, 3)), np.full(4, -1), SCALE, ZERO, ODD) is None
    assert image_of_records(np.zeros((2, 0)), np.zeros(4, np.int64), SCALE, ZERO, ODD) is None
    assert shown_records(np.zeros(0), 3, (0.0, 1.0), 1.0).tolist() == [-1, -1, -1]


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
    assert scale_of(1e-3, 1e1).ticks(8) == pytest.approx([0.25, 0.5, 0.75])
    below_a_decade = scale_of(0.012, 0.09)
    assert below_a_decade.ends == ("1e-2", "1e-1")
    assert below_a_decade.ticks(8) == pytest.approx([np.log10(2), np.log10(5)])
    assert scale_of(0.1, quantity="dead").ticks(8) == [0.25, 0.5, 0.75]


def test_a_record_within_a_decade_of_the_others_is_on_the_scale() -> None:
    scale = scale_of(*([0.2] * 500 + [2.0] * 500 + [0.03]))
    assert scale.ends == ("1e-2", "1e1")
    assert not scale.is_clipped


def test_one_odd_record_does_not_set_the_scale_but_is_told() -> None:
    scale = scale_of(*([0.1] * 500 + [1.0] * 500 + [1e-12]))
    assert scale.low > -2.0
    assert scale.is_clipped
    assert not scale_of(0.1, 1.0).is_clipped


def test_zeros_and_odd_values_are_noted_however_late_they_come() -> None:
    made = spread(1.0, 2.0)
    assert not scale_for([made], "norms").has_zero
    made.grow(np.array([[1.0, 2.0], [0.0, np.inf]]))
    scale = scale_for([made], "norms")
    assert (scale.has_zero, scale.has_odd) == (True, True)
    assert made.counts.sum() == 2, "old records were counted again"


def test_two_runs_share_the_wider_scale() -> None:
    assert scale_for([spread(1e-4, 1e-3), spread(1.0, 6.0)], "norms").ends == ("1e-4", "1e1")
    assert scale_for([], "norms").ends == ("1e-3", "1e0")


def test_powers_read_as_numbers() -> None:
    assert [power_text(e) for e in (-3.0, 0.0, -0.5228787, 2.4771213)] == ["1e-3", "1e0", "3e-1", "3e2"]
