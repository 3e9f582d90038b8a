"""Every command of the window, in the order of the menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from resnet_viewer.ui.commands import Command

if TYPE_CHECKING:
    from resnet_viewer.ui.window import MainWindow


def command_table(window: MainWindow) -> tuple[Command, ...]:
    """The table; its slots are called when the action is triggered.

    What is about the Inspect page shows that page first.
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
        Command("paste", "&Paste a picture", "File", seen(prompts.paste), "Ctrl+V"),
        Command("previous_picture", "P&revious picture", "File", seen(previous), "PgUp"),
        Command("next_picture", "&Next picture", "File", seen(following), "PgDown"),
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
        Command("copy_figure", "&Copy figure", "File", seen(prompts.copy_figure), "Ctrl+Shift+C"),
        Command("quit", "&Quit", "File", window.close, "Ctrl+Q", starts_group=True),
    )


def _edits(window: MainWindow) -> tuple[Command, ...]:
    editing, store, seen = window.editing, window.store, window.in_inspect
    return (
        Command("undo", "&Undo", "Edit", seen(store.undo), "Ctrl+Z", "mdi6.undo"),
        Command("redo", "&Redo", "Edit", seen(store.redo), "Ctrl+Shift+Z", "mdi6.redo"),
        Command(
            "all_shortcuts",
            "&Cut or restore all shortcuts",
            "Edit",
            seen(editing.toggle_all_shortcuts),
            "Space",
            starts_group=True,
        ),
        Command(
            "all_branches",
            "&Drop or restore all residual branches",
            "Edit",
            seen(editing.toggle_all_branches),
            "B",
        ),
        Command(
            "selected_branch",
            "Drop or restore the selected block's residual &branch",
            "Edit",
            seen(window.toggle_selected_branch),
            "D",
        ),
        Command("open_everything", "&Open everything", "Edit", seen(editing.open_everything), "Ctrl+0"),
        Command(
            "set_reference",
            "Set as &reference",
            "Edit",
            seen(editing.set_reference),
            "R",
            "mdi6.pin-outline",
            starts_group=True,
            tip="Compare with the present state from now on",
        ),
        Command(
            "compare_network",
            "Compare with a &network…",
            "Edit",
            seen(window.describing.choose_reference),
            tip="Set another network beside this one, as the reference",
        ),
        Command(
            "compare_weights",
            "Compare with &weights…",
            "Edit",
            seen(window.prompts.compare_weights),
            tip="Set a weight file's network beside this one, as the reference",
        ),
        Command(
            "reset_reference", "Reference: &everything open", "Edit", seen(editing.reset_reference), "Shift+R"
        ),
    )


def _views(window: MainWindow) -> tuple[Command, ...]:
    editing, seen = window.editing, window.in_inspect
    return (
        Command("show_inspect", "&Inspect", "View", window.show_inspect, "Ctrl+1"),
        Command("show_train", "&Train", "View", window.show_train, "Ctrl+2"),
        Command(
            "previous_layer", "&Previous layer", "View", seen(editing.previous_layer), "Up", starts_group=True
        ),
        Command("next_layer", "&Next layer", "View", seen(editing.next_layer), "Down"),
        Command("fit", "&Fit the wiring", "View", seen(window.fit), "Home"),
        Command("full_screen", "F&ull screen", "View", window.toggle_full_screen, "F11", starts_group=True),
        Command("reset_layout", "Reset the &layout", "View", window.reset_layout),
        Command("escape", "Cancel the download, or leave full screen", "View", window.escape, "Esc"),
    )


def _networks(window: MainWindow) -> tuple[Command, ...]:
    prompts, describing, seen = window.prompts, window.describing, window.in_inspect
    return (
        Command(
            "change_input",
            "&Input: normalisation, size, class names…",
            "Network",
            seen(prompts.change_input),
        ),
        Command(
            "choose_block_target",
            "Target the mean of a &block…",
            "Network",
            seen(prompts.choose_block_target),
        ),
        Command("choose_target", "Choose a &target class…", "Network", seen(prompts.choose_target), "Ctrl+T"),
        Command(
            "choose_network",
            "&Networks…",
            "Network",
            seen(describing.choose_network),
            "Ctrl+N",
            starts_group=True,
            tip="Search and compare the networks, and choose how one is built",
        ),
        Command("layers", "&Layers…", "Network", seen(describing.show_layers), "Ctrl+L"),
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
        Command("train_resume", "&Resume the last runs", "Train", seen(training.resume_last)),
    )


def _help(window: MainWindow) -> tuple[Command, ...]:
    prompts = window.prompts
    return (
        Command("shortcuts", "&Keyboard shortcuts", "Help", window.show_shortcuts, "F1"),
        Command("palette", "&Run a command…", "Help", window.show_palette, "Ctrl+Shift+P"),
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
