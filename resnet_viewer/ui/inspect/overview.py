"""The activations of every block at once, now over the reference: what a signal is like on its way through the network.

The numbers are found with low priority, a reading at a time; until they are, those of the reading before
stay, and are soon dimmed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPen, QShowEvent
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from resnet_viewer.charts.activations import (
    KEY,
    SCALES,
    TITLE,
    ActivationChart,
    Column,
    activation_chart,
    limits,
    numbers_table,
)
from resnet_viewer.charts.chart import Axis, Chart
from resnet_viewer.charts.gradient_values import ROLES, Role
from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.charts.wiring_layout import StripLayout, lay_out
from resnet_viewer.records.distribution import Distributions, MeasureActivations
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.readings import placeholder
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.theme import DARK, Theme

_LEAST_UNITS = 6.0
"""The nearest zoom shows that much of the strip's axis."""
_PATIENCE_MS = 300
"""Numbers of an older reading are dimmed after so long; the header says at once that they are. Most new ones come
sooner, and to paint all of it twice for each toggle would hold up the others."""


class OverviewPanel(Card):
    """All signals but `hovered` are wishes."""

    activations_wished = Signal(object)
    """A MeasureActivations whose answer is to stand in the scene."""
    layer_selected = Signal(str)
    """The stem or a block, by its name."""
    view_changed = Signal(View)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self._scene: Scene | None = None
        self._layout: StripLayout | None = None
        self._found: dict[Role, Distributions | None] = {"now": None, "reference": None}
        self._asked: tuple[object, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self._pointed: int | None = None
        self._old: dict[Hashable, float] = {}
        self._dimming = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self.shown = ActivationChart(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0)))
        """What is drawn."""
        self.scale = choice_box("Scale of the activations", SCALES.items())
        self.canvas = PlotCanvas(TITLE, corner="block", has_title=False)
        self.canvas.keys = frozenset((Qt.Key.Key_Left, Qt.Key.Key_Right))
        self._marks = {name: _mark(self.canvas) for name in ("selected", "pointed")}
        self.add_control(self.scale)
        self.body.addWidget(self.canvas, 1)
        self.scale.activated.connect(self._choose_scale)
        self._dimming.timeout.connect(self._dim)
        self.canvas.rearranged.connect(self._prepare)
        self.canvas.pointed.connect(self._point)
        self.canvas.clicked.connect(self._click)
        self.canvas.key_pressed.connect(self._step)
        self.apply_theme(DARK)

    def render_scene(self, scene: Scene) -> None:
        """Show what is known of the scene's readings, and wish for what is not."""
        self._scene = scene
        plan, view = scene.blueprint, scene.session.view
        if self._layout is None or self._layout.blueprint is not plan:
            self._layout = lay_out(plan)
            self.canvas.set_limits(*limits(self._layout), _LEAST_UNITS)
            self.canvas.fit()
        readings: dict[Role, ProbeResult | None] = {"now": scene.now, "reference": scene.reference}
        is_old = {role: self._look_up(role, readings[role], scene) for role in ROLES}
        self._wish(readings, scene)
        self.scale.setCurrentIndex(self.scale.findData(view.activation_scale))
        found = self._found["now"], self._found["reference"]
        drawn = (*found, self._layout, view.activation_scale, self._message(scene))
        if drawn != self._drawn:
            self._drawn = drawn
            self._prepare()
        self._old = {role: STALE_OPACITY for role in ROLES if is_old[role]}
        if not self._old:
            self._dimming.stop()
            self._dim()
        elif not self._dimming.isActive() and self._old != self.canvas.opacities:
            self._dimming.start()
        self.set_updating(is_old["now"] and self._found["now"] is not None)
        self._place_marks()

    @Slot()
    def _dim(self) -> None:
        self.canvas.dim(self._old)

    def showEvent(self, event: QShowEvent) -> None:
        """What nobody saw was not asked for."""
        super().showEvent(event)
        if self._scene is not None:
            self.render_scene(self._scene)

    def apply_theme(self, theme: Theme) -> None:
        self.canvas.apply_theme(theme)
        for name, mark in self._marks.items():
            ground = QColor(theme.accent)
            ground.setAlphaF(0.16 if name == "selected" else 0.08)
            mark.setBrush(ground)
            mark.setPen(QPen(QColor(theme.accent), 1.0) if name == "selected" else QPen(Qt.PenStyle.NoPen))
        self._prepare()

    def _look_up(self, role: Role, reading: ProbeResult | None, scene: Scene) -> bool:
        """Take what was found of a reading; says whether what is shown is of an older one, or not whole."""
        shown = self._found[role]
        question = self._question(reading, scene)
        if question is not None:
            known = scene.findings.get(question)
            same = [
                found for found in self._found.values() if found is not None and found.request == question
            ]
            if isinstance(known, Distributions):
                self._found[role] = known
            elif same:
                self._found[role] = max(same, key=lambda found: len(found.found))
        found = self._found[role]
        state = scene.session.setup.state if role == "now" else scene.session.reference
        if found is not None and (
            found.request.picture != scene.session.picture or found.request.state.network != state.network
        ):
            self._found[role] = found = None
        return found is not None and (question is None or found.request != question) and found is shown

    def _question(self, reading: ProbeResult | None, scene: Scene) -> MeasureActivations | None:
        """About a full reading that is no older than the wish."""
        if reading is None or not reading.is_complete:
            return None
        session = scene.session
        if reading.request not in (session.now_question(), session.reference_question()):
            return None
        return MeasureActivations.of(reading)

    def _wish(self, readings: dict[Role, ProbeResult | None], scene: Scene) -> None:
        """Ask for one reading's numbers, now's first: another question makes one of its kind pointless."""
        if not self.isVisible():
            return
        for role in ("now", "reference"):
            question = self._question(readings[role], scene)
            found = self._found[role]
            if question is None or (found is not None and found.request == question and found.is_complete):
                continue
            asked = question, scene.session.now_question(), scene.session.reference_question()
            if asked != self._asked:
                self._asked = asked
                self.activations_wished.emit(question)
            return

    def _message(self, scene: Scene) -> str:
        return placeholder(scene) if not any(self._found.values()) else ""

    def _prepare(self) -> None:
        """Lay everything out anew: other numbers, another size, font, theme or range."""
        if self._layout is None or self._scene is None:
            return
        self.shown = activation_chart(
            self._found["now"],
            self._found["reference"],
            self._layout,
            self.canvas.room,
            span=self.canvas.x_range,
            wished=self._scene.session.view.activation_scale,
            message=self._message(self._scene),
        )
        self.canvas.draw(self.shown.chart)
        kind = "logarithmic" if self.shown.scale.is_log else "linear"
        self.set_subtitle(f"now over reference · {KEY} · {kind}" if self.shown.named else "")
        self._place_marks()
        self._tell(self._pointed)

    def _place_marks(self) -> None:
        """The grounds of the selected column and of the one pointed at."""
        if self._scene is None:
            return
        layer, plan = self._scene.session.view.layer, self._scene.blueprint
        block = plan.block_of(layer)
        selected = "stem" if block is None else block.name
        named = self.shown.named
        places = {
            "selected": next((place for place, column in enumerate(named) if column.name == selected), None),
            "pointed": self._pointed,
        }
        for name, place in places.items():
            mark = self._marks[name]
            mark.setVisible(place is not None and place < len(named))
            if place is not None and place < len(named):
                mark.setRect(self._rect(named[place]))

    def _rect(self, column: Column) -> QRectF:
        left, right = self.canvas.pixel_at(column.left), self.canvas.pixel_at(column.right)
        return QRectF(left + 0.5, 0.5, max(right - left - 1, 1.0), self.canvas.size_of_plot[1] - 1)

    @Slot(object)
    def _point(self, point: QPointF | None) -> None:
        """Tell the numbers of the block under the pointer."""
        place = None if point is None else self.shown.at(self.canvas.x_at(point.x()))
        if place != self._pointed:
            self._pointed = place
            self._place_marks()
            self._tell(place)
            if place is None:
                self.hovered.emit("")

    def _tell(self, place: int | None) -> None:
        is_there = place is not None and place < len(self.shown.named)
        self.canvas.setToolTip(numbers_table(self.shown, place) if place is not None and is_there else "")
        if place is not None and is_there:
            self.hovered.emit(self.shown.readout(place))

    @Slot(QPointF)
    def _click(self, point: QPointF) -> None:
        if (place := self.shown.at(self.canvas.x_at(point.x()))) is not None:
            self.layer_selected.emit(self.shown.named[place].name)

    @Slot(object)
    def _step(self, key: Qt.Key) -> None:
        """To the block before or behind the selected one."""
        names = [column.name for column in self.shown.named]
        if self._scene is None or not names:
            return
        block = self._scene.blueprint.block_of(self._scene.session.view.layer)
        place = names.index("stem" if block is None else block.name)
        place += -1 if key == Qt.Key.Key_Left else 1
        if 0 <= place < len(names):
            self.layer_selected.emit(names[place])
            self.hovered.emit(self.shown.readout(place))

    @Slot(int)
    def _choose_scale(self, index: int) -> None:
        if self._scene is not None:
            view = self._scene.session.view
            self.view_changed.emit(replace(view, activation_scale=self.scale.itemData(index)))


def _mark(canvas: PlotCanvas) -> QGraphicsRectItem:
    """A ground behind a column, of which the pointer takes no notice."""
    mark = QGraphicsRectItem(canvas.box)
    mark.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
    mark.setZValue(-2)
    mark.hide()
    return mark
