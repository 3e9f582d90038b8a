"""What a run leaves in its folder, each file whole or not at all.

run.json             the run itself, whole, from its beginning on
checkpoint.pt        everything that it needs to go on
states/              its weights before the first step, after epochs, and whenever they were asked for
log.csv  steps.csv  gradient-records.csv  report.json  weights.safetensors  card.json    when it has ended

Epochs are counted from 1 in all of them, steps from 0 over the whole run.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from resnet_viewer.core.lab.run_checks import require_buildable
from resnet_viewer.core.lab.training import Trained
from resnet_viewer.core.weights.weight_files import read, save_safetensors
from resnet_viewer.media.files import make_folder, refusal, write_whole
from resnet_viewer.media.reading import read_json
from resnet_viewer.records.checking import DecodeError, decoded
from resnet_viewer.records.csv_text import csv_text
from resnet_viewer.records.data import AUGMENTATION_WORDS
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import EpochReport, RunReport, RunSpec

RUN, CHECKPOINT, REPORT = "run.json", "checkpoint.pt", "report.json"
FILES = (
    RUN, CHECKPOINT, "log.csv", "steps.csv", "gradient-records.csv", REPORT, "weights.safetensors", "card.json",
)  # fmt: skip
_FORMAT = 1
_LARGEST_JSON = 8 << 20
"""Bytes. The report of 10 000 epochs has 2 MB."""
_EVERY_EPOCH = 24
"""Up to so many epochs the state after each is kept."""
_STATES = 20
"""About how many are kept of a longer run."""


class RunFileError(UserError):
    """A folder holds no run that can be read, or one that is not to be overwritten."""


def prepare(folder: Path, *, is_resumed: bool) -> None:
    """Make the folder of a run.

    Raises:
        RunFileError: another run is there, and it is not to be resumed.
        WriteError: the folder cannot be made or written in.
    """
    make_folder(folder)
    found = [name for name in FILES if (folder / name).exists()]
    if found and not is_resumed:
        raise RunFileError(
            f"{folder} already holds a run ({found[0]}); add --resume to continue it, or name another --out."
        )


def write_spec(folder: Path, run: RunSpec, *, commit: str | None = None, command: str = "") -> None:
    """Say in the folder which run it is, and by which commit's program and which command it began ("" by none).

    Raises:
        WriteError: it cannot be written.
    """
    content = {"format": _FORMAT, "run": asdict(run), "commit": commit, "command": command}
    write_whole(folder / RUN, json_bytes(content))


def read_origin(folder: Path) -> tuple[str | None, str] | None:
    """Commit and command that a run began with; None where there is no run, or its file does not tell."""
    try:
        content: Any = _read_json(folder / RUN)
        commit, command = content["commit"], content["command"]
    except (ValueError, KeyError, TypeError):
        return None
    return (commit if isinstance(commit, str) else None), str(command)


def read_run(folder: Path) -> RunSpec:
    """The run of a folder, with everything that was done to it on the way.

    Raises:
        RunFileError: there is none, or its file is damaged.
    """
    path = folder / RUN
    try:
        content: Any = _read_json(path)
        if content["format"] != _FORMAT:
            raise DecodeError("it is of another version")
        run = decoded(RunSpec, content["run"])
        require_buildable(run)
        return run
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise RunFileError(f"{folder} holds no run: there is no {RUN} in it.") from error
        if os.path.lexists(folder) and not folder.is_dir():
            raise RunFileError(f"{folder} is no folder: name the folder of a run.") from error
        raise RunFileError(f"{path} cannot be read as a run; remove it, or name another folder.") from error


def is_kept(epochs_done: int, epochs: int) -> bool:
    """Whether the state after so many of a run's epochs is kept; that before the first is."""
    every = 1 if epochs <= _EVERY_EPOCH else math.ceil(epochs / _STATES)
    return epochs_done % every == 0 or epochs_done == epochs


def write_state(
    path: Path,
    run: RunSpec,
    state: Mapping[str, Tensor],
    class_names: Sequence[str],
    at: int,
    *,
    steps_per_epoch: int,
) -> None:
    """Write the weights after `at` steps, as `core.weights` reads them.

    Raises:
        WriteError: it cannot be written.
    """
    save_safetensors(path, state, metadata=_metadata(run, class_names, at, steps_per_epoch))


def state_path(folder: Path, epochs_done: int) -> Path:
    """Where the state after so many epochs is kept in the folder of a run."""
    return folder / "states" / f"epoch-{epochs_done:04d}.safetensors"


def kept_states(folder: Path) -> dict[int, Path]:
    """The states kept, by how many epochs were done."""
    found = {}
    for path in sorted(state_path(folder, 0).parent.glob("epoch-*.safetensors")):
        number = path.stem.removeprefix("epoch-")
        if number.isdecimal():
            found[int(number)] = path
    return found


def write_run(trained: Trained, folder: Path, *, commit: str | None, command: str) -> None:
    """Write everything that a run leaves at its end.

    `commit` is the one that the run began with, `command` the one that began it. A run without finite weights leaves
    no weights.

    Raises:
        WriteError: a file cannot be written.
    """
    report = trained.report
    run = report.spec
    card = card_of(report, at=trained.at, commit=commit, command=command)
    _remove(folder / REPORT)  # it is there when all the others are
    write_whole(folder / "log.csv", log_csv(report))
    write_whole(folder / "steps.csv", steps_csv(report))
    write_whole(folder / "gradient-records.csv", gradients_csv(report))
    write_whole(folder / "card.json", json_bytes(card))
    if trained.state:
        lasting = {name: told for name, told in card.items() if name != "seconds"}  # another each time
        width = report.steps[-1].steps if report.steps else 1
        metadata = _metadata(run, report.class_names, trained.at, width) | {
            "card": json.dumps(strict(lasting))
        }
        save_safetensors(folder / "weights.safetensors", trained.state, metadata=metadata)
    else:
        _remove(folder / "weights.safetensors")
    write_whole(folder / REPORT, report_json(report))


def errors_of(folder: Path, run: RunSpec, steps: int) -> tuple[float, float] | None:
    """Training and test error of the run where it was done after so many steps and all its files say so, or None."""
    try:
        content: Any = _read_json(folder / REPORT)
        if (content["state"], content["steps"], decoded(RunSpec, content["run"])) != ("done", steps, run):
            return None
        errors = decoded(tuple[float, float], [content["train_error"], content["test_error"]])
        card: Any = _read_json(folder / "card.json")
        told = card["train_error_percent"], card["test_error_percent"]
        weights = read(folder / "weights.safetensors")
    except (ValueError, KeyError, TypeError):
        return None
    is_alike = told == tuple(round(error, 3) for error in errors) and weights.metadata.get("step") == str(
        steps
    )
    is_whole = is_alike and all(0 <= error <= 100 for error in errors)
    others = (name for name in FILES if name not in (RUN, CHECKPOINT))
    return errors if is_whole and all((folder / name).is_file() for name in others) else None


def log_csv(report: RunReport) -> bytes:
    """A row an epoch; what is running is a mean over the epoch's batches while the weights moved."""
    columns = [
        "epoch", "rate", "running training loss", "running training error (percent)", "test error (percent)", "seconds",
    ]  # fmt: skip
    return csv_text(columns, (_epoch_values(epoch) for epoch in report.epochs)).encode()


def steps_csv(report: RunReport) -> bytes:
    """A row a step: its number over the whole run, epoch, rate, loss and error of its batch, how far shortcuts open."""
    rows = (
        (
            step.at,
            step.epoch + 1,
            step.rate,
            step.batch_loss,
            step.batch_error,
            report.spec.strength_at(step.at, step.steps),
        )
        for step in report.steps
    )
    columns = ["step", "epoch", "rate", "batch loss", "batch error (percent)", "shortcut strength"]
    return csv_text(columns, rows).encode()


def gradients_csv(report: RunReport) -> bytes:
    """A row a record: `step`, then of each layer the gradient norm, its update ratio, and of each block what is dead.

    The columns are `layer`, `layer Δw/w` and `block dead`, the last a share from 0 to 1. The norm of a layer that was
    not computed in that step is an empty cell.
    """
    plan = blueprint(report.spec.network)
    layers = [layer.name for layer in plan.layers]
    blocks = [block.name for stage in plan.stages for block in stage.blocks]
    columns = ["step", *layers, *(f"{name} Δw/w" for name in layers), *(f"{name} dead" for name in blocks)]
    rows = ((record.step, *record.norms_told, *record.updates, *record.dead) for record in report.gradients)
    return csv_text(columns, rows).encode()


def report_json(report: RunReport) -> bytes:
    """The report as strict JSON, without its steps and gradient records, which are in their own files.

    Errors in percent: `train_error` is of the last weights, an epoch's `running_train_error` a mean while they moved.
    """
    names = (
        "epoch", "rate", "running_train_loss", "running_train_error", "test_error", "seconds",
    )  # fmt: skip
    content = {
        "run": asdict(report.spec),
        "state": report.state,
        "steps": len(report.steps),
        "train_error": report.train_error,
        "test_error": report.test_error,
        "pictures": report.pictures and asdict(report.pictures),
        "class_names": report.class_names,
        "epochs": [dict(zip(names, _epoch_values(epoch), strict=True)) for epoch in report.epochs],
    }
    return json_bytes(content)


def card_of(report: RunReport, *, at: int, commit: str | None, command: str) -> dict[str, object]:
    """What a reader must know about the weights after `at` steps: data, command, commit, recipe, errors in percent."""
    run = report.spec
    return {
        "network": run.network.name,
        "data": run.data,
        "data_digest": run.data_digest,
        "pictures": report.pictures and asdict(report.pictures),
        "command": command,
        "commit": commit,
        "epochs": run.length,
        "state": report.state,
        "steps": len(report.steps),
        "weights_after_steps": at,
        "seed": run.network.seed,
        "recipe": {
            "name": run.recipe.name,
            **run.recipe.in_use,
            "augmentation": AUGMENTATION_WORDS[run.augment] if run.is_augmented else "none",
        },
        "interventions": [asdict(made) for made in run.interventions],
        "extensions": [asdict(made) for made in run.extensions],
        "train_error_percent": round(report.train_error, 3),
        "test_error_percent": round(report.test_error, 3),
        "threads": run.threads,
        "seconds": round(sum(epoch.seconds for epoch in report.epochs)),
        "mean": run.mean,
        "std": run.std,
        "class_names": report.class_names,
        "precision": f"trained in {run.precision}, measured and stored in float32",
    }


def _read_json(path: Path) -> object:
    return read_json(path, most_bytes=_LARGEST_JSON, wanted="the file of a run", refused=RunFileError)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # a folder of that name
        raise refusal(path, error) from error


def _metadata(run: RunSpec, class_names: Sequence[str], at: int, steps_per_epoch: int) -> dict[str, str]:
    return {
        "data": run.data,
        "recipe": run.recipe.name,
        "epochs": str(run.length),
        "epochs_done": str(round(at / steps_per_epoch, 4)),
        "seed": str(run.network.seed),
        "network": run.network.name,
        "mean": json.dumps(run.mean),
        "std": json.dumps(run.std),
        "input_size": str(run.network.input_size),
        "classes": json.dumps(class_names),
        "step": str(at),
        "shortcut_strength": str(run.strength_at(max(0, at - 1), steps_per_epoch)),
        "survival": str(run.recipe.survival),
        "precision": "float32",
    }


def _epoch_values(epoch: EpochReport) -> tuple[float, ...]:
    return (
        epoch.epoch + 1, epoch.rate, epoch.train_loss, epoch.train_error, epoch.test_error, epoch.seconds,
    )  # fmt: skip


def json_bytes(content: Mapping[str, object]) -> bytes:
    """An object as a file of strict JSON."""
    return (json.dumps(strict(content), allow_nan=False, ensure_ascii=False, indent=1) + "\n").encode()


def strict(value: object) -> object:
    """What strict JSON has no number for becomes null."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): strict(part) for key, part in value.items()}
        case list() | tuple():
            return [strict(part) for part in value]
    return value
