"""What the outbox says of files that are saved one after the other, and of a window that is to close meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.requests import RunPictures, WriteAllRunFigures, WriteFigure, Written
from resnet_viewer.records.session import Session
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated
from tests.ui.windows import Desk, inspect_page

SOURCE = RunPictures({}, None, {})


class Files:
    """Keeps what is asked, to answer it when the test wants."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Any, Any]] = []

    def ask(self, request: Any, then: Any, failed: Any) -> None:
        self.asked.append((request, then, failed))

    def write(self, place: int = 0) -> None:
        request, then, _ = self.asked.pop(place)
        then(Written(getattr(request, "path", None) or request.folder))

    def refuse(self, sentence: str, place: int = 0) -> None:
        self.asked.pop(place)[2](Failure(sentence, f"{sentence} details"))


class Heard:
    def __init__(self, outbox: Outbox) -> None:
        self.said: list[str] = []
        self.failed: list[Failure] = []
        self.mended = 0
        outbox.said.connect(self.said.append)
        outbox.failed.connect(self.failed.append)
        outbox.mended.connect(self.count)

    def count(self) -> None:
        self.mended += 1


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def outbox(files: Files, qapp: QObject) -> Outbox:
    made: Any = files
    return Outbox(made)


def figure(name: str) -> WriteFigure:
    return WriteFigure(SOURCE, FigureChoice(), Path("/out") / name)


def test_saving_is_said_at_once_and_when_it_is_done(files: Files, outbox: Outbox) -> None:
    heard = Heard(outbox)
    outbox.save(figure("a.svg"))
    outbox.save(WriteAllRunFigures(SOURCE, Path("/out/all")))
    assert heard.said == ["Saving a.svg…", "Saving every figure in all…"]
    files.write()
    assert heard.said[-1] == f"Saved {Path('/out/a.svg')}."


def test_a_failure_outlives_other_errands_and_later_failures(files: Files, outbox: Outbox) -> None:
    heard = Heard(outbox)
    for name in "abcde":
        outbox.save(figure(f"{name}.svg"))
    files.refuse("a is full.")
    files.write()
    assert heard.failed[-1].sentence == "a is full."
    outbox.save(figure("f.svg"))
    files.refuse("c is full.")
    assert heard.failed[-1].sentence == "c is full. a is full."
    assert heard.failed[-1].details == "c is full. details\n\na is full. details"
    files.refuse("d is full.")
    files.refuse("e is full.")
    assert heard.failed[-1].sentence == "e is full. d is full. c is full. So did one other export."


def test_a_failure_is_over_when_it_is_asked_again_or_dismissed(files: Files, outbox: Outbox) -> None:
    heard = Heard(outbox)
    outbox.save(figure("a.svg"))
    outbox.save(figure("b.svg"))
    files.refuse("a is full.")
    files.refuse("b is full.")
    before = heard.mended
    outbox.save(figure("a.svg"))
    assert heard.failed[-1].sentence == "b is full."
    assert heard.mended == before
    outbox.save(figure("b.svg"))
    assert heard.mended == before + 1
    files.refuse("a is full.")
    outbox.forget_lost()
    files.refuse("b is full.")
    assert heard.failed[-1].sentence == "b is full."


def test_a_refusal_does_not_take_a_failure_away(files: Files, outbox: Outbox) -> None:
    heard = Heard(outbox)
    outbox.save(figure("a.svg"))
    files.refuse("a is full.")
    outbox.refuse("There is none.")
    assert heard.failed[-1].sentence == "There is none. a is full."


def test_the_window_stays_until_everything_is_saved(files: Files, outbox: Outbox) -> None:
    closed, kept = [], []
    outbox.kept_open.connect(kept.append)
    assert outbox.may_close(lambda: closed.append(1))
    outbox.save(figure("a.svg"))
    outbox.save(figure("b.svg"))
    assert not outbox.may_close(lambda: closed.append(2))
    assert kept == ["a.svg and b.svg are still being saved."]
    files.write()
    assert closed == []
    files.write()
    assert closed == [2]


@pytest.mark.parametrize("why", ["failed", "again", "stay"])
def test_it_does_not_close_by_itself_where_something_came_between(
    files: Files, outbox: Outbox, why: str
) -> None:
    closed: list[int] = []
    outbox.save(figure("a.svg"))
    outbox.save(figure("b.svg"))
    assert not outbox.may_close(lambda: closed.append(1))
    if why == "failed":
        files.refuse("a is full.")
    elif why == "again":
        assert outbox.may_close(lambda: closed.append(2))
    else:
        outbox.stay_open()
    while files.asked:
        files.write()
    assert closed == []


def test_closing_the_real_window_waits_for_a_figure(desk: Desk) -> None:
    window, outbox = desk.window, inspect_page(desk.window).outbox
    window.show()
    held: Any = Files()
    outbox._files = held
    outbox.save(figure("a.svg"))
    assert not window.close()
    assert window.messages.sentence.startswith("a.svg is still being saved.")
    held.write()
    assert not window.isVisible()


def test_a_refusal_that_is_not_true_any_more_goes(desk: Desk) -> None:
    inspect, messages = inspect_page(desk.window), desk.window.messages
    desk.store.edit(Session(replace(fabricated.setup(), picture=None)), "no picture")
    inspect.exports.copy("gradcam")
    assert messages.sentence.startswith("There is no full reading to export yet")
    desk.store.undo()
    desk.wait_fresh()
    assert messages.sentence == ""


def test_a_refusal_goes_and_a_failure_beside_it_stays(files: Files, outbox: Outbox) -> None:
    heard = Heard(outbox)
    outbox.save(figure("a.svg"))
    files.refuse("a is full.")
    outbox.refuse("There is none.")
    outbox.withdraw("Another one.")
    assert heard.failed[-1].sentence == "There is none. a is full."
    outbox.withdraw("There is none.")
    assert heard.failed[-1].sentence == "a is full."
