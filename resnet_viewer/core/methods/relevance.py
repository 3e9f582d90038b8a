"""Layer-wise relevance propagation by captum, in a network whose additions it can see.

captum passes relevance on from module to module. Whatever stands between two modules must be one, else relevance that
reaches an addition is counted twice, or relevance is taken for a gradient. So for one step every block's additions,
gates and padding become modules, and ReLUs, which captum would pass over, have the rule that all else has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_viewer.core.blocks import Block
from resnet_viewer.core.methods.asked import Asked, Found, Mean, Scored, Work, put, silent
from resnet_viewer.core.network import ReplacedError
from resnet_viewer.core.steps import Bias, Multiplier, Scale, run
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import LrpOptions

_LINEAR = (nn.Conv2d, nn.Linear)
_OTHERS = (
    nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.ConstantPad2d,
    Scale, Multiplier, Bias, Mean,
)  # fmt: skip


class Ruled(nn.Module):
    """A function as a module, so that it can have a rule. Its output is a tensor of its own, also where the function
    gives back what it was given: captum's hooks on both would meet.
    """

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *given: Tensor) -> Tensor:
        """What the function does."""
        return self.function(*given).clone()


def lrp(asked: Asked, images: Tensor, options: LrpOptions) -> Work:
    """Relevance by the epsilon rule (Bach et al. 2015), or with the gamma rule in layers (Montavon et al. 2019).

    With the epsilon rule everywhere, in a network of ReLUs, it is the gradient times the input, as far as epsilon
    changes nothing (Ancona et al. 2018).
    """
    from captum.attr import LRP

    with asked.step(2) as scored, ruled(scored, options), silent():
        given = images.detach().clone().requires_grad_()
        relevance, missing = LRP(scored).attribute(given, target=0, return_convergence_delta=True)
    yield None
    found, delta = relevance.detach(), float(missing.detach())
    return Found(found, delta, score=delta + float(found.sum()))


@contextmanager
def ruled(scored: Scored, options: LrpOptions) -> Iterator[None]:
    """Inside the with-block everything in the network is a module with a rule; after it all is as before.

    Raises:
        UserError: something has none.
    """
    from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule

    def rule(module: nn.Module) -> object:
        if options.rule == "gamma" and isinstance(module, _LINEAR):
            return GammaRule(options.gamma)
        return EpsilonRule(options.epsilon)

    with ExitStack() as undo:
        for block in scored.network.blocks:
            _open_up(block, undo, scored)
        for home in [*scored.modules()]:
            for name, module in [*home.named_children()]:
                if isinstance(module, nn.ReLU | nn.Dropout | nn.Identity):
                    put(home, name, Ruled(module.forward), undo)
        for path, module in scored.named_modules():
            if next(module.children(), None) is not None:
                continue
            if not isinstance(module, (*_LINEAR, *_OTHERS, Ruled)):
                raise UserError(
                    f"Layer-wise relevance has no rule for {path.removeprefix('network.')} of this "
                    f"{scored.network.spec.title}, a {type(module).__name__}; choose another method."
                )
            undo.callback(_forget, module)
            module.rule = rule(module)  # type: ignore[assignment]  # as captum reads it
        yield


def _forget(module: nn.Module) -> None:
    """What captum puts on a module; not all of it does it take away."""
    for name in ("rule", "activations", "activation"):
        vars(module).pop(name, None)


def _open_up(block: nn.Module, undo: ExitStack, scored: Scored) -> None:
    """A block whose merge, gates and padding are modules."""
    if not isinstance(block, Block):
        raise ReplacedError(
            f"A block of this {scored.network.spec.title} was replaced by a {type(block).__name__}, whose additions "
            "layer-wise relevance cannot see; choose another method."
        )
    merging, padding = Ruled(lambda: torch.empty(0)), Ruled(partial(run, block, block._padding))
    for name, part in {"relevance_merging": merging, "relevance_padding": padding}.items():
        undo.callback(block._modules.pop, name, None)
        block.add_module(name, part)
    own: dict[str, Callable[..., Any]] = {"_merged": partial(_merged, block._merged, merging)}
    if block._padding and block._modules.get("downsample") is None:
        own["carried"] = partial(_carried, block, padding)
    for name, function in own.items():
        undo.callback(vars(block).pop, name, None)
        vars(block)[name] = function


def _merged(
    merged: Callable[..., Tensor], merging: Ruled, x: Tensor, residual: Tensor | None, shortcut: Tensor | None
) -> Tensor:
    """As a block merges its paths, gates and all, by a module; that is linear in them, whatever the merge."""
    if residual is None and shortcut is None:
        return merged(x, None, None)
    if residual is None:
        merging.function = lambda shortcut: merged(x, None, shortcut)
    elif shortcut is None:
        merging.function = lambda residual: merged(x, residual, None)
    else:
        merging.function = lambda residual, shortcut: merged(x, residual, shortcut)
    given = [path for path in (residual, shortcut) if path is not None]
    found: Tensor = merging(*given)
    return found


def _carried(block: Block, padding: nn.Module, x: Tensor) -> Tensor:
    """What a shortcut without a module makes of x."""
    return run(block, block._carry, padding(x))
