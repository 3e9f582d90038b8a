"""Kinds of networks that were trained with several seeds, a row each: every seed's error, mean and deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resnet_viewer.charts.study_panel import Colour, LinesPanel, MatrixPanel, Scale, Series
from resnet_viewer.records.trained_rows import Group, spread_words

_BESIDE = 0.22
"""Of a row, from one result to the next one beside it."""


class Rows(NamedTuple):
    """Of one result, the groups of its rows; None where there is none yet."""

    name: str
    colour: Colour
    groups: Sequence[Group | None]


def dots(
    title: str, x: Scale, rows: Sequence[str], results: Sequence[Rows], *, training: bool = False
) -> LinesPanel:
    """A row for each name, the first above: a dot for each seed, and the mean with a deviation at both sides."""
    series: list[Series] = []
    for number, result in enumerate(results):
        beside = (number - (len(results) - 1) / 2) * _BESIDE
        at = [
            (len(rows) - place - beside, row, group)
            for place, (row, group) in enumerate(zip(rows, result.groups, strict=True))
            if group is not None and group.mean is not None
        ]
        own = f"{result.name}: " if result.name else ""
        every = [
            (error, y, f"{own}{row} · {x.title.removesuffix(' (%)')} {error:.2f} %")
            for y, row, group in at
            for error in (group.training if training else group.errors)
        ]
        means = [group.training_mean if training else group.mean for _, _, group in at]
        deviations = [group.training_deviation if training else group.deviation for _, _, group in at]
        middle = np.array(means, np.float64)
        spread = np.array(deviations, np.float64)
        series += [
            Series(
                "" if own else "each seed",
                np.array([error for error, _, _ in every]),
                np.array([y for _, y, _ in every]),
                looks="dots",
                colour=result.colour,
                words=tuple(words for _, _, words in every),
            ),
            Series(
                result.name or "mean ± deviation",
                middle,
                np.array([y for y, _, _ in at]),
                looks="dots",
                colour="text" if len(results) == 1 else result.colour,
                across=(middle - spread, middle + spread),
                words=tuple(f"{own}{row} · {spread_words(group, training=training)}" for _, row, group in at),
            ),
        ]
    return LinesPanel(title, x, Scale("", names=tuple(reversed(rows))), tuple(series))


def table(
    title: str,
    rows: Sequence[str],
    groups: Sequence[Group | None],
    paper: Sequence[float | None] | None = None,
) -> MatrixPanel:
    """Mean, deviation and training error of each row, and what the paper has, nan for what is not known."""
    columns = ["test", "±", "training", *(["paper"] if paper is not None else [])]
    values = np.full((len(rows), len(columns)), np.nan)
    for row, group in enumerate(groups):
        if group is not None and group.mean is not None:
            values[row, :3] = (
                group.mean,
                group.deviation if len(group.errors) > 1 else np.nan,
                group.training_mean,
            )
        if paper is not None and paper[row] is not None:
            values[row, 3] = paper[row]
    names = tuple(rows), tuple(columns)
    return MatrixPanel(title, Scale(""), Scale(""), values, *names, unit="%", is_log=True, is_table=True)
