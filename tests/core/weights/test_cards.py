"""Cards: what makes sense is believed, the rest counts as not told."""

from __future__ import annotations

import pytest

from resnet_viewer.core.weights.cards import Card, card_of
from resnet_viewer.records.preprocessing import Preprocessing

TOLD = {
    "network": "resnet18",
    "mean": "[0.5, 0, 1]",
    "std": "[1, 2, 0.25]",
    "input_size": "64",
    "classes": '["a"]',
}


def test_a_whole_card_is_read() -> None:
    own = Preprocessing(64, 64, (0.5, 0.0, 1.0), (1.0, 2.0, 0.25))
    assert card_of(TOLD) == Card("resnet18", own, ("a",))
    assert card_of(TOLD | {"shortcut_strength": "0.25"}).shortcut_strength == 0.25
    run = TOLD | {"data": "digits", "recipe": "own", "epochs": "4", "epochs_done": "4.0", "seed": "0"}
    kept = card_of(run | {"shortcut_strength": "0.5", "survival": "0.25"}).trained
    assert kept is not None
    assert kept.words == (
        "trained in this lab: own, 4 epochs, seed 0, shortcuts open by 0.5, stochastic depth with survival 0.25"
    )
    older = card_of(run | {"shortcut_strength": "1.0"}).trained
    assert older is not None
    assert older.survival == 1.0
    resized = card_of(TOLD | {"resize": "72"}).preprocessing
    assert resized == Preprocessing(72, 64, own.mean, own.std)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mean", "[0, 0]"),
        ("mean", "[0, 0, NaN]"),
        ("mean", "[0, 0, 1" + "0" * 400 + "]"),
        ("mean", '["a", 0, 0]'),
        ("mean", "0.5"),
        ("std", "[1, 1, 0]"),
        ("std", "[1, 1"),
        ("input_size", "0"),
        ("input_size", "1e9"),
        ("input_size", "1000000000"),
        ("resize", "[" * 100_000),
        ("shortcut_strength", "1.5"),
        ("shortcut_strength", "NaN"),
        ("shortcut_strength", "cut"),
    ],
)
def test_nonsense_counts_as_not_told(key: str, value: str) -> None:
    told = None if key != "shortcut_strength" else card_of(TOLD).preprocessing
    assert card_of(TOLD | {key: value}) == Card("resnet18", told, ("a",))


def test_an_empty_card_tells_nothing() -> None:
    assert card_of({}) == Card()
    assert card_of({"classes": '{"0": "a"}'}) == Card()
