"""Files are written whole or not at all: whatever goes wrong, the old file stays as it was."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from resnet_viewer.records.errors import UserError


class WriteError(UserError):
    """A file could not be written; nothing was left behind and an old file is unchanged."""


def write_whole(path: Path, data: bytes, *, makes_folder: bool = False) -> None:
    """Put `data` into the file `path`: a temporary file beside it, `fsync`, `os.replace`.

    A file that exists is replaced and keeps its permissions; a symbolic link stays and the file it points at
    is replaced. `makes_folder` creates missing folders on the way, for the program's own folders; an export
    leaves it off, so that a mistyped folder is noticed.

    Raises:
        WriteError: the disk is full, the folder is missing or read-only, the target is a folder or a device.
    """
    try:
        target = Path(os.path.realpath(path))
        if makes_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode_of(path, target)
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            _write_synced(temporary, data)
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(target)
        finally:
            with suppress(OSError):  # after a success it is gone; the first error is the one worth telling
                temporary.unlink()
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:
        raise refusal(path, error) from error


def require_writable(path: Path) -> None:
    """Nothing where a file could be put there by `write_whole`: to be known before what it holds takes an hour.

    Raises:
        WriteError: as `write_whole`.
    """
    try:
        target = Path(os.path.realpath(path))
        _mode_of(path, target)
        temporary = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            _write_synced(temporary, b"")
        finally:
            with suppress(OSError):
                temporary.unlink()
    except (OSError, ValueError) as error:
        raise refusal(path, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder for files to be written, and those above it, where they are missing.

    Raises:
        WriteError: it cannot be made, or no file can be written in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_writable(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        if (file := _file_on(folder)) is not None:
            raise WriteError(f"{file} is a file, not a folder: choose another one.") from error
        reason = (error.strerror or type(error).__name__).lower()
        raise WriteError(f"Cannot write in the folder {folder} ({reason}): choose another one.") from error


def _file_on(folder: Path) -> Path | None:
    """What stands where the folder, or one above it, would be."""
    with suppress(OSError):
        return next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None)
    return None


@contextmanager
def empty_ones_removed(folders: Sequence[Path]) -> Iterator[None]:
    """Of these folders, outer ones first, those that are made inside and are empty at the end are removed again."""
    made = [folder for folder in folders if not os.path.lexists(folder)]
    try:
        yield
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # it holds something, or was never made
                folder.rmdir()


def refusal(path: Path, error: OSError | ValueError) -> WriteError:
    """What the user is told when writing `path` failed with `error`, an error of the operating system."""
    if isinstance(error, WriteError):
        return error
    if not isinstance(error, OSError):  # a name that no system call takes, such as one with a null character
        return WriteError(f"{path.name!r} cannot be the name of a file: choose another one.")
    folder = path.absolute().parent
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            why = "the disk is full: make room or choose a folder on another disk."
        case errno.EFBIG:
            why = "the file is too large for that disk: choose a folder on another one."
        case errno.EACCES | errno.EPERM if not _is_writable(folder):
            why = f"the folder {folder} is read-only: choose another folder."
        case errno.EACCES | errno.EPERM:
            why = "it is protected or in use by another program: close it there or choose another name."
        case errno.EROFS:
            why = f"the folder {folder} is read-only: choose another folder."
        case errno.ENOENT if not folder.exists():
            why = f"the folder {folder} does not exist: create it or choose another one."
        case errno.ENOTDIR | errno.EEXIST:
            why = f"{folder} is not a folder: choose another one."
        case errno.EISDIR:
            why = "that is a folder: choose the name of a file."
        case errno.ENAMETOOLONG:
            why = "the name is too long: choose a shorter one."
        case _:
            reason = (error.strerror or type(error).__name__).lower()
            why = f"the system says: {reason}. Choose another folder."
    return WriteError(f"Cannot write {path.name}: {why}")


def _mode_of(path: Path, target: Path) -> int | None:
    """The permissions to keep, or None where there is no file yet."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(found.st_mode):
        raise WriteError(f"Cannot write {path.name}: that is not a regular file. Choose the name of a file.")
    return stat.S_IMODE(found.st_mode)


def _write_synced(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, on systems where a folder can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK)
