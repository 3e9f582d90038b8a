"""The figures of training: every number of the reports is in them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.core.catalog import spec
from resnet_viewer.figures import gradient_record, palette, training_curves
from resnet_viewer.figures.export import render
from resnet_viewer.records.training import EpochReport, GradientRecord, RunReport, RunSpec
from tests.figures.layout import overlapping


def report(name: str, *, epochs: int = 3, norms: float = 1.0) -> RunReport:
    network = spec(name)
    layers = network.depth
    logs = tuple(EpochReport(e, 0.1, 2.0 - e, 80.0 - 20 * e, 70.0 - 10 * e, 1.0) for e in range(epochs))
    records = tuple(
        GradientRecord(10 * step, tuple(norms * 10.0**-step for _ in range(layers)), (0.1,) * layers)
        for step in range(4)
    )
    return RunReport(RunSpec(network, "digits", epochs), logs, 5.0, 6.0, ("a", "b"), records)


RUNS = [report("cifar-plain-8"), report("cifar-resnet-8"), report("cifar-resnet-20")]


def test_colours_are_depths_dashes_are_plain_and_bold_is_the_test_error() -> None:
    axes = next(axes for axes in training_curves.figure(RUNS).axes if axes.get_xlabel() == "epoch")
    thin, bold = axes.lines[::2], axes.lines[1::2]
    for curve, error in ((thin[0], "train_error"), (bold[0], "test_error")):
        assert list(curve.get_ydata()) == [getattr(epoch, error) for epoch in RUNS[0].epochs]
        assert list(curve.get_xdata()) == [1, 2, 3]
    assert [line.get_linestyle() for line in bold] == ["--", "-", "-"]
    assert bold[0].get_color() == bold[1].get_color() != bold[2].get_color()
    assert bold[0].get_linewidth() > thin[0].get_linewidth()


def test_the_table_holds_every_epoch() -> None:
    header, rows = training_curves.table(RUNS)
    assert len(rows) == 9
    assert dict(zip(header, rows[1], strict=True)) == {
        "network": "cifar-plain-8", "seed": "0", "epoch": "2", "rate": "0.1", "training loss": "1.0",
        "training error": "60.0", "test error": "60.0",
    }  # fmt: skip


def _pictures(figure: Figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.get_xlabel() == "step"]


def test_the_record_is_one_picture_a_run_on_one_scale() -> None:
    runs = [report("cifar-plain-8"), report("cifar-resnet-20", norms=10.0)]
    first, second = _pictures(gradient_record.figure(runs, colours="viridis"))
    assert (first.shape[:2], second.shape[:2]) == ((8, 4), (20, 4))
    table = palette.lookup("viridis")
    assert (second[0, 0] == table[255]).all(), "the highest norm of all runs is the last colour"
    assert (first[0, 3] == table[0]).all(), "the lowest the first"
    assert (first[0, 0] == second[0, 1]).all(), "one value has one colour in both"


def test_zeros_and_what_is_no_number_have_colours_of_their_own() -> None:
    run = report("cifar-plain-8")
    odd = GradientRecord(40, (0.0, math.nan, math.inf, *(1.0,) * 5), (0.1,) * 8)
    whole = replace(run, gradients=(*run.gradients, odd))
    (picture,) = _pictures(gradient_record.figure([whole]))
    assert (picture[0, 4] == 0).all()
    assert (picture[1:3, 4] == 160).all()


def test_no_words_overlap_and_all_files_are_made() -> None:
    for figure in (training_curves.figure(RUNS), gradient_record.figure(RUNS)):
        assert overlapping(figure) == []
        for kind in ("svg", "pdf", "png"):
            assert render(figure, kind, metadata={})


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no run to draw"):
        training_curves.figure([])
    with pytest.raises(ValueError, match="no run has a gradient record"):
        gradient_record.figure([])
