"""A training run's weights as a file of their own, with the card that says what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.training import RunReport


def write_weights(source: Path, report: RunReport, path: Path, *, is_live: bool = False) -> None:
    """Copy the weights in `source` to `path`, and write their card inside it and beside it, as `NAME.card.json`.

    What a run has left at its end holds its card already; weights of a run at work, or one that failed, get the card
    that `report` makes.

    Raises:
        UserError: the weights cannot be read, or a file not be written.
    """
    from resnet_viewer.core.lab.run_files import card_of, json_bytes, strict
    from resnet_viewer.core.weights import weight_files

    found = weight_files.read(source)
    metadata = dict(found.metadata)
    card = _card(metadata)
    if card is None:
        if not isinstance(found.content, Mapping):
            raise UserError(f"{source} holds more than weights; export them from the run again.")
        step = metadata.get("step", "")
        at = int(step) if step.isdecimal() and len(step) < 16 else len(report.steps)
        card = card_of(report, at=at, commit=None, command="")
        if is_live:
            card["state"] = "in training"
        metadata["card"] = json.dumps(strict(card))
        weight_files.save_safetensors(path, found.content, metadata=metadata)
    else:
        write_whole(path, source.read_bytes())
    write_whole(path.with_name(f"{path.stem}.card.json"), json_bytes(card))


def _card(metadata: Mapping[str, str]) -> dict[str, object] | None:
    """That in a file of weights; None where there is none that can be read."""
    try:
        found = json.loads(metadata.get("card", "null"))
    except (ValueError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, dict) else None
