"""The picture with invented maps: registered, on one scale, blank for a reason, now and reference under a wiper."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.feature_maps import Whose
from resnet_viewer.charts.gradcam import CamSide, filmstrip, strip_spans
from resnet_viewer.charts.limits import Span
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import gradcam
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.receptive_field import cell_field
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import CamScale, Session, View
from resnet_viewer.ui.inspect.filmstrip import Filmstrip
from resnet_viewer.ui.inspect.gradcam import FINEST, QUICK, PicturePanel
from resnet_viewer.ui.inspect.picture import PicturePane
from tests import fabricated


def black(width: int = 60, height: int = 30) -> Picture:
    """A black picture, so that only the map has colour; a network sees its middle square."""
    return Picture.of(np.zeros((height, width, 3), np.uint8), name="black.png")


def with_cam(result: ProbeResult, number: int, cam: np.ndarray, state: str = "shown") -> ProbeResult:
    blocks = list(result.blocks)
    blocks[number - 1] = replace(
        blocks[number - 1],
        cam=cam[None].astype(np.float32),
        cam_states=(state,),  # type: ignore[arg-type]
    )
    return replace(result, blocks=tuple(blocks))


def scene(now: np.ndarray, reference: np.ndarray, *, state: str = "shown", **view: object) -> Scene:
    """ResNet-20 with a shortcut cut, on a black picture with these maps (h, w) at its last block."""
    setup = fabricated.setup(fabricated.trained(), black())
    setup = setup.with_wiring(setup.wiring.toggled_shortcut(3))
    session = Session(setup, view=View(cam_colours="gray", cam_opacity=1.0, **view))  # type: ignore[arg-type]
    questions = session.now_question(), session.reference_question()
    assert questions[0] is not None
    assert questions[1] is not None
    return Scene(
        session,
        with_cam(fabricated.result(questions[0], seed=1), 9, now, state),
        with_cam(fabricated.result(questions[1], seed=2), 9, reference),
    )


@pytest.fixture
def panel(qtbot: QtBot) -> PicturePanel:
    made = PicturePanel()
    qtbot.addWidget(made)
    made.resize(360, 420)
    made.show()
    return made


def painted(panel: PicturePanel, whose: Whose = "now") -> QImage:
    """What is painted of one side, without the wiper and the names beside it."""
    if panel.now_pane.has_wiper:
        panel.now_pane.set_wiper(1.0 if whose == "now" else 0.0)
    pane = panel.now_pane if panel.now_pane.has_wiper or whose == "now" else panel.reference_pane
    with patch.object(PicturePane, "halves", return_value=()):
        return pane.grab(pane.seen().toRect()).toImage()


def grey(panel: PicturePanel, across: float, down: float, whose: Whose = "now") -> int:
    """Brightness at fractions of the picture's size."""
    image = painted(panel, whose)
    return image.pixelColor(int(across * image.width()), int(down * image.height())).red()


def test_the_map_lies_on_what_the_network_saw(panel: PicturePanel) -> None:
    cam = np.zeros((8, 8))
    cam[:4, :4] = 1
    panel.render_scene(scene(cam, cam))
    assert grey(panel, 0.3, 0.2) == 255, "the square's upper left quarter"
    assert grey(panel, 0.1, 0.2) == 0, "left of what the network saw"
    assert grey(panel, 0.7, 0.2) == grey(panel, 0.3, 0.8) == 0


def test_now_and_reference_share_one_scale(panel: PicturePanel) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.full((8, 8), 4.0)))
    weak, strong = grey(panel, 0.5, 0.5), grey(panel, 0.5, 0.5, "reference")
    assert strong == 255
    assert 0 < weak < 120, "a quarter of the scale"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("zero gradient", "blank: all gradients are zero"),
        ("all negative", "blank: all contributions are negative"),
        ("not finite", "blank: the values are not finite"),
    ],
)
def test_a_blank_map_says_why(panel: PicturePanel, state: str, words: str) -> None:
    cam = np.full((8, 8), np.nan) if state == "not finite" else np.zeros((8, 8))
    panel.render_scene(scene(cam, np.ones((8, 8)), state=state))
    assert panel.labels == (f"now · {words}", "reference ≤ 1")
    assert panel.filmstrip.frames.shown[8].words == f"block 9 · conv4_x 3 · {words}"
    assert grey(panel, 0.5, 0.5, "reference") == 255


def test_the_network_input_takes_the_pictures_place(panel: PicturePanel) -> None:
    seen = np.full((1, 3, 32, 32), 50.0, np.float32)
    for view in ({"sees_network_input": True}, {"picture_shows": "input"}):
        found = scene(np.zeros((8, 8)), np.zeros((8, 8)), **view)
        assert found.now is not None
        assert found.reference is not None
        readings = (replace(reading, network_input=seen) for reading in (found.now, found.reference))
        panel.render_scene(Scene(found.session, *readings))
        size = panel.now_pane.content_size()
        assert size.width() == size.height()
        assert grey(panel, 0.5, 0.5) == 255, "denormalised and clipped to white"
    assert not panel.now_pane.has_wiper, "both see the same"
    assert panel.subtitle == "what the network sees"


@pytest.mark.parametrize("size", [(1, 400), (4000, 3)])
def test_a_hairline_of_a_picture_gives_way_to_what_the_network_sees(
    panel: PicturePanel, size: tuple[int, int]
) -> None:
    made = scene(np.ones((8, 8)), np.ones((8, 8)))
    picture = black(*size)
    words = f"{size[0]} × {size[1]} pixels"
    setup = replace(made.session.setup, picture=picture)
    panel.render_scene(Scene(made.session.with_setup(setup)))
    assert panel.labels == (words,)
    readings = [
        replace(reading, request=replace(reading.request, picture=picture))
        for reading in (made.now, made.reference)
        if reading is not None
    ]
    panel.render_scene(Scene(made.session.with_setup(setup), *readings))
    size = panel.now_pane.content_size()
    assert size.width() == pytest.approx(size.height(), abs=1)
    assert size.width() > 48
    assert words in panel.subtitle
    panel.render_scene(made)
    assert words not in panel.subtitle


@pytest.mark.parametrize("pixels", [12, 26])
def test_the_strips_numbers_never_run_together(panel: PicturePanel, pixels: int) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    frames = panel.filmstrip.frames
    font = frames.font()
    font.setPixelSize(pixels)
    frames.setFont(font)
    for current in (1, 5, 9):
        panel.filmstrip.set_current(current)
        numbered = [number for number in range(1, 10) if frames.is_numbered(number - 1)]
        assert current in numbered
        pitch = frames.rect_of(1).left() - frames.rect_of(0).left()
        room = np.diff(numbered) * pitch
        assert np.all(room >= frames.fontMetrics().horizontalAdvance("9"))
        if pixels == 12:
            assert numbered == list(range(1, 10))


def test_subtitle_names_block_and_class(panel: PicturePanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)), cam_block=4)
    assert found.now is not None
    assert found.reference is not None
    readings = (replace(reading, target=7) for reading in (found.now, found.reference))
    panel.render_scene(Scene(found.session, *readings))
    panel.resize(700, 420)
    QApplication.sendPostedEvents()
    assert panel.subtitle == "block 4 · conv3_x 1 · horse, the reference's highest"
    assert panel.method_button.text() == "Grad-CAM ▾"
    panel.resize(256, 420)
    QApplication.sendPostedEvents()
    assert panel.subtitle == "block 4 · horse", "by whose choice and the stage go first"
    assert panel.filmstrip.frames.current == 3


def test_filmstrip_wishes_for_a_block(panel: PicturePanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    strip = panel.filmstrip
    assert strip.frames.current == 8
    with qtbot.waitSignal(panel.block_chosen) as wished:
        qtbot.mouseClick(strip.frames, Qt.MouseButton.LeftButton, pos=strip.frames.rect_of(2).center())
    assert wished.args == [3]
    with qtbot.waitSignal(panel.block_chosen) as wished:
        qtbot.keyClick(strip.frames, Qt.Key.Key_Left)
    assert wished.args == [8]
    assert strip.frames.current == 8, "a wish changes nothing by itself"


def test_filmstrip_is_on_one_scale(panel: PicturePanel) -> None:
    found = scene(np.full((8, 8), 2.0), np.ones((8, 8)))
    assert found.now is not None
    result = with_cam(found.now, 1, np.full((32, 32), 20.0))
    panel.render_scene(replace(found, now=result))
    image = panel.filmstrip.frames.grab().toImage()
    brightness = [image.pixelColor(panel.filmstrip.frames.rect_of(place).center()).red() for place in (0, 8)]
    assert brightness == [255, pytest.approx(25, abs=1)]


def test_controls_wish_and_setters_do_not(panel: PicturePanel, qtbot: QtBot) -> None:
    views: list[View] = []
    targets: list[object] = []
    panel.view_changed.connect(views.append)
    panel.target_chosen.connect(targets.append)
    found = scene(np.ones((8, 8)), np.ones((8, 8)), cam_block=3)
    panel.render_scene(found)
    panel.render_scene(replace(found, session=found.session.with_view(View(cam_colours="turbo"))))
    panel.render_scene(found)
    assert (views, targets) == ([], [])
    controls = panel.controls
    qtbot.keyClick(controls.opacity, Qt.Key.Key_Left)
    qtbot.keyClick(controls.block, Qt.Key.Key_Home)
    controls.network_input.click()
    controls.shows.buttons["original"].click()
    qtbot.keyClick(controls.scale, Qt.Key.Key_End)
    qtbot.keyClick(controls.style_choice, Qt.Key.Key_End)
    qtbot.keyClick(controls.comparison, Qt.Key.Key_End)
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_C)
    controls.target.activated.emit(8)
    controls.target.activated.emit(0)
    before = found.session.view
    assert views == [
        replace(before, cam_opacity=0.99),
        replace(before, cam_block=None),
        replace(before, sees_network_input=True),
        replace(before, picture_shows="original"),
        replace(before, cam_scale="own"),
        replace(before, cam_style="contours"),
        replace(before, picture_comparison="beside"),
    ], "limits that are usual already are no wish"
    limited = found.session.with_view(replace(before, cam_limits=Limits(percentile=90.0)))
    panel.render_scene(replace(found, session=limited))
    qtbot.keyClick(panel.now_pane, Qt.Key.Key_C)
    assert views[-1] == before
    assert targets == [7, None]
    assert controls.target.itemText(8) == "horse"


def test_typing_finds_a_class_and_nonsense_is_forgotten(panel: PicturePanel, qtbot: QtBot) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    panel.render_scene(found)
    line = panel.controls.target.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "fro")
    panel.render_scene(replace(found, is_stale=True))
    assert line.text() == "fro", "a reading that comes meanwhile leaves the typing alone"
    qtbot.keyClicks(line, "g")
    with qtbot.waitSignal(panel.target_chosen) as wished:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert wished.args == [6]
    line.selectAll()
    qtbot.keyClicks(line, "zzz")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "frog"


def test_what_has_no_room_beside_a_large_picture_opens_in_a_popup(panel: PicturePanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    controls = panel.controls
    parts = controls.block, controls.opacity, panel.filmstrip
    seen = []
    for height in range(420, 119, -5):
        panel.resize(388, height)
        seen.append(tuple(part.isVisible() for part in parts))
    steps = list(dict.fromkeys(seen))
    assert steps == [
        (True, True, True),
        (False, True, True),
        (False, False, True),
        (False, False, False),
    ], "block and class go first; the strip stays longest: it shows and chooses blocks"
    qtbot.mouseClick(controls.more, Qt.MouseButton.LeftButton)
    assert controls.folded.isVisible()
    assert controls.block.isVisible()
    names = {
        label.text().replace("&", "") for label in controls.folded.findChildren(QLabel) if label.isVisible()
    }
    assert names >= {"Block", "Class", "Opacity", "Colours", "Scale", "Drawn as", "Compare", "Limits"}
    target = controls.target
    assert target.width() > target.fontMetrics().horizontalAdvance("horse, reference's highest")
    with qtbot.waitSignal(panel.view_changed):
        qtbot.keyClick(controls.opacity, Qt.Key.Key_Left)
    controls.folded.close()
    panel.resize(388, 420)
    assert controls.block.isVisible()


def test_a_tall_picture_is_large_before_there_are_controls(panel: PicturePanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    setup = replace(found.session.setup, picture=black(30, 60))
    panel.resize(360, 360)
    panel.render_scene(Scene(found.session.with_setup(setup)))
    QApplication.sendPostedEvents()
    assert panel.now_pane.content_size().height() >= 250
    panel.resize(560, 480)
    QApplication.sendPostedEvents()
    assert panel.now_pane.content_size().height() >= 350
    assert panel.controls.shows.isVisible()


def test_the_picture_is_shown_before_the_first_reading(panel: PicturePanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    panel.render_scene(Scene(found.session))
    assert grey(panel, 0.5, 0.5) == 0
    panel.render_scene(Scene(found.session.with_setup(replace(found.session.setup, picture=None))))
    assert panel.now_pane.message == "open a picture"


def test_a_partial_reading_keeps_the_last_map_dimmed(panel: PicturePanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    assert found.now is not None
    panel.render_scene(found)
    assert not panel.is_updating
    partial = replace(found.now, layers=(), blocks=(), activations={})
    panel.render_scene(replace(found, now=partial))
    assert 0 < grey(panel, 0.5, 0.5) < 255
    assert grey(panel, 0.5, 0.5, "reference") == 255
    assert panel.is_updating


def test_value_under_the_pointer(panel: PicturePanel, qtbot: QtBot) -> None:
    cam = np.zeros((8, 8))
    cam[:4, :4] = 0.25
    panel.render_scene(scene(cam, cam * 2))
    pane = panel.now_pane
    frame = pane.frame().toRect()
    with qtbot.waitSignal(panel.hovered, check_params_cb=bool) as told:
        qtbot.mouseMove(pane, frame.topLeft() + QPoint(frame.width() * 3 // 10, frame.height() // 5))
    assert told.args is not None
    assert told.args[0].startswith("Grad-CAM of block 9 · now 0.25 · reference 0.5")
    with qtbot.waitSignal(panel.hovered, check_params_cb=bool) as told:
        qtbot.mouseMove(pane, frame.topLeft() + QPoint(frame.width() // 10, frame.height() // 5))
    assert told.args is not None
    assert told.args[0].startswith("Grad-CAM of block 9 · now outside")


def test_the_map_and_the_pointer_stand_where_the_cells_look(panel: PicturePanel) -> None:
    """In the last stage of a CIFAR network cell i looks at pixel 4 i, half a pixel in: at 4.5 of 32 for cell 1."""
    cam = np.zeros((8, 8))
    cam[1, 5] = 1.0
    found = scene(cam, cam)
    panel.render_scene(found)
    image = painted(panel)
    rows = [[image.pixelColor(x, y).red() for x in range(image.width())] for y in range(image.height())]
    above_words = np.array(rows)[: image.height() - 40]
    shares = (above_words / 255.0) ** (2 / 3)  # a colour of v is mixed in with weight √v
    high, wide = image.height(), image.width()
    shares[:, round(0.9 * wide) :] = 0  # the wiper
    down = (shares.sum(1) * (np.arange(len(shares)) + 0.5)).sum() / shares.sum() / high * 32
    across = ((shares.sum(0) * (np.arange(wide) + 0.5)).sum() / shares.sum() / wide * 2 - 0.5) * 32
    assert (down, across) == pytest.approx((4.5, 20.5), abs=0.1), "of 32 pixels; before, 6 and 22"
    assert found.now is not None
    side, box = CamSide("now", found.now, found.now.blocks[8], Span(0.0, 1.0)), Box(0, 0, 32, 32)

    def value(x: float, y: float) -> float | None:
        return side.value_at(box, x, y)

    assert value(20.5, 4.5) == value(18.6, 2.6) == value(22.4, 6.4) == 1.0
    assert value(18.4, 4.5) == value(22.6, 4.5) == value(20.5, 2.4) == value(20.5, 6.6) == 0.0
    assert value(31.9, 31.9) == value(0.0, 0.0) == 0.0, "the outermost cells reach to the edges"
    assert value(32.0, 0.0) is None


def test_panes_and_strip_name_their_scales(panel: PicturePanel) -> None:
    """With a shortcut cut, a block's map may be a thousandth of the reference's: then it is said, not hidden."""
    panel.render_scene(scene(np.full((8, 8), 0.00045), np.full((8, 8), 2.5)))
    assert panel.labels == ("now ≤ 0.00045 · ≤ 0.018 % of the scale", "reference ≤ 2.5")
    assert panel.strip_scale.scale.ends == ("0", "2.5"), "the strip takes the reference into its scale too"
    assert panel.filmstrip.frames.shown[8].words.endswith("highest 0.00045, hardly seen on this scale")
    panel.render_scene(scene(np.full((8, 8), 2.0), np.full((8, 8), 2.5)))
    assert panel.labels == ("now ≤ 2", "reference ≤ 2.5")
    assert panel.filmstrip.frames.shown[8].words.endswith("highest 2")


def test_at_rest_the_picture_has_the_pixels_that_the_pane_shows(panel: PicturePanel, qtbot: QtBot) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 1200, 3)).astype(np.uint8)
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    setup = replace(found.session.setup, picture=Picture.of(noise, name="noise.png"))
    panel.render_scene(Scene(found.session.with_setup(setup)))

    def detail() -> int:
        return panel.now_pane.sides[0].underlay.width()

    assert detail() == QUICK, "at once, few pixels"
    panel.now_pane.look(3.0, QPointF(0.2, 0.5))
    panel.now_pane.moved.emit(3.0, QPointF(0.2, 0.5))
    wanted = 3 * panel.now_pane.content_size().width()
    qtbot.waitUntil(lambda: detail() >= min(wanted, FINEST))
    assert panel.now_pane.zoom == panel.reference_pane.zoom == 3.0, "the view stays"
    view = replace(found.session.view, cam_block=2)
    panel.render_scene(Scene(found.session.with_setup(setup).with_view(view)))
    assert detail() >= min(wanted, FINEST), "another map lies over the same fine picture"


def test_a_class_that_looks_like_markup_is_a_name(panel: PicturePanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    assert found.now is not None
    setup = replace(found.session.setup, class_names=("<b>a\nb</b>",) * 10)
    panel.render_scene(replace(found, session=found.session.with_setup(setup)))
    assert "<b>a�b</b>" in panel.subtitle
    assert panel.controls.target.itemText(1) == "<b>a�b</b>"


def test_a_map_of_untrained_weights_is_called_so(panel: PicturePanel) -> None:
    shown = scene(np.eye(8), np.eye(8))
    assert shown.now is not None
    network = spec("cifar-resnet-20")
    request = replace(shown.now.request, state=replace(shown.now.request.state, network=network))
    panel.render_scene(replace(shown, now=replace(shown.now, request=request)))
    now, reference = panel.labels
    assert now.startswith("now, untrained ≤")
    assert "untrained" not in reference
    assert panel.subtitle.endswith("· untrained")


@pytest.mark.parametrize("limits", [Limits(), Limits(percentile=60.0), Limits(is_logarithmic=True)])
@pytest.mark.parametrize("scale", ["shared", "own"])
def test_paper_shows_the_same_overlay_and_the_same_strip(
    panel: PicturePanel, scale: CamScale, limits: Limits
) -> None:
    ramp = np.arange(64.0).reshape(8, 8)
    found = scene(ramp, ramp * 2, cam_scale=scale, cam_limits=limits)
    panel.render_scene(found)
    assert found.now is not None
    printed = gradcam.figure(found.now, found.reference, found.session.view)
    whose: tuple[Whose, Whose] = "now", "reference"
    for name, axes in zip(whose, printed.axes, strict=False):
        paper = np.asarray(axes.images[0].get_array())[..., 0]
        image = painted(panel, name)
        for across in (0.3, 0.45, 0.6, 0.7):
            for down in (0.1, 0.4, 0.6):
                there = paper[int(down * paper.shape[0]), int(across * paper.shape[1])]
                here = image.pixelColor(int(across * image.width()), int(down * image.height())).red()
                assert here == pytest.approx(int(there), abs=5), (name, across, down)
    strip = next(axes for axes in printed.axes if len(axes.images) == 9)
    frames = panel.filmstrip.frames
    for frame, tiles, image in zip(frames.shown, frames.tiles, strip.images, strict=True):
        corner, on_paper = tiles.source(frame.place).topLeft(), np.asarray(image.get_array())
        height, width = on_paper.shape[:2]
        on_screen = [
            [tiles.image.pixelColor(corner.x() + x, corner.y() + y).red() for x in range(width)]
            for y in range(height)
        ]
        assert on_paper[..., 0].tolist() == on_screen


def test_now_and_reference_are_one_picture_until_they_differ(panel: PicturePanel) -> None:
    differing = scene(np.ones((8, 8)), np.ones((8, 8)))
    assert differing.reference is not None
    alike = replace(
        differing,
        session=differing.session.with_setup(
            replace(differing.session.setup, state=differing.session.reference)
        ),
        now=differing.reference,
    )
    panel.render_scene(alike)
    assert panel.labels == ("now = reference ≤ 1",)
    assert not panel.now_pane.has_wiper
    before = panel.now_pane.frame()
    panel.render_scene(differing)
    assert panel.labels == ("now ≤ 1", "reference ≤ 1")
    assert panel.now_pane.has_wiper
    assert panel.reference_pane.isHidden()
    assert panel.now_pane.frame() == before, "nothing jumps under the pointer"
    beside = differing.session.with_view(replace(differing.session.view, picture_comparison="beside"))
    panel.render_scene(replace(differing, session=beside))
    assert panel.reference_pane.isVisible()
    assert not panel.now_pane.has_wiper
    panel.render_scene(replace(alike, session=alike.session.with_view(beside.view)))
    assert panel.reference_pane.isHidden(), "when they are equal again the room comes back"


def test_o_shows_the_picture_alone_while_it_is_held(panel: PicturePanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    assert grey(panel, 0.5, 0.5) == 255
    panel.peek()
    panel.peek()
    assert grey(panel, 0.5, 0.5) == 0
    assert panel.labels == ()
    assert panel.subtitle == "the picture alone"
    qtbot.keyRelease(panel.now_pane, Qt.Key.Key_O)
    assert grey(panel, 0.5, 0.5) == 255
    panel.peek()
    qtbot.mouseClick(panel.filmstrip.frames, Qt.MouseButton.LeftButton)
    assert grey(panel, 0.5, 0.5) == 255, "a click ends it, too: a menu's entry has no key to release"


def test_opacity_is_painted_and_makes_nothing_anew(
    panel: PicturePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    panel.render_scene(found)
    layers = panel.now_pane.sides
    monkeypatch.setattr(CamSide, "heat", lambda _side: pytest.fail("the map was made anew"))
    panel.render_scene(
        replace(found, session=found.session.with_view(replace(found.session.view, cam_opacity=0.5)))
    )
    assert panel.now_pane.sides is layers
    assert grey(panel, 0.5, 0.5) == pytest.approx(128, abs=1)


def test_contours_run_where_the_map_has_their_values(panel: PicturePanel) -> None:
    ramp = np.tile(np.linspace(0, 1, 8), (8, 1))
    found = scene(ramp, ramp, cam_style="contours")
    panel.resize(800, 500)
    panel.render_scene(found)
    assert panel.subtitle.endswith("contours at 25, 50, 75 % of the scale")
    image = painted(panel)
    row = [image.pixelColor(x, image.height() // 2).red() for x in range(image.width())]
    bright = np.array(row)[: round(0.9 * image.width())] > 40
    middles = [
        (start + stop) / 2
        for start, stop in zip(
            *(np.flatnonzero(np.diff(bright.astype(int)) == way) for way in (1, -1)), strict=True
        )
    ]
    # cell i looks at pixel 4 i + 0.5 of 32, which fill the middle half of the picture
    expected = [(0.25 + (level * 7 * 4 + 0.5) / 32 / 2) * image.width() for level in (0.25, 0.5, 0.75)]
    assert middles == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("name", ["cifar-resnet-20", "resnet18"])
def test_a_marked_point_lies_where_the_overlay_is_bright(
    panel: PicturePanel, qtbot: QtBot, name: str
) -> None:
    """The mark of a cell, the map's brightest point, the value under the pointer and the click are one place, also in
    the outermost cells, whose tiles reach to the edges of what the network saw."""
    setup = fabricated.setup(fabricated.trained(name), black(600, 300))
    session = Session(setup, view=View(cam_colours="gray", cam_opacity=1.0))
    question = session.now_question()
    assert question is not None
    reading = fabricated.result(question)
    number = len(reading.blocks)
    rows, columns = reading.blocks[-1].cam.shape[1:]
    panel.resize(700, 500)
    for row, column in ((1, 2), (0, columns - 1), (rows - 1, 0)):
        cam = np.zeros((rows, columns))
        cam[row, column] = 1.0
        shown = with_cam(reading, number, cam)
        field = cell_field(question.state, reading.blocks[-1].name, row, column)
        panel.render_scene(Scene(session.with_view(replace(session.view, mark=field.mark)), shown, shown))
        pane = panel.now_pane
        (point, _), frame = pane.marks[0], pane.frame()
        at = QPointF(frame.left() + point.x() * frame.width(), frame.top() + point.y() * frame.height())
        side, box = panel._chart.sides[0] if panel._chart else None, panel._shown[0].box
        assert side is not None
        assert side.value_at(box, point.x(), point.y()) == 1.0
        places = side.heat()
        assert places is not None
        brightest = np.argwhere(places == places.max()).mean(axis=0)
        marked = np.array([field.mark[1], field.mark[0]]) * places.shape
        cell = field.sampling.stride / field.side * places.shape[0]
        assert np.abs(brightest + 0.5 - marked).max() <= cell / 2 + 1
        found: list[object] = []
        panel.marked.connect(found.append)
        qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at.toPoint() + QPoint(3, 0))
        assert found == [field.mark], "a click on the marked point takes it away: it is told as it is"
        panel.marked.disconnect(found.append)


def test_a_click_marks_the_point_of_the_networks_input(panel: PicturePanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    found: list[tuple[float, float]] = []
    panel.marked.connect(found.append)
    frame = panel.now_pane.frame()
    for across, down in ((0.375, 0.25), (0.7, 0.75), (0.1, 0.5)):
        at = QPointF(frame.left() + across * frame.width(), frame.top() + down * frame.height())
        qtbot.mouseClick(panel.now_pane, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert len(found) == 2, "outside of what the network saw there is nothing to mark"
    assert found[0] == pytest.approx((0.25, 0.25), abs=0.02)
    assert found[1] == pytest.approx((0.9, 0.75), abs=0.02)


def test_the_strip_shows_every_block_where_they_fit_and_no_sliver_where_not(
    panel: PicturePanel, qtbot: QtBot
) -> None:
    for depth, width, fits in ((56, 560, True), (110, 560, True), (110, 300, False)):
        found = fabricated.scene(fabricated.trained(f"cifar-resnet-{depth}"))
        panel.resize(width, 420)
        panel.render_scene(found)
        QApplication.sendPostedEvents()
        strip, frames = panel.filmstrip, panel.filmstrip.frames
        bar = strip.horizontalScrollBar()
        assert (frames.rect_of(frames.count - 1).right() < strip.viewport().width()) == fits
        assert frames.current == frames.count - 1
        for value in (0, 13, bar.maximum() // 2, bar.maximum()):
            bar.setValue(value)
            rects = map(frames.rect_of, range(frames.count))
            first = next(rect for rect in rects if rect.right() >= bar.value())
            assert first.left() >= bar.value(), "the first thumbnail in view is whole"
        shown = [cell for cell in range(frames.count) if frames.is_numbered(cell)]
        assert frames.count - 1 in shown
        assert len(shown) >= frames.count // 3


def test_another_networks_blocks_have_a_strip_of_their_own(panel: PicturePanel, qtbot: QtBot) -> None:
    setup = fabricated.setup(fabricated.trained("cifar-resnet-56"), black())
    other = fabricated.setup(fabricated.trained("cifar-resnet-20"), black()).state
    session = Session(setup, pinned=other, view=View(cam_block=14))
    questions = session.now_question(), session.reference_question()
    assert questions[0] is not None
    assert questions[1] is not None
    now, reference = (fabricated.result(question) for question in questions)
    panel.resize(560, 480)
    panel.render_scene(Scene(session, now, reference))
    QApplication.sendPostedEvents()
    strips = panel.filmstrip, panel.reference_strip
    assert all(strip.isVisible() for strip in strips)
    assert [strip.frames.count for strip in strips] == [27, 9]
    assert [strip.frames.current for strip in strips] == [13, 4], "block 5 stands beside block 14"
    with qtbot.waitSignal(panel.block_chosen) as wished:
        cell = panel.reference_strip.frames.rect_of(8).center()
        qtbot.mouseClick(panel.reference_strip.frames, Qt.MouseButton.LeftButton, pos=cell)
    assert wished.args == [27]
    panel.render_scene(Scene(session.without_reference(), now, now))
    assert panel.reference_strip.isHidden()


@pytest.mark.parametrize("before", [None, (0.5, 0.5)])
def test_a_double_click_enlarges_and_leaves_the_mark_as_it_was(
    panel: PicturePanel, qtbot: QtBot, before: tuple[float, float] | None
) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    marks: list[object] = [before]

    def mark(point: object) -> None:
        """As the editor does: the marked one again is none."""
        marks.append(None if point == marks[-1] else point)
        panel.render_scene(replace(found, session=found.session.with_view(View(mark=marks[-1]))))  # type: ignore[arg-type]

    panel.marked.connect(mark)
    panel.render_scene(replace(found, session=found.session.with_view(View(mark=before))))
    panel.show_size("usual")
    frame = panel.now_pane.frame().toRect()
    at = frame.topLeft() + QPoint(frame.width() * 3 // 10, frame.height() // 4)
    qtbot.mouseClick(panel.now_pane, Qt.MouseButton.LeftButton, pos=at)
    assert marks[-1] not in (None, before)
    with qtbot.waitSignal(panel.large_wished):
        qtbot.mouseDClick(panel.now_pane, Qt.MouseButton.LeftButton, pos=at)
    assert marks[-1] == before


def test_every_block_stays_in_view_where_the_strip_becomes_narrower_by_itself(qtbot: QtBot) -> None:
    """As where the scale beside it has longer numbers."""
    strip = Filmstrip()
    qtbot.addWidget(strip)
    strip.resize(500, 60)
    strip.show()
    reading = fabricated.scene(fabricated.trained("cifar-resnet-110")).now
    assert reading is not None
    strip.set_frames(filmstrip(reading, strip_spans([reading], View())[0], "gray"))
    strip.set_current(54)
    for width in (500, 455, 470):
        strip.resize(width, 60)
        assert strip.frames.rect_of(53).right() < width
        assert strip.horizontalScrollBar().maximum() == 0
