"""The Studies page: which study is made of what is on the screen in Inspect, and what its results show."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QStandardPaths, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from resnet_viewer.charts.study_panel import panels_of
from resnet_viewer.records.checking import decoded_text
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.report import NOT_WISHED, LeftOut, Reported, ReportOrder, refusal
from resnet_viewer.records.session import Session
from resnet_viewer.records.story_words import points_words
from resnet_viewer.records.study import Estimate, Options, StudyInfo, StudyOrder, StudyResult
from resnet_viewer.records.study_list import STUDIES
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.bars import Messages
from resnet_viewer.ui.commands import Command, Commands, Submenu
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.menus import add_entry, fill_on_open
from resnet_viewer.ui.page import Fact, Page, PageFacts
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.studies.bar import StudiesBar
from resnet_viewer.ui.studies.controller import StudyController
from resnet_viewer.ui.studies.export import StudyExport
from resnet_viewer.ui.studies.form import CHOOSE_SET
from resnet_viewer.ui.studies.found import SHOW_RUNS, ResumeStudy, ShowRuns, StartStudy, Step, conclusions
from resnet_viewer.ui.studies.open_in_inspect import OpenPoint, states_of
from resnet_viewer.ui.studies.panels import StudiesPanels
from resnet_viewer.ui.studies.report_dialog import Offer, ask
from resnet_viewer.ui.studies.scene import StudyScene, network_words, progress_words, set_words, studied_words
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.process_worker import ProcessWorker
from resnet_viewer.ui.work.worker import Failure

ASKED_AFTER_MS = 250
"""What a study would cost is asked when nothing was changed for so long."""
RUNS_AT_WORK = (
    "These runs are at work in the Studies tab: wait for the study's end, or cancel it, to see them in Train."
)
ESTIMATING = "Estimating the time…"


@dataclass(frozen=True)
class StudyWays:
    """Nothing here may take long, or import torch."""

    studies_dir: Callable[[], Path]
    """Where new results are kept, a folder each."""
    threads: int = 0
    device: str = ""
    """Empty for the best there is."""


class StudiesPage(Page):
    """Owns the controller, the panels and the bar."""

    key, title = "studies", "Studies"
    welcome = "a folder of studies"
    panels: StudiesPanels
    bar: StudiesBar
    exports: StudyExport
    failed = Signal(object)
    said = Signal(str)
    inspect_wished = Signal()
    """What a study takes is changed there."""
    runs_wished = Signal(object)
    """The Path of a folder of training runs, which the Train page shows."""

    def __init__(
        self,
        worker: ProcessWorker,
        files: Askers,
        store: Store,
        editor: Editor,
        outbox: Outbox,
        settings: Settings,
        ways: StudyWays,
        messages: Messages,
        *,
        fill_test_sets: Callable[[QMenu], None],
        studies: Sequence[StudyInfo] = STUDIES,
    ) -> None:
        """`fill_test_sets` offers what the error can be measured on."""
        super().__init__(StudiesPanels(studies))
        self._store, self._settings, self._ways = store, settings, ways
        self._messages = messages
        self._studies = {info.name: info for info in studies}
        self._options: dict[str, Options] = {}
        """By the studies' names: what the form said when another one was chosen."""
        self._verdict: Estimate | Failure | str = ""
        self._refusal = ""
        """Why no study can be started, as far as that is known without the process; "" where one can."""
        self.bar = StudiesBar()
        self.controller = StudyController(worker, files, studies, self)
        self.open_point = OpenPoint(files, store, editor, self)
        self.exports = StudyExport(self.controller, outbox, settings, self.panels)
        self._asking = QTimer(self, singleShot=True, interval=ASKED_AFTER_MS)
        self._asking.timeout.connect(self._ask_estimate)
        self.commands = Commands(self._offered(), self, show=self.wished.emit)
        menu = self.bar.export_button.menu()
        self.exports.fill(menu)
        add_entry(menu, "Copy what it found", self.copy_found)
        self.menus = {"Export study": menu}
        fill_on_open(self.panels.form.test_set.menu(), fill_test_sets)
        fill_on_open(self.panels.results.result_button.menu(), self.fill_result)
        self._connect()
        last = settings.study("last", str, "")
        if (info := self._studies.get(last)) is not None:
            self.controller.choose(info)
        self._show_study()
        self._show_session()
        self._render(self.controller.scene)

    def _connect(self) -> None:
        controller, bar, panels = self.controller, self.bar, self.panels
        controller.scene_changed.connect(self._render)
        controller.scene_changed.connect(self.exports.look_again)
        controller.failed.connect(self.failed)
        controller.estimated.connect(self._take_verdict)
        controller.ended.connect(self._note_ended)
        controller.report_ended.connect(self._note_report)
        controller.busy_changed.connect(self._note_busy)
        self.failed.connect(partial(self._messages.bar.show_failure, topic="studies"))
        self.said.connect(self._messages.status.say)
        self.open_point.failed.connect(self.failed)
        self.open_point.said.connect(self.said)
        self._store.changed.connect(self._follow_session)
        panels.list.chosen.connect(self.choose)
        panels.form.changed.connect(self._note_options)
        panels.form.inspect_wished.connect(self.inspect_wished)
        panels.chart.export_requested.connect(self.exports.export)
        panels.chart.copy_requested.connect(self.exports.copy)
        panels.chart.opened.connect(self.open_in_inspect)
        panels.found.chosen.connect(self.take_step)
        table = panels.results.table
        table.ticked.connect(controller.tick)
        table.selected.connect(controller.select)
        table.menu_wished.connect(self._pop_up_result_menu)
        table.removal_wished.connect(self.remove)
        bar.start_button.clicked.connect(self.start)
        bar.cancel_button.clicked.connect(self.cancel)
        bar.resume_button.clicked.connect(self.resume)
        bar.report_button.clicked.connect(self.ask_report)

    def _offered(self) -> tuple[Command | Submenu, ...]:
        command = partial(Command, menu="Studies", shows_page=True)
        return (
            command("study_start", "&Start the study", slot=self.start, keys="F8"),
            command("study_cancel", "&Cancel the study", slot=self.cancel, keys="Shift+F8"),
            command("study_resume", "Res&ume the chosen result", slot=self.resume, keys="F7"),
            Submenu("C&hoose a study", "Studies", self._fill_studies, 200),
            command("study_report", "Re&port of the network…", slot=self.ask_report, place=200),
            command("study_reset", "Options as by &default", slot=self.panels.form.options.reset, place=200),
            command("study_open", "&Open studies of a folder…", slot=self.ask_folder, place=300),
            command("study_copy", "Copy &what it found", slot=self.copy_found, place=300),
            Submenu("Chosen &result", "Studies", self.fill_result, 400),
        )

    # What is asked for

    @property
    def order(self) -> StudyOrder:
        """What Start would begin, in a folder that is not made yet.

        Raises:
            UserError: it cannot be begun, and why.
        """
        info = self.controller.scene.info
        if info is None:
            raise UserError("There is no study to make.")
        options = self.panels.form.options.options
        session = self._store.session
        state, test_set = session.setup.state, session.test_set if info.needs == "test set" else None
        if why := info.refusal(state, blueprint(state.network, state.preprocessing.crop), options):
            raise UserError(why)
        if info.needs == "test set" and test_set is None:
            raise UserError(CHOOSE_SET)
        return StudyOrder(
            info.name,
            state,
            options,
            test_set,
            self._new_folder(info, state.network.name),
            device=self._ways.device,
            threads=self._ways.threads,
        )

    def _new_folder(self, info: StudyInfo, network: str) -> Path:
        """One that nothing has."""
        name = f"{datetime.now():%Y-%m-%d-%H%M%S}-{info.name}-{_letters(network)}"
        number, folder = 1, self._ways.studies_dir() / name
        while folder.exists():
            number += 1
            folder = folder.with_name(f"{name}-{number}")
        return folder

    @Slot()
    def start(self) -> None:
        """Make the chosen study of what is on the screen in Inspect."""
        if self.controller.is_busy:
            self.failed.emit(Failure("A study is at work; wait for its end, or cancel it first."))
            return
        try:
            order = self.order
        except UserError as refused:
            self.failed.emit(Failure(str(refused)))
            return
        self._begin(order)

    @Slot()
    def ask_report(self) -> None:
        """Ask which studies of the network in Inspect are reported and where to, then make what is missing."""
        if self.controller.is_busy:
            self.failed.emit(Failure("A study is at work; wait for its end, or cancel it first."))
            return
        session = self._store.session
        state, test_set = session.setup.state, session.test_set
        title = f"Report of {network_words(state)}"
        offers = [self._offer(info, state, test_set) for info in self._studies.values()]
        where = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        home = Path(self._settings.study("report", str, where or str(Path.home())))
        folder = home / f"{date.today()}-{_letters(state.network.name)}-report"
        choice = ask(title, offers, folder, self.controller, self.panels)
        if choice is None:
            self._ask_again()
            return
        self._settings.set_study("report", str(choice.folder.parent))
        left_out = [LeftOut(name, NOT_WISHED) for name in choice.unticked]
        left_out += [LeftOut(offer.info.name, offer.why) for offer in offers if offer.order is None]
        order = ReportOrder(state, test_set, choice.studies, choice.folder, tuple(left_out))
        self._messages.bar.end("studies")
        self._remember()
        self._settings.save()  # nobody asks a process that is killed
        self.controller.begin_report(order)

    def _offer(self, info: StudyInfo, state: NetworkState, test_set: TestSet | None) -> Offer:
        """What of a study there is already of this network and these pictures, else what would be made."""
        options = self._options.get(info.name, info.options())
        if why := refusal(info, state, test_set, options):
            return Offer(info, None, why=why)
        mine = [
            result
            for result in self.controller.scene.results
            if result.order.study == info.name
            and result.order.state == state
            and result.order.test_set == (test_set if info.needs == "test set" else None)
            and result.rows
        ]
        kept = next((result for result in mine if result.is_complete), mine[0] if mine else None)
        device, threads = self._ways.device, self._ways.threads
        if kept is not None:
            order = replace(kept.order, is_resumed=True, device=device, threads=threads)
            return Offer(info, order, len(kept.rows), kept.is_complete)
        order = StudyOrder(
            info.name,
            state,
            options,
            test_set if info.needs == "test set" else None,
            self._new_folder(info, state.network.name),
            device=device,
            threads=threads,
        )
        return Offer(info, order)

    @Slot(object)
    def _note_report(self, reported: Reported | None) -> None:
        if reported is None:
            self.said.emit("No report was written; what was measured stays, and the next report takes it.")
            return
        failed = [f"“{self._studies[each.study].title}”" for each in reported.report.failed]
        without = f" It lacks {', '.join(failed)}, and says why." if failed else ""
        self._messages.bar.show_remark(
            f"The report of {reported.report.order.state.network.title} is written.{without}",
            "Open…",
            [
                ("Open the page", partial(self._open_file, reported.page)),
                ("Open the PDF", partial(self._open_file, reported.sheets)),
                ("Show its folder", partial(self.show_folder, reported.report.order.folder)),
            ],
            topic="studies",
        )

    def _open_file(self, path: Path) -> None:
        """In whatever opens such files here."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.show_folder(path.parent)

    @Slot()
    def resume(self) -> None:
        """Measure what is missing in the result that is chosen."""
        result = self.controller.scene.chosen
        if result is None or not self.controller.scene.can_resume(result):
            why = "a study is at work" if self.controller.is_busy else "choose one that is not complete"
            self.failed.emit(Failure(f"There is nothing to resume: {why}."))
            return
        self._resume(result)

    def _resume(self, result: StudyResult) -> None:
        self._begin(
            replace(result.order, is_resumed=True, device=self._ways.device, threads=self._ways.threads)
        )

    def _begin(self, order: StudyOrder) -> None:
        self._messages.bar.end("studies")
        self._remember()
        self._settings.save()  # nobody asks a process that is killed
        self.controller.begin(order)

    @Slot()
    def cancel(self) -> None:
        """End the study at work; its points stay."""
        self.controller.cancel()

    @Slot(object)
    def choose(self, info: StudyInfo) -> None:
        """Show another study, and ask for its options."""
        self._keep_options()
        self.controller.choose(info)
        self._settings.set_study("last", info.name)
        self._show_study()

    @Slot(str, object)
    def ask_for(self, study: str, chosen: Mapping[str, object]) -> None:
        """Show the study of that name, some of its options as they were chosen elsewhere, the others as they were."""
        if (info := self._studies.get(study)) is None:
            return
        self.wished.emit()
        self.choose(info)
        form = self.panels.form.options
        try:
            options = form.options
        except UserError:
            options = info.options()
        form.show_options(replace(options, **chosen))

    @Slot(object)
    def take_step(self, step: Step) -> None:
        """What the text offered to do next."""
        match step:
            case StartStudy():
                self.start()
            case ResumeStudy(folder):
                self.controller.select(folder)
                if self.controller.scene.can_resume(result := self.controller.scene.result(folder)):
                    assert result is not None
                    self._resume(result)
            case ShowRuns(folder):
                self.show_runs(folder)

    @Slot(object)
    def open_in_inspect(self, wiring: Wiring) -> None:
        """Put the state of a point on the screen there: of the network on the screen where a result that is shown is of
        that, else of the one that is chosen, else of the first."""
        scene = self.controller.scene
        now, chosen = self._store.session.setup.state, scene.chosen
        having = [result for result in scene.shown if wiring in states_of(panels_of((result,)))]
        if not having:
            return
        having.sort(
            key=lambda result: (result.order.state.network != now.network, result is not chosen),
        )
        title = scene.info.title if scene.info is not None else ""
        self.open_point.open(having[0].order.state, wiring, title)

    def show_runs(self, folder: Path) -> None:
        """In the Train tab, where the study does not work on them."""
        working = self.controller.scene.working
        if working is not None and working.order.runs_folder == folder:
            self.failed.emit(Failure(RUNS_AT_WORK))
        else:
            self._messages.bar.end("studies")
            self.runs_wished.emit(folder)

    # Results

    def fill_result(self, menu: QMenu) -> None:
        """What can be done with the chosen result."""
        scene = self.controller.scene
        result = scene.chosen
        if result is None:
            menu.addAction("No result is chosen").setEnabled(False)
            return
        folder = result.order.folder
        resume = add_entry(menu, "Resume", self.resume)
        resume.setEnabled(scene.can_resume(result))
        add_entry(menu, "Show alone", partial(self.controller.show_alone, folder))
        add_entry(menu, "Take its options", partial(self.take_options, result))
        if self._studies[result.order.study].trains:
            add_entry(menu, SHOW_RUNS, partial(self.show_runs, result.order.runs_folder))
        else:
            add_entry(menu, "Open its network in Inspect", partial(self._open_state, result))
        add_entry(menu, "Show its folder", partial(self.show_folder, folder))
        menu.addSeparator()
        add_entry(menu, "Remove…", self.remove).setEnabled(not scene.is_live(result))

    def _open_state(self, result: StudyResult) -> None:
        title = self._studies[result.order.study].title
        self.open_point.open(result.order.state, result.order.state.wiring, title)

    def take_options(self, result: StudyResult) -> None:
        """Ask for the next study as for this one."""
        self.panels.form.options.show_options(result.order.options)

    @Slot()
    def remove(self) -> None:
        """Ask, then delete the chosen result's files."""
        scene = self.controller.scene
        result = scene.chosen
        if result is None or scene.is_live(result):
            return
        told = studied_words(info := self._studies[result.order.study], result.order.state)
        told = f"{told[:1].upper()}{told[1:]}"
        told += "" if info.trains else f", {set_words(result.order.test_set)}"
        question = f"Its files in {result.order.folder} are deleted, and cannot be brought back.\n\n{told}"
        if dialogs.MayRemove.ask("Remove this result?", question, self.panels):
            self.controller.remove(result)

    def show_folder(self, folder: Path) -> None:
        """In whatever shows folders here."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            QGuiApplication.clipboard().setText(str(folder))
            self.said.emit(f"The files are in {folder}; its path was copied.")

    def ask_folder(self) -> None:
        """Ask which folder's studies are shown too."""
        found = QFileDialog.getExistingDirectory(self.panels, "Open studies", str(self._ways.studies_dir()))
        if found:
            self.controller.open_folder(Path(found))

    def copy_found(self) -> None:
        """What the results that are shown say, a line each."""
        told = conclusions(self.controller.scene)
        if told:
            QGuiApplication.clipboard().setText("\n".join(told))
            self.said.emit("Copied what the study found.")
        else:
            self.failed.emit(Failure("Nothing is found yet; start a study first, or tick a result."))

    @Slot(QPoint)
    def _pop_up_result_menu(self, place: QPoint) -> None:
        self.panels.results.result_button.menu().popup(place)

    def _fill_studies(self, menu: QMenu) -> None:
        for info in self._studies.values():
            add_entry(menu, f"{info.title}: {info.question}", partial(self._choose_by_menu, info))

    def _choose_by_menu(self, info: StudyInfo) -> None:
        self.wished.emit()
        self.choose(info)

    # What is shown

    @Slot(object)
    def _render(self, scene: StudyScene) -> None:
        self.panels.render_studies(scene, self._refusal)
        self.bar.render_studies(scene, self._refusal)
        self.commands.set_possible("study_cancel", scene.live is not None)
        self.commands.set_possible("study_resume", scene.can_resume(scene.chosen))
        self.facts_changed.emit()

    def _show_study(self) -> None:
        """The form of the chosen study, as it was left."""
        if (info := self.controller.scene.info) is None:
            return
        options = self._options.get(info.name)
        if options is None:
            read = partial(decoded_text, info.options)
            options = self._settings.study(f"options/{info.name}", read, info.options())
        self.panels.form.show_study(info, options)

    def _show_session(self) -> None:
        session = self._store.session
        self.panels.form.show_session(session.setup.state, session.test_set)

    @Slot(object, object)
    def _follow_session(self, old: Session, new: Session) -> None:
        is_other = old.setup.state != new.setup.state or old.test_set != new.test_set
        if is_other and self.panels.is_seen:  # else when it comes into view
            self._show_session()
            info = self.controller.scene.info
            if info is not None and not info.trains:
                self._ask_again()

    @Slot()
    def _note_options(self) -> None:
        self._keep_options()
        self._ask_again()

    def _keep_options(self) -> None:
        info = self.controller.scene.info
        try:
            options = self.panels.form.options.options
        except UserError:
            return
        if info is not None and type(options) is info.options:
            self._options[info.name] = options

    def _remember(self) -> None:
        """Keep what the forms say for the next start."""
        for name, options in self._options.items():
            self._settings.set_study(f"options/{name}", json.dumps(asdict(options)))

    def _ask_again(self) -> None:
        """Something that a study takes is other than it was: what it would cost is not known."""
        self.controller.forget_estimate()
        self._refusal = ""
        try:
            _ = self.order
        except UserError as refused:
            self._refusal = str(refused)
            self._asking.stop()
            self._show_verdict(Failure(self._refusal))
            return
        if self.panels.is_seen and not self.controller.is_busy:
            self._show_verdict(ESTIMATING)
            self._asking.start()
        else:
            self._show_verdict("")

    @Slot()
    def _ask_estimate(self) -> None:
        if not self.controller.is_busy:
            self.controller.estimate(self.order)

    @Slot(object)
    def _take_verdict(self, verdict: Estimate | Failure) -> None:
        self._show_verdict(verdict)

    def _show_verdict(self, verdict: Estimate | Failure | str) -> None:
        self._verdict = verdict
        self.panels.form.say(verdict, can_start=not self.controller.is_busy)
        self._render(self.controller.scene)

    @Slot(bool)
    def _note_busy(self, is_busy: bool) -> None:
        if is_busy:
            self._asking.stop()
        if isinstance(self._verdict, Estimate):
            self._show_verdict(self._verdict)
        elif is_busy:
            self._show_verdict("")
        else:
            self._ask_again()

    @Slot(object)
    def _note_ended(self, result: StudyResult) -> None:
        title = self._studies[result.order.study].title
        if result.points and result.is_complete:
            self.said.emit(f"“{title}” is done: {points_words(len(result.rows))}.")
        elif result.rows:
            left = points_words(result.points - len(result.rows))
            self.said.emit(f"“{title}” was ended; Resume goes on with what is left: {left}.")

    # What the window asks

    def enter(self) -> None:
        """The list gets the keys; the process gets ready, as a question comes soon."""
        self.panels.take_focus()
        self.controller.get_ready(self._ways.studies_dir())
        self._show_session()
        session, known = self._store.session, self._verdict
        takes = session.setup.state, session.test_set
        if not isinstance(known, Estimate) or takes != (known.order.state, known.order.test_set or takes[1]):
            self._ask_again()

    @property
    def facts(self) -> PageFacts:
        """How far the study is, and of what."""
        scene = self.controller.scene
        session = self._store.session
        studied = studied_words(scene.info, session.setup.state)
        trains = scene.info is not None and scene.info.trains
        data = "" if trains else set_words(session.test_set)
        words = progress_words(scene)
        return PageFacts(
            f"studying: {words}" if words else "",
            Fact(studied, studied if trains else session.setup.state.network.title, studied),
            Fact(data, data, data),
            (scene.info.name if scene.info is not None else "", studied),
        )

    def take_mime(self, mime: QMimeData) -> None:
        """A folder of studies, or of one."""
        folders = [path for path in sort_incoming(mime).pictures if path.is_dir()]
        if folders:
            self.controller.open_folder(folders[0])
        else:
            self.failed.emit(
                Failure("Drop a folder of studies here; pictures and weights are opened in Inspect.")
            )

    def may_close(self) -> bool:
        """No study is at work, or the user wants to close all the same."""
        working = self.controller.scene.working
        if working is None or not self._settings.asks_to_close():
            return True
        title = self._studies[working.order.study].title
        told = (
            f"The study “{title}” is at work ({progress_words(self.controller.scene)}). The points that are measured "
            "are kept, and Resume goes on with the others."
        )
        is_taken, is_asked_again = dialogs.MayClose.ask(told, self.panels)
        if is_taken and not is_asked_again:
            self._settings.set_asks_to_close(False)
        return is_taken

    def close(self) -> None:
        """What the forms say is remembered; the study at work ends with its process."""
        self._keep_options()
        self._remember()
        self._settings.save()
        self._asking.stop()


def _letters(network: str) -> str:
    """Of its name those that are in every folder's."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in network.lower())[:40]
