"""What is known of a weight file besides its numbers: what it says itself, and what the user chose for it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from resnet_viewer import paths
from resnet_viewer.media.files import write_whole
from resnet_viewer.media.reading import ReadError, read_whole
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.weights import TrainedHere

log = logging.getLogger(__name__)
_VERSION = 1
_MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class Card:
    """What our own safetensors files say about themselves, in their metadata: network, preprocessing, class names and
    training, each empty or None where the file does not tell.

    `shortcut_strength` is how far all shortcuts were open in the training that left the weights, 1 where it does not.
    """

    network: str = ""
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    trained: TrainedHere | None = None
    shortcut_strength: float = 1.0

    def with_choices(self, chosen: Card) -> Card:
        """The same with the network, preprocessing and class names that were chosen, in place of the file's."""
        return replace(
            self,
            network=chosen.network or self.network,
            preprocessing=chosen.preprocessing or self.preprocessing,
            class_names=chosen.class_names or self.class_names,
        )


def card_of(metadata: Mapping[str, str]) -> Card:
    """Read the keys `network`, `mean`, `std`, `input_size`, `resize` (else as the input) and `classes`; and the lab's
    `data`, `recipe`, `epochs`, `epochs_done`, `seed`, `shortcut_strength` and `survival`.

    What is missing or makes no sense counts as not told.
    """
    classes = _json(metadata.get("classes"))
    names = tuple(map(str, classes)) if isinstance(classes, list) else ()
    strength = _json(metadata.get("shortcut_strength"))
    if not isinstance(strength, int | float) or not 0.0 <= strength <= 1.0:
        strength = 1.0
    return Card(
        metadata.get("network", ""), _preprocessing(metadata), names, _trained(metadata), float(strength)
    )


def _trained(metadata: Mapping[str, str]) -> TrainedHere | None:
    try:
        data, recipe = metadata["data"][:60], metadata["recipe"][:60]
        epochs, seed = int(metadata["epochs"]), int(metadata["seed"])
        done, strength = float(metadata["epochs_done"]), float(metadata["shortcut_strength"])
    except (KeyError, ValueError):
        return None
    survival = _json(metadata.get("survival", "1"))
    if not (0 <= done <= epochs and 0 <= strength <= 1) or not isinstance(survival, int | float):
        return None
    title = NAMED[data].title if data in NAMED else data
    return TrainedHere(title, recipe, epochs, done, seed, strength, float(survival))


def _preprocessing(metadata: Mapping[str, str]) -> Preprocessing | None:
    mean, std = _json(metadata.get("mean")), _json(metadata.get("std"))
    size = _json(metadata.get("input_size"))
    resize = _json(metadata.get("resize", metadata.get("input_size")))
    try:
        return Preprocessing.checked(resize=resize, crop=size, mean=mean, std=std)
    except ValueError:
        return None


def _json(text: str | None) -> object:
    try:
        found: object = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return found


def remembered(digest: str, folder: Path | None = None) -> Card:
    """What the user chose for the file with this digest because the file does not tell it: network, preprocessing and
    class names; nothing where nothing was chosen, or the record is damaged.

    `folder` is the settings' folder, this user's by default.
    """
    try:
        text = read_whole(_path(digest, folder), most_bytes=_MOST_BYTES, wanted="what was chosen for a file")
    except (ValueError, ReadError) as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            log.info("nothing is remembered for a weight file: %s", error)
        return Card()
    try:
        record = json.loads(text)
        if record["version"] != _VERSION:
            raise ValueError("another version wrote it")
        names, network, told = record["class_names"], record["network"], record["preprocessing"]
        if not (isinstance(names, list) and all(isinstance(name, str) for name in (network, *names))):
            raise ValueError("names are no texts")
        preprocessing = None if told is None else Preprocessing.checked(**told)
        return Card(network, preprocessing, tuple(names))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        log.info("what is remembered for the weight file %.8s… does not fit: %.120s", digest, error)
        return Card()


def remember(digest: str, choices: Card, folder: Path | None = None) -> None:
    """Keep these choices for that file from now on, in place of earlier ones: in a file of their own, so that two
    windows never overwrite each other's.

    Raises:
        WriteError: they cannot be written.
        ValueError: `digest` is not a SHA-256 in hexadecimal.
    """
    told = asdict(choices)
    record = {"version": _VERSION} | {
        part: told[part] for part in ("preprocessing", "class_names", "network")
    }
    data = (json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode()
    write_whole(_path(digest, folder), data, makes_folder=True)


def _path(digest: str, folder: Path | None) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError("a digest is 64 hexadecimal digits")
    return (folder or paths.settings_dir()) / "weight-files" / f"{digest}.json"
