from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.figures import composed, gradcam, gradient_norms, predictions
from resnet_viewer.figures.composed import Column, Panel, Words, text_panel
from resnet_viewer.figures.page import CaptionedFigure, Page, Paper, left_out_words, page
from resnet_viewer.records.figure_list import PRESETS
from resnet_viewer.records.probe import ProbeResult
from tests.fabricated import picture
from tests.figures.layout import overlapping
from tests.figures.readings import pair, with_picture

WORDS = Words("ResNet-20 · cat.jpg", "", "Everything that was measured, in a sentence that says it.")
STORY = ("One shortcut of nine is cut, in block 3.", "The first layer's gradient fell " + "and fell " * 30)


def sheet(now: ProbeResult, reference: ProbeResult, paper: Paper) -> Figure:
    columns = (
        Column(0.5, (Panel(lambda on: gradcam.figure(now, reference, paper=on, strip_rows="none")),)),
        Column(
            0.5,
            (
                Panel(lambda on: predictions.figure(now, reference, paper=on), 2.2),
                text_panel("What you see", STORY),
            ),
        ),
    )
    foot = Panel(lambda on: gradient_norms.figure(now, reference, paper=on), 3.0)
    return composed.figure(columns, foot, WORDS, paper)


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.texts}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("shape", [(40, 60), (90, 30), (8, 8)], ids=str)
def test_no_words_of_a_whole_page_overlap(preset: Paper, shape: tuple[int, int]) -> None:
    shown = [with_picture(each, picture(*shape)) for each in pair(cut=(3,))]
    figure = sheet(*shown, Paper(preset.width, preset.height))
    assert overlapping(figure) == []
    assert {"What you see", "now", "reference"} <= texts(figure)


def test_a_slide_stays_one_where_it_has_to_be_larger() -> None:
    figure = sheet(*pair(cut=(3,)), Paper(6.4, 3.6))
    width, height = figure.get_size_inches()
    assert width > 6.4
    assert height / width == pytest.approx(3.6 / 6.4)
    assert left_out_words(figure).startswith(f"It is {width:.1f} × {height:.1f} inches large")


def test_a_page_that_is_large_enough_is_as_large_as_it_was_wished() -> None:
    figure = sheet(*pair(cut=(3,)), Paper(14.0, 12.0))
    assert figure.get_size_inches() == pytest.approx((14.0, 12.0))
    assert left_out_words(figure) == ""


def test_its_caption_is_its_own() -> None:
    figure = sheet(*pair(cut=(3,)), Paper(14.0, 12.0))
    assert isinstance(figure, CaptionedFigure)
    assert figure.caption == WORDS.caption
    assert figure.get_label() == WORDS.title


def box(high: float, drawn: list[tuple[float, float, float]]) -> composed.Draw:
    """A figure of that height, which notes where it is drawn on a sheet."""

    def draw(paper: Paper) -> Figure:
        made: Page = page(
            replace(paper, without=("title",)), "t", "", "", content=high, is_as_high_as_needed=True
        )
        if paper.spot is not None:
            axes = made.axes(0, 0, made.width, made.height)
            bounds = np.array(axes.get_position().bounds) * np.tile(made.figure.get_size_inches(), 2)
            drawn.append((bounds[0], bounds[1] + bounds[3], bounds[3]))
        return made.figure

    return draw


def test_panels_stand_below_one_another_and_columns_beside() -> None:
    drawn: list[tuple[float, float, float]] = []
    columns = (
        Column(0.25, (Panel(box(1.0, drawn)), Panel(box(2.0, drawn)))),
        Column(0.75, (Panel(box(1.5, drawn)),)),
    )
    made = composed.figure(columns, Panel(box(1.0, drawn), 1.0), Words("t"), Paper(8.0, 8.0))
    (_, first_top, first), (_, second_top, _), (left, beside_top, _), (foot_left, foot_top, _) = drawn
    assert second_top == pytest.approx(first_top - first)
    assert beside_top == pytest.approx(first_top)
    assert (left, foot_left) == (pytest.approx(2.0), pytest.approx(0.0))
    assert foot_top < second_top
    assert made.get_size_inches() == pytest.approx((8.0, 8.0))


@pytest.mark.parametrize(("beside", "has_room"), [(4.0, True), (1.0, False)])
def test_what_has_room_is_drawn_richer(beside: float, has_room: bool) -> None:
    poor: list[tuple[float, float, float]] = []
    rich: list[tuple[float, float, float]] = []
    columns = (
        Column(0.5, (Panel(box(1.0, poor), richer=box(3.0, rich)),)),
        Column(0.5, (Panel(box(beside, [])),)),
    )
    composed.figure(columns, Panel(box(1.0, []), 1.0), Words("t"), Paper(8.0, 9.0))
    assert (len(poor), len(rich)) == ((0, 1) if has_room else (1, 0))
