"""Large arrays from one process to another through a file that both map: nothing is copied, or waits in a pipe.

A file, and not the system's shared memory: that is small in containers (64 MB), cannot be written to disk when memory
is short, and outlives whoever is killed. The file belongs to who lends it until it is taken. Taking it removes its
name at once, its bytes live on while they are mapped; Windows, which cannot do that, removes it with the last handle.
What was killed in between is removed when the next is lent.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from resnet_viewer.media.files import make_folder, refusal
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import DataLent, DataRead, Pictures

_ENDING = ".pictures"
_FORGOTTEN_AFTER = 3600.0
"""Seconds after which nobody will come for a file any more."""


@contextmanager
def lent(data: DataRead, folder: Path) -> Iterator[DataLent]:
    """The same with its test pictures in a file in `folder`, which is removed if the work ends before it is taken.

    Raises:
        WriteError: it cannot be written.
    """
    make_folder(folder)
    _sweep(folder)
    path = folder / _ENDING
    try:
        descriptor, name = tempfile.mkstemp(_ENDING, dir=folder)
        path = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(np.ascontiguousarray(data.test_pictures).data.cast("B"))
    except OSError as error:
        _remove(path)
        raise refusal(path, error) from error
    shape = data.test_pictures.shape
    nothing: Pictures = np.empty((0, *shape[1:]), np.uint8)
    try:
        yield DataLent(replace(data, test_pictures=nothing), path, shape)
    except BaseException:
        _remove(path)
        raise


def taken(lent_data: DataLent) -> DataRead:
    """The data as they were read, their test pictures being the mapped file, which has no name from now on.

    Raises:
        UserError: it is not there.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_TEMPORARY", 0)
    try:
        with os.fdopen(os.open(lent_data.path, flags), "rb") as file:
            pictures: Pictures = np.memmap(file, np.uint8, "r", shape=lent_data.shape)
    except (OSError, ValueError) as error:
        raise UserError(
            f"The test pictures are not in {lent_data.path.parent} any more, and cannot be shown: start the runs again "
            "to see them."
        ) from error
    if not hasattr(os, "O_TEMPORARY"):
        _remove(lent_data.path)
    return replace(lent_data.read, test_pictures=pictures)


def _sweep(folder: Path) -> None:
    """Remove what nobody came for; on Windows what is in use stays."""
    for path in folder.glob(f"*{_ENDING}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER:
                path.unlink()


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
