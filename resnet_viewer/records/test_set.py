"""Many pictures at once: which ones (a test set), how many a network gets wrong (the error meter), and how surely.

A `TestSet` says which pictures, a `MeasureSet` asks what two states of networks take them for, and `SetReading`s answer
it: partial ones first, in which some pictures were not seen yet, then a complete one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.checking import ArgumentError, require_ranges, require_types
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.question import Request

Integers = NDArray[np.int64]
Shares = NDArray[np.float32]

TestSetKind = Literal["crops", "folder", "digits", "cifar10", "run"]
"""Crops of the bundled pictures, a folder of pictures, the bundled digits, CIFAR-10's test pictures, or those that the
training run in a folder keeps for testing."""
USUAL_SAMPLE = 300
LARGEST_SAMPLE = 10_000_000
THUMBNAIL = 48
"""Side of a picture's thumbnail, in pixels."""
NOT_SEEN = -1
"""In the place of a class: the picture did not go through the network yet."""
ALIKE = 0.01
"""Where no class's probability differs by as much between any two pictures, all look alike to the network."""
_QUANTILE = 1.959963984540054
"""Of the normal distribution: 95 % lie between it and its negative."""
_TITLES: dict[TestSetKind, str] = {
    "crops": "crops of the bundled pictures",
    "folder": "",
    "digits": "test digits (bundled)",
    "cifar10": "CIFAR-10's test pictures",
    "run": "",
}


@dataclass(frozen=True)
class TestSet:
    """Pictures to measure networks with, none of them read yet.

    `folder` is the folder of pictures, by class or not, or the training run's; None for the other kinds. Of more than
    `sample` pictures so many are drawn at random by `seed`, every picture with the same chance; None takes all. The
    same set gives the same pictures in the same order, which is that of the drawing, so that the first few of them are
    a random sample, too.

    Raises:
        ArgumentError: a field is of another type or range, or the folder is missing, or one too many.
    """

    kind: TestSetKind = "crops"
    folder: Path | None = None
    sample: int | None = USUAL_SAMPLE
    seed: int = 0

    def __post_init__(self) -> None:
        require_types(self)
        require_ranges(self, seed=(0, LARGEST_SEED))
        if self.sample is not None:
            require_ranges(self, sample=(1, LARGEST_SAMPLE))
        if (self.folder is not None) != (self.kind in ("folder", "run")):
            wanted = "a folder" if self.folder is None else f"left out for {self.kind}"
            raise ArgumentError("folder", wanted, self.folder)

    @staticmethod
    def named(name: str, sample: int | None, seed: int) -> TestSet:
        """The "crops", "digits" or "cifar10", or those in the folder of that name; raises as making one does."""
        kind = next((kind for kind, title in _TITLES.items() if title and kind == name), None)
        return (
            TestSet("folder", Path(name), sample, seed) if kind is None else TestSet(kind, None, sample, seed)
        )

    @property
    def title(self) -> str:
        """What it is called on screen."""
        if self.folder is None:
            return _TITLES[self.kind]
        name = self.folder.name or str(self.folder)
        return name if self.kind == "folder" else f"test pictures of run {name}"


CROPS = TestSet()
"""What there is to measure with before anybody has chosen anything, offline too."""


@dataclass(frozen=True)
class MeasureSet(Request, newest_only=True):
    """Of low priority: which classes two states of networks give a test set. Answered by SetReadings, the last one
    complete; by Progress while pictures are still being read, before the first of them.
    """

    test_set: TestSet
    now: NetworkState
    reference: NetworkState


@dataclass(frozen=True, eq=False)
class SetPictures:
    """The N pictures of a test set as they were read; arrays are read-only and shared."""

    names: tuple[str, ...]
    """Each once; of a file its path from the folder on, with slashes."""
    paths: tuple[Path | None, ...]
    """None for a picture that has no file of its own."""
    labels: Integers | None
    """(N,), indices of the network's classes; None where the true classes are not known, or are not the network's."""
    class_names: tuple[str, ...] = ()
    """Of the network; empty where they are not known."""
    thumbnails: NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((0, THUMBNAIL, THUMBNAIL, 3), np.uint8), repr=False
    )
    """(N, 48, 48, 3): the centred square that the network sees of each; (0, 48, 48, 3) where nobody wants them."""
    total: int = 0
    """Pictures that the set was drawn from."""
    left_out: tuple[str, ...] = ()
    """Names of pictures that were drawn and cannot be read."""
    remark: str = ""
    """What one should know about how they were read, in sentences; empty where that is nothing."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        return self.thumbnails.nbytes + (0 if self.labels is None else self.labels.nbytes)


@dataclass(frozen=True, eq=False)
class SetSide:
    """What one state of a network takes N pictures for; arrays are read-only.

    A picture that was not seen yet has class `NOT_SEEN` and zeros. One whose logits are not finite has the class after
    the last, which is none, and counts as wrong.
    """

    predicted: Integers
    """(N,), the highest class."""
    probability: Shares
    """(N,), of that class, from 0 to 1."""
    right: Shares | None = None
    """(N,), the probability of the true class; None where true classes are not known."""
    truth: Integers | None = field(default=None, repr=False)
    """(N,), what `predicted` is compared with: the true class, or the one that the reference gives, which may not be
    known yet (`NOT_SEEN`). None where there is nothing to compare with: the reference itself without true classes."""
    spread: float | None = None
    """The most that the probability of any one class differs between two of the pictures seen; None before two."""

    @property
    def seen(self) -> int:
        """Pictures that went through the network."""
        return int((self.predicted != NOT_SEEN).sum())

    @property
    def compared(self) -> int:
        """Pictures whose class can be held against another one."""
        return int(self._is_compared.sum())

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """(N,), True where a picture was seen and has another class than it should; without labels, than it has in the
        reference."""
        if self.truth is None:
            return np.zeros(len(self.predicted), np.bool_)
        found: NDArray[np.bool_] = self._is_compared & (self.predicted != self.truth)
        return found

    @property
    def error(self) -> float | None:
        """Percent of wrong pictures; without labels of those that disagree with the reference. None before any, and for
        the reference without labels."""
        return 100.0 * int(self.wrong.sum()) / self.compared if self.compared else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of `error`, in percent."""
        if not self.compared:
            return None
        low, high = wilson(int(self.wrong.sum()), self.compared)
        return 100.0 * low, 100.0 * high

    @property
    def mean_right(self) -> float | None:
        """The mean probability of the true class over the pictures seen, from 0 to 1; None where that is not known."""
        if self.right is None or not self.seen:
            return None
        return float(self.right[self.predicted != NOT_SEEN].astype(np.float64).mean())

    @property
    def is_alike(self) -> bool:
        """Whether the network gives every picture seen, of two or more, the same answer: one class, or probabilities
        that differ by less than a hundredth."""
        given = self.predicted[self.predicted != NOT_SEEN]
        if len(given) < 2:
            return False
        is_one_class = bool((given == given[0]).all())
        return is_one_class or (self.spread is not None and self.spread < ALIKE)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        arrays = (self.predicted, self.probability, self.right, self.truth)
        return sum(array.nbytes for array in arrays if array is not None)

    @cached_property
    def _is_compared(self) -> NDArray[np.bool_]:
        if self.truth is None:
            return np.zeros(len(self.predicted), np.bool_)
        found: NDArray[np.bool_] = (self.predicted != NOT_SEEN) & (self.truth != NOT_SEEN)
        return found


@dataclass(frozen=True, eq=False)
class SetReading:
    """What the error meter shows: a test set seen by two states of networks, so far."""

    request: MeasureSet
    pictures: SetPictures
    now: SetSide
    reference: SetSide
    is_complete: bool = True
    kept_bytes: int = 0
    """Of activations that are kept, so that the next change of a gate costs only what lies behind it."""
    kept_blocks: int = 0
    """Blocks whose inputs are kept, at each of the pictures."""

    @property
    def has_labels(self) -> bool:
        """Whether errors are against true classes; else against the reference's."""
        return self.pictures.labels is not None

    @property
    def nbytes(self) -> int:
        """Memory that this reading keeps alive, in bytes."""
        return self.pictures.nbytes + self.now.nbytes + self.reference.nbytes

    def table(self, *, has_reference: bool = True) -> list[dict[str, Any]]:
        """For each picture its name and path, true class, predicted class now, its probability and that of the true
        one; then the same of the reference. None where something is not known; classes by name where they have names.
        """
        sides = {"": self.now, "reference_": self.reference} if has_reference else {"": self.now}
        labels = self.pictures.labels
        rows = []
        for i, (name, path) in enumerate(zip(self.pictures.names, self.pictures.paths, strict=True)):
            row: dict[str, Any] = {
                "picture": name,
                "path": None if path is None else str(path),
                "true": None if labels is None else self.class_name(int(labels[i])),
            }
            for prefix, side in sides.items():
                is_seen = side.predicted[i] != NOT_SEEN
                row[f"{prefix}predicted"] = self.class_name(int(side.predicted[i])) if is_seen else None
                row[f"{prefix}probability"] = float(side.probability[i]) if is_seen else None
                row[f"{prefix}probability_of_true"] = (
                    float(side.right[i]) if is_seen and side.right is not None else None
                )
            rows.append(row)
        return rows

    def class_name(self, index: int) -> str:
        """The class's name; its number where names are not known; "none" for the class after the last."""
        if index >= self.request.now.network.classes:
            return "none"
        names = self.pictures.class_names
        return names[index] if index < len(names) else str(index)


def wilson(wrong: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `wrong` of `count` independent pictures were found (Wilson 1927).

    `(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)` with p = wrong/n and z = 1.96: where the share that was found
    is just as far from the true one as chance takes it in 5 of 100 samples. It needs no true share between 0 and 1.

    Raises:
        ValueError: no pictures, or fewer than are wrong.

    Example:
        >>> [round(bound, 4) for bound in wilson(0, 10)]
        [0.0, 0.2775]
    """
    if not 0 <= wrong <= count or count == 0:
        raise ValueError(f"{wrong} of {count} pictures is no share")
    share, square = wrong / count, _QUANTILE**2 / count
    middle = share + square / 2
    half = _QUANTILE * math.sqrt(share * (1 - share) / count + square / (4 * count))
    low, high = ((middle + sign * half) / (1 + square) for sign in (-1, 1))
    return max(0.0, low) if wrong else 0.0, min(1.0, high) if wrong < count else 1.0
