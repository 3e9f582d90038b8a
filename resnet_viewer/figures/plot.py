"""Draws a chart's values on paper, with Matplotlib: axes, curves and names, the legend above, what was done to runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import BoxStyle, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform

from resnet_viewer.charts import palette, shapes
from resnet_viewer.charts.chart import (
    BOLD,
    DASHES,
    DOT,
    SAMPLE,
    THIN,
    Axis,
    Chart,
    Flag,
    Room,
    Shape,
    Stroke,
    inside,
    lonely,
    marked,
)
from resnet_viewer.figures.page import draw_frame, printed, text_width, write

PIXELS = 96.0
"""To the inch: the unit of lengths in charts, as on the screen."""
BEYOND = 26.0
"""By how much words under a plot may stand out of it."""
_POINTS = 72 / PIXELS
"""Of a pixel."""
_SIGNS: dict[str, dict[str, Any]] = {
    "diverged": {"marker": "X", "markersize": 7.0, "markeredgewidth": 0.6},
    "stopped": {"marker": "s", "markersize": 5.0, "markeredgewidth": 1.1, "markerfacecolor": "white"},
}
_SHAPES: dict[Shape, str] = {
    "dot": "o", "log": "D", "square": "s", "zero": "v", "infinite": "^", "nan": "x",
    "s": "s", "D": "D", "^": "^", "v": "v", "P": "P",
}  # fmt: skip
_WORDS: dict[str, Any] = {"fontsize": palette.FONT, "color": palette.TEXT}
_FILLED = ("dot", "s", "D", "^", "v", "P")
_ON_LANES = ("zero", "infinite", "nan")


def room_of(width: float, height: float) -> Room:
    """What a chart is made for, of a plot's size in inches."""
    return Room(
        PIXELS * width,
        PIXELS * height,
        lambda text: PIXELS * text_width(text, palette.FONT),
        1.42 * palette.FONT / _POINTS,
    )


def draw(axes: Axes, chart: Chart, room: Room) -> dict[Hashable, Line2D]:
    """Draw the chart that was made for that room of the axes; the lines by their curves' keys."""
    axes.set_xlim(chart.x.low, chart.x.high)
    axes.set_ylim(chart.y.low, chart.y.high)
    _draw_axes(axes, chart, room)
    frame = _transform(axes, room)
    for _, ink, drawn in chart.shapes:
        draw_shapes(axes, ink, drawn, transform=frame, zorder=1.8)
    lines = {}
    for number, curve in enumerate(chart.curves):
        colour, layer = palette.printed(curve.stroke.colour), 2 + number / 1000
        if curve.band is not None:
            alpha = 0.1 if curve.width == THIN else 0.18
            axes.fill_between(curve.x, *curve.band, color=colour, alpha=alpha, linewidth=0, zorder=1.5)
        style = style_of(curve.stroke, curve.width) | {"marker": "None"}
        (lines[curve.key],) = axes.plot(curve.x, curve.y, zorder=layer, **style)
        is_dot = lonely(curve.y)
        dots: dict[str, Any] = {"color": colour, "linestyle": "none", "zorder": layer, "markeredgewidth": 0}
        axes.plot(
            curve.x[is_dot], curve.y[is_dot], marker="o", markersize=_POINTS * (curve.width + 2), **dots
        )
        if curve.stroke.mark:
            places = chart.at(room.size, *marked(*chart.place(room.size, curve.x, curve.y)))
            axes.plot(*places, marker=curve.stroke.mark, markersize=_mark_size(curve.width), **dots)
    for beside in chart.dots:
        kinds = np.array(beside.shapes)
        factor = beside.size / DOT
        for shape in _SHAPES:
            chosen = kinds == shape
            if chosen.any():
                style = shape_style(shape, palette.printed(beside.colour))
                style["markersize"] *= factor * (1.5 if beside.is_around and shape in _ON_LANES else 1.0)
                zorder = 4 if beside.is_around else 5
                axes.plot(beside.x[chosen], beside.y[chosen], clip_on=False, zorder=zorder, **style)
    for sign in chart.signs:
        place = chart.at(room.size, np.array([sign.x]), np.array([sign.y]))
        axes.plot(*place, zorder=8, clip_on=False, **sign_style(sign.kind, palette.printed(sign.colour)))
    draw_flags(axes, chart.flags, room)
    if chart.legend is not None:
        looks: dict[str, Any] = {
            "facecolor": "white",
            "edgecolor": palette.GRID,
            "linewidth": 0.6,
            "alpha": 0.8,
        }
        axes.add_patch(Rectangle(chart.legend[:2], *chart.legend[2:], transform=frame, zorder=8.5, **looks))
    for name in chart.names:
        left, middle = name.rect.left, name.rect.top + name.rect.height / 2
        style = style_of(name.stroke, BOLD) | {"transform": frame, "zorder": 9, "markevery": [1]}
        axes.plot([left, left + (SAMPLE - 5) / 2, left + SAMPLE - 5], [middle] * 3, **style)
        _write(axes, left + SAMPLE, middle, name.text, frame)
    return lines


def draw_shapes(axes: Axes, ink: shapes.Ink, drawn: Iterable[shapes.Shape], **placing: Any) -> None:
    """Shapes of one ink as one path."""
    patch = PathPatch(
        Path.make_compound_path(*map(_path, drawn)),
        facecolor=rgba(ink.fill, ink.fill_opacity),
        edgecolor=rgba(ink.edge, ink.edge_opacity),
        linewidth=_POINTS * ink.width if ink.edge else 0.0,
        linestyle=(0, ink.dashes) if ink.dashes else "-",
        capstyle="butt" if ink.dashes else "projecting",
        **placing,
    )
    axes.add_patch(patch)


def _path(shape: shapes.Shape) -> Path:
    match shape:
        case shapes.Arc():
            return Path(shape, [Path.MOVETO, *[Path.CURVE4] * 3])
        case shapes.Box(rect, radius):
            return BoxStyle.Round(pad=0, rounding_size=radius)(*rect, 1.0)
        case shapes.Disc((left, top, side, _)):
            return Path.circle((left + side / 2, top + side / 2), side / 2)
        case shapes.Outline(points, is_closed):
            return Path((*points, points[0]), closed=True) if is_closed else Path(points)


def rgba(role: str, opacity: float) -> tuple[float, float, float, float] | str:
    """The colour of a role on paper; "none" for none."""
    return to_rgba(palette.printed(role), opacity) if role else "none"


def draw_flags(
    axes: Axes, flags: Sequence[Flag], room: Room, *, above: float = 0.0, halo: bool = False
) -> None:
    """What was done to the runs: lines across the plot, and the words, which stand `above` pixels over their place.

    With `halo` the lines are white with a dark rim, for a plot that is filled with colours.
    """
    left, right = axes.get_xlim()
    frame = _transform(axes, room, above)
    dots: dict[str, Any] = {"color": palette.TEXT, "linewidth": 0.8, "linestyle": (0, (1, 1.5)), "zorder": 1}
    for flag in flags:
        x, top = left + flag.x / room.width * (right - left), 1 - (flag.top - above) / room.height
        down: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "label": "intervention"}
        if halo:
            axes.plot([x, x], [0, 1], **down, color="white", linewidth=0.8, zorder=7)
            axes.plot([x, x], [0, 1], **down | {"label": ""}, color=palette.TEXT, linewidth=1.8, zorder=6)
            down["label"] = ""
        axes.plot([x, x], [1 if halo else 0, top], **down, **dots, clip_on=False)
        if flag.word:
            _write(axes, flag.rect.left, flag.rect.top + flag.rect.height / 2, flag.word, frame)


def style_of(stroke: Stroke, width: float) -> dict[str, Any]:
    """A line of such a stroke."""
    return {
        "color": palette.printed(stroke.colour),
        "linewidth": _POINTS * width,
        "linestyle": _line_style(stroke, width),
        "marker": stroke.mark or "None",
        "markersize": _mark_size(width),
        "markeredgewidth": 0,
    }


def _line_style(stroke: Stroke, width: float) -> Any:
    if not stroke.has_line:
        return "none"
    return (0, tuple(length / (_POINTS * width) for length in DASHES)) if stroke.is_dashed else "-"


def shape_style(shape: Shape, colour: str) -> dict[str, Any]:
    """A point beside a curve."""
    return {
        "color": colour,
        "linestyle": "none",
        "marker": _SHAPES[shape],
        "markersize": 4.5,
        "markerfacecolor": colour if shape in _FILLED else "white",
        "markeredgewidth": 0.0 if shape in _FILLED else 0.9,
    }


def sign_style(kind: str, colour: str) -> dict[str, Any]:
    """The sign where a run ended before its time: a cross, or an open square."""
    own = {"color": colour, "linestyle": "none", "markerfacecolor": colour, "markeredgecolor": "white"}
    return own | _SIGNS[kind] | ({"markeredgecolor": colour} if kind == "stopped" else {})


def _mark_size(width: float) -> float:
    return 2 * _POINTS * (1.6 + 0.9 * width)


def _transform(axes: Axes, room: Room, above: float = 0.0) -> Transform:
    """From the room's places to the axes, `above` pixels over them."""
    return (
        Affine2D().translate(0, -above).scale(1 / room.width, -1 / room.height).translate(0, 1)
        + axes.transAxes
    )


def _write(axes: Axes, left: float, middle: float, text: str, frame: Transform) -> None:
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
    write(axes, left, middle, text, ha="left", va="center_baseline", transform=frame, zorder=9, bbox=ground)


def _draw_axes(axes: Axes, chart: Chart, room: Room) -> None:
    x, y = chart.x, chart.y
    beside = (*y.numbers, *y.lanes)
    axes.set_yticks([tick.place for tick in beside], [printed(tick.text) for tick in beside], **_WORDS)
    axes.set_yticks(y.minor, minor=True)
    for tick in y.numbers:
        axes.axhline(tick.place, color=palette.GRID, linewidth=0.6, zorder=0.5)
    for edge in y.edges:
        axes.axhline(edge, color=palette.REFERENCE, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
        _draw_break(axes, y.share(edge), room)
    draw_numbers(axes, x, room)
    axes.tick_params(colors=palette.TEXT, width=0.7, length=3)
    axes.tick_params(which="minor", length=1.6, width=0.5)
    draw_frame(axes)
    axes.set_xlabel(x.title, **_WORDS)
    axes.set_ylabel(y.title, **_WORDS)


def draw_numbers(axes: Axes, x: Axis, room: Room) -> None:
    """What is written under a plot, moved so that it does not stand out of it too far."""
    axes.set_xticks([tick.place for tick in x.numbers], [tick.text for tick in x.numbers], **_WORDS)
    for tick, label in zip(x.numbers, axes.get_xticklabels(), strict=True):
        middle, half = x.share(tick.place) * room.width, room.measure(tick.text) / 2
        by = inside(middle, half, room.width, BEYOND) - middle
        label.set_horizontalalignment("left" if by > 0 else "right" if by < 0 else "center")


def _draw_break(axes: Axes, share: float, room: Room) -> None:
    """The sign of a broken axis: two slashes across its line."""
    inch = PIXELS / room.height
    for shift in (-0.025, 0.025):
        ends = [share + (shift - 0.03) * inch, share + (shift + 0.03) * inch]
        style: dict[str, Any] = {"color": palette.TEXT, "linewidth": 0.8, "clip_on": False, "zorder": 5}
        axes.plot([-0.007, 0.007], ends, transform=axes.transAxes, **style)
