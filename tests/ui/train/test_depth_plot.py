"""Gradient norms by depth at one time: all runs, their layers named, bad values as what they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import inside
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.depth_plot import EMPTY, DepthPlot, series_at
from resnet_viewer.ui.widgets.plot_items import RIGHT_ROOM
from resnet_viewer.ui.widgets.theme import LIGHT
from tests.ui.train.hands import move
from tests.ui.train.invented import begun, grow, run, trained


@pytest.fixture
def panel(qtbot: QtBot) -> DepthPlot:
    made = DepthPlot()
    qtbot.addWidget(made)
    made.resize(420, 380)
    with qtbot.waitExposed(made):
        made.show()
    return made


def scene(*logs: RunLog, version: int = 1, time: float | None = None) -> LabScene:
    return LabScene(logs, version, time=time)


def by_step(step: int, layers: int) -> list[float]:
    """At step s every norm is s + 1."""
    return [step + 1.0] * layers


def point(panel: DepthPlot, spot: QPointF) -> None:
    where = panel.canvas.mapFromScene(panel.canvas.box.mapToScene(spot))
    move(panel.canvas.viewport(), QPointF(where))


@pytest.mark.parametrize("width", range(220, 430, 20))
def test_the_words_below_never_overlap(panel: DepthPlot, width: int) -> None:
    large = panel.font()
    large.setPointSize(16)
    panel.setFont(large)
    panel.setMinimumSize(1, 1)  # as in a page that has no more room
    panel.render_lab(scene(trained()))
    panel.resize(width, 300)
    panel.grab()
    wide = QFontMetricsF(panel.canvas.font()).horizontalAdvance
    x, across = panel.chart.x, panel.canvas.size_of_plot[0]
    halves = [wide(tick.text) / 2 for tick in x.numbers]
    middles = [
        inside(x.share(tick.place) * across, half, across, RIGHT_ROOM)
        for tick, half in zip(x.numbers, halves, strict=True)
    ]
    spans = [(middle - half, middle + half) for middle, half in zip(middles, halves, strict=True)]
    assert len(spans) >= 2
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_the_record_of_a_time_is_the_newest_then() -> None:
    log = begun(run())
    grow(log, 25, norms=by_step)
    newest = series_at(log, None)
    assert newest is not None
    assert newest[0].values[0] == 25.0
    assert newest[1] == pytest.approx(2.4)
    early = series_at(log, 1.1)
    assert early is not None
    assert early[0].values[0] == 11.0
    assert (early[0].x[0], early[0].x[-1]) == (0.0, 1.0)
    assert series_at(log, 3.5) is None, "a run that has not come so far is drawn"
    assert series_at(begun(run()), None) is None


def test_before_any_run_one_sentence_says_what_will_be_here(panel: DepthPlot) -> None:
    assert panel.chart.message == EMPTY
    panel.render_lab(scene(begun(run())))
    assert panel.chart.message == "No gradient record yet."
    panel.render_lab(scene(trained(), version=2, time=3.9))
    assert panel.chart.message == "No record at this time."


def test_the_subtitle_says_when(panel: DepthPlot) -> None:
    logs = trained(steps=25), trained("cifar-resnet-20", steps=13)
    panel.render_lab(scene(*logs, time=1.26))
    assert panel.subtitle == "at the pointer: epoch 1.3"
    panel.render_lab(scene(*logs))
    assert panel.subtitle == "newest: epochs 1.2 to 2.4"


def test_all_runs_are_drawn_plain_dashed(panel: DepthPlot) -> None:
    panel.render_lab(scene(trained(), trained("cifar-resnet-56")))
    lines = panel.canvas.lines.lines
    assert {key: line.stroke.is_dashed for key, line in lines.items()} == {
        "cifar-plain-20-0": True,
        "cifar-resnet-56-0": False,
    }
    assert len(lines["cifar-resnet-56-0"].x) == len(blueprint(run("cifar-resnet-56").network).layers)
    panel.apply_theme(LIGHT)
    assert panel.canvas.lines.lines["cifar-plain-20-0"].stroke.colour == LIGHT.depths[0]


def test_the_scale_is_the_same_at_every_time_and_ends_at_decades(panel: DepthPlot) -> None:
    log = begun(run(epochs=10))
    grow(log, 40, norms=lambda step, layers: [10.0 ** (1.5 - step / 10)] * layers)
    panel.render_lab(scene(log))
    newest = panel.scale
    assert newest.low <= -3.0
    assert newest.high >= 2.0
    for time in (0.5, 2.0, 3.5):
        panel.render_lab(replace(scene(log), time=time))
        assert panel.scale == newest
    grow(log, 1, norms=lambda step, layers: [0.5] * layers)
    panel.render_lab(scene(log, version=2))
    assert panel.scale == newest


def test_the_plot_says_what_it_measures_and_in_a_narrow_one_when(panel: DepthPlot) -> None:
    panel.resize(640, 300)
    panel.render_lab(replace(scene(trained()), time=1.3))
    assert (panel.chart.y.title, panel.chart.moment) == ("gradient norm", "")
    panel.resize(300, 300)
    panel.grab()
    assert panel.chart.moment == "epoch 1.3"
    assert {tick.text for tick in panel.chart.x.numbers} <= {
        "first layer",
        "classifier",
        "first",
        "last",
        "½",
    }


def test_zeros_and_what_is_not_finite_lie_on_lanes(panel: DepthPlot) -> None:
    values = [0.0, np.nan, np.inf, 1.0]
    log = begun(run())
    grow(log, 3, norms=lambda _, layers: [values[i % 4] for i in range(layers)])
    panel.render_lab(scene(log))
    assert [text for _, text in panel.chart.y.lanes] == ["0", "∞ nan"]
    marks = Counter(next(dots for dots in panel.chart.dots if dots.key == log.key).shapes)
    assert (marks["zero"], marks["nan"], marks["infinite"]) == (5, 5, 5)
    assert np.isnan(panel.canvas.lines.lines[log.key].y).sum() == 15, "a line leads to a value that is none"
    panel.grab()


def test_pointing_tells_run_layer_time_and_value(panel: DepthPlot) -> None:
    log = begun(run())
    grow(log, 25, norms=by_step)
    panel.render_lab(scene(log, trained("cifar-resnet-20")))
    words: list[str] = []
    panel.hovered.connect(words.append)
    x, y = panel._pixels(panel.series[log.key][0])
    point(panel, QPointF(float(x[3]), float(y[3])))
    assert words[-1] == "Plain-20 · layer 4, block 2, conv2_x 2, conv1 · epoch 2.4 · 25"
    assert panel.canvas.overlay.ring is not None
    QApplication.sendEvent(panel.canvas, QEvent(QEvent.Type.Leave))
    assert words[-1] == ""
    assert panel.canvas.overlay.ring is None


def test_an_unchanged_scene_is_not_drawn_again(panel: DepthPlot) -> None:
    drawn = scene(trained())
    panel.render_lab(drawn)
    before = panel.canvas.lines.prepared
    panel.render_lab(replace(drawn))
    assert panel.canvas.lines.prepared == before


def test_a_burst_of_updates_ends_with_the_newest(panel: DepthPlot) -> None:
    log = begun(run(epochs=20))
    for version in range(200):
        grow(log, 1, norms=by_step)
        panel.render_lab(scene(log, version=version))
    assert panel.series[log.key][0].values[0] == 199.0


def test_runs_that_are_gone_leave_nothing(panel: DepthPlot) -> None:
    panel.render_lab(scene(trained(), trained("cifar-resnet-20")))
    panel.render_lab(scene(trained("cifar-resnet-20"), version=2))
    assert list(panel.canvas.lines.lines) == ["cifar-resnet-20-0"]
    assert list(panel.canvas.dots) == ["cifar-resnet-20-0"]


def test_the_export_is_offered(panel: DepthPlot, qtbot: QtBot) -> None:
    panel.render_lab(scene(trained()))
    with qtbot.waitSignal(panel.export_requested) as told:
        panel.menu_at(QPoint()).actions()[0].trigger()
    assert told.args == ["by-depth"]
