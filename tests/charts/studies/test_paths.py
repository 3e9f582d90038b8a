"""The panels of "Paths", of one result and of several, complete and not."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.studies.paths import panels
from resnet_viewer.charts.study_panel import LinesPanel
from tests.records.studies.test_paths import result_of, state_of


def test_the_gradient_falls_and_the_product_stands_beside_the_paths() -> None:
    result = result_of(state_of("cifar-resnet-56"), 0.4)
    gradient, product = panels([result])
    assert isinstance(gradient, LinesPanel)
    assert isinstance(product, LinesPanel)
    (magnitudes,) = gradient.series
    assert gradient.y.is_log
    assert magnitudes.x.tolist() == list(range(28))
    assert magnitudes.y[[0, 10]] == pytest.approx([1e-2, 1e-6])
    assert magnitudes.low is not None
    assert magnitudes.low[0] == pytest.approx(1e-3)
    assert magnitudes.words[10].startswith("length 10: gradient 1e-06, the mean of 24 paths")
    carried, paths = product.series
    assert (carried.name, paths.name) == ("paths × gradient", "paths")
    assert paths.y.sum() == pytest.approx(100)
    assert carried.y.argmax() == 7
    assert [(guide.name, guide.at) for guide in product.guides] == [
        ("effective lengths 3 to 12", 3),
        ("effective lengths 3 to 12", 12),
    ]


def test_what_is_not_measured_yet_has_no_number() -> None:
    gradient, product = panels([result_of(state_of("cifar-resnet-56"), 0.4, measured=3)])
    assert isinstance(gradient, LinesPanel)
    assert isinstance(product, LinesPanel)
    assert np.isnan(gradient.series[0].y[3:]).all()
    assert len(product.series[0].x) == 3
    assert product.guides == ()


def test_several_results_are_told_apart_and_share_the_count_of_their_paths() -> None:
    results = [
        result_of(state_of("cifar-resnet-56"), 0.4),
        result_of(state_of("cifar-resnet-56-b"), 0.2),
        result_of(state_of("cifar-resnet-20"), 0.2),
    ]
    gradient, product = panels(results)
    assert isinstance(gradient, LinesPanel)
    assert isinstance(product, LinesPanel)
    assert len({series.name for series in gradient.series}) == 3
    assert len({series.colour for series in gradient.series}) == 3
    assert [series.name for series in product.series if series.is_dashed] == [
        "paths of 27 blocks",
        "paths of 9 blocks",
    ]
    assert len(product.series) == 5
    assert product.guides == ()
