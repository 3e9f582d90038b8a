"""The page of an exported figure: title at the top, plots in the middle, the caption wrapped beneath.

All distances are in inches, so that nothing overlaps at any size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from resnet_viewer.figures.fonts import FAMILY, lacking
from resnet_viewer.figures.palette import FONT, MUTED, REFERENCE, TEXT, TITLE_FONT

MARGIN = 0.18
_LINE = 1.42 / 72
"""Inches of height for each point of font size, line spacing included."""
_HINTED = 0.98
"""How much of the page a line may fill by its outlines: in a PNG each letter's width is rounded to pixels."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in inches of one line of text at `size` points; characters that our font lacks count as one em."""
    font = FontProperties(family=FAMILY, weight="bold" if bold else "normal")
    lacks = lacking(text)
    printable = "".join("\u2014" if c in lacks else c if ord(c) < 0x2500 else "M" for c in text)
    if not printable.strip():
        return 0.3 * size / 72 * len(text)
    path = TextPath((0, 0), printable, size=size, prop=font, usetex=False)
    # not get_extents: it solves every curve, a hundred times slower; DejaVu's curves end where they are farthest out
    return float(path.vertices[:, 0].max()) / 72


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """`text` in lines at most `width` inches wide at `size` points; a word that is wider is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if text_width(_measurable(candidate), size, bold=bold) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = word
        while text_width(_measurable(line), size, bold=bold) > width and len(line) > 1:
            fitting = _fitting(line, width, size, bold=bold)
            lines.append(line[:fitting])
            line = line[fitting:]
    return [*lines, line] if line or not lines else lines


def shortened(text: str, width: float, size: float) -> str:
    """`text`, cut with "…" where it is wider than `width` inches at `size` points."""
    if text_width(_measurable(text), size) <= width:
        return text
    return text[: max(_fitting(text, width - text_width("…", size), size, bold=False), 1)].rstrip() + "…"


def shortened_inside(text: str, width: float, size: float) -> str:
    """The same with "…" in the middle: names that begin alike differ at their ends."""
    if text_width(_measurable(text), size) <= width:
        return text
    room = (width - text_width("…", size)) / 2
    first = _fitting(text, room, size, bold=False)
    last = _fitting(text[::-1], room, size, bold=False)
    return f"{text[:first].rstrip()}…{text[-last:].lstrip()}"


def _fitting(text: str, width: float, size: float, *, bold: bool) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high)
            if text_width(_measurable(text[:middle]), size, bold=bold) <= width
            else (low, middle - 1)
        )
    return low


def _measurable(text: str) -> str:
    """TextPath would read "$" as mathematics."""
    return text.replace("$", "S")


class CaptionedFigure(Figure):
    """A figure that knows the sentence under it, so that its file's metadata says the same."""

    caption = ""


@dataclass(frozen=True)
class Page:
    """A figure with its title and caption in place; `top` and `bottom` bound what is left, in inches from
    below.
    """

    figure: CaptionedFigure
    width: float
    height: float
    top: float
    bottom: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes at a place in inches."""
        return self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )

    def bare_axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes without frame and ticks, whose coordinates are inches from their own lower left corner."""
        axes = self.axes(left, bottom, width, height)
        axes.set_axis_off()
        axes.set_xlim(0, width)
        axes.set_ylim(0, height)
        return axes

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = FONT,
        colour: str = TEXT,
        bold: bool = False,
        right: bool = False,
        centre: bool = False,
    ) -> None:
        """One line of text, its baseline at (x, y) in inches; never read as mathematics."""
        self.figure.text(
            x / self.width,
            y / self.height,
            text,
            fontsize=size,
            color=colour,
            fontfamily=FAMILY,
            fontweight="bold" if bold else "normal",
            ha="right" if right else "center" if centre else "left",
            va="baseline",
            parse_math=False,
        )


def page(
    *, title: str, subtitle: str, caption: str, width: float, height: float | None, content: float = 0.0
) -> Page:
    """A white page of `width` inches. Without `height`, as high as its text and `content` inches need."""
    inner = (width - 2 * MARGIN) * _HINTED
    titles = wrapped(title, inner, TITLE_FONT, bold=True)
    subtitles = wrapped(subtitle, inner, FONT + 0.5) if subtitle else []
    captions = wrapped(caption, inner, FONT) if caption else []
    head = MARGIN + len(titles) * TITLE_FONT * _LINE + len(subtitles) * (FONT + 0.5) * _LINE + 0.06
    foot = MARGIN + len(captions) * FONT * _LINE
    full = height if height is not None else head + content + foot
    figure = CaptionedFigure(figsize=(width, full), facecolor="white")
    figure.set_label(title)
    figure.caption = caption
    made = Page(figure, width, full, full - head, foot)
    y = full - MARGIN
    for line in titles:
        y -= TITLE_FONT * _LINE
        made.write(MARGIN, y + 0.04, line, size=TITLE_FONT, bold=True)
    for line in subtitles:
        y -= (FONT + 0.5) * _LINE
        made.write(MARGIN, y + 0.03, line, size=FONT + 0.5, colour=MUTED)
    y = foot - 0.02
    for line in captions:
        y -= FONT * _LINE
        made.write(MARGIN, y + 0.03, line, colour=MUTED)
    return made


def draw_frame(axes: Axes) -> None:
    """Lines at the left and the bottom alone."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(REFERENCE)
        axes.spines[side].set_linewidth(0.8)
