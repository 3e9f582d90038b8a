"""What our own safetensors files say about themselves, in their metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from resnet_viewer.records.data import NAMED
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.weights import TrainedHere


@dataclass(frozen=True)
class Card:
    """Network, preprocessing, class names and training, each empty or None where the file does not tell.

    `shortcut_strength` is how far all shortcuts were open in the training that left the weights, 1 where it does not.
    """

    network: str = ""
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()
    trained: TrainedHere | None = None
    shortcut_strength: float = 1.0


def card_of(metadata: Mapping[str, str]) -> Card:
    """Read the keys `network`, `mean`, `std`, `input_size`, `resize` (else as the input) and `classes`; and the lab's
    `data`, `recipe`, `epochs`, `epochs_done`, `seed` and `shortcut_strength`.

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
    if not (0 <= done <= epochs and 0 <= strength <= 1):
        return None
    title = NAMED[data].title if data in NAMED else data
    return TrainedHere(title, recipe, epochs, done, seed, strength)


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
