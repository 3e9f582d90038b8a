"""What the probing thread answers with low priority, beside the engine that reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.distribution import Distributions, MeasureActivations, measured, outputs
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.requests import Pair
from resnet_viewer.records.session import Session, Setup
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
