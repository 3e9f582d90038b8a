"""A layer's feature maps as a figure: every channel, now beside the reference."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.colour_scale import coloured, scale_to
from resnet_viewer.charts.feature_maps import Maps, Mosaic, channel_order, is_signed, layer_limit, mosaic
from resnet_viewer.charts.gradient_values import require_complete
from resnet_viewer.figures.page import MARGIN, Page, Without, draw_colour_bar, page, text_width, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import layer_beside, maps_beside, plan_of, words_beside
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import MapOrder, MapScale

_HEAD, _BAR, _GAP = 0.24, 0.52, 0.3
"""Inches: the words above a mosaic, the colour bar below, the room between two mosaics."""
_EMPTY, _LINE = 0.9, 0.15
"""Inches: the height of a place without maps, and a further line of words above some."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    layer: str,
    scale: MapScale = "channel",
    order: MapOrder = "index",
    colours: str = "inferno",
    signed_colours: str = palette.SIGNED_COLOURS,
    width: float = 7.6,
    without: Without = (),
) -> Figure:
    """All channels of `layer`, a name of `Blueprint.map_names`, in the same order and on the same scale.

    Maps with negative values take the diverging `signed_colours` with symmetric limits in place of
    `colours`. Dead channels are crossed out, those with values that are not finite struck through.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
    """
    require_complete(now)
    if reference is not None and not reference.is_complete:
        reference = None
    state, plan = now.request.state, plan_of(now)
    size = "{} × {}×{}".format(*plan.shape_of(layer))
    ours = now.maps(layer)
    theirs = None if reference is None else maps_beside(layer, plan, reference)
    signed = is_signed(ours, theirs)
    shown = (
        [("now", now, ours)] if reference is None else [("now", now, ours), ("reference", reference, theirs)]
    )
    mosaics = _mosaics([maps for _, _, maps in shown], scale=scale, order=order, signed=signed)
    side = (width - 2 * MARGIN - (len(shown) - 1) * _GAP) / len(shown)
    side = min(side, 5.2)
    beside = "" if theirs is None or reference is None else _other(layer, plan, reference, theirs)
    heights = [side * m.image.shape[0] / m.image.shape[1] if m else _EMPTY for m in mosaics]
    said = [_said(name, made, side) for (name, _, _), made in zip(shown, mosaics, strict=True)]
    if beside:
        said[1] = said[1][0], [*wrapped(beside, side, palette.FONT), *said[1][1]]
    head = _HEAD + max(len(lines) for _, lines in said) * _LINE
    sheet = page(
        title=f"Feature maps · {plan.describe(layer)} · {state.network.title}",
        subtitle=f"{size} · {captions.MAP_ORDERS[order]} · {captions.MAP_SCALES[scale]}",
        caption=captions.maps_caption(now, reference, layer=layer, scale=scale, order=order),
        width=width,
        height=None,
        content=head + max(heights) + _BAR,
        without=without,
    )
    colours = signed_colours if signed else colours
    for column, ((name, result, _), made) in enumerate(zip(shown, mosaics, strict=True)):
        left = MARGIN + column * (side + _GAP)
        if made is None:
            words = captions.missing_maps_words(
                result.request.state, layer_beside(layer, plan, plan_of(result)) or layer
            )
            sheet.write(left, sheet.top - 0.15, name, bold=True)
            for line, part in enumerate(wrapped(words, side, palette.FONT)):
                sheet.write(left, sheet.top - head - 0.2 - line * _LINE, part, colour=palette.MUTED)
            continue
        sheet.write(left, sheet.top - 0.15, name, bold=True)
        words, lines = said[column]
        sheet.write(left + side, sheet.top - 0.15, words, colour=palette.MUTED, right=True)
        for line, part in enumerate(lines, 1):
            sheet.write(left, sheet.top - 0.15 - line * _LINE, part, colour=palette.MUTED)
        _panel(sheet, made, top=sheet.top - head, left=left, side=side, high=heights[column], colours=colours)
    limit = layer_limit(ours, theirs) if scale == "layer" else None
    axes = sheet.axes(MARGIN, sheet.bottom + 0.3, min(width - 2 * MARGIN, 2.6), 0.09)
    draw_colour_bar(axes, scale_to(limit, colours, is_signed=signed), is_horizontal=True)
    return sheet.figure


def _other(layer: str, plan: Blueprint, reference: ProbeResult, maps: Maps) -> str:
    """Which maps of another network these are, and how many; empty where the network is the same."""
    theirs = plan_of(reference)
    if theirs.spec == plan.spec:
        return ""
    return f"{words_beside(layer, plan, theirs)} · " + "{} × {}×{}".format(*maps.shape)


VALUES = (
    "mean, standard deviation, minimum, maximum and share of zeros of every channel; the maps themselves are too "
    "large for a table"
)
"""What the numbers of the table are, for its header."""

_STATISTICS = ("mean", "standard deviation", "minimum", "maximum", "share of zeros")


def table(
    now: ProbeResult, reference: ProbeResult | None, *, layer: str
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: one row a channel (from 0), its statistics now and in the reference.

    The standard deviation is the population's; both it and the mean are accumulated in float64. `float` reads the
    numbers back exactly; they are empty where the maps were not computed, or one of two networks has fewer channels.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
    """
    require_complete(now)
    plan = plan_of(now)
    channels = plan.shape_of(layer)[0]
    theirs = None if reference is None or not reference.is_complete else maps_beside(layer, plan, reference)
    channels = max(channels, 0 if theirs is None else len(theirs))
    columns = [_statistics(maps, channels) for maps in (now.maps(layer), theirs)]
    header = ("channel", *(f"{whose} {name}" for whose in ("now", "reference") for name in _STATISTICS))
    rows = [(str(channel), *columns[0][channel], *columns[1][channel]) for channel in range(channels)]
    return header, rows


def _statistics(maps: Maps | None, channels: int) -> list[tuple[str, ...]]:
    if maps is None:
        return [("",) * len(_STATISTICS)] * channels
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not finite stays so, and is written as it is
        values = (
            flat.mean(axis=1),
            flat.std(axis=1),
            flat.min(axis=1),
            flat.max(axis=1),
            (flat == 0).mean(axis=1),
        )
    rows = [tuple(repr(float(value[channel])) for value in values) for channel in range(len(maps))]
    return rows + [("",) * len(_STATISTICS)] * (channels - len(maps))


def _mosaics(
    groups: list[Maps | None], *, scale: MapScale, order: MapOrder, signed: bool
) -> list[Mosaic | None]:
    leading = next((maps for maps in groups if maps is not None), None)
    if leading is None:
        return [None] * len(groups)
    other = groups[1] if len(groups) > 1 and groups[0] is not None else None
    channels = channel_order(leading, order, other)
    limit = layer_limit(*groups)
    made: list[Mosaic | None] = []
    for maps in groups:
        if maps is None:
            made.append(None)
            continue
        # another network's channels, where they are more or fewer, are in an order of their own
        own = channels if len(maps) == len(channels) else channel_order(maps, order)
        made.append(mosaic(maps, scale=scale, channels=own, limit=limit, signed=signed))
    return made


def _said(name: str, made: Mosaic | None, side: float) -> tuple[str, list[str]]:
    """How many channels tell nothing: on the line of the name where there is room, else on lines of their own."""
    if made is None:
        return "", []
    dead, odd, count = int(made.dead.sum()), int(made.not_finite.sum()), len(made.dead)
    said = [f"{dead} of {count} channels dead (×)"] if dead else []
    said += [f"{odd} of {count} not finite (/)"] if odd else []
    words = " · ".join(said)
    room = side - text_width(name, palette.FONT, bold=True) - 0.15
    if text_width(words, palette.FONT) <= room or not words:
        return words, []
    return "", [line for part in said for line in wrapped(part, side, palette.FONT)]


def _panel(
    sheet: Page, made: Mosaic, *, top: float, left: float, side: float, high: float, colours: str
) -> None:
    axes = sheet.axes(left, top - high, side, high)
    axes.set_axis_off()
    rows, columns = made.image.shape
    axes.imshow(
        coloured(made.image[None], colours, -1.0 if made.signed else 0.0, 1.0).rgb()[0],
        extent=(0, columns, rows, 0),
        aspect="auto",
        interpolation="antialiased",
    )
    _cross_out(axes, made)


def _cross_out(axes: Axes, made: Mosaic) -> None:
    height, width = made.tile
    lines: list[list[tuple[float, float]]] = []
    for row, column in zip(*np.nonzero(made.channels >= 0), strict=True):
        channel = made.channels[row, column]
        if not (made.dead[channel] or made.not_finite[channel]):
            continue
        top, left = made.origin(int(row), int(column))
        inset_x, inset_y = width * 0.3, height * 0.3
        x = left + inset_x, left + width - inset_x
        y = top + inset_y, top + height - inset_y
        lines.append([(x[0], y[1]), (x[1], y[0])])
        if made.dead[channel]:
            lines.append([(x[0], y[0]), (x[1], y[1])])
    axes.add_collection(LineCollection(lines, colors="#9aa1b2", linewidths=0.6), autolim=False)
