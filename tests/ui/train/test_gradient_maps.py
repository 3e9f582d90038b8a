"""The gradient record: pictures on one scale, made anew only where they grew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradient_record import Record
from resnet_viewer.figures import gradient_record
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.train.gradient_maps import EMPTY, LEAST_HEIGHT, GradientMaps, RunPicture, columns_for
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests.ui.pixel import wear
from tests.ui.train.hands import move
from tests.ui.train.invented import begun, grow, run, trained, with_interventions


@pytest.fixture
def panel(qtbot: QtBot) -> GradientMaps:
    made = GradientMaps()
    qtbot.addWidget(made)
    made.resize(900, 360)
    with qtbot.waitExposed(made):
        made.show()
    return made


def scene(*logs: RunLog, version: int = 1) -> LabScene:
    return LabScene(logs, version)


def two() -> tuple[RunLog, RunLog]:
    return trained(steps=20), trained("cifar-resnet-20", steps=20)


def settle(panel: GradientMaps) -> None:
    """Let the grid take its place."""
    panel.grab()


def spot(picture: RunPicture, time: float, layer: int, layers: int = 20) -> QPointF:
    area = picture.picture_rect
    return QPointF(time / 4.0 * picture.width(), area.top() + (layer + 0.5) / layers * area.height())


def test_before_any_run_one_sentence_says_what_will_be_here(panel: GradientMaps) -> None:
    assert panel._stack.currentWidget() is panel._empty
    assert panel._empty.text() == EMPTY
    panel.render_lab(scene(*two()))
    assert panel._stack.currentWidget() is panel.area


def test_the_header_says_what_is_shown_and_on_which_scale(panel: GradientMaps) -> None:
    panel.render_lab(scene(*two()))
    assert panel.subtitle == "‖∂L/∂W‖₂ of every layer every 2 steps · top: first layer"
    assert panel.accessibleDescription().endswith("one colour scale, 1e-2 to 1e-1")
    assert panel.bar.accessibleName() == "viridis from 1e-2 to 1e-1"
    panel.show_quantity("dead")
    assert panel.subtitle.endswith("· top: first block")


def test_where_there_is_little_room_the_colour_bar_goes_and_a_row_of_pictures_stays(
    panel: GradientMaps,
) -> None:
    panel.render_lab(scene(*two()))
    assert panel.bar.isVisible()
    panel.resize(330, 360)
    settle(panel)
    assert not panel.bar.isVisible()
    assert panel.choice.isVisible()
    assert panel.minimumSizeHint().width() <= 330
    panel.resize(900, panel.minimumSizeHint().height())
    settle(panel)
    assert panel.bar.isVisible()
    assert all(picture.picture_rect.height() >= LEAST_HEIGHT for picture in panel.pictures.values())


def test_a_scroll_bar_takes_no_column_away(panel: GradientMaps) -> None:
    logs = tuple(
        trained(f"cifar-{kind}-{depth}", steps=5) for depth in (8, 14, 20, 26) for kind in ("plain", "resnet")
    )
    panel.render_lab(scene(*logs))
    panel.resize(4 * 170 + 28, 600)
    settle(panel)
    assert panel._columns == 4
    panel.resize(4 * 170 + 28, panel.minimumSizeHint().height())
    settle(panel)
    assert panel._columns == 4


def test_only_pictures_whose_records_grew_are_made_anew(panel: GradientMaps) -> None:
    logs = two()
    panel.render_lab(scene(*logs))
    settle(panel)

    def images() -> list[QImage | None]:
        return [picture.image for picture in panel.pictures.values()]

    before = images()
    grow(logs[0], 1)
    panel.render_lab(scene(*logs, version=2))
    first = images()
    assert [image is old for image, old in zip(first, before, strict=True)] == [False, True]
    panel.render_lab(replace(scene(*logs, version=2), time=1.0))
    assert all(image is old for image, old in zip(images(), first, strict=True)), "a time alone makes none"
    for _ in range(3):
        grow(logs[1], 1)
    panel.render_lab(scene(*logs, version=3))
    assert [image is old for image, old in zip(images(), first, strict=True)] == [True, False]


def test_unfinished_runs_leave_the_rest_empty(panel: GradientMaps) -> None:
    panel.render_lab(scene(trained(steps=20)))
    settle(panel)
    image = panel.pictures["cifar-plain-20-0"].image
    assert image is not None
    assert image.height() == 20
    assert image.pixelColor(2, 5).alpha() == 255
    assert image.pixelColor(image.width() - 3, 5).alpha() == 0


def test_pointing_tells_run_layer_time_and_value(panel: GradientMaps) -> None:
    panel.render_lab(scene(*two()))
    settle(panel)
    times: list[float | None] = []
    words: list[str] = []
    panel.time_pointed.connect(times.append)
    panel.hovered.connect(words.append)
    picture = panel.pictures["cifar-resnet-20-0"]
    move(picture, spot(picture, 1.0, 4))
    assert times[-1] == pytest.approx(1.0, abs=0.02)
    assert (
        words[-1] == f"ResNet-20 · layer 5, block 2, conv2_x 2, conv2 · epoch 1.0 · {10 ** (4 / 20 - 2):.4g}"
    )
    move(picture, spot(picture, 3.5, 4))
    assert words[-1] == "ResNet-20 · epoch 3.5 · nothing recorded then"
    QApplication.sendEvent(picture, QEvent(QEvent.Type.Leave))
    assert (times[-1], words[-1]) == (None, "")


def test_dead_channels_are_told_by_block(panel: GradientMaps) -> None:
    panel.render_lab(scene(*two()))
    panel.choice.setCurrentIndex(2)
    panel.choice.activated.emit(2)
    settle(panel)
    words: list[str] = []
    panel.hovered.connect(words.append)
    picture = panel.pictures["cifar-plain-20-0"]
    move(picture, spot(picture, 1.0, 4, 9))
    assert words[-1] == "Plain-20 · block 5 · conv3_x 2 · epoch 1.0 · 25.0 % of the channels dead"


def test_a_click_on_a_name_selects_the_run_and_on_the_picture_not(panel: GradientMaps, qtbot: QtBot) -> None:
    panel.render_lab(scene(*two()))
    settle(panel)
    chosen: list[str] = []
    panel.run_selected.connect(chosen.append)
    picture = panel.pictures["cifar-resnet-20-0"]
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=spot(picture, 1.0, 4).toPoint())
    assert chosen == []
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPointF(30, 5).toPoint())
    qtbot.keyClick(picture, Qt.Key.Key_Return)
    assert chosen == ["cifar-resnet-20-0"] * 2


def test_keys_move_through_time_and_layers(panel: GradientMaps, qtbot: QtBot) -> None:
    panel.render_lab(replace(scene(*two()), time=1.0))
    picture = panel.pictures["cifar-plain-20-0"]
    words: list[str] = []
    times: list[float | None] = []
    panel.hovered.connect(words.append)
    panel.time_pointed.connect(times.append)
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    assert times == [pytest.approx(1.04)]
    qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert "layer 2, block 1, conv2_x 1, conv1" in words[-1]


def test_the_scenes_time_is_drawn_and_emits_nothing(panel: GradientMaps, qtbot: QtBot) -> None:
    panel.render_lab(scene(*two()))
    settle(panel)
    picture = panel.pictures["cifar-plain-20-0"]
    before = picture.grab().toImage()
    with qtbot.assertNotEmitted(panel.time_pointed):
        panel.render_lab(replace(scene(*two()), time=2.0))
    after = panel.pictures["cifar-plain-20-0"].grab().toImage()
    assert before != after


def test_bad_values_have_a_legend(panel: GradientMaps) -> None:
    log = begun(run())
    values = [0.0, np.nan, np.inf, 1.0, -2.0]
    grow(log, 9, norms=lambda _, layers: [values[i % 5] for i in range(layers)])
    panel.render_lab(scene(log, begun(run("cifar-resnet-20"))))
    settle(panel)
    assert "grey: exactly zero" in panel.bar.accessibleName()
    assert "red: not finite" in panel.bar.accessibleName()
    image = panel.pictures[log.key].image
    assert image is not None
    assert image.pixelColor(1, 0).name() == DARK.reference
    assert image.pixelColor(1, 1).name() == DARK.changed
    wear(panel, LIGHT)
    image = panel.pictures[log.key].image
    assert image is not None
    assert image.pixelColor(1, 0).name() == LIGHT.reference


def test_a_burst_of_updates_ends_with_all_records(panel: GradientMaps) -> None:
    logs = begun(run(epochs=20)), begun(run("cifar-resnet-20", epochs=20))
    for version in range(200):
        grow(logs[version % 2], 2)
        panel.render_lab(scene(*logs, version=version))
    settle(panel)
    image = panel.pictures[logs[0].key].image
    assert image is not None
    assert image.pixelColor(image.width() - 2, 3).alpha() == 255


def test_the_colour_scale_is_that_of_all_records_live_reopened_and_exported(
    panel: GradientMaps, qtbot: QtBot
) -> None:
    live = begun(run(epochs=80))
    for version in range(1, 6):
        grow(live, 40, norms=lambda step, layers: [1e3 if step < 1 else 0.02 / (step + 1)] * layers)
        panel.render_lab(scene(live, version=version))
    reopened = GradientMaps()
    qtbot.addWidget(reopened)
    again = begun(run(epochs=80))
    grow(again, 200, norms=lambda step, layers: [1e3 if step < 1 else 0.02 / (step + 1)] * layers)
    reopened.render_lab(scene(again))
    assert panel.scale == reopened.scale
    on_paper = gradient_record.scale_of([Record.of_report(live.report())])
    assert on_paper == panel.scale
    panel.render_lab(scene(trained("cifar-resnet-20"), version=7))
    assert panel.scale != reopened.scale


def test_the_screen_and_the_page_draw_the_same_values(panel: GradientMaps) -> None:
    log = begun(run())
    grow(log, 30, norms=lambda step, layers: [0.0, *(10.0 ** (i % 7 - step / 9) for i in range(1, layers))])
    wear(panel, LIGHT)
    panel.render_lab(scene(log))
    settle(panel)
    image = panel.pictures[log.key].image
    figure = gradient_record.figure([log.report()])
    drawn = np.asarray(
        next(axes for axes in figure.axes if axes.get_label() == log.title).images[0].get_array()
    )
    assert image is not None
    assert image.height() == len(drawn) == 20
    reached = log.reached / 4.0
    for layer in range(20):
        for share in np.arange(0.05, 0.95, 0.1):
            on_screen = image.pixelColor(int(share * reached * image.width()), layer).getRgb()
            assert on_screen == tuple(drawn[layer, int(share * drawn.shape[1])]), (layer, share)
    assert image.pixelColor(1, 0).name() == LIGHT.reference == palette.REFERENCE, "zeros"


def test_a_run_that_begins_again_is_counted_again(panel: GradientMaps) -> None:
    log = begun(run())
    grow(log, 11, norms=lambda _, layers: [1e6] * layers)
    panel.render_lab(scene(log))
    again = begun(run())
    grow(again, 1)
    panel.render_lab(scene(again, version=2))
    assert panel.scale.ends == ("1e-2", "1e-1")


def test_runs_that_are_gone_leave_nothing(panel: GradientMaps, qtbot: QtBot) -> None:
    logs = two()
    panel.show()
    panel.render_lab(scene(*logs))
    gone = panel.pictures["cifar-plain-20-0"]
    qtbot.waitUntil(gone.isVisible)
    panel.render_lab(scene(logs[1], version=2))
    assert gone.isHidden(), "below a dialog it is deleted later"
    assert list(panel.pictures) == ["cifar-resnet-20-0"]
    assert panel._grid.count() == 1


def test_it_follows_the_error_plots_zoom_and_shows_the_whole_time_again(panel: GradientMaps) -> None:
    panel.render_lab(scene(*two()))
    settle(panel)
    panel.show_span(1.0, 2.0)
    picture = panel.pictures["cifar-plain-20-0"]
    assert picture._time_at(0.0) == 1.0
    panel.show_span(0.0, 4.0)
    assert picture._time_at(float(picture.width())) == 4.0


def test_more_pictures_than_fit_are_scrolled(panel: GradientMaps, qtbot: QtBot) -> None:
    logs = tuple(trained(steps=3, seed=seed) for seed in range(24))
    panel.render_lab(scene(*logs))
    qtbot.waitUntil(lambda: panel.area.verticalScrollBar().maximum() > 0)
    assert all(picture.picture_rect.height() >= 30 for picture in panel.pictures.values())


@pytest.mark.parametrize(
    ("count", "width", "columns"),
    [(1, 900, 1), (2, 900, 2), (4, 900, 2), (6, 900, 3), (8, 900, 4), (8, 400, 2), (3, 100, 1)],
)
def test_columns_follow_the_number_of_runs_and_the_width(count: int, width: int, columns: int) -> None:
    assert columns_for(count, width) == columns


def test_between_the_pictures_is_the_cards_own_ground(panel: GradientMaps) -> None:
    panel.render_lab(scene(*two()))
    settle(panel)
    picture = panel.pictures["cifar-plain-20-0"]
    where = picture.mapTo(panel, picture.rect().topRight())
    image = panel.grab().toImage()
    assert image.pixelColor(where.x() + 4, where.y() + 4).name() == DARK.panel


def test_interventions_are_marked_in_the_picture(panel: GradientMaps) -> None:
    log = trained("cifar-resnet-20", steps=20)
    panel.render_lab(scene(log))
    settle(panel)
    before = panel.pictures[log.key].grab().toImage()
    with_interventions(log, (10, 0.0))
    panel.render_lab(scene(log, version=2))
    picture = panel.pictures[log.key]
    x, y = round(picture.width() / 4), round(picture.picture_rect.top()) + 2
    after = picture.grab().toImage()
    assert after.pixelColor(x, y) != before.pixelColor(x, y)


def test_the_export_is_offered(panel: GradientMaps, qtbot: QtBot) -> None:
    assert not panel.menu_at(QPoint()).actions()[0].isEnabled(), "there is nothing to draw"
    panel.render_lab(scene(*two()))
    with qtbot.waitSignal(panel.export_requested) as told:
        panel.menu_at(QPoint()).actions()[0].trigger()
    assert told.args == ["gradients"]
