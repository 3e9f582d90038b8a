"""The error plot of the papers: training error thin, test error bold, one colour a depth, plain networks dashed.

The same axes draw the training loss in decades, or the learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from resnet_viewer.charts import palette
from resnet_viewer.charts.run_names import (
    DEPTH_COLOURS,
    Group,
    data_words,
    depth_colours,
    epochs_done,
    groups,
    line_style,
    recipe_words,
    run_names,
    so_far_words,
)
from resnet_viewer.charts.run_series import (
    CurveQuantity,
    Numbers,
    errors_after_epochs,
    has_steps,
    over_seeds,
    running_mean,
    thinned,
    training_curve,
)
from resnet_viewer.figures.gradient_axis import DecadeAxis, decade, place_of, prepare_y_axis
from resnet_viewer.figures.intervention_flags import draw_flags, height_of, lay_out, marks_of
from resnet_viewer.figures.page import MARGIN, CaptionedFigure, Without, draw_frame, page
from resnet_viewer.figures.plot import (
    LineEnd,
    draw_ends,
    draw_legend,
    end_style,
    ends_width,
    entries_of,
    legend_height,
    legend_words,
    styles_of,
)
from resnet_viewer.records.training import RunReport

__all__ = ["DEPTH_COLOURS", "caption", "depth_colours", "figure", "line_style", "table"]

_LEFT, _FOOT, _ABOVE, _LOWEST = 0.62, 0.52, 0.08, 0.95
"""Inches around the plot, and the least height that it can be read at."""
_SCHEDULES: tuple[dict[str, Any], ...] = tuple(
    {"color": colour, "linestyle": dash, "linewidth": 1.4, "marker": "None"}
    for colour, dash in zip(DEPTH_COLOURS, ("-", (0, (4, 2)), (0, (1, 1.5))) * 2, strict=True)
)
"""Of rates, which belong to no depth and no kind of network."""
_TITLES: dict[CurveQuantity, str] = {
    "error": "Errors",
    "loss": "Loss",
    "rate": "Learning rate",
}
_LABELS: dict[CurveQuantity, str] = {
    "error": "error (%)",
    "loss": "loss (cross-entropy)",
    "rate": "learning rate",
}


@dataclass(frozen=True, eq=False)
class _Curve:
    """One line with its band from lowest to highest, None for a single seed."""

    group: Group
    part: Literal["training", "test"]
    times: Numbers
    values: Numbers
    band: tuple[Numbers, Numbers] | None
    is_alone: bool
    """Whether it is its network's only one."""


def figure(
    runs: Sequence[RunReport],
    *,
    quantity: CurveQuantity = "error",
    size: tuple[float, float] = (7.6, 4.6),
    without: Without = (),
) -> CaptionedFigure:
    """Errors in percent over the epochs: of the training pictures while the weights moved, and of the test set.

    "loss" is that of the training pictures in decades, "rate" the learning rate. Runs of one network that differ in
    their seeds alone are drawn as their mean with a band. `size` is in inches.

    Raises:
        ValueError: there is no run, or none with a step or an epoch.
    """
    shown = [run for run in runs if run.epochs or run.steps]
    if not shown:
        raise ValueError("no run to draw")
    made, missing = _made(shown, quantity, size, without, 0.0)
    return made if missing <= 0 else _made(shown, quantity, size, without, missing)[0]


def _made(
    runs: Sequence[RunReport],
    quantity: CurveQuantity,
    size: tuple[float, float],
    without: Without,
    more: float,
) -> tuple[CaptionedFigure, float]:
    """The figure, with `more` inches for what stands over its plot, and how many inches the plot lacks."""
    together = groups(runs)
    styles = styles_of(together)
    if quantity == "rate":
        together = _schedules(together)
        styles = {group.name: _SCHEDULES[i % len(_SCHEDULES)] for i, group in enumerate(together)}
    curves = _curves(together, quantity)
    entries = entries_of(together, styles)
    limits = (0.0, max(1.0, *(epochs_done(run) for run in runs)))
    marks, times = marks_of(runs, limits)
    widest = lay_out(marks, size[0] - 2 * MARGIN - _LEFT - 0.1, limits)
    sheet = page(
        title=_TITLES[quantity],
        subtitle=_subtitle(runs, quantity),
        caption=caption(runs, quantity=quantity),
        width=size[0],
        height=size[1],
        content=_FOOT + _LOWEST + _ABOVE + more,
        legend=legend_height(entries, size[0]),
        signs=height_of(widest),
        legend_words="; ".join((legend_words(entries), *(mark.words for mark in marks))),
        without=without,
    )
    top = draw_legend(sheet, entries)
    left, bottom = MARGIN + _LEFT, sheet.bottom + _FOOT
    ending = [] if quantity == "rate" else [c for c in curves if _is_named(c, limits, quantity)]
    right = ends_width([_end_words(c) for c in ending], sheet.width, max(top - bottom - 0.2, _LOWEST))
    width = sheet.width - MARGIN - left - max(right, 0.1)
    flags = lay_out(marks, width, limits) if sheet.has_signs else []
    room = top - height_of(flags) - bottom - _ABOVE
    height = max(room, 0.1)
    axes = sheet.axes(left, bottom, width, height)
    axes.set_xlim(*limits)
    scale = _prepare(axes, curves, quantity, width, height)
    axes.yaxis.set_label_coords(-(_LEFT - 0.06) / width, 0.5)
    for curve in curves:
        _draw(axes, curve, styles[curve.group.name], scale)
    for group in together:
        _draw_end(axes, group, styles[group.name]["color"], scale, quantity)
    draw_flags(sheet, axes, flags, times, left=left, bottom=bottom + height, width=width)
    if right:
        low, high = axes.get_ylim()
        ends = []
        for curve in ending:
            place = float(curve.values[-1]) if scale is None else place_of(float(curve.values[-1]), scale)
            if place is not None and math.isfinite(place):
                colour = styles[curve.group.name]["color"]
                ends.append(LineEnd(_end_words(curve), colour, (place - low) / (high - low) * height))
        draw_ends(sheet, axes, ends, left=left + width, bottom=bottom, height=height)
    return sheet.figure, _LOWEST - room - 1e-6


def caption(runs: Sequence[RunReport], *, quantity: CurveQuantity = "error") -> str:
    """What was measured, in which networks, trained how, as one sentence."""
    together = groups(runs)
    names = ", ".join(dict.fromkeys(group.name for group in together))
    smoothed = any(has_steps(run) for run in runs)
    by_epoch = not all(has_steps(run) for run in runs)
    augmented = " on augmented pictures" if any(run.spec.is_augmented for run in runs) else ""
    ways = ["running mean of the batches over the last epoch's worth of steps"] * smoothed
    ways += ["mean over every epoch"] * by_epoch
    how = f"{' or (without steps in its report) '.join(ways)}, while the weights moved{augmented}"
    match quantity:
        case "error":
            what = f"Errors in percent · training: {how}; test: after every epoch"
        case "loss":
            what = f"Mean cross-entropy of the training pictures · {how}"
        case "rate":
            what = "Learning rate of every step"
    parts = [what, names, recipe_words(runs)]
    if quantity != "rate" and any(len(group.runs) > 1 for group in together):
        lengths = [len({epochs_done(run) for run in group.runs}) for group in together]
        parts.append(
            "several seeds of one network: their mean, and a band from the lowest to the highest"
            f"{', as far as all of them are' if max(lengths) > 1 else ''}"
        )
    if len({run.spec.network.depth for run in runs}) > len(DEPTH_COLOURS):
        parts.append("colours repeat from the seventh depth on")
    parts.append(so_far_words(runs))
    return " · ".join(part for part in parts if part) + "."


def table(runs: Sequence[RunReport]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
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
    rows: list[tuple[str, ...]] = []
    for name, run in zip(run_names(runs), runs, strict=True):
        network = run.spec.network
        whose = (name, network.name, str(network.seed))
        if has_steps(run):
            errors = np.array([step.batch_error for step in run.steps])
            means = running_mean(errors, run.steps[-1].steps)
            for step, mean in zip(run.steps, means, strict=True):
                numbers = ((step.at + 1) / step.steps, step.rate, step.batch_loss, step.batch_error)
                written = (repr(float(number)) for number in numbers)
                running = ("", repr(float(mean)), "", "")
                rows.append((*whose, "step", str(step.epoch + 1), str(step.at), *written, *running))
        for epoch in run.epochs:
            means_of = (repr(float(v)) for v in (epoch.train_loss, epoch.train_error, epoch.test_error))
            when = (str(epoch.epoch + 1), "", repr(float(epoch.epoch + 1)), repr(float(epoch.rate)))
            loss, error, test_error = means_of
            rows.append((*whose, "epoch", *when, "", "", loss, error, "", test_error))
        if not math.isnan(run.train_error):
            errors_of = (repr(float(run.train_error)), repr(float(run.test_error)))
            when = (str(len(run.epochs)), "", repr(float(epochs_done(run))), "")
            rows.append((*whose, "end", *when, "", "", "", "", *errors_of))
    return header, rows


def _subtitle(runs: Sequence[RunReport], quantity: CurveQuantity) -> str:
    parts = [data_words(runs)]
    if quantity == "error":
        parts.append("thin: training, bold: test")
    kinds = {run.spec.network.has_shortcuts for run in runs}
    parts.append("dashed: plain, solid: residual" if len(kinds) == 2 and quantity != "rate" else "")
    if so_far_words(runs):
        parts.append("so far")
    return " · ".join(part for part in parts if part)


def _curves(together: Sequence[Group], quantity: CurveQuantity) -> list[_Curve]:
    """Training beneath, test above; those without a point are left out."""
    made: list[_Curve] = []
    parts: tuple[Literal["training", "test"], ...] = (
        ("training", "test") if quantity == "error" else ("training",)
    )
    for part in parts:
        for group in together:
            several = [
                errors_after_epochs(run) if part == "test" else training_curve(run, quantity)
                for run in group.runs
            ]
            times, mean, low, high = over_seeds(several)
            band = (low, high) if len(several) > 1 else None
            if len(times):
                made.append(_Curve(group, part, times, mean, band, len(parts) == 1))
    return made


def _schedules(together: Sequence[Group]) -> list[Group]:
    """One for each course of the rate: runs that share it, as far as they went, are one line."""
    found: list[tuple[list[str], Group, Numbers]] = []
    for group in sorted(together, key=lambda group: -epochs_done(group.runs[0])):
        times, rates = training_curve(group.runs[0], "rate")
        course = np.stack([times, rates])
        alike = next((f for f in found if np.array_equal(f[2][:, : len(times)], course)), None)
        if alike is None:
            found.append(([group.name], group, course))
        else:
            alike[0].append(group.name)
    if len(found) == 1 and len(together) > 1:
        return [Group("all networks", found[0][1].runs[:1])]
    return [Group(", ".join(names), group.runs[:1]) for names, group, _ in found]


def _is_named(curve: _Curve, limits: tuple[float, float], quantity: CurveQuantity) -> bool:
    """Whether it has its name at the right edge: the test error, or the only curve of a network, if it gets there."""
    part = "test" if quantity == "error" else "training"
    return curve.part == part and bool(curve.times[-1] >= limits[0] + 0.97 * (limits[1] - limits[0]))


def _end_words(curve: _Curve) -> str:
    value = float(curve.values[-1])
    number = f"{value:.1f} %" if curve.part == "test" else f"{value:.2g}"
    return f"{curve.group.name} {number}"


def _draw(axes: Axes, curve: _Curve, style: dict[str, Any], scale: DecadeAxis | None) -> None:
    is_bold = curve.part == "test" or scale is not None or curve.is_alone
    if curve.part == "training":
        style = style | (
            {"linewidth": 1.4} if is_bold else {"linewidth": 0.9, "alpha": 0.8, "markersize": 3.4}
        )
    times, values = thinned(curve.times, curve.values)
    if curve.band is not None:
        low, high = (_placed(thinned(curve.times, edge)[1], scale) for edge in curve.band)
        alpha = 0.18 if is_bold else 0.1
        axes.fill_between(times, low, high, color=style["color"], alpha=alpha, linewidth=0, zorder=1.5)
    (line,) = axes.plot(times, _placed(values, scale), zorder=3 if is_bold else 2, **style)
    line.set_label(f"{curve.group.name}, {curve.part}")
    if style["marker"] != "None":
        line.set_markevery(max(1, len(times) // 8))
    if scale is not None:
        beyond = ~np.isfinite(values) | (values <= 0)
        places = [place_of(float(value), scale) or math.nan for value in values[beyond]]
        axes.plot(
            times[beyond], places, color=style["color"], marker="o", markersize=3, linestyle="none", zorder=3
        )


def _placed(values: Numbers, scale: DecadeAxis | None) -> Numbers:
    return values if scale is None else np.array([decade(float(value)) for value in values])


def _draw_end(
    axes: Axes, group: Group, colour: str, scale: DecadeAxis | None, quantity: CurveQuantity
) -> None:
    """A sign where a run was stopped or diverged, at the last step of its training."""
    style = end_style(group.runs[0].state, colour)
    times, values = training_curve(group.runs[0], quantity)
    if style is None or not len(times):
        return
    known = values[np.isfinite(values)]
    place = place_of(float(values[-1]), scale) if scale else float(known[-1]) if len(known) else None
    if place is not None:
        axes.plot([times[-1]], [place], zorder=8, clip_on=False, **style)


def _prepare(
    axes: Axes, curves: Sequence[_Curve], quantity: CurveQuantity, width: float, height: float
) -> DecadeAxis | None:
    """Ticks, limits and words; the y axis in decades for the loss. The axes' size is in inches."""
    edges = [edge for c in curves for edge in (c.values, *(c.band or ()))]
    numbers = np.concatenate(edges) if edges else np.zeros(1)
    scale = None
    if quantity == "loss":
        scale = prepare_y_axis(axes, [float(number) for number in numbers], height)
    else:
        finite = numbers[np.isfinite(numbers)]
        highest = float(finite.max(initial=0.0))
        axes.set_ylim(0, max(1.04 * highest, 1.0) if quantity == "error" else 1.04 * highest or 1.0)
        highest = axes.get_ylim()[1]
        places = MaxNLocator(max(2, min(6, int(height / 0.3)))).tick_values(0, highest)
        axes.set_yticks([place for place in places if 0 <= place <= highest])
        axes.grid(axis="y", color=palette.GRID, linewidth=0.6)
    end = axes.get_xlim()[1]
    places = MaxNLocator(
        max(1, min(8, int(width / 0.4))), integer=end >= 4, steps=[1, 2, 2.5, 5, 10]
    ).tick_values(0, end)
    axes.set_xticks([place for place in places if 0 <= place <= end])
    axes.set_axisbelow(True)
    axes.tick_params(
        colors=palette.TEXT, width=0.7, length=3, labelsize=palette.FONT, labelfontfamily="DejaVu Sans"
    )
    axes.tick_params(which="minor", length=1.6, width=0.5)
    draw_frame(axes)
    words: dict[str, Any] = {"fontsize": palette.FONT, "color": palette.TEXT, "fontfamily": "DejaVu Sans"}
    axes.set_xlabel("epoch", **words)
    axes.set_ylabel(_LABELS[quantity], **words)
    return scale
