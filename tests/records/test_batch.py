"""How many pictures a network looks at together."""

from __future__ import annotations

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.batch import batch_problem, most_pictures
from resnet_viewer.records.laying_out import blueprint


@pytest.mark.parametrize(
    ("name", "most"), [("cifar-resnet-56", 16), ("resnet18", 16), ("resnet50", 8), ("resnet152", 4)]
)
def test_large_maps_leave_room_for_fewer_pictures(name: str, most: int) -> None:
    plan = blueprint(spec(name))
    assert most_pictures(plan) == most
    assert batch_problem(most, plan) == ""
    assert str(most) in batch_problem(most + 1, plan)


def test_the_sentence_says_whose_fault_it_is() -> None:
    assert batch_problem(17, blueprint(spec("resnet18"))).startswith("17 pictures are too many at once")
    assert batch_problem(9, blueprint(spec("resnet50"))).startswith("ResNet-50 has large maps")
