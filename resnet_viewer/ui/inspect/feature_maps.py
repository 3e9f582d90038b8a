"""All channels of the selected layer, now beside reference, and one channel large."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.feature_maps import MapsChart, Side, Whose, channel_chart, maps_chart, value_words
from resnet_viewer.charts.palette import COLOUR_MAPS, SIGNED_COLOUR_MAPS
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import MapOrder, MapScale, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.channel import ChannelView
from resnet_viewer.ui.inspect.mosaic import MosaicPane
from resnet_viewer.ui.inspect.picture import beside
from resnet_viewer.ui.inspect.readings import (
    is_reference_old,
    last_full,
    last_reference,
    not_finite_wordings,
    placeholder,
)
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import ChoiceBox, fitting
from resnet_viewer.ui.widgets.labels import muted
from resnet_viewer.ui.widgets.theme import DARK

SCALES: tuple[MapScale, ...] = "channel", "layer"
ORDERS: tuple[MapOrder, ...] = "index", "mean", "maximum", "change"
_STACKED_BELOW = 560
_GAP, _LEAST = 5, 56
"""Pixels between the choices, and of the narrowest one."""
_UNSIGNED_TIP = "Colour map, from zero up; maps with both signs have diverging ones of their own"
_SIGNED_TIP = "Diverging colour map: these maps have both signs, and zero lies in the middle"


class MapControls(QWidget):
    """Scale, order and colour map. `view_changed` is a wish, sent only for what the user activates."""

    view_changed = Signal(View)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._is_signed = False
        self.scale, self.order, self.colours = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.scale.addItems(SCALES)
        self.order.addItems(ORDERS)
        self.colours.addItems(COLOUR_MAPS)
        self._labels: list[QLabel] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(_GAP)
        for words, combo, tip in (
            ("&Scale", self.scale, "Each channel up to its own maximum, or one scale for the whole layer"),
            ("&Order", self.order, "Order of the channels: highest first; change is now against reference"),
            ("&Colours", self.colours, _UNSIGNED_TIP),
        ):
            label = muted(QLabel(words))
            label.setBuddy(combo)
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._labels.append(label)
            combo.setAccessibleName(words.replace("&", "") + " of the feature maps")
            combo.setToolTip(tip)
            combo.setMinimumContentsLength(3)
            combo.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.setMinimumWidth(_LEAST)
            row.addWidget(label)
            row.addWidget(combo)
        row.addStretch(1)
        self.scale.activated.connect(lambda place: self._wish(map_scale=SCALES[place]))
        self.order.activated.connect(lambda place: self._wish(map_order=ORDERS[place]))
        self.colours.textActivated.connect(self._wish_colours)

    def render_view(self, view: View, *, is_signed: bool) -> None:
        """Show what is chosen; maps with values of both signs have colour maps of their own."""
        self._view = view
        if is_signed != self._is_signed:
            self._is_signed = is_signed
            self.colours.clear()
            self.colours.addItems(SIGNED_COLOUR_MAPS if is_signed else COLOUR_MAPS)
            self.colours.setToolTip(_SIGNED_TIP if is_signed else _UNSIGNED_TIP)
        chosen = view.map_signed_colours if is_signed else view.map_colours
        self.scale.setCurrentIndex(SCALES.index(view.map_scale))
        self.order.setCurrentIndex(ORDERS.index(view.map_order))
        if self.colours.findText(chosen) < 0:
            self.colours.addItem(chosen)
        self.colours.setCurrentText(chosen)
        self.share_width()

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * 60, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        for label in self._labels:
            label.setVisible(self._fits_with_labels())
        self.share_width()

    def share_width(self) -> None:
        """What is chosen stays whole where all three can; what might be chosen gives way first."""
        combos = (self.scale, self.order, self.colours)
        needs = [combo.width_for(combo.currentText()) for combo in combos]
        has_room = sum(needs) + (len(needs) - 1) * _GAP <= self.width()
        for combo, need in zip(combos, needs, strict=True):
            combo.setMinimumWidth(need if has_room else _LEAST)

    def _fits_with_labels(self) -> bool:
        combos = sum(combo.sizeHint().width() for combo in (self.scale, self.order, self.colours))
        return self.width() >= combos + sum(label.sizeHint().width() for label in self._labels) + 6 * _GAP

    def _wish(self, **changes: object) -> None:
        self.view_changed.emit(replace(self._view, **changes))  # type: ignore[arg-type]

    def _wish_colours(self, colours: str) -> None:
        self._wish(**{"map_signed_colours" if self._is_signed else "map_colours": colours})


class FeatureMapsPanel(QWidget):
    """Two cards, now and reference. All signals are wishes.

    `channel_chosen` asks for one channel large, `view_changed` for another way of looking, back to the mosaic
    included; `hovered` tells the value under the pointer, empty when there is none.
    """

    view_changed = Signal(View)
    channel_chosen = Signal(int)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._chart: MapsChart | None = None
        self.now_card, self.reference_card = Card("Feature maps"), Card("Feature maps")
        self._panes = self.now_pane, self.reference_pane = beside(MosaicPane, "Feature maps", self.hovered)
        self.controls, self.legend = MapControls(), ColourBar()
        self.legend.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.channel_view = ChannelView()
        self._pair = QWidget()
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._pair)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(DARK.gap)
        for card, pane, below in (
            (self.now_card, self.now_pane, self.controls),
            (self.reference_card, self.reference_pane, self.legend),
        ):
            card.body.addWidget(pane, 1)
            card.body.addWidget(below)
            self._cards.addWidget(card, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._pair)
        self._stack.addWidget(self.channel_view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._connect()

    @property
    def is_channel_shown(self) -> bool:
        """One channel large, instead of the mosaics."""
        return self._stack.currentWidget() is self.channel_view

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's maps; only what differs from the last scene is made anew."""
        self._scene = scene
        view, plan = scene.session.view, scene.blueprint
        self._now = last_full(self._now, scene.now, scene)
        self._reference = last_reference(self._reference, scene.reference, scene)
        looks = view.map_scale, view.map_order, view.map_colours, view.map_signed_colours
        wanted = self._now, self._reference, plan, view.layer, *looks  # readings are equal when they are one
        if self._chart is None or wanted != self._drawn:
            self._drawn = wanted
            self._chart = maps_chart(self._now, self._reference, view, plan=plan, before=self._chart)
            self.legend.show_scale(self._chart.scale)
            for pane, side in zip(self._panes, self._chart.sides, strict=True):
                pane.set_mosaic(side.mosaic)
        self.controls.render_view(view, is_signed=self._chart.is_signed)
        is_old = self._now is not None and (scene.is_stale or self._now is not scene.now)
        self._render_words(scene, self._chart)
        self.now_pane.set_dimmed(is_old)
        self.now_card.set_updating(is_old)
        self.reference_pane.set_dimmed(is_reference_old(self._reference, scene))
        self._render_channel(scene, self._chart, is_old)

    def fit_font(self) -> None:
        """The font may be another."""
        self.controls.share_width()
        self._align()

    def _align(self) -> None:
        """Both mosaics stand at one height, over the controls and over the legend."""
        self.legend.setFixedHeight(self.controls.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()
        is_narrow = self.width() < _STACKED_BELOW
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._cards.setDirection(direction)
        if self._scene is not None and self._chart is not None:
            self._render_words(self._scene, self._chart)

    def _connect(self) -> None:
        self.controls.view_changed.connect(self.view_changed)
        self.channel_view.closed.connect(self._wish_mosaic)
        self.channel_view.channel_chosen.connect(self.channel_chosen)
        self.channel_view.hovered.connect(self.hovered)
        whose: tuple[Whose, Whose] = ("now", "reference")
        for pane, other, name in zip(self._panes, self._panes[::-1], whose, strict=True):
            pane.channel_clicked.connect(self.channel_chosen)
            pane.marked.connect(partial(_mark_beside, pane, other))
            pane.channel_hovered.connect(partial(self._tell_value, name))

    # Rendering
    def _render_words(self, scene: Scene, chart: MapsChart) -> None:
        for card, pane, side in zip(
            (self.now_card, self.reference_card), self._panes, chart.sides, strict=True
        ):
            wordings = subtitles(side, scene.session.view.map_order)
            card.set_subtitle(fitting(wordings, card.subtitle_room, card), whole=wordings[0])
            pane.set_message(_message(side, scene))
            odd = 0 if side.mosaic is None else int(side.mosaic.is_not_finite.sum())
            count = 0 if side.maps is None else len(side.maps)
            pane.set_note(*not_finite_wordings(odd, count, "channels"))

    def _render_channel(self, scene: Scene, maps: MapsChart, is_old: bool) -> None:
        view, plan = scene.session.view, scene.blueprint
        channel = view.channel
        if channel is None or channel not in maps.order:
            if self.is_channel_shown:
                self._stack.setCurrentWidget(self._pair)
                self.now_pane.setFocus()
            return
        block = plan.block_named(view.layer)
        is_own = block is not None and channel < plan.shape_of(view.layer)[0]
        target = BlockTarget(block.number, channel) if block is not None and is_own else None
        chart = channel_chart(self._now, self._reference, view, plan=plan)
        self.channel_view.show_channel(
            chart,
            order=maps.order,
            messages=tuple(found.message or _message(found.side, scene) for found in chart.sides),
            is_stale=is_old,
            target=target,
            is_target=target is not None and scene.session.setup.target == target,
        )
        if not self.is_channel_shown:
            self._stack.setCurrentWidget(self.channel_view)
            self.channel_view.setFocus()

    def _wish_mosaic(self) -> None:
        if self._scene is not None:
            self.view_changed.emit(replace(self._scene.session.view, channel=None))

    def _tell_value(self, whose: Whose, channel: int, y: int, x: int) -> None:
        if self._chart is not None and (words := value_words(self._chart.sides, whose, channel, y, x)):
            self.hovered.emit(f"{words} · click: large · wheel: zoom")


def _message(side: Side, scene: Scene) -> str:
    return placeholder(scene) if side.reading is None else side.message


def _mark_beside(pane: MosaicPane, other: MosaicPane, place: int | None) -> None:
    """Frame the same channel beside; of mosaics with other channels none is the same."""
    if pane.mosaic is not None and other.mosaic is not None:
        other.mark(place if np.array_equal(pane.mosaic.order, other.mosaic.order) else None)


def subtitles(side: Side, order: MapOrder) -> tuple[str, ...]:
    """What a mosaic shows, in ever fewer words. What falls away first is what the strip and the controls show too."""
    name, layer = side.name, side.words
    parts = layer.split(" · ")
    brief = " · ".join((parts[0], *parts[2:])) if len(parts) > 1 and parts[0].startswith("block") else layer
    if len(parts) > 2 and parts[1].startswith("block"):  # another network's
        brief = " · ".join((*parts[:2], *parts[3:]))
    short = "ref." if name == "reference" else name
    if side.maps is None or side.mosaic is None:
        return f"{name} · {layer}", f"{name} · {brief}", f"{short} · {brief}"
    channels, height, width = side.maps.shape
    count, size = f"{channels} ch", f"{channels} × {height}×{width}"
    dead = int(side.mosaic.is_dead.sum())
    dying = [f"{dead} dead"] if dead else []
    ending = [*dying, f"by {order}"]
    forms = [
        [name, layer, size, *ending],
        [name, brief, size, *ending],
        [name, brief, count, *ending],
        [name, brief, count, *dying],
        [short, brief, count, *dying],
        [short, count, *dying],
    ]
    return tuple(map(" · ".join, forms))
