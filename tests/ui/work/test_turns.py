"""Work that may wait: spread over turns, the newest of each kind, in the order of their kinds."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.work.turns import Turns


def test_the_event_loop_turns_between_two_long_pieces(qtbot: QtBot) -> None:
    turns, done = Turns(turn_ms=0.0), []
    between = QTimer(interval=0)
    between.timeout.connect(lambda: done.append("click"))
    for kind in ("picture", "maps", "words"):
        turns.put(kind, lambda kind=kind: done.append(kind))
    assert not done
    assert not turns.is_at_rest
    with qtbot.waitSignal(turns.rested):
        between.start()
    between.stop()
    assert [kind for kind in done if kind != "click"] == ["picture", "maps", "words"]
    for before, after in (("picture", "maps"), ("maps", "words")):
        assert "click" in done[done.index(before) : done.index(after)], done
    assert turns.is_at_rest


def test_short_pieces_share_a_turn(qtbot: QtBot) -> None:
    turns, done = Turns(turn_ms=60_000.0), []
    between = QTimer(interval=0)
    for kind in ("picture", "maps", "words"):
        turns.put(kind, lambda kind=kind: done.append(kind))
    between.timeout.connect(lambda: done.append("click"))
    with qtbot.waitSignal(turns.rested):
        between.start()
    between.stop()
    at = done.index("picture")
    assert done[at : at + 3] == ["picture", "maps", "words"]


def test_the_newest_of_a_kind_is_done_in_the_place_of_the_oldest(qtbot: QtBot) -> None:
    turns, done = Turns(), []
    turns.put("maps", lambda: done.append("old maps"))
    turns.put("words", lambda: done.append("words"))
    turns.put("maps", lambda: done.append("new maps"))
    with qtbot.waitSignal(turns.rested):
        pass
    assert done == ["new maps", "words"]


def test_what_a_piece_puts_is_done_too(qtbot: QtBot) -> None:
    turns, done = Turns(), []
    turns.put("first", lambda: turns.put("second", lambda: done.append("second")))
    turns.finish()
    assert done == ["second"]
    assert turns.is_at_rest


def test_a_piece_that_fails_does_not_hold_up_the_others(qtbot: QtBot) -> None:
    turns, done = Turns(), []
    turns.put("broken", lambda: done[0])
    turns.put("whole", lambda: done.append("whole"))
    with pytest.raises(IndexError):
        turns.finish()
    turns.finish()
    assert done == ["whole"]
