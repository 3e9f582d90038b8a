"""The confusion matrix: rows true, columns predicted, every count in its cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.figures import confusion
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import Paper
from resnet_viewer.figures.picture_grid import state_words
from resnet_viewer.records import confusion as counting
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.ui.widgets.theme import LIGHT
from tests.figures.layout import as_text, overlapping
from tests.figures.runs import report

RUN = report().spec.network.title, state_words(report())
LABELS = np.array([0, 0, 0, 0, 1, 1, 3], dtype=np.int64)
PREDICTED = np.array([0, 0, 0, 1, 1, 3, 1], dtype=np.int64)
NAMES = ("cat", "dog", "owl", "rat")


def matrix_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_label() == "matrix")


def cells(axes: Axes) -> dict[tuple[float, float], str]:
    """Words by row and column."""
    return {
        (text.get_position()[1], text.get_position()[0]): text.get_text()
        for text in axes.texts
        if text.get_text() != "true"
    }


def many(classes: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    labels = chance.integers(0, classes, count)
    return labels, np.where(chance.random(count) < 0.3, chance.integers(0, classes, count), labels)


def test_rows_are_true_columns_predicted_with_counts_and_percent_of_the_row() -> None:
    figure = confusion.figure(ConfusionChart.of(LABELS, PREDICTED, NAMES), *RUN)
    axes = matrix_of(figure)
    assert cells(axes) == {
        (0, 0): "3\n75 %", (0, 1): "1\n25 %", (1, 1): "1\n50 %", (1, 3): "1\n50 %", (3, 1): "1\n100 %"
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(NAMES)
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first class is on top"
    said = [text.get_text() for text in figure.texts]
    first = said.index("25.0 %")
    assert said[first : first + 5] == ["25.0 %", "50.0 %", "–", "100.0 %", "error"]


def test_the_colours_are_the_windows_blue_where_right_and_red_where_wrong() -> None:
    figure = confusion.figure(ConfusionChart.of(LABELS, PREDICTED, NAMES), *RUN)
    drawn = np.asarray(matrix_of(figure).images[0].get_array())
    chart = ConfusionChart.of(LABELS, PREDICTED, NAMES)
    on_screen = {"ground": LIGHT.panel, "right": LIGHT.branch, "wrong": palette.NOW, "text": LIGHT.text}
    assert (drawn == chart.colours(**on_screen)[0]).all()
    assert drawn[0, 0, 2] > drawn[0, 0, 0], "right is blue"
    assert drawn[0, 1, 0] > drawn[0, 1, 2], "wrong is red"
    assert (drawn[2] == 255).all(), "a class without pictures has an empty row"
    bar = np.asarray(
        next(axes for axes in figure.axes if axes.get_label() == "colour bar").images[0].get_array()
    )
    assert bar.shape == (256, 2, 3)
    assert (bar[255, 1] == drawn[3, 1]).all(), "a whole row is at the bar's end"


def test_the_title_has_the_error_and_the_caption_counts() -> None:
    figure = confusion.figure(ConfusionChart.of(LABELS, PREDICTED, NAMES), *RUN)
    said = {text.get_text() for text in figure.texts}
    assert "Confusion matrix · ResNet-8 · 42.9 % error" in said
    assert "most often: cat taken for dog (1), dog taken for rat (1), rat taken for dog (1)" in said
    assert figure.caption.startswith(
        "3 of 7 test pictures are wrong · rows: true class, columns: predicted class"
    )
    assert "classes without a test picture: 1" in figure.caption
    right = confusion.figure(ConfusionChart.of(LABELS, LABELS, NAMES), *RUN)
    assert "every picture is right" in {text.get_text() for text in right.texts}
    assert "0.0 % error" in str(right.get_label())


@pytest.mark.parametrize(("classes", "count"), [(2, 50), (10, 10_000), (26, 3000), (100, 3000)])
def test_words_can_be_read_for_few_and_for_many_classes(classes: int, count: int) -> None:
    names = CIFAR10_CLASSES if classes == 10 else tuple(f"class name {n}" for n in range(classes))
    labels, predicted = many(classes, count)
    figure = confusion.figure(ConfusionChart.of(labels, predicted, names), *RUN)
    assert overlapping(figure) == []
    axes = matrix_of(figure)
    counts = counting.confusion(labels, predicted, classes)
    written = cells(axes)
    assert len(written) == np.count_nonzero(counts)
    assert {int(words.split("\n")[0]) for words in written.values()} == set(counts[counts > 0].tolist())
    smallest = min(label.get_fontsize() for label in (*axes.get_yticklabels(), *axes.texts))
    assert smallest >= 3, "too small to be read on paper"


def test_a_thousand_classes_are_colours_alone() -> None:
    labels, predicted = many(1000, 5000)
    figure = confusion.figure(ConfusionChart.of(labels, predicted, tuple(map(str, range(1000)))), *RUN)
    axes = matrix_of(figure)
    assert cells(axes) == {}
    assert "numbers" not in figure.caption
    assert not [label for label in axes.get_yticklabels() if label.get_text()]


def test_the_table_has_every_pair_and_files_are_made() -> None:
    header, rows = as_text(confusion.table(ConfusionChart.of(LABELS, PREDICTED, NAMES)))
    assert header == ("true", "predicted", "count", "percent of true")
    assert len(rows) == 16
    assert rows[1] == ("cat", "dog", "1", "25.0")
    assert rows[8] == ("owl", "cat", "0", ""), "no percent of nothing"
    for kind in ("svg", "pdf", "png"):
        assert render(confusion.figure(ConfusionChart.of(LABELS, PREDICTED, NAMES), *RUN), kind, metadata={})


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(ValueError, match="no test picture"):
        confusion.figure(ConfusionChart.of(LABELS[:0], PREDICTED[:0], NAMES), *RUN)


def test_a_page_is_as_wide_as_asked_and_names_that_are_too_many_go() -> None:
    labels, predicted = many(100, 5000)
    narrow, usual = (
        confusion.figure(ConfusionChart.of(labels, predicted, tuple(map(str, range(100)))), *RUN, paper)
        for paper in (Paper(3.0), None)
    )
    assert narrow.get_size_inches()[0] == 3.0
    assert not matrix_of(narrow).get_yticklabels()
    assert len(matrix_of(usual).get_yticklabels()) == 100
    assert (
        confusion.figure(
            ConfusionChart.of(*many(10, 500), tuple("0123456789")), *RUN, Paper(5.0)
        ).get_size_inches()[0]
        == 5.0
    )


def test_long_names_that_begin_alike_stay_apart() -> None:
    names = tuple(f"the class of own pictures number {i}" for i in range(3))
    figure = confusion.figure(ConfusionChart.of(np.arange(3), np.arange(3), names), *RUN)
    shown = [label.get_text() for label in matrix_of(figure).get_yticklabels()]
    assert len(set(shown)) == 3
    assert all("…" in name and name.endswith(str(i)) for i, name in enumerate(shown))


def test_pictures_whose_logits_are_not_finite_have_a_column() -> None:
    figure = confusion.figure(ConfusionChart.of(LABELS, np.where(PREDICTED == 0, 4, PREDICTED), NAMES), *RUN)
    axes = matrix_of(figure)
    assert cells(axes)[(0, 4)] == "3\n75 %"
    assert [label.get_text() for label in axes.get_xticklabels()] == [*NAMES, "no class"]
    assert "no class, for their logits are not finite: 3" in figure.caption
    assert "without a test picture: 1" in figure.caption, "the empty row is owl's alone"


def test_without_true_classes_the_reference_takes_their_place() -> None:
    chart = ConfusionChart.of(LABELS, PREDICTED, NAMES)
    chart = replace(chart, rows="reference", columns="now", ratio="differs", wrong="called otherwise now")
    figure = confusion.figure(chart, *RUN)
    said = [text.get_text() for text in figure.texts]
    assert "differs" in said
    assert "now" in said
    assert "error" not in said
    assert "3 of 7 test pictures are called otherwise now" in figure.caption
    assert "rows: class in the reference, columns: class now" in figure.caption
    assert "right" not in figure.caption
    assert confusion.table(chart)[0] == ("reference", "now", "count", "percent of reference")
