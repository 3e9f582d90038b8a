"""JSON back into the frozen records that it was made from, checked against their types."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from resnet_viewer.records.errors import UserError

T = TypeVar("T")


class DecodeError(ValueError):
    """Something is missing, is too much, or is of another type or out of range; the message says where."""


def decoded(kind: type[T], value: object, at: str = "") -> T:
    """A value of `kind`: a dataclass, tuple, literal, number, text, truth value or None, or several of them.

    Fields that are missing take their defaults; null is NaN where a float is meant. A dataclass may have a function
    `upgraded` that makes today's fields of an older version's.

    Raises:
        DecodeError: it is none.

    Example:
        >>> decoded(tuple[float, ...], [1, 2.5])
        (1.0, 2.5)
    """
    try:
        found: T = _decoded(kind, value, at)
    except RecursionError as error:
        raise DecodeError(f"{at or 'the whole'} is nested too deeply") from error
    return found


def decoded_text(kind: type[T], text: str) -> T:
    """The same of JSON's text.

    Raises:
        DecodeError: it is no JSON, or holds something else.

    Example:
        >>> decoded_text(tuple[str, ...], '["a", "b"]')
        ('a', 'b')
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"this is no JSON: {error}") from error
    return decoded(kind, value)


def _decoded(kind: Any, value: object, at: str) -> Any:
    origin = get_origin(kind)
    if origin is Literal:
        if any(type(value) is type(choice) and value == choice for choice in get_args(kind)):
            return value
    elif origin in (Union, types.UnionType):
        for part in get_args(kind):
            try:
                return _decoded(part, value, at)
            except DecodeError:
                continue
    elif origin is tuple:
        if isinstance(value, list | tuple):
            return _tuple(get_args(kind), value, at)
    elif is_dataclass(kind):
        if isinstance(value, Mapping):
            return _record(kind, value, at)
    elif kind is float:
        if value is None:
            return float("nan")
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                pass  # a whole number of hundreds of digits
    elif type(value) is kind or (kind is type(None) and value is None):
        return value
    raise DecodeError(f"{at or 'the whole'} cannot be {str(value)[:40]!r}")


def _tuple(parts: tuple[Any, ...], value: list[Any] | tuple[Any, ...], at: str) -> tuple[Any, ...]:
    if parts[-1] is Ellipsis:
        return tuple(_decoded(parts[0], item, f"{at}[{index}]") for index, item in enumerate(value))
    if len(parts) != len(value):
        raise DecodeError(f"{at} has {len(value)} parts in place of {len(parts)}")
    return tuple(_decoded(part, item, at) for part, item in zip(parts, value, strict=True))


def _record(kind: Any, value: Mapping[str, object], at: str) -> Any:
    if hasattr(kind, "upgraded"):  # an older version wrote other fields
        value = kind.upgraded(value)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    if unknown := next((key for key in value if key not in known), None):
        raise DecodeError(f"{at}.{unknown} is not known")
    found = {}
    for name, field in known.items():
        if name in value:
            found[name] = _decoded(hints[name], value[name], f"{at}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DecodeError(f"{at}.{name} is missing")
    try:
        return kind(**found)
    except UserError as error:  # of the right type, but no value for it
        raise DecodeError(f"{at}.{str(error).removesuffix('.')}") from error
