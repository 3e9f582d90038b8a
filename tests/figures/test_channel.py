"""The figure of one channel: both maps on one scale whose ends are its values, and every number in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts.palette import SIGNED_COLOURS, lookup
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import channel
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View
from tests import fabricated
from tests.figures.layout import as_text, overlapping
from tests.figures.readings import pair


def with_maps(result: ProbeResult, layer: str, maps: np.ndarray | None) -> ProbeResult:
    activations = {name: value for name, value in result.activations.items() if name != layer}
    if maps is not None:
        activations[layer] = maps[None].astype(np.float32)
    return replace(result, activations=activations)


def pictures(figure: Figure) -> list[np.ndarray]:
    """The maps' pixels, without the colour bar's."""
    return [np.asarray(image.get_array()) for axes in figure.axes[:-1] for image in axes.images]


def ends(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[-1].get_xticklabels()]


def test_both_maps_are_on_one_scale_with_its_values() -> None:
    now, reference = pair()
    ours, theirs = np.zeros((16, 32, 32)), np.zeros((16, 32, 32))
    ours[3, 4, 5], theirs[3, 30, 1] = 1.5, 3.0
    ours[4] = 100
    figure = channel.figure(
        with_maps(now, "layer1.0", ours),
        with_maps(reference, "layer1.0", theirs),
        View(layer="layer1.0", channel=3),
    )
    table = lookup("inferno")
    mine, other = pictures(figure)
    assert mine.shape == (32, 32, 3)
    np.testing.assert_array_equal(mine[4, 5], table[127])
    np.testing.assert_array_equal(other[30, 1], table[255])
    assert ends(figure) == ["0", "3"], "the other channels have no part in it"
    said = " ".join(text.get_text() for text in figure.texts)
    assert "Channel 3 · block 1 · conv2_x 1" in said
    assert "of channels 0 to 15 · 32 × 32 · one scale" in said


def test_signed_maps_are_symmetric_about_zero_and_what_is_not_finite_is_white() -> None:
    now, _ = pair()
    maps = np.zeros((16, 32, 32))
    maps[0, 0, :3] = -2, 1, np.nan
    figure = channel.figure(with_maps(now, "layer1.0", maps), None, View(layer="layer1.0", channel=0))
    [mine], table = pictures(figure), lookup(SIGNED_COLOURS)
    np.testing.assert_array_equal(mine[0, :3], [table[0], table[191], [255, 255, 255]])
    assert ends(figure) == ["−2", "0", "2"]


@pytest.mark.parametrize("width", [3.0, 3.3, 7.6, 20.0])
@pytest.mark.parametrize("is_missing", [False, True])
def test_no_words_lie_on_each_other(width: float, is_missing: bool) -> None:
    now, reference = pair()
    if is_missing:
        state = now.request.state
        wiring = state.wiring.with_branches([4], 0.0)
        now = replace(now, request=replace(now.request, state=replace(state, wiring=wiring)))
        now = with_maps(now, "layer2.0.conv1", None)
    figure = channel.figure(now, reference, View(layer="layer2.0.conv1", channel=2), paper=Paper(width))
    assert overlapping(figure) == []
    words = "not computed: the residual branch of block 4 is dropped"
    assert (words in " ".join(text.get_text() for text in figure.texts)) == is_missing


def test_every_value_is_in_the_table() -> None:
    now, reference = pair()
    header, rows = as_text(channel.table(now, reference, layer="layer3.0.conv2", channel=7))
    assert header == ("row", "column", "now", "reference")
    maps = now.maps("layer3.0.conv2")
    assert maps is not None
    read = np.array([float(row[2]) for row in rows], np.float32).reshape(8, 8)
    np.testing.assert_array_equal(read, maps[7])
    assert rows[9][:2] == ("1", "1")
    _, alone = as_text(channel.table(now, None, layer="layer3.0.conv2", channel=7))
    assert {row[3] for row in alone} == {""}


def test_a_channel_that_is_not_there_is_none() -> None:
    now, reference = pair()
    with pytest.raises(IndexError, match=r"no channel 16: layer1\.0 has channels 0 to 15"):
        channel.figure(now, reference, View(layer="layer1.0", channel=16))
    with pytest.raises(KeyError):
        as_text(channel.table(now, reference, layer="nothing", channel=0))


def test_a_channel_beside_another_networks_has_its_size_and_number() -> None:
    now, reference = fabricated.scene(spec("cifar-resnet-20")).now, fabricated.scene(spec("vgg19")).now
    assert now is not None
    assert reference is not None
    figure = channel.figure(now, reference, View(layer="layer3.2", channel=300))
    said = " ".join(text.get_text().replace("\n", " ") for text in figure.texts)
    assert "only channels 0 to 63 here" in said
    assert "beside VGG-19 · block 15" in said
    _, rows = as_text(channel.table(now, reference, layer="layer1.0", channel=3))
    assert len(rows) == 224 * 224
    assert rows[0][2] != "" != rows[0][3]
    assert rows[-1][2] == ""
    assert float(rows[-1][3]) == reference.maps("features.3")[3, 223, 223]
    with pytest.raises(IndexError, match="channels 0 to 511"):
        channel.figure(now, reference, View(layer="layer3.2", channel=512))
