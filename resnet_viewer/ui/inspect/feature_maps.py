"""All channels of the selected layer, now beside reference, and one channel large."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from resnet_viewer.charts.colour_scale import coloured, scale_to
from resnet_viewer.charts.feature_maps import (
    channel_limits,
    channel_order,
    dead_channels,
    is_signed,
    layer_limit,
    not_finite_channels,
)
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import lacking_words, layer_beside, maps_beside, plan_of, words_beside
from resnet_viewer.records.probe import Array, ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import MapOrder, MapScale, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.channel import ChannelMaps, ChannelView, channel_words
from resnet_viewer.ui.inspect.feature_maps_controls import MapControls
from resnet_viewer.ui.inspect.mosaic import Mosaic, MosaicPane
from resnet_viewer.ui.inspect.readings import (
    is_reference_old,
    last_full,
    last_reference,
    not_computed,
    not_finite_wordings,
    placeholder,
)
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.pixels import tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme

_STACKED_BELOW = 460
ORDER_WORDS: dict[MapOrder, str] = {
    "index": "by index",
    "mean": "by mean",
    "maximum": "by maximum",
    "change": "by change",
}


@dataclass(frozen=True)
class Drawn:
    """What two mosaics were made from; equal ones come out the same (readings are equal when they are one)."""

    now_reading: ProbeResult | None
    reference_reading: ProbeResult | None
    plan: Blueprint | None
    """Of now's network."""
    layer: str
    scale: MapScale
    order: MapOrder
    colours: str
    signed_colours: str

    @property
    def now(self) -> Array | None:
        """Now's maps (C, H, W) of the layer."""
        return None if self.now_reading is None else self.now_reading.maps(self.layer)

    @property
    def reference(self) -> Array | None:
        """The reference's maps (C, H, W) of the layer, or of the one beside it in another network."""
        if self.reference_reading is None or self.plan is None:
            return None
        return maps_beside(self.layer, self.plan, self.reference_reading)


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
        self._drawn: Drawn | None = None
        self._way: tuple[object, ...] = ()
        self._order = np.arange(0)
        self._is_signed = False
        self.now_card, self.reference_card = Card("Feature maps"), Card("Feature maps")
        self.now_pane, self.reference_pane = MosaicPane(), MosaicPane()
        self.controls, self.legend = MapControls(), ColourBar()
        self.legend.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.channel_view = ChannelView()
        self._pair = QWidget()
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._pair)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(DARK.gap)
        for card, pane, below, name in (
            (self.now_card, self.now_pane, self.controls, "now"),
            (self.reference_card, self.reference_pane, self.legend, "reference"),
        ):
            pane.setAccessibleName(f"Feature maps, {name}")
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
        self.apply_theme(DARK)

    @property
    def is_channel_shown(self) -> bool:
        """One channel large, instead of the mosaics."""
        return self._stack.currentWidget() is self.channel_view

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's maps; only what differs from the last scene is made anew."""
        self._scene = scene
        view = scene.session.view
        self._now = last_full(self._now, scene.now, scene)
        self._reference = last_reference(self._reference, scene.reference, scene)
        wanted = Drawn(
            self._now,
            self._reference,
            scene.blueprint,
            view.layer,
            view.map_scale,
            view.map_order,
            view.map_colours,
            view.map_signed_colours,
        )
        if wanted != self._drawn:
            self._render_mosaics(wanted, self._drawn)
            self._drawn = wanted
        self.controls.render_view(view, is_signed=self._is_signed)
        is_old = self._now is not None and (scene.is_stale or self._now is not scene.now)
        self._render_words(scene)
        self.now_pane.set_dimmed(is_old)
        self.now_card.set_updating(is_old)
        self.reference_pane.set_dimmed(is_reference_old(self._reference, scene))
        self._render_channel(scene, wanted.now, wanted.reference, is_old)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for part in (
            self.now_card, self.reference_card, self.now_pane, self.reference_pane,
            self.controls, self.legend, self.channel_view,
        ):  # fmt: skip
            part.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _STACKED_BELOW and self.height() > self.width()
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._cards.setDirection(direction)
        if self._scene is not None:
            self._render_words(self._scene)

    def _connect(self) -> None:
        self.controls.scale_chosen.connect(self._wish_scale)
        self.controls.order_chosen.connect(self._wish_order)
        self.controls.colours_chosen.connect(self._wish_colours)
        self.channel_view.closed.connect(self._wish_mosaic)
        self.channel_view.channel_chosen.connect(self.channel_chosen)
        self.channel_view.hovered.connect(self.hovered)
        for pane, other in ((self.now_pane, self.reference_pane), (self.reference_pane, self.now_pane)):
            pane.moved.connect(other.look)
            pane.channel_clicked.connect(self.channel_chosen)
            pane.left.connect(self._tell_nothing)
        self.now_pane.marked.connect(self._mark_reference)
        self.reference_pane.marked.connect(self._mark_now)
        self.now_pane.channel_hovered.connect(self._tell_value_now)
        self.reference_pane.channel_hovered.connect(self._tell_value_of_reference)

    # Rendering
    def _render_mosaics(self, wanted: Drawn, old: Drawn | None) -> None:
        now, reference = wanted.now, wanted.reference
        leading = now if now is not None else reference
        if leading is None:
            for pane in (self.now_pane, self.reference_pane):
                pane.set_mosaic(None)
            return
        signed = is_signed(now, reference)
        limit = layer_limit(now, reference) if wanted.scale == "layer" else None
        order = channel_order(leading, wanted.order, reference)
        theirs = order
        if reference is not None and len(reference) != len(
            order
        ):  # as many as it has, in an order of its own
            theirs = channel_order(reference, wanted.order)
        self._is_signed = signed
        colours = wanted.signed_colours if signed else wanted.colours
        way = (wanted.layer, signed, limit, colours, order.tobytes(), theirs.tobytes())
        for pane, maps, places, is_other in (
            (self.now_pane, now, order, old is None or wanted.now_reading is not old.now_reading),
            (
                self.reference_pane,
                reference,
                theirs,
                old is None or wanted.reference_reading is not old.reference_reading,
            ),
        ):
            if maps is None:
                pane.set_mosaic(None)
            elif is_other or way != self._way:
                pane.set_mosaic(_mosaic(maps, places, colours, limit, signed=signed))
        self._way = way
        self._order = np.concatenate([order, theirs[theirs >= len(order)]])
        meaning = "each channel on its own scale" if limit is None else "one scale for now and reference"
        self.legend.show_scale(scale_to(limit, colours, is_signed=signed, meaning=meaning))

    def _render_words(self, scene: Scene) -> None:
        view, drawn = scene.session.view, self._drawn
        assert drawn is not None
        for card, pane, name, layer, reading, maps in (
            (
                self.now_card,
                self.now_pane,
                "now",
                scene.blueprint.describe(view.layer),
                self._now,
                drawn.now,
            ),
            (
                self.reference_card,
                self.reference_pane,
                "reference",
                _words_beside(view.layer, scene.blueprint, self._reference),
                self._reference,
                drawn.reference,
            ),
        ):
            dead = odd = 0
            if maps is not None:
                assert pane.mosaic is not None
                dead, odd = int(pane.mosaic.is_dead.sum()), int(pane.mosaic.is_not_finite.sum())
            shape = None if maps is None else maps.shape
            wordings = subtitles(name, layer, shape, ORDER_WORDS[view.map_order], dead)
            card.set_subtitle(fitting(wordings, card.subtitle_room, card), whole=wordings[0])
            pane.set_message(self._message(scene, reading, maps))
            pane.set_note(*() if maps is None else not_finite_wordings(odd, len(maps), "channels"))

    def _message(self, scene: Scene, reading: ProbeResult | None, maps: Array | None) -> str:
        if maps is not None:
            return ""
        if reading is None:
            return placeholder(scene)
        layer, plan = scene.session.view.layer, plan_of(reading)
        beside = layer_beside(layer, scene.blueprint, plan)
        if beside is None:
            return not_computed(scene.blueprint, reading, layer)
        return not_computed(plan, reading, beside)

    def _render_channel(self, scene: Scene, now: Array | None, reference: Array | None, is_old: bool) -> None:
        view = scene.session.view
        leading = now if now is not None else reference
        channel = view.channel
        if channel is None or leading is None or not 0 <= channel < len(self._order):
            if self.is_channel_shown:
                self._stack.setCurrentWidget(self._pair)
                self.now_pane.setFocus()
            return
        block = scene.blueprint.block_named(view.layer)
        own = scene.blueprint.shape_of(view.layer)[0]
        target = None if block is None or channel >= own else BlockTarget(block.number, channel)
        self.channel_view.show_channel(
            ChannelMaps(
                title=scene.blueprint.describe(view.layer),
                channel=channel,
                order=tuple(self._order.tolist()),
                now=_channel_of(now, channel),
                reference=_channel_of(reference, channel),
                now_message=self._message(scene, self._now, now) or lacking_words(now, channel),
                reference_message=self._message(scene, self._reference, reference)
                or lacking_words(reference, channel),
                reference_title=_whose_reference(view.layer, scene.blueprint, self._reference),
                colours=view.map_colours,
                signed_colours=view.map_signed_colours,
                is_stale=is_old,
                target=target,
                is_target=target is not None and scene.session.setup.target == target,
            )
        )
        if not self.is_channel_shown:
            self._stack.setCurrentWidget(self.channel_view)
            self.channel_view.setFocus()

    # Wishes
    def _wish(self, **changes: object) -> None:
        if self._scene is not None:
            self.view_changed.emit(replace(self._scene.session.view, **changes))  # type: ignore[arg-type]

    def _wish_scale(self, scale: str) -> None:
        self._wish(map_scale=scale)

    def _wish_order(self, order: str) -> None:
        self._wish(map_order=order)

    def _wish_colours(self, colours: str) -> None:
        self._wish(**{"map_signed_colours" if self.controls.is_signed else "map_colours": colours})

    def _wish_mosaic(self) -> None:
        self._wish(channel=None)

    def _mark_reference(self, place: int | None) -> None:
        self._mark_beside(self.now_pane, self.reference_pane, place)

    def _mark_now(self, place: int | None) -> None:
        self._mark_beside(self.reference_pane, self.now_pane, place)

    @staticmethod
    def _mark_beside(pane: MosaicPane, other: MosaicPane, place: int | None) -> None:
        """Frame the same channel beside; of mosaics with other channels none is the same."""
        if pane.mosaic is not None and other.mosaic is not None:
            is_same = np.array_equal(pane.mosaic.order, other.mosaic.order)
            other.mark(place if is_same else None)

    def _tell_value_now(self, channel: int, y: int, x: int) -> None:
        self._tell_value("now", channel, y, x)

    def _tell_value_of_reference(self, channel: int, y: int, x: int) -> None:
        self._tell_value("reference", channel, y, x)

    def _tell_value(self, under: str, channel: int, y: int, x: int) -> None:
        """The value under the pointer, and that at the same place beside it where the maps are of one shape."""
        if self._drawn is None:
            return
        shown = {"now": self._drawn.now, "reference": self._drawn.reference}
        pointed = shown[under]
        if pointed is None:
            return
        words = [f"{channel_words(channel, len(pointed))} · y {y}, x {x}"]
        for name, maps in shown.items():
            if maps is not None and maps.shape == pointed.shape:
                words.append(f"{name} {float(maps[channel, y, x]):.4g}")
        self.hovered.emit(" · ".join((*words, "click: large", "wheel: zoom")))

    def _tell_nothing(self) -> None:
        self.hovered.emit("")


def subtitles(name: str, layer: str, shape: tuple[int, ...] | None, order: str, dead: int) -> tuple[str, ...]:
    """What a mosaic shows, in ever fewer words; `shape` (C, H, W) is None where there are no maps.

    What falls away first is what the strip and the controls show too.
    """
    parts = layer.split(" · ")
    brief = " · ".join((parts[0], *parts[2:])) if len(parts) > 1 and parts[0].startswith("block") else layer
    if len(parts) > 2 and parts[1].startswith("block"):  # another network's
        brief = " · ".join((*parts[:2], *parts[3:]))
    short = {"reference": "ref."}.get(name, name)
    if shape is None:
        return f"{name} · {layer}", f"{name} · {brief}", f"{short} · {brief}"
    channels, height, width = shape
    count, size = f"{channels} ch", f"{channels} × {height}×{width}"
    dying = [f"{dead} dead"] if dead else []
    return tuple(
        " · ".join(words)
        for words in (
            [name, layer, size, *dying, order],
            [name, brief, size, *dying, order],
            [name, brief, count, *dying, order],
            [name, brief, count, *dying],
            [short, brief, count, *dying],
            [short, count, *dying],
        )
    )


def _words_beside(layer: str, plan: Blueprint, reference: ProbeResult | None) -> str:
    return plan.describe(layer) if reference is None else words_beside(layer, plan, plan_of(reference))


def _whose_reference(layer: str, plan: Blueprint, reference: ProbeResult | None) -> str:
    """ "reference", with network and layer where the network is another."""
    if reference is None or plan_of(reference).spec == plan.spec:
        return "reference"
    return f"reference · {words_beside(layer, plan, plan_of(reference))}"


def _channel_of(maps: Array | None, channel: int) -> Array | None:
    return None if maps is None or channel >= len(maps) else maps[channel]


def _mosaic(maps: Array, order: np.ndarray, colours: str, limit: float | None, *, signed: bool) -> Mosaic:
    high = channel_limits(maps) if limit is None else np.full(len(maps), limit, np.float32)
    low = -high if signed else np.zeros_like(high)
    if (order[1:] > order[:-1]).all():
        tiles = tiles_of(coloured(maps, colours, low, high))
    else:
        tiles = tiles_of(coloured(maps[order], colours, low[order], high[order]))
    return Mosaic(tiles, order, dead_channels(maps)[order], not_finite_channels(maps)[order])
