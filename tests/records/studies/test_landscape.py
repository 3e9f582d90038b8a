"""What is said of the ground around a network, and read of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.landscape import (
    LandscapeOptions,
    conclusion,
    falling,
    hollows,
    landscape,
    others,
    places_in_order,
    refusal,
    rim,
    value_words,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring

Ground = Callable[[float, float], float]


def bowl(x: float, y: float) -> float:
    return 0.3 + 10 * (x * x + y * y)


def hills(x: float, y: float) -> float:
    return 1.0 + x * x + y * y + 0.8 * math.cos(9 * x) * math.cos(9 * y)


PATH: Row = {
    "point": "path",
    "kind": "path",
    "epochs": (0.0, 1.0, 2.0, 4.0),
    "path_x": (-3.0, -2.0, -0.5, 0.0),
    "path_y": (-1.0, 1.0, 0.5, 0.0),
    "shares": (0.75, 0.125),
}


def result_of(
    ground: Ground = bowl,
    name: str = "cifar-resnet-56",
    *,
    options: LandscapeOptions | None = None,
    count: int | None = None,
    has_labels: bool = True,
    is_trained: bool = True,
) -> StudyResult:
    """So many places of that ground; with a run its path and its centre, too."""
    options = options or LandscapeOptions()
    described = spec(name)
    weights = WeightsRef("bundled", name) if is_trained else described.weights
    described = replace(described, weights=weights)
    state = NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))
    rows, columns = options.size
    found: list[Row] = []
    if options.run:
        found = [PATH, {"kind": "centre", "x": 0.0, "y": 0.0, "loss": ground(0, 0), "error": 10.0}]
    for row, column in places_in_order(options):
        x = np.linspace(-1, 1, columns)[column] * options.reach
        y = np.linspace(-1, 1, rows)[row] * options.reach if rows > 1 else 0.0
        loss = ground(float(x), float(y))
        written = loss if math.isfinite(loss) else str(loss)
        found.append(
            {
                "kind": "place",
                "row": row,
                "column": column,
                "x": float(x),
                "y": float(y),
                "loss": written,
                "error": 10.0 + abs(x),
            }
        )
    order = StudyOrder("landscape", state, options, TestSet(), Path("out"))
    basis = Basis(300, 300, has_labels=has_labels)
    return StudyResult(order, basis, len(found), tuple(found[:count]))


def test_it_is_the_finest_grid_that_is_whole() -> None:
    assert landscape(result_of(count=8)) is None
    sizes = {9: (3, 3), 14: (3, 3), 15: (3, 5), 25: (5, 5), 288: (9, 17), 289: (17, 17)}
    for count, size in sizes.items():
        found = landscape(result_of(count=count))
        assert found is not None
        assert found.losses.shape == size
        assert (len(found.y), len(found.x)) == size
        assert found.is_finest == (count == 289)
        assert np.ptp(np.diff(found.x)) < 1e-9
        grid = [[bowl(x, y) for x in found.x] for y in found.y]
        assert found.losses == pytest.approx(np.array(grid)), "row 0 is at the bottom"
    assert found.centre == (0.3, 10.0)


def test_strange_rows_are_passed_over() -> None:
    result = result_of(options=LandscapeOptions(places="5", run="/run"))
    strange: tuple[Row, ...] = (
        {"kind": "place", "row": "one", "column": 1},
        {"kind": 3},
        {},
        {"kind": "path", "epochs": (1.0,), "path_x": None, "path_y": (), "shares": ()},
    )
    found = landscape(replace(result, rows=(*result.rows, *strange)))
    assert found is not None
    assert found.path is None, "the last one said was none"
    for values in ({"epochs": (1.0, 2.0)}, {"shares": (0.5,)}, {"path_x": (math.nan,) * 4}):
        broken = replace(result, rows=({**PATH, **values}, *result.rows[1:]))
        assert (found := landscape(broken)) is not None
        assert found.path is None
    for missing in ("row", "column", "kind"):
        (first, *rest) = result_of(count=9).rows
        row = {key: value for key, value in first.items() if key != missing}
        assert landscape(replace(result_of(), rows=(row, *rest))) is None
    one_place = tuple({**row, "x": 0.5} for row in result_of(count=9).rows)
    assert landscape(replace(result_of(), rows=one_place)) is None
    assert conclusion(replace(result, rows=({"kind": "place"},)))
    assert conclusion(replace(result, rows=())) == ()


def test_losses_beyond_all_numbers_are_read_as_such() -> None:
    def ground(x: float, y: float) -> float:
        return math.inf if x > 0.9 else math.nan if x < -0.9 else bowl(x, y)

    found = landscape(result_of(ground))
    assert found is not None
    assert np.isinf(found.losses[:, -1]).all()
    assert np.isnan(found.losses[:, 0]).all()
    words = " ".join(conclusion(result_of(ground)))
    assert "At 34 places the loss is beyond every finite number." in words
    assert "to ∞." in words


def test_the_ground_is_told_in_numbers_that_can_be_checked() -> None:
    result = result_of()
    first, second, third, last = conclusion(result)
    assert first == ("At the network itself the loss is 0.3, and the error 10.0\u00a0% of 300 pictures.")
    grid = np.array([[bowl(x, y) for x in np.linspace(-1, 1, 17)] for y in np.linspace(-1, 1, 17)])
    flat, guessed = ((100 * (grid <= level).mean()) for level in (0.6, math.log(10)))
    assert (
        f"On {flat:.0f}\u00a0% of the plane it is at most twice as high, on {guessed:.0f}\u00a0% at most"
        in second
    )
    assert second.endswith(f"it is {np.median(rim(grid)):.3g} in the median, 10.3 to 20.3.")
    assert "no hollows besides its own; from 0\u00a0% of them" in third
    assert last == "It agrees with the paper: with shortcuts the ground rises evenly around the network."
    half = conclusion(replace(result, rows=result.rows[:100]))
    assert half[-1] == "So far the picture has 9 × 9 places; 100 of 289 points are measured."
    assert conclusion(replace(result, rows=result.rows[:4])) == (
        "The coarsest picture is not complete yet: 4 of 289 points.",
    )


@pytest.mark.parametrize(
    ("ground", "name", "words"),
    [
        (bowl, "cifar-resnet-110", "It agrees with the paper: with shortcuts"),
        (hills, "cifar-resnet-110", "It does not agree with the paper, where with shortcuts"),
        (bowl, "cifar-plain-20", "It agrees with the paper: in shallow networks"),
        (hills, "cifar-plain-20", "It does not agree with the paper, where in shallow"),
        (hills, "cifar-plain-32", "the paper says nothing"),
        (
            hills,
            "cifar-plain-56",
            "It agrees with the paper: a deep network without shortcuts stands on rough",
        ),
        (bowl, "cifar-plain-56", "It does not agree with the paper, whose deep networks without"),
    ],
)
def test_trained_networks_are_held_against_the_paper(ground: Ground, name: str, words: str) -> None:
    assert words in conclusion(result_of(ground, name))[-1]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (result_of(is_trained=False), "does not say what this untrained one"),
        (result_of(name="resnet18"), "networks for CIFAR-10 with batch normalisation"),
        (result_of(has_labels=False), "Without true classes it is not held"),
        (result_of(options=LandscapeOptions(places="9")), "at least 17 places a side"),
        (result_of(options=LandscapeOptions(reach=0.5)), "planes from −1 to 1"),
        (result_of(options=LandscapeOptions(has_normalisation=True)), "does not move normalisation"),
        (result_of(options=LandscapeOptions(shape="line")), "planes from −1 to 1"),
        (
            replace(
                result_of(),
                order=replace(
                    result_of().order,
                    state=replace(
                        result_of().order.state,
                        wiring=result_of().order.state.wiring.with_shortcuts([1], 0.5),
                    ),
                ),
            ),
            "gates are not open",
        ),
    ],
)
def test_what_the_paper_does_not_draw_is_not_judged(result: StudyResult, words: str) -> None:
    last = conclusion(result)[-1]
    assert words in last
    assert "agree" not in last


def test_without_true_classes_it_says_whose_loss_it_is() -> None:
    assert (
        "the loss is that of the classes which it gives itself" in conclusion(result_of(has_labels=False))[0]
    )


def test_of_a_path_it_says_what_the_plane_holds() -> None:
    said = conclusion(result_of(options=LandscapeOptions(run="/runs/one")))
    assert any(
        "The plane holds 87.5\u00a0% of the variation of the run's 4 states (75.0\u00a0%" in words
        for words in said
    )
    assert "It agrees with the paper, where two directions hold 40 to 90" in said[-1]


def test_a_line_is_told_like_a_plane() -> None:
    said = conclusion(result_of(options=LandscapeOptions(shape="line")))
    assert "of the line it is at most twice as high" in said[1]
    assert "Among the 65 places are no hollows" in said[2]


def test_hollows_are_counted_by_the_ways_out_of_them() -> None:
    line = np.array([[9.0, 1.0, 4.0, 0.5, 9.0, 2.0, 2.1, 1.9, 3.0, 0.1]])
    assert hollows(line, (0, 3)) == [(0, 7), (0, 1)], (
        "the shallow one at 2.0 is none, nor is what falls to the rim"
    )
    assert hollows(line, (0, 1)) == [(0, 7), (0, 3)]
    assert hollows(np.array([[9.0, 1.0, 4.0, 0.5, 9.0]]), (0, 1)) == [(0, 3)], "a deeper one beside its own"
    plane = np.full((7, 7), 5.0)
    plane[3, 3], plane[1, 1], plane[5, 5], plane[0, 6], plane[6, 0] = 1.0, 0.5, np.nan, 0.0, np.inf
    assert hollows(plane, (3, 3)) == [(1, 1)]
    plane[2, 2] = 0.9  # a way from one to the other
    assert hollows(plane, (3, 3)) == []
    assert hollows(np.full((3, 3), 2.0), (1, 1)) == hollows(np.full((3, 3), np.nan), (1, 1)) == []
    found = landscape(result_of(hills))
    assert found is not None
    assert others(found) > 3
    assert falling(found) > 0.2
    smooth = landscape(result_of())
    assert smooth is not None
    assert (others(smooth), falling(smooth)) == (0, 0.0)


def test_large_losses_are_written_as_people_read_them() -> None:
    values = (0.31173, 59.54, 4012.0, 5.2e7, math.inf, math.nan)
    assert [*map(value_words, values)] == ["0.312", "59.5", "4\u00a0012", "5.2e+07", "∞", "no number"]


def test_what_cannot_be_studied_is_refused() -> None:
    state = result_of().order.state
    plan = blueprint(state.network)
    assert refusal(state, plan, LandscapeOptions()) == ""
    assert "needs a plane" in refusal(state, plan, LandscapeOptions(shape="line", run="/run"))
    headless = replace(state, network=replace(state.network, classes=0))
    assert "no classifier" in refusal(headless, plan, LandscapeOptions())
    with pytest.raises(ArgumentError, match="reach"):
        LandscapeOptions(reach=0.0)


def test_a_runs_folder_is_kept_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert LandscapeOptions(run="runs/one").run == str(tmp_path / "runs" / "one")
    assert LandscapeOptions(run="~/one").run == str(Path.home() / "one")
    assert LandscapeOptions().run == ""
