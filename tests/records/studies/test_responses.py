"""Which layers "Layer responses" listens to, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.responses import INFO, ResponsesOptions, deviations, places, places_of
from resnet_viewer.records.study import Basis, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring


def state_of(name: str) -> NetworkState:
    described = spec(name)
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def result_of(name: str, *, measured: int | None = None) -> StudyResult:
    """The last layers of blocks deviate by 0.25, the others by 0.5, the stem by 1."""
    order = StudyOrder("responses", state_of(name), ResponsesOptions(), TestSet("digits"), Path("somewhere"))
    empty = StudyResult(order, Basis(300, 300, True), points=0)
    rows = [
        {
            "point": place.layer.name,
            "layer": place.layer.name,
            "deviation": 1.0 if place.block is None else 0.25 if place.is_last else 0.5,
        }
        for place in places_of(empty)
    ]
    return replace(empty, points=len(rows), rows=tuple(rows[:measured]))


def modules(name: str, layers: str = "3×3") -> list[tuple[str, str]]:
    found = places(blueprint(spec(name)), ResponsesOptions(layers=layers))  # type: ignore[arg-type]
    return [(place.layer.name, place.module) for place in found]


def test_layers_are_read_behind_their_normalisation_and_before_the_addition() -> None:
    assert modules("cifar-resnet-8")[:3] == [
        ("conv1", "bn1"),
        ("layer1.0.conv1", "layer1.0.bn1"),
        ("layer1.0.conv2", "layer1.0.bn2"),
    ]
    assert modules("cifar-resnet-8-bnafter")[2] == ("layer1.0.conv2", "layer1.0.conv2")
    assert modules("cifar-resnet-8-nobn")[0] == ("conv1", "conv1")
    assert modules("cifar-resnet-8-preact")[3:5] == [
        ("layer2.0.conv1", "layer2.0.bn2"),
        ("layer2.0.conv2", "layer2.0.conv2"),
    ]
    assert [name for name, _ in modules("resnet50")][:2] == ["layer1.0.conv2", "layer1.1.conv2"]
    assert len(modules("resnet50", "all")) == 49
    assert modules("vgg16_bn")[0] == ("features.0", "features.1")


def test_it_says_how_far_they_spread_and_claims_no_more() -> None:
    said = INFO.conclusion(result_of("cifar-resnet-14"))
    assert said[0] == (
        "The responses of the 13 3×3 layers of ResNet-14 deviate by 0.42 in the mean, from 0.25 (block 1 · conv2_x 1 · "
        "conv2) to 1.00 (stem · conv1)."
    )
    assert said[1] == "Those added to the shortcuts deviate by 0.25, the others by 0.57."
    assert "one network alone neither agrees nor disagrees" in said[2]
    assert "at the ends of blocks" in INFO.conclusion(result_of("cifar-plain-20"))[1]


def test_an_incomplete_result_says_how_far_it_is() -> None:
    assert INFO.conclusion(result_of("cifar-resnet-14", measured=0)) == ()
    said = INFO.conclusion(result_of("cifar-resnet-14", measured=2))
    assert said[-1] == "2 of 13 layers are measured so far."
    assert [*deviations(result_of("cifar-resnet-14", measured=2))] == ["conv1", "layer1.0.conv1"]


def test_a_network_without_such_layers_is_refused() -> None:
    def refused(state: NetworkState) -> str:
        return INFO.refusal(state, blueprint(state.network), ResponsesOptions())

    assert refused(state_of("cifar-resnet-8")) == ""
    bottleneck = state_of("resnet50")
    assert refused(bottleneck) == ""
    dropped = replace(bottleneck, wiring=bottleneck.wiring.with_branches(range(1, 17), 0.0))
    assert "has no 3×3 convolution that is run" in refused(dropped)


def scaled(result: StudyResult, factor: float) -> StudyResult:
    rows = [{**row, "deviation": factor * float(str(row["deviation"]))} for row in result.rows]
    return replace(result, rows=tuple(rows))


def test_several_results_are_held_against_the_paper_together() -> None:
    shallow, deep, plain = (result_of(f"cifar-{name}") for name in ("resnet-8", "resnet-20", "plain-20"))
    assert INFO.comparison([shallow]) == INFO.comparison([plain]) == ()
    assert INFO.comparison([plain, scaled(deep, 0.5), shallow]) == (
        "Residual networks respond less than plain ones here, as in He et al. (2015): ResNet-8 0.46 and ResNet-20 0.20 "
        "in the mean, against Plain-20 0.41.",
        "Residual networks respond less the deeper they are, as in He et al. (2015): ResNet-8 0.46 and ResNet-20 0.20.",
    ), "only of the same depth can they be told"
    assert INFO.comparison([scaled(deep, 1.1), shallow, plain]) == (
        "Residual networks respond no less than plain ones here, not as in He et al. (2015): ResNet-8 0.46 and "
        "ResNet-20 0.45 in the mean, against Plain-20 0.41.",
        "Residual networks respond not clearly less the deeper they are, other than in He et al. (2015): ResNet-8 0.46 "
        "and ResNet-20 0.45.",
    )
    half = replace(deep, rows=deep.rows[:3])
    assert INFO.comparison([half, scaled(shallow, 0.5), plain]) == (
        "Residual networks respond less than plain ones here, as in He et al. (2015): ResNet-8 0.23 in the mean, "
        "against Plain-20 0.41.",
    ), "of complete results alone"
