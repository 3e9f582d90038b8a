"""What a torch pickle describes, found without running it.

A small machine of its own reads the few opcodes that weights need and builds nothing but plain values and
descriptions of tensors. Whatever else a pickle asks for, any other function above all, is refused. So the sizes
that a file claims are known, and can be held against the file's real size, before a byte is allocated for them. How
many bytes, opcodes, tensors and levels there may be is bounded, because a value of one byte takes a hundred in memory.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

MOST_BYTES = 16 << 20
"""Of one pickle. That of a ResNet-1202 with Adam's memories has 2 MB."""
MOST_OPCODES = 700_000
"""In one pickle; each makes one object at most. A ResNet-1202 with Adam's memories takes 550 000."""
MOST_TENSORS = 20_000
"""In one file. A ResNet-1202 has 7 208, with Adam's memories 18 000."""
DEEPEST = 60
"""How many containers may lie in each other."""

KINDS = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip
"""Types of numbers, by the name of torch's storage class."""

_FUNCTIONS = {
    "collections.OrderedDict", "collections.Counter", "torch.Size", "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
}  # fmt: skip
_MOST_SIDES = 8
_PUT = {ord("q"): 1, ord("r"): 4}
_GET = {ord("h"): 1, ord("j"): 4}
_TUPLES = {0x85: 1, 0x86: 2, 0x87: 3}
_NUMBERS = {ord("K"): 1, ord("M"): 2, ord("J"): 4}
"""By opcode how many bytes their argument, or how many parts their tuple has."""
_CONSTANTS: dict[int, object] = {ord("N"): None, 0x88: True, 0x89: False, ord(")"): ()}


class PickleRefusedError(ValueError):
    """The pickle asks for more than tensors and plain values, or is damaged; str() is a reason, "it …"."""


@dataclass(frozen=True)
class StorageClaim:
    """A block of memory that a pickle claims to have: `count` numbers of one of the `KINDS`."""

    key: str
    kind: str
    count: int

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return self.count * KINDS[self.kind].itemsize


@dataclass(frozen=True)
class TensorClaim:
    """A view of a storage that a pickle claims to have; checked to lie inside it and to repeat nothing."""

    storage: StorageClaim
    shape: tuple[int, ...]
    strides: tuple[int, ...] = ()
    offset: int = 0
    """Strides and offset count numbers, not bytes."""


@dataclass(frozen=True)
class _Name:
    path: str


class _Ordered(dict[object, object]):
    """An OrderedDict: the only thing that may be given attributes, which are left out."""


def claims(data: bytes, at: int = 0) -> tuple[object, int]:
    """Read one pickle from `at` on: dicts, lists, tuples, plain values and `TensorClaim`; and where it ends.

    Raises:
        PickleRefusedError: it asks for anything else, is larger than the bounds above, or is damaged.
    """
    window = data[at : at + MOST_BYTES]
    try:
        found, end = _Machine(window).read()
    except PickleRefusedError:
        raise
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        struct.error,
    ) as error:
        if isinstance(error, IndexError) and len(window) == MOST_BYTES:
            raise _too_large() from error
        raise PickleRefusedError("it is damaged, or not a file of weights") from error
    return found, at + end


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


def filled(claim: object, made: Callable[[TensorClaim], object]) -> object:
    """The claim with what is `made` of each tensor in its place; what is one object there is one object here.

    Raises:
        PickleRefusedError: more than `DEEPEST` containers lie in each other.
    """
    done: dict[int, object] = {}

    def fill(value: object, depth: int) -> object:
        if not isinstance(value, TensorClaim | dict | list | tuple):
            return value
        if id(value) in done:
            return done[id(value)]
        if depth >= DEEPEST and not isinstance(value, TensorClaim):
            raise PickleRefusedError(f"more than {DEEPEST} containers lie in each other in it")
        found: object
        if isinstance(value, TensorClaim):
            found = done[id(value)] = made(value)
        elif isinstance(value, dict):
            found = done[id(value)] = mapping = dict[object, object]()  # before its parts: it may hold itself
            mapping.update((key, fill(part, depth + 1)) for key, part in value.items())
        elif isinstance(value, list):
            found = done[id(value)] = row = list[object]()
            row.extend(fill(part, depth + 1) for part in value)
        else:
            found = done[id(value)] = tuple([fill(part, depth + 1) for part in value])
        return found

    return fill(claim, 0)


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
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.claimed: list[object] = []

    def read(self) -> tuple[object, int]:
        """The value, and where its pickle ends."""
        data, stack, memo = self.data, self.stack, dict[int, object]()
        at = 0
        for _ in range(MOST_OPCODES):
            code = data[at]
            at += 1
            if size := _PUT.get(code):
                memo[int.from_bytes(data[at : at + size], "little")] = stack[-1]
                at += size
            elif size := _GET.get(code):
                stack.append(memo[int.from_bytes(data[at : at + size], "little")])
                at += size
            elif size := _NUMBERS.get(code):
                stack.append(int.from_bytes(data[at : at + size], "little", signed=size == 4))
                at += size
            elif size := _TUPLES.get(code):
                stack[-size:] = [_tuple(stack[-size:], size)]
            elif code in _CONSTANTS:
                stack.append(_CONSTANTS[code])
            elif code == 0x58:  # X, a text
                end = at + 4 + int.from_bytes(data[at : at + 4], "little")
                stack.append(str(data[at + 4 : end], "utf-8", "surrogatepass"))
                at = end
            elif code == 0x28:  # (, a mark
                self.marks.append(len(stack))
            elif code == 0x2E:  # ., the end
                (result,) = stack
                storages(self.claimed)
                return result, at
            else:
                self.at = at
                self.build(code)
                at = self.at
        raise _too_large()

    def build(self, code: int) -> None:
        """The rest of the opcodes, by their letters in Python's documentation."""
        stack = self.stack
        match chr(code):
            case "Q":
                stack.append(_storage(stack.pop()))
            case "R":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self.called(function, arguments))
            case "t":
                stack.append(tuple(self.since_mark()))
            case "}":
                stack.append({})
            case "]":
                stack.append([])
            case "a":
                self.extend([stack.pop()])
            case "e":
                self.extend(self.since_mark())
            case "s":
                value, key = stack.pop(), stack.pop()
                self.set_items([key, value])
            case "u":
                self.set_items(self.since_mark())
            case "b":
                stack.pop()
                if not isinstance(stack[-1], _Ordered):
                    raise PickleRefusedError("it holds Python objects other than weights")
            case "c":
                path = f"{self.line()}.{self.line()}"
                if path not in _FUNCTIONS and _storage_kind(path) not in KINDS:
                    raise _more_than_weights(path)
                stack.append(_Name(path))
            case "G":
                (number,) = struct.unpack(">d", self.bytes(8))
                stack.append(number)
            case "\x8a":
                stack.append(int.from_bytes(self.bytes(self.bytes(1)[0]), "little", signed=True))
            case "U":
                stack.append(str(self.bytes(self.bytes(1)[0]), "latin-1"))
            case "\x80":
                if (protocol := self.bytes(1)[0]) != 2:
                    raise PickleRefusedError(
                        f"it was written with pickle protocol {protocol}; save it again as safetensors"
                    )
            case letter:
                raise _more_than_weights(f"the pickle opcode {letter!r}")

    def bytes(self, count: int) -> bytes:
        """The next ones; fewer where the pickle ends before."""
        self.at += count
        return self.data[self.at - count : self.at]

    def line(self) -> str:
        start, self.at = self.at, self.data.index(b"\n", self.at) + 1
        return str(self.data[start : self.at - 1], "utf-8")

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
            # Hashing a tuple of tuples of tuples … need never end, and large numbers can be made to hash alike.
            if not (isinstance(key, str) or (isinstance(key, int) and abs(key) < 1 << 32)):
                raise PickleRefusedError("it holds Python objects other than weights")
            target[key] = value

    def called(self, function: object, arguments: object) -> object:
        path = function.path if isinstance(function, _Name) else ""
        match path, arguments:
            case (
                "torch._utils._rebuild_tensor_v2",
                (StorageClaim() as storage, int() as offset, shape, strides, bool(), hooks, *more),
            ):
                if hooks or any(more):
                    raise PickleRefusedError("it holds tensors with hooks or attributes")
                return self.tensor(storage, offset, shape, strides)
            case "torch._utils._rebuild_tensor", (StorageClaim() as storage, int() as offset, shape, strides):
                return self.tensor(storage, offset, shape, strides)
            case "torch._utils._rebuild_parameter", (TensorClaim() as tensor, bool(), hooks) if not hooks:
                return tensor
            case "collections.OrderedDict", ():
                return _Ordered()
            case "collections.Counter", (dict() as counts,):
                return counts
            case "torch.Size", (tuple() | list() as shape,):
                return _counts(tuple(shape[: _MOST_SIDES + 1]))
        raise _more_than_weights(f"an unusual call of {path}" if path else "a call")

    def tensor(self, storage: StorageClaim, offset: int, shape: object, strides: object) -> TensorClaim:
        sizes, steps = _counts(shape), _counts(strides)
        elements = math.prod(sizes)
        last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
        if offset < 0 or elements > storage.count or (elements and last >= storage.count):
            raise PickleRefusedError("it claims tensors larger than the numbers it holds")
        if len(self.claimed) == MOST_TENSORS:
            raise too_many_tensors()
        found = TensorClaim(storage, sizes, steps, offset)
        self.claimed.append(found)
        return found


def too_many_tensors() -> PickleRefusedError:
    """What is said of a file with more than `MOST_TENSORS`, however it is written."""
    return PickleRefusedError(
        f"it holds more than {MOST_TENSORS} tensors, the most that are opened; save the model's state_dict alone"
    )


def _too_large() -> PickleRefusedError:
    return PickleRefusedError("it describes more values than weights need; save the model's state_dict alone")


def _tuple(values: list[object], size: int) -> tuple[object, ...]:
    if len(values) != size:
        raise PickleRefusedError("it is damaged, or not a file of weights")
    return tuple(values)


def _counts(value: object) -> tuple[int, ...]:
    if (
        isinstance(value, tuple)
        and len(value) <= _MOST_SIDES
        and all(type(n) is int and 0 <= n < 1 << 40 for n in value)
    ):
        return value
    raise PickleRefusedError("it is damaged, or not a file of weights")


def _storage_kind(path: str) -> str:
    return path.removeprefix("torch.").removeprefix("cuda.")


def _more_than_weights(what: str) -> PickleRefusedError:
    shown = what if len(what) <= 80 and what.isprintable() else f"{what[:60]!a} …"
    return PickleRefusedError(
        f"it holds more than weights ({shown}); save only the model's state_dict, best as safetensors"
    )


def _storage(identity: object) -> StorageClaim:
    """Of `("storage", class, key, device, count)`, with a sixth entry in files of torch before 1.6: a view."""
    match identity:
        case ("storage", _Name(path), str() as key, str(), int() as count, *view) if 0 <= count < 1 << 40:
            kind = _storage_kind(path)
            if kind not in KINDS:
                raise PickleRefusedError("it is damaged, or not a file of weights")
            if any(part is not None for part in view):
                raise PickleRefusedError("it holds views of tensors; save the state_dict again")
            return StorageClaim(key, kind, count)
    raise PickleRefusedError("it is damaged, or not a file of weights")
