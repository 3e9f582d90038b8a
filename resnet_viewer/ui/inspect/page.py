"""The Inspect page: a network on a picture, panel by panel, over its wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from resnet_viewer.records.captions import plain
from resnet_viewer.records.comparing import most_changed
from resnet_viewer.records.distribution import MeasureActivations
from resnet_viewer.records.figure_list import FigureName, MovingKind
from resnet_viewer.records.filters import WeightsOf
from resnet_viewer.records.insight import (
    Act,
    CompareWith,
    GetWeights,
    LookAt,
    Rewire,
    ShowTrain,
    TakeScore,
)
from resnet_viewer.records.network import USUAL
from resnet_viewer.records.network_entries import Networks
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.ui.bars import Messages
from resnet_viewer.ui.commands import Command, Commands, Submenu, keys_text
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.inspect.animation import Animation
from resnet_viewer.ui.inspect.bar import InspectBar, InspectMenus, network_title
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.export import SceneExport
from resnet_viewer.ui.inspect.feature_maps import MOST_CHANGED_TIP, FeatureMapsPanel
from resnet_viewer.ui.inspect.folder_strip import FolderStrip
from resnet_viewer.ui.inspect.gradcam import PicturePanel
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.messages import InspectMessages
from resnet_viewer.ui.inspect.meter import Measuring
from resnet_viewer.ui.inspect.methods import Explaining, progress_words
from resnet_viewer.ui.inspect.overview import OverviewPanel
from resnet_viewer.ui.inspect.picture_menu import PictureMenu
from resnet_viewer.ui.inspect.predictions import PredictionsPanel
from resnet_viewer.ui.inspect.prompts import Prompts
from resnet_viewer.ui.inspect.readings import placeholder
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.inspect.story import InsightPanel
from resnet_viewer.ui.inspect.test_sets import TestSets
from resnet_viewer.ui.inspect.thumbnails import Thumbnails
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.layout import SharedPlace, Splitter
from resnet_viewer.ui.menus import fill_on_open
from resnet_viewer.ui.page import Fact, Page, PageFacts
from resnet_viewer.ui.panels import PagePanels
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.explanations import explain, rich
from resnet_viewer.ui.widgets.labels import shortened, tooltip_text
from resnet_viewer.ui.widgets.theme import Theme
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.turns import Turns
from resnet_viewer.ui.work.worker import Worker

COLUMNS = 0.4, 0.345, 0.255
"""Of the width: the picture, which is the largest, the maps, and what the network answers."""
MAPS = 0.55, 0.45
"""Of the maps' column: the maps, and the activations of every block."""
ROWS = 0.6, 0.4
"""Of the height: those, and the wiring over the gradient norms."""
ANSWERS = 0.4, 0.6
"""Of the last column's height: the predictions, and what they and all else mean."""


class InspectPanels(PagePanels):
    """Renders scenes; the panels' wishes become edits."""

    alone_with_large_letters = "picture", "predictions", "story", "wiring"
    where_there_is_room = ("story",)

    def __init__(self, editor: Editor, thumbnails: Thumbnails) -> None:
        wiring, feature_maps = WiringPanel(), FeatureMapsPanel()
        picture, predictions = PicturePanel(), PredictionsPanel()
        overview, story = OverviewPanel(), InsightPanel()
        maps = SharedPlace(("Feature maps", overview.title), feature_maps, overview, shares=MAPS)
        answers = Splitter(Qt.Orientation.Vertical, predictions, story, shares=ANSWERS)
        columns = Splitter(Qt.Orientation.Horizontal, picture, maps, answers, shares=COLUMNS)
        folder_strip = FolderStrip(thumbnails)
        picture.set_foot(folder_strip)
        rows = Splitter(Qt.Orientation.Vertical, columns, wiring, shares=ROWS)
        super().__init__(
            inspect_maps=maps.splitter, inspect_answers=answers, inspect_columns=columns, inspect_rows=rows
        )
        self.wiring, self.feature_maps, self.overview = wiring, feature_maps, overview
        self.picture, self.predictions, self.story = picture, predictions, story
        self.folder_strip = folder_strip
        self._rendering = wiring, picture, predictions, feature_maps, overview, story
        explain(picture, "Grad-CAM", "score", "scale")
        explain(feature_maps, "feature map", "dead channel", "scale")
        explain(overview, "feature map", "stage", "reference")
        predictions.setWhatsThis(rich("score", "loss", "reference"))  # a button would cut its legend
        explain(story, "ablation and lesion", "test set", "error meter", "plain network")
        explain(wiring, "shortcut", "residual branch", "block", "stage", "gradient norm", "loss")
        predictions.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # for the figure to be copied
        self._connect(editor)

    def _connect(self, editor: Editor) -> None:
        wiring = self.wiring
        wiring.shortcut_clicked.connect(editor.toggle_shortcut)
        wiring.shortcuts_swept.connect(editor.set_shortcuts)
        wiring.reference_shortcut_clicked.connect(editor.toggle_reference_shortcut)
        wiring.branch_clicked.connect(editor.toggle_branch)
        wiring.strength_chosen.connect(editor.set_shortcut_strength)
        wiring.branch_strength_chosen.connect(editor.set_branch_strength)
        wiring.layer_selected.connect(editor.select_layer)
        wiring.quantity_chosen.connect(editor.select_quantity)
        wiring.gradient_of_chosen.connect(editor.set_gradient_of)
        self.feature_maps.view_changed.connect(editor.look)
        self.feature_maps.channel_chosen.connect(editor.select_channel)
        self.feature_maps.mark_chosen.connect(editor.mark)
        self.feature_maps.channel_view.target_wished.connect(editor.set_target)
        self.picture.view_changed.connect(editor.look)
        self.picture.target_chosen.connect(editor.set_target)
        self.picture.block_chosen.connect(editor.select_cam_block)
        self.picture.picture_chosen.connect(editor.select_of_batch)
        self.picture.marked.connect(editor.mark)
        self.overview.layer_selected.connect(editor.select_layer)
        self.overview.view_changed.connect(editor.look)
        for panel in (wiring, self.feature_maps, self.picture, self.overview, self.folder_strip):
            panel.hovered.connect(self.hovered)

    def render_scene(self, scene: Scene) -> None:
        """Show a scene; each panel touches only what differs."""
        for panel in self._rendering:
            panel.render_scene(scene)

    def render_soon(self, scene: Scene, turns: Turns) -> None:
        """Show a scene: the wiring now, which answers a click, and what was found in turns, a panel in each."""
        self.wiring.render_wish(scene)
        for panel in self._rendering:
            turns.put(panel, partial(panel.render_scene, scene))

    def render_findings(self, scene: Scene, turns: Turns) -> None:
        """Show a scene of which only its findings are other than in the last one."""
        for panel in (self.picture, self.feature_maps, self.overview, self.story):
            turns.put(panel, partial(panel.render_scene, scene))

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.feature_maps.fit_font()

    def figures(self) -> Mapping[QWidget, FigureName]:
        return {
            self.wiring: "gradient_norms",
            self.feature_maps: self.feature_maps.figure,
            self.overview: "activations",
            self.picture: "gradcam",
            self.predictions: "predictions",
        }


class InspectPage(Page):
    """Leads scenes to what shows them, and wishes to what acts on them."""

    key, title = "inspect", "Inspect"
    welcome = "pictures, a folder, or a weight file"
    panels: InspectPanels
    bar: InspectBar
    headed = Signal(str)
    """The window's title is another."""
    train_wished = Signal()
    """Training answers what comes next."""

    def __init__(
        self,
        store: Store,
        probing: Worker,
        files: Askers,
        downloads: Askers,
        in_passing: Askers,
        settings: Settings,
        messages: Messages,
        *,
        catalog: tuple[CatalogEntry, ...],
        networks: Networks,
        samples: tuple[Path, ...] = (),
        threads: str = "",
        moving_kinds: tuple[MovingKind, ...] = ("gif",),
        data_cost: Callable[[str], str] = lambda _name: "",
    ) -> None:
        """`in_passing` are files of low priority; animations can be of `moving_kinds` here; `samples` are pictures that
        travel with the program; `data_cost` says what it costs to have a named data set: "download 170 MB", "" where it
        is here.
        """
        editor, thumbnails = Editor(store), Thumbnails(in_passing)
        super().__init__(InspectPanels(editor, thumbnails))
        thumbnails.setParent(self)
        self._shown: Scene | None = None
        self.store, self._messages, self._threads = store, messages, threads
        self._networks = networks
        self.panels.story.offer(catalog)
        self._settings = settings
        self.editor = editor
        self.turns = Turns(self)
        """What is still to be drawn of the newest scene."""
        self.controller = Controller(store, probing, parent=self)
        self.loader = Loader(store, self.editor, files, downloads, settings, self, in_passing=in_passing)
        self.outbox = Outbox(files, self)
        self.measuring = Measuring(store, self.controller, self)
        self.explaining = Explaining(self.controller, editor, self.panels)
        self.test_sets = TestSets(store, editor, downloads, settings, self.panels, data_cost, self)
        self.exports = SceneExport(self.controller, self.outbox, settings, self.panels)
        parts = self.controller, self.editor, self.loader, self.outbox
        self.animation = Animation(self.controller, probing.low, in_passing, moving_kinds, self.panels)
        self.prompts = Prompts(self.panels, *parts, settings, networks, self.measuring)
        self.commands = Commands(self._offered(), self, show=self.wished.emit)
        self.bar = InspectBar(self.commands)
        filled = InspectMenus(
            self.commands, self.controller, self.editor, self.loader, settings, catalog,
        )  # fmt: skip
        self._filled = filled
        PictureMenu(self.bar.open_button.menu(), self.commands, self.loader, settings, thumbnails, samples)
        fill_on_open(self.bar.network_button.menu(), filled.fill_network)
        fill_on_open(self.bar.target_button.menu(), filled.fill_target)
        fill_on_open(self.bar.compare_button.menu(), filled.fill_compare)
        fill_on_open(self.bar.meter.menu, self.test_sets.fill)
        fill_on_open(self.panels.picture.method_button.menu(), self.explaining.fill)
        menu = self.bar.export_button.menu()
        self.exports.fill(menu)
        menu.addAction(f"&Export…\t{keys_text('Ctrl+E')}", self.exports.ask)
        menu.addAction(self.commands["animation"])
        menu.addAction(f"&Copy figure\t{keys_text('Ctrl+Shift+C')}", self.copy_figure)
        self.menus = {"Export": menu, "Compare": self.bar.compare_button.menu()}
        sizes = {entry.name: entry.download for entry in catalog if entry.download}
        self.messages = InspectMessages(
            messages, self.controller, self.loader, self.outbox, self.prompts, sizes, self
        )
        self.messages.follow_measuring(self.measuring, self.test_sets)
        self._connect()
        self._show_history()
        self.render_scene(self.controller.scene)

    def _connect(self) -> None:
        self.controller.scene_changed.connect(self.render_scene)
        self.panels.story.chosen.connect(self.take_step)
        self.controller.scene_changed.connect(self.exports.look_again)
        self.store.history_changed.connect(self._show_history)
        self.bar.shortcuts_wished.connect(self.editor.open_all_shortcuts)
        self.bar.branches_wished.connect(self.editor.open_all_branches)
        self.panels.wiring.export_requested.connect(self.exports.ask)
        self.panels.feature_maps.most_changed_wished.connect(self.show_most_changed)
        self.loader.begun.connect(self.controller.end_start)
        # Queued: what was found before is published at once, which must not come between two panels' scenes.
        queued = Qt.ConnectionType.QueuedConnection
        self.panels.overview.activations_wished.connect(self._find, queued)
        self.panels.feature_maps.weights_wished.connect(self._find, queued)
        animation, progress = self.animation, self._messages.progress
        animation.began.connect(progress.begin_counting)
        animation.progressed.connect(progress.show_progress)
        animation.ended.connect(progress.hide)
        progress.cancelled.connect(animation.cancel)
        animation.said.connect(self._messages.status.say)
        animation.failed.connect(partial(self._messages.bar.show_failure, topic="exporting"))
        self.loader.album_changed.connect(self._show_album)
        strip = self.panels.folder_strip
        strip.picture_wished.connect(self.loader.show_path)
        strip.together_wished.connect(self.loader.open_together)
        strip.refused.connect(self.loader.refuse_together)
        strip.closed.connect(self.toggle_folder_strip)
        strip.set_wanted(self._settings.shows_folder())
        self.loader.begun.connect(self.measuring.ask)
        self.measuring.changed.connect(self._show_measured)
        self.panels.picture.stop_button.clicked.connect(self.explaining.stop)
        self.explaining.changed.connect(self._show_explaining)
        self.bar.meter.opened.connect(self.prompts.show_test_set)
        self.prompts.set_table_wished.connect(partial(self.exports.export_as, "test_set", "csv"))

    def _offered(self) -> tuple[Command | Submenu, ...]:
        prompts, editor, store = self.prompts, self.editor, self.store
        shown = partial(Command, shows_page=True)
        wired = partial(Command, menu="Edit", place=200)
        compared = partial(Command, menu="Edit", place=300)
        return (
            shown(
                "open_picture",
                "&Open picture…",
                "File",
                prompts.open_pictures,
                "Ctrl+O",
                "mdi6.image-outline",
            ),
            Submenu("Recen&t pictures", "File", lambda menu: self._filled.fill_recent("pictures", menu), 105),
            Command(
                "previous_picture",
                "Pre&vious picture",
                "File",
                partial(prompts.step_picture, -1),
                "PgUp",
                place=120,
            ),
            Command(
                "next_picture", "&Next picture", "File", partial(prompts.step_picture, 1), "PgDown", place=120
            ),
            Command(
                "folder_together",
                "Look at the whole &folder together",
                "File",
                self.open_folder_together,
                tip="All its pictures as a batch: the gradients of their summed score, a Grad-CAM of each",
                place=120,
            ),
            shown("open_weights", "Open &weights…", "File", prompts.open_weights, "Ctrl+Shift+O", place=200),
            Submenu("Recent wei&ghts", "File", lambda menu: self._filled.fill_recent("weights", menu), 205),
            Command("undo", "&Undo", "Edit", store.undo, "Ctrl+Z", "mdi6.undo"),
            Command("redo", "&Redo", "Edit", store.redo, "Ctrl+Shift+Z", "mdi6.redo"),
            wired(
                "all_shortcuts",
                "&Cut or restore all shortcuts",
                slot=editor.toggle_all_shortcuts,
                keys="Space",
            ),
            wired(
                "all_branches",
                "&Drop or restore all residual branches",
                slot=editor.toggle_all_branches,
                keys="B",
            ),
            wired(
                "selected_branch",
                "Drop or restore the selected block's residual &branch",
                slot=self.toggle_selected_branch,
                keys="D",
            ),
            wired("open_everything", "&Open everything", slot=editor.open_everything, keys="Ctrl+0"),
            compared(
                "set_reference",
                "Set as re&ference",
                slot=editor.set_reference,
                keys="R",
                icon="mdi6.pin-outline",
                tip="Compare with the present state from now on",
            ),
            compared(
                "compare_network",
                "Compare with a &network…",
                slot=prompts.choose_reference,
                tip="Set another network beside this one, as the reference",
            ),
            compared(
                "compare_weights",
                "Compare with &weights…",
                slot=prompts.compare_weights,
                tip="Set a weight file's network beside this one, as the reference",
            ),
            compared(
                "swap_reference",
                "Swap now &and reference",
                slot=editor.swap_reference,
                tip="Act on what is the reference now",
            ),
            compared(
                "reset_reference", "Reference: &everything open", slot=editor.reset_reference, keys="Shift+R"
            ),
            Command("previous_layer", "&Previous layer", "View", editor.previous_layer, "Up", place=200),
            Command("next_layer", "&Next layer", "View", editor.next_layer, "Down", place=200),
            Command(
                "folder_strip",
                "Pictures of the fol&der: show or hide",
                "View",
                self.toggle_folder_strip,
                "Ctrl+Shift+F",
                place=200,
            ),
            Command(
                "most_changed",
                "&Most changed block",
                "View",
                self.show_most_changed,
                "M",
                tip=MOST_CHANGED_TIP,
                place=200,
            ),
            Command("fit", "&Fit the wiring", "View", self.panels.wiring.view.fit, "Home", place=200),
            Command(
                "peek",
                "&Original picture, while the key is held",
                "View",
                self.panels.picture.peek,
                "O",
                tip="The picture alone, until the key is released",
                place=200,
            ),
            Command(
                "change_input", "&Input: normalisation, size, class names…", "Network", prompts.change_input
            ),
            Command(
                "choose_block_target", "Target the mean of a &block…", "Network", prompts.choose_block_target
            ),
            Command("choose_target", "Choose a &target class…", "Network", prompts.choose_target, "Ctrl+T"),
            shown(
                "choose_network",
                "&Networks…",
                "Network",
                prompts.choose_network,
                "Ctrl+N",
                tip="Search and compare the networks, and choose how one is built",
                place=200,
            ),
            Command("layers", "&Layers…", "Network", prompts.show_layers, "Ctrl+L", place=200),
            shown(
                "test_set",
                "Test set, &picture by picture…",
                "Network",
                prompts.show_test_set,
                "Ctrl+Shift+T",
                tip="What each picture of the test set is taken for, and the confusion matrix",
                place=400,
            ),
            shown(
                "architecture",
                "&Architecture figure…",
                "Network",
                partial(self.exports.export, "architecture"),
                place=200,
            ),
            Command(
                "animation",
                "&Animation: shortcuts from whole to cut…",
                "File",
                self.animation.ask,
                tip="A GIF or MP4 of shortcuts that are weakened from 1 to 0, every picture measured",
                place=300,
            ),
            Submenu("&Open network", "Network", lambda menu: self._filled.fill_network(menu), 300),
            Submenu("Tar&get", "Network", lambda menu: self._filled.fill_target(menu), 300),
            Submenu("Test &set", "Network", self.test_sets.fill, 400),
            Submenu("Met&hod", "View", lambda menu: self.explaining.fill(menu), 400),
        )

    @Slot(object)
    def render_scene(self, scene: Scene) -> None:
        """Show a scene everywhere; each panel touches only what differs.

        What changes with the wiring and with what is found may follow the click by some turns of the event loop: in one
        turn all panels would hold up the next click. What is chosen is shown at once, as other choices begin from it.
        """
        shown, self._shown = self._shown, scene
        if shown is None or not scene.chooses_as(shown):
            self.turns.finish()
            self.panels.render_scene(scene)
            self._render_frame(scene)
            self._tell_facts()
        elif scene.tells_as(shown):
            self.panels.render_findings(scene, self.turns)
        else:
            self.panels.render_soon(scene, self.turns)
            self._render_frame(scene)
            self.turns.put("facts", self._tell_facts)

    def _render_frame(self, scene: Scene) -> None:
        """What stands around the panels."""
        self.bar.render_scene(scene)
        self.messages.render_scene(scene)
        network = scene.session.setup.state.network
        self.commands.set_possible("reset_reference", scene.session.pinned is not None)
        is_alike = scene.session.setup.state == scene.session.reference
        self.commands.set_possible("swap_reference", not is_alike)
        self.commands.set_possible("all_shortcuts", network.has_shortcuts)
        self.commands.set_possible("choose_target", network.has_classifier)

    def _tell_facts(self) -> None:
        self.facts_changed.emit()
        self.headed.emit(self.heading)

    @Slot()
    def _show_measured(self) -> None:
        self.turns.put("meter", partial(self.bar.show_meter, self.measuring))

    @Slot()
    def _show_explaining(self) -> None:
        explaining = self.explaining
        self.panels.picture.render_method(progress_words(explaining), is_at_work=explaining.is_at_work)

    @property
    def heading(self) -> str:
        """The window's title."""
        scene = self.controller.scene
        picture, place = scene.session.picture, self.loader.place_words
        named = "" if picture is None else f"{plain(picture.name)}{f' ({place})' if place else ''}"
        told = (network_title(scene), named, "ResNet Viewer")
        return " – ".join(filter(None, told))

    @property
    def facts(self) -> PageFacts:
        """What the probe took, the network, and the picture."""
        return facts_of(self.controller.scene, self._threads, self.loader.place_words)

    @Slot()
    def _show_album(self) -> None:
        """The strip of the folder, and where in it one is."""
        loader = self.loader
        shown = tuple(path for path in loader.shown_paths if path is not None)
        self.panels.folder_strip.show_album(loader.album, shown, loader.place_words)
        self.commands.set_possible("folder_together", 1 < len(loader.album.paths) <= loader.most_together)
        self.facts_changed.emit()
        self.headed.emit(self.heading)

    @Slot()
    def toggle_folder_strip(self) -> None:
        """Show or hide the pictures of the folder, and remember that."""
        is_shown = not self._settings.shows_folder()
        self._settings.set_shows_folder(is_shown)
        self.panels.folder_strip.set_wanted(is_shown)
        if is_shown and len(self.loader.album.paths) < 2:
            self._messages.status.say("This picture has no others beside it in its folder.")
        elif is_shown and self.panels.folder_strip.isHidden():
            self._messages.status.say("There is no room beside so large a picture; enlarge its panel with F.")

    def open_folder_together(self) -> None:
        """All pictures that previous and next walk through, as a batch."""
        self.loader.open_together(self.loader.album.paths)

    @Slot(object)
    def _find(self, question: MeasureActivations | WeightsOf) -> None:
        self.controller.find(question, self.controller.failed)

    @Slot()
    def _show_history(self) -> None:
        for name, label in (("undo", self.store.undo_label), ("redo", self.store.redo_label)):
            action = self.commands[name]
            self.commands.set_possible(name, label is not None)
            words = f"{name.capitalize()}: {plain(label)}" if label else name.capitalize()
            action.setText("&" + words.replace("&", "&&"))
            action.setToolTip(tooltip_text(words))

    def enter(self) -> None:
        """The strip gets the keys."""
        self.panels.wiring.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_mime(self, mime: QMimeData) -> None:
        """Pictures, folders of them, or weights; with Shift a folder as the test set."""
        folders = [path for path in sort_incoming(mime).pictures if path.is_dir()]
        if folders and QGuiApplication.queryKeyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.test_sets.take_folder(folders[0])
        else:
            self.loader.take_mime(mime)

    def toggle_selected_branch(self) -> None:
        """Drop or restore the residual branch of the block whose layer is selected."""
        if (block := self.panels.wiring.selected_block()) is not None:
            self.editor.toggle_branch(block)
        else:
            self._messages.status.say("No block is selected; click a box of a block first.")

    def escape(self) -> bool:
        """An animation that is being made is made no more."""
        was_at_work = self.animation.is_at_work
        self.animation.cancel()
        return was_at_work

    def may_close(self) -> bool:
        """What is being saved, of any page, is saved first."""
        return self.outbox.may_close(self.panels.window().close)

    @Slot(object)
    def take_step(self, act: Act) -> None:
        """What the text offered to do next."""
        match act:
            case Rewire(wiring, label):
                self.editor.rewire(wiring, label)
            case GetWeights(name):
                self.loader.download(name)
            case CompareWith(name):
                self.loader.compare(self._networks.build(name, USUAL, WeightsRef("bundled", name), 0))
            case LookAt(block):
                self.editor.select_cam_block(block)
            case TakeScore():
                self.editor.set_gradient_of("score")
            case ShowTrain():
                self.train_wished.emit()

    @Slot()
    def show_most_changed(self) -> None:
        """Go to the block whose maps lie furthest from the reference's, and say how far, or why to none."""
        scene = self.controller.scene
        now, reference = scene.now, scene.reference
        if (
            scene.is_stale
            or now is None
            or reference is None
            or not (now.is_complete and reference.is_complete)
        ):
            self._messages.status.say(f"{placeholder(scene).capitalize()} The maps are not there yet.")
            return
        found = most_changed(now, reference)
        if isinstance(found, str):
            self._messages.status.say(found)
            return
        self.editor.select_layer(found.block.name)
        self._messages.status.say(found.words)

    def close(self) -> None:
        """Edits are refused from now on."""
        self.store.close()


def facts_of(scene: Scene, threads: str = "", place: str = "") -> PageFacts:
    """What the status bar says of a scene; `place` is the picture's, "3 of 12"."""
    work = placeholder(scene)  # a time measured on another network must not stand beside this one's name
    if scene.now is not None and scene.now.is_complete:
        device = f"{scene.now.device} · {threads}" if threads else scene.now.device
        waiting = " · updating…" if scene.is_stale else ""
        work = f"{device}    forward + backward {_duration(scene.now.seconds)}{waiting}"
    plan, picture = scene.blueprint, scene.session.picture
    name = f"{plan.spec.title} · {plain(plan.spec.weights.title)}"
    if scene.is_starting and plan.spec.weights.source == "none":
        name = plan.spec.title
    size = f"{thousands(plan.parameters)} parameters · {_macs(plan.macs)}"
    network = Fact(f"{shortened(name)} · {size}", shortened(name, 24), f"{name} · {size}")
    if picture is None:
        return PageFacts(work, network, about=(name,))
    title = plain(picture.name)
    told = "".join(
        f" · {fact}" for fact in (place, f"{picture.width}×{picture.height}", plain(picture.facts)) if fact
    )
    shown = Fact(f"{shortened(title)}{told}", shortened(title, 16), f"{title}{told}")
    return PageFacts(work, network, shown, (name, picture.digest))


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _macs(number: int) -> str:
    return f"{number / 1e9:.2f} GMACs" if number >= 1e9 else f"{number / 1e6:.0f} MMACs"
