"""The panel that holds the wiring strip and the gradient norms on one x axis, with header, choices and caption."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget
from superqt import QLabeledDoubleSlider

from resnet_viewer.charts.gradient_values import gradient_curves
from resnet_viewer.charts.wiring_layout import Part, StripLayout, lay_out, openings
from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.captions import target_name, wiring_words
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.gradients import GradientBar
from resnet_viewer.ui.inspect.readings import last_full, last_reference, placeholder
from resnet_viewer.ui.inspect.wiring_view import WiringView
from resnet_viewer.ui.inspect.wiring_words import caption_wordings, hint, readout
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import FittingParagraph, choice_box
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button
from resnet_viewer.ui.widgets.theme import DARK, Theme

Gate = Literal["shortcut", "branch"]
STEP = 0.05
_GATE_TIP = "Which gate of the selected block the slider moves"
_TRACK = 140
"""Pixels of the slider without its number."""


class WiringControls(QWidget):
    """Emits the strength that the user drags to; `show_block` shows the wish and emits nothing."""

    shortcut_strength_chosen = Signal(int, float)
    branch_strength_chosen = Signal(int, float)
    fit_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._block: BlockSpec | None = None
        self._wiring: Wiring | None = None
        self._label = muted(plain_label())
        gates = ("shortcut", "shortcut"), ("branch", "residual branch")
        self.gate = choice_box("Gate of the selected block", gates, _GATE_TIP)
        self.slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0.0, 1.0)
        self.slider.setSingleStep(STEP)  # type: ignore[arg-type]  # superqt takes floats
        self.slider.setPageStep(4 * STEP)  # type: ignore[arg-type]
        self.slider.setDecimals(2)
        self.slider.setValue(1.0)
        self.slider.setAccessibleName("Strength of the selected block's gate")
        self.slider.setToolTip("How far the gate of the selected block is open, from 0 (cut) to 1 (open)")
        self.fit_button = tool_button("Fit", "Show the whole network", "Show the whole network (Home)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._label, self.gate, self.slider, self.fit_button):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._choose)
        self.gate.currentIndexChanged.connect(self._show)
        self.fit_button.clicked.connect(self.fit_clicked)

    @property
    def chosen_gate(self) -> Gate:
        """Which gate the slider moves."""
        return "branch" if self.gate.currentData() == "branch" else "shortcut"

    def show_block(self, block: BlockSpec | None, wiring: Wiring) -> None:
        """The selected block, or None, and the wiring that is wished for."""
        if block is self._block and wiring == self._wiring:
            return
        self._block, self._wiring = block, wiring
        self._show()

    def fit_number(self) -> None:
        """The font may be another."""
        self.slider.setDecimals(2)  # makes the number's field as wide as it needs
        self.slider.setFixedWidth(_TRACK + self.slider.fontMetrics().horizontalAdvance("0.00"))

    def _show(self) -> None:
        block, wiring = self._block, self._wiring
        self._label.setText(f"block {block.number}" if block is not None else "")
        self._label.setToolTip(block.label if block is not None else "")
        has_shortcut = block is None or block.shortcut != "none"
        if not has_shortcut and self.chosen_gate == "shortcut":
            with QSignalBlocker(self.gate):
                self.gate.setCurrentIndex(1)
        self.gate.setEnabled(block is not None and has_shortcut)
        self.gate.setToolTip(
            _GATE_TIP if has_shortcut else "This block has no shortcut, only a residual branch"
        )
        self.slider.setEnabled(block is not None)
        value = 1.0
        if block is not None and wiring is not None:
            gates = wiring.shortcuts if self.chosen_gate == "shortcut" else wiring.branches_run
            value = gates[block.number - 1]
        with QSignalBlocker(self.slider):
            self.slider.setValue(value)

    def _choose(self, value: float) -> None:
        if self._block is None or self._wiring is None:
            return
        strength = min(max(round(round(value / STEP) * STEP, 2), 0.0), 1.0)
        number = self._block.number
        is_shortcut = self.chosen_gate == "shortcut"
        gates = self._wiring.shortcuts if is_shortcut else self._wiring.branches_run
        if strength != gates[number - 1]:
            (self.shortcut_strength_chosen if is_shortcut else self.branch_strength_chosen).emit(
                number, strength
            )


_ROOMY = 21
"""A panel as high as so many lines of text spares its caption a second one."""
_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


class WiringPanel(Card):
    """Shows the wish at once and the newest complete reading beside it, dimmed while it belongs to an older wish.

    Every signal is a wish; the panel changes nothing itself. Blocks are numbered from 1.
    """

    shortcut_clicked = Signal(int)
    """Cut or restore this block's shortcut."""
    shortcuts_swept = Signal(object, float)
    """A tuple of blocks, and the strength (0 or 1) for their shortcuts."""
    reference_shortcut_clicked = Signal(int)
    """Cut or restore the shortcut of this block of the reference, which is another network."""
    branch_clicked = Signal(int)
    """Drop or restore this block's residual branch."""
    strength_chosen = Signal(int, float)
    """Open this block's shortcut that far; sent while the slider is dragged."""
    branch_strength_chosen = Signal(int, float)
    layer_selected = Signal(str)
    """A name of `Blueprint.map_names`."""
    quantity_chosen = Signal(str)
    gradient_of_chosen = Signal(str)
    hovered = Signal(str)
    """What is under the pointer or has the keyboard's focus, for the status bar; empty for nothing."""
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Wiring", parent)
        self._scene: Scene | None = None
        self._layout: StripLayout | None = None
        self._other: StripLayout | None = None
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._menu = QMenu(self)
        self.controls = WiringControls()
        self.view = WiringView()
        self.bar = GradientBar(self.view.viewport())
        self.view.lines.words = lambda: self.bar.word_spans
        self._caption = muted(FittingParagraph(2))
        self.add_control(self.controls)
        self.body.setSpacing(2)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self._caption)
        self.view.rearranged.connect(self._place_bar)
        self.view.activated.connect(self._activate)
        self.view.reference_activated.connect(self._activate_reference)
        self.view.swept.connect(self.shortcuts_swept)
        self.view.focus_moved.connect(self._select)
        self.view.menu_wanted.connect(self._open_menu)
        self.view.pointed.connect(self._read_out)
        self.view.announced.connect(self.hovered)
        self.controls.fit_clicked.connect(self.view.fit)
        self.controls.shortcut_strength_chosen.connect(self.strength_chosen)
        self.controls.branch_strength_chosen.connect(self.branch_strength_chosen)
        self.bar.quantity_chosen.connect(self.quantity_chosen)
        self.bar.gradient_of_chosen.connect(self.gradient_of_chosen)
        self.apply_theme(DARK)

    def render_scene(self, scene: Scene) -> None:
        """Show the scene, touching only what differs from the one before."""
        self.render_wish(scene)
        self._show_readings(scene)
        self.view.tell_again()

    def render_wish(self, scene: Scene) -> None:
        """Show what is wanted; what was found belongs to the scene before, until the whole scene is shown."""
        self._scene = scene
        setup, view, plan = scene.session.setup, scene.session.view, scene.blueprint
        if self._layout is None or self._layout.blueprint is not plan:
            self._layout = lay_out(plan)
        wiring = setup.wiring
        self.view.show_wiring(self._layout, wiring, view.layer)
        self._show_reference(scene)
        self.controls.show_block(plan.block_of(view.layer), wiring)
        self.bar.show_choice(view.gradient_quantity, setup.gradient_of)

    def _show_reference(self, scene: Scene) -> None:
        """The strip of a reference that is another network, and both states in words."""
        plan, wiring, theirs = scene.blueprint, scene.session.setup.wiring, scene.session.reference
        said = wiring_words(plan.spec, wiring)
        if theirs.network == plan.spec:
            self.view.show_reference(None, theirs.wiring)
            self.set_subtitle(f"{said} · {hint(plan, wiring)}")
            return
        other = blueprint(theirs.network, theirs.preprocessing.crop)
        if self._other is None or self._other.blueprint is not other:
            self._other = lay_out(other)
        reading = last_reference(self._reference, scene.reference, scene)
        self.view.show_reference(self._other, theirs.wiring, openings(reading, None, is_stale=False))
        ours = f"now {plan.spec.title}, {said}"
        beside = f"reference {other.spec.title}, {wiring_words(other.spec, theirs.wiring)}"
        self.set_subtitle(f"{ours} · {beside} · {hint(plan, wiring)}")

    @Slot(object)
    def _activate_reference(self, part: Part) -> None:
        if part.kind == "arc" and part.block is not None:
            self.reference_shortcut_clicked.emit(part.block)
        else:
            self.hovered.emit("this is the reference; Edit > Swap now and reference makes it now")

    def selected_block(self) -> int | None:
        """The block that the selected layer lies in, or None (the stem, or nothing shown yet)."""
        if self._scene is None:
            return None
        block = self._scene.blueprint.block_of(self._scene.session.view.layer)
        return None if block is None else block.number

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_caption()

    def _fit_caption(self) -> None:
        line = self.fontMetrics().height()
        self._caption.set_lines(2 if self.height() >= _ROOMY * line else 1)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the font may be another, too."""
        self._fit_caption()
        self.view.apply_theme(theme)
        self.controls.fit_number()

    def _show_readings(self, scene: Scene) -> None:
        assert self._layout is not None
        now = last_full(self._now, scene.now, scene)
        reference = last_reference(self._reference, scene.reference, scene)
        now_is_stale = now is not None and (scene.is_stale or now is not scene.now)
        reference_is_stale = reference is not None and reference is not scene.reference
        quantity = scene.session.view.gradient_quantity
        names = scene.session.setup.class_names
        drawn = (now, reference, quantity, self._layout, names, placeholder(scene))
        is_drawn, self._drawn = drawn == self._drawn, drawn
        self._now, self._reference = now, reference
        self.set_updating(now_is_stale)
        self.view.strip.adjust(openings=openings(now, reference, is_stale=now_is_stale))
        self.view.plot.set_stale(now=now_is_stale, reference=reference_is_stale)
        if is_drawn:
            return
        target = target_name(now.target, names) if now is not None else ""
        self.bar.show_reading(now, quantity, target)
        self.view.lines.redraw()
        curves = gradient_curves(now, reference, quantity, self._layout)
        self.view.plot.set_curves(curves, layers=self._layout.depth, message=placeholder(scene))
        wordings = ("",) if now is None else caption_wordings(now, reference, names, quantity)
        self._caption.set_wordings(wordings)

    def _place_bar(self) -> None:
        self.bar.setGeometry(self.view.bar_rect().toRect())
        self.view.lines.redraw()

    def _read_out(self, name: str) -> None:
        text = ""
        if name and self._layout is not None:
            text = readout(
                self._layout.blueprint, name, self.view.plot.shown.now, self.view.plot.shown.reference
            )
        self.bar.show_readout(text)
        self.view.lines.redraw()
        self.hovered.emit(text)

    def _activate(self, part: Part) -> None:
        if part.kind == "arc" and part.block is not None:
            self.shortcut_clicked.emit(part.block)
        elif not self._select(part):
            self.hovered.emit("the classifier has no feature maps")

    def _select(self, part: Part) -> bool:
        """Wish for a part's layer or block to be selected; says whether it can be."""
        has_maps = self._layout is not None and part.name in self._layout.blueprint.map_names()
        if has_maps:
            self.layer_selected.emit(part.name)
        return has_maps

    def _open_menu(self, part: Part | None, position: QPoint) -> None:
        self._menu.clear()
        self.fill_menu(self._menu, part)
        self._menu.popup(position)

    def fill_menu(self, menu: QMenu, part: Part | None) -> None:
        """Everything that can be wished for about a part of the strip."""
        if part is not None and self._layout is not None:
            menu.addAction(_menu_title(self._layout, part)).setEnabled(False)
            menu.addSeparator()
        if part is not None and part.block is not None and self._scene is not None:
            self._add_block_actions(menu, part.block)
        elif part is not None and part.kind == "box":
            self._add(menu, f"Show maps of {part.name}", self._activate, part)
        menu.addSeparator()
        menu.addAction("Fit (Home)", self.view.fit)
        menu.addAction("Export gradient norms…", self.export_requested.emit)

    def _add_block_actions(self, menu: QMenu, number: int) -> None:
        assert self._scene is not None
        block = self._scene.blueprint.blocks[number - 1]
        wiring = self._scene.session.setup.wiring
        if block.shortcut != "none":
            verb = "Restore" if wiring.shortcuts[number - 1] == 0.0 else "Cut"
            self._add(menu, f"{verb} shortcut", self.shortcut_clicked.emit, number)
        verb = "Restore" if wiring.branches_run[number - 1] == 0.0 else "Drop"
        key = " (D)" if number == self.selected_block() else ""  # the key means the selected block
        self._add(menu, f"{verb} residual branch{key}", self.branch_clicked.emit, number)
        if block.shortcut != "none":
            later = tuple(range(number, wiring.block_count + 1))
            earlier = tuple(range(1, number + 1))
            for words, blocks in (("later", later), ("earlier", earlier)):
                cut = self._add(
                    menu, f"Cut this and all {words} shortcuts", self.shortcuts_swept.emit, blocks, 0.0
                )
                cut.setEnabled(any(wiring.shortcuts[other - 1] > 0 for other in blocks))
            self._add_strengths(menu, "Shortcut strength", number, self.strength_chosen.emit)
        self._add_strengths(menu, "Residual branch strength", number, self.branch_strength_chosen.emit)
        maps = menu.addMenu("Show maps of")
        for name in (*(layer.name for layer in block.layers), block.name):
            title = (
                self._scene.blueprint.describe(name).rsplit(" · ", 1)[-1] if name != block.name else "output"
            )
            self._add(maps, f"{title} ({name})", self.layer_selected.emit, name)

    def _add_strengths(self, menu: QMenu, title: str, number: int, emit: Callable[..., object]) -> None:
        strengths = menu.addMenu(title)
        for strength in _STRENGTHS:
            self._add(strengths, f"{strength:g}", emit, number, strength)

    def _add(self, menu: QMenu, text: str, wish: Callable[..., object], *values: object) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda: wish(*values))
        return action


def _menu_title(layout: StripLayout, part: Part) -> str:
    """The block's own words for everything in a block, else the layer's."""
    block = part.block
    return (
        layout.blueprint.blocks[block - 1].label
        if block is not None
        else layout.blueprint.describe(part.name)
    )
