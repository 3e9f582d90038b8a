"""Games against their definitions: sums over subsets, and over the orders in which players come together."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from resnet_viewer.records.games import Game


def invented(players: int, seed: int = 0) -> Game:
    return Game(np.random.default_rng(seed).normal(50, 20, 2**players))


def subsets(members: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [each for size in range(len(members) + 1) for each in itertools.combinations(members, size)]


def value(game: Game, members: tuple[int, ...]) -> float:
    return float(game.values[sum(1 << player for player in members)])


def test_interactions_are_the_direct_sum_over_subsets_and_sum_to_everybodys_value() -> None:
    game = invented(5)
    for members in subsets(tuple(range(5))):
        direct = sum((-1) ** (len(members) - len(part)) * value(game, part) for part in subsets(members))
        assert game.interactions[sum(1 << player for player in members)] == pytest.approx(direct)
        inside = [game.interactions[sum(1 << player for player in part)] for part in subsets(members)]
        assert sum(inside) == pytest.approx(value(game, members))
    assert game.interactions.sum() == pytest.approx(game.values[-1])


def test_worth_is_what_a_player_adds_over_all_orders_of_arrival_and_nothing_is_left() -> None:
    game = invented(5, seed=1)
    added = np.zeros(5)
    for arrival in itertools.permutations(range(5)):
        for place, player in enumerate(arrival):
            added[player] += value(game, arrival[: place + 1]) - value(game, arrival[:place])
    assert game.worth == pytest.approx(added / math.factorial(5))
    assert game.worth.sum() == pytest.approx(game.values[-1] - game.values[0])


def test_pairs_are_grabischs_and_roubens_weighted_sum_over_contexts() -> None:
    game, n = invented(6, seed=2), 6
    for i, j in itertools.combinations(range(n), 2):
        index = 0.0
        for context in subsets(tuple(player for player in range(n) if player not in (i, j))):
            weight = (
                math.factorial(len(context)) * math.factorial(n - len(context) - 2) / math.factorial(n - 1)
            )
            both, one, other = (value(game, (*context, *more)) for more in ((i, j), (i,), (j,)))
            index += weight * (both - one - other + value(game, context))
        assert game.pairs[i, j] == game.pairs[j, i] == pytest.approx(index)
    assert np.isnan(np.diag(game.pairs)).all()


def test_variance_by_order_is_what_fits_of_that_order_explain() -> None:
    game, n = invented(4, seed=3), 4
    signs = 1.0 - 2.0 * np.array([[place >> player & 1 for player in range(n)] for place in range(2**n)])
    left = game.values - game.values.mean()
    for order in range(1, n + 1):
        columns = np.stack(
            [signs[:, each].prod(1) for each in itertools.combinations(range(n), order)], axis=1
        )
        fitted = columns @ np.linalg.lstsq(columns, left, rcond=None)[0]
        assert game.variance[order] == pytest.approx((fitted**2).mean())
    assert game.variance.sum() == pytest.approx(game.values.var())


def test_a_sum_of_single_worths_has_no_interactions() -> None:
    alone = np.array([3.0, -1.0, 4.0, 1.5])
    taking_part = np.array([[place >> player & 1 for player in range(4)] for place in range(16)])
    game = Game(10 + taking_part @ alone)
    assert game.worth == pytest.approx(alone)
    assert game.strength[0] == pytest.approx(10)
    assert game.strength[1] == pytest.approx(np.abs(alone).sum())
    assert game.strength[2:] == pytest.approx(0, abs=1e-9)
    assert game.variance[2:] == pytest.approx(0, abs=1e-9)


def test_unrelated_values_have_the_strength_that_dealing_them_by_chance_gives() -> None:
    game = invented(8, seed=4)
    generator = np.random.default_rng(5)
    dealt = np.mean([Game(generator.permutation(game.values)).strength for _ in range(200)], axis=0)
    assert game.unrelated[2:] == pytest.approx(dealt[2:], rel=0.08)
    assert game.counts.tolist() == [math.comb(8, order) for order in range(9)]


@pytest.mark.parametrize("values", [[], [1.0, 2.0, 3.0], [[1.0, 2.0]], [1.0, math.nan]])
def test_values_that_are_no_game_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"2ⁿ|not known"):
        Game(np.array(values))


def test_nobody_is_a_game_too() -> None:
    game = Game(np.array([7.0]))
    assert (game.players, game.interactions.tolist(), game.worth.shape, game.pairs.shape) == (
        0,
        [7.0],
        (0,),
        (0, 0),
    )
