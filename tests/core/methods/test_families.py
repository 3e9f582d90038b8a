"""Methods that hook modules, on networks of every kind: by what must hold whatever the network."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.methods.explained import explanation
from resnet_viewer.core.network import Network
from resnet_viewer.records.method import METHODS, ExplainRequest, Explanation, MethodInfo, refusal
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.probe import NetworkState, ProbeRequest
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import random_state
from tests.core.test_families import reduced

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@lru_cache
def weights(described: NetworkSpec) -> dict[str, Tensor]:
    with torch.device("meta"):
        shapes = Network(described).state_dict()
    return random_state(shapes, 3)


def asked(name: str, *, is_wired: bool) -> ProbeRequest:
    network = reduced(name)
    count, side, channels = network.block_count, network.input_size, network.channels
    wiring = Wiring.all_open(count)
    if is_wired:
        shortcuts = ((1.0, 0.5, 0.0, 0.3) * count)[:count] if network.has_shortcuts else (1.0,) * count
        wiring = Wiring(shortcuts, ((0.7, 1.0, 1.0) * count)[:count])
    state = NetworkState(network, Preprocessing(side, side, (0.5,) * channels, (0.25,) * channels), wiring)
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    return ProbeRequest(state, Picture.of(pixels, name="noise.png"), 2)


def answers(question: ProbeRequest, *names: str) -> list[Explanation]:
    engine = ProbeEngine(device="cpu", weights=weights)
    return [explanation(engine, ExplainRequest.of(question, name)) for name in names]


KINDS = (
    "cifar-resnet-20", "cifar-resnet-20-c", "cifar-resnet-20-preact", "cifar-resnet-20-nobn",
    "cifar-resnet-20-preact-nobn", "cifar-resnet-20-dropout", "cifar-resnet-20-concat", "cifar-resnet-20-scaled",
    "cifar-resnet-20-relupre", "cifar-resnet-20-relubefore", "cifar-resnet-20-bnafter", "cifar-plain-20", "resnet18",
    "resnet50", "resnet50v2", "resnet26t", "vgg16", "alexnet", "teaching-keras", "teaching-mnist-concat",
    "cifar-resnet-20-skipinit", "cifar-resnet-20-c-fixup", "cifar-resnet-20-preact-fixup",
)  # fmt: skip
_MEETS_BORDERS = ("resnet26t", "resnet50v2", "vgg16", "alexnet")


@pytest.mark.parametrize("is_wired", [False, True], ids=["open", "wired"])
@pytest.mark.parametrize("name", KINDS)
def test_relevance_is_the_gradient_times_the_input(name: str, is_wired: bool) -> None:
    """Ancona et al. 2018, with the epsilon rule, as long as no relevance is lost, doubled, or taken for a gradient."""
    relevance, product = answers(asked(name, is_wired=is_wired), "lrp", "input_x_gradient")
    np.testing.assert_allclose(relevance.map, product.map, rtol=0, atol=1e-3 * np.abs(product.map).max())


@pytest.mark.parametrize("is_wired", [False, True], ids=["open", "wired"])
@pytest.mark.parametrize("name", [kind for kind in KINDS if kind not in _MEETS_BORDERS])
def test_deeplift_explains_the_whole_difference(name: str, is_wired: bool) -> None:
    """Shrikumar et al. 2017, equation 1: exact where maximum pooling does not see the baseline's border."""
    found, product = answers(asked(name, is_wired=is_wired), "deep_lift", "input_x_gradient")
    assert found.delta is not None
    assert found.score is not None
    assert found.baseline_score is not None
    difference = found.score - found.baseline_score
    assert abs(found.delta) < 1e-4 * (abs(difference) + abs(found.score))
    assert abs(float(product.map.sum()) - difference) > 1e-3 * abs(difference), (
        "the gradient explains as much"
    )


@pytest.mark.parametrize("name", ["cifar-resnet-20-preact-nobn", "cifar-resnet-20-relupre", "resnet18"])
def test_every_relu_is_guided_where_two_paths_part_too(name: str) -> None:
    """By hand: the gradient is cut where it is negative in each ReLU, and nowhere else."""
    question = asked(name, is_wired=False)
    (found,) = answers(question, "guided_backprop")
    engine = ProbeEngine(device="cpu", weights=weights)
    _, images = engine.asked(question)
    network = engine.live(question.state.network)
    network.set_wiring(question.state.wiring)
    relu = torch.relu

    def guided(values: Tensor, inplace: bool = False) -> Tensor:
        output = relu(values)
        output.register_hook(lambda gradient: gradient.clamp(min=0))
        return output

    given = images.clone().requires_grad_()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.functional, "relu", guided)
        (expected,) = torch.autograd.grad(network(given)[0, 2], given)
    theirs = expected[0].sum(0).numpy()
    np.testing.assert_allclose(found.map, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("name", ["cifar-resnet-20-highway", "cifar-resnet-20-gated"])
def test_gated_blocks_are_refused(name: str) -> None:
    for method in ("lrp", "deep_lift"):
        assert "no rule" in refusal(ExplainRequest.of(asked(name, is_wired=False), method))


@pytest.mark.parametrize("info", METHODS, ids=lambda info: info.name)
def test_every_method_takes_grey_pictures_and_means_of_blocks(info: MethodInfo) -> None:
    if info.extra:
        pytest.importorskip("sklearn")
        pytest.importorskip("skimage")
    question = asked("teaching-mnist-concat", is_wired=False)
    shown = Picture.of(
        np.repeat(np.arange(0, 224, 8, dtype=np.uint8)[:, None, None], 28, 1).repeat(3, 2), name="ramp"
    )
    question = replace(question, picture=shown, target=BlockTarget(question.state.network.block_count, 1))
    (found,) = answers(question, info.name)
    height, width = found.request.plan.blocks[-1].output_shape[1:] if info.place == "block" else (28, 28)
    assert found.map.shape == (height, width)
    assert np.isfinite(found.map).all()
    assert found.passes_done == found.passes
    assert found.target == question.target


def test_nothing_counts_where_no_open_path_leads_to_the_target() -> None:
    question = asked("cifar-resnet-20", is_wired=False)
    count = question.state.network.block_count
    closed = Wiring((1.0, 0.0, *[1.0] * (count - 2)), (1.0, 0.0, *[1.0] * (count - 2)))
    severed = replace(question, state=replace(question.state, wiring=closed))
    for name in ("guided_backprop", "deep_lift", "lrp", "integrated_gradients"):
        (found,) = answers(severed, name)
        assert not found.map.any()
        assert "No open path" in found.note
    (before,) = answers(replace(severed, target=BlockTarget(1)), "deep_lift")
    assert before.map.any()


def test_blocks_that_are_left_out_pass_all_on() -> None:
    question = asked("cifar-plain-20", is_wired=False)
    state = replace(question.state, wiring=question.state.wiring.with_left_out([2, 4]))
    relevance, product, lifted = answers(
        replace(question, state=state), "lrp", "input_x_gradient", "deep_lift"
    )
    (whole,) = answers(question, "input_x_gradient")
    assert not np.allclose(product.map, whole.map)
    np.testing.assert_allclose(relevance.map, product.map, rtol=0, atol=1e-3 * np.abs(product.map).max())
    assert lifted.delta == pytest.approx(0, abs=1e-4)
