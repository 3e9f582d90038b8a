"""The error plot: every number of the reports is in it, and nothing is said that was not measured."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from resnet_viewer.figures import training_curves
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.recipe import ShortcutSchedule
from resnet_viewer.records.training import Intervention, RunReport
from tests.figures.layout import as_text, overlapping
from tests.figures.runs import going, report

RUNS = [report("cifar-plain-8"), report("cifar-resnet-8"), report("cifar-resnet-20", shift=-3.0)]
SEEDS = [report(seed=0), report(seed=1, shift=6.0)]
CUT = (Intervention(4, 0.0), Intervention(5, 0.5), Intervention(10, 1.0))


def plot_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_ylabel())


def curves(figure: Figure) -> dict[str, Line2D]:
    lines = plot_of(figure).lines
    return {str(line.get_label()): line for line in lines if not str(line.get_label()).startswith("_")}


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [
        t.get_text() for t in figure.texts
    ]


def test_colours_are_depths_dashes_are_plain_and_bold_is_the_test_error() -> None:
    drawn = curves(training_curves.figure(RUNS))
    thin, bold = drawn["Plain-8, training"], drawn["Plain-8, test"]
    assert list(thin.get_xdata()) == [step / 4 for step in range(1, 13)]
    assert list(thin.get_ydata())[:5] == [90, 89.5, 89, 88.5, 87.5], "a mean over the last epoch's steps"
    assert list(bold.get_xdata()) == [1, 2, 3]
    assert list(bold.get_ydata()) == [70, 60, 50]
    assert bold.get_linewidth() > thin.get_linewidth()
    tests = [drawn[f"{name}, test"] for name in ("Plain-8", "ResNet-8", "ResNet-20")]
    assert [line.get_linestyle() for line in tests] == ["--", "-", "-"]
    assert tests[0].get_color() == tests[1].get_color() != tests[2].get_color()


def test_a_report_without_steps_is_drawn_by_its_epochs_and_the_caption_says_so() -> None:
    old = [report(with_steps=False)]
    assert list(curves(training_curves.figure(old))["ResNet-8, training"].get_ydata()) == [80, 60, 40]
    assert "training: mean over every epoch, while the weights moved; test: after" in training_curves.caption(
        old
    )
    assert "training: running mean of the batches" in training_curves.caption(RUNS)


def test_seeds_are_a_mean_with_a_band_and_the_caption_says_so() -> None:
    figure = training_curves.figure(SEEDS)
    assert list(curves(figure)["ResNet-8, test"].get_ydata()) == [73, 63, 53]
    bands = [band.get_paths()[0].vertices for band in plot_of(figure).collections]
    low, high = [70, 60, 50], [76, 66, 56]
    assert any(set(np.round(band[:, 1], 6)) == {*low, *high} for band in bands)
    assert "their mean, and a band from the lowest to the highest" in figure.caption
    assert "seeds 0, 1" in figure.caption
    assert "as far as all" not in figure.caption
    behind = training_curves.figure([SEEDS[0], going(report(seed=1, epochs=1))])
    assert list(curves(behind)["ResNet-8, test"].get_ydata()) == [70]
    assert "to the highest, as far as all of them are" in behind.caption
    assert not plot_of(training_curves.figure(RUNS)).collections
    assert "band" not in training_curves.caption(RUNS)


def test_lines_have_their_names_and_last_errors_at_their_ends() -> None:
    said = words(training_curves.figure(RUNS))
    assert {"Plain-8 50.0 %", "ResNet-8 50.0 %", "ResNet-20 47.0 %"} <= set(said)
    early = report("cifar-plain-20", epochs=1, state="stopped")
    said = words(training_curves.figure([*RUNS, early]))
    assert not any(text.startswith("Plain-20 ") and text.endswith("%") for text in said)
    assert "Plain-20 · stopped after 1 epoch" in said


def test_interventions_are_lines_with_words() -> None:
    figure = training_curves.figure([RUNS[0], report(interventions=CUT), report("cifar-resnet-20")])
    lines = [line for line in plot_of(figure).lines if line.get_label() == "intervention"]
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([1.0, 1.25, 2.5])
    said = {f"shortcuts {what}: ResNet-8" for what in ("cut", "open by 0.5", "restored")}
    assert said <= set(words(figure))


@pytest.mark.parametrize(("state", "marker"), [("diverged", "X"), ("stopped", "s")])
def test_a_run_that_ended_early_is_marked_where_it_ended(state: str, marker: str) -> None:
    run = report("cifar-plain-8", epochs=1, more_steps=2, state=state)  # type: ignore[arg-type]
    figure = training_curves.figure([RUNS[1], run])
    (mark,) = [line for line in plot_of(figure).lines if line.get_marker() == marker]
    assert mark.get_xdata()[0] == pytest.approx(1.5)
    assert f"Plain-8 · {state} after 1.5 epochs" in words(figure)
    assert f"{state} here" in words(figure)


def test_the_loss_is_drawn_in_decades_and_what_is_no_number_stands_above() -> None:
    run = report(epochs=1, state="diverged")
    odd = replace(run, steps=(*run.steps[:3], replace(run.steps[3], batch_loss=math.nan)))
    axes = plot_of(training_curves.figure([odd, report("cifar-plain-8")], quantity="loss"))
    drawn = {str(line.get_label()): line for line in axes.lines}["Plain-8, training"].get_ydata()
    assert float(drawn[0]) == 0
    assert float(drawn[1]) == pytest.approx(math.log10(0.75))
    assert overlapping(training_curves.figure([odd], quantity="loss")) == []
    (mark,) = [line for line in axes.lines if line.get_marker() == "X"]
    labels = {
        label.get_text(): place
        for label, place in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }
    assert mark.get_ydata()[0] == pytest.approx(labels["nan"])


def test_a_run_that_is_going_is_drawn_so_far() -> None:
    figure = training_curves.figure([going(report(epochs=0, more_steps=2)), going(report("cifar-plain-8"))])
    assert "so far: ResNet-8 0.5 of 3 epochs, Plain-8 3 of 3 epochs" in figure.caption
    assert set(curves(figure)) == {"ResNet-8, training", "Plain-8, training", "Plain-8, test"}
    assert "so far" not in training_curves.figure(RUNS).caption


def test_the_table_holds_every_step_and_every_epoch() -> None:
    header, rows = as_text(training_curves.table(RUNS))
    assert len(rows) == 3 * (12 + 3 + 1)
    assert dict(zip(header, rows[1], strict=True)) == {
        "run": "Plain-8", "network": "cifar-plain-8", "seed": "0", "row": "step", "epoch": "1", "step": "1",
        "time (epochs)": "0.5", "rate": "0.1", "batch loss": "0.5", "batch error (percent)": "89.0",
        "running training loss": "", "running training error (percent)": "89.5",
        "training error (percent)": "", "test error (percent)": "",
    }  # fmt: skip
    assert dict(zip(header, rows[13], strict=True)) == {
        "run": "Plain-8", "network": "cifar-plain-8", "seed": "0", "row": "epoch", "epoch": "2", "step": "",
        "time (epochs)": "2.0", "rate": "0.1", "batch loss": "", "batch error (percent)": "",
        "running training loss": "1.5", "running training error (percent)": "60.0",
        "training error (percent)": "", "test error (percent)": "60.0",
    }  # fmt: skip
    assert dict(zip(header, rows[15], strict=True)) == {
        "run": "Plain-8", "network": "cifar-plain-8", "seed": "0", "row": "end", "epoch": "3", "step": "",
        "time (epochs)": "3.0", "rate": "", "batch loss": "", "batch error (percent)": "",
        "running training loss": "", "running training error (percent)": "",
        "training error (percent)": "6.0", "test error (percent)": "6.0",
    }, "the errors of the last weights, which the window shows"  # fmt: skip
    assert len(as_text(training_curves.table([report(with_steps=False)]))[1]) == 3 + 1
    assert len(as_text(training_curves.table([going(report(with_steps=False))]))[1]) == 3


SETS: dict[str, list[RunReport]] = {
    "one": RUNS[:1],
    "three": RUNS,
    "eight": [report(f"cifar-{kind}-{depth}") for depth in (8, 14, 20, 26) for kind in ("plain", "resnet")],
    "seeds": [*SEEDS, *RUNS],
    "interventions": [report(interventions=CUT), report(), report(state="stopped", more_steps=1)],
}


@pytest.mark.parametrize("runs", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize("size", [(7.6, 4.6), (4.0, 3.0), (14.0, 8.0)])
def test_no_words_overlap(runs: list[RunReport], size: tuple[float, float]) -> None:
    assert overlapping(training_curves.figure(runs, paper=Paper(*size))) == []


@pytest.mark.parametrize("name", ["eight", "interventions"])
def test_no_words_overlap_in_the_loss(name: str) -> None:
    assert overlapping(training_curves.figure(SETS[name], quantity="loss")) == []


def test_all_files_are_made_the_same_every_time() -> None:
    for kind in ("svg", "pdf", "png"):
        first, second = (render(training_curves.figure(SETS["seeds"]), kind, metadata={}) for _ in range(2))
        assert first == second


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no run to draw"):
        training_curves.figure([])
    with pytest.raises(ValueError, match="no run to draw"):
        training_curves.figure([report(epochs=0)])


def test_captions_say_what_recipes_do_to_branches_and_shortcuts() -> None:
    usual = report()
    recipe = usual.spec.recipe
    deep = replace(usual, spec=replace(usual.spec, recipe=replace(recipe, survival=0.5)))
    assert "training errors and losses are of the networks that were drawn" in training_curves.caption([deep])
    assert "stochastic depth" not in training_curves.caption([usual])
    fading = replace(recipe, shortcuts=ShortcutSchedule(1, 2))
    faded = replace(usual, spec=replace(usual.spec, recipe=fading))
    figure = training_curves.figure([usual, faded])
    assert "shortcuts weakened from 1 to 0 between epochs 1 and 2" in figure.caption
    told = [text.get_text().removeprefix("shortcuts ") for axes in figure.axes for text in axes.texts]
    assert {"1 → 0: ResNet-8", "cut: ResNet-8 shortcuts 1 → 0"} <= {*told}
