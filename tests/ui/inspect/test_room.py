"""The picture is the largest panel whatever its shape, and what stands under it gives way first."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QApplication

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.album import Album
from resnet_viewer.records.errors import Failure
from resnet_viewer.records.session import Session
from tests import fabricated
from tests.ui.windows import Desk, inspect_page

pytestmark = pytest.mark.usefixtures("on_screen")

SHAPES = {
    "a portrait": (200, 300),
    "a tall strip": (100, 900),
    "a landscape": (451, 300),
    "a square": (224, 224),
    "a tiny one": (8, 8),
    "27:1": (810, 30),
}
SIZES = {(1440, 900): 350, (1024, 700): 250}
"""Windows, and the longer side of the picture in them, at least."""


def show(desk: Desk, width: int, height: int, *, album: int = 1) -> None:
    setup = fabricated.setup(spec("cifar-resnet-20"), fabricated.picture(width, height))
    desk.store.begin(desk.store.session, Session(setup))
    desk.wait_fresh()
    panels = inspect_page(desk.window).panels
    paths = tuple(Path(f"{number}.png") for number in range(album))
    panels.folder_strip.show_album(Album(paths), paths[:1], f"1 of {album}")
    desk.qtbot.waitUntil(lambda: not panels.picture.now_pane.content_size().isEmpty())


def longer_side(desk: Desk) -> float:
    size = inspect_page(desk.window).panels.picture.now_pane.content_size()
    return max(size.width(), size.height())


@pytest.mark.parametrize("window", SIZES)
def test_a_picture_is_large_whatever_its_shape(desk: Desk, window: tuple[int, int]) -> None:
    desk.window.resize(*window)
    desk.qtbot.waitUntil(lambda: desk.window.size().toTuple() == window)
    panels = inspect_page(desk.window).panels
    for (name, shape), album in product(SHAPES.items(), (1, 6)):
        show(desk, *shape, album=album)
        QApplication.processEvents()
        assert longer_side(desk) >= SIZES[window], (name, album)
        picture = panels.picture.width() * panels.picture.height()
        others = (panels.feature_maps, panels.overview, panels.predictions, panels.story)
        assert picture > max(panel.width() * panel.height() for panel in others if panel.isVisible())
        assert panels.wiring.view.height() >= 150
        assert panels.area.verticalScrollBar().maximum() == 0, "the page fits"


def test_the_folders_strip_gives_way_to_a_portrait_and_comes_back(desk: Desk) -> None:
    desk.window.resize(1440, 900)
    show(desk, 400, 200, album=6)
    strip = inspect_page(desk.window).panels.folder_strip
    desk.qtbot.waitUntil(strip.isVisible)
    show(desk, 200, 300, album=6)
    desk.qtbot.waitUntil(lambda: not strip.isVisible())
    show(desk, 400, 200, album=6)
    desk.qtbot.waitUntil(strip.isVisible)
    show(desk, 400, 200, album=1)
    desk.qtbot.waitUntil(lambda: not strip.isVisible())


def test_no_panel_moves_when_now_and_the_reference_part_and_meet_again(desk: Desk) -> None:
    """What is under the pointer stays there."""
    desk.window.resize(1440, 900)
    show(desk, 451, 300)
    panels = inspect_page(desk.window).panels
    parts = (*panels.all, panels.picture.now_pane, panels.picture.filmstrip, panels.wiring.view)

    def places() -> list[tuple[QPoint, int, int]]:
        return [(part.mapTo(panels, QPoint()), part.width(), part.height()) for part in parts]

    QApplication.processEvents()
    before = places()
    assert not panels.feature_maps.is_pair
    inspect_page(desk.window).editor.set_shortcuts((2, 3), 0.0)
    desk.wait_fresh()
    QApplication.processEvents()
    assert panels.feature_maps.is_pair
    assert places() == before
    inspect_page(desk.window).editor.set_shortcuts((2, 3), 1.0)
    desk.wait_fresh()
    QApplication.processEvents()
    assert not panels.feature_maps.is_pair
    assert places() == before


@pytest.mark.parametrize("points", [0, 16])
def test_an_open_message_makes_the_page_scroll_and_cuts_no_number(desk: Desk, points: int) -> None:
    desk.appearance.set_font_size(points)
    desk.window.setMinimumSize(880, 600)
    desk.window.resize(1024, 700)
    show(desk, 451, 300)
    desk.window.messages.show_failure(Failure("A sentence that is said until it is dismissed."))
    panels = inspect_page(desk.window).panels
    least = panels.wiring.minimumSizeHint().height()
    desk.qtbot.waitUntil(lambda: panels.wiring.height() >= least)
    plot = panels.wiring.view.plot_box
    line = panels.fontMetrics().height()
    desk.qtbot.waitUntil(lambda: plot.height() >= 2.9 * line)
    view = panels.wiring.view
    bottom = view.mapFromScene(plot.mapToScene(plot.rect().bottomLeft())).y()
    assert view.viewport().height() - bottom >= line, "the numbers under the plot are whole"


def test_the_choice_between_maps_and_filters_is_whole_in_a_small_window(desk: Desk) -> None:
    desk.window.resize(1024, 700)
    desk.qtbot.waitUntil(lambda: desk.window.size().toTuple() == (1024, 700))
    show(desk, 451, 300)
    QApplication.processEvents()
    shows = inspect_page(desk.window).panels.feature_maps.shows
    assert [button.text() for button in shows.findChildren(QAbstractButton)] == ["Maps", "Filters"]
