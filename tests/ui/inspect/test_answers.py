"""The cache of readings: bounded by bytes, least recently used first."""

from __future__ import annotations

from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.ui.inspect.answers import Answers
from tests import fabricated


def reading(block: int) -> ProbeResult:
    base = fabricated.setup()
    state = base.with_wiring(base.wiring.with_shortcuts([block], 0.0))
    question = state.question(state.state)
    assert question is not None
    return fabricated.result(question)


def test_memory_is_bounded_and_the_least_recently_used_goes_first() -> None:
    readings = [reading(block) for block in range(1, 7)]
    answers = Answers(max_bytes=3 * readings[0].nbytes)
    for found in readings[:3]:
        answers.put(found)
    assert answers.get(readings[0].request) is readings[0]
    answers.put(readings[3])
    assert answers.get(readings[1].request) is None
    assert answers.get(readings[0].request) is readings[0]
    assert answers.nbytes == 3 * readings[0].nbytes


def test_the_same_question_again_is_counted_once() -> None:
    answers = Answers()
    answers.put(reading(1))
    answers.put(reading(1))
    assert len(answers) == 1
    assert answers.nbytes == reading(1).nbytes


def test_now_and_reference_stay_however_large() -> None:
    answers = Answers(max_bytes=1)
    for block in (1, 2, 3):
        answers.put(reading(block))
    assert len(answers) == 2
    assert answers.get(reading(3).request) is not None
