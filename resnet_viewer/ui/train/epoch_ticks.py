"""The numbers under the tab's time axes: the same under all of them that are wide enough."""

from __future__ import annotations

from PySide6.QtGui import QFontMetricsF

from resnet_viewer.charts.curves import round_numbers

_PARTS = 6.0
"""There are at most so many steps from number to number, however wide the plot."""
_WHOLE = 2.0
"""From so many epochs on only whole ones are numbered."""
_APART = 8.0


def epoch_ticks(
    span: tuple[float, float], width: float, metrics: QFontMetricsF, *, beyond: float = 0.0
) -> list[tuple[float, str]]:
    """Round epochs under an axis of `width` pixels, as (middle of the words in pixels, words), the last with its unit.

    Words may stand out of the axis by `beyond` at either end.
    """
    left, right = span
    span_of_all = right - left
    least = max(span_of_all / _PARTS, 1.0 if span_of_all >= _WHOLE else 0.0)
    numbers = round_numbers(left, right, span_of_all, least)
    if not numbers:
        return []
    widest = 1.5 * max(metrics.horizontalAdvance(text) for _, text in numbers) + _APART
    if len(numbers) > 1 and (numbers[1][0] - numbers[0][0]) / (right - left) * width < widest:
        numbers = round_numbers(left, right, width, widest)
    words = [text for _, text in numbers[:-1]] + [f"epoch {text}" for _, text in numbers[-1:]]
    ticks = []
    for (number, _), text in zip(numbers, words, strict=True):
        half = metrics.horizontalAdvance(text) / 2
        x = (number - left) / (right - left) * width
        ticks.append((min(max(x, half - beyond), width + beyond - half), text))
    last, half = ticks[-1][0], metrics.horizontalAdvance(words[-1]) / 2
    free = [
        (x, text) for x, text in ticks[:-1] if x + metrics.horizontalAdvance(text) / 2 + _APART <= last - half
    ]
    return [*free, ticks[-1]]
