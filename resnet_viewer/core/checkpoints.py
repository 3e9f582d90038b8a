"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one file, whole or not at all."""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.training import (
    EpochReport,
    Extension,
    GradientRecord,
    Intervention,
    RunSpec,
    StepReport,
)
from resnet_viewer.records.typed_json import DecodeError, decoded

Change = TypeVar("Change", Intervention, Extension)

_DAMAGED = (
    EOFError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RuntimeError, ValueError, OSError,
    OverflowError, pickle.UnpicklingError,
)  # fmt: skip
"""What torch was seen to raise for files that are none of its own."""


class ResumeError(UserError):
    """A checkpoint is damaged or belongs to another run; the message says what differs."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run between two steps: `network` and `optimizer` are their state dicts, `seconds` those of the epoch so far."""

    run: RunSpec
    network: dict[str, Any]
    optimizer: dict[str, Any]
    at: int
    epochs: tuple[EpochReport, ...]
    gradients: tuple[GradientRecord, ...]
    steps: tuple[StepReport, ...]
    seconds: float
    predicted: torch.Tensor
    has_diverged: bool = False


def write(path: Path, found: Checkpoint) -> None:
    """Put it into the file `path`.

    Raises:
        WriteError: it cannot be written; an older one is unchanged.
    """
    content = {
        "run": json.dumps(asdict(found.run)),
        "network": found.network,
        "optimizer": found.optimizer,
        "at": found.at,
        "epochs": json.dumps([asdict(epoch) for epoch in found.epochs]),
        "gradients": [
            _rows([getattr(r, part) for r in found.gradients]) for part in ("norms", "updates", "dead")
        ],
        "recorded": [record.step for record in found.gradients],
        "steps": _rows([(s.loss, s.error, s.batch_loss, s.batch_error, s.rate) for s in found.steps]),
        "length": found.steps[0].steps if found.steps else 1,
        "seconds": found.seconds,
        "predicted": found.predicted,
        "has_diverged": found.has_diverged,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())


def read(path: Path) -> Checkpoint:
    """What `write` left.

    Raises:
        ResumeError: it cannot be read.
    """
    try:
        content: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        length = int(content["length"])
        records = zip(content["recorded"], *(part.tolist() for part in content["gradients"]), strict=True)
        steps = (
            StepReport(at // length, at % length, length, loss, error, None, batch_loss, batch_error, rate)
            for at, (loss, error, batch_loss, batch_error, rate) in enumerate(content["steps"].tolist())
        )
        return Checkpoint(
            run=decoded(RunSpec, json.loads(content["run"])),
            network=content["network"],
            optimizer=content["optimizer"],
            at=content["at"],
            epochs=decoded(tuple[EpochReport, ...], json.loads(content["epochs"])),
            gradients=tuple(GradientRecord(at, *map(tuple, parts)) for at, *parts in records),
            steps=tuple(steps),
            seconds=content["seconds"],
            predicted=content["predicted"],
            has_diverged=content["has_diverged"],
        )
    except (DecodeError, *_DAMAGED) as error:
        raise ResumeError(
            f"{path} cannot be read as a checkpoint; remove it to begin again, or give another --out folder."
        ) from error


def require_resumable(path: Path, run: RunSpec) -> None:
    """Nothing where there is no checkpoint, or `run` can go on from it.

    Raises:
        ResumeError: it cannot be read or belongs to another run.
    """
    if path.exists():
        resumed(path, run)


def resumed(path: Path, run: RunSpec) -> Checkpoint:
    """The checkpoint, its run being the one to go on with: what was done to it before, then what `run` has later.

    Raises:
        ResumeError: it cannot be read, or `run` is another one.
    """
    found = read(path)
    return replace(found, run=together(found.run, run, path, at=found.at))


def together(known: RunSpec, asked: RunSpec, path: Path, *, at: int = 0) -> RunSpec:
    """The run that the file `path` tells, with what is `asked` for besides from step `at` on.

    Raises:
        ResumeError: they are not the same run.
    """
    asked = replace(asked, record_every=asked.record_every or known.record_every)  # 0 has no wish
    theirs, ours = _settings(known), _settings(asked)
    different = [key for key in ours if ours[key] != theirs[key]]
    if any(made not in known.interventions and made.step < at for made in asked.interventions):
        different.append("interventions")
    if any(made not in known.extensions and made.step < at for made in asked.extensions):
        different.append("extensions")
    if different:
        raise ResumeError(
            f"{path} belongs to a run with other settings ({', '.join(different)}); name another --out folder, or "
            "give the same."
        )
    return replace(
        known,
        interventions=_merged(known.interventions, asked.interventions),
        extensions=_merged(known.extensions, asked.extensions),
    )


def _merged(*changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """All of them by step, each once."""
    every = dict.fromkeys(change for some in changes for change in some)
    return tuple(sorted(every, key=lambda change: change.step))


def _settings(run: RunSpec) -> dict[str, Any]:
    """Everything that makes a run what it is from its beginning, the recipe's fields beside the others."""
    fields = asdict(replace(run, interventions=(), extensions=()))
    recipe: dict[str, Any] = fields.pop("recipe")
    return {"recipe": recipe.pop("name")} | recipe | fields


def _rows(rows: list[tuple[float, ...]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)
