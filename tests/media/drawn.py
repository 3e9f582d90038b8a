"""The asymmetric picture of these tests, written as files of every kind."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_viewer.media.pictures import read
from resnet_viewer.records.picture import Picture

WIDTH, HEIGHT = 24, 16


def pattern() -> NDArray[np.uint8]:
    """An asymmetric picture: red rises to the right, green downwards, the top left corner is blue."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 230, WIDTH).astype(np.uint8)
    pixels[..., 1] = np.linspace(0, 200, HEIGHT).astype(np.uint8)[:, None]
    pixels[:4, :6, 2] = 255
    return pixels


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read_bytes(data: bytes, *, name: str, wants_twelve_bits: bool = False) -> Picture:
    """What `read` makes of a file with that content and name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read(path, wants_twelve_bits=wants_twelve_bits)


def opened(image: Image.Image, kind: str = "PNG", **options: object) -> Picture:
    return read_bytes(encoded(image, kind, **options), name=f"p.{kind.lower()}")
