"""How folders of pictures are laid out as a data set, told by names alone: no picture is read, torch is not needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from resnet_viewer.media.pictures import PictureError, class_folders, pictures_in
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.story_words import joined

MOST_LEFT_OUT = 0.1
"""Of all pictures."""
_NAMED = 3
"""Files, or folders, that are named in a sentence."""


class DatasetError(UserError):
    """The pictures cannot be used as a data set; the message says why."""


class LeftOut:
    """Those of the `count` pictures in `folder` that cannot be read."""

    def __init__(self, folder: Path, count: int) -> None:
        self.paths: list[Path] = []
        self._folder, self._count = folder, count

    def __len__(self) -> int:
        return len(self.paths)

    def add(self, path: Path, error: PictureError) -> None:
        """Leave out the picture `path`, which was refused with `error`.

        Raises:
            PictureError: there was too little memory for it, which is no fault of the picture's.
            DatasetError: that makes more than one in ten.
        """
        if isinstance(error.__cause__, MemoryError):
            raise error
        self.paths.append(path)
        if len(self) > MOST_LEFT_OUT * self._count:
            raise DatasetError(
                f"More than one in ten of the {self._count} pictures in {self._folder} cannot be read "
                f"({self.names()}); mend or remove them."
            ) from error

    def names(self) -> str:
        """The first few, from the folder on."""
        return listed([path.relative_to(self._folder).as_posix() for path in self.paths])

    def remark(self) -> str:
        """What is left out, in a sentence; empty where nothing is."""
        if not self.paths:
            return ""
        are = "is" if len(self) == 1 else "are"
        return f"{len(self)} of {self._count} pictures cannot be read and {are} left out: {self.names()}."


def listed(names: Sequence[str]) -> str:
    """The first few: "a, b, c and 4 more"."""
    return joined(names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"])


def class_names_of(folder: Path) -> tuple[str, ...]:
    """The classes of a folder as `core.data.folder_data.load` will find them, without reading a picture.

    Raises:
        DatasetError: there is no such folder, it is not laid out as `load` wants it, or holds no pictures, a class to
            train on without any, or fewer than two classes; or it or a class has a name that is not text.
    """
    _require_text(folder)
    parts = [folder / "train", folder / "test"] if has_parts(folder) else [folder]
    names = [classes_in(part) for part in parts]
    for part, classes in zip(parts, names, strict=True):
        for name in classes:
            _require_text(part / name)
        if not any(pictures_in(part / name) for name in classes):
            raise without_pictures(part)
    if len(set(names)) > 1:
        raise DatasetError(
            f"The classes in {folder / 'train'} and {folder / 'test'} differ; name the same folders in both."
        )
    if empty := next((name for name in names[0] if not pictures_in(parts[0] / name)), ""):
        raise DatasetError(f"{parts[0] / empty} holds no pictures; fill that folder, or remove it.")
    if len(names[0]) < 2:
        raise DatasetError(
            f"{folder} holds one class, {names[0][0]}; give two or more, each a subfolder of pictures."
        )
    return names[0]


def has_parts(folder: Path) -> bool:
    """The folder is split into `train` and `test`, by whoever made it; else its subfolders are the classes.

    Raises:
        DatasetError: there is no such folder, or only one of the two.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 - it never raises
        near = get_close_matches(str(folder), NAMED, n=1)
        meant = f"did you mean {near[0]}? A data set" if near else "a data set"
        raise DatasetError(
            f"There is no folder {folder}; {meant} is a folder with train/<class>/ and test/<class>/, one with "
            f"<class>/ alone, or one of {', '.join(NAMED)}."
        )
    there = [part for part in ("train", "test") if os.path.isdir(folder / part)]  # noqa: PTH112
    if len(there) == 1:
        missing = "test" if there == ["train"] else "train"
        raise DatasetError(
            f"{folder} holds no folder called {missing}; a data set is train/<class>/ and test/<class>/, or <class>/ "
            "alone."
        )
    return bool(there)


def labelled_files(folder: Path) -> tuple[tuple[str, ...], list[tuple[Path, int]]]:
    """The classes of `<folder>/<class>/` in sorted order, and every picture with its class index.

    Raises:
        DatasetError: the folder is missing or holds no pictures in subfolders.
    """
    classes = classes_in(folder)
    files = [(path, label) for label, name in enumerate(classes) for path in pictures_in(folder / name)]
    if not files:
        raise without_pictures(folder)
    return classes, files


def require_folder(folder: Path) -> None:
    """Nothing where it is a folder.

    Raises:
        DatasetError: it is none.
    """
    if not os.path.isdir(folder):  # noqa: PTH112
        raise DatasetError(
            f"{folder} is not a folder; give one that holds a subfolder of pictures for each class."
        )


def classes_in(folder: Path) -> tuple[str, ...]:
    """The names of its subfolders, sorted; hidden ones are left out.

    Raises:
        DatasetError: it is no folder, or cannot be read.
    """
    require_folder(folder)
    try:
        return tuple(entry.name for entry in class_folders(folder))
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be read ({(error.strerror or type(error).__name__).lower()}); give another folder."
        ) from error


def _require_text(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:  # Python stands what is no UTF-8 in for by lone surrogates
        shown = str(path).encode(errors="replace").decode()
        raise DatasetError(
            f"The name of the folder {shown} is not written in UTF-8, and the files of a run cannot hold it; rename it."
        ) from error


def without_pictures(folder: Path) -> DatasetError:
    """The refusal of a folder that holds none."""
    return DatasetError(
        f"{folder} holds no pictures in subfolders; give one that holds a subfolder for each class."
    )
