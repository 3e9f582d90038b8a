import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextDocument
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.appearance import palette
from resnet_viewer.ui.widgets.labels import OneLineLabel, TitleLabel, muted, plain_label, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, LIGHT

HOSTILE = "<b>x</b> & y.jpg"


def test_labels_show_markup_letter_by_letter(qtbot: QtBot) -> None:
    for label in (plain_label(HOSTILE), OneLineLabel(HOSTILE), TitleLabel(HOSTILE)):
        qtbot.addWidget(label)
        label.setText(HOSTILE)
        assert label.text() == HOSTILE
        assert label.textFormat() == Qt.TextFormat.PlainText


@pytest.mark.parametrize("text", [HOSTILE, "a & b", "1 < 2", "plain", "two\nlines", "&lt;"])
def test_a_tooltip_shows_exactly_the_text(qtbot: QtBot, text: str) -> None:
    tip = tooltip_text(text)
    assert Qt.mightBeRichText(tip)
    document = QTextDocument()
    document.setHtml(tip)
    assert document.toPlainText() == text


def test_a_title_is_elided_where_it_does_not_fit_and_never_cut(qtbot: QtBot) -> None:
    label = TitleLabel("Gradient norm by depth")
    qtbot.addWidget(label)
    label.resize(label.sizeHint())
    assert label.shown == label.text()
    label.resize(label.least_width, label.height())
    assert label.shown.endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.shown) <= label.width()
    assert len(label.shown) > 4
    short = TitleLabel("Runs")
    qtbot.addWidget(short)
    assert short.least_width == short.sizeHint().width()


def test_no_text_has_no_tooltip() -> None:
    assert tooltip_text("") == ""


def test_quiet_letters_follow_every_change_of_theme(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    layout = QVBoxLayout(holder)
    for label in (muted(plain_label("████")), muted(OneLineLabel("████"))):
        layout.addWidget(label)
    for theme in (DARK, LIGHT, DARK):
        holder.setPalette(palette(theme))
        for label in holder.findChildren(QLabel):
            image = label.grab().toImage()
            assert image.pixelColor(image.width() // 4, image.height() // 2) == QColor(theme.muted)
