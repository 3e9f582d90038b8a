"""Gradient norms while training: a picture of layer × step for each run, all on one colour scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from resnet_viewer.figures import palette
from resnet_viewer.figures.colour_bar import draw_colour_bar
from resnet_viewer.figures.gradient_axis import power_of_ten
from resnet_viewer.figures.page import MARGIN, page
from resnet_viewer.records.training import RunReport

_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_HEAD, _FOOT, _LEFT, _GAP, _BAR = 0.24, 0.46, 0.46, 0.3, 0.62


def figure(runs: Sequence[RunReport], *, colours: str = "inferno", width: float = 7.6) -> Figure:
    """The L2 norm of the loss's gradient for every layer's weight at every recorded step, in decades.

    Layers from the first at the bottom to the classifier at the top. Norms that are zero are black, those that are
    not finite are grey.

    Raises:
        ValueError: no run has a gradient record.
    """
    shown = [run for run in runs if run.gradients]
    if not shown:
        raise ValueError("no run has a gradient record")
    records = [np.array([record.norms for record in run.gradients]).T for run in shown]  # (layers, steps)
    low, high = decades(records)
    columns = min(2, len(shown))
    lines = math.ceil(len(shown) / columns)
    cell = (width - 2 * MARGIN - _BAR - columns * _LEFT - (columns - 1) * _GAP) / columns
    height = min(1.9, max(0.9, 5.5 / lines))
    sheet = page(
        title="Gradient norms while training",
        subtitle="layer from the first (bottom) to the classifier, step from left to right",
        caption=caption(shown),
        width=width,
        height=None,
        content=lines * (_HEAD + height + _FOOT),
    )
    for index, (run, norms) in enumerate(zip(shown, records, strict=True)):
        row, column = divmod(index, columns)
        left = MARGIN + _LEFT + column * (cell + _LEFT + _GAP)
        bottom = sheet.top - (row + 1) * (_HEAD + height) - row * _FOOT
        axes = sheet.axes(left, bottom, cell, height)
        _draw(axes, norms, run.gradients[-1].step + 1, low, high, colours)
        sheet.write(
            left,
            bottom + height + 0.07,
            f"{run.spec.network.title} · seed {run.spec.network.seed}",
            bold=True,
        )
    bar = sheet.axes(width - MARGIN - _BAR + 0.16, sheet.top - _HEAD - height, 0.11, height)
    places = range(math.ceil(low), math.floor(high) + 1)
    step = max(1, math.ceil(len(places) / 6))
    ticks = [((decade - low) / (high - low), power_of_ten(decade)) for decade in places[::step]]
    draw_colour_bar(bar, colours, ticks)
    return sheet.figure


def decades(records: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The lowest and highest log10 of all norms above zero; one decade apart at least."""
    values = np.concatenate([record[np.isfinite(record) & (record > 0)] for record in records])
    if not values.size:
        return -1.0, 1.0
    low, high = float(np.log10(values.min())), float(np.log10(values.max()))
    return (low, high) if high - low >= 1 else ((low + high - 1) / 2, (low + high + 1) / 2)


def caption(runs: Sequence[RunReport]) -> str:
    """What was measured, in which runs, as one sentence."""
    names = ", ".join(dict.fromkeys(run.spec.network.title for run in runs))
    every = ", ".join(str(n) for n in dict.fromkeys(run.spec.record_every for run in runs))
    return (
        "L2 norm of the gradient of the loss (mean cross-entropy of a batch) for every layer's weight, from the "
        f"training's own backward pass every {every} steps · {names} · {', '.join({run.spec.data for run in runs})}."
    )


def _draw(axes: Axes, norms: NDArray[np.float64], steps: int, low: float, high: float, colours: str) -> None:
    table = palette.lookup(colours)
    is_odd, is_zero = ~np.isfinite(norms), norms == 0
    share = (np.log10(np.where(is_odd | is_zero, 1.0, norms)) - low) / (high - low)
    pixels = table[np.clip(np.rint(share * 255), 0, 255).astype(np.uint8)].copy()
    pixels[is_zero] = 0
    pixels[is_odd] = 160
    axes.imshow(
        pixels,
        extent=(0, steps, 0.5, len(norms) + 0.5),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )
    every = next(n for n in _STEPS if len(norms) / n <= 6)
    axes.set_yticks([1, *range(every, len(norms) + 1, every)] if every > 1 else range(1, len(norms) + 1))
    axes.set_xticks(MaxNLocator(5, integer=True, prune="upper").tick_values(0, steps)[:-1])
    axes.set_xlim(0, steps)
    axes.tick_params(colors=palette.TEXT, width=0.6, length=2, labelsize=palette.FONT - 1)
    for spine in axes.spines.values():
        spine.set_color(palette.REFERENCE)
        spine.set_linewidth(0.6)
    words: dict[str, Any] = {
        "fontsize": palette.FONT - 1,
        "color": palette.TEXT,
        "fontfamily": "DejaVu Sans",
        "labelpad": 2,
    }
    axes.set_xlabel("step", **words)
    axes.set_ylabel("layer", **words)
