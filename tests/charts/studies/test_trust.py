"""The panels of "Is this map to be trusted?", of one result and of several, complete and not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.studies.trust import panels
from resnet_viewer.charts.study_panel import LinesPanel, PicturesPanel
from resnet_viewer.charts.study_pictures import PicturesChart
from resnet_viewer.records.study import StudyResult
from tests.records.studies.test_trust import OPTIONS, result_of

SIDE = 4


def shown(result: StudyResult) -> StudyResult:
    """With the first picture's maps: a red square of which the left half is deleted first."""
    picture = np.stack([np.full((SIDE, SIDE), 200), np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))])
    turns = np.tile([0.0, 0.1, 0.6, 0.7], (SIDE, 1))
    maps = np.stack([np.arange(4.0).reshape(2, 2) * step for step in range(6)])
    curves, anew, *rest = result.rows
    return replace(
        result,
        rows=(
            {
                **curves,
                "shown_side": SIDE,
                "shown_picture": tuple(picture.ravel().tolist()),
                "shown_blurred": tuple((picture / 2).ravel().tolist()),
                "shown_turns": tuple(turns.ravel().tolist()),
            },
            {**anew, "shown_rows": 2, "shown_columns": 2, "shown_maps": tuple(maps.ravel().tolist())},
            *rest,
        ),
    )


def test_curves_stand_beside_those_of_random_maps_with_their_intervals() -> None:
    _, insertion, deletion, alike = panels([result_of(0.2)])
    assert isinstance(insertion, LinesPanel)
    assert isinstance(deletion, LinesPanel)
    assert isinstance(alike, LinesPanel)
    ours, random = insertion.series
    assert (ours.name, random.name) == ("Grad-CAM of block 3", "random maps")
    assert ours.x.tolist() == [0, 25, 50, 75, 100]
    assert ours.y[2] == pytest.approx(0.7, abs=0.02)
    assert random.y[2] == pytest.approx(0.5)
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low[2] < ours.y[2] < ours.high[2]
    assert [series.name for series in deletion.series] == [
        "to black",
        "random maps, to black",
        "to blurred",
        "random maps, to blurred",
    ]
    rank, chance, ssim = alike.series
    assert rank.y[0] == 1
    assert rank.words[1].startswith("rank correlation · drawn anew down to classifier: ")
    assert (chance.name, ssim.name) == ("random maps", "structural similarity")


def test_every_check_stands_beside_random_maps_in_a_row_of_its_own() -> None:
    overview, *_ = panels([result_of(0.2)])
    assert isinstance(overview, LinesPanel)
    ours, random = overview.series
    rows = dict(zip(reversed(overview.y.names), range(len(overview.y.names), 0, -1), strict=True))
    assert next(iter(rows)) == "insertion ↑"
    assert ours.y.round().tolist() == list(rows.values())
    at = {name: place for place, name in enumerate(rows)}
    assert ours.x[at["insertion ↑"]] == pytest.approx(0.7, abs=0.01)
    assert ours.x[at["infidelity ↓"]] == pytest.approx(0.4, abs=0.01)
    assert random.x[at["sensitivity ↓"]] == pytest.approx(1.2)
    assert ours.across is not None
    assert (ours.across[0] < ours.x).all()
    assert ours.words[0].startswith("insertion ↑ · Grad-CAM of block 3: 0.7 (")
    assert (ours.y > random.y).all(), "they do not lie on each other"
    first = replace(result_of(0.2, count=1), rows=result_of(0.2, count=1).rows[:1])
    overview, *_ = panels([first])
    assert isinstance(overview, LinesPanel)
    assert len(overview.series[0].x) == 3, "what is measured so far"


def test_results_are_laid_over_one_another_by_what_differs() -> None:
    other = result_of(0.0, 0.5, options=replace(OPTIONS, method="saliency"))
    overview, insertion, deletion, alike = panels([result_of(0.2), other])
    assert isinstance(overview, LinesPanel)
    assert len(overview.series) == 4
    assert isinstance(insertion, LinesPanel)
    assert [series.name for series in insertion.series] == [
        "ResNet-8, method Grad-CAM",
        "ResNet-8, method Grad-CAM, random maps",
        "ResNet-8, method Saliency",
        "ResNet-8, method Saliency, random maps",
    ]
    assert isinstance(deletion, LinesPanel)
    assert len(deletion.series) == 4, "to black alone"
    assert isinstance(alike, LinesPanel)
    assert len(alike.series) == 4


def test_the_first_pictures_maps_and_itself_as_its_pixels_change() -> None:
    *_, anew, changed = panels([shown(result_of())])
    assert isinstance(anew, PicturesPanel)
    assert isinstance(changed, PicturesPanel)
    assert anew.names == ("as trained", "classifier", "block 3", "block 2", "block 1", "stem")
    assert "Grad-CAM of block 3 of 1.png" in anew.title
    assert changed.has_slider
    assert changed.x.title == "pixels changed (%)", "as in the curves, which follow it"
    half = PicturesChart(changed).nearest(50)
    insertion, deletion, fading = (row.pictures[half] for row in changed.rows)
    assert insertion is not None
    assert insertion[0, :, 0].tolist() == [200, 200, 100, 100]
    assert deletion is not None
    assert deletion[0, :, 0].tolist() == [0, 0, 200, 200]
    assert fading is not None
    assert fading[0, :, 0].tolist() == [100, 100, 200, 200]
    last = changed.rows[1].pictures[-1]
    assert last is not None
    assert not last.any()


def test_what_is_not_measured_yet_or_cannot_be_read_is_said() -> None:
    result = shown(result_of())
    empty = panels([replace(result, rows=())])
    assert [panel.message for panel in empty] == ["No map is held against random ones yet."] * 4
    broken = tuple(
        {**row, "shown_maps": (1.0,), "shown_turns": (1.0, 2.0)} if row["number"] == 1 else row
        for row in result.rows
    )
    *_, anew, changed = panels([replace(result, rows=broken[:2])])
    assert "cannot be read" in anew.message
    assert "cannot be read" in changed.message
    (_, one, *_) = panels([replace(result, rows=result.rows[:1])])
    assert isinstance(one, LinesPanel)
    assert one.series[0].low is None, "one picture has no interval"
