"""A layer's feature maps, now beside the reference: all channels in a mosaic, or one of them large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.limits import shares, span_of, spans_of
from resnet_viewer.charts.palette import ColourScale, scale_to
from resnet_viewer.charts.tiles import Coloured, coloured
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import missing_maps_words
from resnet_viewer.records.comparing import lacking_words, layer_beside, plan_of, words_beside
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.receptive_field import Mark, ReceptiveField, marked_field
from resnet_viewer.records.session import MapOrder, View

Maps = NDArray[np.float32]
Whose = Literal["now", "reference"]
STATISTICS = ("mean", "standard deviation", "minimum", "maximum", "share of zeros")
BINS = 40
"""Bars of a channel's histogram."""
_FAR = 4.0
"""Times from which on the largest values of both sides are called far apart."""


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Coloured maps in the order of display: at place i stands channel `order[i]`."""

    maps: Coloured
    order: NDArray[np.int64]
    is_dead: NDArray[np.bool_]
    """By place: it tells nothing, see `dead_channels`."""
    is_not_finite: NDArray[np.bool_]
    """By place: some of its values are not finite, and have no colour."""
    ends: tuple[float, float] = (0.0, 0.0)
    """The values of the first and the last colour, of the widest scale among its channels'."""
    source: tuple[object, ...] = ()
    """What it was made from; equal ones come out the same."""


@dataclass(frozen=True, eq=False)
class Side:
    """The maps of one of two readings."""

    name: Whose
    reading: ProbeResult | None
    layer: str
    """What its own network calls it."""
    words: str
    """The same in words, with the network where that is another than now's."""
    is_other: bool
    """Of another network than now's."""
    maps: Maps | None
    """(C, H, W)"""
    message: str
    """Why a reading has none."""
    mosaic: Mosaic | None = None

    @property
    def title(self) -> str:
        """Whose maps they are, with network and layer where the network is another."""
        return f"{self.name} · {self.words}" if self.is_other else self.name

    @cached_property
    def largest(self) -> float:
        """The largest finite absolute value of its maps; 0 without any."""
        if self.maps is None:
            return 0.0
        return float(np.abs(self.maps[np.isfinite(self.maps)]).max(initial=0.0))

    @cached_property
    def bound(self) -> str:
        """Between which values its maps lie: " ≤ 0.83", " within ±0.83" where some are negative."""
        if self.maps is None or not self.maps.size:
            return ""
        finite, largest = self.maps[np.isfinite(self.maps)], self.largest
        return f" {'within ±' if bool((finite < 0).any()) else '≤ '}{largest:.4g}"

    def marked(self, mark: Mark | None) -> ReceptiveField | None:
        """Of the cell of these maps that looks nearest to a marked point; None without maps."""
        if mark is None or self.reading is None or self.maps is None:
            return None
        return marked_field(self.reading.request.state, self.layer, mark)


@dataclass(frozen=True, eq=False)
class MapsChart:
    """Two mosaics in one order, or each in its own where one has more channels, and on one scale."""

    sides: tuple[Side, Side]
    """Now and reference."""
    scale: ColourScale
    is_signed: bool
    """Its colours are those of a diverging table: some value is negative, and zero lies in their middle."""
    order: tuple[int, ...]
    """All channels of either."""
    ends: tuple[float, float]
    """The values of the first and the last colour; of channels that have each their own, of the highest of them."""


def _sides(
    now: ProbeResult | None, reference: ProbeResult | None, layer: str, plan: Blueprint
) -> tuple[Side, Side]:
    """Now's maps of a layer of `plan`, its network's, and the reference's of what stands beside it."""

    def side(name: Whose, reading: ProbeResult | None) -> Side:
        if reading is None:
            return Side(name, None, layer, plan.describe(layer), False, None, "")
        own = plan if name == "now" else plan_of(reading)
        beside = layer if name == "now" else layer_beside(layer, plan, own)
        maps = None if beside is None else reading.maps(beside)
        of, called = (plan, layer) if beside is None else (own, beside)
        message = missing_maps_words(of, reading.request.state.wiring, called) if maps is None else ""
        is_other, words = own.spec != plan.spec, words_beside(layer, plan, own)
        return Side(name, reading, called, words, is_other, maps, message)

    return side("now", now), side("reference", reference)


def maps_chart(
    now: ProbeResult | None,
    reference: ProbeResult | None,
    view: View,
    *,
    plan: Blueprint,
    before: MapsChart | None = None,
) -> MapsChart:
    """All channels of the view's layer, a name of `plan.map_names()`; `plan` is now's network. Readings are complete.

    Maps with negative values take the diverging colours with symmetric limits, unless other limits are set by hand.
    Mosaics that are in `before` already are taken from there.

    Raises:
        KeyError: there is no such layer.
    """
    sides = _sides(now, reference, view.layer, plan)
    groups = [side.maps for side in sides if side.maps is not None]
    limits, signed = view.map_limits, _has_both_signs(view.map_limits, groups)
    is_each = view.map_scale == "channel" and limits.by_hand is None
    span = None if is_each else span_of(limits, groups, is_signed=signed)
    ends = None if span is None else (span.low, span.high)
    table = view.map_signed_colours if signed else view.map_colours
    olds = (None, None) if before is None else tuple(side.mosaic for side in before.sides)
    made: list[Side] = []
    orders: list[NDArray[np.int64]] = []
    for side, old in zip(sides, olds, strict=True):
        if side.maps is None:
            made.append(side)
            continue
        if not orders or len(side.maps) != len(orders[0]):
            orders.append(channel_order(side.maps, view.map_order, None if orders else sides[1].maps))
        mosaic = _mosaic(side, orders[-1], ends, table, limits=limits, signed=signed, old=old)
        made.append(replace(side, mosaic=mosaic))
    shown = dict.fromkeys(channel for found in orders for channel in found.tolist())
    if span is None:
        meaning = "; ".join(filter(None, ("each channel on its own scale", limits.words)))
        scale = scale_to(None, table, is_signed=signed, meaning=meaning)
    else:
        scale = span.scale(table, meaning=_meaning(limits, "one scale for now and reference"))
    if ends is None:
        each = [side.mosaic.ends for side in made if side.mosaic is not None]
        ends = min((low for low, _ in each), default=0.0), max((high for _, high in each), default=0.0)
    return MapsChart((made[0], made[1]), scale, signed, tuple(shown), ends)


def _has_both_signs(limits: Limits, groups: Sequence[Maps]) -> bool:
    """Some value is negative, and the limits have zero in their middle, where a diverging table has its own."""
    low, high = limits.by_hand or (-1.0, 1.0)
    return low == -high and is_signed(*groups)


def _meaning(limits: Limits, words: str) -> str:
    """What a scale's ends leave open; that it is logarithmic its own words say."""
    return "; ".join(filter(None, (words, replace(limits, is_logarithmic=False).words)))


def _mosaic(
    side: Side,
    order: NDArray[np.int64],
    ends: tuple[float, float] | None,
    colours: str,
    *,
    limits: Limits,
    signed: bool,
    old: Mosaic | None,
) -> Mosaic | None:
    maps = side.maps
    # readings are equal when they are one
    source = side.reading, side.layer, ends, colours, limits, signed, order.tobytes()
    if maps is None or (old is not None and old.source == source):
        return old
    low: NDArray[Any]
    high: NDArray[Any]
    if ends is not None:
        low, high = np.full(len(maps), ends[0], np.float32), np.full(len(maps), ends[1], np.float32)
    elif limits.percentile == 100:
        high = channel_limits(maps)
        low = -high if signed else np.zeros_like(high)
    else:
        low, high = spans_of(limits, maps, is_signed=signed)
    low, high, dead, odd = (
        low[order],
        high[order],
        dead_channels(maps)[order],
        not_finite_channels(maps)[order],
    )
    shown = maps if (order[1:] > order[:-1]).all() else maps[order]
    made = _coloured(shown, colours, low, high, is_logarithmic=limits.is_logarithmic)
    widest = float(low.min(initial=0.0)), float(high.max(initial=0.0))
    return Mosaic(made, order, dead, odd, widest if ends is None else ends, source)


def _coloured(
    maps: Maps, colours: str, low: NDArray[Any], high: NDArray[Any], *, is_logarithmic: bool
) -> Coloured:
    if not is_logarithmic:
        return coloured(maps, colours, low, high)
    found = shares(maps, low[:, None, None], high[:, None, None], is_logarithmic=True)
    return coloured(np.where(np.isfinite(maps), found, np.float32(np.nan)), colours, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class ChannelSide:
    """One channel of one of two readings."""

    side: Side
    values: Maps | None
    """(H, W)"""
    colours: Coloured | None
    message: str
    counts: NDArray[np.int64]
    """How many of the values, zeros left out, lie between two of the chart's edges."""

    @property
    def odd(self) -> int:
        """How many values are not finite, and have no colour."""
        missing = None if self.colours is None else self.colours.is_missing
        return 0 if missing is None else int(np.count_nonzero(missing))


@dataclass(frozen=True, eq=False)
class ChannelChart:
    """One channel, now and reference on one scale: without other limits from 0 to the largest finite value, or about 0
    in a diverging table where some value is negative.
    """

    channel: int
    count: int
    """Channels of the network that has more of them."""
    sides: tuple[ChannelSide, ChannelSide]
    scale: ColourScale
    ends: tuple[float, float]
    """The values of the first and the last colour."""
    edges: NDArray[np.float64]
    """Of the histogram's bars; empty where there is nothing to count."""


def channel_chart(
    now: ProbeResult | None, reference: ProbeResult | None, view: View, *, plan: Blueprint
) -> ChannelChart:
    """The map of the view's channel, 0 where that is none, of its layer, a name of `plan.map_names()`; `plan` is now's
    network.

    Raises:
        KeyError: there is no such layer.
        IndexError: neither network has such a channel.
    """
    layer, channel = view.layer, view.channel or 0
    sides = _sides(now, reference, layer, plan)
    known = [plan.shape_of(layer)[0] if sides[0].maps is None else len(sides[0].maps)]
    count = max(known + [len(side.maps) for side in sides if side.maps is not None])
    if not 0 <= channel < count:
        raise IndexError(f"there is no channel {channel}: {layer} has channels 0 to {count - 1}")
    shown = [None if s.maps is None or channel >= len(s.maps) else s.maps[channel][None] for s in sides]
    groups, limits = [maps for maps in shown if maps is not None], view.map_limits
    signed = _has_both_signs(limits, groups)
    span = span_of(limits, groups, is_signed=signed)
    ends = [np.array([end], np.float32) for end in (span.low, span.high)]
    table = view.map_signed_colours if signed else view.map_colours
    counted = [
        np.zeros(0) if maps is None else maps[np.isfinite(maps) & (maps != 0)].astype(np.float64)
        for maps in shown
    ]
    filled, edges = np.concatenate(counted), np.zeros(0)
    if len(filled):
        low, high = float(filled.min()), float(filled.max())
        edges = np.linspace(low, high if high > low else low + 1e-12 + abs(low) * 1e-6, BINS + 1)
    made = [
        ChannelSide(
            side,
            None if maps is None else maps[0],
            None if maps is None else _coloured(maps, table, *ends, is_logarithmic=limits.is_logarithmic),
            side.message or lacking_words(side.maps, channel),
            np.histogram(values, edges)[0] if len(edges) else np.zeros(0, np.int64),
        )
        for side, maps, values in zip(sides, shown, counted, strict=True)
    ]
    meaning = _meaning(limits, "every value is 0" if span.is_empty else "now and reference alike")
    if groups and not any(np.isfinite(maps).any() for maps in groups):
        meaning = "No value is finite, and none has a colour"
    scale = span.scale(table, meaning=meaning)
    return ChannelChart(channel, count, (made[0], made[1]), scale, (span.low, span.high), edges)


def value_words(sides: Sequence[Side], whose: Whose, channel: int, y: int, x: int) -> str:
    """One value of a map, and that at the same place beside it where the maps are of one shape."""
    found = {side.name: side.maps for side in sides if side.maps is not None}
    if whose not in found:
        return ""
    count, *shape = found[whose].shape
    values = [
        f"{name} {float(maps[channel, y, x]):.4g}"
        for name, maps in found.items()
        if list(maps.shape[1:]) == shape and channel < len(maps)
    ]
    return " · ".join((f"channel {channel} (of 0 to {count - 1}) · y {y}, x {x}", *values))


def mark_words(sides: Sequence[Side], mark: Mark | None, channel: int | None) -> str:
    """Where the marked point lies in now's maps, or else in the reference's, the channel's values there, and what that
    cell sees; empty without a mark or maps.
    """
    fields = [(side, field) for side in sides if (field := side.marked(mark)) is not None]
    if not fields:
        return ""
    _, cell = fields[0]
    values = [
        f"{side.name} {value:.4g}"
        for side, field in fields
        if (value := value_at(side, field, channel)) is not None
    ]
    return " · ".join((f"marked: y {cell.row}, x {cell.column}", *values, f"sees {cell.words}"))


def value_at(side: Side, field: ReceptiveField, channel: int | None) -> float | None:
    """Of a channel in a cell; None where there is no such channel, or none is shown."""
    if channel is None or side.maps is None or channel >= len(side.maps):
        return None
    return float(side.maps[channel, field.row, field.column])


def far_apart_wordings(now: Side, reference: Side) -> tuple[str, ...]:
    """That maps which look alike are not, in ever fewer words: each map is scaled to its own largest value, and these
    differ by more than `_FAR` between the two sides. Empty where they do not, and without maps.
    """
    low, high = sorted((now.largest, reference.largest))
    if now.maps is None or reference.maps is None or high <= _FAR * low:
        return ()
    bounds = f"{now.name}{now.bound}, {reference.name}{reference.bound}"
    return (
        f"{bounds}: each map on its own scale",
        f"{bounds}: each on its own scale",
        "each map on its own scale",
        "own scales",
    )


def side_wordings(
    side: Side,
    field: ReceptiveField | None,
    channel: int | None = None,
    *,
    is_pair: bool,
    has_bound: bool = False,
) -> tuple[str, ...]:
    """What stands under the maps of a side, in ever fewer words: whose they are, without `is_pair` of both, how large
    they are with `has_bound`, how many channels are dead, and what the marked cell sees.
    """
    title = side.title if is_pair else "now = reference"
    short = {"reference": "ref."}.get(side.name, side.name) if is_pair else title
    dead = 0 if side.mosaic is None or channel is not None else int(side.mosaic.is_dead.sum())
    dying = f" · {dead} dead" if dead else ""
    if field is None:
        name = side.name if is_pair else title
        bound = side.bound if has_bound else ""
        forms = f"{title}{bound}{dying}", f"{name}{bound}{dying}", f"{short}{bound}{dying}", f"{short}{bound}"
        return tuple(dict.fromkeys((*forms, short)))
    value = value_at(side, field, channel)
    at = f"y {field.row}, x {field.column}" + ("" if value is None else f": {value:.4g}")
    size = f"{field.sampling.field} × {field.sampling.field}"
    brief = f"sees {size}" + (": all" if field.is_everything else "") if field.box else "sees nothing"
    return (
        f"{title}{dying} · marked {at} · sees {field.words}",
        f"{title} · {at} · sees {field.words}",
        f"{short} · {at} · {brief}",
        f"{short} · {at}",
        at,
    )


def statistics(maps: Maps) -> NDArray[np.float64]:
    """`STATISTICS` of every channel, (C, 5), in float64; the standard deviation is the population's."""
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite stays so, and is written as it is
        columns = flat.mean(axis=1), flat.std(axis=1), flat.min(axis=1), flat.max(axis=1)
    return np.stack((*columns, (flat == 0).mean(axis=1)), axis=1)


def is_signed(*maps: Maps) -> bool:
    """Some value is negative: then a diverging colour map with symmetric limits is due."""
    return any(bool((group < 0).any()) for group in maps)


def dead_channels(maps: Maps) -> NDArray[np.bool_]:
    """Channels (C,) that are the same everywhere, all zeros included. Of a single value only zero counts, and of
    infinities none: those tell that values are not finite."""
    flat = maps.reshape(len(maps), -1)
    if flat.shape[1] == 1:
        return np.asarray(flat[:, 0] == 0)
    return np.asarray((flat == flat[:, :1]).all(axis=1) & np.isfinite(flat[:, 0]))


def not_finite_channels(maps: Maps) -> NDArray[np.bool_]:
    """Which channels (C,) of maps (C, H, W) hold some value that is not a finite number."""
    flat = maps.reshape(len(maps), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        suspected = ~np.isfinite(flat.sum(axis=1))  # an order of magnitude faster than to look at every value
    suspected[suspected] = ~np.isfinite(flat[suspected]).all(axis=1)
    return np.asarray(suspected)


def channel_limits(maps: Maps) -> NDArray[np.float32]:
    """The largest finite |value| of each channel (C,) of maps (C, H, W); 0 where there is none."""
    flat = maps.reshape(len(maps), -1)
    highest = np.maximum(flat.max(axis=1), -flat.min(axis=1))
    if not np.isfinite(highest).all():
        highest = np.where(np.isfinite(flat), np.abs(flat), 0).max(axis=1)
    return np.asarray(highest, dtype=np.float32)


def channel_order(maps: Maps, order: MapOrder, reference: Maps | None = None) -> NDArray[np.int64]:
    """The channels (C,) in the order wanted, highest first; of equal ones the lower index first.

    "change" is the mean of |maps - reference|; without a reference of that shape it is by index.
    Channels whose value is not finite come last.
    """
    flat = maps.reshape(len(maps), -1)
    match order:
        case "mean":
            value = flat.mean(axis=1, dtype=np.float64)
        case "maximum":
            value = flat.max(axis=1).astype(np.float64)
        case "change" if reference is not None and reference.shape == maps.shape:
            with np.errstate(invalid="ignore"):  # infinity less infinity
                value = np.abs(flat - reference.reshape(flat.shape)).mean(axis=1, dtype=np.float64)
        case _:
            return np.arange(len(maps))
    return np.argsort(-np.where(np.isfinite(value), value, -np.inf), kind="stable")
