"""The page of an exported figure: title at the top, plots in the middle, the caption wrapped beneath.

All distances are in inches, so that nothing overlaps at any size. Where a page of a given height is too low for all its
parts, they go in the order of `GOING`, one after the other, until the plot has the room that it needs; what went is in
the file's metadata. Only where even that is not enough is the page made higher.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from resnet_viewer.charts.palette import FONT, MUTED, REFERENCE, TEXT, TITLE_FONT, ColourScale, lookup
from resnet_viewer.figures.fonts import FAMILY, lacking

_POWER = re.compile(r"^((?:[≤≥] )?)([\d.]+)e(-?\d+)$")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def printed(text: str) -> str:
    """A number as it is printed: "1e-3" is "10⁻³", "≥ 5e2" is "≥ 5·10²"; all else stays."""
    found = _POWER.match(text)
    if found is None:
        return text
    beyond, digits, power = found[1], found[2], f"10{found[3].translate(_SUPERSCRIPT)}"
    return f"{beyond}{power if digits == '1' else f'{digits}·{power}'}"


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
    style: dict[str, Any] = {"fontsize": FONT - 1, "color": TEXT}
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
    draw_frame(axes, AROUND, 0.5)


Part = Literal["caption", "subtitle", "title", "signs", "legend"]
"""Of the words around a plot; "signs" are the legend's less important half."""
Without = Collection[Part]
"""Parts that are not drawn."""
GOING: tuple[Part, ...] = ("caption", "subtitle", "title", "signs", "legend")
"""What goes first from a page that is too low: what the metadata can say as well, then what a text can."""

AROUND = ("left", "right", "bottom", "top")
MARGIN = 0.18
HEAD, HEAD_LINE = 0.24, 0.15
"""Inches: the name above a picture, and each line of words below the name."""
_LINE = 1.42 / 72
"""Inches of height for each point of font size, line spacing included."""
_SIZES: dict[Part, float] = {"caption": FONT, "subtitle": FONT + 0.5, "title": TITLE_FONT}
"""Points of the words around a plot."""
_ROW, _SIGN, _BETWEEN = 0.2, 0.34, 0.22
"""Inches: a row of the legend, a sign in it, and what is left free behind its words."""
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


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """`text`, cut with "…" where it is wider than `width` inches at `size` points."""
    if text_width(text, size, bold=bold) <= width:
        return text
    room = width - text_width("…", size, bold=bold)
    return text[: max(_fitting(text, room, size, bold=bold), 1)].rstrip() + "…"


def _fitting(text: str, width: float, size: float, *, bold: bool) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if text_width(text[:middle], size, bold=bold) <= width else (low, middle - 1)
        )
    return low


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
class Spot:
    """A place on a sheet of several figures: its upper left corner, in inches from the lower left of the sheet."""

    sheet: CaptionedFigure
    left: float
    top: float


@dataclass(frozen=True)
class Paper:
    """What a figure is drawn on, in inches; some take the width alone, and are as high as they need to be."""

    width: float = 7.6
    height: float = 4.6
    without: Without = ()
    """Words that nobody wishes for."""
    spot: Spot | None = None
    """Where it stands on a sheet with others; None for a sheet of its own."""


USUAL = Paper()


@dataclass(frozen=True)
class Page:
    """A figure with the words around it in place; `top` and `bottom` bound what is left, in inches from below.

    `left` and `below` are where the page's lower left corner lies on its sheet: 0 where the sheet is the page.
    """

    figure: CaptionedFigure
    width: float
    height: float
    top: float
    bottom: float
    left: float = 0.0
    below: float = 0.0

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Axes at a place in inches."""
        across, high = self.figure.get_size_inches()
        return self.figure.add_axes(
            ((self.left + left) / across, (self.below + bottom) / high, width / across, height / high)
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
        """One line of text, its baseline at (x, y) in inches."""
        align = "right" if right else "center" if centre else "left"
        across, high = self.figure.get_size_inches()
        place = (self.left + x) / across, (self.below + y) / high
        write(self.figure, *place, text, size=size, colour=colour, bold=bold, ha=align, va="baseline")

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


@dataclass(frozen=True)
class Entry:
    """A sign and its words. `style` goes to the line that is the sign, `filled` makes a field of it; or `sign` draws it
    at a place in inches.
    """

    words: str
    style: dict[str, Any]
    filled: bool = False
    sign: Callable[[Axes, float, float], None] | None = None


def write(
    sheet: Axes | Figure,
    x: float,
    y: float,
    text: str,
    *,
    size: float = FONT,
    colour: Any = TEXT,
    bold: bool = False,
    **placing: Any,
) -> None:
    """Text on axes, in their units, or on a figure, in shares of it; never read as mathematics."""
    weight = "bold" if bold else "normal"
    style = {"ha": "center", "va": "center", "fontsize": size, "color": colour, "fontweight": weight}
    sheet.text(x, y, text, parse_math=False, **(style | placing))


def page(
    paper: Paper,
    title: str,
    subtitle: str,
    caption: str,
    *,
    content: float,
    is_as_high_as_needed: bool = False,
    legend: Sequence[Entry] = (),
    signs: Sequence[Entry] = (),
    below_legend: float = 0.0,
    other_words: Sequence[str] = (),
) -> Page:
    """A white page with its words in place but for those that the paper is without.

    `content` are the inches of height that plots and axes need. Below the title stands the `legend`, with `signs`
    behind it where there is room, and `below_legend` inches. Where a page is not as high as all that, words go as
    `GOING` says until the plots have what they need; what is left is theirs. `other_words` are for the metadata alone.
    """
    width, height = paper.width, None if is_as_high_as_needed else paper.height
    entries, inner = [*legend, *signs], (width - 2 * MARGIN) * _HINTED
    words: dict[Part, str] = {"caption": caption, "subtitle": subtitle, "title": title}
    lines = {
        part: wrapped(text, inner, _SIZES[part], bold=part == "title") if text else []
        for part, text in words.items()
    }
    needs = {part: len(found) * _SIZES[part] * _LINE for part, found in lines.items()}
    needs["legend"] = _legend_height(legend, width) + below_legend
    needs["signs"] = _legend_height(entries, width) - _legend_height(legend, width)
    for part in paper.without:
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
    spot = paper.spot
    figure = CaptionedFigure(figsize=(width, full), facecolor="white") if spot is None else spot.sheet
    if spot is None:
        figure.set_label(title)
        figure.caption, figure.subtitle = caption, subtitle
        figure.legend_words = "; ".join((*(entry.words for entry in entries), *other_words))
        figure.left_out = tuple(left_out)
        if height is not None and full > height + 0.05:
            figure.size_wished = (width, height)
    foot = MARGIN + needs["caption"]
    top = full - MARGIN - needs["title"] - needs["subtitle"] - _BELOW_TITLE
    left, below = (0.0, 0.0) if spot is None else (spot.left, spot.top - full)
    made = Page(figure, width, full, top, foot, left, below)

    def write_part(part: Part, y: float, colour: str) -> float:
        for line in lines[part]:
            y -= _SIZES[part] * _LINE
            is_title = part == "title"
            made.write(
                MARGIN, y + 0.03 + 0.01 * is_title, line, size=_SIZES[part], colour=colour, bold=is_title
            )
        return y

    write_part("subtitle", write_part("title", full - MARGIN, TEXT), MUTED)
    write_part("caption", foot - 0.02, MUTED)
    if not needs["legend"]:
        return made
    height = _draw_legend(made, legend if "signs" in (*paper.without, *left_out) else entries)
    return replace(made, top=top - height - below_legend)


def _draw_legend(sheet: Page, entries: Sequence[Entry]) -> float:
    """Rows of signs and words below the title, wrapped to the page; gives their height in inches."""
    inner, height = sheet.width - 2 * MARGIN, _legend_height(entries, sheet.width)
    if not entries:
        return 0.0
    axes = sheet.bare_axes(MARGIN, sheet.top - height, inner, height)
    axes.set_label("legend")
    for left, line, words, entry in _places(entries, inner):
        y = height - (line + 0.5) * _ROW
        if entry.sign is not None:
            entry.sign(axes, left, y)
        elif entry.filled:
            axes.fill_between([left, left + 0.26], y - 0.05, y + 0.05, **entry.style)
        elif entry.style.get("linestyle") == "none":
            axes.plot([left + 0.13], [y], **entry.style)
        else:
            axes.plot([left, left + 0.13, left + 0.26], [y, y, y], markevery=[1], **entry.style)
        sheet.write(MARGIN + left + _SIGN, sheet.top - height + y - 0.035, words)
    return height


def _legend_height(entries: Sequence[Entry], width: float) -> float:
    """Inches that a legend takes on a page of `width` inches."""
    places = _places(entries, width - 2 * MARGIN)
    return _ROW * (places[-1][1] + 1) if places else 0.0


def _places(entries: Sequence[Entry], inner: float) -> list[tuple[float, int, str, Entry]]:
    """Where each entry is, in inches from the left and in rows from the top, and its words, cut to the page."""
    x, row = 0.0, 0
    places: list[tuple[float, int, str, Entry]] = []
    for entry in entries:
        words = shortened(entry.words, inner - _SIGN, FONT)
        width = _SIGN + text_width(words, FONT)
        if x and x + width > inner:
            x, row = 0.0, row + 1
        places.append((x, row, words, entry))
        x += width + _BETWEEN
    return places


def draw_edge(
    axes: Axes, place: tuple[float, float], size: tuple[float, float], colour: str, line: float, **more: Any
) -> None:
    """The edge of a rectangle."""
    axes.add_patch(Rectangle(place, *size, fill=False, edgecolor=colour, linewidth=line, **more))


def draw_frame(axes: Axes, sides: Collection[str] = ("left", "bottom"), line: float = 0.8) -> None:
    """Lines at these sides alone."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in sides)
        spine.set_color(REFERENCE)
        spine.set_linewidth(line)
