"""A probing service for tests: invented readings, given out when the test allows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from resnet_viewer.records.distribution import MeasureActivations, measured
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.filters import WeightsOf
from resnet_viewer.records.method import ExplainPair, ExplainRequest
from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.question import Request
from resnet_viewer.records.requests import PackReadings, Pair, ReadAlong
from resnet_viewer.records.test_set import MeasureSet
from tests import fabricated


@dataclass(frozen=True)
class Look(Request):
    """A question of low priority about a state, answered in so many steps."""

    state: NetworkState
    steps: int = 3
    is_refused: bool = False


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found after so many steps."""

    request: Look
    steps: int
    nbytes: int = 1000

    @property
    def is_complete(self) -> bool:
        return self.steps == self.request.steps


class Prober:
    """Answers a Pair with `fabricated.result`, and packs that later. While `is_held`, each waits until allowed."""

    def __init__(self) -> None:
        self.asked: list[Pair] = []
        self.started = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)
        self.loose: list[ProbeResult] = []
        self.looked: list[Look] = []
        self.measured: list[MeasureSet] = []
        self.explained: list[ExplainRequest | ExplainPair] = []
        self.is_explaining_held = False
        """No pass is done."""
        self.is_explaining = False
        self.no_method = ""
        """Why a method fails."""
        self.no_set = ""
        """Why there is no test set."""
        self.is_held = False
        self.refusal = ""

    def answer(self, request: object) -> Iterator[object]:
        if isinstance(request, PackReadings):
            while self.loose:
                yield self.loose.pop(0).packed()
            return
        if isinstance(request, MeasureActivations):
            assert request.result is not None
            yield from measured(request.result)
            return
        if isinstance(request, ReadAlong):
            for wanted in request.questions:
                yield [*self._readings(wanted)][-1].with_maps_of(request.layers)
            return
        if isinstance(request, WeightsOf):
            yield fabricated.weights(request)
            return
        if isinstance(request, ExplainRequest | ExplainPair):
            yield from self._explain(request)
            return
        if isinstance(request, Look):
            yield from self._look(request)
            return
        if isinstance(request, MeasureSet):
            yield from self._measure(request)
            return
        assert isinstance(request, Pair)
        self.asked.append(request)
        self.started.release()
        if self.is_held:
            assert self.allowed.acquire(timeout=60), "the test forgot to allow this answer"
        if self.refusal:
            raise UserError(self.refusal)
        for question in (request.now, request.reference):
            if question is not None:
                readings = list(self._readings(question))
                self.loose.append(readings[-1])
                yield from readings

    def _look(self, question: Look) -> Iterator[object]:
        self.looked.append(question)
        for step in range(1, question.steps + 1):
            if question.is_refused:
                raise UserError("There is no such method; choose another.")
            yield Progress(step, question.steps)
            yield Seen(question, step)

    def _explain(self, question: ExplainRequest | ExplainPair) -> Iterator[object]:
        """Nothing, then one pass, then all of them, of each; as often as the test wants it stands still before that."""
        asked = [question] if isinstance(question, ExplainRequest) else [question.now, question.reference]
        self.explained.append(question)
        self.is_explaining = True
        try:
            for each in filter(None, asked):
                yield fabricated.explanation(each, done=0)
                while self.is_explaining_held:
                    yield None
                if self.no_method:
                    raise UserError(self.no_method)
                yield fabricated.explanation(each)
        finally:
            self.is_explaining = False

    def _measure(self, question: MeasureSet) -> Iterator[object]:
        """Twelve pictures of a folder have classes, those of other sets none; each closed gate makes one more wrong."""
        self.measured.append(question)
        if self.no_set:
            raise UserError(self.no_set)
        yield Progress(6, 12)
        true = [number % 10 for number in range(12)]
        now = [(true[n] + (n < len(question.now.wiring.cut))) % 10 for n in range(12)]
        for seen in (6, 12):
            labels = true if question.test_set.kind == "folder" else None
            yield fabricated.set_reading(labels, now, true, seen=seen, question=question)

    def _readings(self, question: ProbeRequest) -> Iterator[ProbeResult]:
        cut = len(question.state.wiring.cut)
        whole = fabricated.result(question, seed=cut, decades=float(cut))
        yield ProbeResult(
            question, whole.logits, whole.probabilities, whole.target, whole.network_input, device="cpu"
        )
        yield whole
