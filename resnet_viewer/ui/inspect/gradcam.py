"""Grad-CAM over the picture, now beside reference, and a filmstrip of every block's map."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from PySide6.QtCore import QPointF, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from resnet_viewer.charts.gradcam import cam_maximum, cam_scale
from resnet_viewer.figures.overlay import overlay
from resnet_viewer.records.captions import target_name
from resnet_viewer.records.comparing import reading_beside
from resnet_viewer.records.probe import BlockReading, ProbeResult
from resnet_viewer.records.registering import cam_tiles
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.filmstrip import SIDES, Filmstrip, StripScale
from resnet_viewer.ui.inspect.picture import ImagePane
from resnet_viewer.ui.inspect.readings import is_reference_old, last_full, last_reference, placeholder
from resnet_viewer.ui.inspect.saliency_controls import SaliencyControls
from resnet_viewer.ui.inspect.saliency_ground import FINEST, QUICK, Ground, Grounds
from resnet_viewer.ui.inspect.saliency_words import (
    note,
    stand_in_wordings,
    stands_in,
    tip,
    value_at,
    wordings,
)
from resnet_viewer.ui.widgets.card import Card, colour_text
from resnet_viewer.ui.widgets.fitting import FittingLabel
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.widgets.theme import DARK, Theme

_SMALLEST = 256, 120
"""Pixels; said outright, else what is shown now would keep the card from being made lower."""
_LOWEST_PICTURES = 56, 72, 64
"""Pixels of height that the pictures keep before the strip, and each row of controls, takes its own."""
_REST_MS = 150


class GradCamPanel(Card):
    """All signals are wishes. `hovered` tells the value under the pointer, empty when there is none."""

    view_changed = Signal(View)
    target_chosen = Signal(object)
    """A class index, or None for the reference's highest class."""
    block_chosen = Signal(int)
    """A block's number, from the filmstrip."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Grad-CAM", parent)
        self._scene: Scene | None = None
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._strip_drawn: tuple[object, ...] = ()
        self._grounds = Grounds()
        self._ground: Ground | None = None
        self._detail = 0
        self._sharpening = QTimer(self)
        self._sharpening.setSingleShot(True)
        self._sharpening.setInterval(_REST_MS)
        self._sharpening.timeout.connect(self._sharpen)
        self.now_pane, self.reference_pane = ImagePane(), ImagePane()
        self._labels = FittingLabel(), FittingLabel()
        self.filmstrip, self.strip_scale = Filmstrip(), StripScale()
        self.controls = SaliencyControls()
        self.add_control(self.controls.more)
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(DARK.gap)
        pictures.setVerticalSpacing(2)
        for column, (pane, name) in enumerate(((self.now_pane, "now"), (self.reference_pane, "reference"))):
            pane.setAccessibleName(f"Grad-CAM, {name}")
            pane.resting = 1.0
            label = self._labels[column]
            pictures.addWidget(pane, 0, column)
            pictures.addWidget(label, 1, column)
            pictures.setColumnStretch(column, 1)
        pictures.setRowStretch(0, 1)
        self.body.addLayout(pictures, 1)
        strip = QHBoxLayout()
        strip.setSpacing(6)
        strip.addWidget(self.filmstrip, 1)
        strip.addWidget(self.strip_scale)
        self.body.addLayout(strip)
        self.body.addWidget(self.controls)
        self.setMinimumSize(*_SMALLEST)
        self._connect()
        self.apply_theme(DARK)

    @property
    def labels(self) -> tuple[str, str]:
        """The words under now and under the reference."""
        return self._labels[0].text(), self._labels[1].text()

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's maps; only what differs from the last scene is made anew."""
        self._scene = scene
        self.controls.render_scene(scene)
        self._now = last_full(self._now, scene.now, scene)
        self._reference = last_reference(self._reference, scene.reference, scene)
        is_old = self._now is not None and (scene.is_stale or self._now is not scene.now)
        self._render_pictures(scene)
        self._render_strip(scene)
        self.set_subtitle(self._words(scene))
        for part in (self.now_pane, self.filmstrip):
            part.set_dimmed(is_old)
        self.set_updating(is_old)
        self.reference_pane.set_dimmed(is_reference_old(self._reference, scene))

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for label in self._labels:
            colour_text(label, theme.muted)
        for part in (self.now_pane, self.reference_pane, self.filmstrip, self.strip_scale, self.controls):
            part.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_height()
        self._sharpening.start()

    def _share_height(self) -> None:
        """Show, in this order, what has room below pictures that stay large enough: the strip, block and class,
        opacity and colours. What is left enlarges the strip."""
        metrics, gap = self.fontMetrics(), self.body.spacing()
        title = max(metrics.height(), self.controls.more.height())
        around = 2 * (DARK.padding - 4) + title + 2 + metrics.height() + gap
        wanted = self._picture_height()
        strip, row = Filmstrip.height_for(SIDES[0], metrics) + gap, self.controls.row_height + gap
        room = self.height() - around
        shown: list[bool] = []
        for needed, lowest in zip((strip, row, row), _LOWEST_PICTURES, strict=True):
            shown.append(room - needed >= min(wanted, lowest) and all(shown))
            room -= needed if shown[-1] else 0
        has_strip, has_choices, has_looks = shown
        self.controls.show_groups(choices=has_choices, looks=has_looks)
        self.filmstrip.setVisible(has_strip)
        self.strip_scale.setVisible(has_strip)
        self.filmstrip.set_side(SIDES[0] + max(room - wanted, 0))

    def _picture_height(self) -> int:
        """How high the pictures are where only the width limits them."""
        width = (self.width() - 2 * DARK.padding - DARK.gap) // 2
        if self._ground is None:
            return width
        height, across = self._ground.pixels.shape[:2]
        return int(width * height / across)

    def _connect(self) -> None:
        self.controls.block_chosen.connect(self._wish_block)
        self.controls.opacity_chosen.connect(self._wish_opacity)
        self.controls.colours_chosen.connect(self._wish_colours)
        self.controls.target_chosen.connect(self.target_chosen)
        self.controls.input_toggled.connect(self._wish_input)
        self.filmstrip.block_chosen.connect(self.block_chosen)
        for pane, other in (
            (self.now_pane, self.reference_pane),
            (self.reference_pane, self.now_pane),
        ):
            pane.moved.connect(other.look)
            pane.moved.connect(self._sharpening.start)
            pane.pixel_hovered.connect(self._tell_pixel)
            pane.left.connect(self._tell_nothing)

    # Rendering
    def _block_number(self, scene: Scene) -> int:
        count = len(scene.blueprint.blocks)
        return min(scene.session.view.cam_block or count, count)

    def _words(self, scene: Scene) -> str:
        words = [scene.blueprint.blocks[self._block_number(scene) - 1].label]
        shown = self._now or self._reference
        if shown is not None:
            words.append(target_name(shown.target, scene.session.setup.class_names))
            words += ["untrained"] if shown.is_untrained else []
        picture = scene.session.setup.picture
        if picture is not None and (said := stands_in(picture, has_reading=shown is not None)):
            words.append(said)
        return " · ".join(words)

    def _render_pictures(self, scene: Scene) -> None:
        view = scene.session.view
        number = self._block_number(scene)
        key = (
            self._now, self._reference, scene.session.setup.picture, number, view.cam_colours,
            view.cam_opacity, view.sees_network_input,
        )  # fmt: skip
        if key == self._drawn:  # readings have no equality but identity
            return
        self._drawn = key
        self._draw_pictures(scene, min(self._wanted_detail(), QUICK))
        if self._wanted_detail() > self._detail:
            self._sharpening.start()

    def _draw_pictures(self, scene: Scene, longest: int) -> None:
        """Lay the maps over the picture, which has about `longest` pixels a side."""
        self._detail = longest
        readings = self._now, self._reference
        number = self._block_number(scene)
        blocks = tuple(_reading_of(number, scene, reading) for reading in readings)
        highest = max((cam_maximum(block) for block in blocks if block is not None), default=0.0)
        known = self._now or self._reference
        shape = None if self._ground is None else self._ground.pixels.shape[:2]
        panes = self.now_pane, self.reference_pane
        for pane, label, name, reading, block in zip(
            panes, self._labels, ("now", "reference"), readings, blocks, strict=True
        ):
            ground = self._grounds.find(scene, reading or known, longest)
            view = scene.session.view
            image = None if ground is None else self._composed(ground, reading, block, highest, view)
            pane.set_image(image)
            pane.set_message("" if image is not None else placeholder(scene))
            pane.set_note(*self._note(scene, reading or known, block, highest))
            is_untrained = reading is not None and reading.is_untrained
            said = wordings(_whose(name, number, block), block, is_untrained=is_untrained)
            label.set_wordings(*said, tip=tip(block, highest))
            self._ground = ground or self._ground
        if self._ground is not None and self._ground.pixels.shape[:2] != shape:
            self._share_height()

    def _note(
        self, scene: Scene, reading: ProbeResult | None, block: BlockReading | None, highest: float
    ) -> tuple[str, ...]:
        """Why a map is blank; else, where the picture cannot be shown as it is, what is shown instead."""
        picture = scene.session.setup.picture if reading is None else reading.request.picture
        if found := note(block, highest):
            return found
        if picture is None or scene.session.view.sees_network_input:
            return ()
        return stand_in_wordings(picture, has_reading=reading is not None)

    def _wanted_detail(self) -> int:
        """Pixels a side that the panes show, in steps, so that a resize makes few grounds."""
        size = self.now_pane.content_size() * self.now_pane.zoom * self.devicePixelRatioF()
        longest = ceil(max(size.width(), size.height()) / 96) * 96
        return min(max(longest, QUICK), FINEST)

    @Slot()
    def _sharpen(self) -> None:
        """At rest: as many pixels as the panes show."""
        if self._scene is not None and self._drawn and self._wanted_detail() != self._detail:
            self._draw_pictures(self._scene, self._wanted_detail())

    def _composed(
        self,
        ground: Ground,
        reading: ProbeResult | None,
        block: BlockReading | None,
        highest: float,
        view: View,
    ) -> QImage:
        if reading is None or block is None or block.cam_states[0] != "shown":
            return image_of_rgb(ground.pixels)
        return image_of_rgb(
            overlay(
                ground.pixels,
                block.cam[0],
                ground.box,
                tiles=cam_tiles(reading, block, ground.box),
                vmax=highest,
                colours=view.cam_colours,
                opacity=view.cam_opacity,
            )
        )

    def _render_strip(self, scene: Scene) -> None:
        key = (self._now, self._reference, scene.session.view.cam_colours)
        if key != self._strip_drawn:
            self._strip_drawn = key
            blocks = () if self._now is None else self._now.blocks
            labels = tuple(block.label for block in scene.blueprint.blocks)
            limit = cam_scale(reading for reading in (self._now, self._reference) if reading is not None)
            self.filmstrip.set_blocks(blocks, labels, scene.session.view.cam_colours, limit)
            self.strip_scale.show_scale(scene.session.view.cam_colours, limit)
        self.filmstrip.set_current(self._block_number(scene))

    # Wishes
    def _wish(self, **changes: object) -> None:
        if self._scene is not None:
            self.view_changed.emit(replace(self._scene.session.view, **changes))  # type: ignore[arg-type]

    def _wish_block(self, number: int | None) -> None:
        self._wish(cam_block=number)

    def _wish_opacity(self, opacity: float) -> None:
        self._wish(cam_opacity=opacity)

    def _wish_colours(self, colours: str) -> None:
        self._wish(cam_colours=colours)

    def _wish_input(self, sees: bool) -> None:
        self._wish(sees_network_input=sees)

    def _tell_pixel(self, x: int, y: int) -> None:
        if self._scene is None or self._ground is None:
            return
        high, wide = self._ground.pixels.shape[:2]
        number = self._block_number(self._scene)
        words = []
        for name, reading in (("now", self._now), ("reference", self._reference)):
            block, ground = (
                _reading_of(number, self._scene, reading),
                self._grounds.find(self._scene, reading, self._detail),
            )
            if reading is not None and block is not None and ground is not None:
                rows, columns = ground.pixels.shape[:2]
                point = QPointF((x + 0.5) / wide * columns, (y + 0.5) / high * rows)
                value = value_at(reading, block, ground.box, point)
                words.append(f"{name} {'outside' if value is None else format(value, '.4g')}")
        if words:
            self.hovered.emit(f"Grad-CAM of block {number} · " + " · ".join(words) + " · wheel: zoom")

    def _tell_nothing(self) -> None:
        self.hovered.emit("")


def _reading_of(number: int, scene: Scene, reading: ProbeResult | None) -> BlockReading | None:
    """Of a reading the block beside now's block `number`."""
    return None if reading is None else reading_beside(number, scene.blueprint, reading)


def _whose(name: str, number: int, block: BlockReading | None) -> str:
    """The name of a map, with its block's number where that is another."""
    return name if block is None or block.number == number else f"{name}, block {block.number}"
