"""The card of test pictures and confusion matrix: whose predictions, which of the two, and the filter between them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.records.run_log import LabScene
from resnet_viewer.ui.appearance import style_sheet
from resnet_viewer.ui.train.pictures import PicturesPanel, run_of
from resnet_viewer.ui.widgets.theme import LIGHT
from tests.ui.train.lab_scenes import LABELS, PREDICTED, lab_scene, log_of


@pytest.fixture
def panel(qtbot: QtBot) -> PicturesPanel:
    panel = PicturesPanel()
    qtbot.addWidget(panel)
    panel.resize(330, 240)
    panel.render_lab(lab_scene(log_of("cifar-plain-56", 60)))
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_the_selected_run_is_shown_or_the_one_that_errs_most() -> None:
    worst, other = log_of("cifar-plain-56", 60, test=57), log_of("cifar-resnet-56", 1, test=2)
    waiting = log_of("cifar-plain-20")
    scene = lab_scene(other, worst, waiting)
    assert run_of(scene) is worst
    assert run_of(lab_scene(other, worst, waiting, selected="cifar-resnet-56")) is other
    assert run_of(lab_scene(other, worst, waiting, selected="cifar-plain-20")) is waiting
    assert run_of(LabScene()) is None


def test_it_says_whose_pictures_they_are_and_how_many(panel: PicturesPanel) -> None:
    assert (
        panel.whose.text()
        == "Plain-56 · true / predicted · after epoch 1 · a sample over the classes (seed 0)"
    )
    assert panel.page.text().endswith(f" of {len(LABELS)}, 3 wrong")
    assert panel.message == ""


def test_without_predictions_it_says_why(panel: PicturesPanel) -> None:
    panel.render_lab(LabScene())
    assert panel.message.startswith("Press Start: ")
    panel.render_lab(lab_scene(log_of("cifar-plain-20")))
    assert panel.message == "no run has finished an epoch yet"
    panel.render_lab(lab_scene(log_of("cifar-plain-20"), selected="cifar-plain-20"))
    assert (panel.message, panel.whose.text()) == ("Plain-20 has not finished an epoch yet", "")
    panel.render_lab(lab_scene(log_of("cifar-plain-20", 50)))
    assert panel.message == ""
    panel.render_lab(lab_scene(log_of("cifar-plain-20", 50, predicted=np.zeros(3, np.int64))))
    assert panel.message  # the predictions of other data


def test_a_cell_of_the_matrix_filters_the_pictures(qtbot: QtBot, panel: PicturesPanel) -> None:
    panel.show_what("confusion")
    assert panel.whose.text().startswith("Plain-56 · rows true, columns predicted")
    qtbot.mouseClick(
        panel.matrix.cells, Qt.MouseButton.LeftButton, pos=panel.matrix.cells.rect_of(5).center()
    )
    assert panel.shown == "pictures"
    assert set(panel.grid.shown) == {1, 7}
    assert panel.filter.currentText() == "<b>bird</b> / frog"
    panel.choose_pair((2, 0))
    assert panel.grid.shown == (5,)
    assert panel.filter.count() == 4
    panel.filter.setCurrentIndex(1)
    panel.filter.activated.emit(1)
    assert set(panel.grid.shown) == {1, 5, 7}
    panel.filter.activated.emit(3)
    assert panel.grid.shown == (5,)
    panel.filter.activated.emit(0)
    assert panel.grid.chart.order.size == len(LABELS)


def test_a_pair_is_dropped_with_its_data_and_kept_for_another_run(panel: PicturesPanel) -> None:
    scene = lab_scene(log_of("cifar-plain-56", 60), log_of("cifar-resnet-56", 1, test=1.0))
    panel.render_lab(scene)
    panel.choose_pair((1, 2))
    panel.render_lab(lab_scene(*scene.logs, data=scene.data, selected="cifar-resnet-56"))
    assert panel.grid.choice == (1, 2)
    panel.render_lab(lab_scene(*scene.logs))  # other data
    assert (panel.grid.choice, panel.filter.count()) == ("all", 3)


def test_the_rule_of_the_screen_is_that_of_figures(panel: PicturesPanel) -> None:
    told: list[str] = []
    panel.rule_chosen.connect(told.append)
    panel.filter.activated.emit(2)
    assert told == ["surest"]
    assert "known from the next epoch on" in panel.whose.text(), "these predictions came without confidences"
    panel.filter.activated.emit(0)
    assert told == ["surest", "sample"]
    assert panel.whose.text().endswith("a sample over the classes (seed 0)")


def test_buttons_turn_pages(qtbot: QtBot, panel: PicturesPanel) -> None:
    panel.resize(200, 240)
    QApplication.processEvents()
    assert (panel.back.isEnabled(), panel.forward.isEnabled()) == (False, True)
    first = panel.grid.shown
    qtbot.mouseClick(panel.forward, Qt.MouseButton.LeftButton)
    assert panel.grid.shown != first
    assert panel.back.isEnabled()
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert panel.grid.shown == first


def test_its_title_is_that_of_what_is_shown(panel: PicturesPanel) -> None:
    titles: list[str] = []
    panel.named.connect(titles.append)
    panel.show_what("confusion")
    panel.show_what("pictures")
    assert titles == ["Confusion matrix", "Test pictures"]
    assert panel.title == panel.accessibleName() == "Test pictures"


def test_what_is_exported_is_what_is_shown(panel: PicturesPanel) -> None:
    wished: list[str] = []
    panel.export_requested.connect(wished.append)
    panel.menu_at(QPoint()).actions()[-2].trigger()
    panel.show_what("confusion")
    panel.menu_at(QPoint()).actions()[-2].trigger()
    assert wished == ["pictures", "confusion"]


def test_it_fits_where_it_is_narrow(qtbot: QtBot, panel: PicturesPanel) -> None:
    font = QApplication.font()
    larger = QApplication.font()
    larger.setPointSize(16)
    try:
        QApplication.setFont(larger)
        panel.apply_theme(LIGHT)
        assert panel.minimumSizeHint().width() <= 330
        assert panel.minimumSizeHint().height() <= 240
    finally:
        QApplication.setFont(font)


def test_right_predictions_leave_nothing_in_red(panel: PicturesPanel) -> None:
    panel.render_lab(lab_scene(log_of("cifar-plain-56", 60, predicted=LABELS.copy())))
    assert panel.page.text().endswith(", no wrong") or panel.page.text().endswith(", 0 wrong")
    panel.filter.activated.emit(1)
    assert panel.page.text() == "none of these"
    assert not np.array_equal(LABELS, PREDICTED)


def test_the_menu_of_a_picture_begins_with_opening_it(panel: PicturesPanel) -> None:
    wished: list[int] = []
    panel.grid.picture_wished.connect(wished.append)
    menu = panel.menu_at(panel.grid.mapToGlobal(panel.grid.frames[1].place.center()))
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert words[0] == "Open in Inspect"
    assert words[-2:] == ["Export test pictures…", "Copy"]
    menu.actions()[0].trigger()
    assert wished == [panel.grid.shown[1]] == [panel.grid.chosen]
    beside = panel.menu_at(panel.mapToGlobal(panel.rect().topLeft()))
    assert [action.text() for action in beside.actions()] == words[-2:]


def test_pictures_without_a_class_are_shown_as_such(panel: PicturesPanel) -> None:
    """Of a network whose logits are not finite: the class behind the last."""
    lost = PREDICTED.copy()
    lost[0] = 3
    panel.render_lab(lab_scene(log_of("cifar-plain-56", 60, predicted=lost)))
    assert panel.grid.chart.describe(0).endswith("predicted no class · wrong")
    panel.choose_pair((int(LABELS[0]), 3))
    assert panel.grid.shown == (0,)
    assert "predicted no class: 1 of " in panel.matrix.cells.chart.describe(int(LABELS[0]), 3)


def test_it_is_made_also_where_the_application_has_a_style_sheet(qtbot: QtBot) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before = application.styleSheet()
    application.setStyleSheet(style_sheet(LIGHT))  # each new parent styles what it gets anew
    try:
        panel = PicturesPanel()
        qtbot.addWidget(panel)
        assert panel.page.text() == panel.grid.words
    finally:
        application.setStyleSheet(before)
