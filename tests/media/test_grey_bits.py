"""12-bit data in files of 16 bits: as the file says, else as the user says, else with a word that there is a choice."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from resnet_viewer.records.picture import Picture
from tests.media.drawn import encoded, read_bytes

BITS_WORDS = {10: "10-bit grey in 16 bits", 12: "12-bit grey in 16 bits", 16: "16-bit grey"}


def ramp(highest: int) -> NDArray[np.uint16]:
    """(64, 64), every row from 0 to `highest`."""
    return np.tile(np.linspace(0, highest, 64).round().astype(np.uint16), (64, 1))


def expected(values: NDArray[np.uint16], white: int) -> NDArray[np.uint8]:
    grey = (values.astype(float) / white * 255 + 0.5).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def png(values: NDArray[np.uint16], significant: bytes = b"") -> bytes:
    data = encoded(Image.fromarray(values), "PNG")
    if not significant:
        return data
    chunk = len(significant).to_bytes(4) + b"sBIT" + significant
    return data[:33] + chunk + zlib.crc32(chunk[4:]).to_bytes(4) + data[33:]  # after IHDR


def tiff(values: NDArray[np.generic], tag: int = 0, value: float = 0) -> bytes:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    if tag:
        info[tag] = value
        info.tagtype[tag] = 12 if isinstance(value, float) else 3
    return encoded(Image.fromarray(values), "TIFF", tiffinfo=info)


def assert_read(picture: Picture, values: NDArray[np.uint16], bits: int) -> None:
    np.testing.assert_array_equal(picture.pixels, expected(values, 2**bits - 1))
    assert picture.facts.split(" · ")[1] == BITS_WORDS[bits]


@pytest.mark.parametrize("bits", [10, 12])
def test_a_file_that_says_its_bits_is_white_where_it_says(bits: int) -> None:
    values = ramp(2**bits - 1)
    for data in (
        png(values, bytes((bits,))), tiff(values, 281, 2**bits - 1), tiff(values, 341, 2**bits - 1),
        tiff(values, 281, 2**bits - 100), tiff(values, 341, 2.0**bits - 1),
    ):  # fmt: skip
        picture = read_bytes(data, name="p")
        assert_read(picture, values, bits)
        assert picture.remark == ""


def test_a_statistic_counts_as_the_bits_that_hold_it() -> None:
    values = ramp(3000)
    assert_read(read_bytes(tiff(values, 281, 3000), name="p"), values, 12)


def test_a_png_whose_12_bits_fill_16_as_its_standard_wants_is_as_it_was() -> None:
    twelve = ramp(4095)
    for values in (twelve << 4, twelve << 4 | twelve >> 8, (twelve // 16) << 4):
        picture = read_bytes(png(values, b"\x0c"), name="p.png")
        assert_read(picture, values, 16)
        assert picture.remark == "", "the file says what is meant, however dark it is"


@pytest.mark.parametrize("data", [tiff(ramp(40_000), 281, 4095), png(ramp(40_000), b"\x0c")])
def test_larger_values_than_the_file_says_are_believed(data: bytes) -> None:
    picture = read_bytes(data, name="p")
    assert_read(picture, ramp(40_000), 16)
    assert picture.remark == ""


@pytest.mark.parametrize("write", [png, tiff])
def test_where_the_file_says_nothing_there_is_a_choice(write: object) -> None:
    assert callable(write)
    values = ramp(4095)
    picture = read_bytes(write(values), name="scan")
    assert_read(picture, values, 16)
    assert picture.remark.startswith(
        "scan has 16 bits a pixel and uses no more than 12 of them, so it is dark;"
    )
    chosen = read_bytes(write(values), name="scan", wants_twelve_bits=True)
    assert_read(chosen, values, 12)
    assert chosen.remark == ""


@pytest.mark.parametrize("values", [ramp(4096), ramp(65_535), ramp(0)], ids=["13 bits", "16 bits", "black"])
def test_what_needs_more_bits_or_is_black_has_no_choice(values: NDArray[np.uint16]) -> None:
    for is_wanted in (False, True):
        picture = read_bytes(png(values), name="p.png", wants_twelve_bits=is_wanted)
        np.testing.assert_array_equal(picture.pixels, expected(values, 65_535))
        assert picture.remark == ""


def test_formats_whose_reader_fills_the_range_are_white_at_their_own_white() -> None:
    values = ramp(4095)
    pgm = b"P5 64 64 4095\n" + values.astype(">u2").tobytes()
    picture = read_bytes(pgm, name="p.pgm")
    assert np.abs(picture.pixels.astype(int) - expected(values, 4095)).max() <= 1
    assert picture.remark == ""


def test_wider_samples_of_a_tiff_are_white_where_it_says() -> None:
    wide = ramp(4095).astype(np.int32)
    np.testing.assert_array_equal(
        read_bytes(tiff(wide, 281, 4095), name="p").pixels, expected(ramp(4095), 4095)
    )
    real = ramp(4095).astype(np.float32)
    assert read_bytes(tiff(real, 341, 4095.0), name="p").pixels.max() == 255
    assert read_bytes(tiff(real), name="p").pixels.max() == 16, "65535 is white where nothing is said"
