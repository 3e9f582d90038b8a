"""How a run goes on from what its folder holds of it, when it is asked for again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.lab import checkpoints
from resnet_viewer.core.lab.checkpoints import Checkpoint, ResumeError
from resnet_viewer.core.lab.run_files import CHECKPOINT, RUN, RunFileError, read_run
from resnet_viewer.records.training import RunSpec


def found_in(folder: Path, asked: RunSpec) -> tuple[RunSpec, Checkpoint | None]:
    """The run to go on with, and the checkpoint to go on from.

    It has what was done to the run before, and is made longer where more epochs are asked for; a run that diverged
    stays as long as it was.

    Raises:
        UserError: a file cannot be read, or another run is in the folder.

    Example:
        >>> run, found = found_in(folder, asked)  # doctest: +SKIP
        >>> found.at if found else 0  # doctest: +SKIP
        20
    """
    path = folder / CHECKPOINT
    found = checkpoints.read(path) if path.exists() else None
    at = 0 if found is None else found.at
    known = read_run(folder) if (folder / RUN).exists() else None
    if found is not None and found.has_diverged and asked.epochs > found.run.epochs:
        asked = replace(asked, epochs=found.run.epochs)
    if known is not None:
        asked = checkpoints.together(known, asked, folder / RUN, at=at)
    if found is not None:
        asked = checkpoints.together(found.run, asked, path, at=at)
    return asked, found


def require_resumable(folder: Path, asked: RunSpec) -> None:
    """Nothing where `asked` can go on in the folder, and is not shorter than the run there was to become.

    Raises:
        UserError: it cannot.
    """
    found, _ = found_in(folder, asked)
    if asked.length < found.length:
        raise checkpoints.too_short(folder, found.length)


def require_alike(folder: Path, run: RunSpec, found: Checkpoint | None, data: Data, threads: int) -> str:
    """What is to be said of a run that goes on with these data and threads, where it is not as if it had not stopped.

    Raises:
        ResumeError: it was trained on other pictures.
    """
    if found is None or not found.at:
        return ""
    title = run.network.title
    length = max(1, len(data.train) // run.recipe.batch)
    is_other = bool(found.steps) and found.steps[0].steps != length
    if (
        is_other
        or len(found.predicted) not in (0, len(data.test))
        or run.data_digest not in ("", data.digest)
    ):
        raise ResumeError(
            f"{title} in {folder} was trained on other pictures: give the same --data, or another --out."
        )
    if run.threads and threads and threads != run.threads:
        return (
            f"{title} was trained with {_counted(run.threads)} and goes on with {threads}: what it learns is not "
            "the same bit for bit."
        )
    if not run.data_digest:
        return f"Which pictures {title} was trained on was not written down: it goes on with these."
    return ""


def threads_of(folders: Iterable[Path]) -> int:
    """The processor threads that the runs in these folders had; 0: they differ, are not known, or exceed the cores."""
    known = {_known_threads(folder) for folder in folders} - {0}
    (threads,) = known if len(known) == 1 else (0,)
    return threads if threads <= (os.cpu_count() or 1) else 0


def _known_threads(folder: Path) -> int:
    try:
        return read_run(folder).threads
    except RunFileError:  # there is none, or it is refused where it begins
        return 0


def _counted(threads: int) -> str:
    return f"{threads} thread{'s' * (threads != 1)}"
