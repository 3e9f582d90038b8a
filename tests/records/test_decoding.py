"""Records come back from JSON as they were, and what is none is refused."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import pytest

from resnet_viewer.records.checking import DecodeError, decoded
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.training import EpochReport
from tests.core.lab.lab_apart import RUN


@dataclass(frozen=True)
class Part:
    names: tuple[str, ...] = ()
    size: int | None = None


@dataclass(frozen=True)
class Whole:
    kind: Literal["one", "two"]
    parts: tuple[Part, ...]
    pair: tuple[int, float]
    is_good: bool = True


WHOLE = Whole("two", (Part(("a", "b"), 3), Part()), (1, 2.5), is_good=False)


def test_records_come_back() -> None:
    assert decoded(Whole, json.loads(json.dumps(asdict(WHOLE)))) == WHOLE
    run = RUN.intervened(3, 0.5).extended(4, 2)
    assert decoded(type(run), json.loads(json.dumps(asdict(run)))) == run
    assert decoded(Whole, {"kind": "one", "parts": [], "pair": [1, 2]}) == Whole("one", (), (1, 2.0))


@pytest.mark.parametrize(("was", "augment"), [(True, "crop+flip"), (False, "none")])
def test_a_run_of_an_older_version_is_read_as_it_was(was: bool, augment: str) -> None:
    fields = asdict(RUN)
    for later in ("augment", "data_digest", "threads"):
        del fields[later]
    del fields["recipe"]["warm_up_steps"]
    found = decoded(type(RUN), fields | {"is_augmented": was})
    assert found == replace(RUN, augment=augment)
    assert (found.data_digest, found.threads) == ("", 0)


def test_a_run_of_an_older_quick_recipe_keeps_its_numbers_and_loses_the_name() -> None:
    for name in RECIPES:
        now = replace(RUN, recipe=RECIPES[name])
        assert decoded(type(RUN), asdict(now)) == now
    then = replace(RUN, recipe=replace(RECIPES["quick"], rate=0.1))
    read = decoded(type(RUN), asdict(then))
    assert read == replace(then, recipe=replace(then.recipe, name="quick, changed"))
    assert decoded(type(RUN), asdict(read)) == read


def test_null_is_no_number_where_a_number_is_meant() -> None:
    found = decoded(EpochReport, asdict(EpochReport(0, 0.1, 1.0, 2.0, 3.0, 4.0)) | {"test_error": None})
    assert math.isnan(found.test_error)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"kind": "three"}, r"\.kind"),
        ({"parts": [{"names": [1]}]}, r"\.parts\[0\]\.names\[0\]"),
        ({"parts": [{"size": 1.5}]}, r"\.parts\[0\]\.size"),
        ({"pair": [1]}, r"\.pair has 1 parts in place of 2"),
        ({"pair": [True, 1.0]}, r"\.pair"),
        ({"pair": [1, 10**400]}, r"\.pair cannot be '1000"),
        ({"is_good": 1}, r"\.is_good"),
        ({"more": 1}, r"\.more is not known"),
        ({"parts": None}, r"\.parts"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], at: str) -> None:
    with pytest.raises(DecodeError, match=at):
        decoded(Whole, asdict(WHOLE) | change)


def test_what_is_missing_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"\.kind is missing"):
        decoded(Whole, {"parts": [], "pair": [1, 2]})
