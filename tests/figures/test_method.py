"""A method's figure and table."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.figures import export, method
from resnet_viewer.records.method import ExplainRequest, Explanation
from resnet_viewer.records.wiring import Wiring
from tests.charts.test_method import explained
from tests.figures.layout import overlapping


def severed(found: Explanation) -> Explanation:
    """The same of a network whose shortcuts are cut."""
    state = found.request.state
    cut = replace(state, wiring=Wiring.evenly(state.wiring.block_count, 0.0))
    question = replace(found.request.question, state=cut)
    request = ExplainRequest.of(question, found.request.method, found.request.options)
    return replace(found, request=request, map=found.map[::-1].copy(), delta=0.5)


@pytest.mark.parametrize("name", ["saliency", "input_x_gradient", "hires_cam"])
@pytest.mark.parametrize("has_reference", [False, True])
def test_every_word_can_be_read(name: str, has_reference: bool) -> None:
    found = explained(name)
    figure = method.figure(severed(found), found if has_reference else None)
    assert not overlapping(figure)
    image = Image.open(io.BytesIO(export.render(figure, "png", metadata={}, dpi=60)))
    assert len(image.convert("RGB").getcolors(1_000_000)) > 50
    assert "all shortcuts cut" in figure.caption or "9 of 9 shortcuts cut" in figure.caption
    assert ("reference: all shortcuts open" in figure.caption) == has_reference
    assert "convergence delta 0.5" in figure.caption


def test_the_table_holds_every_value_and_the_pixel_it_belongs_to() -> None:
    found = explained("layer_cam")
    header, rows = method.table(severed(found), found)
    assert header == ("row", "column", "now", "reference", "y", "x")
    assert len(rows) == 64
    assert rows[9] == (1, 1, float(found.map[-2, 1]), float(found.map[1, 1]), 4.0, 4.0)


def test_a_reference_of_another_size_follows_in_rows_of_its_own() -> None:
    found = explained()
    small = replace(found, map=np.ones((2, 2), np.float32))
    _, rows = method.table(found, small)
    assert len(rows) == 32 * 32 + 4
    assert rows[-1] == (1, 1, "", 1.0, 1.0, 1.0)


def test_the_file_tells_what_was_asked() -> None:
    found = replace(explained("integrated_gradients"), delta=0.125, score=3.0, baseline_score=1.0)
    told = method.described(found, None, ("cat",) * 10)
    assert told["method"] == "integrated_gradients"
    assert told["method options"].startswith("n_steps 50, ")
    assert told["convergence delta"] == "0.125"
    assert told["passes"] == "52"
    assert "Integrated gradients of the score of cat at the network's input" in told["caption"]
