"""Between which values the colours of maps go."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resnet_viewer.records.checking import ArgumentError, require_types


@dataclass(frozen=True)
class Limits:
    """The usual ones go from zero to the highest value there is; of values with both signs from minus it.

    `percentile` is the percent of all values, from above 0 to 100, that do not lie beyond the last colour. `by_hand`
    are the values of the first and the last colour themselves. Logarithmic, equal ratios look equally far apart.

    Raises:
        ArgumentError: a value is not as it must be.

    Example:
        >>> Limits(percentile=99.0, is_logarithmic=True).words
        '99 % of the values, logarithmic'
    """

    percentile: float = 100.0
    by_hand: tuple[float, float] | None = None
    is_logarithmic: bool = False

    def __post_init__(self) -> None:
        require_types(self)
        if not 0 < self.percentile <= 100:
            raise ArgumentError("percentile", "a number above 0, up to 100", self.percentile)
        if self.by_hand is not None:
            low, high = self.by_hand
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                wanted = "two finite numbers, the first below the second"
                raise ArgumentError("by_hand", wanted, self.by_hand)

    @property
    def is_usual(self) -> bool:
        """Nothing was chosen."""
        return self == USUAL_LIMITS

    @property
    def words(self) -> str:
        """What was chosen; empty where nothing was."""
        parts = []
        if self.by_hand is not None:
            parts.append(f"{self.by_hand[0]:.4g} to {self.by_hand[1]:.4g} by hand")
        elif self.percentile < 100:
            parts.append(f"{self.percentile:.4g} % of the values")
        return ", ".join((*parts, *(("logarithmic",) if self.is_logarithmic else ())))


USUAL_LIMITS = Limits()
