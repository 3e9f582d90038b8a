"""The panels of "Signal propagation at initialisation"."""

from __future__ import annotations

import pytest

from resnet_viewer.charts.studies.propagation import panels
from resnet_viewer.charts.study_panel import LinesPanel
from resnet_viewer.records.studies.propagation import PropagationOptions
from tests.records.studies.test_propagation import CURVE, ONE, result_of, staged, state_of

BOTH = PropagationOptions(draws=2)


def test_one_network_has_shortcut_and_branch_in_their_colours_and_is_dashed_without_normalisation() -> None:
    variance, mean, gradient, weights = panels([result_of(state_of("cifar-resnet-32"), BOTH)])
    assert isinstance(variance, LinesPanel)
    assert isinstance(mean, LinesPanel)
    assert isinstance(gradient, LinesPanel)
    assert isinstance(weights, LinesPanel)
    assert [(one.name, one.colour, one.is_dashed) for one in variance.series] == [
        ("shortcut, with BN", "shortcut", False),
        ("branch, with BN", "branch", False),
        ("shortcut, without BN", "shortcut", True),
        ("branch, without BN", "branch", True),
    ]
    assert variance.series[0].x.tolist() == list(range(1, 16))
    assert variance.is_by_block
    assert [one.name for one in gradient.series] == ["with BN", "without BN"]
    assert variance.series[0].words[5] == "shortcut, with BN · block 6 · conv3_x 1: 1 (1 to 1, two draws)"
    assert not variance.y.is_log


def test_what_spans_decades_has_a_logarithmic_axis_with_a_band() -> None:
    result = result_of(
        state_of("cifar-resnet-32-nobn"),
        ONE,
        shortcut_variance=[*CURVE, *[1e5] * 9, 1e300],
        branch_mean=[0.0] * 15,
    )
    variance, mean, *_ = panels([result])
    assert isinstance(variance, LinesPanel)
    assert variance.y.is_log
    assert variance.series[0].y[-1] == float("inf")
    assert variance.series[0].low is not None
    assert isinstance(mean, LinesPanel)
    assert not mean.y.is_log


def test_several_networks_have_colours_and_panels_of_their_own() -> None:
    deep = result_of(state_of("cifar-resnet-32"), PropagationOptions(draws=1, depths="20,32"))
    plain = result_of(
        state_of("cifar-plain-32"), ONE, shortcut_variance=[-1.0] * 15, output_variance=staged(CURVE)
    )
    shortcut, branch, *_ = panels([deep, plain])
    assert isinstance(shortcut, LinesPanel)
    assert isinstance(branch, LinesPanel)
    assert [one.name for one in shortcut.series] == [
        "ResNet-32, 20 layers, with BN",
        "ResNet-32, 20 layers, without BN",
        "ResNet-32, 32 layers, with BN",
        "ResNet-32, 32 layers, without BN",
        "Plain-32",
    ]
    assert [one.colour for one in shortcut.series] == ["first", "first", "second", "second", "third"]
    assert shortcut.series[-1].y.tolist() == pytest.approx(staged(CURVE))
    assert len(branch.series) == 5
    assert shortcut.title == "Variance of what the shortcut carries or the block's output"
    (alone, *_) = panels([deep])
    assert isinstance(alone, LinesPanel)
    assert alone.title == "Variance of what the shortcut carries"
    assert alone.series[0].name == "20 layers, with BN"


def test_nothing_measured_is_said() -> None:
    for panel in panels([result_of(state_of("cifar-resnet-32"), rows=0)]):
        assert panel.message == "No draw is measured yet."
