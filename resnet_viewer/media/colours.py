"""From any of Pillow's pixel kinds to RGB bytes: alpha, palette, CMYK, Lab, and more than 8 bits a pixel.

Pillow's `convert("RGB")` clips what has more than 8 bits, so grey pictures of 16 and 32 bits are scaled here:

- 16 bits (`I;16*`): 0 is black, 65535 white, unless the file holds fewer bits in them: see `grey_bits`.
- 32-bit integers (`I`): 65535 is white for PGM, which Pillow brings to that range. A TIFF may say what is white. Else
  it follows from the values: the smaller of 255 and 65535 that none of them exceeds.
  Values beyond that, or below zero, are stretched between the smallest and the largest.
- 32-bit floats (`F`): the same, with 1, 255 and 65535 as white. NaN is black; infinities are black and white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

KIND_NAMES = {
    "1": "1-bit", "L": "grey", "LA": "grey with alpha", "La": "grey with alpha", "P": "palette",
    "PA": "palette with alpha", "RGBX": "RGB", "RGBa": "RGBA", "LAB": "Lab", "I": "32-bit grey",
    "F": "float grey",
}  # fmt: skip
"""In words, where Pillow's own name does not say it."""

_BAND_PIXELS = 1_000_000
"""So many are scaled at a time: in float64 a whole picture of the largest size would take gigabytes."""
_BITS_PER_SAMPLE, _MAX_SAMPLE_VALUE, _S_MAX_SAMPLE_VALUE = 258, 281, 341
"""TIFF tags. The second is an integer of 16 bits, the third has the type of the samples."""


@dataclass(frozen=True)
class GreyBits:
    """How many bits a pixel a 16-bit grey picture is read with; `is_told` by its file or by the user."""

    bits: int
    is_told: bool


def grey_bits(
    image: Image.Image, *, significant: int | None = None, wants_twelve: bool = False
) -> GreyBits | None:
    """Of a loaded picture with 16 bits a pixel, else None.

    `significant` is what a PNG's sBIT chunk says. By its standard such values fill all 16 bits, the lowest being zeros
    or repeating the highest, and 65535 is white; but scientific programs write the values as they are beside it. Those
    are told by lowest bits that filled values cannot have. A TIFF's MaxSampleValue counts as the least number of bits
    that holds it. No file's word is believed against a larger value in it. `wants_twelve` holds where the file says
    nothing.
    """
    if not image.mode.startswith("I;16"):
        return None
    values = np.asarray(image)
    highest = int(values.max())
    if _tags(image).get(_BITS_PER_SAMPLE) == (12,):
        return GreyBits(12, is_told=True)
    if significant is not None and 1 <= significant <= 16:
        lowest = values & ((1 << (16 - significant)) - 1)
        is_filled = highest >= 1 << significant or int(lowest.max()) <= 1
        return GreyBits(16 if is_filled else significant, is_told=True)
    white = _stated_white(image)
    if white is not None and highest <= white <= 65535:
        return GreyBits(int(white).bit_length(), is_told=True)
    if wants_twelve and highest < 4096:
        return GreyBits(12, is_told=True)
    return GreyBits(16, is_told=not 0 < highest < 4096)


def kind(image: Image.Image) -> str:
    """The picture's pixels in words: "RGB", "palette", "16-bit grey" whatever part of the bits is used."""
    return "16-bit grey" if image.mode.startswith("I;16") else KIND_NAMES.get(image.mode, image.mode)


def is_translucent(image: Image.Image) -> bool:
    """Whether it has alpha or a transparent colour, used or not."""
    return image.has_transparency_data and not image.mode.startswith("I")


def to_rgb(image: Image.Image, *, bits: int = 16) -> Image.Image:
    """The loaded picture in RGB, transparency laid on white; `bits` is for 16-bit grey, see `grey_bits`."""
    if image.mode.startswith("I") or image.mode == "F":
        white = 2.0**bits - 1 if image.mode.startswith("I;16") else _white(image)
        return Image.fromarray(_scaled(np.asarray(image), white)).convert("RGB")
    if image.mode == "LAB":
        profiles = (ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
        assert converted is not None, "a picture is returned unless it is changed in place"
        return converted
    if is_translucent(image):
        straight = image.convert("LA") if image.mode == "La" else image
        layer = straight.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _white(image: Image.Image) -> float | None:
    """The value of 32 bits that means white, or None where only the values can tell."""
    if image.mode == "I" and image.format == "PPM":
        return 65535.0
    white = _stated_white(image)
    values = np.asarray(image)
    return white if white is not None and values.min() >= 0 and values.max() <= white else None


def _stated_white(image: Image.Image) -> float | None:
    """What a TIFF says is the largest value that there may be; of integers, with all of its bits set."""
    for tag in (_S_MAX_SAMPLE_VALUE, _MAX_SAMPLE_VALUE):
        value = _tags(image).get(tag)
        value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        if isinstance(value, int | float) and 0 < value < 2.0**32:
            return float(value) if image.mode == "F" else 2.0 ** int(value).bit_length() - 1
    return None


def _tags(image: Image.Image) -> Any:
    """Of a TIFF; their values have whatever type the file gives them."""
    return getattr(image, "tag_v2", {})


def _scaled(values: NDArray[Any], white: float | None) -> NDArray[np.uint8]:
    """Values (H, W) of any range as bytes, by the rules at the top of this file."""
    height = max(1, _BAND_PIXELS // values.shape[1])
    bands = [values[at : at + height] for at in range(0, len(values), height)]
    if white is None:
        ranges = [(float(found.min()), float(found.max())) for band in bands if (found := _finite(band)).size]
        low, high = (
            min((low for low, _ in ranges), default=0.0),
            max((high for _, high in ranges), default=0.0),
        )
        whites = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        fitting = [limit for limit in whites if low >= 0 and high <= limit]
        black, white = (0.0, fitting[0]) if fitting else (low, high)
    else:
        black = 0.0
    found = np.zeros(values.shape, np.uint8)
    # The halves are taken so that a range from -1e308 to 1e308 does not overflow.
    span = white / 2 - black / 2
    for rows, band in zip(np.split(found, range(height, len(found), height)), bands, strict=True):
        if span != 0:
            levels = (band.astype(np.float64) / 2 - black / 2) / span
            rows[:] = np.nan_to_num(levels, copy=False, nan=0.0).clip(0, 1) * 255 + 0.5
    return found


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """(N): those that are neither infinite nor NaN."""
    known: NDArray[Any] = values[np.isfinite(values)]
    return known
