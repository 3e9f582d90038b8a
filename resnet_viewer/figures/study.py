"""A study on paper: its panels side by side or below one another, each with its letter; and its table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.chart import Room, shortened_inside
from resnet_viewer.charts.study_chart import chart_of
from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import (
    LinesPanel,
    Panel,
    PicturesPanel,
    best_shape,
    columns_for,
    network_of,
)
from resnet_viewer.charts.study_pictures import PicturesChart, inside_box
from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.figures.page import (
    AROUND,
    MARGIN,
    USUAL,
    CaptionedFigure,
    Page,
    Paper,
    draw_colour_bar,
    draw_edge,
    draw_frame,
    page,
    shortened,
    text_width,
    wrapped,
    write,
)
from resnet_viewer.figures.plot import draw, room_of
from resnet_viewer.figures.relief import draw_relief
from resnet_viewer.records import captions
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.study import TRAINED, StudyResult, Value
from resnet_viewer.records.study_list import study_of

_HEAD, _FOOT, _LEFT, _RIGHT, _LINE = 0.24, 0.42, 0.52, 0.1, 0.14
"""Inches around a plot: its title above, numbers and title below, numbers at the left, and each line of the left
title."""
_HEADING_LINE, _HEADING_LINES = 0.16, 2
"""Inches of each further line of a panel's title, and how many it has at most."""
_BETWEEN = 0.14
_USUAL_HEIGHT = 2.6
"""Inches of a plot with what stands around it, on a page that is as high as it needs to be."""
_LEAST_WIDTH, _LEAST_HEIGHT = 2.3, 0.95
"""Inches: the narrowest panel beside another one, and the lowest plot that can be read."""
_NUMBER = 6.0
"""Points of a number in a cell."""
_BAR, _TINY, _WIDEST_NAME = 0.6, 0.17, 1.1
"""Inches: a matrix's colour bar with its numbers, the smallest side of a cell with a number, the widest name."""
_LEAST_PICTURE, _MOST_PICTURES, _SMOOTH = 0.42, 8, 128
"""Inches of the narrowest picture, how many stand side by side, and from which side on pictures are shrunk smoothly."""


_BESIDE_NAMES = 0.12
"""Inches from the names of rows to the plot."""
_NAMED_ROW = 0.19
"""Inches of a row with a name."""
_WIDEST_SHARE = 0.45
"""Of a panel, for the names of its rows."""


def figure(
    panels: Sequence[Panel],
    title: str,
    subtitle: str = "",
    caption: str = "",
    paper: Paper = USUAL,
    *,
    first: int = 0,
) -> CaptionedFigure:
    """The panels in as many columns as suit the paper; where they do not fit, the page is higher, and says so. `first`
    is how many panels of the same study stand on sheets before, so that letters go on.

    Raises:
        ValueError: there is no panel.
    """
    if not panels:
        raise ValueError("no panel to draw")
    rows = _rows(panels, paper.width, _height_for_panels(paper, title, subtitle, caption), first)
    around = sum(row.head for row in rows) + (len(rows) - 1) * _BETWEEN
    sheet = page(paper, title, subtitle, caption, content=around + len(rows) * (_LEAST_HEIGHT + _FOOT))
    high = (sheet.top - sheet.bottom - around) / len(rows)
    top = sheet.top
    for row in rows:
        left = MARGIN
        for panel, heading in zip(row.panels, row.headings, strict=True):
            for number, line in enumerate(heading):
                y = top - 0.15 - number * _HEADING_LINE
                sheet.write(left, y, line, size=palette.FONT + 1, bold=True)
            place = _Place(left, top - row.head, row.width, high)
            if isinstance(panel, LinesPanel):
                _draw_lines(sheet, place, panel)
            elif isinstance(panel, PicturesPanel):
                _draw_pictures(sheet, place, PicturesChart(panel))
            elif not panel.has_contours or MatrixChart(panel).message:
                _draw_matrix(sheet, place, MatrixChart(panel))
            else:
                chart = ReliefChart(MatrixChart(panel))
                draw_relief(sheet, place.left, place.top, place.width, place.height, chart)
            left += row.width + _BETWEEN
        top -= row.head + high + _BETWEEN
    return sheet.figure


def usual_paper(
    panels: Sequence[Panel], title: str, subtitle: str, caption: str, width: float = USUAL.width
) -> Paper:
    """As wide as a text, or so many inches, and so high that all panels and all words have room."""
    rows = _rows(panels, width, _USUAL_HEIGHT * -(-len(panels) // 2))
    high = max(map(_usual_height, panels))
    content = sum(row.head + high for row in rows) + (len(rows) - 1) * _BETWEEN
    wide = replace(USUAL, width=width)
    made = page(wide, title, subtitle, caption, content=content, is_as_high_as_needed=True)
    return replace(wide, height=made.height)


def _usual_height(panel: Panel) -> float:
    """Of a plot with what stands around it: more where many rows have names."""
    names = panel.y.names if isinstance(panel, LinesPanel) else ()
    return max(_USUAL_HEIGHT, _FOOT + _NAMED_ROW * len(names))


def _height_for_panels(paper: Paper, title: str, subtitle: str, caption: str) -> float:
    """What the words leave of the page, or all of it where they will have to go."""
    bare = replace(paper, spot=None)
    words = page(bare, title, subtitle, caption, content=0.0, is_as_high_as_needed=True).height
    left = paper.height - words
    least = _HEAD + _HEADING_LINE + _LEAST_HEIGHT + _FOOT
    return left if left >= least else max(paper.height - 2 * MARGIN, 1.0)


@dataclass(frozen=True)
class _Row:
    """Panels side by side, as wide as the page, under headings of a few lines; lengths are in inches."""

    panels: tuple[Panel, ...]
    headings: tuple[tuple[str, ...], ...]
    width: float
    """Of each panel."""

    @property
    def head(self) -> float:
        """What the highest heading takes."""
        return _HEAD + _HEADING_LINE * (max(map(len, self.headings)) - 1)


def _rows(panels: Sequence[Panel], width: float, height: float, before: int = 0) -> list[_Row]:
    """In as many columns as suit a page so wide, of which the panels have that height; so many stand on others."""
    size = width - 2 * MARGIN, height
    columns = columns_for(len(panels), size, _LEAST_WIDTH, best_shape(panels))
    found = []
    for first in range(0, len(panels), columns):
        beside = panels[first : first + columns]
        wide = (size[0] - (len(beside) - 1) * _BETWEEN) / len(beside)
        headings = []
        for number, panel in enumerate(beside, before + first):
            letter = f"{_letter(number)}) " if before + len(panels) > 1 else ""
            lines = wrapped(f"{letter}{panel.title}", 0.97 * wide, palette.FONT + 1, bold=True)
            if len(lines) > _HEADING_LINES:
                rest = " ".join(lines[_HEADING_LINES - 1 :])
                rest = shortened(rest, 0.97 * wide, palette.FONT + 1, bold=True)
                lines = [*lines[: _HEADING_LINES - 1], rest]
            headings.append(tuple(lines))
        found.append(_Row(tuple(beside), tuple(headings), wide))
    return found


def _letter(number: int) -> str:
    return chr(ord("a") + number % 26)


@dataclass(frozen=True)
class _Place:
    """A panel's on its page, in inches from the page's lower left corner."""

    left: float
    top: float
    width: float
    height: float


def _draw_lines(sheet: Page, place: _Place, panel: LinesPanel) -> None:
    high = place.height - _FOOT
    lines = wrapped(panel.y.title, high, palette.FONT) if panel.y.title else []
    left = _LEFT + _LINE * max(len(lines) - 1, 0)
    if panel.y.names:
        longest = max(text_width(name, palette.FONT) for name in panel.y.names)
        room_of_names = min(longest, _WIDEST_SHARE * place.width)
        left = room_of_names + _BESIDE_NAMES
        names = tuple(_cut(name, room_of_names, palette.FONT) for name in panel.y.names)
        panel = replace(panel, y=replace(panel.y, names=names))
    wide = max(place.width - left - _RIGHT, 0.5)
    axes = sheet.axes(place.left + left, place.top - high, wide, high)
    axes.set_label(panel.title)
    room = room_of(wide, high)
    chart = chart_of(panel, room)
    if chart.message:
        _say(axes, chart.message, wide)
        return
    drawn = draw(axes, chart, room)
    for number, series in enumerate(panel.series):
        if (line := drawn.get(f"series {number}")) is not None:
            line.set_label(series.name or panel.title)
    axes.set_xlabel(shortened(panel.x.title, wide, palette.FONT), fontsize=palette.FONT, parse_math=False)
    axes.set_ylabel("\n".join(lines), fontsize=palette.FONT, parse_math=False)
    axes.yaxis.set_label_coords(-(_LEFT - 0.1) / wide, 0.5)


def _say(axes: Axes, message: str, wide: float) -> None:
    """Words in place of a plot."""
    axes.set_xticks([])
    axes.set_yticks([])
    draw_frame(axes, AROUND, 0.5)
    words = "\n".join(wrapped(message, 0.9 * wide, palette.FONT))
    write(axes, 0.5, 0.5, words, colour=palette.MUTED, transform=axes.transAxes)


def _say_alone(sheet: Page, place: _Place, message: str) -> None:
    """Words where cells or pictures would stand."""
    wide, high = place.width - _LEFT - _RIGHT, place.height - _FOOT
    _say(sheet.axes(place.left + _LEFT, place.top - high, wide, high), message, wide)


def _draw_pictures(sheet: Page, place: _Place, chart: PicturesChart) -> None:
    """Side by side with their names, up to eight places."""
    if chart.message:
        _say_alone(sheet, place, chart.message)
        return
    axes = sheet.bare_axes(place.left, place.top - place.height, place.width, place.height)
    axes.set_label("pictures")
    room = Room(place.width, place.height, lambda text: text_width(text, palette.FONT), _LINE)
    arranged = chart.side_by_side(room, _LEAST_PICTURE, _MOST_PICTURES)
    for tile in arranged.tiles:
        picture = chart.picture(tile.row, tile.place)
        box = tile.box if picture is None else inside_box(picture, tile.box)
        if picture is not None:
            axes.imshow(
                picture,
                extent=(box.left, box.right, place.height - box.bottom, place.height - box.top),
                aspect="auto",
                interpolation="antialiased" if len(picture) >= _SMOOTH else "nearest",
                zorder=2,
            )
        corner = box.left, place.height - box.bottom
        draw_edge(axes, corner, (box.width, box.height), palette.REFERENCE, 0.5, zorder=3)
    axes.set_xlim(0, place.width)
    axes.set_ylim(0, place.height)
    for text, box, is_right in arranged.words:
        x = box.right if is_right else box.left + box.width / 2
        y = place.top - box.bottom + 0.2 * box.height
        sheet.write(place.left + x, y, text, right=is_right, centre=not is_right)


def _draw_matrix(sheet: Page, place: _Place, chart: MatrixChart) -> None:
    """Cells as large as they can be, square where there are few, with names at the left and below."""
    panel, (rows, columns) = chart.panel, chart.shape
    if chart.message:
        _say_alone(sheet, place, chart.message)
        return
    font = palette.FONT
    longest = max(text_width(name, font) for name in chart.row_names)
    names = min(longest, _WIDEST_NAME, 0.3 * place.width) + 0.08
    left = names + (_LINE + 0.04 if panel.y.title else 0.0)
    across = max(text_width(name, font) for name in chart.column_names)
    wide = place.width - left - _BAR - 0.12
    side_x = wide / columns
    every = (
        1 if panel.is_table else _every(columns, wide, across + 0.06)
    )  # what a table's columns are has to be said
    is_turned = across > 0.9 * side_x * every or (panel.is_table and across + 0.06 > side_x)
    below = (
        (min(across, _WIDEST_NAME) if is_turned else 0.12) + 0.08 + (_LINE + 0.04 if panel.x.title else 0.0)
    )
    high = max(place.height - below, 0.3)
    side = min(side_x, high / rows)
    size = (
        (side * columns, side * rows)
        if chart.has_squares
        else (wide, min(high, max(side * rows, 0.5 * high)))
    )
    bottom = place.top - size[1]
    axes = sheet.axes(place.left + left, bottom, *size)
    axes.set_label("matrix")
    axes.imshow(chart.cells.rgb(), interpolation="nearest", aspect="auto")
    axes.tick_params(length=0, pad=2)
    draw_frame(axes, AROUND, 0.6)
    style: dict[str, Any] = {"fontsize": font, "color": palette.TEXT, "parse_math": False}
    down = range(0, rows, _every(rows, size[1], 0.14))
    axes.set_yticks(down, [_cut(chart.row_names[row], names - 0.06, font) for row in down], **style)
    step = _every(columns, size[0], 0.14 if is_turned else across + 0.06)
    over = range(0, columns, step)
    axes.set_xticks(
        over,
        [_cut(chart.column_names[column], _WIDEST_NAME, font) for column in over],
        rotation=90 if is_turned else 0,
        **style,
    )
    if panel.x.title:
        sheet.write(
            place.left + left + size[0] / 2,
            bottom - below + 0.04,
            shortened(panel.x.title, wide, font),
            centre=True,
        )
    if panel.y.title:
        words = shortened(panel.y.title, size[1], font)
        write(axes, -(names + 0.1) / size[0], 0.5, words, rotation=90, transform=axes.transAxes)
    _write_numbers(axes, chart, size[0] / columns, size[1] / rows)
    above = _LINE + 0.08 if panel.unit else 0.0
    bar_high = max(min(size[1], 1.9) - above, 0.2)
    bar = sheet.axes(place.left + left + size[0] + 0.12, bottom + size[1] - above - bar_high, 0.12, bar_high)
    bar.set_label("colour bar")
    draw_colour_bar(bar, chart.scale)
    if panel.unit:
        sheet.write(
            place.left + left + size[0] + 0.12,
            bottom + size[1] - 0.09,
            shortened(panel.unit, _BAR, font - 1),
            size=font - 1,
        )


def _every(count: int, room: float, needed: float) -> int:
    """One of so many names has room."""
    return max(math.ceil(needed * count / room), 1)


def _cut(name: str, wide: float, font: float) -> str:
    return shortened_inside(name, wide, lambda text: text_width(text, font))


def _write_numbers(axes: Axes, chart: MatrixChart, wide: float, high: float) -> None:
    """In each cell, where all of them fit."""
    if high < _TINY:
        return
    size = min(_NUMBER, 72 * high * 0.62)
    words = chart.fitting(0.9 * wide, lambda text: text_width(text, size))
    if words is None:
        return
    for (row, column), is_white in np.ndenumerate(chart.wants_white):
        if words[row][column]:
            write(
                axes,
                column,
                row,
                words[row][column],
                size=size,
                colour="#ffffff" if is_white else palette.TEXT,
            )


def title_of(results: Sequence[StudyResult]) -> str:
    """ "Blocks, one at a time · ResNet-56"; of a study that trains its own networks, the study alone."""
    info = study_of(results[0].order.study)
    if info.trains:
        return info.title
    names = dict.fromkeys(result.order.state.network.title for result in results)
    return f"{info.title} · {', '.join(names)}"


def subtitle_of(results: Sequence[StudyResult]) -> str:
    """The study's question."""
    return study_of(results[0].order.study).question


def caption_of(results: Sequence[StudyResult]) -> str:
    """What was measured, on what, in which state; what the numbers say; and where the study comes from."""
    info = study_of(results[0].order.study)
    said = [sentence(info.explains)] if info.explains else []
    for result in results:
        said.append(sentence(" · ".join(measured_words(result))))
        said += map(sentence, info.conclusion(result))
    said += map(sentence, info.comparison(results))
    said += [sentence(f"After {paper.cited}") for paper in info.papers]
    return " ".join(said)


def measured_words(result: StudyResult) -> list[str]:
    """Which network in which state, on which pictures, and how far."""
    order, basis = result.order, result.basis
    if study_of(order.study).trains:
        words = [f"{TRAINED[:1].upper()}{TRAINED[1:]}", f"tested on {basis.pictures} pictures"]
    else:
        words = [captions.state_words(order.state)]
    if order.test_set is not None and basis.pictures:
        total = f" of {basis.total}" if basis.total > basis.pictures else ""
        words.append(
            f"{captions.plain(order.test_set.title)}, {basis.pictures}{total} pictures (seed {order.test_set.seed})"
        )
        if not basis.has_labels:
            words.append("true classes are not known")
    if not result.is_complete:
        words.append(f"not complete: {len(result.rows)} of {result.points} points")
    return words


def sentence(words: str) -> str:
    """With a full stop where it has no end."""
    return words if words.endswith((".", "!", "?")) else f"{words}."


def table(*results: StudyResult) -> Table:
    """Header and rows for `export.csv_bytes`: a row for each point with everything that was measured there, what is not
    there empty; of several results their networks come first.
    """
    names = list(dict.fromkeys(name for result in results for row in result.rows for name in row))
    names.sort(key=lambda name: name != "point")
    rows: list[Sequence[object]] = []
    for number, result in enumerate(results, 1):
        own = (number, network_of(result)) if len(results) > 1 else ()
        rows += [(*own, *(_cell(row.get(name)) for name in names)) for row in result.rows]
    return (*(("result", "network") if len(results) > 1 else ()), *names), rows


def _cell(value: Value) -> object:
    if isinstance(value, tuple | list):
        return ";".join(f"{part!r}" for part in value)
    return "" if value is None else value
