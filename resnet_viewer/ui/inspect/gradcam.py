"""The picture, large, with what the network sees in it: Grad-CAM over it, now and reference under one wiper or side by
side, and a filmstrip of every block's map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from PySide6.QtCore import (
    QEvent,
    QLineF,
    QObject,
    QPointF,
    QRectF,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from resnet_viewer.charts.feature_maps import Whose
from resnet_viewer.charts.gradcam import (
    CONTOUR_WIDTHS,
    CamChart,
    CamSide,
    Contour,
    Frame,
    Underlay,
    cam_chart,
    field_of,
    filmstrip,
    has_one_scale,
    ink_of,
    inside,
    is_hairline,
    looks_words,
    placed,
    scale_of,
    sees_input,
    strip_spans,
    underlay,
)
from resnet_viewer.charts.limits import Span
from resnet_viewer.charts.method import MethodChart, MethodSide, method_chart, method_looks
from resnet_viewer.records.captions import is_same, target_name, target_told
from resnet_viewer.records.comparing import block_beside
from resnet_viewer.records.method import Explanation
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.receptive_field import Mark
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.batch_grid import BatchGrid
from resnet_viewer.ui.inspect.filmstrip import SIDES, Filmstrip, number_height
from resnet_viewer.ui.inspect.folder_strip import FolderStrip
from resnet_viewer.ui.inspect.picture import Layers, PicturePane, Strokes, beside
from resnet_viewer.ui.inspect.picture_controls import PictureControls
from resnet_viewer.ui.inspect.readings import is_reference_old, last_full, last_reference, placeholder
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.colour_bar import UprightColourBar
from resnet_viewer.ui.widgets.fitting import FittingLabel, fitting
from resnet_viewer.ui.widgets.labels import muted, shortened, tool_button
from resnet_viewer.ui.widgets.limits import AUTO_KEY
from resnet_viewer.ui.widgets.pixels import image_of_rgb, image_of_veil
from resnet_viewer.ui.widgets.theme import DARK, Theme

WHOSE: tuple[Whose, Whose] = "now", "reference"
QUICK = 192
"""Pixels a side of a picture that is shown at once."""
FINEST = 768
"""Pixels a side of the finest one, made once the view is at rest."""
_SMALLEST = 256, 120
"""Pixels; said outright, else what is shown now would keep the card from being made lower."""
_LOWEST_PICTURES = 56, 256, 420
"""Pixels of height that the picture keeps before the strip, and each row of controls, take their own."""
_FOOT_SHARE = 0.85
"""The same for the foot: of the height that it has without anything below it."""
_LEAST_SHARE = 0.82
"""Of the height under the title, that the longer side of the picture has whatever its shape: 350 pixels in a window of
1440×900, 250 in one of 1024×700."""
_ROUNDED = 3
"""Pixels of height by which overlays of one picture, finer and coarser, may differ."""
_REST_MS = 150
_HEADER_SIGNS = 210
"""Pixels of a header's other buttons, with the margins around them."""
_METHOD_LETTERS = 20
"""Of a method's name on its button."""
_NEAR = 8.0
"""Pixels: a click so near to the marked point is on it."""
_ENDS_PEEKING = (
    QEvent.Type.KeyRelease,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.ApplicationDeactivate,
    QEvent.Type.WindowDeactivate,
)


class PicturePanel(Card):
    """All signals are wishes. `hovered` tells the value under the pointer, empty when there is none."""

    view_changed = Signal(View)
    target_chosen = Signal(object)
    """A class index, or None for the reference's highest class."""
    block_chosen = Signal(int)
    """A block's number, from the filmstrip."""
    picture_chosen = Signal(int)
    """A picture's place in the batch, from 0."""
    marked = Signal(object)
    """A point of the network's input, x and y from 0 to 1."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Picture", parent)
        self._scene: Scene | None = None
        self._foot: FolderStrip | None = None
        self._kept_proportion = 1.0
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._strip_drawn: tuple[object, ...] = ()
        self._chart: CamChart | None = None
        self._method_chart: MethodChart | None = None
        self._problem = ""
        self._found: tuple[Explanation | None, Explanation | None] = (None, None)
        """What the chosen method found of now and the reference, of an older wish until there is something newer."""
        self._underlays: dict[tuple[object, ...], tuple[Underlay, QImage]] = {}
        """Quick ones and fine ones of what was last asked for."""
        self._shown: tuple[Shown, ...] = ()
        self._detail = 0
        self._is_peeking = False
        self._mark_before: Mark | None = None
        self._sharpening = QTimer(self, singleShot=True, interval=_REST_MS)
        self._sharpening.timeout.connect(self._sharpen)
        self._panes = self.now_pane, self.reference_pane = beside(PicturePane, "Picture", self.hovered)
        self.filmstrip, self.strip_scale = Filmstrip(), UprightColourBar()
        self.reference_strip = Filmstrip()
        """Of another network than now's."""
        self.strip_scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.controls = PictureControls()
        self.add_control(self.controls.more)
        pictures = QHBoxLayout()
        pictures.setSpacing(DARK.gap)
        for pane in self._panes:
            pictures.addWidget(pane, 1)
        self.reference_pane.hide()
        self.grid = BatchGrid()
        self.grid.hide()
        pictures.addWidget(self.grid, 1)
        self.grid_button = tool_button(
            "▦", "All pictures", "All pictures of the batch, or the chosen one large"
        )
        self.grid_button.setCheckable(True)
        self.grid_button.hide()
        self.header.insertWidget(self.header.indexOf(self.controls.more), self.grid_button)
        self.method_button = tool_button("Method ▾", "Method", "By which method the picture is explained")
        self.method_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.method_button.setMenu(QMenu(self.method_button))
        self.stop_button = tool_button(
            "Stop", "Stop the method", "Run no more passes; what was found so far stays"
        )
        self.stop_button.hide()
        for button in (self.method_button, self.stop_button):
            self.header.insertWidget(self.header.indexOf(self.grid_button), button)
        self.method_scale = UprightColourBar()
        """Of the method's maps; Grad-CAM's stands beside the filmstrip."""
        self.method_scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.method_scale.setContentsMargins(0, 2, 0, 2)
        self.method_scale.hide()
        pictures.addWidget(self.method_scale)
        self.body.addLayout(pictures, 1)
        self.method_note = muted(FittingLabel())
        self.method_note.hide()
        self.body.addWidget(self.method_note)
        strips = QGridLayout()
        strips.setHorizontalSpacing(6)
        strips.setVerticalSpacing(2)
        strips.setColumnStretch(1, 1)
        self._strip_names = muted(QLabel("now")), muted(QLabel("ref."))
        for row, (name, strip) in enumerate(zip(self._strip_names, self._strips, strict=True)):
            strips.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            strips.addWidget(strip, row, 1)
            name.hide()
        strips.addWidget(self.strip_scale, 0, 2)
        self.reference_strip.hide()
        self.body.addLayout(strips)
        self.body.addWidget(self.controls)
        self.setMinimumSize(*_SMALLEST)
        self._connect()
        self.apply_theme(DARK)

    def set_foot(self, foot: FolderStrip) -> None:
        """Put a row below everything else; where the picture would be too small it gives way."""
        self._foot = foot
        self.body.addWidget(foot)
        foot.wished.connect(self._share_height)

    @property
    def _strips(self) -> tuple[Filmstrip, Filmstrip]:
        return self.filmstrip, self.reference_strip

    @property
    def labels(self) -> tuple[str, ...]:
        """The words on the picture, of now and of the reference where they differ."""
        return tuple(shown.wordings[0] for shown in self._shown if shown.wordings)

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's maps; only what differs from the last scene is made anew."""
        self._scene = scene
        self._now = last_full(self._now, scene.now, scene)
        self._reference = last_reference(self._reference, scene.reference, scene)
        is_old = self._now is not None and (scene.is_stale or self._now is not scene.now)
        self._render_pictures(scene)
        self._render_grid(scene)
        self._render_strip(scene)
        span = None if self._chart is None else self._chart.sides[0].span
        self.controls.render_scene(scene, (0.0, 0.0) if span is None else (span.low, span.high))
        self._render_words(scene)
        self.filmstrip.set_dimmed(is_old)
        self.reference_strip.set_dimmed(is_reference_old(self._reference, scene))
        self.set_updating(is_old)
        are_old = self._is_found_old(scene)
        dimmed = {
            "now": is_old or are_old[0],
            "reference": is_reference_old(self._reference, scene) or are_old[1],
        }
        self._show_each(lambda pane, shown: pane.set_dimmed_sides(*(dimmed[side.whose] for side in shown)))

    def peek(self) -> None:
        """Show the picture alone until a key is released, or anything is clicked."""
        if not self._is_peeking and (app := QApplication.instance()) is not None:
            self._is_peeking = True
            app.installEventFilter(self)
            self._redraw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_over = event.type() in _ENDS_PEEKING
        if isinstance(event, QKeyEvent) and event.isAutoRepeat():
            is_over = False
        if is_over and self._is_peeking and (app := QApplication.instance()) is not None:
            self._is_peeking = False
            app.removeEventFilter(self)
            self._redraw()
        return False

    def apply_theme(self, theme: Theme) -> None:
        for button in (self.controls.more, self.grid_button, self.method_button, self.stop_button):
            button.setFixedHeight(self.fontMetrics().height() + 8)
        self.strip_scale.setContentsMargins(0, 2, 0, number_height(self.font()) + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == AUTO_KEY and not event.modifiers():
            self.controls.limits.reset()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_height()
        if self._scene is not None:
            self._render_words(self._scene)
        self._sharpening.start()

    def _share_height(self) -> None:
        """Show, in this order, what has room below a picture that stays large enough: the strip, that of another
        network, the foot, what is shown and how, block and class. What is left enlarges the strips."""
        gap = self.body.spacing()
        title = max(self.fontMetrics().height(), self.controls.more.height())
        room = self.height() - 2 * (DARK.padding - 4) - title - gap
        if not self.method_note.isHidden():
            room -= self.method_note.sizeHint().height() + gap
        wanted, least = self._picture_height(), _LEAST_SHARE * room * min(1.0, self._proportion)

        def spare(needed: int, lowest: float) -> bool:
            nonlocal room
            has_room = room - needed >= min(wanted, max(lowest, least))
            room -= needed if has_room else 0
            return has_room

        for_strip, for_looks, for_choices = _LOWEST_PICTURES
        for_foot = _FOOT_SHARE * min(room, wanted)
        row = self.controls.row_height + gap
        strip_height = self.filmstrip.height_for(self.filmstrip.side_for(SIDES[0])) + gap
        has_strip = spare(strip_height, for_strip)
        has_other = self.reference_strip.frames.count > 0 and has_strip and spare(strip_height, for_strip)
        if self._foot is not None and self._foot.is_wished:
            self._foot.set_has_room(has_strip and spare(self._foot.sizeHint().height() + gap, for_foot))
        are_looks_whole = self.controls.least_width <= self.width() - 2 * DARK.padding
        has_looks = has_strip and are_looks_whole and spare(row, for_looks)
        has_choices = has_looks and spare(row, for_choices)
        self.controls.show_groups(choices=has_choices, looks=has_looks)
        self.filmstrip.setVisible(has_strip)
        for part in (self.reference_strip, *self._strip_names):
            part.setVisible(has_other)
        is_one = self._scene is None or has_one_scale(self._scene.session.view)
        self.strip_scale.setVisible(has_strip and is_one)
        left = max(room - wanted, 0) // (2 if has_other else 1)
        for strip in self._strips:
            strip.set_most(SIDES[0] + left)

    def _picture_height(self) -> int:
        """How high the picture is where only the width limits it."""
        count = 1 if self.reference_pane.isHidden() else 2
        width = (self.width() - 2 * DARK.padding - DARK.gap * (count - 1)) // count
        return int(width * self._proportion)

    @property
    def _proportion(self) -> float:
        """Height over width of what is shown. What a coarser overlay is rounded to moves nothing."""
        height, width = self._shown[-1].underlay.pixels.shape[:2] if self._shown else (1, 1)
        if abs(height / width - self._kept_proportion) * self.width() > _ROUNDED:
            self._kept_proportion = height / width
        return self._kept_proportion

    def _connect(self) -> None:
        self.controls.view_changed.connect(self.view_changed)
        self.controls.target_chosen.connect(self.target_chosen)
        self.filmstrip.block_chosen.connect(self.block_chosen)
        self.reference_strip.block_chosen.connect(self._choose_beside)
        self.grid_button.toggled.connect(self._wish_grid)
        self.grid.enlarged.connect(partial(self._wish_grid, False))
        self.grid.chosen.connect(self.picture_chosen)
        self.grid.hovered.connect(self.hovered)
        for pane in self._panes:
            pane.moved.connect(self._sharpening.start)
            pane.point_told.connect(self._tell_point)
            pane.point_taken.connect(partial(self._take_point, pane))
            pane.point_given_back.connect(self._give_back)

    # Rendering
    def _view(self, scene: Scene) -> View:
        """How it is looked at now: while one peeks, the picture alone."""
        view = scene.session.view
        return replace(view, picture_shows="original") if self._is_peeking else view

    def _block_number(self, scene: Scene) -> int:
        count = len(scene.blueprint.blocks)
        return min(scene.session.view.cam_block or count, count)

    def _render_words(self, scene: Scene) -> None:
        """Method, block, target and scale. Where they have no room, by whose choice the target is goes first, then
        the stage, then that the map is Grad-CAM's."""
        view, shown = self._view(scene), self._now or self._reference
        looks = looks_words(view) if view.method.is_grad_cam else method_looks(view)
        ending = [*looks, *stand_in_wordings(scene, shown)[:1]]
        forms = [ending]
        if view.picture_shows == "overlay":
            number = self._block_number(scene)
            labels = self._labels(scene, number)
            self._name_method(self._method_title(scene))
            told, name, kind = [], [], []
            if shown is not None and shown.batch_size > 1:
                ending = [f"picture {shown.place + 1} of {shown.batch_size}", *ending]
            if shown is not None:
                told = [target_told(scene.session, self._now, self._reference)]
                name = [target_name(shown.target, scene.session.setup.class_names)]
                kind = ["untrained"] if shown.is_untrained else []
            forms = [
                [*filter(None, (label,)), *target, *kind, *ending]
                for target in (told, name)
                for label in labels
            ]
            forms.append(
                [
                    *filter(None, (labels[-1],)),
                    *name,
                    *(words.split(" at ")[0].removesuffix(" scale") for words in ending),
                ]
            )
        wordings = tuple(" · ".join(form) for form in forms)
        self.set_subtitle(fitting(wordings, self._subtitle.width(), self), whole=wordings[0])

    def _name_method(self, title: str) -> None:
        """On its button, as far as there is room beside the panel's own name."""
        words = f"{shortened(title, _METHOD_LETTERS)} ▾"
        needed = self.fontMetrics().horizontalAdvance(f"{self.title} {words}") + _HEADER_SIGNS
        self.method_button.setText(words if needed <= self.width() else "▾")
        self.method_button.setAccessibleName(f"Method: {title}")
        self.method_button.setToolTip(f"By which method the picture is explained: {title}")

    @staticmethod
    def _method_title(scene: Scene) -> str:
        asked = scene.explain_question
        return scene.session.view.method.info.title if asked is None else asked.now.title

    def _labels(self, scene: Scene, number: int) -> tuple[str, ...]:
        """The block where the method looks at one, in ever fewer words; the method stands on its button."""
        choice, asked = scene.session.view.method, scene.explain_question
        if choice.info.needs_block or (asked is not None and asked.now.block is not None):
            return scene.blueprint.blocks[number - 1].label, f"block {number}"
        return ("",)

    def _render_pictures(self, scene: Scene) -> None:
        view = self._view(scene)
        for pane in self._panes:
            pane.set_opacity(view.cam_opacity)
        looks = view.cam_colours, view.cam_style, view.cam_scale, view.cam_limits
        what = view.picture_shows, view.sees_network_input, view.picture_comparison
        found = view.method, *self._explanations(scene), bool(self._problem)
        shown = scene.session.picture, self._block_number(scene), self._is_grid(scene)
        key = self._now, self._reference, *shown, looks, what, found
        if key != self._drawn:  # readings have no equality but identity
            self._drawn = key
            self._draw_pictures(scene, self._known_detail(scene))
            if self._wanted_detail() > self._detail:
                self._sharpening.start()
        self._render_marks(scene)

    def _known_detail(self, scene: Scene) -> int:
        """As many pixels as are wanted where they are there already; else few, which are quick to have."""
        wanted = self._wanted_detail()
        reading = self._now or self._reference
        key = self._underlay_key(scene, reading, wanted)
        return wanted if key in self._underlays else min(wanted, QUICK)

    def _render_grid(self, scene: Scene) -> None:
        """All pictures of a batch in place of the chosen one, where that is wished."""
        view, is_grid = self._view(scene), self._is_grid(scene)
        if is_grid:
            number, names = self._block_number(scene), scene.session.setup.class_names
            self.grid.show_batch(self._now, scene.blueprint, number, view, names)
            self.grid.set_dimmed(scene.is_stale)
        self.grid.setVisible(is_grid)
        self.now_pane.setVisible(not is_grid)
        is_beside = len(self._shown) > 1 and view.picture_comparison == "beside"
        self.reference_pane.setVisible(is_beside and not is_grid)
        self.grid_button.setVisible(len(scene.session.setup.batch) > 1)
        with QSignalBlocker(self.grid_button):
            self.grid_button.setChecked(is_grid)

    def _is_grid(self, scene: Scene) -> bool:
        return len(scene.session.setup.batch) > 1 and self._view(scene).batch_as_grid

    def _wish_grid(self, is_grid: bool) -> None:
        if self._scene is not None:
            self.view_changed.emit(replace(self._scene.session.view, batch_as_grid=is_grid))

    def _draw_pictures(self, scene: Scene, longest: int) -> None:
        """Put together what the panes show, of a picture with about `longest` pixels a side."""
        view, proportion = self._view(scene), self._proportion
        self._detail = longest
        number = self._block_number(scene)
        chart = cam_chart(self._now, self._reference, plan=scene.blueprint, number=number, view=view)
        self._chart = chart
        is_cam = view.method.is_grad_cam or view.picture_shows != "overlay"
        self._method_chart = None if is_cam else method_chart(*self._found, view=view)
        self._render_method(scene)
        sides = [side for side in chart.sides if side.reading is not None]
        is_one = len(sides) < 2 or self._is_same(sides, view)
        drawn = sides[:1] or [chart.sides[0]] if is_one else sides
        name = "now = reference" if is_one and len(sides) > 1 else ""
        self._shown = tuple(
            found for side in drawn if (found := self._layered(scene, side, longest, name)) is not None
        )
        is_beside = len(self._shown) > 1 and view.picture_comparison == "beside"
        self.reference_pane.setVisible(is_beside)
        for pane in self._panes:
            pane.set_message("" if self._shown else placeholder(scene))
        self._show_each(lambda pane, shown: pane.set_sides(*(side.layers for side in shown)))
        if self._proportion != proportion:
            self._share_height()

    def _show_each(self, show: Callable[[PicturePane, tuple[Shown, ...]], object]) -> None:
        """Give each pane the sides that it shows: one pane all, or each its own."""
        if self.reference_pane.isHidden():
            show(self.now_pane, self._shown)
        else:
            for pane, shown in zip(self._panes, self._shown, strict=True):
                show(pane, (shown,))

    def _is_same(self, sides: list[CamSide], view: View) -> bool:
        """Whether both sides look the same."""
        now, reference = (side.reading for side in sides)
        assert now is not None
        assert reference is not None
        if view.picture_shows == "original" or is_same(now, reference):
            return True
        prepared = now.request.state.preprocessing, reference.request.state.preprocessing
        return view.picture_shows == "input" and prepared[0] == prepared[1]

    def _layered(self, scene: Scene, side: CamSide, longest: int, name: str) -> Shown | None:
        """What is shown of one side; None without a picture, and for the network's input before there is a reading."""
        view = self._view(scene)
        whose: Whose = "reference" if side.name.startswith("reference") else "now"
        key = self._underlay_key(scene, side.reading, longest)
        if key is None:
            return None
        if key not in self._underlays:
            self._make_underlay(scene, side.reading, key)
        under, image = self._underlays[key]
        high, wide = under.pixels.shape[:2]
        box = Box(
            under.box.left / wide, under.box.top / high, under.box.right / wide, under.box.bottom / high
        )
        place = QRectF(box.left, box.top, box.width, box.height)
        is_overlay = view.picture_shows == "overlay"
        wordings = said(side, name) if is_overlay else (side.title,) if view.picture_shows == "input" else ()
        heat: QImage | None = None
        contours: Strokes = ()
        if self._method_chart is not None:
            method = self._method_chart.sides[WHOSE.index(whose)]
            wordings = method_said(method, name or side.name, "no map" if self._problem else "waiting")
            if (places := method.heat()) is not None:
                heat = image_of_veil(
                    places, self._method_chart.colours, is_signed=self._method_chart.is_signed
                )
        elif is_overlay and view.cam_style == "heat" and (places := side.heat()) is not None:
            heat = image_of_veil(places, view.cam_colours)
        elif is_overlay and view.cam_style == "contours":
            contours = contour_strokes(side.contours(), view.cam_colours)
        if side.reading is None:
            wordings = stand_in_wordings(scene, None)
        return Shown(whose, under, box, wordings, Layers(image, place, heat, contours, wordings))

    def _explanations(self, scene: Scene) -> tuple[Explanation | None, Explanation | None]:
        """What the chosen method found; until there is something of the present wish, what it found of the last one,
        unless nothing will come.
        """
        choice, picture = scene.session.view.method, scene.session.picture

        def newest(new: Explanation | None, old: Explanation | None) -> Explanation | None:
            if new is not None or old is None or self._problem:
                return new
            is_alike = old.request.method == choice.method and old.request.question.picture == picture
            return old if is_alike else None

        self._found = newest(scene.explained[0], self._found[0]), newest(scene.explained[1], self._found[1])
        return self._found

    def _is_found_old(self, scene: Scene) -> tuple[bool, bool]:
        """Whether a method's maps of now and the reference are of an older wish."""
        if self._method_chart is None:
            return False, False
        now, reference = (new is not old for new, old in zip(scene.explained, self._found, strict=True))
        return now, reference

    def render_method(self, problem: str, *, is_at_work: bool) -> None:
        """Say why the chosen method has no map, and offer to stop it while it is at work."""
        self.stop_button.setVisible(is_at_work)
        is_other, self._problem = problem != self._problem, problem
        if self._scene is not None and is_other:
            self.render_scene(self._scene)
            self._render_method(self._scene)

    def _render_method(self, scene: Scene) -> None:
        """The scale of a method's maps, and what one should know about them: in a grid that they are not there."""
        chart, is_grid = self._method_chart, self._is_grid(scene)
        before = self.method_note.isHidden()
        is_shown = chart is not None and any(side.is_shown for side in chart.sides)
        self.method_scale.setVisible(is_shown and not is_grid)
        if chart is not None:
            self.method_scale.show_scale(chart.scale)
        notes = [self._problem]
        if chart is not None and is_grid:
            notes.append(f"Grad-CAM of each; {self._method_title(scene)} explains the chosen one alone.")
        elif chart is not None:
            for side in chart.sides:
                notes += [] if side.found is None else [side.found.note or side.found.request.info.note]
        whole = " ".join(dict.fromkeys(note for note in notes if note))
        self.method_note.set_wordings(whole, tip=whole)
        self.method_note.setVisible(bool(whole) and (chart is not None or bool(self._problem)))
        if before != self.method_note.isHidden():
            self._share_height()

    def _underlay_key(
        self, scene: Scene, reading: ProbeResult | None, longest: int
    ) -> tuple[object, ...] | None:
        """What an underlay depends on, last how many pixels it has; None where there can be none."""
        view = self._view(scene)
        picture = scene.session.picture if reading is None else reading.picture
        if picture is None or (sees_input(view) and reading is None):
            return None
        state = scene.session.setup.state if reading is None else reading.request.state
        return sees_input(view), reading is None, picture, state.preprocessing, longest

    def _make_underlay(self, scene: Scene, reading: ProbeResult | None, key: tuple[object, ...]) -> None:
        """Keep it, and of others those of this picture that have few pixels or as many."""
        kept = {
            old: made
            for old, made in self._underlays.items()
            if old[2] == key[2] and old[-1] in (QUICK, key[-1])
        }
        picture = scene.session.picture if reading is None else reading.picture
        state = scene.session.setup.state if reading is None else reading.request.state
        assert picture is not None
        longest = int(str(key[-1]))
        made = underlay(picture, state.preprocessing, reading, longest, view=self._view(scene))
        self._underlays = kept | {key: (made, image_of_rgb(made.pixels))}

    def _render_marks(self, scene: Scene) -> None:
        """The marked point, and what the selected layer's cell there sees, on each side."""
        mark, layer = scene.session.view.mark, scene.session.view.layer
        if mark is None:
            self._show_each(lambda pane, _shown: pane.set_marks())
            return
        marks = {}
        for shown in self._shown:
            reading = self._reading(shown.whose)
            field = None if reading is None else field_of(reading, layer, scene.blueprint, mark)
            lying = None if field is None else inside(shown.box, field)
            rect = None if lying is None else QRectF(lying.left, lying.top, lying.width, lying.height)
            marks[shown.whose] = QPointF(*placed(shown.box, mark)), rect
        self._show_each(lambda pane, shown: pane.set_marks(*(marks[side.whose] for side in shown)))

    def _reading(self, whose: str) -> ProbeResult | None:
        return self._now if whose == "now" else self._reference

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
            self._render_marks(self._scene)

    def _redraw(self) -> None:
        if self._scene is not None:
            self.render_scene(self._scene)

    def _render_strip(self, scene: Scene) -> None:
        view = scene.session.view
        key = self._now, self._reference, view.cam_colours, view.cam_scale, view.cam_limits
        if key != self._strip_drawn:
            self._strip_drawn = key
            readings = [reading for reading in (self._now, self._reference) if reading is not None]
            spans = strip_spans(readings, view)
            frames = () if self._now is None else filmstrip(self._now, spans[0], view.cam_colours)
            others: tuple[Frame, ...] = ()
            if self._reference is not None and self._has_other_network(scene):
                others = filmstrip(self._reference, spans[-1], view.cam_colours)
            counts = [strip.frames.count for strip in self._strips]
            self.filmstrip.set_frames(frames)
            self.reference_strip.set_frames(others)
            meaning = "the highest value of all blocks, now and reference" if view.cam_limits.is_usual else ""
            span = spans[0][0] if spans else Span(0.0, 0.0)
            self.strip_scale.show_scale(scale_of(span, view, meaning))
            self.strip_scale.setHidden(not has_one_scale(view) or self.filmstrip.isHidden())
            if counts != [len(frames), len(others)]:
                self._share_height()
        number, count = self._block_number(scene), len(scene.blueprint.blocks)
        self.filmstrip.set_current(number)
        if self.reference_strip.frames.count:
            self.reference_strip.set_current(
                block_beside(number, of=count, among=self.reference_strip.frames.count)
            )

    @staticmethod
    def _has_other_network(scene: Scene) -> bool:
        """Whether the reference is another network than now's."""
        return scene.session.reference.network != scene.session.setup.state.network

    @Slot(int)
    def _choose_beside(self, number: int) -> None:
        """Wish for the block that stands beside one of the reference's."""
        count = self.filmstrip.frames.count
        if count:
            self.block_chosen.emit(block_beside(number, of=self.reference_strip.frames.count, among=count))

    # Under the pointer
    def _tell_point(self, x: float, y: float) -> None:
        """The value of both maps at a point of the picture, in fractions."""
        if self._chart is None or not self._shown:
            return
        boxes = {shown.whose: shown.box for shown in self._shown}
        words, what = [], f"Grad-CAM of block {self._chart.number}"
        sides: tuple[CamSide | MethodSide, ...] = self._chart.sides
        if self._method_chart is not None and self._scene is not None:
            sides = self._method_chart.sides
            what = " of ".join(
                filter(
                    None, (self._method_title(self._scene), self._labels(self._scene, self._chart.number)[-1])
                )
            )
        for whose, side in zip(WHOSE, sides, strict=True):
            if side.has_map:
                value = side.value_at(boxes.get(whose, self._shown[0].box), x, y)
                told = "outside" if value is None else format(value, ".4g")
                words.append(f"{whose} {told}")
        if words:
            said = " · ".join(words)
            self.hovered.emit(f"{what} · {said} · click: mark · wheel: zoom")

    def _take_point(self, pane: PicturePane, x: float, y: float) -> None:
        """Wish for a mark there; on the marked point itself for none."""
        if self._scene is None or not self._shown:
            return
        at = pane.frame().topLeft() + QPointF(x * pane.frame().width(), y * pane.frame().height())
        place = 1 if pane is self.reference_pane else pane.side_at(at)
        box = self._shown[min(place, len(self._shown) - 1)].box
        mark = (x - box.left) / box.width, (y - box.top) / box.height
        known = self._scene.session.view.mark
        if known is not None:
            (over, down), frame = placed(box, known), pane.frame()
            if abs(over - x) * frame.width() <= _NEAR and abs(down - y) * frame.height() <= _NEAR:
                mark = known
        self._mark_before = known
        if all(0 <= along <= 1 for along in mark):
            self.marked.emit(mark)

    @Slot()
    def _give_back(self) -> None:
        """Wish for the mark as it was before the last click."""
        if self._scene is not None and self._scene.session.view.mark != self._mark_before:
            self.marked.emit(self._mark_before)


@dataclass(frozen=True, eq=False)
class Shown:
    """One side as it is shown."""

    whose: Whose
    underlay: Underlay
    box: Box
    """What the network saw, in fractions of the underlay."""
    wordings: tuple[str, ...]
    layers: Layers


def contour_strokes(contours: tuple[Contour, ...], colours: str) -> Strokes:
    """Each in the colour of its value, with that of its edge, its width and its strokes."""
    found = []
    for contour, width in zip(contours, CONTOUR_WIDTHS, strict=False):
        ink, edge = (QColor(*shade) for shade in ink_of(contour, colours))
        lines = [QLineF(*stroke) for stroke in contour.strokes.reshape(-1, 4).tolist()]
        found.append((ink, edge, width, lines))
    return tuple(found)


def said(side: CamSide, name: str = "") -> tuple[str, ...]:
    """A map's name and highest value, and why it is blank or looks so, in ever fewer words; `name` in place of its own.

    The value tells a faint map from none. That of untrained weights is called so for as long as there is room for more
    than the value.
    """
    whole = name or side.name
    short = "both" if name else whole.replace("reference", "ref.").replace(", block", "")
    if side.block is None:
        return (whole,)
    if not side.is_shown:
        reasons = [note.removeprefix("blank: ") for note in side.notes]
        forms = [f"{whole} · {side.notes[0]}", *(f"{whole} · {reason}" for reason in reasons[1:])]
        return *forms, f"{short} · blank", short
    value = f"≤ {side.value}"
    if side.title != side.name:
        forms = [f"{whole}, untrained {value}", f"{short}, untrained {value}", f"untrained {value}"]
    else:
        forms = [f"{whole} {value}", f"{short} {value}"]
    return *(f"{forms[0]} · {note}" for note in side.notes), *forms, value


def method_said(side: MethodSide, name: str, without: str) -> tuple[str, ...]:
    """Whose map it is, how far it is, its values, and captum's convergence delta, in ever fewer words; `without` where
    nothing is found."""
    told = side.progress or side.value or without
    whole = name if side.title == side.name else f"{name}, untrained"
    short = whole.replace("reference", "ref.")
    forms = [
        " · ".join(filter(None, (whole, told, side.delta))),
        f"{whole} · {told}",
        f"{short} · {told}",
        told,
    ]
    return tuple(dict.fromkeys(forms))


def stand_in_wordings(scene: Scene, reading: ProbeResult | None) -> tuple[str, ...]:
    """That a hairline of a picture is not what is shown, in ever fewer words; empty for any other picture."""
    picture = scene.session.picture if reading is None else reading.picture
    if picture is None or sees_input(scene.session.view) or not is_hairline(picture.width, picture.height):
        return ()
    size = f"{picture.width} × {picture.height}"
    if reading is None:
        return (f"{size} pixels",)
    return f"{size} pixels: what the network sees", f"{size}: network's input", "network's input", "input"
