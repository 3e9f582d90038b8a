"""The panels of "Layer responses"."""

from __future__ import annotations

from resnet_viewer.charts.studies.responses import panels
from resnet_viewer.charts.study_panel import LinesPanel
from tests.records.studies.test_responses import result_of


def test_layers_are_drawn_in_order_and_sorted_and_plain_networks_dashed() -> None:
    in_order, by_size = panels([result_of("cifar-resnet-14"), result_of("cifar-plain-20")])
    assert isinstance(in_order, LinesPanel)
    assert isinstance(by_size, LinesPanel)
    ours, plain = in_order.series
    assert (ours.name, plain.name) == ("ResNet-14", "Plain-20")
    assert (ours.is_dashed, plain.is_dashed) == (False, True)
    assert ours.x.tolist() == list(range(1, 14))
    assert ours.y.tolist() == [1.0, *[0.5, 0.25] * 6]
    assert by_size.series[0].y.tolist() == [1.0, *[0.5] * 6, *[0.25] * 6]
    assert ours.words[1] == "ResNet-14 · block 1 · conv2_x 1 · conv1 · deviation 0.5"
    assert by_size.series[0].words[0] == "ResNet-14 · stem · conv1 · deviation 1"


def test_layers_that_are_not_measured_yet_are_missing() -> None:
    in_order, _ = panels([result_of("cifar-resnet-14", measured=3)])
    assert isinstance(in_order, LinesPanel)
    assert in_order.series[0].x.tolist() == [1, 2, 3]
