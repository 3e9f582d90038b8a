"""Several pictures on paper: a grid of overlays, and tables with a column for the picture."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.figures import batch
from resnet_viewer.figures.export import render
from resnet_viewer.records.figure_list import FigureChoice, FigureName
from resnet_viewer.services.figures import drawn
from tests import fabricated


@pytest.mark.parametrize("count", [2, 4, 16])
@pytest.mark.parametrize("cut", [(), (3,)])
def test_every_picture_stands_in_the_grid_with_its_name_and_none_outside(
    count: int, cut: tuple[int, ...]
) -> None:
    scene = fabricated.batch_scene(count, cut=cut)
    assert scene.now is not None
    figure = batch.grid(scene.now, scene.reference, class_names=scene.class_names)
    (axes,) = figure.axes
    shown = axes.get_images()
    assert len(shown) == count * 2  # now and the reference, invented apart from each other
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    boxes = np.array([image.get_extent() for image in shown])
    assert left - 1e-9 <= boxes[:, 0].min()
    assert boxes[:, 1].max() <= right + 1e-6
    assert low - 1e-9 <= boxes[:, 2].min()
    assert boxes[:, 3].max() <= high + 1e-6
    for n, (one, other) in enumerate(zip(boxes[::2], boxes[1::2], strict=True)):
        ratio = (40 + 10 * n) / (60 - 2 * n) if 5 * n < 60 else None
        if ratio is not None and n < 8:
            assert (one[1] - one[0]) / (one[3] - one[2]) == pytest.approx(ratio, rel=0.02)
        assert other[0] > one[0]
    words = " ".join(text.get_text() for text in figure.texts)
    assert all(f"{n}.png" in words for n in range(count))
    assert f"{count} pictures" in words


def test_a_grid_of_equal_states_shows_each_picture_once() -> None:
    scene = fabricated.batch_scene(4)
    assert scene.now is not None
    figure = batch.grid(scene.now, scene.now, class_names=scene.class_names)
    assert len(figure.axes[0].get_images()) == 4
    with Image.open(io.BytesIO(render(figure, "png", metadata={}))) as made:
        assert made.width > 100


@pytest.mark.parametrize(("name", "rows_each"), [("gradcam", 64), ("predictions", 10), ("feature_maps", 16)])
def test_tables_of_what_each_picture_has_name_the_picture(name: FigureName, rows_each: int) -> None:
    scene = fabricated.batch_scene(3)
    text = drawn(scene, FigureChoice(name, suffix="csv")).content.decode()
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [row["picture"] for row in rows] == [f"{n}.png" for n in range(3) for _ in range(rows_each)]
    assert "# pictures: 0.png, 1.png, 2.png" in text
    assert "3 pictures (0.png, 1.png, 2.png)" in text


def test_gradient_norms_are_of_all_pictures_together() -> None:
    text = drawn(fabricated.batch_scene(3), FigureChoice("gradient_norms", suffix="csv")).content.decode()
    assert "picture," not in text
    assert "the summed score of 3 pictures, each of its own class" in text


def test_the_grid_is_the_figure_of_grad_cam() -> None:
    scene = fabricated.batch_scene(3)
    text = drawn(scene, FigureChoice("gradcam", suffix="svg")).content.decode()
    assert "Grad-CAM of 3 pictures" in text
