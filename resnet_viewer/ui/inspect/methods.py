"""Attribution methods in the window: which one is chosen, with which options, and its asking with low priority."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from resnet_viewer.records.errors import Failure, UserError
from resnet_viewer.records.method import (
    GRAD_CAM,
    METHODS,
    ExplainPair,
    ExplainRequest,
    MethodChoice,
    MethodInfo,
    NoiseTunnelOptions,
    NoOptions,
    cost_of,
    method_of,
    missing_extra,
    refusal,
)
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.menus import add_choice, add_entry, add_head
from resnet_viewer.ui.widgets.form import Form
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.options_form import OptionsForm

_HEADS = {"block": "Maps of a block", "input": "Maps of the network's input"}


class Explaining(QObject):
    """Has the chosen method look at what is on the screen, again after every change, and says why it does not."""

    changed = Signal()
    study_wished = Signal(str, object)
    """The name of a study, and a dictionary of those of its options that are chosen here."""

    def __init__(self, controller: Controller, editor: Editor, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._editor, self._window = controller, editor, window
        self._wanted: ExplainPair | None = None
        self._sent: ExplainPair | None = None
        """What of it is being found; None where nothing is, or no more."""
        self.problem = ""
        """Why there is no map, in a sentence."""
        self.is_stopped = False
        self._has_failed = False
        self._looking = QTimer(self, singleShot=True, interval=0)
        self._looking.timeout.connect(self._look)
        controller.scene_changed.connect(self._look_soon)

    @property
    def is_at_work(self) -> bool:
        """Passes are being run, or wait for their turn."""
        return self._sent is not None and not all(map(self._is_found, _questions(self._sent)))

    @Slot()
    def stop(self) -> None:
        """Run no more passes; what was found so far stays."""
        if self.is_at_work:
            self._give_up()
            self.is_stopped = True
            self.changed.emit()

    @Slot()
    def start_again(self) -> None:
        """After a stop, or a failure."""
        self._wanted = None
        self._look()

    @Slot()
    def _look_soon(self) -> None:
        self._looking.start()  # what was found before is published at once: not between two panels' scenes

    @Slot()
    def _look(self) -> None:
        wanted = self._controller.scene.explain_question
        if wanted != self._wanted:
            self._give_up()
            self._wanted, self.problem, self.is_stopped, self._has_failed = wanted, "", False, False
        if wanted is not None and not self.is_stopped and not self._has_failed:
            self._seek(_questions(wanted))
        self.changed.emit()

    def _seek(self, wanted: tuple[ExplainRequest, ...]) -> None:
        """Have found what is neither known nor sought already; a change that was taken back may have ended that."""
        refused = {question: said for question in wanted if (said := refusal(question))}
        self.problem = next(iter(refused.values()), "")
        missing = [question for question in wanted if question not in refused and not self._has(question)]
        if missing and (self._sent is None or not self._controller.seeks(self._sent)):
            self._sent = ExplainPair(*missing)
            self._controller.find(self._sent, self._fail)

    def _give_up(self) -> None:
        if self._sent is not None:
            self._controller.give_up(self._sent)
            self._sent = None

    def _has(self, question: ExplainRequest) -> bool:
        return self._is_found(question) or self._controller.recall(question)

    def _is_found(self, question: ExplainRequest) -> bool:
        found = self._controller.scene.findings.get(question)
        return found is not None and found.is_complete

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._sent, self.problem, self._has_failed = None, failure.sentence, True
        self.changed.emit()

    # The menu
    def fill(self, menu: QMenu) -> None:
        """Every method, with what it costs for the picture on the screen; the options of the chosen one."""
        scene = self._controller.scene
        chosen, group = scene.session.view.method, QActionGroup(menu)
        for place, head in _HEADS.items():
            add_head(menu, head)
            for info in METHODS:
                if info.place == place:
                    entry = add_choice(
                        menu, group, info.title, info.name == chosen.method, partial(self.choose, info)
                    )
                    entry.setText(f"{entry.text()}\t{self._cost_words(info, chosen, scene.now)}")
                    entry.setToolTip(f"{info.explains} {info.paper.words}")
            menu.addSeparator()
        menu.setToolTipsVisible(True)
        if chosen.info.options is not NoOptions:
            add_entry(menu, f"Options of {chosen.info.title}…", self.ask_options)
        if self.is_at_work:
            add_entry(menu, f"Stop {chosen.info.title}", self.stop)
        elif self.is_stopped or (self.problem and not chosen.is_grad_cam):
            add_entry(menu, f"Start {chosen.info.title} again", self.start_again)
        menu.addSeparator()
        add_entry(menu, "Is this map to be trusted? (Studies)", self.ask_whether_to_trust)

    @Slot()
    def ask_whether_to_trust(self) -> None:
        """Hold the chosen method's maps of the block on the screen against random ones."""
        scene = self._controller.scene
        chosen = scene.session.view.method
        block = scene.cam_block if chosen.info.needs_block else 0
        self.study_wished.emit("trust", {"method": chosen.method, "block": block})

    def _cost_words(self, info: MethodInfo, chosen: MethodChoice, now: ProbeResult | None) -> str:
        if info.name == "grad_cam":
            return "with every reading"
        if missing_extra(info.name):
            return f"needs the extra “{info.extra}”"
        if now is None or not now.is_complete:
            return ""
        choice = chosen if info.name == chosen.method else MethodChoice(info.name)
        return cost_of(choice.about(now, now.request.state.network.block_count)).words

    def choose(self, info: MethodInfo) -> None:
        """Explain the picture by it, as it was last done."""
        view = self._controller.scene.session.view
        if info.name != view.method.method:
            self._show(GRAD_CAM if info.name == "grad_cam" else MethodChoice(info.name))

    @Slot()
    def ask_options(self) -> None:
        """Ask with which options the chosen method is to work."""
        scene = self._controller.scene
        answer = MethodDialog(scene.session.view.method, scene.now, self._window).asked()
        if answer is not None:
            self._show(answer)

    def _show(self, choice: MethodChoice) -> None:
        self._editor.look(replace(self._controller.scene.session.view, method=choice))


def _questions(pair: ExplainPair) -> tuple[ExplainRequest, ...]:
    return (pair.now,) if pair.reference is None else (pair.now, pair.reference)


class MethodDialog(Form[MethodChoice]):
    """The options of a method, by captum's names, and what it costs with them before it starts."""

    def __init__(self, choice: MethodChoice, now: ProbeResult | None, parent: QWidget | None = None) -> None:
        info = choice.info
        super().__init__(f"Options of {info.title}", parent)
        self._choice, self._now = choice, now
        explained = plain_label(f"{info.explains} {info.note}".strip())
        explained.setWordWrap(True)
        paper = plain_label(f"{info.paper.words}: {info.paper.title}")
        paper.setWordWrap(True)
        self.options_form, self.over_form = OptionsForm(), OptionsForm()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        for place, part in enumerate((explained, paper, self.options_form, self.over_form)):
            layout.insertWidget(place, part)
        usual = QPushButton("Usual options")
        usual.clicked.connect(self.options_form.reset)
        usual.clicked.connect(self.over_form.reset)
        self.foot.insertWidget(0, usual)
        self.over_form.hide()
        self.options_form.show_options(choice.options or info.options())
        if choice.over is not None:
            self._show_over()
            self.over_form.show_options(choice.over)
        self.options_form.changed.connect(self._tell)
        self.over_form.changed.connect(self._tell_cost)
        self._tell()
        self.setMinimumWidth(420)

    @property
    def answer(self) -> MethodChoice:
        options, over = self.options_form.options, None
        if isinstance(options, NoiseTunnelOptions) and not self.over_form.isHidden():
            over = self.over_form.options
        return MethodChoice(self._choice.method, options, over)

    def _show_over(self) -> None:
        """The fields of the method that a noise tunnel goes over."""
        options = self.options_form.options
        if not isinstance(options, NoiseTunnelOptions):
            return
        kind = method_of(options.over).options
        if self.over_form.isHidden() or type(self.over_form.options) is not kind:
            self.over_form.show_options(kind())
            self.over_form.setVisible(bool(fields(kind)))

    @Slot()
    def _tell(self) -> None:
        try:
            self._show_over()
        except UserError as refused:
            self.say(str(refused))
            return
        self._tell_cost()

    @Slot()
    def _tell_cost(self) -> None:
        try:
            choice = self.answer
            if self._now is None or not self._now.is_complete:
                self.say("")
                return
            asked = choice.about(self._now, self._now.request.state.network.block_count)
            cost = f"{cost_of(asked).words} for each state; every toggle comes first."
            self.say(f"{cost[:1].upper()}{cost[1:]}")
        except UserError as refused:
            self.say(str(refused))


def progress_words(explaining: Explaining) -> str:
    """Why there is no map, or that it was stopped; empty where it is at work or done."""
    return explaining.problem or ("Stopped before the last pass." if explaining.is_stopped else "")
