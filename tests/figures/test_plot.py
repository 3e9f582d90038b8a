"""Plots on paper: strokes, numbers, and the legend above."""

from resnet_viewer.charts.chart import BOLD
from resnet_viewer.charts.run_names import groups
from resnet_viewer.figures.page import Entry, Paper, page, printed
from resnet_viewer.figures.plot import style_of
from tests.figures.layout import overlapping
from tests.figures.runs import report


def test_networks_of_one_depth_and_kind_differ_in_more_than_colour() -> None:
    together = groups([report(), report(state="stopped"), report("cifar-plain-8"), report("cifar-resnet-20")])
    styles = [style_of(group.stroke, BOLD) for group in together]
    assert [style["marker"] for style in styles] == ["None", "o", "None", "None"]
    assert styles[0]["color"] == styles[1]["color"] == styles[2]["color"] != styles[3]["color"]
    assert styles[2]["linestyle"] != styles[0]["linestyle"]


def test_powers_of_ten_are_printed_as_such() -> None:
    assert [printed(text) for text in ("1e-14", "3e2", "0", "0.5", "∞ nan")] == [
        "10⁻¹⁴", "3·10²", "0", "0.5", "∞ nan"
    ]  # fmt: skip


def test_a_long_legend_wraps_and_its_words_fit_the_page() -> None:
    together = groups([report(seed=seed, state="stopped") for seed in range(9)])
    entries = [Entry(group.label, style_of(group.stroke, BOLD)) for group in together]
    tall, short = (page(Paper(4.0, 4.0), "t", "", "", content=1.0, legend=shown) for shown in (entries, ()))
    sheet = tall
    assert short.top - tall.top >= 5 * 0.2
    assert overlapping(sheet.figure) == []
