"""Figures and tables of training runs as files, for the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from resnet_viewer.records.errors import UserError
from resnet_viewer.ui.requests import RUN_FIGURES, FigureChoice, RunFigure, RunPictures

if TYPE_CHECKING:
    from resnet_viewer.figures.export import FigureKind


def run_figure(pictures: RunPictures, choice: FigureChoice, *, time: float | None) -> bytes:
    """One figure or its table, as the bytes of a file.

    Raises:
        UserError: the runs have nothing for it yet.
    """
    kinds: tuple[FigureKind, ...] = () if choice.suffix == "csv" else (choice.suffix,)
    figure = next(name for name in RUN_FIGURES if name == choice.figure)
    size = choice.width, choice.height
    for _, content in _drawn(pictures, (figure,), kinds, time, size=size, dpi=choice.dpi):
        return content
    raise UserError(f"{RUN_FIGURES[figure]}: there is nothing to draw yet; wait for the end of an epoch.")


def all_run_figures(pictures: RunPictures, *, time: float | None) -> Iterator[tuple[str, bytes]]:
    """File name and content of everything that there is."""
    yield from _drawn(pictures, tuple(RUN_FIGURES), ("svg", "pdf", "png"), time)


def _drawn(
    pictures: RunPictures,
    figures: Sequence[RunFigure],
    kinds: Sequence[FigureKind],
    time: float | None,
    *,
    size: tuple[float, float] | None = None,
    dpi: float = 200.0,
) -> Iterator[tuple[str, bytes]]:
    from resnet_viewer.figures import run_files

    data = pictures.data
    test = None
    if data is not None:
        test = run_files.Answers(data.test_pictures, data.test_labels, data.class_names, pictures.predicted)
    reports = {key: report() for key, report in pictures.reports.items()}
    return run_files.drawn(reports, test=test, kinds=kinds, names=figures, time=time, size=size, dpi=dpi)
