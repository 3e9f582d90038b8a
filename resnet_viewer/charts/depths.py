"""Gradient norms from the first layer to the classifier, of runs at one moment: plain against residual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.chart import MIDDLE, Axis, Chart, Curve, Dots, Floats, Room, Shape, Stroke, Tick
from resnet_viewer.charts.gradient_record import Spread, layers_of
from resnet_viewer.charts.log_axis import Lane, Scale, Series, heights, log_axis, scale_of
from resnet_viewer.records.network import NetworkSpec

AXIS = "gradient norm"
_SHARES = {4: ((0.25, "¼"), (0.5, "½"), (0.75, "¾")), 2: ((0.5, "½"),)}
"""Depths between the ends, by how many times the words of both ends have room."""


def series_of(network: NetworkSpec, norms: Floats) -> Series:
    """A record's norms over relative depth, 0 to 1; without names where the network has other layers."""
    layers = layers_of(network, len(norms))
    x = np.linspace(0.0, 1.0, len(norms)) if len(norms) > 1 else np.zeros(len(norms))
    return Series(layers.names, layers.shapes, x, norms, np.array(layers.is_joined, dtype=bool))


def depth_scale(spreads: Sequence[Spread], height: float) -> Scale:
    """The same at every moment: whole decades around all records that there are."""
    low = min((spread.range[0] for spread in spreads), default=math.inf)
    high = max((spread.range[1] for spread in spreads), default=-math.inf)
    kinds: dict[Lane, bool] = {
        "zero": any(spread.has_zero for spread in spreads),
        "infinite": any(spread.has_infinite for spread in spreads),
        "nan": any(spread.has_nan for spread in spreads),
    }
    found = (float(math.floor(low)), float(math.ceil(high))) if low <= high else None
    return scale_of(found, {lane for lane, is_there in kinds.items() if is_there}, height)


@dataclass(frozen=True, eq=False)
class DepthLine:
    """One run's norms at the moment."""

    key: str
    series: Series
    stroke: Stroke

    @property
    def beside(self) -> tuple[NDArray[np.intp], tuple[Shape, ...]]:
        """Numbers of the layers that stand beside the line, projections and what has no logarithm, and their shapes."""
        found = np.flatnonzero(~self.series.is_joined | np.isnan(self.series.logs))
        return found, tuple(self.series.lane(int(index)) for index in found)


def depth_chart(
    lines: Sequence[DepthLine], scale: Scale, span: tuple[float, float], room: Room, message: str = ""
) -> Chart:
    """The lines, the last one on top; a projection's norm is a point beside them, as what has no logarithm is."""
    if not lines:
        return Chart(Axis(*span), Axis(0.0, 1.0), message=message)
    curves, dots = [], []
    for line in lines:
        points, y = line.series, heights(line.series, scale)
        joined = points.is_joined
        on_line = np.where(np.isnan(points.logs), np.nan, y)[joined]
        curves.append(Curve(line.key, points.x[joined], on_line, line.stroke, MIDDLE))
        beside, shapes = line.beside
        is_around = not line.stroke.is_dashed
        dots.append(Dots(line.key, points.x[beside], y[beside], shapes, line.stroke.colour, is_around))
    first, last = "first layer", "classifier"
    if room.measure(first + last) + 20 > room.width:
        first, last = "first", "last"
    times = room.width / (room.measure(first + last) + 20)
    between = next((shares for least, shares in _SHARES.items() if times >= least), ())
    ticks = (Tick(*at) for at in ((0.0, first), *between, (1.0, last)) if span[0] <= at[0] <= span[1])
    x = Axis(*span, tuple(ticks), title="relative depth")
    return Chart(x, log_axis(scale, room.height, room.line, AXIS), tuple(curves), dots=tuple(dots))
