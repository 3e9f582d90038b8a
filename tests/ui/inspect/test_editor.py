"""Wishes as edits, without a window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import CIFAR10_PREPROCESSING, IMAGENET_PREPROCESSING
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.session import Session
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from tests import fabricated


class Desk:
    def __init__(self, name: str = "cifar-resnet-20") -> None:
        self.store = Store(Session(fabricated.setup(spec(name))))
        self.editor = Editor(self.store)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk()


def test_labels_say_what_undo_takes_back(desk: Desk) -> None:
    editor, store = desk.editor, desk.store
    labels = []
    for deed in (
        lambda: editor.toggle_shortcut(2),
        lambda: editor.toggle_shortcut(2),
        lambda: editor.toggle_branch(3),
        lambda: editor.set_shortcuts((1, 2, 3), 0.0),
        lambda: editor.set_shortcuts({1, 3}, 1.0),
        lambda: editor.set_target(4),
        lambda: editor.set_gradient_of("loss"),
        lambda: editor.open_everything(),
    ):
        deed()
        labels.append(store.undo_label)
    assert labels == [
        "cut the shortcut of block 2",
        "restore the shortcut of block 2",
        "drop the residual branch of block 3",
        "cut the shortcuts of blocks 1 to 3",
        "restore the shortcuts of 2 blocks",
        "target: deer",
        "gradient of the loss",
        "open everything",
    ]


def test_a_plain_network_has_no_shortcuts_to_cut(qtbot: QtBot) -> None:
    desk = Desk("cifar-plain-20")
    desk.editor.toggle_shortcut(1)
    desk.editor.toggle_all_shortcuts()
    desk.editor.set_shortcuts((1, 2), 0.0)
    assert desk.store.undo_label is None


def test_a_block_that_is_left_out_comes_back_as_a_dropped_branch_does(qtbot: QtBot) -> None:
    desk = Desk("cifar-plain-20")
    whole = desk.store.session.setup.wiring
    for restore in (
        lambda: desk.editor.toggle_branch(3),
        lambda: desk.editor.set_branch_strength(3, 1.0),
        desk.editor.toggle_all_branches,
        desk.editor.open_everything,
    ):
        desk.editor.rewire(whole.with_left_out([3]), "leave out block 3")
        assert desk.store.session.setup.wiring.left_out == (3,)
        restore()
        assert desk.store.session.setup.wiring == whole


def test_the_input_changes_for_the_reference_too(desk: Desk) -> None:
    desk.editor.toggle_shortcut(1)
    desk.editor.set_reference()
    changed = replace(CIFAR10_PREPROCESSING, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    desk.editor.set_input(changed, ("a",) * 10)
    session = desk.store.session
    assert session.reference.preprocessing == session.setup.state.preprocessing == changed
    assert session.reference.wiring.cut == (1,)


def test_another_network_keeps_the_pin_and_lets_a_foreign_target_go(desk: Desk) -> None:
    desk.editor.toggle_shortcut(1)
    desk.editor.set_target(3)
    desk.editor.set_reference()
    state = NetworkState(spec("resnet18"), IMAGENET_PREPROCESSING, Wiring.evenly(8, 0.5))
    desk.editor.set_network(state, ())
    session = desk.store.session
    assert session.setup.state == state
    assert session.setup.target is None
    assert session.pinned is not None
    assert session.pinned.network == spec("cifar-resnet-20")
    assert session.setup.picture is not None


def test_now_and_reference_are_swapped_and_swapped_back(desk: Desk) -> None:
    desk.editor.toggle_shortcut(1)
    first = desk.store.session
    desk.editor.swap_reference()
    session = desk.store.session
    assert session.setup.state == first.reference
    assert session.reference == first.setup.state
    assert session.setup.class_names == first.setup.class_names
    desk.editor.swap_reference()
    assert desk.store.session.setup == first.setup
    assert desk.store.session.reference == first.reference


def test_another_network_that_was_compared_is_acted_on_after_a_swap(desk: Desk) -> None:
    before = desk.store.session.setup.state
    state = NetworkState(spec("resnet18"), IMAGENET_PREPROCESSING, Wiring.all_open(8), ("a",) * 1000)
    desk.editor.set_target(3)
    desk.editor.compare_with(state)
    desk.editor.swap_reference()
    session = desk.store.session
    assert session.setup.state == state
    assert session.setup.class_names == state.class_names
    assert session.setup.target is None, "class 3 is another one there"
    assert session.reference == before
    assert session.view.layer in blueprint(state.network).map_names()


def test_layers_are_walked_and_the_walk_stops_at_the_ends(desk: Desk) -> None:
    desk.editor.previous_layer()
    desk.editor.previous_layer()
    assert desk.store.session.view.layer == "conv1"
    for _ in range(100):
        desk.editor.next_layer()
    assert desk.store.session.view.layer == "layer3.2"
    assert desk.store.undo_label is None, "looking is not undone"


def test_views_are_chosen_without_an_undo_step(desk: Desk) -> None:
    desk.editor.select_quantity("relative")
    desk.editor.select_quantity("nonsense")
    desk.editor.select_cam_block(2)
    desk.editor.select_channel(5)
    view = desk.store.session.view
    assert (view.gradient_quantity, view.cam_block, view.channel) == ("relative", 2, 5)
    assert desk.store.undo_label is None


def test_a_mark_is_set_moved_and_taken_away_and_another_network_has_none(desk: Desk) -> None:
    editor, store = desk.editor, desk.store
    editor.mark((0.25, 0.5))
    editor.mark((0.75, 0.5))
    assert store.session.view.mark == (0.75, 0.5)
    editor.mark((0.75, 0.5))
    assert store.session.view.mark is None, "marked again it is let go"
    editor.mark((0.25, 0.5))
    editor.mark(None)
    assert store.session.view.mark is None
    assert store.undo_label is None
    editor.mark((0.25, 0.5))
    network = spec("resnet18")
    editor.set_network(NetworkState(network, IMAGENET_PREPROCESSING, Wiring.all_open(8)), ())
    assert store.session.view.mark is None


def test_grad_cam_goes_to_a_block_that_can_have_one_of_the_target(desk: Desk) -> None:
    editor, store = desk.editor, desk.store
    editor.set_target(BlockTarget(4, 7))
    assert store.session.view.cam_block == 4, "the last block lies behind the target"
    editor.select_cam_block(2)
    editor.set_target(BlockTarget(6))
    assert store.session.view.cam_block == 2, "an earlier one stays"
    store.undo()
    assert store.session.setup.target == BlockTarget(4, 7)


def test_a_shortcut_of_the_reference_is_cut_and_restored_without_touching_now(desk: Desk) -> None:
    before = desk.store.session.setup
    desk.editor.toggle_reference_shortcut(2)
    session = desk.store.session
    assert session.setup == before
    assert session.reference.wiring.cut == (2,)
    assert desk.store.undo_label == "cut the shortcut of block 2 in the reference"
    desk.editor.toggle_reference_shortcut(2)
    assert desk.store.session.reference.wiring.is_open
    desk.editor.compare_with(NetworkState(spec("cifar-plain-20"), CIFAR10_PREPROCESSING, Wiring.all_open(9)))
    label = desk.store.undo_label
    desk.editor.toggle_reference_shortcut(2)
    assert desk.store.undo_label == label, "a plain network has none"
