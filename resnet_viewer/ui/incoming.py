"""What is dropped or pasted, as paths or pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

WEIGHT_SUFFIXES = (".pth", ".th", ".pt", ".ckpt", ".tar", ".safetensors", ".h5")


@dataclass(frozen=True)
class Incoming:
    """Files and folders, weight files, and pixels; any of them may be missing."""

    pictures: tuple[Path, ...] = ()
    weights: Path | None = None
    pixels: NDArray[np.uint8] | None = None
    is_remote: bool = False
    """There was nothing but the address of something on another machine."""


def is_welcome(mime: QMimeData) -> bool:
    """Worth accepting while it is dragged over the window; decodes nothing. An address alone is welcome too: once
    dropped, it gets the sentence that says what to do instead."""
    return mime.hasImage() or bool(mime.urls())


def sort_incoming(mime: QMimeData) -> Incoming:
    """Local files first (they keep their names and their full quality), else the pixels themselves.

    A browser drags both an address and the image's pixels: then the pixels are taken.
    """
    files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if not files and mime.hasText() and not mime.hasImage():
        files = _path_in(mime.text())
    weights = next((path for path in files if path.suffix.lower() in WEIGHT_SUFFIXES), None)
    pictures = tuple(path for path in files if path.suffix.lower() not in WEIGHT_SUFFIXES)
    if files:
        return Incoming(pictures, weights)
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return Incoming(pixels=pixels_of(image))
    is_address = mime.text().strip().lower().startswith(("http://", "https://"))
    return Incoming(is_remote=bool(mime.urls()) or is_address)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """A copy of the image's pixels: (H, W, 4) uint8, red, green, blue, alpha (not premultiplied)."""
    converted = image.convertToFormat(QImage.Format.Format_RGBA8888)
    height, width = converted.height(), converted.width()
    lines: NDArray[Any] = np.frombuffer(converted.constBits(), np.uint8)
    return lines.reshape(height, converted.bytesPerLine())[:, : 4 * width].reshape(height, width, 4).copy()


def _path_in(text: str) -> list[Path]:
    """Pasted text that is the path of a file."""
    line = text.strip().strip("'\"")
    if not line or "\n" in line or len(line) > 4096:
        return []
    try:
        path = Path(line).expanduser()
        return [path] if path.exists() else []
    except (OSError, ValueError, RuntimeError):
        return []
