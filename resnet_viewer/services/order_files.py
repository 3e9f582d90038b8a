"""What an order of the Train tab leaves in its folder beside the runs, and how it is found again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from resnet_viewer.media.files import make_folder, write_whole
from resnet_viewer.media.reading import read_json
from resnet_viewer.records.checking import decoded
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Order
from resnet_viewer.records.training import RunSpec

ORDER, RUN = "order.json", "run.json"
"""What an order leaves, and what each of its runs does; the latter as in `core.lab.run_files`, which imports torch."""

_LARGEST = 8 << 20
"""Bytes."""


class OrderFileError(UserError):
    """A folder holds no runs, or none that can go on."""


def write_order(order: Order) -> None:
    """Say in the folder which data the runs are trained on, where, and which they are, before they have their own.

    Raises:
        WriteError: it cannot be written.
    """
    make_folder(order.folder)
    data = order.data if order.data in NAMED else str(Path(order.data).absolute())
    runs = {key: asdict(run) for key, run in order.runs}
    said = {"data": data, "device": order.device, "runs": runs}
    write_whole(order.folder / ORDER, json.dumps(said, indent=1).encode())


def has_runs(folder: Path) -> bool:
    """Whether it is the folder of a run, or of several, or of an order for some; only names are looked at."""
    try:
        return any((folder / name).is_file() for name in (RUN, ORDER)) or any(folder.glob(f"*/{RUN}"))
    except OSError:
        return False


def read_order(folder: Path) -> Order:
    """The runs of a folder, or the one whose folder it is, to go on with, on the threads they had where that is known.

    Those that had not begun when a process was killed are those of the order.

    Raises:
        UserError: there are none, a file is damaged, or the data are unknown.
    """
    from resnet_viewer.core.lab.resuming import threads_of
    from resnet_viewer.core.lab.run_files import read_run

    folder = folder.absolute()
    try:
        found = sorted(part.parent for part in folder.glob(f"*/{RUN}"))
        is_one = not found and (folder / RUN).is_file()
        if is_one:
            folder, found = folder.parent, [folder]
    except OSError:
        found, is_one = [], False
    data, device, ordered = _said(folder)
    known = {part.name: read_run(part) for part in found}
    runs = tuple((known if is_one else ordered | known).items())
    if not runs:
        raise OrderFileError(f"{folder} holds no training runs; choose the folder that a start has made.")
    data = data or runs[0][1].data
    if data not in NAMED and not Path(data).is_dir():
        raise OrderFileError(
            f"The data of these runs, {data}, are not there any more; put the folder back first."
        )
    return Order(runs, data, folder, device, threads_of(found), is_resumed=True)


@dataclass(frozen=True)
class _Said:
    """What a start leaves in its folder; "" and nothing where it is not said, as beside runs without a window."""

    data: str = ""
    device: str = ""


def _said(folder: Path) -> tuple[str, str, dict[str, RunSpec]]:
    """Data and device, and the runs by key, by an older version none."""
    try:
        content: Any = read_json(
            folder / ORDER, most_bytes=_LARGEST, wanted="the folder of a start", refused=OrderFileError
        )
        runs = {key: decoded(RunSpec, run) for key, run in content.pop("runs", {}).items() if _is_name(key)}
        said = decoded(_Said, {name: content[name] for name in ("data", "device")})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return "", "", {}
        raise OrderFileError(
            f"{folder / ORDER} cannot be read; remove it to go on with named data."
        ) from error
    return said.data, said.device, runs


def _is_name(key: str) -> bool:
    """Whether it can be the name of a folder in another, and leads nowhere else."""
    return key not in ("", ".", "..") and not any(sign in key for sign in ("/", "\\", ":", "\0"))
