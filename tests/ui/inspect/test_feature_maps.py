"""Mosaics on invented maps: what is said, what is wished, and single pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.palette import COLOUR_MAPS, SIGNED_COLOUR_MAPS
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import feature_maps
from resnet_viewer.records.comparing import layer_beside
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import MapScale, Session, View
from resnet_viewer.ui.inspect.feature_maps import FeatureMapsPanel, layer_wordings
from resnet_viewer.ui.widgets.explanations import explain
from resnet_viewer.ui.widgets.pixels import colour_table
from resnet_viewer.ui.widgets.theme import DARK
from tests import fabricated
from tests.ui.pixel import pixel

LAYER = "layer3.2"


def scene(maps: np.ndarray | None, reference: np.ndarray | None, **view: object) -> Scene:
    """ResNet-20, a shortcut of which is cut, with these maps (C, H, W) at block 9; None: it was not computed."""
    base = fabricated.scene(spec("cifar-resnet-20"), cut=(2,))
    assert base.now is not None
    assert base.reference is not None
    readings = []
    for result, found in ((base.now, maps), (base.reference, reference)):
        activations = dict(result.activations)
        del activations[LAYER]
        if found is not None:
            activations[LAYER] = found[None].astype(np.float32)
        readings.append(replace(result, activations=activations))
    session = base.session.with_view(View(layer=LAYER, **view))  # type: ignore[arg-type]
    return Scene(session, *readings)


def ramp(channels: int = 6, height: int = 4, width: int = 4) -> np.ndarray:
    """Maps whose value says where it stands: channel.row column."""
    maps = np.zeros((channels, height, width), np.float32)
    maps += np.arange(channels)[:, None, None] * 100
    return maps + np.arange(height)[:, None] * 10 + np.arange(width)


@pytest.fixture
def panel(qtbot: QtBot) -> FeatureMapsPanel:
    made = FeatureMapsPanel()
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    return made


def test_subtitles_say_layer_state_shape_order_and_dead_channels(panel: FeatureMapsPanel) -> None:
    maps = ramp()
    maps[[1, 4]] = 0
    panel.render_scene(scene(maps, ramp()))
    assert panel.subtitle == "block 9 · conv4_x 3 · 6 × 4×4 · by index"
    assert under(panel) == ["now ≤ 533 · 2 dead", "reference ≤ 533"], "each side's own largest value"


@pytest.mark.parametrize("shrink", [0.1, 0.5])
def test_maps_on_scales_of_their_own_say_where_they_are_far_apart(
    panel: FeatureMapsPanel, shrink: float
) -> None:
    both = scene(shrink * ramp(), ramp())
    panel.render_scene(both)
    assert panel.far_apart.isVisible() == (shrink < 0.25)
    if panel.far_apart.isVisible():
        assert panel.far_apart.text() == "now ≤ 53.3, reference ≤ 533: each map on its own scale"
    view = replace(both.session.view, map_scale="layer")
    panel.render_scene(replace(both, session=replace(both.session, view=view)))
    assert not panel.far_apart.isVisible(), "one scale shows it"


def under(panel: FeatureMapsPanel) -> list[str]:
    """What is written under the mosaics that are shown."""
    return [name.text() for name in panel.names if name.isVisibleTo(panel)]


def test_value_under_the_pointer(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(), -ramp()))
    pane = panel.now_pane
    rect = pane.rect_of(3)
    point = rect.topLeft() + QPoint(rect.width() * 5 // 8, rect.height() * 3 // 8)
    with qtbot.waitSignal(panel.hovered) as told:
        qtbot.mouseMove(pane, point)
    assert told.args is not None
    assert told.args[0].startswith("channel 3 (of 0 to 5) · y 1, x 2 · now 312 · reference -312")


def test_a_click_wishes_for_that_channel_in_any_order(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(), ramp(), map_order="mean"))
    assert panel.subtitle.endswith("by mean")
    with qtbot.waitSignal(panel.channel_chosen) as wished:
        qtbot.mouseClick(panel.now_pane, Qt.MouseButton.LeftButton, pos=panel.now_pane.rect_of(0).center())
    assert wished.args == [5], "the channel with the highest mean comes first"
    assert not panel.is_channel_shown, "a wish changes nothing by itself"


def test_scales(panel: FeatureMapsPanel) -> None:
    maps, reference = np.ones((2, 2, 2)), np.full((2, 2, 2), 4.0)
    maps[1] = 2
    table = colour_table("gray")

    def top_left(place: int) -> int:
        tiles = panel.now_pane.tiles
        assert tiles is not None
        return tiles.image.pixel(tiles.source(place).topLeft())

    panel.render_scene(scene(maps, reference, map_colours="gray"))
    assert (top_left(0), top_left(1)) == (table[255], table[255])
    assert panel.legend.scale.ends == ("0", "own max.")
    panel.render_scene(scene(maps, reference, map_colours="gray", map_scale="layer"))
    assert (top_left(0), top_left(1)) == (table[63], table[127]), "the reference's 4 is the end of the scale"
    assert panel.legend.scale.ends == ("0", "4")


def test_signed_maps_take_the_diverging_colours(panel: FeatureMapsPanel) -> None:
    panel.render_scene(scene(ramp() - 200, ramp(), map_scale="layer"))
    assert panel.legend.scale.ends == ("−533", "533")
    tiles = panel.now_pane.tiles
    assert tiles is not None
    red, _, blue = pixel(tiles.image, 0, 0)
    assert blue > red, "negative is blue"


def test_what_was_not_computed_is_said(panel: FeatureMapsPanel) -> None:
    found = scene(None, ramp())
    assert found.now is not None
    request = found.now.request
    wiring = request.state.wiring.with_branches([9], 0.0)
    dropped = replace(request, state=replace(request.state, wiring=wiring))
    panel.render_scene(replace(found, now=replace(found.now, request=dropped)))
    assert panel.now_pane.message == "not computed: the residual branch of block 9 is dropped"
    assert panel.reference_pane.message == ""


def test_placeholders_and_the_last_full_reading_stays_dimmed(panel: FeatureMapsPanel) -> None:
    full = scene(ramp(), ramp())
    assert full.now is not None
    partial = replace(full.now, layers=(), blocks=(), activations={})
    panel.render_scene(Scene(full.session, partial))
    assert panel.now_pane.message == panel.reference_pane.message == "computing…"
    panel.render_scene(full)
    assert (panel.now_pane.message, panel.now_pane.is_dimmed) == ("", False)
    panel.render_scene(replace(full, now=partial))
    assert (panel.now_pane.message, panel.now_pane.is_dimmed, panel.is_updating) == ("", True, True)
    toggled = full.session.setup.wiring.toggled_shortcut(3)
    wished = full.session.with_setup(full.session.setup.with_wiring(toggled))
    panel.render_scene(replace(full, session=wished, is_stale=True))
    dimmed = panel.now_pane.is_dimmed, panel.reference_pane.is_dimmed
    assert dimmed == (True, False), "the reference's question has not changed"
    setup = replace(full.session.setup, picture=None)
    panel.render_scene(Scene(full.session.with_setup(setup)))
    assert panel.now_pane.message == "open a picture"


def test_the_same_readings_are_not_coloured_again(panel: FeatureMapsPanel) -> None:
    full = scene(ramp(), ramp())
    panel.render_scene(full)
    now, reference = panel.now_pane.mosaic, panel.reference_pane.mosaic
    panel.render_scene(replace(full, is_stale=True))
    assert (panel.now_pane.mosaic, panel.reference_pane.mosaic) == (now, reference)
    assert full.now is not None
    panel.render_scene(replace(full, now=replace(full.now)))
    assert panel.now_pane.mosaic is not now
    assert panel.reference_pane.mosaic is reference


def test_controls_wish_and_setters_do_not(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    wishes: list[View] = []
    panel.view_changed.connect(wishes.append)
    panel.render_scene(scene(ramp(), ramp(), map_scale="layer", map_order="change", map_colours="turbo"))
    assert wishes == []
    assert panel.controls.colours.currentText() == "turbo"
    qtbot.keyClick(panel.controls.scale, Qt.Key.Key_Up)
    qtbot.keyClick(panel.controls.order, Qt.Key.Key_Home)
    assert [(wish.map_scale, wish.map_order) for wish in wishes] == [
        ("channel", "change"),
        ("layer", "index"),
    ]


def test_dead_channels_are_crossed_out_on_screen(panel: FeatureMapsPanel) -> None:
    maps = ramp()
    maps[2] = 0
    panel.render_scene(scene(maps, maps))
    rect = panel.now_pane.rect_of(2)
    image = panel.now_pane.grab().toImage()
    assert image.pixelColor(rect.topLeft()).name() == DARK.faint
    assert image.pixelColor(rect.left() + rect.width() // 2, rect.top() + 4).name() == DARK.panel


def test_channels_that_are_not_finite_say_so_on_screen(panel: FeatureMapsPanel) -> None:
    maps = ramp()
    maps[2], maps[4, 1, 1] = np.nan, np.inf
    panel.render_scene(scene(maps, ramp()))
    assert panel.now_pane.note == "not finite (NaN, ∞) in 2 of 6 channels"
    assert panel.reference_pane.note == ""
    rect = panel.now_pane.rect_of(2)
    image = panel.now_pane.grab().toImage()
    assert image.pixelColor(rect.topLeft()).name() == DARK.changed
    panel.render_scene(scene(np.full_like(maps, np.nan), ramp()))
    assert panel.now_pane.note == "not finite (NaN, ∞) in all channels"
    panel.render_scene(scene(ramp(), ramp()))
    assert panel.now_pane.note == ""


def test_many_channels_are_painted_at_once_in_the_right_places(panel: FeatureMapsPanel) -> None:
    maps = np.zeros((300, 7, 7), np.float32)
    maps[:, 0, 0] = 1
    maps[217] = 1 - maps[217]
    panel.render_scene(scene(maps, maps, map_colours="gray"))
    image = panel.now_pane.grab().toImage()
    for place, (corner, middle) in ((216, ("#ffffff", "#000000")), (217, ("#000000", "#ffffff"))):
        rect = panel.now_pane.rect_of(place)
        assert image.pixelColor(rect.topLeft()).name() == corner
        assert image.pixelColor(rect.center()).name() == middle


def test_both_mosaics_stand_at_one_height(panel: FeatureMapsPanel) -> None:
    panel.render_scene(scene(ramp(), ramp()))
    QApplication.sendPostedEvents()
    assert panel.now_pane.geometry().size() == panel.reference_pane.geometry().size()
    assert panel.now_pane.rect_of(5) == panel.reference_pane.rect_of(5)


def test_both_panes_are_moved_together(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(64), ramp(64)))
    panel.now_pane.look(4.0, panel.now_pane.rect().center().toPointF())
    panel.now_pane.moved.emit(panel.now_pane.zoom, panel.now_pane.rect().center().toPointF())
    assert panel.reference_pane.zoom == 4.0
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Home)
    assert (panel.now_pane.zoom, panel.reference_pane.zoom) == (1.0, 1.0)


def test_arrow_keys_and_enter_do_what_the_mouse_does(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(), ramp()))
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Right)
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.channel_chosen) as wished:
        qtbot.keyClick(panel.now_pane, Qt.Key.Key_Return)
    assert wished.args == [1]


def test_a_short_form_says_which_layer_of_a_block_it_shows() -> None:
    """Block 7 alone is its output."""
    whole, *shorter = layer_wordings("block 7 · conv2_x 7 · conv1 · 16 × 32×32 · by index")
    assert whole.startswith("block 7 · conv2_x 7")
    assert shorter[:3] == [
        "block 7 · conv1 · 16 × 32×32 · by index",
        "block 7 · conv1 · 16 × 32×32",
        "block 7 · conv1",
    ]


def shown_names(panel: FeatureMapsPanel) -> list[str]:
    return [name.shown for name in panel.names if name.isVisibleTo(panel)]


def test_sides_on_one_scale_say_no_largest_value(panel: FeatureMapsPanel) -> None:
    base = scene(ramp(), 2 * ramp())
    panel.render_scene(base)
    assert under(panel) == ["now ≤ 533", "reference ≤ 1066"]
    layer = base.session.with_view(replace(base.session.view, map_scale="layer"))
    panel.render_scene(replace(base, session=layer))
    assert under(panel) == ["now", "reference"], "the scale beside them says it"
    panel.render_scene(scene(ramp() - 600, ramp()))
    assert under(panel)[0] == "now within ±600"


def test_what_stands_under_a_narrow_mosaic_keeps_its_numbers(panel: FeatureMapsPanel) -> None:
    maps = ramp()
    maps[[1, 4]] = 0
    panel.resize(300, 300)
    panel.render_scene(scene(maps, ramp()))
    QApplication.sendPostedEvents()
    assert shown_names(panel) == ["now ≤ 533 · 2 dead", "reference ≤ 533"]
    panel.render_scene(scene(ramp(6, 8, 8), ramp(6, 8, 8), mark=(0.9, 0.1)))
    assert shown_names(panel)[0].startswith("now · y 1, x 7")


def test_one_mosaic_has_the_whole_room_until_now_differs_from_the_reference(panel: FeatureMapsPanel) -> None:
    full = scene(ramp(64, 8, 8), ramp(64, 8, 8))
    alike = Session(full.session.setup.with_wiring(full.session.reference.wiring), view=full.session.view)
    question = alike.now_question()
    assert question is not None
    assert full.now is not None
    one = replace(full.now, request=question)
    panel.render_scene(Scene(alike, one, one))
    QApplication.sendPostedEvents()
    assert not panel.reference_pane.isVisibleTo(panel)
    assert under(panel) == ["now = reference"]
    assert not panel.most_changed.isEnabled()
    places = panel.controls.geometry(), panel.legend.geometry(), panel.now_pane.height()
    large = panel.now_pane.rect_of(0).width()
    panel.render_scene(Scene(full.session, one, one, is_stale=True))
    QApplication.sendPostedEvents()
    assert not panel.reference_pane.isVisibleTo(panel), "nothing moves before there is something to show"
    panel.render_scene(full)
    QApplication.sendPostedEvents()
    assert panel.reference_pane.isVisibleTo(panel)
    assert panel.most_changed.isEnabled()
    assert panel.now_pane.rect_of(5) == panel.reference_pane.rect_of(5), "tiles of both are equal"
    assert panel.now_pane.rect_of(0).width() <= large
    assert (panel.controls.geometry(), panel.legend.geometry(), panel.now_pane.height()) == places, (
        "no control moved"
    )
    panel.render_scene(Scene(alike, one, one))
    QApplication.sendPostedEvents()
    assert not panel.reference_pane.isVisibleTo(panel)
    assert panel.now_pane.rect_of(0).width() == large


def test_a_place_of_a_tile_is_marked_with_shift(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    shown = scene(ramp(64, 8, 8), ramp(64, 8, 8))
    panel.render_scene(shown)
    wishes: list[object] = []
    panel.mark_chosen.connect(wishes.append)
    chosen: list[int] = []
    panel.channel_chosen.connect(chosen.append)
    rect = panel.now_pane.rect_of(3)
    place = rect.topLeft() + QPoint(rect.width() * 13 // 16, rect.height() * 5 // 16)
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(panel.now_pane, Qt.MouseButton.LeftButton, shift, pos=place)
    assert wishes == [(24.5 / 32, 8.5 / 32)], "row 2 and column 6 of cells that look at every fourth pixel"
    assert chosen == []
    told: list[str] = []
    panel.hovered.connect(told.append)
    marked = replace(shown, session=shown.session.with_view(replace(shown.session.view, mark=wishes[0])))  # type: ignore[arg-type]
    panel.render_scene(marked)
    assert panel.now_pane.cell == panel.reference_pane.cell == (2, 6)
    assert told == ["marked: y 2, x 6 · sees 81 × 81 of 32 × 32 pixels: all of it"]
    panel.render_scene(marked)
    assert len(told) == 1, "the pointer's words are not talked over"
    early = replace(marked.session.view, layer="layer1.0")
    panel.render_scene(replace(marked, session=marked.session.with_view(early)))
    assert told[1:] == ["marked: y 8, x 24 · sees 7 × 7 of 32 × 32 pixels"]
    panel.render_scene(marked)
    image = panel.now_pane.grab().toImage()
    for other in (3, 40):
        tile = panel.now_pane.rect_of(other)
        line = [
            image.pixelColor(x, tile.top() + tile.height() * 5 // 16).name()
            for x in range(tile.left(), tile.right())
        ]
        assert "#ffffff" in line, "its outline is on every tile"
    qtbot.mouseClick(panel.now_pane, Qt.MouseButton.LeftButton, shift, pos=place)
    assert wishes[1:] == [None], "the marked cell again is no mark"
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Escape)
    assert wishes[2:] == [None]
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Right, shift)
    assert wishes[3:] == [(28.5 / 32, 8.5 / 32)]
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_Up, shift)
    assert wishes[4:] == [(24.5 / 32, 4.5 / 32)]


def test_limits_are_chosen_beside_the_scale(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    shown = scene(ramp(), ramp(), map_scale="layer")
    panel.render_scene(shown)
    assert (panel.controls.limits.low.text(), panel.controls.limits.high.text()) == ("0", "533")
    by_hand = replace(shown.session.view, map_limits=Limits(by_hand=(1.0, 7.0)))
    with qtbot.waitSignal(panel.view_changed) as wished:
        panel.controls.limits.chosen.emit(Limits(by_hand=(1.0, 7.0)))
    assert wished.args == [by_hand]
    panel.render_scene(replace(shown, session=shown.session.with_view(by_hand)))
    assert panel.legend.scale.ends == ("1", "7")
    with qtbot.waitSignal(panel.view_changed) as wished:
        qtbot.keyClick(panel.now_pane, Qt.Key.Key_C)
    assert wished.args is not None
    assert wished.args[0].map_limits == Limits()


def test_choices_that_have_no_room_open_with_a_button(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(), ramp(), map_order="maximum"))
    controls = panel.controls
    assert not controls.more.isVisibleTo(panel)
    panel.resize(300, 400)
    QApplication.sendPostedEvents()
    assert controls.more.isVisibleTo(panel)
    assert not controls.scale.isVisibleTo(panel)
    assert controls.limits.isVisibleTo(panel)
    controls.more.click()
    assert controls.folded.isVisible()
    assert controls.order.isVisible()
    assert controls.order.currentText() == "maximum"
    panel.resize(1000, 400)
    QApplication.sendPostedEvents()
    assert controls.scale.isVisibleTo(panel)
    assert not controls.folded.isVisible()
    for combo in (controls.scale, controls.order, controls.colours):
        assert combo.elided() == combo.currentText()


def test_maps_of_both_signs_have_colour_maps_of_their_own(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(ramp(), ramp(), map_colours="gray"))
    colours = panel.controls.colours
    assert [colours.itemText(i) for i in range(colours.count())] == list(COLOUR_MAPS)
    panel.render_scene(scene(-ramp(), ramp(), map_colours="gray", map_signed_colours="vik"))
    assert [colours.itemText(i) for i in range(colours.count())] == list(SIGNED_COLOUR_MAPS)
    assert colours.currentText() == "vik"
    assert panel.legend.scale.words.startswith("vik from −own max. to own max.; each channel")
    with qtbot.waitSignal(panel.view_changed) as wished:
        colours.textActivated.emit("berlin")
    assert wished.args is not None
    assert (wished.args[0].map_signed_colours, wished.args[0].map_colours) == ("berlin", "gray")
    panel.render_scene(scene(ramp(), ramp(), map_colours="gray"))
    assert colours.currentText() == "gray", "the choice for maps without negative values is kept"


def beside(ours: str, theirs: str, **view: object) -> Scene:
    """A network beside another one."""
    base, other = fabricated.scene(spec(ours)), fabricated.scene(spec(theirs)).now
    assert other is not None
    session = base.session.with_reference(other.request.state)
    return Scene(session.with_view(View(**view)), base.now, other)  # type: ignore[arg-type]


@pytest.mark.parametrize(("ours", "theirs"), [("cifar-resnet-20", "vgg19"), ("vgg19", "cifar-resnet-20")])
def test_another_networks_maps_are_shown_by_what_it_has_and_said_to_be_whose(
    ours: str, theirs: str, panel: FeatureMapsPanel
) -> None:
    """Each of its mosaics has as many tiles as its layer has channels, and points of neither are asked of the other."""
    shown = beside(ours, theirs)
    panel.resize(2400, 400)  # nothing of the words is left out
    other = blueprint(spec(theirs))
    told: list[str] = []
    panel.hovered.connect(told.append)
    names = shown.blueprint.map_names()
    for name in (names[0], "stem", names[len(names) // 2], names[-2], names[-1]):
        view = View(layer=name, map_order="maximum")
        panel.render_scene(Scene(shown.session.with_view(view), shown.now, shown.reference))
        layer = layer_beside(name, shown.blueprint, other)
        assert layer is not None
        count, height, width = other.shape_of(layer)
        mosaic = panel.reference_pane.mosaic
        assert mosaic is not None, f"nothing beside {name}"
        assert sorted(mosaic.order) == list(range(count))
        assert not panel.reference_pane.message
        said = f"reference · {other.spec.title} · {other.describe(layer)}"
        assert panel.names[1].text().startswith((f"{said} ≤ ", f"{said} within ±"))
        panel.reference_pane.channel_hovered.emit(count - 1, height - 1, width - 1)
        assert "reference" in told[-1]
        own = shown.blueprint.shape_of(name)
        panel.now_pane.channel_hovered.emit(own[0] - 1, own[1] - 1, own[2] - 1)
        assert "now" in told[-1]
        panel.now_pane.marked.emit(0)


def test_a_channel_that_only_one_of_two_networks_has_is_shown_alone(panel: FeatureMapsPanel) -> None:
    told: list[str] = []
    panel.hovered.connect(told.append)
    panel.render_scene(beside("cifar-resnet-20", "vgg19", layer="layer3.2", channel=300))
    view = panel.channel_view
    assert panel.is_channel_shown
    assert (view.now_pane.message, view.reference_pane.message) == ("only channels 0 to 63 here", "")
    assert not view.target.isEnabled()
    view.reference_pane.pixel_hovered.emit(13, 13)
    assert "reference" in told[-1]
    panel.render_scene(beside("vgg19", "cifar-resnet-20", layer="features.3", channel=60))
    assert (view.now_pane.message, view.reference_pane.message) == ("", "only channels 0 to 15 here")
    panel.render_scene(beside("vgg19", "cifar-resnet-20", layer="features.3", channel=3))
    view.now_pane.pixel_hovered.emit(200, 200)
    assert "now" in told[-1]
    assert "reference" not in told[-1], "its map has other points"


@pytest.mark.parametrize("scale", ["channel", "layer"])
@pytest.mark.parametrize("sign", [1, -1])
def test_paper_shows_the_same_colours_in_the_same_order_on_the_same_scale(
    panel: FeatureMapsPanel, scale: MapScale, sign: int
) -> None:
    maps = sign * ramp(16)
    maps[3, 1, 2] = np.nan
    shown = scene(maps, ramp(16)[::-1], map_scale=scale, map_order="maximum")
    panel.render_scene(shown)
    assert shown.now is not None
    printed = feature_maps.figure(
        shown.now, shown.reference, View(layer=LAYER, map_scale=scale, map_order="maximum")
    )
    for pane, axes in zip((panel.now_pane, panel.reference_pane), printed.axes, strict=False):
        paper, tiles = np.asarray(axes.images[0].get_array()), pane.tiles
        assert tiles is not None
        for place in range(16):
            row, column = divmod(place, 4)
            printed_tile = paper[row * 5 : row * 5 + 4, column * 5 : column * 5 + 4]
            corner = tiles.source(place).topLeft()
            on_screen = [
                [tiles.image.pixelColor(corner.x() + x, corner.y() + y) for x in range(4)] for y in range(4)
            ]
            assert printed_tile.tolist() == [
                [[c.red(), c.green(), c.blue()] if c.alpha() else [255] * 3 for c in line]
                for line in on_screen
            ]
    ticks = [
        (tick, words.get_text())
        for tick, words in zip(printed.axes[-1].get_xticks(), printed.axes[-1].get_xticklabels(), strict=True)
    ]
    assert tuple(ticks) == panel.legend.scale.ticks


@pytest.mark.parametrize("width", [300, 340, 450, 700])
def test_the_header_names_the_layer_in_every_width(panel: FeatureMapsPanel, width: int) -> None:
    explain(panel, "feature map")
    panel.offer_sizes()
    panel.resize(width, 300)
    panel.render_scene(scene(ramp(), ramp()))
    QApplication.sendPostedEvents()
    panel.render_scene(scene(ramp(), ramp()))
    QApplication.sendPostedEvents()
    assert panel.shown_subtitle.startswith("block 9"), panel.title
    assert panel.most_changed.isVisibleTo(panel) or width < 450
