from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.gradcam import (
    CamSide,
    Underlay,
    cam_chart,
    cam_tiles,
    filmstrip,
    looks_words,
    overlay,
    shrunk,
    strip_spans,
    underlay,
    veil,
)
from resnet_viewer.charts.limits import Span
from resnet_viewer.charts.palette import lookup
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import (
    CIFAR10_PREPROCESSING,
    IMAGENET_PREPROCESSING,
    Box,
    visible_box,
)
from resnet_viewer.records.receptive_field import cell_field
from resnet_viewer.records.session import View
from resnet_viewer.records.target import BlockTarget
from tests import fabricated

GREY = np.full((40, 80, 3), 100, np.uint8)


def changed(result: np.ndarray, original: np.ndarray) -> np.ndarray:
    return (result != original).any(axis=2)


def test_a_hot_cell_lands_where_it_belongs_on_an_asymmetric_picture() -> None:
    cam = np.zeros((4, 4), np.float32)
    cam[0, 3] = 1.0  # top right of what the network saw
    box = Box(20, 0, 60, 40)
    mask = changed(overlay(GREY, cam, box), GREY)
    rows, columns = np.nonzero(mask)
    # one cell is 10 pixels; interpolation reaches the centre of the neighbouring cells
    assert (columns.min(), columns.max()) == (45, 59)
    assert (rows.min(), rows.max()) == (0, 14)


def test_what_the_network_did_not_see_stays_as_it_is() -> None:
    height, width = GREY.shape[:2]
    box = visible_box(width, height, IMAGENET_PREPROCESSING)
    mask = changed(overlay(GREY, np.ones((7, 7), np.float32), box), GREY)
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max() + 1) == pytest.approx((box.left, box.right), abs=0.5)
    assert (rows.min(), rows.max() + 1) == pytest.approx((box.top, box.bottom), abs=0.5)


def test_the_highest_value_has_the_last_colour_at_the_opacity_given() -> None:
    result = overlay(GREY, np.ones((1, 1), np.float32), Box(0, 0, 80, 40), opacity=0.5, colours="viridis")
    expected = 0.5 * 100 + 0.5 * lookup("viridis")[255].astype(float)
    assert result[20, 40] == pytest.approx(expected, abs=0.51)


def test_between_cell_centres_values_are_interpolated() -> None:
    black = np.zeros((1, 4, 3), np.uint8)
    cam = np.array([[0.0, 1.0]], np.float32)
    values = overlay(black, cam, Box(0, 0, 4, 1), opacity=1.0, colours="gray")[0, :, 0]
    shares = np.array([0.0, 0.25, 0.75, 1.0])
    assert values == pytest.approx(255 * shares * np.sqrt(shares), abs=2)


def test_a_shared_scale_dims_the_smaller_map() -> None:
    cam = np.full((2, 2), 0.25, np.float32)
    result = overlay(GREY, cam, Box(0, 0, 80, 40), span=Span(0.0, 1.0), opacity=1.0, colours="gray")
    assert result[0, 0, 0] == pytest.approx(0.5 * 100 + 0.5 * 64, abs=2)


@pytest.mark.parametrize(
    "cam",
    [np.zeros((3, 3)), np.full((3, 3), np.nan), -np.ones((3, 3)), np.full((3, 3), np.inf)],
    ids=["zero", "nan", "negative", "infinite"],
)
def test_a_blank_map_leaves_the_picture(cam: np.ndarray) -> None:
    result = overlay(GREY, cam.astype(np.float32), Box(0, 0, 80, 40))
    assert np.array_equal(result, GREY)


def test_one_value_that_is_no_number_does_not_spread() -> None:
    cam = np.ones((4, 8), np.float32)
    cam[0, 0] = np.nan
    whole = overlay(GREY, np.ones((4, 8), np.float32), Box(0, 0, 80, 40))
    result = overlay(GREY, cam, Box(0, 0, 80, 40))
    assert np.array_equal(result[:, 20:], whole[:, 20:])


def test_a_box_beyond_the_picture_keeps_its_scale() -> None:
    cam = np.array([[1.0, 0.0, 0.0, 0.0]], np.float32)
    mask = changed(overlay(GREY, cam, Box(-40, 0, 120, 40)), GREY)
    assert (
        np.nonzero(mask)[1].max() == 19
    )  # the first cell spans -40 to 0 and fades out at the centre of the next


def picture(height: int, width: int) -> Picture:
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    return Picture.of(noise.astype(np.uint8), name="noise.png")


def test_a_large_picture_is_averaged_with_its_box() -> None:
    large = np.zeros((300, 400, 3), np.uint8)
    large[:, 200:] = 200
    whole = np.asarray(shrunk(large, 100))
    assert whole.shape == (75, 100, 3)
    assert (whole[:, :50] == 0).all()
    assert (whole[:, 50:] == 200).all()
    under = underlay(picture(1200, 1600), IMAGENET_PREPROCESSING, None, 400, view=View())
    assert under.pixels.shape == (300, 400, 3)
    box = visible_box(1600, 1200, IMAGENET_PREPROCESSING)
    assert under.box == Box(box.left / 4, box.top / 4, box.right / 4, box.bottom / 4)


@pytest.mark.parametrize("longest", [97, 64, 33, 1])
def test_each_pixel_of_a_shrunken_picture_is_the_mean_of_what_it_covers(longest: int) -> None:
    """Against a mean over a grid so fine that every pixel, old and new, is whole cells of it."""
    pixels = picture(60, 98).pixels
    found = shrunk(pixels, longest)
    expected = pixels.astype(np.float64)
    for axis, length in enumerate(found.shape[:2]):
        shape = list(expected.shape)
        shape[axis : axis + 1] = [length, expected.shape[axis]]
        expected = expected.repeat(length, axis=axis).reshape(shape).mean(axis=axis + 1)
    assert max(found.shape[:2]) == longest
    assert np.abs(found - expected).max() <= 0.51


def test_a_tiny_picture_keeps_its_pixels_large_and_square() -> None:
    tiny = picture(2, 3)
    under = underlay(tiny, CIFAR10_PREPROCESSING, None, 192, view=View())
    assert np.array_equal(under.pixels, tiny.pixels.repeat(64, axis=0).repeat(64, axis=1))


def test_another_networks_block_is_named_and_one_scale_is_both_maps() -> None:
    now, reference = (fabricated.scene(spec(name)).now for name in ("cifar-resnet-20", "resnet18"))
    assert now is not None
    assert reference is not None
    shared = cam_chart(now, reference, plan=plan_of(now), number=9, view=View())
    assert [side.name for side in shared.sides] == ["now", "reference, block 8"]
    assert (
        shared.sides[0].span.high == shared.sides[1].span.high == max(side.highest for side in shared.sides)
    )
    assert shared.scale.ends == ("0", f"{shared.sides[0].span.high:.3g}")


def test_a_filmstrip_is_on_one_scale_and_says_what_is_blank() -> None:
    now = fabricated.scene(spec("cifar-resnet-20")).now
    assert now is not None
    blank = replace(now.blocks[1], cam=np.zeros((1, 32, 32), np.float32), cam_states=("all negative",))
    faint = replace(now.blocks[2], cam=np.full((1, 32, 32), 0.01, np.float32), cam_states=("shown",))
    half = replace(now.blocks[8], cam=np.full((1, 8, 8), 5.0, np.float32), cam_states=("shown",))
    result = replace(now, blocks=(now.blocks[0], blank, faint, *now.blocks[3:8], half))
    frames = filmstrip(result, [Span(0.0, 10.0)] * 9, "gray")
    assert [frame.number for frame in frames] == list(range(1, 10))
    assert len({id(frame.maps) for frame in frames}) == 3, "maps of one size share an image"
    assert (frames[8].maps.places[frames[8].place] == 127).all()
    assert frames[1].is_blank
    assert frames[1].words == "block 2 · conv2_x 2 · blank: all contributions are negative"
    assert frames[2].words == "block 3 · conv2_x 3 · highest 0.01, hardly seen on this scale"


def test_the_picture_given_is_never_written_to() -> None:
    frozen = GREY.copy()
    frozen.flags.writeable = False
    overlay(frozen, np.ones((2, 2), np.float32), Box(0, 0, 80, 40))
    assert shrunk(frozen, 400) is frozen


def test_a_map_lies_where_its_open_path_looks() -> None:
    """A shortcut that averages two by two looks half a cell beside its branch; with that dropped so does the map."""
    base = fabricated.setup(spec("resnet10t"))
    places = []
    for wiring in (base.wiring, base.wiring.with_branches([2], 0.0)):
        question = base.with_wiring(wiring).question(base.state)
        assert question is not None
        reading = fabricated.result(question)
        places.append(cam_tiles(reading, reading.blocks[1], Box(0, 0, 224, 224)).left)
    assert places[1] - places[0] == pytest.approx(2.0), "half of the stem's cells, four pixels wide"


def with_map(view: View, cam: np.ndarray, number: int = 9) -> CamSide:
    """Now's side where that block's map is `cam`."""
    now = fabricated.scene(spec("cifar-resnet-20")).now
    assert now is not None
    blocks = list(now.blocks)
    blocks[number - 1] = replace(blocks[number - 1], cam=cam[None].astype(np.float32), cam_states=("shown",))
    reading = replace(now, blocks=tuple(blocks))
    return cam_chart(reading, None, plan=plan_of(reading), number=number, view=view).sides[0]


def test_what_the_screen_lays_over_a_picture_is_what_overlay_mixes_in() -> None:
    rng = np.random.default_rng(1)
    side = with_map(View(), rng.random((8, 8)))
    places = side.heat()
    assert places is not None
    under = Underlay(rng.integers(0, 256, (*places.shape, 3)).astype(np.uint8), Box(0, 0, *places.shape))
    laid = veil("viridis")[places].astype(np.float64)
    for opacity in (0.0, 0.35, 1.0):
        keep = 1 - opacity * laid[..., 3:] / 255
        mixed = under.pixels * keep + opacity * laid[..., :3]
        assert np.abs(mixed - side.over(under, "viridis", opacity)).max() <= 1.6


def test_each_map_has_its_own_scale_or_all_have_one() -> None:
    found = fabricated.scene(spec("cifar-resnet-20"), cut=(3,))
    assert found.now is not None
    assert found.reference is not None
    both = [found.now, found.reference]
    own = View(cam_scale="own")
    sides = cam_chart(*both, plan=plan_of(found.now), number=4, view=own).sides
    assert [side.span.high for side in sides] == [side.highest for side in sides]
    assert sides[0].span != sides[1].span
    spans = strip_spans(both, own)
    assert [[span.high for span in each] for each in spans] == [
        [pytest.approx(block.cam.max()) for block in reading.blocks] for reading in both
    ]
    assert len({span for each in strip_spans(both, View()) for span in each}) == 1
    assert looks_words(own) == ["each on its own scale"]
    by_hand = replace(own, cam_limits=Limits(by_hand=(0.0, 0.5)))
    assert len({span for each in strip_spans(both, by_hand) for span in each}) == 1
    assert looks_words(by_hand) == ["0 to 0.5 by hand"], "limits by hand are one scale for all"


def test_limits_reach_picture_and_strip() -> None:
    cam = np.linspace(0, 1, 64).reshape(8, 8)
    side = with_map(View(cam_limits=Limits(percentile=50.0)), cam)
    assert side.span.high == pytest.approx(0.5)
    places = side.heat()
    assert places is not None
    assert (places == 255).mean() > 0.4, "what lies beyond the last colour has it"
    logarithmic = with_map(View(cam_limits=Limits(is_logarithmic=True)), np.full((8, 8), 1e-3) + np.eye(8))
    found = logarithmic.heat()
    assert found is not None
    assert found.min() == pytest.approx(255 / 4, abs=2), "a thousandth is a quarter of four powers of ten"


@pytest.mark.parametrize("level", [0.25, 0.5, 0.75])
def test_contours_run_where_the_interpolated_map_has_their_value(level: float) -> None:
    """Every end of every stroke against a bilinear look-up by hand."""
    cam = np.random.default_rng(3).random((8, 8)).astype(np.float32)
    side = with_map(View(), cam)
    contour = next(each for each in side.contours() if each.share == level)
    assert contour.value == pytest.approx(level * cam.max())
    assert len(contour.strokes) > 10
    for x, y in contour.strokes.reshape(-1, 2)[::7]:
        # Cell i looks at pixel 4 i of 32, half a pixel in.
        row, column = (np.clip((along * 32 - 0.5) / 4, 0, 7) for along in (y, x))
        top, left = min(int(row), 6), min(int(column), 6)
        down, across = row - top, column - left
        (a, b), (c, d) = cam[top : top + 2, left : left + 2]
        value = (a * (1 - across) + b * across) * (1 - down) + (c * (1 - across) + d * across) * down
        assert value == pytest.approx(contour.value, abs=0.02)


def test_contours_of_a_saddle_never_cross() -> None:
    cam = np.full((8, 8), 0.013)
    cam[3, 3], cam[4, 4] = 1.0, 0.93
    lines = next(each for each in with_map(View(), cam).contours() if each.share == 0.5).strokes
    ends = np.round(lines.reshape(-1, 2), 9)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts == 2).all(), "every end of a closed line is shared by two strokes"


def test_a_blank_map_has_neither_heat_nor_contours() -> None:
    side = with_map(View(), np.zeros((8, 8)))
    assert side.heat() is None
    assert side.contours() == ()


def test_a_block_behind_the_target_says_so() -> None:
    side = with_map(View(), np.zeros((8, 8)))
    assert side.reading is not None
    assert side.block is not None
    blank = replace(side.block, cam_states=("zero gradient",))
    for target, words in (
        (BlockTarget(4), "blank: it lies behind the target, in block 4"),
        (BlockTarget(9, 2), "blank: all gradients are zero"),
        (3, "blank: all gradients are zero"),
    ):
        reading = replace(side.reading, target=target, blocks=(*side.reading.blocks[:8], blank))
        assert replace(side, reading=reading, block=blank).notes[0] == words
        frames = filmstrip(reading, strip_spans([reading], View())[0], "gray")
        assert frames[8].words.endswith(words)


@pytest.mark.parametrize("name", ["resnet18", "resnet10t", "vgg16", "cifar-resnet-20"])
@pytest.mark.parametrize("dropped", [(), (2,)])
def test_a_marked_cell_lies_under_its_own_value_of_the_map(name: str, dropped: tuple[int, ...]) -> None:
    """What a mark of a block's maps points at on the picture is what its Grad-CAM has there."""
    base = fabricated.setup(spec(name))
    question = base.with_wiring(base.wiring.with_branches(dropped, 0.0)).question(base.state)
    assert question is not None
    reading = fabricated.result(question)
    state = reading.request.state
    for block in reading.blocks:
        side = CamSide("now", reading, block, Span(0.0, 1.0))
        rows, columns = block.cam.shape[1:]
        for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
            x, y = cell_field(state, block.name, row, column).mark
            box = Box(10.0, 20.0, 110.0, 120.0)
            value = side.value_at(box, 10 + 100 * x, 20 + 100 * y)
            assert value == block.cam[0, row, column], (block.name, row, column)
