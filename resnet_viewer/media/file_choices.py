"""What the user chose for a weight file because the file does not tell it, kept by the file's SHA-256.

One small JSON file for each, so that two windows never overwrite each other's choices.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from resnet_viewer import paths
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.preprocessing import Preprocessing

_VERSION = 1


@dataclass(frozen=True)
class FileChoices:
    """None or empty where nothing was chosen. `network` is a name of the catalog."""

    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    network: str = ""


def remembered(digest: str, folder: Path | None = None) -> FileChoices:
    """What was chosen for the file with this digest; nothing where nothing was, or the record is damaged.

    `folder` is the settings' folder, this user's by default.
    """
    try:
        record = json.loads(_path(digest, folder).read_text(encoding="utf-8"))
        if record["version"] != _VERSION:
            return FileChoices()
        names = record["class_names"]
        if not (isinstance(names, list) and isinstance(record["network"], str)):
            return FileChoices()
        told = record["preprocessing"]
        preprocessing = None if told is None else Preprocessing.checked(**told)
        return FileChoices(preprocessing, tuple(map(str, names)), record["network"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return FileChoices()


def remember(digest: str, choices: FileChoices, folder: Path | None = None) -> None:
    """Keep the choices for that file from now on, in place of earlier ones.

    Raises:
        WriteError: they cannot be written.
        ValueError: `digest` is not a SHA-256 in hexadecimal.
    """
    record = {"version": _VERSION, **asdict(choices)}
    data = (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode()
    write_whole(_path(digest, folder), data, makes_folder=True)


def _path(digest: str, folder: Path | None) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError("a digest is 64 hexadecimal digits")
    return (folder or paths.settings_dir()) / "weight-files" / f"{digest}.json"
