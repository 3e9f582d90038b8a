"""A damaged picture is refused, or it is the whole one: never half black or in other colours without a word."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from resnet_viewer.media import pictures
from resnet_viewer.media.pictures import PictureError
from tests.media.drawn import encoded, pattern, read_bytes

FLIPS = 40
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def textured() -> NDArray[np.uint8]:
    """The pattern with noise, so that damage to a few bytes is damage to a few pixels; (48, 72, 3)."""
    noise = np.random.default_rng(0).integers(0, 24, (48, 72, 3))
    return (pattern().repeat(3, 0).repeat(3, 1) // 2 + noise).astype(np.uint8)


def flipped(data: bytes, count: int = FLIPS) -> Iterator[bytes]:
    """The file with one bit turned over, at places all over it."""
    for place in np.random.default_rng(1).choice(8 * len(data), count, replace=False).tolist():
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        yield bytes(damaged)


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = len(SIGNATURE)
    while start < len(data):
        length = int.from_bytes(data[start : start + 4])
        yield data[start + 4 : start + 8], data[start + 8 : start + 8 + length]
        start += 12 + length


def interlaced(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file in Adam7's seven passes, which Pillow reads and does not write."""
    height, width = pixels.shape[:2]
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, right in (
            (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1),
        )
        for row in pixels[top::down, left::right]
    )  # fmt: skip
    header = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 1))
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_many_parts(data: bytes, *, exif_last: bool = False) -> bytes:
    """The same PNG with its pixels in chunks of 500 bytes, and the EXIF data after them where it is wished."""
    parts = list(chunks(data))
    pixels = b"".join(content for kind, content in parts if kind == b"IDAT")
    before = [part for part in parts if part[0] not in (b"IDAT", b"IEND", *([b"eXIf"] if exif_last else []))]
    after = [part for part in parts if exif_last and part[0] == b"eXIf"]
    split = [(b"IDAT", pixels[i : i + 500]) for i in range(0, len(pixels), 500)]
    return SIGNATURE + b"".join(chunk(*part) for part in (*before, *split, *after, (b"IEND", b"")))


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@cache
def png_files() -> dict[str, bytes]:
    image = Image.fromarray(textured())
    palette = image.quantize(16)
    with_exif = encoded(image, "PNG", exif=turned())
    alpha = Image.fromarray(np.dstack([textured(), textured()[..., 0]]))
    return {
        "RGB": encoded(image, "PNG"),
        "RGBA": encoded(alpha, "PNG"),
        "grey": encoded(image.convert("L"), "PNG"),
        "1 bit": encoded(image.convert("1"), "PNG"),
        "palette": encoded(palette, "PNG"),
        "palette with alpha": encoded(palette, "PNG", transparency=bytes(range(0, 256, 16))),
        "16 bits": encoded(Image.fromarray(textured()[..., 0].astype(np.uint16) * 2570), "PNG"),
        "interlaced": interlaced(textured()),
        "EXIF": with_exif,
        "EXIF after the pixels": with_many_parts(with_exif, exif_last=True),
        "many chunks": with_many_parts(encoded(image, "PNG")),
        "animated": encoded(image, "PNG", save_all=True, append_images=[alpha.convert("RGB").rotate(180)]),
    }


@pytest.mark.parametrize("kind", list(png_files()))
def test_a_png_with_one_bit_flipped_is_refused_or_as_it_was(kind: str) -> None:
    data = png_files()[kind]
    whole = read_bytes(data, name="whole.png").pixels
    refused = 0
    for damaged in flipped(data):
        try:
            found = read_bytes(damaged, name="damaged.png").pixels
        except PictureError:
            refused += 1
        else:
            np.testing.assert_array_equal(found, whole)
    assert refused > FLIPS // 2


def test_an_interlaced_png_is_what_it_shows() -> None:
    np.testing.assert_array_equal(read_bytes(interlaced(textured()), name="p.png").pixels, textured())


@pytest.mark.parametrize("kind", [name for name, data in png_files().items() if data.count(b"IDAT") == 1])
def test_the_last_pixels_of_a_png_are_held_to_its_checksum(kind: str) -> None:
    """Pillow stops reading once there are pixels enough, before zlib could compare."""
    data = png_files()[kind]
    start = data.index(b"IDAT")
    end = start + 4 + int.from_bytes(data[start - 4 : start])
    for place in range(end - 20, end):
        damaged = bytearray(data)
        damaged[place] ^= 1
        with pytest.raises(PictureError, match=r"p\.png is damaged or incomplete"):
            read_bytes(bytes(damaged), name="p.png")


def plain_raises(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > pictures.MOST_PIXELS:
                return True
            image.load()
    except Exception:  # whatever Pillow raises for damage
        return True
    return False


@cache
def other_files() -> dict[str, bytes]:
    """Every format that Pillow writes and we read but PNG, in each kind of pixels that it takes."""
    readable = pictures._formats()
    found = {}
    for name in [name for name in Image.SAVE if name in readable and name != "PNG"]:
        for mode in ("RGB", "RGBA", "1", "P", "I;16", "F"):
            image = Image.fromarray(pattern()).resize((32, 32))
            image = image.convert("I").point(lambda value: value * 257) if mode == "I;16" else image
            if name == "ICNS" and mode != "RGB":  # ten pictures, and of a palette's Pillow loses the palette
                continue
            try:
                found[f"{name} {mode}"] = encoded(image.convert(mode), name)
            except (OSError, ValueError, KeyError):  # a format that lacks that kind
                continue
    for kind in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        found[f"TIFF {kind}"] = encoded(Image.fromarray(pattern()), "TIFF", compression=kind, exif=turned())
    found["JPEG EXIF"] = encoded(Image.fromarray(pattern()), "JPEG", exif=turned())
    found["WEBP EXIF"] = encoded(Image.fromarray(pattern()), "WEBP", exif=turned(), lossless=True)
    return found


@pytest.mark.filterwarnings("ignore")  # Pillow's, of damage and of old formats
def test_what_else_pillow_writes_is_refused_exactly_where_pillow_cannot_load_it() -> None:
    files = other_files()
    assert len({name.split()[0] for name in files}) >= 18
    refused = 0
    for name, data in files.items():
        many = len(data) > 10_000  # an icon of ten sizes
        damaged = [
            data,
            *flipped(data, 6 if many else FLIPS),
            *(data[: len(data) * i // 8] for i in range(1, 8)),
        ]
        for number, content in enumerate(damaged):
            try:
                read_bytes(content, name="p")
                is_refused = False
            except PictureError:
                is_refused = True
            assert is_refused == plain_raises(content), f"{name}, number {number}"
            refused += is_refused
    assert refused > 200


@pytest.mark.parametrize("kind", list(png_files()))
def test_a_png_that_ends_early_is_refused_where_pixels_are_missing(kind: str) -> None:
    data = png_files()[kind]
    for length in range(len(SIGNATURE) + 1, len(data), max(1, len(data) // 30)):
        if plain_raises(data[:length]):
            with pytest.raises(PictureError):
                read_bytes(data[:length], name="p.png")
        else:
            read_bytes(data[:length], name="p.png")


def test_what_surrounds_whole_pixels_may_be_damaged_and_it_is_said() -> None:
    unreadable = encoded(Image.fromarray(textured()), "PNG", exif=b"Exif\0\0rubbish")
    picture = read_bytes(unreadable, name="p.png")
    np.testing.assert_array_equal(picture.pixels, textured())
    assert picture.facts == "PNG · RGB · EXIF unreadable"
    one = Image.fromarray(pattern()).quantize(9)
    two = encoded(one, "GIF", save_all=True, append_images=[one.rotate(180)])
    picture = read_bytes(two[:-150], name="p.gif")
    np.testing.assert_array_equal(picture.pixels, read_bytes(two, name="p.gif").pixels)
    assert picture.facts == "GIF · palette · first frame, the rest is damaged"
