"""The wiring above a gradient plot, on the plot's own x axis: stages, arcs for shortcuts, lines for
branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.figures.page import MARGIN, Page, shortened, text_width
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.wiring import Wiring

STRIP_HEIGHT = 0.5
"""Inches."""
_SIGN, _BETWEEN, _ROW, _BENEATH = 0.3, 0.22, 0.2, 0.05
"""Inches of the legend: a sign before its words, between two entries, a row, under the last."""
_DASHES = (0, (2.0, 1.6))
_ARC = np.linspace(0.0, np.pi, 25)
LegendKind = Literal[
    "now", "reference", "projection", "classifier", "shortcut", "weakened", "cut", "gate", "dropped"
]


@dataclass(frozen=True)
class Legend:
    """One entry of the legend: what is drawn, and its words."""

    kind: LegendKind
    words: str


def legend_height(entries: Sequence[Legend], width: float) -> float:
    """Inches that the legend takes on a page of `width` inches, with the gap beneath it."""
    return _ROW * len(_rows_of(entries, width - 2 * MARGIN)) + _BENEATH


def draw_legend_rows(sheet: Page, entries: Sequence[Legend]) -> float:
    """Draw the legend below the title, wrapped to the page; gives the height left beneath, in inches."""
    inner = sheet.width - 2 * MARGIN
    rows = _rows_of(entries, inner)
    height = _ROW * len(rows)
    axes = sheet.bare_axes(MARGIN, sheet.top - height, inner, height)
    axes.set_label("legend")
    for index, line in enumerate(rows):
        y = height - (index + 0.5) * _ROW
        for left, words, kind in line:
            _sign(axes, kind, left, y)
            sheet.write(MARGIN + left + _SIGN, sheet.top - height + y - 0.035, words)
    return sheet.top - height - _BENEATH


def _rows_of(entries: Sequence[Legend], inner: float) -> list[list[tuple[float, str, LegendKind]]]:
    """Place in inches, words, cut where a row is too short for them, and kind of each entry, row by row."""
    rows: list[list[tuple[float, str, LegendKind]]] = [[]]
    x = 0.0
    for entry in entries:
        words = shortened(entry.words, inner - _SIGN, palette.FONT)
        width = _SIGN + text_width(words, palette.FONT) + _BETWEEN
        if rows[-1] and x + width - _BETWEEN > inner:
            rows.append([])
            x = 0.0
        rows[-1].append((x, words, entry.kind))
        x += width
    return rows


def _sign(axes: Axes, kind: LegendKind, x: float, y: float) -> None:
    span = ([x, x + 0.22], [y, y])
    match kind:
        case "now":
            axes.plot(*span, color=palette.NOW, linewidth=1.2)
            axes.plot([x + 0.11], [y], color=palette.NOW, marker="o", markersize=4, markeredgewidth=0)
        case "reference":
            axes.plot(*span, color=palette.REFERENCE, linewidth=1.1, linestyle=(0, (4, 2)))
        case "projection":
            axes.plot([x + 0.15], [y], color=palette.NOW, marker="D", markersize=4, markeredgewidth=0)
        case "classifier":
            axes.plot([x + 0.15], [y], color=palette.NOW, marker="s", markersize=4, markeredgewidth=0)
        case "dropped":
            axes.plot(*span, color=palette.REFERENCE, linewidth=1.0, linestyle=_DASHES)
        case "gate":
            axes.plot([x + 0.15] * 2, [y - 0.06, y + 0.06], color=palette.MUTED, linewidth=0.6)
            axes.plot(
                [x + 0.15] * 2, [y - 0.06, y], color=palette.SHORTCUT, linewidth=3, solid_capstyle="butt"
            )
        case "shortcut" | "weakened" | "cut":
            strength = {"shortcut": 1.0, "weakened": 0.5, "cut": 0.0}[kind]
            axes.plot(x + 0.11 - 0.11 * np.cos(_ARC), y - 0.05 + 0.11 * np.sin(_ARC), **_arc_style(strength))


def _arc_style(strength: float, width: float = 1.1) -> dict[str, Any]:
    """Orange when open, thinner and dash-dotted when weakened, grey and dashed when cut."""
    if strength == 0.0:
        return {"color": palette.REFERENCE, "linewidth": width * 0.8, "linestyle": _DASHES}
    if strength == 1.0:
        return {"color": palette.SHORTCUT, "linewidth": width, "linestyle": "-"}
    return {
        "color": palette.SHORTCUT,
        "linewidth": width * (0.5 + 0.4 * strength),
        "linestyle": (0, (5, 1.5, 1, 1.5)),
    }


def draw_strip(
    strip: Axes,
    plot: Axes,
    wiring: Wiring,
    plan: Blueprint,
    *,
    by_block: bool,
    limits: tuple[float, float],
    width: float,
    openings: Sequence[float | None] = (),
) -> None:
    """Stage bands behind `strip` and `plot`, stage names, one arc a shortcut and one line a branch.

    x counts layers from 1 in the order of the forward pass, or blocks where `by_block`. `width` is in inches.
    `openings` are those of the blocks' gate layers: each fills a bar under its arc as far as it is open.
    """
    strip.set_axis_off()
    strip.set_xlim(*limits)
    strip.set_ylim(0, STRIP_HEIGHT)
    place = {layer.name: number for number, layer in enumerate(plan.layers, 1)}
    spans: dict[int, tuple[float, float]] = {}
    for block in plan.blocks:
        numbers = [block.number] if by_block else [place[layer.name] for layer in block.layers]
        spans[block.number] = (min(numbers) - 0.5, max(numbers) + 0.5)
    inch = width / (limits[1] - limits[0])
    line = min(1.1, max(0.35, inch * 72 * 0.25))
    for index, stage in enumerate(plan.stages):
        left, right = spans[stage.blocks[0].number][0], spans[stage.blocks[-1].number][1]
        if index % 2 == 0:
            for axes in (strip, plot):
                axes.axvspan(left, right, color=palette.BAND, linewidth=0, zorder=0)
        room = (right - left) * inch - 0.06
        names = (stage.label, f"conv{stage.number}_x", str(stage.number), "")
        name = next(n for n in names if not n or text_width(n, palette.FONT - 1) <= room)
        strip.text(
            left + 0.04 / inch,
            STRIP_HEIGHT - 0.14,
            name,
            fontsize=palette.FONT - 1,
            color=palette.MUTED,
            fontfamily="DejaVu Sans",
        )
    for block in plan.blocks:
        left, right = spans[block.number]
        _branch(strip, left, right, wiring.branches[block.number - 1], line)
        if block.shortcut != "none":
            middle, half = (left + right) / 2, (right - left) / 2
            style = _arc_style(wiring.shortcuts[block.number - 1], line)
            strip.plot(middle - half * np.cos(_ARC), 0.07 + 0.24 * np.sin(_ARC), **style)

    for block, opening in zip(plan.blocks, openings, strict=False):
        if opening is not None:
            middle, low, high = sum(spans[block.number]) / 2, 0.11, 0.27
            strip.plot([middle] * 2, [low, high], color=palette.MUTED, linewidth=0.5 * line)
            level = low + (high - low) * opening
            strip.plot(
                [middle] * 2,
                [low, level],
                color=palette.SHORTCUT,
                linewidth=min(3.0, inch * 72 * 0.6),
                solid_capstyle="butt",
                gid=f"opening-{block.number}",
            )


def _branch(strip: Axes, left: float, right: float, strength: float, line: float) -> None:
    if strength == 0.0:
        strip.plot([left, right], [0.07, 0.07], color=palette.REFERENCE, linewidth=line, linestyle=_DASHES)
    else:
        weight = line * (0.4 + 0.6 * strength)
        strip.plot([left, right], [0.07, 0.07], color=palette.BRANCH, linewidth=weight)
