"""Words give way before numbers do, and none is cut without a sign."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.widgets.fitting import (
    ChoiceBox,
    FittingLabel,
    FittingParagraph,
    SearchBox,
    ShorteningLabel,
    choice_box,
    readout_wordings,
)

READOUT = (
    "block 12 · conv3_x 3 · projection · now 1.234e-14 · reference 2.361 · now/reference 5.23e-15 · "
    "256×128×1×1"
)


def width_of(widget: QWidget, words: str) -> int:
    return widget.fontMetrics().horizontalAdvance(words)


def test_a_readout_loses_its_hints_then_its_name_and_never_a_number() -> None:
    wordings = readout_wordings(READOUT)
    assert wordings[0] == READOUT
    assert wordings[1] == READOUT.removesuffix(" · 256×128×1×1")
    assert "block 12 · projection · now 1.234e-14 · reference 2.361" in wordings
    assert all("now 1.234e-14" in words for words in wordings)
    assert [len(words) for words in wordings] == sorted(map(len, wordings), reverse=True)
    assert readout_wordings("shortcut of block 3 · conv2_x 3 · shortcut cut") == (
        "shortcut of block 3 · conv2_x 3 · shortcut cut",
    )


@pytest.mark.parametrize("words", readout_wordings(READOUT))
def test_the_longest_wording_that_fits_is_shown(qtbot: QtBot, words: str) -> None:
    label = ShorteningLabel(readout_wordings)
    qtbot.addWidget(label)
    label.setText(READOUT)
    label.show()
    label.resize(width_of(label, words) + 6, 20)
    assert label.shown == words
    assert label.text() == READOUT
    painted = label.grab().toImage()
    other = FittingLabel()
    qtbot.addWidget(other)
    other.set_wordings(words)
    other.setAlignment(label.alignment())
    other.resize(label.size())
    other.show()
    assert other.grab().toImage() == painted, "painted as it is, without an ellipsis"


def test_a_paragraph_takes_the_longest_wording_that_its_lines_hold(qtbot: QtBot) -> None:
    label = FittingParagraph(1)
    qtbot.addWidget(label)
    label.set_wordings(("8 of 27 cut; not retrained and many words more " * 3, "8 of 27 cut; not retrained"))
    label.show()
    label.resize(width_of(label, label.whole) + 10, label.height())
    assert label.text() == label.whole
    label.resize(width_of(label, label.whole) * 2 // 3, label.height())
    assert label.text() == "8 of 27 cut; not retrained"
    assert "many words more" in label.toolTip()
    label.set_lines(2)
    assert label.text() == label.whole


def test_a_label_of_two_lines_keeps_its_height_and_its_whole_text(qtbot: QtBot) -> None:
    label = FittingParagraph(2)
    label.set_wordings(("short",))
    qtbot.addWidget(label)
    label.resize(160, label.height())
    height = label.height()
    words = "many words that do not fit " * 20
    label.set_wordings((words,))
    assert label.height() == label.maximumHeight() == height
    assert label.text() == words
    assert label._elidedText().endswith("…")


def test_a_label_of_two_lines_grows_with_its_font(qtbot: QtBot) -> None:
    label = FittingParagraph(2)
    qtbot.addWidget(label)
    font = label.font()
    font.setPixelSize(2 * label.fontMetrics().height())
    label.setFont(font)
    assert label.height() == 2 * label.fontMetrics().height()
    label.set_lines(1)
    assert label.height() == label.fontMetrics().height()


def test_a_choice_that_does_not_fit_ends_with_an_ellipsis(qtbot: QtBot) -> None:
    box = ChoiceBox()
    qtbot.addWidget(box)
    box.addItem("per channel")
    box.resize(box.sizeHint())
    box.show()
    assert box.elided() == "per channel"
    box.resize(box.width() - 30, box.height())
    assert box.elided().endswith("…")
    painted = box.grab().toImage()
    box.setItemText(0, box.elided())
    assert box.grab().toImage() == painted, "painted past the ellipsis"


def test_a_choice_gives_way_down_to_a_few_letters(qtbot: QtBot) -> None:
    box = choice_box("What is drawn", {"error": "error", "rate": "learning rate"}.items())
    qtbot.addWidget(box)
    assert (box.accessibleName(), box.itemData(1)) == ("What is drawn", "rate")
    assert box.minimumSizeHint().width() < box.sizeHint().width()
    box.resize(box.minimumSizeHint())
    box.setCurrentIndex(1)
    assert box.elided().startswith("lear")
    assert box.elided().endswith("…")


def test_a_search_box_is_elided_at_rest_and_whole_while_one_types(qtbot: QtBot) -> None:
    box = SearchBox("type to search")
    qtbot.addWidget(box)
    box.addItems(["mean of the last block", "cat"])  # type: ignore[no-untyped-call]
    box.resize(110, box.sizeHint().height())
    with qtbot.waitExposed(box):
        box.show()
    assert box.shown.endswith("…")
    assert "mean of the last block" in box.toolTip()
    assert "type to search" in box.toolTip()
    line = box.lineEdit()
    assert line is not None
    line.clearFocus()
    at_rest = line.grab().toImage()
    box.setCurrentIndex(1)
    assert box.shown == "cat"
    assert "cat" in box.toolTip()
    box.setCurrentIndex(0)
    line.setCursorPosition(0)
    assert line.grab().toImage() == at_rest
    edge = at_rest.width() - 3
    column = {at_rest.pixel(edge, y) for y in range(3, at_rest.height() - 3)}
    assert len(column) == 1, "a letter is cut at the edge"
