"""The machine that reads pickles without running them, opcode by opcode."""

from __future__ import annotations

import collections
import io
import pickle
import sys
from fractions import Fraction

import pytest

from resnet_viewer.core.pickle_scan import PickleRefusedError, StorageClaim, TensorClaim, claims, storages


def _claims(data: bytes) -> object:
    return claims(io.BytesIO(data))


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -70000, 2**70, 0.5, None, True, False], 3: ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4))},
        [[], [[]], {}, "é\ud800"],
        collections.OrderedDict(a=1, b=2),
        list(range(3000)),
    ],
)
def test_plain_values_are_read_as_pickle_reads_them(value: object) -> None:
    assert _claims(pickle.dumps(value, 2)) == value


def test_a_value_that_holds_itself_is_walked_once() -> None:
    value: list[object] = [1]
    value.append(value)
    found = _claims(pickle.dumps(value, 2))
    assert storages(found) == {}


def test_storages_that_disagree_are_refused() -> None:
    small, large = StorageClaim("0", "FloatStorage", 4), StorageClaim("0", "FloatStorage", 8)
    assert small.nbytes == 16
    same = [TensorClaim(small, (2,)), {"again": TensorClaim(small, (4,))}]
    assert storages(same) == {"0": small}
    with pytest.raises(PickleRefusedError, match="contradicts itself"):
        storages([*same, TensorClaim(large, (8,))])


@pytest.mark.parametrize(
    "value", [Fraction(1, 2), {1, 2}, b"bytes", print, 1j, range(3), {(1, 2): 3}, {0.5: 1}]
)
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(
        PickleRefusedError, match=r"holds more than weights|Python objects other than weights"
    ):
        _claims(pickle.dumps(value, 2))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"\x80\x02K\x01K\x02.",  # two values left
        b"\x80\x02t.",  # a tuple without its mark
        b"\x80\x02h\x05.",  # never kept
        b"\x80\x02K\x01K\x02s.",  # an item for a number
        b"\x80\x02]K\x01K\x02s.",  # an item for a list
        b"\x80\x02K\x01K\x02a.",  # a number at the end of a number
        b"\x80\x02}(K\x01u.",  # a key without its value
        b"\x80\x02K\x01Q.",  # a storage called 1
        b"\x80\x02X\xff\xff\xff\xffabc.",  # a text of 4 GB
    ],
)
def test_broken_pickles_are_refused(data: bytes) -> None:
    with pytest.raises(PickleRefusedError, match=r"^it "):
        _claims(data)


def test_a_very_deep_nesting_needs_no_recursion() -> None:
    depth = 10 * sys.getrecursionlimit()
    found = _claims(b"\x80\x02" + b"(" * depth + b"t" * depth + b".")
    assert storages(found) == {}


def test_many_marks_take_no_longer_than_they_are_long() -> None:
    count = 100_000  # quadratic, this would be 10^10 steps and run into the time limit
    found = _claims(b"\x80\x02(" + b"N" * count + b"(t" * count + b"t.")
    assert isinstance(found, tuple)
    assert len(found) == 2 * count
