"""The window on invented readings: wishes reach the store, scenes reach the panels, failures stay sentences."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, QRect, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel

from resnet_viewer.records.comparing import BlockChange, most_changed
from resnet_viewer.records.figure_list import FigureChoice, figures_of
from resnet_viewer.records.requests import (
    CopyFigure,
    OpenedNetwork,
    OpenNetwork,
    ReadPicture,
    StepPicture,
    TakePixels,
)
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.layout import FIRST_SIZE, rescued
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.theme import LIGHT
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated
from tests.ui.windows import Desk, inspect_page


def wiring(desk: Desk) -> Wiring:
    return desk.store.session.setup.wiring


def test_a_panels_wish_is_an_edit_that_undo_names(desk: Desk) -> None:
    inspect_page(desk.window).panels.wiring.shortcut_clicked.emit(4)
    assert wiring(desk).cut == (4,)
    assert desk.window.commands["undo"].text() == "&Undo: cut the shortcut of block 4"
    assert inspect_page(desk.window).bar.shortcuts.state == "half"
    desk.wait_fresh()
    desk.window.commands["undo"].trigger()
    assert wiring(desk).is_open
    assert inspect_page(desk.window).bar.shortcuts.state == "on"
    assert not desk.window.commands["undo"].isEnabled()


def test_a_swept_range_is_one_step(desk: Desk) -> None:
    inspect_page(desk.window).panels.wiring.shortcuts_swept.emit((3, 4, 5), 0.0)
    assert wiring(desk).cut == (3, 4, 5)
    desk.store.undo()
    assert wiring(desk).is_open


def test_a_slider_is_one_step(desk: Desk) -> None:
    for strength in (0.8, 0.5, 0.3):
        inspect_page(desk.window).panels.wiring.strength_chosen.emit(2, strength)
    assert wiring(desk).weakened == {2: 0.3}
    desk.store.undo()
    assert wiring(desk).is_open


def test_the_master_switches_cut_and_restore_everything(desk: Desk) -> None:
    switch = inspect_page(desk.window).bar.shortcuts
    desk.qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert len(wiring(desk).cut) == 9
    assert switch.state == "off"
    inspect_page(desk.window).editor.toggle_shortcut(1)
    assert switch.state == "half"
    desk.qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert switch.state == "on"
    desk.qtbot.mouseClick(inspect_page(desk.window).bar.branches, Qt.MouseButton.LeftButton)
    assert len(wiring(desk).dropped) == 9


def test_keys_without_modifiers_reach_their_commands(desk: Desk) -> None:
    window = desk.window
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert len(wiring(desk).cut) == 9
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert wiring(desk).is_open
    QTest.keyClick(window, Qt.Key.Key_B)
    assert len(wiring(desk).dropped) == 9
    QTest.keyClick(window, Qt.Key.Key_R)
    assert desk.store.session.pinned == desk.store.session.setup.state
    QTest.keyClick(window, Qt.Key.Key_Down)
    assert desk.store.session.view.layer == "layer1.0.conv1"
    QTest.keyClick(window, Qt.Key.Key_Up)
    assert desk.store.session.view.layer == "stem"


def test_keys_that_the_strip_does_not_want_reach_their_commands(desk: Desk) -> None:
    view = inspect_page(desk.window).panels.wiring.view
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert desk.store.session.view.layer == "layer1.0.conv1"
    QTest.keyClick(view, Qt.Key.Key_B)
    assert len(wiring(desk).dropped) == 9


def test_o_peeks_at_the_picture_wherever_the_keys_go(desk: Desk) -> None:
    page = inspect_page(desk.window)
    view, picture = page.panels.wiring.view, page.panels.picture
    desk.wait_fresh()
    before = picture.subtitle
    QTest.keyPress(view, Qt.Key.Key_O)
    assert picture.subtitle == "the picture alone"
    QTest.keyRelease(view, Qt.Key.Key_O)
    assert picture.subtitle == before
    assert desk.store.session.view.picture_shows == "overlay", "nothing was chosen"


def test_a_click_on_the_picture_marks_a_point_for_every_panel(desk: Desk) -> None:
    pane = inspect_page(desk.window).panels.picture.now_pane
    desk.window.show()
    desk.wait_fresh()
    for expected in (True, False):
        QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=pane.seen().center().toPoint())
        mark = desk.store.session.view.mark
        assert (mark is not None) == expected, "a second click there takes it away"
        if mark is not None:
            assert mark == pytest.approx((0.5, 0.5), abs=0.02)


def test_the_reference_can_be_pinned_and_let_go(desk: Desk) -> None:
    inspect_page(desk.window).editor.toggle_shortcut(2)
    desk.window.commands["set_reference"].trigger()
    desk.wait_fresh()
    scene = inspect_page(desk.window).controller.scene
    assert scene.reference is scene.now
    desk.window.commands["reset_reference"].trigger()
    desk.wait_fresh()
    scene = inspect_page(desk.window).controller.scene
    assert scene.reference is not None
    assert scene.reference.request.state.wiring.is_open


def test_the_status_bar_says_device_network_and_picture(desk: Desk) -> None:
    desk.window.show()
    desk.window.resize(1440, 900)
    desk.qtbot.waitUntil(lambda: desk.window.status.width() > 1000)
    probe, network, _, picture = desk.window.status.texts()
    assert "cpu" in probe
    assert "14 ms" in probe
    assert "ResNet-20" in network
    assert "parameters" in network
    assert "MMACs" in network
    assert picture == "invented.png · 48×32 · PNG · RGB"


def test_dropped_files_are_opened_and_several_make_an_album(desk: Desk, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("one.png", "two.png")])
    drop(desk, mime)
    desk.qtbot.waitUntil(lambda: shown(desk) == "one.png")
    assert desk.store.undo_label == "open one.png"


def test_pixels_from_a_browser_are_taken_where_there_is_no_file(desk: Desk) -> None:
    mime = QMimeData()
    image = QImage(5, 3, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    mime.setImageData(image)
    mime.setUrls([QUrl("https://example.org/cat.png")])
    drop(desk, mime)
    desk.qtbot.waitUntil(lambda: shown(desk) == "pasted picture")
    request = desk.files.asked[-1]
    assert isinstance(request, TakePixels)
    assert request.pixels.shape == (3, 5, 4)
    assert np.array_equal(request.pixels[0, 0], [255, 0, 0, 255])


def test_an_address_alone_is_refused_in_a_sentence(desk: Desk) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/cat.png")])
    inspect_page(desk.window).loader.take_mime(mime)
    assert "only an address" in desk.window.messages.sentence


def test_an_unreadable_picture_is_one_sentence_and_the_old_one_stays(desk: Desk) -> None:
    before = inspect_page(desk.window).controller.scene
    inspect_page(desk.window).loader.open_paths((Path("bad.png"),))
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    assert desk.window.messages.sentence == "bad.png is no picture; open another file."
    after = inspect_page(desk.window).controller.scene
    assert after.session is before.session
    assert after.now is before.now


def test_previous_and_next_walk_from_the_present_picture(desk: Desk, tmp_path: Path) -> None:
    loader: Loader = inspect_page(desk.window).loader
    loader.step_picture(1)
    assert "no folder" in desk.window.messages.sentence
    loader.show_picture(replace(fabricated.picture(), path=tmp_path / "a.png"))
    loader.step_picture(-1)
    desk.qtbot.waitUntil(lambda: shown(desk) == "step-1.png")
    assert desk.files.asked[-1] == StepPicture(tmp_path / "a.png", -1)


def test_another_network_comes_with_its_remark_and_can_be_undone(desk: Desk) -> None:
    inspect_page(desk.window).loader.choose_network("cifar-resnet-32")
    desk.qtbot.waitUntil(lambda: desk.store.session.setup.state.network.name == "cifar-resnet-32")
    assert desk.window.messages.sentence == "cifar-resnet-32 is untrained."
    desk.wait_fresh()
    assert wiring(desk).block_count == 15
    desk.store.undo()
    assert wiring(desk).block_count == 9


def test_a_file_that_fits_two_networks_offers_the_other(desk: Desk) -> None:
    setup = desk.store.session.setup
    other = replace(setup.state.network, name="cifar-plain-20", shortcut="none")
    inspect_page(desk.window).messages.remark_network(
        OpenedNetwork(
            setup.state.network, setup.state.preprocessing, (), (other,), ("It fits two networks.",)
        )
    )
    menu = desk.window.messages._menu
    assert [action.text() for action in menu.actions()] == ["Read it as Plain-20", "Change the input…"]
    menu.actions()[0].trigger()
    desk.qtbot.waitUntil(lambda: desk.files.asked[-1:] == [OpenNetwork(other)])


def test_an_untrained_network_offers_the_weights_that_can_be_had(desk: Desk) -> None:
    inspect_page(desk.window).loader.choose_network("resnet18")
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    button = desk.window.messages._choice
    assert button.text() == "Download weights (45 MB)"
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: desk.workers.downloads.is_busy)
    desk.window.escape()


def test_a_picture_that_may_have_twelve_bits_can_be_read_so(desk: Desk) -> None:
    scan = Path("/pictures/scan.tif")
    dark = replace(fabricated.picture(name=scan.name), path=scan, may_have_twelve_bits=True)
    inspect_page(desk.window).loader.show_picture(dark)
    assert desk.window.messages.sentence.startswith("scan.tif has 16 bits")
    button = desk.window.messages._choice
    assert button.text() == "Read it as 12 bits"
    desk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: desk.files.asked[-1:] == [ReadPicture((scan,), wants_twelve_bits=True)])
    inspect_page(desk.window).loader.show_picture(dark)
    inspect_page(desk.window).loader.show_picture(fabricated.picture(name="other.png"))
    assert desk.window.messages.sentence == "", "that was about the picture before"
    desk.wait_fresh()


def test_a_download_shows_progress_and_ends_with_escape(desk: Desk) -> None:
    inspect_page(desk.window).loader.download("resnet18")
    assert not desk.window.progress.isHidden()
    desk.qtbot.waitUntil(lambda: "of 1000.0 MB" in desk.window.progress._label.text())
    QTest.keyClick(desk.window, Qt.Key.Key_Escape)
    desk.qtbot.waitUntil(lambda: desk.downloads.closed == 1)
    desk.qtbot.waitUntil(lambda: not desk.workers.downloads.is_busy)
    assert desk.window.progress.isHidden()


def test_a_failing_probe_says_so_and_keeps_the_last_reading(desk: Desk) -> None:
    before = inspect_page(desk.window).controller.scene.now
    desk.prober.refusal = "There is no such device; choose cpu."
    inspect_page(desk.window).editor.toggle_shortcut(1)
    desk.qtbot.waitUntil(lambda: desk.window.messages.sentence == desk.prober.refusal)
    assert inspect_page(desk.window).controller.scene.now is before
    assert inspect_page(desk.window).controller.scene.is_stale


def test_the_layout_is_remembered_and_can_be_reset(desk: Desk, qapp: QApplication, tmp_path: Path) -> None:
    desk.window.resize(1000, 700)
    inspect_page(desk.window).panels.splitters["inspect_rows"].setSizes([300, 300])
    desk.window.close()
    again = Settings(tmp_path / "settings")
    assert again.shape("geometry", 5) is not None
    assert again.shape("inspect_rows", 2) is not None
    desk.window.reset_layout()
    assert desk.settings.shape("geometry", 5) is None


def test_a_window_of_a_missing_monitor_comes_back(desk: Desk, qapp: QApplication) -> None:
    home = qapp.primaryScreen().availableGeometry()
    assert rescued(QRect(20000, 20000, 5000, 5000)) == home
    place = rescued(QRect(20000, -50, 300, 200))
    assert home.contains(place)
    assert place.size() == QSize(300, 200)


def test_a_window_comes_back_where_it_stood_without_room_for_a_title_bar(
    desk: Desk, qapp: QApplication
) -> None:
    home = qapp.primaryScreen().availableGeometry()
    home.setSize(home.size().expandedTo(desk.window.minimumSize()))
    desk.window.setGeometry(home)
    desk.window._shape.remember()
    desk.window.setGeometry(QRect(home.topLeft(), QSize(900, 610)))
    desk.window._shape.restore()
    assert desk.window.geometry() == home
    desk.settings.forget_layout()
    desk.window._shape.restore()
    assert desk.window.size() == FIRST_SIZE.boundedTo(home.size()).expandedTo(desk.window.minimumSize())


def test_the_style_comes_when_the_windows_widgets_are_in_place(qapp: QApplication, tmp_path: Path) -> None:
    """With a style sheet, building the window takes twice as long."""
    appearance = Appearance(qapp, Settings(tmp_path))
    assert not qapp.styleSheet()
    appearance.apply()
    assert qapp.styleSheet()


def test_both_themes_reach_the_screen(desk: Desk) -> None:
    pixels = []
    for choice in ("light", "dark"):
        desk.appearance.choose(choice)  # type: ignore[arg-type]
        pixels.append(desk.window.grab().toImage().pixelColor(3, desk.window.height() // 2).lightness())
    assert pixels[0] > 200
    assert pixels[1] < 50


def test_boxes_are_seen_whether_they_are_ticked_or_not_in_both_themes(desk: Desk) -> None:
    box = QCheckBox("", desk.window)
    desk.window.show()
    box.show()
    for choice in ("dark", "light"):
        desk.appearance.choose(choice)  # type: ignore[arg-type]
        seen = []
        for is_ticked in (False, True):
            box.setChecked(is_ticked)
            image = box.grab().toImage()
            places = [(x, y) for x in range(image.width()) for y in range(image.height())]
            seen.append([image.pixelColor(x, y).lightness() for x, y in places])
        empty, ticked = seen
        assert max(empty) - min(empty) > 60, f"the frame on {choice}"
        differences = [abs(one - other) for one, other in zip(empty, ticked, strict=True)]
        assert sum(difference > 60 for difference in differences) > 10, f"the tick on {choice}"


def test_another_font_size_leaves_the_themes_colours(desk: Desk) -> None:
    desk.appearance.choose("light")
    desk.appearance.set_font_size(14)
    colours = {
        label.palette().windowText().color().name()
        for label in desk.window.findChildren(QLabel)
        if label.text() in ("Feature maps", "Wiring", "Prediction", "Picture")
    }
    desk.appearance.set_font_size(0)  # the application outlives the test
    assert colours == {LIGHT.text}


def test_recent_files_are_pruned(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home")
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"x")
        settings.add_recent("pictures", tmp_path / name)
    assert [path.name for path in settings.recent("pictures")] == ["b.png", "a.png"]
    (tmp_path / "b.png").unlink()
    assert [path.name for path in settings.recent("pictures")] == ["a.png"]
    settings.clear_recent("pictures")
    assert settings.recent("pictures") == ()


def test_menus_offer_networks_targets_and_exports(desk: Desk) -> None:
    def texts(menu):  # type: ignore[no-untyped-def]
        menu.aboutToShow.emit()
        return [action.text() for action in menu.actions()]

    bar = inspect_page(desk.window).bar
    assert "ResNet-20 · CIFAR-10" in texts(bar.network_button.menu())
    targets = texts(bar.target_button.menu())
    assert {"cat", "truck"} <= set(targets)
    assert targets[0].endswith(", reference's highest")
    compare = texts(bar.compare_button.menu())
    words = (
        "Compare with a network…",
        "Compare with weights…",
        "Swap now and reference",
        "Reference: everything open",
    )
    assert set(words) <= {text.replace("&", "").partition("\t")[0] for text in compare}
    export = bar.export_button.menu()
    titles = [figure.title for figure in figures_of("inspect")]
    assert texts(export)[: len(titles)] == titles
    for part, title in zip(export.actions()[: len(titles)], titles, strict=True):
        offered = [action.text() for action in part.menu().actions() if action.text()]
        assert offered == [
            *(f"{title} as {suffix}…" for suffix in ("SVG", "PDF", "PNG", "CSV")),
            "Size and resolution…",
        ]
    cat = next(a for a in bar.target_button.menu().actions() if a.text() == "cat")
    cat.trigger()
    assert desk.store.session.setup.target == 3


def drop(desk: Desk, mime: QMimeData) -> None:
    event = QDropEvent(
        QPointF(9, 9),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    desk.window.dropEvent(event)


def shown(desk: Desk) -> str:
    picture = desk.store.session.setup.picture
    return picture.name if picture else ""


def test_many_pictures_leave_memory_bounded(desk: Desk) -> None:
    desk.store._history._max_bytes = 10 * 48 * 32 * 3
    inspect_page(desk.window).controller._answers._max_bytes = 20_000_000
    for seed in range(40):
        inspect_page(desk.window).editor.set_pictures(fabricated.picture(seed=seed, name=f"{seed}.png"))
        desk.wait_fresh()
    assert desk.store._history.nbytes <= 10 * 48 * 32 * 3
    assert inspect_page(desk.window).controller._answers.nbytes <= 20_000_000


def test_the_details_of_an_error_can_be_read_and_copied(desk: Desk, qapp: QApplication) -> None:
    desk.window.messages.show_failure(Failure("The file is damaged; open another.", "Traceback: KeyError"))
    bar = desk.window.messages
    desk.qtbot.mouseClick(bar._copy, Qt.MouseButton.LeftButton)
    assert qapp.clipboard().text() == "The file is damaged; open another.\n\nTraceback: KeyError"
    desk.qtbot.mouseClick(bar._dismiss, Qt.MouseButton.LeftButton)
    assert bar.sentence == ""


def test_a_remark_about_the_input_ends_when_the_input_changes(desk: Desk) -> None:
    state = desk.store.session.setup.state
    desk.window.messages.show_remark("normalisation CIFAR-10 is assumed", network=state.network)
    assert desk.window.messages.sentence
    inspect_page(desk.window).editor.set_input(replace(state.preprocessing, mean=(0.1, 0.2, 0.3)), ())
    desk.qtbot.waitUntil(lambda: desk.window.messages.sentence == "")


def test_escape_leaves_full_screen_but_ends_a_download_first(desk: Desk) -> None:
    desk.window.commands["full_screen"].trigger()
    assert desk.window.isFullScreen()
    inspect_page(desk.window).loader.download("resnet18")
    QTest.keyClick(desk.window, Qt.Key.Key_Escape)
    assert desk.window.progress.isHidden()
    assert desk.window.isFullScreen()
    QTest.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not desk.window.isFullScreen()
    QTest.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not desk.window.isFullScreen()


def test_copying_is_said_at_once(desk: Desk) -> None:
    desk.window.commands["copy_figure"].trigger()
    assert desk.window.status.texts()[2] == "Copying the figure: Gradient norms…"


def test_what_is_copied_is_the_figure_that_has_the_focus(desk: Desk) -> None:
    window, copy = desk.window, desk.window.commands["copy_figure"]
    with desk.qtbot.waitExposed(window):
        window.show()

    def copied() -> FigureChoice:
        copy.trigger()
        desk.qtbot.waitUntil(lambda: not desk.workers.files.is_busy)
        request = desk.files.asked[-1]
        assert isinstance(request, CopyFigure)
        return request.choice

    clicked = {
        "gradcam": inspect_page(window).panels.picture.now_pane,
        "predictions": inspect_page(window).panels.predictions,
        "gradient_norms": inspect_page(window).panels.wiring.view.viewport(),
    }
    for figure, part in clicked.items():
        desk.qtbot.mouseClick(part, Qt.MouseButton.LeftButton, pos=part.rect().center())
        assert copied().figure == figure
    for part in (
        inspect_page(window).panels.feature_maps.now_pane,
        *inspect_page(window).panels.feature_maps.controls.findChildren(QComboBox),
    ):
        part.setFocus()
        assert copied().figure == "feature_maps"
    inspect_page(window).editor.select_channel(3)
    assert inspect_page(window).panels.feature_maps.is_channel_shown
    assert copied().figure == "channel"
    inspect_page(window).editor.look(replace(desk.store.session.view, channel=None))
    assert copied().figure == "feature_maps"


def test_a_channel_that_is_not_shown_is_not_copied(desk: Desk) -> None:
    inspect_page(desk.window).exports.copy("channel")
    assert "No channel is shown large" in desk.window.messages.sentence


def test_a_channel_becomes_the_target_everywhere_and_undo_takes_it_back(desk: Desk) -> None:
    window = desk.window
    inspect_page(window).editor.select_layer("layer2.1")
    inspect_page(window).editor.select_channel(7)
    inspect_page(window).panels.feature_maps.channel_view.target.click()
    assert desk.store.session.setup.target == BlockTarget(5, 7)
    assert (
        inspect_page(window).bar.target_button.accessibleName() == "Target: block 5, channel 7, your choice"
    )
    assert desk.store.undo_label == "target: block 5, channel 7"
    desk.store.undo()
    assert inspect_page(window).bar.target_button.accessibleName() == "Target: frog, the reference's highest"
    state = desk.store.session.setup.state
    inspect_page(window).editor.set_network(replace(state, network=replace(state.network, classes=0)), ())
    assert inspect_page(window).bar.target_button.accessibleName() == "Target: mean of the last block"
    assert not window.commands["choose_target"].isEnabled()


def test_the_block_that_changed_most_is_a_wish_away_and_nothing_moves_by_itself(desk: Desk) -> None:
    page, window = inspect_page(desk.window), desk.window
    before = desk.store.session.view.layer
    QTest.keyClick(window, Qt.Key.Key_M)
    assert desk.store.session.view.layer == before
    assert window.status.texts()[2] == "Nothing changed: every block puts out what it does in the reference."
    page.editor.toggle_shortcut(4)
    desk.wait_fresh()
    assert desk.store.session.view.layer == before
    now, reference = page.controller.scene.now, page.controller.scene.reference
    assert now is not None
    assert reference is not None
    found = most_changed(now, reference)
    assert isinstance(found, BlockChange)
    page.panels.feature_maps.most_changed.click()
    assert desk.store.session.view.layer == found.block.name
    assert window.status.texts()[2] == found.words


def test_a_click_cuts_the_arc_at_once_and_each_panel_follows_in_a_turn_of_its_own(desk: Desk) -> None:
    page = inspect_page(desk.window)
    panels = page.panels
    desk.wait_fresh()
    page.turns.turn_ms = 0.0
    before = panels.predictions.rows
    page.editor.toggle_shortcut(3)
    strip = panels.wiring.view.strip.state
    assert strip is not None
    assert strip.wiring.cut == (3,), "the click is answered before the event loop turns"
    assert not panels.picture.is_updating
    assert not page.turns.is_at_rest
    seen: list[tuple[bool, ...]] = []
    look = QTimer(interval=0)
    drawn = panels.wiring, panels.picture, panels.predictions, panels.feature_maps, panels.story
    look.timeout.connect(lambda: seen.append(tuple(panel.is_updating for panel in drawn)))
    look.start()
    desk.qtbot.waitUntil(lambda: page.turns.is_at_rest)
    look.stop()
    steps = [sum(map(bool.__ne__, one, other)) for one, other in itertools.pairwise(seen)]
    assert max(steps) == 1, f"two panels in one turn: {seen}"
    desk.wait_fresh()
    assert panels.predictions.rows != before
