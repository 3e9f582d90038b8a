"""The colour bar says its ends, and names the colours of what has no place on the scale only where there is any."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from resnet_viewer.charts.gradient_record import ColourScale
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.theme import DARK


def test_it_grows_with_what_it_has_to_say(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(ColourScale(-3.0, 1.0))
    plain = bar.sizeHint().width()
    assert bar.words == "colours from 1e-3 to 1e1"
    bar.show_scale(ColourScale(-3.0, 1.0, is_clipped_above=True, has_zero=True, has_odd=True))
    assert bar.sizeHint().width() > plain
    assert bar.words == (
        "colours from 1e-3 to 1e1; what lies beyond takes the end's colour; grey: exactly zero; red: not finite"
    )
    assert bar.accessibleName() == bar.words


def test_the_colours_run_from_dark_to_bright(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.apply_theme(DARK)
    bar.resize(bar.sizeHint())
    image = bar.grab().toImage()
    left = round(bar.fontMetrics().horizontalAdvance(bar.scale.ends[0])) + 5
    first, last = (image.pixelColor(left + x, image.height() // 2).lightness() for x in (6, 64))
    assert last > first + 30
