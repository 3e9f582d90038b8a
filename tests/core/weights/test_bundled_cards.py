"""The cards of the bundled networks and the table of the page about networks say the same, and how it is known."""

from __future__ import annotations

import json

import pytest

from resnet_viewer import paths


@pytest.mark.parametrize("depth", [20, 56])
@pytest.mark.parametrize("kind", ["resnet", "plain"])
def test_the_page_about_networks_has_the_cards_errors_and_its_command(kind: str, depth: int) -> None:
    name = f"cifar-{kind}-{depth}"
    card = json.loads(paths.asset("weights", f"{name}.json").read_text())
    text = paths.document("networks.md").read_text(encoding="utf-8")
    errors = f"{card['train_error_percent']:.1f} % | {card['test_error_percent']:.1f} %"
    assert f"`{name}` | {errors} |" in text
    assert card["command"] in text.replace(" \\\n ", "")
    for part in ("train", "test"):
        assert "as stored here" in card[f"{part}_error_of"] or "before" in card[f"{part}_error_of"]
