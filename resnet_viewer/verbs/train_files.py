"""What training leaves on the disk: log, weights, card and gradients of each run, and the figures of all together."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viewer.media.files import write_whole
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import RunReport

if TYPE_CHECKING:
    from resnet_viewer.core.training import Trained


def write_run(trained: Trained, folder: Path, *, commit: str | None, command: str) -> None:
    """Write the log, the weights and their card into the run's folder, each whole or not at all.

    `commit` is the one that the run began with, `command` the one that began it.

    Raises:
        WriteError: one of them cannot be written.
    """
    from resnet_viewer.core.weight_files import save_safetensors

    report = trained.report
    rows = [asdict(epoch) for epoch in report.epochs]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / "log.csv", text.getvalue().encode())
    write_whole(folder / "gradients.csv", gradients_csv(report))
    card = card_of(trained, commit=commit, command=command)
    write_whole(folder / "card.json", (json.dumps(card, indent=2) + "\n").encode())
    metadata = {
        "network": report.spec.network.name,
        "mean": json.dumps(report.spec.mean),
        "std": json.dumps(report.spec.std),
        "input_size": str(report.spec.network.input_size),
        "classes": json.dumps(report.class_names),
        "card": json.dumps(card),
    }
    save_safetensors(folder / "weights.safetensors", trained.state, metadata=metadata, half=True)


def gradients_csv(report: RunReport) -> bytes:
    """A row a recorded step: `step`, then the gradient norm of every layer, then its update ratio (`layer Δw/w`)."""
    layers = [layer.name for layer in blueprint(report.spec.network).layers]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["step", *layers, *(f"{name} Δw/w" for name in layers)])
    writer.writerows([record.step, *record.norms, *record.updates] for record in report.gradients)
    return text.getvalue().encode()


def card_of(trained: Trained, *, commit: str | None, command: str) -> dict[str, object]:
    """What a reader must know about trained weights: data, command, commit, recipe, errors in percent."""
    report = trained.report
    plan = report.spec
    return {
        "network": plan.network.name,
        "data": plan.data,
        "command": command,
        "commit": commit,
        "epochs": plan.epochs,
        "seed": plan.network.seed,
        "recipe": {
            **asdict(plan.recipe),
            "augmentation": "4 pixels of padding, random crop, random flip" if plan.is_augmented else "none",
        },
        "train_error_percent": round(report.train_error, 3),
        "test_error_percent": round(report.test_error, 3),
        "seconds": round(sum(epoch.seconds for epoch in report.epochs)),
        "mean": plan.mean,
        "std": plan.std,
        "class_names": report.class_names,
        "precision": "trained in float32, stored in float16",
    }


def write_figures(reports: Sequence[RunReport], folder: Path, *, command: str) -> None:
    """`curves` and `gradients` as SVG, PDF and PNG, and the curves' numbers as CSV, each whole or not at all.

    Raises:
        WriteError: one of them cannot be written.
    """
    from resnet_viewer.figures import gradient_record, training_curves
    from resnet_viewer.figures.export import csv_bytes, render
    from resnet_viewer.figures.state import application_version

    metadata = {"application": application_version(), "command": command}
    metadata["caption"] = training_curves.caption(reports)
    drawn = {"curves": training_curves.figure(reports), "gradients": gradient_record.figure(reports)}
    for name, figure in drawn.items():
        for kind in ("svg", "pdf", "png"):
            write_whole(folder / f"{name}.{kind}", render(figure, kind, metadata=metadata))
    write_whole(folder / "curves.csv", csv_bytes(*training_curves.table(reports), metadata=metadata))
