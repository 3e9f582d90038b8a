"""Moving pictures of several still ones: GIF by Pillow, MP4 where ffmpeg is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import MOVING_KINDS, MovingKind

if TYPE_CHECKING:
    from PIL import Image

_PAPER = "white"
_PATIENCE = 120.0
"""Seconds that ffmpeg may take."""


def kinds() -> tuple[MovingKind, ...]:
    """What can be made here."""
    return tuple(MOVING_KINDS) if shutil.which("ffmpeg") else ("gif",)


def moving(pictures: Sequence[bytes], kind: MovingKind, seconds: float) -> bytes:
    """The pictures (PNG) one after the other, each for as long, `seconds` in all, again and again in a GIF.

    Smaller ones stand at the upper left of paper as large as the largest. A GIF's time is in hundredths of a second.

    Raises:
        UserError: there is none, or ffmpeg is missing or fails.
    """
    if not pictures:
        raise UserError("There is no picture to animate.")
    with_paper = _on_one_size(pictures)
    return _gif(with_paper, seconds) if kind == "gif" else _mp4(with_paper, seconds)


def _on_one_size(pictures: Sequence[bytes]) -> list[Image.Image]:
    """In the colours of a GIF, 256 each: the pictures are plots on white, and this is a quarter of the memory."""
    from PIL import Image  # the window asks for `kinds` at its start, and needs nothing else of it

    found = [Image.open(io.BytesIO(picture)) for picture in pictures]
    size = max(one.width for one in found), max(one.height for one in found)
    made = []
    for one in found:
        paper = Image.new("RGB", size, _PAPER)
        paper.paste(one.convert("RGB"), (0, 0))
        made.append(paper.quantize(256, dither=Image.Dither.NONE))
    return made


def _gif(pictures: Sequence[Image.Image], seconds: float) -> bytes:
    buffer = io.BytesIO()
    each = max(20, round(100 * seconds / len(pictures)) * 10)
    first, *others = pictures
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=each, loop=0, optimize=False)
    return buffer.getvalue()


def _mp4(pictures: Sequence[Image.Image], seconds: float) -> bytes:
    program = shutil.which("ffmpeg")
    if program is None:
        raise UserError("ffmpeg is not installed here, which MP4 needs; choose GIF, or install it.")
    buffer = io.BytesIO()
    for picture in pictures:
        picture.convert("RGB").save(buffer, "PNG", compress_level=1)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "moving.mp4"
        command = [
            program, "-loglevel", "error", "-y", "-f", "image2pipe", "-c:v", "png",
            "-framerate", f"{len(pictures) / seconds:.6f}", "-i", "-",
            "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", "-pix_fmt", "yuv420p",
            "-movflags", "+faststart", str(made),
        ]  # fmt: skip
        try:
            subprocess.run(
                command, input=buffer.getvalue(), capture_output=True, check=True, timeout=_PATIENCE
            )
            return made.read_bytes()
        except subprocess.TimeoutExpired as error:
            raise UserError(f"ffmpeg took longer than {_PATIENCE:.0f} seconds; choose GIF.") from error
        except (subprocess.CalledProcessError, OSError) as error:
            said = getattr(error, "stderr", b"") or str(error).encode()
            last = said.decode(errors="replace").strip().splitlines()[-1:]
            raise UserError(f"ffmpeg made no MP4 ({', '.join(last)}); choose GIF.") from error
