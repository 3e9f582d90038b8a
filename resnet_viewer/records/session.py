"""What the user chose: what changes a number (Setup) and how it is looked at (View)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.limits import USUAL_LIMITS, Limits
from resnet_viewer.records.method import GRAD_CAM, MethodChoice
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import GradientOf, NetworkState, ProbeRequest
from resnet_viewer.records.target import BlockTarget, Target, target_problem
from resnet_viewer.records.test_set import CROPS, MeasureSet, TestSet
from resnet_viewer.records.wiring import Wiring

GradientQuantity = Literal["weight", "relative", "output"]
"""Gradient of the weight; the same relative to the weight's norm; gradient at the block outputs."""
ActivationScale = Literal["auto", "linear", "log"]
"""Of the activations by block; "auto" is linear while one linear scale shows every block."""
MapScale = Literal["channel", "layer"]
MapOrder = Literal["index", "mean", "maximum", "change"]
PictureShows = Literal["original", "input", "overlay"]
"""The picture alone, what the network sees of it, or Grad-CAM over one of the two."""
CamStyle = Literal["heat", "contours"]
CamScale = Literal["shared", "own"]
"""Of Grad-CAM: one scale for now and reference, and in the filmstrip for all blocks, or one for each map."""
Comparison = Literal["wiper", "beside"]
"""Now and reference under a line that is dragged across one picture, or side by side."""
MapShows = Literal["maps", "filters"]
"""Of the selected layer what it put out for the picture, or its weights."""
FiltersScale = Literal["layer", "each"]
"""Of filters: one scale for all of a layer, or one for each."""


@dataclass(frozen=True)
class Setup:
    """Everything that changes a number. Undoable and saved.

    `target` is a class, a mean of a block's output, or None for the reference's highest class. `class_names` may be
    empty.
    """

    state: NetworkState
    picture: Picture | None
    target: Target | None = None
    gradient_of: GradientOf = "score"
    class_names: tuple[str, ...] = ()
    others: tuple[Picture, ...] = ()
    """More pictures, which are a batch together with `picture`."""

    @property
    def batch(self) -> tuple[Picture, ...]:
        """All pictures; none where there is no first."""
        return () if self.picture is None else (self.picture, *self.others)

    @property
    def wiring(self) -> Wiring:
        """The gates."""
        return self.state.wiring

    def with_wiring(self, wiring: Wiring) -> Setup:
        """The same with other gates."""
        return replace(self, state=replace(self.state, wiring=wiring))

    def question(self, reference: NetworkState) -> ProbeRequest | None:
        """What must be computed to show this setup beside `reference`; None without a picture."""
        if self.picture is None:
            return None
        target = reference if self.target is None else self.target
        return ProbeRequest(self.state, self.picture, target, self.gradient_of, self.others)

    def target_name(self, target: Target) -> str:
        """The class's name, or "class 7" where names are not known, or "block 5, channel 12"."""
        if isinstance(target, BlockTarget):
            return target.name
        return self.class_names[target] if target < len(self.class_names) else f"class {target}"


@dataclass(frozen=True)
class View:
    """How the numbers are looked at. Saved, not undone."""

    layer: str = "stem"
    """Whose feature maps are shown: a name of `Blueprint.map_names`. A session begins with its last block's."""
    channel: int | None = None
    cam_block: int | None = None
    """None is the last block."""
    method: MethodChoice = GRAD_CAM
    """What the large picture shows; the filmstrip shows Grad-CAM always."""
    gradient_quantity: GradientQuantity = "weight"
    map_scale: MapScale = "channel"
    map_shows: MapShows = "maps"
    map_limits: Limits = USUAL_LIMITS
    map_order: MapOrder = "index"
    map_colours: str = "inferno"
    map_signed_colours: str = "CET-D1"
    """For feature maps with values of both signs: a diverging colour map."""
    filters_scale: FiltersScale = "layer"
    filters_page: int = 0
    """Of a layer with more filters than can be seen at once."""
    mark: tuple[float, float] | None = None
    """A point that is marked on the picture, its Grad-CAM and the maps: x and y in fractions of the network's input."""
    activation_scale: ActivationScale = "auto"
    cam_colours: str = "inferno"
    cam_opacity: float = 0.6
    cam_style: CamStyle = "heat"
    cam_scale: CamScale = "shared"
    cam_limits: Limits = USUAL_LIMITS
    picture_shows: PictureShows = "overlay"
    sees_network_input: bool = False
    """Lay Grad-CAM over what the network sees in place of the original picture."""
    picture_comparison: Comparison = "wiper"
    of_batch: int = 0
    """Which picture of a batch is shown, from 0; beyond the last it is the last."""
    batch_as_grid: bool = True
    """In the picture's panel all pictures of a batch stand beside each other; else the chosen one is large."""


@dataclass(frozen=True)
class Session:
    """The one document: the setup, the pinned reference (None: the same network with everything open), the view, and
    the test set that the error meter measures with (None: none, the meter is off).

    What follows from them is made once: every panel asks for it at every scene.
    """

    setup: Setup
    pinned: NetworkState | None = None
    view: View = View()
    test_set: TestSet | None = CROPS

    @classmethod
    def begun(cls, setup: Setup) -> Session:
        """A new one, which looks at the last block."""
        return cls(setup, view=View(layer=_last_block(setup)))

    @cached_property
    def reference(self) -> NetworkState:
        """The state that now is compared with."""
        if self.pinned is not None:
            return self.pinned
        state = self.setup.state
        return replace(state, wiring=Wiring.all_open(state.wiring.block_count))

    @property
    def picture(self) -> Picture | None:
        """The one that is shown: of a batch the chosen one."""
        batch = self.setup.batch
        return batch[min(self.view.of_batch, len(batch) - 1)] if batch else None

    def now_question(self) -> ProbeRequest | None:
        """The question for the present state."""
        return self._now_question

    @cached_property
    def _now_question(self) -> ProbeRequest | None:
        return self.setup.question(self.reference)

    def reference_question(self) -> ProbeRequest | None:
        """The question for the reference: the same picture, target and gradient.

        A reference that has no such target, because it is another network, is asked about its own usual one.
        """
        return self._reference_question

    @cached_property
    def _reference_question(self) -> ProbeRequest | None:
        theirs = self.reference.network
        asked = replace(self.setup, state=self.reference)
        if asked.target is not None:
            is_foreign = isinstance(asked.target, int) and not self.setup.state.has_classes_of(self.reference)
            if is_foreign or target_problem(asked.target, theirs):
                asked = replace(asked, target=None)
        if not theirs.has_classifier:
            asked = replace(asked, gradient_of="score")
        return asked.question(self.reference)

    def measure_question(self) -> MeasureSet | None:
        """What the error meter asks; None without a test set, or where one of the networks has no classes."""
        return self._measure_question

    @cached_property
    def _measure_question(self) -> MeasureSet | None:
        now, reference = self.setup.state, self.reference
        if self.test_set is None or not (now.network.has_classifier and reference.network.has_classifier):
            return None
        return MeasureSet(self.test_set, now, reference)

    def with_setup(self, setup: Setup) -> Session:
        """The same with another setup. For another network the view starts anew at the last block, behind whatever is
        cut; a pinned reference stays, so that two networks can be compared. Of other pictures the first is shown."""
        view = self.view
        if setup.batch != self.setup.batch:
            view = replace(view, of_batch=0)
        if setup.state.network != self.setup.state.network:
            view = replace(view, layer=_last_block(setup), channel=None, cam_block=None, mark=None)
        return replace(self, setup=setup, view=view)

    def carried(self, first: Session, begun: Session) -> Session:
        """What was done to `first` until it became this, done to `begun` in its place, which is what was waited for.

        That is `begun` alone where its network is laid out in another way.
        """
        ours, theirs = first.setup.state, begun.setup.state
        if _layout(ours) != _layout(theirs):
            return begun

        def moved(state: NetworkState) -> NetworkState:
            if state.network != ours.network:
                return state
            now, before, there = state.wiring, ours.wiring, theirs.wiring
            shortcuts = _changed(now.shortcuts, before.shortcuts, there.shortcuts)
            branches = _changed(now.branches, before.branches, there.branches)
            left_out = now.left_out if now.left_out != before.left_out else there.left_out
            return replace(theirs, wiring=Wiring(shortcuts, branches).with_left_out(left_out))

        setup = replace(begun.setup, state=moved(self.setup.state), gradient_of=self.setup.gradient_of)
        if self.setup.target is not None and not target_problem(self.setup.target, theirs.network):
            setup = replace(setup, target=self.setup.target)
        pinned = None if self.pinned is None else moved(self.pinned)
        view = self.view
        if view.layer == first.view.layer:
            view = replace(view, layer=begun.view.layer)
        return replace(self, setup=setup, pinned=pinned, view=view)

    def with_reference(self, state: NetworkState | None = None) -> Session:
        """Pin a state as the reference, the present one where none is given."""
        return replace(self, pinned=state or self.setup.state)

    def without_reference(self) -> Session:
        """Back to "everything open" as the reference."""
        return replace(self, pinned=None)

    def with_view(self, view: View) -> Session:
        """The same looked at in another way."""
        return replace(self, view=view)


def _layout(state: NetworkState) -> tuple[tuple[str, ...], bool]:
    return tuple(blueprint(state.network).map_names()), state.network.has_shortcuts


def _changed(
    now: tuple[float, ...], before: tuple[float, ...], there: tuple[float, ...]
) -> tuple[float, ...]:
    """What is otherwise now than it was before, and `there` for the rest."""
    gates = zip(now, before, there, strict=True)
    return tuple(old if new == earlier else new for new, earlier, old in gates)


def _last_block(setup: Setup) -> str:
    return blueprint(setup.state.network).blocks[-1].name
