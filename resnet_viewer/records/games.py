"""Cooperative games of a few players: what each is worth, and what some are worth only together.

A game of n players gives a value v(S) to every coalition S of them: here an array of 2ⁿ numbers, where bit i of a place
says whether player i (from 0) takes part. Place 0 is nobody, the last place is everybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Game:
    """The values of all coalitions.

    Raises:
        ValueError: they are not 2ⁿ finite numbers.
    """

    values: Floats
    """(2ⁿ,), by coalition."""

    def __post_init__(self) -> None:
        count = len(self.values)
        if self.values.shape != (count,) or count < 1 or count & (count - 1):
            raise ValueError(f"a game has 2ⁿ values, not {self.values.shape}")
        if not np.isfinite(self.values).all():
            raise ValueError("the value of a coalition is not known")

    @property
    def players(self) -> int:
        """How many there are."""
        return len(self.values).bit_length() - 1

    @cached_property
    def sizes(self) -> Integers:
        """(2ⁿ,), how many take part in each coalition."""
        return np.bitwise_count(np.arange(len(self.values))).astype(np.int64)

    @cached_property
    def interactions(self) -> Floats:
        """(2ⁿ,), Möbius' transform, Harsanyi's dividends (1963): m(S) = Σ over T ⊆ S of (−1)^(|S| − |T|) · v(T).

        It is what S is worth together beyond what all smaller coalitions in it are: v(S) = Σ over T ⊆ S of m(T).
        """
        return _transformed(self.values, lambda without, taking_part: (without, taking_part - without))

    @cached_property
    def worth(self) -> Floats:
        """(n,), Shapley's value (1953): φ(i) = Σ over S ∋ i of m(S) / |S|, what a player adds, averaged over all orders
        in which they could come together; they sum to v(everybody) − v(nobody).
        """
        shares = self.interactions / np.maximum(self.sizes, 1)
        return np.array([shares[self._have(player)].sum() for player in range(self.players)])

    @cached_property
    def pairs(self) -> Floats:
        """(n, n), Shapley's interaction index of two players (Grabisch and Roubens 1999): Σ over S ⊇ {i, j} of
        m(S) / (|S| − 1); nan on the diagonal.

        It is what one adds more (or less, where it is negative) where the other takes part, averaged over the others
        that do: every number of them counts alike, and of one number every choice. It is positive where two need each
        other, and negative where they stand in for each other.
        """
        shares = self.interactions / np.maximum(self.sizes - 1, 1)
        found = np.full((self.players, self.players), np.nan)
        for i in range(self.players):
            for j in range(i):
                found[i, j] = found[j, i] = shares[self._have(i) & self._have(j)].sum()
        return found

    @cached_property
    def variance(self) -> Floats:
        """(n + 1,), how much of the values' variance over all coalitions each order makes: orders sum to the variance.

        Of Walsh's coefficients w(S) = 2⁻ⁿ · Σ over T of (−1)^|S ∩ T| · v(T) the squares sum to the mean square; they
        are Hoeffding's parts (1948) for players who take part with an even chance, each for itself.
        """
        walsh = _transformed(
            self.values, lambda without, taking_part: (without + taking_part, without - taking_part)
        )
        squares = (walsh / len(self.values)) ** 2
        found = self._by_order(squares)
        found[0] = 0.0
        return found

    @cached_property
    def strength(self) -> Floats:
        """(n + 1,), the sum of |m(S)| of each order |S|."""
        return self._by_order(np.abs(self.interactions))

    @cached_property
    def counts(self) -> Floats:
        """(n + 1,), how many coalitions there are of each order."""
        return self._by_order(np.ones(len(self.values)))

    @cached_property
    def unrelated(self) -> Floats:
        """(n + 1,), what `strength` would be, about, if the same values were dealt to the coalitions by chance; nan at
        order 0.

        An interaction of order k is a sum of 2ᵏ values with changing signs. Of values of variance s² (as of a sample)
        that have nothing to do with each other its variance is 2ᵏ · s², and the mean of |m| is √(2/π) times its root
        where it is about normal. So the highest orders are large in any game: only beside this do they mean something.
        """
        if self.players == 0:
            return np.full(1, np.nan)
        orders = np.arange(self.players + 1)
        spread = float(self.values.std(ddof=1))
        found: Floats = self.counts * math.sqrt(2 / math.pi) * spread * 2.0 ** (orders / 2)
        found[0] = np.nan
        return found

    def _have(self, player: int) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (np.arange(len(self.values)) >> player & 1).astype(np.bool_)
        return found

    def _by_order(self, numbers: Floats) -> Floats:
        found: Floats = np.bincount(self.sizes, numbers, self.players + 1).astype(np.float64)
        return found


def _transformed(values: Floats, pair: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> Floats:
    """Each player in turn, for all coalitions of the others at once: what stands there without and with it."""
    found = values.astype(np.float64)
    for player in range(len(values).bit_length() - 1):
        halves = found.reshape(-1, 2, 2**player)
        found = np.stack(pair(halves[:, 0], halves[:, 1]), axis=1).reshape(-1)
    return found
