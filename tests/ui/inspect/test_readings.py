"""Which reading stays on screen, and the words where there is none."""

from __future__ import annotations

from dataclasses import replace

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.readings import is_reference_old, last_full
from tests import fabricated


def partial(scene: Scene) -> Scene:
    assert scene.now is not None
    return replace(scene, now=replace(scene.now, layers=(), blocks=(), activations={}))


def test_the_last_full_reading_stays_while_the_gates_change() -> None:
    before = fabricated.scene()
    after = partial(fabricated.scene(cut=(3,)))
    assert last_full(None, before.now, before) is before.now
    assert last_full(before.now, after.now, after) is before.now
    assert last_full(None, after.now, after) is None


def test_it_goes_with_its_network_and_with_its_picture() -> None:
    before = fabricated.scene()
    other_network = partial(fabricated.scene(spec("cifar-resnet-56")))
    assert last_full(before.now, other_network.now, other_network) is None
    setup = replace(before.session.setup, picture=fabricated.picture(seed=5, name="other.png"))
    other_picture = Scene(before.session.with_setup(setup))
    assert last_full(before.now, None, other_picture) is None


def test_a_reference_is_old_only_when_another_one_is_asked_for() -> None:
    scene = replace(fabricated.scene(), is_stale=True)
    toggled = scene.session.setup.with_wiring(scene.session.setup.wiring.toggled_shortcut(2))
    assert not is_reference_old(scene.reference, replace(scene, session=scene.session.with_setup(toggled)))
    pinned = scene.session.with_setup(toggled).with_reference()
    assert is_reference_old(scene.reference, replace(scene, session=pinned))
    assert is_reference_old(scene.reference, replace(scene, reference=None))
