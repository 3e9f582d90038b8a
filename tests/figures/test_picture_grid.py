"""Test pictures: wrong ones first, framed and marked, and a caption that counts them all."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from resnet_viewer.charts import palette
from resnet_viewer.charts.picture_grid import PictureChart
from resnet_viewer.figures import picture_grid
from resnet_viewer.figures.export import render
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from tests.figures.layout import as_text, overlapping
from tests.figures.runs import going, report

DIGITS = tuple("0123456789")
RUN = report()


def chart(
    labels: np.ndarray, predicted: np.ndarray, names: tuple[str, ...] = DIGITS, sure: np.ndarray | None = None
) -> PictureChart:
    return PictureChart(labels, predicted, names, sure, "sample" if sure is None else "surest")


def grid_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_label() == "pictures")


def pictures(count: int, *, channels: int = 1, side: int = 8) -> np.ndarray:
    """Picture n is of the grey value n, with a bright upper left corner."""
    made = np.zeros((count, channels, side, side), dtype=np.uint8)
    made += np.arange(count, dtype=np.uint8)[:, None, None, None]
    made[:, :, 0, 0] = 255
    return made


def answers(count: int, wrong: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count, dtype=np.int64) % 10
    predicted = labels.copy()
    for index in wrong:
        predicted[index] = (labels[index] + 1) % 10
    return labels, predicted


def test_wrong_ones_come_first_in_red_with_a_mark_of_their_own() -> None:
    figure = picture_grid.figure(pictures(6), chart(*answers(6, (2, 5)), DIGITS), RUN)
    axes = grid_of(figure)
    shown = [int(np.asarray(image.get_array())[-1, -1, 0]) for image in axes.images]
    assert sorted(shown[:2]) == [2, 5]
    assert sorted(shown) == list(range(6))
    corners = [int(np.asarray(image.get_array())[0, 0, 0]) for image in axes.images]
    assert corners == [255] * 6, "a picture is upside down"
    edges = [to_hex(patch.get_edgecolor()) for patch in axes.patches]
    assert edges == [palette.NOW] * 2 + [palette.REFERENCE] * 4
    titles = [text for text in figure.texts if " / " in text.get_text() and "·" not in text.get_text()]
    expected = [f"✗ {n} / {n + 1}" for n in shown[:2]] + [f"{n} / {n}" for n in shown[2:]]
    assert [text.get_text() for text in titles] == expected
    assert [text.get_color() for text in titles] == [palette.NOW] * 2 + [palette.MUTED] * 4
    places = [image.get_extent() for image in axes.images]
    centres = [(left + right) / 2 + 0.18 for left, right, _, _ in places]
    assert [text.get_position()[0] * 7.6 for text in titles] == pytest.approx(centres), (
        "each under its picture"
    )


def test_colours_and_the_channels_order_are_kept() -> None:
    coloured = np.zeros((1, 3, 32, 32), dtype=np.uint8)
    coloured[0, 0] = 200
    figure = picture_grid.figure(coloured, chart(*answers(1, ()), CIFAR10_CLASSES), RUN)
    assert np.asarray(grid_of(figure).images[0].get_array())[3, 4].tolist() == [200, 0, 0]


def test_the_caption_counts_all_pictures_and_says_which_are_shown() -> None:
    figure = picture_grid.figure(pictures(200), chart(*answers(200, (7, 9, 11)), DIGITS), RUN)
    shown = len(grid_of(figure).images)
    assert shown < 200
    assert figure.caption.startswith(
        f"3 of 200 test pictures are wrong (1.5 %) · all wrong ones and {shown - 3} of the right ones are shown, "
        "a sample over the classes (seed 0) · ResNet-8 after 3 epochs on Digits, recipe quick (SGD"
    )
    labels, predicted = answers(200, tuple(range(150)))
    figure = picture_grid.figure(pictures(200), chart(labels, predicted), RUN)
    assert (
        f"150 of 200 test pictures are wrong (75.0 %) · {shown} of them are shown, a sample over the classes (seed 0)"
        in figure.caption
    )
    sure = np.linspace(0, 1, 200).astype(np.float32)
    worst = picture_grid.figure(pictures(200), chart(labels, predicted, sure=sure), RUN)
    assert f"{shown} of them are shown, the surest mistakes first" in worst.caption
    first = [int(np.asarray(image.get_array())[-1, -1, 0]) for image in grid_of(worst).images]
    assert first == list(range(149, 149 - shown, -1))
    few = picture_grid.figure(pictures(3), chart(*answers(3, ()), DIGITS), going(report(epochs=1)))
    assert (
        "0 of 3 test pictures are wrong (0.0 %) · all are shown · ResNet-8 after 1 epoch so far"
        in few.caption
    )
    stopped = picture_grid.figure(pictures(3), chart(*answers(3, ()), DIGITS), report(state="stopped"))
    assert "after 3 epochs (stopped)" in stopped.caption


@pytest.mark.parametrize("side", [8, 28, 32, 64, 224])
@pytest.mark.parametrize("size", [(7.6, 4.6), (3.0, 3.0), (14.0, 9.0)])
def test_no_words_overlap_at_any_size(side: int, size: tuple[float, float]) -> None:
    names = CIFAR10_CLASSES if side >= 32 else DIGITS
    figure = picture_grid.figure(
        pictures(60, side=side), chart(*answers(60, (1, 2, 30)), names), RUN, Paper(*size)
    )
    assert overlapping(figure) == []
    ends = [image.get_extent() for image in grid_of(figure).images]
    assert max(right for _, right, _, _ in ends) <= size[0] - 0.36
    assert min(bottom for _, _, bottom, _ in ends) >= 0


def test_long_class_names_are_cut_not_laid_over_each_other() -> None:
    names = tuple(f"a very long class name of many words, number {n}" for n in range(10))
    figure = picture_grid.figure(pictures(20, side=32), chart(*answers(20, (3,)), names), RUN)
    assert overlapping(figure) == []
    for kind in ("svg", "pdf", "png"):
        assert render(figure, kind, metadata={})


def test_the_table_has_every_picture() -> None:
    header, rows = as_text(picture_grid.table(chart(*answers(12, (4,)), ("zero",))))
    assert len(rows) == 12
    assert dict(zip(header, rows[0], strict=True)) == {
        "picture": "4", "true": "4", "predicted": "5", "true class": "class 4", "predicted class": "class 5",
        "wrong": "yes",
    }  # fmt: skip
    assert ("0", "0", "0", "zero", "zero", "no") in rows


def test_what_does_not_fit_together_is_refused() -> None:
    labels, predicted = answers(3, ())
    with pytest.raises(ValueError, match="2 pictures do not fit 3 labels, 3 predictions"):
        picture_grid.figure(pictures(2), chart(labels, predicted), RUN)
    with pytest.raises(ValueError, match="no test picture"):
        picture_grid.figure(pictures(0), chart(labels[:0], predicted[:0]), RUN)
