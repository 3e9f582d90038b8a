import numpy as np
import pytest

from resnet_viewer.charts.palette import lookup
from resnet_viewer.figures.overlay import overlay, shrunk
from resnet_viewer.records.preprocessing import IMAGENET_PREPROCESSING, Box, visible_box

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
    result = overlay(GREY, cam, Box(0, 0, 80, 40), vmax=1.0, opacity=1.0, colours="gray")
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


def test_a_large_picture_is_scaled_down_with_its_box() -> None:
    large = np.full((300, 400, 3), 100, np.uint8)
    result = overlay(large, np.ones((2, 2), np.float32), Box(200, 0, 400, 300), longest=100)
    assert result.shape == (75, 100, 3)
    columns = np.nonzero(changed(result, np.full((75, 100, 3), 100, np.uint8)))[1]
    assert (columns.min(), columns.max()) == (50, 99)


def test_the_picture_given_is_never_written_to() -> None:
    frozen = GREY.copy()
    frozen.flags.writeable = False
    overlay(frozen, np.ones((2, 2), np.float32), Box(0, 0, 80, 40))
    assert shrunk(frozen, 400) is frozen
