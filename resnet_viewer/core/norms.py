"""Norms that do not underflow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_ROW = 256
"""Values whose squares are summed in float32 before float64 takes over: the error of a norm stays below 1e-7."""
_SAFE = 1e-24
"""From this sum of squares on, those that underflow in float32 change nothing: a million are below 1e-32 together."""


def norms(tensors: Sequence[Tensor | None]) -> list[float]:
    """L2 norm of each tensor, accumulated in float64; None counts as zero.

    Squares of float32 values underflow to a false zero near 1e-23; here the smallest float32 survives.
    """
    there = [tensor for tensor in tensors if tensor is not None]
    if any(tensor.is_cuda for tensor in there):
        found = iter(torch.stack(torch._foreach_norm(there, 2, dtype=torch.float64)).tolist())
    else:
        if any(tensor.is_mps for tensor in there):  # which has no float64; all at once, to wait for it once
            flat = torch.cat([tensor.detach().reshape(-1) for tensor in there]).cpu()
            there = [*torch.split_with_sizes(flat, [tensor.numel() for tensor in there])]
        with np.errstate(over="ignore", invalid="ignore"):
            found = iter([_norm(tensor) for tensor in there])
    return [0.0 if tensor is None else next(found) for tensor in tensors]


def _norm(tensor: Tensor) -> float:
    """By rows, because widening every value to float64 costs a third more on a deep network of small layers and twice
    as much on a wide one; where float32 may have lost something, widened after all.
    """
    if not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last):
        tensor = tensor.permute(0, 2, 3, 1)
    if tensor.dtype == torch.float32:
        values = tensor.numpy(force=True).reshape(-1)
        rest = values.size % _ROW
        rows = values[: values.size - rest].reshape(-1, _ROW)
        square = float(np.vecdot(rows, rows).sum(dtype=np.float64))
        if rest:
            last = values[-rest:].astype(np.float64)
            square += float(last.dot(last))
        if _SAFE < square < math.inf:
            return math.sqrt(square)
    return float(torch.linalg.vector_norm(tensor.cpu(), dtype=torch.float64))
