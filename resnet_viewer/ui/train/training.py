"""The Train tab as a whole: its plan, what is done with it, and what its page and its part of the toolbar show."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Order
from resnet_viewer.records.requests import FindDevices, FoundDevices, FoundOrder, KeepOrder, ReadOrder
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.inspect.editing import Editing
from resnet_viewer.ui.inspect.exporting import Exporting
from resnet_viewer.ui.inspect.loading import Opening
from resnet_viewer.ui.settings import Settings, path_of
from resnet_viewer.ui.train import networks_dialog, recipe_dialog
from resnet_viewer.ui.train.added_runs import remark_on, require_data, to_add
from resnet_viewer.ui.train.bar import (
    TrainBar,
    data_words,
    fill_data_menu,
    fill_recipe_menu,
    strength_in,
)
from resnet_viewer.ui.train.controller import LabWorker, Runs, TrainController, Ways
from resnet_viewer.ui.train.drops import Drops
from resnet_viewer.ui.train.exporting import RunExporting
from resnet_viewer.ui.train.open_in_inspect import OpenInInspect, WeightsExport
from resnet_viewer.ui.train.page import TrainPage
from resnet_viewer.ui.train.plan import Plan
from resnet_viewer.ui.train.run_folders import WAY_BACK, Earlier, RunFolders
from resnet_viewer.ui.train.run_menu import RunMenu
from resnet_viewer.ui.widgets.theme import Theme
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure


def may_close(controller: TrainController, settings: Settings, window: QWidget) -> bool:
    """Nothing trains, or the user wants to close all the same; who does not want to be asked again is not."""
    logs = controller.scene.logs
    count = sum(log.state == "running" and not log.awaits_errors for log in logs) if controller.is_busy else 0
    if not count or not settings.asks_to_close():
        return True
    is_taken, is_asked_again = dialogs.MayClose.ask(leaving_words(count), window)
    if is_taken and not is_asked_again:
        settings.set_asks_to_close(False)
    return is_taken


def leaving_words(count: int) -> str:
    """What closing does to runs at work."""
    if count == 1:
        return "1 run is training. It is saved where it is, and Resume goes on with it."
    return f"{count} runs are training. They are saved where they are, and Resume goes on with them."


class Training(QObject):
    """Owns the controller, the page and the bar."""

    failed = Signal(object)
    began = Signal()
    """A new order is on its way; what was said about an earlier one is over."""
    said = Signal(str)
    remarked = Signal(str)
    """What one should know about the data that are trained on, and not only for a moment."""
    reading_began = Signal(str)
    """What is read, by bytes."""
    counting_began = Signal(str)
    """What is read, by pictures."""
    progressed = Signal(object)
    reading_ended = Signal()
    inspect_wished = Signal()
    device_chosen = Signal(str)
    """Where the runs train, or would."""

    def __init__(
        self,
        window: QWidget,
        worker: LabWorker,
        files: Askers,
        opening: Opening,
        editing: Editing,
        exporting: Exporting,
        settings: Settings,
        ways: Ways,
    ) -> None:
        super().__init__(window)
        self._files = files
        self._reading, self._goes_on = -1, False
        """Ticket of the folder of runs that was opened last, and whether its runs go on at once."""
        self._window, self._settings, self.ways = window, settings, ways
        self._devices: tuple[str, ...] = ("cpu",)
        """What there is, as far as it is known."""
        self._knows_devices = False
        self.controller = TrainController(worker, self)
        self.open_in_inspect = OpenInInspect(self.controller, files, opening, editing, self)
        self.exporting = RunExporting(window, self.controller, exporting, settings)
        self.folders = RunFolders(window, settings, ways.runs_dir)
        self.weights = WeightsExport(window, self.controller, exporting)
        self.plan = Plan(settings, ways.runs_of, self)
        self.drops = Drops(self.plan, ways.has_runs, self.open_runs, self)
        self.page, self.bar = TrainPage(), TrainBar()
        self.exporting.fill(self.bar.export_button.menu())
        chosen = self.page.pictures.grid
        self.run_menu = RunMenu(
            window, self.controller, self.open_in_inspect, self.weights, lambda: chosen.chosen
        )
        self._earlier = Earlier(settings)
        self.bar.show_plan(self.plan.present)
        self.page.runs.offer_resume(self._last_runs() is not None)
        self._connect()
        self._render(self.controller.scene)

    def _connect(self) -> None:
        controller, bar, table = self.controller, self.bar, self.page.runs.table
        controller.scene_changed.connect(self._render)
        controller.busy_changed.connect(self._note_busy)
        controller.failed.connect(self.failed)
        controller.progressed.connect(self.progressed)
        controller.data_read.connect(self._note_read)
        self.page.export_requested.connect(self.exporting.export)
        self.page.copy_requested.connect(self.exporting.copy)
        self.page.pictures.rule_chosen.connect(self.exporting.set_rule)
        for part in (self.open_in_inspect, self.drops, self.run_menu):
            part.failed.connect(self.failed)
        self.open_in_inspect.said.connect(self.said)
        self.run_menu.said.connect(self.said)
        self.plan.changed.connect(bar.show_plan)
        self.drops.said.connect(self._note_chosen)
        self.open_in_inspect.opened.connect(self.inspect_wished)
        self.page.run_selected.connect(controller.select)
        self.page.picture_wished.connect(self.run_menu.open_picture)
        table.menu_wished.connect(self._pop_up_run_menu)
        self.page.time_pointed.connect(controller.point)
        self.page.runs.resume_wished.connect(self.resume_last)
        bar.networks_wished.connect(self.choose_networks)
        bar.start_wished.connect(self.start)
        bar.add_wished.connect(self.add)
        bar.pause_wished.connect(self.pause_or_continue)
        bar.stop_wished.connect(self.stop)
        bar.cut_wished.connect(self.cut_or_restore)
        bar.strength_wished.connect(controller.open_shortcuts)
        for menu, fill in (
            (bar.data_button.menu(), self._fill_data),
            (bar.recipe_button.menu(), self._fill_recipes),
            (self.page.runs.run_button.menu(), self.run_menu.fill),
        ):
            menu.aboutToShow.connect(partial(fill, menu))
            fill(menu)

    def _fill_data(self, menu: QMenu) -> None:
        fill_data_menu(menu, self.plan, self.choose_folder, self.ways.remark)

    def _fill_recipes(self, menu: QMenu) -> None:
        fill_recipe_menu(menu, self.plan, self.edit_recipe)

    @Slot(QPoint)
    def _pop_up_run_menu(self, place: QPoint) -> None:
        self.page.runs.run_button.menu().popup(place)

    @Slot(object)
    def _render(self, scene: LabScene) -> None:
        controller = self.controller
        self.page.render_lab(scene)
        self.bar.render_lab(scene, is_busy=controller.is_busy, is_paused=controller.is_paused)

    @Slot(bool)
    def _note_busy(self, _is_busy: bool) -> None:
        self._render(self.controller.scene)

    @Slot(str)
    def _note_chosen(self, sentence: str) -> None:
        """Something for the next start was taken; what was said about an earlier one is over."""
        self.began.emit()
        self.said.emit(sentence)

    @Slot()
    def _note_read(self) -> None:
        """The data are read, or will not be; what one should know about them is said."""
        self.reading_ended.emit()
        if (data := self.controller.scene.data) is not None and data.remark and self.controller.is_busy:
            (self.remarked if data.left_out else self.said).emit(data.remark)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the bar has them from the toolbar."""
        self.page.apply_theme(theme)

    @Slot()
    def choose_networks(self) -> None:
        """Ask which."""
        found = networks_dialog.NetworksDialog.ask(self.plan.present, self.plan.refusal, self._window)
        if found is not None:
            self.plan.choose(found)

    def edit_recipe(self) -> None:
        """Ask how; a recipe that is not built in is saved under its name."""
        found = recipe_dialog.RecipeDialog.ask(self.plan.present.course, self._devices, self._window)
        if found is not None:
            self.plan.saved.save(found)
            self.plan.follow(found)

    def choose_folder(self) -> None:
        """Ask which folder of pictures; one without classes is refused."""
        found = QFileDialog.getExistingDirectory(self._window, "Folder with a subfolder for each class")
        if found:
            self.drops.take_data(Path(found))

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
        folder = self.folders.new_folder(data_words(plan.data).partition(" (")[0])
        device = plan.course.device or self.ways.device
        logs = self.folders.logs_of(folder)
        order = Order(runs, plan.data, folder, device, self.ways.threads, logs)
        had_runs = bool(self.controller.scene.logs)
        self._files.ask(KeepOrder(order), None, self.failed)
        self._send(order)
        if had_runs:
            self.remarked.emit(WAY_BACK)

    def _send(self, order: Order) -> None:
        self._settings.set_training("folder", str(order.folder))
        self._earlier.note(order.folder, order.data, (run for _, run in order.runs))
        self._settings.save()  # nobody asks a process that is killed
        self.began.emit()
        reading = self.reading_began if order.data in NAMED else self.counting_began
        reading.emit(f"Reading {data_words(order.data)}")
        self.controller.begin(order, data_words(order.data))
        self._tell_device()
        if order.log_dir is not None:
            self.said.emit(f"TensorBoard's files go to {order.log_dir}.")

    def _add(self, runs: Runs) -> None:
        controller, order = self.controller, self.controller.order
        assert order is not None
        require_data(order.data, self.plan.present.data, is_busy=controller.is_busy)
        new = to_add(runs, controller.known, {log.key for log in controller.scene.logs})
        remark = remark_on(new, controller.scene)
        self.began.emit()
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
        if self.controller.is_busy and not self.controller.is_paused:
            self.controller.pause()
            return
        self.began.emit()
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
            self.reading_ended.emit()

    @Slot()
    def cut_or_restore(self) -> None:
        """Every shortcut of every run, from the next step on."""
        self.controller.open_shortcuts(1.0 if strength_in(self.controller.scene) < 1 else 0.0)

    def copy_figure(self) -> None:
        """The figure that has the focus, else the one that was exported last."""
        self.exporting.copy(self.page.figure_in_focus())

    def get_ready(self) -> None:
        """The page comes into view: an order may come soon."""
        self.controller.get_ready()
        self._files.ask(FindDevices(), self._note_devices, self.failed)

    def may_close(self) -> bool:
        """Nothing trains, or the user wants to close all the same."""
        return may_close(self.controller, self._settings, self._window)

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
        found = QFileDialog.getExistingDirectory(self._window, "Open runs", str(self.folders.runs_dir))
        if found:
            self.open_runs(Path(found))

    def open_runs(self, folder: Path, *, goes_on: bool = False) -> None:
        """Show the runs of a folder; those that are not done wait for Continue, or go on at once."""
        if self.controller.is_busy:
            self.failed.emit(Failure("Runs are at work; stop them before you open others."))
            return
        self._files.cancel(self._reading)
        self._goes_on = goes_on
        self._reading = self._files.ask(ReadOrder(folder), self._show_order, self.failed)

    @Slot(object)
    def _note_devices(self, found: FoundDevices) -> None:
        self._devices, self._knows_devices = found.devices, True
        self._tell_device()

    @Slot(object)
    def _show_order(self, found: FoundOrder) -> None:
        if not self.controller.is_busy:
            order = found.order
            logs = self.folders.logs_of(order.folder)
            self.plan.choose(replace(self.plan.present, data=order.data))  # so that Add adds to them
            threads = order.threads or self.ways.threads
            self._send(replace(order, threads=threads, log_dir=logs, is_shown=not self._goes_on))

    def _tell_device(self) -> None:
        order = self.controller.order
        wished = order.device if order is not None else self.plan.present.course.device or self.ways.device
        if wished not in ("", "auto"):
            self.device_chosen.emit(wished)
        elif self._knows_devices:  # else which is the best is told when they are found
            self.device_chosen.emit(self._devices[0])

    def _last_runs(self) -> Path | None:
        """Their folder, where there is something in it to go on with."""
        folder = self._settings.training("folder", path_of, None)
        return folder if folder is not None and self.ways.has_runs(folder) else None
