"""The Studies page: what a study takes, what it would cost, its course, its results, and what they lead to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer import paths
from resnet_viewer.charts.study_panel import LinesPanel
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.requests import OpenNetwork, StudyPictures, WriteFigure
from resnet_viewer.records.study import TRAINED, KeptStudies, StudyResult
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.ui import dialogs, export_dialog
from resnet_viewer.ui.studies.controller import GROWN_EVERY_MS, TOLD_EVERY_MS
from resnet_viewer.ui.studies.found import SHOW_RUNS, ShowRuns, StartStudy, paragraphs
from resnet_viewer.ui.studies.page import RUNS_AT_WORK, StudiesPage
from resnet_viewer.ui.studies.results import FIRST_WORDS, ResultsTable
from resnet_viewer.ui.studies.scene import StudyScene, points_words
from resnet_viewer.ui.widgets.form import Number, put
from resnet_viewer.ui.widgets.study_plot import LinesView
from tests import fabricated
from tests.ui.studies.workshop import (
    COUNTING,
    NO_SHORTCUT,
    POINTS,
    TRAINING,
    WEIGHING,
    CountOptions,
    WeighOptions,
    Workshop,
    order,
    result,
    wiring_of,
)
from tests.ui.windows import INSPECT, STUDIES, Desk, inspect_page, studies_page


def estimated(desk: Desk, count: int = 1) -> Workshop:
    """When so many questions about costs were asked."""
    desk.qtbot.waitUntil(lambda: len(desk.workshop.estimates) >= count)
    return desk.workshop


def settled(desk: Desk, page: StudiesPage) -> None:
    """When the page shows what the controller knows."""
    desk.qtbot.waitUntil(lambda: not page.controller._timer.isActive())


def kept(desk: Desk, name: str = "2026-11-29-080000-weighing", **fields: object) -> StudyResult:
    """A result of an earlier start."""
    found = result(order(paths.studies_dir() / name), **fields)  # type: ignore[arg-type]
    desk.files.studies[found.order.folder] = found
    return found


def drawn(page: StudiesPage) -> list[LinesPanel]:
    """The panels of the chart."""
    return [view.panel for view in page.panels.chart.plot.views if isinstance(view, LinesView)]


def set_option(page: StudiesPage, name: str, value: object) -> None:
    put(page.panels.form.options.fields[name], value)


# What is asked


def test_each_study_is_listed_with_its_question_and_the_chosen_one_has_the_form(
    desk: Desk, page: StudiesPage
) -> None:
    entries = page.panels.list.list
    told = [entries.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(entries.count())]
    assert told == [f"{info.title}: {info.question}" for info in (WEIGHING, COUNTING, TRAINING)]
    assert desk.window.focusWidget() is entries
    form = page.panels.form
    assert (form.title, form.subtitle) == ("Weighing", "Weigher and Scales 2016, Figure 3")
    assert form.about.text() == WEIGHING.explains
    QTest.keyClick(entries, Qt.Key.Key_Down)
    assert (form.title, form.subtitle) == ("Counting", "ours")
    assert form.options.options == CountOptions()
    assert not form.test_set.isVisible(), "it needs none"


def test_what_a_study_takes_is_said_and_follows_the_session(desk: Desk, page: StudiesPage) -> None:
    form = page.panels.form
    assert "ResNet-20" in form.network.accessibleName()
    assert form.gates.text() == "all shortcuts open"
    assert "300 of crops" in form.test_set.accessibleName()
    inspect_page(desk.window).editor.toggle_shortcut(3)
    assert "1 of 9 shortcuts cut" in form.gates.text()
    entries = [action.text() for action in form.test_set.menu().actions()]
    assert any("digits" in entry for entry in entries), "the menu of Inspect's meter"
    form.network.click()
    assert desk.window.place == INSPECT


def test_the_cost_is_asked_once_for_changes_that_follow_one_another(desk: Desk, page: StudiesPage) -> None:
    desk = desk
    workshop = estimated(desk)
    workshop.estimate()
    assert page.panels.form.verdict.text() == "9 points, about 40 s. Press Start (F8)."
    for repeats in (2, 3, 4):
        set_option(page, "repeats", repeats)
    assert "Estimating" in page.panels.form.verdict.text()
    estimated(desk, 2)
    assert [asked.order.options for asked in workshop.estimates] == [WeighOptions(), WeighOptions(repeats=4)]
    inspect_page(desk.window).editor.toggle_branch(2)
    estimated(desk, 3)
    assert workshop.estimates[-1].order.state.wiring.dropped == (2,)


def test_the_cost_of_what_was_changed_meanwhile_is_not_shown(desk: Desk, page: StudiesPage) -> None:
    workshop = estimated(desk)
    set_option(page, "repeats", 7)
    workshop.estimate(seconds=9.0)
    assert "9 s" not in page.panels.form.verdict.text()


def test_nothing_is_asked_before_the_page_is_seen_and_then_about_what_is_there_now(desk: Desk) -> None:
    inspect_page(desk.window).editor.toggle_branch(2)
    page = studies_page(desk.window)
    assert not page._asking.isActive()
    assert not desk.workshop.is_started
    with desk.qtbot.waitExposed(desk.window):
        desk.window.show()
    desk.window.show_page(STUDIES)
    estimated(desk).estimate()
    assert desk.workshop.estimates[-1].order.state.wiring.dropped == (2,)
    desk.window.show_page(INSPECT)
    desk.window.show_page(STUDIES)
    assert len(desk.workshop.estimates) == 1, "the cost is known"
    desk.window.show_page(INSPECT)
    inspect_page(desk.window).editor.toggle_branch(3)
    desk.window.show_page(STUDIES)
    estimated(desk, 2)
    assert "2 of 9 residual branches dropped" in page.panels.form.gates.text()


def test_what_cannot_be_studied_is_a_sentence_and_nothing_starts(desk: Desk, page: StudiesPage) -> None:
    editor, form = inspect_page(desk.window).editor, page.panels.form
    plain = fabricated.setup(spec("cifar-plain-20"))
    editor.set_network(plain.state, plain.class_names)
    assert form.verdict.text() == NO_SHORTCUT
    assert not page.bar.start_button.isEnabled()
    assert NO_SHORTCUT in page.panels.found.paragraphs
    page.commands["study_start"].trigger()
    assert desk.window.messages.sentence == NO_SHORTCUT
    page.choose(COUNTING)
    assert page.bar.start_button.isEnabled(), "the other one takes any network"
    assert desk.workshop.orders == []


def test_a_study_of_pictures_needs_some(desk: Desk, page: StudiesPage) -> None:
    inspect_page(desk.window).editor.set_test_set(None)
    assert "needs a test set" in page.panels.form.verdict.text()
    page.choose(COUNTING)
    page.start()
    assert desk.workshop.orders[-1].test_set is None


def test_a_number_that_cannot_be_taken_is_said_where_the_cost_stands(desk: Desk, page: StudiesPage) -> None:
    repeats = page.panels.form.options.fields["repeats"]
    assert isinstance(repeats, Number)
    repeats.lineEdit().selectAll()
    QTest.keyClicks(repeats.lineEdit(), "99")
    assert page.panels.form.verdict.text() == "Repeats can be from 1 to 50."
    assert not page.bar.start_button.isEnabled()
    QTest.keyClick(repeats, Qt.Key.Key_Return)
    assert page.bar.start_button.isEnabled()


def test_what_the_process_refuses_stands_there_too(desk: Desk, page: StudiesPage) -> None:
    estimated(desk).refuse("The folder of the test set is empty; choose another.")
    assert page.panels.form.verdict.text() == "The folder of the test set is empty; choose another."
    assert page.bar.start_button.isEnabled(), "there may be pictures in it by now"


# Its course


def test_a_start_takes_the_session_as_it_is_and_a_folder_of_its_own(desk: Desk, page: StudiesPage) -> None:
    set_option(page, "kind", "cut")
    inspect_page(desk.window).editor.toggle_shortcut(4)
    session = desk.store.session
    page.commands["study_start"].trigger()
    first = desk.workshop.orders[-1]
    assert (first.study, first.state, first.test_set) == ("weighing", session.setup.state, session.test_set)
    assert first.options == WeighOptions("cut")
    assert first.folder.parent == paths.studies_dir()
    assert first.threads == 1
    assert not first.is_resumed
    page.start()
    assert len(desk.workshop.orders) == 1
    assert "at work" in desk.window.messages.sentence
    desk.workshop.measure()
    desk.workshop.end()
    first.folder.mkdir(parents=True)
    page.start()
    assert desk.workshop.orders[-1].folder not in (first.folder, paths.studies_dir())


def test_the_chart_fills_while_it_runs(desk: Desk, page: StudiesPage) -> None:
    chart, table = page.panels.chart, page.panels.results.table
    assert FIRST_WORDS.startswith("No result")
    assert table.isHidden()
    page.take_step(StartStudy())
    desk.workshop.read(40, 300)
    settled(desk, page)
    assert "Start" not in page.panels.form.verdict.text()
    assert "reading the pictures · 40 of 300" in chart.subtitle
    assert chart.progress.maximum() == 0, "nobody knows how far it is"
    for count in (2, 6):
        desk.workshop.measure(count)
        settled(desk, page)
        assert f"{count} of 9 points" in chart.subtitle
        (panel,) = drawn(page)
        assert len(panel.series[0].y) == count
        assert table.results.rows[0][5].text == f"{count} of 9"
    assert chart.progress.value() == round(1000 * 6 / 9)
    assert "6 s left" in chart.subtitle
    assert page.panels.found.paragraphs[0].startswith("The heaviest block so far")
    assert not page.bar.start_button.isEnabled()
    desk.workshop.measure()
    desk.workshop.end()
    settled(desk, page)
    assert not chart.progress.isVisible()
    assert page.panels.found.paragraphs[:2] == ("The heaviest block is 3.", "That agrees with the paper.")
    assert table.results.rows[0][5].text == "9 points"
    assert page.bar.start_button.isEnabled()


def test_what_grows_is_drawn_seldom_and_what_is_wished_soon(desk: Desk, page: StudiesPage) -> None:
    page.start()
    settled(desk, page)
    desk.workshop.measure(2)
    assert page.controller._timer.interval() == GROWN_EVERY_MS
    page.controller.select(desk.workshop.orders[-1].folder.with_name("another"))
    assert page.controller._timer.interval() == TOLD_EVERY_MS, "a click does not wait for the study"
    desk.workshop.measure(3)
    assert page.controller._timer.interval() == TOLD_EVERY_MS, "nor does a point put it off"
    settled(desk, page)
    assert "3 of 9 points" in page.panels.chart.subtitle
    assert "done: 3 of 9" in page.panels.results.table.results.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    desk.workshop.measure()
    desk.workshop.end()


def test_what_is_left_is_said_at_the_end(page: StudiesPage, tmp_path: Path) -> None:
    heard: list[str] = []
    page.said.connect(heard.append)
    for rows in (9, 8, 5):
        page.controller.ended.emit(result(order(tmp_path), rows))
    assert heard == [
        "“Weighing” is done: 9 points.",
        "“Weighing” was ended; Resume goes on with what is left: 1 point.",
        "“Weighing” was ended; Resume goes on with what is left: 4 points.",
    ]


def test_cancel_is_said_at_once_and_what_was_measured_stays(desk: Desk, page: StudiesPage) -> None:
    page.start()
    desk.workshop.measure(4)
    settled(desk, page)
    page.commands["study_cancel"].trigger()
    settled(desk, page)
    assert desk.workshop.cancelled == [desk.workshop.asked[-1][0]]
    assert "being cancelled" in page.panels.chart.subtitle
    assert not page.bar.cancel_button.isEnabled()
    asked = desk.workshop.orders[-1]
    desk.files.studies[asked.folder] = result(asked, 5)  # one more had reached the disk
    desk.workshop.end()
    desk.qtbot.waitUntil(lambda: len(page.controller.scene.results[0].rows) == 5)
    settled(desk, page)
    assert "5 of 9 points: it was ended before" in page.panels.chart.subtitle
    assert page.bar.resume_button.isEnabled()
    page.resume()
    again = desk.workshop.orders[-1]
    assert again == replace(asked, is_resumed=True)
    assert len(page.controller.scene.results[0].rows) == 5, "what was measured is shown meanwhile"


def test_one_that_was_ended_before_its_first_point_leaves_no_result(desk: Desk, page: StudiesPage) -> None:
    page.start()
    page.cancel()
    desk.workshop.end()
    settled(desk, page)
    assert page.controller.scene.results == ()
    assert page.bar.start_button.isEnabled()


def test_what_was_shown_is_shown_again_where_a_start_came_to_nothing(desk: Desk, page: StudiesPage) -> None:
    shown = kept(desk)
    desk.files.studies[shown.order.folder] = shown
    page.controller.open_folder(shown.order.folder)
    desk.qtbot.waitUntil(lambda: len(page.controller.scene.shown) == 1)
    page.start()
    assert page.controller.scene.shown[0].order.folder != shown.order.folder
    desk.workshop.refuse("Cannot write in the folder: choose another one.")
    settled(desk, page)
    assert [each.order.folder for each in page.controller.scene.shown] == [shown.order.folder]


def test_names_of_several_are_the_charts_and_say_options_as_the_form_does(
    desk: Desk, page: StudiesPage
) -> None:
    for number, is_sorted in enumerate((True, False)):
        folder = paths.studies_dir() / f"2026-11-29-09000{number}-weighing"
        found = result(order(folder, options=WeighOptions(is_sorted=is_sorted)))
        desk.files.studies[folder] = found
        page.controller.open_folder(folder)
    desk.qtbot.waitUntil(lambda: len(page.controller.scene.shown) == 2)
    page.start()
    for each in page.controller.scene.of_study:
        page.controller.tick(each.order.folder, True)
    settled(desk, page)
    (panel,) = drawn(page)
    names = [series.name for series in panel.series]
    assert names == ["ResNet-20, sorted on", "ResNet-20, sorted off"]
    heads = [words.partition(":")[0] for words in page.panels.found.paragraphs]
    assert [*filter(heads.__contains__, names)] == names
    assert "ResNet-20: No point is measured yet." in page.panels.found.paragraphs


def test_a_process_that_dies_is_one_sentence_and_what_it_found_stays(desk: Desk, page: StudiesPage) -> None:
    page.start()
    desk.workshop.measure(3)
    desk.workshop.refuse("The process that worked on this was killed.")
    settled(desk, page)
    assert desk.window.messages.sentence == "The process that worked on this was killed."
    assert len(page.controller.scene.results[0].rows) == 3
    assert page.panels.found.text.paragraphs[1].links[0][0] == "Resume: 6 points to measure"
    page.start()
    assert desk.window.messages.sentence == "", "what was said is over"


# Results


def test_results_of_earlier_starts_are_there_and_the_newest_is_shown(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    try:
        old, new = kept(desk, "2026-11-28-090000-weighing"), kept(desk, "2026-11-29-080000-weighing")
        desk.window.show()
        desk.window.show_page(STUDIES)
        page = studies_page(desk.window)
        qtbot.waitUntil(lambda: len(page.controller.scene.results) == 2)
        assert page.controller.scene.of_study == (new, old)
        assert page.controller.scene.shown == (new,)
        desk.window.show_page(INSPECT)
        desk.window.show_page(STUDIES)
        assert sum(isinstance(asked, KeptStudies) for asked in desk.files.asked) == 1, "once a start"
    finally:
        desk.close()


def test_ticked_results_are_laid_over_one_another_and_named(desk: Desk, page: StudiesPage) -> None:
    first = kept(desk)
    other = fabricated.setup(spec("cifar-resnet-56"))
    second = result(order(paths.studies_dir() / "2026-11-29-090000-weighing", other))
    for found in (first, second):
        desk.files.studies[found.order.folder] = found
        page.controller.open_folder(found.order.folder)
    desk.qtbot.waitUntil(lambda: len(page.controller.scene.shown) == 2)
    settled(desk, page)
    (panel,) = drawn(page)
    assert [series.name for series in panel.series] == ["ResNet-20", "ResNet-56"]
    assert [words.partition(":")[0] for words in page.panels.found.paragraphs[::2]][:2] == [
        "ResNet-20",
        "ResNet-56",
    ]
    table = page.panels.results.table
    table.setFocus()
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Space)
    settled(desk, page)
    assert page.controller.scene.shown == (first,)
    name = table.visualRect(table.results.index(0, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=name)
    settled(desk, page)
    assert page.controller.scene.shown == (first, second)


def test_what_tells_results_apart_has_room_before_what_they_have_in_common(
    qtbot: QtBot, tmp_path: Path
) -> None:
    setup = fabricated.setup()
    cut = replace(setup, state=replace(setup.state, wiring=setup.state.wiring.with_shortcuts([3], 0.0)))
    made = [result(order(tmp_path / name, of)) for name, of in (("open", setup), ("cut", cut))]
    table = ResultsTable()
    qtbot.addWidget(table)
    table.show()
    table.render_studies(StudyScene(info=WEIGHING, results=tuple(made)))
    titles = [str(table.results.headerData(n, Qt.Orientation.Horizontal)) for n in range(7)]
    shown = set()
    for width in range(200, 1200, 20):
        table.resize(width, 200)
        seen = {title for n, title in enumerate(titles) if not table.isColumnHidden(n)}
        assert "wiring" in seen or not seen & {"weights", "test set", "options"}, width
        shown |= seen
    assert shown == set(titles)


def test_removing_asks_first(desk: Desk, page: StudiesPage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(desk)
    page.controller.open_folder(found.order.folder)
    desk.qtbot.waitUntil(lambda: bool(page.controller.scene.results))
    settled(desk, page)
    asked: list[str] = []
    answers = iter((False, True))

    def ask(_title: str, sentence: str, _parent: QWidget) -> bool:
        asked.append(sentence)
        return next(answers)

    monkeypatch.setattr(dialogs.MayRemove, "ask", ask)
    table = page.panels.results.table
    table.selectRow(0)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert str(found.order.folder) in asked[0]
    assert page.controller.scene.results == (found,)
    page.remove()
    desk.qtbot.waitUntil(lambda: not page.controller.scene.results)
    assert desk.files.studies == {}


def test_a_result_offers_its_options_its_folder_and_to_be_shown_alone(
    desk: Desk, page: StudiesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = paths.studies_dir() / "2026-11-29-080000-weighing"
    found = result(order(folder, options=WeighOptions("cut", 9)))
    desk.files.studies[folder] = found
    page.controller.open_folder(folder)
    desk.qtbot.waitUntil(lambda: bool(page.controller.scene.results))
    menu = page.panels.results.result_button.menu()
    menu.aboutToShow.emit()
    entries = {action.text(): action for action in menu.actions()}
    assert not entries["Resume"].isEnabled(), "it is complete"
    entries["Take its options"].trigger()
    assert page.panels.form.options.options == WeighOptions("cut", 9)
    monkeypatch.setattr("resnet_viewer.ui.studies.page.QDesktopServices.openUrl", lambda _url: False)
    entries["Show its folder"].trigger()
    assert QGuiApplication.clipboard().text() == str(folder)


# Studies that train


def trains(desk: Desk, page: StudiesPage) -> Workshop:
    """When the study that trains is chosen, and what it would cost was asked."""
    page.choose(TRAINING)
    desk.qtbot.waitUntil(
        lambda: bool(desk.workshop.estimates) and desk.workshop.estimates[-1].order.study == "training"
    )
    return desk.workshop


def test_a_study_that_trains_takes_nothing_from_the_session(desk: Desk, page: StudiesPage) -> None:
    workshop = trains(desk, page)
    form = page.panels.form
    assert form.trained.isVisibleTo(form)
    assert not any(part.isVisibleTo(form) for part in (form.network, form.gates, form.test_set))
    workshop.estimate()
    inspect_page(desk.window).editor.set_shortcuts((1,), 0.0)
    assert not page._asking.isActive(), "what the session is has no part in the cost"
    assert form.verdict.text().startswith(points_words(POINTS))
    page.choose(WEIGHING)
    assert form.network.isVisibleTo(form)
    assert not form.trained.isVisibleTo(form)


def test_its_bar_moves_between_points_and_words_name_no_network(desk: Desk, page: StudiesPage) -> None:
    workshop = trains(desk, page)
    page.start()
    assert workshop.orders[-1].test_set is None
    workshop.measure(2, underway=0.5)
    settled(desk, page)
    chart = page.panels.chart
    assert chart.progress.value() == round(chart.progress.maximum() * 2.5 / POINTS)
    assert TRAINED in chart.subtitle
    assert "ResNet" not in chart.subtitle
    assert page.facts.subject.whole == TRAINED
    assert page.panels.results.table.results.rows[0][0].text == "its own"


def test_its_runs_are_shown_in_train_unless_they_are_at_work(desk: Desk, page: StudiesPage) -> None:
    workshop = trains(desk, page)
    page.start()
    workshop.measure(2)
    settled(desk, page)
    wished: list[Path] = []
    page.runs_wished.connect(wished.append)
    folder = workshop.orders[-1].runs_folder
    steps = [step for told in paragraphs(page.controller.scene) for _, step in told.links]
    assert steps == [ShowRuns(folder)]
    page.take_step(steps[0])
    assert wished == []
    assert desk.window.messages.sentence == RUNS_AT_WORK
    workshop.measure(POINTS)
    workshop.end()
    settled(desk, page)
    page.controller.select(folder.parent)
    menu = page.panels.results.result_button.menu()
    menu.aboutToShow.emit()
    entries = {action.text(): action for action in menu.actions()}
    assert "Open its network in Inspect" not in entries
    entries[SHOW_RUNS].trigger()
    assert wished == [folder]


# Inspect


def test_a_point_is_put_on_the_screen_in_inspect_as_one_edit(desk: Desk, page: StudiesPage) -> None:
    page.start()
    desk.workshop.measure()
    desk.workshop.end()
    settled(desk, page)
    before, shown = desk.store.session, page.controller.scene.shown[0]
    wiring = wiring_of(shown.order.state, shown.rows[6])
    page.panels.chart.opened.emit(wiring)
    assert desk.window.place == INSPECT
    assert desk.store.session.setup.wiring == wiring
    assert "Weighing" in (desk.store.undo_label or "")
    desk.store.undo()
    assert desk.store.session.setup == before.setup
    assert not any(isinstance(asked, OpenNetwork) for asked in desk.files.asked)


def test_a_point_of_another_network_opens_that_too(desk: Desk, page: StudiesPage) -> None:
    other = fabricated.setup(spec("cifar-resnet-56"))
    found = result(order(paths.studies_dir() / "2026-11-29-090000-weighing", other))
    desk.files.studies[found.order.folder] = found
    page.controller.open_folder(found.order.folder)
    desk.qtbot.waitUntil(lambda: bool(page.controller.scene.results))
    before = desk.store.session
    wiring = wiring_of(other.state, found.rows[2])
    page.open_in_inspect(wiring)
    desk.qtbot.waitUntil(lambda: desk.store.session != before)
    assert desk.store.session.setup.state == replace(other.state, wiring=wiring)
    assert desk.window.place == INSPECT
    desk.store.undo()
    assert desk.store.session.setup == before.setup


def test_weights_that_have_changed_since_are_not_passed_off_as_the_study_s(
    desk: Desk, page: StudiesPage
) -> None:
    network = replace(
        spec("cifar-resnet-20"), weights=WeightsRef("file", "/there/cifar-resnet-20.pth", "cd" * 32)
    )
    other = fabricated.setup(network)
    found = result(order(paths.studies_dir() / "2026-11-29-090000-weighing", other))
    desk.files.studies[found.order.folder] = found
    page.controller.open_folder(found.order.folder)
    desk.qtbot.waitUntil(lambda: bool(page.controller.scene.results))
    before = desk.store.session
    page.open_in_inspect(wiring_of(other.state, found.rows[2]))
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    assert "cifar-resnet-20.pth holds other weights" in desk.window.messages.sentence
    assert desk.store.session == before


# What the window asks


def test_closing_while_a_study_is_at_work_asks(
    desk: Desk, page: StudiesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(sentence: str, _parent: QWidget) -> tuple[bool, bool]:
        asked.append(sentence)
        return False, True

    monkeypatch.setattr(dialogs.MayClose, "ask", ask)
    desk.settings.set_asks_to_close(True)
    page.start()
    desk.workshop.measure(2)
    assert not desk.window.close()
    assert "“Weighing” is at work (2 of 9 points" in asked[0]
    desk.workshop.measure()
    desk.workshop.end()
    assert desk.window.close()
    assert len(asked) == 1


def test_the_last_study_and_its_options_are_there_at_the_next_start(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    page = studies_page(desk.window)
    set_option(page, "repeats", 12)
    page.choose(COUNTING)
    set_option(page, "most", 0.25)
    desk.close()
    again = Desk(qtbot, qapp, tmp_path)
    try:
        page = studies_page(again.window)
        assert page.controller.scene.info is COUNTING
        assert page.panels.form.options.options == CountOptions(0.25)
        page.choose(WEIGHING)
        assert page.panels.form.options.options == WeighOptions(repeats=12)
    finally:
        again.close()


@pytest.mark.parametrize("text", ["{", '{"repeats": 1000}', '{"unknown": 1}', "[]"])
def test_options_that_are_none_are_the_default_ones(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    desk.settings.set_study("last", "no such study")
    desk.close()
    desk.settings.set_study("options/weighing", text)
    desk.settings.save()
    again = Desk(qtbot, qapp, tmp_path)
    try:
        assert studies_page(again.window).panels.form.options.options == WeighOptions()
    finally:
        again.close()


def test_what_is_shown_is_exported_and_copied(
    desk: Desk, page: StudiesPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        export_dialog, "ask_path", lambda choice, suggestion, _parent: (choice, tmp_path / suggestion.name)
    )
    page.exports.export_as("study", "svg")
    assert "nothing to draw yet" in desk.window.messages.sentence
    page.copy_found()
    assert "Nothing is found yet" in desk.window.messages.sentence
    page.start()
    desk.workshop.measure(3)
    settled(desk, page)
    page.exports.export_as("study", "svg")
    desk.qtbot.waitUntil(lambda: isinstance(desk.files.asked[-1], WriteFigure))
    written = desk.files.asked[-1]
    assert isinstance(written, WriteFigure)
    assert isinstance(written.source, StudyPictures)
    assert len(written.source.results[0].rows) == 3
    assert written.path.name == "weighing-cifar-resnet-20.svg"
    page.copy_found()
    assert QGuiApplication.clipboard().text().splitlines() == [
        "The heaviest block so far is 3.",
        "That agrees with the paper.",
    ]


def test_a_folder_of_studies_can_be_dropped(desk: Desk, page: StudiesPage, tmp_path: Path) -> None:
    found = result(order(tmp_path / "kept" / "one"))
    desk.files.studies[found.order.folder] = found
    found.order.folder.mkdir(parents=True)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "kept"))])
    page.take_mime(mime)
    desk.qtbot.waitUntil(lambda: page.controller.scene.results == (found,))
    text = QMimeData()
    text.setText("words")
    page.take_mime(text)
    assert "Drop a folder of studies" in desk.window.messages.sentence


def test_everything_that_takes_the_focus_says_what_it_is(desk: Desk, page: StudiesPage) -> None:
    page.start()
    desk.workshop.measure()
    desk.workshop.end()
    settled(desk, page)
    parts = [
        part
        for part in page.panels.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible() and part.isEnabled()
    ]
    assert len(parts) > POINTS
    nameless = [
        f"{type(part).__name__} in {type(part.parentWidget()).__name__}"
        for part in parts
        if not part.accessibleName() and not _is_inside(part)
    ]
    assert nameless == []


def _is_inside(part: QWidget) -> bool:
    """A number's line or a plot's viewport, whose owner has the name."""
    return isinstance(part.parentWidget(), Number | QAbstractScrollArea)


def test_tab_goes_from_the_list_through_the_form_to_chart_words_and_results(
    desk: Desk, page: StudiesPage
) -> None:
    page.start()
    desk.workshop.measure()
    desk.workshop.end()
    settled(desk, page)
    panels = page.panels
    cards = [panels.list, panels.form, panels.chart, panels.found, panels.results]
    panels.list.list.setFocus()
    met: list[QWidget] = []
    for _ in range(60):
        focused = desk.window.focusWidget()
        assert focused is not None
        card = next((one for one in cards if one.isAncestorOf(focused)), None)
        if card is not None and card not in met:
            met.append(card)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert met == cards


def test_the_menu_of_a_row_opens_where_it_is_clicked(desk: Desk, page: StudiesPage) -> None:
    page.start()
    desk.workshop.measure(2)
    settled(desk, page)
    wished: list[QPoint] = []
    page.panels.results.table.menu_wished.connect(wished.append)
    table = page.panels.results.table
    table.customContextMenuRequested.emit(table.visualRect(table.results.index(0, 0)).center())
    assert len(wished) == 1
    page.panels.results.result_button.menu().close()


def test_another_page_may_ask_for_a_study_with_some_of_its_options_chosen(
    desk: Desk, page: StudiesPage
) -> None:
    set_option(page, "repeats", 7)
    page.choose(COUNTING)
    desk.window.show_page(INSPECT)
    page.ask_for(WEIGHING.name, {"kind": "cut"})
    assert desk.window.page is page
    assert page.controller.scene.info is WEIGHING
    assert page.order.options == WeighOptions(kind="cut", repeats=7), "the others stay"
    page.ask_for("no such study", {})
    assert page.controller.scene.info is WEIGHING
