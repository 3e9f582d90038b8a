"""A study's panel of lines as a chart for the room there is: axes, bands, bars, dots, guides, and every name.

What has no place on an axis (a zero on a logarithm, what is infinite) stands on a lane beside it; nan is no number and
not drawn. A name stands at its line's end or in a legend, and where neither has room, in rows above the lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.activations import number_text
from resnet_viewer.charts.chart import (
    DOT,
    MIDDLE,
    SAMPLE,
    THIN,
    Axis,
    Chart,
    Curve,
    Dots,
    Floats,
    Name,
    Room,
    Shape,
    Stroke,
    Tick,
    is_numbered,
    shortened_inside,
    step_of,
)
from resnet_viewer.charts.curves import Course, end_of, round_numbers, thinned
from resnet_viewer.charts.log_axis import LANE_PIXELS, Lane, log_axis, logs_of, round_powers, scale_of
from resnet_viewer.charts.log_axis import Scale as LogScale
from resnet_viewer.charts.plot_words import FreeSpace, Together, Wish, name_lines
from resnet_viewer.charts.shapes import Box, Disc, Ink, Inked, Outline, Rect
from resnet_viewer.charts.study_panel import LinesPanel, Scale, Series

NOTHING = "Nothing is measured yet."
MARKS = ("", "s", "D", "^", "v", "P")
"""Of lines that would differ in colour alone, in their order; a series of dots has discs in place of the first."""
_DOTS: dict[str, Shape] = {"": "dot", "o": "dot", "s": "s", "D": "D", "^": "^", "v": "v", "P": "P"}
_LARGEST = 1e300
"""What is larger counts as infinite: a span of such numbers has no end."""
_MARGIN = 6.0
"""Pixels that stay free beyond the outermost points."""
_BESIDE = 0.035
"""Of the x axis beyond its outermost points."""
_LANE_SHARE = 0.09
"""Of the x axis for what is zero beside a logarithm."""
_BETWEEN_NUMBERS = 14.0
_APART = 9.0
"""Pixels from point to point of a line from which on each is a dot."""
_SMALL_DOT = 3.0
_CLOUD, _CLOUD_DOT, _CLOUD_OPACITY = 100, 3.6, 0.5
"""Of more dots than these each is smaller, and lets others be seen through it."""
_SLOT_SHARE = 0.8
"""Of a slot, for all bars beside each other, or for the dots of one block."""
_FILLS = (0.85, 0.35, 0.0)
"""Opacities of bars beside each other."""
_ROW = 1.05
"""Lines of text that a named row takes at least."""
_WHISKER, _WHISKER_SHARE = 3.0, 0.4
"""Half of the end of a bar's, or a dot's, spread: in pixels, and of the room beside the next one, at most."""
_BETWEEN_NAMES = 12.0
_NAMED_LINES = 5
"""A plot of fewer lines of text has no rows of names."""
_HIGHEST_NAMES = 0.45
"""Rows of names take so much of the plot's height at most."""


@dataclass(frozen=True, eq=False)
class LaidOut:
    """A panel's chart, and where the points of each series lie in the axes' units: nan for what has no place."""

    chart: Chart
    places: tuple[tuple[Floats, Floats], ...] = ()
    base: float = 0.0
    """What bars stand on, on the y axis."""


def chart_of(panel: LinesPanel, room: Room) -> Chart:
    """The whole panel in that room."""
    return laid_out(panel, room).chart


def laid_out(panel: LinesPanel, room: Room, span: tuple[float, float] | None = None) -> LaidOut:
    """The panel, or the part `span` of its x axis as `x_limits` measures it, in that room."""
    x_scale = _XScale.of(panel)
    limits = span or x_scale.limits
    drawn = [series for series in panel.series if _is_there(series)]
    if panel.message or not drawn:
        return LaidOut(
            Chart(Axis(*limits), Axis(0.0, 1.0), message=panel.message or NOTHING),
            tuple((np.full(len(s.x), np.nan), np.full(len(s.x), np.nan)) for s in panel.series),
        )
    made = _Drawer(panel, room, x_scale, limits, 0.0).made()
    if len(made.chart.names) < len(_named(panel)) and room.height >= _NAMED_LINES * room.line:
        rows = _rows_of_names(panel, room)
        made = _Drawer(panel, room, x_scale, limits, _band(rows, room)).made()
        made = replace(made, chart=replace(made.chart, names=_placed(rows, room), legend=None))
    return made


def x_limits(panel: LinesPanel) -> tuple[float, float]:
    """Both ends of the x axis that shows everything, in its own units: exponents of ten where it is logarithmic."""
    return _XScale.of(panel).limits


def point_words(panel: LinesPanel, series: int, point: int) -> str:
    """What a point says: its own words, or its numbers."""
    shown = panel.series[series]
    if point < len(shown.words) and shown.words[point]:
        return shown.words[point]
    said = [shown.name] if len(panel.series) > 1 and shown.name else []
    said += [_quantity(panel.x.title, shown.x[point]), _quantity(panel.y.title, shown.y[point])]
    if shown.low is not None and shown.high is not None and np.isfinite(shown.low[point]):
        said[-1] += f" ({shown.low[point]:.4g} to {shown.high[point]:.4g})"
    return " · ".join(said)


def _quantity(title: str, value: float) -> str:
    """ "error (%): 12.5"."""
    words = "∞" if value == math.inf else "−∞" if value == -math.inf else f"{value:.4g}"
    return f"{title}: {words}" if title else words


def stroke_of(panel: LinesPanel, series: Series) -> Stroke:
    """How a series is drawn: series of one look and dash differ by marks, too."""
    alike = [
        one
        for one in panel.series
        if (one.looks == "dots") == (series.looks == "dots")
        and one.is_dashed == series.is_dashed
        and one.looks != "bars"
    ]
    if series.looks == "bars":
        return Stroke(series.colour, mark="s", has_line=False)
    looks = list(dict.fromkeys((one.name, one.colour) for one in alike))
    mark = MARKS[looks.index((series.name, series.colour)) % len(MARKS)]
    if series.looks == "dots":
        return Stroke(series.colour, mark=mark or "o", has_line=False)
    return Stroke(series.colour, series.is_dashed, mark)


def _is_there(series: Series) -> bool:
    return bool((np.isfinite(series.x) & ~np.isnan(series.y)).any())


def _named(panel: LinesPanel) -> dict[str, tuple[str, Stroke]]:
    """By keys, what is named, and its sample: nothing where there is one series alone."""
    found: dict[tuple[str, Stroke], str] = {}
    for number, series in enumerate(panel.series):
        if series.name and _is_there(series):
            found.setdefault((series.name, stroke_of(panel, series)), f"series {number}")
    if len(found) == 1:
        found = {}
    guides = {(guide.name, _GUIDE): f"guide {number}" for number, guide in enumerate(panel.guides)}
    return {key: named for named, key in (found | guides).items() if named[0]}


_GUIDE = Stroke("reference", is_dashed=True)
_LARGEST_POWER = 300.0
"""Of ten, below that of the largest number there is."""


@dataclass(frozen=True)
class _XScale:
    """From a panel's x to its axis: as they are, or exponents of ten with a place for zero beside them."""

    limits: tuple[float, float]
    is_log: bool = False
    zero: float | None = None

    @staticmethod
    def of(panel: LinesPanel) -> _XScale:
        scale = panel.x
        upright = [guide.at for guide in panel.guides if guide.is_upright]
        wished = [end for end in (scale.least, scale.most) if end is not None]
        found = [
            values[np.isfinite(values)]
            for series in panel.series
            if _is_there(series)
            for values in (series.x, *(series.across or ()))
        ]
        every = np.concatenate([np.array([*upright, *wished], np.float64), *found])
        if scale.is_log:
            logs, lanes = logs_of(every)
            low, high = (float(logs.min()), float(logs.max())) if logs.size else (-1.0, 1.0)
            low, high = (low, high) if high - low > 1e-9 else (low - 0.5, high + 0.5)
            low, high = low - _BESIDE * (high - low), high + _BESIDE * (high - low)
            if "zero" not in lanes:
                return _XScale((low, high), is_log=True)
            lane = _LANE_SHARE * (high - low)
            return _XScale((low - lane, high), is_log=True, zero=low - lane / 2)
        low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
        if panel.is_by_block:
            return _XScale((min(low, 1.0) - 0.6, max(high, 1.0) + 0.6))
        if high - low <= 1e-12 * max(abs(low), abs(high)):
            half = 0.5 * (abs(low) or 1.0) if not scale.is_whole else 1.0
            return _XScale((low - half, high + half))
        beside = _BESIDE * (high - low)
        if any(series.looks == "bars" for series in panel.series):
            beside = max(beside, 0.6 * _slot(found))
        return _XScale((low - beside, high + beside))

    @property
    def edge(self) -> float | None:
        """Where the lane of zeros ends."""
        return None if self.zero is None else 2 * self.zero - self.limits[0]

    def place(self, values: Floats) -> Floats:
        """Places on the axis, nan for what has none."""
        if not self.is_log:
            return np.where(np.isfinite(values), values, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.log10(values)
        found[~np.isfinite(found)] = np.nan
        if self.zero is not None:
            found[values == 0.0] = self.zero
        return found

    def ticks(self, panel: LinesPanel, span: tuple[float, float], room: Room) -> tuple[Tick, ...]:
        """As many numbers as have room."""
        low, high = span
        pixel = (high - low) / room.width
        if panel.is_by_block:
            last = math.floor(self.limits[1])
            step = step_of((room.measure(str(last)) + _BETWEEN_NUMBERS) * pixel)
            numbers = range(max(math.ceil(low), 1), math.floor(high) + 1)
            return tuple(Tick(n, str(n)) for n in numbers if is_numbered(n, step))
        if self.is_log:
            start = low if self.edge is None else max(low, self.edge)
            most = (high - start) / pixel / (room.measure("1e-14") + _BETWEEN_NUMBERS)
            powers = round_powers(start, high, max(int(most), 1)) if high > start else []
            numbers_ = [Tick(n + math.log10(m), _power_words(m, n)) for m, n in powers]
            if (
                len(numbers_) < 2 and high - start < 1.0 and high < _LARGEST_POWER
            ):  # between two of 1, 2, 5, 10
                apart = room.measure("00.00") + _BETWEEN_NUMBERS
                found = round_numbers(10**start, 10**high, (high - start) / pixel, apart)
                numbers_ = [
                    Tick(math.log10(n), _tick(n, text).text) for n, text in found if n > 0.0
                ] or numbers_
            zero = [Tick(self.zero, "0")] if self.zero is not None and low <= self.zero else []
            return _apart((*zero, *numbers_), pixel, room)
        return numbers_along(low, high, room, least=1.0 / pixel if panel.x.is_whole else 0.0)


def numbers_along(low: float, high: float, room: Room, *, least: float = 0.0) -> tuple[Tick, ...]:
    """As many round numbers below a plot as have room, at least `least` pixels apart."""
    apart = room.measure("00") + _BETWEEN_NUMBERS
    found: list[Tick] = []
    for _ in range(4):
        found = [_tick(n, text) for n, text in round_numbers(low, high, room.width, max(apart, least))]
        widest = max((room.measure(tick.text) for tick in found), default=0.0)
        if widest + _BETWEEN_NUMBERS <= apart:
            break
        apart = widest + _BETWEEN_NUMBERS
    return tuple(found)


def _apart(ticks: Sequence[Tick], pixel: float, room: Room) -> tuple[Tick, ...]:
    """Those, from the left, that do not touch the one before."""
    found: list[Tick] = []
    end = -math.inf
    for tick in ticks:
        middle, half = tick.place / pixel, room.measure(tick.text) / 2
        if middle - half >= end:
            found.append(tick)
            end = middle + half + _BETWEEN_NUMBERS / 2
    return tuple(found)


def _power_words(m: int, n: int) -> str:
    return f"{m * 10**n:g}" if -3 < n < 4 else f"{m}e{n}"


def _aside(order: int, count: int) -> float:
    """How many widths of one beside the middle of all."""
    return order - (count - 1) / 2


def _slot(found: Sequence[Floats]) -> float:
    """The smallest distance of two different places."""
    every = np.unique(np.concatenate([np.zeros(0), *found]))
    every = every[np.isfinite(every)]
    return float(np.diff(every).min()) if len(every) > 1 else 1.0


@dataclass(frozen=True)
class _YScale:
    """From a panel's y to its axis, with lanes for what has no place on it."""

    axis: Axis
    log: LogScale | None = None
    above: float | None = None
    """The lane of what is infinite beside an axis without a logarithm."""

    @staticmethod
    def of(panel: LinesPanel, room: Room, band: float) -> _YScale:
        """With `band` pixels above everything left free."""
        scale = panel.y
        if scale.names:
            return _YScale(_named_axis(scale, room, band))
        level = [guide.at for guide in panel.guides if not guide.is_upright]
        every = np.concatenate(
            [
                np.array(
                    [*level, *(end for end in (scale.least, scale.most) if end is not None)], np.float64
                ),
                *(values for series in panel.series for values in _heights(series)),
            ]
        )
        every = every[~np.isnan(every)]
        if scale.is_log:
            return _YScale._logarithmic(scale, every, panel, room, band)
        is_odd = np.abs(every) > _LARGEST
        values = every[~is_odd]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        has_bars = any(series.looks == "bars" for series in panel.series)
        if has_bars:
            low, high = min(low, 0.0), max(high, 0.0)
        is_floor = low == scale.least or (has_bars and low == 0.0)
        if high - low <= 1e-9 * max(abs(low), abs(high)):
            half = 0.5 * (abs(low) or 1.0)
            low, high = (low, low + 2 * half) if is_floor else (low - half, high + half)
        lane = LANE_PIXELS if is_odd.any() else 0.0
        margins = _MARGIN * (1 if is_floor else 2)
        pixel = (high - low) / max(room.height - band - lane - margins, 20.0)
        bottom = low if is_floor else low - _MARGIN * pixel
        edge = high + _MARGIN * pixel
        top = edge + (lane + band) * pixel
        numbers = level_numbers(bottom, edge, (edge - bottom) / pixel, room.line, is_whole=scale.is_whole)
        axis = Axis(bottom, top, numbers, title=scale.title)
        if not lane:
            return _YScale(axis)
        above = edge + lane * pixel / 2
        odd = [
            word
            for word, end in (("∞", math.inf), ("−∞", -math.inf))
            if (np.sign(end) == np.sign(every[is_odd])).any()
        ]
        return _YScale(replace(axis, lanes=(Tick(above, " ".join(odd)),), edges=(edge,)), above=above)

    @staticmethod
    def _logarithmic(scale: Scale, every: Floats, panel: LinesPanel, room: Room, band: float) -> _YScale:
        wanted: set[Lane]
        logs, wanted = logs_of(every)
        found = (float(logs.min()), float(logs.max())) if logs.size else None
        own = scale_of(found, wanted, room.height - band)
        words = [word for word, lane in (("∞", "infinite"), ("< 0", "nan")) if lane in wanted]
        own = replace(own, odd_label=" ".join(words))
        axis = log_axis(own, room.height - band, room.line, scale.title)
        unit = (own.top - own.bottom) / max(room.height - band, 1.0)
        top = own.top + band * unit
        return _YScale(replace(axis, high=top), replace(own, top=top))

    @property
    def base(self) -> float:
        """What bars stand on."""
        return self.log.low if self.log is not None else min(max(0.0, self.axis.low), self.axis.high)

    def place(self, values: Floats) -> Floats:
        """Places on the axis, lanes included; nan for what has none."""
        if self.log is not None:
            found = self.log.place(values)
            found[np.isnan(values)] = np.nan
            return found
        is_odd = np.abs(values) > _LARGEST
        return np.where(is_odd, np.nan if self.above is None else self.above, values)

    def is_on(self, values: Floats) -> NDArray[np.bool_]:
        """Which numbers stand on the axis itself, not on a lane."""
        is_near: NDArray[np.bool_] = np.abs(values) <= _LARGEST
        return is_near if self.log is None else np.isfinite(values) & (values > 0.0)

    def shape(self, value: float) -> Shape:
        """How what stands on a lane is drawn."""
        if value > 0.0:
            return "infinite"
        return "zero" if value == 0.0 or self.log is None else "nan"

    def edge(self, values: Floats) -> Floats:
        """An edge of a band: what lies beyond the axis ends at it."""
        low, high = self.axis.low, self.axis.high
        if self.log is not None:
            low, high = self.log.low, self.log.high
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.where(
                    values > 0.0, np.log10(np.abs(values)), np.where(np.isnan(values), np.nan, -np.inf)
                )
        return np.clip(values, low, high)


def _heights(series: Series) -> list[Floats]:
    is_drawn = np.isfinite(series.x)
    edges = [edge[np.isfinite(edge) & is_drawn] for edge in (series.low, series.high) if edge is not None]
    return [series.y[is_drawn], *edges]


def _named_axis(scale: Scale, room: Room, band: float) -> Axis:
    """A row for each name, as many of them named as have room."""
    count = len(scale.names)
    row = max(room.height - band, 1.0) / count
    step = max(math.ceil(_ROW * room.line / row), 1)
    ticks = (Tick(float(place), scale.names[place - 1]) for place in range(count, 0, -step))
    return Axis(0.5, count + 0.5 + band / row, tuple(reversed([*ticks])), title=scale.title)


def level_numbers(
    low: float, high: float, pixels: float, line: float, *, is_whole: bool = False
) -> tuple[Tick, ...]:
    """Round numbers beside a plot `pixels` high, three at least where as many lines of text have room."""
    found = round_numbers(low, high, pixels, 2.2 * line)
    if len(found) < 3:
        found = round_numbers(low, high, pixels, 1.3 * line)
    if is_whole and len(found) > 1 and found[1][0] - found[0][0] < 1.0:
        found = [(float(n), str(n)) for n in range(math.ceil(low), math.floor(high) + 1)]
    return tuple(_tick(place, text) for place, text in found)


def _tick(place: float, text: str) -> Tick:
    words = number_text(place, text)
    return Tick(place, words.replace("-", "−", 1) if place < 0.0 else words)


@dataclass(frozen=True)
class _Drawer:
    """A panel in its room, with a `band` of pixels above the lines for rows of names."""

    panel: LinesPanel
    room: Room
    across: _XScale
    span: tuple[float, float]
    band: float

    def made(self) -> LaidOut:
        """Everything, with the names that find room beside their lines."""
        panel, room = self.panel, self.room
        up = _YScale.of(panel, room, self.band)
        ticks = self.across.ticks(panel, self.span, room)
        x = Axis(
            *self.span,
            tuple(t for t in ticks if self.span[0] <= t.place <= self.span[1]),
            title=panel.x.title,
        )
        bare = Chart(x, up.axis)
        shapes: list[Inked] = []
        curves: list[Curve] = []
        dots: list[Dots] = []
        places: list[tuple[Floats, Floats]] = []
        bars = [series for series in panel.series if series.looks == "bars"]
        slot = _slot([self.across.place(series.x) for series in bars])
        for number, series in enumerate(panel.series):
            key = f"series {number}"
            at, heights = self.across.place(series.x), up.place(series.y)
            heights = np.where(np.isnan(at), np.nan, heights)
            at = np.where(np.isnan(heights), np.nan, at)
            wide = math.inf
            if series.looks == "bars":
                wide = _SLOT_SHARE * slot / len(bars)
                order = next(place for place, one in enumerate(bars) if one is series)
                at = at + _aside(order, len(bars)) * wide
                shapes += self._bars(bare, up, series, (at, heights), key, wide, order)
            elif panel.is_by_block and series.looks == "dots":
                beside = [one for one in panel.series if one.looks == "dots"]
                order = next(place for place, one in enumerate(beside) if one is series)
                wide = _SLOT_SHARE / len(beside)
                at = at + _aside(order, len(beside)) * wide
            places.append((at, heights))
            if series.looks == "dots" and self._is_cloud(series):
                shapes += self._cloud(bare, up, series, (at, heights), key)
            if series.looks in ("bars", "dots"):
                shapes += self._spreads(bare, up, series, at, key, wide)
                shapes += self._spreads_across(bare, series, heights, key)
            else:
                curves.append(self._curve(up, series, (at, heights), key))
            dots += self._dots(up, series, (at, heights), key, wide)
        curves = [*self._guides(up), *curves]
        chart = replace(bare, curves=tuple(curves), dots=tuple(dots), shapes=tuple(shapes))
        made = LaidOut(chart, tuple(places), up.base)
        return made if self.band else replace(made, chart=self._with_names(made))

    def _guides(self, up: _YScale) -> list[Curve]:
        found = []
        for number, guide in enumerate(self.panel.guides):
            at = np.array([guide.at])
            if guide.is_upright:
                below = up.axis.high - self.band / self.room.height * (up.axis.high - up.axis.low)
                x, y = np.repeat(self.across.place(at), 2), np.array([up.axis.low, below])
            else:
                x, y = np.array(self.span), np.repeat(up.place(at), 2)
            if np.isfinite(x).all() and np.isfinite(y).all():
                found.append(Curve(f"guide {number}", x, y, _GUIDE, THIN))
        return found

    def _curve(self, up: _YScale, series: Series, places: tuple[Floats, Floats], key: str) -> Curve:
        """The line through what lies on the axis itself, or its steps."""
        is_known = np.isfinite(self.across.place(series.x))
        x = self.across.place(series.x)[is_known]
        y = np.where(up.is_on(series.y), places[1], np.nan)[is_known]
        band = None
        if series.low is not None and series.high is not None:
            band = (up.edge(series.low)[is_known], up.edge(series.high)[is_known])
        if series.looks == "steps" and len(x):
            ends = (x[1:] + x[:-1]) / 2
            half = (_slot([x]) if len(x) > 1 else 0.8) / 2
            x = np.repeat(np.concatenate(([x[0] - half], ends, [x[-1] + half])), 2)[1:-1]
            y, band = (
                np.repeat(y, 2),
                None if band is None else (np.repeat(band[0], 2), np.repeat(band[1], 2)),
            )
        course = thinned(Course(x, y, band=band), max(int(self.room.width), 1))
        mark = "" if self._is_sparse(series) else stroke_of(self.panel, series).mark
        stroke = replace(stroke_of(self.panel, series), mark=mark)
        return Curve(key, course.x, course.y, stroke, MIDDLE, course.band)

    def _is_sparse(self, series: Series) -> bool:
        """Whether each point of a line is a dot."""
        at = self.across.place(series.x)
        count = int(((at >= self.span[0]) & (at <= self.span[1])).sum())
        return series.looks != "steps" and count * _APART <= self.room.width

    def _dots(
        self, up: _YScale, series: Series, places: tuple[Floats, Floats], key: str, wide: float
    ) -> list[Dots]:
        """Points on lanes, and on the axis where they are drawn one by one; each has `wide` for itself, and covers no
        spread beside it.
        """
        is_on = up.is_on(series.y)
        is_inside = (places[0] >= self.span[0]) & (places[0] <= self.span[1])
        is_apart = self._is_sparse(series)
        is_drawn = is_inside & ~np.isnan(places[1])
        if series.looks == "bars" or (not is_apart if series.looks != "dots" else self._is_cloud(series)):
            is_drawn &= ~is_on
        if not is_drawn.any():
            return []
        own = _DOTS[stroke_of(self.panel, series).mark]
        pairs = zip(series.y[is_drawn].tolist(), is_on[is_drawn].tolist(), strict=True)
        shapes = tuple(own if is_there else up.shape(value) for value, is_there in pairs)
        size = DOT if is_apart else _SMALL_DOT
        if series.looks == "dots":
            size = min(size, max(self._pixels(wide), _SMALL_DOT))
        x, y = places[0][is_drawn], places[1][is_drawn]
        return [Dots(key, x, y, shapes, series.colour, size=size)]

    def _pixels(self, wide: float) -> float:
        """Of so much of the x axis."""
        return wide / (self.span[1] - self.span[0]) * self.room.width

    def _is_cloud(self, series: Series) -> bool:
        """Whether dots are so many that they lie on each other."""
        return len(series.x) > _CLOUD

    def _cloud(
        self, bare: Chart, up: _YScale, series: Series, places: tuple[Floats, Floats], key: str
    ) -> list[Inked]:
        """Dots through which others can be seen, under all lines."""
        is_drawn = up.is_on(series.y) & (places[0] >= self.span[0]) & (places[0] <= self.span[1])
        x, y = bare.place(self.room.size, places[0][is_drawn], places[1][is_drawn])
        half = _CLOUD_DOT / 2
        discs = tuple(
            Disc(Rect(left - half, top - half, _CLOUD_DOT, _CLOUD_DOT))
            for left, top in zip(x.tolist(), y.tolist(), strict=True)
        )
        return [Inked(key, Ink(fill=series.colour, fill_opacity=_CLOUD_OPACITY), discs)] if discs else []

    def _bars(
        self,
        bare: Chart,
        up: _YScale,
        series: Series,
        places: tuple[Floats, Floats],
        key: str,
        wide: float,
        order: int,
    ) -> list[Inked]:
        """From the base to each value."""
        is_drawn = up.is_on(series.y) & ~np.isnan(places[1])
        x, y = bare.place(self.room.size, places[0][is_drawn], places[1][is_drawn])
        base = (1.0 - bare.y.share(up.base)) * self.room.height
        side = max(wide / (self.span[1] - self.span[0]) * self.room.width - 1.0, 1.0)
        boxes = []
        for middle, end in zip(x.tolist(), y.tolist(), strict=True):
            left, right = max(middle - side / 2, 0.0), min(middle + side / 2, self.room.width)
            if right > left:
                boxes.append(Box(Rect(left, min(end, base), right - left, abs(base - end)), 0.0))
        opacity = _FILLS[min(order, len(_FILLS) - 1)]
        fill = series.colour if opacity else ""
        return (
            [Inked(key, Ink(series.colour, 1.0, fill=fill, fill_opacity=opacity or 1.0), tuple(boxes))]
            if boxes
            else []
        )

    def _spreads(
        self, bare: Chart, up: _YScale, series: Series, at: Floats, key: str, wide: float
    ) -> list[Inked]:
        """A line from the lowest to the highest of each point that is bar or dot, which has `wide` for itself."""
        if series.low is None or series.high is None:
            return []
        is_drawn = (at >= self.span[0]) & (at <= self.span[1])
        size = self.room.size
        half = min(_WHISKER, _WHISKER_SHARE * self._pixels(wide))
        x, low = bare.place(size, at[is_drawn], up.edge(series.low)[is_drawn])
        _, high = bare.place(size, at[is_drawn], up.edge(series.high)[is_drawn])
        lines: list[Outline] = []
        for middle, under, over in zip(x.tolist(), low.tolist(), high.tolist(), strict=True):
            if math.isfinite(under) and math.isfinite(over) and under != over:
                lines.append(Outline(((middle, under), (middle, over)), is_closed=False))
                ends = (((middle - half, end), (middle + half, end)) for end in (under, over))
                lines += [Outline(end, is_closed=False) for end in ends]
        colour = "text" if series.looks == "bars" else series.colour
        return [Inked(key, Ink(colour, 1.1), tuple(lines))] if lines else []

    def _spreads_across(self, bare: Chart, series: Series, heights: Floats, key: str) -> list[Inked]:
        """A line beside each dot from the lowest to the highest of its x; what has no place on a logarithm ends it."""
        if series.across is None:
            return []
        ends = []
        for values, edge in zip(series.across, self.span, strict=True):
            found = np.where(np.isfinite(values), self.across.place(values), np.nan)
            found = np.where(np.isnan(found) & np.isfinite(values), edge, found)
            ends.append(np.clip(found, *self.span))
        left, down = bare.place(self.room.size, ends[0], heights)
        right, _ = bare.place(self.room.size, ends[1], heights)
        lines: list[Outline] = []
        for start, end, middle in zip(left.tolist(), right.tolist(), down.tolist(), strict=True):
            if math.isfinite(start) and math.isfinite(end) and math.isfinite(middle) and start != end:
                lines.append(Outline(((start, middle), (end, middle)), is_closed=False))
                caps = (((at, middle - _WHISKER), (at, middle + _WHISKER)) for at in (start, end))
                lines += [Outline(cap, is_closed=False) for cap in caps]
        return [Inked(f"{key} across", Ink(series.colour, 1.4), tuple(lines))] if lines else []

    def _with_names(self, made: LaidOut) -> Chart:
        chart, room, named = made.chart, self.room, _named(self.panel)
        free_space = FreeSpace(room.size)
        lines: dict[str, tuple[Floats, Floats]] = {}
        for curve in chart.curves:
            x, y = chart.place(room.size, curve.x, curve.y)
            lines[str(curve.key)] = (x, y)
            if len(x) and x[0] == x[-1]:
                free_space.cover(Rect(float(x[0]) - 1, 0.0, 2.0, room.height))
            if curve.band is not None:
                for edge in curve.band:
                    free_space.cover_lines([chart.place(room.size, curve.x, edge)])
        free_space.cover_lines(line for line in lines.values() if len(line[0]) and line[0][0] != line[0][-1])
        for dots in chart.dots:
            for x_at, y_at in zip(*chart.place(room.size, dots.x, dots.y), strict=True):
                free_space.cover(Rect(float(x_at) - 4, float(y_at) - 4, 8.0, 8.0))
        for inked in chart.shapes:
            for shape in inked.shapes:
                if isinstance(shape, Box | Disc):
                    free_space.cover(shape.rect)
                elif isinstance(shape, Outline):
                    (left, top), (right, bottom) = shape.points[0], shape.points[-1]
                    free_space.cover(Rect(left - 1, min(top, bottom), right - left + 2, abs(bottom - top)))
        for number, places in enumerate(made.places):
            lines.setdefault(f"series {number}", chart.place(room.size, *places))
        wished = []
        for key, (text, stroke) in named.items():
            x, y = lines.get(key, (np.zeros(0), np.zeros(0)))
            end = end_of(x, y, room.width)
            if end is None or SAMPLE + room.measure(text) > room.width:
                return chart
            if len(x) and x[0] == x[-1]:  # an upright guide
                end = end[0], room.line
            wished.append(Wish(key, text, text, stroke, end))
        owned = [
            (named[key][0] if key in named else key, *_finite(line))
            for key, line in lines.items()
            if len(line[0]) and not (len(line[0]) > 1 and line[0][0] == line[0][-1])
        ]
        has_ends = all(stroke.has_line for _, stroke in named.values())  # bars and dots end nowhere
        together: Together = "all or none" if has_ends else "all"
        names, legend = name_lines(wished, room, free_space, owned, together=together)
        return replace(chart, names=names, legend=legend)


def _finite(line: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    is_known = np.isfinite(line[0])
    return line[0][is_known], line[1][is_known]


def _rows_of_names(panel: LinesPanel, room: Room) -> list[list[Name]]:
    """Every name in rows as wide as the plot, from the upper left; cut where one alone is wider."""
    rows: list[list[Name]] = []
    left, high = 0.0, float(math.ceil(room.line))
    for key, (text, stroke) in _named(panel).items():
        text = shortened_inside(text, room.width - SAMPLE - 2 * _BETWEEN_NAMES, room.measure)
        wide = SAMPLE + math.ceil(room.measure(text))
        if not rows or left + wide > room.width - _BETWEEN_NAMES / 2:
            rows.append([])
            left = _BETWEEN_NAMES / 2
        rows[-1].append(Name(key, text, stroke, Rect(left, 2.0 + (len(rows) - 1) * high, wide, high)))
        left += wide + _BETWEEN_NAMES
    most = max(int(_HIGHEST_NAMES * room.height / high), 0)
    return rows[:most]


def _band(rows: Sequence[Sequence[Name]], room: Room) -> float:
    return 4.0 + len(rows) * math.ceil(room.line)


def _placed(rows: Sequence[Sequence[Name]], room: Room) -> tuple[Name, ...]:
    return tuple(name for row in rows for name in row)
