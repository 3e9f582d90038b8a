"""A convolution's filters as a figure: in colour, or a kernel for each input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from resnet_viewer.charts.filters import FiltersChart, filters_chart
from resnet_viewer.charts.tiles import Grid, fitted_grid, sheet
from resnet_viewer.figures.feature_maps import Picture, draw_pair
from resnet_viewer.figures.page import USUAL, Paper
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.filters import LayerWeights, filter_layer
from resnet_viewer.records.session import View

VALUES = "every weight of the layer, as the network computes with it; no picture is in it, and no gate"
"""What the numbers of the table are, for its header."""
_SQUARE = 360.0
"""Hundredths of an inch: rows and columns of a square so large."""
_LEAST_TILE = 8
"""Pixels of a tile, so that gaps between tiles are finer than their pixels."""


def figure(found: LayerWeights, plan: Blueprint, view: View, paper: Paper = USUAL) -> Figure:
    """The page of filters that the view shows, as `filters_chart` says."""
    layer = filter_layer(plan, view.layer)
    chart = filters_chart(found.values, layer, view)
    outputs, inputs, height, width = layer.weight_shape
    return draw_pair(
        [Picture("", (), _pixels(chart), "")],
        chart.scale,
        paper,
        (
            f"Filters · {plan.describe(layer.name)} · {plan.spec.title}",
            f"{outputs} filters × {inputs} inputs · {height} × {width} · {chart.words}",
            caption(plan, view),
        ),
        largest=5.2,
    )[0]


def caption(plan: Blueprint, view: View) -> str:
    """The sentence under it."""
    layer, weights = filter_layer(plan, view.layer), plan.spec.weights.title
    whose = f"{plan.describe(layer.name)} of {plan.spec.title}, {weights}"
    return f"Weights of {whose}; neither the picture nor the gates change them."


def table(found: LayerWeights) -> Table:
    """Header and rows for `export.csv_bytes`: one row a kernel, its weights line by line. `float` reads them
    back exactly.
    """
    outputs, inputs, height, width = found.values.shape
    header = ("filter", "input", *(f"y {y} x {x}" for y in range(height) for x in range(width)))
    kernels = found.values.reshape(outputs * inputs, -1).tolist()
    return header, [(*divmod(place, inputs), *kernel) for place, kernel in enumerate(kernels)]


def _pixels(chart: FiltersChart) -> NDArray[np.uint8]:
    """All tiles (H, W, 3), white between them."""
    maps = chart.mosaic.maps
    count, height, width = maps.places.shape
    columns = chart.columns or fitted_grid(count, width, height, _SQUARE, _SQUARE).columns
    times = max(-(-_LEAST_TILE // min(height, width)), 1)
    grid = Grid(columns, -(-count // columns), times * width, times * height, max(times * width // 14, 1))
    if chart.rgb is None:
        return sheet(maps, grid).rgb()
    parts = [
        sheet(replace(maps, places=chart.rgb[..., colour], is_missing=None), grid) for colour in range(3)
    ]
    pixels = np.stack([part.places[0] for part in parts], axis=-1)
    gaps = parts[0].is_missing
    if gaps is not None:
        pixels[gaps[0]] = 255
    return pixels
