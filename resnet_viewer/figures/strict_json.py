"""JSON that every reader takes: no NaN, no infinity, no broken text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from resnet_viewer.records.captions import plain

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def json_bytes(value: Mapping[str, object]) -> bytes:
    """An object as indented UTF-8 JSON. Numbers that JSON lacks become null, and "notes" names them,
    behind the notes that it may hold already.

    Raises:
        TypeError: a value is no mapping, sequence, array, number, text or None.
    """
    notes: list[str] = []
    strict = {plain(str(key)): _strict(part, str(key), notes) for key, part in value.items()}
    if notes:
        given = strict.get("notes")
        strict["notes"] = [*(given if isinstance(given, list) else []), *notes]
    return (json.dumps(strict, allow_nan=False, ensure_ascii=False, indent=1) + "\n").encode()


def _strict(value: object, path: str, notes: list[str]) -> Json:
    match value:
        case None | bool():
            return value
        case str():
            return plain(value)
        case int() | np.integer():
            return int(value)
        case float() | np.floating():
            if math.isfinite(value):
                return float(value)
            notes.append(f"{path} is null because it was {float(value)}")
            return None
        case np.ndarray():
            return _strict(value.tolist(), path, notes)
        case Mapping():
            return {plain(str(key)): _strict(part, f"{path}.{key}", notes) for key, part in value.items()}
        case list() | tuple():
            return [_strict(part, f"{path}[{index}]", notes) for index, part in enumerate(value)]
        case _:
            raise TypeError(f"{path} is of {type(value).__name__}, which JSON has no form for")
