"""What is said of refinement, and of which networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.refinement import INFO, RefinementOptions, blocks_of, stages_of
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring


def state_of(name: str) -> NetworkState:
    described = spec(name)
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def result_of(
    name: str = "cifar-resnet-20", *, last: float = -0.2, lacking: float = 0.1, **changed: float
) -> StudyResult:
    """Cosines fall to `last`, sizes and spreads fall in each stage, the error from 90 to 10 %."""
    state = state_of(name)
    state = replace(
        state, network=replace(state.network, weights=replace(state.network.weights, source="bundled"))
    )
    order = StudyOrder("refinement", state, RefinementOptions(), TestSet("digits"), Path("somewhere"))
    plan = blueprint(state.network)
    rows: list[Row] = []
    for block in blocks_of(plan):
        share = block.number / len(plan.blocks)
        is_alike = block.input_shape == block.output_shape
        is_end = block is plan.stages[block.stage - 2].blocks[-1]
        spread = 0.0 if is_end else 1.0 / block.index
        row: Row = {
            "point": f"block {block.number}",
            "block": block.number,
            "described": block.label,
            "cosine": last * share if is_alike else None,
            "cosine_error": 0.001,
            "cosine_low": last * share - 0.1,
            "cosine_high": last * share + 0.1,
            "cosine_pictures": 100 if is_alike else 0,
            "ratio": 1.0 / block.index,
            "ratio_low": 0.5 / block.index,
            "ratio_high": 2.0 / block.index,
            "ratio_pictures": 100,
            "to_end": lacking * spread,
            "to_end_deviation": spread,
            "to_end_bias": lacking * spread,
            "read": 90 - 80 * share,
            "read_low": 80 - 80 * share,
            "read_high": 95 - 80 * share,
            **({"own": 90 - 80 * share, "own_low": 0.0, "own_high": 95.0} if block.stage == 4 else {}),
        }
        rows.append({**row, **changed})
    return StudyResult(order, Basis(100, 100, has_labels=True), len(rows), tuple(rows))


def test_it_says_what_every_number_comes_to() -> None:
    cosine, ratio, lacking, reading = INFO.conclusion(result_of())
    assert cosine == (
        "What block 9 adds is at a cosine of −0.20 to the gradient of the loss at its input; in the first half of "
        "the network the mean is −0.04. 7 of 7 blocks point against the gradient by more than chance, blocks 3, 5, 6, "
        "8 and 9 by 0.05 or more. This agrees with Jastrzębski et al. (2018), whose blocks go down the loss, the last "
        "ones most."
    )
    assert "goes from 1.00 to 0.33 in conv2_x, from 1.00 to 0.33 in conv3_x and" in ratio
    assert "This agrees with Jastrzębski" in ratio
    assert "spreads from 1.00 to 0.50 in conv2_x" in lacking
    assert "its mean is at most 0.10 of its spread. This agrees with Greff" in lacking
    assert reading == (
        "A linear classifier on the averaged maps has 81.1\u00a0% error after block 1 and 10.0\u00a0% after block 9 "
        "(95 % interval 0.0 to 15.0\u00a0%); the network itself 10.0\u00a0%. Its own classifier, read two blocks "
        "earlier, has 27.8\u00a0%: however little each of the last blocks adds, they cannot go."
    )


@pytest.mark.parametrize(
    ("changed", "place", "words"),
    [
        ({"last": 0.1}, 0, "This does not agree with Jastrzębski"),
        ({"cosine_error": 0.08}, 0, "for the last blocks alone, not for most of them"),
        ({"cosine": float("nan")}, 0, "so there is no cosine"),
        ({"ratio": 0.5}, 1, "here it falls in no stage"),
        ({"lacking": 0.9}, 2, "because the mean is not close to zero."),
        ({"to_end_deviation": 0.5, "to_end": 0.0}, 2, "This agrees with Greff"),
        ({"own": 10.0}, 3, "here the last blocks hardly matter to it"),
    ],
)
def test_where_it_does_not_agree_it_says_so(changed: dict[str, float], place: int, words: str) -> None:
    assert words in INFO.conclusion(result_of(**changed))[place]


def test_of_what_the_papers_do_not_measure_nothing_is_judged() -> None:
    result = result_of()
    state = result.order.state
    untrained = replace(state, network=spec("cifar-resnet-20"))
    cut = replace(state, wiring=state.wiring.with_shortcuts([1], 0.0))
    for other, words in ((untrained, "these untrained weights"), (cut, "Some of its gates are not open")):
        said = INFO.conclusion(replace(result, order=replace(result.order, state=other)))
        assert len(said) == 5
        assert words in said[-1]
        assert not any("agree" in each for each in said)
    alone = replace(result, rows=tuple({**row, "cosine_error": None} for row in result.rows))
    assert "0 of 7 blocks point against" in INFO.conclusion(alone)[0], (
        "of one picture nothing is told from chance"
    )


def test_without_true_classes_it_is_disagreement_with_what_the_network_says() -> None:
    result = replace(result_of(), basis=Basis(100, 100, has_labels=False))
    cosine, *_, reading = INFO.conclusion(result)
    assert "the gradient of the loss, of the class that the network gives, at its input" in cosine
    assert "81.1\u00a0% disagreement with the intact network after block 1" in reading


def test_an_incomplete_result_says_how_far_it_is() -> None:
    result = result_of()
    assert INFO.conclusion(replace(result, rows=())) == ()
    assert INFO.conclusion(replace(result, rows=result.rows[:2])) == ("2 of 9 blocks are measured so far.",)
    assert stages_of(replace(result, rows=result.rows[:4])) == {"conv2_x": (1, 2, 3), "conv3_x": (4,)}


def test_what_adds_to_no_shortcut_is_refused() -> None:
    def refused(name: str) -> str:
        state = state_of(name)
        return INFO.refusal(state, blueprint(state.network, state.preprocessing.crop), RefinementOptions())

    assert refused("cifar-resnet-20") == refused("resnet50") == refused("cifar-resnet-20-highway") == ""
    for name in ("cifar-plain-20", "vgg16", "cifar-resnet-20-concat"):
        assert "adds what its branch computes" in refused(name)
    featured = replace(state_of("cifar-resnet-20"), network=replace(spec("cifar-resnet-20"), classes=0))
    assert "has no classifier" in INFO.refusal(featured, blueprint(featured.network), RefinementOptions())
