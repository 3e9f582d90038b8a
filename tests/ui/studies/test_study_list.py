"""The list of studies alone, with more of them than there is room for."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from resnet_viewer.records.study_list import STUDIES
from resnet_viewer.ui.studies.scene import StudyScene
from resnet_viewer.ui.studies.study_list import StudyListCard


def test_the_chosen_study_stays_in_view_when_the_window_becomes_smaller(qtbot: QtBot) -> None:
    """Narrow entries need more lines, so that it would be far below."""
    card = StudyListCard(STUDIES)
    qtbot.addWidget(card)
    card.resize(420, 500)
    with qtbot.waitExposed(card):
        card.show()
    for info in (STUDIES[6], STUDIES[-1]):
        card.resize(420, 500)
        card.render_studies(StudyScene(info))
        card.resize(240, 220)
        entries = card.list
        chosen = entries.visualItemRect(entries.currentItem())
        assert entries.currentRow() == STUDIES.index(info)
        assert entries.viewport().rect().contains(chosen), "whole"
