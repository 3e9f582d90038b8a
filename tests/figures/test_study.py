"""The figure of a study: every panel with its letter, the values that were measured, and words that can be read."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import Panel
from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.charts.study_rows import table
from resnet_viewer.figures import study
from resnet_viewer.figures.page import Paper, left_out_words
from resnet_viewer.records.figure_list import SUFFIXES, FigureChoice, Suffix
from resnet_viewer.records.requests import StudyPictures
from resnet_viewer.records.trained_rows import Group
from resnet_viewer.services.figures import drawn, study_figures
from tests import panels
from tests.figures.layout import overlapping

EVERY = panels.every()


@pytest.mark.parametrize("panel", EVERY, ids=lambda panel: f"{type(panel).__name__} {panel.title[:18]}")
@pytest.mark.parametrize("paper", [Paper(3.3, 3.0), Paper(7.6, 4.6), Paper(12.0, 9.0)], ids=str)
def test_every_kind_of_panel_can_be_read_on_any_paper(panel: Panel, paper: Paper) -> None:
    figure = study.figure([panel], "An invented study", "Which block?", "What was measured.", paper)
    assert overlapping(figure) == []


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_panels_have_letters_and_do_not_lie_on_each_other(count: int) -> None:
    figure = study.figure(EVERY[:count], "An invented study", "", "What was measured.", Paper(7.6, 6.0))
    assert overlapping(figure) == []
    words = [text.get_text() for text in figure.texts]
    assert [any(word.startswith(f"{letter}) ") for word in words) for letter in "abcdef"[: count + 1]] == [
        *[True] * count,
        False,
    ]


def test_the_lines_hold_what_was_measured() -> None:
    panel = panels.many_drops()
    figure = study.figure([panel], "An invented study")
    (line,) = [line for axes in figure.axes for line in axes.lines if line.get_label() == "mean of 10"]
    assert np.asarray(line.get_ydata()) == pytest.approx(panel.series[0].y)
    assert np.asarray(line.get_xdata()) == pytest.approx(panel.series[0].x)


def test_panels_that_do_not_fit_make_the_page_higher_and_it_says_so() -> None:
    figure = study.figure(EVERY[:3], "An invented study", "Which?", "Much. " * 80, Paper(3.3, 3.0))
    assert figure.get_size_inches()[1] > 4
    assert "It is 3.3 ×" in left_out_words(figure)


def test_no_panel_is_refused() -> None:
    with pytest.raises(ValueError, match="no panel"):
        study.figure([], "An invented study")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_file_says_how_to_repeat_it(suffix: Suffix, monkeypatch: pytest.MonkeyPatch) -> None:
    panels.install(monkeypatch)
    made = drawn(StudyPictures((panels.result(),)), FigureChoice("study", suffix, 7.6, 4.6))
    if suffix == "pdf":  # whose metadata is UTF-16
        assert "--repeats 4".encode("utf-16-be") in made.content or b"--repeats 4" in made.content
        return
    words = made.content.decode("utf-8", "replace")
    for said in (
        "resnet-viewer study invented --network cifar-resnet-20",
        "--data digits --sample 200 --sample-seed 3 --repeats 4",
        "Veit, Wilber and Belongie 2016, Figure 3",
        "The highest error is",
        "200 of 360, seed 3",
    ):
        assert said in words, f"{said!r} is not in the {suffix}"


def test_the_table_has_every_number_and_reads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    panels.install(monkeypatch)
    one = panels.result()
    header, rows = study.table(one)
    assert header == ("point", "block", "error", "note")
    assert [row[2] for row in rows] == [row["error"] for row in one.rows]
    assert {row[3] for row in rows} == {""}
    both = study.table(one, panels.result(3, seed=1))
    assert both[0][:2] == ("result", "network")
    assert len(both[1]) == 12
    lines = drawn(StudyPictures((one,)), FigureChoice("study", "csv")).content.decode().splitlines()
    body = [line for line in lines if not line.startswith("#")]
    assert [float(line.split(",")[2]) for line in body[1:]] == [row["error"] for row in one.rows]


def test_the_caption_says_what_was_measured_on_what_and_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    panels.install(monkeypatch)
    words = study.caption_of((panels.result(4),))
    for said in (
        "The error of the network with each residual branch dropped.",
        "ResNet-20",
        "test digits (bundled), 200 of 360 pictures (seed 3)",
        "not complete: 4 of 9 points.",
        "Residual networks behave like ensembles, NeurIPS.",
    ):
        assert said in words, words
    figure = study.figure(panels.panels((panels.result(4),)), "a", caption=words)
    assert json.dumps(figure.caption) == json.dumps(words)


@pytest.mark.parametrize("count", [1, 2, 5, len(EVERY)])
def test_the_usual_paper_has_room_for_all_panels_and_all_words(count: int) -> None:
    words = "An invented study", "Which block?", "What was measured, and what it says. " * 30
    figure = study.figure(EVERY[:count], *words, study.usual_paper(EVERY[:count], *words))
    assert left_out_words(figure) == ""
    assert overlapping(figure) == []


def test_all_files_of_a_study_have_the_whole_caption(monkeypatch: pytest.MonkeyPatch) -> None:
    panels.install(monkeypatch)
    files = dict(study_figures(StudyPictures((panels.result(),))))
    assert sorted(files) == ["invented.pdf", "invented.png", "invented.svg", "points.csv"]
    drawn_words = files["invented.svg"].decode().partition("</metadata>")[2]
    assert "The highest error is" in drawn_words


def test_a_long_title_of_a_panel_takes_two_lines() -> None:
    pair = (panels.long_names(2), panels.many_drops())
    figure = study.figure(pair, "An invented study", paper=Paper(7.6, 4.0))
    bold = [text.get_text() for text in figure.texts if text.get_fontweight() == "bold"]
    assert len(bold) == 4
    assert bold[2].endswith("…")
    assert overlapping(figure) == []


def test_columns_suit_what_the_words_leave_of_the_page() -> None:
    def widest(caption: str) -> float:
        figure = study.figure(EVERY[1:4], "An invented study", "", caption, Paper(7.6, 5.0))
        return max(axes.get_position().width for axes in figure.axes) * 7.6

    assert widest("Short.") > 5, "the last of three has a row of its own"
    assert widest("What was measured. " * 60) < 3, "all three stand beside each other above the words"


def test_pictures_are_printed_as_they_are() -> None:
    panel = panels.pictures(20, has_slider=True)
    figure = study.figure([panel], "An invented study", paper=Paper(7.6, 4.0))
    (axes,) = [axes for axes in figure.axes if axes.get_label() == "pictures"]
    drawn_pictures = [np.asarray(image.get_array()) for image in axes.images]
    assert len(drawn_pictures) == 15, "two rows of eight places, of which one is not made"
    assert drawn_pictures[0].tolist() == panel.rows[0].pictures[0].tolist()  # type: ignore[union-attr]
    assert drawn_pictures[-1].tolist() == panel.rows[1].pictures[19].tolist()  # type: ignore[union-attr]
    bottom, top = axes.images[0].get_extent()[2:]
    assert bottom < top, "the first line is the upper one"
    assert overlapping(figure) == []


def test_lines_of_one_value_are_drawn_in_the_axes_units_with_cells_and_path_under_the_same_axes() -> None:
    panel = panels.landscape(9, path=panels.walk())
    figure = study.figure([panel], "An invented study")
    (axes,) = [axes for axes in figure.axes if axes.get_label() == panel.title]
    assert (*axes.get_xlim(), *axes.get_ylim()) == (-1.0, 1.0, -1.0, 1.0)
    made = ReliefChart(MatrixChart(panel))
    drawn = {lines.get_label(): lines.get_segments() for lines in axes.collections}
    assert list(drawn) == [f"level {made.matrix.written(level)}" for level in made.levels]
    (one,) = [np.concatenate(drawn["level 1"])]
    assert np.hypot(one[:, 0], 0.8 * one[:, 1]) == pytest.approx(math.log10(20) / 2.2, abs=0.03)
    (image,) = axes.images
    assert image.get_extent() == pytest.approx([-1.125, 1.125, -1.125, 1.125])
    assert image.origin == "lower"
    assert image.get_array().tolist() == made.matrix.cells.rgb().tolist()
    (path,) = [line for line in axes.lines if line.get_label() == "path"]
    assert panel.path is not None
    assert np.asarray(path.get_xdata()) == pytest.approx(panel.path.x)
    assert np.asarray(path.get_ydata()) == pytest.approx(panel.path.y)
    ends = {line.get_label(): line for line in axes.lines if line.get_label() in ("start", "end")}
    assert ends["start"].get_marker() != ends["end"].get_marker()
    written = {text.get_text() for text in axes.texts}
    assert {"start", "end", "1", "10", "second direction"} <= written


def test_the_line_of_a_path_skips_points_without_a_place_and_one_point_has_no_end() -> None:
    walk = panels.walk(4)
    gap = replace(walk, x=np.array([walk.x[0], np.nan, *walk.x[2:]]))
    alone = replace(walk, x=np.array([walk.x[0], *[np.nan] * 3]))
    for path, dots, has_end in ((gap, 3, True), (alone, 1, False)):
        panel = panels.landscape(9, path=path)
        figure = study.figure([panel], "An invented study")
        (axes,) = [axes for axes in figure.axes if axes.get_label() == panel.title]
        drawn = {line.get_label(): np.asarray(line.get_xdata()) for line in axes.lines}
        assert len(drawn["path"]) == dots
        assert np.isfinite(drawn["path"]).all()
        assert "start" in drawn
        assert ("end" in drawn) is has_end


def test_the_paper_says_the_clip_on_the_scale_and_in_words() -> None:
    figure = study.figure([panels.landscape(33, "rough", clip=(0.01, 1e4))], "An invented study")
    (bar,) = [axes for axes in figure.axes if axes.get_label() == "colour bar"]
    assert [label.get_text() for label in bar.get_yticklabels()][-1] == "≥ 10⁴"
    assert any("above 10⁴ (up to ∞) drawn as 10⁴" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("width", [3.5, 5.0, 7.2, 11.0])
def test_every_column_of_a_table_has_its_name_on_paper(width: float) -> None:
    group = Group((12.5, 13.5), (1.0, 2.0))
    shown = table("Errors", [f"kind {row} of its shortcuts" for row in range(7)], [group] * 7, [6.25] * 7)
    made = study.figure([shown, shown], "a", paper=Paper(width, 5.0))
    made.canvas.draw()
    tables = [axes for axes in made.axes if axes.get_label() == "matrix"]
    assert len(tables) == 2
    for axes in tables:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["test", "±", "training", "paper"]
    assert not overlapping(made)
