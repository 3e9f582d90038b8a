"""Which network a file's tensors belong to: by names and shapes, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core import catalog
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec

Shapes = Mapping[str, tuple[int, ...]]

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "ema", "model_ema")
"""Under which names training scripts keep the state dict, in the order they are tried."""
_PREFIXES = ("module.", "_orig_mod.", "model.", "backbone.", "net.")
_HEADS = ("linear.", "classifier.")
"""What the classifier is called where it is not `fc`."""
_COUNTER = ".num_batches_tracked"
_DEEPEST_N = 1666
"""Of 6n+2, for depths of up to four digits."""


class WeightsError(UserError):
    """Weights that do not exist, are not here, or fit no network."""


def expected(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's whole state dict, in the order of torchvision's, without building it.

    Example:
        >>> expected(catalog.spec("resnet18"))["fc.weight"]
        (1000, 512)
    """
    return blueprint(spec).state_shapes


def cleaned(content: object, name: str) -> dict[str, Tensor]:
    """The state dict inside what a training script saved, under our names for its tensors.

    Takes off wrappers (`state_dict`, `model`, `ema` …) and prefixes (`module.`, `_orig_mod.`, `backbone.` …), and
    calls the classifier `fc`. `name` is the file's, for the messages.

    Raises:
        WeightsError: there are no tensors, or two of them get one name.
    """
    for _ in range(4):
        if not isinstance(content, Mapping):
            break
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    found: dict[str, Tensor] = {}
    for key, tensor in content.items() if isinstance(content, Mapping) else ():
        if not isinstance(tensor, Tensor):
            continue
        ours = _renamed(str(key))
        if ours in found:
            raise WeightsError(f"{name} holds {ours} twice, so it is more than one network: save one alone.")
        found[ours] = tensor
    if not found:
        raise WeightsError(f"{name} holds no weights: choose a file with a model's state_dict.")
    return found


@dataclass(frozen=True)
class Match:
    """A network beside a file: what keeps it from fitting, as the end of a sentence, in order; empty: it fits."""

    spec: NetworkSpec
    differences: tuple[str, ...]


def matches(shapes: Shapes) -> tuple[Match, ...]:
    """Every network of the catalog's families beside the shapes, the best fitting first, residual before plain.

    The class count and the input channels are taken from the shapes.
    """
    found = (Match(spec, tuple(_differences(shapes, expected(spec)))) for spec in _candidates(shapes))
    return tuple(sorted(found, key=lambda match: (len(match.differences), not match.spec.has_shortcuts)))


def fitted(tensors: Mapping[str, Tensor], spec: NetworkSpec, name: str) -> dict[str, Tensor]:
    """The complete state dict of `spec`, float32, in order; `name` is the file's, for the messages.

    Counters of batches, which older files lack, are 0.

    Raises:
        WeightsError: names, shapes or number types differ, or a number is not finite. Nothing is loaded by halves.
    """
    wanted = expected(spec)
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    if difference := next(_differences(shapes, wanted), None):
        raise WeightsError(f"{name} does not fit {spec.name}, which {difference}.")
    state: dict[str, Tensor] = {}
    for key, shape in wanted.items():
        if key.endswith(_COUNTER):
            counter = tensors.get(key)
            state[key] = torch.zeros(shape, dtype=torch.int64) if counter is None else counter.to(torch.int64)
            continue
        tensor = tensors[key]
        if not tensor.is_floating_point():
            raise WeightsError(f"{name} holds {key} as {tensor.dtype}, and weights must be floating point.")
        state[key] = tensor.detach().to(torch.float32).contiguous()
        if not np.isfinite(state[key].numpy()).all():  # on a busy machine far faster than torch's own
            raise WeightsError(
                f"{name} holds values in {key} that are not finite numbers: its training went wrong, "
                "choose an earlier checkpoint."
            )
    return state


def refusal(best: Match, shapes: Shapes, name: str) -> WeightsError:
    """Why a file fits nothing, against the network that comes nearest."""
    if not set(shapes) & set(expected(best.spec)):
        return WeightsError(
            f"{name} holds no network that is known here: none of its {len(shapes)} tensors is named as a "
            "ResNet's are (conv1.weight, layer1.0.conv1.weight …)."
        )
    return WeightsError(
        f"{name} fits no network that is known here; the nearest is {best.spec.name}, "
        f"which {best.differences[0]}."
    )


def _renamed(key: str) -> str:
    while prefix := next((prefix for prefix in _PREFIXES if key.startswith(prefix)), None):
        key = key.removeprefix(prefix)
    head = next((head for head in _HEADS if key.startswith(head)), None)
    return key if head is None else "fc." + key.removeprefix(head)


def _candidates(shapes: Shapes) -> Iterator[NetworkSpec]:
    head, stem = shapes.get("fc.weight", ()), shapes.get("conv1.weight", ())
    classes = head[0] if len(head) == 2 else None
    channels = stem[1] if len(stem) == 4 and stem[1] else 3
    blocks = {int(found[1]) for key in shapes if (found := re.match(r"layer1\.(\d{1,4})\.", key))}
    n = min(max(blocks, default=0) + 1, _DEEPEST_N)
    cifar = [f"cifar-{kind}" for kind in (f"resnet-{6 * n + 2}", f"plain-{6 * n + 2}")]
    options = [f"{cifar[0]}-{letter}" for letter in "bc"]
    imagenet = [name for name in (*catalog.names(), *catalog.variants()) if not name.startswith("cifar-")]
    # where a bottleneck strides leaves no trace in a file: torchvision's placement is taken
    for name in (*cifar, *options, *(name for name in imagenet if not catalog.spec(name).strides_first)):
        yield replace(catalog.spec(name, classes=classes), channels=channels)


def _differences(found: Shapes, wanted: Shapes) -> Iterator[str]:
    for key, shape in wanted.items():
        if key not in found:
            if not key.endswith(_COUNTER):
                yield f"needs {key}, and the file lacks it"
        elif found[key] != shape:
            yield f"needs {key} of {_sized(shape)}, and the file has {_sized(found[key])}"
    for key in found:
        if key not in wanted:
            yield f"has no {key}, and the file holds it"


def _sized(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
