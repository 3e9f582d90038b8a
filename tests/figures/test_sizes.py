"""Every figure at every size that the export dialog offers: no word lies on another, on a plot or off the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.charts.picture_grid import PictureChart
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import (
    architecture,
    channel,
    confusion,
    feature_maps,
    gradcam,
    gradient_norms,
    gradient_record,
    gradients_by_depth,
    picture_grid,
    predictions,
    test_set,
    training_curves,
)
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import GOING, CaptionedFigure, Paper, Without, left_out_words
from resnet_viewer.records.figure_list import FIGURE_INCHES, PRESETS
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.session import View
from resnet_viewer.records.training import Intervention, RunReport
from tests.fabricated import set_reading
from tests.figures.layout import overlapping
from tests.figures.readings import pair
from tests.figures.runs import report

Size = tuple[float, float]
SMALLEST, LARGEST = FIGURE_INCHES
Drawing = Callable[[Size, Without], Figure]
SIZES: dict[str, Size] = {
    **{preset.name: (preset.width, preset.height) for preset in PRESETS},
    "smallest": (SMALLEST, SMALLEST),
    "narrow": (SMALLEST, LARGEST),
    "flat": (LARGEST, SMALLEST),
    "largest": (LARGEST, LARGEST),
}


def readings(name: str) -> tuple[ProbeResult, ProbeResult]:
    """With blank maps, dead channels and values that are not finite: what adds words."""
    now, reference = pair(name, cut=(2, 3, 5, 8))
    blocks = (
        *(replace(b, cam=b.cam * 0, cam_states=("zero gradient",)) for b in now.blocks[:2]),
        replace(now.blocks[2], cam=now.blocks[2].cam * np.nan, cam_states=("not finite",)),
        *now.blocks[3:-1],
        replace(now.blocks[-1], cam=now.blocks[-1].cam * np.float32(0.001)),
    )
    layers = tuple(
        replace(layer, gradient_norm=(0.0, np.inf, np.nan)[n % 3] if n in (4, 5, 6) else layer.gradient_norm)
        for n, layer in enumerate(now.layers)
    )
    activations = dict(now.activations)
    maps = activations["layer1.0"].copy()
    maps[0, 1], maps[0, 3] = 0.0, np.nan
    activations["layer1.0"] = maps
    return replace(now, blocks=blocks, layers=layers, activations=activations), reference


def runs() -> list[RunReport]:
    """Two depths, plain and residual, one diverged, with interventions, and seeds of one of them."""
    cut = (Intervention(4, 0.0), Intervention(8, 0.5))
    return [
        report("cifar-resnet-20", interventions=cut),
        report("cifar-resnet-20", seed=1, shift=1.0, interventions=cut),
        report("cifar-plain-20", shift=3.0),
        report("cifar-resnet-56", shift=-2.0, norms=0.0),
        report("cifar-plain-56", epochs=2, state="diverged"),
    ]


def drawings() -> dict[str, Drawing]:
    now, reference = readings("cifar-resnet-20")
    deep, beside = readings("cifar-resnet-110")
    of_runs, one = runs(), report("cifar-resnet-56")
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 256, (200, 3, 32, 32), dtype=np.uint8)
    labels, given = chance.integers(0, 10, (2, 200))
    names = CIFAR10_CLASSES
    measured = set_reading(
        [n % 10 for n in range(60)], [n % 7 for n in range(60)], [n % 9 for n in range(60)]
    )
    unlabelled = set_reading(None, [n % 7 for n in range(60)], [n % 9 for n in range(60)])
    return {
        "gradient norms": lambda size, no: gradient_norms.figure(
            now, reference, class_names=names, paper=Paper(*size, no)
        ),
        "gradient norms of a deep network": lambda size, no: gradient_norms.figure(
            deep, beside, quantity="relative", class_names=names, paper=Paper(*size, no)
        ),
        "gradient norms by block": lambda size, no: gradient_norms.figure(
            deep, beside, quantity="output", class_names=names, paper=Paper(*size, no)
        ),
        "grad-cam": lambda size, no: gradcam.figure(
            now, reference, class_names=names, paper=Paper(*size, no)
        ),
        "grad-cam of a deep network": lambda size, no: gradcam.figure(
            deep, beside, View(cam_block=3), class_names=names, paper=Paper(*size, no)
        ),
        "feature maps": lambda size, no: feature_maps.figure(
            now, reference, View(layer="layer1.0"), paper=Paper(*size, no)
        ),
        "signed feature maps": lambda size, no: feature_maps.figure(
            now, reference, View(layer="layer2.0.conv1", map_order="change"), paper=Paper(*size, no)
        ),
        "channel": lambda size, no: channel.figure(
            now, reference, View(layer="layer1.0", channel=3), paper=Paper(*size, no)
        ),
        "predictions": lambda size, no: predictions.figure(
            now, reference, class_names=names, paper=Paper(*size, no)
        ),
        "errors": lambda size, no: training_curves.figure(of_runs, paper=Paper(*size, no)),
        "loss": lambda size, no: training_curves.figure(of_runs, quantity="loss", paper=Paper(*size, no)),
        "rate": lambda size, no: training_curves.figure(of_runs, quantity="rate", paper=Paper(*size, no)),
        "by depth": lambda size, no: gradients_by_depth.figure(of_runs, paper=Paper(*size, no)),
        "gradient record": lambda size, no: gradient_record.figure(of_runs, paper=Paper(*size, no)),
        "pictures": lambda size, no: picture_grid.figure(
            pictures, PictureChart(labels, given, names), one, paper=Paper(*size, no)
        ),
        "confusion": lambda size, no: confusion.figure(
            ConfusionChart.of(labels, given, names), "ResNet-20", "a state", paper=Paper(*size, no)
        ),
        "test set": lambda size, no: test_set.figure(measured, paper=Paper(*size, no)),
        "test set without classes": lambda size, no: test_set.figure(unlabelled, paper=Paper(*size, no)),
    }


DRAWINGS = drawings()
BY_WIDTH = (
    "grad-cam", "grad-cam of a deep network", "feature maps", "signed feature maps", "channel", "gradient record",
    "confusion",
)  # fmt: skip
"""Those whose height follows from their width: narrow is smallest, and flat is largest."""
CASES = [
    (name, size)
    for name in DRAWINGS
    for size in SIZES
    if name not in BY_WIDTH or size not in ("narrow", "flat")
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_no_words_overlap(name: str, size: str) -> None:
    figure = DRAWINGS[name](SIZES[size], ())
    assert overlapping(figure) == [], f"{name} at {SIZES[size]}"
    assert figure.get_figwidth() == pytest.approx(SIZES[size][0])


@pytest.mark.parametrize("name", DRAWINGS)
def test_without_title_and_caption(name: str) -> None:
    figure = DRAWINGS[name](SIZES["single column"], ("caption", "title", "subtitle"))
    assert overlapping(figure) == []
    assert isinstance(figure, CaptionedFigure)
    drawn = {text.get_text() for text in figure.texts}
    assert not drawn & {figure.get_label(), figure.subtitle, figure.caption}
    assert not set(figure.left_out) - {"signs", "legend"}, (
        "what was not wished for was not left out for lack of room"
    )
    assert figure.caption, "the metadata have it"


def test_the_architecture_is_as_large_as_it_needs() -> None:
    plans = [blueprint(spec(name)) for name in architecture.DEFAULT_COLUMNS]
    assert overlapping(architecture.figure(plans)) == []


@pytest.mark.parametrize("name", ["gradient norms", "errors", "loss", "by depth", "predictions"])
def test_what_does_not_fit_goes_in_the_stated_order(name: str) -> None:
    """From a high page to a low one the list of what is missing only grows, by its own order."""
    before: tuple[str, ...] = ()
    for height in (9.0, 5.0, 4.0, 3.5, 3.2, 3.0):
        figure = DRAWINGS[name]((3.3, height), ())
        assert isinstance(figure, CaptionedFigure)
        order = [GOING.index(part) for part in figure.left_out]
        assert order == sorted(order)
        assert figure.left_out[: len(before)] == before
        before = figure.left_out
        if figure.left_out:
            assert left_out_words(figure).startswith("Too small for the caption")
        else:
            assert left_out_words(figure) == ""
    assert before, "3.3 × 3.0 inches hold no caption of five lines"


def test_the_metadata_say_what_was_left_out_and_its_words() -> None:
    figure = DRAWINGS["gradient norms"]((3.3, 3.0), ())
    assert isinstance(figure, CaptionedFigure)
    svg = render(figure, "svg", metadata={"application": "ResNet Viewer"}).decode()
    assert "left out: caption" in svg
    assert figure.caption[:60] in svg
    assert "legend: now: 4 of 9 shortcuts cut" in svg
    assert (
        svg
        == render(
            DRAWINGS["gradient norms"]((3.3, 3.0), ()), "svg", metadata={"application": "ResNet Viewer"}
        ).decode()
    )
