"""What every method works with: the network with one score a picture, one step at a time.

A step is one pass of a small batch. It begins with the live network as others left it, wires it, and puts it back at
its end, so that what is asked in between finds nothing changed and waits for one step at most.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from threading import Thread
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import Live, pass_cost
from resnet_viewer.core.network import Network, wired
from resnet_viewer.records.method import ExplainRequest
from resnet_viewer.records.target import BlockTarget, Target

_STEP_MACS, _STEP_MACS_ELSEWHERE = 300e6, 50e9
"""Multiply-accumulates of one step: some ten milliseconds; a step has at least one picture."""
_LARGEST_BATCH = 64


class Found(NamedTuple):
    """What a method ends with."""

    values: Tensor
    """(1, C, H, W) at the network's input; (1, 1, H, W) at a block's output."""
    delta: float | None = None
    """captum's convergence delta."""
    note: str = ""
    """In a sentence."""
    score: float | None = None
    """Of the target; None where nobody looked."""
    baseline_score: float | None = None
    """The same for the baseline."""


Work = Generator[Tensor | None, None, Found]
"""A method at work: yields after every step what it would end with now, or None."""


class Mean(nn.Module):
    """The mean of one channel of a block's output, or of all: (N, C, H, W) -> (N, 1)."""

    def __init__(self, channel: int | None) -> None:
        super().__init__()
        self.channel = channel

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 1)"""
        chosen = maps if self.channel is None else maps[:, [self.channel]]
        return chosen.flatten(1).mean(1, keepdim=True)


class Scored(nn.Module):
    """A network of which only the target's score is seen: (N, C, H, W) -> (N, 1)."""

    def __init__(self, network: Network, target: Target) -> None:
        super().__init__()
        self.network, self.target = network, target
        self.mean = Mean(target.channel) if isinstance(target, BlockTarget) else None
        self.eval()

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, 1)"""
        if self.mean is None:
            logits: Tensor = self.network(images)
            return logits[:, [self.target]]
        assert isinstance(self.target, BlockTarget)
        kept: list[Tensor] = []
        with seen(self.network.blocks[self.target.block - 1], kept):
            self.network(images)
        score: Tensor = self.mean(kept[0])
        return score


@contextmanager
def seen(module: nn.Module, kept: list[Tensor]) -> Iterator[None]:
    """What a module puts out, inside the with-block."""
    handle = module.register_forward_hook(lambda _module, _given, output: kept.append(output))
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def silent() -> Iterator[None]:
    """captum tells that it sets hooks; scikit-learn that a fit was not exact."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def put(home: nn.Module, name: str, module: nn.Module, undo: ExitStack) -> None:
    """A module in another's place, which keeps its place in the order, until `undo` is closed."""
    before = home._modules[name]
    undo.callback(home._modules.__setitem__, name, before)
    home._modules[name] = module


def imported(*names: str) -> Generator[None]:
    """Import modules on a thread of their own, which is waited for a hundredth of a second a step: scikit-learn takes
    seconds, and who works in between is not to wait for it.
    """
    failures: list[Exception] = []

    def work() -> None:
        try:
            for name in names:
                import_module(name)
        except Exception as error:
            failures.append(error)

    if all(name in sys.modules for name in names):
        return
    thread = Thread(target=work, name="importing")
    thread.start()
    while thread.is_alive():
        thread.join(0.01)
        yield None
    if failures:
        raise failures[0]


class Draws:
    """Random numbers from a seed, in turns; between them the process's own random state is as it was.

    They are those that follow `torch.manual_seed(seed)` on the CPU.
    """

    def __init__(self, seed: int) -> None:
        self._state = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Inside the with-block torch draws from here."""
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._state)
            yield
            self._state = torch.get_rng_state()


class Asked:
    """A question about one picture, and how far its answer is."""

    def __init__(self, request: ExplainRequest, live: Live, target: Target, *, device: str) -> None:
        self.request, self.target, self.device = request, target, device
        self._live = live
        self.done = 0
        """Passes so far."""
        self.seconds = 0.0

    @contextmanager
    def step(self, passes: int) -> Iterator[Scored]:
        """One step: the network as the question wires it, in full float32, gradients on."""
        network = self._live(self.request.state.network)
        started = time.perf_counter()
        with wired(network, self.request.state.wiring), exact(), torch.enable_grad():
            yield Scored(network, self.target)
        self.seconds += time.perf_counter() - started
        self.done += passes

    @property
    def batch(self) -> int:
        """Pictures that go through the network together in a step."""
        macs = _STEP_MACS if self.device == "cpu" else _STEP_MACS_ELSEWHERE
        return min(_LARGEST_BATCH, max(1, int(macs / pass_cost(self.request.plan))))

    def baseline(self, kind: str, images: Tensor) -> Tensor:
        """(1, C, 1, 1): the value of each channel that a pixel is compared with."""
        preprocessing = self.request.state.preprocessing
        mean, std = (
            torch.tensor(values)[None, :, None, None] for values in (preprocessing.mean, preprocessing.std)
        )
        level = {"zero": mean, "black": torch.zeros_like(mean), "white": torch.ones_like(mean)}[kind]
        return level.sub(mean).div(std).to(images)

    def scores(self, images: Tensor) -> Tensor:
        """A step: (N, C, H, W) -> (N,), without gradients."""
        with self.step(len(images)) as scored, torch.no_grad():
            found: Tensor = scored(images)[:, 0]
        return found

    def gradients(self, images: Tensor) -> Tensor:
        """A step: the gradient of each picture's score for its pixels, (N, C, H, W)."""
        with self.step(len(images)) as scored:
            given = images.detach().clone().requires_grad_()
            return gradient_of(scored(given).sum(), given)


def gradient_of(score: Tensor, given: Tensor) -> Tensor:
    """The gradient, zeros where nothing leads from one to the other."""
    if not score.requires_grad:
        return torch.zeros_like(given)
    (found,) = torch.autograd.grad(score, given, allow_unused=True)
    return torch.zeros_like(given) if found is None else found


Method = Callable[[Asked, Tensor, Any], Work]
"""Of the question, the picture (1, C, H, W) as the network sees it, and the options."""
