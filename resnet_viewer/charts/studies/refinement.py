"""What is drawn of "Iterative refinement": cosine, size, what is still lacking, and what can be read, by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

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
from resnet_viewer.records.story_words import joined
from resnet_viewer.records.studies.refinement import RefinementOptions, rows_by_block, stages_of
from resnet_viewer.records.study import Row, StudyResult, number

_BLOCK = Scale("block", is_whole=True)
_Make = Callable[[StudyResult, str, Colour], Iterator[Series]]


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Four on the same axis of blocks."""
    measures = joined(list(dict.fromkeys(result.basis.measure for result in results)))
    return (
        _panel(
            results,
            "Branch against the loss",
            Scale("cosine with the loss's gradient"),
            _cosines,
            Guide("at right angles", 0.0),
        ),
        _panel(
            results,
            "Size of what is added",
            Scale("norm, over what the shortcut carries", least=0.0),
            _ratios,
        ),
        _panel(
            results,
            "Lacking to the end of the stage",
            Scale("stage's end less block's output"),
            _lacking,
            Guide("nothing lacking", 0.0),
        ),
        _panel(results, "Read after each block", Scale(f"{measures} (%)", least=0.0), _readings),
    )


def _panel(results: Sequence[StudyResult], title: str, y: Scale, make: _Make, *guides: Guide) -> LinesPanel:
    series = tuple(
        each
        for place, (result, name) in enumerate(zip(results, names(results), strict=True))
        for each in make(result, name, hue_of(place, name))
    )
    message = "" if series else "No block is measured yet."
    if not series and any(result.is_complete for result in results):
        message = "There is no such number for any block."
    return LinesPanel(title, _BLOCK, y, series, guides if series else (), is_by_block=True, message=message)


def _cosines(result: StudyResult, name: str, colour: Colour) -> Iterator[Series]:
    yield from _line(result, name, colour, "cosine", "cosine")


def _ratios(result: StudyResult, name: str, colour: Colour) -> Iterator[Series]:
    yield from _line(result, name, colour, "ratio", "size")


def _line(result: StudyResult, name: str, colour: Colour, key: str, noun: str) -> Iterator[Series]:
    """The mean over pictures, with the middle 80 % of them."""
    rows = rows_by_block(result)
    if not np.isfinite(_values(rows.values(), key)).any():
        return

    def said(row: Row) -> str:
        if not np.isfinite(number(row, key)):
            return f"no {noun}"
        return (
            f"{noun} {number(row, key):.3g} (10 to 90 % of {row[f'{key}_pictures']} pictures: "
            f"{number(row, f'{key}_low'):.3g} to {number(row, f'{key}_high'):.3g})"
        )

    yield Series(
        name or "mean over pictures",
        np.array([*rows], np.float64),
        _values(rows.values(), key),
        _values(rows.values(), f"{key}_low"),
        _values(rows.values(), f"{key}_high"),
        colour=colour,
        words=tuple(_words(name, row, said(row)) for row in rows.values()),
    )


def _lacking(result: StudyResult, name: str, colour: Colour) -> Iterator[Series]:
    """Mean and spread; the line is broken where a stage begins."""
    rows = rows_by_block(result)
    places: list[float] = []
    values: list[float] = []
    spreads: list[float] = []
    words: list[str] = []
    for blocks in stages_of(result).values():
        if places:
            places.append(places[-1] + 0.5)
            values.append(np.nan)
            spreads.append(np.nan)
            words.append("")
        for block in blocks:
            row = rows[block]
            mean, spread = number(row, "to_end"), number(row, "to_end_deviation")
            places.append(float(block))
            values.append(mean)
            spreads.append(spread)
            words.append(
                _words(
                    name,
                    row,
                    f"lacks {mean:.3g} in the mean, deviation {spread:.3g}; its channels' means "
                    f"{number(row, 'to_end_bias'):.3g}",
                )
            )
    if not np.isfinite(values).any():
        return
    means, deviations = np.array(values), np.array(spreads)
    yield Series(
        name or "mean, with its deviation",
        np.array(places),
        means,
        means - deviations,
        means + deviations,
        colour=colour,
        words=tuple(words),
    )


def _readings(result: StudyResult, name: str, colour: Colour) -> Iterator[Series]:
    """The errors of linear classifiers, and of the network's own one where it fits, which is dashed."""
    options = result.order.options
    assert isinstance(options, RefinementOptions)
    for key, called in (("read", "linear classifier"), ("own", "the network's own")):
        rows = {block: row for block, row in rows_by_block(result).items() if np.isfinite(number(row, key))}
        if not rows:
            continue
        words = (
            f"{called}: {number(row, key):.1f} % (95 % interval {number(row, f'{key}_low'):.1f} to "
            f"{number(row, f'{key}_high'):.1f} %)"
            for row in rows.values()
        )
        yield Series(
            f"{name}: {called}" if name else called,
            np.array([*rows], np.float64),
            _values(rows.values(), key),
            _values(rows.values(), f"{key}_low"),
            _values(rows.values(), f"{key}_high"),
            colour=colour if name or key == "read" else "text",
            is_dashed=key == "own",
            words=tuple(_words(name, row, said) for row, said in zip(rows.values(), words, strict=True)),
        )


def _words(name: str, row: Row, said: str) -> str:
    return " · ".join(filter(None, (name, str(row.get("described") or f"block {row['block']}"), said)))


def _values(rows: Iterable[Row], key: str) -> Floats:
    return np.array([number(row, key) for row in rows], np.float64)
