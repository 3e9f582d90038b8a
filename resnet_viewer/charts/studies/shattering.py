"""What is drawn of "Shattered gradients": how alike gradients are some points apart, and one line's gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viewer.charts.study_panel import HUES, Colour, LinesPanel, Panel, Scale, Series, names
from resnet_viewer.records.studies.shattering import NOISES, measured, noise, options_of
from resnet_viewer.records.study import StudyResult

_LAG, _ALIKE = Scale("lag (points)", is_whole=True), Scale("autocorrelation")


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Autocorrelation by lag beside white and brown noise, and the slope along the first line."""
    alike: list[Series] = []
    slopes: list[Series] = []
    for place, (result, name) in enumerate(zip(results, names(results), strict=True)):
        hue: Colour = HUES[place % len(HUES)] if name else "branch"
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
    message = "" if alike else "No line with a gradient is measured yet."
    return (
        LinesPanel("How alike gradients are", _LAG, _ALIKE, tuple(alike), message=message),
        LinesPanel(
            "Gradient along a line",
            Scale("from one end to the other"),
            Scale("slope of the score (steepest 1)"),
            tuple(slopes),
            message="" if slopes else message or "No line has a gradient.",
        ),
    )
