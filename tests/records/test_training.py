"""The learning rate's one cycle, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.catalog import spec
from resnet_viewer.records.training import RunSpec

RUN = RunSpec(spec("cifar-resnet-20"), "data", epochs=12, rate=0.5, warm_up=0.2)


def test_the_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    rates = [RUN.rate_at(step, 10) for step in range(10)]
    assert rates == pytest.approx([0.25, 0.5, 0.5, *(0.5 * n / 8 for n in range(7, 0, -1))])
    assert max(rates) == 0.5


@pytest.mark.parametrize("steps", [1, 2, 5, 7, 100, 4689])
@pytest.mark.parametrize("warm_up", [0.0, 0.1, 0.5, 1.0])
def test_the_rate_is_never_zero_negative_or_above_the_peak(steps: int, warm_up: float) -> None:
    run = replace(RUN, warm_up=warm_up)
    rates = [run.rate_at(step, steps) for step in range(steps)]
    assert all(0 < rate <= 0.5 for rate in rates)
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
