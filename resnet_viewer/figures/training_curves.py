"""The error plot of the papers: training error thin, test error bold, one colour a depth, plain networks dashed.

The same axes draw the training loss in decades. What is drawn is `charts.curves`, as on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import BOLD
from resnet_viewer.charts.curves import (
    SIGNS,
    TITLES,
    ShownRun,
    courses_of,
    curves_chart,
    has_steps,
    over_seeds,
    running_mean,
    step_columns,
    step_times,
)
from resnet_viewer.charts.plot_words import Told, interventions_in
from resnet_viewer.charts.run_names import (
    Group,
    dashes_words,
    dotted,
    epochs_done,
    groups,
    plain_names,
    recipe_words,
    run_names,
    so_far_words,
    steps_per_epoch,
    subtitle,
)
from resnet_viewer.figures.page import MARGIN, USUAL, CaptionedFigure, Entry, Paper, page
from resnet_viewer.figures.plot import BEYOND, draw, room_of, sign_style, style_of
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.training import RunReport

PrintedQuantity = Literal["error", "loss"]
_LEFT, _FOOT, _ABOVE, _LOWEST = 0.62, 0.36, 0.08, 0.95
"""Inches around the plot, and the least height that it can be read at."""


def figure(
    runs: Sequence[RunReport],
    *,
    quantity: PrintedQuantity = "error",
    paper: Paper = USUAL,
) -> CaptionedFigure:
    """Errors in percent over the epochs: of the training pictures while the weights moved, and of the test set.

    "loss" is that of the training pictures in decades. Runs of one network that differ in their seeds alone are drawn
    as their mean with a band.

    Raises:
        ValueError: there is no run, or none with a step or an epoch.
    """
    shown = [run for run in runs if run.epochs or run.steps]
    if not shown:
        raise ValueError("no run to draw")
    together = groups(shown)
    entries = [Entry(group.label, style_of(group.stroke, BOLD)) for group in together]
    ended = dict.fromkeys(SIGNS.get(group.runs[0].state, "") for group in together)
    entries += [Entry(f"{kind} here", sign_style(kind, palette.TEXT)) for kind in ended if kind]
    told = [
        Told(run.spec, name, steps_per_epoch(run) or 0)
        for run, name in zip(shown, plain_names(shown), strict=True)
    ]
    done = interventions_in(told)
    sheet = page(
        paper,
        TITLES[quantity],
        _subtitle(shown, quantity),
        caption(shown, quantity=quantity),
        content=_FOOT + _LOWEST + _ABOVE,
        legend=entries,
        other_words=[one.words for one in done],
    )
    bottom = sheet.bottom + _FOOT
    runs_shown = [_shown(group, quantity) for group in together]
    width, height = sheet.width - 2 * MARGIN - _LEFT - 0.1, sheet.top - _ABOVE - bottom
    axes, room = sheet.axes(MARGIN + _LEFT, bottom, width, height), room_of(width, height)
    chart = curves_chart(
        runs_shown,
        quantity,
        (0.0, max(1.0, *(epochs_done(run) for run in shown))),
        room,
        done=done,
        beyond=BEYOND,
    )
    lines = draw(axes, chart, room)
    for run in runs_shown:
        for index, part in enumerate(("training", "test")[: len(run.courses)]):
            if len(run.courses[index].x):
                lines[run.key, index].set_label(f"{run.key}, {part}")
    axes.yaxis.set_label_coords(-(_LEFT - 0.06) / width, 0.5)
    return sheet.figure


def _shown(group: Group, quantity: PrintedQuantity) -> ShownRun:
    """The mean of the group's seeds, with its last value at its name."""
    several = [courses_of(run, quantity) for run in group.runs]
    courses = tuple(over_seeds(parts) for parts in zip(*several, strict=True))
    name, values = group.name, courses[-1].y
    if len(values) and group.runs[0].state == "done":
        name += f" {values[-1]:.1f} %" if quantity == "error" else f" {values[-1]:.2g}"
    return ShownRun(group.name, group.name, group.stroke, courses, group.runs[0].state, name)


def caption(runs: Sequence[RunReport], *, quantity: PrintedQuantity = "error") -> str:
    """What was measured, in which networks, trained how, as one sentence."""
    together = groups(runs)
    names = ", ".join(dict.fromkeys(group.name for group in together))
    smoothed = any(has_steps(run) for run in runs)
    by_epoch = not all(has_steps(run) for run in runs)
    augmented = " on augmented pictures" if any(run.spec.is_augmented for run in runs) else ""
    ways = ["running mean of the batches over the last epoch's worth of steps"] * smoothed
    ways += ["mean over every epoch"] * by_epoch
    how = f"{' or (without steps in its report) '.join(ways)}, while the weights moved{augmented}"
    what = f"Errors in percent · training: {how}; test: after every epoch"
    if quantity == "loss":
        what = f"Mean cross-entropy of the training pictures · {how}"
    parts = [what, names, recipe_words(runs)]
    if any(run.spec.recipe.survival < 1 for run in runs):
        parts.append("with stochastic depth training errors and losses are of the networks that were drawn")
    if any(len(group.runs) > 1 for group in together):
        lengths = [len({epochs_done(run) for run in group.runs}) for group in together]
        parts.append(
            "several seeds of one network: their mean, and a band from the lowest to the highest"
            f"{', as far as all of them are' if max(lengths) > 1 else ''}"
        )
    if len({run.spec.network.depth for run in runs}) > len(palette.DEPTHS):
        parts.append("colours repeat from the seventh depth on")
    return dotted(*parts, so_far_words(runs)) + "."


def table(runs: Sequence[RunReport]) -> Table:
    """Header and rows for `export.csv_bytes`: of a run a row a step, one an epoch, one at the end; errors in percent.

    Time is at the step's or epoch's end. "running training error" is the curve that is drawn, a mean while the weights
    moved; at an epoch's end it is the epoch's. "training error", at the end, is that of the last weights. What a row
    has nothing for is empty.
    """
    header = (
        "run", "network", "seed", "row", "epoch", "step", "time (epochs)", "rate", "batch loss",
        "batch error (percent)", "running training loss", "running training error (percent)",
        "training error (percent)", "test error (percent)",
    )  # fmt: skip
    rows: list[Sequence[object]] = []
    for name, run in zip(run_names(runs), runs, strict=True):
        network = run.spec.network
        whose = (name, network.name, network.seed)
        if has_steps(run):
            columns = step_columns(run)
            means = running_mean(columns[:, 6], int(columns[-1, 2]))
            for step, time, mean in zip(run.steps, step_times(columns), means, strict=True):
                of_batch = map(float, (time, step.rate, step.batch_loss, step.batch_error))
                rows.append((*whose, "step", step.epoch + 1, step.at, *of_batch, "", mean, "", ""))
        for epoch in run.epochs:
            when = (epoch.epoch + 1, "", float(epoch.epoch + 1), float(epoch.rate))
            loss, error, test_error = map(float, (epoch.train_loss, epoch.train_error, epoch.test_error))
            rows.append((*whose, "epoch", *when, "", "", loss, error, "", test_error))
        if not math.isnan(run.train_error):
            end = (len(run.epochs), "", epochs_done(run), "")
            rows.append((*whose, "end", *end, "", "", "", "", run.train_error, run.test_error))
    return header, rows


def _subtitle(runs: Sequence[RunReport], quantity: PrintedQuantity) -> str:
    return subtitle(runs, "thin: training, bold: test" if quantity == "error" else "", dashes_words(runs))
