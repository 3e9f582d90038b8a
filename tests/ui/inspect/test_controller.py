"""From a change to what is on screen, with a prober that the test holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.question import Finding
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.answers import Answers
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.work.worker import Failure, Worker
from tests import fabricated
from tests.ui.probing import Look, Prober, Seen


class Screen(QObject):
    """Keeps every scene that was published."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.scenes: list[Scene] = []
        self.failures: list[Failure] = []
        controller.scene_changed.connect(self.show)
        controller.failed.connect(self.fail)

    @Slot(object)
    def show(self, scene: Scene) -> None:
        self.scenes.append(scene)

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        self.failures.append(failure)

    @property
    def cuts_shown(self) -> list[tuple[int, ...]]:
        """The cut blocks of every reading that was new on screen, in order."""
        shown: list[tuple[int, ...]] = []
        last = None
        for scene in self.scenes:
            if scene.now is not None and scene.now.is_complete and scene.now is not last:
                shown.append(scene.now.request.state.wiring.cut)
                last = scene.now
        return shown


class Panel(QObject):
    """One who looks into something."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[str] = []
        self.progress: list[int] = []

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        self.failures.append(failure.sentence)

    @Slot(object)
    def follow(self, progress: Progress) -> None:
        self.progress.append(progress.done)


class Rig:
    """Store, worker and controller around a prober."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.prober = Prober()
        self.store = Store(Session(replace(fabricated.setup(), picture=None)))
        self.worker = Worker(lambda: self.prober, name="test-probe")
        self.answers = Answers()
        self.controller = Controller(self.store, self.worker, self.answers)
        self.screen = Screen(self.controller)

    def cut(self, *blocks: int) -> None:
        setup = self.store.session.setup
        wiring = setup.wiring.with_shortcuts(blocks, 0.0)
        self.store.edit(self.store.session.with_setup(setup.with_wiring(wiring)), f"cut {blocks}")

    def wait_fresh(self) -> None:
        self.qtbot.waitUntil(lambda: self.scene.now is not None and not self.scene.is_stale)
        self.qtbot.waitUntil(lambda: not self.worker.is_busy)

    def hold(self) -> None:
        """From now on answers wait for `prober.allowed`; forget what was started before."""
        while self.prober.started.acquire(blocking=False):
            pass
        self.prober.is_held = True

    def wait_started(self) -> None:
        """Until the next question is being answered, with the event loop alive."""
        self.qtbot.waitUntil(lambda: self.prober.started.acquire(blocking=False))

    @property
    def scene(self) -> Scene:
        return self.controller.scene


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Rig]:
    made = Rig(qtbot)
    made.store.begin(made.store.session, Session(fabricated.setup()))
    made.wait_fresh()
    yield made
    made.prober.is_held = False
    made.prober.allowed.release(100)
    made.store.close()
    made.worker.close()


def test_the_first_question_is_asked_once_where_now_is_the_reference(rig: Rig) -> None:
    [pair] = rig.prober.asked
    assert pair.reference is None
    assert rig.scene.now is rig.scene.reference


def test_a_change_dims_what_is_known_at_once_and_then_shows_the_answer(rig: Rig) -> None:
    before = rig.scene.now
    rig.hold()
    rig.cut(2)
    assert rig.scene.is_stale
    assert rig.scene.now is before
    assert rig.scene.session.setup.wiring.cut == (2,)
    rig.prober.allowed.release()
    rig.wait_fresh()
    assert rig.scene.now is not None
    assert rig.scene.now.request.state.wiring.cut == (2,)
    assert before is not None
    assert rig.scene.reference is rig.answers.get(before.request)
    assert rig.prober.asked[-1].reference is None, "the reference was known already"


def test_an_answer_seen_before_is_there_at_once(rig: Rig) -> None:
    rig.cut(2)
    rig.wait_fresh()
    asked = len(rig.prober.asked)
    rig.store.undo()
    assert not rig.scene.is_stale
    rig.store.redo()
    assert not rig.scene.is_stale
    assert rig.scene.now is not None
    assert rig.scene.now.request.state.wiring.cut == (2,)
    assert len(rig.prober.asked) == asked


def test_an_undo_while_busy_never_shows_the_undone_state(rig: Rig) -> None:
    rig.hold()
    rig.cut(2)
    rig.wait_started()
    rig.store.undo()
    seen = len(rig.screen.scenes)
    rig.prober.allowed.release()
    rig.qtbot.waitUntil(lambda: not rig.worker.is_busy)
    assert len(rig.screen.scenes) == seen, "a reply to the undone question reached the screen"
    assert rig.scene.session.setup.wiring.is_open
    assert (2,) not in rig.screen.cuts_shown
    rig.store.redo()
    assert not rig.scene.is_stale, "the late reply was not remembered"


def test_sixty_toggles_while_busy_show_frames_on_the_way_and_end_on_the_right_one(rig: Rig) -> None:
    rig.hold()
    for number in range(60):
        setup = rig.store.session.setup
        lowest_bit = ((number + 1) & -(number + 1)).bit_length()  # a Gray code: no state comes twice
        wiring = setup.wiring.toggled_shortcut(lowest_bit)
        rig.store.edit(rig.store.session.with_setup(setup.with_wiring(wiring)), "toggle")
        if number % 6 == 5:
            rig.wait_started()
            rig.prober.allowed.release()
            frames = len(rig.screen.cuts_shown)
            rig.qtbot.waitUntil(lambda frames=frames: len(rig.screen.cuts_shown) > frames)
    rig.prober.allowed.release(10)
    rig.wait_fresh()
    assert len(rig.screen.cuts_shown) >= 10
    assert rig.screen.cuts_shown[-1] == rig.store.session.setup.wiring.cut
    assert len(rig.prober.asked) <= 13, "questions that nobody waits for were computed"


def test_what_was_asked_before_and_is_wanted_again_is_not_computed_twice(rig: Rig) -> None:
    rig.hold()
    rig.cut(2)
    rig.wait_started()
    rig.cut(2, 3)
    rig.store.undo()
    asked = len(rig.prober.asked)
    rig.prober.allowed.release()
    rig.wait_fresh()
    assert rig.scene.now is not None
    assert rig.scene.now.request.state.wiring.cut == (2,)
    assert len(rig.prober.asked) == asked


def test_looking_in_another_way_asks_nothing(rig: Rig) -> None:
    asked, now = len(rig.prober.asked), rig.scene.now
    rig.store.look(replace(rig.store.session.view, layer="layer1.0"))
    assert rig.scene.session.view.layer == "layer1.0"
    assert rig.scene.now is now
    assert not rig.scene.is_stale
    assert len(rig.prober.asked) == asked


def test_a_failure_is_told_and_the_last_good_reading_stays_dimmed(rig: Rig) -> None:
    before = rig.scene.now
    rig.prober.refusal = "The network does not fit into memory; take a smaller one."
    rig.cut(2)
    rig.qtbot.waitUntil(lambda: bool(rig.screen.failures))
    assert rig.screen.failures[0].sentence == rig.prober.refusal
    assert rig.scene.now is before
    assert rig.scene.is_stale
    rig.prober.refusal = ""
    rig.store.undo()
    assert not rig.scene.is_stale


def test_another_networks_readings_leave_the_screen_at_once(rig: Rig) -> None:
    rig.hold()
    rig.cut(1)
    rig.wait_started()
    rig.store.edit(rig.store.session.with_setup(fabricated.setup(spec("cifar-resnet-32"))), "network")
    assert rig.scene.now is None
    assert rig.scene.reference is None
    rig.prober.allowed.release()
    rig.wait_started()
    assert rig.scene.now is None, "a reading of the old network reached the new one's strip"
    rig.prober.allowed.release()
    rig.wait_fresh()
    assert rig.scene.now is not None
    assert rig.scene.now.request.state.network.name == "cifar-resnet-32"


def test_a_picture_changes_both_readings(rig: Rig) -> None:
    rig.cut(4)
    rig.wait_fresh()
    other = replace(rig.store.session.setup, picture=fabricated.picture(seed=5))
    rig.store.edit(rig.store.session.with_setup(other), "open")
    rig.wait_fresh()
    rig.qtbot.waitUntil(lambda: rig.scene.reference is not None)
    assert rig.scene.reference is not None
    assert rig.scene.now is not None
    assert rig.scene.reference.request.picture == rig.scene.now.request.picture == other.picture
    assert rig.scene.reference.request.state.wiring.is_open


def test_without_a_picture_nothing_is_asked(qtbot: QtBot) -> None:
    prober = Prober()
    store = Store(Session(replace(fabricated.setup(), picture=None)))
    worker = Worker(lambda: prober, name="test-probe")
    controller = Controller(store, worker)
    setup = store.session.setup
    cut = setup.with_wiring(setup.wiring.with_shortcuts([1], 0.0))
    store.edit(store.session.with_setup(cut), "cut")
    worker.close()
    assert prober.asked == []
    assert controller.scene.now is None
    assert not controller.scene.is_stale


def test_what_is_remembered_is_packed_and_nothing_is_drawn_for_it(rig: Rig) -> None:
    rig.cut(2)
    rig.wait_fresh()
    shown = rig.scene.now
    assert shown is not None
    question = shown.request
    assert rig.answers.get(question) is shown
    rig.qtbot.waitUntil(lambda: rig.answers.get(question) is not shown)
    assert rig.screen.scenes[-1].now is shown
    remembered = rig.answers.get(question)
    assert remembered is not None
    pieces = {id(base_of(array)) for array in remembered.activations.values()}
    assert len(pieces) == 1
    assert len({id(base_of(array)) for array in shown.activations.values()}) > 1


def base_of(array: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> object:
    found: object = array
    while isinstance(found, np.ndarray) and found.base is not None:
        found = found.base
    return found


def found(rig: Rig, question: Look) -> Finding:
    """What the scene has once the question is answered wholly."""

    def is_whole() -> bool:
        finding = rig.scene.findings.get(question)
        return finding is not None and finding.is_complete

    rig.qtbot.waitUntil(is_whole)
    return rig.scene.findings[question]


def test_a_finding_stands_in_the_scene_under_its_question(rig: Rig) -> None:
    panel, question = Panel(), Look(rig.store.session.setup.state)
    before = rig.scene
    rig.controller.find(question, panel.fail, panel.follow)
    assert found(rig, question).request == question
    parts = [scene.findings[question] for scene in rig.screen.scenes if question in scene.findings]
    assert [part.steps for part in parts if isinstance(part, Seen)] == [1, 2, 3], "the parts on the way"
    assert panel.progress == [1, 2, 3]
    assert not before.findings, "a scene never changes"
    assert not rig.screen.scenes[-1].is_stale
    rig.store.look(replace(rig.store.session.view, layer="layer1.0"))
    assert question in rig.scene.findings, "looking in another way asks nothing"


def test_findings_go_with_the_sessions_question_and_come_back_from_memory(rig: Rig) -> None:
    panel, question = Panel(), Look(rig.store.session.setup.state)
    rig.controller.find(question, panel.fail)
    first = found(rig, question)
    rig.cut(2)
    assert not rig.scene.findings
    rig.wait_fresh()
    assert not rig.scene.findings
    rig.store.undo()
    rig.controller.find(question, panel.fail)
    assert rig.scene.findings[question] is first
    assert rig.prober.looked == [question]


def test_a_toggle_ends_what_is_sought_for_another_state(rig: Rig) -> None:
    panel = Panel()
    question = Look(rig.store.session.setup.state, steps=10**6)
    rig.controller.find(question, panel.fail, panel.follow)
    rig.qtbot.waitUntil(lambda: bool(panel.progress))
    rig.cut(2)
    heard = list(panel.progress)
    rig.wait_fresh()
    rig.qtbot.waitUntil(lambda: not rig.worker._low.is_busy)
    assert panel.progress == heard
    assert not rig.scene.findings


def test_what_is_given_up_leaves_what_was_found(rig: Rig) -> None:
    panel = Panel()
    question = Look(rig.store.session.setup.state, steps=10**6)
    rig.controller.find(question, panel.fail)
    rig.qtbot.waitUntil(lambda: question in rig.scene.findings)
    rig.controller.give_up(question)
    rig.qtbot.waitUntil(lambda: not rig.worker._low.is_busy)
    assert not rig.scene.findings[question].is_complete
    assert rig.answers.get(question) is None


def test_a_question_that_cannot_be_answered_is_its_askers(rig: Rig) -> None:
    panel, question = Panel(), Look(rig.store.session.setup.state, is_refused=True)
    rig.controller.find(question, panel.fail)
    rig.qtbot.waitUntil(lambda: bool(panel.failures))
    assert panel.failures == ["There is no such method; choose another."]
    assert not rig.screen.failures
    assert not rig.scene.findings


def test_what_is_measured_on_the_test_set_outlives_the_picture_and_ends_with_a_toggle(rig: Rig) -> None:
    panel, question = Panel(), rig.store.session.measure_question()
    assert question is not None
    rig.controller.find(question, panel.fail)
    rig.qtbot.waitUntil(lambda: question in rig.scene.findings and rig.scene.findings[question].is_complete)
    measured = rig.scene.findings[question]
    setup = rig.store.session.setup
    rig.store.edit(rig.store.session.with_setup(replace(setup, picture=fabricated.picture(seed=5))), "other")
    assert rig.scene.findings[question] is measured
    rig.wait_fresh()
    assert rig.scene.findings[question] is measured
    rig.cut(2)
    assert not rig.scene.findings, "it is of another state"
    other = rig.store.session.measure_question()
    assert other is not None
    rig.controller.find(other, panel.fail)
    rig.qtbot.waitUntil(lambda: other in rig.scene.findings)
    rig.store.edit(replace(rig.store.session, test_set=None), "no test set")
    assert not rig.scene.findings, "nothing is measured any more"
    assert rig.prober.measured == [question, other]
    assert not panel.failures


def test_another_test_set_asks_nothing_of_the_picture(rig: Rig) -> None:
    asked = len(rig.prober.asked)
    look = Look(rig.store.session.setup.state)
    rig.controller.find(look, Panel().fail)
    found(rig, look)
    rig.store.edit(replace(rig.store.session, test_set=TestSet("digits")), "digits")
    assert not rig.scene.is_stale
    assert look in rig.scene.findings, "what was found of the state is still true"
    assert len(rig.prober.asked) == asked


def test_only_findings_are_other_where_all_else_is_the_very_same() -> None:
    shown = fabricated.scene()
    assert replace(shown, findings={"question": shown}).tells_as(shown)  # type: ignore[dict-item]
    assert not replace(shown, is_stale=True).tells_as(shown)
    assert not replace(shown, now=None).tells_as(shown)
    looked = shown.session.with_view(replace(shown.session.view, cam_opacity=0.1))
    assert not replace(shown, session=looked).tells_as(shown)


def test_rewired_is_not_chosen_otherwise() -> None:
    shown = fabricated.scene()
    session = shown.session
    rewired = replace(
        shown,
        session=session.with_setup(session.setup.with_wiring(Wiring.all_open(9).with_shortcuts([2], 0.0))),
    )
    assert rewired.chooses_as(shown)
    assert replace(rewired, is_stale=True, now=None).chooses_as(shown), "what was found is not chosen"
    for chosen in (
        replace(shown, session=session.with_view(replace(session.view, cam_opacity=0.1))),
        replace(shown, session=session.with_setup(replace(session.setup, target=3))),
        replace(shown, session=Session(fabricated.setup(fabricated.trained("cifar-plain-20")))),
        replace(shown, is_starting=True),
    ):
        assert not chosen.chooses_as(shown)
