"""Regular files of a bounded size are read; pipes and devices are refused and never waited for."""

from __future__ import annotations

import errno
import io
import os
import socket
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest

from resnet_viewer.media import reading
from resnet_viewer.media.reading import ReadError, opened, read_whole, size_words
from resnet_viewer.records.errors import UserError


class OtherError(UserError):
    """Of a caller."""


def content(path: Path, most_bytes: int = 1000) -> bytes:
    return read_whole(path, most_bytes=most_bytes, wanted="a picture file")


@pytest.mark.parametrize("data", [b"", b"x", b"0123456789"])
def test_every_byte_up_to_the_bound(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(data)
    (tmp_path / "link").symlink_to(tmp_path / "p")
    assert content(tmp_path / "link", most_bytes=len(data)) == data


def test_no_more_memory_is_asked_for_than_the_file_has_bytes(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(bytes(20_000))
    tracemalloc.start()
    try:
        content(tmp_path / "p", most_bytes=200_000_000)
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "p").open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(ReadError, match=r"p has 3 GB, and 200 MB is the most .* choose a smaller one"):
        content(tmp_path / "p", most_bytes=200_000_000)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_a_socket_a_device_and_a_folder_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    there = [tmp_path / "pipe", Path("/dev/zero")]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (*there, tmp_path / "socket"):
            with pytest.raises(ReadError, match=f"^{path.name} is not a regular file: choose a picture file"):
                content(path)
    with pytest.raises(ReadError, match="is a folder: choose a picture file"):
        content(tmp_path)
    with pytest.raises(ReadError, match=r"There is no file .*gone"):
        content(tmp_path / "gone")
    with pytest.raises(ReadError, match=r"that is not a file's name"):
        content(tmp_path / "a\0b")
    with pytest.raises(ReadError, match=r"\(file name too long\)"):
        content(tmp_path / ("a" * 300))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "p may not be read: ask its owner"),
        (OSError(errno.EIO, "I/O error"), r"p cannot be read \(i/o error\): copy it elsewhere"),
        (MemoryError(), "p needs more memory than there is"),
    ],
)
def test_a_file_that_the_system_does_not_give(
    error: Exception, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p").write_bytes(b"x")

    class Failing(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise error

        def fileno(self) -> int:
            return descriptor

    def failing(_: Path) -> BinaryIO:
        return Failing()

    descriptor = os.open(tmp_path / "p", os.O_RDONLY)
    monkeypatch.setattr(reading, "_opened", failing)
    try:
        with pytest.raises(OtherError, match=sentence) as caught:
            read_whole(tmp_path / "p", most_bytes=9, wanted="a picture file", refused=OtherError)
        assert caught.value.__cause__ is error
    finally:
        os.close(descriptor)


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p").write_bytes(b"x")
    stated = (tmp_path / "p").stat()
    (tmp_path / "p").write_bytes(b"xyz")
    monkeypatch.setattr(os, "fstat", lambda _: stated)
    with pytest.raises(ReadError, match="p is being written by another program: try again"):
        content(tmp_path / "p")


def test_what_the_caller_refuses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"xyz")
    files = []

    def refusing() -> None:
        with opened(tmp_path / "p", most_bytes=9, wanted="a picture file") as (file, size):
            assert (size, file.read(2)) == (3, b"xy")
            files.append(file)
            raise OtherError("mine")

    with pytest.raises(OtherError, match="mine"):
        refusing()
    assert files[0].closed


@pytest.mark.parametrize(
    ("size", "words"), [(12, "12 bytes"), (1000, "1 kB"), (200_000_000, "200 MB"), (3_400_000_000, "3.4 GB")]
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert size_words(size) == words
