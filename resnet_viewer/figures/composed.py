"""Several figures and a text on one sheet: a page of the window as it is, to print or to put on a slide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from matplotlib.figure import Figure

from resnet_viewer.charts.palette import FONT, TEXT
from resnet_viewer.figures.page import (
    MARGIN,
    USUAL,
    CaptionedFigure,
    Page,
    Paper,
    Part,
    Spot,
    page,
    wrapped,
)
from resnet_viewer.records.figure_list import FIGURE_INCHES

Draw = Callable[[Paper], Figure]
"""Draws a figure on a paper; without a spot it is only measured."""
_INSIDE: tuple[Part, ...] = ("subtitle", "caption")
"""What the sheet says once for all of them."""
_COLUMNS_FROM = 5.0
"""Inches of width; what is narrower has one below the other."""
_TRIES = 12
_LINE, _BETWEEN = 1.42 * FONT / 72, 0.07
"""Inches: a line of a text, the room between two paragraphs."""


@dataclass(frozen=True)
class Panel:
    """A figure's place; `least` inches of height where it can be of any, 0 where its height follows from its width.

    `richer` takes the place of `draw` where the column has room for it that would be left empty.
    """

    draw: Draw
    least: float = 0.0
    richer: Draw | None = None


@dataclass(frozen=True)
class Column:
    """Panels one below the other, and the column's share of the width."""

    share: float
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Words:
    """What stands around the panels."""

    title: str
    subtitle: str = ""
    caption: str = ""


def text_panel(title: str, paragraphs: Sequence[str]) -> Panel:
    """A text as a panel, as high as it needs to be."""

    def draw(paper: Paper) -> Figure:
        width = paper.width - 2 * MARGIN
        told = [wrapped(words, 0.98 * width, FONT) for words in paragraphs]
        content = sum(len(lines) * _LINE + _BETWEEN for lines in told)
        sheet = page(paper, title, "", "", content=content, is_as_high_as_needed=True)
        y = sheet.top
        for lines in told:
            for line in lines:
                y -= _LINE
                sheet.write(MARGIN, y + 0.03, line, colour=TEXT)
            y -= _BETWEEN
        return sheet.figure

    return Panel(draw)


def figure(columns: Sequence[Column], foot: Panel, words: Words, paper: Paper = USUAL) -> Figure:
    """The columns side by side over the foot, which is as wide as the sheet and takes the height that is left.

    Where they do not fit into the paper the sheet is larger, in the paper's proportions, so that a slide stays one;
    the figure says so. A narrow paper (under 5 inches) has all panels one below the other, and is as high as they need.
    """
    if paper.width < _COLUMNS_FROM:
        panels = (*(panel for column in columns for panel in column.panels), foot)
        return _stacked((Column(1.0, panels),), None, words, replace(paper, height=0.0))
    ratio, width = paper.height / paper.width, paper.width
    for _ in range(_TRIES):
        needed = _needed(columns, foot, words, replace(paper, width=width))
        if needed <= width * ratio or width >= FIGURE_INCHES[1]:
            break
        width *= min(max(sqrt(needed / (width * ratio)), 1.03), 1.3)
    sheet = _stacked(columns, foot, words, replace(paper, width=width, height=width * ratio))
    if width > paper.width:
        sheet.size_wished = (paper.width, paper.height)
    return sheet


def _needed(columns: Sequence[Column], foot: Panel, words: Words, paper: Paper) -> float:
    """Inches of height that a sheet of that width needs."""
    content = max(sum(_heights(column, paper.width)) for column in columns) + foot.least
    sheet = _sheet(words, paper, content, is_as_high_as_needed=True)
    return sheet.height


def _sheet(words: Words, paper: Paper, content: float, *, is_as_high_as_needed: bool = False) -> Page:
    return page(
        paper,
        words.title,
        words.subtitle,
        words.caption,
        content=content - 2 * MARGIN,  # the panels bring margins of their own
        is_as_high_as_needed=is_as_high_as_needed,
    )


def _height(draw: Draw, width: float, least: float) -> float:
    return float(draw(Paper(width, least, _INSIDE)).get_size_inches()[1])


def _heights(column: Column, width: float) -> list[float]:
    return [_height(panel.draw, column.share * width, panel.least) for panel in column.panels]


def _enriched(column: Column, heights: list[float], width: float, room: float) -> Column:
    """With the richer figure in place of each that has room for it; `heights` follow."""
    panels = list(column.panels)
    for place, panel in enumerate(panels):
        if panel.richer is None:
            continue
        needed = _height(panel.richer, column.share * width, panel.least)
        if sum(heights) - heights[place] + needed <= room + 1e-6:
            heights[place], panels[place] = needed, replace(panel, draw=panel.richer)
    return replace(column, panels=tuple(panels))


def _stacked(columns: Sequence[Column], foot: Panel | None, words: Words, paper: Paper) -> CaptionedFigure:
    heights = [_heights(column, paper.width) for column in columns]
    least = 0.0 if foot is None else foot.least
    above = max(map(sum, heights))
    sheet = _sheet(words, paper, above + least, is_as_high_as_needed=not paper.height)
    left = 0.0
    for column, found in zip(columns, heights, strict=True):
        shown = _enriched(column, found, paper.width, above)
        free = above - sum(found)
        elastic = sum(panel.least > 0 for panel in shown.panels)
        top = sheet.top + MARGIN
        for panel, needed in zip(shown.panels, found, strict=True):
            high = needed + (free / elastic if panel.least else 0.0)
            spot = Spot(sheet.figure, left, top)
            panel.draw(Paper(shown.share * paper.width, high, _INSIDE, spot))
            top -= high
        left += shown.share * paper.width
    if foot is not None:
        top = sheet.top + MARGIN - above
        spot = Spot(sheet.figure, 0.0, top)
        foot.draw(Paper(paper.width, top - sheet.bottom + MARGIN, _INSIDE, spot))
    return sheet.figure
