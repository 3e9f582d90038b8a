"""What the study "Blocks, one at a time" shows: the error by block, by how many together, and by their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from resnet_viewer.charts.study_panel import (
    HUES,
    Colour,
    Floats,
    Guide,
    LinesPanel,
    Panel,
    Scale,
    Series,
    names,
)
from resnet_viewer.records import notation
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.story_words import counted, joined
from resnet_viewer.records.studies.blocks import (
    SINGLE,
    BlocksOptions,
    Kind,
    base_of,
    by_block,
    by_count,
    error_of,
    number_of,
    targets,
)
from resnet_viewer.records.study import Row, StudyResult
from resnet_viewer.records.wiring import Wiring

BAND = 10.0, 90.0
"""Percentiles of the draws, between which the band lies."""
_NAMES: dict[Kind, str] = {
    "drop": "branch dropped (lesion)",
    "cut": "shortcut cut",
    "leave out": "block left out",
    "drops": "branches dropped",
    "leave outs": "blocks left out",
}
_ROLES: dict[Kind, Colour] = {"drop": "branch", "leave out": "branch", "cut": "shortcut"}


class _Shown(NamedTuple):
    """A result with what it is called among the others, and its colour there; None where it is alone."""

    result: StudyResult
    name: str
    colour: Colour | None

    @property
    def options(self) -> BlocksOptions:
        options = self.result.order.options
        assert isinstance(options, BlocksOptions)
        return options

    @property
    def plan(self) -> Blueprint:
        state = self.result.order.state
        return blueprint(state.network, state.preprocessing.crop)

    @property
    def wiring(self) -> Wiring:
        return self.result.order.state.wiring

    def called(self, words: str) -> str:
        """ "ResNet-20: shortcut cut"."""
        return f"{self.name}: {words}" if self.name else words

    def guide(self) -> Iterator[Guide]:
        """The error of the network as it begins."""
        if (base := base_of(self.result)) is not None and self.result.basis.has_labels:
            yield Guide(self.called("as it begins"), error_of(base))


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """One panel for each question that one of the results asks."""
    called = names(results)
    shown = [
        _Shown(result, name, HUES[place % len(HUES)] if len(results) > 1 else None)
        for place, (result, name) in enumerate(zip(results, called, strict=True))
    ]
    measures = list(dict.fromkeys(result.basis.measure for result in results))
    y = Scale(f"{joined(measures)} (%)", least=0.0)
    singly = [each for each in shown if each.options.lesions or each.options.cuts]
    several = [each for each in shown if each.options.several]
    swapped = [each for each in shown if each.options.swaps and each.plan.alike]
    found: list[Panel] = []
    if singly:
        found.append(_by_block(singly, y))
    if several:
        found.append(_by_count(several, y))
    if swapped:
        found.append(_by_order(swapped, y))
    return tuple(found)


def _by_block(shown: Sequence[_Shown], y: Scale) -> LinesPanel:
    series = tuple(
        _singles(each, kind, rows)
        for each in shown
        for kind in SINGLE
        if (rows := by_block(each.result, kind))
    )
    guides = tuple(guide for each in shown for guide in each.guide())
    return LinesPanel(
        "One block at a time", Scale("block", is_whole=True), y, series, guides, is_by_block=True
    )


def _singles(shown: _Shown, kind: Kind, rows: dict[int, Row]) -> Series:
    """The errors of single blocks, with their 95 % intervals."""
    words = (
        f"{shown.plan.blocks[block - 1].label} · {_NAMES[kind]}: {_error(row)}" for block, row in rows.items()
    )
    return Series(
        shown.called(_NAMES[kind]),
        np.array([*rows], np.float64),
        _values(rows.values(), "error"),
        _values(rows.values(), "low"),
        _values(rows.values(), "high"),
        looks="dots",
        colour=shown.colour or _ROLES[kind],
        states=tuple(_changed(shown.wiring, kind, [block]) for block in rows),
        words=tuple(shown.called(text) for text in words),
    )


def _by_count(shown: Sequence[_Shown], y: Scale) -> LinesPanel:
    kinds = list(dict.fromkeys(map(_several_of, shown)))
    series = tuple(made for each in shown if (made := _means(each)) is not None)
    guides = tuple(guide for each in shown for guide in each.guide())
    title = " or ".join(_NAMES[kind] for kind in kinds)
    return LinesPanel("Several at once", Scale(f"{title} together", is_whole=True), y, series, guides)


def _several_of(shown: _Shown) -> Kind:
    return "drops" if targets(shown.result.order.state, shown.plan).drop else "leave outs"


def _means(shown: _Shown) -> Series | None:
    """The mean error of the draws by how many blocks they have, from none on, with the band of most of them."""
    kind, base = _several_of(shown), base_of(shown.result)
    found = by_count(shown.result, kind)
    if base is None or not found:
        return None
    errors = [np.array([error_of(base)]), *(_values(rows, "error") for rows in found.values())]
    means = np.array([values.mean() for values in errors])
    low, high = (np.array([np.percentile(values, end) for values in errors]) for end in BAND)
    states: list[Wiring] = [shown.wiring]
    words = [f"as it begins: {_error(base)}"]
    for (count, rows), mean, least, most in zip(found.items(), means[1:], low[1:], high[1:], strict=True):
        nearest = min(rows, key=lambda row: abs(error_of(row) - mean))
        blocks = str(nearest["blocks"])
        states.append(_changed(shown.wiring, kind, notation.blocks(blocks, shown.wiring.block_count)))
        words.append(
            f"{_counted(kind, count)}: {mean:.1f} % in the mean of "
            f"{counted(len(rows), 'draw')} (10 to 90 % of them: {least:.1f} to {most:.1f} %); nearest to it: {blocks}"
        )
    return Series(
        shown.called(_NAMES[kind]),
        np.array([0, *found], np.float64),
        means,
        low,
        high,
        colour=shown.colour or "branch",
        is_dashed=kind == "leave outs",
        states=tuple(states),
        words=tuple(shown.called(text) for text in words),
    )


def _counted(kind: Kind, count: int) -> str:
    """ "1 branch dropped", "12 blocks left out"."""
    if kind == "drops":
        return f"{count} {'branch' if count == 1 else 'branches'} dropped"
    return f"{count} {'block' if count == 1 else 'blocks'} left out"


def _by_order(shown: Sequence[_Shown], y: Scale) -> LinesPanel:
    series = tuple(_orders(each, rows) for each in shown if (rows := each.result.chosen(kind="swaps")))
    guides = tuple(guide for each in shown for guide in each.guide())
    x = Scale("Kendall's τ to the trained order", most=1.0)
    return LinesPanel("Blocks of equal shape swapped", x, y, series, guides)


def _orders(shown: _Shown, rows: Sequence[Row]) -> Series:
    """A dot for each order that was drawn."""
    rows = sorted(rows, key=lambda row: row["tau"])  # type: ignore[arg-type,return-value]  # a number
    words = (
        f"{counted(int(number_of(row, 'count')), 'swap')}, τ {number_of(row, 'tau'):.2f}: {_error(row)}; {row['order']}"
        for row in rows
    )
    return Series(
        shown.called("swapped"),
        _values(rows, "tau"),
        _values(rows, "error"),
        looks="dots",
        colour=shown.colour or "first",
        words=tuple(shown.called(text) for text in words),
    )


def _changed(wiring: Wiring, kind: Kind, blocks: Sequence[int]) -> Wiring:
    """What the point was measured with."""
    match kind:
        case "cut":
            return wiring.with_shortcuts(blocks, 0.0)
        case "drop" | "drops":
            return wiring.with_branches(blocks, 0.0)
        case _:
            return wiring.with_left_out(blocks)


def _error(row: Row) -> str:
    return (
        f"{error_of(row):.1f} % (95 % interval {number_of(row, 'low'):.1f} to {number_of(row, 'high'):.1f} %)"
    )


def _values(rows: Iterable[Row], name: str) -> Floats:
    return np.array([number_of(row, name) for row in rows], np.float64)
