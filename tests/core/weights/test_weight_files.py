"""Reading weight files: what torch and safetensors write comes back; what an attacker writes does not."""

from __future__ import annotations

import collections
import hashlib
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from resnet_viewer.core.weights import weight_files
from resnet_viewer.core.weights.weight_files import WeightFileError, read, save_safetensors
from resnet_viewer.media.files import WriteError

STATE = {
    "conv1.weight": torch.arange(24.0).reshape(2, 3, 2, 2),
    "bn1.running_mean": torch.tensor([0.25, -1e-8]),
    "bn1.num_batches_tracked": torch.tensor(7),
    "fc.weight": torch.arange(6.0).reshape(3, 2).t(),  # not contiguous
    "half": torch.tensor([1.5, 2.5], dtype=torch.float16),
}


def _same(found: object, wanted: dict[str, Tensor]) -> bool:
    assert isinstance(found, dict)
    return found.keys() == wanted.keys() and all(
        torch.equal(found[k], v) and found[k].dtype == v.dtype for k, v in wanted.items()
    )


def _saved(path: Path, content: object, *, is_zip: bool = True) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path


@pytest.mark.parametrize("is_zip", [True, False])
def test_what_torch_saves_comes_back(tmp_path: Path, is_zip: bool) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    network(torch.zeros(1, 3, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {
        "state_dict": network.state_dict(),  # an OrderedDict with attributes
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "optimizer": optimizer.state_dict(),
        "epoch": 300, "best": 0.93, "name": "net", "none": None, "flags": [True, False, (1, 2, 3, 4)],
        "size": torch.Size([1, 2]), "milestones": collections.Counter([3, 3, 5]),
    }  # fmt: skip
    file = read(_saved(tmp_path / "weights.pth", checkpoint, is_zip=is_zip))
    assert isinstance(file.content, dict)
    assert _same(file.content["state_dict"], dict(network.state_dict()))
    assert file.content["epoch"] == 300
    assert file.content["milestones"] == {3: 2, 5: 1}
    assert file.digest == hashlib.sha256((tmp_path / "weights.pth").read_bytes()).hexdigest()
    assert file.digest == weight_files.digest(tmp_path / "weights.pth")


@pytest.mark.parametrize("is_zip", [True, False])
def test_shared_and_strided_tensors_come_back(tmp_path: Path, is_zip: bool) -> None:
    base = torch.arange(12.0)
    content = STATE | {
        "view": base[2:8].view(2, 3),
        "whole": base,
        "again": base,
        "spread": base[:1].expand(1, 1),
    }
    assert _same(read(_saved(tmp_path / "w.th", content, is_zip=is_zip)).content, content)


def test_a_file_written_on_a_gpu_opens_without_one(tmp_path: Path) -> None:
    path = _saved(tmp_path / "w.th", STATE, is_zip=False)
    data = path.read_bytes()
    assert data.count(b"X\x03\x00\x00\x00cpu") > 0
    path.write_bytes(data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:1"))
    assert _same(read(path).content, STATE)


def test_safetensors_come_back_with_their_metadata(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    contiguous = {name: tensor.contiguous() for name, tensor in STATE.items()}
    save_safetensors(path, STATE, metadata={"network": "cifar-resnet-8"})
    file = read(path)
    assert _same(file.content, contiguous)
    assert dict(file.metadata) == weight_files.metadata(path) == {"network": "cifar-resnet-8"}
    save_file(contiguous, tmp_path / "other.safetensors")
    assert _same(read(tmp_path / "other.safetensors").content, contiguous)
    assert weight_files.metadata(_saved(tmp_path / "w.pth", STATE)) == {}


def test_the_same_weights_and_metadata_give_the_same_bytes(tmp_path: Path) -> None:
    told = {name: f"what {name} says, also “ä”" for name in "hfdbgeca"}
    paths = [tmp_path / f"{number}.safetensors" for number in range(4)]
    for path in paths:
        save_safetensors(path, STATE, metadata=told)
    assert len({path.read_bytes() for path in paths}) == 1
    found = read(paths[0])
    assert list(found.metadata.items()) == sorted(told.items())
    assert _same(found.content, STATE)


def test_saving_into_a_missing_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="does not exist"):
        save_safetensors(tmp_path / "missing" / "w.safetensors", STATE, metadata={})


class _Calls:
    """Pickles as a call, as an attacker would write it."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def _zip_of(pickled: bytes, *members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", b"3\n")
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def _tensor(
    *,
    count: int,
    offset: int = 0,
    shape: tuple[int, ...] = (4,),
    stride: tuple[int, ...] = (1,),
    view: tuple[None, ...] = (),
) -> bytes:
    """The pickle of {"w": tensor} that claims these sizes."""

    class Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]  # the one in Python, to write ids as we like
        def persistent_id(self, value: object) -> object:
            identity = ("storage", torch.FloatStorage, "0", "cpu", count, *view)
            return identity if value is pickle else None

    rebuild: Any = torch._utils._rebuild_tensor_v2  # type: ignore[attr-defined]
    hooks: dict[str, object] = collections.OrderedDict()
    buffer = io.BytesIO()
    Pickler(buffer, 2).dump({"w": _Calls(rebuild, pickle, offset, shape, stride, False, hooks)})
    return buffer.getvalue()


def _old_tensor(count: int) -> bytes:
    return _tensor(count=count, view=(None,))  # older files leave room for a view


def _legacy(pickled: bytes, storages: bytes) -> bytes:
    start = b"".join(
        pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    return start + pickled + pickle.dumps(["0"], 2) + storages


FOUR = struct.pack("<4f", 1, 2, 3, 4)


def test_files_written_by_hand_open_when_they_are_honest(tmp_path: Path) -> None:
    """Else the hostile files below would be refused for the wrong reason."""
    (tmp_path / "zip.pth").write_bytes(_zip_of(_tensor(count=4), ("archive/data/0", FOUR)))
    (tmp_path / "old.pth").write_bytes(_legacy(_old_tensor(4), struct.pack("<q", 4) + FOUR))
    for name in ("zip.pth", "old.pth"):
        assert _same(read(tmp_path / name).content, {"w": torch.tensor([1.0, 2, 3, 4])})


def _members(count: int) -> bytes:
    """An archive that lists so many members and has none."""
    listed = b"PK\x01\x02" + bytes(42)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(listed) * count, 0, 0)
    return b"PK\x03\x04" + listed * count + end


def _overlapping() -> bytes:
    """Two storages in the same bytes: the second's header is the first's numbers."""
    inner = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 16, 16, 0, 0) + FOUR
    data = _zip_of(_tensor(count=4), ("archive/data/0", inner + bytes(2)), ("archive/data/1", FOUR))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        outer, second = (archive.getinfo(f"archive/data/{key}").header_offset for key in (0, 1))
    listed = data.rindex(b"PK\x01\x02")
    assert data[listed + 42 : listed + 46] == struct.pack("<L", second)
    inside = struct.pack("<L", data.index(inner, outer))
    return data[: listed + 42] + inside + data[listed + 46 :]


GIB = 1 << 30
HOSTILE: dict[str, tuple[bytes, str]] = {
    "bytearray bomb": (_zip_of(pickle.dumps(_Calls(bytearray, 4 * GIB), 2)), "more than weights .*bytearray"),
    "old bytearray bomb": (_legacy(pickle.dumps(_Calls(bytearray, 4 * GIB), 2), b""), "more than weights"),
    "bare bytearray bomb": (pickle.dumps(_Calls(bytearray, 4 * GIB), 2), "not a file of weights"),
    "deflated member": (
        _zip_of(_tensor(count=1 << 22), ("archive/data/0", bytes(1 << 24)), compression=zipfile.ZIP_DEFLATED),
        "compressed archive",
    ),
    "huge shape": (
        _zip_of(_tensor(count=4, shape=(10**12,), stride=(0,)), ("archive/data/0", FOUR)), "claims tensors larger",
    ),
    "huge stride": (
        _zip_of(_tensor(count=4, shape=(2, 2), stride=(10**12, 1)), ("archive/data/0", FOUR)), "claims tensors larger",
    ),
    "offset outside": (_zip_of(_tensor(count=4, offset=1), ("archive/data/0", FOUR)), "claims tensors larger"),
    "negative stride": (
        _zip_of(_tensor(count=4, offset=3, stride=(-1,)), ("archive/data/0", FOUR)), "damaged",
    ),
    "storage larger than its member": (
        _zip_of(_tensor(count=10**11), ("archive/data/0", FOUR)), "claims tensors larger",
    ),
    "storage without a member": (_zip_of(_tensor(count=4)), "claims tensors larger"),
    "old storage larger than the file": (
        _legacy(_old_tensor(10**11), struct.pack("<q", 10**11) + FOUR), "its end is missing",
    ),
    "old storage of two sizes": (
        _legacy(_old_tensor(10**11), struct.pack("<q", 4) + FOUR), "claims tensors larger",
    ),
    "os.system": (_zip_of(pickle.dumps(_Calls(os.system, "touch owned"), 2)), "more than weights .*system"),
    "old os.system": (_legacy(pickle.dumps(_Calls(os.system, "touch owned"), 2), b""), "more than weights"),
    "newer protocol": (_zip_of(pickle.dumps({}, 4)), "protocol 4"),
    "deflated description": (_zip_of(b"\x80\x02](" + b"N" * (9 << 20) + b"e.", compression=8), "compressed archive"),
    "63 MB of empty dicts": (_zip_of(b"\x80\x02](" + b"}" * (63 << 20) + b"e."), "more values than weights need"),
    "old, 15 MB of empty dicts": (_legacy(b"\x80\x02](" + b"}" * (15 << 20) + b"e.", b""), "more values than weights"),
    "tuples in tuples": (_zip_of(b"\x80\x02N" + b"\x85" * 1000 + b"."), "lie in each other"),
    "old tuples in tuples": (
        _legacy(b"\x80\x02N" + b"\x85" * 1000 + b".", b"").replace(pickle.dumps(["0"], 2), pickle.dumps([], 2)),
        "lie in each",
    ),
    "keys that hash alike": (_zip_of(pickle.dumps({2**61 - 1: 1, 2**62 - 2: 2}, 2)), "Python objects"),
    "a name of a megabyte": (_zip_of(b"\x80\x02c" + b"a" * (1 << 20) + b"\nb\n."), r"\('a{60}' …\)"),
    "a name with line ends": (_zip_of(b"\x80\x02ca\rb\nc\n."), "more than weights"),
    "more members than any": (_members(weight_files._MOST_MEMBERS + 1), "zip archive of more than"),
    "big-endian": (
        _zip_of(_tensor(count=4), ("archive/data/0", FOUR), ("archive/byteorder", b"big")), "big-endian",
    ),
    "old, big-endian": (_legacy(_old_tensor(4), b"").replace(b"\x88", b"\x89", 1), "big-endian"),
    "numbers that were changed": (
        _zip_of(_tensor(count=4), ("archive/data/0", FOUR)).replace(FOUR, FOUR[::-1]), "numbers in it have changed",
    ),
    "members in each other": (_overlapping(), "parts overlap"),
    "two archives in one": (
        _zip_of(_tensor(count=4), ("archive/data/0", FOUR), ("other/data.pkl", b"")), "a zip archive of other files",
    ),
    "a zip of something else": (_zip_of(b"")[:0] + b"PK\x03\x04" + bytes(40), "its end is missing"),
    "TorchScript": (_zip_of(_tensor(count=4), ("archive/constants.pkl", b"")), "TorchScript"),
    "empty": (b"", "is empty"),
    "text": (b"these are not the weights you are looking for", "not a file of weights"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "not a file of weights"),
    "safetensors header longer than the file": (struct.pack("<Q", 10**12) + b"{}", "header claims more"),
    "safetensors sizes that disagree": (
        (lambda header: struct.pack("<Q", len(header)) + header + FOUR)(
            json.dumps({"w": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 16]}}).encode()
        ),
        "header does not fit",
    ),
    "safetensors with a header of lists": (
        (lambda header: struct.pack("<Q", len(header)) + header)(b'{"a":[' + b"[]," * (2 << 20) + b"[]]}"),
        "header describes more values",
    ),
    "safetensors nested": (struct.pack("<Q", 1 << 20) + b'{"a":' + b"[" * (1 << 20), "damaged"),
    "safetensors of many tensors": (
        (lambda header: struct.pack("<Q", len(header)) + header)(
            json.dumps({str(n): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(20_001)}).encode()
        ),
        "more than 20000 tensors",
    ),
    "safetensors on top of each other": (
        (lambda header: struct.pack("<Q", len(header)) + header + FOUR)(
            json.dumps({n: {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} for n in "ab"}).encode()
        ),
        "header does not fit",
    ),
    "safetensors offsets outside": (
        (lambda header: struct.pack("<Q", len(header)) + header + FOUR)(
            json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [16, 32]}}).encode()
        ),
        "header does not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_or_broken_file_is_refused_in_a_sentence(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, reason = HOSTILE[kind]
    (path := tmp_path / "file.pth").write_bytes(data)
    monkeypatch.chdir(tmp_path)

    def never(*_: object, **__: object) -> None:
        pytest.fail("torch saw the file although the scan should have refused it")

    monkeypatch.setattr(torch, "load", never)
    tracemalloc.start()
    try:
        with pytest.raises(WeightFileError, match=reason) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < len(data) + (128 << 20)
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("file.pth ")
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file.pth"], "the file was allowed to do something"  # noqa: PTH208


def _bottomless_key() -> bytes:
    """A dict key of tuples of tuples of … 60 deep: hashing it would take 2^60 steps."""
    return b"\x80\x02}K\x01" + b"h\x00h\x00\x86".replace(b"h\x00h\x00", b"q\x00h\x00") * 60 + b"K\x01s."


def test_a_key_that_takes_for_ever_to_hash_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "w.pth").write_bytes(_zip_of(_bottomless_key()))
    with pytest.raises(WeightFileError, match="Python objects"):
        read(path)


@pytest.mark.parametrize("is_zip", [True, False])
def test_every_truncation_is_refused(tmp_path: Path, is_zip: bool) -> None:
    data = _saved(tmp_path / "whole.pth", STATE, is_zip=is_zip).read_bytes()
    path = tmp_path / "cut.pth"
    for length in range(1, len(data), 37):
        path.write_bytes(data[:length])
        with pytest.raises(WeightFileError):
            read(path)


@pytest.mark.parametrize("is_zip", [True, False])
def test_every_flipped_byte_is_read_or_refused(tmp_path: Path, is_zip: bool) -> None:
    data = _saved(
        tmp_path / "whole.pth", {"w": torch.ones(3), "v": torch.ones(2, 2)}, is_zip=is_zip
    ).read_bytes()
    path = tmp_path / "flipped.pth"
    refused = 0
    for at in range(0, len(data), 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :])
        try:
            read(path)
        except WeightFileError:
            refused += 1
    assert refused > 20


def test_a_folder_a_missing_file_and_a_giant_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightFileError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(WeightFileError, match=r"There is no file .*gone\.pth"):
        read(tmp_path / "gone.pth")
    with pytest.raises(WeightFileError, match="There is no file"):
        weight_files.digest(tmp_path / "gone.pth")
    with (tmp_path / "giant.pth").open("wb") as file:
        file.truncate(weight_files.LARGEST_FILE + 1)  # sparse: takes no room
    with pytest.raises(WeightFileError, match="2 GB is the most that can be opened"):
        read(tmp_path / "giant.pth")


def test_a_whole_model_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(WeightFileError, match=r"torch\.nn\.modules.*state_dict"):
        read(_saved(tmp_path / "model.pth", torch.nn.Linear(2, 2)))


def test_a_file_without_checksums_opens(tmp_path: Path) -> None:
    """torch need not write them: torch.serialization.set_crc32_options."""
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        path = _saved(tmp_path / "w.pth", STATE)
    finally:
        torch.serialization.set_crc32_options(before)
    assert _same(read(path).content, STATE)


@pytest.mark.parametrize("is_zip", [True, False])
def test_tensors_of_one_storage_share_it_as_they_did(tmp_path: Path, is_zip: bool) -> None:
    base = torch.arange(6.0)
    content = read(
        _saved(tmp_path / "w.pth", {"whole": base, "part": base[2:], "none": base[:0]}, is_zip=is_zip)
    ).content
    assert isinstance(content, dict)
    content["whole"][3] = 9.0
    assert content["part"].tolist() == [2.0, 9.0, 4.0, 5.0]
    assert content["none"].shape == (0,)


def test_neither_pipes_nor_devices_are_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.pth")
    (tmp_path / "link.pth").symlink_to("w.pth")
    (tmp_path / "zero.pth").symlink_to("/dev/zero")
    for name in ("w.pth", "link.pth", "zero.pth"):
        for look in (read, weight_files.metadata, weight_files.digest):
            with pytest.raises(WeightFileError, match="not a regular file"):
                look(tmp_path / name)


def _program() -> bytes:
    """As torch.jit.save writes one: its code is compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model/data.pkl", b"\x80\x02N.")
        archive.writestr("model/code/__torch__.py", b"class Net: ..." * 9, zipfile.ZIP_DEFLATED)
        archive.writestr("model/constants.pkl", b"\x80\x02).")
    return buffer.getvalue()


def _zip_with(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_program(), r"a TorchScript program: torch\.save\(torch\.jit\.load"),
        (b"<!DOCTYPE html><html>", r"a web page \(HTML\), not a file of weights: download the file itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer, .*git lfs pull"),
        (b"\x08\x07\x12\x07pytorch", "an ONNX model, not a file of weights: open its network in PyTorch"),
        (_zip_with("weight.npy", "bias.npy"), r"a NumPy archive \(\.npz\), .*open its network in PyTorch"),
        (
            _zip_with("photos/1.txt", "readme.md"),
            "a zip archive of other files, not one of weights: unpack it",
        ),
        (
            _zip_with("config.json", "metadata.json", "model.weights.h5"),
            "a Keras 3 archive .*choose model.weights.h5",
        ),
        (b"\x1f\x8b\x08" + bytes(30), "a gzip archive, .*unpack it"),
        (b"%PDF-1.7", r"a PDF document, .*choose one \(\.pth"),
    ],
)
def test_what_is_no_file_of_weights_is_named_as_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    (path := tmp_path / "model.pth").write_bytes(data)
    with pytest.raises(WeightFileError, match=f"cannot be opened: it is {said}"):
        read(path)


def test_tensorflows_folders_and_checkpoints_are_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"\x08\x01\x12\x02")
    with pytest.raises(WeightFileError, match="model is a TensorFlow SavedModel"):
        read(tmp_path / "model")
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(bytes(64))
    with pytest.raises(WeightFileError, match="part of a TensorFlow checkpoint, not a file of weights"):
        read(tmp_path / "model.ckpt.data-00000-of-00001")
