"""The error plot: only what changed is drawn anew, a time can be pointed at and pinned, bad values break nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import BOLD, THIN
from resnet_viewer.charts.curves import EMPTY, Quantity, courses_of, heights_for
from resnet_viewer.records.lab import StateChanged
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.error_plot import ErrorPlot
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests.ui.train.hands import move
from tests.ui.train.invented import begun, grow, run, trained, with_interventions


@pytest.fixture
def panel(qtbot: QtBot) -> ErrorPlot:
    made = ErrorPlot()
    qtbot.addWidget(made)
    made.resize(640, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def scene(*logs: RunLog, version: int = 1) -> LabScene:
    return LabScene(logs, version)


def four() -> tuple[RunLog, ...]:
    names = ("cifar-plain-20", "cifar-resnet-20", "cifar-plain-56", "cifar-resnet-56")
    return tuple(trained(name, steps=21 + i) for i, name in enumerate(names))


def point(panel: ErrorPlot, time: float, share: float = 0.5) -> QPoint:
    """Move the pointer to a time, `share` of the way down the plot."""
    canvas = panel.canvas
    spot = QPointF(canvas.pixel_at(time), share * canvas.size_of_plot[1])
    where = canvas.mapFromScene(canvas.box.mapToScene(spot))
    move(canvas.viewport(), QPointF(where))
    return where


def test_before_any_run_one_sentence_says_what_will_be_here(panel: ErrorPlot) -> None:
    assert panel.chart.message == EMPTY["error"]
    panel.render_lab(scene(*four()))
    assert panel.chart.message == ""
    panel.render_lab(scene(version=2))
    assert panel.chart.message == EMPTY["error"]
    assert panel.canvas.lines.lines == {}


def test_training_is_thin_test_is_bold_and_plain_is_dashed(panel: ErrorPlot) -> None:
    panel.render_lab(scene(*four()))
    lines = panel.canvas.lines.lines
    assert {index: line.width for (_, index), line in lines.items()} == {0: THIN, 1: BOLD}
    assert {key for (key, _), line in lines.items() if line.stroke.is_dashed} == {
        "cifar-plain-20-0",
        "cifar-plain-56-0",
    }


def test_a_point_stands_where_its_time_and_error_are(panel: ErrorPlot) -> None:
    panel.render_lab(scene(trained(steps=25)))
    line = panel.canvas.lines.lines["cifar-plain-20-0", 1]
    assert line.x[0] == pytest.approx(panel.canvas.pixel_at(1.0))
    top, height = panel.chart.y.high, panel.canvas.size_of_plot[1]
    assert line.y[0] == pytest.approx((top - 86.0) / top * height)


def test_an_update_draws_only_the_runs_that_changed(panel: ErrorPlot) -> None:
    logs = four()
    panel.render_lab(scene(*logs))
    lines = panel.canvas.lines
    before = lines.prepared
    panel.render_lab(scene(*logs, version=2))
    assert lines.prepared == before
    grow(logs[2], 1, error=lambda step: 20.0)
    panel.render_lab(scene(*logs, version=3))
    assert lines.prepared == before + 1, "other curves were drawn again"
    panel.render_lab(replace(scene(*logs, version=3), time=1.5))
    assert lines.prepared == before + 1, "a time alone draws no curve"


def test_a_burst_of_updates_ends_with_the_whole_run(panel: ErrorPlot) -> None:
    logs = [begun(run(name, epochs=20)) for name in ("cifar-plain-20", "cifar-resnet-20")]
    for version in range(200):
        grow(logs[version % 2], 2)
        panel.render_lab(scene(*logs, version=version))
    for log in logs:
        thin = panel.canvas.lines.lines[log.key, 0]
        assert thin.x[-1] == pytest.approx(panel.canvas.pixel_at(20.0))
        assert log.steps == 200


@pytest.mark.parametrize("quantity", ["error", "loss", "rate"])
def test_bad_values_are_drawn_as_what_they_are_or_left_out(panel: ErrorPlot, quantity: Quantity) -> None:
    log = begun(run())
    values = [np.nan, np.inf, 0.0, -1.0, 1e308, 5e-324]
    grow(log, 24, error=lambda step: values[step % 6], loss=lambda step: values[step % 6])
    log.take(StateChanged(log.key, "diverged", "the loss is not a number"))
    panel.show_quantity(quantity)
    panel.render_lab(scene(log, begun(run("cifar-resnet-20"))))
    panel.grab()
    if quantity == "loss":
        assert [text for _, text in panel.chart.y.lanes] == ["nan"]


def test_a_run_that_diverged_ends_in_a_cross(panel: ErrorPlot) -> None:
    log = trained(steps=15)
    panel.render_lab(scene(log))
    assert panel.chart.signs == ()
    log.take(StateChanged(log.key, "diverged"))
    panel.render_lab(scene(log, version=2))
    (cross,) = panel.chart.signs
    assert cross.x == pytest.approx(panel.canvas.pixel_at(1.5))


def test_a_cross_is_not_drawn_where_the_run_still_goes_on(panel: ErrorPlot) -> None:
    log = trained(steps=30)
    log.take(StateChanged(log.key, "diverged"))
    panel.render_lab(scene(log))
    panel.canvas.zoom(0.3, 0.0)
    assert panel.chart.signs == ()


def test_no_line_leads_to_a_loss_that_is_not_finite(panel: ErrorPlot) -> None:
    log = begun(run())
    grow(log, 15, loss=lambda step: np.inf if step == 14 else 1.0)
    panel.show_quantity("loss")
    panel.render_lab(scene(log))
    line = panel.canvas.lines.lines[log.key, 0]
    assert np.isnan(line.y[-2])
    assert line.y[-1] < line.y[0]


def test_interventions_are_marked_with_a_word(panel: ErrorPlot) -> None:
    log = with_interventions(trained("cifar-resnet-20"), (10, 0.0), (20, 1.0))
    panel.render_lab(scene(log))
    marks = panel.chart.flags
    assert [mark.word for mark in marks] == ["shortcuts cut", "shortcuts restored"]
    assert [mark.x for mark in marks] == pytest.approx([panel.canvas.pixel_at(t) for t in (1.0, 2.0)])


def test_curves_lie_below_the_band_of_interventions_and_names_too(panel: ErrorPlot) -> None:
    logs = [with_interventions(trained(name), (10, 0.0)) for name in ("cifar-resnet-20", "cifar-resnet-56")]
    panel.render_lab(scene(*logs))
    band = max(flag.rect.bottom for flag in panel.chart.flags)
    assert all(np.nanmin(line.y) > band for line in panel.canvas.lines.lines.values())
    y, height = panel.chart.y, panel.canvas.size_of_plot[1]
    assert all((1 - y.share(tick.place)) * height > band for tick in y.numbers)
    assert len(panel.chart.names) == 2
    assert all(name.rect.top >= band - 4 for name in panel.chart.names)


def test_no_name_covers_a_lonely_dot(panel: ErrorPlot) -> None:
    logs = [begun(run(name)) for name in ("cifar-plain-20", "cifar-resnet-20", "cifar-plain-56")]
    for number, log in enumerate(logs):
        grow(log, 11, error=lambda step, number=number: 15.0 + 20 * number if step == 9 else 90.0)
    panel.render_lab(scene(*logs))
    for width in range(400, 440, 3):
        panel.resize(width, 400)
        panel.grab()
        lines = panel.canvas.lines.lines
        dots = [(line.x[0], line.y[0]) for (_, i), line in lines.items() if i == 1]
        for name in panel.chart.names:
            near = [dot for dot in dots if name.rect.grown(5, 2).holds(*dot)]
            assert not near, f"{name.text} covers a dot at {width} pixels"


def test_interventions_cost_no_run_its_name(panel: ErrorPlot) -> None:
    log = trained("cifar-resnet-20", steps=40)
    panel.resize(300, 300)
    with_interventions(log, *((4 * i, i % 2) for i in range(1, 10)))
    panel.render_lab(scene(log))
    (name,) = panel.chart.names
    assert name.text == "ResNet-20"
    assert not any(QRectF(*name.rect).intersects(QRectF(*flag.rect)) for flag in panel.chart.flags)


def test_an_intervention_is_told_where_its_line_is_pointed_at(panel: ErrorPlot) -> None:
    panel.render_lab(scene(with_interventions(trained("cifar-resnet-20"), (10, 0.0))))
    words: list[str] = []
    panel.hovered.connect(words.append)
    point(panel, 1.0)
    assert words[-1].startswith("epoch 1.0 · shortcuts cut · ResNet-20")
    point(panel, 1.5)
    assert "shortcuts" not in words[-1]


def test_the_axes_say_what_they_measure(panel: ErrorPlot) -> None:
    panel.render_lab(scene(*four()))
    assert panel.chart.y.title == "error (%)"
    assert panel.chart.x.numbers[-1].text == "epoch 4"
    panel.show_quantity("loss")
    assert panel.chart.y.title == "loss (cross-entropy)"


def test_the_scale_stays_while_a_run_trains(panel: ErrorPlot) -> None:
    log = begun(run(epochs=20))
    seen, seen_of_loss = [], set()
    for version in range(30):
        grow(
            log,
            5,
            error=lambda step: 80.0 + step % 4 if step < 20 else 20.0,
            loss=lambda step: 2.0 / (1 + step / 50),
        )
        panel.render_lab(scene(log, version=version))
        seen.append((panel.chart.y.low, panel.chart.y.high))
        seen_of_loss.add(heights_for(courses_of(log, "loss"), "loss", 300.0))
    assert len(set(seen)) == 1, "the axis moved"
    assert len(seen_of_loss) <= 3, "it moves with every step"
    assert panel.chart.y.numbers[-1][1] == "80"


@pytest.mark.parametrize("epochs", [1, 4])
def test_a_dot_after_one_epoch_is_whole(panel: ErrorPlot, epochs: int) -> None:
    panel.render_lab(scene(trained("cifar-resnet-20", steps=10, epochs=epochs)))
    line = panel.canvas.lines.lines["cifar-resnet-20-0", 1]
    dot = QPointF(float(line.x[0]), float(line.y[0]))
    (name,) = panel.chart.names
    assert not name.rect.grown(3).holds(dot.x(), dot.y())
    where = panel.canvas.mapFromScene(panel.canvas.box.mapToScene(dot))
    image = panel.canvas.grab().toImage()
    colour = QColor(DARK.depths[0])
    for by in (-1, 1):
        seen = image.pixelColor(where + QPoint(by, 0))
        assert abs(seen.blue() - colour.blue()) < 60, f"cut at {by}"


def test_the_run_that_is_pointed_at_is_named_beside_the_pointer(panel: ErrorPlot) -> None:
    panel.render_lab(scene(*four()))
    point(panel, 1.0)
    assert panel.canvas.overlay.told in {log.title for log in panel.scene.logs}
    panel.grab()
    QApplication.sendEvent(panel.canvas, QEvent(QEvent.Type.Leave))
    assert panel.canvas.overlay.told == ""


def test_names_stand_at_the_lines_ends(panel: ErrorPlot) -> None:
    panel.render_lab(scene(trained(steps=25), trained("cifar-resnet-20", steps=40)))
    assert {name.text for name in panel.chart.names} == {"Plain-20", "ResNet-20"}


def test_the_pointer_tells_its_time_and_the_nearest_run(panel: ErrorPlot) -> None:
    low = begun(run("cifar-resnet-20"))
    grow(low, 25, error=lambda step: 3.0)
    panel.render_lab(scene(trained(steps=25), low))
    times: list[float | None] = []
    words: list[str] = []
    panel.time_pointed.connect(times.append)
    panel.hovered.connect(words.append)
    point(panel, 2.0, 0.02)
    assert times[-1] == pytest.approx(2.0, abs=0.02)
    assert words[-1].startswith("epoch 2.0 · Plain-20: training ")
    point(panel, 2.0, 0.95)
    assert "ResNet-20: training 3.0 %, test 8.0 % after epoch" in words[-1]
    assert panel.canvas.overlay.time == pytest.approx(panel.canvas.pixel_at(2.0), abs=2)
    QApplication.sendEvent(panel.canvas, QEvent(QEvent.Type.Leave))
    assert (times[-1], words[-1]) == (None, "")
    assert panel.canvas.overlay.time is None


def test_a_click_pins_the_time_and_another_releases_it(panel: ErrorPlot, qtbot: QtBot) -> None:
    panel.render_lab(scene(*four()))
    times: list[float | None] = []
    panel.time_pointed.connect(times.append)
    where = point(panel, 1.0)
    qtbot.mouseClick(panel.canvas.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert panel.pinned == pytest.approx(1.0, abs=0.02)
    pinned = list(times)
    point(panel, 2.0)
    assert times == pinned, "a pinned time followed the pointer"
    assert panel.canvas.overlay.is_pinned
    qtbot.mouseClick(panel.canvas.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert panel.pinned is None
    assert not panel.canvas.overlay.is_pinned


def test_a_double_click_fits_and_pins_nothing(panel: ErrorPlot, qtbot: QtBot) -> None:
    panel.render_lab(scene(*four()))
    panel.canvas.zoom(0.5, 0.0)
    where = point(panel, 1.0)
    view = panel.canvas.viewport()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=where)
    assert panel.pinned is None
    assert panel.canvas.is_fitted


def test_arrow_keys_move_a_pinned_time_and_escape_releases_it(panel: ErrorPlot, qtbot: QtBot) -> None:
    panel.render_lab(replace(scene(*four()), time=2.0))
    words: list[str] = []
    panel.hovered.connect(words.append)
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Left)
    assert panel.pinned == pytest.approx(2.0 - 0.04)
    assert words[-1].count("training") == 4, "by keys all runs are told"
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert panel.pinned is None
    assert words[-1] == ""
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Return)
    assert panel.pinned == 2.0


def test_the_scenes_time_is_drawn_and_emits_nothing(panel: ErrorPlot, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.time_pointed):
        panel.render_lab(replace(scene(*four()), time=1.5))
    assert panel.canvas.overlay.time == pytest.approx(panel.canvas.pixel_at(1.5))


def test_loss_is_logarithmic_and_the_rate_begins_at_zero(panel: ErrorPlot) -> None:
    panel.render_lab(scene(*four()))
    panel.choice.setCurrentIndex(1)
    panel.choice.activated.emit(1)
    assert panel.title == "Loss"
    assert all("e" in text for _, text in panel.chart.y.numbers)
    panel.show_quantity("rate")
    assert panel.chart.y.numbers[0][1].startswith("0")
    assert all(index == 0 for _, index in panel.canvas.lines.lines)


def test_zooming_fits_the_heights_to_what_is_visible_and_tells_the_range(
    panel: ErrorPlot, qtbot: QtBot
) -> None:
    log = begun(run())
    grow(log, 40, error=lambda step: 90.0 if step < 20 else 2.0)
    panel.render_lab(scene(log))
    top = panel.chart.y.high
    with qtbot.waitSignal(panel.range_changed):
        panel.canvas.zoom(0.2, panel.canvas.size_of_plot[0])
    assert panel.chart.y.high < top / 2


def test_the_selected_run_lies_on_top(panel: ErrorPlot) -> None:
    logs = four()
    panel.render_lab(replace(scene(*logs), selected=logs[0].key))
    assert panel.chart.curves[-1].key == (logs[0].key, 1)


def test_a_run_that_begins_again_is_drawn_from_its_beginning(panel: ErrorPlot) -> None:
    panel.render_lab(scene(trained(steps=30)))
    panel.render_lab(scene(trained(steps=3), version=2))
    assert len(panel.canvas.lines.lines["cifar-plain-20-0", 0].x) == 3


def test_another_theme_has_other_colours(panel: ErrorPlot) -> None:
    panel.render_lab(scene(trained()))
    panel.apply_theme(LIGHT)
    assert panel.canvas.lines.lines["cifar-plain-20-0", 0].stroke.colour == LIGHT.depths[0]
    panel.apply_theme(DARK)
    assert panel.canvas.lines.lines["cifar-plain-20-0", 0].stroke.colour == DARK.depths[0]


def test_the_menu_offers_the_export(panel: ErrorPlot, qtbot: QtBot) -> None:
    panel.render_lab(scene(trained()))
    where = panel.canvas.viewport().rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, panel.mapToGlobal(where))
    QApplication.sendEvent(panel.canvas.viewport(), event)
    menu = panel.findChild(QMenu)
    assert menu is not None
    assert [action.text() for action in menu.actions()] == [
        "Export the curves…",
        "Copy",
        "Show the whole time",
    ]
    with qtbot.waitSignal(panel.export_requested) as told:
        menu.actions()[0].trigger()
    assert told.args == ["curves"]
    menu.close()
    panel.show_quantity("loss")
    with qtbot.waitSignal(panel.copy_requested) as told:
        panel.menu_at(where).actions()[1].trigger()
    assert told.args == ["loss"], "what is shown"


def test_a_large_font_keeps_the_numbers_inside(panel: ErrorPlot, application_font: QApplication) -> None:
    font = application_font.font()
    font.setPointSizeF(16)
    application_font.setFont(font)
    panel.render_lab(scene(*four()))
    room = panel.canvas.box.pos().x()
    metrics = QFontMetricsF(panel.canvas.font())
    widest = max(metrics.horizontalAdvance(text) for _, text in panel.chart.y.numbers)
    assert widest + 8 <= room


def test_names_of_lines_that_lie_close_make_a_legend_that_covers_none(panel: ErrorPlot) -> None:
    names = [f"cifar-{kind}-{depth}" for depth in (8, 14, 20, 26, 32) for kind in ("plain", "resnet")]
    logs = tuple(begun(run(name)) for name in names)
    for number, log in enumerate(logs):
        grow(log, 40, error=lambda at, number=number: 30.0 + number + 40 * (at % 20 < 10))
    panel.resize(900, 500)
    panel.render_lab(LabScene(logs, version=1))
    chart, legend = panel.chart, panel.chart.legend
    assert legend is not None
    assert {name.text for name in chart.names} == {log.title for log in logs}
    assert all(QRectF(*legend).contains(QRectF(*name.rect)) for name in chart.names)
    for line in panel.canvas.lines.lines.values():
        at = np.linspace(legend.left, legend.right, 50)
        heights = np.interp(at, line.x, line.y)
        assert not ((heights > legend.top) & (heights < legend.bottom)).any()
    panel.resize(300, 170)
    panel.canvas.rearranged.emit()
    assert not panel.chart.names, "the table is the legend"
    assert panel.chart.legend is None
