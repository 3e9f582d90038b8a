"""What is drawn of "Shattered gradients": how alike gradients are some points apart, and one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from resnet_viewer.charts.study_panel import (
    HUES,
    Floats,
    LinesPanel,
    MatrixPanel,
    Panel,
    PictureRow,
    PicturesPanel,
    Pixels,
    Scale,
    Series,
    hue_of,
    names,
)
from resnet_viewer.records.studies.shattering import (
    NOISES,
    Sights,
    measured,
    noise,
    options_of,
    pairs,
    sights,
)
from resnet_viewer.records.study import StudyResult

_LAG, _ALIKE = Scale("lag (points)", is_whole=True), Scale("autocorrelation")
_WAY = Scale("from one end to the other")


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Autocorrelation by lag beside white and brown noise, and the slope and the pictures along the first line."""
    alike: list[Series] = []
    slopes: list[Series] = []
    for place, (result, name) in enumerate(zip(results, names(results), strict=True)):
        hue = hue_of(place, name)
        if (lines := measured(result)).size:
            low, high = (lines.min(0), lines.max(0)) if len(lines) > 1 else (None, None)
            lags = np.arange(lines.shape[1], dtype=np.float64)
            alike.append(Series(name or "this network", lags, lines.mean(0), low, high, colour=hue))
        slope = next((row["slope"] for row in result.rows if isinstance(row.get("slope"), tuple)), None)
        if isinstance(slope, tuple) and len(slope) == options_of(result).points:
            shares = np.linspace(0, 1, len(slope))
            steepest = max(map(abs, slope)) or 1.0
            slopes.append(Series(name or "this network", shares, np.array(slope) / steepest, colour=hue))
    if alike:
        lengths = dict.fromkeys(
            (options_of(result).points, options_of(result).farthest) for result in results
        )
        for points, farthest in lengths:
            for kind in NOISES:
                words = f"{kind} noise" if len(lengths) == 1 else f"{kind} noise, {points} points"
                lags = np.arange(farthest + 1, dtype=np.float64)
                alike.append(
                    Series(words, lags, noise(kind, points, farthest), colour="reference", is_dashed=True)
                )
    seen = _pictures(results)
    message = "" if alike else "No line with a gradient is measured yet."
    if message and any(result.is_complete for result in results):
        message = "No line has a gradient that changes."
    return (
        LinesPanel("How alike gradients are", _LAG, _ALIKE, tuple(alike), message=message),
        LinesPanel(
            "Gradient along the first line",
            _WAY,
            Scale("slope of the score (steepest 1)"),
            tuple(slopes),
            message="" if slopes else message or "No line has a gradient.",
        ),
        *(() if seen is None else (seen,)),
        *_pairs(results),
    )


def _pictures(results: Sequence[StudyResult]) -> PicturesPanel | None:
    """What the first line looks like, and the gradient there: of the first result, and of others on the same line."""
    found = [(name, sights(result)) for result, name in zip(results, names(results), strict=True)]
    lines = [(name, line) for name, line in found if line is not None]
    if not lines:
        return None
    _, first = lines[0]
    same = [(name, line) for name, line in lines if _is_same(first, line)]
    count = range(len(first.shares))
    rows = [PictureRow("picture", tuple(_pixels(first.picture(place)) for place in count))]
    for name, line in same:
        rows.append(
            PictureRow(name or "gradient", tuple(_pixels((1 + line.gradients[place]) / 2) for place in count))
        )
    return PicturesPanel(
        "Along that line; grey is gradient 0",
        _WAY,
        first.shares,
        tuple(rows),
        has_slider=True,
    )


def _pairs(results: Sequence[StudyResult]) -> Iterator[MatrixPanel]:
    """How alike the gradients at any two places of the first line are, of each result; a few at most."""
    way = replace(_WAY, least=0.0, most=1.0)
    for result, name in list(zip(results, names(results), strict=True))[: len(HUES)]:
        if (found := pairs(result)) is not None:
            title = "How alike any two are"
            yield MatrixPanel(
                f"{title}: {name}" if name else title, way, way, found, is_signed=True, limits=(-1.0, 1.0)
            )


def _is_same(one: Sights, other: Sights) -> bool:
    return (
        one.ends == other.ends
        and np.array_equal(one.shares, other.shares)
        and np.array_equal(one.start, other.start)
        and np.array_equal(one.end, other.end)
    )


def _pixels(planes: Floats) -> Pixels:
    """(C, S, S) from 0 to 1 -> (S, S, 3); other numbers of channels than three are their mean."""
    planes = planes.clip(0, 1)  # a damaged file holds others
    if len(planes) != 3:
        planes = np.repeat(planes.mean(0, keepdims=True), 3, 0)
    found: Pixels = (255 * planes.transpose(1, 2, 0)).round().astype(np.uint8)
    return found
