"""What is said of gradients along lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.charts.studies.shattering import panels
from resnet_viewer.charts.study_panel import LinesPanel, MatrixPanel, PicturesPanel
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.shattering import (
    ShatteringOptions,
    conclusion,
    noise,
    pairs,
    sights,
    takes_line,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring

OPTIONS = ShatteringOptions(points=64, lags=4)


def result_of(way: float, name: str = "cifar-resnet-8", *, lines: int = 2) -> StudyResult:
    """So far on the way from white to brown noise."""
    described = spec(name)
    state = NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))
    white, brown = (noise(kind, 64, 4) for kind in ("white", "brown"))
    found = tuple((1 - way) * white + way * brown)
    row: Row = {"point": "line 1", "autocorrelation": found, "slope": tuple(np.arange(64.0))}
    return StudyResult(
        StudyOrder("shattering", state, OPTIONS, TestSet(), Path("out")), Basis(300, 300), 2, (row,) * lines
    )


@pytest.mark.parametrize(
    ("name", "way", "words"),
    [
        ("cifar-resnet-56", 0.6, "It agrees with the paper: with shortcuts"),
        ("cifar-resnet-56", 0.1, "It does not agree with the paper, because with shortcuts"),
        ("cifar-plain-56", 0.1, "It agrees with the paper: in 56 layers without shortcuts"),
        ("cifar-plain-56", 0.6, "It does not agree with the paper, because in 56 layers"),
        ("cifar-plain-8", 0.8, "It agrees with the paper: in 8 layers"),
        ("cifar-plain-8", 0.2, "It does not agree with the paper, because even in 8 layers"),
        ("cifar-plain-20", 0.2, "lies between a shallow and a deep network"),
    ],
)
def test_untrained_networks_are_held_against_the_paper(name: str, way: float, words: str) -> None:
    measured, agreement = conclusion(result_of(way, name))
    assert f"so it is {100 * way:.0f} % of the way from white to brown" in measured
    assert words in agreement


def test_what_the_paper_does_not_measure_is_not_judged() -> None:
    result = result_of(0.5)
    state = result.order.state
    trained = replace(
        state, network=replace(state.network, weights=replace(state.network.weights, source="bundled"))
    )
    cut = replace(state, wiring=state.wiring.with_shortcuts([1], 0.0))
    for other, words in ((trained, "networks before training"), (cut, "Some of its gates are not open")):
        said = conclusion(replace(result, order=replace(result.order, state=other)))
        assert words in said[-1]


def test_the_statistics_of_batch_normalisation_are_those_that_the_weights_have() -> None:
    result = result_of(0.5)
    state = result.order.state
    trained = replace(
        state, network=replace(state.network, weights=replace(state.network.weights, source="bundled"))
    )
    bare = replace(state, network=spec("cifar-resnet-20-nobn"))
    for whose, its, taken in (
        ("usual", state, True),
        ("usual", trained, False),
        ("the line's", trained, True),
        ("training's", state, False),
        ("the line's", bare, False),
    ):
        assert takes_line(its, ShatteringOptions(statistics=whose)) == taken  # type: ignore[arg-type]  # choices
    assert "normalised by the statistics of the line's own points, gradients" in conclusion(result)[0]
    order = replace(result.order, options=replace(OPTIONS, statistics="training's"))
    first, said = conclusion(replace(result, order=order))
    assert "normalised by the statistics of training, gradients" in first
    assert "take those of the line to compare" in said
    assert "normalised" not in conclusion(replace(result, order=replace(order, state=bare)))[0]


def line(places: int = 4, side: int = 2) -> Row:
    """From black to white; the gradient rises from pixel to pixel."""
    values = tuple(range(3 * side**2)) * places
    return {
        "from": "one.png",
        "to": "other.png",
        "shares": tuple(np.linspace(0, 1, places)),
        "start": (-0.5,) * 12,
        "end": (1.5,) * 12,
        "gradients": values,
        "largest": (0.25,) * places,
        "pairs": (1.0, -0.5, -0.5, 1.0),
    }


def test_a_slider_goes_along_the_line_and_twins_are_laid_over_one_another() -> None:
    result, twin = result_of(0.5), result_of(0.2, "cifar-plain-8")
    seen = [replace(each, rows=({**each.rows[0], **line()}, *each.rows[1:])) for each in (result, twin)]
    *_, slope, pictures, ours, its = panels(seen)
    assert isinstance(ours, MatrixPanel)
    assert isinstance(its, MatrixPanel)
    assert ours.values.tolist() == [[1, -0.5], [-0.5, 1]]
    assert its.title.endswith(": Plain-8")
    assert (ours.is_signed, ours.limits) == (True, (-1, 1)), "one scale"
    assert isinstance(pictures, PicturesPanel)
    assert isinstance(slope, LinesPanel)
    assert pictures.x.title == slope.x.title, "so that its guide follows"
    assert pictures.has_slider
    assert pictures.places.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [row.name for row in pictures.rows] == [
        "picture",
        "ResNet-8",
        "Plain-8",
    ]
    colours = [picture[0, 0].tolist() for picture in pictures.rows[0].pictures if picture is not None]
    assert colours == [[0] * 3, [42] * 3, [212] * 3, [255] * 3], "what is beyond black and white is cut off"
    gradient = pictures.rows[1].pictures[2]
    assert gradient is not None
    assert gradient[0, 0].tolist() == [128, 132, 136], "grey is 0; a pixel's channels are four numbers apart"
    elsewhere = replace(seen[1], rows=({**seen[1].rows[0], "to": "third.png"},))
    *_, pictures, _, _ = panels([seen[0], elsewhere])
    assert isinstance(pictures, PicturesPanel)
    assert [row.name for row in pictures.rows][1:] == ["ResNet-8"], "another line has other pictures"


@pytest.mark.parametrize(
    "strange",
    [
        {"shares": ()},
        {"shares": None},
        {"start": (0.0,) * 11},
        {"end": (0.0,) * 27},
        {"gradients": (1.0,) * 47},
        {"gradients": (1.0,) * 4},
        {"largest": (1.0,)},
    ],
)
def test_pictures_that_are_not_whole_are_passed_over(strange: Row) -> None:
    result = result_of(0.5)
    assert sights(replace(result, rows=({**line(), **strange},))) is None
    assert sights(replace(result, rows=({}, line()))) is not None
    assert pairs(replace(result, rows=({"pairs": (1.0, 0.5)},))) is None


def test_it_says_how_far_it_is_and_passes_over_what_is_no_line() -> None:
    assert conclusion(result_of(0.5, lines=0)) == ()
    assert "On one line so far, of 2, between pictures" in conclusion(result_of(0.5, lines=1))[0]
    strange: tuple[Row, ...] = (
        {},
        {"autocorrelation": None},
        {"autocorrelation": (1.0,)},
        {"autocorrelation": "x"},
    )
    result = result_of(0.5)
    (said,) = conclusion(replace(result, rows=strange))
    assert said.startswith("No gradient that changes arrives")
    assert conclusion(replace(result, rows=(*strange, *result.rows)))[0] == conclusion(result)[0]
    assert panels([replace(result, rows=strange)])[0].message
    with pytest.raises(ArgumentError, match="from 16 to 1024"):
        ShatteringOptions(points=2)
    assert ShatteringOptions(points=16, lags=100).farthest == 8


def test_it_is_drawn_between_white_and_brown_noise() -> None:
    alike, slope = panels([result_of(0.5), result_of(0.2, "cifar-plain-8")])
    assert isinstance(alike, LinesPanel)
    assert isinstance(slope, LinesPanel)
    assert [series.name for series in alike.series] == ["ResNet-8", "Plain-8", "white noise", "brown noise"]
    middle, _, white, brown = (series.y for series in alike.series)
    assert middle == pytest.approx((white + brown) / 2)
    assert [series.y.tolist() for series in slope.series] == [[place / 63 for place in range(64)]] * 2
