from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts.gradcam import strip_spans
from resnet_viewer.figures import gradcam
from resnet_viewer.figures.gradcam import blank_words, joined
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import CamState, ProbeResult
from resnet_viewer.records.session import View
from tests import fabricated
from tests.figures.layout import as_text, overlapping
from tests.figures.readings import as_trained, pair, partial, with_picture


def with_cam(result: ProbeResult, number: int, cam: np.ndarray, state: CamState = "shown") -> ProbeResult:
    blocks = tuple(
        replace(block, cam=cam[None].astype(np.float32), cam_states=(state,))
        if block.number == number
        else block
        for block in result.blocks
    )
    return replace(result, blocks=blocks)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def picture_shown(figure: Figure, place: int) -> np.ndarray:
    images = [axes.images[0] for axes in figure.axes if len(axes.images) == 1 and not axes.axison]
    return np.asarray(images[place].get_array())


def test_the_title_names_block_and_class() -> None:
    now, reference = pair("cifar-resnet-56", cut=(20,))
    figure = gradcam.figure(now, reference, View(cam_block=21), class_names=CIFAR10_CLASSES)
    assert figure.get_label() == "Grad-CAM · block 21 · conv4_x 3 · cat"
    assert "Grad-CAM · block 21 · conv4_x 3 · cat" in words(figure)
    assert gradcam.figure(now, None).get_label().startswith("Grad-CAM · block 27")


def test_a_hot_corner_lies_in_the_same_corner_of_the_box() -> None:
    now, _ = pair()
    grey = Picture.of(np.full((40, 80, 3), 100, np.uint8), name="grey.png")
    cam = np.zeros((8, 8))
    cam[0, 7] = 1
    figure = gradcam.figure(with_picture(with_cam(now, 9, cam), grey), None)
    shown = picture_shown(figure, 0).astype(int)
    assert shown.shape == (440, 880, 3), "each pixel eleven times as large"
    changed = (np.abs(shown - 100) > 2).any(axis=2)
    rows, columns = np.nonzero(changed)
    # the network saw the square from 220 to 660
    assert columns.min() > 220 + 440 * 0.75
    assert columns.max() < 660
    assert rows.max() < 440 * 0.25


def test_one_colour_means_one_value_on_a_shared_scale() -> None:
    now, reference = pair()
    grey = Picture.of(np.full((32, 32, 3), 100, np.uint8), name="grey.png")
    now = with_picture(with_cam(now, 9, np.full((8, 8), 0.25)), grey)
    reference = with_picture(with_cam(reference, 9, np.full((8, 8), 1.0)), grey)
    shared = gradcam.figure(now, reference)
    assert not np.array_equal(picture_shown(shared, 0), picture_shown(shared, 1))
    assert {"maximum 0.25", "maximum 1"} <= set(words(shared))


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("zero gradient", "blank: all gradients are zero"),
        ("all negative", "blank: all contributions are negative"),
        ("zero activation", "blank: all activations are zero"),
        ("underflow", "blank: all contributions are zero in float32"),
        ("not finite", "blank: the values are not finite"),
    ],
)
def test_a_blank_map_says_why(state: CamState, reason: str) -> None:
    now, reference = pair()
    cam = np.full((8, 8), np.nan) if state == "not finite" else np.zeros((8, 8))
    figure = gradcam.figure(with_cam(now, 9, cam, state), reference)
    assert reason in words(figure)
    assert reason.replace("blank", "blank in 9") in words(figure)


def test_a_map_too_faint_for_the_shared_scale_says_so() -> None:
    now, reference = pair()
    figure = gradcam.figure(with_cam(now, 9, np.full((8, 8), 1e-9)), reference)
    assert {"maximum 1e-09", "< 0.001 % of the scale"} <= set(words(figure))


def test_blank_blocks_are_gathered_by_reason() -> None:
    now, _ = pair()
    for number in (1, 2, 3, 6):
        now = with_cam(now, number, np.zeros((8, 8)), "zero gradient")
    now = with_cam(now, 5, np.zeros((8, 8)), "all negative")
    assert blank_words(now) == (
        "blank in 1-3,6: all gradients are zero; blank in 5: all contributions are negative"
    )


def test_the_strips_scale_is_the_largest_finite_value() -> None:
    now, reference = pair()
    cam = np.full((8, 8), np.inf)
    cam[0, 0] = 7.0
    spans = strip_spans([now, with_cam(reference, 2, cam)], View())
    assert {span.high for reading in spans for span in reading} == {7.0}


@pytest.mark.parametrize(("width", "height"), [(32, 32), (1, 1), (4, 900), (900, 4), (17, 1000), (640, 480)])
@pytest.mark.parametrize("name", ["cifar-resnet-20", "resnet18"])
def test_pictures_of_any_shape_leave_every_word_readable(name: str, width: int, height: int) -> None:
    now, reference = pair(name)
    picture = fabricated.picture(max(width, 4), max(height, 4))
    if (width, height) == (1, 1):
        picture = Picture.of(np.zeros((1, 1, 3), np.uint8), name="dot.png")
    shown = with_picture(now, picture), with_picture(reference, picture)
    assert overlapping(gradcam.figure(*shown)) == []


@pytest.mark.parametrize("has_reference", [False, True])
@pytest.mark.parametrize(("width", "height"), [(32, 32), (30, 40), (40, 30), (20, 90)])
def test_the_pictures_use_the_page(width: int, height: int, has_reference: bool) -> None:
    now, reference = pair("resnet18")
    picture = fabricated.picture(width, height)
    shown = with_picture(now, picture), with_picture(reference, picture) if has_reference else None
    figure = gradcam.figure(*shown)
    places = [axes.get_position() for axes in figure.axes]
    left, right = min(place.x0 for place in places), max(place.x1 for place in places)
    assert left == pytest.approx(1 - right, abs=0.08), "the page is empty on one side"
    highest = max(place.height for place in places) * figure.get_figheight()
    assert right - left > 0.8 or highest > 4.9


@pytest.mark.parametrize(("width", "height"), [(4, 400), (4000, 4)])
def test_a_hairline_gives_way_to_what_the_network_saw(width: int, height: int) -> None:
    now, reference = pair()
    picture = fabricated.picture(width, height)
    figure = gradcam.figure(with_picture(now, picture), with_picture(reference, picture))
    high, across = picture_shown(figure, 0).shape[:2]
    assert across / high == pytest.approx(1, abs=0.3)
    assert any(f"what the network saw of {width} × {height} pixels" in text for text in words(figure))


def test_refusals() -> None:
    now, reference = pair()
    with pytest.raises(IndexError, match="blocks 1 to 9"):
        gradcam.figure(now, reference, View(cam_block=10))
    with pytest.raises(ValueError, match="not there yet"):
        gradcam.figure(partial(now), reference)


def test_the_table_is_the_map_before_any_scaling() -> None:
    now, reference = pair()
    header, rows = as_text(gradcam.table(now, reference, block=4))
    assert header == ("block", "row", "column", "now", "reference", "y", "x")
    cam = now.blocks[3].cam[0]
    assert len(rows) == cam.size
    assert {row[0] for row in rows} == {"4"}
    assert {(row[1], row[5]) for row in rows} == {(str(n), str(2.0 * n)) for n in range(cam.shape[0])}, "by 2"
    assert all(row[6] == str(2.0 * int(row[2])) for row in rows)
    place = next(row for row in rows if row[1:3] == ("2", "5"))
    assert float(place[3]) == float(cam[2, 5])
    assert float(place[4]) == float(reference.blocks[3].cam[0][2, 5])
    assert as_text(gradcam.table(now, None))[1][0] == (
        "9",
        "0",
        "0",
        repr(float(now.blocks[8].cam[0][0, 0])),
        "",
        "0.0",
        "0.0",
    )
    with pytest.raises(IndexError):
        as_text(gradcam.table(now, None, block=10))


def test_a_map_of_untrained_weights_is_called_so() -> None:
    now, reference = pair()
    for ours, theirs, names in (
        (now, reference, {"now, untrained", "reference, untrained"}),
        (now, as_trained(reference), {"now, untrained", "reference"}),
        (as_trained(now), as_trained(reference), {"now", "reference"}),
    ):
        figure = gradcam.figure(ours, theirs)
        said = {text.get_text() for text in figure.texts}
        assert names <= said
        assert ("ResNet-20, untrained" in said) == ours.is_untrained
        assert not overlapping(figure)


def test_the_figure_follows_what_the_window_shows() -> None:
    now, reference = pair("cifar-resnet-20", cut=(3,))
    grey = Picture.of(np.full((32, 64, 3), 100, np.uint8), name="grey.png")
    now = with_picture(with_cam(now, 9, np.full((8, 8), 0.25)), grey)
    reference = with_picture(with_cam(reference, 9, np.full((8, 8), 1.0)), grey)
    own = gradcam.figure(now, reference, View(cam_scale="own"))
    assert np.array_equal(picture_shown(own, 0), picture_shown(own, 1)), "each up to its own maximum"
    assert any("each on its own scale" in text for text in words(own))
    alone = gradcam.figure(now, reference, View(picture_shows="original"))
    assert (picture_shown(alone, 0) == 100).all()
    assert any("the picture alone" in text for text in words(alone))
    seen = gradcam.figure(now, reference, View(picture_shows="input"))
    high, across = picture_shown(seen, 0).shape[:2]
    assert high == across
    by_hand = gradcam.figure(now, reference, View(cam_limits=Limits(by_hand=(0.0, 4.0))))
    assert any("0 to 4 by hand" in text for text in words(by_hand))
    for figure in (own, alone, seen, by_hand):
        assert overlapping(figure) == []


def test_contours_are_lines_over_the_bare_picture() -> None:
    now, _ = pair()
    grey = Picture.of(np.full((32, 64, 3), 100, np.uint8), name="grey.png")
    now = with_picture(with_cam(now, 9, np.tile(np.linspace(0, 1, 8), (8, 1))), grey)
    figure = gradcam.figure(now, None, View(cam_style="contours"))
    assert (picture_shown(figure, 0) == 100).all()
    axes = next(axes for axes in figure.axes if len(axes.images) == 1 and not axes.axison)
    height, width = picture_shown(figure, 0).shape[:2]
    segments = [np.concatenate(lines.get_segments()) for lines in axes.collections]
    assert len(segments) == 6, "three levels, each with its edge"
    for lines, level in zip(segments[1::2], (0.25, 0.5, 0.75), strict=True):
        # Cell i looks at pixel 4 i + 0.5 of 32, which are the middle half of the picture.
        assert lines[:, 0] == pytest.approx((0.25 + (level * 28 + 0.5) / 64) * width, abs=1)
        assert (lines[:, 1].min(), lines[:, 1].max()) == pytest.approx((0, height), abs=1)


@pytest.mark.parametrize(("number", "beside"), [(27, 9), (14, 5), (1, 1)])
def test_the_block_that_is_shown_is_framed_in_both_strips_of_a_comparison(number: int, beside: int) -> None:
    now, reference = pair("cifar-resnet-56")[0], pair("cifar-resnet-20")[1]
    figure = gradcam.figure(now, reference, View(cam_block=number))
    bold = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_fontweight() == "bold"]
    assert bold == [str(number), str(beside)]
    heads = [text.get_text() for text in figure.texts]
    assert "every block, now: ResNet-56" in heads
    assert "every block, reference: ResNet-20" in heads


def test_a_marked_point_and_what_its_cell_sees_are_on_paper() -> None:
    now, reference = pair("cifar-resnet-20", cut=(3,))
    grey = Picture.of(np.full((32, 64, 3), 100, np.uint8), name="grey.png")
    shown = with_picture(now, grey), with_picture(reference, grey)
    view = View(mark=(0.25, 0.5), layer="layer1.0")
    bare, marked = (gradcam.figure(*shown, View()), gradcam.figure(*shown, view))
    pictures = [
        [axes for axes in figure.axes if len(axes.images) == 1 and not axes.axison]
        for figure in (bare, marked)
    ]
    high, across = picture_shown(marked, 0).shape[:2]
    for before, axes in zip(*pictures, strict=True):
        crosses = axes.get_lines()
        assert len(crosses) == 2
        # What the network saw is the middle half of the picture.
        assert crosses[0].get_xydata().tolist() == [pytest.approx([(0.25 + 0.125) * across, 0.5 * high])]
        added = axes.patches[-1].get_bbox()
        assert len(axes.patches) == len(before.patches) + 2
        # Cell (16, 8) of the first block looks at the pixel 8.5 across and 16.5 down, 7 × 7 pixels around it.
        assert (added.x0, added.x1) == pytest.approx(((16 + 5) / 64 * across, (16 + 12) / 64 * across))
        assert (added.y0, added.y1) == pytest.approx((13 / 32 * high, 20 / 32 * high))


def test_strokes_that_meet_are_one_line() -> None:
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    ring = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
    open_line = np.array([[(5.0, 5.0), (6.0, 5.0)], [(7.0, 6.0), (6.0, 5.0)]])
    lines = joined(np.concatenate([ring[[2, 0, 3, 1]], open_line]))
    assert sorted(map(len, lines)) == [3, 5]
    whole = next(line for line in lines if len(line) == 5)
    assert whole[0].tolist() == whole[-1].tolist(), "a ring is closed"
    assert joined(np.zeros((0, 2, 2))) == []
