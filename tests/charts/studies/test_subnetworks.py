"""What is drawn of all sub-networks."""

from __future__ import annotations

import numpy as np

from resnet_viewer.charts.studies.subnetworks import panels
from resnet_viewer.charts.study_panel import LinesPanel, MatrixPanel
from tests.records.studies.test_subnetworks import needing, result_of


def test_a_result_is_drawn_by_size_by_order_by_pair_and_by_block() -> None:
    errors, orders, shares, pairs, worth = panels([result_of(needing, noise=1.0)])
    assert isinstance(errors, LinesPanel)
    named = {series.name: series for series in errors.series}
    assert [*named] == ["each", "best", "median", "worst"]
    assert named["best"].x.tolist() == [0, 1, 2, 3]
    assert named["best"].y.tolist() == [90, 70, 50, 30]
    assert named["worst"].y.tolist() == [90, 90, 70, 30]
    each = named["each"]
    assert (np.diff(each.x) >= 0).all()
    assert sorted(each.y) == [30, 50, 70, 70, 70, 90, 90, 90]
    for x, y, state, words in zip(each.x, each.y, each.states, each.words, strict=True):
        assert state is not None
        kept = [number for number in (1, 2, 3) if number not in state.dropped]
        assert round(float(x)) == len(kept)
        assert needing("".join("1" if n in kept else "0" for n in (1, 2, 3))) == y
        assert words.startswith(f"{y:.1f}\u00a0%")
    assert [guide.at for guide in errors.guides] == [90.0]
    assert errors.y.title == "error (%)", "as other axes are called"

    assert isinstance(orders, LinesPanel)
    assert orders.y.is_log
    strength = {series.name: series for series in orders.series}
    assert strength["sum"].y[:2].tolist() == [20, 40]
    assert np.isnan(strength["sum"].y[2]), "zero has no place on a logarithm"
    assert {"chance", "pictures", "mean"} < strength.keys()

    assert isinstance(shares, LinesPanel)
    assert np.nansum(shares.series[0].y) == 100
    assert isinstance(pairs, MatrixPanel)
    assert pairs.is_signed
    assert pairs.values[0, 1] == pairs.values[1, 0] == 40
    assert pairs.states[0][1] is not None
    assert pairs.states[0][1].dropped == (1, 2)
    assert pairs.states[1][1] is None
    assert isinstance(worth, LinesPanel)
    assert worth.is_by_block
    assert [series.y.tolist() for series in worth.series] == [[20, 20, 20], [40, 40, 20]]


def test_until_all_are_measured_their_errors_alone_are_drawn() -> None:
    errors, *others = panels([result_of(needing, most=3)])
    assert isinstance(errors, LinesPanel)
    assert [len(series.x) for series in errors.series] == [3, 2, 2, 2]
    assert {panel.message for panel in others} == {"Interactions need all sub-networks; 3 of 8 are measured."}
    empty, *_ = panels([result_of(needing, most=0)])
    assert empty.message == "No sub-network is measured yet."


def test_several_are_laid_over_one_another_each_with_its_pairs() -> None:
    found = panels([result_of(needing), result_of(needing, has_labels=False), result_of(needing, most=2)])
    titles = [panel.title for panel in found]
    assert titles[3:5] == ["Which need each other: ResNet-8 (1)", "Which need each other: ResNet-8 (2)"]
    errors = found[0]
    assert isinstance(errors, LinesPanel)
    assert errors.y.title == "error or disagreement with the intact network (%)"
    assert {series.colour for series in errors.series} == {"first", "second", "third"}
    assert not any(panel.message for panel in found)


def test_one_block_has_nothing_to_interact_with() -> None:
    _, orders, _, pairs, worth = panels([result_of(lambda mask: 50.0, blocks="2")])
    assert orders.message == pairs.message == "One block has nothing to interact with."
    assert not worth.message
