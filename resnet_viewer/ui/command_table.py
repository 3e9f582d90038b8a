"""Every command of the window, in the order of the menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from resnet_viewer.ui.commands import Command
from resnet_viewer.ui.help import HELP_PAGES

if TYPE_CHECKING:
    from resnet_viewer.ui.window import MainWindow


def command_table(window: MainWindow) -> tuple[Command, ...]:
    """The table; its slots are called when the action is triggered.

    What changes what Inspect shows is Inspect's alone; what opens something there, or trains, shows its page first.
    """
    return (
        *_files(window),
        *_edits(window),
        *_views(window),
        *_networks(window),
        *_training(window),
        *_help(window),
    )


def _files(window: MainWindow) -> tuple[Command, ...]:
    prompts, opening, seen = window.prompts, window.opening, window.in_inspect
    previous, following = partial(opening.step_picture, -1), partial(opening.step_picture, 1)
    return (
        Command(
            "open_picture",
            "&Open picture…",
            "File",
            seen(prompts.open_pictures),
            "Ctrl+O",
            "mdi6.image-outline",
        ),
        Command("paste", "&Paste", "File", window.paste, "Ctrl+V"),
        Command("previous_picture", "Pre&vious picture", "File", previous, "PgUp", page="inspect"),
        Command("next_picture", "&Next picture", "File", following, "PgDown", page="inspect"),
        Command(
            "open_weights",
            "Open &weights…",
            "File",
            seen(prompts.open_weights),
            "Ctrl+Shift+O",
            starts_group=True,
        ),
        Command(
            "export", "&Export…", "File", window.export, "Ctrl+E", "mdi6.export-variant", starts_group=True
        ),
        Command("copy_figure", "&Copy figure", "File", window.copy_figure, "Ctrl+Shift+C"),
        Command("quit", "&Quit", "File", window.close, "Ctrl+Q", starts_group=True),
    )


def _edits(window: MainWindow) -> tuple[Command, ...]:
    editing, store = window.editing, window.store
    return (
        Command("undo", "&Undo", "Edit", store.undo, "Ctrl+Z", "mdi6.undo", page="inspect"),
        Command("redo", "&Redo", "Edit", store.redo, "Ctrl+Shift+Z", "mdi6.redo", page="inspect"),
        Command(
            "all_shortcuts",
            "&Cut or restore all shortcuts",
            "Edit",
            editing.toggle_all_shortcuts,
            "Space",
            starts_group=True,
            page="inspect",
        ),
        Command(
            "all_branches",
            "&Drop or restore all residual branches",
            "Edit",
            editing.toggle_all_branches,
            "B",
            page="inspect",
        ),
        Command(
            "selected_branch",
            "Drop or restore the selected block's residual &branch",
            "Edit",
            window.toggle_selected_branch,
            "D",
            page="inspect",
        ),
        Command(
            "open_everything", "&Open everything", "Edit", editing.open_everything, "Ctrl+0", page="inspect"
        ),
        Command(
            "set_reference",
            "Set as re&ference",
            "Edit",
            editing.set_reference,
            "R",
            "mdi6.pin-outline",
            starts_group=True,
            tip="Compare with the present state from now on",
            page="inspect",
        ),
        Command(
            "compare_network",
            "Compare with a &network…",
            "Edit",
            window.describing.choose_reference,
            tip="Set another network beside this one, as the reference",
            page="inspect",
        ),
        Command(
            "compare_weights",
            "Compare with &weights…",
            "Edit",
            window.prompts.compare_weights,
            tip="Set a weight file's network beside this one, as the reference",
            page="inspect",
        ),
        Command(
            "reset_reference",
            "Reference: &everything open",
            "Edit",
            editing.reset_reference,
            "Shift+R",
            page="inspect",
        ),
    )


def _views(window: MainWindow) -> tuple[Command, ...]:
    editing = window.editing
    return (
        Command("show_inspect", "&Inspect", "View", window.show_inspect, "Ctrl+1"),
        Command("show_train", "&Train", "View", window.show_train, "Ctrl+2"),
        Command(
            "previous_layer",
            "&Previous layer",
            "View",
            editing.previous_layer,
            "Up",
            starts_group=True,
            page="inspect",
        ),
        Command("next_layer", "&Next layer", "View", editing.next_layer, "Down", page="inspect"),
        Command("fit", "&Fit the wiring", "View", window.fit, "Home", page="inspect"),
        Command("full_screen", "F&ull screen", "View", window.toggle_full_screen, "F11", starts_group=True),
        Command("reset_layout", "Reset the &layout", "View", window.reset_layout),
        Command("escape", "&Cancel, release the time, or leave full screen", "View", window.escape, "Esc"),
    )


def _networks(window: MainWindow) -> tuple[Command, ...]:
    prompts, describing, seen = window.prompts, window.describing, window.in_inspect
    return (
        Command(
            "change_input",
            "&Input: normalisation, size, class names…",
            "Network",
            prompts.change_input,
            page="inspect",
        ),
        Command(
            "choose_block_target",
            "Target the mean of a &block…",
            "Network",
            prompts.choose_block_target,
            page="inspect",
        ),
        Command(
            "choose_target",
            "Choose a &target class…",
            "Network",
            prompts.choose_target,
            "Ctrl+T",
            page="inspect",
        ),
        Command(
            "choose_network",
            "&Networks…",
            "Network",
            seen(describing.choose_network),
            "Ctrl+N",
            starts_group=True,
            tip="Search and compare the networks, and choose how one is built",
        ),
        Command("layers", "&Layers…", "Network", describing.show_layers, "Ctrl+L", page="inspect"),
        Command("architecture", "&Architecture figure…", "Network", seen(prompts.export_architecture)),
    )


def _training(window: MainWindow) -> tuple[Command, ...]:
    training, seen = window.training, window.in_train
    return (
        Command("train_start", "&Start, or add to the runs at work", "Train", seen(training.start), "F5"),
        Command("train_add", "&Add to the runs on the screen", "Train", seen(training.add), "Shift+F6"),
        Command(
            "train_pause", "&Pause or continue all runs", "Train", seen(training.pause_or_continue), "F6"
        ),
        Command("train_stop", "S&top all runs", "Train", seen(training.stop), "Shift+F5"),
        Command(
            "train_cut",
            "&Cut or restore the shortcuts in training",
            "Train",
            seen(training.cut_or_restore),
            "Ctrl+Shift+X",
        ),
        Command(
            "train_networks",
            "&Networks to train…",
            "Train",
            seen(training.choose_networks),
            starts_group=True,
        ),
        Command("train_recipe", "&Recipe…", "Train", seen(training.edit_recipe)),
        Command("train_folder", "Train on a &folder of pictures…", "Train", seen(training.choose_folder)),
        Command("train_open", "&Open runs…", "Train", seen(training.choose_runs), starts_group=True),
        Command("train_resume", "Res&ume the last runs", "Train", seen(training.resume_last)),
        Command(
            "train_weights",
            "Export &weights of the selected run…",
            "Train",
            seen(training.run_menu.export_weights),
            starts_group=True,
        ),
        Command(
            "train_runs_folder",
            "Runs fo&lder…",
            "Train",
            seen(training.folders.ask),
            starts_group=True,
            tip="Choose where new runs are kept",
        ),
        Command(
            "train_logs",
            "Tensor&Board…",
            "Train",
            seen(training.folders.ask_about_logs),
            tip="Write every run for TensorBoard too, and choose where",
        ),
    )


def _help(window: MainWindow) -> tuple[Command, ...]:
    prompts = window.prompts
    return (
        Command("shortcuts", "&Keyboard shortcuts", "Help", window.show_shortcuts, "F1"),
        Command("palette", "&Run a command…", "Help", window.show_palette, "Ctrl+Shift+P"),
        *(
            Command(
                f"help_{name}",
                title,
                "Help",
                partial(prompts.show_page, name),
                "Shift+F1" if name == "window" else "",
                starts_group=name == "window",
            )
            for name, title in HELP_PAGES.items()
        ),
        Command("log", "Open the &log file", "Help", prompts.show_log, starts_group=True),
        Command(
            "report",
            "&Copy details for a report",
            "Help",
            prompts.copy_report,
            tip="Versions and the end of the log go to the clipboard; nothing is sent",
        ),
        Command("about", "&About ResNet Viewer", "Help", prompts.show_about, starts_group=True),
    )
