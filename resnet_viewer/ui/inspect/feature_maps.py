"""All channels of the selected layer, now beside reference, and one channel large."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.feature_maps import (
    MapsChart,
    Side,
    Whose,
    channel_chart,
    far_apart_wordings,
    maps_chart,
    mark_words,
    side_wordings,
    value_words,
)
from resnet_viewer.charts.filters import FiltersChart, filters_chart
from resnet_viewer.charts.palette import COLOUR_MAPS, SIGNED_COLOUR_MAPS, ColourScale
from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.records.filters import LayerWeights, filter_layer, weights_question
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.receptive_field import Mark, cell_field
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import MapOrder, MapScale, MapShows, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.channel import ChannelView
from resnet_viewer.ui.inspect.filters import FiltersView
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
from resnet_viewer.ui.widgets.cells import ARROWS
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import ChoiceBox, FittingLabel
from resnet_viewer.ui.widgets.labels import muted, tool_button
from resnet_viewer.ui.widgets.limits import AUTO_KEY, LimitsButton
from resnet_viewer.ui.widgets.segments import Segments
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

SCALES: tuple[MapScale, ...] = "channel", "layer"
ORDERS: tuple[MapOrder, ...] = "index", "mean", "maximum", "change"
_LEAST_SUBTITLE = "block 27"
"""What controls of the header leave room for; where they cannot they say it in short."""
_SMALLEST = 260, 150
"""Pixels."""
_BETWEEN = 10
"""Pixels on both sides of the line between now and the reference: more than between two tiles."""
_GAP, _LEAST = 5, 56
"""Pixels between the choices, and of the narrowest one."""
SHOWS = {
    "maps": ("Maps", "Maps", "What the layer put out for the picture"),
    "filters": ("Filters", "Filt.", "The weights of the layer's convolution, whatever the picture"),
}
MOST_CHANGED_TIP = (
    "Go to the block whose maps lie furthest from the reference's (M)\nThe L2 norm of the difference over that of the "
    "reference's maps"
)
_UNSIGNED_TIP = "Colour map, from zero up; maps with both signs have diverging ones of their own"
_SIGNED_TIP = "Diverging colour map: these maps have both signs, and zero lies in the middle"


class MapControls(QWidget):
    """Scale, limits, order and colour map. `view_changed` is a wish, sent only for what the user activates.

    Where there is no room for all, the choices but for the limits open with a button.
    """

    view_changed = Signal(View)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = View()
        self._is_signed = False
        self.scale, self.order, self.colours = ChoiceBox(), ChoiceBox(), ChoiceBox()
        self.scale.addItems(SCALES)
        self.order.addItems(ORDERS)
        self.colours.addItems(COLOUR_MAPS)
        self.limits = LimitsButton("the feature maps")
        self.limits.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.more = tool_button("⋯", "More choices for the feature maps", "Scale, order, colours")
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.clicked.connect(self._unfold)
        self.folded = QFrame(self, Qt.WindowType.Popup)
        """The choices that have no room in the panel."""
        self.folded.setFrameShape(QFrame.Shape.StyledPanel)
        self._form = QFormLayout(self.folded)
        self._labels: dict[ChoiceBox, QLabel] = {}
        for words, combo, tip in (
            ("&Scale", self.scale, "Each channel up to its own maximum, or one scale for the whole layer"),
            ("&Order", self.order, "Order of the channels: highest first; change is now against reference"),
            ("&Colours", self.colours, _UNSIGNED_TIP),
        ):
            label = muted(QLabel(words))
            label.setBuddy(combo)
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            self._labels[combo] = label
            combo.setAccessibleName(words.replace("&", "") + " of the feature maps")
            combo.setToolTip(tip)
            combo.setMinimumContentsLength(3)
            combo.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            combo.setMinimumWidth(_LEAST)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_GAP)
        self._is_folded: bool | None = None
        self._fold(is_folded=False)
        self.scale.activated.connect(lambda place: self._wish(map_scale=SCALES[place]))
        self.order.activated.connect(lambda place: self._wish(map_order=ORDERS[place]))
        self.colours.textActivated.connect(self._wish_colours)
        self.limits.chosen.connect(lambda limits: self._wish(map_limits=limits))

    def render_view(
        self, view: View, *, is_signed: bool, ends: tuple[float, float], is_one_channel: bool
    ) -> None:
        """Show what is chosen, and between which values (`ends`) the colours go. Maps with values of both signs have
        colour maps of their own; one channel alone has no order, and one scale.
        """
        self._view = view
        self.limits.show_limits(view.map_limits, ends)
        for combo in (self.scale, self.order):
            combo.setEnabled(not is_one_channel)
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
        folded = self.more.sizeHint().width() + _GAP + self.limits.sizeHint().width()
        return QSize(folded, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        self.share_width()

    def share_width(self) -> None:
        """With their names, without, or folded away: as there is room for what is chosen."""
        combos = tuple(self._labels)
        needs = [combo.width_for(combo.currentText()) for combo in combos]
        own = self.limits.sizeHint().width() + len(combos) * _GAP
        self._fold(is_folded=self.width() < sum(needs) + own)
        hints = sum(max(combo.sizeHint().width(), need) for combo, need in zip(combos, needs, strict=True))
        labels = sum(label.sizeHint().width() + _GAP for label in self._labels.values())
        for combo, need in zip(combos, needs, strict=True):
            combo.setMinimumWidth(need)
            self._labels[combo].setVisible(self._is_folded or self.width() >= hints + own + labels)

    def _fold(self, *, is_folded: bool) -> None:
        if is_folded == self._is_folded:
            return
        self._is_folded = is_folded
        while self._row.count():
            self._row.takeAt(0)
        while self._form.rowCount():
            self._form.takeRow(0)
        self.more.setVisible(is_folded)
        self._row.addWidget(self.more)
        for combo, label in self._labels.items():
            if is_folded:
                self._form.addRow(label, combo)
            else:
                self._row.addWidget(label)
                self._row.addWidget(combo)
                label.show()
                combo.show()
            if combo is self.scale:
                self._row.addWidget(self.limits)
        if not is_folded:
            self.folded.hide()
        self._row.addStretch(1)

    @Slot()
    def _unfold(self) -> None:
        self.folded.adjustSize()
        corner = self.more.mapToGlobal(QPoint(0, -2))
        self.folded.move(corner - QPoint(0, self.folded.height()))
        self.folded.show()

    def _wish(self, **changes: object) -> None:
        self.view_changed.emit(replace(self._view, **changes))  # type: ignore[arg-type]

    def _wish_colours(self, colours: str) -> None:
        self._wish(**{"map_signed_colours" if self._is_signed else "map_colours": colours})


class _Pair(QWidget):
    """A line in the middle between its two parts: without it the tiles of both are one mosaic."""

    def paintEvent(self, event: QPaintEvent) -> None:
        columns = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        shown = [column.geometry() for column in columns if column.isVisible()]
        if len(shown) == 2:
            with QPainter(self) as painter:
                painter.setPen(QColor(theme_of(self).border))
                x = (shown[0].right() + shown[1].left() + 1) // 2
                painter.drawLine(x, 0, x, self.height())


class FeatureMapsPanel(Card):
    """Now's maps, and the reference's beside them as soon as the two differ. All signals are wishes.

    `channel_chosen` asks for one channel large, `view_changed` for another way of looking, back to the mosaic included,
    `mark_chosen` (a `Mark`, or None) for a marked point, `most_changed_wished` for the block that changed most;
    `hovered` tells the value under the pointer, empty when there is none.
    """

    view_changed = Signal(View)
    channel_chosen = Signal(int)
    mark_chosen = Signal(object)
    most_changed_wished = Signal()
    weights_wished = Signal(object)
    """A WeightsOf whose answer is to stand in the scene."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Feature maps", parent, wordings=layer_wordings)
        self._scene: Scene | None = None
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._chart: MapsChart | None = None
        self._marked: Mark | None = None
        self._told: tuple[str, int | None] = ("", None)
        """Of which layer and channel the marked point's words were told."""
        self.is_pair = False
        """Now and the reference are shown side by side; else one of them, which is both."""
        self.panes = self.now_pane, self.reference_pane = beside(MosaicPane, "Feature maps", self.hovered)
        self.names = muted(FittingLabel()), muted(FittingLabel())
        self.far_apart = muted(FittingLabel())
        """That the two sides' maps differ in size, where each is on its own scale."""
        self.far_apart.hide()
        self.controls, self.legend = MapControls(), ColourBar()
        self.channel_view, self.filters_view = ChannelView(), FiltersView()
        self._channel_title = ""
        self.shows = Segments("Show of the layer", SHOWS)
        self._filters: tuple[tuple[object, ...], FiltersChart | None] = (), None
        """What the chart was made of, and the chart."""
        self._weights: LayerWeights | None = None
        self._asked: tuple[object, ...] = ()
        self.most_changed = tool_button("Most changed", "Most changed", MOST_CHANGED_TIP)
        self.most_changed.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.most_changed.clicked.connect(self.most_changed_wished)
        self.header.insertWidget(0, self.channel_view.back)
        for control in (*self.channel_view.controls, self.shows):
            self.add_control(control)
        self._pair = _Pair()
        row = QHBoxLayout(self._pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * _BETWEEN)
        self._columns = QWidget(), QWidget()
        for pane, name, column in zip(self.panes, self.names, self._columns, strict=True):
            lines = QVBoxLayout(column)
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setSpacing(2)
            lines.addWidget(pane, 1)
            lines.addWidget(name)
            row.addWidget(column, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._pair)
        self._stack.addWidget(self.channel_view)
        self._stack.addWidget(self.filters_view)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(DARK.gap)
        foot.addWidget(self.controls, 1)
        foot.addWidget(self.most_changed)
        foot.addWidget(self.legend)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self.far_apart)
        self.body.addWidget(self._foot)
        self._show_controls()
        self._connect()

    @property
    def is_channel_shown(self) -> bool:
        """One channel large, instead of the mosaics."""
        return self._stack.currentWidget() is self.channel_view

    @property
    def figure(self) -> FigureName:
        """What is shown, as a figure."""
        return "channel" if self.is_channel_shown else "filters" if self.are_filters_shown else "feature_maps"

    @property
    def are_filters_shown(self) -> bool:
        """The layer's weights, instead of what it put out."""
        return self._stack.currentWidget() is self.filters_view

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's maps; only what differs from the last scene is made anew."""
        self._scene = scene
        view, plan = scene.session.view, scene.blueprint
        self._now = last_full(self._now, scene.now, scene)
        self._reference = last_reference(self._reference, scene.reference, scene)
        looks = view.map_scale, view.map_limits, view.map_order, view.map_colours, view.map_signed_colours
        wanted = self._now, self._reference, plan, view.layer, *looks  # readings are equal when they are one
        if self._chart is None or wanted != self._drawn:
            self._drawn = wanted
            self._chart = maps_chart(self._now, self._reference, view, plan=plan, before=self._chart)
        differs = scene.session.setup.state != scene.session.reference
        if not scene.is_stale:  # what is on screen while the new reading comes stays as it is
            self.is_pair = differs
        for pane, side in zip(self.panes, self._chart.sides, strict=True):
            pane.set_mosaic(side.mosaic)
        is_old = self._now is not None and (scene.is_stale or self._now is not scene.now)
        self._render_words(scene, self._chart)
        self.now_pane.set_dimmed(is_old)
        self.set_updating(is_old)
        self.reference_pane.set_dimmed(is_reference_old(self._reference, scene))
        self.most_changed.setEnabled(differs)
        self.shows.show_value(view.map_shows)
        if view.map_shows == "filters":
            self._render_filters(scene)
        else:
            self._render_channel(scene, self._chart, is_old)
        self._tell_mark(view, self._chart)

    def apply_theme(self, theme: Theme) -> None:
        self.channel_view.apply_theme(theme)

    def fit_font(self) -> None:
        """The font may be another."""
        self.controls.share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_controls()
        if not self._has_room_for_words():
            self.far_apart.hide()

    def _has_room_for_words(self) -> bool:
        """A line more leaves the maps their least height."""
        return self.height() >= _SMALLEST[1] + 2 * self.fontMetrics().height()

    def showEvent(self, event: QShowEvent) -> None:
        """What nobody saw was not asked for."""
        super().showEvent(event)
        if self._scene is not None:
            self.render_scene(self._scene)

    def minimumSizeHint(self) -> QSize:
        """The same whatever is shown: else other panels would give way to what needs more."""
        title = self.fontMetrics().horizontalAdvance("Channel  ") + 2 * DARK.padding
        width = title + self.channel_view.header_width(is_short=True) + self.corner_width
        return QSize(max(_SMALLEST[0], width), _SMALLEST[1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._step_mark(*ARROWS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape and self._marked is not None:
            self.mark_chosen.emit(None)
        elif (
            event.key() == Qt.Key.Key_Escape
            and self.are_filters_shown
            and not self.channel_view.back.isHidden()
        ):
            self._leave()
        elif event.key() == AUTO_KEY and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.controls.limits.reset()
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self.controls.view_changed.connect(self.view_changed)
        self.channel_view.closed.connect(self._leave)
        self.channel_view.channel_chosen.connect(self.channel_chosen)
        self.channel_view.hovered.connect(self.hovered)
        self.filters_view.hovered.connect(self.hovered)
        self.filters_view.view_changed.connect(self.view_changed)
        self.filters_view.filter_chosen.connect(self.channel_chosen)
        self.shows.chosen.connect(self._choose_shown)
        whose: tuple[Whose, Whose] = ("now", "reference")
        for place, name in enumerate(whose):
            pane, other = self.panes[place], self.panes[1 - place]
            pane.channel_clicked.connect(self.channel_chosen)
            pane.marked.connect(partial(_mark_beside, pane, other))
            pane.channel_hovered.connect(partial(self._tell_value, name))
            pane.cell_clicked.connect(partial(self._wish_mark, place))
            self.channel_view.panes[place].cell_clicked.connect(partial(self._wish_mark, place))

    # Rendering
    def _render_words(self, scene: Scene, chart: MapsChart) -> None:
        view, now = scene.session.view, chart.sides[0]
        shape = next((side.maps.shape for side in chart.sides if side.maps is not None), None)
        if view.map_shows == "filters":
            pass  # its own words
        elif view.channel is None or view.channel not in chart.order:
            size = [] if shape is None else ["{} × {}×{}".format(*shape), f"by {view.map_order}"]
            self.set_subtitle(" · ".join((now.words, *size)))
        for pane, label, side in zip(self.panes, self.names, chart.sides, strict=True):
            field = side.marked(view.mark)
            pane.show_cell(None if field is None else (field.row, field.column))
            has_bound = (
                chart.scale.is_own and self.is_pair
            )  # else a weak network's maps look as strong as another's
            wordings = side_wordings(side, field, is_pair=self.is_pair, has_bound=has_bound)
            label.set_wordings(*wordings, tip=wordings[0])
            pane.set_message(_message(side, scene))
            odd = 0 if side.mosaic is None else int(side.mosaic.is_not_finite.sum())
            count = 0 if side.maps is None else len(side.maps)
            pane.set_note(*not_finite_wordings(odd, count, "channels"))
        self._columns[1].setVisible(self.is_pair)
        is_mosaic = view.map_shows != "filters" and (view.channel is None or view.channel not in chart.order)
        apart = far_apart_wordings(*chart.sides) if is_mosaic and self.is_pair and chart.scale.is_own else ()
        if apart:
            self.far_apart.set_wordings(*apart, tip=apart[0])
        self.far_apart.setVisible(bool(apart) and self._has_room_for_words())

    def _render_channel(self, scene: Scene, maps: MapsChart, is_old: bool) -> None:
        view, plan = scene.session.view, scene.blueprint
        channel = view.channel
        is_shown = channel is not None and channel in maps.order
        if channel is None or not is_shown:
            self._render_controls(view, maps.scale, maps.ends, is_signed=maps.is_signed)
            self._show(self._pair, self.now_pane)
            return
        block = plan.block_named(view.layer)
        is_own = block is not None and channel < plan.shape_of(view.layer)[0]
        target = BlockTarget(block.number, channel) if block is not None and is_own else None
        chart = channel_chart(self._now, self._reference, view, plan=plan)
        self._render_controls(view, chart.scale, chart.ends, is_signed=maps.is_signed)
        self._channel_title = f"Channel {chart.channel}"
        self.set_subtitle(f"{chart.sides[0].side.words} · of 0 to {chart.count - 1}")
        self.channel_view.show_channel(
            chart,
            order=maps.order,
            messages=tuple(found.message or _message(found.side, scene) for found in chart.sides),
            is_stale=is_old,
            is_pair=self.is_pair,
            mark=view.mark,
            target=target,
            is_target=target is not None and scene.session.setup.target == target,
        )
        self._show(self.channel_view, self.channel_view)

    def _render_filters(self, scene: Scene) -> None:
        """Those of now's network, whatever is cut in it; asked for while they are shown, and not found yet."""
        view, plan, session = scene.session.view, scene.blueprint, scene.session
        question, layer = weights_question(plan, view.layer), filter_layer(plan, view.layer)
        known = scene.findings.get(question)
        if isinstance(known, LayerWeights):
            self._weights = known
        found = self._weights if self._weights is not None and self._weights.request == question else None
        asked = question, session.now_question(), session.reference_question()
        if known is None and asked != self._asked and not scene.is_starting and self.isVisible():
            self._asked = asked
            self.weights_wished.emit(question)
        looks = view.channel, view.filters_scale, view.filters_page, view.map_signed_colours
        made_of = found, *looks
        if made_of != self._filters[0]:
            made = None if found is None else filters_chart(found.values, layer, view)
            self._filters = made_of, made
        count, inputs, height, width = layer.weight_shape
        is_one = view.channel is not None and view.channel < count
        self.set_title(f"Filter {view.channel}" if is_one else "Filters")
        self.set_subtitle(f"{plan.describe(layer.name)} · {count} × {inputs} × {height}×{width}")
        message = "" if self._filters[1] is not None else "starting…" if scene.is_starting else "computing…"
        self.filters_view.show_chart(self._filters[1], view, message)
        self._show(self.filters_view, self.filters_view.pane)

    def _show(self, widget: QWidget, focus: QWidget) -> None:
        """Bring it into view, if it is not there; the keys follow where the panel had them."""
        if self._stack.currentWidget() is not widget:
            had_keys = self._stack.isAncestorOf(QApplication.focusWidget() or self)
            self._stack.setCurrentWidget(widget)
            if had_keys or widget is not self.filters_view:
                focus.setFocus()
        self._show_controls()

    def _render_controls(
        self, view: View, scale: ColourScale, ends: tuple[float, float], *, is_signed: bool
    ) -> None:
        self.legend.show_scale(scale)
        self.controls.render_view(
            view, is_signed=is_signed, ends=ends, is_one_channel=view.channel is not None
        )

    def _show_controls(self) -> None:
        """Those of the header that belong to what is shown, and have room."""
        is_channel, are_filters = self.is_channel_shown, self.are_filters_shown
        self._foot.setVisible(not are_filters)
        view = self.channel_view
        is_filter = are_filters and self._scene is not None and self._scene.session.view.channel is not None
        view.back.setVisible(is_channel or is_filter)
        for control in view.controls:
            control.setVisible(is_channel)
        self.shows.setVisible(not is_channel)
        items = map(self.header.itemAt, range(self.header.count()))
        shown = sum(item is not None and not item.isEmpty() for item in items)
        room = self.width() - 2 * DARK.padding - shown * self.header.spacing()
        title = self._channel_title if is_channel else "Filters" if are_filters else "Feature maps"
        room -= self.fontMetrics().horizontalAdvance(f"{title} {_LEAST_SUBTITLE}")
        own = {self.shows, view.back, *view.controls}
        for button in self.findChildren(QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if button not in own and not button.isHidden():  # what others put into the header
                room -= button.sizeHint().width()
        is_short = room < view.header_width(is_short=False)
        view.set_short(is_short=is_short)
        if is_channel:  # its number stands beside it
            self.set_title("Channel" if is_short else title)
        elif (
            not are_filters and room < self.shows.full_width
        ):  # a word of the title before letters of a choice
            self.set_title("Maps")
            room += self.fontMetrics().horizontalAdvance(title) - self.fontMetrics().horizontalAdvance("Maps")
        elif not are_filters:
            self.set_title(title)
        self.shows.set_short(room < self.shows.full_width)
        foot = self.legend.sizeHint().width() + self.controls.minimumSizeHint().width() + 2 * DARK.gap
        has_room = self.width() - 2 * DARK.padding >= foot + self.most_changed.sizeHint().width()
        self.most_changed.setVisible(not is_channel and has_room)

    # Wishes
    @Slot(str)
    def _choose_shown(self, shown: str) -> None:
        if self._scene is not None:
            wanted: MapShows = "filters" if shown == "filters" else "maps"
            self.view_changed.emit(replace(self._scene.session.view, map_shows=wanted, channel=None))

    @Slot()
    def _leave(self) -> None:
        """Back to all channels, or filters."""
        if self._scene is not None:
            self.view_changed.emit(replace(self._scene.session.view, channel=None))

    def _wish_mark(self, place: int, y: int, x: int) -> None:
        """Mark the point that a cell of one of the two stands for; the marked cell's again is no mark."""
        side = None if self._chart is None else self._chart.sides[place]
        if side is None or side.reading is None:
            return
        field = cell_field(side.reading.request.state, side.layer, y, x)
        is_again = self._marked is not None and side.marked(self._marked) == field
        self.mark_chosen.emit(None if is_again else field.mark)

    def _step_mark(self, across: int, down: int) -> None:
        """To the next cell of now's maps, or the reference's where there are none; the first is in the middle."""
        sides = () if self._chart is None else self._chart.sides
        for side in sides:
            if side.reading is None or side.maps is None:
                continue
            _, rows, columns = side.maps.shape
            field = side.marked(self._marked)
            row, column = (
                (rows // 2, columns // 2) if field is None else (field.row + down, field.column + across)
            )
            if 0 <= row < rows and 0 <= column < columns:
                state = side.reading.request.state
                self.mark_chosen.emit(cell_field(state, side.layer, row, column).mark)
            return

    def _tell_mark(self, view: View, chart: MapsChart) -> None:
        """Tell what is known of the marked point, when it or the maps are others; nothing once there is none."""
        before, told = self._marked, (view.layer, view.channel)
        is_other = view.mark != before or told != self._told
        self._marked, self._told = view.mark, told
        if is_other and (view.mark is not None or before is not None):
            self.hovered.emit(mark_words(chart.sides, view.mark, view.channel))

    def _tell_value(self, whose: Whose, channel: int, y: int, x: int) -> None:
        if self._chart is not None and (words := value_words(self._chart.sides, whose, channel, y, x)):
            self.hovered.emit(f"{words} · click: large · Shift+click: mark it · wheel: zoom")


def _message(side: Side, scene: Scene) -> str:
    return placeholder(scene) if side.reading is None else side.message


def _mark_beside(pane: MosaicPane, other: MosaicPane, place: int | None) -> None:
    """Frame the same channel beside; of mosaics with other channels none is the same."""
    if pane.mosaic is not None and other.mosaic is not None:
        other.mark(place if np.array_equal(pane.mosaic.order, other.mosaic.order) else None)


def layer_wordings(text: str) -> tuple[str, ...]:
    """A layer and what is said of it, in ever fewer words: the place in the stage goes first, then the last part.

    Example:
        >>> layer_wordings("block 7 · conv2_x 7 · conv1 · by index")[1:]
        ('block 7 · conv1 · by index', 'block 7 · conv1', 'block 7', '')
    """
    parts = [part for part in text.split(" · ") if not re.fullmatch(r"conv\d+_x \d+", part)]
    return tuple(dict.fromkeys((text, *(" · ".join(parts[:count]) for count in range(len(parts), -1, -1)))))
