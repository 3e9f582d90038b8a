"""Files of weights, read without running what is in them and without believing the sizes they claim.

A file is read once, whole, into memory; everything after that looks at the same bytes. Pickles go through
`pickle_scan` before torch sees them, and torch reads them with `weights_only`.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import pickle
import stat
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from resnet_viewer.core.pickle_scan import ITEM_SIZES, PickleRefusedError, claims, storages
from resnet_viewer.core.unwrapping import class_names
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import UserError

LARGEST_FILE = 2 << 30
"""Bytes. A ResNet-152 with its optimiser's state has 0.7 GB."""
_LARGEST_HEADER = 16 << 20
_LARGEST_PICKLE = 64 << 20
_ZIP_START, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_HDF5_START = b"\x89HDF\r\n\x1a\n"
_LEGACY_START = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
"""The pickled magic number that files of `torch.save` before torch 1.6 begin with."""
_TORCH_ERRORS = (
    RuntimeError, ValueError, EOFError, KeyError, TypeError, IndexError, AttributeError, AssertionError,
    MemoryError, OverflowError, ImportError, struct.error, pickle.UnpicklingError, zipfile.BadZipFile,
)  # fmt: skip
"""Everything that torch and zipfile were seen to raise for damaged files."""


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
        content, metadata, network = _parsed(data)
    except PickleRefusedError as error:
        raise WeightFileError(f"{path.name} cannot be opened: {error}.") from error
    except _TORCH_ERRORS as error:
        raise WeightFileError(
            f"{path.name} cannot be opened: it is damaged, or not a file of weights."
        ) from error
    return WeightFile(path.name, hashlib.sha256(data).hexdigest(), content, metadata, network)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        WeightFileError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def metadata(path: Path) -> dict[str, str]:
    """What a file says about itself, read without its numbers; empty where it says nothing, or is damaged.

    Raises:
        WeightFileError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _described(file)
    except (PickleRefusedError, *_TORCH_ERRORS):
        return {}
    except OSError as error:
        raise _unreadable(path, error) from error


def _described(file: BinaryIO) -> dict[str, str]:
    start = file.read(len(_LEGACY_START))
    size = int.from_bytes(start[:8], "little")
    file.seek(0)
    if start.startswith(_HDF5_START):
        from resnet_viewer.core import keras_files

        with contextlib.suppress(OSError):  # h5py's word for damage too
            return keras_files.metadata(file)
    elif start.startswith(_ZIP_START):
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith("/data.pkl")]
            if len(members) == 1 and _is_plain(members[0]):
                return _named(claims(io.BytesIO(archive.read(members[0]))))
    elif start.startswith(_LEGACY_START):
        for _ in range(3):
            claims(file)
        return _named(claims(file))
    elif start[8:9] == b"{" and size <= _LARGEST_HEADER:
        file.seek(8)
        return _metadata(file.read(size))
    return {}


def _is_plain(member: zipfile.ZipInfo) -> bool:
    return member.compress_type == zipfile.ZIP_STORED and member.file_size <= _LARGEST_PICKLE


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
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise WeightFileError(f"{path.name} is a folder: choose a file of weights.")
        if not stat.S_ISREG(found.st_mode):
            raise WeightFileError(f"{path.name} is not a regular file: choose a file of weights.")
        if found.st_size == 0:
            raise WeightFileError(f"{path.name} is empty: choose a file of weights.")
        if found.st_size > LARGEST_FILE:
            raise WeightFileError(
                f"{path.name} has {found.st_size / 2**30:.1f} GB, more than the {LARGEST_FILE >> 30} GB that are "
                "opened: save the model's state_dict alone."
            )
        with path.open("rb") as file:
            return file.read(found.st_size)
    except WeightFileError:
        raise
    except (OSError, ValueError, MemoryError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> WeightFileError:
    match error:
        case FileNotFoundError():
            why = "there is no such file"
        case PermissionError():
            why = "you have no permission to read it"
        case MemoryError():
            why = "there is not enough memory"
        case OSError():
            why = f"the system says: {(error.strerror or type(error).__name__).lower()}"
        case _:
            why = "that cannot be the name of a file"
    return WeightFileError(f"{path.name} cannot be opened: {why}.")


def _parsed(data: bytes) -> tuple[object, dict[str, str], str]:
    """Content, metadata, and the name of the only network that it can be."""
    if data.startswith(_HDF5_START):
        from resnet_viewer.core import keras_files

        try:
            return keras_files.parsed(data)
        except PickleRefusedError:
            raise
        except keras_files.ERRORS as error:
            raise PickleRefusedError("it is damaged, or not a file of weights") from error
    if data.startswith(_ZIP_START):
        _check_zip(data)
    elif data.startswith(_LEGACY_START):
        _check_legacy(data)
    elif data[8:9] == b"{":
        return *_safetensors(data), ""
    else:
        raise PickleRefusedError("it is not a file of weights (.pth, .th, .pt, .ckpt, .safetensors, .h5)")
    content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return content, _named(content), ""


def _safetensors(data: bytes) -> tuple[object, dict[str, str]]:
    import safetensors
    import safetensors.torch

    size = int.from_bytes(data[:8], "little")
    if size > min(_LARGEST_HEADER, len(data) - 8):
        raise PickleRefusedError("its header claims more than the file holds")
    try:
        return safetensors.torch.load(data), _metadata(data[8 : 8 + size])
    except safetensors.SafetensorError as error:
        raise PickleRefusedError("its header does not fit what the file holds") from error


def _metadata(header: bytes) -> dict[str, str]:
    try:
        found = json.loads(header).get("__metadata__", {})
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _check_zip(data: bytes) -> None:
    """Refuse archives that unpack to more than they are, or that two readers could read differently."""
    if data[-22:-18] != _ZIP_END or data[-2:] != b"\0\0":
        raise PickleRefusedError("it is damaged: its end is missing")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if len(members) != len(archive.infolist()) or len({name.partition("/")[0] for name in members}) != 1:
            raise PickleRefusedError("it is a zip archive, but not one of weights")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
            raise PickleRefusedError("it is a compressed archive, which torch never writes")
        if sum(member.file_size for member in members.values()) > len(data):
            raise PickleRefusedError("it claims to hold more than its size")
        folder = next(iter(members)).partition("/")[0]
        if f"{folder}/constants.pkl" in members:
            raise PickleRefusedError("it is a TorchScript program; save the model's state_dict instead")
        description = members.get(f"{folder}/data.pkl")
        if description is None:
            raise PickleRefusedError("it is a zip archive, but not one of weights")
        if description.file_size > _LARGEST_PICKLE:
            raise PickleRefusedError("the description of its weights is too large")
        for storage in storages(claims(io.BytesIO(archive.read(description)))).values():
            member = members.get(f"{folder}/data/{storage.key}")
            if member is None or member.file_size != storage.nbytes:
                raise PickleRefusedError("it claims tensors larger than the numbers it holds")


def _check_legacy(data: bytes) -> None:
    """Five pickles (magic number, version, system, object, keys), then each storage: its count, its bytes."""
    file = io.BytesIO(data)
    for _ in range(3):
        claims(file)
    claimed = storages(claims(file))
    keys = claims(file)
    if not (
        isinstance(keys, list) and all(isinstance(key, str) for key in keys) and set(keys) == set(claimed)
    ):
        raise PickleRefusedError("it is damaged: its list of numbers is not complete")
    position = file.tell()
    if position > _LARGEST_PICKLE:
        raise PickleRefusedError("the description of its weights is too large")
    for key in keys:
        if int.from_bytes(data[position : position + 8], "little") != claimed[key].count:
            raise PickleRefusedError("it claims tensors larger than the numbers it holds")
        position += 8 + claimed[key].count * ITEM_SIZES[claimed[key].kind]
    if position > len(data):
        raise PickleRefusedError("it is damaged: its end is missing")
