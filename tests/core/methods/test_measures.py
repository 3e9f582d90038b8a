"""Infidelity and sensitivity against captum.metrics, rank correlation and structural similarity against plain loops."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
import torchvision
from captum.attr import Saliency
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max as captum_sensitivity
from torch import Tensor, nn

from resnet_viewer.core.methods.measures import (
    Maps,
    Scores,
    in_reach,
    infidelity,
    sensitivity_max,
    similarity,
    spearman,
)
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.studies.trust import _squares
from resnet_viewer.core.weights.catalog import spec
from tests.core.data.test_test_sets import end_of
from tests.core.invented import images, random_state

TARGET, SIDE, SEED = 7, 48, 5


@pytest.fixture(scope="module")
def both() -> tuple[Network, nn.Module]:
    """Ours and torchvision's, with the same weights."""
    state = random_state(torchvision.models.resnet18().state_dict())
    stock = torchvision.models.resnet18()
    stock.load_state_dict(state)
    return build(spec("resnet18"), state), stock.eval()


def score_of(network: Network, image: Tensor) -> Scores:
    with torch.no_grad():
        logits: Tensor = network(image)
    yield
    return logits[:, TARGET]


def saliency_of(network: Network, image: Tensor) -> Maps:
    given = image.clone().requires_grad_()
    score = network(given)[:, TARGET].sum()
    yield
    return torch.autograd.grad(score, given)[0].abs()


def noise(generator: torch.Generator, given: Tensor) -> tuple[Tensor, Tensor]:
    drawn = torch.randn(given.shape, generator=generator) * 0.1
    return drawn, given - drawn


def squares(chance: np.random.Generator, given: Tensor) -> tuple[Tensor, Tensor]:
    return _squares(chance, SIDE, given)


@pytest.mark.parametrize("is_normalized", [False, True])
@pytest.mark.parametrize("kind", ["noise", "squares"])
def test_infidelity_is_captums_on_torchvisions_network(
    both: tuple[Network, nn.Module], is_normalized: bool, kind: str
) -> None:
    ours, stock = both
    image = images(1, SIDE)
    own = Saliency(stock).attribute(image.clone().requires_grad_(), target=TARGET).detach()
    other = images(1, SIDE, seed=3)

    def perturb():  # type: ignore[no-untyped-def]  # two kinds of generators
        if kind == "noise":
            return partial(noise, torch.Generator().manual_seed(SEED))
        return partial(squares, np.random.default_rng(SEED))

    wanted = [
        float(
            captum_infidelity(
                stock, perturb(), image, one, target=TARGET, n_perturb_samples=9, max_examples_per_batch=4,
                normalize=is_normalized,
            )
        )
        for one in (own, other)
    ]  # fmt: skip
    work = infidelity(
        partial(score_of, ours), perturb(), image, (own, other), samples=9, batch=4, normalize=is_normalized
    )
    found, nothing = end_of(work)
    assert found == pytest.approx(wanted, rel=1e-3)
    assert min(wanted) > 0
    if is_normalized:
        assert max(found) <= nothing * (1 + 1e-6), "a map that fits best is no worse than none"


def test_sensitivity_is_captums_on_torchvisions_network(both: tuple[Network, nn.Module]) -> None:
    ours, stock = both
    image = images(1, SIDE)
    generator = torch.Generator().manual_seed(SEED)
    neighbours = [in_reach(generator, image, 0.05) for _ in range(6)]
    found = end_of(sensitivity_max(partial(saliency_of, ours), image, neighbours))

    def explain(given: Tensor) -> Tensor:
        return Saliency(stock).attribute(given.clone().requires_grad_(), target=TARGET).detach()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        wanted = float(captum_sensitivity(enabled(explain), image, perturb_radius=0.05, n_perturb_samples=6))
    assert found == pytest.approx(wanted, rel=1e-3)
    assert found > 0.01


def enabled(explain):  # type: ignore[no-untyped-def]  # captum looks at its signature
    """captum asks with gradients off, and in tuples."""

    def asked(given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            return (explain(given[0]),)

    return asked


def test_a_map_of_zeros_is_taken_as_it_is() -> None:
    def explain(image: Tensor) -> Maps:
        yield
        return image * 0 if bool((image == 0).all()) else torch.full_like(image, 3.0)

    image = torch.zeros(1, 1, 2, 2)
    assert end_of(sensitivity_max(explain, image, [image + 1])) == pytest.approx(6.0), (
        "captum's norm is then 1"
    )


def looped_ranks(values: list[float]) -> list[float]:
    return [
        sum(other < value for other in values) + (1 + sum(other == value for other in values)) / 2
        for value in values
    ]


def test_the_rank_correlation_is_a_plain_loops_with_ties_and_without() -> None:
    chance = np.random.default_rng(0)
    for _ in range(20):
        one = np.maximum(chance.normal(size=(4, 5)), 0)  # a ReLU's zeros are ties
        other = one + chance.normal(size=(4, 5)).round()
        first, second = (looped_ranks(values.ravel().tolist()) for values in (one, other))
        assert spearman(one, other) == pytest.approx(float(np.corrcoef(first, second)[0, 1]))
    assert spearman(one, np.exp(one)) == pytest.approx(1)
    assert spearman(one, -one) == pytest.approx(-1)
    assert np.isnan(spearman(one, np.ones_like(one)))


def looped_similarity(one: np.ndarray, other: np.ndarray, side: int, span: float) -> float:
    """Window by window."""
    found = []
    for top in range(one.shape[0] - side + 1):
        for left in range(one.shape[1] - side + 1):
            a, b = (values[top : top + side, left : left + side].ravel() for values in (one, other))
            covariance = np.cov(a, b, bias=True)
            low, high = (0.01 * span) ** 2, (0.03 * span) ** 2
            found.append(
                (2 * a.mean() * b.mean() + low)
                * (2 * covariance[0, 1] + high)
                / ((a.mean() ** 2 + b.mean() ** 2 + low) * (covariance[0, 0] + covariance[1, 1] + high))
            )
    return float(np.mean(found))


@pytest.mark.parametrize(("shape", "side"), [((9, 12), 7), ((4, 4), 3)])
def test_structural_similarity_is_a_plain_loops(shape: tuple[int, int], side: int) -> None:
    chance = np.random.default_rng(1)
    one, other = chance.normal(size=shape), chance.normal(size=shape)
    ours, theirs = (values / np.abs(values).max() for values in (one, other))
    assert similarity(one, other, is_signed=True) == pytest.approx(looped_similarity(ours, theirs, side, 2.0))
    ours, theirs = ((values - values.min()) / np.ptp(values) for values in (one, other))
    assert similarity(one, other, is_signed=False) == pytest.approx(
        looped_similarity(ours, theirs, side, 1.0)
    )
    assert similarity(one, 3 * one, is_signed=True) == pytest.approx(1)
    assert np.isnan(similarity(one, np.zeros_like(one), is_signed=False))
