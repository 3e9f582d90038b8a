"""The pictures of a test set: listed, drawn, read, and cut to what a network sees.

The order of events: `draw` finds out which pictures there are and draws the sample, none of them read; `prepared` reads
one after the other and keeps of each the square that networks see, as bytes, and a thumbnail. Both yield every few
milliseconds, so that somebody else's turn can come.
"""

from __future__ import annotations

import heapq
import os
import random
import time
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_viewer import paths
from resnet_viewer.core.data import named_data, sources
from resnet_viewer.core.data.datasets import PictureSet
from resnet_viewer.core.data.folder_data import split
from resnet_viewer.core.data.picture_folders import (
    DatasetError,
    LeftOut,
    class_names_of,
    has_parts,
    labelled_files,
)
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.core.preprocessing import squared
from resnet_viewer.media.pictures import PictureError, extensions, pictures_in, read
from resnet_viewer.records.data import NAMED, data_title
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.story_words import counted, thousands
from resnet_viewer.records.test_set import THUMBNAIL, USUAL_SAMPLE, SetPictures, TestSet

MOST_LISTED = 2_000_000
"""Entries of a folder, and of all its subfolders together; ImageNet has 1.3 million training pictures."""
_GIVE = "give a folder of pictures, or of a subfolder for each class."
_TURN = 0.004
"""Seconds of work between two yields; a large photograph alone takes longer."""
_LEAST_SHARE = 0.3
"""Of a picture's shorter side: the smallest crop."""

Bytes = NDArray[np.uint8]
Labelled = Literal["by folder", "by set"]
"""Whose classes these are: folders', which may mean a network's classes or be none, or a named data set's."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """N pictures in the order of their drawing, none of them read yet."""

    names: tuple[str, ...]
    paths: tuple[Path | None, ...]
    read: Callable[[int], Picture] = field(repr=False)
    """The picture at that place; raises PictureError."""
    kinds: NDArray[np.int64] | None
    """(N,), the class of each among `classes`; None where there are none."""
    classes: tuple[str, ...]
    total: int
    """Pictures that these were drawn from."""
    labelled: Labelled = "by folder"
    folder: Path = Path()
    """Which the names begin from."""
    remark: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def part(self, places: range) -> Drawn:
        """Some of them."""
        chosen = slice(places.start, places.stop)
        return replace(
            self,
            names=self.names[chosen],
            paths=self.paths[chosen],
            read=lambda place: self.read(places[place]),
            kinds=None if self.kinds is None else self.kinds[chosen],
        )


@dataclass(frozen=True, eq=False)
class Prepared:
    """Those of a test set's pictures that can be read, as networks with one preprocessing see them."""

    pictures: SetPictures
    """Without labels, which are a network's."""
    pixels: Bytes = field(repr=False)
    """(N, S, S, C), before they are scaled and normalised."""
    kinds: NDArray[np.int64] | None
    in_question: int = 0
    """Pictures of 16 bits that may have 12."""

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes."""
        return self.pixels.nbytes + self.pictures.nbytes


def draw(test_set: TestSet, *, wants_twelve_bits: bool = False) -> Generator[None, None, Drawn]:
    """Find the pictures of a test set and draw its sample.

    Raises:
        DatasetError: there are none, the folder cannot be read or holds too much, or a data set is not here.
        RunFileError: the folder holds no training run.

    Example:
        >>> *_, = steps = draw(TestSet("digits", sample=3))
    """
    match test_set.kind:
        case "crops":
            return _crops(test_set)
        case "digits":
            return _of_set(named_data.digits().test, test_set)
        case "cifar10":
            return _of_set(_named("cifar10"), test_set)
        case "folder":
            assert test_set.folder is not None
            return (yield from _of_folder(test_set.folder, test_set, wants_twelve_bits=wants_twelve_bits))
        case "run":
            return (yield from _of_run(test_set))


def prepared(
    drawn: Drawn,
    preprocessings: Sequence[Preprocessing],
    *,
    has_thumbnails: bool = True,
    left_out: LeftOut | None = None,
) -> Generator[int, None, tuple[Prepared, ...]]:
    """Read pictures, and cut them as each of several preprocessings does, which may differ in their normalisation.

    Yields how many were read, every few milliseconds. What cannot be read is left out and named; `left_out` is given
    where these are part of more pictures.

    Raises:
        DatasetError: more than one in ten cannot be read.
        PictureError: there is too little memory for a picture.
        ValueError: a preprocessing is for neither 1 nor 3 channels.
    """
    shapes = [(each.crop, each.crop, len(each.mean)) for each in preprocessings]
    pixels = [np.empty((len(drawn), *shape), np.uint8) for shape in shapes]
    thumbnails = np.empty((len(drawn) if has_thumbnails else 0, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    if left_out is None:
        left_out = LeftOut(drawn.folder, len(drawn))
    there: list[int] = []
    in_question, begun = 0, time.perf_counter()
    for place in range(len(drawn)):
        try:
            picture = drawn.read(place)
        except PictureError as error:
            left_out.add(drawn.paths[place] or drawn.folder / drawn.names[place], error)
        else:
            in_question += picture.may_have_twelve_bits
            for found, preprocessing in zip(pixels, preprocessings, strict=True):
                found[len(there)] = squared(picture, preprocessing)
            if has_thumbnails:
                thumbnails[len(there)] = _thumbnail(pixels[0][len(there)])
            there.append(place)
        if time.perf_counter() - begun > _TURN:
            yield place + 1
            begun = time.perf_counter()
    count = len(there)
    is_there = set(there)
    pictures = SetPictures(
        names=tuple(drawn.names[place] for place in there),
        paths=tuple(drawn.paths[place] for place in there),
        labels=None,
        thumbnails=_frozen(thumbnails[:count]),
        total=drawn.total,
        left_out=tuple(name for place, name in enumerate(drawn.names) if place not in is_there),
        remark=" ".join(filter(None, (drawn.remark, left_out.remark(), twelve_bits_remark(in_question)))),
    )
    kinds = None if drawn.kinds is None else drawn.kinds[there]
    return tuple(Prepared(pictures, _frozen(found[:count]), kinds, in_question) for found in pixels)


def twelve_bits_remark(count: int) -> str:
    """A sentence; empty where nothing is in question."""
    if not count:
        return ""
    return f"{counted(count, 'picture').capitalize()} with 16 bits a pixel use no more than 12 of them and are dark."


def _thumbnail(square: Bytes) -> Bytes:
    """(S, S, C) -> (48, 48, 3): means of pixels, or the pixels themselves where there are fewer."""
    image = Image.fromarray(square[..., 0] if square.shape[2] == 1 else square).convert("RGB")
    way = Image.Resampling.BOX if square.shape[0] > THUMBNAIL else Image.Resampling.NEAREST
    return np.asarray(image.resize((THUMBNAIL, THUMBNAIL), way))


def _frozen(array: Bytes) -> Bytes:
    array.flags.writeable = False
    return array


def _order(count: int, test_set: TestSet) -> list[int]:
    """The drawn places among `count`: by keys of Python's own generator, whose numbers are promised never to change."""
    number = random.Random(test_set.seed).random
    keys = [number() for _ in range(count)]
    sample = count if test_set.sample is None else min(count, test_set.sample)
    return heapq.nsmallest(sample, range(count), key=keys.__getitem__)


def _crops(test_set: TestSet) -> Drawn:
    """Squares of the bundled pictures in turns, from three tenths of the shorter side to all of it, anywhere."""
    found = pictures_in(paths.asset("pictures"))
    whole = cache(read)
    number = random.Random(test_set.seed).random
    count = test_set.sample or USUAL_SAMPLE
    drawn = [(found[i % len(found)], number(), number(), number()) for i in range(count)]

    def crop(place: int) -> Picture:
        path, share, across, down = drawn[place]
        picture = whole(path)
        shorter = min(picture.width, picture.height)
        side = round(shorter * (_LEAST_SHARE + (1 - _LEAST_SHARE) * share))
        left, top = round(across * (picture.width - side)), round(down * (picture.height - side))
        pixels = picture.pixels[top : top + side, left : left + side]
        return Picture.of(pixels.copy(), name=f"{path.stem}, crop {place + 1}")

    names = tuple(f"{path.stem}, crop {place}" for place, (path, *_) in enumerate(drawn, 1))
    return Drawn(names, (None,) * count, crop, None, (), count, folder=paths.asset("pictures"))


def _of_set(pictures: PictureSet, test_set: TestSet, remark: str = "") -> Drawn:
    """Of pictures in memory."""
    order = _order(len(pictures), test_set)
    names = tuple(f"test picture {place + 1}" for place in order)

    def taken(place: int) -> Picture:
        planes = pictures.images[order[place]].numpy()  # (C, S, S)
        pixels = np.repeat(planes, 3, 0) if len(planes) == 1 else planes
        return Picture.of(np.ascontiguousarray(pixels.transpose(1, 2, 0)), name=names[place])

    return Drawn(
        names,
        (None,) * len(order),
        taken,
        pictures.labels.numpy()[order],
        pictures.classes,
        len(pictures),
        "by set",
        remark=remark,
    )


def _named(name: str) -> PictureSet:
    """The test pictures of a named data set that is on this computer.

    Raises:
        DatasetError: it is not.
    """
    if name == "digits":
        return named_data.digits().test
    if sources.files_in(folder := named_data.cache_folder(), name) is None:
        raise DatasetError(
            f"{NAMED[name].title} is not on this computer: get it first, or choose another test set."
        )
    return named_data.load_part(folder, name, is_train=False)


def _of_run(test_set: TestSet) -> Generator[None, None, Drawn]:
    """What a training run was tested on: the set's own test pictures, or the fifth of a folder that was kept for it."""
    assert test_set.folder is not None
    run = read_run(test_set.folder)
    yield
    if run.data in NAMED:
        return _of_set(_named(run.data), test_set)
    folder = Path(run.data)
    if not os.path.isdir(folder):  # noqa: PTH112 - it never raises
        raise DatasetError(
            f"The pictures that {test_set.folder.name} was trained on, {folder}, are not there any more: choose "
            "another test set."
        )
    if sources.name_in(folder) is not None or has_parts(folder):
        return (yield from _of_folder(folder, test_set))
    classes = class_names_of(folder)
    yield
    _, kept = split(labelled_files(folder)[1], classes, folder.name, seed=0)
    return _of_files(folder, classes, [kept[place] for place in _order(len(kept), test_set)], len(kept))


def _of_folder(
    folder: Path, test_set: TestSet, *, wants_twelve_bits: bool = False
) -> Generator[None, None, Drawn]:
    """Pictures by class, or beside each other; a data set's own files; of train and test, test."""
    if not os.path.isdir(folder):  # noqa: PTH112 - it never raises
        raise DatasetError(f"{folder} is not a folder; {_GIVE}")
    if (name := sources.name_in(folder)) is not None:
        return _of_set(named_data.load_part(folder, name, is_train=False), test_set)
    listing = _Listing(folder)
    remark = ""
    classes, beside = yield from listing.scan(folder)
    if {"train", "test"} <= set(classes):
        remark = f"Of {data_title(str(folder))} the part test is taken."
        folder = folder / "test"
        classes, beside = yield from listing.scan(folder)
    by_class: list[list[str]] = []
    for name in classes:
        by_class.append((yield from listing.scan(folder / name))[1])
    if any(by_class):
        folders = [folder / name for name in classes]
    else:
        classes, by_class, folders = [], [beside], [folder]
    ends = list(accumulate(map(len, by_class)))
    if not ends[-1]:
        raise DatasetError(f"{folder} holds no pictures; {_GIVE}")
    files = []
    for place in _order(ends[-1], test_set):
        kind = bisect_right(ends, place)
        files.append((folders[kind] / by_class[kind][place - ends[kind]], kind))  # from the end of its class
    return _of_files(folder, tuple(classes), files, ends[-1], remark, wants_twelve_bits=wants_twelve_bits)


def _of_files(
    folder: Path,
    classes: tuple[str, ...],
    files: Sequence[tuple[Path, int]],
    total: int,
    remark: str = "",
    *,
    wants_twelve_bits: bool = False,
) -> Drawn:
    """Files that were drawn, with the numbers of their classes."""
    found = tuple(path for path, _ in files)
    return Drawn(
        tuple(path.relative_to(folder).as_posix() for path in found),
        found,
        lambda place: read(found[place], wants_twelve_bits=wants_twelve_bits),
        np.array([kind for _, kind in files], np.int64) if classes else None,
        classes,
        total,
        folder=folder,
        remark=remark,
    )


class _Listing:
    """What folders hold, no more entries of all of them together than `MOST_LISTED`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._seen = folder, 0

    def scan(self, folder: Path) -> Generator[None, None, tuple[list[str], list[str]]]:
        """The names of its subfolders and of its picture files, sorted; hidden ones are left out.

        Raises:
            DatasetError: it cannot be read, or there are too many entries.
        """
        endings = extensions()
        folders: list[str] = []
        pictures: list[str] = []
        begun = time.perf_counter()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._seen += 1
                    if self._seen > MOST_LISTED:
                        raise DatasetError(
                            f"{self._folder} holds more than {thousands(MOST_LISTED)} files: choose a smaller folder."
                        )
                    name = entry.name
                    if name.startswith("."):
                        continue
                    if entry.is_dir():
                        folders.append(name)
                    elif name.lower().endswith(endings) and entry.is_file():
                        pictures.append(name)
                    if time.perf_counter() - begun > _TURN:
                        yield
                        begun = time.perf_counter()
        except OSError as error:
            raise DatasetError(
                f"{folder} cannot be read ({(error.strerror or type(error).__name__).lower()}); choose another folder."
            ) from error
        return sorted(folders), sorted(pictures)
