"""What an attribution method found, over the picture: now beside the reference, signed maps in a diverging scale."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.gradcam import (
    DIGITS,
    HEAT_CENTRES,
    Pixels,
    Underlay,
    cell_value,
    heat_places,
    looks_words,
    overlay,
    shares_at,
    tiles_over,
)
from resnet_viewer.charts.limits import Span, span_of
from resnet_viewer.charts.palette import ColourScale, scale_to
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.method import Explanation
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.session import View

SPIKY = Limits(percentile=99.5)
"""Of maps at the network's input: a few pixels outshine all others, so that the highest of them share a colour."""


@dataclass(frozen=True, eq=False)
class MethodSide:
    """The map of one of two explanations."""

    name: str
    """ "now" or "reference"."""
    found: Explanation | None
    span: Span
    """The values of the first and the last colour."""

    @property
    def title(self) -> str:
        """Its name; a map of untrained weights is called so."""
        is_untrained = self.found is not None and self.found.request.state.network.weights.is_untrained
        return f"{self.name}, untrained" if is_untrained else self.name

    @property
    def has_map(self) -> bool:
        """There is a map, as far as it is known, which may be blank."""
        return self.found is not None and not self.found.is_empty

    @property
    def is_shown(self) -> bool:
        """There is a map, and something in it."""
        return self.found is not None and self.found.largest > 0

    @property
    def value(self) -> str:
        """ "maximum 2.41"; of a signed map "−0.3 to 2.41"; that it is blank; empty where there is none yet."""
        if self.found is None or self.found.is_empty:
            return ""
        if not self.is_shown:
            return "blank"
        finite = self.found.map[np.isfinite(self.found.map)]
        low, high = (f"{float(end):.{DIGITS}g}".replace("-", "−", 1) for end in (finite.min(), finite.max()))
        return f"{low} to {high}" if self.found.is_signed else f"maximum {high}"

    @property
    def delta(self) -> str:
        """ "delta 0.03"; empty where the method has none, or it is not known yet."""
        if self.found is None or self.found.delta is None:
            return ""
        return f"delta {self.found.delta:.2g}".replace("-", "−", 1)

    @property
    def progress(self) -> str:
        """ "12 of 52 passes"; empty when it is complete."""
        if self.found is None or self.found.is_complete:
            return ""
        return f"{self.found.passes_done} of {self.found.passes} passes"

    def laid(self, box: Box) -> Box:
        """Where the map lies if what the network saw fills `box`, in its units: on all of that, or as the cells of a
        block look.
        """
        if self.found is None:
            return box
        rows, columns = self.found.map.shape
        return tiles_over(
            self.found.sampling, (rows, columns), self.found.request.state.preprocessing.crop, box
        )

    def over(self, underlay: Underlay, colours: str, opacity: float) -> Pixels:
        """The map laid over what it belongs to; that alone where nothing is shown."""
        if self.found is None or not self.is_shown:
            return underlay.pixels
        return overlay(
            underlay.pixels,
            self.found.map,
            underlay.box,
            laid=self.laid(underlay.box),
            span=self.span,
            colours=colours,
            opacity=opacity,
        )

    def heat(self) -> NDArray[np.uint8] | None:
        """What `over` lays over the part that the network saw, as places (H, W) in the table of colours (see
        `gradcam.veil`); None where nothing is shown.
        """
        if self.found is None or not self.is_shown or self.span.is_empty:
            return None
        return heat_places(shares_at(HEAT_CENTRES, self.found.map, self.laid(Box(0, 0, 1, 1)), self.span))

    def value_at(self, box: Box, x: float, y: float) -> float | None:
        """The map's value at a point, where `box` is what the network saw; None outside of it and without a map."""
        is_inside = box.left <= x < box.right and box.top <= y < box.bottom
        if self.found is None or self.found.is_empty or not is_inside:
            return None
        return cell_value(self.found.map, self.laid(box), x, y)


@dataclass(frozen=True, eq=False)
class MethodChart:
    """A method's maps, now and reference."""

    sides: tuple[MethodSide, MethodSide]
    scale: ColourScale
    """Of both; of maps that have scales of their own it names no values."""
    colours: str
    """The table's name."""
    is_signed: bool
    """Zero lies in the middle of the colours."""


def method_chart(now: Explanation | None, reference: Explanation | None, *, view: View) -> MethodChart:
    """On the view's shared scale one colour means one value in both. Limits by hand are Grad-CAM's, and not heeded."""
    pair = (now, reference)
    known = [found for found in pair if found is not None]
    signed = any(found.is_signed for found in known)
    is_spiky = any(found.request.info.place == "input" for found in known)
    limits = SPIKY if is_spiky else Limits(percentile=view.cam_limits.percentile)
    colours = view.map_signed_colours if signed else view.cam_colours
    maps = [[] if found is None else [found.map] for found in pair]
    if view.cam_scale == "shared":
        spans = [span_of(limits, [one for group in maps for one in group], is_signed=signed)] * 2
        scale = spans[0].scale(colours, meaning=_meaning(limits), digits=DIGITS)
    else:
        spans = [span_of(limits, group, is_signed=signed) for group in maps]
        meaning = ", ".join(filter(None, ("each on its own scale", _meaning(limits))))
        scale = scale_to(None, colours, is_signed=signed, meaning=meaning)
    sides = MethodSide("now", now, spans[0]), MethodSide("reference", reference, spans[1])
    return MethodChart(sides, scale, colours, signed)


def method_looks(view: View) -> list[str]:
    """As `gradcam.looks_words`, of a method's maps: they have no contours, and their limits stand on their scale."""
    return looks_words(replace(view, cam_style="heat", cam_limits=Limits()))


def _meaning(limits: Limits) -> str:
    """What of the values the colours are for; empty where that is all."""
    return f"colours for {limits.words}" if limits.words else ""
