"""What networks are: the list of all with their options, and the layers of the one on the screen."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from resnet_viewer.records.network_entries import NetworkChoice, Networks
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editing import Editing
from resnet_viewer.ui.inspect.exporting import Exporting
from resnet_viewer.ui.inspect.layer_table import LayerTable
from resnet_viewer.ui.inspect.loading import Opening
from resnet_viewer.ui.inspect.network_dialog import NetworkDialog


class Describing(QObject):
    """Owns the table of layers, which is made when it is first shown."""

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        editing: Editing,
        opening: Opening,
        exporting: Exporting,
        networks: Networks,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._editing = editing
        self._opening = opening
        self._exporting = exporting
        self._networks = networks
        self.layers: LayerTable | None = None

    def choose_network(self) -> None:
        """The list of networks, beginning with the one on the screen."""
        present = self._controller.scene.session.setup.state.network
        NetworkDialog.ask(self._networks, present, self._window, self._open)

    def choose_reference(self) -> None:
        """The same list, for the network that the one on the screen is compared with."""
        present = self._controller.scene.session.reference.network
        NetworkDialog.ask(self._networks, present, self._window, self._compare, verb="Compare")

    def _open(self, choice: NetworkChoice) -> None:
        if choice.needs_download:
            self._opening.download(choice.spec.name, choice.spec)
        else:
            self._opening.choose_spec(choice.spec)

    def _compare(self, choice: NetworkChoice) -> None:
        if choice.needs_download:
            self._opening.download(choice.spec.name, choice.spec, as_reference=True)
        else:
            self._opening.compare_spec(choice.spec)

    def show_layers(self) -> None:
        """The table of layers, beside the window."""
        if self.layers is None:
            self.layers = LayerTable(self._window)
            self.layers.layer_selected.connect(self._editing.select_layer)
            self.layers.save_wished.connect(self._exporting.write_layers)
            self._controller.scene_changed.connect(self.layers.render_scene)
        self.layers.render_scene(self._controller.scene)
        self.layers.show()
        self.layers.raise_()
        self.layers.activateWindow()
