"""From what a training script saved to a network's tensors, under our names for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from resnet_viewer.records.checking import DecodeError, decoded_text
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.training import RunSpec

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "ema", "model_ema")
"""Under which names training scripts keep the state dict, in the order they are tried."""
_PREFIXES = re.compile(r"^((module|_orig_mod|model|backbone|net|network)\.)+")
_OUTER_PREFIXES = re.compile(r"^((module|_orig_mod|model)\.)+")
_BODY = "backbone.body."
"""Where torchvision's detectors keep their ResNet."""
_HEADS = ("linear", "classifier", "last_linear", "head.fc")
"""What the classifier is called where it is not `fc`."""
_LONGEST_NAME = 250
"""Characters in a tensor's name; names are shown in sentences."""
_ADDED = ("n_averaged",)
"""What averaging weights adds to a state dict."""


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """A network's tensors; `left_out` names the parts of a detector around it, and is empty for other files."""

    tensors: dict[str, Tensor]
    left_out: tuple[str, ...] = ()

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes."""
        return {key: tuple(tensor.shape) for key, tensor in self.tensors.items()}


def unwrapped(content: object, name: str) -> Unwrapped:
    """The state dict inside what a training script saved, under our names for its tensors.

    Takes off wrappers (`state_dict`, `model`, `ema` …) and prefixes (`module.`, `_orig_mod.`, `backbone.` …), calls
    the classifier `fc` and a projection `downsample`. Of a detector only the backbone's body is taken. `name` is the
    file's, for the messages.

    Raises:
        UserError: there are no tensors, one has no name that can be shown, or two of them get one name; or it is a
            checkpoint of the lab whose network is another in evaluation.
    """
    _require_evaluated(content, name)
    inner = _innermost(content)
    tensors = {str(key): value for key, value in inner.items() if isinstance(value, Tensor)}
    bodies = {key: inside for key in tensors if (inside := _in_body(key)) is not None}
    left_out = sorted({_part(key) for key in tensors if key not in bodies}) if bodies else ()
    if not all(len(key) <= _LONGEST_NAME and key.isprintable() for key in tensors):
        raise UserError(
            f"{name} holds a tensor whose name has more than {_LONGEST_NAME} characters or some that cannot be "
            "printed, as no network's: choose another file."
        )
    found: dict[str, Tensor] = {}
    for key in bodies or tensors:
        ours = _renamed(bodies.get(key, key))
        if ours in _ADDED:
            continue
        if ours in found:
            raise UserError(f"{name} holds {ours} twice, so it is more than one network: save one alone.")
        found[ours] = tensors[key]
    if not found:
        raise UserError(f"{name} holds no weights: choose a file with a model's state_dict.")
    return Unwrapped(found, tuple(left_out))


def _require_evaluated(content: object, name: str) -> None:
    """Nothing where what is held is not a run between two steps, or that is the network which it has in evaluation.

    Raises:
        UserError: it is not: factors of its branches are missing, or its shortcuts are not whole.
    """
    match content:
        case {"run": str(told), "at": int(at), "length": int(length)}:
            try:
                run = decoded_text(RunSpec, told)
            except DecodeError:
                return
            if run.recipe.survival < 1 or run.strength_at(at - 1, length) < 1:
                raise UserError(
                    f"{name} is what a run goes on from, and not the network that it has in evaluation: open "
                    "weights.safetensors in its folder, or a file of states."
                )


def _innermost(content: object) -> Mapping[object, object]:
    for _ in range(4):
        if not isinstance(content, Mapping):
            return {}
        inner = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            break
        content = inner
    return content if isinstance(content, Mapping) else {}


def _in_body(key: str) -> str | None:
    """The name inside a detector's body; None for what lies outside it."""
    key = _OUTER_PREFIXES.sub("", key)
    return key.removeprefix(_BODY) if key.startswith(_BODY) else None


def _part(key: str) -> str:
    """What a tensor belongs to: `rpn`, or `backbone.fpn`."""
    first, second, *_ = (*key.split("."), "")
    return f"{first}.{second}" if first in ("module", "model", "backbone") else first


def _renamed(key: str) -> str:
    key = _PREFIXES.sub("", key)
    owner, _, part = key.rpartition(".")
    if owner in _HEADS and part in ("weight", "bias"):
        return f"fc.{part}"
    return re.sub(r"^(layer\d+\.\d+)\.shortcut\.", r"\1.downsample.", key)


_NAMES = (
    "class_names",
    "classes",
    "categories",
    "labels",
    "names",
    "class_to_idx",
    "idx_to_class",
    "id2label",
)
_INSIDE = ("meta", "hyper_parameters", "config", "args")


def class_names(content: object) -> tuple[str, ...]:
    """The classes' names where a checkpoint holds them beside its weights; else none."""
    if not isinstance(content, Mapping):
        return ()
    places = (content, *(content.get(key) for key in _INSIDE))
    found = (_listed(place.get(key)) for place in places if isinstance(place, Mapping) for key in _NAMES)
    return next(filter(None, found), ())


def _listed(found: object) -> tuple[str, ...]:
    """Names from a list, or from a dict either way: from names to numbers or from numbers to names."""
    if isinstance(found, Mapping):
        pairs = [
            (value, key) if isinstance(value, int) else (_number(key), value) for key, value in found.items()
        ]
        # Numbers are looked at before they are keys: large ones can be made to hash alike.
        numbered = {number: name for number, name in pairs if number is not None and 0 <= number < len(pairs)}
        if len(numbered) != len(pairs):
            return ()
        found = [numbered[number] for number in range(len(pairs))]
    if isinstance(found, list | tuple) and all(isinstance(name, str) for name in found):
        return tuple(map(str, found))
    return ()


def _number(key: object) -> int | None:
    if isinstance(key, int):
        return key
    return int(key) if isinstance(key, str) and len(key) < 10 and key.isdecimal() else None
