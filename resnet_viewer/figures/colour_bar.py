"""A slim colour bar with its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.palette import lookup


def draw_colour_bar(
    axes: Axes, colours: str, ticks: Sequence[tuple[float, str]], *, horizontal: bool = False
) -> None:
    """Fill `axes` with the colour map; `ticks` are places from 0 (first colour) to 1 (last) with their
    labels.
    """
    strip = lookup(colours)[None, :, :] if horizontal else lookup(colours)[:, None, :]
    extent = (0, 1, 0, 1)
    axes.imshow(np.ascontiguousarray(strip), extent=extent, aspect="auto", origin="lower")
    places, labels = [tick[0] for tick in ticks], [tick[1] for tick in ticks]
    style: dict[str, Any] = {"fontsize": palette.FONT - 1, "color": palette.TEXT, "fontfamily": "DejaVu Sans"}
    if horizontal:
        axes.set_yticks([])
        axes.set_xticks(places, labels, **style)
        for place, label in zip(places, axes.get_xticklabels(), strict=True):
            label.set_horizontalalignment("left" if place == 0 else "right" if place == 1 else "center")
    else:
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks(places, labels, **style)
    axes.tick_params(length=2, width=0.6, pad=2)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
        spine.set_color(palette.REFERENCE)
