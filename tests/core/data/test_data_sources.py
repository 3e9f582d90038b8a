"""Every kind of data set behind one call; downloads from a server on this machine, with files made here."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import pickle
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.named_data import describe_data, read_data, read_named
from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.media.files import refusal
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import Progress
from tests.core.data.folders_written import write_data, write_folder
from tests.core.data.idx_written import FASHION_BEGINS, MNIST_BEGINS, idx_files, write_idx

datasets = pytest.importorskip("torchvision.datasets")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which its files are to be had."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "served"
    folder.mkdir()
    running = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), name="server")
    thread.start()
    yield folder, f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    thread.join()
    running.server_close()


def last(reading: Iterator[Progress | Data]) -> Data:
    *progress, data = reading
    assert all(isinstance(step, Progress) for step in progress)
    assert isinstance(data, Data)
    return data


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def publish_mnist(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, address = served
    files = idx_files()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{address}nowhere/", address])
    monkeypatch.setattr(
        datasets.MNIST,
        "resources",
        [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()],
    )


def cifar_batch(count: int, seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 3072)).astype(np.uint8)
    return pickle.dumps({"data": pixels, "labels": [n % 10 for n in range(count)]})


def publish_cifar(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, address = served
    base = "cifar-10-batches-py"
    files = {"data_batch_1": cifar_batch(20, 1), "test_batch": cifar_batch(10, 2)}
    files["batches.meta"] = pickle.dumps({"label_names": list("abcdefghij")})
    with tarfile.open(folder / "cifar.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{base}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    facts = datasets.CIFAR10
    monkeypatch.setattr(facts, "url", f"{address}cifar.tar.gz")
    monkeypatch.setattr(facts, "filename", "cifar.tar.gz")
    monkeypatch.setattr(facts, "tgz_md5", hashlib.md5((folder / "cifar.tar.gz").read_bytes()).hexdigest())
    monkeypatch.setattr(facts, "train_list", [["data_batch_1", md5["data_batch_1"]]])
    monkeypatch.setattr(facts, "test_list", [["test_batch", md5["test_batch"]]])
    monkeypatch.setattr(facts, "meta", {**facts.meta, "md5": md5["batches.meta"]})


def test_the_digits_need_nothing() -> None:
    assert len(last(read_data("digits", 8)).train) == 1438
    assert describe_data("digits", 8) == NAMED["digits"]


@pytest.mark.parametrize("place", ["", "raw", "FashionMNIST/raw"])
@pytest.mark.parametrize("is_packed", [True, False])
def test_idx_files_in_a_folder_are_read(place: str, is_packed: bool, tmp_path: Path) -> None:
    write_idx(tmp_path / place, FASHION_BEGINS, is_packed=is_packed)
    data = last(read_data(str(tmp_path), 32))
    assert data.test.labels.tolist() == list(FASHION_BEGINS)
    assert describe_data(str(tmp_path), 32) == NAMED["fashion-mnist"]


def test_folders_of_pictures_are_read_and_described(tmp_path: Path) -> None:
    write_data(tmp_path / "parted")
    assert len(last(read_data(str(tmp_path / "parted"), 8)).test) == 2
    write_folder(tmp_path / "flat", each=5)
    data = last(read_data(str(tmp_path / "flat"), 8, seed=3, channels=1))
    assert "seed 3" in data.remark
    assert data.train.images.shape == (8, 1, 8, 8)
    kind = describe_data(str(tmp_path / "flat"), 8, channels=1)
    assert (kind.title, kind.classes, kind.channels, kind.side) == ("flat", 2, 1, 8)
    assert (kind.mean, kind.std) == ((), ()), "they are known once the pictures are"
    with pytest.raises(DatasetError, match="There is no folder"):
        describe_data(str(tmp_path / "nowhere"), 8)
    with pytest.raises(DatasetError, match="did you mean mnist"):
        describe_data("minst", 8)


def test_mnist_is_downloaded_once_from_the_mirror_that_has_it(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_mnist(served, monkeypatch)
    cache = tmp_path / "cache"
    *progress, data = read_named("mnist", cache=cache)
    assert isinstance(data, Data)
    assert progress
    assert data.test.labels.tolist() == list(MNIST_BEGINS)
    assert names(cache) == sorted(f"MNIST/raw/{name.removesuffix('.gz')}" for name in idx_files())
    for path in served[0].iterdir():
        path.unlink()
    assert len(last(read_named("mnist", cache=cache)).train) == 20
    theirs = datasets.MNIST(str(cache), train=False)
    assert theirs.targets.tolist() == list(MNIST_BEGINS), "torchvision finds what was downloaded"


def test_cifar_is_downloaded_and_unpacked_as_torchvision_does(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_cifar(served, monkeypatch)
    cache = tmp_path / "cache"
    data = last(read_named("cifar10", cache=cache))
    assert data.train.images.shape == (20, 3, 32, 32)
    pixels = np.random.default_rng(2).integers(0, 256, (10, 3072)).astype(np.uint8)
    assert np.array_equal(data.test.images.numpy(), pixels.reshape(10, 3, 32, 32))
    assert [path.name for path in cache.iterdir()] == ["cifar-10-batches-py"]
    for folder in (cache, cache / "cifar-10-batches-py"):
        assert len(last(read_data(str(folder), 8)).test) == 10
        assert describe_data(str(folder), 8) == NAMED["cifar10"]
    (cache / "cifar-10-batches-py" / "test_batch").write_bytes(cifar_batch(10, 3))
    with pytest.raises(DatasetError, match=r"CIFAR-10 in .* are damaged or incomplete"):
        list(read_named("cifar10", cache=cache))


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_cancelled_download_leaves_nothing_unfinished(
    name: str, after: int, served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_mnist(served, monkeypatch)
    publish_cifar(served, monkeypatch)
    cache = tmp_path / "cache"
    reading = read_named(name, cache=cache)
    for _ in range(after):
        next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert all(
        path in {f"MNIST/raw/{name.removesuffix('.gz')}" for name in idx_files()} for path in names(cache)
    )
    assert len(last(read_named(name, cache=cache)).test) == 10, "and the next try succeeds"


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_what_is_sent_damaged_is_refused(
    name: str, served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_mnist(served, monkeypatch)
    publish_cifar(served, monkeypatch)
    for path in served[0].iterdir():
        path.write_bytes(path.read_bytes() + b"more")
    monkeypatch.setattr(datasets.MNIST, "mirrors", datasets.MNIST.mirrors[1:])
    with pytest.raises(DatasetError, match=r"sent a damaged .* MD5"):
        list(read_named(name, cache=tmp_path / "cache"))
    assert names(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("name", "writer"),
    [("mnist", "resnet_viewer.core.data.named_data.write_whole"), ("cifar10", "tarfile.TarFile.extract")],
)
def test_a_disk_that_fills_up_while_files_are_unpacked(
    name: str, writer: str, served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **_: object) -> None:
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise refusal(Path(str(arguments[0])), error) if name == "mnist" else error

    publish_mnist(served, monkeypatch)
    publish_cifar(served, monkeypatch)
    monkeypatch.setattr(writer, fail)
    with pytest.raises(
        DatasetError, match=r"is not on this computer: Cannot write .*: the disk is full: make room"
    ):
        list(read_named(name, cache=tmp_path / "cache"))
    assert names(tmp_path / "cache") == []


def test_what_a_killed_download_has_left_is_never_taken_for_data_and_removed_when_it_is_old(
    served: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_cifar(served, monkeypatch)
    cache = tmp_path / "cache"
    for name in (".old.part", ".new.part"):
        (cache / name / "cifar-10-batches-py").mkdir(parents=True)
        (cache / name / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"half")
    os.utime(cache / ".old.part", (0, 0))
    assert len(last(read_named("cifar10", cache=cache)).test) == 10
    assert sorted(path.name for path in cache.iterdir()) == [".new.part", "cifar-10-batches-py"]


def test_without_a_network_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DatasetError) as caught:
        list(read_named("mnist", cache=tmp_path))
    assert str(caught.value) == (
        "MNIST is not on this computer: 127.0.0.1 cannot be reached, and downloading train-images-idx3-ubyte.gz needs "
        "a network: connect this computer and try again, or give a folder that holds its files."
    )
