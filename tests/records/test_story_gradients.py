"""What is said about gradients: from the records alone, and only what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viewer.records.story import decades_back
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import Intervention
from tests.records.story_runs import four, text, told

STEPS = 4


def recorded(name: str, *norms: list[float], is_normalised: bool = True, **more: Any) -> StoryRun:
    """With a gradient record at every second step of the first epochs."""
    times = np.arange(len(norms)) * 2 / STEPS
    run = told(name, 80, 50, 20, record_times=times, norms=np.array(norms), steps=STEPS, **more)
    network = replace(run.run.network, is_normalised=is_normalised)
    return replace(run, title=network.title, run=replace(run.run, network=network))


def test_decades_are_those_at_the_pointer_beside_those_at_the_start() -> None:
    plain = recorded("cifar-plain-56", [1e-1, 1e-3, 1.0], [1e-1, 2e-1, 1.0])
    residual = recorded("cifar-resnet-56", [0.1, 0.2, 0.4], [0.1, 0.2, 0.5])
    assert (
        "At the pointer (epoch 0.3) the gradient norms over the layers of Plain-56 span 3.0 decades (smallest "
        "1.0e-03, in layer 2 of 3), those of ResNet-56 span 0.6 decades (smallest 1.0e-01, in layer 1 of 3)."
    ) in text([plain, residual], 0.3)
    assert (
        "In the newest record the gradient norms over the layers of Plain-56 span 1.0 decades (smallest 1.0e-01, in "
        "layer 1 of 3; at the start 3.0 decades), those of ResNet-56 span 0.7 decades"
    ) in text([plain, residual])


def test_no_gradients_are_told_where_there_is_none() -> None:
    plain = recorded("cifar-plain-56", [1e-1, 1e-2, 1.0])
    assert "gradient norms" in text([plain], 0.0)  # at the record itself
    assert "gradient norms" in text([plain], 3.0)
    assert "gradient norms" not in text([plain], 3.5)  # after the last step
    assert "gradient norms" not in text([told("cifar-plain-56", 80, 50, 20)])


def test_zeros_and_what_is_not_finite_are_told() -> None:
    mixed = text([recorded("cifar-plain-56", [0.1, 0.0, 1.0, np.nan])])
    assert (
        "span 1.0 decades (smallest 1.0e-01, in layer 1 of 4), are zero in one layer and are not finite in one layer."
    ) in mixed
    nothing = text([recorded("cifar-plain-56", [0.0, 0.0, 0.0])])
    assert "of Plain-56 are zero in three layers." in nothing
    assert "vanish" not in nothing, "what is zero everywhere does not fall on its way"


def test_the_papers_word_on_vanishing_belongs_to_batch_normalised_plain_networks() -> None:
    said = text([recorded("cifar-plain-56", [0.1, 0.2])])
    assert (
        "Those of Plain-56 do not vanish: after every convolution batch normalisation gives each channel a spread "
        "again, so that no signal dies out on its way. He et al. (2015) argue it unlikely that plain networks with "
        "batch normalisation owe their degradation to vanishing gradients."
    ) in said
    for other in (
        recorded("cifar-plain-56", [0.1, 0.2], is_normalised=False),
        recorded("cifar-resnet-56", [0.1, 0.2]),
    ):
        assert "unlikely" not in text([other])
        assert "vanish" not in text([other])


def test_a_gradient_vanishes_only_where_three_decades_lie_between_the_last_layer_and_the_first() -> None:
    bare = {"is_normalised": False}
    said = text([recorded("cifar-plain-56", [3e-7, 1e-7, 1e-7], [1.2e-8, 2e-9, 6.1e-3], **bare)])
    assert (
        "In the newest record, the gradient of Plain-56 (no BN) vanishes on its way back: 6.1e-03 in the last layer, "
        "1.2e-08 in the first, 5.7 decades less; at the start it was faint in every layer, 3.0e-07 at most."
    ) in said
    assert "He et al." not in said
    assert "3.0 decades less" in text([recorded("cifar-plain-56", [1e-4, 1.0, 0.1], **bare)])
    assert "vanish" not in text([recorded("cifar-plain-56", [1.01e-4, 1.0, 0.1], **bare)])
    kept = text([recorded("cifar-plain-56", [0.2, 0.1], [1e-4, 1.0], **bare)])
    assert "4.0 decades less; at the start they were 1.0e-01 and 2.0e-01." in kept
    normalised = text([recorded("cifar-plain-56", [1e-4, 1.0])])
    assert "vanishes on its way back" in normalised
    assert "unlikely" not in normalised


def test_a_gradient_explodes_only_where_the_numbers_show_it() -> None:
    bare = {"is_normalised": False}
    grown = text([recorded("cifar-resnet-56", [48.0, 250.0], [0.0, 2e17], **bare)])
    assert (
        "the gradient of ResNet-56 (no BN) explodes: 2.0e+17 in its largest layer; at the start it was large in every "
        "layer, 4.8e+01 at least."
    ) in grown
    assert "vanish" not in grown
    back = text([recorded("cifar-plain-56", [460.0, 1.0, 0.4], **bare)])
    assert (
        "explodes on its way back: 4.0e-01 in the last layer, 4.6e+02 in the first, 3.1 decades more." in back
    )
    assert "explode" not in text([recorded("cifar-plain-56", [390.0, 1.0, 0.4], **bare)])
    assert "explode" not in text([recorded("cifar-plain-56", [1e-7, 1e-7], [1e-3, 1e-3], **bare)]), (
        "still small"
    )


def test_what_was_at_the_start_is_told_of_one_gradient_or_of_many_norms() -> None:
    bare = {"is_normalised": False}
    many = text([recorded("cifar-plain-56", [1e-7, 2e-7], [1e-1, 2e-1], **bare)])
    assert "smallest 1.0e-01, in layer 1 of 2); at the start they were faint in every layer, 2.0e-07" in many
    one = text([recorded("cifar-plain-56", [1e-9, 2e-7], [1e-9, 2e-3], **bare)])
    assert "decades less; at the start it was faint in every layer, 2.0e-07 at most" in one
    ends = text([recorded("cifar-plain-56", [1e-9, 2e-3], [1e-9, 2e-3], **bare)])
    assert "decades less; at the start they were 2.0e-03 and 1.0e-09." in ends


def test_networks_with_and_without_batch_normalisation_have_their_gradients_told_side_by_side() -> None:
    runs = [
        recorded("cifar-plain-56", [0.1, 0.2]),
        recorded("cifar-resnet-56", [0.1, 0.2]),
        recorded("cifar-plain-20", [1e-7, 1.0], is_normalised=False),
        recorded("cifar-plain-56", [1e-6, 1.0], is_normalised=False),
        recorded("cifar-resnet-56", [1e5, 1.0], is_normalised=False),
    ]
    for order in (runs, runs[::-1]):
        said = text(order)
        assert "the gradient of Plain-56 (no BN) vanishes on its way back: 1.0e+00 in the last layer" in said
        assert "gradient of ResNet-56 (no BN) explodes on its way back" in said
        assert "over the layers of Plain-56 span 0.3 decades" in said
        assert "those of ResNet-56 span 0.3" in said
        assert "Plain-20 (no BN) vanishes" not in said


@pytest.mark.parametrize(
    ("norms", "decades"),
    [([0.1, 9, 1], 1), ([10, 9, 1], -1), ([0, 1], np.inf), ([1, 0], np.nan), ([np.inf, 1], np.nan)],
)
def test_decades_are_from_the_last_layer_to_the_first(norms: list[float], decades: float) -> None:
    assert decades_back(np.array(norms, float)) == pytest.approx(decades, nan_ok=True)


def test_a_run_with_cut_shortcuts_is_not_compared_and_its_gradients_say_so() -> None:
    touched = told(
        "cifar-resnet-56",
        3,
        71,
        60,
        steps=STEPS,
        run={"interventions": (Intervention(6, 0.0),)},
        record_times=np.array([0.5, 1.5]),
        norms=np.array([[1, 2], [1, 9.0]]),
    )
    said = text([*four(1, 1, 50, 1)[:3], touched])
    assert "because their shortcuts were changed on the way: ResNet-56." in said
    assert "ResNet-56 errs" not in said
    assert "ResNet-56 (shortcuts cut) span 1.0 decades" in said, "the record of the very step"
    assert "ResNet-56 span 0.3 decades" in text([touched], 1.0)
