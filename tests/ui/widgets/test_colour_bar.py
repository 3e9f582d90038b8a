"""The colour bar says its ends, and names the colours of what has no place on the scale only where there is any."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from resnet_viewer.charts.palette import ColourScale
from resnet_viewer.ui.widgets.colour_bar import ColourBar, UprightColourBar

SCALE = ColourScale("viridis", ("1e-3", "1e1"), ((0.0, "1e-3"), (0.5, "1e-1"), (1.0, "1e1")))


def test_it_grows_with_what_it_has_to_say(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(SCALE)
    plain = bar.sizeHint().width()
    assert bar.accessibleName() == "viridis from 1e-3 to 1e1"
    bar.show_scale(replace(SCALE, meaning="grey: exactly zero", keys=("zero", "not finite")))
    assert bar.sizeHint().width() > plain
    assert bar.accessibleName() == "viridis from 1e-3 to 1e1; grey: exactly zero"


def test_the_colours_run_from_dark_to_bright(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(SCALE)
    bar.resize(bar.sizeHint())
    image = bar.grab().toImage()
    left = round(bar.fontMetrics().horizontalAdvance("1e-3")) + 5
    first, last = (image.pixelColor(left + x, image.height() // 2).lightness() for x in (6, 64))
    assert last > first + 30


def test_in_a_wider_place_it_stands_in_the_middle_with_more_colours(qtbot: QtBot) -> None:
    bar = ColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(SCALE)
    bar.resize(400, 20)
    image = bar.grab().toImage()
    ground = image.pixelColor(0, 10)
    drawn = [x for x in range(400) if any(image.pixelColor(x, y) != ground for y in range(20))]
    assert abs(drawn[0] - (399 - drawn[-1])) <= 3
    assert drawn[-1] - drawn[0] > 120


def test_upright_the_last_colour_is_at_the_top(qtbot: QtBot) -> None:
    bar = UprightColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(SCALE)
    bar.resize(bar.sizeHint().width(), 60)
    bar.setContentsMargins(0, 2, 0, 10)
    image = bar.grab().toImage()
    first, last = (image.pixelColor(3, y).lightness() for y in (48, 3))
    assert last > first + 30
    assert image.pixelColor(3, 55) == image.pixelColor(3, 0), "nothing in the margins"


def test_upright_the_wider_one_of_both_ends_has_room(qtbot: QtBot) -> None:
    bar = UprightColourBar()
    qtbot.addWidget(bar)
    bar.show_scale(replace(SCALE, ends=("−0.149", "0.149")))
    needed = bar.sizeHint().width()
    bar.resize(needed + 40, 60)
    image = bar.grab().toImage()
    ground = image.pixelColor(needed + 39, 30)
    assert all(image.pixelColor(x, y) == ground for x in range(needed, needed + 40) for y in range(60))
