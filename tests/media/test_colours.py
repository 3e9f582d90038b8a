"""Alpha, palettes, CMYK, Lab and deep grey come out as the RGB that people see."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from resnet_viewer.media import colours
from tests.media.drawn import HEIGHT, WIDTH, encoded, opened, pattern, read_bytes


def grey_ramp() -> NDArray[np.float64]:
    """From 0 to 1 to the right, in WIDTH steps."""
    return np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))


EXPECTED_RAMP = (grey_ramp() * 255 + 0.5).astype(np.uint8)


def test_alpha_is_laid_on_white() -> None:
    pixels = np.dstack([pattern(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    pixels[:, :8, 3] = 0
    pixels[:, 8:16, 3] = 128
    data = encoded(Image.fromarray(pixels), "PNG")
    picture = read_bytes(data, name="p.png")
    np.testing.assert_array_equal(picture.pixels[:, :8], np.full((HEIGHT, 8, 3), 255))
    np.testing.assert_array_equal(picture.pixels[:, 16:], pattern()[:, 16:])
    mixed = pattern()[:, 8:16] * (128 / 255) + 255 * (127 / 255)
    assert np.abs(picture.pixels[:, 8:16] - mixed).max() <= 1
    assert picture.facts.startswith("PNG · RGBA · ")


def test_grey_with_alpha() -> None:
    grey = np.full((HEIGHT, WIDTH, 2), 60, np.uint8)
    grey[:, :5, 1], grey[:, 5:, 1] = 0, 255
    picture = opened(Image.merge("LA", [Image.fromarray(grey[..., i].copy()) for i in (0, 1)]))
    assert (picture.pixels[:, :5] == 255).all()
    assert (picture.pixels[:, 5:] == 60).all()
    assert picture.facts == "PNG · grey with alpha · laid on white"


def test_a_palette() -> None:
    indexed = Image.fromarray(pattern()).quantize(16)
    picture = opened(indexed)
    np.testing.assert_array_equal(picture.pixels, np.asarray(indexed.convert("RGB")))
    assert picture.facts == "PNG · palette"


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palette_with_a_transparent_colour(kind: str) -> None:
    indexed = Image.new("P", (WIDTH, HEIGHT), 1)
    indexed.putpalette([0, 0, 0, 200, 10, 20])
    indexed.paste(0, (0, 0, 5, HEIGHT))
    picture = opened(indexed, kind, transparency=0)
    assert (picture.pixels[:, :5] == 255).all()
    assert (picture.pixels[:, 5:] == (200, 10, 20)).all()
    assert "laid on white" in picture.facts


def test_a_transparent_colour_in_rgb_and_in_grey() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    pixels[:, :5] = (1, 2, 3)
    assert (opened(Image.fromarray(pixels), transparency=(1, 2, 3)).pixels[:, :5] == 255).all()
    grey = pixels[..., 0].copy()
    assert (opened(Image.fromarray(grey), transparency=1).pixels[:, :5] == 255).all()


def test_one_bit() -> None:
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[:4, :6] = True
    picture = opened(Image.fromarray(bits))
    np.testing.assert_array_equal(picture.pixels[..., 1], bits.astype(np.uint8) * 255)
    assert picture.facts == "PNG · 1-bit"


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk(kind: str) -> None:
    cmyk = Image.new("CMYK", (WIDTH, HEIGHT), (0, 255, 255, 0))
    picture = opened(cmyk, kind)
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 6
    assert picture.facts == f"{kind} · CMYK"


def test_lab() -> None:
    profiles = (ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"))
    lab = ImageCms.profileToProfile(Image.fromarray(pattern()), *profiles, outputMode="LAB")
    assert lab is not None
    picture = opened(lab, "TIFF")
    assert np.abs(picture.pixels.astype(int) - pattern()).mean() < 4
    assert picture.facts == "TIFF · Lab"


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind: str) -> None:
    ramp = (grey_ramp() * 65535 + 0.5).astype(np.uint16)
    picture = opened(Image.fromarray(ramp), kind, **({"irreversible": False} if kind == "JPEG2000" else {}))
    assert np.abs(picture.pixels.astype(int) - EXPECTED_RAMP[..., None]).max() <= 1
    assert "grey" in picture.facts


def test_a_dark_16_bit_picture_stays_dark() -> None:
    dark = np.full((HEIGHT, WIDTH), 200, np.uint16)
    assert opened(Image.fromarray(dark), "PNG").pixels.max() == 1
    assert opened(Image.fromarray(dark), "PPM").pixels.max() == 1


def test_12_bits_of_a_tiff() -> None:
    ramp = (grey_ramp() * 4095 + 0.5).astype(np.uint16)
    pairs = ramp.reshape(-1, 2)
    packed = np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], 1)
    strip = packed.astype(np.uint8).tobytes()
    tags = [
        (256, 3, WIDTH), (257, 3, HEIGHT), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
        (278, 3, HEIGHT), (279, 4, len(strip)),
    ]  # fmt: skip
    directory = len(tags).to_bytes(2, "little") + b"".join(
        tag.to_bytes(2, "little")
        + kind.to_bytes(2, "little")
        + (1).to_bytes(4, "little")
        + value.to_bytes(4, "little")
        for tag, kind, value in tags
    )
    data = b"II*\0" + (8 + len(strip)).to_bytes(4, "little") + strip + directory + bytes(4)
    picture = read_bytes(data, name="twelve.tif")
    assert np.abs(picture.pixels[..., 0].astype(int) - EXPECTED_RAMP).max() <= 1


@pytest.mark.parametrize(("top", "expected"), [(255, 255), (65535, 255), (3_000_000, 255)])
def test_32_bit_integers_end_where_their_values_do(top: int, expected: int) -> None:
    ramp = (grey_ramp() * top).astype(np.int32)
    picture = opened(Image.fromarray(ramp), "TIFF")
    assert np.abs(picture.pixels[..., 0].astype(int) - EXPECTED_RAMP).max() <= 1
    assert picture.pixels.max() == expected


def test_negative_integers_are_stretched() -> None:
    ramp = (grey_ramp() * 200 - 100).astype(np.int32)
    picture = opened(Image.fromarray(ramp), "TIFF")
    assert np.abs(picture.pixels[..., 0].astype(int) - EXPECTED_RAMP).max() <= 2


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e30])
def test_floats_end_where_their_values_do(top: float) -> None:
    picture = opened(Image.fromarray((grey_ramp() * top).astype(np.float32)), "TIFF")
    assert np.abs(picture.pixels[..., 0].astype(int) - EXPECTED_RAMP).max() <= 1


def test_floats_that_are_no_numbers() -> None:
    values = grey_ramp().astype(np.float32)
    values[0, :3] = [np.nan, np.inf, -np.inf]
    picture = opened(Image.fromarray(values), "TIFF")
    assert picture.pixels[0, :3, 0].tolist() == [0, 255, 0]
    assert np.abs(picture.pixels[1:, :, 0].astype(int) - EXPECTED_RAMP[1:]).max() <= 1


@pytest.mark.parametrize("value", [np.nan, 1e38, -7.0])
def test_a_float_picture_of_one_value(value: float) -> None:
    picture = opened(Image.fromarray(np.full((HEIGHT, WIDTH), value, np.float32)), "TIFF")
    assert (picture.pixels == 0).all()


@pytest.mark.parametrize("kind", ["uint16", "int32", "float32"])
def test_a_picture_is_scaled_in_bands_as_it_is_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = (
        np.random.default_rng(0)
        .normal(2000, 9000, (23, 7))
        .clip(0 if kind == "uint16" else -9e9)
        .astype(kind)
    )
    if kind == "float32":
        values[3:9] = np.nan
    at_once = colours.to_rgb(Image.fromarray(values), bits=12)
    monkeypatch.setattr(colours, "_BAND_PIXELS", 15)
    in_bands = colours.to_rgb(Image.fromarray(values), bits=12)
    np.testing.assert_array_equal(np.asarray(in_bands), np.asarray(at_once))
    assert len(np.unique(np.asarray(at_once))) > 20


def test_scaling_a_large_picture_takes_little_more_memory_than_the_picture() -> None:
    values = np.full((4000, 4000), 30000, np.uint16)
    tracemalloc.start()
    colours.to_rgb(Image.fromarray(values))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * values.size  # bytes
