"""A decoded picture as a value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.errors import UserError


@dataclass(frozen=True)
class Picture:
    """Pixels with a name. Two pictures are equal when their pixels are (by digest) and their names.

    `pixels` is read-only, (H, W, 3), uint8, upright, without alpha. `path` is None for a pasted picture.
    `facts` says what the file was: "JPEG · RGB".
    """

    name: str
    digest: str
    pixels: NDArray[np.uint8] = field(compare=False, repr=False)
    path: Path | None = field(default=None, compare=False)
    facts: str = field(default="", compare=False)

    @classmethod
    def of(
        cls, pixels: NDArray[np.uint8], *, name: str, path: Path | None = None, facts: str = ""
    ) -> Picture:
        """Make a picture of (H, W, 3) uint8 pixels, which are frozen, not copied.

        Raises:
            UserError: the array has another shape or type, or no pixel.
        """
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
            given = f"{pixels.shape} of {pixels.dtype}"
            raise UserError(
                f"pixels must be (H, W, 3) bytes, with values from 0 to 255 (uint8), not {given}."
            )
        frozen = np.ascontiguousarray(pixels)
        frozen.flags.writeable = False
        shape = repr(frozen.shape).encode()
        return cls(name, hashlib.sha256(shape + frozen.tobytes()).hexdigest(), frozen, path, facts)

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])
