"""Filters on paper, and as a table."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.filters import filters_chart
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import filters
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.filters import filter_layer, weights_question
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.services.figures import drawn
from tests import fabricated
from tests.figures.layout import overlapping


@pytest.mark.parametrize(
    ("name", "layer"),
    [("cifar-resnet-20", "conv1"), ("cifar-resnet-20", "layer3.2"), ("resnet50", "layer4.2"), ("resnet18", "conv1"),
     ("teaching-mnist", "stem")],
)  # fmt: skip
def test_paper_has_the_screens_colours_and_readable_words(name: str, layer: str) -> None:
    plan, view = blueprint(spec(name)), View(layer)
    found = fabricated.weights(weights_question(plan, layer))
    figure = filters.figure(found, plan, view)
    assert overlapping(figure) == []
    chart = filters_chart(found.values, filter_layer(plan, layer), view)
    pixels = np.asarray(figure.axes[0].images[0].get_array())
    first = chart.rgb[0, 0, 0] if chart.rgb is not None else chart.mosaic.maps.rgb()[0, 0]
    assert pixels[0, 0].tolist() == first.tolist()
    ticks = [words.get_text() for words in figure.axes[-1].get_xticklabels()]
    assert tuple(ticks) == tuple(text for _, text in chart.scale.ticks)


def shown(*, has_found: bool = True) -> Scene:
    base = fabricated.scene(spec("cifar-resnet-8"))
    question = weights_question(base.blueprint, "layer2.0")
    findings = {question: fabricated.weights(question)} if has_found else {}
    session = base.session.with_view(View("layer2.0", map_shows="filters"))
    return Scene(session, base.now, base.reference, findings=findings)


def test_the_table_has_every_weight() -> None:
    scene = shown()
    (found,) = scene.findings.values()
    text = drawn(scene, FigureChoice("filters", "csv")).content.decode()
    head, *rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert head == "filter,input,y 0 x 0,y 0 x 1,y 0 x 2,y 1 x 0,y 1 x 1,y 1 x 2,y 2 x 0,y 2 x 1,y 2 x 2"
    values = found.values  # type: ignore[attr-defined]
    assert len(rows) == values.shape[0] * values.shape[1]
    number, channel, *weights = rows[123].split(",")
    kernel = values[int(number), int(channel)]
    assert np.array_equal(np.array(weights, np.float64).astype(np.float32).reshape(3, 3), kernel)
    assert (number, channel) == tuple(map(str, divmod(123, values.shape[1])))
    assert "# layer: layer2.0.conv2" in text
    assert drawn(scene, FigureChoice("filters", "png")).content.startswith(b"\x89PNG")


def test_what_was_not_found_is_refused() -> None:
    with pytest.raises(UserError, match="choose Filters"):
        drawn(shown(has_found=False), FigureChoice("filters", "png"))
