"""Every kind of picture file comes out upright and in RGB, and everything else as one sentence."""

from __future__ import annotations

import os
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, features

from resnet_viewer.media import pictures
from resnet_viewer.media.pictures import PictureError, from_array, pictures_in, read
from tests.media.drawn import HEIGHT, WIDTH, encoded, opened, pattern, read_bytes


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "TGA", "SGI", "QOI", "PCX", "JPEG2000"])
def test_a_lossless_file_gives_its_very_pixels(kind: str, tmp_path: Path) -> None:
    options = {"irreversible": False} if kind == "JPEG2000" else {}
    (tmp_path / "p").write_bytes(encoded(Image.fromarray(pattern()), kind, **options))
    picture = read(tmp_path / "p")
    np.testing.assert_array_equal(picture.pixels, pattern())
    assert picture.facts == f"{kind} · RGB"
    assert (picture.name, picture.path) == ("p", tmp_path / "p")
    assert not picture.pixels.flags.writeable


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_a_lossy_file_gives_nearly_its_pixels(kind: str) -> None:
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    ramps = pattern()
    ramps[..., 2] = 0
    picture = opened(Image.fromarray(ramps), kind, quality=95)
    assert np.abs(picture.pixels.astype(int) - ramps).mean() < 4


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied_once(orientation: int, kind: str) -> None:
    stored = {
        1: pattern(), 2: pattern()[:, ::-1], 3: pattern()[::-1, ::-1], 4: pattern()[::-1],
        5: pattern().swapaxes(0, 1), 6: np.rot90(pattern(), 1), 7: pattern()[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pattern(), -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    if kind == "WEBP":
        options = {"lossless": True}
    picture = opened(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **options)
    assert picture.pixels.shape == pattern().shape
    assert np.abs(picture.pixels.astype(int) - pattern()).mean() < 4
    assert picture.facts == f"{kind} · RGB" + (" · EXIF rotated" if orientation > 1 else "")


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_unknown_orientation_counts_as_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = opened(Image.fromarray(pattern()), "PNG", exif=exif)
    np.testing.assert_array_equal(picture.pixels, pattern())


def test_damaged_exif_data_does_not_cost_the_picture() -> None:
    picture = opened(Image.fromarray(pattern()), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff rubbish")
    np.testing.assert_array_equal(picture.pixels, pattern())


@pytest.mark.parametrize(
    ("kind", "part"), [("GIF", "frame"), ("PNG", "frame"), ("WEBP", "frame"), ("TIFF", "page")]
)
def test_the_first_frame_of_an_animation(kind: str, part: str) -> None:
    first, second = Image.new("RGB", (8, 8), (200, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 200))
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = opened(first, kind, save_all=True, append_images=[second], **options)
    assert (picture.pixels == (200, 0, 0)).all()
    assert picture.facts.endswith(f"first {part}")


def test_a_large_jpeg_is_read_at_half_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "DRAFT_PIXELS", 1000)
    image = Image.fromarray(pattern()).resize((96, 64))
    picture = opened(image, "JPEG", quality=95)
    assert (picture.width, picture.height) == (48, 32)
    assert picture.facts == "JPEG · RGB · read at half size"
    assert opened(image, "PNG").width == 96


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.new("1", (8000, 7000)), "PNG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(PictureError, match=r"8000 × 7000 pixels, more than the 50 megapixels"):
        read_bytes(data, name="wide.png")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("text.ppm", b"P3\n3000 3000\n255\n" + b"1 " * 27_000),
        ("text.pbm", b"P1\n3000 3000\n" + b"1 " * 9_000),
        ("game.qoi", b"qoif" + (3000).to_bytes(4, "big") * 2 + b"\3\0" + b"\xfd" * 9_000_000),
    ],
)
def test_what_is_decoded_in_python_is_refused_where_that_would_take_long(name: str, data: bytes) -> None:
    with pytest.raises(PictureError) as raised:
        read_bytes(data, name=name)
    assert str(raised.value) == (
        f"{name} has 3000 × 3000 pixels, more than the 4 megapixels that can be opened of a file that is written like "
        "this: save it as PNG."
    )


def test_a_large_picture_of_a_fast_kind_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.pgm").write_bytes(b"P5\n3000 2000\n255\n" + bytes(6_000_000))
    assert read(tmp_path / "p.pgm").pixels.shape == (2000, 3000, 3)


@pytest.mark.parametrize("side", [10_000, 20_000])  # Pillow warns of the first and refuses the second
def test_a_decompression_bomb(side: int) -> None:
    with pytest.raises(PictureError, match="50 megapixels that can be opened"):
        read_bytes(encoded(Image.new("1", (side, side)), "PNG"), name="bomb.png")


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    (tmp_path / "p.png").write_bytes(encoded(Image.fromarray(pattern()), "PNG"))
    with pytest.raises(PictureError, match="the most that can be opened"):
        read(tmp_path / "p.png")


@pytest.mark.parametrize("error", [MemoryError(), OSError("out of memory error when reading image file")])
@pytest.mark.parametrize("place", ["PIL.Image.open", "resnet_viewer.records.picture.Picture.of"])
def test_memory_that_does_not_suffice(error: Exception, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    data = encoded(Image.fromarray(pattern()), "PNG")
    monkeypatch.setattr(place, fail)
    with pytest.raises(PictureError, match="more memory than there is") as caught:
        read_bytes(data, name="p.png")
    assert isinstance(caught.value.__cause__, MemoryError)


def test_memory_that_does_not_suffice_for_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "fromarray", fail)
    with pytest.raises(PictureError, match="pasted needs more memory than there is"):
        from_array(pattern(), "pasted")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_truncated_file(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match=r"damaged or incomplete|not a picture"):
        read_bytes(data[: int(len(data) * share)], name="cut." + kind.lower())


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "p.png", "p.png is empty"),
        (b"hello", "p.png", "is text, not a picture in a known format: choose a JPEG"),
        (b"<!doctype html><p>", "p.jpg", "is a web page .*download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\n", "p.png", "is a Git LFS pointer, .*git lfs pull"),
        (b"PK\x03\x04" + bytes(30), "p.png", "is a zip archive, .*unpack it"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "p.svg", "a drawing"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "p.eps", "a drawing"),
    ],
)
def test_what_is_no_picture(data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        read_bytes(data, name=name)


def test_a_heif_file_without_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_formats", lambda: ("PNG",))
    with pytest.raises(PictureError, match="install the package pillow-heif"):
        read_bytes(b"\0\0\0\x18ftypheic" + bytes(40), name="IMG_0001.HEIC")


def test_a_heif_file_with_its_reader() -> None:
    pytest.importorskip("pillow_heif", reason="needs the extra heif")
    ramps = pattern()
    ramps[..., 2] = 0
    data = encoded(Image.fromarray(ramps).resize((96, 64)), "HEIF", quality=95)
    picture = read_bytes(data, name="IMG_0001.HEIC")
    assert picture.facts == "HEIF · RGB"
    assert np.abs(picture.pixels[2::4, 2::4].astype(int) - ramps).mean() < 6
    with pytest.raises(PictureError, match=r"damaged or incomplete|not a picture"):
        read_bytes(data[:200], name="IMG_0001.HEIC")


def test_no_file_a_folder_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"There is no file .*gone\.png"):
        read(tmp_path / "gone.png")
    with pytest.raises(PictureError, match="is a folder: choose a picture file"):
        read(tmp_path)
    with pytest.raises(PictureError, match="cannot be read"):
        read(tmp_path / "a\0b.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(PictureError, match="not a regular file"):
            read(tmp_path / "pipe.png")


def test_an_array() -> None:
    pixels = pattern()
    picture = from_array(pixels, "pasted")
    pixels[:] = 0  # the picture holds a copy
    np.testing.assert_array_equal(picture.pixels, pattern())
    assert (picture.name, picture.path, picture.facts) == ("pasted", None, "")
    assert from_array(pattern()[..., 0], "grey").pixels.shape == (HEIGHT, WIDTH, 3)
    clear = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    assert (from_array(clear, "clear").pixels == 255).all()
    np.testing.assert_array_equal(from_array(pattern()[:, ::-1], "flipped").pixels, pattern()[:, ::-1])


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3)),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_picture(pixels: NDArray[np.generic]) -> None:
    with pytest.raises(PictureError, match="pixels"):
        from_array(pixels, "odd")


def test_a_folder_in_the_order_that_people_count(tmp_path: Path) -> None:
    for name in [
        "b.png",
        "10.jpg",
        "2.JPG",
        "A.tiff",
        "notes.txt",
        ".hidden.png",
        "a2b10.png",
        "a2b9.png",
        "p.h5",
    ]:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in pictures_in(tmp_path)] == [
        "2.JPG", "10.jpg", "a2b9.png", "a2b10.png", "A.tiff", "b.png",
    ]  # fmt: skip


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="is not there"):
        pictures_in(tmp_path / "gone")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PictureError, match="cannot be read"):
        pictures_in(tmp_path / "file")


def test_extensions_are_those_that_can_be_read() -> None:
    found = pictures.extensions()
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".gif", ".bmp"} <= set(found)
    assert not {".eps", ".ps", ".h5", ".mpg", ".wmf"} & set(found)


def test_threads_that_read_at_once_leave_the_warning_filters_alone() -> None:
    import warnings

    before = list(warnings.filters)
    data = encoded(Image.fromarray(pattern()), "PNG")
    threads = [
        threading.Thread(target=lambda: [read_bytes(data, name="p") for _ in range(20)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


def test_every_picture_that_comes_with_the_program_opens() -> None:
    from resnet_viewer.paths import asset

    found = pictures_in(asset("pictures"))
    assert asset("pictures", "cat.jpg") in found
    sources = asset("pictures", "SOURCES.md").read_text(encoding="utf-8")
    for path in found:
        assert min(read(path).pixels.shape[:2]) >= 224
        assert f"`{path.name}`" in sources, f"{path.name} has no line in SOURCES.md: say who made it"
        assert path.stat().st_size <= 120_000


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_is_made_of_too_many_parts_is_refused_before_they_are_read(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encoded(Image.fromarray(pattern()), kind)
    chunk = b"\0\0\0\0tEXt" + zlib.crc32(b"tEXt").to_bytes(4)
    at, parts = (
        (33, [chunk]) if kind == "PNG" else (2, [b"\xff\xfe\0\2", b"\xff", b"\xff\xfe\0\2junk", b"\xff\xd0"])
    )
    for part in parts:
        for count, is_read in ((1000, True), (pictures.MOST_PARTS + 1, False)):
            (tmp_path / "p").write_bytes(whole[:at] + part * count + whole[at:])
            if is_read:
                assert read(tmp_path / "p").pixels.shape == (HEIGHT, WIDTH, 3)
                continue
            with monkeypatch.context() as patch:
                patch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
                with pytest.raises(PictureError, match="more parts than a picture needs"):
                    read(tmp_path / "p")


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_thumbnail_is_the_picture_made_small_and_upright(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"large.{suffix}"
    pixels = np.zeros((300, 900, 3), np.uint8)
    pixels[:, :450] = 255, 0, 0
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(path, exif=exif)
    small, whole = pictures.thumbnail(path, 90), pictures.read(path).pixels
    assert (small.shape, whole.shape) == ((90, 30, 3), (900, 300, 3))
    shrunk = whole[5::10, 5::10].astype(int)
    assert np.abs(small.astype(int) - shrunk)[[0, 20, 40, 50, 89]].max() < 12
    assert pictures.thumbnail(path, 2000).shape == whole.shape


def test_a_thumbnail_of_what_is_no_picture_is_refused_as_the_picture_is(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 no more")
    said = []
    for reader in (pictures.read, lambda path: pictures.thumbnail(path, 64)):
        with pytest.raises(pictures.PictureError) as refusal:
            reader(path)
        said.append(str(refusal.value))
    assert said[0] == said[1]
