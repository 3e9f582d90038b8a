"""Kinds with several seeds as rows: where each dot stands, how far its deviation goes, and what the table holds."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.shapes import Outline
from resnet_viewer.charts.study_chart import laid_out, point_words
from resnet_viewer.charts.study_panel import Scale
from resnet_viewer.charts.study_rows import Rows, dots, table
from resnet_viewer.records.trained_rows import Group

NAMES = ("original", "plain", "diverged", "missing")
GROUPS = (
    Group((1.0, 2.0, 3.0), (0.0, 0.5, 1.0)),
    Group((60.0, 80.0, 70.0), (50.0,) * 3),
    Group(diverged=3),
    None,
)
ERROR = Scale("test error (%)", is_log=True)


def room(height: float = 300.0) -> Room:
    return Room(500.0, height, lambda text: 7.0 * len(text), 15.0)


def test_every_seed_is_a_dot_in_its_row_and_the_mean_has_its_deviation() -> None:
    panel = dots("a", ERROR, NAMES, [Rows("", "branch", GROUPS)])
    made = laid_out(panel, room())
    assert [tick.text for tick in reversed(made.chart.y.numbers)] == list(NAMES), "the first row is above"
    rows = {tick.text: tick.place for tick in made.chart.y.numbers}
    seeds, means = panel.series
    np.testing.assert_array_equal(made.places[0][0], np.log10(seeds.x))
    assert seeds.x.tolist() == [1, 2, 3, 60, 80, 70]
    assert made.places[0][1].tolist() == [rows["original"]] * 3 + [rows["plain"]] * 3
    assert means.x.tolist() == [2, 70]
    assert means.across is not None
    np.testing.assert_allclose(means.across, ([1, 60], [3, 80]))
    (spread,) = (inked for inked in made.chart.shapes if inked.key == "series 1 across")
    lines = [shape for shape in spread.shapes if isinstance(shape, Outline)]
    (left, down), (right, same) = lines[0].points
    assert down == same
    x, _ = made.chart.place((500.0, 300.0), np.log10([1.0, 3.0]), np.zeros(2))
    assert (left, right) == pytest.approx(tuple(x))
    assert point_words(panel, 0, 1) == "original · test error 2.00 %"
    assert point_words(panel, 1, 0) == "original · 2.0 ± 1.0 % (3 seeds)"


def test_a_deviation_below_zero_ends_at_the_edge_of_a_logarithm() -> None:
    panel = dots("a", ERROR, ("one",), [Rows("", "branch", [Group((0.5, 9.0), (0.0, 0.0))])])
    made = laid_out(panel, room())
    (spread,) = (inked for inked in made.chart.shapes if str(inked.key).endswith("across"))
    (left, _), (right, _) = spread.shapes[0].points  # type: ignore[union-attr]
    assert left == 0
    assert 0 < right <= 500


def test_rows_that_have_no_room_lose_names_and_no_dots() -> None:
    names = [f"kind {number}" for number in range(20)]
    groups = [Group((float(number + 1), number + 2.0), (0.0, 0.0)) for number in range(20)]
    made = laid_out(dots("a", ERROR, names, [Rows("", "branch", groups)]), room(100.0))
    assert 1 < len(made.chart.y.numbers) <= 100 / 15
    assert np.isfinite(made.places[0][1]).sum() == 40


def test_several_results_stand_beside_each_other_in_a_row() -> None:
    panel = dots("a", ERROR, NAMES[:2], [Rows(name, "first", GROUPS[:2]) for name in ("ours", "theirs")])
    assert [series.name for series in panel.series] == ["", "ours", "", "theirs"], (
        "dots of one colour are one's"
    )
    heights = [series.y for series in panel.series if not series.name]
    assert (heights[0] > heights[1]).all()
    assert np.abs(heights[0] - heights[1]).max() < 0.5
    assert panel.series[0].words[0].startswith("ours: original")


def test_the_table_has_mean_deviation_training_and_the_paper_s() -> None:
    panel = table("t", NAMES, GROUPS, [6.61, None, 8.0, None])
    np.testing.assert_allclose(
        panel.values,
        [[2, 1, 0.5, 6.61], [70, 10, 50, np.nan], [np.nan, np.nan, np.nan, 8], [np.nan] * 4],
    )
    assert panel.rows == NAMES
    assert table("t", NAMES, GROUPS).values.shape == (4, 3)
    assert np.isnan(table("t", ("one",), [Group((4.0,), (1.0,))]).values[0, 1]), "one seed has no deviation"
