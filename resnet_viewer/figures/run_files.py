"""Every figure of a set of training runs with its table: for `resnet-viewer train` and for the window's export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.charts.picture_grid import PictureChart
from resnet_viewer.charts.run_names import (
    end_words,
    epoch_words,
    epochs_done,
    is_going,
    run_names,
)
from resnet_viewer.figures import (
    confusion,
    gradient_record,
    gradients_by_depth,
    picture_grid,
    training_curves,
)
from resnet_viewer.figures.export import KINDS, FigureKind, csv_bytes, render
from resnet_viewer.figures.page import USUAL, CaptionedFigure, Paper
from resnet_viewer.figures.state import application_version
from resnet_viewer.records.captions import plain
from resnet_viewer.records.confusion import PictureRule
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.data import AUGMENTATION_WORDS
from resnet_viewer.records.figure_list import FigureName, figures_of
from resnet_viewer.records.lab import Confidences, Numbers, Pictures
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import RunReport

NAMES = tuple(figure.name for figure in figures_of("train"))
"""What the files are called, "pictures" and "confusion" with the run's key behind: `pictures-cifar-plain-56.svg`."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Test pictures (N, C, S, S) and labels (N,), and by a run's key the class that it gives to each picture, (N,)."""

    pictures: Pictures
    labels: Numbers
    class_names: tuple[str, ...]
    predicted: Mapping[str, Numbers]
    confidence: Mapping[str, Confidences] = field(default_factory=dict)
    """The probabilities of those classes, (N,), where they are known."""
    rule: PictureRule = "sample"
    """By which the pictures of a figure are chosen."""


def drawn(
    reports: Mapping[str, RunReport],
    *,
    test: Answers | None = None,
    command: str = "",
    kinds: Sequence[FigureKind] = KINDS,
    time: float | None = None,
    story: Sequence[str] = (),
) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, content) of every figure that the reports, by their runs' keys, have something for.

    A figure comes in every one of `kinds`, then as a table in CSV. `command` made the runs, for the metadata; empty
    where no command did. `time` (in epochs) is the moment of "by-depth", by default every run's last record. A run that
    is still going is a report in the state "done" whose errors are not a number. `story` is what the window says of the
    runs.
    """
    metadata = describe(list(reports.values()), command=command, story=story)
    for name in NAMES:
        for made, figure, table in figures(name, reports, test=test, time=time):
            own = metadata | {"caption": figure.caption}
            for kind in kinds:
                yield f"{made}.{kind}", render(figure, kind, metadata=own)
            yield f"{made}.csv", csv_bytes(*table, metadata=own)


def describe(runs: Sequence[RunReport], *, command: str = "", story: Sequence[str] = ()) -> dict[str, str]:
    """The state behind the figures by name: the application, the command, what is said of the runs, and of every run
    what fixes it."""
    described = {"application": application_version()}
    if command:
        described["command"] = plain(command)
    if story:
        described["what you see"] = plain(" ".join(story))
    for number, (name, run) in enumerate(zip(run_names(runs), runs, strict=True), 1):
        described[f"run {number}"] = f"{plain(name)}: {_run_words(run)}"
    return described


def _run_words(run: RunReport) -> str:
    spec = run.spec
    state = end_words(run) or f"{epoch_words(epochs_done(run))} of {run.spec.length} epochs"
    changes = ", ".join(f"{strength_words(made.strength)} at step {made.step}" for made in spec.interventions)
    parts = [
        spec.network.name,
        f"data {plain(spec.data)}",
        f"seed {spec.network.seed}",
        f"recipe {plain(spec.recipe.name)} ({spec.recipe.words})",
        AUGMENTATION_WORDS[spec.augment],
        f"{state}{' so far' if is_going(run) else ''}",
        changes,
    ]
    return "; ".join(part for part in parts if part)


def figures(
    name: FigureName,
    reports: Mapping[str, RunReport],
    *,
    test: Answers | None = None,
    time: float | None = None,
    paper: Paper | None = None,
) -> Iterator[tuple[str, CaptionedFigure, Table]]:
    """For `drawn`: the file's name without its suffix, the figure and its table; none where there is nothing to draw.
    Without a paper nobody chose a size.
    """
    sheet = paper or USUAL
    measured = [run for run in reports.values() if run.epochs or run.steps]
    recorded = [run for run in reports.values() if run.gradients]
    match name:
        case "curves" if measured:
            yield name, training_curves.figure(measured, paper=sheet), training_curves.table(measured)
        case "loss" if measured:
            loss = training_curves.figure(measured, quantity="loss", paper=sheet)
            yield name, loss, training_curves.table(measured)
        case "gradients" if recorded:
            yield name, gradient_record.figure(recorded, sheet), gradient_record.table(recorded)
        case "by-depth" if recorded:
            norms = gradients_by_depth.figure(recorded, time=time, paper=sheet)
            yield name, norms, gradients_by_depth.table(recorded, time=time)
        case "pictures" | "confusion" if test is not None and len(test.labels):
            for key in (key for key in test.predicted if key in reports):
                made = _pictures if name == "pictures" else _confusion
                yield f"{name}-{key}", *made(test, key, reports[key], paper)


def _pictures(test: Answers, key: str, run: RunReport, paper: Paper | None) -> tuple[CaptionedFigure, Table]:
    confidence = test.confidence.get(key)
    chart = PictureChart(test.labels, test.predicted[key], test.class_names, confidence, test.rule)
    return picture_grid.figure(test.pictures, chart, run, paper or USUAL), picture_grid.table(chart)


def _confusion(test: Answers, key: str, run: RunReport, paper: Paper | None) -> tuple[CaptionedFigure, Table]:
    chart = ConfusionChart.of(test.labels, test.predicted[key], test.class_names)
    title, state = run.spec.network.title, picture_grid.state_words(run)
    return confusion.figure(chart, title, state, paper), confusion.table(chart)
