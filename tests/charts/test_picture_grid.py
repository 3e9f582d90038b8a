"""How many test pictures a page has, how large, and where."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QFont, QFontMetrics
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.train.pictures_grid import frames_of, place_in, sheet_for
from tests.ui.train.lab_scenes import PREDICTED, data_of


@pytest.mark.parametrize("size", [QSize(90, 60), QSize(300, 130), QSize(760, 500)])
@pytest.mark.parametrize("side", [8, 32, 224])
def test_a_full_page_lies_inside_and_nothing_overlaps(qtbot: QtBot, size: QSize, side: int) -> None:
    metrics, data = QFontMetrics(QFont()), data_of(side, 3 if side > 8 else 1, names=("0", "1", "2"))
    sheet = sheet_for(data, size, metrics)
    shown = np.arange(10)[: sheet.count].tolist()
    frames = frames_of(sheet, data, PREDICTED, shown, metrics, 1.0)
    assert [frame.index for frame in frames] == shown
    places = [frame.place.adjusted(0, 0, 0, metrics.height()) for frame in frames]
    assert not any(one.intersects(other) for i, one in enumerate(places) for other in places[:i])
    if sheet.rows > 1:
        assert all(QRect(QPoint(), size).contains(place) for place in places)
    for number, frame in enumerate(frames):
        assert place_in(frames, frame.place.center(), metrics.height()) == number


def test_small_pictures_are_enlarged_by_whole_numbers(qtbot: QtBot) -> None:
    metrics = QFontMetrics(QFont())
    small = sheet_for(data_of(8), QSize(400, 200), metrics)
    assert small.is_enlarged
    assert small.side % 8 == 0
    assert not sheet_for(data_of(224, 3), QSize(400, 200), metrics).is_enlarged


def test_long_names_that_begin_alike_stay_apart(qtbot: QtBot) -> None:
    metrics = QFontMetrics(QFont())
    data = data_of(names=tuple(f"class_of_own_pictures_{i}" for i in range(3)))
    frames = frames_of(sheet_for(data, QSize(300, 200), metrics), data, PREDICTED, range(8), metrics, 1.0)
    true = {int(data.test_labels[frame.index]): frame.title.split(" / ")[0] for frame in frames}
    assert len(set(true.values())) == len(true) > 1
    assert all("…" in name for name in true.values())
