"""Gradient norms by depth at one moment of training: plain against residual, every run a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradient_values import kind_of_value
from resnet_viewer.charts.run_names import (
    Group,
    data_words,
    epoch_words,
    groups,
    recipe_words,
    run_names,
    so_far_words,
    steps_per_epoch,
)
from resnet_viewer.figures.gradient_axis import DecadeAxis, decade, place_of, prepare_y_axis
from resnet_viewer.figures.page import MARGIN, CaptionedFigure, Without, draw_frame, page
from resnet_viewer.figures.plot import Entry, draw_legend, legend_height, legend_words, styles_of
from resnet_viewer.records.comparing import spread
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import GradientRecord, RunReport

DepthScale = Literal["relative", "layer"]
_LEFT, _FOOT, _ABOVE, _LOWEST = 0.68, 0.52, 0.1, 0.95
"""Inches around the plot, and the least height that it can be read at."""


@dataclass(frozen=True, eq=False)
class _Line:
    group: Group
    run: RunReport
    record: GradientRecord
    x: list[float]


def figure(
    runs: Sequence[RunReport],
    *,
    time: float | None = None,
    by: DepthScale = "relative",
    size: tuple[float, float] = (7.6, 4.6),
    without: Without = (),
) -> CaptionedFigure:
    """The norms of the record at `time` (in epochs), by default of every run's last one, in decades.

    "relative" spreads every network from its first layer to its last over the same width. Zeros stand on a row below
    the axis, non-finite values on a row above it; none is dropped. `size` is in inches.

    Raises:
        ValueError: no run has a gradient record.
    """
    shown = [run for run in runs if run.gradients]
    if not shown:
        raise ValueError("no run has a gradient record")
    together = groups(shown)
    styles = styles_of(together)
    lines = [_line(group, run, time, by) for group in together for run in group.runs]
    numbers = [norm for line in lines for norm in line.record.norms]
    own_times = len({_time_words(line) for line in lines}) > 1
    entries = [
        Entry(_words(group, lines, with_time=own_times), styles[group.name] | {"linewidth": 1.6})
        for group in together
    ] + _odd_entries(numbers)
    sheet = page(
        title="Gradient norm by depth",
        subtitle=_subtitle(shown, lines),
        caption=caption(shown, time=time),
        width=size[0],
        height=size[1],
        content=_FOOT + _LOWEST + _ABOVE,
        legend=legend_height(entries, size[0]),
        legend_words=legend_words(entries),
        without=without,
    )
    bottom = sheet.bottom + _FOOT
    height = draw_legend(sheet, entries) - bottom - _ABOVE
    width = sheet.width - 2 * MARGIN - _LEFT - 0.1
    axes = sheet.axes(MARGIN + _LEFT, bottom, width, height)
    y = prepare_y_axis(axes, numbers, height)
    for line in lines:
        _draw(axes, line, styles[line.group.name], y)
    _prepare_x(axes, lines, by, width)
    axes.set_ylabel("‖∂L/∂W‖₂", fontsize=palette.FONT, color=palette.TEXT, fontfamily="DejaVu Sans")
    return sheet.figure


def record_at(run: RunReport, time: float | None) -> GradientRecord:
    """The last record until `time` (in epochs); the run's last without a time, its first before there is any."""
    steps = steps_per_epoch(run)
    if time is None or steps is None:
        return run.gradients[-1]
    before = [record for record in run.gradients if record.step / steps <= time + 1e-9]
    return before[-1] if before else run.gradients[0]


def caption(runs: Sequence[RunReport], *, time: float | None = None) -> str:
    """What was measured, in which networks at which moment, trained how, as one sentence."""
    when = "at the last record of every run" if time is None else f"at the last record until epoch {time:.3g}"
    names = ", ".join(dict.fromkeys(run.spec.network.title for run in runs))
    parts = [
        "L2 norm of the gradient of the loss (mean cross-entropy of one training batch) for every layer's weight, "
        f"{when}",
        names,
        recipe_words(runs),
        "every seed a line" if any(len(group.runs) > 1 for group in groups(runs)) else "",
        so_far_words(runs),
    ]
    return " · ".join(part for part in parts if part) + "."


def table(
    runs: Sequence[RunReport], *, time: float | None = None
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: a row a run and layer, with the record's step and time in epochs.

    `relative depth` goes from 0, the first layer, to 1, the last; `time` is empty where the report does not tell.
    """
    header = (
        "run", "network", "seed", "step", "time (epochs)", "number", "relative depth", "layer", "kind", "gradient norm",
        "update",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for name, run in zip(run_names(runs), runs, strict=True):
        if not run.gradients:
            continue
        record = record_at(run, time)
        steps = steps_per_epoch(run)
        when = (str(record.step), repr(record.step / steps) if steps else "")
        whose = (name, run.spec.network.name, str(run.spec.network.seed))
        layers = blueprint(run.spec.network).layers
        depths = spread(len(layers), 0, 1)
        measured = zip(layers, depths, record.norms, record.updates, strict=True)
        for number, (layer, depth, norm, update) in enumerate(measured, 1):
            values = (layer.name, layer.kind, repr(float(norm)), repr(float(update)))
            rows.append((*whose, *when, str(number), repr(float(depth)), *values))
    return header, rows


def _line(group: Group, run: RunReport, time: float | None, by: DepthScale) -> _Line:
    record = record_at(run, time)
    count = len(record.norms)
    x = spread(count, 0, 1) if by == "relative" else range(1, count + 1)
    return _Line(group, run, record, [float(place) for place in x])


def _time_words(line: _Line) -> str:
    steps = steps_per_epoch(line.run)
    if steps is None:
        return f"step {line.record.step}"
    return f"epoch {epoch_words(line.record.step / steps)}"


def _words(group: Group, lines: Sequence[_Line], *, with_time: bool) -> str:
    """The group's name, and the moments of its records where those of the runs differ."""
    name = f"{group.name} · {len(group.runs)} seeds" if len(group.runs) > 1 else group.name
    times = dict.fromkeys(_time_words(line) for line in lines if line.group is group)
    return f"{name}, {', '.join(times)}" if with_time else name


def _subtitle(runs: Sequence[RunReport], lines: Sequence[_Line]) -> str:
    times = list(dict.fromkeys(_time_words(line) for line in lines))
    kinds = {run.spec.network.has_shortcuts for run in runs}
    parts = [
        data_words(runs),
        f"at {times[0]}" if len(times) == 1 else "",
        "dashed: plain, solid: residual" if len(kinds) == 2 else "",
        "so far" if so_far_words(runs) else "",
    ]
    return " · ".join(part for part in parts if part)


def _odd_entries(numbers: Sequence[float]) -> list[Entry]:
    """What the signs on the rows beyond the axis mean."""
    base: dict[str, Any] = {
        "color": palette.TEXT, "linestyle": "none", "markersize": 5.0, "markeredgewidth": 0
    }  # fmt: skip
    kinds = {_marker(number) for number in numbers if kind_of_value(number) != "positive"}
    words = {"o": "zero", "^": "infinite", "X": "NaN"}
    return [Entry(words[marker], base | {"marker": marker}) for marker in words if marker in kinds]


def _marker(number: float) -> str:
    """A dot for zero, a triangle for infinity, a cross for what is no number."""
    if kind_of_value(number) == "zero":
        return "o"
    return "X" if math.isnan(number) else "^"


def _draw(axes: Axes, line: _Line, style: dict[str, Any], y: DecadeAxis) -> None:
    """The line breaks where a value is zero or not finite; its sign stands on the row beyond."""
    norms = line.record.norms
    (drawn,) = axes.plot(
        line.x, [decade(norm) for norm in norms], zorder=2, **style | {"linewidth": 1.4, "markersize": 5.0}
    )
    drawn.set_label(line.group.name)
    if style["marker"] != "None":
        drawn.set_markevery(max(1, len(norms) // 10))
    for x, norm in zip(line.x, norms, strict=True):
        place = place_of(norm, y)
        if kind_of_value(norm) != "positive" and place is not None:
            axes.plot(
                [x],
                [place],
                color=style["color"],
                linestyle="none",
                marker=_marker(norm),
                markersize=4.0,
                markeredgewidth=0,
                zorder=3,
            )


def _prepare_x(axes: Axes, lines: Sequence[_Line], by: DepthScale, width: float) -> None:
    words: dict[str, Any] = {"fontsize": palette.FONT, "color": palette.TEXT, "fontfamily": "DejaVu Sans"}
    if by == "relative":
        axes.set_xlim(-0.015, 1.015)
        between = {0.25: "¼", 0.5: "½", 0.75: "¾"} if width >= 4.0 else {0.5: "½"} if width >= 2.4 else {}
        axes.set_xticks([0, *between, 1], ["first layer", *between.values(), "last layer"], **words)
        labels = axes.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
        axes.set_xlabel("relative depth", **words)
    else:
        longest = max(line.x[-1] for line in lines)
        axes.set_xlim(1 - 0.015 * longest, 1.015 * longest)
        places = MaxNLocator(max(1, min(10, int(width / 0.4))), integer=True).tick_values(1, longest)
        axes.set_xticks([place for place in places if 1 <= place <= longest])
        axes.set_xlabel("layer, in the order of the forward pass", **words)
    axes.tick_params(
        colors=palette.TEXT, width=0.7, length=3, labelsize=palette.FONT, labelfontfamily="DejaVu Sans"
    )
    axes.tick_params(which="minor", length=1.6, width=0.5)
    draw_frame(axes)
