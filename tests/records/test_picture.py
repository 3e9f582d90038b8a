"""Pictures as values: equal when their pixels and names are, and never written to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.records.picture import Picture


def pixels(seed: int = 0, height: int = 4, width: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_pixels_and_name_decide_equality() -> None:
    one = Picture.of(pixels(), name="a.png", path=Path("a.png"), facts="PNG")
    assert one == Picture.of(pixels(), name="a.png")
    assert hash(one) == hash(Picture.of(pixels(), name="a.png"))
    assert one != Picture.of(pixels(), name="b.png")
    assert one != Picture.of(pixels(1), name="a.png")
    changed = pixels()
    changed[3, 5, 2] ^= 1
    assert one.digest != Picture.of(changed, name="a.png").digest


def test_the_same_bytes_in_another_shape_are_another_picture() -> None:
    wide = pixels(height=2, width=6)
    assert Picture.of(wide, name="a").digest != Picture.of(wide.reshape(6, 2, 3).copy(), name="a").digest


def test_size_is_width_and_height_and_pixels_are_frozen() -> None:
    found = Picture.of(pixels(), name="a")
    assert (found.width, found.height) == (6, 4)
    with pytest.raises(ValueError, match="read-only"):
        found.pixels[0, 0, 0] = 1


def test_a_strided_array_is_taken_as_it_looks() -> None:
    mirrored = pixels()[:, ::-1]
    found = Picture.of(mirrored, name="a")
    assert np.array_equal(found.pixels, mirrored)
    assert found.pixels.flags.c_contiguous


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        np.zeros((1, 4, 6, 3), np.uint8),
        np.zeros((4, 6, 3), np.float32),
    ],
)
def test_other_arrays_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"pixels must be \(H, W, 3\) bytes"):
        Picture.of(wrong, name="a")
