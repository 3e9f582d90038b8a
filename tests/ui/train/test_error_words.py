"""What is said of a time, and of what was done to the runs."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetricsF
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.train.error_curves import curves_of
from resnet_viewer.ui.train.error_words import (
    brief_words,
    hovered_words,
    interventions_in,
    named,
    value_words,
)
from tests.ui.train.invented import begun, run, trained, with_interventions


def test_a_time_is_told_with_both_errors_and_when_the_test_was() -> None:
    log = trained(steps=25)
    curves = curves_of(log, "error")
    assert value_words(log, curves, "error", 1.55) == "Plain-20: training 80.5 %, test 86.0 % after epoch 1"
    assert value_words(log, curves, "error", 0.5) == "Plain-20: training 88.0 %"
    assert value_words(log, curves, "error", 3.5) == "", "nothing was trained then"
    assert "after epoch 1" in value_words(log, curves, "error", 1.94)
    assert "after epoch 2" in value_words(log, curves, "error", 1.96), "the status line says epoch 2.0"


def test_loss_and_rate_are_told_too() -> None:
    log = trained(steps=5)
    assert value_words(log, curves_of(log, "loss"), "loss", 0.1) == "Plain-20: loss 2"
    assert value_words(log, curves_of(log, "rate"), "rate", 0.1) == "Plain-20: learning rate 0.0125"


def test_the_status_line_says_the_time_and_how_to_keep_it() -> None:
    assert hovered_words(4.31, "Plain-56: training 82.1 %", is_pinned=False) == (
        "epoch 4.3 · Plain-56: training 82.1 % · click to pin"
    )
    assert hovered_words(4.31, "", is_pinned=True) == (
        "epoch 4.3 · no run has come this far · pinned, click or Esc to release"
    )


def test_one_intervention_on_all_runs_with_shortcuts_is_told_once() -> None:
    logs = [trained(), trained("cifar-resnet-20"), trained("cifar-resnet-8")]
    for log in logs[1:]:
        with_interventions(log, (10, 0.0), (15, 0.5))
    with_interventions(logs[2], (10, 0.0), (15, 0.5), (20, 1.0))
    assert interventions_in(logs) == [
        (1.0, "shortcuts cut"),
        (1.5, "shortcuts open by 0.5"),
        (2.0, "shortcuts restored: ResNet-8"),
    ]


def test_in_a_narrow_plot_the_words_of_an_intervention_are_fewer_and_never_cut(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(QFont())
    told = ["shortcuts cut", "shortcuts open by 0.5: ResNet-20, ResNet-8"]
    widest = metrics.horizontalAdvance(told[1])
    assert brief_words(told, metrics, 2.5 * widest) == told
    assert brief_words(told, metrics, 2.1 * widest) == ["cut", "open by 0.5: ResNet-20, ResNet-8"]
    narrow = brief_words(told, metrics, widest)
    assert narrow[0] == "cut"
    assert narrow[1].endswith("…")
    assert metrics.horizontalAdvance(narrow[1]) <= 0.45 * widest
    assert brief_words([], metrics, 100.0) == []


def test_what_is_done_to_all_in_their_turns_is_told_once() -> None:
    logs = [trained("cifar-resnet-20"), trained("cifar-resnet-8"), trained("cifar-resnet-14")]
    with_interventions(logs[0], (16, 0.0), (18, 0.5))
    with_interventions(logs[1], (14, 0.0), (18, 0.5))
    assert interventions_in(logs) == [
        (1.4, "shortcuts cut: ResNet-20, ResNet-8"),
        (1.8, "shortcuts open by 0.5: ResNet-20, ResNet-8"),
    ]
    with_interventions(logs[0], (10, 0.0), (11, 1.0), (12, 0.0))
    assert len(interventions_in(logs[:1])) == 3, "one run's own are never put together"


def test_seeds_of_one_network_share_a_name() -> None:
    logs = [begun(run(seed=0)), begun(run(seed=1)), begun(run("cifar-resnet-20"))]
    assert [text for _, text in named(logs)] == ["Plain-20, 2 seeds", "ResNet-20"]
