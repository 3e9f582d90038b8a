"""Gradient norms by depth at one moment of training: plain against residual, every run a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import MIDDLE, Shape
from resnet_viewer.charts.gradient_record import (
    DepthLine,
    Record,
    Spread,
    depth_chart,
    depth_scale,
    series_of,
)
from resnet_viewer.charts.run_names import (
    Group,
    dashes_words,
    dotted,
    epoch_words,
    groups,
    recipe_words,
    run_names,
    so_far_words,
    steps_per_epoch,
    subtitle,
)
from resnet_viewer.figures.page import MARGIN, USUAL, CaptionedFigure, Entry, Paper, page
from resnet_viewer.figures.plot import draw, room_of, shape_style, style_of
from resnet_viewer.records.comparing import spread
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.training import NOT_COMPUTED, GradientRecord, RunReport

_LEFT, _FOOT, _ABOVE, _LOWEST = 0.68, 0.52, 0.1, 0.95
"""Inches around the plot, and the least height that it can be read at."""
_SPAN = (-0.02, 1.02)
_SHAPES: dict[Shape, str] = {"zero": "zero", "infinite": "infinite", "nan": "NaN", "log": "projection"}


@dataclass(frozen=True, eq=False)
class _Moment:
    group: Group
    run: RunReport
    record: GradientRecord


def figure(
    runs: Sequence[RunReport],
    *,
    time: float | None = None,
    paper: Paper = USUAL,
) -> CaptionedFigure:
    """The norms of the record at `time` (in epochs), by default of every run's last one, in decades.

    Every network is spread from its first layer to its last over the same width; the scale is that of all records.
    Zeros stand on a lane below the axis, non-finite values on one above it; none is dropped.

    Raises:
        ValueError: no run has a gradient record.
    """
    shown = [run for run in runs if run.gradients]
    if not shown:
        raise ValueError("no run has a gradient record")
    together = groups(shown)
    moments = [_Moment(group, run, record_at(run, time)) for group in together for run in group.runs]
    lines = [
        DepthLine(str(number), series_of(m.run.spec.network, np.array(m.record.norms)), m.group.stroke)
        for number, m in enumerate(moments)
    ]
    spreads = [Spread.of(Record.of_report(run).values) for run in shown]
    own_times = len({_time_words(moment) for moment in moments}) > 1
    entries = [
        Entry(_words(group, moments, with_time=own_times), style_of(group.stroke, MIDDLE))
        for group in together
    ]
    shapes = {shape for line in lines for shape in line.beside[1]}
    entries += [
        Entry(words, shape_style(shape, palette.TEXT)) for shape, words in _SHAPES.items() if shape in shapes
    ]
    sheet = page(
        paper,
        "Gradient norm by depth",
        _subtitle(shown, moments),
        caption(shown, time=time),
        content=_FOOT + _LOWEST + _ABOVE,
        legend=entries,
    )
    bottom = sheet.bottom + _FOOT
    height = sheet.top - bottom - _ABOVE
    width = sheet.width - 2 * MARGIN - _LEFT - 0.1
    axes, room = sheet.axes(MARGIN + _LEFT, bottom, width, height), room_of(width, height)
    drawn = draw(axes, depth_chart(lines, depth_scale(spreads, room.height), _SPAN, room), room)
    for moment, line in zip(moments, drawn.values(), strict=True):
        line.set_label(moment.group.name)
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
        "layers that were not computed in that step (stochastic depth) are missing"
        if any(NOT_COMPUTED in record_at(run, time).norms for run in runs if run.gradients)
        else "",
        "every seed a line" if any(len(group.runs) > 1 for group in groups(runs)) else "",
        so_far_words(runs),
    ]
    return dotted(*parts) + "."


def table(runs: Sequence[RunReport], *, time: float | None = None) -> Table:
    """Header and rows for `export.csv_bytes`: a row a run and layer, with the record's step and time in epochs.

    `relative depth` goes from 0, the first layer, to 1, the last; `time` is empty where the report does not tell, the
    norm where the layer was not computed in that step.
    """
    header = (
        "run", "network", "seed", "step", "time (epochs)", "number", "relative depth", "layer", "kind", "gradient norm",
        "update",
    )  # fmt: skip
    rows: list[Sequence[object]] = []
    for name, run in zip(run_names(runs), runs, strict=True):
        if not run.gradients:
            continue
        record = record_at(run, time)
        steps = steps_per_epoch(run)
        when = (record.step, record.step / steps if steps else "")
        whose = (name, run.spec.network.name, run.spec.network.seed)
        layers = blueprint(run.spec.network).layers
        depths = spread(len(layers), 0, 1)
        measured = zip(layers, depths, record.norms_told, record.updates, strict=True)
        for number, (layer, depth, norm, update) in enumerate(measured, 1):
            values = (layer.name, layer.kind, norm, float(update))
            rows.append((*whose, *when, number, float(depth), *values))
    return header, rows


def _time_words(moment: _Moment) -> str:
    steps = steps_per_epoch(moment.run)
    if steps is None:
        return f"step {moment.record.step}"
    return f"epoch {epoch_words(moment.record.step / steps)}"


def _words(group: Group, moments: Sequence[_Moment], *, with_time: bool) -> str:
    """The group's name, and the moments of its records where those of the runs differ."""
    name = f"{group.name} · {len(group.runs)} seeds" if len(group.runs) > 1 else group.name
    times = dict.fromkeys(_time_words(m) for m in moments if m.group is group)
    return f"{name}, {', '.join(times)}" if with_time else name


def _subtitle(runs: Sequence[RunReport], moments: Sequence[_Moment]) -> str:
    times = list(dict.fromkeys(_time_words(m) for m in moments))
    return subtitle(runs, f"at {times[0]}" if len(times) == 1 else "", dashes_words(runs))
