"""How networks are trained: every field of a recipe, and how long, how often and where it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QPushButton, QWidget

from resnet_viewer.media.files import write_whole
from resnet_viewer.media.reading import read_whole
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.data import AUGMENTATION_WORDS, Augmentation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import Optimizer, Recipe, Schedule, ShortcutSchedule
from resnet_viewer.records.run_plan import BOUNDS, LONGEST_NAME, Course, PlanError, course_json, course_of
from resnet_viewer.records.training import Precision
from resnet_viewer.ui.widgets.form import Form, Notation, Number, allow, choices, on_change, value_of
from resnet_viewer.ui.widgets.labels import tooltip_text

_OPTIMIZERS: dict[Optimizer, str] = {"sgd": "SGD", "adam": "Adam"}
_SCHEDULES: dict[Schedule, str] = {
    "one cycle": "one cycle: up, then down to zero",
    "steps": "steps: a tenth at 50 % and 75 %",
    "constant": "constant",
}
_PRECISIONS: dict[Precision, str] = {
    "float32": "float32",
    "bfloat16": "bfloat16 where it will do, else float32",
}
_SURVIVAL_TIP = (
    "Stochastic depth (Huang et al. 2016): in a step the residual branch of block l of L is computed with probability "
    "1 - l/L (1 - P), else its shortcut alone carries on; 1 computes all. Plain networks take none."
)
_SCHEDULE_TIP = (
    "2..10=1..0 takes the strength of every shortcut linearly from 1 at the end of epoch 2 to 0 at the end of epoch "
    "10, after which the plain network is left. Before it the first strength holds, after it the last. Setting the "
    "shortcuts while a run trains ends it. Plain networks take none."
)
_JSON = "Recipes (*.json);;All files (*)"
LARGEST_RECIPE = 100_000
"""Bytes; a file that is larger is something else."""


class RecipeDialog(Form[Course]):
    """Export writes the fields as they are, import fills them."""

    def __init__(
        self, course: Course, devices: Sequence[str] = ("cpu",), parent: QWidget | None = None
    ) -> None:
        """`devices` are those that torch can use here."""
        super().__init__("Recipe", parent)
        usual: dict[Augmentation | None, str] = {None: "as is usual for the data"}
        schedule = Notation(
            ShortcutSchedule.written, attrgetter("notation"), "whole; or over epochs, as 2..10=1..0"
        )
        schedule.setToolTip(tooltip_text(_SCHEDULE_TIP))
        schedule.textChanged.connect(self._watch_schedule)
        record_every = _number("record_every")
        record_every.setSpecialValueText("by the number of steps")
        self.add_fields(
            {
                "name": ("&Name", QLineEdit(maxLength=LONGEST_NAME)),
                "epochs": ("&Epochs", _number("epochs")),
                "batch": ("&Batch size", _number("batch")),
                "optimizer": ("&Optimizer", choices(_OPTIMIZERS)),
                "rate": ("Learning &rate", _number("rate", decimals=6)),
                "schedule": ("&Schedule", choices(_SCHEDULES)),
                "warm_up": ("Warm-&up, share of all steps", _number("warm_up", decimals=6)),
                "momentum": ("&Momentum", _number("momentum", decimals=6)),
                "nesterov": ("", QCheckBox("Nesterov's momentum")),
                "weight_decay": ("&Weight decay", _number("weight_decay", decimals=6)),
                "decays_all": ("", QCheckBox("also on biases and normalisations")),
                "survival": ("Survival of the l&ast branch", _number("survival", decimals=6)),
                "shortcuts": ("Strength of short&cuts", schedule),
                "augment": ("&Training pictures", choices(usual | AUGMENTATION_WORDS)),
                "seed": ("First see&d", _number("seed")),
                "seeds": ("Seeds a networ&k", _number("seeds")),
                "device": ("De&vice", choices({"": "the best there is"} | {name: name for name in devices})),
                "precision": ("&Precision", choices(_PRECISIONS)),
                "record_every": ("Steps between &gradient records", record_every),
            }
        )
        self._refused: dict[QWidget, str] = {}
        """What is written in a field and cannot be taken, in words."""
        self._spans: dict[str, str] = {}
        for name, field in self.fields.items():
            if isinstance(field, Number):
                least, most = BOUNDS[name]
                words = self.words_of(field).partition(",")[0]
                self._spans[name] = f"{words} can be from {_said(least)} to {_said(most)}"
                field.setToolTip(f"{self._spans[name]}.")
                field.lineEdit().textEdited.connect(partial(self._watch, field, self._spans[name]))
        self.fields["survival"].setToolTip(tooltip_text(f"{self._spans['survival']}. {_SURVIVAL_TIP}"))
        for button, act in ((QPushButton("&Import…"), self._import), (QPushButton("E&xport…"), self._export)):
            button.setAutoDefault(False)
            button.clicked.connect(act)
            self.foot.insertWidget(self.foot.count() - 1, button)
        self.foot.insertStretch(2)
        self.show_course(course)
        on_change((self.fields["optimizer"],), self._follow)
        self._follow()

    @Slot(str)
    def _watch_schedule(self, _text: str) -> None:
        """Say while it is written what is missing of it."""
        field = self.fields["shortcuts"]
        self._refused.pop(field, None)
        try:
            value_of(field)
        except ArgumentError as error:
            self._refused[field] = str(error).removesuffix(".")
        self._say_refused()

    def _watch(self, field: Number, span: str, _text: str) -> None:
        """Say while it is written that a number cannot be taken."""
        self._refused.pop(field, None)
        if not field.hasAcceptableInput():
            self._refused[field] = span
        self._say_refused()

    def _say_refused(self) -> None:
        self.say(". ".join(self._refused.values()) + "." if self._refused else "")

    def accept(self) -> None:
        """Not with a number that is out of its range: the field has gone back to the last good one, which is said."""
        numbers = {field: span for field, span in self._refused.items() if isinstance(field, Number)}
        if numbers:
            kept = [f"{span}; {field.written} is kept" for field, span in numbers.items()]
            self._refused = {field: why for field, why in self._refused.items() if field not in numbers}
            self.say(". ".join(kept) + ".")
            return
        super().accept()

    def show_course(self, course: Course) -> None:
        """Fill the fields."""
        device = self.fields["device"]
        assert isinstance(device, QComboBox)
        if course.device and device.findData(course.device) < 0:
            device.addItem(f"{course.device}, which is not here", course.device)
        self.fill(course.recipe, course)

    @property
    def answer(self) -> Course:
        """A changed recipe cannot keep a built-in one's name."""
        recipe = self.record(Recipe)
        course = self.record(Course, recipe=replace(recipe, name=recipe.name or "own").named)
        if recipe.shortcuts is not None and recipe.shortcuts.begin >= course.epochs:
            raise PlanError(
                f"The shortcuts are to change after epoch {recipe.shortcuts.begin:g}, and the last epoch is "
                f"{course.epochs}: let them change earlier, or train longer."
            )
        return course

    @Slot()
    def _follow(self) -> None:
        refusal = "" if value_of(self.fields["optimizer"]) == "sgd" else "Adam has no such momentum."
        allow(self.fields["momentum"], refusal, f"{self._spans['momentum']}.")
        allow(self.fields["nesterov"], refusal)

    @Slot()
    def _export(self) -> None:
        try:
            course = self.answer
        except UserError as refusal:
            self.say(str(refusal))
            return
        name, _ = QFileDialog.getSaveFileName(self, "Export the recipe", f"{course.recipe.name}.json", _JSON)
        if name:
            try:
                write_whole(Path(name), course_json(course).encode())
            except (OSError, UserError) as error:
                self.say(str(error))
            else:
                self.say(f"Saved {name}.")

    @Slot()
    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import a recipe", "", _JSON)
        if name:
            try:
                self.show_course(read_course(Path(name)))
            except UserError as refusal:
                self.say(str(refusal))
            else:
                self.say("")


def read_course(path: Path) -> Course:
    """An exported recipe.

    Raises:
        PlanError: the file cannot be read or holds none.
    """
    return course_of(recipe_text(path))


def recipe_text(path: Path) -> str:
    """What a file that may be a recipe says.

    Raises:
        PlanError: it cannot be read, or is too large to be one.
    """
    try:
        return read_whole(path, most_bytes=LARGEST_RECIPE, wanted="a recipe", refused=PlanError).decode()
    except UnicodeDecodeError as error:
        raise PlanError(
            f"{path.name} cannot be read as a recipe; choose a file that was exported here."
        ) from error


def _said(number: float) -> str:
    """A bound as people write it: 2147483647, 0.9999, 1e-06."""
    return str(int(number)) if number == int(number) else f"{number:g}"


def _number(name: str, *, decimals: int = 0) -> Number:
    return Number(*BOUNDS[name], decimals=decimals)
