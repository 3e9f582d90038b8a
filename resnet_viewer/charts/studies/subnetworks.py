"""What is drawn of all sub-networks: their errors by size, and what blocks are worth alone and together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resnet_viewer.charts.study_panel import (
    HUES,
    Colour,
    Floats,
    Guide,
    LinesPanel,
    Looks,
    MatrixPanel,
    Panel,
    Scale,
    Series,
    names,
)
from resnet_viewer.records.games import Game
from resnet_viewer.records.story_words import percent, thousands
from resnet_viewer.records.studies.subnetworks import Found, error_of, without_words
from resnet_viewer.records.study import Row, StudyResult

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, lie evenly however many there are: sub-networks of one size stand side by side."""
_WIDTH = 0.5
"""Of a size's dots, in blocks."""


class _Whose(NamedTuple):
    found: Found
    name: str
    """Empty for the only one."""
    hue: Colour

    def named(self, what: str) -> str:
        """ "best", of several results "ResNet-20, best"."""
        return f"{self.name}, {what}" if self.name else what


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Errors by size, strength and share of each order, the matrix of pairs, and each block's worth."""
    all_of_them = [
        _Whose(Found(result), name, HUES[place % len(HUES)])
        for place, (result, name) in enumerate(zip(results, names(results), strict=True))
    ]
    known = [(whose, game) for whose in all_of_them if (game := whose.found.game) is not None]
    complete = [(whose, game) for whose, game in known if game.players > 1]
    message = "" if complete else _message(results)
    return (
        _errors(all_of_them),
        _orders(complete, message),
        _shares(complete, message),
        *([_pairs(whose, game) for whose, game in complete] or [_no_pairs(message)]),
        _worth(known, "" if known else message),
    )


def _message(results: Sequence[StudyResult]) -> str:
    if all(result.is_complete for result in results):
        return "One block has nothing to interact with."
    told = " and ".join(f"{thousands(len(each.rows))} of {thousands(each.points)}" for each in results)
    return f"Interactions need all sub-networks; {told} are measured."


def _errors(all_of_them: Sequence[_Whose]) -> Panel:
    series: list[Series] = []
    measures = dict.fromkeys(whose.found.result.basis.measure for whose in all_of_them)
    for whose in all_of_them:
        if whose.found.rows:
            series += _errors_of(whose)
    guides = {
        100 * (1 - 1 / whose.found.result.order.state.network.classes)
        for whose in all_of_them
        if whose.found.result.basis.has_labels
    }
    return LinesPanel(
        "Error by size",
        Scale("blocks kept", is_whole=True),
        Scale(f"{' or '.join(measures)} (%)", least=0.0),
        tuple(series),
        tuple(Guide("guessing", guide) for guide in sorted(guides)),
        message="" if series else "No sub-network is measured yet.",
    )


def _errors_of(whose: _Whose) -> list[Series]:
    is_alone = not whose.name
    sizes = whose.found.by_size()
    placed = [(size + _beside(place), row) for size, rows in sizes.items() for place, row in enumerate(rows)]
    placed.sort(key=lambda dot: dot[0])
    best = [(float(size), rows[0]) for size, rows in sizes.items()]
    median = [(float(size), rows[(len(rows) - 1) // 2]) for size, rows in sizes.items()]
    worst = [(float(size), rows[-1]) for size, rows in sizes.items()]
    found = [
        _rows(whose, "each", placed, "reference" if is_alone else whose.hue, looks="dots"),
        _rows(whose, "best", best, "branch" if is_alone else whose.hue),
        _rows(whose, "median", median, "text" if is_alone else whose.hue, is_dashed=True),
    ]
    return [*found, _rows(whose, "worst", worst, "changed")] if is_alone else found


def _rows(
    whose: _Whose,
    name: str,
    rows: Sequence[tuple[float, Row]],
    colour: Colour,
    *,
    looks: Looks = "line",
    is_dashed: bool = False,
) -> Series:
    found = whose.found
    return Series(
        whose.named(name),
        np.array([x for x, _ in rows]),
        np.array([error_of(row) for _, row in rows]),
        looks=looks,
        colour=colour,
        is_dashed=is_dashed,
        states=tuple(found.wiring(row) for _, row in rows),
        words=tuple(f"{percent(error_of(row))}: {without_words(found.dropped(row))}" for _, row in rows),
    )


def _beside(place: int) -> float:
    return _WIDTH * (place * _GOLDEN % 1.0 - 0.5)


def _orders(complete: Sequence[tuple[_Whose, Game]], message: str) -> Panel:
    series: list[Series] = []
    for whose, game in complete:
        is_alone = not whose.name
        words = tuple(
            f"order {order}: {thousands(game.counts[order])} choices, sum of |m| {thousands(game.strength[order], 1)}, "
            f"mean {game.strength[order] / game.counts[order]:.2f} points"
            for order in _numbers(game)
        )
        hue: Colour = "branch" if is_alone else whose.hue
        series.append(_by_order(whose, "sum", game.strength, hue, words=words))
        series.append(
            _by_order(whose, "chance", game.unrelated, "reference" if is_alone else hue, is_dashed=True)
        )
        if is_alone:
            series.append(_by_order(whose, "mean", game.strength / game.counts, "text", words=words))
            if whose.found.chance is not None:
                series.append(_by_order(whose, "pictures", whose.found.chance, "changed", is_dashed=True))
    return LinesPanel(
        "Interactions by order",
        Scale("blocks together", is_whole=True),
        Scale("|interaction| (points)", is_log=True),
        tuple(series),
        message=message,
    )


def _shares(complete: Sequence[tuple[_Whose, Game]], message: str) -> Panel:
    series: list[Series] = []
    for whose, game in complete:
        total = game.variance.sum()
        shares = 100 * game.variance / total if total > 0 else np.full(game.players + 1, np.nan)
        by_chance = 100 * game.counts / (2**game.players - 1)
        hue: Colour = "branch" if not whose.name else whose.hue
        series.append(_by_order(whose, "explained", shares, hue, looks="line" if whose.name else "bars"))
        series.append(
            _by_order(whose, "chance", by_chance, "reference" if not whose.name else hue, is_dashed=True)
        )
    return LinesPanel(
        "Variance by order",
        Scale("blocks together", is_whole=True),
        Scale("variance explained (%)", least=0.0),
        tuple(series),
        message=message,
    )


def _numbers(game: Game) -> range:
    return range(1, game.players + 1)


def _by_order(
    whose: _Whose,
    name: str,
    numbers: Floats,
    colour: Colour,
    *,
    looks: Looks = "line",
    is_dashed: bool = False,
    words: tuple[str, ...] = (),
) -> Series:
    """Numbers of the orders from 1 on; zeros, which a logarithmic axis has no place for, are none."""
    y = np.where(numbers[1:] > 0, numbers[1:], np.nan)
    x = np.arange(1, len(numbers), dtype=np.float64)
    return Series(whose.named(name), x, y, looks=looks, colour=colour, is_dashed=is_dashed, words=words)


def _pairs(whose: _Whose, game: Game) -> Panel:
    found = whose.found
    labels = tuple(map(str, found.players))
    return MatrixPanel(
        f"Which need each other{f': {whose.name}' if whose.name else ''}",
        Scale("block"),
        Scale("block"),
        game.pairs,
        labels,
        labels,
        unit="points",
        is_signed=True,
        states=tuple(
            tuple(None if i == j else found.without(i, j) for j in found.players) for i in found.players
        ),
    )


def _no_pairs(message: str) -> Panel:
    return MatrixPanel(
        "Which need each other", Scale("block"), Scale("block"), np.zeros((0, 0)), message=message
    )


def _worth(known: Sequence[tuple[_Whose, Game]], message: str) -> Panel:
    series: list[Series] = []
    for whose, game in known:
        is_alone, found = not whose.name, whose.found
        numbers = np.array(found.players, np.float64)
        states = tuple(found.without(number) for number in found.players)
        alone = np.array([game.values[-1] - game.values[-1 - (1 << place)] for place in range(game.players)])
        hue: Colour = "branch" if is_alone else whose.hue
        looks: Looks = "bars" if is_alone else "line"
        series.append(
            Series(
                whose.named("worth (Shapley)"), numbers, game.worth, looks=looks, colour=hue, states=states
            )
        )
        series.append(
            Series(
                whose.named("dropped alone"),
                numbers,
                alone,
                looks="dots",
                colour="changed" if is_alone else hue,
                states=states,
            )
        )
    return LinesPanel(
        "What each block is worth",
        Scale("block", is_whole=True),
        Scale("right pictures (points)"),
        tuple(series),
        is_by_block=True,
        message=message,
    )
