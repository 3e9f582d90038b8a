"""What the Grad-CAM panel lets one choose: block, class, opacity, colour map."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
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

from resnet_viewer.charts.palette import COLOUR_MAPS
from resnet_viewer.records.captions import class_name
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Setup
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.fitting import ChoiceBox, SearchBox
from resnet_viewer.ui.widgets.theme import Theme

TOP_CLASS = "reference's top"
_FOLDED_WIDTH = 330
Box = TypeVar("Box", bound=QComboBox)


class Field:
    """A control and its name, which the popup always shows."""

    def __init__(
        self, name: str, control: QWidget, *, stretch: int = 1, is_always_named: bool = False
    ) -> None:
        self.label, self.control, self.stretch = QLabel(name), control, stretch
        self.label.setBuddy(control)
        self.is_always_named = is_always_named


class Fields(QWidget):
    """A row of fields in the panel, while it is not `is_folded` into the popup."""

    def __init__(self, *fields: Field) -> None:
        super().__init__()
        self.fields = fields
        self.is_folded = True
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(6)

    def take_back(self, field: Field) -> None:
        """Put a field at the end of the row."""
        self._line.addWidget(field.label)
        self._line.addWidget(field.control, field.stretch)


class SaliencyControls(QWidget):
    """Every signal is a wish; `render_scene` sets the controls and emits nothing.

    The combo boxes are read by `activated`, which only the user causes.
    """

    block_chosen = Signal(object)
    """A block's number, or None for the last block."""
    target_chosen = Signal(object)
    """A class index, or None for the reference's highest class."""
    opacity_chosen = Signal(float)
    colours_chosen = Signal(str)
    input_toggled = Signal(bool)

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
        self.network_input = QToolButton()
        self.network_input.setText("input")
        self.network_input.setCheckable(True)
        self.network_input.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.network_input.setAccessibleName("What the network sees")
        self.network_input.setToolTip("Show what the network sees: resized, cropped and normalised")
        self._choices = Fields(Field("&Block", self.block), Field("&Class", self.target))
        self._looks = Fields(
            Field("O&pacity", self.opacity, is_always_named=True),
            Field("C&olours", self.colours),
            Field("&Network's input", self.network_input, stretch=0),
        )
        inline = QVBoxLayout(self)
        inline.setContentsMargins(0, 0, 0, 0)
        inline.setSpacing(5)
        inline.addWidget(self._choices)
        inline.addWidget(self._looks)
        self._folded = QFrame(self, Qt.WindowType.Popup)
        self._lines = QGridLayout(self._folded)
        self._lines.setColumnStretch(1, 1)
        self._folded.setFrameShape(QFrame.Shape.StyledPanel)
        self._folded.setFixedWidth(_FOLDED_WIDTH)
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.more.setAccessibleName("More choices for Grad-CAM")
        self.more.setToolTip("Block, class, opacity, colours")
        self.more.clicked.connect(self._unfold)
        self.show_groups(choices=True, looks=True)
        self._network: NetworkSpec | None = None
        self._listed: tuple[NetworkSpec, tuple[str, ...], str | None] | None = None
        self.block.activated.connect(self._tell_block)
        self.target.activated.connect(self._tell_target)
        self._line.editingFinished.connect(self._forget_typing)
        self.opacity.valueChanged.connect(self._tell_opacity)
        self.colours.textActivated.connect(self.colours_chosen)
        self.network_input.toggled.connect(self.input_toggled)

    def render_scene(self, scene: Scene) -> None:
        """Show the session's choices."""
        session, view = scene.session, scene.session.view
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
    def folded(self) -> QWidget:
        """The popup with the rows that have no room in the panel."""
        return self._folded

    @property
    def row_height(self) -> int:
        """The height of one group in the panel."""
        return max(self.block.sizeHint().height(), self.network_input.sizeHint().height())

    def show_groups(self, *, choices: bool, looks: bool) -> None:
        """Keep block and class, or opacity and colours, in the panel; the others open with `more`."""
        if (choices, looks) == (not self._choices.is_folded, not self._looks.is_folded):
            return
        line = 0
        for group, is_inline in ((self._choices, choices), (self._looks, looks)):
            group.is_folded = not is_inline
            for field in group.fields:
                if is_inline:
                    group.take_back(field)
                else:
                    self._lines.addWidget(field.label, line, 0)
                    self._lines.addWidget(field.control, line, 1)
                    line += 1
                field.label.setVisible(not is_inline or field.is_always_named)
                field.control.show()
            group.setVisible(is_inline)
        self.more.setVisible(not (choices and looks))
        self.setVisible(choices or looks)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the font may be another, too."""
        self.more.setFixedHeight(self.more.fontMetrics().height() + 4)
        for field in (*self._choices.fields, *self._looks.fields):
            colour_text(field.label, theme.muted)

    @Slot()
    def _unfold(self) -> None:
        self._folded.adjustSize()
        corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + 2))
        self._folded.move(corner - QPoint(self._folded.width(), 0))
        self._folded.show()

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

    def _tell_block(self, index: int) -> None:
        self.block_chosen.emit(index or None)

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

    def _tell_opacity(self, percent: int) -> None:
        self.opacity_chosen.emit(percent / 100)


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
