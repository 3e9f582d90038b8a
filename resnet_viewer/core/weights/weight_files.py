"""Files of tensors, read without running what is in them and without believing the sizes they claim.

A file is read once, whole, into memory; everything after that looks at the same bytes. What a pickle says is read by
`pickle_scan`, never by torch: the tensors are made here, from the bytes that lie in the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_viewer.core.pickle_scan import (
    KINDS,
    MOST_TENSORS,
    PickleRefusedError,
    TensorClaim,
    claims,
    filled,
    storages,
    too_many_tensors,
)
from resnet_viewer.core.weights.unwrapping import class_names
from resnet_viewer.media.files import write_whole
from resnet_viewer.media.kinds import Kind, kind_of, zipped_kind
from resnet_viewer.media.reading import opened, read_whole
from resnet_viewer.records.errors import UserError

LARGEST_FILE = 2_000_000_000
"""Bytes. A ResNet-152 with its optimiser's state has 0.7 GB."""
ENDINGS = ".pth, .th, .pt, .ckpt, .safetensors, .h5"
_WANTED = "a file of weights"
_LARGEST_HEADER = 4 << 20
"""Bytes that say what a safetensors file holds. A ResNet-1202's have 0.9 MB."""
_MOST_MEMBERS = MOST_TENSORS + 1000
"""Of a zip archive."""
_ZIP_START, _ZIP_LISTED, _ZIP_END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_IS_ENCRYPTED = 1
_HDF5_START = b"\x89HDF\r\n\x1a\n"
_LEGACY_START = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""The pickled magic number that files of `torch.save` before torch 1.6 begin with."""
_ERRORS = (
    RuntimeError, ValueError, EOFError, KeyError, TypeError, IndexError, AttributeError, MemoryError, OverflowError,
    struct.error, zipfile.BadZipFile,
)  # fmt: skip
"""Everything that zipfile, json, torch and safetensors were seen to raise for damaged files."""
_Places = dict[str, tuple[int, int]]
"""Where in the file a storage's bytes begin and end, by its key."""


class WeightFileError(UserError):
    """A file is not a file of weights that can be read safely."""


@dataclass(frozen=True, eq=False)
class WeightFile:
    """What a file holds: the object that was saved, its tensors on the CPU, and what it says about itself.

    `digest` is the SHA-256 of the file. `content` is a dict of tensors, or whatever a training script saved
    around one. `metadata` are safetensors' own, or in the same words what another file tells. `network` is the
    catalog's name of the only network that the file's format allows, else empty.
    """

    name: str
    digest: str
    content: object
    metadata: Mapping[str, str]
    network: str = ""


def read(path: Path) -> WeightFile:
    """Read a `.pth`, `.th`, `.pt`, `.ckpt`, `.safetensors` or `.h5` file; what it is, its bytes tell, not its name.

    Raises:
        WeightFileError: it cannot be opened, is damaged, claims sizes it does not have, or holds more than weights.
    """
    data = _bytes(path)
    try:
        content, metadata, network = _parsed(data, path.name)
    except PickleRefusedError as error:
        raise WeightFileError(f"{path.name} cannot be opened: {error}.") from error
    except _ERRORS as error:
        raise WeightFileError(
            f"{path.name} cannot be opened: it is damaged, or not a file of weights."
        ) from error
    return WeightFile(path.name, hashlib.sha256(data).hexdigest(), content, metadata, network)


def saved(path: Path, *, most_bytes: int) -> object:
    """What `torch.save` has put into a file, with the care of `read`: containers, tensors, numbers and text.

    Raises:
        WeightFileError: it cannot be opened, is larger, is damaged, or holds more.
    """
    data = read_whole(path, most_bytes=most_bytes, wanted="a file of torch.save", refused=WeightFileError)
    try:
        return _content(data, *_torch_claim(data))
    except PickleRefusedError as error:
        raise WeightFileError(f"{path.name} cannot be opened: {error}.") from error
    except _ERRORS as error:
        raise WeightFileError(f"{path.name} cannot be opened: it is damaged.") from error


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        WeightFileError: it cannot be read.
    """
    found = hashlib.sha256()
    with opened(path, most_bytes=LARGEST_FILE, wanted=_WANTED, refused=WeightFileError) as (file, _):
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def metadata(path: Path) -> dict[str, str]:
    """What a file says about itself, none of its numbers made; empty where it says nothing, or is damaged.

    Raises:
        WeightFileError: it cannot be read.
    """
    with opened(path, most_bytes=LARGEST_FILE, wanted=_WANTED, refused=WeightFileError) as (file, size):
        start = file.read(9)
        header = int.from_bytes(start[:8], "little")
        is_safetensors = start[8:] == b"{" and header <= min(_LARGEST_HEADER, size - 8)
        data = start + file.read(header - 1 if is_safetensors else size)
    try:
        if is_safetensors:
            return _metadata(_header(data))
        if data.startswith(_HDF5_START):
            from resnet_viewer.core.weights import keras_files

            return keras_files.metadata(data)
        return _named(_torch_claim(data)[0])
    except (PickleRefusedError, OSError, *_ERRORS):  # OSError is h5py's word for damage
        return {}


def _named(content: object) -> dict[str, str]:
    names = class_names(content)
    return {"classes": json.dumps(names)} if names else {}


def save_safetensors(path: Path, state: Mapping[str, Tensor], *, metadata: Mapping[str, str]) -> None:
    """Write a state dict as safetensors, whole or not at all; the same weights and metadata give the same bytes.

    Raises:
        WriteError: the file cannot be written.
    """
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    write_whole(path, _in_order(save(tensors, metadata=dict(metadata))))


def _in_order(data: bytes) -> bytes:
    """The same file with its metadata sorted, which safetensors writes in another order every time."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    told = {"__metadata__": dict(sorted(header.pop("__metadata__", {}).items()))}
    text = json.dumps(told | header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of eight
    return len(text).to_bytes(8, "little") + text + data[end:]


def _bytes(path: Path) -> bytes:
    if path.is_dir() and (path / "saved_model.pb").exists():
        raise WeightFileError(
            f"{path.name} is a TensorFlow SavedModel: of TensorFlow's networks, Keras's ResNets are opened from .h5."
        )
    data = read_whole(path, most_bytes=LARGEST_FILE, wanted=_WANTED, refused=WeightFileError)
    if not data:
        raise WeightFileError(f"{path.name} is empty: choose a file of weights, or get this one again.")
    return data


def _parsed(data: bytes, name: str) -> tuple[object, Mapping[str, str], str]:
    """Content, metadata, and the name of the only network that it can be."""
    if data.startswith(_HDF5_START):
        from resnet_viewer.core.weights import keras_files

        try:
            return keras_files.parsed(data)
        except PickleRefusedError:
            raise
        except keras_files.ERRORS as error:
            raise PickleRefusedError("it is damaged, or not a file of weights") from error
    is_torch = data.startswith((_ZIP_START, _LEGACY_START))
    is_safetensors = data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data) - 8
    if not is_torch and not is_safetensors and (kind := kind_of(data, name)) is not None:
        raise PickleRefusedError(f"it is {kind.words}, not a file of weights: {_advice(kind)}")
    if not is_torch and data[8:9] == b"{":
        return *_safetensors(data), ""
    claim, places = _torch_claim(data)
    return _content(data, claim, places), _named(claim), ""


def _advice(kind: Kind) -> str:
    if kind.advice:
        return kind.advice
    if kind.is_model:
        return "open its network in PyTorch and save the state_dict, best as safetensors"
    return f"choose one ({ENDINGS})"


def _safetensors(data: bytes) -> tuple[object, dict[str, str]]:
    import safetensors
    import safetensors.torch

    size = int.from_bytes(data[:8], "little")
    if size > len(data) - 8:
        raise PickleRefusedError("its header claims more than the file holds")
    if size > _LARGEST_HEADER:
        raise PickleRefusedError("its header describes more values than weights need")
    header = _header(data)
    if len(header) - ("__metadata__" in header) > MOST_TENSORS:
        raise too_many_tensors()
    try:
        return safetensors.torch.load(data), _metadata(header)
    except safetensors.SafetensorError as error:
        raise PickleRefusedError("its header does not fit what the file holds") from error


def _header(data: bytes) -> dict[str, object]:
    found = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _metadata(header: Mapping[str, object]) -> dict[str, str]:
    found = header.get("__metadata__", {})
    return (
        {key: value for key, value in found.items() if isinstance(value, str)}
        if isinstance(found, dict)
        else {}
    )


def _torch_claim(data: bytes) -> tuple[object, _Places]:
    """What a file of torch says that it holds, and where the numbers lie; their sizes are as it says.

    Raises:
        PickleRefusedError: it is damaged, larger than the bounds of `pickle_scan`, or holds more than weights.
    """
    if data.startswith(_ZIP_START):
        claim, places = _zip_claim(data)
    elif data.startswith(_LEGACY_START):
        claim, places = _legacy_claim(data)
    else:
        raise PickleRefusedError(f"it is not a file of weights ({ENDINGS})")
    for storage in storages(claim).values():
        start, end = places.get(storage.key, (0, -1))
        if end - start != storage.nbytes:
            raise PickleRefusedError("it claims tensors larger than the numbers it holds")
    return claim, places


def _content(data: bytes, claim: object, places: _Places) -> object:
    """The claim with tensors in it. Those of one storage share it, as they did when they were saved."""
    numbers: dict[str, Tensor] = {}

    def made(tensor: TensorClaim) -> Tensor:
        key, dtype = tensor.storage.key, KINDS[tensor.storage.kind]
        if key not in numbers:
            start, end = places[key]
            own = bytearray(memoryview(data)[start:end])
            numbers[key] = torch.frombuffer(own, dtype=dtype) if own else torch.empty(0, dtype=dtype)
        return numbers[key].as_strided(tensor.shape, tensor.strides, tensor.offset)

    return filled(claim, made)


def _zip_claim(data: bytes) -> tuple[object, _Places]:
    if data[-22:-18] != _ZIP_END or data[-2:] != b"\0\0":
        raise PickleRefusedError("it is damaged: its end is missing")
    if data.count(_ZIP_LISTED) > _MOST_MEMBERS:  # before zipfile makes an object of each
        raise PickleRefusedError(f"it is a zip archive of more than {_MOST_MEMBERS} parts")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = archive.infolist()
    members = {member.filename: member for member in listed}
    folder = next(iter(members), "").partition("/")[0]
    if f"{folder}/constants.pkl" in members or any(name.startswith(f"{folder}/code/") for name in members):
        raise PickleRefusedError(
            "it is a TorchScript program: torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE) makes a file of "
            "weights of it"
        )
    description = members.get(f"{folder}/data.pkl")
    is_one = all(name.startswith(f"{folder}/") for name in members)
    if description is None or len(members) != len(listed) or not is_one:
        kind = zipped_kind(list(members))
        raise PickleRefusedError(f"it is {kind.words}, not one of weights: {_advice(kind)}")
    if any(member.compress_type != zipfile.ZIP_STORED for member in listed):
        raise PickleRefusedError("it is a compressed archive: unpack it and zip it without compression")
    places: _Places = {}
    last = 0
    for member in sorted(listed, key=lambda member: member.header_offset):
        name, start, end = member.filename, *_extent(data, member)
        if member.header_offset < last:
            raise PickleRefusedError("it is damaged: its parts overlap")
        last = end
        if name.startswith(f"{folder}/data/") or member is description:
            places[name.removeprefix(f"{folder}/data/")] = start, end
            if member.CRC not in (0, zlib.crc32(memoryview(data)[start:end])):  # torch need not write it
                raise PickleRefusedError("it is damaged: numbers in it have changed since it was written")
        elif name == f"{folder}/byteorder" and data[start:end] != b"little":
            raise PickleRefusedError("it was written on a big-endian machine; save it as safetensors there")
    start, end = places.pop(f"{folder}/data.pkl")
    claim, _ = claims(data[start:end])
    return claim, places


def _extent(data: bytes, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Where the bytes of a member that is not compressed begin and end."""
    at = member.header_offset
    head = data[at : at + 30]
    if len(head) != 30 or not head.startswith(_ZIP_START) or member.flag_bits & _IS_ENCRYPTED:
        raise PickleRefusedError("it is damaged, or not a file of weights")
    start = at + 30 + sum(struct.unpack("<HH", head[26:]))  # its name and padding come before it
    if start + member.file_size > len(data):
        raise PickleRefusedError("it claims to hold more than its size")
    return start, start + member.file_size


def _legacy_claim(data: bytes) -> tuple[object, _Places]:
    """Five pickles (magic number, version, system, object, keys), then each storage: its count, its bytes."""
    _, at = claims(data)
    _, at = claims(data, at)
    system, at = claims(data, at)
    claim, at = claims(data, at)
    keys, at = claims(data, at)
    if isinstance(system, dict) and system.get("little_endian") is False:
        raise PickleRefusedError("it was written on a big-endian machine; save it as safetensors there")
    claimed = storages(claim)
    if not (
        isinstance(keys, list) and all(isinstance(key, str) for key in keys) and set(keys) == set(claimed)
    ):
        raise PickleRefusedError("it is damaged: its list of numbers is not complete")
    places: _Places = {}
    for key in keys:
        if int.from_bytes(data[at : at + 8], "little") != claimed[key].count:
            raise PickleRefusedError("it claims tensors larger than the numbers it holds")
        places[key] = at + 8, at + 8 + claimed[key].nbytes
        at = places[key][1]
    if at > len(data):
        raise PickleRefusedError("it is damaged: its end is missing")
    return claim, places
