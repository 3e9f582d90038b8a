"""The filters of a convolution as pictures: in colour where they look at colours, else a kernel for each input.

Of many only the strongest are shown, by the L2 norm of their weights; what is left out is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.feature_maps import Mosaic, not_finite_channels
from resnet_viewer.charts.limits import spans_of
from resnet_viewer.charts.palette import ColourScale, scale_to
from resnet_viewer.charts.tiles import coloured
from resnet_viewer.records.layers import LayerSpec
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.probe import Array
from resnet_viewer.records.session import View

MOST = 32
"""Filters on a page where each has a row, and inputs that have a column."""
MOST_TILES = 512
"""Tiles on a page where each is a filter, or a kernel of one."""
COLOURS = "red", "green", "blue"
Kind = Literal["colour", "tiles", "matrix"]
"""Each filter a tile in colours; each a tile; or a row for each filter with a tile for each input."""


@dataclass(frozen=True, eq=False)
class FiltersChart:
    """A page of a layer's filters, or all kernels of one of them."""

    layer: LayerSpec
    kind: Kind
    mosaic: Mosaic
    """A tile for each kernel or filter; its `order` names the filters."""
    inputs: NDArray[np.int64]
    """By place the input that the kernel belongs to, -1 where it is all of them."""
    columns: int | None
    """Tiles in a row; None where that is as it fits."""
    rgb: NDArray[np.uint8] | None
    """(N, kernel, kernel, 3) in colour."""
    scale: ColourScale
    words: str
    """What is shown, and what is left out."""
    page: int
    """From 0."""
    pages: int
    weights: Array

    def value_words(self, place: int, y: int, x: int) -> str:
        """The weight at a place of a tile."""
        number, channel = int(self.mosaic.order[place]), int(self.inputs[place])
        at = f"y {y}, x {x}"
        if channel < 0 and self.kind == "colour":
            values = ", ".join(
                f"{name} {float(value):.4g}"
                for name, value in zip(COLOURS, self.weights[number, :, y, x], strict=True)
            )
            return f"filter {number} · {at} · {values}"
        channel = max(channel, 0)
        of = f" · input {channel}" if self.weights.shape[1] > 1 else ""
        return f"filter {number}{of} · {at} · weight {float(self.weights[number, channel, y, x]):.4g}"


def filters_chart(weights: Array, layer: LayerSpec, view: View) -> FiltersChart:
    """The view's page of a layer's filters, or the kernels of the one that is its channel.

    `weights` are (outputs, inputs, kernel, kernel). Every scale is symmetric about zero: one for the whole layer, or
    one for each filter (for each kernel where only those of one filter are shown).
    """
    outputs, inputs, _, width = weights.shape
    one = view.channel if view.channel is not None and view.channel < outputs else None
    kind: Kind
    columns: int | None = None
    if one is not None and inputs > 1:
        shown, page, pages = _page(weights[one][:, None], view.filters_page, MOST_TILES)
        filters, channels, kind = np.full(len(shown), one), shown, "tiles"
        words = f"filter {one}: {_of(len(shown), inputs, 'inputs')}"
    elif inputs in (1, 3):
        shown, page, pages = _page(weights, view.filters_page, MOST_TILES)
        kind = "colour" if inputs == 3 else "tiles"
        filters = shown
        channels = np.full(len(shown), -1 if inputs == 3 else 0)
        words = _of(len(shown), outputs, "filters")
    else:
        rows, page, pages = _page(weights, view.filters_page, MOST)
        across, _, _ = _page(weights[rows].swapaxes(0, 1), 0, MOST)
        filters, channels = np.repeat(rows, len(across)), np.tile(across, len(rows))
        kind, columns = "matrix", len(across)
        words = f"a row for each filter: {_of(len(rows), outputs, 'filters')} × {_of(len(across), inputs, 'inputs')}"
    if pages > 1:
        words += f", page {page + 1} of {pages}"
    is_each = view.filters_scale == "each"
    tiles = weights[filters] if kind == "colour" else weights[filters, channels][:, None]  # (N, 1 or 3, k, k)
    groups = weights[filters[::columns]] if columns else tiles  # what has a scale of its own
    _, high = spans_of(Limits(), groups.reshape(len(groups), 1, -1), is_signed=True)
    high = np.repeat(high, columns) if columns else high
    _, whole = spans_of(Limits(), weights.reshape(1, 1, -1), is_signed=True)
    limit = float(whole[0])
    high = high if is_each else np.full(len(tiles), limit)
    flat = tiles.reshape(len(tiles), -1, width)  # colours one below the other
    table = "gray" if kind == "colour" else view.map_signed_colours
    maps = coloured(tiles[:, 0], table, -high, high)
    mosaic = Mosaic(maps, filters, ~flat.any(axis=(1, 2)), not_finite_channels(flat), (-limit, limit))
    whose = "kernel" if one is not None and inputs > 1 else "filter"
    meaning = f"each {whose} on its own scale" if is_each else "one scale for the layer"
    if kind == "colour":
        meaning += "; grey is 0, in each of the three colours"
    scale = scale_to(None if is_each else limit, table, is_signed=True, meaning=meaning)
    rgb = _in_colour(tiles, high) if kind == "colour" else None
    return FiltersChart(layer, kind, mosaic, channels, columns, rgb, scale, words, page, pages, weights)


def _page(kernels: Array, page: int, most: int) -> tuple[NDArray[np.int64], int, int]:
    """Which of N kernels (N, ...) stand on a page, the page as there is one, and how many there are: all by index, or
    the strongest first.
    """
    count = len(kernels)
    if count <= most:
        return np.arange(count), 0, 1
    pages = ceil(count / most)
    page = min(max(page, 0), pages - 1)
    flat = kernels.reshape(count, -1).astype(np.float64)
    strength = np.linalg.norm(np.where(np.isfinite(flat), flat, 0.0), axis=1)
    return np.argsort(-strength, kind="stable")[page * most : (page + 1) * most], page, pages


def _of(shown: int, count: int, what: str) -> str:
    return f"all {count} {what}" if shown == count else f"{shown} of {count} {what}, the strongest first"


def _in_colour(tiles: Array, high: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Grey for zero, (N, 3, k, k) -> (N, k, k, 3); white for what is not finite."""
    gain = np.divide(127.5, high, out=np.zeros_like(high), where=high > 0)
    with np.errstate(invalid="ignore"):
        values = 127.5 + tiles.astype(np.float64) * gain[:, None, None, None]
    values[~np.isfinite(values)] = 255.0
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1))
