"""What the user chose for a weight file because the file does not tell it, kept by the file's SHA-256.

One small JSON file for each, so that two windows never overwrite each other's choices.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from resnet_viewer import paths
from resnet_viewer.media.files import write_whole
from resnet_viewer.media.reading import ReadError, read_whole
from resnet_viewer.records.preprocessing import Preprocessing

_VERSION = 1
_MOST_BYTES = 4_000_000
log = logging.getLogger(__name__)


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
        text = read_whole(_path(digest, folder), most_bytes=_MOST_BYTES, wanted="what was chosen for a file")
    except (ValueError, ReadError) as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            log.info("nothing is remembered for a weight file: %s", error)
        return FileChoices()
    try:
        record = json.loads(text)
        if record["version"] != _VERSION:
            raise ValueError("another version wrote it")
        names, network, told = record["class_names"], record["network"], record["preprocessing"]
        if not (isinstance(names, list) and all(isinstance(name, str) for name in (network, *names))):
            raise ValueError("names are no texts")
        preprocessing = None if told is None else Preprocessing.checked(**told)
        return FileChoices(preprocessing, tuple(names), network)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        log.info("what is remembered for the weight file %.8s… does not fit: %.120s", digest, error)
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
