"""Percentiles, zeros and what is not finite, beside numpy's own over the same values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from resnet_viewer.records.distribution import PERCENTS, distribution_of, measured, outputs
from tests import fabricated

values = arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(width=32))


@given(values)
def test_every_number_is_numpys_own_over_the_same_values(drawn: np.ndarray) -> None:
    found = distribution_of(drawn.copy())
    finite = drawn[np.isfinite(drawn)].astype(np.float64)
    assert found.count == drawn.size
    assert found.zeros == np.mean(drawn == 0)
    assert found.nan == np.isnan(drawn).sum()
    assert found.infinite == np.isinf(drawn).sum()
    expected = np.percentile(finite, PERCENTS) if finite.size else ()
    assert found.percentiles == pytest.approx(tuple(expected), rel=1e-12, abs=1e-300)


def test_the_values_are_those_of_all_channels_and_places_and_stay_as_they_were() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    before = {name: maps.copy() for name, maps in scene.now.activations.items()}
    *_, found = measured(scene.now)
    for name in outputs(scene.blueprint):
        there = found.of(name)
        assert there is not None
        maps = before[name][0].astype(np.float64)
        assert there.percentiles == pytest.approx(tuple(np.percentile(maps, PERCENTS)), rel=1e-12)
        assert there.count == maps.size
        np.testing.assert_array_equal(scene.now.activations[name], before[name])


def test_it_goes_block_by_block_and_only_the_last_answer_is_complete() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    answers = list(measured(scene.now))
    names = outputs(scene.blueprint)
    assert [len(answer.found) for answer in answers] == list(range(1, len(names) + 1))
    assert [answer.is_complete for answer in answers] == [False] * (len(names) - 1) + [True]
    assert {answer.request for answer in answers} == {answers[-1].request}
    assert answers[-1].request.result is None, "a finding that is kept must not keep the reading's maps"


def test_a_block_without_maps_is_said_to_be_not_computed() -> None:
    scene = fabricated.scene()
    assert scene.now is not None
    name = scene.blueprint.blocks[2].name
    maps = {key: value for key, value in scene.now.activations.items() if key != name}
    object.__setattr__(scene.now, "activations", maps)
    *_, found = measured(scene.now)
    assert found.is_complete
    assert found.of(name) is None
