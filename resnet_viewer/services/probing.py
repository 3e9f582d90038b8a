"""The answering of probes: the readings of the network on the screen, on a thread of their own."""

from __future__ import annotations

import atexit
import gc
import os
import time
from collections import deque
from collections.abc import Generator, Iterable

from resnet_viewer.records.distribution import Distributions, MeasureActivations, measured
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.filters import LayerWeights, WeightsOf
from resnet_viewer.records.method import ExplainPair, ExplainRequest, Explanation
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.test_set import MeasureSet, SetReading

_LOOSE = 32
"""So many readings wait to be packed; who toggles on and on without a rest has the others packed at once."""

_STEP, _PARTIAL = 0.003, 0.1
"""Seconds: of a step, which may be longer by a block's; and from one partial answer to the next, each of which is
drawn."""


def in_steps(answers: Iterable[Distributions]) -> Generator[Distributions | None]:
    """Partial answers now and then, the last one always, and nothing where others may come first."""
    yielded = said = time.perf_counter()
    for found in answers:
        moment = time.perf_counter()
        if found.is_complete or moment - said >= _PARTIAL:
            yield found
            said = yielded = time.perf_counter()
        elif moment - yielded >= _STEP:
            yield None
            yielded = time.perf_counter()


def computing_threads() -> int:
    """One core less than there are: the window needs one to stay smooth."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 2
    return max(1, cores - 1)


class ProbeService:
    """Answers a Pair with the engine's readings, now first, and a MeasureSet with the meter's. The only owner of live
    networks.
    """

    def __init__(self, device: str) -> None:
        import torch

        from resnet_viewer.core.engine import ProbeEngine
        from resnet_viewer.core.meter import Meter

        torch.set_num_threads(computing_threads())
        self._engine = ProbeEngine(device=device)
        self._meter = Meter(self._engine.live, device=self._engine.device)
        self._loose: deque[ProbeResult] = deque()
        gc.freeze()  # what torch's import made stays for good; looking it through again held the window up for 0.15 s
        atexit.register(gc.unfreeze)  # else what was frozen is reported as leaked at the end

    def answer(
        self, request: object
    ) -> Generator[ProbeResult | Distributions | LayerWeights | SetReading | Explanation | Progress | None]:
        """Yield the logits and then the full reading of now, then the reference's, as far as they are asked.

        Of low priority: how a reading's activations are distributed; the weights of a layer; what a test set is taken
        for, and what an attribution method makes of a picture, in many short steps, of which few have something to
        tell.

        Full readings are packed when that is asked for. Not sooner: beside the painting of the same reading it made
        both take twice as long (measured).
        """
        from resnet_viewer.records.requests import PackReadings, Pair, ReadAlong

        if isinstance(request, MeasureActivations):
            assert request.result is not None
            yield from in_steps(measured(request.result))
            return
        if isinstance(request, PackReadings):
            while self._loose:
                yield self._loose.popleft().packed()
            return
        if isinstance(request, WeightsOf):
            yield LayerWeights(request, self._engine.weights_of(request.network, request.layer))
            return
        if isinstance(request, MeasureSet):
            yield from self._meter.answer(request)
            return
        if isinstance(request, ExplainRequest | ExplainPair):
            yield from self._explained(request)
            return
        if isinstance(request, ReadAlong):
            for wanted in request.questions:
                *_, reading = self._engine.answer(wanted)
                yield reading.with_maps_of(request.layers)
            return
        assert isinstance(request, Pair)
        for question in (request.now, request.reference):
            if question is not None:
                for result in self._engine.answer(question):
                    yield result
                    if result.is_complete:
                        self._loose.append(result)
        while len(self._loose) > _LOOSE:
            yield self._loose.popleft().packed()

    def _explained(self, request: ExplainRequest | ExplainPair) -> Generator[Explanation | None]:
        yield None  # what follows is imported in a step of its own
        from resnet_viewer.core.methods.explained import explained

        asked = (request,) if isinstance(request, ExplainRequest) else (request.now, request.reference)
        for each in asked:
            if each is not None:
                yield from explained(self._engine, each)
