"""The panels of "Iterative refinement"."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viewer.charts.studies.refinement import panels
from resnet_viewer.charts.study_panel import LinesPanel
from tests.records.studies.test_refinement import result_of


def test_four_panels_stand_on_the_axis_of_blocks() -> None:
    found = panels([result_of()])
    assert all(isinstance(panel, LinesPanel) and panel.is_by_block for panel in found)
    cosines, sizes, lacking, readings = found
    assert isinstance(cosines, LinesPanel)
    assert isinstance(sizes, LinesPanel)
    assert isinstance(lacking, LinesPanel)
    assert isinstance(readings, LinesPanel)
    assert np.isnan(cosines.series[0].y).nonzero()[0].tolist() == [3, 6], "where shapes change there is none"
    assert cosines.series[0].words[3] == "block 4 · conv3_x 1 · no cosine"
    assert sizes.series[0].words[1] == (
        "block 2 · conv2_x 2 · size 0.5 (10 to 90 % of 100 pictures: 0.25 to 1)"
    )
    assert lacking.series[0].x.tolist() == [1, 2, 3, 3.5, 4, 5, 6, 6.5, 7, 8, 9]
    assert np.isnan(lacking.series[0].y[[3, 7]]).all(), "a stage's line ends with it"
    assert lacking.series[0].high is not None
    assert lacking.series[0].high[:3].tolist() == [1.1, 0.55, 0.0]
    linear, own = readings.series
    assert (linear.is_dashed, own.is_dashed) == (False, True)
    assert own.x.tolist() == [7, 8, 9], "the classifier fits the last stage only"


def test_results_are_laid_over_one_another_and_what_is_not_there_says_so() -> None:
    both = panels([result_of(), result_of("cifar-resnet-14")])
    assert isinstance(both[3], LinesPanel)
    assert [series.name for series in both[3].series] == [
        "ResNet-20: linear classifier",
        "ResNet-20: the network's own",
        "ResNet-14: linear classifier",
        "ResNet-14: the network's own",
    ]
    assert len({series.colour for series in both[3].series}) == 2
    result = result_of()
    for panel in panels([replace(result, rows=())]):
        assert isinstance(panel, LinesPanel)
        assert panel.message == "No block is measured yet."
    no_cosine = panels([result_of(cosine=float("nan"))])[0]
    assert isinstance(no_cosine, LinesPanel)
    assert no_cosine.message == "There is no such number for any block."
