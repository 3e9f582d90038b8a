"""Networks with weights made by hand that no longer put out numbers: where it begins, by which tensor, and no class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.data.datasets import PictureSet
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.evaluating import error_percent, predictions
from resnet_viewer.core.network import build
from resnet_viewer.core.not_finite import first_not_finite, highest
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.predictions import has_highest_class, not_finite_words
from resnet_viewer.records.probe import NotFinite, ProbeResult
from resnet_viewer.records.target import BlockTarget
from tests.core.invented import images, tiny
from tests.fabricated import setup

NETWORK = tiny("cifar-resnet-8").spec
NAN, INF = float("nan"), float("inf")


def spoiled(**values: float) -> dict[str, Tensor]:
    """Random weights, with channel 3 of the tensors named (dots written as two underlines) set."""
    state = dict(tiny().state_dict())
    for key, value in values.items():
        name = key.replace("__", ".")
        state[name] = state[name].clone()
        state[name][3] = value
    return state


def answer(state: Mapping[str, Tensor], **changes: object) -> list[ProbeResult]:
    def weights(spec: NetworkSpec) -> Mapping[str, Tensor]:
        return state

    wanted = replace(setup(NETWORK), **changes)  # type: ignore[arg-type]
    asked = wanted.question(wanted.state)
    assert asked is not None
    return list(ProbeEngine(device="cpu", weights=weights).answer(asked))


def test_a_class_is_the_highest_only_among_numbers() -> None:
    logits = torch.tensor([[1.0, 2.0], [0.0, NAN], [INF, 0.0], [-INF, -INF], [-INF, -3.0]])
    assert highest(logits).tolist() == [1, 2, 2, 2, 1]


def test_a_negative_variance_is_named_with_its_layer_and_channel() -> None:
    network = build(NETWORK, spoiled(layer2__0__bn1__running_var=-0.25))
    found = first_not_finite(network, images())
    assert found == NotFinite(
        "layer2.0.bn1", "negative variance", "layer2.0.bn1.running_var", -0.25, channel=3
    )
    assert not any(module._forward_hooks for module in network.modules()), "a hook was left behind"


def test_a_scale_too_large_is_named_though_a_later_layer_overflows() -> None:
    huge = {f"layer{stage}__0__bn{n}__weight": 1e12 for stage in (1, 2, 3) for n in (1, 2)}
    found = first_not_finite(build(NETWORK, spoiled(**huge)), images())
    assert found is not None
    assert (found.misfit, found.tensor, found.channel) == ("large value", "layer1.0.bn1.weight", 3)
    assert found.value == pytest.approx(1e12)
    assert found.layer.startswith(("layer2", "layer3")), "1e12 twice is far below 3.4e38"


def test_a_weight_that_is_no_number_itself_is_named() -> None:
    found = first_not_finite(build(NETWORK, spoiled(layer1__0__conv2__weight=NAN)), images())
    assert found is not None
    assert (found.layer, found.tensor) == ("layer1.0.conv2", "layer1.0.conv2.weight")


def test_values_that_grow_with_no_tensor_to_blame_and_an_input_beyond_float32() -> None:
    class Doubling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList(nn.Conv2d(3, 3, 1, bias=False) for _ in range(60))
            for step in self.steps:
                nn.init.constant_(step.weight, 100.0)

        def forward(self, x: Tensor) -> Tensor:
            for step in self.steps:
                x = step(x)
            return x

    found = first_not_finite(Doubling(), torch.ones(1, 3, 2, 2))
    assert found == NotFinite(
        "steps.15", "growth"
    )  # 300 to the 16th is more than 3.4e38, to the 15th it is not
    assert first_not_finite(tiny(), torch.full((1, 3, 32, 32), INF)) == NotFinite("", "input")
    assert first_not_finite(tiny(), images()) is None


def test_the_reading_names_the_layer_and_asks_about_no_class() -> None:
    early, whole = answer(spoiled(layer2__0__bn1__running_var=-0.25))
    for reading in (early, whole):
        assert reading.target == BlockTarget(3), "with NaN for logits, no class is the highest"
        assert not has_highest_class(reading)
        assert not_finite_words(reading) == (
            "The values of ResNet-8 are not finite from layer2.0.bn1 (block 2 · conv3_x 1) on, and no class is the "
            "highest: its running_var is -0.25 in channel 3, and a variance is never negative."
        )
    states = [block.cam_states[0] for block in whole.blocks]
    assert states[1:] == ["not finite", "not finite"]


def test_a_healthy_reading_says_nothing() -> None:
    whole = answer(tiny().state_dict())[-1]
    assert (whole.not_finite, not_finite_words(whole)) == (None, "")
    assert isinstance(whole.target, int)


def test_a_chosen_class_stays_the_target_and_the_loss_of_no_class_is_refused_in_a_sentence() -> None:
    broken = spoiled(bn1__running_var=-1.0)
    assert answer(broken, target=4)[-1].target == 4
    with pytest.raises(UserError, match="no class is its highest; choose a class"):
        answer(broken, gradient_of="loss")


def test_a_network_without_classifier_says_it_of_its_features() -> None:
    spec = built("cifar-resnet-8", BuildOptions(has_classifier=False), seed=0)
    state = {key: value for key, value in spoiled(bn1__running_var=-1.0).items() if not key.startswith("fc.")}
    wanted = setup(spec)
    asked = wanted.question(wanted.state)
    assert asked is not None
    *_, whole = ProbeEngine(device="cpu", weights=lambda _: state).answer(asked)
    assert not_finite_words(whole).startswith("The values of ResNet-8")
    assert "neither are the features" in not_finite_words(whole)
    healthy = {key: value for key, value in tiny().state_dict().items() if not key.startswith("fc.")}
    *_, whole = ProbeEngine(device="cpu", weights=lambda _: healthy).answer(asked)
    assert not_finite_words(whole) == ""


def test_a_picture_without_a_class_is_wrong_in_a_test_error() -> None:
    """Of class 0, which argmax would have named."""
    pictures = PictureSet(
        torch.zeros(4, 3, 32, 32, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64), tuple("abcdefghij")
    )
    network = build(NETWORK, spoiled(bn1__running_var=-1.0))
    work = predictions(network, pictures, mean=(0.5,) * 3, std=(0.5,) * 3, device=torch.device("cpu"))
    try:
        while True:
            next(work)
    except StopIteration as end:
        predicted = end.value
    assert predicted.classes.tolist() == [10] * 4
    assert predicted.confidence.tolist() == [0.0] * 4
    assert error_percent(predicted.classes, pictures) == 100.0
