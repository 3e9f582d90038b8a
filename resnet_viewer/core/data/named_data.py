"""Data sets by name: the digits that travel with the program, and torchvision's, downloaded when asked for.

Files are kept as torchvision keeps them, so either finds what the other has downloaded. A download is read from the
network as bytes, checked by torchvision's MD5, unpacked beside its place, and put there whole or not at all; a
second program doing the same at the same time gets there too.
"""

from __future__ import annotations

import gzip
import secrets
import shutil
import tarfile
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resnet_viewer import paths
from resnet_viewer.core.data import sources
from resnet_viewer.core.data.datasets import Data, PictureSet
from resnet_viewer.core.data.folder_data import TEST_SHARE, load
from resnet_viewer.core.data.picture_folders import DatasetError, class_names_of
from resnet_viewer.media.downloads import DownloadError, download
from resnet_viewer.media.files import WriteError, refusal, write_whole
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, DIGITS, FASHION_CLASSES

_FORGOTTEN_AFTER = 24 * 3600.0
"""Seconds: no download takes as long without a new file."""
_INSTEAD = "give a folder that holds its files"
_CAUTION: dict[str, Any] = (
    {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
)  # from Python 3.11.4 on


def read_named(name: str, *, cache: Path | None = None) -> Iterator[Progress | Data]:
    """A data set of `records.data.NAMED`; torchvision's are kept in `cache` (by default this user's cache folder).

    Progress is in bytes while files are downloaded, and while archives are unpacked. Closing the generator leaves
    nothing unfinished behind.

    Raises:
        DatasetError: it is not here and cannot be downloaded.
    """
    if name == "digits":
        yield digits()
        return
    root = cache or cache_folder()
    yield from fetched(name, cache=root)
    yield load_from(root, name)


def fetched(name: str, *, cache: Path | None = None) -> Iterator[Progress]:
    """Download a data set of torchvision's, unless it is here; progress, closing and errors are as of `read_named`."""
    root = cache or cache_folder()
    try:
        if sources.files_in(root, name) is None:
            yield from _idx_download(name, root) if name in sources.IDX else _cifar_download(name, root)
    except (DownloadError, WriteError) as error:
        raise DatasetError(f"{NAMED[name].title} is not on this computer: {error}") from error


def cache_folder() -> Path:
    """Where downloaded data sets are kept."""
    return paths.cache_dir() / "datasets"


def load_from(folder: Path, name: str) -> Data:
    """A named data set from its files below `folder`, or in it.

    Raises:
        DatasetError: a file is missing or damaged.
    """
    return Data(*(load_part(folder, name, is_train=is_train) for is_train in (True, False)))


def load_part(folder: Path, name: str, *, is_train: bool) -> PictureSet:
    """The training or the test pictures alone; raises as `load_from`."""
    found = sources.files_in(folder, name)
    if found is None:
        raise DatasetError(f"{folder} does not hold the files of {NAMED[name].title}.")
    if name in sources.IDX:
        return _idx_part(found, sources.PARTS[0 if is_train else 1])
    from torchvision import datasets  # costs as much as torch itself: only when asked for

    make = getattr(datasets, sources.CIFAR[name])
    try:
        part = make(str(found.parent), train=is_train, download=False)
    except (OSError, RuntimeError) as error:  # its MD5 is looked at before anything is unpickled
        raise DatasetError(
            f"The files of {NAMED[name].title} in {found} are damaged or incomplete; remove that folder, and they are "
            "downloaded again."
        ) from error
    classes = CIFAR10_CLASSES if name == "cifar10" else tuple(part.classes)
    return PictureSet(_planes(part.data), torch.as_tensor(part.targets), classes)


def load_idx(folder: Path) -> Data:
    """MNIST or Fashion-MNIST from its four files, as bytes.

    Raises:
        DatasetError: a file is missing, damaged, or of another set.
    """
    return Data(*(_idx_part(folder, part) for part in sources.PARTS))


def _idx_part(folder: Path, part: str) -> PictureSet:
    classes = {"mnist": DIGITS, "fashion-mnist": FASHION_CLASSES}[sources.idx_name(folder)]
    images, labels = sources.idx_part(folder, part)
    return PictureSet(torch.from_numpy(images)[:, None], torch.from_numpy(labels), classes)


def digits() -> Data:
    """The 1 797 digits, values 0 to 16 stretched to 0 to 255; a fifth, drawn once and for all, is the test set."""
    with np.load(paths.asset("data", "digits.npz"), allow_pickle=False) as file:
        pictures, labels = file["pictures"], file["labels"]
    images = torch.from_numpy(np.rint(pictures * (255 / 16)).astype(np.uint8))[:, None]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    test = round(TEST_SHARE * len(images))
    return Data(
        *(
            PictureSet(images[chosen], torch.from_numpy(labels.astype(np.int64))[chosen], DIGITS)
            for chosen in (order[test:], order[:test])
        )
    )


def _idx_download(name: str, root: Path) -> Iterator[Progress]:
    """Four packed files, each from the first of its mirrors that has it, unpacked as torchvision wants them."""
    from torchvision import datasets

    facts = getattr(datasets, sources.IDX[name])
    folder = root / sources.IDX[name] / "raw"
    with _scratch(root) as scratch:
        for file_name, md5 in facts.resources:
            target = folder / str(file_name).removesuffix(".gz")
            if target.exists():
                continue
            packed = scratch / str(file_name)
            yield from _first([f"{mirror}{file_name}" for mirror in facts.mirrors], packed, md5)
            try:
                write_whole(target, gzip.decompress(packed.read_bytes()), makes_folder=True)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DatasetError(f"{file_name} was sent damaged; try again later.") from error


@contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """A folder of our own beside the data sets, to which downloads go first; gone afterwards, whatever happens.

    What a process that was killed has left goes too, once it is old enough to be nobody's.
    """
    for left in root.glob(".*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _FORGOTTEN_AFTER:
                shutil.rmtree(left, ignore_errors=True)
    folder = root / f".{secrets.token_hex(4)}.part"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _first(urls: list[str], target: Path, md5: str) -> Generator[Progress, None, None]:
    """Download from the first address that works.

    Raises:
        DownloadError: none does; the first one's reason.
    """
    failed: DownloadError | None = None
    for url in urls:
        try:
            yield from download(url, target, md5=md5, instead=_INSTEAD)
            return
        except DownloadError as error:
            failed = failed or error
    assert failed is not None, "there is an address"
    raise failed


def _cifar_download(name: str, root: Path) -> Iterator[Progress]:
    """One archive, unpacked beside its place."""
    from torchvision import datasets

    facts = getattr(datasets, sources.CIFAR[name])
    base = sources.CIFAR_FOLDERS[name]
    with _scratch(root) as scratch:
        archive = scratch / str(facts.filename)
        yield from download(str(facts.url), archive, md5=str(facts.tgz_md5), instead=_INSTEAD)
        try:
            with tarfile.open(archive) as file:
                while (member := file.next()) is not None:
                    file.extract(member, scratch, **_CAUTION)
                    yield Progress(file.offset)
            (scratch / base).rename(root / base)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise DatasetError(f"{facts.filename} was sent damaged; try again later.") from error
        except OSError as error:
            if not (root / base).is_dir():  # else somebody was faster: theirs is the same
                raise refusal(root / base, error) from error


def _planes(data: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> torch.Tensor:
    """(N, H, W, C) bytes -> (N, C, H, W)."""
    return torch.as_tensor(data).permute(0, 3, 1, 2).contiguous()


def read_data(name: str, size: int, seed: int = 0, *, channels: int = 3) -> Iterator[Progress | Data]:
    """Read a data set into memory: progress, then the `Data`.

    `name` is one of `records.data.NAMED`, which is downloaded where it is not here yet, or a folder: with MNIST's,
    Fashion-MNIST's or CIFAR's own files, with `train/<class>/` and `test/<class>/`, or with `<class>/` alone, of which
    `seed` draws the test pictures. `size` and `channels` (3, or 1 for grey) are those that folders of pictures are
    brought to. Closing the generator leaves nothing unfinished behind.

    Raises:
        DatasetError: there is none, it cannot be downloaded, or it is damaged.
        UserError: a folder's pictures do not fit into memory.

    Example:
        >>> *_, data = read_data("digits", 8)
    """
    if name in NAMED:
        yield from read_named(name)
    elif (known := sources.name_in(Path(name))) is not None:
        yield load_from(Path(name), known)
    else:
        yield from load(Path(name), size, seed=seed, channels=channels)


def describe_data(name: str, size: int, *, channels: int = 3) -> DataKind:
    """What the pictures of a data set are like, before one of them is read; arguments as for `read_data`.

    The means and deviations of pictures in folders are known once they are read: `Data.normalisation`.

    Raises:
        DatasetError: there is no such folder, or nothing in it.
    """
    known = name if name in NAMED else sources.name_in(Path(name))
    if known is not None:
        return NAMED[known]
    classes = class_names_of(Path(name))
    return DataKind(Path(name).resolve().name, len(classes), channels, size, (), ())
