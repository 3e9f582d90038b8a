"""The grid of a batch: an overlay of each picture, and the one that is chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from resnet_viewer.records.method import GRAD_CAM, MethodChoice
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.batch_grid import BatchGrid
from resnet_viewer.ui.inspect.gradcam import PicturePanel
from resnet_viewer.ui.widgets.theme import DARK
from tests import fabricated


def looked_at(scene: Scene, **changes: object) -> Scene:
    """The same in another way, with the chosen picture's reading, as the controller has it."""
    view = replace(scene.session.view, **changes)
    assert scene.now is not None
    assert scene.reference is not None
    shown = scene.now.alone(view.of_batch), scene.reference.alone(view.of_batch)
    return replace(scene, session=scene.session.with_view(view), now=shown[0], reference=shown[1])


@pytest.fixture
def panel(qtbot: QtBot) -> PicturePanel:
    made = PicturePanel()
    qtbot.addWidget(made)
    made.resize(520, 460)
    made.show()
    return made


@pytest.mark.parametrize("count", [2, 4, 16])
def test_all_pictures_of_a_batch_stand_beside_each_other(panel: PicturePanel, count: int) -> None:
    scene = looked_at(fabricated.batch_scene(count))
    panel.render_scene(scene)
    grid = panel.grid
    assert (grid.isVisible(), panel.now_pane.isVisible(), panel.grid_button.isChecked()) == (
        True,
        False,
        True,
    )
    assert grid.count == count
    rects = [grid.rect_of(cell) for cell in range(count)]
    assert all(grid.rect().contains(rect) for rect in rects)
    assert not any(one.intersects(other) for one in rects for other in rects if one is not other)
    assert grid.words_of(1).startswith("1.png · 2 of ")
    for cell, tile in enumerate(grid.tiles):
        wide, high = scene.session.setup.batch[cell].width, scene.session.setup.batch[cell].height
        assert tile.image.width() / tile.image.height() == pytest.approx(wide / high, rel=0.05)


def test_each_has_its_own_target_and_map(panel: PicturePanel) -> None:
    scene = looked_at(fabricated.batch_scene(4))
    panel.render_scene(scene)
    assert scene.now is not None
    names = [scene.class_names[shown.target] for shown in scene.now.each() if isinstance(shown.target, int)]
    assert [tile.wordings[-1] for tile in panel.grid.tiles] == names
    images = [tile.image for tile in panel.grid.tiles]
    assert len({image.cacheKey() for image in images}) == 4


def test_a_click_chooses_and_once_more_enlarges(panel: PicturePanel) -> None:
    panel.render_scene(looked_at(fabricated.batch_scene(4)))
    chosen: list[int] = []
    views: list[View] = []
    panel.picture_chosen.connect(chosen.append)
    panel.view_changed.connect(views.append)

    def click(cell: int) -> None:
        QTest.mouseClick(panel.grid, Qt.MouseButton.LeftButton, pos=panel.grid.rect_of(cell).center())

    click(2)
    assert (chosen, views) == ([2], [])
    panel.render_scene(looked_at(fabricated.batch_scene(4), of_batch=2))
    click(2)
    assert [view.batch_as_grid for view in views] == [False]
    QTest.keyClick(panel.grid, Qt.Key.Key_Left)
    assert chosen == [2, 1]


def test_the_chosen_one_is_framed_and_shown_large_where_that_is_wished(panel: PicturePanel) -> None:
    scene = fabricated.batch_scene(4)
    panel.render_scene(looked_at(scene, of_batch=3))
    image, rect = panel.grid.grab().toImage(), panel.grid.rect_of(3)
    colours = {
        image.pixelColor(x, y).name()
        for x in range(rect.left() - 2, rect.right() + 2)
        for y in range(rect.top() - 1, rect.bottom())
        if image.valid(x, y)
    }
    assert DARK.accent.lower() in colours
    panel.render_scene(looked_at(scene, of_batch=3, batch_as_grid=False))
    assert (panel.grid.isVisible(), panel.now_pane.isVisible()) == (False, True)
    assert panel.grid_button.isVisible()
    assert not panel.grid_button.isChecked()
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert not panel.grid_button.isVisible(), "one picture makes no grid"


def test_nothing_is_made_anew_where_only_another_one_is_chosen(panel: PicturePanel) -> None:
    scene = looked_at(fabricated.batch_scene(4))
    panel.render_scene(scene)
    before = panel.grid.tiles
    panel.render_scene(looked_at(scene, of_batch=1))
    assert panel.grid.tiles is before
    assert panel.grid.current == 1


def test_before_there_is_a_reading_the_grid_is_empty(qtbot: QtBot) -> None:
    grid = BatchGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    scene = fabricated.batch_scene(2)
    grid.show_batch(None, scene.blueprint, 9, View(), ())
    assert grid.count == 0
    grid.grab()


def test_a_method_of_the_chosen_picture_alone_is_said_where_each_has_its_grad_cam(
    panel: PicturePanel,
) -> None:
    scene = looked_at(fabricated.batch_scene(3), method=MethodChoice("saliency"))
    panel.render_scene(scene)
    words = "Grad-CAM of each; Saliency explains the chosen one alone."
    assert panel.method_note.isVisible()
    assert words in panel.method_note.toolTip()
    assert not panel.method_scale.isVisible(), "none of the maps has it"
    panel.render_scene(looked_at(scene, batch_as_grid=False))
    assert words not in panel.method_note.toolTip()
    panel.render_scene(looked_at(scene, method=GRAD_CAM))
    assert not panel.method_note.isVisible()
