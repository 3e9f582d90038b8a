"""What is drawn of "Paths": the gradient through one path by its length, and what the paths of each length carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from resnet_viewer.charts.study_panel import (
    Colour,
    Floats,
    Guide,
    LinesPanel,
    Panel,
    Scale,
    Series,
    hue_of,
    names,
)
from resnet_viewer.records.studies.paths import (
    PathsOptions,
    effective,
    product_shares,
    rows_by_length,
    ways_of,
)
from resnet_viewer.records.study import Row, StudyResult

_LENGTHS = Scale("path length (residual branches)", is_whole=True)


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """The gradient's magnitude, then the shares of the paths and of the product; of all results."""
    named = tuple(zip(results, names(results), strict=True))
    quantities = dict.fromkeys(_gradient_of(result) for result in results)
    hues = [hue_of(place, name) for place, (_, name) in enumerate(named)]
    magnitudes = [_magnitudes(result, name, hue) for (result, name), hue in zip(named, hues, strict=True)]
    shares: dict[tuple[object, ...], Series] = {}
    for (result, name), hue in zip(named, hues, strict=True):
        shares[name, hue] = _product(result, name or "paths × gradient", hue)
        found = ways_of(result)
        name = "paths" if len(named) == 1 else f"paths of {len(found.choices)} blocks"
        shares[found.choices, found.always] = Series(
            name, *_columns(found.shares), colour="reference", is_dashed=True
        )
    return (
        LinesPanel(
            "Gradient through one path",
            _LENGTHS,
            Scale(f"input gradient of the {' or '.join(quantities) or 'score'}", is_log=True),
            tuple(magnitudes),
        ),
        LinesPanel(
            "What the paths of a length carry",
            _LENGTHS,
            Scale("share (%)", least=0.0),
            tuple(shares.values()),
            _guides(named[0][0]) if len(named) == 1 else (),
        ),
    )


def _gradient_of(result: StudyResult) -> str:
    assert isinstance(result.order.options, PathsOptions)
    return result.order.options.gradient_of


def _magnitudes(result: StudyResult, name: str, hue: Colour) -> Series:
    """With the middle 80 % of the paths of each length as its band."""
    rows = rows_by_length(result)
    lengths = ways_of(result).lengths
    mean, low, high = (
        np.array([_number(rows.get(length), key) for length in lengths])
        for key in ("gradient", "gradient_low", "gradient_high")
    )
    return Series(
        name,
        np.array(lengths, np.float64),
        mean,
        low,
        high,
        colour=hue,
        words=tuple(_words(rows.get(length), name) for length in lengths),
    )


def _words(row: Row | None, name: str) -> str:
    if row is None or None in (row["gradient"], row["gradient_low"], row["gradient_high"]):
        return ""
    said = f"length {row['length']}: gradient {row['gradient']:.3g}, the mean of {row['paths']} paths"
    said += f" (80 % of them {row['gradient_low']:.3g} to {row['gradient_high']:.3g})"
    return f"{name} · {said}" if name else said


def _number(row: Row | None, key: str) -> float:
    value = None if row is None else row[key]
    return value if isinstance(value, float) else float("nan")


def _product(result: StudyResult, name: str, hue: Colour) -> Series:
    """In percent of the lengths that are measured."""
    return Series(name, *_columns(product_shares(result)), colour=hue)


def _columns(shares: Mapping[int, float]) -> tuple[Floats, Floats]:
    return np.array([*shares], np.float64), 100 * np.array([*shares.values()], np.float64)


def _guides(result: StudyResult) -> tuple[Guide, ...]:
    """Where the effective lengths begin and end, once all are known."""
    shares = product_shares(result)
    if not (result.is_complete and shares):
        return ()
    first, last = effective(shares)
    name = f"effective lengths {first} to {last}" if first < last else f"effective length {first}"
    return tuple(Guide(name, at, is_upright=True) for at in dict.fromkeys((first, last)))
