"""The Inspect page: a network on a picture, panel by panel, over its wiring."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.editing import Editing
from resnet_viewer.ui.inspect.feature_maps import FeatureMapsPanel
from resnet_viewer.ui.inspect.gradcam import GradCamPanel
from resnet_viewer.ui.inspect.predictions import PredictionsPanel
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.layout import PanelArea, splitter
from resnet_viewer.ui.widgets.theme import Theme


class InspectPage(QWidget):
    """Renders scenes; the panels' wishes become edits. Where the window is too small for the panels, it scrolls."""

    hovered = Signal(str)
    export_requested = Signal()

    def __init__(self, editing: Editing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wiring, self.feature_maps = WiringPanel(), FeatureMapsPanel()
        self.gradcam, self.predictions = GradCamPanel(), PredictionsPanel()
        self.predictions.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # for the figure to be copied
        right = splitter(Qt.Orientation.Vertical, self.gradcam, self.predictions)
        top = splitter(Qt.Orientation.Horizontal, self.feature_maps, right)
        outer = splitter(Qt.Orientation.Vertical, top, self.wiring)
        self.splitters: dict[str, QSplitter] = {"right": right, "top": top, "outer": outer}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.area = PanelArea(outer)
        layout.addWidget(self.area)
        self._connect(editing)

    def _connect(self, editing: Editing) -> None:
        wiring = self.wiring
        wiring.shortcut_clicked.connect(editing.toggle_shortcut)
        wiring.shortcuts_swept.connect(editing.set_shortcuts)
        wiring.branch_clicked.connect(editing.toggle_branch)
        wiring.strength_chosen.connect(editing.set_shortcut_strength)
        wiring.branch_strength_chosen.connect(editing.set_branch_strength)
        wiring.layer_selected.connect(editing.select_layer)
        wiring.quantity_chosen.connect(editing.select_quantity)
        wiring.gradient_of_chosen.connect(editing.set_gradient_of)
        wiring.export_requested.connect(self.export_requested)
        self.feature_maps.view_changed.connect(editing.look)
        self.feature_maps.channel_chosen.connect(editing.select_channel)
        self.feature_maps.channel_view.target_wished.connect(editing.set_target)
        self.gradcam.view_changed.connect(editing.look)
        self.gradcam.target_chosen.connect(editing.set_target)
        self.gradcam.block_chosen.connect(editing.select_cam_block)
        for panel in (wiring, self.feature_maps, self.gradcam):
            panel.hovered.connect(self.hovered)

    def render_scene(self, scene: Scene) -> None:
        """Show a scene; each panel touches only what differs."""
        self.wiring.render_scene(scene)
        self.predictions.render_scene(scene)
        self.feature_maps.render_scene(scene)
        self.gradcam.render_scene(scene)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for panel in (self.wiring, self.feature_maps, self.gradcam, self.predictions):
            panel.apply_theme(theme)

    def figure_in_focus(self) -> FigureName | None:
        """The figure of the panel that has the focus, None where none has it."""
        focused = self.window().focusWidget()
        of_maps: FigureName = "channel" if self.feature_maps.is_channel_shown else "feature_maps"
        figures: tuple[tuple[QWidget, FigureName], ...] = (
            (self.wiring, "gradient_norms"),
            (self.feature_maps, of_maps),
            (self.gradcam, "gradcam"),
            (self.predictions, "predictions"),
        )
        for panel, figure in figures:
            if focused is not None and (focused is panel or panel.isAncestorOf(focused)):
                return figure
        return None

    def take_focus(self) -> None:
        """The strip gets the keys."""
        self.wiring.view.setFocus(Qt.FocusReason.OtherFocusReason)
