"""The machine that reads pickles without running them, opcode by opcode."""

from __future__ import annotations

import collections
import pickle
import sys
from fractions import Fraction

import pytest

from resnet_viewer.core import pickle_scan
from resnet_viewer.core.pickle_scan import (
    PickleRefusedError,
    StorageClaim,
    TensorClaim,
    claims,
    filled,
    storages,
)


def _claims(data: bytes) -> object:
    return claims(data)[0]


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


def test_no_more_opcodes_are_looked_at_than_weights_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_scan, "MOST_OPCODES", 40)
    assert _claims(b"\x80\x02(" + b"}" * 36 + b"t.") == ({},) * 36
    with pytest.raises(PickleRefusedError, match="more values than weights need"):
        _claims(b"\x80\x02(" + b"}" * 38 + b"t.")
    with pytest.raises(PickleRefusedError, match="more values than weights need"):
        _claims(b"\x80\x02" + b"}" * (63 << 20))  # without an end, which is never looked for


def test_no_more_bytes_are_looked_at_than_weights_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_scan, "MOST_BYTES", 40)
    text = pickle.dumps("e" * 60, 2)
    with pytest.raises(PickleRefusedError, match="more values than weights need"):
        _claims(text)
    assert claims(text + pickle.dumps(5, 2), len(text)) == (5, len(text) + 5)


def test_no_more_containers_lie_in_each_other_than_weights_need() -> None:
    value: object = "core"
    for _ in range(pickle_scan.DEEPEST):
        value = [value]
    assert filled(_claims(pickle.dumps(value, 2)), repr) == value
    with pytest.raises(PickleRefusedError, match="lie in each other"):
        filled(_claims(pickle.dumps([value, value], 2)), repr)


def test_what_is_filled_in_keeps_what_is_shared() -> None:
    tensor = TensorClaim(StorageClaim("0", "FloatStorage", 4), (4,))
    own: list[object] = [tensor, {"again": tensor}, (tensor, 5)]
    own.append(own)
    made: list[TensorClaim] = []
    found = filled(own, lambda claim: (made.append(claim), "made")[1])
    assert isinstance(found, list)
    assert found[:3] == ["made", {"again": "made"}, ("made", 5)]
    assert found[3] is found
    assert made == [tensor]


@pytest.mark.parametrize("key", [2**61 - 1, -(2**33), 5 * (2**61 - 1)])
def test_keys_that_can_be_made_to_hash_alike_are_refused(key: int) -> None:
    assert _claims(pickle.dumps({2**31 - 1: 1}, 2)) == {2**31 - 1: 1}
    with pytest.raises(PickleRefusedError, match="Python objects"):
        _claims(pickle.dumps({key: 1}, 2))
