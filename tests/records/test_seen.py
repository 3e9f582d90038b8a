"""The memory of a session: a few numbers of what was found, each question's newest answer once, bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viewer.records import seen
from resnet_viewer.records.probe import ProbeRequest, ProbeResult
from resnet_viewer.records.seen import Seen
from tests import fabricated


def reading(cut: tuple[int, ...] = ()) -> ProbeResult:
    found = fabricated.scene(cut=cut).now
    assert found is not None
    return found


def test_a_reading_leaves_its_numbers() -> None:
    found = reading((3,))
    (one,) = Seen().with_reading(found).readings
    values = found.probabilities[0]
    assert one.first_norm == found.layers[0].gradient_norm
    assert [index for index, _ in one.top] == np.argsort(-values, kind="stable")[:5].tolist()
    assert one.top[0][1] == float(values.max())
    assert one.target_probability == float(values.max()), "the target is the highest class"
    assert (one.state, one.pictures) == (found.request.state, (found.request.picture.digest,))


def test_a_newer_answer_takes_the_place_of_the_older_one() -> None:
    found = reading()
    newer = replace(found, layers=(replace(found.layers[0], gradient_norm=5.0), *found.layers[1:]))
    memory = Seen().with_reading(found).with_reading(reading((3,))).with_reading(newer)
    assert [one.first_norm for one in memory.readings] == [reading((3,)).layers[0].gradient_norm, 5.0]


def test_of_logits_that_are_no_numbers_no_class_is_remembered() -> None:
    found = reading()
    nothing = np.full_like(found.probabilities, np.nan)
    (one,) = Seen().with_reading(replace(found, probabilities=nothing)).readings
    assert (one.top, one.target_probability) == ((), None)


def test_it_is_bounded() -> None:
    memory = Seen()
    found = reading()
    for target in range(seen.MOST_SEEN + 5):
        memory = memory.with_reading(replace(found, target=target % 10, request=_asked(found, target)))
    assert len(memory.readings) == seen.MOST_SEEN
    assert memory.readings[-1].pictures == (_asked(found, seen.MOST_SEEN + 4).picture.digest,)


def _asked(found: ProbeResult, number: int) -> ProbeRequest:
    return replace(found.request, picture=replace(found.request.picture, digest=f"{number}"))


def test_a_set_reading_leaves_its_error() -> None:
    measured = fabricated.set_reading([1, 1, 1, 1], [1, 2, 2, 1], [1, 1, 1, 2])
    (one,) = Seen().with_set(measured).with_set(measured).sets
    assert (one.count, one.has_labels, one.error) == (4, True, 50.0)
    assert one.interval == measured.now.interval
    unseen = fabricated.set_reading([1, 1], [1, 2], [1, 1], seen=0)
    assert Seen().with_set(unseen) == Seen()
