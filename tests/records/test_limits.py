from __future__ import annotations

from typing import Any

import pytest

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.limits import Limits


@pytest.mark.parametrize(
    "wrong",
    [
        {"percentile": 0.0},
        {"percentile": 100.5},
        {"percentile": "all"},
        {"by_hand": (2.0, 1.0)},
        {"by_hand": (0.0, float("inf"))},
        {"by_hand": (float("nan"), 1.0)},
        {"is_logarithmic": 3},
    ],
)
def test_what_is_no_limit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        Limits(**wrong)


def test_what_was_chosen_in_words() -> None:
    assert Limits().is_usual
    assert Limits().words == ""
    assert Limits(percentile=99.5).words == "99.5 % of the values"
    assert Limits(by_hand=(0.0, 0.25), percentile=90.0).words == "0 to 0.25 by hand"
    chosen = Limits(percentile=99.0, is_logarithmic=True)
    assert chosen.words == "99 % of the values, logarithmic"
    assert not chosen.is_usual
