"""One process at a time works on the folder of a run: whoever does holds the folder's lock.

The lock is the operating system's, on a file that is there while it is held: it ends with the process, however that
ends. `filelock`, which torch brings along, knows the ways of the systems.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_viewer.records.errors import UserError

LOCK = ".lock"
_PATIENCE, _PATIENCE_AT_FIRST = 1.0, 7.0
"""Seconds in which a process that was killed has let go; and one whose window was, when it has saved its runs."""
_log = logging.getLogger(__name__)


class RunLockedError(UserError):
    """Another process works in a folder."""


class RunLock:
    """That of one folder; each run at work has its own, also within one process. `work` says what is done there.

    Example:
        >>> lock = RunLock(folder)  # doctest: +SKIP
        >>> lock.take()  # doctest: +SKIP
    """

    def __init__(self, folder: Path, *, work: str = "The run in {} is being trained") -> None:
        self._folder, self._work = folder, work
        self._held: FileLock | None = None

    def take(self, until: float | None = None) -> None:
        """Hold it from now on, or from when another one lets go, which is waited for `until` then (`at_first`).

        Where a disk knows no locks, the run goes on without, and the log says so.

        Raises:
            RunLockedError: another one holds it.
        """
        if self._held is not None:
            return
        # without flock, a file that merely exists would outlive a process that is killed
        lock = FileLock(
            self._folder / LOCK,
            timeout=_PATIENCE if until is None else max(0.0, until - time.monotonic()),
            poll_interval=0.05,
            thread_local=False,
            fallback_to_soft=False,
        )
        try:
            lock.acquire()
        except Timeout as error:
            raise RunLockedError(
                f"{self._work.format(self._folder)} by another process: wait for its end, or stop it there."
            ) from error
        except (OSError, NotImplementedError) as error:
            _log.warning("%s cannot be locked, let no other process train there: %s", self._folder, error)
            return
        self._held = lock

    def release(self) -> None:
        """Let others work there; nothing where it is not held."""
        if self._held is None:
            return
        held, self._held = self._held, None
        with suppress(OSError):  # Windows removes no open file
            (self._folder / LOCK).unlink()  # who waits with the file that is gone sees that, and begins anew
        with suppress(OSError):
            held.release()


def at_first() -> float:
    """Until when (`time.monotonic`) all the runs of an order are waited for that begin together now."""
    return time.monotonic() + _PATIENCE_AT_FIRST


def require_free(folder: Path) -> None:
    """Nothing where nobody works in the folder.

    Raises:
        RunLockedError: another process does.
    """
    lock = RunLock(folder)
    lock.take()
    lock.release()
