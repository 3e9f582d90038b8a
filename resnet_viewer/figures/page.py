"""The page of an exported figure: title at the top, plots in the middle, the caption wrapped beneath.

All distances are in inches, so that nothing overlaps at any size. Where a page of a given height is too low for all its
parts, they go in the order of `GOING`, one after the other, until the plot has the room that it needs; what went is in
the file's metadata. Only where even that is not enough is the page made higher.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from resnet_viewer.charts.colour_scale import ColourScale
from resnet_viewer.charts.palette import FONT, MUTED, REFERENCE, TEXT, TITLE_FONT, lookup
from resnet_viewer.figures.fonts import FAMILY, lacking

_POWER = re.compile(r"^(\d)e(-?\d+)$")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def printed(text: str) -> str:
    """A number as it is printed: "1e-3" is "10⁻³", "5e2" is "5·10²"; all else stays."""
    found = _POWER.match(text)
    if found is None:
        return text
    digit, power = found[1], f"10{found[2].translate(_SUPERSCRIPT)}"
    return power if digit == "1" else f"{digit}·{power}"


def draw_colour_bar(
    axes: Axes,
    scale: ColourScale,
    *,
    is_horizontal: bool = False,
    tables: Sequence[NDArray[np.uint8]] | None = None,
) -> None:
    """Fill `axes` with a scale's colours, or with several tables (N, 3) of them, its ticks beside or below them."""
    strip = np.stack(tables or [lookup(scale.colours)], axis=0 if is_horizontal else 1)
    axes.imshow(np.ascontiguousarray(strip), extent=(0, 1, 0, 1), aspect="auto", origin="lower")
    places, labels = [place for place, _ in scale.ticks], [printed(words) for _, words in scale.ticks]
    style: dict[str, Any] = {"fontsize": FONT - 1, "color": TEXT, "fontfamily": "DejaVu Sans"}
    if is_horizontal:
        axes.set_yticks([])
        axes.set_xticks(places, labels, **style)
        for place, label in zip(places, axes.get_xticklabels(), strict=True):
            label.set_horizontalalignment("left" if place == 0 else "right" if place == 1 else "center")
    else:
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks(places, labels, **style)
    axes.tick_params(length=2, width=0.6, pad=2)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
        spine.set_color(REFERENCE)


MARGIN = 0.18
HEAD, HEAD_LINE = 0.24, 0.15
"""Inches: the name above a picture, and each line of words below the name."""
_LINE = 1.42 / 72
"""Inches of height for each point of font size, line spacing included."""
_SUBTITLE_FONT = FONT + 0.5
_BELOW_TITLE = 0.06
_HINTED = 0.98
"""How much of the page a line may fill by its outlines: in a PNG each letter's width is rounded to pixels."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in inches of one line of text at `size` points; characters that our font lacks count as one em."""
    font = FontProperties(family=FAMILY, weight="bold" if bold else "normal")
    text = text.replace("$", "S")  # which TextPath would read as mathematics
    lacks = lacking(text)
    printable = "".join("\u2014" if c in lacks else c if ord(c) < 0x2500 else "M" for c in text)
    if not printable.strip():
        return 0.3 * size / 72 * len(text)
    path = TextPath((0, 0), printable, size=size, prop=font, usetex=False)
    # not get_extents: it solves every curve, a hundred times slower; DejaVu's curves end where they are farthest out
    return float(path.vertices[:, 0].max()) / 72


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """`text` in lines at most `width` inches wide at `size` points; a word that is wider is broken.

    Each word is measured once, not with all that stand before it in its line.
    """
    lines: list[str] = []
    line, begun = "", 0.0
    """The line, and where its next word begins, in inches."""
    stroke = text_width("|", size, bold=bold)
    for word in text.split(" "):
        if begun + text_width(word, size, bold=bold) <= width:
            line = f"{line} {word}" if line else word
        else:
            if line:
                lines.append(line)
            line, begun = word, 0.0
            while text_width(line, size, bold=bold) > width and len(line) > 1:
                fitting = _fitting(line, width, size, bold=bold)
                lines.append(line[:fitting])
                line = line[fitting:]
            word = line
        begun += text_width(f"{word} |", size, bold=bold) - stroke if line else 0.0
    return [*lines, line] if line or not lines else lines


def beside(name: str, parts: Sequence[str], width: float) -> tuple[str, list[str]]:
    """What is said of something `width` inches wide: in one line where that has room beside its bold name, else part
    by part in lines to write below.
    """
    words = " · ".join(parts)
    if text_width(name, FONT, bold=True) + 0.15 + text_width(words, FONT) <= width:
        return words, []
    return "", [line for part in parts for line in wrapped(part, width, FONT)]


def shortened(text: str, width: float, size: float) -> str:
    """`text`, cut with "…" where it is wider than `width` inches at `size` points."""
    if text_width(text, size) <= width:
        return text
    return text[: max(_fitting(text, width - text_width("…", size), size, bold=False), 1)].rstrip() + "…"


def _fitting(text: str, width: float, size: float, *, bold: bool) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if text_width(text[:middle], size, bold=bold) <= width else (low, middle - 1)
        )
    return low


Part = Literal["caption", "subtitle", "title", "signs", "legend"]
"""Of the words around a plot; "signs" are the legend's less important half, and words at marks in the plot."""
Without = Collection[Part]
"""Parts that are not drawn."""
GOING: tuple[Part, ...] = ("caption", "subtitle", "title", "signs", "legend")
"""What goes first from a page that is too low: what the metadata can say as well, then what a text can."""


class CaptionedFigure(Figure):
    """A figure that knows the words around its plot, drawn or not, so that its file's metadata says them."""

    caption = ""
    subtitle = ""
    legend_words = ""
    left_out: tuple[Part, ...] = ()
    """What did not fit, in the order of `GOING`; not what was not wished for."""
    size_wished: tuple[float, float] | None = None
    """In inches, where the page had to be made larger."""


def left_out_words(figure: Figure) -> str:
    """What a figure lacks because it is too small, as a sentence; empty where it is whole and as large as wished."""
    if not isinstance(figure, CaptionedFigure):
        return ""
    said = []
    if figure.left_out:
        gone = [part for part in figure.left_out if part != "signs" or "legend" not in figure.left_out]
        *others, last = ("the words of some signs" if part == "signs" else f"the {part}" for part in gone)
        parts = f"{', '.join(others)} and {last}" if others else last
        said.append(f"Too small for {parts}: the file's metadata has the words.")
    if figure.size_wished is not None:
        width, height = figure.get_size_inches()
        said.append(f"It is {width:.1f} × {height:.1f} inches large, for less is too small for it.")
    return " ".join(said)


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
    has_legend: bool
    """Whether there is room, and a wish, for the legend that the page was made for."""
    has_signs: bool
    """The same of the words of signs."""

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

    def write_head(
        self, left: float, top: float, width: float, name: str, said: tuple[str, list[str]]
    ) -> None:
        """A bold name, and what `beside` makes of the words that belong to it, at the right end and below."""
        words, lines = said
        self.write(left, top - 0.15, name, bold=True)
        self.write(left + width, top - 0.15, words, colour=MUTED, right=True)
        self.write_lines(left, top - 0.15 - HEAD_LINE, lines)

    def write_lines(self, left: float, y: float, lines: Sequence[str]) -> None:
        """Muted lines from `y` inches down."""
        for place, words in enumerate(lines):
            self.write(left, y - place * HEAD_LINE, words, colour=MUTED)


def page(
    *,
    title: str,
    subtitle: str,
    caption: str,
    width: float,
    height: float | None,
    content: float = 0.0,
    legend: float = 0.0,
    signs: float = 0.0,
    legend_words: str = "",
    without: Without = (),
) -> Page:
    """A white page of `width` inches, with its words in place but for those in `without`.

    `content` are the inches of height that plots and axes need, `legend` those of a legend that the caller draws below
    the title where the page says that it `has_legend`, `signs` what words of signs take where it `has_signs`. Without
    `height` the page is as high as all that. With it, words go as `GOING` says until the plots have what they need;
    what is left is theirs.
    """
    inner = (width - 2 * MARGIN) * _HINTED
    lines: dict[str, list[str]] = {
        "caption": wrapped(caption, inner, FONT) if caption else [],
        "subtitle": wrapped(subtitle, inner, _SUBTITLE_FONT) if subtitle else [],
        "title": wrapped(title, inner, TITLE_FONT, bold=True) if title else [],
    }
    needs: dict[Part, float] = {
        "caption": len(lines["caption"]) * FONT * _LINE,
        "subtitle": len(lines["subtitle"]) * _SUBTITLE_FONT * _LINE,
        "title": len(lines["title"]) * TITLE_FONT * _LINE,
        "signs": signs,
        "legend": legend,
    }
    for part in without:
        lines[part], needs[part] = [], 0.0
    around = 2 * MARGIN + _BELOW_TITLE
    left_out: list[Part] = []
    for part in GOING:
        if height is None or around + sum(needs.values()) + content <= height + 1e-6:
            break
        if needs[part]:
            lines[part], needs[part] = [], 0.0
            left_out.append(part)
    full = max(around + sum(needs.values()) + content, height or 0.0)
    figure = CaptionedFigure(figsize=(width, full), facecolor="white")
    figure.set_label(title)
    figure.caption, figure.subtitle, figure.legend_words = caption, subtitle, legend_words
    figure.left_out = tuple(left_out)
    if height is not None and full > height + 0.05:
        figure.size_wished = (width, height)
    foot = MARGIN + needs["caption"]
    top = full - MARGIN - needs["title"] - needs["subtitle"] - _BELOW_TITLE
    has_legend = needs["legend"] > 0
    has_signs = "signs" not in (*without, *left_out)
    made = Page(figure, width, full, top, foot, has_legend, has_signs)
    y = full - MARGIN
    for line in lines["title"]:
        y -= TITLE_FONT * _LINE
        made.write(MARGIN, y + 0.04, line, size=TITLE_FONT, bold=True)
    for line in lines["subtitle"]:
        y -= _SUBTITLE_FONT * _LINE
        made.write(MARGIN, y + 0.03, line, size=_SUBTITLE_FONT, colour=MUTED)
    y = foot - 0.02
    for line in lines["caption"]:
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
