"""The cache of readings: bounded by bytes, least recently used first."""

from __future__ import annotations

from dataclasses import replace

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


def test_the_pictures_of_a_test_set_are_counted_once_for_all_its_readings() -> None:
    first = fabricated.set_reading(None, [0] * 50, [1] * 50, cut=(1,))
    answers = Answers(max_bytes=3 * first.nbytes)
    others = []
    for block in range(2, 10):
        other = fabricated.set_reading(None, [0] * 50, [1] * 50, cut=(block,))
        others.append(replace(other, pictures=replace(other.pictures, thumbnails=first.pictures.thumbnails)))
    for reading in (first, *others, first):
        answers.put(reading)
    assert len(answers) == 9, "each of them has hardly more than its thumbnails"
    shared = first.pictures.thumbnails.nbytes
    assert answers.nbytes == shared + sum(reading.nbytes - shared for reading in (first, *others))
    for seed in range(4):
        alone = fabricated.set_reading(None, [0] * 50, [1] * 50, cut=(1, 2 + seed))
        answers.put(alone)
    assert answers.nbytes <= 3 * first.nbytes
    assert answers.get(first.request) is None
