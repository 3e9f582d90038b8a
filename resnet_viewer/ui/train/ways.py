"""What the Train tab asks of the program around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.training import RunSpec

Runs = tuple[tuple[str, RunSpec], ...]


@dataclass(frozen=True)
class Ways:
    """Nothing here may take long, or import torch."""

    runs_of: Callable[[RunPlan], Runs]
    """Raises UserError with one sentence."""
    runs_dir: Callable[[], Path]
    """Where new folders are made."""
    remark: Callable[[str], str]
    """What it costs to have a named data set: "download 170 MB", "" where it is here."""
    has_runs: Callable[[Path], bool]
    """Whether earlier runs can be gone on with from a folder."""
    threads: int = 0
    device: str = ""
    """Where a recipe names none; "" is the best there is."""
