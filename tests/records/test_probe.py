"""A reading that is packed is the same reading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests import fabricated


def test_a_packed_reading_says_the_same_and_cannot_be_changed() -> None:
    setup = fabricated.setup()
    loose = fabricated.result(setup.question(setup.state))
    packed = loose.packed()
    assert list(packed.activations) == list(loose.activations)
    for name, maps in loose.activations.items():
        np.testing.assert_array_equal(packed.activations[name], maps)
        assert not packed.activations[name].flags.writeable
        assert not np.shares_memory(packed.activations[name], maps)
    for ours, theirs in zip(packed.blocks, loose.blocks, strict=True):
        np.testing.assert_array_equal(ours.cam, theirs.cam)
        assert not ours.cam.flags.writeable
        assert replace(ours, cam=theirs.cam).cam_states == theirs.cam_states
    assert packed.layers is loose.layers
    assert packed.request == loose.request
    assert packed.nbytes == loose.nbytes


def test_a_reading_without_maps_is_packed_already() -> None:
    setup = fabricated.setup()
    early = replace(fabricated.result(setup.question(setup.state)), activations={}, blocks=(), layers=())
    assert early.packed() is early
