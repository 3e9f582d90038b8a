"""The wiring strip on paper: the same shapes as on the screen, above a plot on the same x axis."""

from __future__ import annotations

from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.wiring_drawing import (
    BAND_INK,
    LOW_STRIP_HEIGHT,
    PLAIN_STRIP_HEIGHT,
    StripFrame,
    bands,
    draw,
    labels,
)
from resnet_viewer.charts.wiring_layout import Openings, StripLayout
from resnet_viewer.figures.page import text_width, write
from resnet_viewer.figures.plot import BEYOND, PIXELS, draw_shapes, rgba
from resnet_viewer.records.wiring import Wiring

_POINTS = 72 / PIXELS
"""Of a pixel."""
_FONT = palette.FONT - 1
_TEXT_HEIGHT = 1.42 * _FONT / _POINTS


def strip_height(layout: StripLayout) -> float:
    """Inches that the strip needs."""
    own = LOW_STRIP_HEIGHT if layout.spans[0].has_shortcut else PLAIN_STRIP_HEIGHT
    return (own + 2 * _TEXT_HEIGHT) / PIXELS


def draw_strip(
    strip: Axes,
    layout: StripLayout,
    wiring: Wiring,
    openings: Openings,
    *,
    width: float,
    over: StripLayout | None = None,
) -> None:
    """The strip in its own axes, `width` inches wide; that of another network `over` whose depth it lies."""
    left, right = layout.limits if over is None else over.limits
    if over is not None:
        factor, shift = over.beside(layout)
        left, right = (left - shift) / factor, (right - shift) / factor
    scale = PIXELS * width / (right - left)
    frame = StripFrame(left, scale, PIXELS * width, PIXELS * strip_height(layout), _TEXT_HEIGHT)
    strip.set_axis_off()
    strip.set_xlim(0, frame.width)
    strip.set_ylim(frame.height, 0)
    drawing = draw(layout, frame, wiring, openings=openings)
    draw_shapes(strip, BAND_INK, bands(layout, frame))
    for ink, shapes in drawing.inked():
        draw_shapes(strip, ink, shapes)
    written = labels(layout, frame, lambda text: PIXELS * text_width(text, _FONT), beyond=BEYOND)
    for label in (*drawing.labels, *written):
        x, y, wide, high = label.rect
        left, align = (x, "left") if label.is_left else (x + wide / 2, "center")
        colour = rgba(label.role, label.opacity)
        write(strip, left, y + high / 2, label.text, size=_FONT, colour=colour, ha=align)


def draw_grounds(plot: Axes, layout: StripLayout, width: float) -> None:
    """The stages' grounds in a plot beneath that is `width` inches wide."""
    left, right = layout.limits
    gap = (right - left) / (PIXELS * width)
    for band in layout.bands:
        ground = rgba(BAND_INK.fill, BAND_INK.fill_opacity)
        plot.axvspan(band.left + gap, band.right - gap, color=ground, linewidth=0, zorder=0)
