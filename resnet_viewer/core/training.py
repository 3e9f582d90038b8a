"""Trains one network by one recipe: a generator that reports every step, and continues where it was stopped."""

from __future__ import annotations

import io
import json
import math
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_viewer.core.datasets import Data, PictureSet, augmented_batches, batches, shuffled_batches
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.norms import norms
from resnet_viewer.media.files import write_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import EpochReport, GradientRecord, RunReport, RunSpec, StepReport


class ResumeError(UserError):
    """A checkpoint is damaged or belongs to another run; the message says what differs."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a finished run leaves: its report and the weights (a state dict on the CPU)."""

    report: RunReport
    state: dict[str, Tensor]


def train(
    run: RunSpec, data: Data, *, checkpoint: Path | None = None, device: str = "cpu"
) -> Iterator[StepReport | EpochReport | Trained]:
    """Train `run` on `data`; yields a report for each step and epoch, then the result.

    With `checkpoint` the state is written there after every epoch, whole or not at all, and a run that finds such
    a file continues after its last finished epoch: on the CPU to the same weights as one that never stopped.

    Raises:
        ResumeError: the checkpoint cannot be read or belongs to another run.
    """
    network = build(run.network).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = optimizer_for(network, run.recipe)
    log: list[EpochReport] = []
    gradients: list[GradientRecord] = []
    if checkpoint is not None and checkpoint.exists():
        log, gradients = _restore(checkpoint, run, network, optimizer)
    try:
        for epoch in range(len(log), run.epochs):
            network.train()
            for step in _epoch(run, network, optimizer, data, epoch, log, device):
                if step.gradients is not None:
                    gradients.append(step.gradients)
                yield step
            if checkpoint is not None:
                _save(checkpoint, run, network, optimizer, log, gradients)
            yield log[-1]
    finally:
        network.eval()
    report = RunReport(
        run,
        tuple(log),
        train_error=error_percent(network, data.train, run, device),
        test_error=error_percent(network, data.test, run, device),
        class_names=data.train.classes,
        gradients=tuple(gradients),
    )
    yield Trained(
        report, {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
    )


def optimizer_for(network: Network, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer; what is not decayed (see `Recipe`) is a group of its own."""
    decayed = [p for p in network.parameters() if recipe.decays_all or p.ndim > 1]
    others = [p for p in network.parameters() if not (recipe.decays_all or p.ndim > 1)]
    groups = [
        {"params": parameters, "weight_decay": decay}
        for parameters, decay in ((decayed, recipe.weight_decay), (others, 0.0))
        if parameters
    ]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.rate)
    return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, nesterov=recipe.nesterov)


def require_resumable(checkpoint: Path, run: RunSpec) -> None:
    """Nothing where there is no checkpoint, or `run` can go on from it.

    Raises:
        ResumeError: it cannot be read or belongs to another run.
    """
    if checkpoint.exists():
        _read_checkpoint(checkpoint, run)


def error_percent(network: Network, pictures: PictureSet, run: RunSpec, device: str = "cpu") -> float:
    """Share of wrongly classified pictures in percent, in evaluation mode, not augmented."""
    was_training = network.training
    network.eval()
    wrong = 0
    with torch.no_grad():
        for images, labels in batches(pictures, 256, mean=run.mean, std=run.std):
            wrong += int((network(images.to(device)).argmax(1).cpu() != labels).sum())
    network.train(was_training)
    return 100.0 * wrong / len(pictures)


def _epoch(
    run: RunSpec,
    network: Network,
    optimizer: torch.optim.Optimizer,
    data: Data,
    epoch: int,
    log: list[EpochReport],
    device: str,
) -> Iterator[StepReport]:
    """One epoch of steps; appends its report to `log`."""
    started = time.perf_counter()
    weights = [network.get_parameter(f"{layer.name}.weight") for layer in blueprint(run.network).layers]
    recipe = run.recipe
    steps = max(1, len(data.train) // recipe.batch)
    total_loss = torch.zeros((), dtype=torch.float64, device=device)
    wrong = torch.zeros((), dtype=torch.int64, device=device)
    seen = 0
    rate = 0.0
    seed = run.network.seed * 10_000 + epoch
    draw = augmented_batches if run.is_augmented else shuffled_batches
    stream = draw(data.train, recipe.batch, mean=run.mean, std=run.std, seed=seed)
    for step, (images, labels) in enumerate(stream):
        rate = recipe.rate_at(epoch * steps + step, run.epochs * steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        images, labels = images.to(device), labels.to(device)
        logits = network(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        at = epoch * steps + step
        record = None
        if at % run.record_every == 0:
            record = _recorded(optimizer, weights, at)
        else:
            optimizer.step()
        seen += len(labels)
        total_loss += loss.detach() * len(labels)
        wrong += (logits.detach().argmax(1) != labels).sum()
        yield StepReport(epoch, step, steps, float(total_loss) / seen, 100.0 * int(wrong) / seen, record)
    test_error = error_percent(network, data.test, run, device)
    log.append(
        EpochReport(
            epoch,
            rate,
            float(total_loss) / seen,
            100.0 * int(wrong) / seen,
            test_error,
            time.perf_counter() - started,
        )
    )


def _recorded(optimizer: torch.optim.Optimizer, weights: Sequence[Tensor], step: int) -> GradientRecord:
    """Take the optimizer's step, and note what the gradients were and how far each weight went."""
    before = [weight.detach().clone() for weight in weights]
    gradients = norms([weight.grad for weight in weights])
    optimizer.step()
    lengths = norms(before)
    steps = norms([weight.detach() - old for weight, old in zip(weights, before, strict=True)])
    updates = (moved / length if length else math.nan for moved, length in zip(steps, lengths, strict=True))
    return GradientRecord(step, tuple(gradients), tuple(updates))


def _identity(run: RunSpec) -> str:
    """Everything that makes a run what it is, the recipe's fields beside the others."""
    fields = asdict(run)
    return json.dumps(fields.pop("recipe") | {"recipe": run.recipe.name} | fields, sort_keys=True)


def _save(
    path: Path,
    run: RunSpec,
    network: Network,
    optimizer: torch.optim.Optimizer,
    log: list[EpochReport],
    gradients: list[GradientRecord],
) -> None:
    buffer = io.BytesIO()
    state = {
        "run": _identity(run),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "log": [asdict(epoch) for epoch in log],
        "gradients": [asdict(record) for record in gradients],
    }
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def _read_checkpoint(path: Path, run: RunSpec) -> dict[str, Any]:
    """What `_save` wrote for the same run."""
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        theirs, ours = json.loads(state["run"]), json.loads(_identity(run))
    except (EOFError, KeyError, TypeError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        raise ResumeError(
            f"{path} cannot be read as a checkpoint; remove it to begin again, or give another --out folder."
        ) from error
    if theirs != ours:
        different = ", ".join(key for key in ours if ours[key] != theirs.get(key))
        raise ResumeError(
            f"{path} belongs to a run with other settings ({different}); name another --out folder, or give the same."
        )
    return state


def _restore(
    path: Path, run: RunSpec, network: Network, optimizer: torch.optim.Optimizer
) -> tuple[list[EpochReport], list[GradientRecord]]:
    state = _read_checkpoint(path, run)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return [EpochReport(**epoch) for epoch in state["log"]], [GradientRecord(**r) for r in state["gradients"]]
