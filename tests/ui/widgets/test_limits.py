from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viewer.records.limits import Limits
from resnet_viewer.ui.widgets.limits import LimitsButton


@pytest.fixture
def button(qtbot: QtBot) -> LimitsButton:
    made = LimitsButton("Grad-CAM")
    qtbot.addWidget(made)
    made.show()
    return made


def wishes(button: LimitsButton) -> list[Limits]:
    """Every wish is granted, as the window does."""
    wished: list[Limits] = []

    def grant(limits: Limits) -> None:
        wished.append(limits)
        button.show_limits(limits, (0.0, 2.0))

    button.chosen.connect(grant)
    return wished


def type_into(qtbot: QtBot, button: LimitsButton, low: str, high: str) -> None:
    for field, words in ((button.low, low), (button.high, high)):
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, words)
        qtbot.keyClick(field, Qt.Key.Key_Return)


def test_the_button_says_what_is_chosen_and_emits_nothing_by_itself(button: LimitsButton) -> None:
    wished = wishes(button)
    for limits, words in (
        (Limits(), "auto ▾"),
        (Limits(percentile=99.0, is_logarithmic=True), "99 % log ▾"),
        (Limits(percentile=97.0), "97 % ▾"),
        (Limits(by_hand=(0.0, 0.25)), "0 to 0.25 by hand ▾"),
    ):
        button.show_limits(limits, (0.0, 2.0))
        assert button.text() == words
        assert button.auto.isEnabled() == (not limits.is_usual)
    assert (button.low.text(), button.high.text()) == ("0", "0.25")
    assert wished == []


def test_percentile_logarithmic_by_hand_and_back(button: LimitsButton, qtbot: QtBot) -> None:
    wished = wishes(button)
    button.show_limits(Limits(), (0.0, 2.0))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.folded.isVisible()
    assert (button.low.text(), button.high.text()) == ("0", "2"), "by hand one starts from what is shown"
    qtbot.keyClick(button.percentile, Qt.Key.Key_End)
    button.logarithmic.click()
    type_into(qtbot, button, "0.5", "1.5")
    button.auto.click()
    assert wished == [
        Limits(percentile=90.0),
        Limits(percentile=90.0, is_logarithmic=True),
        Limits(percentile=90.0, is_logarithmic=True, by_hand=(0.5, 2.0)),
        Limits(percentile=90.0, is_logarithmic=True, by_hand=(0.5, 1.5)),
        Limits(),
    ]
    button.reset()
    assert len(wished) == 5, "what is usual already is no wish"


def test_limits_the_wrong_way_round_are_refused_in_a_sentence(button: LimitsButton, qtbot: QtBot) -> None:
    wished = wishes(button)
    button.show_limits(Limits(), (0.0, 2.0))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    type_into(qtbot, button, "3", "2")
    assert wished == []
    assert button.sentence == "The first value must be below the last one."
    type_into(qtbot, button, "1", "2")
    assert wished == [Limits(by_hand=(1.0, 2.0))]
    assert button.sentence == ""
