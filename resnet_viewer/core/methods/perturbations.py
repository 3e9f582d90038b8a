"""captum's methods of perturbation, at the network's input: what the score loses when parts are put to a baseline.

Passes are taken here, some pictures a step. What captum draws and fits for Kernel SHAP and LIME is drawn and fitted by
captum's own functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.methods.asked import Asked, Draws, Found, Work, imported, silent
from resnet_viewer.core.preprocessing import squared
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import (
    FeatureAblationOptions,
    LimeOptions,
    OcclusionOptions,
    SuperpixelOptions,
    window_of,
)


def occlusion(asked: Asked, images: Tensor, options: OcclusionOptions) -> Work:
    """The mean fall of the score over all windows that cover a pixel (Zeiler and Fergus 2014).

    On the way what is not covered yet is 0.
    """
    side = images.shape[-1]
    window, stride = window_of(options, side)
    count = 1 + math.ceil((side - window) / stride)
    starts = [stride * place for place in range(count)]
    masks = _windows(side, window, starts)
    return (yield from _fallen(asked, images, options.baselines, masks, is_mean=True))


def _windows(side: int, window: int, starts: list[int]) -> Iterator[Tensor]:
    """(1, side, side) each; columns go first, rows last."""
    for column in starts:
        for row in starts:
            mask = torch.zeros(1, side, side)
            mask[:, row : row + window, column : column + window] = 1
            yield mask


def feature_ablation(asked: Asked, images: Tensor, options: FeatureAblationOptions) -> Work:
    """The fall of the score when one square of a grid is put to the baseline."""
    side = images.shape[-1]
    grid = min(options.grid, side)
    lines = torch.arange(side) * grid // side
    features = lines[:, None] * grid + lines  # (side, side)
    masks = ((features == number).float()[None] for number in range(grid * grid))
    return (yield from _fallen(asked, images, options.baselines, masks, is_mean=False))


def _fallen(asked: Asked, images: Tensor, baseline: str, masks: Iterator[Tensor], *, is_mean: bool) -> Work:
    """The fall of the score under each mask, laid where the mask is, summed or as a mean."""
    level = asked.baseline(baseline, images)
    (score,) = asked.scores(images)
    yield None
    total = torch.zeros(1, 1, *images.shape[2:], device=images.device)
    covered = torch.zeros_like(total)
    while batch := [mask for _, mask in zip(range(asked.batch), masks, strict=False)]:
        covers = torch.stack(batch).to(images)  # (n, 1, H, W)
        falls = score - asked.scores(images * (1 - covers) + level * covers)
        total = total + (falls[:, None, None, None] * covers).sum(0, keepdim=True)
        covered = covered + covers.sum(0, keepdim=True)
        yield total / covered.clamp(min=1) if is_mean else total
    return Found(total / covered if is_mean else total)


def kernel_shap(asked: Asked, images: Tensor, options: SuperpixelOptions) -> Work:
    """Shapley values of superpixels, by captum's weighted linear fit (Lundberg and Lee 2017)."""
    from captum.attr import KernelShap
    from torch.distributions.categorical import Categorical

    mask, count = yield from superpixels(asked, images, options)
    sizes = torch.arange(count, dtype=torch.float)
    odds = torch.tensor(count - 1) / (sizes * (count - sizes))  # as captum draws how many are kept
    odds[0] = 0.0
    shap = KernelShap(lambda given: given)
    samples = shap.kernel_shap_perturb_generator(
        images.cpu(), num_interp_features=count, num_select_distribution=Categorical(odds)
    )

    def weight(_: Tensor, sample: Tensor) -> Tensor:
        found: Tensor = shap.kernel_shap_similarity_kernel(None, None, sample, num_interp_features=count)
        return found

    return (
        yield from _fitted(
            asked, images, options, mask, lambda: next(samples), weight, shap.interpretable_model
        )
    )


def lime(asked: Asked, images: Tensor, options: LimeOptions) -> Work:
    """Weights of superpixels in captum's sparse fit, near pictures counting more (Ribeiro et al. 2016)."""
    from captum._utils.models.linear_model import SkLearnLasso
    from captum.attr._core.lime import default_perturb_func, get_exp_kernel_similarity_function

    mask, count = yield from superpixels(asked, images, options)
    near = get_exp_kernel_similarity_function()

    def sample() -> Tensor:
        found: Tensor = default_perturb_func(images.cpu(), num_interp_features=count)
        return found

    def weight(perturbed: Tensor, _: Tensor) -> Tensor:
        return torch.tensor([near(images, perturbed, None)])

    return (
        yield from _fitted(asked, images, options, mask, sample, weight, SkLearnLasso(alpha=options.alpha))
    )


def superpixels(
    asked: Asked, images: Tensor, options: SuperpixelOptions
) -> Generator[None, None, tuple[Tensor, int]]:
    """Steps: which superpixel a pixel of the network's input belongs to, (1, 1, H, W), and how many there are.

    Raises:
        UserError: there are fewer than two.
    """
    yield from imported("skimage.segmentation", "sklearn.linear_model")
    from skimage.segmentation import slic

    pixels = squared(asked.request.question.picture, asked.request.state.preprocessing)
    found, labels = np.unique(slic(pixels, n_segments=options.n_segments), return_inverse=True)
    yield None
    if len(found) < 2:
        raise UserError(
            "The picture has fewer than two superpixels; ask for more of them, or choose the ablation of squares."
        )
    return torch.from_numpy(labels)[None, None].to(images.device), len(found)


def _fitted(
    asked: Asked,
    images: Tensor,
    options: SuperpixelOptions,
    mask: Tensor,
    sample: Callable[[], Tensor],
    weight: Callable[[Tensor, Tensor], Tensor],
    model: Any,
) -> Work:
    """A linear model of the score by which superpixels are kept: its coefficients, laid where the superpixels are."""
    from torch.utils.data import DataLoader, TensorDataset

    level, draws = asked.baseline(options.baselines, images), Draws(options.seed)
    kept: list[Tensor] = []
    weights: list[Tensor] = []
    scores: list[Tensor] = []
    left = options.n_samples
    while left:
        count = min(asked.batch, left)
        with draws.turn():
            samples = [sample() for _ in range(count)]  # (1, superpixels) each
        opened = torch.cat(samples).to(images)[:, mask[0, 0]][:, None]  # (count, 1, H, W)
        perturbed = images * opened + level * (1 - opened)
        scores.append(asked.scores(perturbed).cpu())
        weights += [weight(perturbed[place : place + 1], samples[place]).cpu() for place in range(count)]
        kept += samples
        left -= count
        yield None
    data = TensorDataset(torch.cat(kept).float(), torch.cat(scores).float(), torch.cat(weights).float())
    with silent():
        model.fit(DataLoader(data, batch_size=options.n_samples))
    coefficients: Tensor = model.representation().flatten().to(images)
    return Found(coefficients[mask])
