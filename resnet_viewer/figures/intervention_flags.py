"""Interventions on a time axis: a vertical line from the plot up to its words, in rows that do not collide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from resnet_viewer.charts import palette
from resnet_viewer.charts.run_names import plain_names, steps_per_epoch
from resnet_viewer.figures.page import Page, shortened, text_width
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import RunReport

ROW = 0.16
"""Inches of height of one row of words."""
_GAP, _CLOSE, _ROWS = 0.05, 0.02, 5
_FONT = palette.FONT - 1
_DOTS = (0, (1, 1.5))


@dataclass(frozen=True)
class Mark:
    """Where on the time axis (in epochs) what was done to which runs."""

    time: float
    words: str
    brief: str = ""
    """The same for an axis too short for it: runs are counted, not named."""


@dataclass(frozen=True)
class Flag:
    """A mark's words: their row, from 0 at the bottom, and where they begin, in inches from the axis's left end."""

    mark: Mark
    words: str
    row: int
    left: float
    width: float


def marks_of(runs: Sequence[RunReport], limits: tuple[float, float]) -> tuple[list[Mark], list[float]]:
    """What was done to the runs, and the times of all lines.

    What was done to all runs with shortcuts at once names no run; several changes of one run that would lie on
    each other share their words.
    """
    residual = [
        (name, run)
        for name, run in zip(plain_names(runs), runs, strict=True)
        if run.spec.network.has_shortcuts and steps_per_epoch(run)
    ]
    done: dict[tuple[float, float], list[str]] = {}
    for name, run in residual:
        for change in run.spec.interventions:
            time = round(change.step / (steps_per_epoch(run) or 1), 6)
            if limits[0] <= time <= limits[1]:
                done.setdefault((time, change.strength), []).append(name)
    times = sorted({time for time, _ in done})
    marks: list[Mark] = []
    cluster: list[tuple[float, float]] = []
    close = _CLOSE * (limits[1] - limits[0])

    def close_cluster() -> None:
        names = done[cluster[0]]
        whose = "" if len(names) == len(residual) else f"{', '.join(names)}: " if len(names) < 3 else ""
        if not whose and len(names) != len(residual):
            whose = f"{len(names)} runs: "
        words = strength_words(cluster[0][1])
        if len(cluster) > 1:
            words = f"shortcuts open by {cluster[0][1]:.3g} … {cluster[-1][1]:.3g} ({len(cluster)} changes)"
        brief = f"{len(names)} of {len(residual)} runs: " if whose and len(residual) > 1 else whose
        marks.append(Mark(cluster[0][0], whose + words, brief + words))

    for key in sorted(done):
        if cluster and (done[key] != done[cluster[0]] or key[0] - cluster[-1][0] > close):
            close_cluster()
            cluster = []
        cluster.append(key)
    if cluster:
        close_cluster()
    return marks, times


def lay_out(marks: Sequence[Mark], width: float, limits: tuple[float, float]) -> list[Flag]:
    """Rows for the words over an axis of `width` inches; those that no row has room for are left out."""
    flags: list[Flag] = []
    for mark in sorted(marks, key=lambda mark: -mark.time):
        whole = mark.words if text_width(mark.words, _FONT) <= width - 2 * _GAP else mark.brief or mark.words
        words = shortened(whole, width - 2 * _GAP, _FONT)
        long = text_width(words, _FONT)
        x = (mark.time - limits[0]) / (limits[1] - limits[0]) * width
        left = x if x + long <= width else max(0.0, width - long)
        blocked = {f.row for f in flags if left < f.left + f.width + _GAP and f.left < left + long + _GAP}
        row = next((row for row in range(_ROWS) if row not in blocked), None)
        if row is not None:
            flags.append(Flag(mark, words, row, left, long))
    return flags


def height_of(flags: Sequence[Flag]) -> float:
    """Inches that the rows of words take."""
    return ROW * (1 + max(flag.row for flag in flags)) + 0.03 if flags else 0.0


def draw_flags(
    sheet: Page,
    plot: Axes,
    flags: Sequence[Flag],
    times: Sequence[float],
    *,
    left: float,
    bottom: float,
    width: float,
    halo: bool = False,
) -> None:
    """Lines through the plot, and the words over it; `left` and `bottom` are the words' place on the page in inches.

    With `halo` the lines are white with a dark rim, for a plot that is filled with colours.
    """
    for time in times:
        if halo:
            plot.axvline(time, color=palette.TEXT, linewidth=1.8, zorder=6)
            plot.axvline(time, color="white", linewidth=0.8, zorder=7, label="intervention")
        else:
            plot.axvline(
                time,
                color=palette.TEXT,
                linewidth=0.8,
                linestyle=(0, (1, 1.5)),
                zorder=1,
                label="intervention",
            )
    if not flags:
        return
    limits = plot.get_xlim()
    words = sheet.bare_axes(left, bottom, width, height_of(flags))
    words.set_label("interventions")
    for flag in flags:
        x = (flag.mark.time - limits[0]) / (limits[1] - limits[0]) * width
        y = flag.row * ROW + 0.05
        words.plot([x, x], [0, y], color=palette.TEXT, linewidth=0.8, linestyle=_DOTS, zorder=1)
        words.text(
            flag.left,
            y,
            flag.words,
            fontsize=_FONT,
            color=palette.TEXT,
            fontfamily="DejaVu Sans",
            parse_math=False,
            va="baseline",
            zorder=2,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )
