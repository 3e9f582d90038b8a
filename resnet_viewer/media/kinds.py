"""What a file is that is not what was asked for, by its first bytes and its name, so that it can be said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`words` with their article, as in "it is a web page (HTML)"; `advice` is what to do, whatever was wanted of it.

    `is_model`: it holds a network of another program.
    """

    words: str
    advice: str = ""
    is_model: bool = False


_UNPACK = "unpack it and choose the file in it"
_STARTS = (
    (b"version https://git-lfs.github.com/", Kind("a Git LFS pointer", "get the file itself with “git lfs pull”")),
    (b"\x1f\x8b", Kind("a gzip archive", _UNPACK)),
    (b"BZh", Kind("a bzip2 archive", _UNPACK)),
    (b"\xfd7zXZ\x00", Kind("an xz archive", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard archive", _UNPACK)),
    (b"PK\x03\x04", Kind("a zip archive", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", _UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", _UNPACK)),
    (b"\x93NUMPY", Kind("a NumPy array (.npy)", is_model=True)),
    (b"GGUF", Kind("a GGUF model", is_model=True)),
    (b"MATLAB 5.0 MAT-file", Kind("a MATLAB file", is_model=True)),
    (b"\x89HDF\r\n\x1a\n", Kind("an HDF5 file")),
    (b"%PDF-", Kind("a PDF document")),
    (b"\x89PNG\r\n\x1a\n", Kind("a picture (PNG)")),
    (b"\xff\xd8\xff", Kind("a picture (JPEG)")),
    (b"GIF8", Kind("a picture (GIF)")),
    (b"II*\x00", Kind("a picture (TIFF)")),
    (b"MM\x00*", Kind("a picture (TIFF)")),
    (b"\x7fELF", Kind("a program")),
    (b"MZ", Kind("a program")),
)  # fmt: skip
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|title|script|meta)\b", re.IGNORECASE)
_ONNX = re.compile(rb"\x08[\x03-\x1f][\x12\x1a\x22\x2a\x32\x3a\x42]")
"""The version of its format, 3 or above, then another field of the message."""
_TABLE_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
"""Of the tables that LevelDB and TensorFlow write."""
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PAGE = 1024
"""Bytes looked at."""


def kind_of(data: bytes, name: str = "") -> Kind | None:
    """What a file of this name is by its bytes; None where they do not tell.

    Example:
        >>> kind_of(b"<!DOCTYPE html><html>").words
        'a web page (HTML)'
    """
    start = data[:_PAGE]
    found = next((kind for begin, kind in _STARTS if start.startswith(begin)), None)
    if found is not None:
        return found
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Kind("a picture (WebP)")
    if start[257:262] == b"ustar":
        return Kind("a tar archive", _UNPACK)
    if start[4:8] == b"TFL3":
        return Kind("a TensorFlow Lite model", is_model=True)
    if re.search(r"\.data-\d{5}-of-\d{5}$", name) or data.endswith(_TABLE_END):
        return Kind("part of a TensorFlow checkpoint", is_model=True)
    if start.startswith(b"\x08\x01\x12") or name.lower().endswith(".pb"):
        return Kind("a TensorFlow SavedModel", is_model=True)
    if _ONNX.match(start) or name.lower().endswith(".onnx"):
        return Kind("an ONNX model", is_model=True)
    if _PICKLE.match(start):
        return Kind(
            "a Python pickle that torch.save has not written", "save the model's state_dict with torch.save"
        )
    return _text_kind(start)


def zipped_kind(names: Sequence[str]) -> Kind:
    """What a zip archive of members with these names is."""
    if names and all(name.endswith(".npy") for name in names):
        return Kind("a NumPy archive (.npz)", is_model=True)
    if "model.weights.h5" in names:
        return Kind("a Keras 3 archive (.keras)", "unpack it and choose model.weights.h5 in it")
    if any(name.endswith("saved_model.pb") for name in names):
        return Kind("a zip archive with a TensorFlow SavedModel in it", is_model=True)
    if any(name.endswith(("serialized_exported_program.json", "archive_format")) for name in names):
        advice = "torch.save(torch.export.load(FILE).state_dict, NEW_FILE) makes a file of weights of it"
        return Kind("a program of torch.export (.pt2)", advice)
    return Kind("a zip archive of other files", _UNPACK)


def _text_kind(start: bytes) -> Kind | None:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML.match(text) or (text.startswith((b"<!--", b"<?xml")) and _HTML.search(text)):
        return Kind("a web page (HTML)", "download the file itself, not the page that shows it")
    if text.startswith((b"<svg", b"<?xml")):
        if b"<svg" in text:
            return Kind("a drawing (SVG)")
        return Kind("an XML document", "if a download ended so, get the file again")
    if not text or any(byte < 32 and byte not in b"\t\n\r\f" for byte in text):
        return None
    try:
        text.decode()
    except UnicodeDecodeError as error:
        if error.start < len(text) - 3:  # else a letter is cut in two
            return None
    return Kind("JSON text" if text.startswith((b"{", b"[")) else "text")
