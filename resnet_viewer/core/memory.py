"""How much memory there is for pictures, and the refusal of more."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

from resnet_viewer.records.errors import UserError

_KEPT_FREE = 1 << 30
"""Bytes: the least that training takes beside its pictures."""
_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


class TooLargeError(UserError):
    """Pictures would take more memory than there is; the message says how much."""


def require_memory(count: int, side: int, channels: int, name: str) -> None:
    """Nothing where so many pictures fit into memory as bytes.

    Raises:
        TooLargeError: they do not.
    """
    needed, free = count * side * side * channels, free_bytes()
    if free is not None and needed > free - _KEPT_FREE:
        raise TooLargeError(
            f"The {count} pictures of {name} take {needed / 1e9:.1f} GB of memory at {side}×{side} pixels, and this "
            f"computer has {max(0, free - _KEPT_FREE) / 1e9:.1f} GB for them: choose a smaller side, or give fewer "
            "pictures."
        )


def free_bytes() -> int | None:
    """Memory that could be taken now without swapping, as far as the system says; None where it does not."""
    if sys.platform == "win32":
        return _free_on_windows()
    found = [free for free in (_free_on_linux(), _free_in_group()) if free is not None]
    if found:
        return min(found)
    with suppress(ValueError, OSError):  # all there is, where nobody says what is free
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _free_on_linux() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _free_in_group() -> int | None:
    """What a container has left of its limit; the files that it has read can be forgotten."""
    with suppress(OSError, ValueError):  # no such group, or no limit, which is the word "max"
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
        rows = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return max(0, most - used + int(rows.get("file", 0)) - int(rows.get("shmem", 0)))
    return None


if sys.platform == "win32":

    class _MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "b", "c", "d", "e", "f")),
        )

    def _free_on_windows() -> int | None:
        status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
        found = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.free) if found else None
