"""What is explained in the picture, and how it is shown: controls in the panel, and in its popup."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.palette import COLOUR_MAPS
from resnet_viewer.records.captions import class_name, usual_target_words
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.widgets.fitting import ChoiceBox, FittingLabel, SearchBox, choice_box
from resnet_viewer.ui.widgets.labels import muted, tool_button
from resnet_viewer.ui.widgets.limits import LimitsButton
from resnet_viewer.ui.widgets.segments import Segments

_SHOWS = {
    "original": ("Original", "Original", "The picture alone"),
    "input": ("Network's input", "Input", "What the network sees: resized, cropped and normalised"),
    "overlay": ("Overlay", "Overlay", "Grad-CAM over the picture"),
}
SCALES = ("shared", "shared"), ("own", "own")
STYLES = ("heat", "heat"), ("contours", "contours")
COMPARISONS = ("wiper", "with a wiper"), ("beside", "side by side")
_STYLE_TIP = "Grad-CAM as colours over the picture, or as lines of one value"
_NO_CONTOURS = "Only Grad-CAM has contours; the map of another method is drawn as colours"
_FOLDED_WIDTH = 440
_ROOMIEST, _ROOMY, _NARROW = 640, 460, 400
"""Pixels of width from which on all names stand beside their controls, and some."""
_GAP = 6
"""Pixels between controls in a row."""
Combo = TypeVar("Combo", bound=QComboBox)


class Row(QWidget):
    """Controls beside their names, in the panel or in its popup, where every name is shown."""

    def __init__(self, *fields: tuple[str, QWidget]) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(_GAP)
        self.labels = [muted(QLabel(name)) for name, _ in fields]
        for label, (name, control) in zip(self.labels, fields, strict=True):
            label.setBuddy(control)
            label.setVisible(bool(name))
            line.addWidget(label)
            line.addWidget(control, 0 if isinstance(control, QToolButton | Segments) else 1)


class PictureControls(QWidget):
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
        self.shows = Segments("The picture shows", _SHOWS)
        tip = "One scale for now and reference, and one for all blocks; or for each map its own"
        self.scale = choice_box("Scale", SCALES, tip)
        self.scale.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.scale.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.style_choice = _choice("Drawn as", STYLES, _STYLE_TIP)
        self.comparison = _choice("Compare", COMPARISONS, "How now and reference are shown where they differ")
        self.colours = _narrow(ChoiceBox(), "Colours", "Colour map of Grad-CAM")
        self.colours.addItems(COLOUR_MAPS)
        self.limits = LimitsButton("Grad-CAM")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setAccessibleName("Opacity")
        self.opacity.setMinimumWidth(40)
        self.network_input = QCheckBox("Overlay on the &network's input")
        self.network_input.setToolTip(
            "Lay Grad-CAM over what the network sees: resized, cropped and normalised"
        )
        self.hint = muted(FittingLabel())
        self.hint.set_wordings(
            "hold O: original", "O: original", "", tip="While O is held the picture alone is shown"
        )
        self._choices = Row(("&Block", self.block), ("&Class", self.target))
        self._looks = Row(
            ("", self.shows), ("O&pacity", self.opacity), ("&Scale", self.scale), ("", self.hint)
        )
        self._folded_rows = (
            Row(("&Drawn as", self.style_choice), ("C&olours", self.colours)),
            Row(("Co&mpare", self.comparison), ("&Limits", self.limits)),
            Row(("", self.network_input)),
        )
        self._inline = QVBoxLayout(self)
        self._inline.setContentsMargins(0, 0, 0, 0)
        self._inline.setSpacing(5)
        self.folded = QFrame(self, Qt.WindowType.Popup)
        """The rows that have no room in the panel, and those of what is seldom changed."""
        self._lines = QVBoxLayout(self.folded)
        self.folded.setFrameShape(QFrame.Shape.StyledPanel)
        self.folded.setFixedWidth(_FOLDED_WIDTH)
        self.more = tool_button(
            "⋯", "More choices for the picture", "Block, class, limits, colours, contours"
        )
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.clicked.connect(self._unfold)
        self.show_groups(choices=True, looks=True)
        self._view = View()
        self._network: NetworkSpec | None = None
        self._listed: tuple[object, ...] = ()
        self.block.activated.connect(lambda place: self._wish(cam_block=place or None))
        self.target.activated.connect(self._tell_target)
        self._line.editingFinished.connect(self._forget_typing)
        self.opacity.valueChanged.connect(lambda percent: self._wish(cam_opacity=percent / 100))
        self.colours.textActivated.connect(lambda name: self._wish(cam_colours=name))
        self.network_input.toggled.connect(lambda sees: self._wish(sees_network_input=sees))
        self.shows.chosen.connect(lambda shown: self._wish(picture_shows=shown))
        self.limits.chosen.connect(lambda limits: self._wish(cam_limits=limits))
        for box, name in self._combos():
            box.activated.connect(lambda _place, box=box, name=name: self._wish(**{name: box.currentData()}))

    def _combos(self) -> tuple[tuple[ChoiceBox, str], ...]:
        """The choices among values of the view, with its fields."""
        return (
            (self.scale, "cam_scale"),
            (self.style_choice, "cam_style"),
            (self.comparison, "picture_comparison"),
        )

    def render_scene(self, scene: Scene, ends: tuple[float, float]) -> None:
        """Show the session's choices; `ends` are the values of the first and the last colour now."""
        session, view = scene.session, scene.session.view
        self._view = view
        network = session.setup.state.network
        self._fill_blocks(scene)
        self._fill_targets(network, scene)
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
        self.shows.show_value(view.picture_shows)
        self.limits.show_limits(view.cam_limits, ends)
        for box, name in self._combos():
            box.setCurrentIndex(box.findData(getattr(view, name)))
        for control in (self.opacity, self.network_input):  # scale and colours are the filmstrip's, too
            control.setEnabled(view.picture_shows == "overlay")
        is_cam = view.method.is_grad_cam
        self.style_choice.setEnabled(is_cam and view.picture_shows == "overlay")
        self.style_choice.setToolTip(_STYLE_TIP if is_cam else _NO_CONTOURS)
        if self.colours.findText(view.cam_colours) < 0:
            self.colours.addItem(view.cam_colours)
        self.colours.setCurrentText(view.cam_colours)

    @property
    def row_height(self) -> int:
        """The height of one group in the panel."""
        return max(self.block.sizeHint().height(), self.shows.sizeHint().height())

    @property
    def least_width(self) -> int:
        """Of the row of what is shown, with its words in short and no names."""
        parts = self.shows.short_width, self.opacity.minimumWidth(), self.scale.minimumSizeHint().width()
        return sum(parts) + 3 * _GAP

    def show_groups(self, *, choices: bool, looks: bool) -> None:
        """Keep block and class, or what is shown, opacity and scale, in the panel; the others open with `more`."""
        placed = (self._choices, choices), (self._looks, looks), *((row, False) for row in self._folded_rows)
        for row, is_inline in placed:
            place = self._inline if is_inline else self._lines
            if place.indexOf(row) < 0:
                place.addWidget(row)
                row.show()
        self.setVisible(choices or looks)
        self._name()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name()

    def _name(self) -> None:
        """In the panel names stand where there is room."""
        for row, roomy in ((self._choices, _ROOMY), (self._looks, _NARROW)):
            is_inline = self._inline.indexOf(row) >= 0
            for label in row.labels:
                label.setVisible(bool(label.text()) and (not is_inline or self.width() >= roomy))
        self.shows.set_short(self._inline.indexOf(self._looks) >= 0 and self.width() < _ROOMIEST)
        self.hint.setVisible(self.width() >= _ROOMY)

    @Slot()
    def _unfold(self) -> None:
        self.folded.adjustSize()
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + 2))
        self.folded.move(corner - QPoint(min(self.folded.width(), corner.x()), 0))
        self.folded.show()

    def _fill_blocks(self, scene: Scene) -> None:
        network = scene.session.setup.state.network
        if network != self._network:
            self._network = network
            self.block.clear()
            self.block.addItem("last block")
            self.block.addItems([block.label for block in scene.blueprint.blocks])

    def _fill_targets(self, network: NetworkSpec, scene: Scene) -> None:
        """The usual target, every class, and last the chosen mean of a block."""
        setup = scene.session.setup
        names, target = setup.class_names, setup.target
        mean = target.name if isinstance(target, BlockTarget) else None
        usual = usual_target_words(scene.session, scene.now)
        if (network, names, mean) != self._listed:
            self._listed = network, names, mean
            known = [class_name(index, names) for index in range(network.classes)]
            self.target.clear()
            self.target.addItems([usual, *known, *([mean] if mean else [])])  # type: ignore[no-untyped-call]
            self._line.setCursorPosition(0)
        elif usual != self.target.itemText(0):
            is_resting = self._line.text() == self.target.itemText(0)
            self.target.setItemText(0, usual)
            if is_resting and self.target.currentIndex() == 0:
                self._line.setText(usual)
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


def _narrow(combo: Combo, name: str, tip: str = "") -> Combo:
    """A combo box that takes the width it is given; its list is as wide as its entries."""
    combo.setAccessibleName(name)
    if tip:
        combo.setToolTip(tip)
    combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    combo.setMinimumWidth(64)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(4)
    return combo


def _choice(name: str, entries: tuple[tuple[str, str], ...], tip: str) -> ChoiceBox:
    box = choice_box(name, entries, tip)
    return _narrow(box, name)
