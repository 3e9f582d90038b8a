"""GPUs that are not there: what Python sees lies on "cuda:0" or "mps:0", and is computed by the processor.

Inside `Far("cuda:0")` whatever is sent to that device is a `FarTensor`. What a real one would refuse is refused:
tensors of several devices in one operation, float64 on MPS, a fused step of tensors laid out in different ways. What
a real one would do wrongly is refused, too: copies to MPS without waiting, and batch normalisation of channels-last
maps there. Whatever would wait for the device is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

_aten = torch.ops.aten
_FUSED = (_aten._fused_sgd_.default, _aten._fused_adam_.default)
_NORMALISATIONS = (_aten.native_batch_norm.default, _aten.native_batch_norm_backward.default)


class FarTensor(Tensor):
    """On a device that is not there; `near` holds its numbers. For autograd it lies on "meta"."""

    near: Tensor
    far: Far

    @staticmethod
    def __new__(cls, near: Tensor, far: Far) -> FarTensor:
        made: FarTensor = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, near.shape, strides=near.stride(), dtype=near.dtype, device="meta"
        )
        made.near, made.far = near, far
        return made

    device = property(lambda self: self.far.device)  # type: ignore[assignment]
    is_meta = property(lambda self: False)  # type: ignore[assignment]
    is_cuda = property(lambda self: self.far.device.type == "cuda")  # type: ignore[assignment]
    is_mps = property(lambda self: self.far.device.type == "mps")  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.far.waits += 1
        return self.near.detach().__reduce_ex__(protocol)

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
        far = next(x.far for x in given if isinstance(x, FarTensor))
        target = kwargs.pop("device", None)
        goes_home = target is not None and torch.device(target).type == "cpu"
        is_copy = func is _aten.copy_.default
        comes_home = is_copy and not isinstance(args[0], FarTensor)
        if goes_home or comes_home or func is _aten._local_scalar_dense.default:
            far.waits += 1
        elif not is_copy:
            far.refuse_others(func, given)
        far.refuse_what_fails(func, args)
        owners = {id(x.near): x for x in given if isinstance(x, FarTensor)}
        bare = tree_map(lambda x: x.near if isinstance(x, FarTensor) else x, (args, kwargs))
        found = func(*bare[0], **bare[1])
        if goes_home or comes_home:
            return found.clone() if goes_home else args[0]

        def worn(x: Any) -> Any:
            return owners[id(x)] if id(x) in owners else far.held(x) if isinstance(x, Tensor) else x

        return tree_map(worn, found)


class Far(TorchFunctionMode):
    """Inside, a device is there; `waits` is how often its numbers were waited for."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = torch.device(device)
        self.waits = 0

    def held(self, near: Tensor) -> FarTensor:
        """The numbers, on the device."""
        if self.device.type == "mps" and near.dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support it"
            )
        return FarTensor(near, self)

    def refuse_others(self, func: object, given: Sequence[Tensor]) -> None:
        near = [x for x in given if not isinstance(x, FarTensor) and x.dim()]
        if near:
            raise RuntimeError(
                f"{func}: expected all tensors on {self.device}, found one on {near[0].device}"
            )

    def refuse_what_fails(self, func: object, args: Sequence[Any]) -> None:
        if func in _FUSED:
            parts = [part for part in args[:-1] if isinstance(part, (list, tuple)) and part]
            for alike in zip(*parts, strict=True):
                if len({x.stride() for x in alike if x.dim()}) > 1:
                    raise RuntimeError("params, grads and what is remembered must have the same layout")
        if func in _NORMALISATIONS and self.device.type == "mps":
            maps = args[1] if func is _NORMALISATIONS[1] else args[0]
            if not maps.is_contiguous():
                raise RuntimeError("channels-last maps get wrong gradients on MPS")

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.to and (target := self._target(args, kwargs)):
            rest = [x for x in args[1:] if x is not target]
            kwargs.pop("device", None)
            if kwargs.pop("non_blocking", False) and self.device.type == "mps":
                raise RuntimeError("MPS may read what was freed")
            there = args[0] if isinstance(args[0], FarTensor) else self.held(args[0].detach().clone())
            rest = [x for x in rest if isinstance(x, torch.dtype) and x != there.dtype]
            return func(there, *rest, **kwargs) if rest or kwargs else there
        if func is Tensor.tolist and isinstance(args[0], FarTensor):
            self.waits += 1
            return args[0].near.tolist()
        if "device" in kwargs and self._is_mine(kwargs["device"]) and func is not Tensor.to:
            return self.held(func(*args, **kwargs | {"device": "cpu"}))
        return func(*args, **kwargs)

    def _target(self, args: Sequence[Any], kwargs: dict[str, Any]) -> object:
        return next((x for x in (*args[1:], kwargs.get("device")) if self._is_mine(x)), None)

    def _is_mine(self, device: object) -> bool:
        return isinstance(device, (str, torch.device)) and torch.device(device).type == self.device.type
