"""captum agrees with our maps, whatever is cut or asked about, and disagrees with maps that are wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.probing import Probe
from resnet_viewer.core.second_opinion import cam_differences
from resnet_viewer.records.target import BlockTarget, Target
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, tiny

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")
CHANGED = Wiring((1, 0, 1, 0.5, 0, 1, 1, 0.25, 1), (1, 1, 0.5, 1, 1, 0, 1, 1, 1))


@pytest.mark.parametrize("target", [4, BlockTarget(9), BlockTarget(9, 3)])
@pytest.mark.parametrize("wiring", [Wiring.all_open(9), CHANGED])
def test_captum_agrees_and_sees_what_is_wrong(target: Target, wiring: Wiring) -> None:
    network, pictures = tiny("cifar-resnet-20", seed=1), images(1, seed=3)
    network.set_wiring(wiring)
    with Probe(network) as probe:
        targets = target if isinstance(target, BlockTarget) else [target]
        blocks = probe.read(probe.look(pictures), targets).blocks
        found = cam_differences(probe, pictures, blocks, target)
        wrong = tuple(replace(block, cam=1.5 * block.cam) for block in blocks)
        noticed = cam_differences(probe, pictures, wrong, target)
    shown = [block.number for block in blocks if block.cam_states[0] == "shown"]
    assert list(found) == list(dict.fromkeys((shown[0], shown[len(shown) // 2], shown[-1])))
    assert max(found.values()) < 1e-5
    assert min(noticed.values()) == pytest.approx(0.5, rel=1e-3)


def test_where_no_block_has_a_map_nothing_is_asked() -> None:
    network, pictures = tiny(seed=1), images(1, seed=3)
    with Probe(network) as probe:
        blocks = [
            replace(block, cam_states=("all negative",))
            for block in probe.read(probe.look(pictures), [4]).blocks
        ]
        assert cam_differences(probe, pictures, blocks, 4) == {}
