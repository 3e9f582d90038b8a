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
    `facts` says what the file was: "JPEG · RGB". `may_have_twelve_bits` means that it was read as 16 bits a pixel, uses
    no more than 12 of them, and nobody said which is meant.
    """

    name: str
    digest: str
    pixels: NDArray[np.uint8] = field(compare=False, repr=False)
    path: Path | None = field(default=None, compare=False)
    facts: str = field(default="", compare=False)
    may_have_twelve_bits: bool = field(default=False, compare=False)

    @property
    def remark(self) -> str:
        """What one should know about how it was read, in a sentence; empty where that is nothing."""
        if not self.may_have_twelve_bits:
            return ""
        return (
            f"{self.name} has 16 bits a pixel and uses no more than 12 of them, so it is dark; its file does not say "
            "which is meant."
        )

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.uint8],
        *,
        name: str,
        path: Path | None = None,
        facts: str = "",
        may_have_twelve_bits: bool = False,
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
        digest = hashlib.sha256(shape + frozen.tobytes()).hexdigest()
        return cls(name, digest, frozen, path, facts, may_have_twelve_bits)

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.pixels.shape[0])
