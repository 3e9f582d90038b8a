"""The Train page's controls in the toolbar: on what, how and which networks are trained; start, pause, stop, cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import qtawesome
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QIcon
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from resnet_viewer.records.data import NAMED, data_title
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.ui.menus import add_choice, add_entry
from resnet_viewer.ui.page import LETTERS, WORDS_FROM, PageBar
from resnet_viewer.ui.train.plan import Plan
from resnet_viewer.ui.widgets.labels import shortened, tooltip_text
from resnet_viewer.ui.widgets.theme import Theme


def strength_in(scene: LabScene) -> float:
    """How far the shortcuts of the runs at work are open: the least of them, 1 where there are none."""
    return min((log.strength for log in _steered(scene)), default=1.0)


def _steered(scene: LabScene) -> list[RunLog]:
    """The runs whose shortcuts can be opened and closed now: those that are being read may be done."""
    logs = [log for log in scene.logs if log.is_at_work and not log.is_being_read]
    return [log for log in logs if log.run.network.has_shortcuts]


class TrainBar(PageBar):
    """Renders the plan and the runs; its buttons are connected, and its menus filled, by who knows what there is."""

    strength_wished = Signal(float)
    shapes = tuple(
        (icons, letters) for icons in (0, 4) for letters in LETTERS if icons or letters >= WORDS_FROM
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data_button = self.menu_button("Data")
        self.recipe_button = self.menu_button("Recipe")
        self.networks_button = self.button("Networks")
        self.start_button = self.button("Start")
        self.start_button.setObjectName("primary")
        self.add_button = self.button("Add")
        self.add_button.setToolTip("Train the chosen networks beside the runs on the screen (Shift+F6)")
        self.add_button.hide()
        self.pause_button = self.button("Pause")
        self.stop_button = self.button("Stop")
        self.cut_button = self.button("Cut shortcuts now")
        self.strength_button = self.menu_button("Strength of the shortcuts")
        self.strength_button.setToolTip(
            "How far the shortcuts of every residual network are open, from the next step on; this ends what a recipe "
            "has planned for them"
        )
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength_label = QLabel()
        self._add_strength(self.strength_button.menu())
        self.export_button = self.menu_button("Export")
        self.export_button.setToolTip("Export a figure or its numbers")
        self.lay_out(
            self.data_button, self.recipe_button, self.networks_button, self.start_button, self.add_button,
            self.pause_button, self.stop_button, self.cut_button, self.strength_button, None, self.export_button,
        )  # fmt: skip
        self._plan, self._scene = RunPlan(), LabScene()
        self._is_compact, self._icon_count, self._letters = False, 0, 44
        self._icons: dict[str, QIcon] = {}

    def show_plan(self, plan: RunPlan) -> None:
        """What a start would train."""
        self._plan = plan
        self.label(icons=self._icon_count, letters=self._letters)
        self.needs_room.emit()

    def render_lab(self, scene: LabScene) -> None:
        """What can be done now."""
        if scene is self._scene:
            return
        self._scene = scene
        before = self.sizeHint()
        self._label_actions()
        if self.sizeHint() != before:
            self.needs_room.emit()

    def label(self, *, icons: int, letters: int) -> None:
        """Whole words, or shorter ones and names of so many letters where there is no room."""
        self._icon_count, self._letters = icons, letters
        is_compact = self._is_compact = icons > 0
        plan = self._plan
        recipe = plan.course.recipe.name
        long = f"{recipe.capitalize()} recipe" if recipe in RECIPES else recipe
        for button, name, text in (
            (self.data_button, "Data", data_title(plan.data)),
            (self.recipe_button, "Recipe", recipe.capitalize() if is_compact else long),
            (self.networks_button, "Networks", plan.networks_words),
        ):
            if is_compact and button is self.data_button:
                text = text.partition(" (")[0]
            button.setText(f"{shortened(text, letters).replace('&', '&&')} ▾")
            button.setAccessibleName(f"{name}: {text}")
        course = plan.course
        seeds = f"seed {course.seed}" if course.seeds == 1 else f"{course.seeds} seeds from {course.seed}"
        self.data_button.setToolTip(tooltip_text(f"Train on {plan.data}"))
        self.recipe_button.setToolTip(tooltip_text(f"{course.recipe.words}\n{course.epochs} epochs, {seeds}"))
        self.networks_button.setToolTip(tooltip_text(f"{plan.networks_words}\nchoose which are trained"))
        style = Qt.ToolButtonStyle
        look = style.ToolButtonIconOnly if is_compact else style.ToolButtonTextOnly
        for button in (self.pause_button, self.stop_button, self.export_button):
            button.setToolButtonStyle(look)
        self.strength_button.setText("▾" if letters < 24 else "Strength ▾")
        self._label_actions()

    def _label_actions(self) -> None:
        is_busy, logs = self._scene.is_busy, self._scene.logs
        start = "Add" if is_busy else "Start again" if logs else "Start"
        told = "Train the chosen networks"
        if is_busy or logs:
            told += " beside the others" if is_busy else " in place of these, which are kept"
        self._say(self.start_button, start, f"{told} (F5)")
        self.add_button.setVisible(not is_busy and bool(logs))
        has_left = not is_busy and any(log.state in ("stopped", "failed") for log in logs)
        goes_on = self._scene.is_paused or has_left
        if self._icons:
            self.pause_button.setIcon(self._icons["play" if goes_on else "pause"])
        whom = "the runs that have not ended" if has_left else "all runs"
        way = "Continue" if goes_on else "Pause"
        self._say(self.pause_button, way, f"{way}: {whom} (F6)")
        self.stop_button.setToolTip("Stop all runs after the step at hand; they can be continued")
        can_cut = is_busy and bool(_steered(self._scene))
        can_export = any(log.steps for log in logs) and not self._scene.is_being_read
        is_cut = strength_in(self._scene) < 1
        words = "Restore shortcuts" if is_cut else "Cut shortcuts now"
        self._say(self.cut_button, words, f"{words}: in every residual network, from the next step on")
        for button, is_on in (
            (self.pause_button, is_busy or has_left), (self.stop_button, is_busy), (self.cut_button, can_cut),
            (self.strength_button, can_cut), (self.export_button, can_export),
        ):  # fmt: skip
            button.setEnabled(is_on)
        if not self.strength.isSliderDown():
            with QSignalBlocker(self.strength):
                self.strength.setValue(round(100 * strength_in(self._scene)))
            self._say_strength(self.strength.value())

    def _say(self, button: QToolButton, words: str, tip: str) -> None:
        """The first word alone where there is no room."""
        button.setText(words.partition(" ")[0] if self._is_compact else words)
        button.setAccessibleName(words)
        button.setToolTip(tip)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._icons = {
            name: qtawesome.icon(f"mdi6.{name}", color=theme.text, color_disabled=theme.faint)
            for name in ("pause", "play", "stop", "export-variant")
        }
        self.stop_button.setIcon(self._icons["stop"])
        self.export_button.setIcon(self._icons["export-variant"])
        self._label_actions()

    def _add_strength(self, menu: QMenu) -> None:
        self.strength.setRange(0, 100)
        self.strength.setMinimumWidth(180)
        self.strength.setAccessibleName("Strength of the shortcuts in percent")
        self.strength.setTracking(False)
        self.strength.valueChanged.connect(self._wish_strength)
        self.strength.sliderMoved.connect(self._say_strength)
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.addWidget(self.strength_label)
        layout.addWidget(self.strength)
        action = QWidgetAction(menu)
        action.setDefaultWidget(holder)
        menu.addAction(action)
        for percent in (100, 50, 10, 0):
            title = {100: "Restore (100 %)", 0: "Cut (0 %)"}.get(percent, f"{percent} %")
            menu.addAction(title).triggered.connect(
                lambda _=False, percent=percent: self.strength.setValue(percent)
            )

    @Slot(int)
    def _wish_strength(self, percent: int) -> None:
        self._say_strength(percent)
        self.strength_wished.emit(percent / 100)

    @Slot(int)
    def _say_strength(self, percent: int) -> None:
        self.strength_label.setText(f"Shortcuts open by {percent} %")


ABOUT = {
    "quick": "a short run on a laptop",
    "paper": "He et al. 2015, section 4.2",
    "adam": "as teaching examples in Keras",
}


def fill_data_menu(
    menu: QMenu, plan: Plan, choose_folder: Callable[[], object], remark: Callable[[str], str]
) -> None:
    """Every named data set; `remark` says what it costs to have it, "" where it is here."""
    group, present = QActionGroup(menu), plan.present
    for name in NAMED:
        said = remark(name)
        title = f"{data_title(name)}{f' · {said}' if said else ''}"
        act = partial(plan.choose, replace(present, data=name))
        add_choice(menu, group, title, present.data == name, act)
    menu.addSeparator()
    if present.data not in NAMED:
        add_choice(menu, group, data_title(present.data), True, partial(plan.choose, present))
    add_entry(menu, "Folder of pictures…", choose_folder)


def fill_recipe_menu(menu: QMenu, plan: Plan, edit: Callable[[], object]) -> None:
    """The built-in recipes, those of this user, and the way to another."""
    group, course, own = QActionGroup(menu), plan.present.course, plan.saved.all()
    for name, recipe in RECIPES.items():
        act = partial(plan.follow, replace(course, recipe=recipe))
        add_choice(menu, group, f"{name.capitalize()}: {ABOUT[name]}", course.recipe == recipe, act)
    if own:
        menu.addSeparator()
    for name, saved in own.items():
        add_choice(menu, group, name, course.recipe == saved.recipe, partial(plan.follow, saved))
    menu.addSeparator()
    add_entry(menu, "Edit…", edit)
    if own:
        forget = menu.addMenu("Forget a recipe")
        for name in own:
            add_entry(forget, name, partial(plan.saved.forget, name))
