"""MNIST's files as its publishers and torchvision leave them, small, for tests."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

MNIST_BEGINS = (7, 2, 1, 0, 4, 1, 4, 9, 5, 9)
FASHION_BEGINS = (9, 2, 1, 1, 6, 1, 4, 6, 5, 7)


def idx(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """An array of bytes in the idx format."""
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def idx_files(labels: tuple[int, ...] = MNIST_BEGINS) -> dict[str, bytes]:
    """Four files, packed: 20 pictures to train on, and one for each of `labels`; no two are alike."""
    files = {}
    for part, wanted in (("train", labels * 2), ("t10k", labels)):
        count = len(wanted)
        pictures = np.random.default_rng(count).integers(0, 256, (count, 28, 28)).astype(np.uint8)
        for what, array in (("images", pictures), ("labels", np.array(wanted, np.uint8))):
            files[f"{part}-{what}-idx{array.ndim}-ubyte.gz"] = gzip.compress(idx(array), mtime=0)
    return files


def write_idx(folder: Path, labels: tuple[int, ...] = MNIST_BEGINS, *, is_packed: bool = True) -> Path:
    """Those files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in idx_files(labels).items():
        if is_packed:
            (folder / name).write_bytes(content)
        else:
            (folder / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    return folder
