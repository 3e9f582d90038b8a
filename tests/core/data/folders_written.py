"""Folders of small pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_folder(
    folder: Path, classes: tuple[str, ...] = ("a", "b"), *, each: int = 3, side: int = 8
) -> None:
    """PNG pictures whose red tells the class and whose green tells the number."""
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            pixels = np.zeros((side, side, 3), np.uint8)
            pixels[..., 0], pixels[..., 1] = 40 * label, 10 * number
            pixels[0, 0] = 255
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def write_data(folder: Path, **options: int) -> Path:
    write_folder(folder / "train", **options)
    write_folder(folder / "test", each=1)
    return folder
