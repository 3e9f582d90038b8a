"""One panel has the whole page, or a window of its own, and the others come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontInfo, QImage
from PySide6.QtWidgets import QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.error_meter import MeterChart
from resnet_viewer.ui.layout import SharedPlace, Splitter
from resnet_viewer.ui.panels import PagePanels, PanelWindow, title_of
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.theme import LARGE
from tests import fabricated
from tests.ui.windows import TRAIN, Desk, inspect_page, rendered, train_page

pytestmark = pytest.mark.usefixtures("on_screen")

LEFT = Qt.MouseButton.LeftButton


class Three(PagePanels):
    """A card over two others."""

    def __init__(self) -> None:
        self.first, self.second, self.third = (Card(title) for title in ("First", "Second", "Third"))
        below = Splitter(Qt.Orientation.Horizontal, self.second, self.third, shares=(0.3, 0.7))
        super().__init__(
            three_below=below,
            three_rows=Splitter(Qt.Orientation.Vertical, self.first, below, shares=(0.4, 0.6)),
        )


@pytest.fixture
def three(qtbot: QtBot) -> Three:
    made = Three()
    qtbot.addWidget(made)
    made.resize(800, 600)
    with qtbot.waitExposed(made):
        made.show()
    for splitter in made.splitters.values():
        splitter.share_room()
    return made


def seen(panels: PagePanels) -> set[str]:
    return {title_of(panel) for panel in panels.all if panel.isVisible()}


def sizes(panels: PagePanels) -> list[list[int]]:
    return [splitter.sizes() for splitter in panels.splitters.values()]


def active(qtbot: QtBot, window: QWidget) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()


def test_names_are_the_attributes_of_the_page(three: Three) -> None:
    assert three.by_name == {"first": three.first, "second": three.second, "third": three.third}
    plain = PagePanels(rows=Splitter(Qt.Orientation.Vertical, Card("a"), Card("b"), shares=(0.5, 0.5)))
    assert list(plain.by_name) == ["panel_1", "panel_2"]


def test_the_corner_gives_a_panel_the_whole_page_and_all_the_others_come_back(
    qtbot: QtBot, three: Three
) -> None:
    before = sizes(three)
    qtbot.mouseClick(three.second.large_corner, LEFT)
    assert seen(three) == {"Second"}
    assert three.second.width() >= three.width() - 2
    assert three.second.height() >= three.height() - 2
    assert three.second.large_corner.accessibleName().startswith("Back")
    assert three.second.large_corner.toolTip() == three.second.large_corner.accessibleName()
    qtbot.mouseClick(three.second.large_corner, LEFT)
    assert seen(three) == {"First", "Second", "Third"}
    assert sizes(three) == before
    assert three.second.large_corner.accessibleName().startswith("Enlarge")


def test_a_double_click_does_where_it_means_nothing_else(qtbot: QtBot, three: Three) -> None:
    field = QWidget()
    three.third.body.addWidget(field)
    for part in (three.third, field):
        qtbot.mouseDClick(part, LEFT, pos=QPoint(5, 5))
        assert three.large is three.third
        qtbot.mouseDClick(part, Qt.MouseButton.RightButton, pos=QPoint(5, 5))
        assert three.large is three.third
        qtbot.mouseDClick(part, LEFT, pos=QPoint(5, 5))
        assert three.large is None


def test_a_card_that_nobody_grants_sizes_has_no_corner(qtbot: QtBot) -> None:
    card = Card("Alone")
    qtbot.addWidget(card)
    card.show()
    assert not card.large_corner.isVisible()
    wished: list[object] = []
    card.large_wished.connect(lambda: wished.append("large"))
    qtbot.mouseDClick(card, LEFT, pos=QPoint(5, 5))
    menu = QMenu()
    card.add_size_actions(menu)
    assert not wished
    assert menu.isEmpty()


def test_the_menu_offers_both(three: Three) -> None:
    menu = QMenu()
    three.first.add_size_actions(menu)
    enlarge, window = (action for action in menu.actions() if not action.isSeparator())
    enlarge.trigger()
    assert three.large is three.first
    window.trigger()
    assert (three.large, list(three.windows)) == (None, [three.first])
    menu = QMenu()
    three.first.add_size_actions(menu)
    (back,) = (action for action in menu.actions() if not action.isSeparator())
    back.trigger()
    assert not three.windows


def test_some_panels_alone_and_one_of_them_large(three: Three) -> None:
    three.show_alone(("first", "third", "of another version"))
    assert seen(three) == {"First", "Third"}
    three.toggle_large(three.third)
    assert seen(three) == {"Third"}
    assert three.go_back()
    assert seen(three) == {"First", "Third"}
    assert not three.go_back()
    three.show_alone(("of another version",))
    assert seen(three) == {"First", "Second", "Third"}


def test_a_window_of_its_own_and_back_in_its_place(qtbot: QtBot, three: Three) -> None:
    before = sizes(three)
    opened: list[PanelWindow] = []
    three.window_opened.connect(opened.append)
    three.toggle_window(three.second)
    (own,) = opened
    assert own.windowTitle() == "Second – ResNet Viewer"
    assert three.second.window() is own
    assert own.isVisible()
    assert three.third.width() >= three.width() - 2, "the others take its room"
    three.second.set_title("Renamed")
    assert own.windowTitle() == "Renamed – ResNet Viewer"
    three.hovered.emit("under the pointer")
    assert own.words == "under the pointer"
    qtbot.mouseClick(three.second.window_corner, LEFT)
    assert not own.isVisible()
    assert three.second.window() is three
    assert not three.second.window_corner.isVisible()
    assert sizes(three) == before


def test_a_page_whose_panels_are_all_away_says_so_and_has_them_back(qtbot: QtBot, three: Three) -> None:
    before = sizes(three)
    for panel in three.all:
        three.toggle_window(panel)
    assert not three.area.isVisible()
    assert three.is_seen
    three.put_all_back()
    assert three.area.isVisible()
    qtbot.waitUntil(lambda: sizes(three) == before)


def test_text_that_has_the_whole_page_has_larger_letters(three: Three) -> None:
    label = QLabel("words")
    three.second.body.addWidget(label)
    three.second.grows_letters = True
    usual = QFontInfo(label.font()).pointSizeF()
    three.toggle_large(three.second)
    assert label.font().pointSizeF() == pytest.approx(LARGE * usual, rel=0.02)
    three.go_back()
    assert label.font().pointSizeF() == pytest.approx(usual, rel=0.02)
    three.toggle_large(three.third)
    assert QFontInfo(three.third.font()).pointSizeF() == pytest.approx(usual, rel=0.02)


def test_panels_that_share_a_place_are_panels_like_all_others(qtbot: QtBot) -> None:
    first, upper, lower = Card("First"), Card("Upper"), Card("Lower")
    place = SharedPlace(("Upper", "Lower"), upper, lower, shares=(0.5, 0.5))
    rows = Splitter(Qt.Orientation.Vertical, first, place, shares=(0.5, 0.5))
    page = PagePanels(place=place.splitter, rows=rows)
    qtbot.addWidget(page)
    page.resize(600, 900)
    with qtbot.waitExposed(page):
        page.show()
    page.toggle_large(lower)
    assert seen(page) == {"Lower"}
    assert lower.height() >= page.height() - 2
    page.go_back()
    qtbot.waitUntil(lambda: seen(page) == {"First", "Upper", "Lower"})
    page.resize(600, 300)
    qtbot.waitUntil(lambda: not place.shows_both)
    assert seen(page) == {"First", "Upper"}
    page.toggle_window(upper)
    assert seen(page) == {"First", "Upper", "Lower"}, "the other one has the place"
    assert upper.window() is not page
    assert place.tabs.isHidden()
    page.toggle_large(first)
    assert not place.isVisible()
    page.put_all_back()
    qtbot.waitUntil(lambda: seen(page) == {"First", "Upper"})
    assert not place.tabs.isHidden()


def test_f_enlarges_what_was_touched_last_and_escape_goes_back(qtbot: QtBot, desk: Desk) -> None:
    window, panels = desk.window, inspect_page(desk.window).panels
    active(qtbot, window)
    before = sizes(panels)
    panels.wiring.view.setFocus()
    panels.predictions.entered.emit()  # the pointer comes over it
    qtbot.keyClick(panels.wiring.view, Qt.Key.Key_F)
    assert seen(panels) == {"Prediction"}
    layer = desk.store.session.view.layer
    qtbot.keyClick(window, Qt.Key.Key_Up)
    assert desk.store.session.view.layer != layer, "its keys are as before"
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert sizes(panels) == before
    assert window.focusWidget() is panels.wiring.view
    panels.predictions.setFocus()
    panels.wiring.view.setFocus()
    qtbot.keyClick(panels.wiring.view, Qt.Key.Key_F)
    assert panels.large is panels.wiring
    assert window.focusWidget() is panels.wiring.view
    qtbot.keyClick(panels.wiring.view, Qt.Key.Key_F)
    assert panels.large is None


def test_a_large_panel_has_the_focus_also_after_another_page(qtbot: QtBot, desk: Desk) -> None:
    window, panels = desk.window, inspect_page(desk.window).panels
    active(qtbot, window)
    panels.toggle_large(panels.picture)
    assert panels.picture.isAncestorOf(window.focusWidget())
    window.show_page(TRAIN)
    window.commands["show_inspect"].trigger()
    assert panels.large is panels.picture
    assert panels.picture.isAncestorOf(window.focusWidget())


def test_keys_theme_and_copying_work_in_a_window_of_its_own(qtbot: QtBot, desk: Desk) -> None:
    window, panels = desk.window, inspect_page(desk.window).panels
    panels.toggle_window(panels.predictions)
    own = panels.windows[panels.predictions]
    active(qtbot, own)
    qtbot.keyClick(own, Qt.Key.Key_Space)
    assert not any(desk.store.session.setup.wiring.shortcuts)
    qtbot.keyClick(own, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert all(desk.store.session.setup.wiring.shortcuts)
    panels.predictions.setFocus()
    assert panels.figure_in_focus() == "predictions"
    brightness = []
    for theme in ("light", "dark"):
        desk.appearance.choose(theme)  # type: ignore[arg-type]
        image: QImage = own.grab().toImage()
        brightness.append(image.pixelColor(2, 2).lightness())
    assert brightness[0] > 200 > 60 > brightness[1]
    desk.wait_fresh()
    qtbot.keyClick(own, Qt.Key.Key_F)
    assert panels.large is None, "it is alone as it is"
    qtbot.keyClick(own, Qt.Key.Key_F11)
    assert own.isFullScreen()
    assert not window.isFullScreen()
    qtbot.keyClick(own, Qt.Key.Key_Escape)
    assert not own.isFullScreen()
    qtbot.keyClick(own, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert not panels.windows
    assert panels.predictions.isVisibleTo(panels)


def test_a_panels_window_is_remembered_and_closes_with_the_main_one(desk: Desk, tmp_path: Path) -> None:
    panels = inspect_page(desk.window).panels
    panels.toggle_window(panels.wiring)
    panels.windows[panels.wiring].setGeometry(40, 50, 610, 420)
    panels.windows[panels.wiring].close()
    panels.toggle_window(panels.wiring)
    assert panels.windows[panels.wiring].geometry().getRect() == (40, 50, 610, 420)
    own = panels.windows[panels.wiring]
    own.setGeometry(41, 50, 610, 420)
    desk.window.close()
    assert not own.isVisible()
    kept = Settings(tmp_path / "settings")
    assert kept.shape("inspect_wiring", 5) == (41, 50, 610, 420, 0)
    assert kept.shape("inspect_rows", 2) is not None, "the page's shares are kept as they are with all panels"


def test_a_train_panel_in_a_window_follows_while_inspect_is_in_view(qtbot: QtBot, desk: Desk) -> None:
    panels = train_page(desk.window).panels
    panels.toggle_window(panels.errors)
    assert desk.window.place != TRAIN
    train_page(desk.window).start()
    desk.lab.begin()
    key, run = desk.lab.order.runs[0]
    desk.lab.train(key, run, 2)
    rendered(desk)
    qtbot.waitUntil(lambda: panels.errors.scene.logs != ())


def test_large_letters_show_the_chosen_panels_and_everything_comes_back(qtbot: QtBot, desk: Desk) -> None:
    window, panels = desk.window, inspect_page(desk.window).panels
    active(qtbot, window)
    before, usual = sizes(panels), panels.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
    assert window.isFullScreen()
    assert seen(panels) == {title_of(panels.by_name[name]) for name in panels.usual_with_large_letters()}
    assert panels.wiring.font().pointSizeF() == pytest.approx(usual * LARGE, rel=0.05)
    (menu,) = (
        part
        for part in window.findChildren(QMenu)
        if part.title().replace("&", "") == "Panels with large letters"
    )
    menu.aboutToShow.emit()
    by_text = {action.text(): action for action in menu.actions()}
    assert by_text[title_of(panels.wiring)].isChecked()
    for name in sorted(panels.usual_with_large_letters(), key="picture".__eq__):
        by_text[title_of(panels.by_name[name])].trigger()
    assert seen(panels) == {title_of(panels.picture)}, "the last one stays"
    assert desk.settings.panels_with_large_letters("inspect") == ("picture",)
    window.show_page(TRAIN)
    assert len(seen(train_page(window).panels)) == len(train_page(window).panels.all)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    window.show_page(0)
    assert panels.wiring.font().pointSizeF() == pytest.approx(usual, rel=0.05)
    qtbot.waitUntil(lambda: sizes(panels) == before)


@pytest.mark.parametrize(("height", "is_told"), [(700, False), (1300, True)])
def test_what_one_sees_is_told_with_large_letters_where_the_page_is_high(
    qtbot: QtBot, desk: Desk, height: int, is_told: bool
) -> None:
    window, panels = desk.window, inspect_page(desk.window).panels
    active(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
    window.resize(1400, height)  # full screen comes after its wish, and is another size
    qtbot.waitUntil(lambda: panels.height() < height and ("What you see" in seen(panels)) == is_told)
    assert {"Picture", "Prediction", "Wiring"} <= seen(panels)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert {"Feature maps", "What you see"} <= seen(panels), "all are back"


@pytest.mark.parametrize(("size", "labels"), [((1080, 740), None), ((1400, 900), [3] * 300)])
def test_the_meter_says_what_it_counts_with_large_letters_too(
    qtbot: QtBot, desk: Desk, size: tuple[int, int], labels: list[int] | None
) -> None:
    window, bar = desk.window, inspect_page(desk.window).bar
    active(qtbot, window)
    chart = MeterChart(fabricated.set_reading(labels, [4] * 293 + [3] * 7, [3] * 300))
    desk.wait_fresh()
    bar.meter.face.show_meter(chart, "", is_stale=False)
    qtbot.keyClick(window, Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
    window.resize(*size)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    bar.needs_room.emit()

    def is_whole() -> bool:
        face = bar.meter.face
        now = face.places()[1]
        words = face.fontMetrics().horizontalAdvance(f"{chart.now_words} {chart.what_words}")
        return words < now.width() and now.right() <= face.width()

    qtbot.waitUntil(is_whole)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(bar.undo_button.isVisible)
