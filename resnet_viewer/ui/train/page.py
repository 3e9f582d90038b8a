"""The Train page: its plan, what is done with it, and what its panels and its bar show."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu

from resnet_viewer.records.data import NAMED, data_title
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Order, Runs
from resnet_viewer.records.requests import FindDevices, KeepOrder, ReadOrder
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.run_plan import remark_on, require_data, to_add
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.bars import Messages
from resnet_viewer.ui.commands import Command, Commands, Submenu
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.menus import fill_on_open
from resnet_viewer.ui.page import Fact, Page, PageFacts
from resnet_viewer.ui.settings import Settings, path_of
from resnet_viewer.ui.train import networks_dialog, recipe_dialog
from resnet_viewer.ui.train.bar import (
    TrainBar,
    fill_data_menu,
    fill_recipe_menu,
    strength_in,
)
from resnet_viewer.ui.train.controller import TrainController, Ways
from resnet_viewer.ui.train.export import RunExport
from resnet_viewer.ui.train.open_in_inspect import OpenInInspect, WeightsExport
from resnet_viewer.ui.train.panels import TrainPanels
from resnet_viewer.ui.train.plan import WELCOME, Plan
from resnet_viewer.ui.train.run_folders import WAY_BACK, Earlier, RunFolders
from resnet_viewer.ui.train.run_menu import RunMenu
from resnet_viewer.ui.train.story import OpenRun, StartTraining, Step
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.process_worker import ProcessWorker
from resnet_viewer.ui.work.worker import Failure


class TrainPage(Page):
    """Owns the controller, the panels and the bar."""

    key, title = "train", "Train"
    welcome = WELCOME
    panels: TrainPanels
    bar: TrainBar
    exports: RunExport
    failed = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        worker: ProcessWorker,
        files: Askers,
        loader: Loader,
        editor: Editor,
        outbox: Outbox,
        settings: Settings,
        ways: Ways,
        messages: Messages,
    ) -> None:
        super().__init__(TrainPanels())
        self._files = files
        self._reading, self._goes_on = -1, False
        """Ticket of the folder of runs that was opened last, and whether its runs go on at once."""
        self._messages, self._progress, self._status = messages.bar, messages.progress, messages.status
        self._settings, self.ways = settings, ways
        self._devices: tuple[str, ...] = ("cpu",)
        """What there is, as far as it is known."""
        self._knows_devices = False
        self._device = ""
        """Where the runs train, or would; "" while that is not known."""
        self.bar = TrainBar()
        self.controller = TrainController(worker, self)
        self.open_in_inspect = OpenInInspect(self.controller, files, loader, editor, self)
        self.exports = RunExport(self.controller, outbox, settings, self.panels)
        self.folders = RunFolders(self.panels, settings, ways.runs_dir)
        self.weights = WeightsExport(self.panels, self.controller, outbox)
        self.plan = Plan(settings, ways.runs_of, self)
        chosen = self.panels.pictures.grid
        self.run_menu = RunMenu(
            self.panels, self.controller, self.open_in_inspect, self.weights, lambda: chosen.chosen
        )
        self._earlier = Earlier(settings)
        self.commands = Commands(self._offered(), self, show=self.wished.emit)
        self.exports.fill(self.bar.export_button.menu())
        self.menus = {"Export runs": self.bar.export_button.menu()}
        self.bar.show_plan(self.plan.present)
        self.panels.runs.offer_resume(self._last_runs() is not None)
        self._connect()
        self._render(self.controller.scene)

    def _connect(self) -> None:
        controller, bar, panels = self.controller, self.bar, self.panels
        controller.scene_changed.connect(self._render)
        controller.scene_changed.connect(self.exports.look_again)
        controller.failed.connect(self.failed)
        controller.progressed.connect(self._progress.show_progress)
        self.failed.connect(partial(self._messages.show_failure, topic="training"))
        self.said.connect(self._status.say)
        self._progress.cancelled.connect(self.cancel_reading)
        controller.data_read.connect(self._note_read)
        for panel in panels.drawn:
            panel.export_requested.connect(self.exports.export)
            panel.copy_requested.connect(self.exports.copy)
        panels.pictures.rule_chosen.connect(self.exports.set_rule)
        for part in (self.open_in_inspect, self.plan, self.run_menu):
            part.failed.connect(self.failed)
        self.open_in_inspect.said.connect(self.said)
        self.run_menu.said.connect(self.said)
        self.plan.changed.connect(bar.show_plan)
        self.plan.said.connect(self._note_chosen)
        panels.runs.table.selected.connect(controller.select)
        panels.gradients.run_selected.connect(controller.select)
        panels.pictures.picture_wished.connect(self.run_menu.open_picture)
        panels.runs.table.menu_wished.connect(self._pop_up_run_menu)
        panels.time_pointed.connect(controller.point)
        panels.runs.resume.clicked.connect(self.resume_last)
        panels.story.chosen.connect(self.take_step)
        bar.networks_button.clicked.connect(self.choose_networks)
        bar.start_button.clicked.connect(self.start)
        bar.add_button.clicked.connect(self.add)
        bar.pause_button.clicked.connect(self.pause_or_continue)
        bar.stop_button.clicked.connect(self.stop)
        bar.cut_button.clicked.connect(self.cut_or_restore)
        bar.strength_wished.connect(controller.open_shortcuts)
        fill_on_open(
            bar.data_button.menu(),
            lambda menu: fill_data_menu(menu, self.plan, self.choose_folder, self.ways.remark),
        )
        fill_on_open(
            bar.recipe_button.menu(), lambda menu: fill_recipe_menu(menu, self.plan, self.edit_recipe)
        )
        fill_on_open(self.panels.runs.run_button.menu(), self.run_menu.fill)

    def _offered(self) -> tuple[Command | Submenu, ...]:
        command = partial(Command, menu="Train", shows_page=True)
        return (
            command("train_start", "&Start, or add to the runs at work", slot=self.start, keys="F5"),
            command("train_add", "&Add to the runs on the screen", slot=self.add, keys="Shift+F6"),
            command("train_pause", "&Pause or continue all runs", slot=self.pause_or_continue, keys="F6"),
            command("train_stop", "S&top all runs", slot=self.stop, keys="Shift+F5"),
            command(
                "train_cut",
                "&Cut or restore the shortcuts in training",
                slot=self.cut_or_restore,
                keys="Ctrl+Shift+X",
            ),
            command("train_networks", "&Networks to train…", slot=self.choose_networks, place=200),
            command("train_recipe", "&Recipe…", slot=self.edit_recipe, place=200),
            command("train_folder", "Train on a &folder of pictures…", slot=self.choose_folder, place=200),
            command("train_open", "&Open runs…", slot=self.choose_runs, place=300),
            command("train_resume", "Res&ume the last runs", slot=self.resume_last, place=300),
            Submenu("Earl&ier runs", "Train", self.fill_earlier, 300),
            command(
                "train_weights",
                "Export &weights of the selected run…",
                slot=self.run_menu.export_weights,
                place=400,
            ),
            command(
                "train_runs_folder",
                "Runs fo&lder…",
                slot=partial(self.folders.ask, "runs"),
                tip="Choose where new runs are kept",
                place=500,
            ),
            command(
                "train_logs",
                "Tensor&Board…",
                slot=partial(self.folders.ask, "logs"),
                tip="Write every run for TensorBoard too, and choose where",
                place=500,
            ),
            Submenu("S&elected run", "Train", self.run_menu.fill, 600),
        )

    @Slot(QPoint)
    def _pop_up_run_menu(self, place: QPoint) -> None:
        self.panels.runs.run_button.menu().popup(place)

    @Slot(object)
    def _render(self, scene: LabScene) -> None:
        self.panels.render_lab(scene)
        self.facts_changed.emit()
        self.bar.render_lab(scene)

    @Slot(str)
    def _note_chosen(self, sentence: str) -> None:
        """Something for the next start was taken."""
        self._end_said()
        self.said.emit(sentence)

    @Slot()
    def _note_read(self) -> None:
        """The data are read, or will not be; what one should know about them is said."""
        self._progress.hide()
        if (data := self.controller.scene.data) is not None and data.remark and self.controller.is_busy:
            if data.left_out:
                self._messages.show_remark(data.remark, topic="data")
            else:
                self.said.emit(data.remark)

    def _end_said(self) -> None:
        """A new order is on its way: what was said about an earlier one is over."""
        self._messages.end("training")
        self._messages.end("data")

    @Slot()
    def choose_networks(self) -> None:
        """Ask which."""
        found = networks_dialog.NetworksDialog(self.plan.present, self.plan.refusal, self.panels).asked()
        if found is not None:
            self.plan.choose(found)

    def edit_recipe(self) -> None:
        """Ask how; a recipe that is not built in is saved under its name."""
        found = recipe_dialog.RecipeDialog(self.plan.present.course, self._devices, self.panels).asked()
        if found is not None:
            self.plan.saved.save(found)
            self.plan.follow(found)

    def choose_folder(self) -> None:
        """Ask which folder of pictures; one without classes is refused."""
        found = QFileDialog.getExistingDirectory(self.panels, "Folder with a subfolder for each class")
        if found:
            self.plan.take(Path(found))

    @Slot()
    def start(self) -> None:
        """Train what the plan says: in a new folder, or beside the runs at work."""
        self._train(is_beside=self.controller.is_busy)

    @Slot()
    def add(self) -> None:
        """Train what the plan says beside the runs on the screen, whether or not those are at work."""
        self._train(is_beside=bool(self.controller.scene.logs))

    def _train(self, *, is_beside: bool) -> None:
        try:
            runs = self.ways.runs_of(self.plan.present)
            if is_beside:
                self._add(runs)
            else:
                self._begin(runs)
        except UserError as refused:
            self.failed.emit(Failure(str(refused)))

    def _begin(self, runs: Runs) -> None:
        plan = self.plan.present
        folder = self.folders.new_folder(data_title(plan.data).partition(" (")[0])
        device = plan.course.device or self.ways.device
        logs = self.folders.logs_of(folder)
        order = Order(runs, plan.data, folder, device, self.ways.threads, logs)
        had_runs = bool(self.controller.scene.logs)
        self._files.ask(KeepOrder(order), None, self.failed)
        self._send(order)
        if had_runs:
            self._messages.show_remark(WAY_BACK, topic="data")

    def _send(self, order: Order) -> None:
        self._settings.set_training("folder", str(order.folder))
        self._earlier.note(order.folder, order.data, (run for _, run in order.runs))
        self._settings.save()  # nobody asks a process that is killed
        self._end_said()
        begin = self._progress.begin if order.data in NAMED else self._progress.begin_counting
        begin(f"Reading {data_title(order.data)}")
        self.controller.begin(order, data_title(order.data))
        self._tell_device()
        if order.log_dir is not None:
            self.said.emit(f"TensorBoard's files go to {order.log_dir}.")

    def _add(self, runs: Runs) -> None:
        controller, order = self.controller, self.controller.order
        assert order is not None
        require_data(order.data, self.plan.present.data, is_busy=controller.is_busy)
        new = to_add(runs, controller.known, {log.key for log in controller.scene.logs})
        remark = remark_on(new, controller.scene)
        self._end_said()
        controller.add(new)
        runs = tuple(controller.known.items())
        self._files.ask(KeepOrder(replace(order, runs=runs)), None, self.failed)
        self._earlier.note(order.folder, order.data, (log.run for log in controller.scene.logs))
        if remark:
            self.said.emit(remark)

    def fill_earlier(self, menu: QMenu) -> None:
        """The newest starts but the one on the screen."""
        order = self.controller.order
        self._earlier.fill(menu, self.open_runs, shown=None if order is None else order.folder)

    @Slot()
    def pause_or_continue(self) -> None:
        """All runs; where none is at work, those that were stopped or failed go on."""
        if self.controller.is_busy and not self.controller.scene.is_paused:
            self.controller.pause()
            return
        self._end_said()
        self.controller.go_on()

    @Slot()
    def stop(self) -> None:
        """All runs; they can be resumed."""
        self.controller.stop()

    @Slot()
    def cancel_reading(self) -> None:
        """The progress bar's wish while the data are read; else it is about something else."""
        if self.controller.is_busy and self.controller.scene.data is None:
            self.controller.cancel()
            self._progress.hide()

    @Slot()
    def cut_or_restore(self) -> None:
        """Every shortcut of every run, from the next step on."""
        self.controller.open_shortcuts(1.0 if strength_in(self.controller.scene) < 1 else 0.0)

    def enter(self) -> None:
        """The plot that is looked at first gets the keys; the lab gets ready, as an order may come soon."""
        self.panels.take_focus()
        self.controller.get_ready()
        self._files.ask(FindDevices(), self._note_devices, self.failed)

    def take_mime(self, mime: QMimeData) -> None:
        """Data, runs or a recipe; of several things the first."""
        found = sort_incoming(mime)
        paths = [*found.pictures, *filter(None, (found.weights,))]
        if not paths:
            self.failed.emit(Failure(f"That cannot be trained on; drop or paste {WELCOME}."))
        elif paths[0].is_dir() and self.ways.has_runs(paths[0]):
            self.open_runs(paths[0])
        else:
            self.plan.take(paths[0])

    def escape(self) -> bool:
        """Release the pinned time."""
        return self.panels.errors.release()

    @property
    def facts(self) -> PageFacts:
        """Where it trains, how many runs are done, and on what."""
        return facts_of(self.controller.scene, self._device, self.ways.threads_words)

    def may_close(self) -> bool:
        """Nothing trains, or the user wants to close all the same; who does not want to be asked again is not."""
        logs = self.controller.scene.logs if self.controller.is_busy else ()
        count = sum(log.state == "running" and not log.awaits_errors for log in logs)
        if not count or not self._settings.asks_to_close():
            return True
        is_taken, is_asked_again = dialogs.MayClose.ask(_leaving_words(count), self.panels)
        if is_taken and not is_asked_again:
            self._settings.set_asks_to_close(False)
        return is_taken

    @Slot(object)
    def take_step(self, step: Step) -> None:
        """What the text offered to do next."""
        match step:
            case StartTraining():
                self.start()
            case OpenRun(key, with_twin):
                if (log := self.controller.scene.log(key)) is not None:
                    self.open_in_inspect.open(log, with_twin=with_twin)

    @Slot()
    def resume_last(self) -> None:
        """The runs that the window left when it was closed."""
        folder = self._last_runs()
        if folder is not None:
            self.open_runs(folder, goes_on=True)
        else:
            self.failed.emit(
                Failure("There are no runs to resume yet; press Start, or open runs by their folder.")
            )

    def choose_runs(self) -> None:
        """Ask which folder of earlier runs."""
        found = QFileDialog.getExistingDirectory(self.panels, "Open runs", str(self.folders.runs_dir))
        if found:
            self.open_runs(Path(found))

    @Slot(object)
    def show_runs(self, folder: Path) -> None:
        """Come on the screen with the runs of a folder."""
        self.wished.emit()
        self.open_runs(folder)

    def open_runs(self, folder: Path, *, goes_on: bool = False) -> None:
        """Show the runs of a folder; those that are not done wait for Continue, or go on at once."""
        if self.controller.is_busy:
            self.failed.emit(Failure("Runs are at work; stop them before you open others."))
            return
        self._files.cancel(self._reading)
        self._goes_on = goes_on
        self._reading = self._files.ask(ReadOrder(folder), self._show_order, self.failed)

    @Slot(object)
    def _note_devices(self, devices: tuple[str, ...]) -> None:
        self._devices, self._knows_devices = devices, True
        self._tell_device()

    @Slot(object)
    def _show_order(self, order: Order) -> None:
        if not self.controller.is_busy:
            logs = self.folders.logs_of(order.folder)
            self.plan.choose(replace(self.plan.present, data=order.data))  # so that Add adds to them
            threads = order.threads or self.ways.threads
            self._send(replace(order, threads=threads, log_dir=logs, is_shown=not self._goes_on))

    def _tell_device(self) -> None:
        order = self.controller.order
        wished = order.device if order is not None else self.plan.present.course.device or self.ways.device
        if wished not in ("", "auto"):
            self._device = wished
        elif self._knows_devices:  # else which is the best is told when they are found
            self._device = self._devices[0]
        self.facts_changed.emit()

    def _last_runs(self) -> Path | None:
        """Their folder, where there is something in it to go on with."""
        folder = self._settings.training("folder", path_of, None)
        return folder if folder is not None and self.ways.has_runs(folder) else None


def facts_of(scene: LabScene, device: str, threads: str) -> PageFacts:
    """What the status bar says of the runs."""
    at = " · ".join(filter(None, (device, threads)))
    done = sum(log.state == "done" for log in scene.logs)
    words = f"{done} of {len(scene.logs)} runs done" if scene.logs and not scene.is_being_read else ""
    data = Fact()
    if scene.data is not None:
        count, (_, _, height, width) = scene.data.count, scene.data.test_pictures.shape
        tested = thousands(len(scene.data.test_labels))
        whole = f"{scene.data_name}: {thousands(count)} pictures and {tested} to test, {width}×{height}"
        data = Fact(whole, scene.data_name, whole)
    work = f"training: {at}" if at else ""
    return PageFacts(
        work, Fact(words, words, words), data, (scene.data_name, *(log.key for log in scene.logs))
    )


def _leaving_words(count: int) -> str:
    """What closing does to runs at work."""
    if count == 1:
        return "1 run is training. It is saved where it is, and Resume goes on with it."
    return f"{count} runs are training. They are saved where they are, and Resume goes on with them."
