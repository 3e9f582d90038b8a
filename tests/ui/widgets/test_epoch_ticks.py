"""One set of numbers for all time axes that are wide enough, with their unit, and none on another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.widgets.plot_axes import epoch_ticks


@pytest.fixture
def metrics(qtbot: QtBot) -> QFontMetricsF:
    return QFontMetricsF(QFont())


@pytest.mark.parametrize("epochs", [1, 4, 6, 12, 30, 164])
def test_wide_and_narrow_axes_have_the_same_numbers(metrics: QFontMetricsF, epochs: int) -> None:
    wide, narrow = (
        [text for _, text in epoch_ticks((0.0, epochs), width, metrics)] for width in (600.0, 400.0)
    )
    assert set(narrow) <= set(wide), "other steps"
    assert len(narrow) >= len(wide) - 1, "only the unit may take a number's room"
    assert wide[-1].startswith("epoch ")


@pytest.mark.parametrize("width", range(60, 500, 40))
@pytest.mark.parametrize("span", [(0.0, 1.0), (0.0, 12.0), (3.31, 3.64), (0.0, 164.0), (5.0, 17.0)])
def test_numbers_lie_inside_and_never_overlap(
    metrics: QFontMetricsF, width: int, span: tuple[float, float]
) -> None:
    ticks = epoch_ticks(span, width, metrics)
    halves = [metrics.horizontalAdvance(text) / 2 for _, text in ticks]
    edges = [(x - half, x + half) for (x, _), half in zip(ticks, halves, strict=True)]
    assert edges[0][0] >= -1e-6
    assert edges[-1][1] <= width + 1e-6
    assert all(before[1] < after[0] for before, after in pairwise(edges))


def test_beside_a_plot_the_words_may_stand_out(metrics: QFontMetricsF) -> None:
    ticks = epoch_ticks((0.0, 6.0), 600.0, metrics, beyond=12.0)
    assert ticks[0] == (0.0, "0")
    assert ticks[-1][0] + metrics.horizontalAdvance("epoch 6") / 2 <= 612.0


def test_few_epochs_are_numbered_whole_and_parts_of_one_in_parts(metrics: QFontMetricsF) -> None:
    assert [text for _, text in epoch_ticks((0.0, 3.0), 600.0, metrics)] == ["0", "1", "2", "epoch 3"]
    assert epoch_ticks((0.0, 1.0), 600.0, metrics)[1][1] == "0.2"


def test_a_range_without_length_has_none(metrics: QFontMetricsF) -> None:
    assert epoch_ticks((1.0, 1.0), 400.0, metrics) == []
