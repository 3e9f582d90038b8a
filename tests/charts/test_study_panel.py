"""What several results are called beside one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from resnet_viewer.charts.study_panel import HUES, names, network_of
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.merges import MergesOptions
from resnet_viewer.records.study import Basis, Options, StudyOrder, StudyResult, option
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring


@dataclass(frozen=True)
class Some(Options):
    repeats: int = option(3, "Repeats", least=1)


def result(name: str = "cifar-resnet-20", *, repeats: int = 3, pictures: int = 300) -> StudyResult:
    described = spec(name)
    state = NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))
    order = StudyOrder("some", state, Some(repeats), TestSet(sample=pictures), Path("folder"))
    return StudyResult(order, Basis(pictures, pictures), 1)


def test_a_single_result_needs_no_name() -> None:
    assert names([]) == ()
    assert names([result()]) == ("",)


def test_networks_are_told_by_their_titles_and_one_network_by_what_differs() -> None:
    assert names([result(), result("cifar-plain-20")]) == ("ResNet-20", "Plain-20")
    assert names([result(), result(repeats=5)]) == ("ResNet-20, repeats 3", "ResNet-20, repeats 5")
    cut = result()
    state = replace(cut.order.state, wiring=cut.order.state.wiring.with_shortcuts([2], 0.0))
    cut = replace(cut, order=replace(cut.order, state=state))
    other = result(pictures=100)
    assert names([result(), cut, result("cifar-plain-20"), other]) == (
        "ResNet-20, all shortcuts open, 300 pictures",
        "ResNet-20, 1 of 9 shortcuts cut (2), 300 pictures",
        "Plain-20",
        "ResNet-20, all shortcuts open, 100 pictures",
    )


def test_results_that_differ_in_nothing_are_numbered() -> None:
    assert names([result(), result()]) == ("ResNet-20 (1)", "ResNet-20 (2)")
    assert len(set(HUES)) == 4


def test_results_of_a_study_that_trains_are_not_named_after_the_first_of_its_networks() -> None:
    def trained(depth: int) -> StudyResult:
        plain = result(f"cifar-plain-{depth}")
        return replace(plain, order=replace(plain.order, study="merges", options=MergesOptions(depth=depth)))

    assert names([trained(20), trained(56)]) == ("own networks, depth 20", "own networks, depth 56")
    assert names([trained(20), trained(20)]) == ("own networks (1)", "own networks (2)")
    assert network_of(trained(20)) == "own networks"
    assert network_of(result()) == "ResNet-20"
