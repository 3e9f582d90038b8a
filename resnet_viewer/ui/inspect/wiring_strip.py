"""Paints the wiring strip, and what the pointer does to it, from shapes that are ready before the paint event comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.shapes import Box, Ink, Shape
from resnet_viewer.charts.wiring_drawing import (
    BAND_INK,
    Label,
    StripDrawing,
    StripFrame,
    bands,
    centre_of,
    draw,
    focus_rect,
    labels,
    shape_of,
)
from resnet_viewer.charts.wiring_layout import UNKNOWN, Openings, Part, StripLayout, layer_part
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.widgets.shapes import MARGIN, Paint, colour_of, nothing, ready
from resnet_viewer.ui.widgets.theme import Theme

Words = Literal["all", "numbers", "none"]
_GLOW = Ink("shortcut", 7.0, 0.35)
_FOCUS = Ink("text", 1.3, dashes=(1.5, 1.8))


@dataclass(frozen=True)
class StripState:
    """All that the strip shows. `preview` holds the blocks of a sweep under way, at `preview_strength`."""

    layout: StripLayout
    wiring: Wiring
    selected: str = ""
    hovered: Part | None = None
    focused: Part | None = None
    preview: frozenset[int] = frozenset()
    preview_strength: float = 0.0
    openings: Openings = UNKNOWN


class StripItem(QGraphicsObject):
    """The whole strip as one item, in the pixels of its parent; it moves with `set_frame`."""

    def __init__(self, parent: QGraphicsItem | None, theme: Theme, font: QFont) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._state: StripState | None = None
        self._words: Words = "all"
        self._frame = StripFrame(0.0, 1.0, 1.0, 1.0, self._metrics.height())
        self._drawing = StripDrawing()
        self._ground: Paint = nothing
        self._shapes: list[Paint] = []
        self._labels: list[Label] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._image: QImage | None = None
        self._made_for: tuple[QSize, float, QPointF] | None = None
        self._changed: list[QRectF] = []
        """Where the image holds what was drawn before."""

    @property
    def frame(self) -> StripFrame:
        """The mapping in force."""
        return self._frame

    @property
    def state(self) -> StripState | None:
        """What is shown."""
        return self._state

    @property
    def drawing(self) -> StripDrawing:
        """What is drawn of it."""
        return self._drawing

    def set_font(self, font: QFont) -> None:
        """Write in another font; the strip's height is its owner's to change."""
        self._font, self._metrics = font, QFontMetricsF(font)
        self._frame = replace(self._frame, text_height=self._text_height)
        self._prepare()

    def set_words(self, words: Words) -> None:
        """With the stages' names and the blocks' numbers, with the numbers alone, or without words; its owner gives it
        the height.
        """
        if words != self._words:
            self._words = words
            self._frame = replace(self._frame, text_height=self._text_height, has_bands=words == "all")
            self._prepare()

    @property
    def _text_height(self) -> float:
        return 0.0 if self._words == "none" else self._metrics.height()

    def set_frame(self, left: float, right: float, width: float, height: float) -> None:
        """Show the range of x from `left` to `right` in that many pixels."""
        scale = width / (right - left) if right > left and width > 0 else 1.0
        frame = StripFrame(left, scale, width, height, self._text_height, self._words == "all")
        if frame == self._frame:
            return
        if (frame.width, frame.height) != (self._frame.width, self._frame.height):
            self.prepareGeometryChange()
        self._frame = frame
        self._prepare()

    def set_state(self, state: StripState) -> None:
        """Show another state; shapes are made again only where the wiring, the openings or the sweep changed."""
        old, self._state = self._state, state
        if state == old:
            return
        changes = {"selected": state.selected, "hovered": state.hovered, "focused": state.focused}
        if old is None or replace(old, **changes) != state:  # type: ignore[arg-type]
            marked = old is not None and all(getattr(old, name) == mark for name, mark in changes.items())
            self._prepare(is_marked_alike=marked)
        else:
            self.update()

    def adjust(self, **changes: object) -> None:
        """Replace fields of the state."""
        if self._state is not None:
            self.set_state(replace(self._state, **changes))  # type: ignore[arg-type]

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme, self._image = theme, None
        self._prepare()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._frame.width, self._frame.height)

    def _prepare(self, *, is_marked_alike: bool = False) -> None:
        """Make the shapes; where what is marked stays as it was, only the blocks that changed are painted anew."""
        state, frame, before, words = self._state, self._frame, self._drawing, self._labels
        if state is None:
            return
        wiring = state.wiring
        if state.preview:
            wiring = wiring.with_shortcuts(state.preview, state.preview_strength)
        self._drawing = draw(state.layout, frame, wiring, state.preview, state.openings, before=before)
        self._ground = ready(self._theme, BAND_INK, bands(state.layout, frame))
        self._shapes = [ready(self._theme, ink, shapes) for ink, shapes in self._drawing.inked()]
        written = labels(state.layout, frame, self._metrics.horizontalAdvance)
        self._labels = [*self._drawing.labels, *written] if self._words != "none" else []
        changed = self._drawing.changed_since(before)
        if changed is None:
            self._image = None
        if changed is None or not is_marked_alike:
            self.update()
        for number in changed or ():
            rect = frame.block_rect(state.layout.spans[number - 1])
            whole = QRectF(rect.left - MARGIN, 0, rect.width + 2 * MARGIN, frame.height)
            self._changed.append(whole)
            self.update(whole)
        for label in set(words) ^ set(self._labels):
            self.update(QRectF(*label.rect))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        state = self._state
        if state is None:
            return
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        self._ground(painter)
        for ink, shape in self._marks_below(state):
            ready(self._theme, ink, [shape])(painter)
        image, shift = self._inked(painter)
        painter.drawImage(shift, image)
        for ink, shape in self._marks_above(state):
            ready(self._theme, ink, [shape])(painter)
        for label in self._labels:
            painter.setPen(colour_of(self._theme, label.role, label.opacity))
            side = Qt.AlignmentFlag.AlignLeft if label.is_left else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(QRectF(*label.rect), side | Qt.AlignmentFlag.AlignVCenter, label.text)

    def _inked(self, painter: QPainter) -> tuple[QImage, QPointF]:
        """The shapes, kept as an image of which only what changed is drawn anew: strokes take several times as long.

        With it the place of its corner, on a whole pixel: an image between pixels would be drawn beside its place.
        """
        scale, place = painter.device().devicePixelRatioF(), painter.deviceTransform()
        shift = QPointF(place.dx() % 1.0 / scale, place.dy() % 1.0 / scale)
        whole = self.boundingRect()
        made_for = (whole.size() * scale).toSize() + QSize(2, 2), scale, shift
        if self._image is None or made_for != self._made_for:
            self._made_for = made_for
            self._image = QImage(made_for[0], QImage.Format.Format_ARGB32_Premultiplied)
            self._image.setDevicePixelRatio(scale)
            self._image.fill(Qt.GlobalColor.transparent)
            self._changed = [whole]
        if self._changed:
            with QPainter(self._image) as inking:
                for area in self._changed:
                    aligned = (
                        QTransform.fromScale(scale, scale).mapRect(area.translated(shift)).toAlignedRect()
                    )
                    clip = QTransform.fromScale(1 / scale, 1 / scale).mapRect(QRectF(aligned))
                    inking.resetTransform()
                    inking.setClipRect(clip)
                    inking.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
                    inking.fillRect(clip, Qt.GlobalColor.transparent)
                    inking.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
                    inking.setRenderHint(QPainter.RenderHint.Antialiasing)
                    inking.translate(shift)
                    for paint in self._shapes:
                        paint(inking, area.left(), area.right())
            self._changed = []
        return self._image, -shift

    def _marks_below(self, state: StripState) -> Iterable[tuple[Ink, Shape]]:
        """The selected block's rectangle, and the light around the arc under the pointer."""
        if self._drawing.is_ribbon:
            return
        if (block := state.layout.blueprint.block_of(state.selected)) is not None:
            rect = self._frame.block_rect(state.layout.spans[block.number - 1]).grown(-1.0, -1.0)
            edge = "accent" if state.selected == block.name else ""
            yield Ink(edge, 1.2, fill="accent", fill_opacity=0.16), Box(rect, 4.0)
        if state.hovered is not None and state.hovered.kind == "arc":
            yield _GLOW, shape_of(state.layout, self._frame, state.hovered)

    def _marks_above(self, state: StripState) -> Iterable[tuple[Ink, Shape]]:
        """The layer under the pointer and the selected one, filled; a gate's disc has a ring: its filling tells.

        Around what has the keyboard's focus there is a frame.
        """
        layout, frame = state.layout, self._frame
        selected = layout.blueprint.layer(
            layout.stem[-1].layer.name if state.selected == "stem" else state.selected
        )
        marked = layer_part(selected) if selected is not None else None
        for part, opacity in ((state.hovered, 0.35), (marked, 1.0)):
            if part is not None and part.kind == "gate":
                yield Ink("text", 1.6, opacity), shape_of(layout, frame, part)
            elif part is not None and part.kind in ("box", "projection"):
                role = "shortcut" if part.kind == "projection" else "branch"
                yield Ink(role, 1.3, fill=role, fill_opacity=opacity), shape_of(layout, frame, part)
        if state.focused is not None:
            yield _FOCUS, Box(focus_rect(layout, frame, state.focused), 4.0)

    def centre_of(self, part: Part) -> QPointF:
        """The middle of a part, or an arc's top, in the strip's pixels: where a click on it belongs."""
        assert self._state is not None
        return QPointF(*centre_of(self._state.layout, self._frame, part))
