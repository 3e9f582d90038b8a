"""Whether the words of a figure can be read."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from resnet_viewer.records.csv_text import Table

_TOUCHING = 1.0
"""Pixels that boxes may reach into each other: a letter's box is larger than its ink."""


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that lie on each other, and of a page's words and a plot they lie on; fails where a text or a plot
    leaves the page."""
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in _texts(figure)]
    plots = [(axes.get_label() or "plot", axes.get_window_extent(renderer)) for axes in figure.axes]
    page = figure.bbox
    for words, box in (*boxes, *plots):
        inside = (
            page.x0 - 0.5 <= box.x0 <= box.x1 <= page.x1 + 0.5
            and page.y0 - 0.5 <= box.y0 <= box.y1 <= page.y1 + 0.5
        )
        assert inside, f"{words!r} is cut off"
    x0, y0, x1, y1 = np.array([box.extents for _, box in boxes]).reshape(-1, 4).T
    touch = (
        (x0[:, None] <= x1) & (x0 <= x1[:, None]) & (y0[:, None] <= y1) & (y0 <= y1[:, None])
    )  # as Bbox.overlaps
    found = [(boxes[i][0], boxes[j][0]) for i, j in np.argwhere(np.triu(touch, k=1))]
    framed = [(name, axes.get_window_extent(renderer)) for name, axes in _framed(figure)]
    words_of_page = [
        (t.get_text(), t.get_window_extent(renderer)) for t in figure.texts if t.get_text().strip()
    ]
    found += [(a, name) for a, box in words_of_page for name, frame in framed if _lie_on(box, frame)]
    found += [
        (a, b) for i, (a, one) in enumerate(framed) for b, other in framed[i + 1 :] if _lie_on(one, other)
    ]
    return found


def _texts(figure: Figure) -> Iterator[Text]:
    every = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    for axes in figure.axes:
        if axes.axison:
            every += [*axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label, axes.yaxis.label]
    yield from (text for text in every if text.get_text().strip())


def _framed(figure: Figure) -> Iterator[tuple[str, Axes]]:
    """Plots with axes, wiring strips and pictures: what no word of the page may lie on."""
    for axes in figure.axes:
        if axes.axison or axes.get_label() == "strip" or len(axes.images) == 1:
            yield axes.get_label() or "plot", axes


def _lie_on(one: Bbox, other: Bbox) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > _TOUCHING and height > _TOUCHING


def as_text(table: Table) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """A table as its file has it."""
    header, rows = table
    return header, [tuple(map(str, row)) for row in rows]
