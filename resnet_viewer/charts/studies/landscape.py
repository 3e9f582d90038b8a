"""What is drawn of "Loss landscape": the plane in colours and contours, a run's path through it, and sections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from resnet_viewer.charts.study_panel import (
    HUES,
    Colour,
    Guide,
    LinesPanel,
    MatrixPanel,
    Panel,
    Scale,
    Series,
    names,
)
from resnet_viewer.records.story_words import counted, percent
from resnet_viewer.records.studies.landscape import Floats, Landscape, Path, landscape
from resnet_viewer.records.study import StudyResult

CLIP = (1e-3, 1e6)
"""Losses are coloured between these: what is five decades beyond guessing says no more."""
_PERCENT = (0.0, 100.0)
_WAITING = "The coarsest grid is not measured yet."


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Of each plane the loss and the error, all on one scale; and the loss along lines through the network."""
    hues = {name: HUES[place % len(HUES)] for place, name in enumerate(names(results)) if name}
    known = [
        (result, name, found)
        for result, name in zip(results, names(results), strict=True)
        if (found := landscape(result)) is not None
    ]
    planes = [(result, name, found) for result, name, found in known if found.losses.shape[0] > 1]
    if not known:
        return (LinesPanel("Loss", Scale("place"), Scale("loss", is_log=True), (), message=_WAITING),)
    shared = _limits([found.losses for _, _, found in planes])
    measure = results[0].basis.measure
    drawn: list[Panel] = [
        _plane("Loss", name, found, found.losses, limits=shared) for _, name, found in planes
    ]
    drawn += [
        _plane(_capital(result.basis.measure), name, found, found.errors) for result, name, found in planes
    ]
    drawn += [_sections("Loss through the network", Scale("loss", is_log=True), known, "losses", hues)]
    if any(found.losses.shape[0] == 1 for _, _, found in known):
        level = Scale("pictures (%)", least=0.0, most=100.0)
        drawn += [_sections(f"{_capital(measure)} through the network", level, known, "errors", hues)]
    return tuple(panel for panel in drawn if not isinstance(panel, LinesPanel) or panel.series)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _limits(all_losses: Sequence[Floats]) -> tuple[float, float] | None:
    """From the lowest to the highest of all, at most the clip; None where there is nothing between."""
    every = np.concatenate([np.zeros(0), *(np.clip(losses, *CLIP).ravel() for losses in all_losses)])
    every = every[np.isfinite(every)]
    if not every.size or every.min() == every.max():
        return None
    return float(every.min()), float(every.max())


def _plane(
    title: str, name: str, found: Landscape, values: Floats, *, limits: tuple[float, float] | None = _PERCENT
) -> MatrixPanel:
    is_loss = limits is not _PERCENT
    return MatrixPanel(
        f"{title}: {name}" if name else title,
        _axis(1, found.path, found.x),
        _axis(2, found.path, found.y),
        values,
        unit="" if is_loss else "%",
        is_log=is_loss,
        limits=limits,
        clip=CLIP if is_loss else None,
        has_contours=True,
        path=None if found.path is None else _trail(found.path),
        is_relief=True,
    )


def _axis(number: int, path: Path | None, places: Floats) -> Scale:
    title = f"direction {number}"
    if path is not None:
        title += f" ({percent(100 * path.shares[number - 1])} of the path)"
    return Scale(title, least=float(places[0]), most=float(places[-1]))


def _trail(path: Path) -> Series:
    words = tuple(
        "before training" if not epochs else f"after {counted(round(epochs), 'epoch')}"
        for epochs in path.epochs.tolist()
    )
    return Series("path of the run", path.x, path.y, colour="changed", words=words)


def _sections(
    title: str,
    y: Scale,
    known: Sequence[tuple[StudyResult, str, Landscape]],
    key: str,
    hues: Mapping[str, Colour],
) -> LinesPanel:
    """Along the directions through the network. The plane of a run's path has none: its places are others."""
    drawn: list[Series] = []
    for _, name, found in known:
        if found.path is not None:
            continue
        values: Floats = getattr(found, key)
        rows, columns = values.shape
        ways = [("direction 1", found.x, values[rows // 2])]
        if rows > 1:
            ways.append(("direction 2", found.y, values[:, columns // 2]))
        for number, (way, x, line) in enumerate(ways):
            words = " · ".join(filter(None, (name, way if len(ways) > 1 else "")))
            drawn.append(
                Series(
                    words or "this network", x, line, colour=hues.get(name, "branch"), is_dashed=number == 1
                )
            )
    levels = {
        math.log(result.order.state.network.classes) for result, _, found in known if found.path is None
    }
    guides = tuple(Guide("guessing", level) for level in levels) if key == "losses" else ()
    return LinesPanel(title, Scale("steps of a filter's own length"), y, tuple(drawn), guides)
