from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.media import moving as module
from resnet_viewer.media.moving import kinds, moving
from resnet_viewer.records.errors import UserError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


PICTURES = [png(40, 30, (255, 0, 0)), png(41, 20, (0, 0, 255)), png(40, 30, (0, 128, 0))]


def test_a_gif_shows_each_picture_for_as_long_and_begins_again() -> None:
    with Image.open(io.BytesIO(moving(PICTURES, "gif", 1.5))) as made:
        assert (made.n_frames, made.size, made.info["loop"]) == (3, (41, 30), 0)
        colours = []
        for place in range(3):
            made.seek(place)
            assert made.info["duration"] == 500
            colours.append(made.convert("RGB").getpixel((5, 5)))
        assert colours == [(255, 0, 0), (0, 0, 255), (0, 128, 0)]


def test_a_smaller_picture_stands_on_white_at_the_upper_left() -> None:
    with Image.open(io.BytesIO(moving(PICTURES, "gif", 1.5))) as made:
        made.seek(1)
        pixels = np.asarray(made.convert("RGB"))
    assert (pixels[:20, :41] == (0, 0, 255)).all()
    assert (pixels[20:] == 255).all()


def test_nothing_is_no_picture() -> None:
    with pytest.raises(UserError, match="no picture to animate"):
        moving([], "gif", 1.0)


def test_an_mp4_without_ffmpeg_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda _name: None)
    assert kinds() == ("gif",)
    with pytest.raises(UserError, match="ffmpeg is not installed here"):
        moving(PICTURES, "mp4", 1.0)


def test_an_ffmpeg_that_fails_or_hangs_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda _name: "ffmpeg")

    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "ffmpeg", stderr=b"first\nUnknown encoder")

    monkeypatch.setattr(module.subprocess, "run", fail)
    with pytest.raises(UserError, match=r"ffmpeg made no MP4 \(Unknown encoder\); choose GIF"):
        moving(PICTURES, "mp4", 1.0)

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ffmpeg", 120)

    monkeypatch.setattr(module.subprocess, "run", hang)
    with pytest.raises(UserError, match="took longer than 120 seconds"):
        moving(PICTURES, "mp4", 1.0)


@needs_ffmpeg
def test_an_mp4_has_as_many_pictures_of_an_even_size() -> None:
    made = moving(PICTURES, "mp4", 1.5)
    assert made[4:8] == b"ftyp"
    asked = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries"]
    asked += ["stream=width,height,nb_read_frames,pix_fmt", "-of", "csv=p=0", "-"]
    told = subprocess.run(asked, input=made, capture_output=True, check=True)
    assert told.stdout.decode().strip() == "42,30,yuv420p,3"
