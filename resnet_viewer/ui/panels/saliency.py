"""Grad-CAM over the picture, now beside reference, and a filmstrip of every block's map."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget
from superqt import QElidingLabel

from resnet_viewer.figures.overlay import overlay, shrunk
from resnet_viewer.records.captions import CAM_REASONS
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box, denormalised, visible_box
from resnet_viewer.records.probe import BlockReading, ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.panels.card import Card, colour_text
from resnet_viewer.ui.panels.filmstrip import Filmstrip
from resnet_viewer.ui.panels.picture import ImagePane
from resnet_viewer.ui.panels.readings import is_reference_old, last_full, placeholder
from resnet_viewer.ui.panels.saliency_controls import SaliencyControls
from resnet_viewer.ui.pixels import image_of_rgb
from resnet_viewer.ui.theme import DARK, Theme

LONGEST = 288
"""Pixels a side of the overlays on screen: a pane at 200 %, and few enough to redo at every toggle."""
_NARROWEST = 256
_ENOUGH_FOR_STRIP = 225
_ENOUGH_FOR_ROWS = (245, 330)
"""Heights at which one and two rows of controls leave room for the pictures."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The picture under the maps, at the size of the screen, and the part of it that the network saw."""

    pixels: NDArray[np.uint8]
    box: Box


def picture_ground(picture: Picture, box: Box) -> Ground:
    """A picture near `LONGEST` pixels a side: large ones averaged, tiny ones with their pixels repeated."""
    pixels = picture.pixels
    longest = max(pixels.shape[:2])
    step = max(longest // 1024, 1)  # averaging 50 megapixels would hold the window up
    small = shrunk(pixels[::step, ::step], LONGEST)
    times = max(LONGEST // max(small.shape[:2]), 1)
    if times > 1:
        small = small.repeat(times, axis=0).repeat(times, axis=1)
    across, down = small.shape[1] / picture.width, small.shape[0] / picture.height
    return Ground(small, Box(box.left * across, box.top * down, box.right * across, box.bottom * down))


def input_ground(result: ProbeResult) -> Ground:
    """What the network saw, its normalisation taken back."""
    seen = denormalised(result.network_input[0], result.request.state.preprocessing)
    times = max(LONGEST // max(seen.shape[:2]), 1)
    pixels = seen.repeat(times, axis=0).repeat(times, axis=1)
    return Ground(pixels, Box(0, 0, pixels.shape[1], pixels.shape[0]))


class SaliencyPanel(Card):
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
        self._ground: tuple[tuple[object, ...], Ground] | None = None
        self.now_pane, self.reference_pane = ImagePane(), ImagePane()
        self._labels = QElidingLabel(), QElidingLabel()
        self.filmstrip = Filmstrip()
        self.controls = SaliencyControls()
        self.add_control(self.controls.more)
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(DARK.gap)
        pictures.setVerticalSpacing(2)
        for column, (pane, name) in enumerate(((self.now_pane, "now"), (self.reference_pane, "reference"))):
            pane.setAccessibleName(f"Grad-CAM, {name}")
            pane.resting = 1.0
            label = self._labels[column]
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            pictures.addWidget(pane, 0, column)
            pictures.addWidget(label, 1, column)
            pictures.setColumnStretch(column, 1)
        pictures.setRowStretch(0, 1)
        self.body.addLayout(pictures, 1)
        self.body.addWidget(self.filmstrip)
        self.body.addWidget(self.controls)
        self.setMinimumWidth(_NARROWEST)
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
        self._reference = last_full(self._reference, scene.reference, scene)
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
        for part in (self.now_pane, self.reference_pane, self.filmstrip, self.controls):
            part.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        height = self.height()
        self.controls.show_rows(sum(height >= enough for enough in _ENOUGH_FOR_ROWS))
        self.filmstrip.setVisible(height >= _ENOUGH_FOR_STRIP)

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
            words.append(scene.session.setup.class_name(shown.target))
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
        readings = self._now, self._reference
        blocks = tuple(None if reading is None else reading.blocks[number - 1] for reading in readings)
        highest = max((_highest(block) for block in blocks if block is not None), default=0.0)
        panes = self.now_pane, self.reference_pane
        for pane, label, name, reading, block in zip(
            panes, self._labels, ("now", "reference"), readings, blocks, strict=True
        ):
            ground = self._ground_of(scene, reading)
            image = None if ground is None else self._composed(ground, block, highest, view)
            pane.set_image(image)
            pane.set_message("" if image is not None else placeholder(scene))
            pane.set_note(_note(block))
            label.setText(_label(name, block))
            label.setToolTip(f"{label.text()} is the highest value; one colour scale for now and reference")

    def _ground_of(self, scene: Scene, reading: ProbeResult | None) -> Ground | None:
        """The picture to draw on, made once for each picture or network input."""
        picture = scene.session.setup.picture if reading is None else reading.request.picture
        if picture is None:
            return None
        preprocessing = scene.session.setup.state.preprocessing
        key: tuple[object, ...]
        if scene.session.view.sees_network_input:
            found = reading or self._now or self._reference
            if found is None:
                return None
            key = "input", found.request.picture, found.request.state.preprocessing
        else:
            if reading is not None:
                preprocessing = reading.request.state.preprocessing
            key = "picture", picture, preprocessing
        if self._ground is None or self._ground[0] != key:
            if scene.session.view.sees_network_input:
                assert found is not None
                ground = input_ground(found)
            else:
                ground = picture_ground(picture, visible_box(picture.width, picture.height, preprocessing))
            self._ground = key, ground
        return self._ground[1]

    def _composed(self, ground: Ground, block: BlockReading | None, highest: float, view: View) -> QImage:
        if block is None or block.cam_states[0] != "shown":
            return image_of_rgb(ground.pixels)
        return image_of_rgb(
            overlay(
                ground.pixels,
                block.cam[0],
                ground.box,
                vmax=highest,
                colours=view.cam_colours,
                opacity=view.cam_opacity,
            )
        )

    def _render_strip(self, scene: Scene) -> None:
        key = (self._now, scene.session.view.cam_colours)
        if key != self._strip_drawn:
            self._strip_drawn = key
            blocks = () if self._now is None else self._now.blocks
            labels = tuple(block.label for block in scene.blueprint.blocks)
            self.filmstrip.set_blocks(blocks, labels, scene.session.view.cam_colours)
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
        ground, number = self._ground[1], self._block_number(self._scene)
        words = []
        for name, reading in (("now", self._now), ("reference", self._reference)):
            if reading is not None:
                value = _value_at(reading.blocks[number - 1], ground.box, QPointF(x + 0.5, y + 0.5))
                words.append(f"{name} {'outside' if value is None else format(value, '.4g')}")
        if words:
            self.hovered.emit(f"Grad-CAM of block {number} · " + " · ".join(words) + " · wheel: zoom")

    def _tell_nothing(self) -> None:
        self.hovered.emit("")


def _highest(block: BlockReading) -> float:
    highest = float(np.nanmax(block.cam[0])) if block.cam_states[0] != "not finite" else 0.0
    return highest if np.isfinite(highest) else 0.0


def _label(name: str, block: BlockReading | None) -> str:
    """The map's highest value tells a faint map from none: both panes share one scale."""
    if block is None:
        return name
    return f"{name} · blank" if block.cam_states[0] != "shown" else f"{name} ≤ {_highest(block):.2g}"


def _note(block: BlockReading | None) -> str:
    """Why a map is blank; empty where it is not."""
    if block is None or block.cam_states[0] == "shown":
        return ""
    return f"blank: {CAM_REASONS[block.cam_states[0]]}"


def _value_at(block: BlockReading, box: Box, point: QPointF) -> float | None:
    """The map's value in the cell that covers a point of the ground; None outside of what the network saw."""
    across = (point.x() - box.left) / box.width
    down = (point.y() - box.top) / box.height
    if not (0 <= across < 1 and 0 <= down < 1):
        return None
    height, width = block.cam.shape[1:]
    return float(block.cam[0, int(down * height), int(across * width)])
