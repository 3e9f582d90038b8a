"""The panels of "Blocks, one at a time", of one result and of several, complete and not."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.studies.blocks import panels
from resnet_viewer.charts.study_panel import LinesPanel
from resnet_viewer.records.studies.blocks import BlocksOptions
from tests.records.studies.test_blocks import result_of


def lines(*results: object) -> list[LinesPanel]:
    found = panels(results)  # type: ignore[arg-type]
    assert all(isinstance(panel, LinesPanel) for panel in found)
    return list(found)  # type: ignore[arg-type]


def test_lesions_are_blue_cuts_orange_and_every_point_can_be_opened() -> None:
    result = result_of()
    singly, several, swapped = lines(result)
    lesions, cuts = singly.series
    assert (lesions.colour, cuts.colour) == ("branch", "shortcut")
    assert (lesions.name, cuts.name) == ("branch dropped (lesion)", "shortcut cut")
    assert lesions.x.tolist() == cuts.x.tolist() == list(range(1, 28))
    assert lesions.y[[0, 9, 18]].tolist() == [40.0, 20.0, 24.0]
    assert lesions.low is not None
    assert lesions.high is not None
    assert (lesions.low < lesions.y).all()
    assert (lesions.high > lesions.y).all()
    assert [wiring.dropped for wiring in lesions.states if wiring] == [(n,) for n in range(1, 28)]
    assert [wiring.cut for wiring in cuts.states if wiring] == [(n,) for n in range(1, 28)]
    assert singly.is_by_block
    assert [(guide.name, guide.at) for guide in singly.guides] == [("as it begins", 13.3)]
    assert lesions.words[9].startswith(
        "block 10 · conv3_x 1 · branch dropped (lesion): 20.0 % (95 % interval"
    )
    (means,) = several.series
    assert means.x[:4].tolist() == [0, 1, 2, 3]
    assert means.y[:2] == pytest.approx([13.3, 19.3])
    assert means.low is not None
    assert means.low[1] == pytest.approx(19.3 - 0.4), "10 % of two draws that differ by 1"
    assert means.states[4] is not None
    assert len(means.states[4].dropped) == 4
    assert "4 branches dropped: 37.3 % in the mean of two draws" in means.words[4]
    assert means.words[1].startswith("1 branch dropped: ")
    (dots,) = swapped.series
    assert (np.diff(dots.x) >= 0).all()
    assert dots.states == (), "no gates make an order"


def test_what_is_not_measured_yet_is_not_drawn() -> None:
    singly, several, swapped = lines(result_of(measured=5))
    assert [series.x.tolist() for series in singly.series] == [[24.0, 25.0, 26.0, 27.0]]
    assert (several.series, swapped.series) == ((), ())
    nothing = lines(result_of(measured=0))
    assert [panel.series for panel in nothing] == [(), (), ()]


def test_what_was_not_asked_has_no_panel() -> None:
    only_cuts = BlocksOptions(lesions=False, several=False, swaps=False)
    (singly,) = lines(result_of(options=only_cuts))
    assert singly.title == "One block at a time"


def test_two_networks_are_laid_over_one_another_and_told_apart() -> None:
    both = lines(result_of("cifar-resnet-20"), result_of("cifar-plain-20", labels=False))
    names = [series.name for series in both[0].series]
    assert names == [
        "ResNet-20: branch dropped (lesion)",
        "ResNet-20: shortcut cut",
        "Plain-20: block left out",
    ]
    assert [series.colour for series in both[0].series] == ["first", "first", "second"]
    assert both[0].y.title == "error and disagreement with the intact network (%)"
    assert [wiring.left_out for wiring in both[0].series[2].states if wiring] == [
        (1,), (2,), (3,), (5,), (6,), (8,), (9,),
    ]  # fmt: skip
    assert both[1].x.title == "branches dropped or blocks left out together"
    assert [series.is_dashed for series in both[1].series] == [False, True]
    assert [guide.name for guide in both[2].guides] == ["ResNet-20: as it begins"]
