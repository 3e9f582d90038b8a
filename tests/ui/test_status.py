"""The status bar and Inspect's title: the present network's facts, and names as they are."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.ui.inspect.bar import network_title
from resnet_viewer.ui.inspect.page import facts_of
from resnet_viewer.ui.status import StatusBar
from resnet_viewer.ui.widgets.labels import shortened
from tests import fabricated

MARKUP = "<b>bold</b> & <img src=x>.png"


@pytest.fixture
def bar(qtbot: QtBot) -> StatusBar:
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(1400, 24)
    made.show()
    return made


def scene_of(network: NetworkSpec, *, is_starting: bool = False) -> Scene:
    return Scene(Session(fabricated.setup(network)), is_starting=is_starting)


def test_names_are_shown_letter_by_letter(bar: StatusBar) -> None:
    scene = fabricated.scene()
    setup = replace(scene.session.setup, picture=fabricated.picture(name=MARKUP))
    bar.show_facts(facts_of(replace(scene, session=replace(scene.session, setup=setup)), "1 thread"))
    bar.show_hover(MARKUP)
    assert bar.texts()[2] == MARKUP
    assert bar.texts()[3].startswith(MARKUP)
    for label in (bar._work, bar._subject, bar._hover, bar._data):
        assert label.textFormat() == Qt.TextFormat.PlainText
    for label in (bar._hover, bar._data):
        assert escape(MARKUP, quote=False) in label.toolTip()
        assert MARKUP not in label.toolTip()


def test_a_hovered_number_stays_whole_in_the_smallest_window(bar: StatusBar, qtbot: QtBot) -> None:
    bar.show_facts(facts_of(fabricated.scene(spec("resnet152")), "1 thread"))
    bar.resize(880, 24)
    bar.show_hover(
        "block 12 · conv3_x 3 · projection · now 1.234e-14 · reference 2.361 · now/reference 5.23e-15 · 1×1"
    )
    qtbot.waitUntil(lambda: bar._hover.shown.startswith("block 12"))
    assert bar._hover.shown.endswith(("reference 2.361", "now/reference 5.23e-15"))
    assert "1.234e-14" in bar._hover.shown
    assert bar._hover.fontMetrics().horizontalAdvance(bar._hover.shown) < bar._hover.width()


def test_where_there_is_little_room_names_stay_and_the_tooltip_has_the_whole(bar: StatusBar) -> None:
    bar.resize(1400, 24)
    bar.show_facts(facts_of(fabricated.scene(), "1 thread"))
    assert bar.texts()[1].endswith("MMACs")
    bar.resize(500, 24)
    assert bar.texts()[1].strip() == "ResNet-20 · untrained"
    assert bar.texts()[3] == "invented.png"
    assert "48×32" in bar._data.toolTip()
    assert "MMACs" in bar._subject.toolTip()


def test_no_time_of_an_older_network_stands_beside_the_new_ones_name(bar: StatusBar) -> None:
    bar.show_facts(facts_of(fabricated.scene(), "1 thread"))
    assert "14 ms" in bar.texts()[0]
    bar.show_facts(facts_of(scene_of(spec("cifar-resnet-32")), "1 thread"))
    assert bar.texts()[0] == "computing…"
    assert "ResNet-32" in bar.texts()[1]


def test_while_it_starts_nothing_is_called_untrained(bar: StatusBar) -> None:
    bar.show_facts(facts_of(scene_of(spec("resnet18"), is_starting=True), "1 thread"))
    assert bar.texts()[0] == "starting…"
    assert "untrained" not in bar.texts()[1]
    bar.show_facts(facts_of(scene_of(spec("resnet18")), "1 thread"))
    assert "untrained" in bar.texts()[1]


def test_an_empty_hover_clears_and_what_was_said_stays_a_moment(bar: StatusBar) -> None:
    bar.show_hover("layer1.0.conv1")
    bar.show_hover("")
    assert bar.texts()[2] == ""
    bar.say("Saved a.svg.")
    bar.show_hover("layer1.0.conv1")
    bar.show_hover("")
    assert bar.texts()[2] == "Saved a.svg."
    bar._rest.timeout.emit()
    assert bar.texts()[2] == ""


def test_nothing_said_on_one_page_stays_over_another(bar: StatusBar) -> None:
    bar.say("Saved net.pth.")
    bar.show_hover("stem · conv1")
    bar.forget_words()
    assert bar.texts()[2] == ""
    bar.say("Stopped.")
    bar.show_hover("")
    assert bar.texts()[2] == "Stopped."


def test_what_was_said_of_one_network_does_not_stay_beside_another(bar: StatusBar) -> None:
    scene = fabricated.scene()
    bar.show_facts(facts_of(scene, "1 thread"))
    bar.say("Copied the figure.")
    bar.show_facts(facts_of(fabricated.scene(cut=(3,)), "1 thread"))
    assert bar.texts()[2] == "Copied the figure.", "it is the same network on the same picture"
    bar.show_facts(facts_of(scene_of(spec("cifar-resnet-32")), "1 thread"))
    assert bar.texts()[2] == ""
    bar.say("Saved a.svg.")
    setup = replace(fabricated.setup(spec("cifar-resnet-32")), picture=fabricated.picture(seed=5))
    bar.show_facts(facts_of(Scene(Session(setup)), "1 thread"))
    assert bar.texts()[2] == "", "another picture"


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shortened("short.png") == "short.png"
    name = shortened("x" * 100 + ".png", 20)
    assert len(name) == 20
    assert name.endswith(".png")


@pytest.mark.parametrize(
    ("network", "classes", "weights", "title"),
    [
        ("cifar-resnet-56", 10, WeightsRef("bundled", "cifar-resnet-56"), "ResNet-56 · CIFAR-10"),
        ("resnet50", 1000, WeightsRef("torchvision", "IMAGENET1K_V2"), "ResNet-50 · ImageNet"),
        ("resnet18", 1000, WeightsRef("none"), "ResNet-18 · untrained"),
        ("resnet18", 7, WeightsRef("file", "/home/me/birds.pth"), "ResNet-18 · birds.pth · 7 classes"),
        ("cifar-plain-20", 10, WeightsRef("file", "<b>x.pth"), "Plain-20 · <b>x.pth"),
    ],
)
def test_the_title_names_data_only_where_they_are_known(
    network: str, classes: int, weights: WeightsRef, title: str
) -> None:
    shown = replace(spec(network, classes=classes), weights=weights)
    assert network_title(scene_of(shown)) == title
