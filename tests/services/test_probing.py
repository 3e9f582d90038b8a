"""What the probing thread answers with low priority, beside the engine that reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from resnet_viewer.core.network import Network
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.distribution import Distributions, MeasureActivations, measured, outputs
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.method import (
    ExplainPair,
    ExplainRequest,
    Explanation,
    IntegratedGradientsOptions,
    LrpOptions,
    NoiseTunnelOptions,
)
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.requests import Pair
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.study import Options
from resnet_viewer.records.test_set import MeasureSet, SetReading, TestSet
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.services import probing
from resnet_viewer.services.probing import ProbeService, in_steps
from tests import fabricated


def test_every_answer_is_a_part_of_the_next_and_the_last_is_whole() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    said = list(in_steps(measured(scene.now)))
    answers = [each for each in said if isinstance(each, Distributions)]
    assert all(each is None or isinstance(each, Distributions) for each in said)
    assert answers[-1].is_complete
    assert set(answers[-1].found) == set(outputs(scene.blueprint))
    for earlier, later in pairwise(answers):
        assert dict(earlier.found).items() <= dict(later.found).items()


def test_the_service_answers_under_the_question_that_was_asked() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    service = ProbeService("cpu")
    question = MeasureActivations.of(scene.now)
    *_, last = service.answer(question)
    assert isinstance(last, Distributions)
    assert last.request == question
    assert last.request.result is None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProbeService]:
    monkeypatch.setattr(probing, "computing_threads", lambda: 1)
    monkeypatch.setattr(probing.gc, "freeze", lambda: None)
    threads = torch.get_num_threads()
    yield ProbeService("cpu")
    torch.set_num_threads(threads)


def test_toggles_between_the_steps_of_a_measurement_change_neither(service: ProbeService) -> None:
    network = spec("cifar-resnet-8")
    state = NetworkState(network, usual_preprocessing(network), Wiring.all_open(network.block_count))
    session = Session(Setup(state, fabricated.picture()), test_set=TestSet(sample=10))
    cut = session.with_setup(session.setup.with_wiring(state.wiring.with_shortcuts([2], 0.0)))
    question = cut.measure_question()
    assert isinstance(question, MeasureSet)
    *_, alone = service.answer(question)
    again = ProbeService("cpu")
    told = []
    for number, found in enumerate(again.answer(question)):
        told.append(found)
        if number % 5 == 0:
            toggled = replace(state, wiring=state.wiring.with_branches([1 + number % 3], 0.0))
            asked = session.with_setup(replace(session.setup, state=toggled)).now_question()
            *_, reading = again.answer(Pair(asked, None))
            assert isinstance(reading, ProbeResult)
            assert reading.request == asked
    assert all(each is None or isinstance(each, SetReading | Progress) for each in told)
    assert sum(each is None for each in told) > 5
    last = told[-1]
    assert isinstance(last, SetReading)
    assert isinstance(alone, SetReading)
    assert last.is_complete
    assert last.now.predicted.tolist() == alone.now.predicted.tolist()
    assert last.now.probability.tolist() == alone.now.probability.tolist()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("integrated_gradients", IntegratedGradientsOptions(60)),
        ("noise_tunnel", NoiseTunnelOptions(over="deep_lift", nt_samples=3)),
        ("occlusion", None),
        ("lrp", LrpOptions("gamma")),
        ("guided_grad_cam", None),
        ("gradient_shap", None),
    ],
)
def test_toggles_between_the_steps_of_a_method_change_neither(
    service: ProbeService, name: str, options: Options | None
) -> None:
    network = spec("cifar-resnet-8")
    state = NetworkState(network, usual_preprocessing(network), Wiring.all_open(network.block_count))
    asked = ProbeRequest(
        replace(state, wiring=state.wiring.with_shortcuts([2], 0.0)), fabricated.picture(), 3
    )
    question = ExplainRequest.of(asked, name, options)
    toggled = Session(
        Setup(replace(state, wiring=state.wiring.with_branches([1], 0.0)), fabricated.picture())
    )
    *_, alone = service.answer(question)
    *_, expected = service.answer(Pair(toggled.now_question(), None))
    assert isinstance(alone, Explanation)
    assert isinstance(expected, ProbeResult)
    again = ProbeService("cpu")
    told = []
    traces = _traces(again._engine.live(network))
    for found in again.answer(question):
        told.append(found)
        assert _traces(again._engine.live(network)) == traces
        *_, reading = again.answer(Pair(toggled.now_question(), None))
        assert isinstance(reading, ProbeResult)
        np.testing.assert_array_equal(reading.logits, expected.logits)
        for ours, theirs in zip(reading.layers, expected.layers, strict=True):
            assert ours.gradient_norm == theirs.gradient_norm
    assert len(told) >= 3
    last = told[-1]
    assert isinstance(last, Explanation)
    np.testing.assert_array_equal(last.map, alone.map)
    assert last.request == question
    assert last.is_complete


def _traces(network: Network) -> list[object]:
    """All that a method could leave behind on a module or a parameter, but for the gates."""
    found: list[object] = []
    for name, module in network.named_modules():
        hooks = [getattr(module, kind) for kind in vars(module) if kind.endswith("_hooks") and kind[0] == "_"]
        found.append(
            (name, sorted(vars(module)), module.training, [len(each) for each in hooks if each is not None])
        )
    for name, parameter in network.named_parameters():
        found.append((name, parameter.grad is None, parameter.requires_grad, float(parameter.double().sum())))
    return found


def test_a_method_that_is_stopped_leaves_nothing_behind(service: ProbeService) -> None:
    network = spec("cifar-resnet-8")
    state = NetworkState(network, usual_preprocessing(network), Wiring.all_open(network.block_count))
    question = ExplainRequest.of(ProbeRequest(state, fabricated.picture(), state), "integrated_gradients")
    traces = _traces(service._engine.live(network))
    random = torch.get_rng_state()
    work = service.answer(question)
    for _ in range(3):
        next(work)
    work.close()
    assert _traces(service._engine.live(network)) == traces
    assert service._engine.live(network).wiring == state.wiring
    assert torch.equal(torch.get_rng_state(), random)


def test_now_and_the_reference_are_explained_one_after_the_other(service: ProbeService) -> None:
    network = spec("cifar-resnet-8")
    state = NetworkState(network, usual_preprocessing(network), Wiring.all_open(network.block_count))
    severed = replace(state, wiring=state.wiring.with_shortcuts([1, 2], 0.0))
    now, reference = (
        ExplainRequest.of(ProbeRequest(each, fabricated.picture(), state), "saliency")
        for each in (severed, state)
    )
    told = [found for found in service.answer(ExplainPair(now, reference)) if found is not None]
    complete = [found for found in told if isinstance(found, Explanation) and found.is_complete]
    assert [found.request for found in complete] == [now, reference]
    assert complete[0].target == complete[1].target
    assert not np.array_equal(complete[0].map, complete[1].map)
