"""The answering of probes: the readings of the network on the screen, on a thread of their own."""

from __future__ import annotations

import atexit
import gc
import os
from collections import deque
from collections.abc import Generator

from resnet_viewer.records.probe import ProbeResult

_LOOSE = 32
"""So many readings wait to be packed; who toggles on and on without a rest has the others packed at once."""


def computing_threads() -> int:
    """One core less than there are: the window needs one to stay smooth."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 2
    return max(1, cores - 1)


class ProbeService:
    """Answers a Pair with the engine's readings, now first. The only owner of live networks."""

    def __init__(self, device: str) -> None:
        import torch

        from resnet_viewer.core.engine import ProbeEngine

        torch.set_num_threads(computing_threads())
        self._engine = ProbeEngine(device=device)
        self._loose: deque[ProbeResult] = deque()
        gc.freeze()  # what torch's import made stays for good; looking it through again held the window up for 0.15 s
        atexit.register(gc.unfreeze)  # else what was frozen is reported as leaked at the end

    def answer(self, request: object) -> Generator[ProbeResult]:
        """Yield the logits and then the full reading of now, then the reference's, as far as they are asked.

        Full readings are packed when that is asked for. Not sooner: beside the painting of the same reading it made
        both take twice as long (measured).
        """
        from resnet_viewer.records.requests import PackReadings, Pair

        if isinstance(request, PackReadings):
            while self._loose:
                yield self._loose.popleft().packed()
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
