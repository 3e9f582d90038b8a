"""The pictures of gradients while training: every recorded value is a cell, and every cell says what it is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.figures import gradient_record
from resnet_viewer.figures.export import render
from resnet_viewer.figures.record_pixels import (
    NOT_FINITE,
    NOTHING,
    ZERO,
    RecordQuantity,
    Scale,
    record_of,
    scale_of,
    stages_of,
)
from resnet_viewer.records.training import GradientRecord, Intervention, RunReport
from tests.figures.layout import overlapping
from tests.figures.runs import going, report

RUNS = [report("cifar-plain-8"), report("cifar-resnet-20", norms=10.0)]
CUT = (Intervention(4, 0.0), Intervention(10, 1.0))


def pictures(figure: Figure) -> list[np.ndarray]:
    return [
        np.asarray(axes.images[0].get_array())
        for axes in figure.axes
        if axes.images and axes.get_label() != "colour bar"
    ]


def colour(text: str) -> list[int]:
    return [int(text[n : n + 2], 16) for n in (1, 3, 5)]


def with_values(run: RunReport, values: dict[tuple[int, int], float]) -> RunReport:
    """The run with other norms, by record and layer."""
    records = [list(record.norms) for record in run.gradients]
    for (record, layer), value in values.items():
        records[record][layer] = value
    gradients = (replace(g, norms=tuple(n)) for g, n in zip(run.gradients, records, strict=True))
    return replace(run, gradients=tuple(gradients))


def test_one_picture_a_run_on_one_scale_the_first_layer_on_top() -> None:
    run = with_values(RUNS[0], {(0, 0): 5.0})
    figure = gradient_record.figure([run, RUNS[1]], colours="viridis")
    first, second = pictures(figure)
    assert (first.shape[:2], second.shape[:2]) == ((8, 6), (20, 6))
    table = palette.lookup("viridis")
    assert (second[0, 0] == table[255]).all(), "the highest norm of all runs is the last colour"
    assert (first[0, 5] == table[0]).all(), "the lowest the first"
    assert (first[1, 0] == second[0, 1]).all(), "one value has one colour in both"
    assert (first[0, 0] != first[1, 0]).any()
    axes = next(axes for axes in figure.axes if axes.get_label() == "Plain-8")
    low, high = axes.get_ylim()
    assert (low, high) == (8, 0), "row 0, the first layer, is at the top"
    assert axes.get_xlim() == (0, 3)


def test_zeros_and_what_is_no_number_have_colours_of_their_own_in_the_legend() -> None:
    run = with_values(RUNS[0], {(1, 0): 0.0, (1, 1): math.nan, (1, 2): math.inf})
    figure = gradient_record.figure([run])
    (picture,) = pictures(figure)
    assert picture[0, 1].tolist() == colour(ZERO)
    assert picture[1, 1].tolist() == picture[2, 1].tolist() == colour(NOT_FINITE)
    said = {text.get_text() for text in figure.texts}
    assert {"zero", "not finite (∞, NaN)"} <= said
    for colours in ("inferno", "viridis", "cividis", "magma", "turbo"):
        for own in (ZERO, NOT_FINITE):
            nearest = np.abs(palette.lookup(colours).astype(int) - colour(own)).sum(axis=1).min()
            assert nearest > 60, f"{own} is nearly a colour of {colours}"
    assert "zero" not in {text.get_text() for text in gradient_record.figure(RUNS).texts}


def test_steps_without_a_record_stay_white_and_shorter_runs_end_where_they_ended() -> None:
    run = RUNS[0]
    gap = replace(run, gradients=(*run.gradients[:2], *run.gradients[3:]))
    (picture,) = pictures(gradient_record.figure([gap]))
    assert (picture[:, 2] == colour(NOTHING)).all()
    assert not (picture[:, 3] == colour(NOTHING)).all()
    short = report(epochs=1, more_steps=2, state="diverged")
    figure = gradient_record.figure([run, short])
    drawn = next(axes for axes in figure.axes if axes.get_label() == "ResNet-8")
    assert drawn.images[0].get_extent()[:2] == [0, 1.5]
    assert drawn.get_xlim() == (0, 3), "all runs have one time axis"
    assert "ResNet-8 · diverged after 1.5 epochs" in {text.get_text() for text in figure.texts}


def test_nothing_is_drawn_past_the_last_step() -> None:
    """Records at steps 0, 2 and 4 of a run that stopped after five: the last column is half as wide."""
    stopped = report(epochs=1, more_steps=1, state="stopped")
    figure = gradient_record.figure([RUNS[0], stopped])
    (image,) = next(axes for axes in figure.axes if axes.get_label() == "ResNet-8").images
    assert image.get_extent()[:2] == [0, 1.5], "all columns are equally wide"
    clip = image.axes.transData.inverted().transform(image.get_clip_box())
    assert clip[:, 0].tolist() == pytest.approx([0, 1.25])


def test_a_few_wild_values_do_not_take_the_whole_scale() -> None:
    wild = with_values(RUNS[0], {(0, 0): 1e30})
    many = [replace(wild, gradients=(*wild.gradients, *RUNS[0].gradients * 50)), RUNS[1]]
    scale = scale_of([record_of(run, "norms") for run in many], "norms")
    assert scale.is_clipped_above
    assert scale.high < 3
    assert "the half percent of values farthest above lies beyond" in gradient_record.caption(
        many, scale=scale
    )
    whole = scale_of([record_of(run, "norms") for run in RUNS], "norms")
    assert (whole.low, whole.high) == pytest.approx((-5, 1))


def test_a_scale_of_one_decade_has_several_numbers() -> None:
    ticks = Scale(-2.4, -1.4, is_decades=True).ticks(1.2)
    assert [label for _, label in ticks] == ["5·10⁻³", "10⁻²", "2·10⁻²"]
    assert [place for place, _ in ticks] == pytest.approx([0.099, 0.4, 0.701], abs=1e-3)
    assert [label for _, label in Scale(-3.2, 0.1, is_decades=True).ticks(1.2)] == [
        "10⁻³",
        "10⁻²",
        "10⁻¹",
        "10⁰",
    ]


def test_interventions_and_stages_are_marked() -> None:
    figure = gradient_record.figure([report(interventions=CUT), RUNS[0]])
    axes = next(axes for axes in figure.axes if axes.get_label() == "ResNet-8")
    lines = [line.get_xdata()[0] for line in axes.lines if line.get_label() == "intervention"]
    assert lines == [1.0, 2.5]
    words = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert {"shortcuts cut", "shortcuts restored", "conv2_x", "conv4_x"} <= set(words)
    stages = stages_of(RUNS[1], "norms")
    assert [(s.label, s.first, s.last) for s in stages] == [
        ("stem", 0, 0), ("conv2_x", 1, 6), ("conv3_x", 7, 12), ("conv4_x", 13, 18), ("head", 19, 19)
    ]  # fmt: skip
    assert [(s.label, s.first, s.last) for s in stages_of(RUNS[1], "dead")] == [
        ("conv2_x", 0, 2), ("conv3_x", 3, 5), ("conv4_x", 6, 8)
    ]  # fmt: skip


def test_dead_channels_are_shares_from_0_to_1_by_block() -> None:
    record = GradientRecord(0, (1.0,) * 8, (0.1,) * 8, (0.0, 0.5, 1.0))
    run = replace(RUNS[0], gradients=(record,))
    figure = gradient_record.figure([run], quantity="dead", colours="viridis")
    (picture,) = pictures(figure)
    table = palette.lookup("viridis")
    assert [picture[row, 0].tolist() for row in range(3)] == [table[n].tolist() for n in (0, 128, 255)]
    assert "zero everywhere in every picture of the batch" in figure.caption
    assert "‖Δw‖₂ / ‖w‖₂" in gradient_record.caption(RUNS, quantity="updates")


def test_the_table_has_a_row_a_record_and_a_column_a_layer() -> None:
    header, rows = gradient_record.table(RUNS)
    assert header[:6] == ("run", "network", "seed", "step", "time (epochs)", "layer 1")
    assert len(header) == 5 + 20
    assert len(rows) == 12
    assert rows[1][:7] == ("Plain-8", "cifar-plain-8", "0", "2", "0.5", "0.1", "0.1")
    assert rows[1][13:] == ("",) * 12, "a shorter network leaves the last columns empty"
    assert gradient_record.table([report(with_steps=False)])[1][0][4] == ""
    assert gradient_record.table(RUNS, quantity="dead")[0][5] == "block 1"


@pytest.mark.parametrize("quantity", ["norms", "updates", "dead"])
@pytest.mark.parametrize("width", [7.6, 4.0, 14.0])
def test_no_words_overlap(quantity: RecordQuantity, width: float) -> None:
    runs = [
        *RUNS,
        report(interventions=CUT),
        report("cifar-plain-20", epochs=1, state="diverged"),
        going(report("cifar-resnet-56", epochs=1)),
    ]
    figure = gradient_record.figure(runs, quantity=quantity, width=width)
    assert overlapping(figure) == []
    assert "so far: ResNet-56 1 of 3 epochs" in figure.caption


def test_all_files_are_made_and_steps_stand_in_for_unknown_epochs() -> None:
    figure = gradient_record.figure([report(with_steps=False)])
    assert "step" in {axes.get_xlabel() for axes in figure.axes}
    for kind in ("svg", "pdf", "png"):
        assert render(figure, kind, metadata={})


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no run has a gradient record"):
        gradient_record.figure([])
    with pytest.raises(ValueError, match="no run has a gradient record"):
        gradient_record.figure(
            [replace(RUNS[0], gradients=(GradientRecord(0, (1.0,), (1.0,)),))], quantity="dead"
        )
