"""Rows and numbers of the predictions, from invented probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.predictions import PredictionChart, words_of
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.predictions import NO_CLASSIFIER
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import NotFinite
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session
from resnet_viewer.ui.inspect.predictions import Columns, PredictionAxis, PredictionLine, PredictionsPanel
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests import fabricated
from tests.ui.pixel import wear


def scene_of(
    now: list[float], reference: list[float] | None, *, target: int = 0, is_trained: bool = True
) -> Scene:
    """CIFAR's ten classes; the lists give the first ones' probabilities."""
    base = fabricated.scene(fabricated.trained() if is_trained else None)
    assert base.now is not None
    assert base.reference is not None

    def filled(values: list[float]) -> np.ndarray:
        return np.array([[*values, *[0.0] * (10 - len(values))]], np.float32)

    shown = replace(base.now, probabilities=filled(now), target=target)
    other = None if reference is None else replace(base.reference, probabilities=filled(reference))
    return Scene(base.session, shown, other)


def test_a_reference_whose_classes_have_other_names_gives_no_numbers(qtbot: QtBot) -> None:
    """Whether now has been read or not: class 3 of the digits is no cat."""
    base = scene_of([0.1, 0.2, 0.7], [0.6, 0.3, 0.1])
    assert base.now is not None
    assert base.reference is not None
    setup = replace(base.session.setup, state=replace(base.session.setup.state, class_names=CIFAR10_CLASSES))
    digits = replace(base.reference.request.state, class_names=tuple("0123456789"))
    now = replace(base.now, request=replace(base.now.request, state=setup.state))
    reference = replace(base.reference, request=replace(base.reference.request, state=digits))
    session = Session(setup, digits)
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(Scene(session, now, reference))
    assert [row.name for row in panel.rows[:3]] == ["bird", "automobile", "airplane"], "now's own highest"
    assert {row.reference for row in panel.rows} == {None}
    panel.render_scene(Scene(session, None, reference))
    assert panel.rows == ()


def test_rows_follow_the_reference_and_end_with_nows_other_class(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(scene_of([0.05, 0.05, 0, 0, 0, 0, 0.9], [0.4, 0.3, 0.1, 0.08, 0.07]))
    assert [row.index for row in panel.rows] == [0, 1, 2, 3, 4, 6]
    assert [row.is_new for row in panel.rows] == [False] * 5 + [True]
    assert [row.is_target for row in panel.rows] == [True] + [False] * 5
    assert panel.rows[5].words.startswith("frog (class 6) · now 90 % · reference 0 %")
    assert "now's highest class" in panel.rows[5].words


def test_without_a_reference_now_leads(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(scene_of([0.1, 0.6, 0.3], None))
    assert [row.index for row in panel.rows][:3] == [1, 2, 0]
    assert "reference –" in panel.rows[0].words


def test_placeholders_and_stale_mark(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    full = scene_of([0.1, 0.6], [0.5, 0.5])
    panel.render_scene(Scene(full.session))
    assert (panel.rows, panel.message) == ((), "computing…")
    session = full.session.with_setup(replace(full.session.setup, picture=None))
    panel.render_scene(Scene(session))
    assert panel.message == "open a picture"
    panel.render_scene(replace(full, is_stale=True))
    assert (panel.message, panel.is_updating, len(panel.rows)) == ("", True, 5)
    panel.render_scene(full)
    assert not panel.is_updating


def test_logits_without_one_number_are_explained_instead_of_listed(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    full = fabricated.scene()
    assert full.now is not None
    for hurt in (np.nan, np.inf):  # one logit is enough: softmax divides by the sum of all
        logits = full.now.logits.copy()
        logits[0, 4] = hurt
        origin = NotFinite("layer3.1.conv2", "large value", "bn1.weight", 1e12, 7)
        lost = replace(full.now, logits=logits, probabilities=logits * np.nan, not_finite=origin)
        panel.render_scene(replace(full, now=lost))
        assert panel.rows == ()
        assert panel.message == (
            "The values of ResNet-20 are not finite from layer3.1.conv2 (block 8 · conv4_x 2) on, and no class is the "
            "highest: bn1.weight reaches 1e+12 in channel 7, and float32 ends at 3.4e38."
        )
        with qtbot.waitExposed(panel):
            panel.show()
        shown = []
        for height in range(400, 50, -10):
            panel.resize(300, height)
            qtbot.waitUntil(lambda height=height: panel.height() == height)
            panel.layout().activate()
            shown.append(panel._message.text())
        assert list(dict.fromkeys(shown)) == [
            panel.message,
            f"{panel.message.partition(':')[0]}.",
            "not finite",
        ], "a lower panel says it in fewer words"
    panel.render_scene(full)
    assert (panel.message, len(panel.rows)) == ("", 5)


def test_the_words_beside_a_bar_are_those_of_the_figure() -> None:
    assert (words_of(None), words_of(0.007), words_of(0.9999)) == ("–", "0.7 %", "> 99.9 %")


def test_a_chosen_target_outside_the_highest_is_listed(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(scene_of([0.05, 0.05, 0, 0, 0, 0, 0.9], [0.4, 0.3, 0.1, 0.08, 0.07], target=9))
    assert [row.index for row in panel.rows] == [0, 1, 2, 3, 4, 6, 9]
    assert [row.is_target for row in panel.rows] == [False] * 6 + [True]
    assert [row.is_new for row in panel.rows] == [False] * 5 + [True, False]


def light_panel(qtbot: QtBot) -> PredictionsPanel:
    """On the screen, as small as in a small window."""
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    wear(panel, LIGHT)
    panel.resize(300, 220)
    panel.show()
    return panel


def reds_and_greys(panel: PredictionsPanel) -> tuple[list[int], list[int]]:
    """Lines of the first row's picture with now's and with the reference's colour, beyond the names."""
    line = panel.findChildren(PredictionLine)[0]
    image = line.grab().toImage()
    x = Columns.of(PredictionChart(panel.rows), line.fontMetrics()).bars(line.width())[0] + 2
    found = [image.pixelColor(x, y).name() for y in range(image.height())]
    return tuple(
        [y for y, name in enumerate(found) if name == colour] for colour in (LIGHT.changed, LIGHT.reference)
    )  # type: ignore[return-value]


def test_now_lies_above_the_reference_as_in_the_figure(qtbot: QtBot) -> None:
    panel = light_panel(qtbot)
    panel.render_scene(scene_of([0.9], [0.9]))
    reds, greys = reds_and_greys(panel)
    assert reds
    assert greys
    assert max(reds) < min(greys)


def test_small_probabilities_get_bars_that_can_be_seen(qtbot: QtBot) -> None:
    panel = light_panel(qtbot)
    panel.render_scene(scene_of([0.9], [0.5]))
    assert panel.legend == "now · reference"
    widths = [_red(panel)]
    panel.render_scene(scene_of([0.007, 0.004], [0.006]))
    assert panel.legend == "bars end at 0.7 % · now · reference"
    widths.append(_red(panel))
    assert widths[1] > widths[0], "two bars, the first as long as there is room"


def test_a_legend_without_room_ends_in_dots(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(scene_of([0.9], [0.5]))
    panel.resize(600, 220)
    panel.show()
    assert panel._legend.shown == "now · reference"
    panel.setMinimumSize(1, 1)
    panel.resize(170, 220)
    panel.grab()
    assert panel._legend.shown.endswith("…")
    assert panel.legend == "now · reference"


def test_a_name_that_looks_like_markup_is_shown_letter_by_letter(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    found = scene_of([0.9], [0.9])
    setup = replace(found.session.setup, class_names=("<b>bold</b>",) * 10)
    panel.render_scene(replace(found, session=found.session.with_setup(setup)))
    assert panel.findChildren(PredictionLine)[0].toolTip().startswith("<qt>&lt;b&gt;bold")


def _red(panel: PredictionsPanel) -> int:
    image = panel.grab().toImage()
    return sum(
        image.pixelColor(x, y).name() == LIGHT.changed
        for y in range(image.height())
        for x in range(image.width())
    )


def test_the_bar_for_now_is_as_long_as_its_probability(qtbot: QtBot) -> None:
    panel = light_panel(qtbot)
    reds = []
    for probability in (0.9, 0.3):
        panel.render_scene(scene_of([probability], [0.5, 0.5]))
        image = panel.grab().toImage()
        reds.append(
            sum(
                image.pixelColor(x, y).name() == LIGHT.changed
                for y in range(image.height())
                for x in range(image.width())
            )
        )
    assert reds[0] == pytest.approx(3 * reds[1], rel=0.2)


def test_bars_take_what_names_and_numbers_leave() -> None:
    short, long = Columns(name=30, number=40), Columns(name=300, number=40)
    assert short.bars(230) == (38, 134)
    assert long.bars(230) == (84, 134), "a long name is cut, not the bar"
    assert long.bars(600) == (216, 504)


def test_a_network_without_classifier_says_so(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(Scene(Session(fabricated.setup(replace(spec("cifar-resnet-20"), classes=0)))))
    assert panel.message == NO_CLASSIFIER
    assert panel.rows == ()


def test_numbers_of_untrained_weights_are_called_so(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    untrained = scene_of([1.0], [0.9], is_trained=False)
    panel.render_scene(untrained)
    assert panel.legend == "untrained: now · reference"
    assert "now 100 % (untrained) · reference 90 % (untrained)" in panel.rows[0].words
    trained = scene_of([1.0], [0.9])
    panel.render_scene(Scene(untrained.session, untrained.now, trained.reference))
    assert panel.legend == "untrained now · reference"
    assert "now 100 % (untrained) · reference 90 %" in panel.rows[0].words
    assert panel.rows[0].untrained == (True, False)
    panel.render_scene(trained)
    assert panel.legend == "now · reference"
    assert "untrained" not in panel.rows[0].words


def test_the_bars_of_untrained_weights_are_hollow(qtbot: QtBot) -> None:
    colours = {}
    for is_trained in (True, False):
        panel = PredictionsPanel()
        qtbot.addWidget(panel)
        panel.resize(420, 300)
        panel.render_scene(scene_of([1.0], [1.0], is_trained=is_trained))
        panel.show()
        line = panel.findChildren(PredictionLine)[0]
        start, end = line._columns.bars(line.width())
        colours[is_trained] = (
            line.grab().toImage().pixelColor((start + end) // 2, line.height() // 2 - 3).name()
        )
    assert colours[True] == DARK.changed.lower()
    assert colours[False] != colours[True]


def test_the_bars_have_an_axis_that_gives_way_to_them(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.resize(400, 300)
    panel.render_scene(scene_of([0.7, 0.3], [0.6, 0.4]))
    with qtbot.waitExposed(panel):
        panel.show()
    axis = panel.findChild(PredictionAxis)
    assert axis is not None
    assert axis.words == ("0", "50 %", "100 %")
    assert axis.height() >= axis.sizeHint().height()
    assert axis.minimumSizeHint().height() == 0
    panel.render_scene(scene_of([0.02, 0.01], [0.02, 0.01]))
    assert axis.words[2] == panel.legend.partition(" · ")[0].removeprefix("bars end at ")
    panel.render_scene(Scene(Session(replace(fabricated.setup(), picture=None))))
    assert not axis.isVisible()


def test_the_rows_add_up_with_the_sum_of_the_others_where_there_is_room(qtbot: QtBot) -> None:
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 300)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.render_scene(
        scene_of([0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.2], [0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.02, 0.03])
    )
    qtbot.waitUntil(lambda: panel.rest is not None)
    rest = panel.rest
    assert rest is not None
    assert rest.name == "4 others"
    assert sum(row.now or 0 for row in (*panel.rows, rest)) == pytest.approx(1)
    assert sum(row.reference or 0 for row in (*panel.rows, rest)) == pytest.approx(1)
    assert rest.words == "4 others, together · now 20 % · reference 5.0 %"
    line = panel.findChildren(PredictionLine)[0]
    panel.resize(320, panel.height() - 6 * (line.height() - line.minimumSizeHint().height()) - 20)
    qtbot.waitUntil(lambda: panel.rest is None)
    assert line.height() >= line.minimumSizeHint().height()
