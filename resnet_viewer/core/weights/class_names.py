"""What a network's classes are called."""

from __future__ import annotations

import json
from pathlib import Path

from resnet_viewer.media.reading import read_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, DIGITS

_LARGEST_FILE = 8 << 20


class ClassNamesError(UserError):
    """A file does not hold the names of a network's classes."""


def imagenet() -> tuple[str, ...]:
    """The thousand classes of ImageNet, as torchvision names them."""
    from resnet_viewer.core.weights.published import look_up

    return look_up("resnet18", "IMAGENET1K_V1").class_names


def usual(spec: NetworkSpec) -> tuple[str, ...]:
    """The names of its data's classes where a network has that many classes; else none. An assumption.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> usual(spec("cifar-resnet-20"))[0]
        'airplane'
    """
    if not spec.has_usual_classes:
        return ()
    return {"CIFAR-10": CIFAR10_CLASSES, "MNIST": DIGITS}.get(spec.data) or imagenet()


def read(path: Path, classes: int | None = None) -> tuple[str, ...]:
    """Names from a text file, one a line, or from a JSON list of texts.

    Raises:
        ClassNamesError: it cannot be read, or holds another number of names than `classes`.
    """
    try:
        wanted = "a file with the names of the classes"
        data = read_whole(path, most_bytes=_LARGEST_FILE, wanted=wanted, refused=ClassNamesError)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClassNamesError(f"{path.name} is not text in UTF-8: save the class names as text.") from error
    names = _listed(text, path) if text.lstrip().startswith("[") else _lines(text)
    if not names:
        raise ClassNamesError(f"{path.name} holds no names: write one a line, or a JSON list.")
    if classes is not None and len(names) != classes:
        raise ClassNamesError(
            f"{path.name} has {len(names)} names, and the network has {classes} classes: they must agree."
        )
    return names


def _lines(text: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _listed(text: str, path: Path) -> tuple[str, ...]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ClassNamesError(
            f"{path.name} begins as a JSON list but is not one: mend it, or write one name a line."
        ) from error
    if not (isinstance(found, list) and all(isinstance(name, str) for name in found)):
        raise ClassNamesError(f"{path.name} must be a JSON list of texts, or have one name a line.")
    return tuple(found)
