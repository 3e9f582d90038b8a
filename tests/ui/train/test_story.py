"""The text beside the plots: made from the runs, kept while it is the same, and left where it was scrolled to."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story import EMPTY
from resnet_viewer.records.training import RunReport
from resnet_viewer.ui.train.story import OpenRun, StartTraining, StoryPanel, story_run
from resnet_viewer.ui.widgets.theme import LIGHT
from tests.ui.train.lab_scenes import lab_scene, log_of


def panel_of(qtbot: QtBot) -> StoryPanel:
    panel = StoryPanel()
    qtbot.addWidget(panel)
    panel.resize(220, 160)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_it_says_what_the_runs_show(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)
    assert panel.paragraphs == (EMPTY,)
    panel.render_lab(lab_scene(log_of("cifar-plain-20", 50, 20, 1), log_of("cifar-plain-56", 90, 80, 70)))
    shown = panel.text.toPlainText().replace("\u00a0", " ")
    assert (
        "Two networks, the same 40 training pictures of Digits, one recipe (quick), seed 0, 3 epochs."
        in shown
    )
    assert "The training errors: Plain-56 70.0 %, Plain-20 1.0 %." in shown
    assert "only twelve steps" in shown
    assert "span 2.0 decades" in shown
    panel.apply_theme(LIGHT)
    assert panel.text.isReadOnly()


def test_the_pointer_changes_the_gradients_that_are_told(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)
    scene = lab_scene(log_of("cifar-plain-20", 50, 20, 1))
    panel.render_lab(replace(scene, time=1.5))
    assert "At the pointer (epoch 1.5)" in panel.text.toPlainText()


def test_the_text_is_left_alone_while_it_is_the_same(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)
    logs = log_of("cifar-plain-20", 50, 20, 1), log_of("cifar-plain-56", 90, 80, 70)
    panel.render_lab(lab_scene(*logs))
    changes: list[None] = []
    panel.text.textChanged.connect(lambda: changes.append(None))
    panel.render_lab(lab_scene(*logs, version=2))
    assert not changes


def test_it_stays_where_it_was_scrolled_to(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)
    first = log_of("cifar-plain-20", 50, 20, 1)
    panel.render_lab(lab_scene(first, log_of("cifar-plain-56", 90, 80)))
    bar = panel.text.verticalScrollBar()
    assert bar.maximum() > 30
    bar.setValue(30)
    panel.render_lab(lab_scene(first, log_of("cifar-plain-56", 90, 80, 70)))
    assert "70.0" in panel.text.toPlainText()
    assert bar.value() == 30


def test_names_are_never_read_as_markup(qtbot: QtBot) -> None:
    panel = panel_of(qtbot)
    log = log_of("cifar-plain-20", 50)
    log.run = replace(log.run, data="<b>flowers</b> & bees")
    panel.render_lab(lab_scene(log))
    assert "<b>flowers</b> & bees" in panel.text.toPlainText()


def test_the_next_step_is_offered_where_it_can_be_taken(qtbot: QtBot) -> None:
    def offered(*logs: RunLog) -> list[tuple[str, object]]:
        panel.render_lab(lab_scene(*logs, selected=logs[0].key) if logs else LabScene())
        return [link for paragraph in panel.text.paragraphs for link in paragraph.links]

    panel = panel_of(qtbot)
    plain, residual = log_of("cifar-plain-20", 50, 20, 1), log_of("cifar-resnet-20", 50, 20, 1)
    assert offered() == [("Start training", StartTraining())]
    assert offered(plain, log_of("cifar-resnet-20", 50)) == [], "one is at work"
    ((words, step),) = offered(residual, plain)
    assert (words, step) == (
        f"Open {residual.title} in Inspect, with {plain.title} as the reference",
        OpenRun("cifar-resnet-20", with_twin=True),
    )
    assert offered(plain) == [(f"Open {plain.title} in Inspect", OpenRun("cifar-plain-20"))]


def test_the_last_weights_error_is_told_once_a_run_has_ended() -> None:
    log = log_of("cifar-plain-20", 50, 20, 1)
    assert story_run(log).final_train_error is None
    log.ended = RunReport(log.run, tuple(log.epochs), 0.25, 2.0, ())
    assert story_run(log).final_train_error == 0.25
    assert LabScene().logs == ()
