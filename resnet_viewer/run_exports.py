"""Figures and tables of training runs as files, for the window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.requests import RUN_FIGURES, Drawn, FigureChoice, RunPictures

if TYPE_CHECKING:
    from resnet_viewer.figures.export import FigureKind
    from resnet_viewer.figures.run_files import Answers
    from resnet_viewer.records.training import RunReport


def run_figure(pictures: RunPictures, choice: FigureChoice, *, time: float | None) -> Drawn:
    """One figure or its table, as the bytes of a file.

    Raises:
        UserError: the runs have nothing for it yet.
    """
    from resnet_viewer.figures import export, run_files
    from resnet_viewer.figures.page import left_out_words

    name = next(name for name in RUN_FIGURES if name == choice.figure)
    reports, test = _reports(pictures), _answers(pictures)
    made = run_files.figures(
        reports,
        test=test,
        names=(name,),
        time=time,
        size=(choice.width, choice.height),
        without=choice.without,
    )
    for _, figure, table in made:
        described = run_files.describe(list(reports.values())) | {"caption": figure.caption}
        if choice.suffix == "csv":
            return Drawn(export.csv_bytes(*table, metadata=described))
        content = export.render(figure, choice.suffix, metadata=described, dpi=choice.dpi)
        return Drawn(content, left_out_words(figure))
    raise UserError(f"{RUN_FIGURES[name]}: there is nothing to draw yet; wait for the end of an epoch.")


def all_run_figures(pictures: RunPictures, *, time: float | None) -> Iterator[tuple[str, bytes]]:
    """File name and content of everything that there is."""
    from resnet_viewer.figures import run_files

    test = _answers(pictures)
    kinds: tuple[FigureKind, ...] = ("svg", "pdf", "png")
    yield from run_files.drawn(
        _reports(pictures), test=test, kinds=kinds, names=tuple(RUN_FIGURES), time=time
    )


def _reports(pictures: RunPictures) -> dict[str, RunReport]:
    return {key: report() for key, report in pictures.reports.items()}


def _answers(pictures: RunPictures) -> Answers | None:
    from resnet_viewer.figures.run_files import Answers

    data = pictures.data
    if data is None:
        return None
    return Answers(
        data.test_pictures,
        data.test_labels,
        data.class_names,
        pictures.predicted,
        pictures.confidence,
        pictures.rule,
    )
