"""Whatever a file holds, it opens or is refused: nothing but PictureError comes out."""

from __future__ import annotations

import contextlib
import io

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_viewer.media import pictures
from resnet_viewer.media.pictures import PictureError
from tests.media.drawn import read_bytes

_NOISE = np.random.default_rng(1).integers(0, 255, (19, 23, 4)).astype(np.uint8)


def _seeds() -> dict[str, bytes]:
    """One small file of each kind, with what decoders trip over: EXIF, palettes, frames, deep grey."""
    exif = Image.Exif()
    exif[0x0112] = 6
    colour, alpha = Image.fromarray(_NOISE[..., :3].copy()), Image.fromarray(_NOISE)
    deep = Image.fromarray(_NOISE[..., 0].astype(np.uint16) * 200)
    wanted: list[tuple[str, str, Image.Image, dict[str, object]]] = [
        ("jpeg", "JPEG", colour, {"exif": exif}),
        ("cmyk", "JPEG", colour.convert("CMYK"), {}),
        ("png", "PNG", alpha, {"exif": exif}),
        ("palette", "PNG", colour.quantize(9), {"transparency": 3}),
        ("deep", "PNG", deep, {}),
        ("animation", "GIF", colour.quantize(9), {"save_all": True, "append_images": [colour.quantize(5)]}),
        ("tiff", "TIFF", deep, {"exif": exif}),
        ("lzw", "TIFF", colour, {"compression": "tiff_lzw"}),
        ("float", "TIFF", deep.convert("F"), {}),
        ("webp", "WEBP", alpha, {"exif": exif}),
        ("bmp", "BMP", colour, {}),
        ("icon", "ICO", alpha, {}),
        ("tga", "TGA", alpha, {"compression": "tga_rle"}),
        ("jpeg2000", "JPEG2000", colour, {}),
        ("pgm", "PPM", deep, {}),
        ("qoi", "QOI", colour, {}),
        ("pcx", "PCX", colour, {}),
        ("sgi", "SGI", colour, {}),
    ]
    made = {}
    for name, kind, image, options in wanted:
        file = io.BytesIO()
        image.save(file, kind, **options)
        made[name] = file.getvalue()
    return made


SEEDS = _seeds()


def test_the_seeds_are_whole() -> None:
    for name, data in SEEDS.items():
        assert read_bytes(data, name=name).pixels.size > 0


@settings(
    max_examples=800, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    seed=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8),
    in_the_head=st.booleans(),
    kept=st.one_of(st.just(1.0), st.floats(0.05, 1.0)),
)
def test_changed_bytes(seed: str, changes: list[tuple[float, int]], in_the_head: bool, kept: float) -> None:
    data = bytearray(SEEDS[seed])
    reach = min(len(data), 64) if in_the_head else len(data)
    for place, value in changes:
        data[int(place * reach)] = value
    with contextlib.suppress(PictureError):
        picture = read_bytes(bytes(data[: max(1, int(len(data) * kept))]), name=seed)
        assert picture.pixels.dtype == np.uint8
        assert picture.width * picture.height <= pictures.MOST_PIXELS


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(PictureError):
        read_bytes(data, name="rubbish")
