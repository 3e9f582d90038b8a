"""What is said of a time, and the names of the lines."""

from __future__ import annotations

from resnet_viewer.charts.curves import courses_of
from resnet_viewer.ui.train.error_plot import (
    hovered_words,
    named,
    value_words,
)
from tests.ui.train.invented import begun, run, trained


def test_a_time_is_told_with_both_errors_and_when_the_test_was() -> None:
    log = trained(steps=25)
    courses = courses_of(log, "error")
    assert value_words(log, courses, "error", 1.55) == "Plain-20: training 80.5 %, test 86.0 % after epoch 1"
    assert value_words(log, courses, "error", 0.5) == "Plain-20: training 88.0 %"
    assert value_words(log, courses, "error", 3.5) == "", "nothing was trained then"
    assert "after epoch 1" in value_words(log, courses, "error", 1.94)
    assert "after epoch 2" in value_words(log, courses, "error", 1.96), "the status line says epoch 2.0"


def test_loss_and_rate_are_told_too() -> None:
    log = trained(steps=5)
    assert value_words(log, courses_of(log, "loss"), "loss", 0.1) == "Plain-20: loss 2"
    assert value_words(log, courses_of(log, "rate"), "rate", 0.1) == "Plain-20: learning rate 0.00625"


def test_the_status_line_says_the_time_and_how_to_keep_it() -> None:
    assert hovered_words(4.31, "Plain-56: training 82.1 %", is_pinned=False) == (
        "epoch 4.3 · Plain-56: training 82.1 % · click to pin"
    )
    assert hovered_words(4.31, "", is_pinned=True) == (
        "epoch 4.3 · no run has come this far · pinned, click or Esc to release"
    )
    assert hovered_words(1.0, "", is_pinned=False, done="shortcuts cut") == (
        "epoch 1.0 · shortcuts cut · no run has come this far · click to pin"
    )


def test_seeds_of_one_network_share_a_name() -> None:
    logs = [begun(run(seed=0)), begun(run(seed=1)), begun(run("cifar-resnet-20"))]
    assert [text for _, text in named(logs)] == ["Plain-20, 2 seeds", "ResNet-20"]
