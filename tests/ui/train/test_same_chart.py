"""The window and paper draw the same values: one chart, two toolkits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import Chart
from resnet_viewer.charts.curves import Quantity, courses_of
from resnet_viewer.charts.run_names import plain_names, run_strokes, variants
from resnet_viewer.figures import training_curves
from resnet_viewer.figures.page import printed
from resnet_viewer.figures.plot import draw
from resnet_viewer.records.lab import StateChanged
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.depth_plot import DepthPlot
from resnet_viewer.ui.train.error_plot import ErrorPlot
from resnet_viewer.ui.widgets.plot import PlotCanvas
from tests.ui.train.invented import begun, grow, run, trained, with_interventions

QUANTITIES: tuple[Quantity, ...] = ("error", "loss", "rate")


def logs() -> tuple[RunLog, ...]:
    """One with spikes and more steps than there are columns, one that diverged, one whose shortcuts were cut."""
    long = begun(run(epochs=300))
    grow(
        long,
        3000,
        error=lambda step: 99.0 if step == 1500 else 20.0,
        loss=lambda step: 5.0 if step == 1500 else 1.0,
    )
    odd = begun(run("cifar-resnet-20"))
    values = [1.0, np.nan, np.inf, 0.0]
    grow(
        odd,
        24,
        loss=lambda step: values[step % 4],
        norms=lambda _, layers: [values[i % 4] for i in range(layers)],
    )
    odd.take(StateChanged(odd.key, "diverged"))
    return long, odd, with_interventions(trained("cifar-resnet-56"), (10, 0.0))


def drawn(qtbot: QtBot) -> Iterator[tuple[QWidget, PlotCanvas, Chart]]:
    """Every chart of the Train page, with the panel and the canvas that show it."""
    scene = LabScene(logs(), version=1)
    for quantity in QUANTITIES:
        errors = ErrorPlot()
        qtbot.addWidget(errors)
        errors.resize(700, 420)
        errors.show_quantity(quantity)
        errors.render_lab(scene)
        yield errors, errors.canvas, errors.chart
    depths = DepthPlot()
    qtbot.addWidget(depths)
    depths.resize(500, 420)
    depths.render_lab(scene)
    yield depths, depths.canvas, depths.chart


def test_the_window_and_paper_draw_the_same_curves_numbers_and_names(qtbot: QtBot) -> None:
    for _, canvas, chart in drawn(qtbot):
        room = canvas.room
        axes = Figure((room.width / 72, room.height / 72)).add_axes((0, 0, 1, 1))
        lines = draw(axes, chart, room)
        assert list(lines) == [curve.key for curve in chart.curves]
        for key, line in canvas.lines.lines.items():
            x, y = chart.at(room.size, line.x, line.y)
            np.testing.assert_allclose(np.asarray(lines[key].get_xdata()), x, atol=1e-9)
            np.testing.assert_allclose(np.asarray(lines[key].get_ydata()), y, atol=1e-6)
            assert (lines[key].get_linestyle() == "--") == line.stroke.is_dashed
        labels = [label.get_text() for label in axes.get_yticklabels()]
        numbers = (*chart.y.numbers, *chart.y.lanes)
        assert labels == [printed(tick.text) for tick in numbers]
        assert list(axes.get_yticks()) == [tick.place for tick in numbers]
        assert [label.get_text() for label in axes.get_xticklabels()] == [t.text for t in chart.x.numbers]
        words = {text.get_text() for text in axes.texts}
        assert {name.text for name in chart.names} <= words
        assert {flag.word for flag in chart.flags if flag.word} <= words


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_run_in_the_window_and_its_report_have_the_same_curves(quantity: Quantity) -> None:
    for log in logs():
        for one, other in zip(courses_of(log, quantity), courses_of(log.report(), quantity), strict=True):
            np.testing.assert_allclose(one.x, other.x)
            np.testing.assert_allclose(one.y, other.y, rtol=1e-9)


def test_runs_have_one_name_and_one_look() -> None:
    seeds = [begun(run(seed=seed)) for seed in (0, 1)]
    adam = begun(replace(run(), recipe=RECIPES["adam"]))
    scene = LabScene((*logs(), *seeds, adam))
    for log, told in zip(scene.logs, variants([log.run for log in scene.logs]), strict=True):
        log.variant, log.has_siblings = told
    reports = [log.report() for log in scene.logs]
    assert plain_names(reports) == [log.title for log in scene.logs]
    assert [log.title for log in scene.logs[-2:]] == [
        "Plain-20 quick, 4 epochs seed 1",
        "Plain-20 adam, 4 epochs",
    ]
    strokes = run_strokes([log.run for log in scene.logs], scene.depths)
    assert run_strokes([report.spec for report in reports]) == strokes


def test_a_spike_of_one_step_is_drawn_in_the_window_and_on_paper(qtbot: QtBot) -> None:
    long = logs()[0]
    mean = 20.0 + 79.0 / 10
    _panel, canvas, chart = next(drawn(qtbot))
    thin = canvas.lines.lines[long.key, 0]
    assert np.nanmax(chart.at(canvas.size_of_plot, thin.x, thin.y)[1]) == pytest.approx(mean)
    axes = next(axes for axes in training_curves.figure([long.report()]).axes if axes.get_ylabel())
    printed_line = next(line for line in axes.lines if line.get_label() == "Plain-20, training")
    assert len(np.asarray(printed_line.get_xdata())) < 1500, "thinned"
    assert np.max(np.asarray(printed_line.get_ydata())) == pytest.approx(mean)
