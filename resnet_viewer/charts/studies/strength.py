"""What is drawn of "Strength of the shortcuts": error, probability and gradient norms by strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resnet_viewer.charts.study_panel import HUES, Colour, LinesPanel, Panel, Scale, Series, names
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.studies.strength import (
    StrengthOptions,
    groups,
    rows_by_group,
    wiring_of,
)
from resnet_viewer.records.study import Row, StudyResult, number

_STRENGTH = Scale("strength of the shortcuts", least=0.0, most=1.0)


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Four, each with a line for each group of shortcuts of each result."""
    named = tuple(zip(results, names(results), strict=True))
    measure = " or ".join(dict.fromkeys(result.basis.measure for result in results)) or "error"
    is_true = all(result.basis.has_labels for result in results)
    gradient_of = (
        " or the ".join(dict.fromkeys(_options(result).gradient_of for result in results)) or "score"
    )
    whose = "right class" if is_true else "intact network's class"
    return (
        _panel(
            named,
            f"{measure[:1].upper()}{measure[1:]}",
            Scale("pictures (%)", least=0.0, most=100.0),
            "error",
            ("error_low", "error_high"),
        ),
        _panel(
            named,
            f"Probability of the {whose}",
            Scale("mean probability", least=0.0, most=1.0),
            "right",
        ),
        *(
            _panel(
                named,
                f"Gradient of the {gradient_of} in the {layer} layer",
                Scale("gradient norm", is_log=True),
                f"{layer}_gradient",
            )
            for layer in ("first", "last")
        ),
    )


def _options(result: StudyResult) -> StrengthOptions:
    assert isinstance(result.order.options, StrengthOptions)
    return result.order.options


def _panel(
    named: Sequence[tuple[StudyResult, str]],
    title: str,
    y: Scale,
    key: str,
    ends: tuple[str, str] | None = None,
) -> LinesPanel:
    drawn = []
    for place, (result, name) in enumerate(named):
        for (group, rows), hue in zip(rows_by_group(result).items(), _hues(result), strict=True):
            words = " · ".join(filter(None, (name, _title(group))))
            drawn.append(_series(result, words, group, rows, key, ends, hue, is_dashed=place % 2 == 1))
    return LinesPanel(title, _STRENGTH, y, tuple(drawn))


def _hues(result: StudyResult) -> list[Colour]:
    """Orange for all shortcuts, or for those of a single group; stages by their order."""
    count = len(rows_by_group(result))
    hues: list[Colour] = [HUES[place % len(HUES)] for place in range(count)]
    if next(iter(rows_by_group(result))) == "all" or count == 1:
        hues = ["shortcut", *hues[: count - 1]]
    return hues


def _title(group: str) -> str:
    return "all shortcuts" if group == "all" else group


def _series(
    result: StudyResult,
    name: str,
    group: str,
    rows: Mapping[float, Row],
    key: str,
    ends: tuple[str, str] | None,
    hue: Colour,
    *,
    is_dashed: bool,
) -> Series:
    state = result.order.state
    blocks = groups(blueprint(state.network, state.preprocessing.crop), _options(result))[group]
    low, high = (
        (None, None)
        if ends is None
        else (np.array([number(row, end) for row in rows.values()]) for end in ends)
    )
    return Series(
        name,
        np.array([*rows], np.float64),
        np.array([number(row, key) for row in rows.values()]),
        low,
        high,
        colour=hue,
        is_dashed=is_dashed,
        states=tuple(wiring_of(state, blocks, strength) for strength in rows),
    )
