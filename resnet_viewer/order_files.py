"""What an order of the Train tab leaves in its folder beside the runs, and how it is found again."""

from __future__ import annotations

import json
from pathlib import Path

from resnet_viewer.media.files import make_folder, write_whole
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Order

ORDER, RUN = "order.json", "run.json"
"""What an order leaves, and what each of its runs does; the latter as in `core.run_files`, which imports torch."""


class OrderFileError(UserError):
    """A folder holds no runs, or none that can go on."""


def write_order(order: Order) -> None:
    """Say in the folder which data the runs are trained on, and where.

    Raises:
        WriteError: it cannot be written.
    """
    make_folder(order.folder)
    data = order.data if order.data in NAMED else str(Path(order.data).absolute())
    said = {"data": data, "device": order.device}
    write_whole(order.folder / ORDER, json.dumps(said, indent=1).encode())


def has_runs(folder: Path) -> bool:
    """Whether it is the folder of a run, or of several; only names are looked at."""
    try:
        return (folder / RUN).is_file() or any(folder.glob(f"*/{RUN}"))
    except OSError:
        return False


def read_order(folder: Path) -> Order:
    """The runs of a folder, or the one whose folder it is, to go on with, on the threads they had where that is known.

    Raises:
        UserError: there are none, a file is damaged, or the data are unknown.
    """
    from resnet_viewer.core.resuming import threads_of
    from resnet_viewer.core.run_files import read_run

    folder = folder.absolute()
    try:
        found = sorted(part.parent for part in folder.glob(f"*/{RUN}"))
        if not found and (folder / RUN).is_file():
            folder, found = folder.parent, [folder]
    except OSError:
        found = []
    if not found:
        raise OrderFileError(f"{folder} holds no training runs; choose the folder that a start has made.")
    runs = tuple((part.name, read_run(part)) for part in found)
    data, device = _said(folder)
    data = data or runs[0][1].data
    if data not in NAMED and not Path(data).is_dir():
        raise OrderFileError(
            f"The data of these runs, {data}, are not there any more; put the folder back first."
        )
    return Order(runs, data, folder, device, threads_of(found), is_resumed=True)


def _said(folder: Path) -> tuple[str, str]:
    """Data and device; empty where nothing is said, as beside runs without a window."""
    try:
        content = json.loads((folder / ORDER).read_bytes())
        data, device = content["data"], content["device"]
    except FileNotFoundError:
        return "", ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OrderFileError(
            f"{folder / ORDER} cannot be read; remove it to go on with named data."
        ) from error
    if not (isinstance(data, str) and isinstance(device, str)):
        raise OrderFileError(f"{folder / ORDER} cannot be read; remove it to go on with named data.")
    return data, device
