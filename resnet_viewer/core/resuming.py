"""How a run goes on from what its folder holds of it, when it is asked for again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_viewer.core import checkpoints
from resnet_viewer.core.checkpoints import Checkpoint
from resnet_viewer.core.run_files import CHECKPOINT, RUN, read_run
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
