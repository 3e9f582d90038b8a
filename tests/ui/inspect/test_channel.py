"""One channel large: numbers, keys, words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.records.session import View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.channel import HISTOGRAM_AXES
from resnet_viewer.ui.inspect.feature_maps import FeatureMapsPanel
from resnet_viewer.ui.widgets.theme import DARK
from tests.ui.inspect.test_feature_maps import ramp, scene
from tests.ui.pixel import pixel


@pytest.fixture
def panel(qtbot: QtBot) -> FeatureMapsPanel:
    made = FeatureMapsPanel()
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    return made


def test_the_session_opens_it_and_the_numbers_are_right(panel: FeatureMapsPanel) -> None:
    maps = np.zeros((3, 2, 2), np.float32)
    maps[1] = [[0, 1], [2, 5]]
    panel.render_scene(scene(maps, None, channel=1))
    view = panel.channel_view
    assert panel.is_channel_shown
    assert (panel.title, panel.subtitle) == ("Channel 1", "block 9 · conv4_x 3 · of 0 to 2")
    assert view.numbers == {
        "mean": ("2", "–"),
        "standard deviation": (f"{np.std([0, 1, 2, 5]):.4g}", "–"),
        "share of zeros": ("25.0 %", "–"),
        "minimum": ("0", "–"),
        "maximum": ("5", "–"),
    }
    assert view.reference_pane.message == "not computed"


def test_now_and_reference_share_their_limits(panel: FeatureMapsPanel) -> None:
    low, high = np.ones((1, 2, 2)), np.full((1, 2, 2), 2.0)
    panel.render_scene(scene(low, high, channel=0, map_colours="gray"))
    now, reference = panel.channel_view.now_pane.image, panel.channel_view.reference_pane.image
    assert now is not None
    assert reference is not None
    assert pixel(now, 0, 0) == (127, 127, 127)
    assert pixel(reference, 0, 0) == (255, 255, 255)


def test_keys_go_through_the_channels_in_the_mosaics_order(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    wishes: list[int] = []
    panel.channel_chosen.connect(wishes.append)
    panel.render_scene(scene(ramp(), ramp(), channel=4, map_order="mean"))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        qtbot.keyClick(panel.channel_view.now_pane, key)
    assert wishes == [5, 3], "by mean, channel 5 comes before 4 and 3 after it"
    panel.render_scene(scene(ramp(), ramp(), channel=5, map_order="mean"))
    qtbot.keyClick(panel.channel_view, Qt.Key.Key_Left)
    assert wishes == [5, 3], "there is nothing before the first"


@pytest.mark.parametrize("way", ["escape", "button"])
def test_going_back_is_a_wish(panel: FeatureMapsPanel, qtbot: QtBot, way: str) -> None:
    panel.render_scene(scene(ramp(), ramp(), channel=2))
    with qtbot.waitSignal(panel.view_changed) as wished:
        if way == "escape":
            qtbot.keyClick(panel.channel_view.reference_pane, Qt.Key.Key_Escape)
        else:
            qtbot.mouseClick(panel.channel_view.back, Qt.MouseButton.LeftButton)
    assert wished.args is not None
    (view,) = wished.args
    assert isinstance(view, View)
    assert view.channel is None
    assert panel.is_channel_shown, "a wish changes nothing by itself"
    panel.render_scene(scene(ramp(), ramp(), channel=None))
    assert not panel.is_channel_shown


def test_the_number_wishes_only_when_the_user_changes_it(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    wishes: list[int] = []
    panel.channel_chosen.connect(wishes.append)
    panel.render_scene(scene(ramp(), ramp(), channel=2))
    assert wishes == []
    qtbot.keyClick(panel.channel_view.number, Qt.Key.Key_Up)
    assert wishes == [3]


def test_value_under_the_pointer_and_odd_maps(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    maps = ramp()
    maps[2, 1, 3] = np.nan
    panel.render_scene(scene(maps, np.zeros_like(maps), channel=2))
    pane = panel.channel_view.now_pane
    frame = pane.frame()
    point = frame.topLeft() + frame.bottomRight() * 0
    point.setX(frame.left() + frame.width() * 7 / 8)
    point.setY(frame.top() + frame.height() * 3 / 8)
    with qtbot.waitSignal(panel.hovered) as told:
        qtbot.mouseMove(pane, point.toPoint())
    assert told.args == ["channel 2 (of 0 to 5) · y 1, x 3 · now nan · reference 0 · click: mark it"]
    assert panel.channel_view.numbers["mean"][0] == "nan"
    assert (pane.note, panel.channel_view.reference_pane.note) == (
        "not finite (NaN, ∞) in 1 of 16 positions",
        "",
    )


def test_a_channel_without_a_finite_value_has_no_scale(panel: FeatureMapsPanel) -> None:
    lost = ramp()
    lost[2] = -np.inf
    panel.render_scene(scene(lost, lost, channel=2))
    view = panel.channel_view
    assert view.now_pane.note == "not finite (NaN, ∞) in all positions"
    assert panel.legend.scale.words == "No value is finite, and none has a colour"


def test_a_channel_that_the_layer_lacks_shows_the_mosaic(panel: FeatureMapsPanel) -> None:
    panel.render_scene(scene(ramp(4), ramp(4), channel=9))
    assert not panel.is_channel_shown


def test_the_histogram_names_its_axes_and_curves(panel: FeatureMapsPanel) -> None:
    panel.render_scene(scene(ramp(), ramp(), channel=2))
    plot = panel.channel_view.findChild(pg.PlotWidget)
    assert {name: plot.getAxis(name).labelText for name in HISTOGRAM_AXES} == HISTOGRAM_AXES
    title = plot.getPlotItem().titleLabel.text
    assert title.index("now") < title.index("reference")
    assert DARK.changed in title


def test_a_blocks_channel_can_become_the_target(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    shown = scene(ramp(), ramp(), channel=2)
    panel.render_scene(shown)
    view = panel.channel_view
    with qtbot.waitSignal(view.target_wished) as wish:
        view.target.click()
    assert wish.args == [BlockTarget(9, 2)]
    setup = replace(shown.session.setup, target=BlockTarget(9, 2))
    panel.render_scene(replace(shown, session=shown.session.with_setup(setup)))
    assert not view.target.isEnabled()
    assert view.target.toolTip() == "The target is the mean of channel 2 of block 9"


def test_a_layer_within_a_block_cannot_be_the_target_and_says_why(panel: FeatureMapsPanel) -> None:
    shown = scene(ramp(), ramp())
    panel.render_scene(
        replace(shown, session=shown.session.with_view(View(layer="layer1.0.conv1", channel=2)))
    )
    assert panel.is_channel_shown
    assert not panel.channel_view.target.isEnabled()
    assert panel.channel_view.target.toolTip().startswith("Only a channel of a block's output")


def test_a_click_marks_a_place_and_tells_its_value_and_what_it_sees(
    panel: FeatureMapsPanel, qtbot: QtBot
) -> None:
    shown = scene(ramp(6, 8, 8), -ramp(6, 8, 8), channel=2)
    panel.render_scene(shown)
    view = panel.channel_view
    frame = view.reference_pane.frame()
    place = QPointF(frame.left() + frame.width() * 13 / 16, frame.top() + frame.height() * 5 / 16).toPoint()
    with qtbot.waitSignal(panel.mark_chosen) as wished:
        qtbot.mouseClick(view.reference_pane, Qt.MouseButton.LeftButton, pos=place)
    assert wished.args == [(24.5 / 32, 8.5 / 32)]
    marked = shown.session.with_view(replace(shown.session.view, mark=wished.args[0]))
    with qtbot.waitSignal(panel.hovered) as told:
        panel.render_scene(replace(shown, session=marked))
    assert told.args == [
        "marked: y 2, x 6 · now 226 · reference -226 · sees 81 × 81 of 32 × 32 pixels: all of it"
    ]
    assert view.now_pane.cell == view.reference_pane.cell == (2, 6)
    with qtbot.waitSignal(panel.mark_chosen) as wished:
        qtbot.keyClick(view.now_pane, Qt.Key.Key_Escape)
    assert wished.args == [None], "a mark goes before the channel"
    assert panel.is_channel_shown


def test_now_alone_is_shown_while_it_is_the_reference(panel: FeatureMapsPanel) -> None:
    shown = scene(ramp(), ramp(), channel=2)
    alike = replace(shown.session, setup=shown.session.setup.with_wiring(shown.session.reference.wiring))
    panel.render_scene(replace(shown, session=alike))
    assert not panel.channel_view.reference_pane.isVisibleTo(panel)
    panel.render_scene(shown)
    assert panel.channel_view.reference_pane.isVisibleTo(panel)


@pytest.mark.parametrize(("width", "height"), [(1000, 400), (480, 480), (330, 350), (300, 200)])
def test_numbers_stand_where_the_maps_leave_room(panel: FeatureMapsPanel, width: int, height: int) -> None:
    """Beside, below, or not at all; the maps are never smaller than what is beside them could be seen at."""
    panel.resize(width, height)
    panel.render_scene(scene(ramp(6, 8, 8), ramp(6, 8, 8), channel=2))
    QApplication.sendPostedEvents()
    view = panel.channel_view
    for pane in (view.now_pane, view.reference_pane):
        assert min(pane.content_size().width(), pane.content_size().height()) >= (100 if height > 200 else 80)
    if width == 1000:
        assert view.side.x() > view.reference_pane.mapTo(view, QPoint()).x()
    if width == 480:
        assert view.side.y() >= view.now_pane.mapTo(view, QPoint()).y() + view.now_pane.height()
    assert view.side.isVisibleTo(panel) == (height > 200)
