"""Files that are not what was asked for, known by their bytes as their own programs write them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.media.kinds import kind_of, zipped_kind


def _array() -> bytes:
    np.save(buffer := io.BytesIO(), np.ones(3))
    return buffer.getvalue()


def _picture(form: str) -> bytes:
    Image.new("RGB", (4, 4)).save(buffer := io.BytesIO(), form)
    return buffer.getvalue()


def _tar() -> bytes:
    with tarfile.open(fileobj=(buffer := io.BytesIO()), mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.pth"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\n  <html lang='en'><head>", "a web page (HTML)"),
        (b"<!-- saved --><!doctype HTML>", "a web page (HTML)"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "a drawing (SVG)"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (gzip.compress(b"weights", mtime=0), "a gzip archive"),
        (_tar(), "a tar archive"),
        (_array(), "a NumPy array (.npy)"),
        (_picture("PNG"), "a picture (PNG)"),
        (_picture("JPEG"), "a picture (JPEG)"),
        (_picture("WEBP"), "a picture (WebP)"),
        (_picture("GIF"), "a picture (GIF)"),
        (_picture("TIFF"), "a picture (TIFF)"),
        (pickle.dumps({"w": 1}, 4), "a Python pickle that torch.save has not written"),
        (json.dumps({"weight_map": {}}).encode(), "JSON text"),
        ("weights, “ä”".encode() * 200, "text"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(20), "a TensorFlow Lite model"),
        (bytes(30) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "part of a TensorFlow checkpoint"),
    ],
)
def test_a_file_is_known_by_its_bytes(data: bytes, words: str) -> None:
    found = kind_of(data)
    assert found is not None
    assert found.words == words


@pytest.mark.parametrize("data", [b"", bytes(400), b"\x01\x02\x03", b"\xff\xfe text", b"\x08\x01"])
def test_what_the_bytes_do_not_tell_is_not_guessed(data: bytes) -> None:
    assert kind_of(data) is None


def test_names_tell_where_bytes_do_not() -> None:
    for name, words in (
        ("a.onnx", "an ONNX model"),
        ("saved_model.pb", "a TensorFlow SavedModel"),
        ("variables.data-00000-of-00002", "part of a TensorFlow checkpoint"),
    ):
        found = kind_of(bytes(40), name)
        assert found is not None
        assert found.words == words


def test_zip_archives_are_known_by_their_members() -> None:
    assert zipped_kind(["a.npy", "b.npy"]).words == "a NumPy archive (.npz)"
    assert zipped_kind(["net/saved_model.pb", "net/variables/x"]).is_model
    assert "torch.export.load" in zipped_kind(["net/archive_format", "net/version"]).advice
    assert zipped_kind([]).words == "a zip archive of other files"
