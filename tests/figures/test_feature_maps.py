from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from resnet_viewer.charts.feature_maps import maps_chart
from resnet_viewer.charts.palette import lookup
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import channel, feature_maps
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.limits import Limits
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import MapOrder, View
from tests import fabricated
from tests.figures.layout import as_text, overlapping
from tests.figures.readings import pair


def with_maps(result: ProbeResult, layer: str, maps: np.ndarray | None) -> ProbeResult:
    activations = {name: value for name, value in result.activations.items() if name != layer}
    if maps is not None:
        activations[layer] = maps[None].astype(np.float32)
    return replace(result, activations=activations)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_titles_say_what_is_shown() -> None:
    now, reference = pair()
    said = words(
        feature_maps.figure(now, reference, View(layer="layer2.0.conv1", map_scale="layer", map_order="mean"))
    )
    assert "Feature maps · block 4 · conv3_x 1 · conv1 · ResNet-20" in said
    assert "32 × 16×16 · by mean, highest first · all channels on one scale" in said
    assert {"now", "reference"} <= set(said)


def test_dead_channels_are_crossed_out_and_counted() -> None:
    now, reference = pair()
    maps = np.random.default_rng(0).random((16, 32, 32))
    maps[[3, 9]] = 0
    figure = feature_maps.figure(with_maps(now, "layer1.0", maps), reference, View(layer="layer1.0"))
    assert "2 of 16 channels dead (×)" in words(figure)
    crosses = [c for axes in figure.axes for c in axes.collections if isinstance(c, LineCollection)]
    assert [len(c.get_segments()) for c in crosses] == [4, 0]
    (x, y), _ = crosses[0].get_segments()[0]
    assert 3 * 34 < x < 3 * 34 + 32  # tile 3 of the first row of four; 32 pixels and a gap of 2
    assert 0 < y < 32


def test_channels_that_are_not_finite_are_struck_through_and_counted() -> None:
    now, reference = pair()
    maps = np.random.default_rng(0).random((16, 32, 32))
    maps[3], maps[9], maps[5, 2, 2] = 0, np.inf, np.nan
    figure = feature_maps.figure(with_maps(now, "layer1.0", maps), reference, View(layer="layer1.0"))
    assert "1 of 16 channels dead (×) · 2 of 16 not finite (/)" in words(figure)
    strokes = [c for axes in figure.axes for c in axes.collections if isinstance(c, LineCollection)]
    assert [len(c.get_segments()) for c in strokes] == [4, 0]
    lost = feature_maps.figure(
        with_maps(now, "layer1.0", np.full((16, 32, 32), np.nan)),
        None,
        View(layer="layer1.0", map_scale="layer"),
    )
    assert "16 of 16 not finite (/)" in words(lost)
    ticks = [label.get_text() for axes in lost.axes if axes.axison for label in axes.get_xticklabels()]
    assert ticks == ["0"], "there is no largest value to write beside the colours"


def test_a_layer_that_was_left_out_says_so() -> None:
    now, reference = pair()
    state = now.request.state
    state = replace(state, wiring=state.wiring.with_branches([4], 0.0))
    now = with_maps(replace(now, request=replace(now.request, state=state)), "layer2.0.conv1", None)
    figure = feature_maps.figure(now, reference, View(layer="layer2.0.conv1"))
    assert "not computed: the residual branch of block 4 is dropped" in words(figure)
    assert overlapping(figure) == []
    assert overlapping(feature_maps.figure(now, None, View(layer="layer2.0.conv1"))) == []


def test_now_and_reference_share_order_and_scale() -> None:
    now, reference = pair()
    ramp = np.arange(16.0)[:, None, None] * np.ones((16, 32, 32))
    now, reference = with_maps(now, "stem", ramp), with_maps(reference, "stem", 2 * ramp[::-1])
    figure = feature_maps.figure(
        now, reference, View(layer="stem", map_scale="layer", map_order="mean", map_colours="gray")
    )
    ours, theirs = (np.asarray(axes.images[0].get_array()) for axes in figure.axes[:2])
    assert ours[0, 0, 0] == 127  # channel 15, of 30 at most
    assert theirs[0, 0, 0] == 0
    assert theirs[-1, -1, 0] == 255


@pytest.mark.parametrize("layer", ["conv1", "stem", "layer1.0", "layer4.2", "layer1.0.downsample.0"])
def test_words_are_readable_for_every_kind_of_layer(layer: str) -> None:
    now, reference = pair("resnet50")
    assert overlapping(feature_maps.figure(now, reference, View(layer=layer, map_scale="layer"))) == []
    assert overlapping(feature_maps.figure(now, None, View(layer=layer))) == []


def test_a_layer_that_does_not_exist_is_refused() -> None:
    now, reference = pair()
    with pytest.raises(KeyError):
        feature_maps.figure(now, reference, View(layer="layer9.9"))


def test_the_table_holds_every_channels_statistics() -> None:
    now, reference = pair()
    maps = np.zeros((16, 32, 32))
    maps[1, 0, 0], maps[1, 0, 1] = -4.0, 8.0
    maps[2] = np.nan
    header, rows = as_text(feature_maps.table(with_maps(now, "stem", maps), reference, layer="stem"))
    assert header[:3] == ("channel", "now mean", "now standard deviation")
    assert len(rows) == 16
    assert rows[0] == ("0", "0.0", "0.0", "0.0", "0.0", "1.0", *rows[0][6:])
    row = dict(zip(header, map(float, rows[1]), strict=True))
    assert row["now mean"] == 4 / 1024
    assert (row["now minimum"], row["now maximum"]) == (-4.0, 8.0)
    assert row["now share of zeros"] == 1022 / 1024
    assert row["now standard deviation"] == pytest.approx((80 / 1024 - (4 / 1024) ** 2) ** 0.5)
    theirs = reference.maps("stem")
    assert theirs is not None
    assert row["reference maximum"] == float(theirs[1].max())
    assert rows[2][1:5] == ("nan",) * 4


def test_maps_that_were_not_computed_are_empty_cells() -> None:
    now, _ = pair()
    _, rows = as_text(
        feature_maps.table(with_maps(now, "layer1.0.conv1", None), None, layer="layer1.0.conv1")
    )
    assert rows == [(str(channel), *[""] * 10) for channel in range(16)]


def test_maps_of_both_signs_take_the_chosen_diverging_colours() -> None:
    now, _ = pair()
    maps = np.array([[[-1.0, 1.0]]], np.float32)
    figure = feature_maps.figure(
        with_maps(now, "stem", maps),
        None,
        View(layer="stem", map_colours="viridis", map_signed_colours="PuOr_r"),
    )
    shown = {tuple(pixel) for axes in figure.axes for image in axes.images for pixel in _pixels(image)}
    ends = lookup("PuOr_r")[[0, 255]].tolist()
    assert {tuple(end) for end in ends} <= shown


def _pixels(image: AxesImage) -> list[list[int]]:
    array = image.get_array()
    assert array is not None
    return np.asarray(array).reshape(-1, array.shape[-1])[:, :3].tolist()


@pytest.mark.parametrize("order", ["index", "maximum", "change"])
def test_another_networks_maps_stand_beside_by_what_it_has(order: MapOrder) -> None:
    """Blank for most blocks of VGG-19 before: other widths, other parts, other sizes."""
    now = fabricated.scene(spec("cifar-resnet-20")).now
    reference = fabricated.scene(spec("vgg19")).now
    assert now is not None
    assert reference is not None
    for layer, theirs, size in (
        ("layer1.0", "block 1 ", "64 × 224×224"),
        ("layer3.2", "block 15 ", "512 × 14×14"),
        ("layer2.0.conv1", "block 6 ", "256 × 56×56"),
    ):
        figure = feature_maps.figure(now, reference, View(layer=layer, map_order=order))
        said = [text.get_text() for text in figure.texts]
        assert [words for words in said if words.startswith(f"VGG-19 · {theirs}") and words.endswith(size)], (
            said
        )
        assert f"beside VGG-19 · {theirs}" in " ".join(said).replace("\n", " "), "the caption says it, too"
        images = [axes for axes in figure.axes if axes.images]
        assert len(images) >= 2, "a mosaic each"
    header, rows = as_text(feature_maps.table(now, reference, layer="layer3.2"))
    assert len(rows) == 512
    assert rows[63][1] != ""
    assert rows[64][1:6] == ("",) * 5
    assert all(row[6] != "" for row in rows)
    assert len(header) == len(rows[0])


def test_limits_are_those_of_the_screen_and_said() -> None:
    now, reference = pair()
    for limits, ends, told in (
        (Limits(by_hand=(0.5, 2.0)), ("0.5", "2"), "all channels on one scale, 0.5 to 2 by hand"),
        (Limits(percentile=95.0), None, "each channel on its own scale, 95 % of the values"),
    ):
        view = View(layer="layer1.0", map_limits=limits)
        figure = feature_maps.figure(now, reference, view)
        chart = maps_chart(now, reference, view, plan=plan_of(now))
        said = " ".join(words(figure)).replace("\n", " ")
        assert told in said
        assert ends is None or chart.scale.ends == ends
        mosaic = chart.sides[0].mosaic
        assert mosaic is not None
        pixels = np.asarray(figure.axes[0].images[0].get_array())
        assert pixels[0, 0].tolist() == mosaic.maps.rgb()[0, 0].tolist()
        ticks = [text.get_text() for text in figure.axes[-1].get_xticklabels()]
        assert tuple(ticks) == tuple(text for _, text in chart.scale.ticks)
        assert overlapping(figure) == []
    one = channel.figure(now, reference, View("layer1.0", 0, map_limits=Limits(is_logarithmic=True)))
    assert "one scale, logarithmic" in " ".join(words(one))
