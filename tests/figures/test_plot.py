"""Names at the ends of lines: apart, and beside the axes."""

from itertools import pairwise

import pytest

from resnet_viewer.charts.run_names import groups
from resnet_viewer.figures.page import page
from resnet_viewer.figures.plot import (
    apart,
    draw_legend,
    ends_width,
    entries_of,
    legend_height,
    styles_of,
)
from tests.figures.layout import overlapping
from tests.figures.runs import report


@pytest.mark.parametrize(
    "heights", [[0.0] * 6, [2.0] * 6, [0.0, 0.01, 1.0, 1.01, 2.0, 2.0], [-0.5, 0.1, 0.2, 2.5]]
)
def test_names_stand_a_line_apart_and_on_the_axes(heights: list[float]) -> None:
    places = apart(heights, 2.0)
    assert all(above - below >= 0.135 - 1e-9 for below, above in pairwise(places))
    assert min(places) >= 0
    assert max(places) <= 2.0
    assert apart([0.3, 1.0], 2.0) == [0.3, 1.0], "names that do not collide stay where their lines end"


def test_no_room_is_kept_for_names_that_are_too_many_or_too_long() -> None:
    assert ends_width([], 7.6, 3.0) == 0
    assert ends_width(["Plain-20 1.9 %"] * 8, 7.6, 1.0) == 0
    assert ends_width(["ResNet-20 · shortcuts cut at epoch 3.6 … 2.1 %"], 4.0, 3.0) == 0
    assert 0.9 < ends_width(["Plain-20 1.9 %"], 7.6, 3.0) < 1.4


def test_networks_of_one_depth_and_kind_differ_in_more_than_colour() -> None:
    together = groups([report(), report(state="stopped"), report("cifar-plain-8"), report("cifar-resnet-20")])
    styles = [styles_of(together)[group.name] for group in together]
    assert [style["marker"] for style in styles] == ["None", "o", "None", "None"]
    assert styles[0]["color"] == styles[1]["color"] == styles[2]["color"] != styles[3]["color"]
    assert styles[2]["linestyle"] != styles[0]["linestyle"]


def test_a_long_legend_wraps_and_its_words_fit_the_page() -> None:
    together = groups([report(seed=seed, state="stopped") for seed in range(9)])
    entries = entries_of(together, styles_of(together))
    sheet = page(
        title="t", subtitle="", caption="", width=4.0, height=4.0, legend=legend_height(entries, 4.0)
    )
    left = draw_legend(sheet, entries)
    assert sheet.top - left >= 5 * 0.2
    assert overlapping(sheet.figure) == []
