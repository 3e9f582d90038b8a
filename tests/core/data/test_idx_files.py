"""MNIST's format: packed or not, told from Fashion-MNIST, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_viewer.core.data.named_data import load_idx
from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.core.data.sources import has_idx, idx_name
from resnet_viewer.records.preprocessing import FASHION_CLASSES
from tests.core.data.idx_written import FASHION_BEGINS, MNIST_BEGINS, idx, write_idx


def test_packed_and_unpacked_files_are_the_same_data(tmp_path: Path) -> None:
    packed = load_idx(write_idx(tmp_path / "packed"))
    plain = load_idx(write_idx(tmp_path / "plain", is_packed=False))
    assert torch.equal(packed.train.images, plain.train.images)
    assert packed.test.labels.tolist() == list(MNIST_BEGINS)
    assert packed.train.images.shape == (20, 1, 28, 28)
    assert packed.train.images.dtype == torch.uint8
    assert packed.test.labels.dtype == torch.int64
    expected = np.random.default_rng(10).integers(0, 256, (10, 28, 28)).astype(np.uint8)
    assert np.array_equal(packed.test.images[:, 0].numpy(), expected), "upright, in order"


def test_the_sets_are_told_by_their_labels(tmp_path: Path) -> None:
    fashion = load_idx(write_idx(tmp_path, FASHION_BEGINS))
    assert fashion.test.classes == FASHION_CLASSES
    assert idx_name(tmp_path) == "fashion-mnist"
    with pytest.raises(DatasetError, match="neither MNIST nor Fashion-MNIST"):
        load_idx(write_idx(tmp_path / "other", (0,) * 10))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not packed",
        gzip.compress(b"no idx file"),
        gzip.compress(idx(np.zeros((20, 28, 28), np.uint8)))[:40],
        gzip.compress(idx(np.zeros((20, 28, 28), np.uint8))[:-1]),
        gzip.compress(idx(np.zeros((70_000, 28, 28), np.uint8))),
        gzip.compress(b"\0\0\x0d\3" + bytes(12)),
    ],
    ids=["empty", "not packed", "no idx", "cut", "too short", "too long", "floats"],
)
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path) -> None:
    write_idx(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte[.]gz is damaged"):
        load_idx(tmp_path)


def test_a_lack_of_memory_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: object) -> bytes:
        raise MemoryError

    write_idx(tmp_path)
    monkeypatch.setattr(gzip.GzipFile, "read", starve)
    with pytest.raises(DatasetError, match=r"[.]gz needs more memory than there is"):
        load_idx(tmp_path)


def test_labels_must_be_as_many_as_pictures_and_known(tmp_path: Path) -> None:
    write_idx(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(idx(np.zeros(19, np.uint8))))
    with pytest.raises(DatasetError, match="19 labels for pictures of"):
        load_idx(tmp_path)
    labels.write_bytes(gzip.compress(idx(np.full(20, 10, np.uint8))))
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte[.]gz is damaged"):
        load_idx(tmp_path)
    labels.unlink()
    assert not has_idx(tmp_path)
    with pytest.raises(DatasetError, match="lacks the labels of train"):
        load_idx(tmp_path)
