"""Where another network is the reference both wirings are there, over one depth, and either can be acted on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.wiring_layout import Part
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.inspect.wiring_strip import StripItem
from tests import fabricated

PAIRS = [
    ("cifar-resnet-56", "cifar-resnet-20"),
    ("cifar-resnet-20", "cifar-plain-56"),
    ("cifar-plain-20", "cifar-resnet-20"),
    ("vgg19", "resnet34"),
    ("cifar-resnet-20", "cifar-resnet-1202"),
]


def compared(name: str, other: str, *, cut: tuple[int, ...] = ()) -> Scene:
    """Both read; `cut` are shortcuts of the reference."""
    scene = fabricated.scene(spec(name))
    theirs = fabricated.setup(spec(other)).state
    theirs = replace(theirs, wiring=theirs.wiring.with_shortcuts(cut, 0.0))
    session = scene.session.with_reference(theirs)
    now, reference = session.now_question(), session.reference_question()
    assert now is not None
    assert reference is not None
    return Scene(session, fabricated.result(now, seed=1), fabricated.result(reference, seed=2))


@pytest.fixture
def panel(qtbot: QtBot) -> WiringPanel:
    made = WiringPanel()
    qtbot.addWidget(made)
    made.resize(1200, 380)
    with qtbot.waitExposed(made):
        made.show()
    return made


def place_of(panel: WiringPanel, strip: StripItem, part: Part) -> QPoint:
    return QPoint(panel.view.mapFromScene(strip.mapToScene(strip.centre_of(part))))


def ends(panel: WiringPanel, strip: StripItem) -> tuple[float, float]:
    """Pixels of the view of the first and the last of everything."""
    assert strip.state is not None
    layout = strip.state.layout
    left, right = (strip.mapToScene(QPointF(strip.frame.px(x), 0)).x() for x in (layout.start, layout.end))
    return left, right


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_both_wirings_begin_and_end_together(panel: WiringPanel, name: str, other: str) -> None:
    panel.render_scene(compared(name, other))
    view = panel.view
    assert view.other.isVisible()
    assert ends(panel, view.other) == pytest.approx(ends(panel, view.strip), abs=0.5)
    assert (
        view.other.mapToScene(QPointF(0, 0)).y()
        >= view.strip.mapToScene(QPointF(0, 0)).y() + view.strip.frame.height
    )
    view.zoom(0.5, 300.0)
    assert ends(panel, view.other) == pytest.approx(ends(panel, view.strip), abs=0.5)


@pytest.mark.parametrize("height", [240, 300, 380, 600])
def test_both_strips_and_the_plot_have_their_room(qtbot: QtBot, panel: WiringPanel, height: int) -> None:
    panel.render_scene(compared("cifar-resnet-56", "cifar-resnet-20"))
    panel.resize(1000, max(height, panel.minimumSizeHint().height()))
    view = panel.view

    def check() -> None:
        strips = view.strip.frame.height + view.other.frame.height
        assert view.strip_box.height() == pytest.approx(strips)
        assert view.plot_box.height() >= 2.9 * view.fontMetrics().height()

    qtbot.waitUntil(check)
    assert view.other.frame.arc_top < view.other.frame.base - 2 * view.other.frame.half_height


def test_the_second_strip_goes_with_the_comparison(qtbot: QtBot, panel: WiringPanel) -> None:
    panel.render_scene(compared("cifar-resnet-20", "cifar-plain-20"))
    least = panel.view.minimumHeight()
    assert panel.view.other.isVisible()
    assert panel.subtitle.startswith("now ResNet-20, all shortcuts open · reference Plain-20, ")
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert not panel.view.other.isVisible(), (
        "the reference is the same network: its name beside its curve tells it"
    )
    assert panel.view.minimumHeight() < least
    view = panel.view
    qtbot.waitUntil(lambda: view.strip_box.height() == pytest.approx(view.strip.frame.height))
    assert panel.subtitle.startswith("1 of 9 shortcuts cut (3)")


def test_the_reference_shows_its_own_gates(panel: WiringPanel) -> None:
    panel.render_scene(compared("cifar-resnet-56", "cifar-resnet-20", cut=(2, 3)))
    assert len(panel.view.other.drawing.of("open arc")) == 7
    assert len(panel.view.other.drawing.of("cut arc")) == 4, "two halves each"
    assert len(panel.view.strip.drawing.of("open arc")) == 27


def test_a_click_on_an_arc_of_the_reference_is_a_wish_about_the_reference(panel: WiringPanel) -> None:
    panel.render_scene(compared("cifar-resnet-56", "cifar-resnet-20"))
    wished: list[tuple[str, int]] = []
    panel.shortcut_clicked.connect(lambda block: wished.append(("now", block)))
    panel.reference_shortcut_clicked.connect(lambda block: wished.append(("reference", block)))
    view = panel.view
    for strip, number in ((view.other, 4), (view.strip, 20)):
        assert strip.state is not None
        part = Part("arc", strip.state.layout.spans[number - 1].name, number)
        QTest.mouseClick(
            view.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            place_of(panel, strip, part),
        )
    assert wished == [("reference", 4), ("now", 20)]


def test_a_click_on_a_box_of_the_reference_selects_nothing_and_says_what_to_do(panel: WiringPanel) -> None:
    panel.render_scene(compared("cifar-resnet-56", "cifar-resnet-20"))
    selected: list[str] = []
    said: list[str] = []
    panel.layer_selected.connect(selected.append)
    panel.hovered.connect(said.append)
    state = panel.view.other.state
    assert state is not None
    part = state.layout.spans[2].boxes[0].part
    QTest.mouseClick(
        panel.view.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        place_of(panel, panel.view.other, part),
    )
    assert not selected
    assert "Swap now and reference" in said[-1]


def test_what_lies_under_the_pointer_is_said_to_be_the_references(panel: WiringPanel) -> None:
    panel.render_scene(compared("cifar-resnet-56", "cifar-resnet-20"))
    said: list[str] = []
    panel.hovered.connect(said.append)
    state = panel.view.other.state
    assert state is not None
    part = Part("arc", state.layout.spans[4].name, 5)
    QTest.mouseMove(panel.view.viewport(), place_of(panel, panel.view.other, part))
    panel.view._hover(QPointF(place_of(panel, panel.view.other, part)))
    assert said[-1].startswith("reference, ResNet-20: shortcut of block 5")
    assert panel.view.other.state is not None
    assert panel.view.other.state.hovered == part
