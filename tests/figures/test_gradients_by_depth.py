"""Gradient norms by depth at one moment: every value of the record is drawn as what it is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.figures import gradients_by_depth
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.training import RunReport
from tests.figures.layout import as_text, overlapping
from tests.figures.runs import going, report

RUNS = [report("cifar-plain-8"), report("cifar-resnet-20", norms=10.0)]


def plot_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_xlabel())


def legend(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.texts}


def odd_run() -> RunReport:
    run = RUNS[0]
    last = replace(run.gradients[-1], norms=(0.0, math.nan, math.inf, *run.gradients[-1].norms[3:]))
    return replace(run, gradients=(*run.gradients[:-1], last))


def test_norms_stand_at_their_decade_over_the_relative_depth() -> None:
    figure = gradients_by_depth.figure(RUNS)
    plain, residual = (
        next(line for line in plot_of(figure).lines if line.get_label() == name)
        for name in ("Plain-8", "ResNet-20")
    )
    assert list(plain.get_xdata()) == pytest.approx([n / 7 for n in range(8)])
    assert list(plain.get_ydata()) == pytest.approx([-5] * 8)
    assert list(residual.get_ydata()) == pytest.approx([-4] * 20)
    assert (plain.get_linestyle(), residual.get_linestyle()) == ("--", "-")


def test_the_moment_is_the_last_record_until_then() -> None:
    run = RUNS[0]
    assert gradients_by_depth.record_at(run, None).step == 10
    assert [gradients_by_depth.record_at(run, time).step for time in (0.0, 0.25, 0.49, 0.5, 9.0)] == [
        0,
        0,
        0,
        2,
        10,
    ]
    figure = gradients_by_depth.figure(RUNS, time=0.8)
    assert any("at epoch 0.5" in text for text in legend(figure))
    assert "at the last record until epoch 0.8" in figure.caption
    early = report("cifar-plain-20", epochs=1, state="stopped")
    assert {"Plain-8, epoch 2.5", "Plain-20, epoch 0.5"} <= legend(
        gradients_by_depth.figure([RUNS[0], early])
    )


def test_zeros_and_non_finite_values_stand_on_rows_of_their_own() -> None:
    figure = gradients_by_depth.figure([odd_run(), RUNS[1]])
    axes = plot_of(figure)
    rows = {
        label.get_text(): place
        for label, place in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    found = {line.get_marker(): line.get_ydata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    assert {shape: found[shape] for shape in "vx^"} == pytest.approx(
        {"v": rows["0"], "x": rows["∞ nan"], "^": rows["∞ nan"]}
    )
    assert {"zero", "infinite", "NaN"} <= legend(figure)
    drawn = next(line for line in axes.lines if line.get_label() == "Plain-8")
    assert [math.isnan(float(y)) for y in drawn.get_ydata()] == [True] * 3 + [False] * 5, "the line breaks"
    assert not {"zero", "infinite", "NaN"} & legend(gradients_by_depth.figure(RUNS))


def test_every_seed_is_a_line_under_one_name() -> None:
    figure = gradients_by_depth.figure([report(seed=seed, norms=2.0**seed) for seed in range(3)])
    lines = [line for line in plot_of(figure).lines if line.get_label() == "ResNet-8"]
    assert len(lines) == 3
    assert "ResNet-8 · 3 seeds" in legend(figure)
    assert "every seed a line" in figure.caption


def test_the_table_names_every_layer() -> None:
    header, rows = as_text(gradients_by_depth.table(RUNS, time=0.8))
    assert len(rows) == 28
    assert dict(zip(header, rows[7], strict=True)) == {
        "run": "Plain-8", "network": "cifar-plain-8", "seed": "0", "step": "2", "time (epochs)": "0.5", "number": "8",
        "relative depth": "1.0", "layer": "fc", "kind": "linear", "gradient norm": "0.1", "update": "0.1",
    }  # fmt: skip


@pytest.mark.parametrize("size", [(7.6, 4.6), (3.6, 3.0), (14.0, 8.0)])
def test_no_words_overlap(size: tuple[float, float]) -> None:
    runs = [odd_run(), RUNS[1], report("cifar-plain-20", epochs=1, state="diverged"), going(report(epochs=2))]
    assert overlapping(gradients_by_depth.figure(runs, paper=Paper(*size))) == []
    for kind in ("svg", "pdf", "png"):
        assert render(gradients_by_depth.figure(runs, paper=Paper(*size)), kind, metadata={})


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no run has a gradient record"):
        gradients_by_depth.figure([replace(RUNS[0], gradients=())])
