"""One channel of a layer as a figure: its map large, now beside the reference, on one scale with its values."""

from __future__ import annotations

from matplotlib.figure import Figure

from resnet_viewer.charts.feature_maps import ChannelChart, Maps, channel_chart
from resnet_viewer.figures.export import complete_reference
from resnet_viewer.figures.feature_maps import Picture, draw_pair
from resnet_viewer.figures.page import USUAL, Paper
from resnet_viewer.records import captions
from resnet_viewer.records.comparing import plan_of, words_beside
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View

VALUES = "the channel's map, value by value, before any scaling"
"""What the numbers of the table are, for its header."""


def figure(now: ProbeResult, reference: ProbeResult | None, view: View, paper: Paper = USUAL) -> Figure:
    """The map of the view's channel, as `channel_chart` says. What is not finite is white.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        KeyError: there is no such layer.
        IndexError: the layer has no such channel.
    """
    chart, plan, layer = _chart(now, reference, view), plan_of(now), view.layer
    (count, height, across), said = plan.shape_of(layer), view.map_limits.words
    pictures = []
    for found in [found for found in chart.sides if found.side.reading is not None]:
        odd = (
            (f"{found.odd} of {found.values.size} not finite",)
            if found.odd and found.values is not None
            else ()
        )
        pixels = None if found.colours is None else found.colours.rgb()
        pictures.append(Picture(found.side.name, odd, pixels, found.message))
    return draw_pair(
        pictures,
        chart.scale,
        paper,
        (
            f"Channel {chart.channel} · {plan.describe(layer)} · {now.request.state.network.title}",
            f"of channels 0 to {count - 1} · {height} × {across} · {', '.join(filter(None, ('one scale', said)))}",
            caption(now, reference, layer=layer, channel=chart.channel),
        ),
        largest=4.0,
    )[0]


def _chart(now: ProbeResult, reference: ProbeResult | None, view: View) -> ChannelChart:
    return channel_chart(now, complete_reference(now, reference), view, plan=plan_of(now))


def caption(now: ProbeResult, reference: ProbeResult | None, *, layer: str, channel: int) -> str:
    """The sentence under it."""
    plan, what = plan_of(now), f"Channel {channel} of {plan_of(now).describe(layer)}"
    if reference is not None and plan_of(reference).spec != plan.spec:
        what += f", beside {words_beside(layer, plan, plan_of(reference))}"
    return captions.measured(what, now, reference)


def table(now: ProbeResult, reference: ProbeResult | None, *, layer: str, channel: int) -> Table:
    """Header and rows for `export.csv_bytes`: one row a value; `float` reads them back exactly.

    A column is empty where its map was not computed, and past its last row or column where the other is larger.

    Raises:
        IncompleteReadingError, KeyError, IndexError: as for `figure`.
    """
    maps = [found.values for found in _chart(now, reference, View(layer, channel)).sides]
    shapes = [plan_of(now).shape_of(layer)[1:], *(found.shape for found in maps if found is not None)]
    height, width = (max(sizes) for sizes in zip(*shapes, strict=True))
    rows = [
        (row, column, *(_value(found, row, column) for found in maps))
        for row in range(height)
        for column in range(width)
    ]
    return ("row", "column", "now", "reference"), rows


def _value(values: Maps | None, row: int, column: int) -> float | str:
    if values is None or row >= values.shape[0] or column >= values.shape[1]:
        return ""
    return float(values[row, column])
