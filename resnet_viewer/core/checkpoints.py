"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one file, whole or not at all."""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.columns import GradientColumns, StepColumns
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.training import (
    EpochReport,
    Extension,
    Intervention,
    RunSpec,
    in_force,
)
from resnet_viewer.records.typed_json import DecodeError, decoded

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
    gradients: GradientColumns
    steps: StepColumns
    seconds: float
    predicted: torch.Tensor
    has_diverged: bool = False
    kept_at: int | None = None
    """Steps after which a run that diverged had these weights."""


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
        "gradients": [torch.from_numpy(part.copy()) for part in found.gradients.parts],
        "recorded": [int(at) for at in found.gradients.values[:, 0]],
        "steps": torch.from_numpy(found.steps.numbers.copy()),
        "length": found.steps[0].steps if found.steps else 1,
        "seconds": found.seconds,
        "predicted": found.predicted,
        "has_diverged": found.has_diverged,
        "kept_at": found.kept_at,
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
        gradients = [part.numpy() for part in content["gradients"]]
        steps = content["steps"].numpy()
        return Checkpoint(
            run=decoded(RunSpec, json.loads(content["run"])),
            network=content["network"],
            optimizer=content["optimizer"],
            at=content["at"],
            epochs=decoded(tuple[EpochReport, ...], json.loads(content["epochs"])),
            gradients=GradientColumns.together(content["recorded"], *gradients),
            steps=StepColumns.together(np.arange(len(steps), dtype=np.float64), steps, length),
            seconds=content["seconds"],
            predicted=content["predicted"],
            has_diverged=content["has_diverged"],
            kept_at=content.get("kept_at"),
        )
    except (DecodeError, *_DAMAGED) as error:
        raise ResumeError(
            f"{path} cannot be read as a checkpoint; remove it to begin again, or give another --out folder."
        ) from error


def resumed(path: Path, run: RunSpec) -> Checkpoint:
    """The checkpoint, its run being the one to go on with: what was done to it before, then what `run` has later.

    Raises:
        ResumeError: it cannot be read, or `run` is another one.
    """
    found = read(path)
    return replace(found, run=together(found.run, run, path, at=found.at))


def together(known: RunSpec, asked: RunSpec, path: Path, *, at: int) -> RunSpec:
    """The run that the file `path` tells, with what is `asked` for besides from step `at` on.

    One that is asked for in more epochs than it was is made longer at that step.

    Raises:
        ResumeError: they are not the same run, or it is to become shorter.
    """
    asked = replace(asked, record_every=asked.record_every or known.record_every)  # 0 has no wish
    if asked.epochs != known.epochs and not asked.extensions:
        return together(known, _as_long(known, asked, path, at=at), path, at=at)
    asked = replace(asked, mean=asked.mean or known.mean, std=asked.std or known.std)
    theirs, ours = _settings(known), _settings(asked)
    different = [key for key in ours | theirs if ours.get(key) != theirs.get(key)]
    made = known.interventions + asked.interventions
    if _until(at, made) != _until(at, known.interventions):
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
        interventions=in_force(made),
        extensions=_growing(known.extensions + asked.extensions),
        data_digest=asked.data_digest or known.data_digest,
        threads=asked.threads or known.threads,
    )


def too_short(folder: Path, epochs: int) -> ResumeError:
    """What is said where a run that is `epochs` long is asked for in fewer."""
    return ResumeError(
        f"The run in {folder} was already asked for in {epochs} epochs: give as many or more, or name another --out."
    )


def _as_long(known: RunSpec, asked: RunSpec, path: Path, *, at: int) -> RunSpec:
    """What is asked for, as the known run made longer at step `at` where it is not as long yet."""
    if asked.epochs < known.length:
        raise too_short(path.parent, known.length)
    longer = known if asked.epochs == known.length else known.extended(at, asked.epochs - known.length)
    return replace(asked, epochs=known.epochs, extensions=longer.extensions)


def _until(step: int, made: tuple[Intervention, ...]) -> list[Intervention]:
    """Those in force that were made before a step."""
    return [intervention for intervention in in_force(made) if intervention.step < step]


def _growing(made: tuple[Extension, ...]) -> tuple[Extension, ...]:
    """Those by step that make the run longer; one that was not reached before a longer one was asked for does not."""
    grown: list[Extension] = []
    for extension in sorted(made, key=lambda extension: (extension.step, extension.epochs)):
        if not grown or extension.epochs > grown[-1].epochs:
            grown = [known for known in grown if known.step < extension.step] + [extension]
    return tuple(grown)


def _settings(run: RunSpec) -> dict[str, Any]:
    """Everything that makes a run what it is from its beginning, the recipe's and the network's fields by name.

    What a recipe is called is not, nor what of it does nothing; the pictures and the threads are looked at elsewhere.
    """
    fields = asdict(replace(run, interventions=(), extensions=(), data_digest="", threads=0))
    del fields["recipe"]
    network: dict[str, Any] = fields.pop("network")
    named = {"network": network.pop("name"), "seed": network.pop("seed")}
    built = {f"network's {name}": value for name, value in network.items()}
    return named | built | run.recipe.in_use | fields
