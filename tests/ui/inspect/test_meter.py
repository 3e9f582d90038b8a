"""The error meter: when it asks, what it shows of old, partial, whole and failed answers, and how wide it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.error_meter import MeterChart
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.meter import SHAPES, Measuring, MeterFace
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme
from resnet_viewer.ui.work.worker import Failure, Worker
from tests import fabricated
from tests.ui.pixel import wear
from tests.ui.probing import Prober

LABELS = [0, 1, 2, 3] * 25
NOW = [*LABELS[:10], *[4] * 90]
FOLDER = TestSet("folder", Path("/invented"))


class Bench(QObject):
    """A session, its controller and what measures, with a clock that the test moves."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__()
        self.qtbot, self.prober, self.time = qtbot, Prober(), 0.0
        self.store = Store(Session(replace(fabricated.setup(), picture=None)))
        self.worker = Worker(lambda: self.prober, name="test-probe")
        self.controller = Controller(self.store, self.worker)
        self.measuring = Measuring(self.store, self.controller, clock=lambda: self.time)
        self.measuring.failed.connect(self.note)
        self.measuring.changed.connect(self.keep)
        self.failures: list[str] = []
        self.charts: list[MeterChart | None] = []

    @Slot(object)
    def note(self, failure: Failure) -> None:
        self.failures.append(failure.sentence)

    @Slot()
    def keep(self) -> None:
        self.charts.append(self.measuring.chart)

    def cut(self, *blocks: int) -> None:
        setup = self.store.session.setup
        wired = setup.with_wiring(setup.wiring.with_shortcuts(blocks, 0.0))
        self.store.edit(self.store.session.with_setup(wired), f"cut {blocks}")

    def wait_measured(self) -> None:
        def is_whole() -> bool:
            reading = self.measuring.reading
            return reading is not None and reading.is_complete and not self.measuring.is_stale

        self.qtbot.waitUntil(is_whole)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    made.store.begin(made.store.session, replace(Session(fabricated.setup()), test_set=FOLDER))
    yield made
    made.store.close()
    made.worker.close()


def test_nothing_is_measured_before_the_first_network_is_there(qtbot: QtBot) -> None:
    bench = Bench(qtbot)
    bench.measuring.ask()
    assert bench.measuring.question is None
    bench.worker.close()
    assert not bench.prober.measured


def test_every_toggle_is_measured_and_a_known_answer_is_there_at_once(bench: Bench) -> None:
    bench.wait_measured()
    bench.cut(2, 3)
    assert bench.measuring.is_stale, "the old one stays in view until there is a new one"
    assert bench.measuring.chart is not None
    bench.wait_measured()
    chart = bench.measuring.chart
    assert chart is not None
    assert chart.now is not None
    assert chart.now.error == pytest.approx(100 * 2 / 12)
    asked = len(bench.prober.measured)
    bench.store.undo()
    assert not bench.measuring.is_stale
    assert len(bench.prober.measured) == asked


def test_another_picture_measures_nothing_again(bench: Bench) -> None:
    bench.wait_measured()
    reading = bench.measuring.reading
    setup = bench.store.session.setup
    bench.store.edit(
        bench.store.session.with_setup(replace(setup, picture=fabricated.picture(seed=3))), "other"
    )
    assert bench.measuring.reading is reading
    assert not bench.measuring.is_stale
    assert len(bench.prober.measured) == 1


def test_partial_answers_are_shown_on_the_way(bench: Bench) -> None:
    bench.wait_measured()
    assert any(chart is not None and chart.is_partial for chart in bench.charts)


def test_the_time_left_is_told_by_the_pace_so_far(bench: Bench) -> None:
    bench.wait_measured()
    question = bench.measuring.question
    assert question is not None
    for seen, seconds in ((10, 0.0), (30, 20.0)):
        bench.time = seconds
        part = fabricated.set_reading(LABELS, NOW, LABELS, seen=seen, question=question)
        bench.measuring._first = bench.measuring._first if seen > 10 else None
        bench.measuring._render_scene(replace(bench.controller.scene, findings={question: part}))
    assert bench.measuring.chart is not None
    assert bench.measuring.chart.seconds_left == pytest.approx(70.0), "70 of 100 pictures at one a second"


def test_a_test_set_that_is_gone_is_one_sentence_and_another_one_ends_it(bench: Bench) -> None:
    bench.wait_measured()
    bench.prober.no_set = "There is no folder /gone any more; choose another test set."
    bench.store.edit(replace(bench.store.session, test_set=TestSet("folder", Path("/gone"))), "gone")
    bench.qtbot.waitUntil(lambda: bool(bench.failures))
    assert bench.failures == [bench.prober.no_set]
    assert bench.measuring.words == "Not measured"
    assert bench.measuring.reading is None, "nothing of another set stands there"
    bench.prober.no_set = ""
    bench.store.edit(replace(bench.store.session, test_set=TestSet("digits")), "digits")
    bench.wait_measured()
    assert bench.measuring.words == ""


def test_without_a_test_set_and_without_classes_it_says_so(bench: Bench) -> None:
    bench.wait_measured()
    bench.store.edit(replace(bench.store.session, test_set=None), "off")
    assert bench.measuring.words == "No test set"
    assert bench.measuring.chart is None


def shown(qtbot: QtBot, chart: MeterChart | None, *, is_stale: bool = False) -> MeterFace:
    face = MeterFace()
    qtbot.addWidget(face)
    face.show_meter(chart, "" if chart else "Measuring…", is_stale=is_stale)
    face.adjustSize()
    return face


@pytest.mark.parametrize("place", range(len(SHAPES)))
def test_its_width_is_the_same_whatever_was_found(qtbot: QtBot, place: int) -> None:
    face = shown(qtbot, None)
    face.set_shape(place)
    widths = set()
    for reading in (
        fabricated.set_reading(LABELS, NOW, LABELS),
        fabricated.set_reading(LABELS, LABELS),
        fabricated.set_reading(LABELS, [4] * 100, LABELS),
        fabricated.set_reading(LABELS, NOW, LABELS, seen=7),
        fabricated.set_reading(LABELS, NOW, LABELS, seen=0),
    ):
        face.show_meter(MeterChart(reading), "", is_stale=False)
        widths.add(face.sizeHint().width())
    face.show_meter(None, "Measuring…", is_stale=False, expected=100)
    widths.add(face.sizeHint().width())
    assert len(widths) == 1
    face.show_meter(None, "No test set", is_stale=False)
    assert face.sizeHint().width() != widths.pop(), "it takes no room for what there is not"


def test_each_shape_is_narrower_and_the_count_goes_first(qtbot: QtBot) -> None:
    face = shown(qtbot, MeterChart(fabricated.set_reading(LABELS, NOW, LABELS)))
    widths, counts = [], []
    for place in range(len(SHAPES)):
        face.set_shape(place)
        widths.append(face.sizeHint().width())
        counts.append(face.shown_count)
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == len(SHAPES)
    assert counts[0] == "100 pictures"
    assert counts[-1] == ""


def red_columns(face: MeterFace, theme: Theme) -> list[int]:
    """Where the bar holds now's full colour."""
    image = face.grab().toImage()
    red = QColor(theme.changed).rgb()
    middle = image.height() // 2
    return [x for x in range(image.width()) if image.pixelColor(x, middle - 4).rgb() == red]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_nows_mark_stands_where_its_share_is_and_is_red_only_where_changed(
    qtbot: QtBot, theme: Theme
) -> None:
    places, lows = [], []
    for wrong in (90, 20):
        now = [*LABELS[: 100 - wrong], *[4] * wrong]
        chart = MeterChart(fabricated.set_reading(LABELS, now, LABELS))
        face = shown(qtbot, chart)
        wear(face, theme)
        assert chart.now is not None
        lows.append(chart.now.low)
        places.append(next(x for x in red_columns(face, theme) if x > face.places()[2].left()))
    apart = (lows[0] - lows[1]) / 100 * (SHAPES[0].bar - 6)
    assert places[0] - places[1] == pytest.approx(apart, abs=2)
    same = shown(qtbot, MeterChart(fabricated.set_reading(NOW, LABELS)))
    wear(same, theme)
    assert not red_columns(same, theme)


def test_what_is_old_is_dimmed_and_what_is_partial_hatched(qtbot: QtBot) -> None:
    whole = MeterChart(fabricated.set_reading(LABELS, NOW, LABELS))
    fresh = shown(qtbot, whole).grab().toImage()
    assert shown(qtbot, whole, is_stale=True).grab().toImage() != fresh
    part = fabricated.set_reading(LABELS, NOW, LABELS, seen=60)
    assert shown(qtbot, MeterChart(part)).grab().toImage() != fresh


def test_its_name_tells_everything_to_who_does_not_see_it(qtbot: QtBot) -> None:
    face = shown(qtbot, MeterChart(fabricated.set_reading(LABELS, NOW, LABELS)))
    assert (
        face.accessibleName() == "Error meter: 100 pictures: 90.0\u00a0% wrong, 0.0\u00a0% in the reference"
    )
    assert "Wilson" in face.accessibleDescription()
    assert shown(qtbot, None).accessibleName() == "Error meter: Measuring…"
