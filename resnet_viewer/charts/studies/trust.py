"""What is drawn of "Is this map to be trusted?": curves beside random maps', and the maps of the first picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from resnet_viewer.charts.limits import span_of
from resnet_viewer.charts.method import SPIKY
from resnet_viewer.charts.palette import SIGNED_COLOURS
from resnet_viewer.charts.study_panel import (
    Colour,
    Floats,
    LinesPanel,
    Panel,
    PictureRow,
    PicturesPanel,
    Pixels,
    Scale,
    Series,
    hue_of,
    names,
)
from resnet_viewer.charts.tiles import coloured
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.studies.trust import (
    ALIKE,
    COMPARED,
    MORE,
    Alike,
    Curve,
    alike,
    compared,
    curves,
    has_signs,
    map_words,
    mean_interval,
    options_of,
    steps_of,
)
from resnet_viewer.records.study import Row, StudyResult

_CHANGED = "pixels changed (%)"
_COLOURS = "inferno"
_NOTHING = "No map is held against random ones yet."


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """All checks, curves of insertion and deletion, how alike maps stay when weights are drawn anew, the first
    picture's maps.
    """
    called = names(results)
    return (
        _overview(results, called),
        _curve_panel(results, called, ("insertion",), "Insertion, most important pixels first"),
        _curve_panel(results, called, ("deletion", "fading"), "Deletion, most important pixels first"),
        _alike_panel(results, called),
        *(panel for result, name in zip(results, called, strict=True) for panel in _pictures(result, name)),
    )


def _series(
    name: str, x: Floats, values: Floats, colour: Colour, *, is_dashed: bool, least: float = 0.0
) -> Series:
    """The mean of what is known in each column, with its 95 % interval over the rows, from `least` to 1."""
    means, lows, highs = [], [], []
    for column in values.T:
        known = column[~np.isnan(column)]
        mean, low, high = mean_interval(known) if len(known) else (np.nan, np.nan, np.nan)
        means.append(mean)
        lows.append(low if np.isfinite(low) else np.nan)
        highs.append(high if np.isfinite(high) else np.nan)
    under, over = np.array(lows).clip(least, 1.0), np.array(highs).clip(least, 1.0)
    has_band = len(values) > 1
    return Series(
        name, x, np.array(means), under if has_band else None, over if has_band else None,
        colour=colour, is_dashed=is_dashed,
    )  # fmt: skip


def _overview(results: Sequence[StudyResult], called: Sequence[str]) -> Panel:
    """Every number beside that of random maps, a row each."""
    series: list[Series] = []
    count = 2 * len(results)
    for place, (result, name) in enumerate(zip(results, called, strict=True)):
        found = compared(result)
        if not found:
            continue
        rows = np.array([float(len(COMPARED) - COMPARED.index(what)) for what in found])
        hue = hue_of(place, name)
        for number, (whose, colour) in enumerate(
            (
                (name or map_words(result), hue),
                (f"{name}, random maps" if name else "random maps", hue if name else "reference"),
            )
        ):
            told = [mean_interval(pair[number]) for pair in found.values()]
            middle, low, high = (np.array(each) for each in zip(*told, strict=True))
            low, high = (np.where(np.isfinite(end), end, middle) for end in (low, high))
            aside = 0.7 * (0.5 - (2 * place + number + 0.5) / count)
            words = tuple(
                f"{what} · {whose}: " + f"{mean:.3g} ({least:.3g} to {most:.3g})".replace("-", "−")
                for what, mean, least, most in zip(found, middle, low, high, strict=True)
            )
            series.append(
                Series(
                    whose, middle, rows + aside, looks="dots", colour=colour, across=(low, high), words=words
                )
            )
    return LinesPanel(
        "Every check, beside random maps",
        Scale(f"mean ({MORE} more is better)", least=0.0, most=1.0),
        Scale("", names=tuple(reversed(COMPARED))),
        tuple(series),
        message="" if series else _NOTHING,
    )


def _curve_panel(
    results: Sequence[StudyResult], called: Sequence[str], kinds: Sequence[Curve], title: str
) -> Panel:
    series: list[Series] = []
    if len(results) > 1:
        kinds = kinds[:1]  # more lines than these cannot be told apart
    for place, (result, name) in enumerate(zip(results, called, strict=True)):
        for number, kind in enumerate(kinds):
            ours, random = curves(result, kind)
            if not len(ours):
                continue
            shares = np.linspace(0, 100, ours.shape[1])
            ground = "to black" if kind == "deletion" else "to blurred" if kind == "fading" else ""
            ground = ground if len(kinds) > 1 else ""
            whose = name or (map_words(result) if not ground else "")
            hue: Colour = hue_of(place, name) if number == 0 else "shortcut"
            series += [
                _series(_joined(whose, ground), shares, ours, hue, is_dashed=False),
                _series(
                    _joined(f"{name}, random maps" if name else "random maps", ground),
                    shares,
                    random,
                    "reference" if number == 0 and not name else hue,
                    is_dashed=True,
                ),
            ]
    return LinesPanel(
        title,
        Scale(_CHANGED),
        Scale("probability of the class", least=0.0),
        tuple(series),
        message="" if series else _NOTHING,
    )


def _joined(whose: str, ground: str) -> str:
    return ", ".join(filter(None, (whose, ground)))


def _alike_panel(results: Sequence[StudyResult], called: Sequence[str]) -> Panel:
    series: list[Series] = []
    for place, (result, name) in enumerate(zip(results, called, strict=True)):
        steps = steps_of(result)
        kinds: list[Alike] = ["rank", "magnitude"] if has_signs(result) and not name else ["rank"]
        if not name:
            kinds.append("ssim")
        colours: dict[Alike, Colour] = {"rank": hue_of(place, name), "magnitude": "shortcut", "ssim": "third"}
        for kind in kinds:
            ours, random = alike(result, kind)
            if not len(ours):
                continue
            x = np.arange(len(steps) + 1.0)
            whole = np.column_stack([np.ones(len(ours)), ours])
            made = _series(name or ALIKE[kind], x, whole, colours[kind], is_dashed=False, least=-1.0)
            words = tuple(_alike_words(made, number, steps, result) for number in range(len(x)))
            series.append(replace(made, words=words))
            if kind == "rank":
                level = np.repeat(random[:, None], len(x), axis=1)
                chance = f"{name}, random maps" if name else "random maps"
                hue: Colour = hue_of(place, name) if name else "reference"
                series.append(_series(chance, x, level, hue, is_dashed=True, least=-1.0))
    return LinesPanel(
        "How alike maps stay as weights are drawn anew",
        Scale("portions drawn anew, the classifier first", is_whole=True),
        Scale("how alike (1: the same)"),
        tuple(series),
        message="" if series else _NOTHING,
    )


def _alike_words(series: Series, place: int, steps: Sequence[str], result: StudyResult) -> str:
    anew = f"drawn anew down to {steps[place - 1]}" if place else "as trained"
    value = series.y[place]
    told = "every map is blank" if np.isnan(value) else f"{value:.3g}".replace("-", "−")
    if series.low is not None and series.high is not None and np.isfinite(series.low[place]):
        told += f" ({series.low[place]:.2f} to {series.high[place]:.2f})".replace("-", "−")
    return f"{series.name} · {anew}: {told}"


def _pictures(result: StudyResult, name: str) -> tuple[Panel, ...]:
    """The first picture's maps, as weights are drawn anew, and itself, as pixels change."""
    beside = f" · {name}" if name else ""
    anew = next((row for row in result.rows if "shown_maps" in row), None)
    changed = next((row for row in result.rows if "shown_picture" in row), None)
    return (
        *((_anew_panel(result, anew, beside),) if anew is not None else ()),
        *((_changed_panel(result, changed, beside),) if changed is not None else ()),
    )


def _anew_panel(result: StudyResult, row: Row, beside: str) -> Panel:
    steps = steps_of(result)
    title = f"{map_words(result)} of {row.get('picture')}, weights drawn anew{beside}"
    x = Scale("drawn anew down to")
    size = _size(row, "shown_rows", "shown_columns")
    values = _numbers(row, "shown_maps")
    if size is None or values is None or values.size != (len(steps) + 1) * size[0] * size[1]:
        return PicturesPanel(title, x, np.zeros(0), (), message="Its maps cannot be read.")
    maps = values.reshape(len(steps) + 1, *size)
    limits = SPIKY if options_of(result).info.place == "input" else Limits()
    made = tuple(_coloured(one, limits, is_signed=has_signs(result)) for one in maps)
    return PicturesPanel(
        title, x, np.arange(len(steps) + 1.0), (PictureRow("", made),), ("as trained", *steps)
    )


def _coloured(values: Floats, limits: Limits, *, is_signed: bool) -> Pixels:
    """Each map on its own scale."""
    span = span_of(limits, [values], is_signed=is_signed)
    return coloured(values[None], SIGNED_COLOURS if is_signed else _COLOURS, span.low, span.high).rgb()


def _changed_panel(result: StudyResult, row: Row, beside: str) -> Panel:
    title = f"{row.get('picture')} as pixels change{beside}"
    x, side = Scale(_CHANGED), row.get("shown_side")
    turns = _numbers(row, "shown_turns")
    picture, blurred = _numbers(row, "shown_picture"), _numbers(row, "shown_blurred")
    if (
        not isinstance(side, int)
        or turns is None
        or picture is None
        or blurred is None
        or turns.size != side * side
        or picture.size != blurred.size
        or picture.size % (side * side)
    ):
        return PicturesPanel(title, x, np.zeros(0), (), message="The picture cannot be read.")
    turn = turns.reshape(side, side, 1)
    whole, blur = (_planes(values, side) for values in (picture, blurred))
    shares = np.linspace(0, 1, options_of(result).steps + 1)

    def row_of(name: str, start: Pixels, end: Pixels) -> PictureRow:
        return PictureRow(name, tuple(np.where(turn < share, end, start) for share in shares))

    return PicturesPanel(
        title,
        x,
        100 * shares,
        (
            row_of("insertion", blur, whole),
            row_of("to black", whole, np.zeros_like(whole)),
            row_of("to blurred", whole, blur),
        ),
        has_slider=True,
    )


def _planes(values: Floats, side: int) -> Pixels:
    """(C · side · side,) from 0 to 255 -> (side, side, 3)"""
    planes = values.reshape(-1, side, side).transpose(1, 2, 0).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(planes, (side, side, 3)))


def _size(row: Row, rows: str, columns: str) -> tuple[int, int] | None:
    high, wide = row.get(rows), row.get(columns)
    return (high, wide) if isinstance(high, int) and isinstance(wide, int) and high > 0 < wide else None


def _numbers(row: Row, name: str) -> Floats | None:
    value = row.get(name)
    return np.array(value, np.float64) if isinstance(value, tuple) and value else None
