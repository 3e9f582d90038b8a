"""Round numbers on a logarithmic scale: decades, and where those are few, twice and five times each."""

from __future__ import annotations

import math

_FEW = 3
"""So many numbers let one read a scale."""
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def round_powers(low: float, high: float, most: int) -> list[tuple[int, int]]:
    """Numbers m · 10ⁿ between two exponents of ten, at most `most` of them, as (m, n) from the lowest on.

    Example:
        >>> round_powers(-2.4, -1.4, 8)
        [(5, -3), (1, -2), (2, -2)]
        >>> round_powers(-3.0, 1.5, 3)
        [(1, -2), (1, 0)]
    """
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    if last - first + 1 < _FEW:
        fine = [(m, n) for n in range(first - 1, last + 1) for m in (1, 2, 5)]
        fine = [(m, n) for m, n in fine if low - 1e-9 <= n + math.log10(m) <= high + 1e-9]
        if len(fine) <= most:
            return fine
    steps = (step for step in _STEPS if last // step - -(-first // step) < most)
    step = next(steps, _STEPS[-1])
    return [(1, n) for n in range(-(-first // step) * step, last + 1, step)]


def round_below(exponent: float) -> float:
    """The exponent of the largest of 1, 2 and 5 times a power of ten that is not above."""
    whole = math.floor(exponent + 1e-9)
    return max(found for m in (1, 2, 5) if (found := whole + math.log10(m)) <= exponent + 1e-9)


def round_above(exponent: float) -> float:
    """The exponent of the smallest that is not below.

    Example:
        >>> round(10 ** round_above(-1.9), 6), round(10 ** round_above(-1.0), 6)
        (0.02, 0.1)
    """
    whole = math.floor(exponent - 1e-9)
    return min(found for m in (1, 2, 5, 10) if (found := whole + math.log10(m)) >= exponent - 1e-9)
