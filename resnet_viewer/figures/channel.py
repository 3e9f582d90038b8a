"""One channel of a layer as a figure: its map large, now beside the reference, on one scale with its values."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.colour_scale import coloured, scale_to
from resnet_viewer.charts.feature_maps import Maps, is_signed, layer_limit
from resnet_viewer.charts.gradient_values import require_complete
from resnet_viewer.figures.page import MARGIN, Without, draw_colour_bar, page, wrapped
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import lacking_words, layer_beside, maps_beside, plan_of, words_beside
from resnet_viewer.records.probe import ProbeResult

_HEAD, _BAR, _GAP, _LINE = 0.24, 0.52, 0.3, 0.14
"""Inches: the name above a map, the colour bar below, the room between two maps, a line of words."""
_EMPTY, _LARGEST = 0.9, 4.0
"""Inches: the height of a place without a map, the most that a map is wide."""
VALUES = "the channel's map, value by value, before any scaling"
"""What the numbers of the table are, for its header."""


def figure(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    layer: str,
    channel: int,
    colours: str = "inferno",
    signed_colours: str = palette.SIGNED_COLOURS,
    width: float = 7.6,
    without: Without = (),
) -> Figure:
    """The map of `channel`, from 0, of `layer`, a name of `Blueprint.map_names`.

    Both maps are on one scale: from 0 to the largest finite value, or about 0 in `signed_colours` where some value is
    negative. What is not finite is white.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
        IndexError: the layer has no such channel.
    """
    ours, theirs = _maps(now, reference, layer, channel)
    plan, count = plan_of(now), plan_of(now).shape_of(layer)[0]
    signed, limit = is_signed(ours, theirs), layer_limit(ours, theirs)
    shown = [("now", now, ours)]
    if reference is not None and reference.is_complete:
        shown.append(("reference", reference, theirs))
    side = min((width - 2 * MARGIN - (len(shown) - 1) * _GAP) / len(shown), _LARGEST)
    heights = [_EMPTY if maps is None else side * maps.shape[1] / maps.shape[2] for _, _, maps in shown]
    said = [_said(maps) for _, _, maps in shown]
    head = _HEAD + (_LINE if any(said) else 0.0)
    sheet = page(
        title=f"Channel {channel} · {plan.describe(layer)} · {now.request.state.network.title}",
        subtitle=f"of channels 0 to {count - 1} · {'{} × {}'.format(*plan.shape_of(layer)[1:])} · one scale",
        caption=caption(now, reference, layer=layer, channel=channel),
        width=width,
        height=None,
        content=head + max(heights) + _BAR,
        without=without,
    )
    colours = signed_colours if signed else colours
    for column, ((name, result, maps), high) in enumerate(zip(shown, heights, strict=True)):
        left = MARGIN + column * (side + _GAP)
        sheet.write(left, sheet.top - 0.15, name, bold=True)
        if said[column]:
            sheet.write(left, sheet.top - 0.15 - _LINE, said[column], colour=palette.MUTED)
        if maps is None:
            beside = layer_beside(layer, plan, plan_of(result)) or layer
            words = lacking_words(result.maps(beside), channel)
            words = words or captions.missing_maps_words(result.request.state, beside)
            for line, part in enumerate(wrapped(words, side, palette.FONT)):
                sheet.write(left, sheet.top - head - 0.2 - line * _LINE, part, colour=palette.MUTED)
            continue
        axes = sheet.axes(left, sheet.top - head - high, side, high)
        axes.set_axis_off()
        pixels = coloured(maps, colours, -limit if signed else 0.0, limit).rgb()[0]
        axes.imshow(pixels, aspect="auto", interpolation="nearest")
    axes = sheet.axes(MARGIN, sheet.bottom + 0.3, min(width - 2 * MARGIN, 2.6), 0.09)
    draw_colour_bar(axes, scale_to(limit, colours, is_signed=signed), is_horizontal=True)
    return sheet.figure


def _said(maps: Maps | None) -> str:
    """How many values have no colour."""
    odd = 0 if maps is None else int(np.count_nonzero(~np.isfinite(maps)))
    return f"{odd} of {maps.size} not finite" if odd and maps is not None else ""


def caption(now: ProbeResult, reference: ProbeResult | None, *, layer: str, channel: int) -> str:
    """The sentence under it."""
    plan, what = plan_of(now), f"Channel {channel} of {plan_of(now).describe(layer)}"
    if reference is not None and plan_of(reference).spec != plan.spec:
        what += f", beside {words_beside(layer, plan, plan_of(reference))}"
    return captions.measured(what, now, reference)


def table(
    now: ProbeResult, reference: ProbeResult | None, *, layer: str, channel: int
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: one row a value; `float` reads them back exactly.

    A column is empty where its map was not computed, and past its last row or column where the other is larger.

    Raises:
        IncompleteReadingError, KeyError, IndexError: as for `figure`.
    """
    maps = [None if found is None else found[0] for found in _maps(now, reference, layer, channel)]
    shapes = [plan_of(now).shape_of(layer)[1:], *(found.shape for found in maps if found is not None)]
    height, width = (max(sizes) for sizes in zip(*shapes, strict=True))
    rows = [
        (str(row), str(column), *(_value(found, row, column) for found in maps))
        for row in range(height)
        for column in range(width)
    ]
    return ("row", "column", "now", "reference"), rows


def _value(values: Maps | None, row: int, column: int) -> str:
    if values is None or row >= values.shape[0] or column >= values.shape[1]:
        return ""
    return repr(float(values[row, column]))


def _maps(
    now: ProbeResult, reference: ProbeResult | None, layer: str, channel: int
) -> tuple[Maps | None, Maps | None]:
    """The channel (1, H, W) of both readings; None where it was not computed or there is none to set beside."""
    require_complete(now)
    plan = plan_of(now)
    theirs = None if reference is None or not reference.is_complete else maps_beside(layer, plan, reference)
    count = max(plan.shape_of(layer)[0], 0 if theirs is None else len(theirs))
    if not 0 <= channel < count:
        raise IndexError(f"there is no channel {channel}: {layer} has channels 0 to {count - 1}")
    both = [
        maps[channel : channel + 1] if maps is not None and channel < len(maps) else None
        for maps in (now.maps(layer), theirs)
    ]
    return both[0], both[1]
