from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from resnet_viewer.ui.train.confusion import cell_colours
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_grow_with_the_share_of_the_row(theme: Theme) -> None:
    colours, is_deep = cell_colours(np.array([[8, 0], [1, 3]]), theme)
    assert tuple(colours[0, 1]) == QColor(theme.panel).getRgb()[:3]
    blue = np.array(QColor(theme.branch).getRgb()[:3])
    assert abs(colours[0, 0] - blue).sum() < abs(colours[1, 1] - blue).sum()
    assert tuple(colours[1, 0]) != tuple(colours[0, 1])
    assert not is_deep[0, 1]


def test_counts_stay_readable_on_a_whole_row() -> None:
    assert cell_colours(np.array([[8, 0], [0, 8]]), DARK)[1].tolist() == [[True, False], [False, True]]
    assert cell_colours(np.array([[8, 0], [0, 8]]), LIGHT)[1].tolist() == [[True, False], [False, True]]
