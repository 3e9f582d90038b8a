"""What a torch pickle describes, found without running it.

A small machine of its own reads the few opcodes that weights need and builds nothing but plain values and
descriptions of tensors. Whatever else a pickle asks for, any other function above all, is refused. So the sizes
that a file claims are known, and can be held against the file's real size, before torch allocates a byte.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

ITEM_SIZES = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8,
    "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1,
}  # fmt: skip
"""Bytes an element, by the name of torch's storage class."""

_FUNCTIONS = {
    "collections.OrderedDict", "collections.Counter", "torch.Size", "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
}  # fmt: skip
_CONSTANTS: dict[str, object] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_ARGUMENTS = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class PickleRefusedError(ValueError):
    """The pickle asks for more than tensors and plain values, or is damaged; str() is a reason, "it …"."""


@dataclass(frozen=True)
class StorageClaim:
    """A block of memory that a pickle claims to have: `count` elements of `item_size` bytes."""

    key: str
    kind: str
    count: int

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return self.count * ITEM_SIZES[self.kind]


@dataclass(frozen=True)
class TensorClaim:
    """A view of a storage that a pickle claims to have; checked to lie inside it and to repeat nothing."""

    storage: StorageClaim
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    path: str


class _Ordered(dict[object, object]):
    """An OrderedDict: the only thing that may be given attributes, which are left out."""


def claims(pickle: BinaryIO) -> object:
    """Read one pickle from where the file stands: dicts, lists, tuples, plain values and `TensorClaim`.

    Raises:
        PickleRefusedError: it asks for anything else, or is damaged.
    """
    try:
        return _Machine().read(pickle)
    except PickleRefusedError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise PickleRefusedError("it is damaged, or not a file of weights") from error


def storages(claim: object) -> dict[str, StorageClaim]:
    """Every storage that the tensors below a claim use, by key, however often each is named.

    Raises:
        PickleRefusedError: two tensors disagree about one storage.
    """
    found: dict[str, StorageClaim] = {}
    for tensor in _tensors(claim):
        if found.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise PickleRefusedError("it contradicts itself about the size of its numbers")
    return found


def _tensors(claim: object) -> Iterator[TensorClaim]:
    waiting, seen = [claim], set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, TensorClaim):
            yield value
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)


class _Machine:
    def __init__(self) -> None:
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.claimed: list[object] = []

    def read(self, pickle: BinaryIO) -> object:
        for opcode, argument, _ in pickletools.genops(pickle):
            if opcode.name == "STOP":
                (result,) = self.stack
                storages(self.claimed)
                return result
            self.step(opcode.name, argument)
        raise PickleRefusedError("it ends too early")

    def step(self, name: str, argument: object) -> None:
        stack = self.stack
        if name in _ARGUMENTS:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            values = stack[-_TUPLES[name] :]
            stack[-_TUPLES[name] :] = [tuple(values)]
        elif name in ("BINPUT", "LONG_BINPUT"):
            assert isinstance(argument, int)
            self.memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            assert isinstance(argument, int)
            stack.append(self.memo[argument])
        else:
            self.build(name, argument)

    def build(self, name: str, argument: object) -> None:
        stack = self.stack
        match name:
            case "PROTO":
                if argument != 2:
                    raise PickleRefusedError(
                        f"it was written with pickle protocol {argument}; save it again as safetensors"
                    )
            case "GLOBAL":
                path = ".".join(str(argument).split(" ", 1))
                if path not in _FUNCTIONS and _storage_kind(path) not in ITEM_SIZES:
                    raise _more_than_weights(path)
                stack.append(_Name(path))
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "MARK":
                self.marks.append(len(stack))
            case "TUPLE":
                stack.append(tuple(self.since_mark()))
            case "APPEND":
                self.extend([stack.pop()])
            case "APPENDS":
                self.extend(self.since_mark())
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                self.set_items([key, value])
            case "SETITEMS":
                self.set_items(self.since_mark())
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self.called(function, arguments))
            case "BUILD":
                stack.pop()
                if not isinstance(stack[-1], _Ordered):
                    raise PickleRefusedError("it holds Python objects other than weights")
            case "BINPERSID":
                stack.append(_storage(stack.pop()))
            case _:
                raise _more_than_weights(f"the pickle opcode {name}")

    def since_mark(self) -> list[object]:
        at = self.marks.pop()
        values = self.stack[at:]
        del self.stack[at:]
        return values

    def extend(self, values: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise PickleRefusedError("it is damaged, or not a file of weights")
        target.extend(values)

    def set_items(self, values: list[object]) -> None:
        target = self.stack[-1]
        if not isinstance(target, dict) or len(values) % 2:
            raise PickleRefusedError("it is damaged, or not a file of weights")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(key, str | int):  # hashing a tuple of tuples of tuples … need never end
                raise PickleRefusedError("it holds Python objects other than weights")
            target[key] = value

    def called(self, function: object, arguments: object) -> object:
        path = function.path if isinstance(function, _Name) else ""
        match path, arguments:
            case "collections.OrderedDict", ():
                return _Ordered()
            case "collections.Counter", (dict() as counts,):
                return dict(counts)
            case "torch.Size", (tuple() | list() as shape,):
                return tuple(shape)
            case "torch._utils._rebuild_tensor", (storage, offset, shape, stride):
                return self.tensor(storage, offset, shape, stride)
            case "torch._utils._rebuild_tensor_v2", (storage, offset, shape, stride, bool(), hooks, *more):
                if hooks or any(more):
                    raise PickleRefusedError("it holds tensors with hooks or attributes")
                return self.tensor(storage, offset, shape, stride)
            case "torch._utils._rebuild_parameter", (TensorClaim() as tensor, bool(), hooks) if not hooks:
                return tensor
        raise _more_than_weights(f"an unusual call of {path}" if path else "a call")

    def tensor(self, storage: object, offset: object, shape: object, stride: object) -> TensorClaim:
        if not (isinstance(storage, StorageClaim) and isinstance(offset, int)):
            raise PickleRefusedError("it is damaged, or not a file of weights")
        sizes, steps = _counts(shape), _counts(stride)
        elements = math.prod(sizes)
        last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
        if offset < 0 or elements > storage.count or (elements and last >= storage.count):
            raise PickleRefusedError("it claims tensors larger than the numbers it holds")
        found = TensorClaim(storage, sizes)
        self.claimed.append(found)
        return found


def _counts(value: object) -> tuple[int, ...]:
    if (
        isinstance(value, tuple)
        and len(value) <= 8
        and all(type(n) is int and 0 <= n < 1 << 40 for n in value)
    ):
        return value
    raise PickleRefusedError("it is damaged, or not a file of weights")


def _storage_kind(path: str) -> str:
    return path.removeprefix("torch.").removeprefix("cuda.")


def _more_than_weights(what: str) -> PickleRefusedError:
    return PickleRefusedError(
        f"it holds more than weights ({what}); save only the model's state_dict, best as safetensors"
    )


def _storage(identity: object) -> StorageClaim:
    """Of `("storage", class, key, device, count)`, with a sixth entry in files of torch before 1.6: a view."""
    match identity:
        case ("storage", _Name(path), str() as key, str(), int() as count, *view) if 0 <= count < 1 << 40:
            kind = _storage_kind(path)
            if kind not in ITEM_SIZES:
                raise PickleRefusedError("it is damaged, or not a file of weights")
            if any(part is not None for part in view):
                raise PickleRefusedError("it holds views of tensors; save the state_dict again")
            return StorageClaim(key, kind, count)
    raise PickleRefusedError("it is damaged, or not a file of weights")
