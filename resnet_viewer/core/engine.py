"""Owns the live networks and answers questions about them. Lives on exactly one thread."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.lab.device_habits import choose_device
from resnet_viewer.core.network import Network, build, found, spec_now
from resnet_viewer.core.not_finite import first_not_finite, highest
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.probing import Probe, TargetError, frozen, require_laid_out, require_readable
from resnet_viewer.core.second_opinion import cam_differences
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records.batch import MOST_PICTURES, batch_problem
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.probe import Array, NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.target import BlockTarget, Target, default_target, question_problem
from resnet_viewer.records.wiring import Wiring

Weights = Callable[[NetworkSpec], Mapping[str, Tensor]]
"""Gives a spec's state dict in our names; empty for freshly drawn weights."""

Key = TypeVar("Key")
Value = TypeVar("Value")


NETWORKS_KEPT = 3
INPUTS_KEPT = 2 * MOST_PICTURES
TARGETS_KEPT = 4096


class ProbeEngine:
    """Answers probe requests; keeps the last few networks, inputs and targets.

    Not for two threads: the network that a request names is rewired in place.

    Example:
        >>> from tests.fabricated import setup
        >>> request = setup().question(setup().state)
        >>> [answer.is_complete for answer in ProbeEngine(device="cpu").answer(request)]
        [False, True]
    """

    def __init__(self, *, device: str = "auto", weights: Weights = resolve) -> None:
        self.device = choose_device(device)
        self._weights = weights
        self._probes: OrderedDict[NetworkSpec, Probe] = OrderedDict()
        self._adopted: dict[Network, Wiring] = {}
        self._inputs: OrderedDict[tuple[str, Preprocessing], Tensor] = OrderedDict()
        self._targets: OrderedDict[tuple[NetworkState, str], Target] = OrderedDict()

    def answer(self, request: ProbeRequest) -> Iterator[ProbeResult]:
        """Yield the logits as soon as they are there, then the full reading.

        Raises:
            UserError: the weights cannot be read or do not fit, the network has no class `target`, wiring or
                preprocessing are for another one, or there are too many pictures.
        """
        require_channels(request.state)
        network, preprocessing = request.state.network, request.state.preprocessing
        count = len(request.batch)
        if count > 1 and (problem := batch_problem(count, blueprint(network, preprocessing.crop))):
            raise UserError(problem)
        targets = (
            self._top_classes(request)
            if isinstance(request.target, NetworkState)
            else (request.target,) * count
        )
        for target in targets or ():
            if problem := question_problem(target, network, request.gradient_of):
                raise TargetError(problem)
        probe = self._probe(request.state)
        images = self._inputs_of(request.batch, preprocessing)
        started = time.perf_counter()
        with exact():
            seen = probe.look(images)
        if probe.network in self._adopted:
            require_laid_out(seen, images, network)
        scores = seen.logits if network.has_classifier else seen.logits.new_empty(len(images), 0)
        logits = frozen(scores)
        if targets is None:
            targets = self._remember_targets(request.state, request.batch, _tops(seen.logits, network))
        target = targets[0]
        has_values = np.isfinite(logits.max(1) if network.has_classifier else frozen(seen.logits)).all()
        not_finite = None
        if not has_values:
            with exact():
                not_finite = first_not_finite(probe.network, images)
        early = ProbeResult(
            request=request,
            logits=logits,
            probabilities=softmax(scores),
            target=target,
            network_input=frozen(images),
            seconds=time.perf_counter() - started,
            device=self.device,
            not_finite=not_finite,
            other_targets=targets[1:],
        )
        yield early
        if isinstance(target, BlockTarget) and request.gradient_of == "loss":
            raise TargetError(
                f"{network.title} puts out no finite numbers, so that no class is its highest; choose a class, or take "
                "the gradient of the score."
            )
        started = time.perf_counter()
        with exact():
            classes = [each for each in targets if isinstance(each, int)]
            asked = target if isinstance(target, BlockTarget) else classes
            reading = probe.read(seen, asked, request.gradient_of)
        yield replace(
            early,
            layers=reading.layers,
            blocks=reading.blocks,
            activations=seen.activations(),
            seconds=early.seconds + time.perf_counter() - started,
        )

    def asked(self, question: ProbeRequest) -> tuple[Target, Tensor]:
        """What a question about one picture comes to: its target, and what the network sees, (1, C, crop, crop).

        Costs a forward pass where the target is the highest class of a state that was not asked about before.

        Raises:
            UserError: the weights cannot be read or do not fit, the network has no such target, or wiring or
                preprocessing are for another one.
        """
        state = question.state
        require_channels(state)
        images = self._input(question.picture, state.preprocessing)
        if not isinstance(question.target, NetworkState):
            if problem := question_problem(question.target, state.network, question.gradient_of):
                raise TargetError(problem)
            return question.target, images
        targets = self._top_classes(question)
        if targets is None:
            with torch.no_grad(), exact():
                logits = self._probe(state).network(images)
            targets = self._remember_targets(state, question.batch, _tops(logits, state.network))
        return targets[0], images

    def second_opinion(self, result: ProbeResult) -> dict[int, float]:
        """captum's word on the Grad-CAM of a full reading, as `core.second_opinion.cam_differences` gives it; of
        a batch on that of the picture that is shown.
        """
        shown, state = result.alone(result.place), result.request.state
        probe, images = self._probe(state), self._input(shown.picture, state.preprocessing)
        with exact():
            return cam_differences(probe, images, shown.blocks, shown.target)

    def live(self, spec: NetworkSpec) -> Network:
        """The live network of a spec, in evaluation mode, its gates as somebody left them; to be put back by who sets
        them. Another one when this was let go meanwhile.
        """
        return self._kept_probe(spec).network

    def weights_of(self, spec: NetworkSpec, layer: str) -> Array:
        """What a layer of that network computes with: a copy of its weight, read-only.

        Raises:
            UserError: the weights cannot be read or do not fit, or it has no such layer.
        """
        with torch.no_grad():
            weight = found(self.live(spec), layer, spec).weight
            assert isinstance(weight, Tensor)
            return frozen(weight.detach().clone())

    def adopt(self, network: Network) -> None:
        """Answer questions about its spec, as `spec_now` gives it, with this very network, until `close` gives it back.

        The network is moved to the engine's device and stays there; its wiring is put back.

        Raises:
            ReplacedError: what was put into the network cannot be probed. Answers may raise it too.
        """
        require_readable(network)
        spec = spec_now(network)
        if (old := self._probes.pop(spec, None)) is not None:
            self._give_back(old)
        self._adopted[network] = network.wiring
        self._probes[spec] = Probe(network.to(self.device)).__enter__()

    def close(self) -> None:
        """Let the networks go."""
        while self._probes:
            self._give_back(self._probes.popitem()[1])

    def _give_back(self, probe: Probe) -> None:
        probe.close()
        if (wiring := self._adopted.pop(probe.network, None)) is not None:
            probe.network.set_wiring(wiring)

    def _top_classes(self, request: ProbeRequest) -> tuple[Target, ...] | None:
        """For each picture the highest class of the state that the request names. None where the request's own highest
        classes are to be taken: that is its own state, or one with other classes. The mean of the last block where
        there are no classes, or where for one picture no class is the highest because logits are not finite.
        """
        state = request.target
        assert isinstance(state, NetworkState)
        if (mean := default_target(request.state.network)) is not None:
            return (mean,) * len(request.batch)
        if state == request.state or not state.has_classes_of(request.state):
            return None
        digests = [picture.digest for picture in request.batch]
        known = [self._targets[state, digest] for digest in digests if (state, digest) in self._targets]
        if len(known) == len(digests):
            return _agreed(known, state.network)
        probe = self._probe(state)
        with torch.no_grad(), exact():
            logits = probe.network(self._inputs_of(request.batch, state.preprocessing))
        return self._remember_targets(state, request.batch, _tops(logits, state.network))

    def _remember_targets(
        self, state: NetworkState, pictures: Sequence[Picture], targets: Sequence[Target]
    ) -> tuple[Target, ...]:
        for picture, target in zip(pictures, targets, strict=True):
            self._targets[state, picture.digest] = target
            self._targets.move_to_end((state, picture.digest))
        while len(self._targets) > TARGETS_KEPT:
            self._targets.popitem(last=False)
        return _agreed(targets, state.network)

    def _probe(self, state: NetworkState) -> Probe:
        """The live network of a state, wired as it says."""
        probe = self._kept_probe(state.network)
        probe.network.set_wiring(state.wiring)
        return probe

    def _kept_probe(self, spec: NetworkSpec) -> Probe:
        if spec not in self._probes and len(self._probes) >= NETWORKS_KEPT:
            _, oldest = self._probes.popitem(last=False)
            self._give_back(oldest)
        return _kept(self._probes, spec, lambda: self._open(spec), NETWORKS_KEPT)

    def _open(self, spec: NetworkSpec) -> Probe:
        weights = self._weights(spec)
        try:
            network = build(spec, weights)
        except RuntimeError as error:  # names or shapes; torch's message has a line for each
            raise UserError(
                f"These weights ({spec.weights.title}) do not fit {spec.title}; choose others or another network."
            ) from error
        return Probe(network.to(self.device)).__enter__()

    def _input(self, picture: Picture, preprocessing: Preprocessing) -> Tensor:
        def make() -> Tensor:
            return prepare(picture, preprocessing).to(self.device)

        return _kept(self._inputs, (picture.digest, preprocessing), make, INPUTS_KEPT)

    def _inputs_of(self, pictures: Sequence[Picture], preprocessing: Preprocessing) -> Tensor:
        found = [self._input(picture, preprocessing) for picture in pictures]
        return torch.cat(found) if len(found) > 1 else found[0]  # (N, C, crop, crop)


def require_channels(state: NetworkState) -> None:
    """Nothing where a network takes pictures of as many channels as its preprocessing gives.

    Raises:
        UserError: it does not.
    """
    network, given = state.network, len(state.preprocessing.mean)
    if network.channels != given:
        raise UserError(
            f"{network.title} takes pictures of {network.channels} channels; the preprocessing is for {given}."
        )


def _tops(logits: Tensor, network: NetworkSpec) -> list[Target]:
    """Each picture's highest class; where it has none, the mean of the last block."""
    mean = BlockTarget(network.block_count)
    return [found if found < network.classes else mean for found in highest(logits).tolist()]


def _agreed(targets: Sequence[Target], network: NetworkSpec) -> tuple[Target, ...]:
    """What the pictures of a batch are asked about together: their classes, or a mean where one of them has none."""
    if all(isinstance(target, int) for target in targets):
        return tuple(targets)
    return (BlockTarget(network.block_count),) * len(targets)


def exact() -> AbstractContextManager[None]:
    """Probes compute in full float32: TF32 keeps ten bits of a factor, and gradients would show it."""
    manager: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    return manager


def softmax(logits: Tensor) -> Array:
    """Probabilities of (N, classes) logits, read-only; not finite where a logit is not."""
    return frozen(logits.detach().cpu().double().softmax(1).float())  # MPS has no float64


def _kept(cache: OrderedDict[Key, Value], key: Key, make: Callable[[], Value], limit: int) -> Value:
    """The remembered value, or a new one; the cache forgets what was not used for longest."""
    if key in cache:
        cache.move_to_end(key)
        return cache[key]
    value = make()
    cache[key] = value
    while len(cache) > limit:
        cache.popitem(last=False)
    return value
