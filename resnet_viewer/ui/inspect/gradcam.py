"""Grad-CAM over the picture, now beside reference, and a filmstrip of every block's map."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.gradcam import (
    DIGITS,
    CamChart,
    CamSide,
    Underlay,
    cam_chart,
    cam_scale,
    filmstrip,
    is_hairline,
    underlay,
)
from resnet_viewer.charts.palette import COLOUR_MAPS, scale_to
from resnet_viewer.records.captions import class_name, target_name
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Setup, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.filmstrip import SIDES, Filmstrip
from resnet_viewer.ui.inspect.picture import ImagePane, beside
from resnet_viewer.ui.inspect.readings import is_reference_old, last_full, last_reference, placeholder
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.colour_bar import UprightColourBar
from resnet_viewer.ui.widgets.fitting import ChoiceBox, FittingLabel, SearchBox
from resnet_viewer.ui.widgets.labels import muted, tool_button
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.widgets.theme import DARK, Theme

QUICK = 192
"""Pixels a side of an overlay that is made at every toggle."""
FINEST = 768
"""Pixels a side of the finest overlay, made once the view is at rest: a pair of them takes some 20 ms."""
_FOLDED_WIDTH = 440
_SMALLEST = 256, 120
"""Pixels; said outright, else what is shown now would keep the card from being made lower."""
_LOWEST_PICTURES = 56, 72, 64
"""Pixels of height that the pictures keep before the strip, and each row of controls, takes its own."""
_REST_MS = 150
TOP_CLASS = "reference's top"
Box = TypeVar("Box", bound=QComboBox)


class Row(QWidget):
    """Controls beside their names, in the panel or in its popup, where every name is shown."""

    def __init__(self, *fields: tuple[str, QWidget]) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        self.labels = [muted(QLabel(name)) for name, _ in fields]
        for label, (_, control) in zip(self.labels, fields, strict=True):
            label.setBuddy(control)
            line.addWidget(label)
            line.addWidget(control, 0 if isinstance(control, QToolButton) else 1)


class GradCamControls(QWidget):
    """Every signal is a wish, the block's None for the last one; `render_scene` sets the controls and emits nothing.

    The combo boxes are read by `activated`, which only the user causes.
    """

    view_changed = Signal(View)
    target_chosen = Signal(object)
    """A class index, or None for the reference's highest class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.block = _narrow(ChoiceBox(), "Block", "The block whose output Grad-CAM explains")
        explained = "The class whose score is explained: the reference's highest, or one of your choice; type to search"
        self.target = _narrow(SearchBox(explained), "Class")
        line = self.target.lineEdit()
        assert line is not None  # it is editable
        self._line = line
        self.colours = _narrow(ChoiceBox(), "Colours", "Colour map of Grad-CAM")
        self.colours.addItems(COLOUR_MAPS)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setAccessibleName("Opacity")
        self.opacity.setMinimumWidth(40)
        sees = "Show what the network sees: resized, cropped and normalised"
        self.network_input = tool_button("input", "What the network sees", sees)
        self.network_input.setCheckable(True)
        self.network_input.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._choices = Row(("&Block", self.block), ("&Class", self.target))
        self._looks = Row(
            ("O&pacity", self.opacity), ("C&olours", self.colours), ("&Network's input", self.network_input)
        )
        self._inline = QVBoxLayout(self)
        self._inline.setContentsMargins(0, 0, 0, 0)
        self._inline.setSpacing(5)
        self.folded = QFrame(self, Qt.WindowType.Popup)
        """The rows that have no room in the panel."""
        self._lines = QVBoxLayout(self.folded)
        self.folded.setFrameShape(QFrame.Shape.StyledPanel)
        self.folded.setFixedWidth(_FOLDED_WIDTH)
        self.more = tool_button("⋯", "More choices for Grad-CAM", "Block, class, opacity, colours")
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.clicked.connect(self._unfold)
        self.show_groups(choices=True, looks=True)
        self._view = View()
        self._network: NetworkSpec | None = None
        self._listed: tuple[NetworkSpec, tuple[str, ...], str | None] | None = None
        self.block.activated.connect(lambda place: self._wish(cam_block=place or None))
        self.target.activated.connect(self._tell_target)
        self._line.editingFinished.connect(self._forget_typing)
        self.opacity.valueChanged.connect(lambda percent: self._wish(cam_opacity=percent / 100))
        self.colours.textActivated.connect(lambda name: self._wish(cam_colours=name))
        self.network_input.toggled.connect(lambda sees: self._wish(sees_network_input=sees))

    def render_scene(self, scene: Scene) -> None:
        """Show the session's choices."""
        session, view = scene.session, scene.session.view
        self._view = view
        network = session.setup.state.network
        self._fill_blocks(scene)
        self._fill_targets(network, session.setup)
        self.block.setCurrentIndex(min(view.cam_block or 0, network.block_count))
        target = session.setup.target
        place = 0 if target is None else target + 1 if isinstance(target, int) else self.target.count() - 1
        if place != self.target.currentIndex():  # else it would undo what is being typed
            self.target.setCurrentIndex(place)
            self._line.setCursorPosition(0)
        with QSignalBlocker(self.network_input):
            self.network_input.setChecked(view.sees_network_input)
        percent = round(view.cam_opacity * 100)
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(percent)
        self.opacity.setToolTip(f"Opacity of the map over the picture: {percent} %")
        if self.colours.findText(view.cam_colours) < 0:
            self.colours.addItem(view.cam_colours)
        self.colours.setCurrentText(view.cam_colours)

    @property
    def row_height(self) -> int:
        """The height of one group in the panel."""
        return max(self.block.sizeHint().height(), self.network_input.sizeHint().height())

    def show_groups(self, *, choices: bool, looks: bool) -> None:
        """Keep block and class, or opacity and colours, in the panel; the others open with `more`."""
        for row, is_inline in ((self._choices, choices), (self._looks, looks)):
            place = self._inline if is_inline else self._lines
            if place.indexOf(row) < 0:
                place.addWidget(row)
                for label in row.labels:
                    label.setVisible(not is_inline or label.buddy() is self.opacity)
                row.show()
        self.more.setVisible(not (choices and looks))
        self.setVisible(choices or looks)

    @Slot()
    def _unfold(self) -> None:
        self.folded.adjustSize()
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + 2))
        self.folded.move(corner - QPoint(self.folded.width(), 0))
        self.folded.show()

    def _fill_blocks(self, scene: Scene) -> None:
        network = scene.session.setup.state.network
        if network != self._network:
            self._network = network
            self.block.clear()
            self.block.addItem("last block")
            self.block.addItems([block.label for block in scene.blueprint.blocks])

    def _fill_targets(self, network: NetworkSpec, setup: Setup) -> None:
        """The usual target, every class, and last the chosen mean of a block."""
        names, target = setup.class_names, setup.target
        mean = target.name if isinstance(target, BlockTarget) else None
        if (network, names, mean) != self._listed:
            self._listed = network, names, mean
            known = [class_name(index, names) for index in range(network.classes)]
            usual = TOP_CLASS if network.has_classifier else "mean of the last block"
            self.target.clear()
            self.target.addItems([usual, *known, *([mean] if mean else [])])  # type: ignore[no-untyped-call]
            self._line.setCursorPosition(0)

    def _wish(self, **changes: object) -> None:
        self.view_changed.emit(replace(self._view, **changes))  # type: ignore[arg-type]

    def _tell_target(self, index: int) -> None:
        if self._network is not None and index <= self._network.classes:  # what comes last is chosen already
            self.target_chosen.emit(index - 1 if index > 0 else None)

    @Slot()
    def _forget_typing(self) -> None:
        """Words that name no class give way to the chosen one."""
        chosen = self.target.itemText(self.target.currentIndex())
        if self._line.text() != chosen:
            self._line.setText(chosen)
        self._line.setCursorPosition(0)


def _narrow(combo: Box, name: str, tip: str = "") -> Box:
    """A combo box that takes the width it is given; its list is as wide as its entries."""
    combo.setAccessibleName(name)
    if tip:
        combo.setToolTip(tip)
    combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    combo.setMinimumWidth(64)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(4)
    return combo


class GradCamPanel(Card):
    """All signals are wishes. `hovered` tells the value under the pointer, empty when there is none."""

    view_changed = Signal(View)
    target_chosen = Signal(object)
    """A class index, or None for the reference's highest class."""
    block_chosen = Signal(int)
    """A block's number, from the filmstrip."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Picture", parent)
        self._scene: Scene | None = None
        self._foot: QWidget | None = None
        self._now: ProbeResult | None = None
        self._reference: ProbeResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._strip_drawn: tuple[object, ...] = ()
        self._chart: CamChart | None = None
        self._underlays: dict[tuple[object, ...], Underlay] = {}
        """The quick one and the fine one of what was last asked for."""
        self._shown: list[Underlay | None] = [None, None]
        """What lies under now's map and the reference's."""
        self._detail = 0
        self._sharpening = QTimer(self, singleShot=True, interval=_REST_MS)
        self._sharpening.timeout.connect(self._sharpen)
        self._panes = self.now_pane, self.reference_pane = beside(ImagePane, "Grad-CAM", self.hovered)
        self._labels = muted(FittingLabel()), muted(FittingLabel())
        self.filmstrip, self.strip_scale = Filmstrip(), UprightColourBar()
        self.strip_scale.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.controls = GradCamControls()
        self.add_control(self.controls.more)
        pictures = QGridLayout()
        pictures.setHorizontalSpacing(DARK.gap)
        pictures.setVerticalSpacing(2)
        for column, (pane, label) in enumerate(zip(self._panes, self._labels, strict=True)):
            pane.resting = 1.0
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

    def set_foot(self, foot: QWidget) -> None:
        """Put a row below everything else; where it is hidden, its room is the picture's."""
        self._foot = foot
        self.body.addWidget(foot)
        foot.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._share_height()
        return False

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
        self.controls.more.setFixedHeight(self.fontMetrics().height() + 4)
        self.strip_scale.setContentsMargins(0, 2, 0, Filmstrip.height_for(0, self.fontMetrics()) - 2)

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
        if self._foot is not None and not self._foot.isHidden():
            around += self._foot.sizeHint().height() + gap
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
        height, across = self._size or (1, 1)
        return int(width * height / across)

    @property
    def _size(self) -> tuple[int, int] | None:
        """Height and width of what is shown, in its pixels."""
        found = self._shown[1] or self._shown[0]
        return None if found is None else (found.pixels.shape[0], found.pixels.shape[1])

    def _connect(self) -> None:
        self.controls.view_changed.connect(self.view_changed)
        self.controls.target_chosen.connect(self.target_chosen)
        self.filmstrip.block_chosen.connect(self.block_chosen)
        for pane in self._panes:
            pane.moved.connect(self._sharpening.start)
            pane.pixel_hovered.connect(self._tell_pixel)

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
        words += stand_in_wordings(scene, shown)[:1]
        return " · ".join(words)

    def _render_pictures(self, scene: Scene) -> None:
        view = scene.session.view
        number = self._block_number(scene)
        looks = view.cam_colours, view.cam_opacity, view.sees_network_input
        key = self._now, self._reference, scene.session.setup.picture, number, *looks
        if key == self._drawn:  # readings have no equality but identity
            return
        self._drawn = key
        self._draw_pictures(scene, min(self._wanted_detail(), QUICK))
        if self._wanted_detail() > self._detail:
            self._sharpening.start()

    def _draw_pictures(self, scene: Scene, longest: int) -> None:
        """Lay the maps over the picture, which has about `longest` pixels a side."""
        self._detail, view, size = longest, scene.session.view, self._size
        chart = cam_chart(self._now, self._reference, plan=scene.blueprint, number=self._block_number(scene))
        known = self._now or self._reference
        for place, (pane, label, side) in enumerate(zip(self._panes, self._labels, chart.sides, strict=True)):
            reading = side.reading or known
            under = self._underlay(scene, reading, longest)
            laid = None if under is None else side.over(under, view.cam_colours, view.cam_opacity)
            pane.set_image(None if laid is None else image_of_rgb(laid))
            pane.set_message("" if laid is not None else placeholder(scene))
            pane.set_note(*(side.notes or stand_in_wordings(scene, reading)))
            label.set_wordings(*wordings(side), tip=tip(side))
            self._shown[place] = under or self._shown[place]
        self._chart = chart
        if self._size is not None and self._size != size:
            self._share_height()

    def _underlay(self, scene: Scene, reading: ProbeResult | None, longest: int) -> Underlay | None:
        """For a reading (None before there is one), near `longest` pixels a side; None without a picture, and for the
        network's input before there is a reading.
        """
        picture = scene.session.setup.picture if reading is None else reading.request.picture
        sees_input = scene.session.view.sees_network_input
        if picture is None or (sees_input and reading is None):
            return None
        preprocessing = (
            scene.session.setup.state if reading is None else reading.request.state
        ).preprocessing
        key = sees_input, reading is None, picture, preprocessing, longest
        if key not in self._underlays:
            quick = (*key[:-1], QUICK)
            self._underlays = {quick: self._underlays[quick]} if quick in self._underlays else {}
            self._underlays[key] = underlay(picture, preprocessing, reading, longest, sees_input=sees_input)
        return self._underlays[key]

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

    def _render_strip(self, scene: Scene) -> None:
        colours = scene.session.view.cam_colours
        key = self._now, self._reference, colours
        if key != self._strip_drawn:
            self._strip_drawn = key
            limit = cam_scale(reading for reading in (self._now, self._reference) if reading is not None)
            self.filmstrip.set_frames(() if self._now is None else filmstrip(self._now, colours, limit))
            meaning = "the highest value of all blocks, now and reference"
            self.strip_scale.show_scale(scale_to(limit, colours, meaning=meaning, digits=DIGITS))
        self.filmstrip.set_current(self._block_number(scene))

    def _tell_pixel(self, x: int, y: int) -> None:
        """The value of both maps at a point of either picture, which may be of another size."""
        if self._chart is None or self._size is None:
            return
        words = []
        for side, under in zip(self._chart.sides, self._shown, strict=True):
            if side.block is not None and under is not None:
                rows, columns = under.pixels.shape[:2]
                across, down = (x + 0.5) / self._size[1] * columns, (y + 0.5) / self._size[0] * rows
                value = side.value_at(under.box, across, down)
                words.append(
                    f"{side.name.split(',')[0]} {'outside' if value is None else format(value, '.4g')}"
                )
        if words:
            said = " · ".join(words)
            self.hovered.emit(f"Grad-CAM of block {self._chart.number} · {said} · wheel: zoom")


def wordings(side: CamSide) -> tuple[str, ...]:
    """A map's name and highest value, in ever fewer words: the value tells a faint map from none.

    That of untrained weights is called so for as long as there is room for more than the value.
    """
    short = side.name.replace("reference", "ref.").replace(", block", "")
    if side.block is None:
        return (side.name,)
    if not side.is_shown:
        return f"{side.name} · blank", f"{short} · blank", short
    value = f"≤ {side.value}"
    if side.title != side.name:
        return f"{side.title} {value}", f"{short}, untrained {value}", f"untrained {value}", value
    return f"{side.name} {value}", f"{short} {value}", value


def tip(side: CamSide) -> str:
    """The map's and the scale's highest value; empty for a blank map."""
    if not side.is_shown:
        return ""
    return f"The map's highest value is {side.highest:.4g}; now and reference share one scale, 0 to {side.limit:.4g}"


def stand_in_wordings(scene: Scene, reading: ProbeResult | None) -> tuple[str, ...]:
    """That a hairline of a picture is not what is shown, in ever fewer words; empty for any other picture."""
    picture = scene.session.setup.picture if reading is None else reading.request.picture
    if (
        picture is None
        or scene.session.view.sees_network_input
        or not is_hairline(picture.width, picture.height)
    ):
        return ()
    size = f"{picture.width} × {picture.height}"
    if reading is None:
        return (f"{size} pixels",)
    return f"{size} pixels: what the network sees", f"{size}: network's input", "network's input", "input"
