"""The network dialog: searching, options, refusals in place, and what opens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viewer.app import first_session
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network_entries import NetworkChoice
from resnet_viewer.records.preprocessing import IMAGENET_PREPROCESSING
from resnet_viewer.records.requests import DownloadWeights, OpenedNetwork, OpenNetwork
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef
from resnet_viewer.services.network_entries import networks
from resnet_viewer.ui.dialogs import OpenWeights
from resnet_viewer.ui.inspect.network_dialog import HEADER, NetworkDialog, facts
from tests.ui.windows import NETWORKS, Desk, inspect_page


@pytest.fixture
def dialog(qtbot: QtBot) -> NetworkDialog:
    made = NetworkDialog(NETWORKS, spec("resnet18"))
    qtbot.addWidget(made)
    return made


def shown(dialog: NetworkDialog, column: str = "Name") -> list[str]:
    place = HEADER.index(column)
    return [dialog.rows.index(row, place).data() for row in range(dialog.rows.rowCount())]


def pick(dialog: NetworkDialog, title: str, words: str) -> None:
    """Choose an ending by its words in the group of that title."""
    field = next(field for field in dialog.form.endings if field.box.accessibleName() == title)
    field.box.setCurrentIndex(field.box.findText(words, Qt.MatchFlag.MatchContains))


def test_it_begins_with_the_network_on_the_screen(dialog: NetworkDialog) -> None:
    assert dialog.choice == NetworkChoice(spec("resnet18"))
    text = dialog.facts.text()
    assert "ResNet-18" in text
    assert "11\u00a0689\u00a0512" in text
    assert "multiply-accumulates" in text
    assert "3 projection" in text
    assert "Stem" not in text
    assert "3 layers, counted as one" in facts(spec("resnet18d"), "none")


def test_words_and_families_filter(dialog: NetworkDialog) -> None:
    dialog.search.setText("CIFAR 20 high")
    assert shown(dialog) == ["cifar-resnet-20-highway"]
    assert dialog.choice is not None
    assert dialog.choice.spec.merge == "highway"
    dialog.search.clear()
    dialog.family.setCurrentText("ImageNet, plain")
    assert shown(dialog) == ["vgg16"]
    dialog.family.setCurrentText("CIFAR-10, residual")
    assert shown(dialog) == ["cifar-resnet-20", "cifar-resnet-20-highway"]
    dialog.search.setText("no such words")
    assert (shown(dialog), dialog.ok.isEnabled()) == ([], False)
    assert "search for others" in dialog.problem.text()


def test_columns_sort_by_their_numbers(dialog: NetworkDialog) -> None:
    dialog.table.sortByColumn(HEADER.index("Parameters"), Qt.SortOrder.DescendingOrder)
    assert shown(dialog)[:2] == ["vgg16", "resnet18"]
    found = shown(dialog, "Parameters")
    assert found[:2] == ["138.36 M", "11.69 M"]


def test_every_option_is_in_the_spec(dialog: NetworkDialog) -> None:
    form = dialog.form
    dialog.select("cifar-resnet-20")
    form.weights.setCurrentText("none (untrained)")
    form.classes.setValue(7)
    form.side.setValue(48)
    form.channels.setCurrentIndex(form.channels.findData(1))
    form.seed.setValue(5)
    pick(dialog, "Order", "full pre-activation")
    pick(dialog, "Normalisation", "no batch")
    pick(dialog, "Initialisation", "Xavier")
    expected = spec("cifar-resnet-20-preact-nobn-xavier", classes=7)
    expected = replace(expected, input_size=48, channels=1, seed=5)
    assert dialog.choice == NetworkChoice(expected)
    assert thousands(blueprint(expected).parameters) in dialog.facts.text()
    form.classifier.setChecked(False)
    assert not form.classes.isEnabled()
    form.pooling.setCurrentIndex(form.pooling.findData("none"))
    assert dialog.choice == NetworkChoice(replace(expected, classes=0, top_pooling="none"))


def test_an_ending_with_a_number(dialog: NetworkDialog) -> None:
    dialog.select("cifar-resnet-20-highway")
    assert dialog.choice is not None
    assert dialog.choice.spec.gate_bias == -6
    field = next(field for field in dialog.form.endings if field.ending)
    field.number.setValue(-3)
    assert dialog.choice.spec == spec("cifar-resnet-20-highway=-3")
    pick(dialog, "Merge", "as usual")
    assert dialog.choice.spec == spec("cifar-resnet-20")


@pytest.mark.parametrize(
    ("side", "classes", "weights", "said"),
    [
        (224, 7, 0, "ImageNet weights have 1000 classes; choose weights “none” for another number."),
        (20, 1000, 1, "32 to 4096"),
    ],
)
def test_what_does_not_go_together_is_said_and_cannot_be_opened(
    dialog: NetworkDialog, side: int, classes: int, weights: int, said: str
) -> None:
    dialog.form.side.setValue(side)
    dialog.form.classes.setValue(classes)
    dialog.form.weights.setCurrentIndex(weights)
    assert said in dialog.problem.text()
    assert not dialog.ok.isEnabled()
    assert dialog.choice is None
    dialog.select("vgg16")
    assert dialog.ok.isEnabled(), "another network begins as usual"
    assert dialog.problem.text() == ""


def test_weights_that_are_not_here_are_downloaded(dialog: NetworkDialog) -> None:
    dialog.form.weights.setCurrentIndex(0)
    ref = WeightsRef("torchvision", "IMAGENET1K_V1")
    assert dialog.choice == NetworkChoice(replace(spec("resnet18"), weights=ref), needs_download=True)
    assert dialog.ok.text() == "Download and open"
    assert "45 MB" in dialog.form.weights.currentText()
    assert not dialog.form.seed.isEnabled()
    pick(dialog, "Shortcuts", "option C")
    assert dialog.form.weights.count() == 1, "there are none for another network"
    assert dialog.choice == NetworkChoice(spec("resnet18-c"))


def test_bundled_weights_are_chosen_first(qtbot: QtBot) -> None:
    made = NetworkDialog(networks())
    qtbot.addWidget(made)
    made.select("cifar-resnet-56")
    assert made.choice is not None
    assert made.choice.spec.weights.source == "bundled"
    assert made.rows.rowCount() > 100
    assert {"ImageNet, residual", "CIFAR-10, plain"} <= {
        made.family.itemText(index) for index in range(made.family.count())
    }


@pytest.mark.parametrize("name", ["cifar-resnet-56", "cifar-plain-20"])
@pytest.mark.parametrize("present", [NO_WEIGHTS, WeightsRef("file", "/mine.pt", "ab" * 32)])
def test_a_network_with_bundled_weights_comes_with_them_whatever_is_on_the_screen(
    qtbot: QtBot, present: WeightsRef, name: str
) -> None:
    trained = replace(spec(name), weights=WeightsRef("bundled", name))
    made = NetworkDialog(networks(), replace(spec(name), weights=present), verb="Compare")
    qtbot.addWidget(made)
    assert made.choice == NetworkChoice(trained)
    made.search.setText(spec(name).title)
    assert made.choice == NetworkChoice(trained)
    assert open_network(name).spec == first_session(name, None).setup.state.network == trained


def test_ok_opens_the_spec_in_the_window(desk: Desk) -> None:
    desk.window.commands["choose_network"].trigger()
    dialog = desk.window.findChild(NetworkDialog)
    assert dialog is not None
    dialog.select("cifar-resnet-20")
    dialog.form.weights.setCurrentText("none (untrained)")
    dialog.form.classes.setValue(3)
    dialog.accept()
    wanted = OpenNetwork(spec("cifar-resnet-20", classes=3))
    desk.qtbot.waitUntil(lambda: wanted in desk.files.asked)


def test_a_download_is_begun_for_exactly_these_weights(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(desk.workers.downloads, "ask", lambda _ticket, request: asked.append(request))
    desk.window.commands["choose_network"].trigger()
    dialog = desk.window.findChild(NetworkDialog)
    assert dialog is not None
    dialog.select("resnet18")
    dialog.form.weights.setCurrentIndex(0)
    dialog.accept()
    wanted = replace(spec("resnet18"), weights=WeightsRef("torchvision", "IMAGENET1K_V1"))
    assert asked == [DownloadWeights("resnet18", wanted)]


def test_leaving_opens_nothing(desk: Desk) -> None:
    desk.window.commands["choose_network"].trigger()
    dialog = desk.window.findChild(NetworkDialog)
    assert dialog is not None
    dialog.reject()
    assert not any(isinstance(request, OpenNetwork) for request in desk.files.asked)


def test_it_begins_with_the_options_of_the_network_on_the_screen(qtbot: QtBot) -> None:
    present = replace(spec("resnet18", classes=5), channels=1, input_size=96, seed=3)
    made = NetworkDialog(NETWORKS, present)
    qtbot.addWidget(made)
    assert made.choice == NetworkChoice(present)
    downloaded = replace(spec("resnet18"), weights=WeightsRef("torchvision", "IMAGENET1K_V1"), input_size=288)
    made = NetworkDialog(NETWORKS, downloaded)
    qtbot.addWidget(made)
    assert made.choice is not None
    assert made.choice.spec == downloaded
    backbone = replace(spec("vgg16", classes=0), top_pooling="maximum")
    made = NetworkDialog(NETWORKS, backbone)
    qtbot.addWidget(made)
    assert made.choice == NetworkChoice(backbone)
    from_file = replace(spec("resnet18", classes=5), weights=WeightsRef("file", "/x/w.pth", "ab" * 32))
    made = NetworkDialog(NETWORKS, from_file)
    qtbot.addWidget(made)
    assert made.choice == NetworkChoice(spec("resnet18", classes=5)), "the list has no weights of a file"


def test_another_network_is_set_beside_the_one_on_the_screen(desk: Desk) -> None:
    present = desk.store.session.setup
    desk.window.commands["compare_network"].trigger()
    dialog = desk.window.findChild(NetworkDialog)
    assert dialog is not None
    dialog.select("cifar-plain-20")
    dialog.form.weights.setCurrentText("none (untrained)")
    assert dialog.ok.text() == "Compare"
    dialog.accept()
    desk.qtbot.waitUntil(lambda: desk.store.session.pinned is not None)
    session = desk.store.session
    assert session.reference.network == spec("cifar-plain-20")
    assert session.reference.wiring.is_open
    assert session.setup == present
    assert desk.store.undo_label == "compare with Plain-20"
    desk.wait_fresh()
    assert inspect_page(desk.window).controller.scene.reference is not None


def test_a_bundled_network_is_compared_from_the_button_beside_set_as_reference(desk: Desk) -> None:
    menu = inspect_page(desk.window).bar.compare_button.menu()
    menu.aboutToShow.emit()
    assert "ResNet-20 · CIFAR-10" not in [action.text() for action in menu.actions()], "it is on the screen"
    inspect_page(desk.window).loader.choose_network("resnet18")
    desk.qtbot.waitUntil(lambda: desk.store.session.setup.state.network.name == "resnet18")
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "ResNet-20 · CIFAR-10").trigger()
    desk.qtbot.waitUntil(lambda: desk.store.session.pinned is not None)
    assert desk.store.session.reference.network.name == "cifar-resnet-20"
    assert desk.store.session.setup.state.network.name == "resnet18"


def test_a_weight_file_is_set_beside_the_network_on_the_screen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenWeights, "ask", lambda *_: Path("/x/plain.safetensors"))
    present = desk.store.session.setup
    said: list[str] = []
    inspect_page(desk.window).loader.compared.connect(said.append)
    desk.window.commands["compare_weights"].trigger()
    desk.qtbot.waitUntil(lambda: desk.store.session.pinned is not None)
    assert desk.store.session.reference.network.weights.title == "plain.safetensors"
    assert desk.store.session.setup == present
    assert said == ["Plain-20 is the reference now."]
    inspect_page(desk.window).loader.open_weights(Path("/x/plain.safetensors"))
    desk.qtbot.waitUntil(lambda: desk.store.session.setup != present)


def test_weights_for_a_comparison_are_downloaded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = WeightsRef("torchvision", "IMAGENET1K_V1")
    wanted = replace(spec("resnet18"), weights=ref)
    monkeypatch.setattr(
        desk.downloads,
        "answer",
        lambda _: (OpenedNetwork(name, IMAGENET_PREPROCESSING, ()) for name in [wanted]),
    )
    desk.window.commands["compare_network"].trigger()
    dialog = desk.window.findChild(NetworkDialog)
    assert dialog is not None
    dialog.select("resnet18")
    dialog.form.weights.setCurrentIndex(0)
    assert dialog.ok.text() == "Download and compare"
    dialog.accept()
    desk.qtbot.waitUntil(lambda: desk.store.session.pinned is not None)
    assert desk.store.session.reference.network == wanted
    assert desk.store.session.setup.state.network == spec("cifar-resnet-20")
