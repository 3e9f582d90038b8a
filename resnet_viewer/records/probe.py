"""The question that a probe answers, and the answer."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.checking import require_types
from resnet_viewer.records.layers import LayerKind
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.target import Target
from resnet_viewer.records.wiring import Wiring

Array = NDArray[np.float32]
GradientOf = Literal["score", "loss"]
"""Whose gradient norms are taken: the target's logit, or the cross-entropy of the target."""

CamState = Literal["shown", "zero gradient", "zero activation", "all negative", "underflow", "not finite"]
"""Why a Grad-CAM is blank, or that it is not; "underflow": its products are too small for float32."""


@dataclass(frozen=True)
class NetworkState:
    """A network with its weights, the preprocessing it is fed through, and its wiring."""

    network: NetworkSpec
    preprocessing: Preprocessing
    wiring: Wiring
    class_names: tuple[str, ...] = ()
    """Empty where they are not known."""

    def has_classes_of(self, other: NetworkState) -> bool:
        """Whether a class of one is that class of the other too: there are as many, of the same names where both
        have names. Digits are none of CIFAR-10's classes, though there are ten of each."""
        mine, theirs = self.class_names, other.class_names
        is_named_alike = not mine or not theirs or [*map(str.casefold, mine)] == [*map(str.casefold, theirs)]
        return self.network.classes == other.network.classes and is_named_alike


@dataclass(frozen=True)
class ProbeRequest:
    """What to compute: one network state, one picture or a batch of them, one target.

    `target` is a class index, a mean of a block's output, or a state whose highest class for this picture is the
    target (so that now and reference are asked about the same class; without a classifier the mean of its last block).
    In a batch each picture has its own highest class.

    Raises:
        ArgumentError: a field is of another type, or there is no such gradient.
    """

    state: NetworkState
    picture: Picture
    target: Target | NetworkState
    gradient_of: GradientOf = "score"
    others: tuple[Picture, ...] = ()
    """More pictures, which are a batch together with the first."""

    def __post_init__(self) -> None:
        require_types(self)

    @property
    def batch(self) -> tuple[Picture, ...]:
        """All pictures."""
        return self.picture, *self.others


@dataclass(frozen=True, eq=False)
class LayerReading:
    """A weighted layer's numbers. Norms are L2, accumulated in float64."""

    name: str
    kind: LayerKind
    shape: tuple[int, ...]
    """Of the weight."""
    gradient_norm: float
    """Of the gradient for the layer's weight; exactly 0 where the layer does not take part (its gate is closed)."""
    weight_norm: float

    @property
    def relative_norm(self) -> float:
        """Gradient norm divided by the weight's own norm; not a number where the weight is all zeros."""
        return self.gradient_norm / self.weight_norm if self.weight_norm else float("nan")


@dataclass(frozen=True, eq=False)
class BlockReading:
    """A block's numbers, for N pictures.

    `cam` is Grad-CAM (Selvaraju et al. 2017) at the block's output: (N, H, W), after the ReLU, before any scaling.
    """

    number: int
    name: str
    gradient_norm: float
    """Of the gradient at the block's output, over the whole batch."""
    cam: Array
    cam_states: tuple[CamState, ...]
    """For each picture."""
    opening: float | None = None
    """How far its gate layer is open, from 0 to 1: the mean of g(x) over pictures, channels and places. None where it
    has no gate layer, or that was not computed."""

    def alone(self, place: int) -> BlockReading:
        """With the map of one picture of the batch, which is not copied."""
        return replace(self, cam=self.cam[place : place + 1], cam_states=self.cam_states[place : place + 1])


Misfit = Literal["negative variance", "large value", "growth", "input"]
"""Why values cease to be finite: a variance below zero, a tensor with far too large numbers, none that stands out, or
what the network was fed."""


@dataclass(frozen=True)
class NotFinite:
    """Where in a forward pass values first cease to be finite numbers, and the tensor that does it."""

    layer: str
    """The name under which the weights know it, `layer2.0.bn1`; a block's where its paths are added; empty for the
    network's input."""
    misfit: Misfit
    tensor: str = ""
    """Name of the tensor in the state dict, which may be of an earlier layer; empty where none stands out."""
    value: float = 0.0
    """The tensor's lowest variance, or its largest |value|."""
    channel: int | None = None
    """Where that value is."""


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """One reading. Arrays are read-only and shared; N is the number of pictures.

    A result with `is_complete` False holds the logits alone: `layers`, `blocks` and `activations` are empty.
    `activations` maps the names of `Blueprint.map_names` to (N, C, H, W); a layer whose gate is closed was not
    computed and is missing. `target` is what was asked about, for the first picture; `seconds` is the time of the
    passes. The gradients of a batch are those of its pictures' summed score, or of their mean loss.

    What is shown of a batch is shown of one picture: `alone` has its arrays, N = 1, and the norms of the whole batch.
    """

    request: ProbeRequest
    logits: Array
    """(N, classes); (N, 0) without a classifier."""
    probabilities: Array
    """(N, classes); (N, 0) without a classifier."""
    target: Target
    network_input: Array
    """(N, C, H, W): what the network saw, normalised."""
    layers: tuple[LayerReading, ...] = ()
    blocks: tuple[BlockReading, ...] = ()
    activations: Mapping[str, Array] = field(default_factory=dict)
    seconds: float = 0.0
    device: str = "cpu"
    not_finite: NotFinite | None = None
    """Where values cease to be finite, if what the network puts out is not."""
    other_targets: tuple[Target, ...] = ()
    """Of the request's other pictures."""
    place: int = 0
    """Of the first picture of the arrays in the request's batch."""
    whole: ProbeResult | None = None
    """Of the whole batch, where this one shows a single picture of it."""

    def __repr__(self) -> str:
        """ "<ResNet-56, 1 of 27 shortcuts cut (15): reading of cat.jpg>", of a batch with all of its names."""
        state = self.request.state
        gates = state.wiring.describe(has_shortcuts=state.network.has_shortcuts, longest=16)
        shown = (self.picture,) if self.whole else self.request.batch
        return f"<{state.network.title}, {gates}: reading of {', '.join(picture.name for picture in shown)}>"

    @property
    def picture(self) -> Picture:
        """The one that is shown: of a batch the first, or the one that `alone` chose."""
        return self.request.batch[self.place]

    @property
    def batch_size(self) -> int:
        """How many pictures the gradients were taken over."""
        return len(self.request.batch)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What was asked about, for each picture of the arrays."""
        return self.target, *self.other_targets

    def alone(self, place: int) -> ProbeResult:
        """Of a batch, what is shown of the picture at that place, without a copy; a reading of one picture is itself.

        A place beyond the last is the last one's.
        """
        whole = self.whole or self
        place = min(place, whole.batch_size - 1)
        if whole.batch_size == 1 or (self.whole is not None and place == self.place):
            return self
        one = slice(place, place + 1)
        logits = whole.logits[one]
        is_finite = bool(logits.size) and bool(np.isfinite(logits.max()))
        return replace(
            whole,
            logits=logits,
            probabilities=whole.probabilities[one],
            target=whole.targets[place],
            network_input=whole.network_input[one],
            blocks=tuple(block.alone(place) for block in whole.blocks),
            activations={name: maps[one] for name, maps in whole.activations.items()},
            not_finite=None if is_finite else whole.not_finite,
            other_targets=(),
            place=place,
            whole=whole,
        )

    def each(self) -> tuple[ProbeResult, ...]:
        """What is shown of every picture of the batch."""
        return tuple(self.alone(place) for place in range(self.batch_size))

    @property
    def is_complete(self) -> bool:
        """False for the early reading that holds the logits alone."""
        return bool(self.layers)

    @property
    def is_untrained(self) -> bool:
        """Read from weights that are known to be untrained: its classes and maps mean nothing."""
        return self.request.state.network.weights.is_untrained

    def maps(self, name: str) -> Array | None:
        """Feature maps (C, H, W) of the first picture, or None where they were not computed."""
        found = self.activations.get(name)
        return None if found is None else found[0]

    def with_maps_of(self, layers: Collection[str]) -> ProbeResult:
        """The same reading with the feature maps of these layers alone, which take most of its memory."""
        return replace(self, activations={n: maps for n, maps in self.activations.items() if n in layers})

    def packed(self) -> ProbeResult:
        """The same reading with its maps in one piece of memory, to keep for long.

        A reading's arrays come from a heap where they lie between the temporaries of their making: kept there, some
        hundred readings hold on to twice of what they need. The piece is mapped from the system, and goes back to it.
        """
        arrays = [*self.activations.values(), *(block.cam for block in self.blocks)]
        if not arrays:
            return self
        piece = np.frombuffer(_memory(sum(array.nbytes for array in arrays)), np.float32)
        copies = []
        start = 0
        for array in arrays:
            copy = piece[start : start + array.size].reshape(array.shape)
            np.copyto(copy, array)
            copy.flags.writeable = False
            copies.append(copy)
            start += array.size
        maps, cams = copies[: len(self.activations)], copies[len(self.activations) :]
        return replace(
            self,
            activations=dict(zip(self.activations, maps, strict=True)),
            blocks=tuple(replace(block, cam=cam) for block, cam in zip(self.blocks, cams, strict=True)),
        )

    @property
    def nbytes(self) -> int:
        """Memory that this reading keeps alive, in bytes."""
        if self.whole is not None:
            return self.whole.nbytes
        arrays = (self.logits, self.probabilities, self.network_input, *self.activations.values())
        return (
            sum(array.nbytes for array in arrays)
            + sum(block.cam.nbytes for block in self.blocks)
            + sum(picture.pixels.nbytes for picture in self.request.batch)
        )


def _memory(count: int) -> mmap.mmap:
    """So many bytes from the system, which no other process shall share: shared ones cost nearly twice as much."""
    if sys.platform == "win32":
        return mmap.mmap(-1, count)
    return mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
