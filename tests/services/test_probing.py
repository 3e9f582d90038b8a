"""What the probing thread answers with low priority, beside the engine that reads."""

from __future__ import annotations

from itertools import pairwise

from resnet_viewer.records.distribution import Distributions, MeasureActivations, measured, outputs
from resnet_viewer.records.errors import Progress
from resnet_viewer.services.probing import ProbeService, in_steps
from tests import fabricated


def test_every_answer_is_a_part_of_the_next_and_the_last_is_whole() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    said = list(in_steps(measured(scene.now)))
    answers = [each for each in said if isinstance(each, Distributions)]
    assert [each for each in said if not isinstance(each, Distributions | Progress)] == []
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
