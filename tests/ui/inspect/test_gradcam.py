"""Grad-CAM on invented maps: registered, on one scale, blank for a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.gradcam import CamSide, cam_chart, underlay
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import gradcam
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import ProbeRequest, ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session, View
from resnet_viewer.ui.inspect.gradcam import QUICK, TOP_CLASS, GradCamPanel
from resnet_viewer.ui.inspect.picture import ImagePane
from resnet_viewer.ui.widgets.fitting import FittingLabel
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
    """ResNet-20 on a black picture with these maps (h, w) at its last block."""
    setup = fabricated.setup(fabricated.trained(), black())
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
def panel(qtbot: QtBot) -> GradCamPanel:
    made = GradCamPanel()
    qtbot.addWidget(made)
    made.resize(360, 420)
    made.show()
    return made


def grey(pane: ImagePane, across: float, down: float) -> int:
    """Brightness of the composed image at fractions of its size."""
    image: QImage | None = pane.image
    assert image is not None
    return image.pixelColor(int(across * image.width()), int(down * image.height())).red()


def test_the_map_lies_on_what_the_network_saw(panel: GradCamPanel) -> None:
    cam = np.zeros((8, 8))
    cam[:4, :4] = 1
    panel.render_scene(scene(cam, cam))
    assert grey(panel.now_pane, 0.3, 0.2) == 255, "the square's upper left quarter"
    assert grey(panel.now_pane, 0.1, 0.2) == 0, "left of what the network saw"
    assert grey(panel.now_pane, 0.7, 0.2) == grey(panel.now_pane, 0.3, 0.8) == 0


def test_now_and_reference_share_one_scale(panel: GradCamPanel) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.full((8, 8), 4.0)))
    weak, strong = grey(panel.now_pane, 0.5, 0.5), grey(panel.reference_pane, 0.5, 0.5)
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
def test_a_blank_map_says_why(panel: GradCamPanel, state: str, words: str) -> None:
    cam = np.full((8, 8), np.nan) if state == "not finite" else np.zeros((8, 8))
    panel.render_scene(scene(cam, np.ones((8, 8)), state=state))
    assert panel.now_pane.note == words
    assert panel.labels == ("now · blank", "reference ≤ 1")
    assert panel.filmstrip.frames.shown[8].words == f"block 9 · conv4_x 3 · {words}"
    assert grey(panel.reference_pane, 0.5, 0.5) == 255


def test_the_network_input_takes_the_pictures_place(panel: GradCamPanel) -> None:
    found = scene(np.zeros((8, 8)), np.zeros((8, 8)), sees_network_input=True)
    assert found.now is not None
    seen = np.full((1, 3, 32, 32), 50.0, np.float32)
    panel.render_scene(replace(found, now=replace(found.now, network_input=seen)))
    image = panel.now_pane.image
    assert image is not None
    assert image.width() == image.height()
    assert grey(panel.now_pane, 0.5, 0.5) == 255, "denormalised and clipped to white"


@pytest.mark.parametrize("size", [(1, 400), (4000, 3)])
def test_a_hairline_of_a_picture_gives_way_to_what_the_network_sees(
    panel: GradCamPanel, size: tuple[int, int]
) -> None:
    made = scene(np.ones((8, 8)), np.ones((8, 8)))
    picture = black(*size)
    words = f"{size[0]} × {size[1]} pixels"
    setup = replace(made.session.setup, picture=picture)
    panel.render_scene(Scene(made.session.with_setup(setup)))
    assert panel.now_pane.note == words
    readings = [
        replace(reading, request=replace(reading.request, picture=picture))
        for reading in (made.now, made.reference)
        if reading is not None
    ]
    panel.render_scene(Scene(made.session.with_setup(setup), *readings))
    for pane in (panel.now_pane, panel.reference_pane):
        assert pane.note == f"{words}: what the network sees"
        assert pane.content_size().width() == pytest.approx(pane.content_size().height(), abs=1)
        assert pane.content_size().width() > 48
    assert words in panel.subtitle
    panel.render_scene(made)
    assert panel.now_pane.note == ""


def test_pictures_shrink_before_the_controls_fold(panel: GradCamPanel, qtbot: QtBot) -> None:
    made = scene(np.ones((8, 8)), np.ones((8, 8)))
    panel.render_scene(made)
    metrics, controls = panel.fontMetrics(), panel.controls
    rows = 2 * (controls.row_height + panel.body.spacing())
    strip = panel.filmstrip.height_for(24, metrics) + panel.body.spacing()
    panel.resize(390, 2 * metrics.height() + 28 + rows + strip + 68)
    assert controls.opacity.isVisible()
    assert not controls.more.isVisible()
    qtbot.waitUntil(lambda: panel.now_pane.height() >= 60)


@pytest.mark.parametrize("pixels", [12, 26])
def test_the_strips_numbers_never_run_together(panel: GradCamPanel, pixels: int) -> None:
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


def test_subtitle_names_block_and_class(panel: GradCamPanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)), cam_block=4)
    assert found.now is not None
    panel.render_scene(replace(found, now=replace(found.now, target=7)))
    assert panel.subtitle == "block 4 · conv3_x 1 · horse"
    assert panel.filmstrip.frames.current == 3


def test_filmstrip_wishes_for_a_block(panel: GradCamPanel, qtbot: QtBot) -> None:
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


def test_filmstrip_is_on_one_scale(panel: GradCamPanel) -> None:
    found = scene(np.full((8, 8), 2.0), np.ones((8, 8)))
    assert found.now is not None
    result = with_cam(found.now, 1, np.full((32, 32), 20.0))
    panel.render_scene(replace(found, now=result))
    image = panel.filmstrip.frames.grab().toImage()
    brightness = [image.pixelColor(panel.filmstrip.frames.rect_of(place).center()).red() for place in (0, 8)]
    assert brightness == [255, pytest.approx(25, abs=1)]


def test_controls_wish_and_setters_do_not(panel: GradCamPanel, qtbot: QtBot) -> None:
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
    qtbot.keyClick(controls.network_input, Qt.Key.Key_Space)
    controls.target.activated.emit(8)
    controls.target.activated.emit(0)
    assert [view.cam_opacity for view in views] == [0.99, 1.0, 1.0]
    assert [view.cam_block for view in views] == [3, None, 3]
    assert [view.sees_network_input for view in views] == [False, False, True]
    assert targets == [7, None]
    assert controls.target.itemText(8) == "horse"


def test_typing_finds_a_class_and_nonsense_is_forgotten(panel: GradCamPanel, qtbot: QtBot) -> None:
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


def test_what_has_no_room_opens_in_a_popup(panel: GradCamPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene(np.ones((8, 8)), np.ones((8, 8))))
    controls = panel.controls
    assert controls.block.isVisible()
    assert not controls.more.isVisible()
    panel.resize(300, 225)
    assert controls.block.isVisible(), "block and class go after opacity and colours"
    assert not controls.opacity.isVisible()
    panel.resize(260, 170)
    assert not controls.block.isVisible()
    assert panel.filmstrip.isVisible(), "the strip stays longest: it shows and chooses blocks"
    panel.resize(260, 120)
    assert not panel.filmstrip.isVisible()
    qtbot.mouseClick(controls.more, Qt.MouseButton.LeftButton)
    assert controls.folded.isVisible()
    assert controls.block.isVisible()
    names = {label.text().replace("&", "") for label in controls.folded.findChildren(QLabel)}
    assert names == {"Block", "Class", "Opacity", "Colours", "Network's input"}
    target = controls.target
    assert target.width() > target.fontMetrics().horizontalAdvance(TOP_CLASS) + 30
    with qtbot.waitSignal(panel.view_changed):
        qtbot.keyClick(controls.opacity, Qt.Key.Key_Left)
    controls.folded.close()
    panel.resize(360, 420)
    assert controls.block.isVisible()


def test_the_picture_is_shown_before_the_first_reading(panel: GradCamPanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    panel.render_scene(Scene(found.session))
    assert panel.now_pane.image is not None
    assert grey(panel.now_pane, 0.5, 0.5) == 0
    panel.render_scene(Scene(found.session.with_setup(replace(found.session.setup, picture=None))))
    assert panel.now_pane.message == "open a picture"


def test_a_partial_reading_keeps_the_last_map_dimmed(panel: GradCamPanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    assert found.now is not None
    panel.render_scene(found)
    assert not panel.is_updating
    partial = replace(found.now, layers=(), blocks=(), activations={})
    panel.render_scene(replace(found, now=partial))
    assert grey(panel.now_pane, 0.5, 0.5) == 255
    assert (panel.now_pane.is_dimmed, panel.is_updating) == (True, True)


def test_value_under_the_pointer(panel: GradCamPanel, qtbot: QtBot) -> None:
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


def test_the_map_and_the_pointer_stand_where_the_cells_look(panel: GradCamPanel) -> None:
    """In the last stage of a CIFAR network cell i looks at pixel 4 i, half a pixel in: at 4.5 of 32 for cell 1."""
    cam = np.zeros((8, 8))
    cam[1, 5] = 1.0
    found = scene(cam, cam)
    panel.render_scene(found)
    assert panel.now_pane.image is not None
    image = panel.now_pane.image
    rows = [[image.pixelColor(x, y).red() for x in range(image.width())] for y in range(image.height())]
    shares = (np.array(rows) / 255.0) ** (2 / 3)  # a colour of v is mixed in with weight √v
    high, wide = shares.shape
    down = (shares.sum(1) * (np.arange(high) + 0.5)).sum() / shares.sum() / high * 32
    across = ((shares.sum(0) * (np.arange(wide) + 0.5)).sum() / shares.sum() / wide * 2 - 0.5) * 32
    assert (down, across) == pytest.approx((4.5, 20.5), abs=0.1), "of 32 pixels; before, 6 and 22"
    assert found.now is not None
    side, box = CamSide("now", found.now, found.now.blocks[8], 1.0), Box(0, 0, 32, 32)

    def value(x: float, y: float) -> float | None:
        return side.value_at(box, x, y)

    assert value(20.5, 4.5) == value(18.6, 2.6) == value(22.4, 6.4) == 1.0
    assert value(18.4, 4.5) == value(22.6, 4.5) == value(20.5, 2.4) == value(20.5, 6.6) == 0.0
    assert value(31.9, 31.9) == value(0.0, 0.0) == 0.0, "the outermost cells reach to the edges"
    assert value(32.0, 0.0) is None


def test_panes_and_strip_name_their_scales(panel: GradCamPanel) -> None:
    """With a shortcut cut, a block's map may be a thousandth of the reference's: then it is said, not hidden."""
    panel.render_scene(scene(np.full((8, 8), 0.00045), np.full((8, 8), 2.5)))
    assert panel.labels == ("now ≤ 0.00045", "reference ≤ 2.5")
    assert panel.now_pane.note == "≤ 0.018 % of the scale"
    assert panel.reference_pane.note == ""
    assert panel.strip_scale.scale.ends == ("0", "2.5"), "the strip takes the reference into its scale too"
    assert panel.filmstrip.frames.shown[8].words.endswith("highest 0.00045, hardly seen on this scale")
    panel.render_scene(scene(np.full((8, 8), 2.0), np.full((8, 8), 2.5)))
    assert panel.now_pane.note == ""
    assert panel.filmstrip.frames.shown[8].words.endswith("highest 2")


def test_numbers_under_the_pictures_are_never_cut(panel: GradCamPanel) -> None:
    panel.render_scene(scene(np.full((8, 8), 0.00045), np.full((8, 8), 0.00046)))
    shown = []
    for width in (400, 260):
        panel.resize(width, 300)
        QApplication.sendPostedEvents()
        shown.append([label.shown for label in panel.findChildren(FittingLabel)])
    assert shown[0] == ["now ≤ 0.00045", "reference ≤ 0.00046"]
    assert all(words.endswith(("0.00045", "0.00046")) for words in shown[1])


def test_at_rest_the_overlay_has_the_pixels_that_the_pane_shows(panel: GradCamPanel, qtbot: QtBot) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 1200, 3)).astype(np.uint8)
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    setup = replace(found.session.setup, picture=Picture.of(noise, name="noise.png"))
    panel.render_scene(Scene(found.session.with_setup(setup)))
    assert panel.now_pane.image is not None
    assert panel.now_pane.image.width() == QUICK, "at once, few pixels"
    panel.now_pane.look(3.0, QPointF(0.2, 0.5))
    panel.now_pane.moved.emit(3.0, QPointF(0.2, 0.5))
    wanted = 3 * panel.now_pane.content_size().width()
    qtbot.waitUntil(lambda: panel.now_pane.image is not None and panel.now_pane.image.width() >= wanted)
    assert panel.now_pane.zoom == panel.reference_pane.zoom == 3.0, "the view stays"


def test_a_class_that_looks_like_markup_is_a_name(panel: GradCamPanel) -> None:
    found = scene(np.ones((8, 8)), np.ones((8, 8)))
    assert found.now is not None
    setup = replace(found.session.setup, class_names=("<b>a\nb</b>",) * 10)
    panel.render_scene(replace(found, session=found.session.with_setup(setup)))
    assert panel.subtitle.endswith("<b>a�b</b>")
    assert panel.controls.target.itemText(1) == "<b>a�b</b>"


def test_a_map_of_untrained_weights_is_called_so(panel: GradCamPanel) -> None:
    shown = scene(np.eye(8), np.eye(8))
    assert shown.now is not None
    network = spec("cifar-resnet-20")
    request = replace(shown.now.request, state=replace(shown.now.request.state, network=network))
    panel.render_scene(replace(shown, now=replace(shown.now, request=request)))
    now, reference = panel.labels
    assert now.startswith("now, untrained ≤")
    assert "untrained" not in reference
    assert panel.subtitle.endswith("· untrained")


def test_paper_shows_the_same_overlay_and_the_same_strip(panel: GradCamPanel) -> None:
    found = scene(np.eye(8), np.eye(8) * 2)
    panel.render_scene(found)
    assert found.now is not None
    printed = gradcam.figure(found.now, found.reference, View(cam_colours="gray", cam_opacity=1.0))
    chart = cam_chart(found.now, found.reference, plan=found.blueprint, number=9)
    panes = panel.now_pane, panel.reference_pane
    for pane, axes, side in zip(panes, printed.axes, chart.sides, strict=False):
        assert side.reading is not None
        request = side.reading.request

        def drawn(longest: int, side: CamSide = side, request: ProbeRequest = request) -> list[list[int]]:
            under = underlay(request.picture, request.state.preprocessing, side.reading, longest)
            return side.over(under, "gray", 1.0)[..., 0].tolist()

        assert np.asarray(axes.images[0].get_array())[..., 0].tolist() == drawn(gradcam._PIXELS)
        image = pane.image
        assert image is not None
        assert drawn(QUICK) == [
            [image.pixelColor(x, y).red() for x in range(image.width())] for y in range(image.height())
        ]
    strip = next(axes for axes in printed.axes if len(axes.images) == 9)
    frames = panel.filmstrip.frames
    for frame, tiles, image in zip(frames.shown, frames.tiles, strip.images, strict=True):
        corner, paper = tiles.source(frame.place).topLeft(), np.asarray(image.get_array())
        height, width = paper.shape[:2]
        on_screen = [
            [tiles.image.pixelColor(corner.x() + x, corner.y() + y).red() for x in range(width)]
            for y in range(height)
        ]
        assert paper[..., 0].tolist() == on_screen
