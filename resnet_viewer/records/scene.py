"""Everything that the panels of the Inspect tab render, as one value."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.comparing import block_beside
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.method import ExplainPair, ExplainRequest, Explanation
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.question import Finding
from resnet_viewer.records.seen import Seen
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import SetReading


@dataclass(frozen=True, eq=False)
class Scene:
    """The wish (`session`) and what was found so far.

    `now` and `reference` are readings of the session's network and may be partial (logits alone) or missing;
    `is_stale` says that they belong to an older wish: then they are shown dimmed, with the state that they
    belong to, until the next reading comes.
    """

    session: Session
    now: ProbeResult | None = None
    reference: ProbeResult | None = None
    is_stale: bool = False
    is_starting: bool = False
    """The first network and picture are still on their way."""
    findings: Mapping[Hashable, Finding] = field(default_factory=dict)
    """By its question, what work of low priority has found for this wish, as far as that was asked; never changed."""

    seen: Seen = field(default_factory=Seen)
    """What was found in this session so far, in a few numbers each."""

    def tells_as(self, older: Scene) -> bool:
        """Whether only what work of low priority found is other than in an older scene."""
        ours, theirs = (
            (scene.session, scene.now, scene.reference, scene.is_stale, scene.is_starting)
            for scene in (self, older)
        )
        return all(one is other for one, other in zip(ours, theirs, strict=True))

    def chooses_as(self, older: Scene) -> bool:
        """Whether nothing that the user chose is other than in an older scene, but for the wiring."""
        ours, theirs = self.session, older.session
        if self.is_starting != older.is_starting or ours is theirs:
            return self.is_starting == older.is_starting
        if ours.setup.state.network != theirs.setup.state.network:
            return False
        return ours.with_setup(ours.setup.with_wiring(theirs.setup.wiring)) == theirs

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of the present network."""
        return self.session.setup.class_names

    @property
    def measured(self) -> SetReading | None:
        """What the session measures on its test set, whole; None until the last picture is."""
        found = self.findings.get(self.session.measure_question())
        return found if isinstance(found, SetReading) and found.is_complete else None

    @cached_property
    def explain_question(self) -> ExplainPair | None:
        """What the chosen method asks about both readings; None for Grad-CAM, which they have, and before they are
        whole. The reference is left out where it is the state of now.
        """
        choice, now, reference = self.session.view.method, self.now, self.reference
        if choice.is_grad_cam or self.is_stale or now is None or not now.is_complete:
            return None
        number = self.cam_block
        asked = choice.about(now, number)
        if reference is None or not reference.is_complete:
            return ExplainPair(asked)
        theirs = reference.request.state.network.block_count
        other = choice.about(
            reference, block_beside(number, of=now.request.state.network.block_count, among=theirs)
        )
        return ExplainPair(asked, None if other == asked else other)

    @cached_property
    def explained(self) -> tuple[Explanation | None, Explanation | None]:
        """What the chosen method found of now and of the reference, so far."""
        if (asked := self.explain_question) is None:
            return None, None
        return self._explanation(asked.now), self._explanation(asked.reference or asked.now)

    def _explanation(self, question: ExplainRequest) -> Explanation | None:
        found = self.findings.get(question)
        return found if isinstance(found, Explanation) else None

    @property
    def cam_block(self) -> int:
        count = self.session.setup.state.network.block_count
        return min(self.session.view.cam_block or count, count)

    @property
    def blueprint(self) -> Blueprint:
        """Of the session's network at its input size."""
        state = self.session.setup.state
        return blueprint(state.network, state.preprocessing.crop)
