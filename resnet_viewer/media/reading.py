"""Regular files of a bounded size are read; whatever else stands under the name is refused in a sentence at once.

A pipe, a socket or a device is never waited for, and no more memory is asked for than the file has bytes.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from resnet_viewer.records.errors import UserError

_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)
"""Else opening a pipe waits until somebody writes into it. Windows has neither such pipes nor the flag."""


class ReadError(UserError):
    """A file cannot be read; the message says why and what to do."""


def read_whole(path: Path, *, most_bytes: int, wanted: str, refused: type[UserError] = ReadError) -> bytes:
    """All bytes of the regular file `path`.

    `wanted` is what it should be, with its article ("a picture file"); `refused` is what is raised, with a cause
    where there is one (`MemoryError` among them).

    Raises:
        refused: there is no such file, it is a folder, a pipe or a device, has more than `most_bytes`, changes while it
            is read, or cannot be read.

    Example:
        >>> from resnet_viewer.paths import asset
        >>> len(read_whole(asset("pictures", "cat.jpg"), most_bytes=200_000, wanted="a picture file")) > 1000
        True
    """
    with opened(path, most_bytes=most_bytes, wanted=wanted, refused=refused) as (file, size):
        data = file.read(size + 1)
        if len(data) != size:
            raise refused(f"{_called(path)} is being written by another program: try again when it is whole.")
        return data


def read_json(path: Path, *, most_bytes: int, wanted: str, refused: type[UserError] = ReadError) -> object:
    """What the JSON in the regular file `path` says.

    Raises:
        refused: as in `read_whole`; or it is no JSON, or nested too deeply.
    """
    data = read_whole(path, most_bytes=most_bytes, wanted=wanted, refused=refused)
    try:
        return json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise refused(f"{_called(path)} is damaged, or no JSON: choose {wanted}.") from error


@contextmanager
def opened(
    path: Path, *, most_bytes: int, wanted: str, refused: type[UserError] = ReadError
) -> Iterator[tuple[BinaryIO, int]]:
    """The regular file `path`, open and at its start, and its size in bytes; a symbolic link is followed.

    Raises:
        refused: as in `read_whole`; also for an `OSError` or a `MemoryError` that leaves the block.
    """
    name = _called(path)
    try:
        with _opened(path) as file:
            found = os.fstat(file.fileno())
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError
            if not stat.S_ISREG(found.st_mode):
                raise refused(f"{name} is not a regular file: choose {wanted}.")
            if found.st_size > most_bytes:
                raise refused(
                    f"{name} has {size_words(found.st_size)}, and {size_words(most_bytes)} is the most that can be "
                    f"opened of {wanted}: choose a smaller one."
                )
            yield file, found.st_size
    except FileNotFoundError as error:
        raise refused(f"There is no file {path}: it may have been moved, renamed or deleted.") from error
    except IsADirectoryError as error:
        raise refused(f"{name} is a folder: choose {wanted}.") from error
    except PermissionError as error:
        if os.name == "nt" and path.is_dir():  # Windows does not open folders
            raise refused(f"{name} is a folder: choose {wanted}.") from error
        raise refused(f"{name} may not be read: ask its owner for permission.") from error
    except MemoryError as error:
        raise refused(
            f"{name} needs more memory than there is: close other programs and try again."
        ) from error
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise refused(f"{name} is not a regular file: choose {wanted}.") from error
        why = (error.strerror or type(error).__name__).lower()
        raise refused(f"{name} cannot be read ({why}): copy it elsewhere and try again.") from error


def _opened(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", opener=lambda name, flags: os.open(name, flags | _WITHOUT_WAITING))
    except ValueError as error:  # a name that no system call takes, such as one with a null character
        raise OSError(None, "that is not a file's name") from error


def size_words(size: int) -> str:
    """Bytes as people say them: "200 MB", "3.4 GB", "12 bytes"."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def _called(path: Path) -> str:
    return path.name or str(path)
