"""Picture files of every kind that Pillow reads, upright and in RGB; the rest is refused in a sentence.

Nothing is decoded before its size is known. Formats that another program would have to open (PostScript), or
that Pillow knows by name only, count as unreadable.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from resnet_viewer.media import colours
from resnet_viewer.media.kinds import kind_of
from resnet_viewer.media.reading import read_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.picture import Picture

T = TypeVar("T")
MOST_BYTES = 200_000_000
"""Of a picture file."""
MOST_PIXELS = 50_000_000
"""Width times height."""
MOST_SLOW_PIXELS = 4_000_000
"""Of a kind that is decoded in Python, at a microsecond a pixel and more."""
DRAFT_PIXELS = 16_000_000
"""A larger JPEG is decoded at half its width and height."""

_UNREADABLE_FORMATS = {"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
_DRAWINGS = {".svg", ".svgz", ".pdf", ".eps", ".ps", ".ai", ".wmf", ".emf"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_FIRST_OF = {"GIF": "frame", "PNG": "frame", "WEBP": "frame", "AVIF": "frame", "FLI": "frame", "TIFF": "page"}
MOST_PARTS = 100_000
"""Chunks of a PNG file, of which one of `MOST_BYTES` has 25 000; segments of a JPEG file, and bytes between them."""
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_START, _JPEG_PIXELS = b"\xff\xd8", 0xFFDA
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""

# Python's warning filters belong to the whole process: two threads that change and restore them at the same
# time can leave them changed for good.
_filtering_warnings = threading.Lock()


class PictureError(UserError):
    """A picture cannot be opened; the message says why and what to do."""


def read(path: Path, *, wants_twelve_bits: bool = False) -> Picture:
    """Decode a picture file: upright, RGB, transparency laid on white, the first frame of an animation.

    Where grey pixels have 16 bits, use no more than 12, and the file does not say which is meant, `wants_twelve_bits`
    makes 4095 white in place of 65535; without it the picture says that there is this choice.

    Raises:
        PictureError: there is no such file, it is a folder, empty, too large, damaged, or no known picture.
    """
    data = _bytes_of(path)

    def decoded() -> Picture:
        pixels, facts, may_have_twelve_bits = _pixels(data, path.name, wants_twelve_bits)
        return Picture.of(
            pixels,
            name=path.name,
            path=path.absolute(),
            facts=facts,
            may_have_twelve_bits=may_have_twelve_bits,
        )

    return _guarded(path.name, data, decoded)


def thumbnail(path: Path, side: int) -> NDArray[np.uint8]:
    """A picture file as `read` shows it, shrunk so that no side is longer than `side`: (h, w, 3) bytes.

    A JPEG is decoded at an eighth of its size where that is enough, which takes a millisecond or two.

    Raises:
        PictureError: as `read`.
    """
    data = _bytes_of(path)
    return _guarded(path.name, data, lambda: _pixels(data, path.name, False, most=side)[0])


def from_array(pixels: NDArray[Any], name: str) -> Picture:
    """A picture of bytes (H, W), (H, W, 3) or (H, W, 4), whose fourth channel is straight alpha. Copies them.

    Raises:
        PictureError: another shape or type, no pixels, too many, or more than there is memory for.
    """
    shape = pixels.shape
    if pixels.dtype != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))):
        raise PictureError(
            f"{name} is not a picture: its pixels must be bytes (0 to 255) of the shape (height, width), "
            f"(height, width, 3) or (height, width, 4), not {pixels.dtype} of {shape}."
        )
    _check_pixels(name, shape[1], shape[0])
    try:
        image = Image.fromarray(np.ascontiguousarray(pixels))
        return Picture.of(np.array(colours.to_rgb(image)), name=name)
    except MemoryError as error:
        raise PictureError(_too_little_memory(name)) from error


@lru_cache(maxsize=1)
def extensions() -> tuple[str, ...]:
    """Endings of the files that can be opened, with a dot and in small letters, sorted."""
    readable = _formats()
    return tuple(sorted(end for end, name in Image.registered_extensions().items() if name in readable))


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The picture files of a folder by their endings, `2.jpg` before `10.jpg`; hidden files are left out.

    Raises:
        PictureError: the folder is missing, is none, or may not be read.
    """
    endings = set(extensions())
    try:
        with os.scandir(folder) as entries:  # which knows files without looking at each
            names = [
                entry.name
                for entry in entries
                if os.path.splitext(entry.name)[1].lower() in endings  # noqa: PTH122  # no path for each name
                and not entry.name.startswith(".")
                and _is_file(entry)
            ]
    except (OSError, ValueError) as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else "cannot be read"
        raise PictureError(f"The folder {folder} {reason}: choose another one.") from error
    return tuple(folder / name for name in sorted(names, key=lambda name: (_natural(name), name)))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads round in a circle
        return False


def class_folders(folder: Path) -> tuple[Path, ...]:
    """The folders in a folder, sorted; hidden ones are left out.

    Raises:
        OSError: it cannot be read.
    """
    return tuple(sorted(part for part in folder.iterdir() if not part.name.startswith(".") and part.is_dir()))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that counts digits as one number and does not tell capital from small letters."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts))


@lru_cache(maxsize=1)
def _formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are read, HEIF among them where pillow-heif is installed."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())  # else it prints errors beside our sentence
    Image.init()
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return tuple(name for name in Image.OPEN if name not in _UNREADABLE_FORMATS)


def _bytes_of(path: Path) -> bytes:
    data = read_whole(path, most_bytes=MOST_BYTES, wanted="a picture file", refused=PictureError)
    if not data:
        raise PictureError(f"{path.name} is empty: get another copy of it.")
    return data


def _guarded(name: str, data: bytes, decoded: Callable[[], T]) -> T:
    """What `decoded` makes of a file's bytes; whatever goes wrong in it is a sentence."""
    try:
        with _filtering_warnings, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return decoded()
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_many_pixels(name)) from error
    except MemoryError as error:
        raise PictureError(_too_little_memory(name)) from error
    except UnidentifiedImageError as error:
        raise PictureError(_not_a_picture(name, data)) from error
    except NotImplementedError as error:
        raise PictureError(f"{name} is of a kind that cannot be read: save it as PNG or JPEG.") from error
    except Exception as error:  # for a damaged file Pillow raises anything, from struct.error to KeyError
        if "out of memory" in str(error):  # some decoders' word for it, an OSError
            raise PictureError(_too_little_memory(name)) from MemoryError(str(error))
        raise PictureError(
            f"{name} is damaged or incomplete and cannot be read: get another copy of it."
        ) from error


def _pixels(
    data: bytes, name: str, wants_twelve_bits: bool, *, most: int | None = None
) -> tuple[NDArray[np.uint8], str, bool]:
    """Upright RGB pixels (H, W, 3), what the file was, and whether it may have 12 bits. Raises whatever Pillow does.

    With `most` no side has more pixels than that.
    """
    if _has_too_many_parts(data):
        raise PictureError(f"{name} is made of more parts than a picture needs: save it as PNG again.")
    with Image.open(io.BytesIO(data), formats=_formats()) as image:
        _check_pixels(name, image.width, image.height)
        if image.width * image.height > MOST_SLOW_PIXELS and _is_decoded_slowly(image):
            raise PictureError(
                f"{name} has {image.width} × {image.height} pixels, more than the {MOST_SLOW_PIXELS // 1_000_000} "
                "megapixels that can be opened of a file that is written like this: save it as PNG."
            )
        significant = _significant_bits(data) if image.format == "PNG" else None
        facts = ["JPEG" if image.format == "MPO" else str(image.format), colours.kind(image)]
        tags: Any = getattr(image, "tag_v2", {})
        is_turned_by_pillow = tags.get(_ORIENTATION) in _UPRIGHT  # a TIFF, while it is loaded
        is_large = image.width * image.height > DRAFT_PIXELS
        if most is not None:
            image.draft(None, (most, most))
        elif is_large and image.draft(None, (max(1, image.width // 2), max(1, image.height // 2))):
            facts.append("read at half size")
        # Nothing may look at the EXIF data before: of a PNG that would load the pixels, and after an error of that
        # loading the next one gives half a picture and no error.
        image.load()
        _check_pixels(name, image.width, image.height)  # an icon's size is known only now
        grey = colours.grey_bits(image, significant=significant, wants_twelve=wants_twelve_bits)
        if grey is not None:
            facts[1] = "16-bit grey" if grey.bits == 16 else f"{grey.bits}-bit grey in 16 bits"
        rgb = colours.to_rgb(image, bits=16 if grey is None else grey.bits)
        try:
            orientation: Any = image.getexif().get(_ORIENTATION)
        except Exception:  # damaged EXIF data raises as many kinds of errors; the pixels are whole
            orientation = None
            facts.append("EXIF unreadable")
        if most is not None:
            rgb.thumbnail((most, most))
        turn = _UPRIGHT.get(orientation)
        if turn is not None:
            rgb = rgb.transpose(turn)
        if turn is not None or is_turned_by_pillow:
            facts.append("EXIF rotated")
        if colours.is_translucent(image):
            facts.append("laid on white")
        if part := _FIRST_OF.get(image.format or ""):
            try:
                if getattr(image, "is_animated", False):
                    facts.append(f"first {part}")
            except Exception:  # looking for a second frame reads on in the file; the first one is whole
                facts.append(f"first {part}, the rest is damaged")
        return np.array(rgb), " · ".join(facts), grey is not None and not grey.is_told


def _has_too_many_parts(data: bytes) -> bool:
    """Whether a PNG has more chunks, or a JPEG more segments and bytes between them, than `MOST_PARTS`.

    Each takes Pillow some microseconds of Python. Whatever else is wrong with a file, Pillow tells.
    """
    parts = 0
    if data.startswith(_PNG_SIGNATURE):
        at = len(_PNG_SIGNATURE)
        while at < len(data) and parts <= MOST_PARTS:
            at, parts = at + 12 + int.from_bytes(data[at : at + 4]), parts + 1
    elif data.startswith(_JPEG_START):
        at = len(_JPEG_START)
        while at < len(data) and parts <= MOST_PARTS:
            marker = int.from_bytes(data[at : at + 2])
            if marker == _JPEG_PIXELS:
                break
            *_, reads = JpegImagePlugin.MARKER.get(marker, (None,))
            at += 1 if reads is None else 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
            parts += 1
    return parts > MOST_PARTS


def _is_decoded_slowly(image: Image.Image) -> bool:
    """Whether Pillow decodes it in Python; binary PGM and PPM of unusual ranges apart, which scientists write."""
    codecs = {tile[0] for tile in getattr(image, "tile", ())}
    return any(codec in Image.DECODERS for codec in codecs - {"ppm"})


def _significant_bits(data: bytes) -> int | None:
    """What a PNG file says in its sBIT chunk, whose first byte is for grey; every chunk is held to its checksum.

    Pillow looks at none from the first pixels on. A file that ends early is left to it, which tells whether pixels are
    missing.

    Raises:
        OSError: one does not agree.
    """
    view, start, found = memoryview(data), len(_PNG_SIGNATURE), None
    while start + 12 <= len(view):
        length = int.from_bytes(view[start : start + 4])
        end = start + 8 + length
        if end + 4 > len(view):
            break
        kind = bytes(view[start + 4 : start + 8])
        if zlib.crc32(view[start + 4 : end]) != int.from_bytes(view[end : end + 4]):
            raise OSError(f"the checksum of the chunk {kind!r} at byte {start} is wrong")
        if kind == b"sBIT" and length:
            found = view[start + 8]
        if kind == b"IEND":
            break
        start = end + 4
    return found


def _check_pixels(name: str, width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise PictureError(f"{name} has no pixels: get another copy of it.")
    if width * height > MOST_PIXELS:
        raise PictureError(_too_many_pixels(name, f"{width} × {height} pixels, "))


def _too_many_pixels(name: str, size: str = "") -> str:
    most = f"more than the {MOST_PIXELS // 1_000_000} megapixels that can be opened"
    return f"{name} has {size}{most}: make a smaller copy of it."


def _too_little_memory(name: str) -> str:
    return f"{name} needs more memory than there is: make a smaller copy of it."


def _not_a_picture(name: str, data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS and "HEIF" not in _formats():
        return f"{name} is a HEIF picture: install the package pillow-heif, or save it as JPEG."
    if Path(name).suffix.lower() in _DRAWINGS:
        return f"{name} is a drawing and not a picture made of pixels: save it as PNG first."
    choose = "choose a JPEG, PNG, WebP, TIFF or GIF file"
    kind = kind_of(data, name)
    if kind is None or kind.words.startswith("a picture"):  # of which no more than the beginning is one
        return f"{name} is not a picture in a known format: {choose}."
    return f"{name} is {kind.words}, not a picture in a known format: {kind.advice or choose}."
