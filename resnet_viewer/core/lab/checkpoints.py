"""Checkpoints: everything that a run needs to go on as if it had never stopped, in one file, whole or not at all."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.lab.optimizers import memory_shapes
from resnet_viewer.core.lab.run_checks import require_buildable
from resnet_viewer.core.weights.weight_files import saved
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.checking import decoded_text
from resnet_viewer.records.columns import GradientColumns, StepColumns
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import (
    EpochReport,
    Extension,
    Intervention,
    RunSpec,
    in_force,
)

LARGEST_FILE = 4_000_000_000
"""Bytes. That of a VGG-19 with Adam's memories has 1.7 GB."""
_STEP_NUMBERS = 5
_NOT_LOSSES = [1, 3, 4]
"""Of a step's numbers: loss, error, those of the batch, rate."""


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
    """What `write` left, every part of which was held against the run that it tells.

    Raises:
        ResumeError: it cannot be read, or a part of it cannot belong to that run.
    """
    try:
        return _Parts.of(saved(path, most_bytes=LARGEST_FILE)).checkpoint()
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        why = f" ({error})" if isinstance(error, _PartError) else ""
        raise ResumeError(
            f"{path} cannot be read as a checkpoint{why}; remove it to begin again, or give another --out folder."
        ) from error


class _PartError(ValueError):
    """A part of a checkpoint cannot belong to its run; str() says which."""


def _require(holds: bool, part: str) -> None:
    if not holds:
        raise _PartError(f"its {part} cannot belong to its run")


@dataclass(frozen=True, eq=False)
class _Parts:
    """What a file holds, each part of the right type; whether they fit each other is another question."""

    run: str
    network: dict[str, Tensor]
    optimizer: dict[str, list[Tensor]]
    at: int
    epochs: str
    gradients: list[Tensor]
    recorded: list[int]
    steps: Tensor
    length: int
    seconds: float
    predicted: Tensor
    has_diverged: bool
    kept_at: int | None

    @staticmethod
    def of(content: object) -> _Parts:
        """Raises: _PartError where one is missing or of another type."""
        _require(isinstance(content, dict), "content")
        assert isinstance(content, dict)
        known = {"kept_at": None, **content}  # older versions did not write it
        found: dict[str, Any] = {field.name: known.get(field.name) for field in fields(_Parts)}
        for name, kind in get_type_hints(_Parts).items():
            _require(_is(kind, found[name]), name)
        return _Parts(**found)

    def checkpoint(self) -> Checkpoint:
        """Raises: ValueError where a part does not fit the others."""
        run = decoded_text(RunSpec, self.run)
        require_buildable(run)
        plan = blueprint(run.network)
        at, length = self.at, self.length
        _require(length >= 1 and 0 <= at <= run.length * length, "step")
        self._check_weights(run, plan.state_shapes)
        epochs = decoded_text(tuple[EpochReport, ...], self.epochs)
        numbers = [value for epoch in epochs for value in astuple(epoch)]
        is_counted = [epoch.epoch for epoch in epochs] == list(range(len(epochs)))
        _require(is_counted and all(map(math.isfinite, numbers)), "epochs")
        _require(len(epochs) * length <= at <= (len(epochs) + 1) * length, "epochs")
        steps = self.steps.numpy()
        _require(steps.dtype == np.float64 and steps.ndim == 2 and steps.shape[1] == _STEP_NUMBERS, "steps")
        lost = len(steps) - at  # of a run that diverged the step whose loss was no number is known too
        _require(lost == 0 or (lost == 1 and self.has_diverged), "steps")
        _require(bool(np.isfinite(steps[:at]).all() and np.isfinite(steps[at:, _NOT_LOSSES]).all()), "steps")
        classes = run.network.classes
        predicted = self.predicted
        _require(predicted.dtype == torch.int64 and predicted.ndim == 1, "predictions")
        _require(bool(((predicted >= 0) & (predicted < classes)).all()), "predictions")
        _require(math.isfinite(self.seconds) and self.seconds >= 0, "seconds")
        _require(self.kept_at is None or 0 <= self.kept_at <= at, "last finite weights")
        return Checkpoint(
            run,
            self.network,
            self.optimizer,
            at,
            epochs,
            self._records(len(plan.layers), len(plan.blocks), len(steps)),
            StepColumns.together(np.arange(len(steps), dtype=np.float64), steps, length),
            self.seconds,
            predicted,
            self.has_diverged,
            self.kept_at,
        )

    def _check_weights(self, run: RunSpec, shapes: Mapping[str, tuple[int, ...]]) -> None:
        found = {name: tuple(tensor.shape) for name, tensor in self.network.items()}
        _require(found == shapes, "weights")
        for name, tensor in self.network.items():
            is_counter = name.endswith(".num_batches_tracked")
            _require(tensor.dtype == (torch.int64 if is_counter else torch.float32), "weights")
            _require(bool(tensor.isfinite().all()), "weights")
            if is_counter or name.endswith(".running_var"):
                _require(bool((tensor >= 0).all()), "weights")
        memories = memory_shapes(shapes, run.recipe)
        theirs = {name: [tuple(tensor.shape) for tensor in part] for name, part in self.optimizer.items()}
        _require(theirs == memories, "optimizer")
        tensors = [tensor for part in self.optimizer.values() for tensor in part]
        _require(all(tensor.dtype == torch.float32 for tensor in tensors), "optimizer")
        counts = [float(tensor) for tensor in tensors if tensor.ndim == 0]  # Adam's, of its steps
        _require(all(0 <= count <= self.at for count in counts), "optimizer")

    def _records(self, layers: int, blocks: int, steps: int) -> GradientColumns:
        count = len(self.recorded)
        parts = [part.numpy() for part in self.gradients]
        shapes = [(count, layers), (count, layers), (count, blocks)] if count else [(0, 0)] * 3
        _require([part.shape for part in parts] == shapes, "gradient records")
        _require(all(part.dtype == np.float64 for part in parts), "gradient records")
        places = [-1, *self.recorded, steps]
        _require(all(one < other for one, other in pairwise(places)), "gradient records")
        return GradientColumns.together(self.recorded, *parts)


def _is(kind: Any, value: object) -> bool:
    """Whether a value is of a type of `_Parts`."""
    match get_origin(kind), get_args(kind):
        case None, _ if kind is float:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case None, _:
            return type(value) is kind
        case origin, (part,) if origin is list:
            return isinstance(value, list) and all(_is(part, item) for item in value)
        case origin, (_, part) if origin is dict:
            items = value.items() if isinstance(value, dict) else ()
            return isinstance(value, dict) and all(
                type(key) is str and _is(part, item) for key, item in items
            )
        case _, parts:
            return any(_is(part, value) for part in parts)


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
    if _until(at, made, known) != _until(at, known.interventions, known):
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
        interventions=in_force(made, known.recipe),
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


def _until(step: int, made: tuple[Intervention, ...], run: RunSpec) -> list[Intervention]:
    """Those in force that were made before a step of a run."""
    return [intervention for intervention in in_force(made, run.recipe) if intervention.step < step]


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
