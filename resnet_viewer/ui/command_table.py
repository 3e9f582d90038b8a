"""Every command of the window, in the order of the menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from resnet_viewer.ui.commands import Command

if TYPE_CHECKING:
    from resnet_viewer.ui.window import MainWindow


def command_table(window: MainWindow) -> tuple[Command, ...]:
    """The table; its slots are bound methods, called when the action is triggered."""
    prompts, editing, opening, store = window.prompts, window.editing, window.opening, window.store
    return (
        Command(
            "open_picture", "&Open picture…", "File", prompts.open_pictures, "Ctrl+O", "mdi6.image-outline"
        ),
        Command("paste", "&Paste a picture", "File", prompts.paste, "Ctrl+V"),
        Command("previous_picture", "P&revious picture", "File", partial(opening.step_picture, -1), "PgUp"),
        Command("next_picture", "&Next picture", "File", partial(opening.step_picture, 1), "PgDown"),
        Command(
            "open_weights", "Open &weights…", "File", prompts.open_weights, "Ctrl+Shift+O", starts_group=True
        ),
        Command(
            "export", "&Export…", "File", prompts.export, "Ctrl+E", "mdi6.export-variant", starts_group=True
        ),
        Command("copy_figure", "&Copy figure", "File", prompts.copy_figure, "Ctrl+Shift+C"),
        Command("quit", "&Quit", "File", window.close, "Ctrl+Q", starts_group=True),
        Command("undo", "&Undo", "Edit", store.undo, "Ctrl+Z", "mdi6.undo"),
        Command("redo", "&Redo", "Edit", store.redo, "Ctrl+Shift+Z", "mdi6.redo"),
        Command(
            "all_shortcuts",
            "&Cut or restore all shortcuts",
            "Edit",
            editing.toggle_all_shortcuts,
            "Space",
            starts_group=True,
        ),
        Command(
            "all_branches", "&Drop or restore all residual branches", "Edit", editing.toggle_all_branches, "B"
        ),
        Command(
            "selected_branch",
            "Drop or restore the selected block's residual &branch",
            "Edit",
            window.toggle_selected_branch,
            "D",
        ),
        Command("open_everything", "&Open everything", "Edit", editing.open_everything, "Ctrl+0"),
        Command(
            "set_reference",
            "Set as &reference",
            "Edit",
            editing.set_reference,
            "R",
            "mdi6.pin-outline",
            starts_group=True,
            tip="Compare with the present state from now on",
        ),
        Command(
            "compare_network",
            "Compare with a &network…",
            "Edit",
            window.describing.choose_reference,
            tip="Set another network beside this one, as the reference",
        ),
        Command(
            "compare_weights",
            "Compare with &weights…",
            "Edit",
            prompts.compare_weights,
            tip="Set a weight file's network beside this one, as the reference",
        ),
        Command("reset_reference", "Reference: &everything open", "Edit", editing.reset_reference, "Shift+R"),
        Command("previous_layer", "&Previous layer", "View", editing.previous_layer, "Up"),
        Command("next_layer", "&Next layer", "View", editing.next_layer, "Down"),
        Command("fit", "&Fit the wiring", "View", window.fit, "Home"),
        Command("full_screen", "F&ull screen", "View", window.toggle_full_screen, "F11", starts_group=True),
        Command("reset_layout", "Reset the &layout", "View", window.reset_layout),
        Command("change_input", "&Input: normalisation, size, class names…", "Network", prompts.change_input),
        Command(
            "choose_block_target", "Target the mean of a &block…", "Network", prompts.choose_block_target
        ),
        Command("choose_target", "Choose a &target class…", "Network", prompts.choose_target, "Ctrl+T"),
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
        Command(
            "choose_network",
            "&Networks…",
            "Network",
            window.describing.choose_network,
            "Ctrl+N",
            starts_group=True,
            tip="Search and compare the networks, and choose how one is built",
        ),
        Command("layers", "&Layers…", "Network", window.describing.show_layers, "Ctrl+L"),
        Command("architecture", "&Architecture figure…", "Network", prompts.export_architecture),
        Command("escape", "Cancel the download, or leave full screen", "View", window.escape, "Esc"),
    )
