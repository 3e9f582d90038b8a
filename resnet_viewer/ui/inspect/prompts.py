"""Inspect's commands that ask the user something first, or show something beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network_entries import NetworkChoice, Networks
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.test_set import MeasureSet, SetReading
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.input_dialog import InputChoice, InputDialog
from resnet_viewer.ui.inspect.layer_table import LayerTable
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.meter import Measuring
from resnet_viewer.ui.inspect.network_dialog import NetworkDialog
from resnet_viewer.ui.inspect.set_window import SetWindow
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.picker import Picker


class Prompts(QObject):
    """Owns the choices that dialogs start from."""

    set_table_wished = Signal()
    """The test set's table as a file."""

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        editor: Editor,
        loader: Loader,
        outbox: Outbox,
        settings: Settings,
        networks: Networks,
        measuring: Measuring,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._editor = editor
        self._loader = loader
        self._outbox = outbox
        self._settings = settings
        self._networks = networks
        self._measuring = measuring
        self.layers: LayerTable | None = None
        """Made when it is first shown."""
        self.test_set: SetWindow | None = None
        """Made when it is first shown."""

    def open_pictures(self) -> None:
        """Ask which pictures."""
        recent = self._settings.recent("pictures")
        self._loader.open_paths(dialogs.OpenPictures.ask(recent[0].parent if recent else None, self._window))

    def open_weights(self) -> None:
        """Ask which weight file."""
        self._ask_weights(self._loader.open_weights)

    def compare_weights(self) -> None:
        """Ask which weight file to compare with."""
        self._ask_weights(self._loader.compare)

    def _ask_weights(self, then: Callable[[Path], None]) -> None:
        recent = self._settings.recent("weights")
        if (path := dialogs.OpenWeights.ask(recent[0].parent if recent else None, self._window)) is not None:
            then(path)

    def change_input(self) -> None:
        """Show and change what the network's pictures go through."""
        setup = self._controller.scene.session.setup
        start = InputChoice(setup.state.preprocessing, setup.class_names)
        choice = InputDialog(start, setup.state.network.classes, self._window).asked()
        if choice is not None and choice != start:
            self._loader.change_input(choice.preprocessing, choice.class_names)

    def choose_network(self) -> None:
        """The list of networks, beginning with the one on the screen."""
        present = self._controller.scene.session.setup.state.network
        self._ask_network(NetworkDialog(self._networks, present, self._window), as_reference=False)

    def choose_reference(self) -> None:
        """The same list, for the network that the one on the screen is compared with."""
        present = self._controller.scene.session.reference.network
        dialog = NetworkDialog(self._networks, present, self._window, verb="Compare")
        self._ask_network(dialog, as_reference=True)

    def _ask_network(self, dialog: NetworkDialog, *, as_reference: bool) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._take_network(dialog.choice, as_reference=as_reference))
        dialog.open()
        dialog.search.setFocus()

    def _take_network(self, choice: NetworkChoice | None, *, as_reference: bool) -> None:
        if choice is None:
            return
        if choice.needs_download:
            self._loader.download(choice.spec.name, choice.spec, as_reference=as_reference)
        elif as_reference:
            self._loader.compare(choice.spec)
        else:
            self._loader.choose_spec(choice.spec)

    def show_layers(self) -> None:
        """The table of layers, beside the window."""
        if self.layers is None:
            self.layers = LayerTable(self._window)
            self.layers.layer_selected.connect(self._editor.select_layer)
            self.layers.save_wished.connect(self._outbox.save)
            self._controller.scene_changed.connect(self.layers.render_scene)
        self.layers.render_scene(self._controller.scene)
        self.layers.show()
        self.layers.raise_()
        self.layers.activateWindow()

    def show_test_set(self) -> None:
        """The pictures of the test set one by one, beside the window."""
        if self.test_set is None:
            self.test_set = SetWindow(self._measuring, self._shown_picture, self._window)
            self.test_set.picture_wished.connect(self._open_set_picture)
            self.test_set.save_wished.connect(self.set_table_wished)
        self.test_set.show()
        self.test_set.raise_()
        self.test_set.activateWindow()

    def step_picture(self, step: int) -> None:
        """The next or previous picture: of the test set's table where that is open and the picture is from there, else
        of the album or the folder.
        """
        if self.test_set is None or not self.test_set.step(step):
            self._loader.step_picture(step)

    def _shown_picture(self) -> Picture | None:
        return self._controller.scene.session.setup.picture

    @Slot(object, int)
    def _open_set_picture(self, reading: SetReading, place: int) -> None:
        pictures, question = reading.pictures, reading.request
        assert isinstance(question, MeasureSet)
        if (path := pictures.paths[place]) is not None:
            self._loader.open_paths((path,))
        else:
            self._loader.open_set_picture(question.test_set, pictures.names[place])

    def choose_target(self) -> None:
        """Any class, found by typing."""
        setup = self._controller.scene.session.setup
        now = self._controller.scene.now
        hints = [""] * setup.state.network.classes
        if now is not None:
            hints = [f"{probability:.1%}" for probability in now.probabilities[0]]
        entries = [(setup.target_name(index), hint) for index, hint in enumerate(hints)]
        chosen = Picker.ask("Target class", entries, self._window)
        if chosen is not None:
            self._editor.set_target(chosen)

    def choose_block_target(self) -> None:
        """The mean of a block's output, found by typing; a channel's is chosen in its large view."""
        setup = self._controller.scene.session.setup
        blocks = blueprint(setup.state.network).blocks
        entries = [(f"Mean of {block.label}", f"{block.output_shape[0]} channels") for block in blocks]
        chosen = Picker.ask("Target: the mean of a block's output", entries, self._window)
        if chosen is not None:
            self._editor.set_target(BlockTarget(blocks[chosen].number))
