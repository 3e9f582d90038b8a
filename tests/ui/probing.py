"""A probing service for tests: invented readings, given out when the test allows."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.probe import ProbeRequest, ProbeResult
from resnet_viewer.records.requests import Packed, Pair
from tests import fabricated


class Prober:
    """Answers a Pair with `fabricated.result`. While `is_held`, each waits until allowed."""

    def __init__(self) -> None:
        self.asked: list[Pair] = []
        self.started = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)
        self.loose: list[ProbeResult] = []
        self.is_held = False
        self.refusal = ""

    def answer(self, request: object) -> Iterator[ProbeResult]:
        assert isinstance(request, Pair)
        self.asked.append(request)
        self.started.release()
        if self.is_held:
            assert self.allowed.acquire(timeout=10), "the test forgot to allow this answer"
        if self.refusal:
            raise UserError(self.refusal)
        for question in (request.now, request.reference):
            if question is not None:
                readings = list(self._readings(question))
                self.loose.append(readings[-1])
                yield from readings

    def rest(self) -> Iterator[Packed]:
        """As the real one: what was answered, packed."""
        while self.loose:
            yield Packed(self.loose.pop(0).packed())

    def _readings(self, question: ProbeRequest) -> Iterator[ProbeResult]:
        cut = len(question.state.wiring.cut)
        whole = fabricated.result(question, seed=cut, decades=float(cut))
        yield ProbeResult(
            question, whole.logits, whole.probabilities, whole.target, whole.network_input, device="cpu"
        )
        yield whole
