"""The panels of "Strength of the shortcuts", of one result and of several, complete and not."""

from __future__ import annotations

from resnet_viewer.charts.studies.strength import panels
from resnet_viewer.charts.study_panel import LinesPanel
from resnet_viewer.records.studies.strength import strengths
from resnet_viewer.records.wiring import Wiring
from tests.records.studies.test_strength import falling, result_of


def drawn(*results: object) -> tuple[LinesPanel, ...]:
    found = panels(results)  # type: ignore[arg-type]
    assert all(isinstance(panel, LinesPanel) for panel in found)
    return found  # type: ignore[return-value]


def test_each_group_has_a_line_in_each_panel_and_its_points_open_their_state() -> None:
    error, right, first, last = drawn(result_of(falling))
    assert [panel.title for panel in (error, right, first, last)] == [
        "Error",
        "Probability of the right class",
        "Gradient of the score in the first layer",
        "Gradient of the score in the last layer",
    ]
    assert [series.name for series in error.series] == ["all shortcuts", "conv2_x", "conv3_x", "conv4_x"]
    assert error.series[0].colour == "shortcut"
    assert len({series.colour for series in error.series}) == 4
    assert error.series[0].x.tolist() == [*strengths(result_of(falling).order.options)]  # type: ignore[arg-type]
    assert error.series[0].low is not None
    assert error.series[0].low[0] == 88
    assert error.series[0].states[3] == Wiring.evenly(6, 0.3)
    assert error.series[2].states[0] == Wiring.all_open(6).with_shortcuts([3, 4], 0.0)
    assert first.y.is_log
    assert first.series[0].y[0] == 1e-10


def test_what_is_not_measured_yet_is_missing_and_none_is_not_drawn() -> None:
    error, *_ = drawn(result_of(falling, measured=15))
    assert [len(series.x) for series in error.series] == [0, 0, 4, 11]
    assert error.series[2].x.tolist() == [0.7, 0.8, 0.9, 1.0]


def test_several_results_are_told_apart() -> None:
    error, right, *_ = drawn(
        result_of(falling, shortcuts="all"), result_of(falling, shortcuts="all", has_labels=False, steps=5)
    )
    assert error.title == "Error or disagreement with the intact network"
    assert right.title == "Probability of the intact network's class"
    assert len({series.name for series in error.series}) == 2
    assert all(series.name.endswith("all shortcuts") for series in error.series)
    assert [series.is_dashed for series in error.series] == [False, True]
