"""A study's matrix: a colour and a number for each cell, with the scale beside them, for whoever draws it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.activations import number_text
from resnet_viewer.charts.chart import Floats
from resnet_viewer.charts.confusion import contrast_of, lights_of
from resnet_viewer.charts.limits import Span
from resnet_viewer.charts.palette import SIGNED_COLOURS, ColourScale
from resnet_viewer.charts.study_chart import NOTHING
from resnet_viewer.charts.study_panel import MatrixPanel, Scale
from resnet_viewer.charts.tiles import Coloured

COLOURS = "viridis"
_MOST_NUMBERS = 900
"""Cells of a matrix with numbers in them."""
_LONG = 3
"""How many times as long as wide it is at most for its cells to be square."""
_NEAR = 6
"""What stands beside a row is off by at most this part of the way to the next."""
_INK, _PAPER = np.array([25, 28, 36]), np.array([255, 255, 255])


@dataclass(frozen=True, eq=False)
class MatrixChart:
    """What is drawn of a panel: rows from above, columns from the left."""

    panel: MatrixPanel

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.panel.values.shape
        return rows, columns

    @property
    def has_squares(self) -> bool:
        """Its cells are as wide as high; those of a long one, and of a table, fill the place."""
        return not self.panel.is_table and max(self.shape) <= _LONG * min(self.shape)

    @property
    def message(self) -> str:
        """In place of everything; "" where there are numbers."""
        is_empty = not np.isfinite(self.clipped).any()
        return self.panel.message or (NOTHING if is_empty else "")

    @cached_property
    def clipped(self) -> Floats:
        """(rows, columns) as they are drawn: at most the clip."""
        values = self.panel.values.astype(np.float64)
        return values if self.panel.clip is None else np.clip(values, *self.panel.clip)

    @cached_property
    def span(self) -> Span:
        """From the lowest to the highest number, or the panel's limits; with both signs symmetric about zero."""
        if self.panel.limits is not None:
            low, high = self.panel.limits
            return (
                Span(low, high, self.panel.is_log) if high > 0.0 or not self.panel.is_log else Span(0.0, 0.0)
            )
        known = self.clipped[np.isfinite(self.clipped)]
        if self.panel.is_log and not self.panel.is_signed:
            known = known[known > 0]
        if not known.size:
            return Span(0.0, 0.0)
        if self.panel.is_signed:
            most = float(np.abs(known).max())
            return Span(-most, most, self.panel.is_log)
        return Span(float(known.min()), float(known.max()), self.panel.is_log)

    @property
    def colours(self) -> str:
        """The name of its colours."""
        return SIGNED_COLOURS if self.panel.is_signed else COLOURS

    @cached_property
    def scale(self) -> ColourScale:
        """As it is shown beside the matrix; an end beyond which there are numbers says so."""
        if self.span.is_empty and self.span.high:  # every number is the same
            words = self.written(self.span.high)
            return ColourScale(self.colours, (words, words), ((0.0, words),))
        if self.span.is_empty:
            return self.span.scale(self.colours, meaning=self.panel.unit, digits=3)
        first, last = (self.written(self.span.value(share)) for share in (0.0, 1.0))
        ends = f"≤ {first}" if self.beyond[0] else first, f"≥ {last}" if self.beyond[1] else last
        middle = ((0.5, "0"),) if self.span.is_signed else ()
        said = (self.panel.unit, "logarithmic" if self.panel.is_log else "", self.beyond_words)
        ticks = ((0.0, ends[0]), *middle, (1.0, ends[1]))
        return ColourScale(self.colours, ends, ticks, "; ".join(filter(None, said)))

    @property
    def _shown_ends(self) -> tuple[float, float]:
        """What has a colour of its own lies between; without limits, a clip or a logarithm everything does."""
        if not self._is_bounded:
            return -math.inf, math.inf
        return (-self.span.high if self.span.is_signed else self.span.first), self.span.high

    @property
    def _is_bounded(self) -> bool:
        return self.panel.limits is not None or self.panel.clip is not None or self.panel.is_log

    @cached_property
    def beyond(self) -> tuple[int, int]:
        """How many numbers lie below what the first colour stands for, and how many above the last one's."""
        low, high = self._shown_ends
        return int((self.panel.values < low).sum()), int((self.panel.values > high).sum())

    @property
    def beyond_words(self) -> str:
        """Of numbers that have the colour of an end though they lie beyond it; "" where none do."""
        under, over = self.beyond
        values = self.panel.values
        said = []
        if over:
            end, most = self.written(self.span.high), self.written(float(np.nanmax(values)))
            said.append(f"{over} of {values.size} above {end} (up to {most}) drawn as {end}")
        if under:
            end, least = self.written(self.span.first), self.written(float(np.nanmin(values)))
            said.append(f"{under} of {values.size} below {end} (down to {least}) drawn as {end}")
        return ", ".join(said)

    @cached_property
    def cells(self) -> Coloured:
        """(1, rows, columns); what has no number has no colour."""
        is_missing = np.isnan(self.heights)
        if not self._is_bounded:
            is_missing |= ~np.isfinite(self.clipped)
        places = (255.999 * np.where(is_missing, 0.0, self.heights)).astype(np.uint8)
        return Coloured(places[None], is_missing[None] if is_missing.any() else None, self.colours)

    @cached_property
    def heights(self) -> Floats:
        """(rows, columns): where each number lies between the first colour, 0, and the last, 1; nan for none."""
        found: Floats = self.span.shares(self.clipped).astype(np.float64)
        return found

    @cached_property
    def wants_white(self) -> NDArray[np.bool_]:
        """(rows, columns): where white letters stand out more than dark ones."""
        light = lights_of(self.cells.rgb().astype(np.float64))
        one, other = contrast_of(light, lights_of(_PAPER)), contrast_of(light, lights_of(_INK))
        found: NDArray[np.bool_] = one > other
        return found

    @cached_property
    def row_names(self) -> tuple[str, ...]:
        """Of each row; numbers where the panel has no names."""
        return self.panel.rows or _numbers(self.panel.y, self.shape[0])

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """Of each column."""
        return self.panel.columns or _numbers(self.panel.x, self.shape[1])

    def written(self, value: float, digits: int = 3) -> str:
        """A number as it stands in a cell: so many digits, nothing for none."""
        if math.isnan(value):
            return ""
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        text = f"{value:.{digits}g}"
        text = number_text(value, f"{float(text):.0f}" if "e+" in text else text)
        return text.replace("-", "−", 1) if value < 0.0 else text

    def fitting(self, width: float, measure: Callable[[str], float]) -> list[list[str]] | None:
        """What stands in the cells, rows of them, with as many digits as fit into that width; None where none do, or
        where they are too many to be read one by one.
        """
        if self.panel.values.size > _MOST_NUMBERS:
            return None
        for digits in (3, 2):
            words = [[self.written(float(value), digits) for value in row] for row in self.panel.values]
            if max((measure(one) for row in words for one in row), default=0.0) <= width:
                return words
        return None

    def words(self, row: int, column: int) -> str:
        """A cell in words: "block 3 · block 5: 0.25 %"; with contours "first: 0.5 · second: −1 · 3.21e-4 nats"."""
        panel, value = self.panel, float(self.panel.values[row, column])
        if panel.has_contours:
            ends = (panel.x, self.shape[1], column), (panel.y, self.shape[0], row)
            where = " · ".join(
                f"{scale.title}: {_said(place_of(scale, count, at))}" for scale, count, at in ends
            )
            between = " · "
        else:
            names = (panel.y.title, self.row_names[row]), (panel.x.title, self.column_names[column])
            where = " · ".join(
                f"{title} {name}" if title and _is_number(name) else name for title, name in names
            )
            between = ": "
        if math.isnan(value):
            return f"{where}{between}no number"
        told = f"{where}{between}{_said(value)} {panel.unit}".rstrip()
        low, high = self._shown_ends
        if value > high or value < low:
            return f"{told} (drawn as {self.written(high if value > high else low)})"
        return told


def place_of(scale: Scale, count: int, place: int) -> float:
    """Where one of so many rows, or columns, lies on its axis, from 0."""
    if scale.least is None or scale.most is None or count == 1:
        return float(place + 1) if scale.least is None else scale.least
    return scale.least + place / (count - 1) * (scale.most - scale.least)


def _said(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.4g}"
    return text.replace("-", "−", 1) if value < 0 else text


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).removeprefix("-").isdecimal()


def _numbers(scale: Scale, count: int) -> tuple[str, ...]:
    """From the scale's least to its most, with as few decimals as place each near enough, or from 1 on."""
    if scale.least is None or scale.most is None:
        return tuple(str(number) for number in range(1, count + 1))
    values = np.linspace(scale.least, scale.most, count)
    step = abs(scale.most - scale.least) / max(count - 1, 1)
    near = (digits for digits in range(9) if np.abs(np.round(values, digits) - values).max() <= step / _NEAR)
    digits = next(near, None)
    if digits is None:
        return tuple(f"{value:.3g}" for value in values)
    return tuple(f"{value:.{digits}f}" for value in np.round(values, digits) + 0.0)
