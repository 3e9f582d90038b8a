"""The legend of training figures: a line and a name for each network, and names at the ends of the lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.run_names import Group, depth_colours, line_style
from resnet_viewer.figures.page import MARGIN, Page, shortened, text_width

_ROW, _SIGN, _BETWEEN = 0.2, 0.34, 0.22
_LABEL, _LEADER = 0.135, 0.12
_FONT = palette.FONT - 0.5
_END_MARKS = {"diverged": "X", "stopped": "s"}


@dataclass(frozen=True)
class Entry:
    """A sign and its words. `style` goes to the line that is the sign, `filled` makes a field of it."""

    words: str
    style: dict[str, Any]
    filled: bool = False


@dataclass(frozen=True)
class LineEnd:
    """A name for the right end of a line, `height` in inches above the axes' lower edge."""

    words: str
    colour: str
    height: float


def entries_of(groups: Sequence[Group], styles: Mapping[str, dict[str, Any]]) -> list[Entry]:
    """One a network, drawn in `styles` by its name, then the signs of runs that ended before their time."""
    entries = [Entry(group.label, styles[group.name]) for group in groups]
    for state in _END_MARKS:
        if any(group.runs[0].state == state for group in groups):
            entries.append(Entry(f"{state} here", end_style(state, palette.TEXT) or {}))
    return entries


def styles_of(groups: Sequence[Group]) -> dict[str, dict[str, Any]]:
    """By name: colour by depth, dashes by kind, markers by what else differs."""
    colours = depth_colours([group.network for group in groups])
    return {
        group.name: {
            "color": colours[group.network.depth],
            "linewidth": 2.0,
            "linestyle": line_style(group.network),
            "marker": group.marker or "None",
            "markersize": 6.0,
            "markeredgewidth": 0,
        }
        for group in groups
    }


def end_style(state: str, colour: str) -> dict[str, Any] | None:
    """The sign where a run ended before its time; None for one that did not."""
    if state not in _END_MARKS:
        return None
    is_open = state == "stopped"
    return {
        "color": colour,
        "linestyle": "none",
        "marker": _END_MARKS[state],
        "markersize": 5.0 if is_open else 7.0,
        "markerfacecolor": "white" if is_open else colour,
        "markeredgecolor": colour if is_open else "white",
        "markeredgewidth": 1.1 if is_open else 0.6,
    }


def legend_height(entries: Sequence[Entry], width: float) -> float:
    """Inches that `draw_legend` takes on a page of `width` inches."""
    places = _places(entries, width - 2 * MARGIN)
    return _ROW * (places[-1][1] + 1) if places else 0.0


def legend_words(entries: Sequence[Entry]) -> str:
    """All of it in words, for the metadata."""
    return "; ".join(entry.words for entry in entries)


def draw_legend(sheet: Page, entries: Sequence[Entry]) -> float:
    """Rows of signs and words below the title, wrapped to the page; gives the height left beneath, in inches."""
    inner, top = sheet.width - 2 * MARGIN, sheet.top
    places = _places(entries, inner)
    if not places or not sheet.has_legend:
        return top
    height = _ROW * (places[-1][1] + 1)
    axes = sheet.bare_axes(MARGIN, top - height, inner, height)
    axes.set_label("legend")
    for left, line, words, entry in places:
        y = height - (line + 0.5) * _ROW
        if entry.filled:
            axes.fill_between([left, left + 0.26], y - 0.05, y + 0.05, **entry.style)
        elif entry.style.get("linestyle") == "none":
            axes.plot([left + 0.13], [y], **entry.style)
        else:
            axes.plot([left, left + 0.13, left + 0.26], [y, y, y], markevery=[1], **entry.style)
        sheet.write(MARGIN + left + _SIGN, top - height + y - 0.035, words)
    return top - height


def _places(entries: Sequence[Entry], inner: float) -> list[tuple[float, int, str, Entry]]:
    """Where each entry is, in inches from the left and in rows from the top, and its words, cut to the page."""
    x, row = 0.0, 0
    places: list[tuple[float, int, str, Entry]] = []
    for entry in entries:
        words = shortened(entry.words, inner - _SIGN, palette.FONT)
        width = _SIGN + text_width(words, palette.FONT)
        if x and x + width > inner:
            x, row = 0.0, row + 1
        places.append((x, row, words, entry))
        x += width + _BETWEEN
    return places


def ends_width(names: Sequence[str], width: float, height: float) -> float:
    """Inches to keep free for names right of axes; 0 where they are too many or too long for a page so wide."""
    if not names or len(names) * _LABEL > height:
        return 0.0
    needed = max(text_width(name, _FONT) for name in names) + _LEADER + 0.08
    return needed if needed <= 0.3 * width else 0.0


def apart(heights: Sequence[float], highest: float) -> list[float]:
    """Places a line of text apart, from 0 to `highest` inches, near `heights`, which rise; they must have the room."""
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + _LABEL if places else 0.0))
    for index in reversed(range(len(places))):
        places[index] = min(places[index], highest - (len(places) - 1 - index) * _LABEL)
    return places


def draw_ends(
    sheet: Page, axes: Axes, ends: Sequence[LineEnd], *, left: float, bottom: float, height: float
) -> None:
    """The names right of the axes (whose right edge is `left`), moved apart where they would lie on each other; a
    leader goes from each line's end to its name.
    """
    if not ends:
        return
    ordered = sorted(ends, key=lambda end: end.height)
    places = apart([end.height for end in ordered], height)
    room = sheet.bare_axes(left, bottom, sheet.width - MARGIN - left, height)
    room.set_label("line ends")
    for end, place in zip(ordered, places, strict=True):
        room.plot(
            [0.02, _LEADER - 0.02],
            [end.height, place],
            color=end.colour,
            linewidth=0.6,
            clip_on=False,
        )
        sheet.write(left + _LEADER, bottom + place - 0.035, end.words, size=_FONT, colour=end.colour)
