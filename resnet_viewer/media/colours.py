"""From any of Pillow's pixel kinds to RGB bytes: alpha, palette, CMYK, Lab, and more than 8 bits a pixel.

Pillow's `convert("RGB")` clips what has more than 8 bits, so grey pictures of 16 and 32 bits are scaled here:

- 16 bits (`I;16*`): 0 is black, 65535 white; a TIFF of 12 bits is white at 4095.
- 32-bit integers (`I`): 65535 is white for PGM, which Pillow brings to that range. Other formats do not tell
  what is white, so it follows from the values: the smaller of 255 and 65535 that none of them exceeds.
  Values beyond that, or below zero, are stretched between the smallest and the largest.
- 32-bit floats (`F`): the same, with 1, 255 and 65535 as white. NaN is black; infinities are black and white.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Ground = tuple[int, int, int]

KIND_NAMES = {
    "1": "1-bit", "L": "grey", "LA": "grey with alpha", "La": "grey with alpha", "P": "palette",
    "PA": "palette with alpha", "RGBX": "RGB", "RGBa": "RGBA", "LAB": "Lab", "I": "32-bit grey",
    "F": "float grey",
}  # fmt: skip
"""In words, where Pillow's own name does not say it."""

_BITS_PER_SAMPLE = 258
"""TIFF tag."""


def kind(image: Image.Image) -> str:
    """The picture's pixels in words: "RGB", "palette", "16-bit grey"."""
    return "16-bit grey" if image.mode.startswith("I;16") else KIND_NAMES.get(image.mode, image.mode)


def is_translucent(image: Image.Image) -> bool:
    """Whether it has alpha or a transparent colour, used or not."""
    return image.has_transparency_data and not image.mode.startswith("I")


def to_rgb(image: Image.Image, *, ground: Ground) -> Image.Image:
    """The loaded picture in RGB, transparency laid on `ground`."""
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_scaled(np.asarray(image), _white(image))).convert("RGB")
    if image.mode == "LAB":
        profiles = (ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
        assert converted is not None, "a picture is returned unless it is changed in place"
        return converted
    if is_translucent(image):
        straight = image.convert("LA") if image.mode == "La" else image
        layer = straight.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, (*ground, 255)), layer).convert("RGB")
    return image.convert("RGB")


def _white(image: Image.Image) -> float | None:
    """The value that means white, or None where only the values can tell."""
    if image.mode.startswith("I;16"):
        tags: Any = getattr(image, "tag_v2", {})  # the values have whatever type the file gives them
        return 4095.0 if tags.get(_BITS_PER_SAMPLE) == (12,) else 65535.0
    return 65535.0 if image.mode == "I" and image.format == "PPM" else None


def _scaled(values: NDArray[Any], white: float | None) -> NDArray[np.uint8]:
    """Values of any range as bytes, by the rules at the top of this file."""
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if white is None:
        whites = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        fitting = [limit for limit in whites if low >= 0 and high <= limit]
        black, white = (0.0, fitting[0]) if fitting else (low, high)
    else:
        black = 0.0
    # The halves are taken so that a range from -1e308 to 1e308 does not overflow.
    span = white / 2 - black / 2
    levels = np.zeros_like(numbers) if span == 0 else (numbers / 2 - black / 2) / span
    return (np.nan_to_num(levels, nan=0.0).clip(0, 1) * 255 + 0.5).astype(np.uint8)
