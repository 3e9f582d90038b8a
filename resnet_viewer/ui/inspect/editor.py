"""What the user can do to the session: every wish of a panel, a menu or a key ends in one slot here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QObject, Slot

from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.probe import GradientOf, NetworkState
from resnet_viewer.records.session import GradientQuantity, Session, Setup, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.store import Store


class Editor(QObject):
    """Turns wishes into edits of the store, each with the name that undo shows."""

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store

    @property
    def _session(self) -> Session:
        return self._store.session

    @property
    def _setup(self) -> Setup:
        return self._store.session.setup

    def _wire(self, wiring: Wiring, label: str, merge_key: tuple[str, object] | None = None) -> None:
        self._store.edit(self._session.with_setup(self._setup.with_wiring(wiring)), label, merge_key)

    def _set_up(self, setup: Setup, label: str) -> None:
        self._store.edit(self._session.with_setup(setup), label)

    @Slot(int)
    def toggle_shortcut(self, block: int) -> None:
        """Cut or restore one shortcut."""
        if self._setup.state.network.has_shortcuts:
            wiring = self._setup.wiring.toggled_shortcut(block)
            verb = "cut" if wiring.shortcuts[block - 1] == 0 else "restore"
            self._wire(wiring, f"{verb} the shortcut of block {block}")

    @Slot(object, float)
    def set_shortcuts(self, blocks: object, strength: float) -> None:
        """Set the shortcuts of several blocks (ints), as a drag over arcs does, in one step."""
        numbers = _numbers(blocks)
        if numbers and self._setup.state.network.has_shortcuts:
            verb = {0.0: "cut", 1.0: "restore"}.get(strength, "weaken")
            label = f"{verb} the shortcuts of {_span(numbers)}"
            self._wire(self._setup.wiring.with_shortcuts(numbers, strength), label)

    @Slot(int, float)
    def set_shortcut_strength(self, block: int, strength: float) -> None:
        """A slider's wish; a drag is one undo step."""
        if self._setup.state.network.has_shortcuts:
            wiring = self._setup.wiring.with_shortcuts([block], strength)
            self._wire(wiring, f"strength of the shortcut of block {block}", ("shortcut", block))

    @Slot(int)
    def toggle_branch(self, block: int) -> None:
        """Drop or restore one residual branch."""
        wiring = self._setup.wiring.toggled_branch(block)
        verb = "drop" if wiring.branches[block - 1] == 0 else "restore"
        self._wire(wiring, f"{verb} the residual branch of block {block}")

    @Slot(int, float)
    def set_branch_strength(self, block: int, strength: float) -> None:
        """A slider's wish; a drag is one undo step."""
        wiring = self._setup.wiring.with_branches([block], strength)
        self._wire(wiring, f"strength of the residual branch of block {block}", ("branch", block))

    @Slot(bool)
    def open_all_shortcuts(self, is_open: bool) -> None:
        """The master switch of the shortcuts."""
        if self._setup.state.network.has_shortcuts:
            blocks = range(1, self._setup.wiring.block_count + 1)
            wiring = self._setup.wiring.with_shortcuts(blocks, 1.0 if is_open else 0.0)
            self._wire(wiring, "restore all shortcuts" if is_open else "cut all shortcuts")

    @Slot(bool)
    def open_all_branches(self, is_open: bool) -> None:
        """The master switch of the residual branches."""
        blocks = range(1, self._setup.wiring.block_count + 1)
        wiring = self._setup.wiring.with_branches(blocks, 1.0 if is_open else 0.0)
        self._wire(wiring, "restore all residual branches" if is_open else "drop all residual branches")

    @Slot()
    def toggle_all_shortcuts(self) -> None:
        """Restore all where any is not open, else cut all."""
        self.open_all_shortcuts(any(strength < 1 for strength in self._setup.wiring.shortcuts))

    @Slot()
    def toggle_all_branches(self) -> None:
        """Restore all where any is not open, else drop all."""
        self.open_all_branches(any(strength < 1 for strength in self._setup.wiring.branches_run))

    def rewire(self, wiring: Wiring, label: str) -> None:
        """Set every gate, in one step; a wiring of another network is none."""
        if wiring.block_count == self._setup.wiring.block_count:
            self._wire(wiring, label)

    @Slot()
    def open_everything(self) -> None:
        """Every gate back to 1."""
        self._wire(Wiring.all_open(self._setup.wiring.block_count), "open everything")

    @Slot()
    def set_reference(self) -> None:
        """Pin the present state."""
        self._store.edit(self._session.with_reference(), "set as reference")

    def compare_with(self, state: NetworkState) -> None:
        """Another network or other weights as the reference."""
        self._store.edit(self._session.with_reference(state), f"compare with {state.network.title}")

    @Slot()
    def reset_reference(self) -> None:
        """Everything open is the reference again."""
        self._store.edit(self._session.without_reference(), "reference: everything open")

    @Slot(int)
    def toggle_reference_shortcut(self, block: int) -> None:
        """Cut or restore one shortcut of the reference, which is pinned by that."""
        state = self._session.reference
        if state.network.has_shortcuts:
            wiring = state.wiring.toggled_shortcut(block)
            verb = "cut" if wiring.shortcuts[block - 1] == 0 else "restore"
            session = self._session.with_reference(replace(state, wiring=wiring))
            self._store.edit(session, f"{verb} the shortcut of block {block} in the reference")

    @Slot()
    def swap_reference(self) -> None:
        """What is now becomes the reference, and the reference what is acted on."""
        now, reference = self._setup.state, self._session.reference
        if now.network == reference.network:  # as it is called and asked about now
            setup = replace(self._setup, state=reference)
        else:
            setup = self._with_network(reference, reference.class_names)
        self._store.edit(self._session.with_setup(setup).with_reference(now), "swap now and reference")

    def drop_other_reference(self) -> bool:
        """Everything open is the reference again where another network was pinned; says whether one was."""
        pinned = self._session.pinned
        if pinned is None or pinned.network == self._setup.state.network:
            return False
        self.reset_reference()
        return True

    @Slot(object)
    def set_target(self, target: object) -> None:
        """A class, a mean of a block's output, or None for the reference's highest class.

        A block's mean has no loss, and no block behind it a gradient: Grad-CAM goes to that block, if it was behind.
        """
        if target is None or isinstance(target, int | BlockTarget):
            name = "the reference's highest class" if target is None else self._setup.target_name(target)
            gradient_of = "score" if isinstance(target, BlockTarget) else self._setup.gradient_of
            setup = replace(self._setup, target=target, gradient_of=gradient_of)
            session = self._session.with_setup(setup)
            shown = session.view.cam_block or setup.state.network.block_count
            if isinstance(target, BlockTarget) and shown > target.block:
                session = session.with_view(replace(session.view, cam_block=target.block))
            self._store.edit(session, f"target: {name}")

    @Slot(str)
    def set_gradient_of(self, gradient_of: str) -> None:
        """ "score" or "loss"."""
        has_loss = self._setup.state.network.has_classifier and not isinstance(
            self._setup.target, BlockTarget
        )
        wanted: GradientOf = "loss" if gradient_of == "loss" and has_loss else "score"
        self._set_up(replace(self._setup, gradient_of=wanted), f"gradient of the {wanted}")

    def take_run_set(self, folder: Path) -> None:
        """Measure errors on what a training run is tested on, where they are measured at all."""
        if (present := self._session.test_set) is not None:
            self.set_test_set(replace(present, kind="run", folder=folder))

    def set_pictures(self, picture: Picture, *others: Picture) -> None:
        """Look at another picture, or at several together."""
        label = f"open {len(others) + 1} pictures" if others else f"open {picture.name}"
        self._set_up(replace(self._setup, picture=picture, others=others), label)

    @Slot(int)
    def select_of_batch(self, place: int) -> None:
        """Show that picture of the batch, from 0; beyond the last comes the first."""
        if count := len(self._setup.batch):
            self._store.look(replace(self._session.view, of_batch=place % count))

    def set_test_set(self, test_set: TestSet | None) -> None:
        """Measure errors on other pictures; None for none."""
        title = "none" if test_set is None else test_set.title
        self._store.edit(replace(self._session, test_set=test_set), f"test set: {title}")

    def set_network(self, state: NetworkState, class_names: tuple[str, ...]) -> None:
        """Another network; a target that it does not have becomes the top class."""
        self._set_up(self._with_network(state, class_names), f"network: {state.network.title}")

    def _with_network(self, state: NetworkState, class_names: tuple[str, ...]) -> Setup:
        setup = self._setup
        has_target = setup.target is not None and setup.class_names == class_names
        target = setup.target if has_target and isinstance(setup.target, int) else None
        gradient_of = setup.gradient_of if state.network.has_classifier else "score"
        return replace(setup, state=state, target=target, gradient_of=gradient_of, class_names=class_names)

    def set_input(self, preprocessing: Preprocessing, class_names: tuple[str, ...]) -> None:
        """How pictures are prepared for the present network, and what its classes are called.

        A pinned reference of the same network is prepared in the same way, so that wirings stay the only difference.
        """
        session = self._session
        state = replace(session.setup.state, preprocessing=preprocessing, class_names=class_names)
        session = session.with_setup(replace(session.setup, state=state, class_names=class_names))
        if session.pinned is not None and session.pinned.network == state.network:
            session = replace(
                session, pinned=replace(session.pinned, preprocessing=preprocessing, class_names=class_names)
            )
        self._store.edit(session, "change the input")

    @Slot(object)
    def look(self, view: object) -> None:
        """A panel's wish for another view: the whole View."""
        if isinstance(view, View):
            self._store.look(view)

    @Slot(str)
    def select_layer(self, name: str) -> None:
        """Show that layer's or block's maps."""
        view = self._session.view
        if name != view.layer:
            self._store.look(replace(view, layer=name, channel=None))

    @Slot(int)
    def select_channel(self, channel: int) -> None:
        """Show one channel large."""
        self._store.look(replace(self._session.view, channel=channel))

    @Slot(int)
    def select_cam_block(self, block: int) -> None:
        """Show that block's Grad-CAM."""
        self._store.look(replace(self._session.view, cam_block=block))

    @Slot(object)
    def mark(self, mark: object) -> None:
        """Mark a point of the network's input, x and y from 0 to 1, in every panel; None, or the marked one again, for
        none.
        """
        view = self._session.view
        if mark is None or isinstance(mark, tuple):
            self._store.look(replace(view, mark=None if mark == view.mark else mark))

    @Slot(str)
    def select_quantity(self, quantity: str) -> None:
        """ "weight", "relative" or "output"."""
        for known in get_args(GradientQuantity):
            if known == quantity:
                self._store.look(replace(self._session.view, gradient_quantity=known))

    @Slot()
    def next_layer(self) -> None:
        """Towards the classifier."""
        self._step_layer(1)

    @Slot()
    def previous_layer(self) -> None:
        """Towards the picture."""
        self._step_layer(-1)

    def _step_layer(self, step: int) -> None:
        state, view = self._setup.state, self._session.view
        names = blueprint(state.network, state.preprocessing.crop).map_names()
        place = names.index(view.layer) + step if view.layer in names else 0
        self.select_layer(names[min(max(place, 0), len(names) - 1)])


def _numbers(blocks: object) -> tuple[int, ...]:
    return tuple(sorted(int(n) for n in blocks)) if isinstance(blocks, (tuple, list, set, frozenset)) else ()


def _span(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return f"block {numbers[0]}"
    is_run = numbers[-1] - numbers[0] == len(numbers) - 1
    return f"blocks {numbers[0]} to {numbers[-1]}" if is_run else f"{len(numbers)} blocks"
