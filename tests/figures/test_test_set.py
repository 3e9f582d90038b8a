"""The figure of errors on a test set: marks where the shares are, bars as wide as their intervals, and its table."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resnet_viewer.charts.error_meter import error_rows
from resnet_viewer.figures import test_set
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.test_set import wilson
from tests.fabricated import set_reading

LABELS = [0, 1, 2, 3, 4] * 8
NOW = [*LABELS[:20], *[5] * 20]


def bars_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.patches)


def test_every_class_has_its_error_and_its_interval() -> None:
    reading = set_reading(LABELS, NOW, LABELS)
    rows = error_rows(reading)
    assert [row.name for row in rows] == ["all 40 pictures", "airplane", "automobile", "bird", "cat", "deer"]
    assert rows[0].now is not None
    assert rows[1].now is not None
    assert (rows[0].now.error, rows[1].now.error) == (50.0, 50.0)
    assert (rows[1].now.low, rows[1].now.high) == pytest.approx([100 * bound for bound in wilson(4, 8)])
    figure = test_set.figure(reading)
    bars = bars_of(figure).patches
    assert len(bars) == 2 * len(rows)
    assert bars[0].get_x() == pytest.approx(rows[0].now.low)
    assert bars[0].get_x() + bars[0].get_width() == pytest.approx(rows[0].now.high)
    assert "seed 0" in figure.caption
    assert "1 of 9 shortcuts cut (3)" in figure.caption
    assert "reference: all shortcuts open" in figure.caption


def test_without_true_classes_there_is_one_row_of_what_differs() -> None:
    figure = test_set.figure(set_reading(None, NOW, LABELS))
    assert len(bars_of(figure).patches) == 1
    assert "another class than in the reference" in figure.caption
    words = {text.get_text() for text in figure.texts}
    assert "reference" not in words, "it has no error of its own"
    assert not any("error" in text.lower() for text in words)


def test_of_many_classes_only_all_pictures_together_are_drawn() -> None:
    labels = list(range(60))
    reading = set_reading(labels, labels, [0] * 60, class_names=tuple(f"class {n}" for n in labels))
    assert len(bars_of(test_set.figure(reading, Paper(7.0, 3.0))).patches) == 2


def test_its_table_has_every_picture() -> None:
    header, rows = test_set.table(set_reading(LABELS, NOW, LABELS))
    assert header[:4] == ["picture", "path", "true", "predicted"]
    assert "reference_predicted" in header
    assert len(rows) == 40
    assert rows[25][:4] == ["0025.png", "/invented/0025.png", "airplane", "dog"]
    same, _ = test_set.table(set_reading(LABELS, LABELS))
    assert "reference_predicted" not in same


def test_nothing_seen_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no test picture"):
        test_set.figure(set_reading(LABELS, NOW, LABELS, seen=0))
