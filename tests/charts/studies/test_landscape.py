"""What is drawn of a landscape: planes on one scale, sections, and a path."""

from __future__ import annotations

import math

import numpy as np

from resnet_viewer.charts.studies.landscape import CLIP, panels
from resnet_viewer.charts.study_panel import LinesPanel, MatrixPanel
from resnet_viewer.records.studies.landscape import LandscapeOptions
from tests.records.studies.test_landscape import bowl, hills, result_of


def test_a_plane_is_drawn_in_the_logarithm_with_the_lines_through_the_network() -> None:
    loss, error, lines = panels([result_of()])
    assert isinstance(loss, MatrixPanel)
    assert (loss.title, loss.is_log, loss.has_contours, loss.is_relief) == ("Loss", True, True, True)
    assert loss.values[0, 0] == bowl(-1, -1)
    assert (loss.x.least, loss.x.most, loss.y.least, loss.y.most) == (-1, 1, -1, 1)
    assert loss.limits == (loss.values.min(), loss.values.max())
    assert loss.clip == CLIP
    assert loss.path is None
    assert isinstance(error, MatrixPanel)
    assert (error.title, error.unit, error.is_log, error.limits) == ("Error", "%", False, (0, 100))
    assert isinstance(lines, LinesPanel)
    first, second = lines.series
    assert first.y.tolist() == [bowl(x, 0) for x in np.linspace(-1, 1, 17)]
    assert second.is_dashed
    (guide,) = lines.guides
    assert guide.at == math.log(10)


def test_twins_are_drawn_on_one_scale_and_a_coarse_one_beside_a_fine_one() -> None:
    residual = result_of(lambda x, y: 40 * bowl(x, y))
    plain = result_of(hills, "cifar-plain-56", count=30)
    one, other, *_, lines = panels([residual, plain])
    assert isinstance(one, MatrixPanel)
    assert isinstance(other, MatrixPanel)
    assert (one.title, other.title) == ("Loss: ResNet-56", "Loss: Plain-56")
    assert one.limits == other.limits == (other.values.min(), one.values.max())
    assert (one.values.shape, other.values.shape) == ((17, 17), (5, 5))
    assert isinstance(lines, LinesPanel)
    assert len(lines.series) == 4
    assert len({series.colour for series in lines.series}) == 2
    assert len(lines.guides) == 1
    *_, waiting = panels([result_of(count=5), plain])
    assert isinstance(waiting, LinesPanel)
    assert {series.colour for series in waiting.series} == {lines.series[2].colour}, "it keeps its colour"


def test_numbers_beyond_all_do_not_stretch_the_scale() -> None:
    def ground(x: float, y: float) -> float:
        return math.inf if x > 0.9 else math.nan if x < -0.9 else 1e9 if y > 0.9 else bowl(x, y)

    (loss, *_) = panels([result_of(ground)])
    assert isinstance(loss, MatrixPanel)
    assert loss.limits == (0.3, CLIP[1])
    assert np.isinf(loss.values[:, -1]).all(), "they are handed on as they are"
    (loss, *_) = panels([result_of(lambda x, y: math.nan)])
    assert isinstance(loss, MatrixPanel)
    assert loss.limits is None


def test_a_path_lies_over_the_plane_and_has_no_sections() -> None:
    loss, error = panels([result_of(options=LandscapeOptions(run="/runs/one"))])
    assert isinstance(loss, MatrixPanel)
    assert isinstance(error, MatrixPanel)
    assert loss.path is not None
    assert loss.path.x.tolist() == [-3.0, -2.0, -0.5, 0.0]
    assert loss.path.words == ("before training", "after one epoch", "after two epochs", "after four epochs")
    assert loss.x.title == "direction 1 (75.0\u00a0% of the path)"


def test_a_line_has_loss_and_error() -> None:
    loss, error = panels([result_of(options=LandscapeOptions(shape="line"), has_labels=False)])
    assert isinstance(loss, LinesPanel)
    assert isinstance(error, LinesPanel)
    assert error.title == "Disagreement with the intact network through the network"
    assert [len(panel.series) for panel in (loss, error)] == [1, 1]


def test_before_the_coarsest_grid_it_says_so() -> None:
    (panel,) = panels([result_of(count=5)])
    assert isinstance(panel, LinesPanel)
    assert "not measured yet" in panel.message
