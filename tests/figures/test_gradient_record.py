"""The pictures of gradients while training: every recorded value is a cell, and every cell says what it is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.gradient_record import COLOURS, Record, RecordScale
from resnet_viewer.figures import gradient_record
from resnet_viewer.figures.export import render
from resnet_viewer.figures.gradient_record import scale_of
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.training import Intervention, RunReport
from tests.figures.layout import as_text, overlapping
from tests.figures.runs import going, report

RUNS = [report("cifar-plain-8"), report("cifar-resnet-20", norms=10.0)]
CUT = (Intervention(4, 0.0), Intervention(10, 1.0))


def pictures(figure: Figure) -> list[np.ndarray]:
    return [
        np.asarray(axes.images[0].get_array())
        for axes in figure.axes
        if axes.images and axes.get_label() != "colour bar"
    ]


def at(picture: np.ndarray, layer: int, epoch: float, epochs: float = 3.0) -> list[int]:
    """The colour, with its opacity, that a picture of so many epochs has there."""
    found: list[int] = picture[layer, int(epoch / epochs * picture.shape[1])].tolist()
    return found


def colour(text: str) -> list[int]:
    return [*bytes.fromhex(text[1:]), 255]


def with_values(run: RunReport, values: dict[tuple[int, int], float]) -> RunReport:
    """The run with other norms, by record and layer."""
    records = [list(record.norms) for record in run.gradients]
    for (record, layer), value in values.items():
        records[record][layer] = value
    gradients = (replace(g, norms=tuple(n)) for g, n in zip(run.gradients, records, strict=True))
    return replace(run, gradients=tuple(gradients))


def test_one_picture_a_run_on_one_scale_the_first_layer_on_top() -> None:
    run = with_values(RUNS[0], {(0, 0): 5.0})
    figure = gradient_record.figure([run, RUNS[1]])
    first, second = pictures(figure)
    assert (len(first), len(second)) == (8, 20)
    table = palette.lookup(COLOURS)
    assert at(second, 0, 0.2)[:3] == table[255].tolist(), "the highest norm of all runs is the last colour"
    assert at(first, 0, 2.7)[:3] == table[0].tolist(), "the lowest the first"
    assert at(first, 1, 0.2) == at(second, 0, 0.7), "one value has one colour in both"
    assert at(first, 0, 0.2) != at(first, 1, 0.2)
    axes = next(axes for axes in figure.axes if axes.get_label() == "Plain-8")
    low, high = axes.get_ylim()
    assert (low, high) == (8, 0), "row 0, the first layer, is at the top"
    assert axes.get_xlim() == (0, 3)


def test_zeros_and_what_is_no_number_have_colours_of_their_own_in_the_legend() -> None:
    run = with_values(RUNS[0], {(1, 0): 0.0, (1, 1): math.nan, (1, 2): math.inf})
    figure = gradient_record.figure([run])
    (picture,) = pictures(figure)
    assert at(picture, 0, 0.7) == colour(palette.REFERENCE)
    assert at(picture, 1, 0.7) == at(picture, 2, 0.7) == colour(palette.NOW)
    said = {text.get_text() for text in figure.texts}
    assert {"zero", "not finite (∞, NaN)"} <= said
    for own in (palette.REFERENCE, palette.NOW):
        nearest = np.abs(palette.lookup(COLOURS).astype(int) - colour(own)[:3]).sum(axis=1).min()
        assert nearest > 60, f"{own} is nearly a colour of {COLOURS}"
    assert "zero" not in {text.get_text() for text in gradient_record.figure(RUNS).texts}


def test_runs_have_one_time_axis_and_nothing_is_drawn_past_a_runs_last_step() -> None:
    """Records at steps 0, 2 and 4 of a run that stopped after five."""
    stopped = report(epochs=1, more_steps=1, state="stopped")
    figure = gradient_record.figure([RUNS[0], stopped])
    assert {axes.get_xlim() for axes in figure.axes if axes.get_label() in ("Plain-8", "ResNet-8")} == {
        (0, 3)
    }
    whole, part = pictures(figure)
    assert (whole[..., 3] == 255).all()
    assert at(part, 0, 1.24)[3] == 255
    assert at(part, 0, 1.26)[3] == 0
    assert "ResNet-8 · stopped after 1.2 epochs" in {text.get_text() for text in figure.texts}


def test_a_few_wild_values_do_not_take_the_whole_scale() -> None:
    wild = with_values(RUNS[0], {(0, 0): 1e30})
    many = [replace(wild, gradients=(*wild.gradients, *RUNS[0].gradients * 50)), RUNS[1]]
    scale = scale_of([Record.of_report(run) for run in many])
    assert scale.is_clipped_above
    assert scale.high < 3
    caption = gradient_record.caption(many, scale=scale)
    assert "beyond the colour scale lie at most half a percent of the values above" in caption
    whole = scale_of([Record.of_report(run) for run in RUNS])
    assert (whole.low, whole.high) == pytest.approx((-5, 1))


def test_a_scale_of_one_decade_has_several_numbers() -> None:
    few = with_values(RUNS[0], {(r, layer): 0.005 * (1 + layer / 4) for r in range(6) for layer in range(8)})
    figure = gradient_record.figure([few])
    bar = next(axes for axes in figure.axes if axes.get_label() == "colour bar")
    assert [label.get_text() for label in bar.get_yticklabels()] == ["10⁻³", "10⁻²", "10⁻¹"]
    assert len(RecordScale(-2.4, -1.4).bar(7).ticks) == 3


def test_interventions_and_stages_are_marked() -> None:
    figure = gradient_record.figure([report(interventions=CUT), RUNS[0]])
    axes = next(axes for axes in figure.axes if axes.get_label() == "ResNet-8")
    lines = [line.get_xdata()[0] for line in axes.lines if line.get_label() == "intervention"]
    assert lines == pytest.approx([1.0, 2.5])
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert {"shortcuts cut", "shortcuts restored", "conv2_x", "conv4_x"} <= set(words)


def test_the_table_has_a_row_a_record_and_a_column_a_layer() -> None:
    header, rows = as_text(gradient_record.table(RUNS))
    assert header[:6] == ("run", "network", "seed", "step", "time (epochs)", "layer 1")
    assert len(header) == 5 + 20
    assert len(rows) == 12
    assert rows[1][:7] == ("Plain-8", "cifar-plain-8", "0", "2", "0.5", "0.1", "0.1")
    assert rows[1][13:] == ("",) * 12, "a shorter network leaves the last columns empty"
    assert as_text(gradient_record.table([report(with_steps=False)]))[1][0][4] == ""


@pytest.mark.parametrize("width", [7.6, 4.0, 14.0])
def test_no_words_overlap(width: float) -> None:
    runs = [
        *RUNS,
        report(interventions=CUT),
        report("cifar-plain-20", epochs=1, state="diverged"),
        going(report("cifar-resnet-56", epochs=1)),
    ]
    figure = gradient_record.figure(runs, Paper(width))
    assert overlapping(figure) == []
    assert "so far: ResNet-56 1 of 3 epochs" in figure.caption


def test_all_files_are_made_and_steps_stand_in_for_unknown_epochs() -> None:
    figure = gradient_record.figure([report(with_steps=False)])
    labels = {label.get_text() for axes in figure.axes for label in axes.get_xticklabels()}
    assert {"0", "step 12"} <= labels
    for kind in ("svg", "pdf", "png"):
        assert render(figure, kind, metadata={})


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no run has a gradient record"):
        gradient_record.figure([])
