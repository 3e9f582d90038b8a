"""A moving picture of shortcuts that are weakened from 1 to 0: read with low priority, drawn, written."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox, QWidget

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.figure_list import (
    FRAMES,
    MOVING,
    MOVING_KINDS,
    SECONDS,
    AnimationChoice,
    MovingKind,
    Whose,
    figure_of,
)
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.requests import ReadAlong, WriteAnimation, Written
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.wiring import number_ranges
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.export_dialog import inches
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.widgets.form import OK, Form, allow, choices, on_change
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure


def blocks_of(scene: Scene, whose: Whose) -> tuple[int, ...]:
    """The blocks whose shortcuts are meant, as far as they have any."""
    blocks, wiring = scene.blueprint.blocks, scene.session.setup.wiring
    selected = scene.blueprint.block_of(scene.session.view.layer)
    meant = {
        "selected": [block for block in blocks if block is selected],
        "stage": [block for block in blocks if selected is not None and block.stage == selected.stage],
        "cut": [block for block in blocks if block.number in wiring.cut],
        "all": list(blocks),
    }[whose]
    return tuple(block.number for block in meant if block.shortcut != "none")


def whose_titles(scene: Scene) -> dict[Whose, str]:
    """The choices that there are for a scene, in words."""
    words: dict[Whose, str] = {
        "selected": "of the selected block",
        "stage": "of its stage",
        "cut": "those that are cut now",
        "all": "all",
    }
    found = {whose: blocks_of(scene, whose) for whose in words}
    return {whose: f"{words[whose]} ({number_ranges(found[whose])})" for whose in words if found[whose]}


def states(scene: Scene, choice: AnimationChoice) -> tuple[Scene, ...]:
    """The scenes whose readings are wanted, the strongest shortcuts first; everything else is as it is now."""
    session, blocks = scene.session, blocks_of(scene, choice.whose)
    wirings = (session.setup.wiring.with_shortcuts(blocks, strength) for strength in choice.strengths)
    return tuple(
        replace(scene, session=replace(session, setup=session.setup.with_wiring(wiring)), now=None)
        for wiring in wirings
    )


_MOST_BYTES = 256 * 2**20
"""Of feature maps that wait for their picture."""


def _layers(scene: Scene, choice: AnimationChoice) -> tuple[str, ...]:
    """Whose feature maps the figure shows: of the whole page those of every block, if they are not too large."""
    if choice.figure not in ("feature_maps", "page"):
        return ()
    blocks = scene.blueprint.blocks
    size = 4 * choice.frames * sum(prod(block.output_shape) for block in blocks)
    names = [block.name for block in blocks] if choice.figure == "page" and size <= _MOST_BYTES else []
    return (scene.session.view.layer, *names)


class AnimationDialog(Form[AnimationChoice]):
    """Which shortcuts, which figure, how many pictures, and as what."""

    def __init__(
        self,
        choice: AnimationChoice,
        whose: dict[Whose, str],
        kinds: tuple[MovingKind, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Animation: shortcuts from whole to cut", parent)
        self.whose, self.figure = choices(whose), choices(MOVING)
        self.kind = choices({kind: MOVING_KINDS[kind] for kind in kinds})
        self.frames = QSpinBox(minimum=FRAMES[0], maximum=FRAMES[1], singleStep=10)
        self.seconds = QDoubleSpinBox(
            minimum=SECONDS[0], maximum=SECONDS[1], singleStep=0.5, decimals=1, suffix=" s"
        )
        self.goes_back = QCheckBox("and back again")
        self.width_field, self.height_field = inches(), inches()
        self.add_fields(
            {
                "whose": ("&Shortcuts", self.whose),
                "figure": ("&Figure", self.figure),
                "frames": ("&Pictures", self.frames),
                "seconds": ("&Time", self.seconds),
                "goes_back": ("", self.goes_back),
                "width": ("&Width", self.width_field),
                "height": ("&Height", self.height_field),
                "kind": ("File &type", self.kind),
            }
        )
        self.buttons.button(OK).setText("Choose the file…")
        self.fill(choice)
        for box in (self.whose, self.kind):
            box.setCurrentIndex(max(box.currentIndex(), 0))  # what was chosen last may not be there now
        on_change(self.fields.values(), self._follow)
        self._follow()

    @property
    def answer(self) -> AnimationChoice:
        return self.record(AnimationChoice)

    @Slot()
    def _follow(self) -> None:
        allow(self.height_field, figure_of(self.figure.currentData()).no_height)
        step = 1 / (self.frames.value() - 1)
        self.say(f"The strength goes from 1 to 0 in steps of {step:.3g}; each picture is measured.")


class Animation(QObject):
    """Makes one animation at a time. Edits go on meanwhile: it shows the state in which it was asked for."""

    said = Signal(str)
    failed = Signal(object)
    began = Signal(str)
    progressed = Signal(object)
    ended = Signal()
    """There is nothing to cancel any more."""

    def __init__(
        self,
        controller: Controller,
        probing: Askers,
        drawing: Askers,
        kinds: tuple[MovingKind, ...],
        window: QWidget,
    ) -> None:
        """`probing` and `drawing` take work of low priority; `kinds` can be made here."""
        super().__init__(window)
        self._controller, self._probing, self._drawing = controller, probing, drawing
        self._kinds, self._window = kinds, window
        self._choice = AnimationChoice()
        self._folder = Path.home()
        self._path = Path()
        self._scenes: tuple[Scene, ...] = ()
        self._read: list[Scene] = []
        self._tickets: tuple[int, int] = (-1, -1)
        """Of the readings, and of the drawing."""

    @property
    def is_at_work(self) -> bool:
        """One is being made."""
        return bool(self._scenes)

    @Slot()
    def ask(self) -> None:
        """Ask which and where to, then make it."""
        scene = self._controller.scene
        whose = whose_titles(scene)
        if refusal := self._refusal(scene, whose):
            self.failed.emit(Failure(refusal))
            return
        chosen = AnimationDialog(self._choice, whose, self._kinds, self._window).asked()
        if chosen is None:
            return
        self._choice = chosen
        name = f"shortcuts_{number_ranges(blocks_of(scene, chosen.whose)).replace(', ', '_')}_{chosen.figure}"
        path = dialogs.SaveAs.ask("Animation", self._folder / f"{name}.{chosen.kind}", self._window)
        if path is not None:
            self._folder = path.parent
            self.make(scene, chosen, path.with_suffix(f".{chosen.kind}"))

    def _refusal(self, scene: Scene, whose: dict[Whose, str]) -> str:
        if self.is_at_work:
            return f"{self._path.name} is still being made; wait for it, or cancel it with Esc."
        if scene.now is None or not scene.now.is_complete:
            return "There is no full reading to animate yet; open a picture and wait until it is computed."
        if not whose:
            return f"{scene.session.setup.state.network.title} has no shortcuts to weaken; choose another network."
        return ""

    def make(self, scene: Scene, choice: AnimationChoice, path: Path) -> None:
        """Read each state, then draw and write."""
        self._scenes, self._read, self._path = states(scene, choice), [], path
        questions = [found.session.now_question() for found in self._scenes]
        self._choice = choice
        self.began.emit(f"Animation {path.name}, reading")
        wanted = ReadAlong(
            tuple(question for question in questions if question is not None), _layers(scene, choice)
        )
        self._tickets = self._probing.ask(wanted, self._take, self._fail), -1

    @Slot()
    def cancel(self) -> None:
        """Make it no more; nothing is written."""
        if not self.is_at_work:
            return
        self._probing.cancel(self._tickets[0])
        self._drawing.cancel(self._tickets[1])
        self._end()
        self.said.emit(f"{self._path.name} is not made.")

    @Slot(object)
    def _take(self, reading: ProbeResult) -> None:
        self._read.append(replace(self._scenes[len(self._read)], now=reading, is_stale=False))
        self.progressed.emit(Progress(len(self._read), len(self._scenes)))
        if len(self._read) == len(self._scenes):
            self.began.emit(f"Animation {self._path.name}, drawing")
            request = WriteAnimation(tuple(self._read), self._choice, self._path)
            ticket = self._drawing.ask(request, self._tell, self._fail, progressed=self.progressed)
            self._tickets = self._tickets[0], ticket

    @Slot(object)
    def _tell(self, written: Written) -> None:
        self._end()
        self.said.emit(f"Saved {written.path}.")

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._end()
        self.failed.emit(failure)

    def _end(self) -> None:
        self._scenes, self._read = (), []
        self.ended.emit()
